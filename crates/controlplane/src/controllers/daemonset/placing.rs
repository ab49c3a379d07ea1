//! The Pods that are missing on their nodes, or too many (upstream `manage`).
use super::pods::{GENERATION, GENERATION_LABEL, HASH_LABEL, Scene};
use crate::facts;
use crate::harness::{Pace, Write};
use crate::offspring;
use apiserver::client::Note;
use apiserver::store::Kept;
use objects::wire::{Request, Verb};
use objects::{Text, Tree, kinds, list, map};
use simcore::{Duration, Time};

/// The most Pods that one step makes or deletes.
const BURST: usize = 250;
/// Between two deletions of failed Pods on one node: twice as long each time.
const BACKOFF: (u64, u64) = (1, 15 * 60);

/// What `manage` wants.
#[derive(Default)]
pub struct Managed {
    pub notes: Vec<Note>,
    pub writes: Vec<Write>,
    /// When failed Pods that were spared are looked at again.
    pub again: Option<Time>,
    pub remember: Option<Tree>,
}

/// Pods for nodes that miss one; deletions of what has failed, has no place or is too much.
pub fn manage(scene: &Scene) -> Managed {
    let mut managed = Managed::default();
    let (mut missing, mut doomed) = (Vec::new(), Vec::new());
    for (node, verdict) in &scene.nodes {
        let pods = scene.on(&node.key.name);
        if verdict.should_run && pods.is_empty() {
            missing.push(&node.key.name);
        } else if verdict.may_stay {
            let running = ended(scene, &node.key.name, pods, &mut managed, &mut doomed);
            surplus(scene, &running, &mut doomed);
        } else {
            doomed.extend(pods.iter().copied().filter(|pod| !pod.is_deleting()));
        }
    }
    doomed.extend(homeless(scene));
    managed.writes.extend(missing.into_iter().take(BURST).map(|node| create(scene, node)));
    managed.writes.extend(doomed.into_iter().take(BURST).map(|pod| offspring::delete(scene.set, pod, Tree::Null)));
    managed
}

/// Dooms the Pods on a node that have ended, a failed one after a growing pause; gives those that run.
fn ended<'a>(scene: &Scene<'a>, node: &str, pods: &[&'a Kept], managed: &mut Managed, doomed: &mut Vec<&'a Kept>) -> Vec<&'a Kept> {
    let mut running = Vec::new();
    for &pod in pods.iter().filter(|pod| !pod.is_deleting()) {
        let (namespace, name) = (&pod.key.namespace, &pod.key.name);
        let about = Note::reference(scene.set);
        match facts::phase(pod) {
            "Failed" => match pause(scene, node) {
                Err(until) => managed.again = Some(managed.again.map_or(until, |known| known.min(until))),
                Ok(entry) => {
                    let memory = managed.remember.get_or_insert_with(|| scene.cx.memory.clone());
                    memory.set(&[node], entry);
                    let message = format!("Found failed daemon pod {namespace}/{name} on node {node}, will try to kill it");
                    managed.notes.push(Note { about, warning: true, reason: "FailedDaemonPod", message });
                    doomed.push(pod);
                }
            },
            "Succeeded" => {
                let message = format!("Found succeeded daemon pod {namespace}/{name} on node {node}, will try to delete it");
                managed.notes.push(Note { about, warning: false, reason: "SucceededDaemonPod", message });
                doomed.push(pod);
            }
            _ => running.push(pod),
        }
    }
    running
}

/// The back-off of a node's failed Pods: until when to wait, or what to remember of this deletion.
fn pause(scene: &Scene, node: &str) -> Result<Tree, Time> {
    let known = scene.cx.memory.get(node);
    let (at, span) = (facts::instant(known.get("at")), known.get("seconds").int_or(0) as u64);
    let Some(at) = at else { return Ok(map! {"at": scene.cx.now.rfc3339(), "seconds": BACKOFF.0 as i64}) };
    if at + Duration::secs(span) > scene.cx.now {
        return Err(at + Duration::secs(span));
    }
    let forgotten = scene.cx.now.since(at) > Duration::secs(2 * BACKOFF.1);
    let next = if forgotten { BACKOFF.0 } else { (2 * span).min(BACKOFF.1) };
    Ok(map! {"at": scene.cx.now.rfc3339(), "seconds": next as i64})
}

/// More than one Pod on a node: without surge the oldest stays, with surge the oldest of each revision until the new one is available.
fn surplus<'a>(scene: &Scene, running: &[&'a Kept], doomed: &mut Vec<&'a Kept>) {
    if running.len() <= 1 {
        return;
    }
    if !super::update::may_surge(scene.set) {
        doomed.extend(&running[1..]);
        return;
    }
    let (new, old): (Vec<&Kept>, Vec<&Kept>) = running.iter().copied().partition(|pod| scene.is_updated(pod));
    doomed.extend(new.iter().skip(1).chain(old.iter().skip(1)));
    if let (Some(new), Some(old)) = (new.first(), old.first())
        && scene.is_available(new)
    {
        doomed.push(old);
    }
}

/// Pods that wait for a node which is not there any more.
fn homeless<'a>(scene: &Scene<'a>) -> Vec<&'a Kept> {
    let known = |name: &str| scene.nodes.iter().any(|(node, _)| node.key.name == name);
    let lost = scene.by_node.iter().filter(|(node, _)| !known(node)).flat_map(|(_, pods)| pods.iter().copied());
    lost.filter(|pod| facts::node_name(pod).is_empty() && !pod.is_deleting()).collect()
}

/// A Pod of the present template for one node.
pub fn create(scene: &Scene, node: &Text) -> Write {
    let set = scene.set;
    let mut template = set.spec().get("template").clone();
    let generation = set.annotation(GENERATION);
    if !generation.is_empty() {
        template.set(&["metadata", "labels", GENERATION_LABEL], generation);
    }
    template.set(&["metadata", "labels", HASH_LABEL], &scene.hash);
    template.set(&["spec", "tolerations"], scene.tolerations.clone());
    let field = map! {"key": "metadata.name", "operator": "In", "values": list![node]};
    let terms = list![map! {"matchFields": list![field]}];
    template.set(&["spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"], terms);
    let told = |warning, reason, message: &str| Note { about: Note::reference(set), warning, reason, message: message.to_string() };
    let request = Request::about(Verb::Create, kinds::POD, set.key.namespace.clone(), "").body(offspring::pod(set, &template));
    Write::new(request.reason(map! {"node": node}))
        .pace(Pace::SlowStart)
        .ok(told(false, "SuccessfulCreate", "Created pod: {name}"))
        .err(told(true, "FailedCreate", "Error creating: {error}"))
}

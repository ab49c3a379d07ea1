//! Revisions: which set is the present template's, what it is called, and the annotations that keep the history.
use super::strategy::{arithmetic, max_surge, size, sum, wanted};
use super::{Scene, progress, scaling, status};
use crate::facts;
use crate::harness::{Plan, Write};
use apiserver::store::Kept;
use objects::wire::{Request, Verb};
use objects::{Key, Object, Text, Tree, hash, kinds, list, map};

const REVISION: &str = "deployment.kubernetes.io/revision";
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MOST: &str = "deployment.kubernetes.io/max-replicas";
const HASH_LABEL: &str = "pod-template-hash";
/// Annotations of a Deployment that its sets do not get.
const OWN: &[&str] =
    &["kubectl.kubernetes.io/last-applied-configuration", REVISION, HISTORY, DESIRED, MOST, "deprecated.deployment.rollback.to"];
/// The most characters of a revision history.
const HISTORY_LENGTH: usize = 2000;

/// The set of the present template, and the others. Of several equal ones the oldest is the new set.
pub fn split<'a>(deployment: &Object, sets: Vec<&'a Kept>) -> (Option<&'a Kept>, Vec<&'a Kept>) {
    let template = deployment.spec().get("template");
    let new = sets.iter().copied().find(|set| same_template(set.spec().get("template"), template));
    let old = sets.into_iter().filter(|set| new.is_none_or(|new| new.key != set.key)).collect();
    (new, old)
}

/// Whether two templates are the same but for the hash that the controller adds.
fn same_template(a: &Tree, b: &Tree) -> bool {
    if !a.get("spec").same(b.get("spec")) && a.get("spec") != b.get("spec") {
        return false;
    }
    let bare = |template: &Tree| {
        let mut meta = template.get("metadata").clone();
        meta.remove(&["labels", HASH_LABEL]);
        meta.remove(&["creationTimestamp"]);
        if meta.get("labels").is_empty() {
            meta.remove(&["labels"]);
        }
        meta
    };
    bare(a) == bare(b)
}

/// The revision that a set carries; 0 for none.
pub fn number(set: &Object) -> i64 {
    set.annotation(REVISION).parse().unwrap_or(0)
}

/// The wanted number that the set was last told.
pub fn desired(set: &Object) -> Option<i64> {
    set.annotation(DESIRED).parse().ok()
}

/// The most Pods of the Deployment that the set was last told.
pub fn most(set: &Object) -> Option<i64> {
    set.annotation(MOST).parse().ok()
}

/// Writes the wanted and the greatest number into a set's annotations. Whether that changed anything.
pub fn annotate_sizes(set: &mut Tree, deployment: &Object) -> bool {
    let wanted = wanted(deployment);
    let mut changed = false;
    for (name, value) in [(DESIRED, wanted), (MOST, wanted + max_surge(deployment))] {
        changed |= annotate(set, name, &value.to_string());
    }
    changed
}

fn annotate(object: &mut Tree, name: &str, value: &str) -> bool {
    let path = ["metadata", "annotations", name];
    if object.at(&path).text() == value && object.at(&["metadata", "annotations"]).has(name) {
        return false;
    }
    object.set(&path, value);
    true
}

/// The revision after the newest old one.
fn next_number(scene: &Scene) -> i64 {
    scene.old.iter().map(|set| number(set)).max().unwrap_or(0) + 1
}

/// Brings annotations and revisions of an existing new set, then of the Deployment, up to date.
/// `None` when there is nothing of the kind to do.
pub fn keep_up(scene: &Scene) -> Option<Plan> {
    let new = scene.new?;
    let mut body = new.tree.clone();
    let mut changed = annotate_new(&mut body, new, scene.deployment, next_number(scene));
    let min_ready = scene.deployment.spec().get("minReadySeconds").int_or(0);
    if new.spec().get("minReadySeconds").int_or(0) != min_ready {
        facts::set_count(body.edit(&["spec"]), "minReadySeconds", min_ready);
        changed = true;
    }
    if changed {
        let request = Request::about(Verb::Update, kinds::REPLICA_SET, new.key.namespace.clone(), new.key.name.clone());
        return Some(Plan::write(vec![Write::new(request.body(body))]));
    }
    let mut body = scene.deployment.tree.clone();
    let mut changed = annotate(&mut body, REVISION, new.annotation(REVISION));
    if progress::has_deadline(scene.deployment) && facts::condition(facts::conditions(scene.deployment), "Progressing").is_null() {
        let message = format!("Found new replica set \"{}\"", new.key.name);
        status::set_condition(body.edit(&["status"]), "Progressing", "True", "FoundNewReplicaSet", &message, scene.cx.now);
        changed = true;
    }
    changed.then(|| Plan::write(vec![status::put(scene.deployment, body)]))
}

/// Copies the Deployment's annotations, and counts the revision up; an older revision goes into the history.
fn annotate_new(body: &mut Tree, set: &Object, deployment: &Object, revision: i64) -> bool {
    let mut changed = false;
    for (name, value) in deployment.meta().get("annotations").entries() {
        if !OWN.contains(&name.as_str()) {
            changed |= annotate(body, name, value.text());
        }
    }
    let old = set.annotation(REVISION);
    if number(set) < revision {
        annotate(body, REVISION, &revision.to_string());
        changed = true;
        if !old.is_empty() {
            let history = history(set.annotation(HISTORY), old);
            annotate(body, HISTORY, &history);
        }
    }
    changed
}

/// A revision history with one more at its end; the oldest go where it gets too long.
fn history(known: &str, next: &str) -> String {
    let mut all: Vec<&str> = known.split(',').filter(|part| !part.is_empty()).collect();
    all.push(next);
    while all.len() > 1 && all.iter().map(|part| part.len() + 1).sum::<usize>() - 1 > HISTORY_LENGTH {
        all.remove(0);
    }
    all.join(",")
}

/// Makes the set of the present template with `replicas` Pods, and notes that on the Deployment.
pub fn create(scene: &Scene, replicas: i64) -> Plan {
    let deployment = scene.deployment;
    let collisions = deployment.status().get("collisionCount").as_int();
    let template = deployment.spec().get("template");
    let suffix = simcore::safe_encode(&hash::template_hash(template, collisions).to_string());
    let name = Text::from(format!("{}-{suffix}", deployment.key.name));
    if scene.cx.view.get(&Key::new(kinds::REPLICA_SET, deployment.key.namespace.clone(), name.clone())).is_some() {
        // Somebody else's set has the name: another hash is tried.
        let mut body = deployment.tree.clone();
        body.set(&["status", "collisionCount"], collisions.unwrap_or(0) + 1);
        return Plan::write(vec![status::put(deployment, body)]);
    }
    let revision = next_number(scene);
    let body = new_set(deployment, &name, &suffix, replicas, revision);
    let reason = arithmetic(deployment, size(scene.all()), sum(scene.all(), "availableReplicas"));
    let request = Request::about(Verb::Create, kinds::REPLICA_SET, deployment.key.namespace.clone(), "").body(body).reason(reason);
    let mut create = Write::new(request);
    if replicas > 0 {
        create = create.ok(scaling::told(deployment, &name, 0, replicas));
    }

    let mut after = deployment.tree.clone();
    let mut changed = annotate(&mut after, REVISION, &revision.to_string());
    let mut failed = deployment.tree.clone();
    let deadline = progress::has_deadline(deployment);
    // A rollout that was just resumed keeps saying so until it gets on.
    let resumed = facts::condition(facts::conditions(deployment), "Progressing").get("reason").text() == "DeploymentResumed";
    if deadline && !resumed {
        let now = scene.cx.now;
        let message = format!("Created new replica set \"{name}\"");
        status::set_condition(after.edit(&["status"]), "Progressing", "True", "NewReplicaSetCreated", &message, now);
        let message = format!("Failed to create new replica set \"{name}\": {{error}}");
        status::set_condition(failed.edit(&["status"]), "Progressing", "False", "ReplicaSetCreateError", &message, now);
        changed = true;
    }
    let mut writes = vec![create];
    if changed {
        writes.push(status::put(deployment, after));
    }
    let on_failure = (deadline && !resumed).then(|| status::put(deployment, failed));
    Plan { on_failure, ..Plan::write(writes) }
}

fn new_set(deployment: &Object, name: &Text, suffix: &str, replicas: i64, revision: i64) -> Tree {
    let mut template = deployment.spec().get("template").clone();
    template.set(&["metadata", "labels", HASH_LABEL], suffix);
    let mut selector = deployment.spec().get("selector").clone();
    selector.set(&["matchLabels", HASH_LABEL], suffix);
    let labels = template.at(&["metadata", "labels"]).clone();
    let mut spec = map! {"replicas": replicas, "selector": selector, "template": template};
    facts::set_count(&mut spec, "minReadySeconds", deployment.spec().get("minReadySeconds").int_or(0));
    let mut set = map! {
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "spec": spec,
        "metadata": map! {
            "name": name, "namespace": &deployment.key.namespace, "labels": labels,
            "ownerReferences": list![facts::controller_reference(deployment)],
        },
    };
    for (annotation, value) in deployment.meta().get("annotations").entries().filter(|(name, _)| !OWN.contains(&name.as_str())) {
        set.set(&["metadata", "annotations", annotation], value);
    }
    annotate(&mut set, REVISION, &revision.to_string());
    annotate_sizes(&mut set, deployment);
    set
}

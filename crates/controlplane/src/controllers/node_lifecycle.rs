//! Notices nodes that fall silent, and taints nodes by their conditions (node-lifecycle-controller).
use crate::facts;
use crate::harness::{Controller, Cx, Plan, Write};
use apiserver::client::Note;
use apiserver::{Change, Snapshot};
use objects::wire::{PatchKind, Request, Verb};
use objects::{Key, Object, Tree, kinds, list, map};
use simcore::{Duration, Time};

pub static NODE_LIFECYCLE: Controller = Controller { name: "node-controller", triggers: &[(kinds::NODE, changed)], workers: 8, reconcile };

/// Every so often all nodes are looked at (`--node-monitor-period`).
const PERIOD: Duration = Duration::secs(5);
/// A node may be silent for so long (`--node-monitor-grace-period`).
const GRACE: Duration = Duration::secs(50);
/// A node that never said anything may be silent for so long (`--node-startup-grace-period`).
const STARTUP_GRACE: Duration = Duration::secs(60);
/// What is decided at a look may be carried out within this time after it.
const LOOK: Duration = Duration::secs(1);

const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// Conditions that put a taint on a node, and the status that does.
const BY_CONDITION: &[(&str, &str, &str)] = &[
    ("Ready", "False", NOT_READY),
    ("Ready", "Unknown", UNREACHABLE),
    ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
];
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// Heartbeats in the status change nothing here.
fn changed(change: &Change, _: &Snapshot) -> Vec<Key> {
    if let (Some(before), Some(after)) = (&change.before, &change.after) {
        let answers = |node: &Object| -> Vec<(Tree, Tree)> {
            facts::conditions(node).items().iter().map(|it| (it.get("type").clone(), it.get("status").clone())).collect()
        };
        if before.spec() == after.spec() && answers(before) == answers(after) {
            return Vec::new();
        }
    }
    vec![change.key.clone()]
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let Some(node) = cx.view.get(key) else { return gone(cx, key) };
    let mut plan = Plan::rest();
    if cx.memory.is_null() {
        plan.remember = Some(Tree::from(node.uid_text()));
        let message = format!("Node {0} event: Registered Node {0} in Controller", key.name);
        plan.notes.push(Note { about: reference(node), warning: false, reason: "RegisteredNode", message });
    }
    let looking = cx.now.since(last_look(cx, cx.now)) < LOOK;
    let silent_from = silent_from(cx, node);
    let ready = answer(node, "Ready");
    let next = next_look(cx, cx.now);
    if silent_from <= cx.now && ready != "Unknown" {
        if !looking {
            return plan.at(cx.now, next);
        }
        plan.writes = declare_silent(cx, node);
        plan.notes.extend(lost(cx, node));
        // The node's own change brings the next look.
        return plan;
    }
    let (at_once, at_a_look) = taints(node, cx.now);
    let mut taints = node.spec().get("taints").items().to_vec();
    for step in at_once {
        plan.writes.push(tainted(node, &mut taints, step));
    }
    if looking {
        for step in at_a_look {
            plan.writes.push(tainted(node, &mut taints, step));
        }
    } else if !at_a_look.is_empty() {
        return plan.at(cx.now, next);
    }
    if ready == "Unknown" { plan } else { plan.at(cx.now, next_look(cx, silent_from)) }
}

/// A node that was known is deleted: the next look says so.
fn gone(cx: &Cx, key: &Key) -> Plan {
    let Some(uid) = cx.memory.as_text() else { return Plan::rest() };
    if cx.now.since(last_look(cx, cx.now)) >= LOOK {
        return Plan::rest().at(cx.now, next_look(cx, cx.now));
    }
    let about = map! {"apiVersion": "v1", "kind": "Node", "name": &key.name, "uid": uid};
    let message = format!("Node {0} event: Removing Node {0} from Controller", key.name);
    let note = Note { about, warning: false, reason: "RemovingNode", message };
    Plan { notes: vec![note], remember: Some(Tree::Null), ..Plan::rest() }
}

/// The look at or before `time`. They come every 5 s from the controller's start.
fn last_look(cx: &Cx, time: Time) -> Time {
    let since = time.since(cx.started).0;
    cx.started + Duration(since - since % PERIOD.0)
}

/// The first look after `time`.
fn next_look(cx: &Cx, time: Time) -> Time {
    last_look(cx, time) + PERIOD
}

/// From when on the node counts as silent, if it says nothing more.
fn silent_from(cx: &Cx, node: &Object) -> Time {
    let lease = cx.view.find(kinds::LEASE, "kube-node-lease", &node.key.name);
    let renewed = lease.and_then(|lease| facts::instant(lease.spec().get("renewTime")));
    let beat = facts::instant(facts::condition(facts::conditions(node), "Ready").get("lastHeartbeatTime"));
    match renewed.max(beat) {
        // A controller that has just started gives every node its full grace.
        Some(heard) => heard.max(cx.started) + GRACE,
        None => facts::created(node).max(cx.started) + STARTUP_GRACE,
    }
}

fn answer<'a>(node: &'a Object, condition: &str) -> &'a str {
    facts::condition(facts::conditions(node), condition).get("status").text()
}

/// All conditions become Unknown, and its Pods are no longer ready.
fn declare_silent(cx: &Cx, node: &Object) -> Vec<Write> {
    let now = cx.now.rfc3339();
    let mut conditions = facts::conditions(node).items().to_vec();
    for kind in ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] {
        match conditions.iter_mut().find(|it| it.get("type").text() == kind) {
            Some(known) if known.get("status").text() == "Unknown" => {}
            Some(known) => {
                known.set(&["status"], "Unknown");
                known.set(&["reason"], "NodeStatusUnknown");
                known.set(&["message"], "Kubelet stopped posting node status.");
                known.set(&["lastTransitionTime"], now.as_str());
            }
            None => conditions.push(map! {
                "type": kind, "status": "Unknown", "reason": "NodeStatusNeverUpdated", "message": "Kubelet never posted node status.",
                "lastHeartbeatTime": node.meta().get("creationTimestamp"), "lastTransitionTime": now.as_str(),
            }),
        }
    }
    let mut body = node.tree.clone();
    body.set(&["status", "conditions"], conditions);
    let request = Request::about(Verb::Update, kinds::NODE, "", node.key.name.clone()).subresource("status").body(body);
    let heard = map! {"silentFor": cx.now.since(silent_from(cx, node) - GRACE).as_secs() as i64, "grace": GRACE.as_secs() as i64};
    let mut writes = vec![Write::new(request.reason(heard))];
    let ready = cx.view.pods_on(&node.key.name).filter(|pod| facts::is_ready(pod) && !facts::is_finished(pod));
    writes.extend(ready.map(|pod| unready(pod, cx.now)));
    writes
}

/// What is told when a node goes silent: of the node itself.
fn lost(_: &Cx, node: &Object) -> Vec<Note> {
    let message = format!("Node {} status is now: NodeNotReady", node.key.name);
    vec![Note { about: reference(node), warning: false, reason: "NodeNotReady", message }]
}

fn unready(pod: &Object, now: Time) -> Write {
    let ready = map! {"type": "Ready", "status": "False", "lastTransitionTime": now.rfc3339()};
    let body = map! {"status": map! {"conditions": list![ready]}};
    let verb = Verb::Patch(PatchKind::Strategic);
    let request = Request::about(verb, kinds::POD, pod.key.namespace.clone(), pod.key.name.clone()).subresource("status");
    let message = "Node is not ready".to_string();
    let note = Note { about: Note::reference(pod), warning: true, reason: "NodeNotReady", message };
    Write::new(request.body(body)).ok(note).ignore(&[404])
}

/// Events about nodes name them by their own name instead of a uid, and stand in `default`.
fn reference(node: &Object) -> Tree {
    map! {"apiVersion": "v1", "kind": "Node", "name": &node.key.name, "uid": node.uid_text()}
}

/// One change of a node's taints.
enum Step {
    Add(Tree),
    Remove(&'static str, &'static str),
}

/// The steps to take at once (`NoSchedule`), and those for the next look (`NoExecute`).
fn taints(node: &Object, now: Time) -> (Vec<Step>, Vec<Step>) {
    let has = |key: &str, effect: &str| {
        node.spec().get("taints").items().iter().any(|it| it.get("key").text() == key && it.get("effect").text() == effect)
    };
    let taint = |key: &str, effect: &str| map! {"key": key, "effect": effect, "timeAdded": now.rfc3339()};
    let wanted: Vec<(&'static str, bool)> = BY_CONDITION
        .iter()
        .map(|(condition, status, key)| (*key, answer(node, condition) == *status))
        .chain([(UNSCHEDULABLE, node.spec().get("unschedulable").is_true())])
        .collect();
    let steps = |rows: &[(&'static str, bool)], effect: &'static str| -> Vec<Step> {
        let add = rows.iter().filter(|(key, on)| *on && !has(key, effect)).map(|(key, _)| Step::Add(taint(key, effect)));
        let remove = rows.iter().filter(|(key, on)| !*on && has(key, effect)).map(|(key, _)| Step::Remove(key, effect));
        add.chain(remove).collect()
    };
    let executing: Vec<(&'static str, bool)> = wanted.iter().copied().filter(|(key, _)| [NOT_READY, UNREACHABLE].contains(key)).collect();
    (steps(&wanted, "NoSchedule"), steps(&executing, "NoExecute"))
}

/// The write that takes one step; `taints` follows along.
fn tainted(node: &Object, taints: &mut Vec<Tree>, step: Step) -> Write {
    match step {
        Step::Add(taint) => taints.push(taint),
        Step::Remove(key, effect) => taints.retain(|it| it.get("key").text() != key || it.get("effect").text() != effect),
    }
    let list = if taints.is_empty() { Tree::Null } else { Tree::from(taints.clone()) };
    let body = map! {"spec": map! {"taints": list}};
    Write::new(Request::about(Verb::Patch(PatchKind::Merge), kinds::NODE, "", node.key.name.clone()).body(body)).ignore(&[404])
}

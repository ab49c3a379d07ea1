//! Deletes Pods from nodes with `NoExecute` taints, each after as long as it tolerates them (taint-eviction-controller).
use crate::facts;
use crate::harness::{Controller, Cx, Plan, Write};
use apiserver::client::Note;
use apiserver::store::Kept;
use apiserver::{Change, Snapshot};
use objects::wire::{PatchKind, Request, Verb};
use objects::{Key, Object, Tree, kinds, map};
use simcore::Duration;

pub static TAINT_EVICTION: Controller = Controller {
    name: "taint-eviction-controller",
    triggers: &[(kinds::NODE, pods_of_a_tainted_node), (kinds::POD, placed_pods)],
    workers: 8,
    reconcile,
};

fn executing(node: &Object) -> Vec<&Tree> {
    node.spec().get("taints").items().iter().filter(|taint| taint.get("effect").text() == "NoExecute").collect()
}

fn pods_of_a_tainted_node(change: &Change, view: &Snapshot) -> Vec<Key> {
    let taints =
        |kept: &Option<Kept>| -> Vec<Tree> { kept.as_ref().map(|node| executing(node).into_iter().cloned().collect()).unwrap_or_default() };
    if taints(&change.before) == taints(&change.after) {
        return Vec::new();
    }
    view.pods_on(&change.key.name).map(|pod| pod.key.clone()).collect()
}

/// A Pod that comes to a node that is tainted already, or that tolerates more or less than before.
fn placed_pods(change: &Change, view: &Snapshot) -> Vec<Key> {
    let Some(pod) = change.after.as_ref().filter(|pod| !facts::node_name(pod).is_empty()) else { return Vec::new() };
    if change.before.as_ref().is_some_and(|old| old.spec().same(pod.spec()) || old.spec() == pod.spec()) {
        return Vec::new();
    }
    let tainted = view.find(kinds::NODE, "", facts::node_name(pod)).is_some_and(|node| !executing(node).is_empty());
    if tainted { vec![pod.key.clone()] } else { Vec::new() }
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let Some(pod) = cx.view.get(key).filter(|pod| !pod.is_deleting()) else { return Plan::rest() };
    let node = cx.view.find(kinds::NODE, "", facts::node_name(pod));
    let taints = node.map(|node| executing(node)).unwrap_or_default();
    let since = cx.since.unwrap_or(cx.now);
    match patience(pod, &taints) {
        Patience::Endless => cancel(cx, pod),
        Patience::For(span) if since + span > cx.now => Plan::rest().at(cx.now, since + span),
        Patience::For(_) => evict(cx, pod),
    }
}

/// How long a Pod puts up with the taints of its node.
enum Patience {
    Endless,
    For(Duration),
}

fn patience(pod: &Object, taints: &[&Tree]) -> Patience {
    let tolerations = pod.spec().get("tolerations").items();
    let mut least: Option<i64> = None;
    for taint in taints {
        let Some(toleration) = tolerations.iter().find(|it| tolerates(it, taint)) else { return Patience::For(Duration::ZERO) };
        if let Some(seconds) = toleration.get("tolerationSeconds").as_int() {
            least = Some(least.map_or(seconds, |least| least.min(seconds)).max(0));
        }
    }
    least.map_or(Patience::Endless, |seconds| Patience::For(facts::seconds(seconds)))
}

fn tolerates(toleration: &Tree, taint: &Tree) -> bool {
    let (effect, key) = (toleration.get("effect").text(), toleration.get("key").text());
    let speaks = (effect.is_empty() || effect == taint.get("effect").text()) && (key.is_empty() || key == taint.get("key").text());
    match toleration.get("operator").text() {
        "" | "Equal" => speaks && toleration.get("value").text() == taint.get("value").text(),
        "Exists" => speaks,
        _ => false,
    }
}

/// The taint is gone, or tolerated for ever now.
fn cancel(cx: &Cx, pod: &Object) -> Plan {
    let mut plan = Plan::rest();
    if cx.since.is_some() {
        plan.notes.push(told(pod, format!("Cancelling deletion of Pod {}", pod.key.path())));
    }
    plan
}

fn evict(cx: &Cx, pod: &Object) -> Plan {
    let condition = map! {
        "type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager",
        "message": "Taint manager: deleting due to NoExecute taint", "lastTransitionTime": cx.now.rfc3339(),
        "lastProbeTime": Tree::Null, "observedGeneration": pod.generation(),
    };
    let about = |verb| Request::about(verb, kinds::POD, pod.key.namespace.clone(), pod.key.name.clone());
    let marked = about(Verb::Patch(PatchKind::Strategic)).subresource("status");
    let marked = marked.body(map! {"metadata": map! {"uid": pod.uid_text()}, "status": facts::with_condition(pod, condition)});
    let deleted = about(Verb::Delete).body(map! {"preconditions": map! {"uid": pod.uid_text()}});
    let mut plan = Plan::write(vec![Write::new(marked).ignore(&[404]), Write::new(deleted).ignore(&[404])]);
    plan.notes.push(told(pod, format!("Marking for deletion Pod {}", pod.key.path())));
    plan
}

fn told(pod: &Object, message: String) -> Note {
    Note { about: Note::reference(pod), warning: false, reason: "TaintManagerEviction", message }
}

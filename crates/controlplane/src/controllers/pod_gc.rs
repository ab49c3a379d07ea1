//! Removes Pods that no kubelet will ever remove (pod-garbage-collector).
use crate::facts;
use crate::harness::{Controller, Cx, Plan, Write};
use apiserver::{Change, Snapshot};
use objects::wire::{PatchKind, Request, Verb};
use objects::{Key, Object, Tree, kinds, map};
use simcore::Duration;

pub static POD_GC: Controller = Controller {
    name: "pod-garbage-collector",
    triggers: &[(kinds::NODE, pods_of_a_lost_node), (kinds::POD, stranded)],
    workers: 1,
    reconcile,
};

/// A node must be gone for so long before its Pods are given up.
const QUARANTINE: Duration = Duration::secs(40);
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

fn pods_of_a_lost_node(change: &Change, view: &Snapshot) -> Vec<Key> {
    let out = change.after.as_ref().is_some_and(|node| is_out_of_service(node));
    if !change.is_delete() && !out {
        return Vec::new();
    }
    view.pods_on(&change.key.name).map(|pod| pod.key.clone()).collect()
}

/// A Pod on a node that is not there, or one that is being deleted and has no node.
fn stranded(change: &Change, view: &Snapshot) -> Vec<Key> {
    let Some(pod) = &change.after else { return Vec::new() };
    let news =
        change.before.as_ref().is_none_or(|old| facts::node_name(old) != facts::node_name(pod) || old.is_deleting() != pod.is_deleting());
    let node = facts::node_name(pod);
    let lost =
        if node.is_empty() { pod.is_deleting() } else { view.find(kinds::NODE, "", node).is_none_or(|node| is_out_of_service(node)) };
    if news && lost { vec![pod.key.clone()] } else { Vec::new() }
}

fn is_out_of_service(node: &Object) -> bool {
    node.spec().get("taints").items().iter().any(|taint| taint.get("key").text() == OUT_OF_SERVICE)
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let Some(pod) = cx.view.get(key) else { return Plan::rest() };
    let name = facts::node_name(pod);
    if name.is_empty() {
        return if pod.is_deleting() { remove(cx, pod, None) } else { Plan::rest() };
    }
    match cx.view.find(kinds::NODE, "", name) {
        None => {
            let end = cx.since.unwrap_or(cx.now) + QUARANTINE;
            if end > cx.now { Plan::rest().at(cx.now, end) } else { remove(cx, pod, Some("PodGC: node no longer exists")) }
        }
        Some(node) if is_out_of_service(node) && pod.is_deleting() && !is_ready(node) => remove(cx, pod, None),
        Some(_) => Plan::rest(),
    }
}

fn is_ready(node: &Object) -> bool {
    facts::condition(facts::conditions(node), "Ready").get("status").text() == "True"
}

/// Marks the Pod failed where it is not finished, and deletes it without grace.
fn remove(cx: &Cx, pod: &Object, why: Option<&str>) -> Plan {
    let about = |verb| Request::about(verb, kinds::POD, pod.key.namespace.clone(), pod.key.name.clone());
    let mut writes = Vec::new();
    if !facts::is_finished(pod) {
        let mut status = map! {"phase": "Failed"};
        if let Some(why) = why {
            let condition = map! {
                "type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC", "message": why,
                "lastTransitionTime": cx.now.rfc3339(), "lastProbeTime": Tree::Null, "observedGeneration": pod.generation(),
            };
            status = facts::with_condition(pod, condition);
            status.set(&["phase"], "Failed");
        }
        let request = about(Verb::Patch(PatchKind::Strategic)).subresource("status").body(map! {"status": status});
        writes.push(Write::new(request).ignore(&[404]));
    }
    let options = map! {"gracePeriodSeconds": 0, "preconditions": map! {"uid": pod.uid_text()}};
    writes.push(Write::new(about(Verb::Delete).body(options)).ignore(&[404]));
    Plan::write(writes)
}

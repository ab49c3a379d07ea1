//! Which nodes a DaemonSet is meant for (upstream `NodeShouldRunDaemonPod`).
use objects::terms::{self, Taint};
use objects::{Object, Tree, map};

/// Whether a node is to have a Pod, and whether one that is there may stay.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Verdict {
    pub should_run: bool,
    pub may_stay: bool,
}

/// Upstream `NodeShouldRunDaemonPod`. The scheduler's other reasons, such as too little room, do not count.
pub fn verdict(set: &Object, tolerations: &[Tree], node: &Object) -> Verdict {
    let no = Verdict { should_run: false, may_stay: false };
    let spec = set.spec().at(&["template", "spec"]);
    let named = spec.get("nodeName").text();
    if (!named.is_empty() && named != node.key.name) || !terms::node_passes(spec, &node.key.name, node.labels()) {
        return no;
    }
    let untolerated = |effect: &str| {
        let taints = node.spec().get("taints").items().iter().map(Taint::of).filter(|taint| taint.effect == effect);
        taints.into_iter().any(|taint| !terms::tolerates(tolerations, &taint))
    };
    let evicted = untolerated("NoExecute");
    Verdict { should_run: !evicted && !untolerated("NoSchedule"), may_stay: !evicted }
}

/// The template's tolerations, and those that every daemon has, because a node is in trouble when it needs them most.
pub fn tolerations(spec: &Tree) -> Vec<Tree> {
    const ADDED: [(&str, &str); 7] = [
        ("node.kubernetes.io/not-ready", "NoExecute"),
        ("node.kubernetes.io/unreachable", "NoExecute"),
        ("node.kubernetes.io/disk-pressure", "NoSchedule"),
        ("node.kubernetes.io/memory-pressure", "NoSchedule"),
        ("node.kubernetes.io/pid-pressure", "NoSchedule"),
        ("node.kubernetes.io/unschedulable", "NoSchedule"),
        ("node.kubernetes.io/network-unavailable", "NoSchedule"),
    ];
    let host = spec.get("hostNetwork").is_true();
    let mut all = spec.get("tolerations").items().to_vec();
    for (key, effect) in &ADDED[..if host { 7 } else { 6 }] {
        let same = |it: &Tree| {
            it.get("key").text() == *key && it.get("effect").text() == *effect && it.get("operator").text() == "Exists" && !it.has("value")
        };
        let added = map! {"effect": *effect, "key": *key, "operator": "Exists"};
        match all.iter().position(same) {
            Some(place) => all[place] = added,
            None => all.push(added),
        }
    }
    all
}

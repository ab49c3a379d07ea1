//! Tells kubelets how long they may keep ConfigMaps and Secrets: longer in larger clusters (ttl-controller).
use crate::harness::{Controller, Cx, Plan, Write};
use apiserver::{Change, Snapshot};
use objects::wire::{PatchKind, Request, Verb};
use objects::{Key, kinds, map};

pub static TTL: Controller = Controller { name: "ttl-controller", triggers: &[(kinds::NODE, unmarked)], workers: 1, reconcile };

const ANNOTATION: &str = "node.alpha.kubernetes.io/ttl";

/// The most nodes of a step, and its seconds.
const STEPS: &[(usize, i64)] = &[(100, 0), (500, 15), (1_000, 30), (2_000, 60), (usize::MAX, 300)];

/// A node that came, or that lost its annotation.
fn unmarked(change: &Change, _: &Snapshot) -> Vec<Key> {
    let bare = change.after.as_ref().is_some_and(|node| node.meta().get("annotations").get(ANNOTATION).is_null());
    if bare { vec![change.key.clone()] } else { Vec::new() }
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let Some(node) = cx.view.get(key) else { return Plan::rest() };
    let wanted = seconds(cx.view.list(kinds::NODE).count()).to_string();
    if node.meta().get("annotations").get(ANNOTATION).text() == wanted {
        return Plan::rest();
    }
    let mut body = map! {};
    body.set(&["metadata", "annotations", ANNOTATION], wanted);
    let request = Request::about(Verb::Patch(PatchKind::Strategic), kinds::NODE, "", key.name.clone()).body(body);
    Plan::write(vec![Write::new(request).ignore(&[404])])
}

fn seconds(nodes: usize) -> i64 {
    STEPS.iter().find(|(most, _)| nodes <= *most).map_or(0, |(_, seconds)| *seconds)
}

#[cfg(test)]
mod tests {
    #[test]
    fn larger_clusters_may_keep_things_longer() {
        assert_eq!([3, 100, 101, 600, 5_000].map(super::seconds), [0, 0, 15, 30, 300]);
    }
}

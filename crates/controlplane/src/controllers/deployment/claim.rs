//! Which ReplicaSets belong to a Deployment: its own, and orphans that match its selector.
use crate::facts;
use crate::harness::Write;
use apiserver::Snapshot;
use apiserver::store::Kept;
use objects::labels::Selector;
use objects::wire::{PatchKind, Request, Verb};
use objects::{Object, Tree, kinds, list, map};

pub struct Claimed<'a> {
    /// Oldest first, as upstream sorts them wherever it sorts.
    pub sets: Vec<&'a Kept>,
    pub writes: Vec<Write>,
}

pub fn claim<'a>(view: &'a Snapshot, deployment: &'a Object, selector: &Selector) -> Claimed<'a> {
    let mut claimed = Claimed { sets: Vec::new(), writes: Vec::new() };
    for set in view.controlled_by(kinds::REPLICA_SET, deployment.meta().get("uid").text()) {
        if selector.matches(set.labels()) {
            claimed.sets.push(set);
        } else if !deployment.is_deleting() {
            let reference = map! {"$patch": "delete", "uid": deployment.uid_text()};
            claimed.writes.push(patch(set, reference).ignore(&[404, 422]));
        }
    }
    if !deployment.is_deleting() {
        let orphans = view.orphans_in(kinds::REPLICA_SET, &deployment.key.namespace);
        for set in orphans.filter(|set| !set.is_deleting() && selector.matches(set.labels())) {
            claimed.writes.push(patch(set, facts::controller_reference(deployment)));
        }
    }
    claimed.sets.sort_by_key(|set| (facts::created(set), &set.key.name));
    claimed
}

fn patch(set: &Object, reference: Tree) -> Write {
    let body = map! {"metadata": map! {"ownerReferences": list![reference], "uid": set.uid_text()}};
    let verb = Verb::Patch(PatchKind::Strategic);
    Write::new(Request::about(verb, kinds::REPLICA_SET, set.key.namespace.clone(), set.key.name.clone()).body(body))
}

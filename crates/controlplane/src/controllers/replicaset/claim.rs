//! Which Pods belong to a set: keeps its own, adopts orphans that match, releases what matches no more.
use crate::facts;
use crate::harness::Write;
use crate::offspring;
use apiserver::Snapshot;
use apiserver::store::Kept;
use objects::labels::Selector;
use objects::{Object, Tree, kinds};

/// A set's Pods, and the patches that make them its own.
pub struct Claimed<'a> {
    pub active: Vec<&'a Kept>,
    /// How many of its Pods are being deleted and still run.
    pub terminating: i64,
    pub writes: Vec<Write>,
}

pub fn claim<'a>(view: &'a Snapshot, set: &'a Object, selector: &Selector) -> Claimed<'a> {
    let mut claimed = Claimed { active: Vec::new(), terminating: 0, writes: Vec::new() };
    // Pods of one template mostly share their labels.
    let mut last: Option<(&Tree, bool)> = None;
    for pod in view.controlled_by(kinds::POD, set.meta().get("uid").text()) {
        if facts::is_finished(pod) {
            continue;
        }
        let labels = pod.labels();
        let matches = match last {
            Some((known, verdict)) if known.same(labels) => verdict,
            _ => selector.matches(labels),
        };
        last = Some((labels, matches));
        if !matches {
            if !set.is_deleting() && !pod.is_deleting() {
                claimed.writes.push(offspring::release(pod, set));
            }
        } else if pod.is_deleting() {
            claimed.terminating += 1;
        } else {
            claimed.active.push(pod);
        }
    }
    if !set.is_deleting() {
        for pod in view.orphans_in(kinds::POD, &set.key.namespace) {
            if facts::is_active(pod) && selector.matches(pod.labels()) {
                claimed.writes.push(offspring::adopt(pod, set));
                claimed.active.push(pod);
            }
        }
    }
    claimed
}

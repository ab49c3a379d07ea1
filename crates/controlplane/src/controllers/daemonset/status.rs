//! The status of a DaemonSet: what is counted, and when it is written (upstream `updateDaemonSetStatus`).
use super::pods::Scene;
use crate::facts::{self, set_count};
use crate::harness::Write;
use objects::kinds;
use objects::wire::{Request, Verb};
use simcore::Time;

/// The numbers of a status.
#[derive(Default)]
pub struct Counts {
    desired: i64,
    current: i64,
    misplaced: i64,
    ready: i64,
    available: i64,
    updated: i64,
}

/// Counts nodes; of several Pods on a node the first speaks for all.
pub fn count(scene: &Scene) -> Counts {
    let mut counts = Counts::default();
    for (node, verdict) in &scene.nodes {
        let first = scene.on(&node.key.name).first();
        if !verdict.should_run {
            counts.misplaced += i64::from(first.is_some());
            continue;
        }
        counts.desired += 1;
        let Some(pod) = first else { continue };
        counts.current += 1;
        counts.ready += i64::from(facts::is_ready(pod));
        counts.available += i64::from(scene.is_available(pod));
        counts.updated += i64::from(scene.is_updated(pod));
    }
    counts
}

/// The write that brings the status up to date; `None` where it is.
pub fn write(scene: &Scene, counts: &Counts) -> Option<Write> {
    let set = scene.set;
    let mut status = set.status().clone();
    let always = [
        ("desiredNumberScheduled", counts.desired),
        ("currentNumberScheduled", counts.current),
        ("numberMisscheduled", counts.misplaced),
        ("numberReady", counts.ready),
    ];
    always.into_iter().for_each(|(field, value)| status.set(&[field], value));
    set_count(&mut status, "updatedNumberScheduled", counts.updated);
    set_count(&mut status, "numberAvailable", counts.available);
    set_count(&mut status, "numberUnavailable", counts.desired - counts.available);
    set_count(&mut status, "observedGeneration", set.generation());
    if status == *set.status() {
        return None;
    }
    let mut body = set.tree.clone();
    body.set(&["status"], status);
    let request = Request::about(Verb::Update, kinds::DAEMON_SET, set.key.namespace.clone(), set.key.name.clone());
    Some(Write::new(request.subresource("status").body(body)))
}

/// When a Pod that is ready now will be available.
pub fn due(scene: &Scene, counts: &Counts) -> Option<Time> {
    let min_ready = scene.min_ready();
    if min_ready == 0 || counts.ready == counts.available {
        return None;
    }
    let pods = scene.by_node.values().filter_map(|pods| pods.first());
    let due = pods.filter_map(|pod| facts::ready_since(pod)).map(|since| since + facts::seconds(min_ready));
    due.filter(|time| *time > scene.cx.now).min()
}

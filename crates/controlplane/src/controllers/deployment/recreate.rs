//! Recreate: all old Pods go, and only then the new set starts.
use super::scaling::resize;
use super::strategy::{replicas, sum};
use super::{Scene, cleanup, revision, roll_on, status};
use crate::facts;
use crate::harness::Plan;
use objects::kinds;

pub fn roll(scene: &Scene) -> Plan {
    let down: Vec<_> = scene.old.iter().filter(|set| replicas(set) > 0).flat_map(|set| resize(scene, set, 0)).collect();
    if !down.is_empty() || old_pods_run(scene) {
        return roll_on(scene, down);
    }
    let Some(new) = scene.new else { return revision::create(scene, scene.wanted()) };
    let up = resize(scene, new, scene.wanted());
    if up.is_empty() && status::is_complete(scene.deployment, scene.deployment.status()) {
        return roll_on(scene, cleanup::cleanup(scene));
    }
    roll_on(scene, up)
}

/// Whether a Pod of an old set still runs, even one that is being deleted.
fn old_pods_run(scene: &Scene) -> bool {
    if sum(scene.old.iter().copied(), "replicas") > 0 {
        return true;
    }
    let uids = scene.old.iter().map(|set| set.meta().get("uid").text());
    let mut pods = uids.flat_map(|uid| scene.cx.view.controlled_by(kinds::POD, uid));
    pods.any(|pod| !facts::is_finished(pod))
}

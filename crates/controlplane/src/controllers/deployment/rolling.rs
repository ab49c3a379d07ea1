//! RollingUpdate: the new set grows within the surge, the old ones shrink as far as availability allows.
use super::scaling::{resize, update};
use super::strategy::{max_surge, max_unavailable, replicas, size, sum};
use super::{Scene, cleanup, revision, roll_on, status};
use crate::harness::{Plan, Write};
use apiserver::store::Kept;

pub fn roll(scene: &Scene) -> Plan {
    let Some(new) = scene.new else {
        let size = new_size(scene, 0, size(scene.all()));
        return revision::create(scene, size);
    };
    let grown = grow(scene, new);
    if !grown.is_empty() {
        return roll_on(scene, grown);
    }
    let shrunk = shrink(scene, new);
    if !shrunk.is_empty() {
        return roll_on(scene, shrunk);
    }
    let cleaned = if status::is_complete(scene.deployment, scene.deployment.status()) { cleanup::cleanup(scene) } else { Vec::new() };
    roll_on(scene, cleaned)
}

fn grow(scene: &Scene, new: &Kept) -> Vec<Write> {
    let (wanted, now) = (scene.wanted(), replicas(new));
    if now == wanted {
        return Vec::new();
    }
    let to = if now > wanted { wanted } else { new_size(scene, now, size(scene.all())) };
    resize(scene, new, to)
}

/// The size of the new set when there are `total` Pods in all: as many as the surge leaves room for.
fn new_size(scene: &Scene, now: i64, total: i64) -> i64 {
    let room = scene.wanted() + max_surge(scene.deployment) - total;
    if room <= 0 { now } else { now + room.min(scene.wanted() - now) }
}

fn shrink(scene: &Scene, new: &Kept) -> Vec<Write> {
    if size(scene.old.iter().copied()) == 0 {
        return Vec::new();
    }
    let least = scene.wanted() - max_unavailable(scene.deployment);
    let coming = replicas(new) - new.status().get("availableReplicas").int_or(0);
    let spare = size(scene.all()) - least - coming;
    if spare <= 0 {
        return Vec::new();
    }
    let mut sizes: Vec<i64> = scene.old.iter().map(|set| replicas(set)).collect();
    let mut writes = drop_unhealthy(scene, &mut sizes, spare);
    writes.extend(drop_healthy(scene, &mut sizes, least));
    writes
}

/// Old Pods that are not available go first: they help nobody.
fn drop_unhealthy(scene: &Scene, sizes: &mut [i64], spare: i64) -> Vec<Write> {
    let mut writes = Vec::new();
    let mut dropped = 0;
    for (set, size) in scene.old.iter().zip(sizes) {
        let unavailable = *size - set.status().get("availableReplicas").int_or(0);
        let count = unavailable.min(spare - dropped);
        if *size > 0 && count > 0 {
            writes.extend(update(scene, set, *size, *size - count, false));
            *size -= count;
            dropped += count;
        }
    }
    writes
}

/// Then available ones, oldest set first, down to the least number that must stay available.
fn drop_healthy(scene: &Scene, sizes: &mut [i64], least: i64) -> Vec<Write> {
    let mut writes = Vec::new();
    let mut spare = sum(scene.all(), "availableReplicas") - least;
    for (set, size) in scene.old.iter().zip(sizes) {
        let count = (*size).min(spare);
        if count > 0 {
            let again = replicas(set) != *size;
            writes.extend(update(scene, set, *size, *size - count, again));
            *size -= count;
            spare -= count;
        }
    }
    writes
}

//! Old ReplicaSets beyond `revisionHistoryLimit` are deleted, oldest revision first.
use super::strategy::replicas;
use super::{Scene, revision};
use crate::harness::Write;
use apiserver::store::Kept;
use objects::kinds;
use objects::wire::{Request, Verb};

/// The value that stands for "no limit".
const NO_LIMIT: i64 = i32::MAX as i64;

pub fn cleanup(scene: &Scene) -> Vec<Write> {
    let limit = scene.deployment.spec().get("revisionHistoryLimit").int_or(NO_LIMIT);
    if limit == NO_LIMIT {
        return Vec::new();
    }
    let mut sets: Vec<&Kept> = scene.old.iter().copied().filter(|set| !set.is_deleting()).collect();
    let surplus = sets.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
    sets.sort_by_key(|set| revision::number(set));
    let idle = |set: &&Kept| {
        let observed = set.status().get("observedGeneration").int_or(0);
        set.status().get("replicas").int_or(0) == 0 && replicas(set) == 0 && set.generation() <= observed
    };
    let delete = |set: &Kept| {
        let request = Request::about(Verb::Delete, kinds::REPLICA_SET, set.key.namespace.clone(), set.key.name.clone());
        Write::new(request).ignore(&[404])
    };
    sets.into_iter().take(surplus).filter(idle).map(delete).collect()
}

//! What must hold after every step, whatever was done to the world.
use crate::world::World;
use objects::views::Pod;
use objects::{Key, kinds};
use std::collections::BTreeMap;

/// Everything that is broken, in words. Empty: all holds.
pub fn broken(world: &World) -> Vec<String> {
    let mut words = Vec::new();
    one_address_each(world, &mut words);
    capacity_holds(world, &mut words);
    revisions_agree(world, &mut words);
    sets_hold(world, &mut words);
    words
}

/// No two living Pods share an address (host-network Pods have their node's).
fn one_address_each(world: &World, words: &mut Vec<String>) {
    let mut taken: BTreeMap<&str, &Key> = BTreeMap::new();
    for pod in world.api.store.applied().list(kinds::POD) {
        let address = pod.status().get("podIP").text();
        if address.is_empty() || Pod(&pod.tree).is_terminal() || pod.spec().get("hostNetwork").is_true() {
            continue;
        }
        if let Some(other) = taken.insert(address, &pod.key) {
            words.push(format!("{} and {} share the address {address}", other.path(), pod.key.path()));
        }
    }
}

/// No node is given more Pods than it takes.
fn capacity_holds(world: &World, words: &mut Vec<String>) {
    let view = world.api.store.applied();
    for node in view.list(kinds::NODE) {
        let most = node.status().at(&["allocatable", "pods"]).text().parse::<usize>().unwrap_or(usize::MAX);
        let placed = view.pods_on(&node.key.name).filter(|pod| !Pod(&pod.tree).is_terminal()).count();
        if placed > most {
            words.push(format!("{} holds {placed} Pods, {most} at most", node.key.name));
        }
    }
}

/// Every object's resourceVersion is the revision that wrote it, and none is newer than the store.
fn revisions_agree(world: &World, words: &mut Vec<String>) {
    let view = world.api.store.applied();
    for kind in (0..kinds::KINDS.len() as u16).map(objects::KindId) {
        for kept in view.list(kind) {
            if kept.meta().get("resourceVersion").text() != kept.revision.to_string() || kept.revision > view.revision() {
                words.push(format!("{} carries a wrong resourceVersion", kept.key.path()));
            }
        }
    }
}

/// A ReplicaSet's Pods never outnumber what it and its Deployment could want by far: nobody decides on a stale view twice.
fn sets_hold(world: &World, words: &mut Vec<String>) {
    let view = world.api.store.applied();
    for set in view.list(kinds::REPLICA_SET) {
        let alive = view.controlled_by(kinds::POD, set.uid()).filter(|pod| !pod.is_deleting() && !Pod(&pod.tree).is_terminal()).count();
        let wanted = set.spec().get("replicas").int_or(1).max(set.status().get("replicas").int_or(0)) as usize;
        if alive > wanted && set.generation() == set.status().get("observedGeneration").int_or(0) {
            words.push(format!("{} has {alive} Pods and never wanted more than {wanted}", set.key.path()));
        }
    }
}

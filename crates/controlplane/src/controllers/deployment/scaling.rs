//! Changes of size: one set to a number, or all of a rollout in proportion.
use super::proportion::proportion;
use super::strategy::{arithmetic, max_surge, recreates, replicas, size, sum};
use super::{Scene, revision};
use crate::facts;
use crate::harness::Write;
use apiserver::client::Note;
use apiserver::store::Kept;
use objects::wire::{Request, Verb};
use objects::{Object, Tree, kinds};
use std::cmp::Reverse;

/// Whether the wanted number has changed since the active sets were last told it.
pub fn is_scaling(scene: &Scene) -> bool {
    scene.all().filter(|set| replicas(set) > 0).any(|set| revision::desired(set).is_some_and(|desired| desired != scene.wanted()))
}

/// Brings the sets to the wanted number without rolling anything out.
pub fn scale(scene: &Scene) -> Vec<Write> {
    if let Some(only) = active_or_latest(scene) {
        return resize(scene, only, scene.wanted());
    }
    if let Some(new) = scene.new.filter(|new| is_saturated(scene, new)) {
        let old = scene.old.iter().filter(|set| set.key != new.key && replicas(set) > 0);
        return old.flat_map(|set| resize(scene, set, 0)).collect();
    }
    if recreates(scene.deployment) { Vec::new() } else { spread(scene) }
}

/// The set that alone takes the new number: the only active one, or with none the newest.
fn active_or_latest<'a>(scene: &Scene<'a>) -> Option<&'a Kept> {
    let active: Vec<&Kept> = scene.all().filter(|set| replicas(set) > 0).collect();
    match active[..] {
        [] => scene.new.or(scene.old.last().copied()),
        [only] => Some(only),
        _ => None,
    }
}

/// Whether the new set is all there already.
fn is_saturated(scene: &Scene, new: &Object) -> bool {
    let wanted = scene.wanted();
    replicas(new) == wanted && revision::desired(new) == Some(wanted) && new.status().get("availableReplicas").int_or(0) == wanted
}

/// Shares the difference among the active sets of a rollout by their sizes; what is left over goes to the largest.
fn spread(scene: &Scene) -> Vec<Write> {
    let mut sets: Vec<&Kept> = scene.all().filter(|set| replicas(set) > 0).collect();
    sets.sort_by_key(|set| (facts::created(set), &set.key.name));
    let wanted = scene.wanted();
    let allowed = if wanted > 0 { wanted + max_surge(scene.deployment) } else { 0 };
    let difference = allowed - size(sets.iter().copied());
    // Of equal sizes the newer grows first and the older shrinks first.
    if difference > 0 {
        sets.reverse();
    }
    sets.sort_by_key(|set| Reverse(replicas(set)));
    let mut shared = 0;
    let mut sizes: Vec<i64> = Vec::new();
    for set in &sets {
        let part = proportion(set, scene.deployment, difference, shared);
        shared += part;
        sizes.push(replicas(set) + part);
    }
    if let Some(first) = sizes.first_mut() {
        *first = (*first + difference - shared).max(0);
    }
    sets.iter().zip(sizes).flat_map(|(set, size)| update(scene, set, replicas(set), size, false)).collect()
}

/// Gives one set a new size, unless it has it.
pub fn resize(scene: &Scene, set: &Object, to: i64) -> Vec<Write> {
    if replicas(set) == to { Vec::new() } else { update(scene, set, replicas(set), to, false) }
}

/// Writes a set's size and the annotations that go with it. `again` marks a second write to the same set in one step:
/// it is not tied to the version seen.
pub fn update(scene: &Scene, set: &Object, from: i64, to: i64, again: bool) -> Vec<Write> {
    let mut body = set.tree.clone();
    body.set(&["spec", "replicas"], to);
    let annotated = revision::annotate_sizes(&mut body, scene.deployment);
    if from == to && !annotated {
        return Vec::new();
    }
    if again {
        body.remove(&["metadata", "resourceVersion"]);
    }
    let reason = arithmetic(scene.deployment, size(scene.all()), sum(scene.all(), "availableReplicas"));
    let request = Request::about(Verb::Update, kinds::REPLICA_SET, set.key.namespace.clone(), set.key.name.clone());
    let write = Write::new(request.body(body).reason(reason));
    if from == to { vec![write] } else { vec![write.ok(told(scene.deployment, &set.key.name, from, to))] }
}

/// `Scaled up replica set web-1 from 0 to 3`
pub fn told(deployment: &Object, set: &str, from: i64, to: i64) -> Note {
    let way = if to > from { "up" } else { "down" };
    let message = format!("Scaled {way} replica set {set} from {from} to {to}");
    let about: Tree = Note::reference(deployment);
    Note { about, warning: false, reason: "ScalingReplicaSet", message }
}

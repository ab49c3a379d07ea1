//! The numbers of a strategy: how many Pods more, and how many fewer, a rollout may have.
use apiserver::store::Kept;
use objects::intstr::{self, Round};
use objects::{Object, Tree, map};

/// Whether old Pods must all be gone before new ones start.
pub fn recreates(deployment: &Object) -> bool {
    deployment.spec().at(&["strategy", "type"]).text() == "Recreate"
}

pub fn wanted(deployment: &Object) -> i64 {
    deployment.spec().get("replicas").int_or(1)
}

/// The most Pods above the wanted number; percentages are rounded up.
pub fn max_surge(deployment: &Object) -> i64 {
    if recreates(deployment) { 0 } else { resolve(deployment).0 }
}

/// The most Pods that may be missing; percentages are rounded down.
pub fn max_unavailable(deployment: &Object) -> i64 {
    let wanted = wanted(deployment);
    if recreates(deployment) || wanted == 0 {
        return 0;
    }
    resolve(deployment).1.min(wanted)
}

fn resolve(deployment: &Object) -> (i64, i64) {
    let rolling = deployment.spec().at(&["strategy", "rollingUpdate"]);
    let total = wanted(deployment);
    let read = |tree: &Tree, round| intstr::resolve(tree, total, round).unwrap_or(0);
    let surge = read(rolling.get("maxSurge"), Round::Up);
    let unavailable = read(rolling.get("maxUnavailable"), Round::Down);
    // With neither, nothing could ever move.
    if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
}

/// The wanted sizes of some sets together.
pub fn size<'a>(sets: impl IntoIterator<Item = &'a Kept>) -> i64 {
    sets.into_iter().map(|set| replicas(set)).sum()
}

/// The wanted size of one set.
pub fn replicas(set: &Object) -> i64 {
    set.spec().get("replicas").int_or(1)
}

/// One number of the statuses of some sets together.
pub fn sum<'a>(sets: impl IntoIterator<Item = &'a Kept>, field: &str) -> i64 {
    sets.into_iter().map(|set| set.status().get(field).int_or(0)).sum()
}

/// The arithmetic behind a decision, for "Why?".
pub fn arithmetic(deployment: &Object, total: i64, available: i64) -> Tree {
    let (wanted, surge, unavailable) = (wanted(deployment), max_surge(deployment), max_unavailable(deployment));
    map! {
        "wanted": wanted, "maxSurge": surge, "maxUnavailable": unavailable, "mostPods": wanted + surge,
        "leastAvailable": wanted - unavailable, "pods": total, "available": available,
    }
}

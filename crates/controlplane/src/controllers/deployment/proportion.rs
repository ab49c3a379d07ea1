//! A set's share when a Deployment is scaled in the middle of a rollout.
use super::revision;
use super::strategy::{max_surge, replicas, wanted};
use objects::Object;

/// How many of `difference` Pods this set takes (negative: gives), when `shared` of them are taken already.
pub fn proportion(set: &Object, deployment: &Object, difference: i64, shared: i64) -> i64 {
    if replicas(set) == 0 || difference == 0 || difference == shared {
        return 0;
    }
    let fraction = fraction(set, deployment);
    let left = difference - shared;
    if difference > 0 { fraction.min(left) } else { fraction.max(left) }
}

fn fraction(set: &Object, deployment: &Object) -> i64 {
    let size = replicas(set);
    if wanted(deployment) == 0 {
        return -size;
    }
    let most = wanted(deployment) + max_surge(deployment);
    let before = revision::most(set).filter(|most| *most > 0).unwrap_or_else(|| deployment.status().get("replicas").int_or(0));
    if before == 0 {
        return 0;
    }
    // To the nearest whole number, halves upwards; all three are positive.
    let share = (2 * size * most + before) / (2 * before);
    share - size
}

//! Which Pods go first when there are too many (upstream's `ActivePodsWithRanks`).
use crate::facts;
use apiserver::Snapshot;
use apiserver::store::Kept;
use objects::{Object, Text, kinds};
use simcore::Time;
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

/// The `count` Pods to delete, first to go first.
pub fn choose<'a>(view: &Snapshot, set: &Object, active: &[&'a Kept], count: usize, now: Time) -> Vec<&'a Kept> {
    if count >= active.len() {
        return active.to_vec();
    }
    let crowd = neighbours(view, set);
    let mut ranked: Vec<(Rank, &Kept)> = active.iter().map(|pod| (Rank::of(pod, &crowd, now), *pod)).collect();
    ranked.sort_by(|(a, _), (b, _)| a.compare(b));
    ranked.into_iter().take(count).map(|(_, pod)| pod).collect()
}

/// How many active Pods of the set and of its sister sets (same Deployment) run on each node.
fn neighbours(view: &Snapshot, set: &Object) -> BTreeMap<Text, usize> {
    let controller = set.controller().get("uid").text();
    let sisters: Vec<Text> = if controller.is_empty() {
        vec![set.uid_text()]
    } else {
        view.controlled_by(kinds::REPLICA_SET, controller).map(|sister| sister.uid_text()).collect()
    };
    let mut crowd = BTreeMap::new();
    for uid in sisters {
        for pod in view.controlled_by(kinds::POD, &uid).filter(|pod| facts::is_active(pod)) {
            *crowd.entry(Text::new(facts::node_name(pod))).or_default() += 1;
        }
    }
    crowd
}

/// What a Pod is judged by; the smaller goes first.
struct Rank<'a> {
    assigned: bool,
    phase: u8,
    ready: bool,
    cost: i64,
    crowd: Reverse<usize>,
    /// Powers of two of the age since it became ready, so that Pods of about one age are equals.
    ready_age: Option<i64>,
    restarts: Reverse<i64>,
    age: i64,
    uid: &'a str,
}

impl<'a> Rank<'a> {
    fn of(pod: &'a Object, crowd: &BTreeMap<Text, usize>, now: Time) -> Rank<'a> {
        let node = facts::node_name(pod);
        let ready_since = facts::ready_since(pod);
        Rank {
            assigned: !node.is_empty(),
            phase: match facts::phase(pod) {
                "Running" => 2,
                "Unknown" => 1,
                _ => 0,
            },
            ready: ready_since.is_some(),
            cost: pod.annotation("controller.kubernetes.io/pod-deletion-cost").parse().unwrap_or(0),
            crowd: Reverse(crowd.get(node).copied().unwrap_or(0)),
            ready_age: ready_since.map(|since| magnitude(since, now)),
            restarts: Reverse(restarts(pod)),
            age: magnitude(facts::created(pod), now),
            uid: pod.uid(),
        }
    }

    /// Upstream leaves out restarts and age where Pods became ready at different instants of one magnitude;
    /// that is no total order, so here they always count.
    fn compare(&self, other: &Rank) -> Ordering {
        let first = (self.assigned, self.phase, self.ready, self.cost, self.crowd, self.ready_age);
        let second = (other.assigned, other.phase, other.ready, other.cost, other.crowd, other.ready_age);
        first.cmp(&second).then(self.restarts.cmp(&other.restarts)).then(self.age.cmp(&other.age)).then(self.uid.cmp(other.uid))
    }
}

/// The power of two of an age in nanoseconds; -1 for none.
fn magnitude(since: Time, now: Time) -> i64 {
    now.since(since).0.saturating_mul(1000).checked_ilog2().map_or(-1, i64::from)
}

fn restarts(pod: &Object) -> i64 {
    let counts = pod.status().get("containerStatuses").items().iter().map(|status| status.get("restartCount").int_or(0));
    counts.max().unwrap_or(0)
}

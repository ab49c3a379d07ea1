//! What a Pod that fits nowhere may do to less important ones (plugin DefaultPreemption): whom it puts out, and of which node.
use super::cache::{Cache, PodInfo};
use super::framework::{Attempt, Cycle, filter};
use crate::facts;
use apiserver::Snapshot;
use apiserver::store::Kept;
use objects::wire::{PatchKind, Request, Verb};
use objects::{Object, Text, Tree, kinds, map};
use simcore::Time;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What came of asking whether putting others out would help.
#[derive(Debug)]
pub enum Outcome {
    /// It may put nobody out, for this reason. A nomination that it has stays.
    NotEligible(&'static str),
    /// No node would take it even then: reasons, with how many nodes give them.
    Useless(BTreeMap<Text, usize>),
    /// These Pods make room for it on this node.
    Room { node: Text, victims: Vec<Kept> },
}

/// Looks for the node where putting out less important Pods does the least harm. `nominated` is the node that it was
/// promised before ("" for none).
pub fn preempt(attempt: &Attempt, pod: &PodInfo, nominated: &str, cache: &Cache, view: &Snapshot) -> Outcome {
    if pod.object.spec().get("preemptionPolicy").text() == "Never" {
        return Outcome::NotEligible("not eligible due to preemptionPolicy=Never.");
    }
    let hopeless = |name: &str| attempt.rows.iter().any(|row| row.node == name && row.refusal.as_ref().is_some_and(|(_, it)| it.hopeless));
    if !nominated.is_empty() && !hopeless(nominated) && awaits_an_end(nominated, pod, cache, view) {
        return Outcome::NotEligible("not eligible due to a terminating pod on the nominated node.");
    }
    let mut reasons = BTreeMap::new();
    let mut best: Option<(Harm, Text, Vec<Kept>)> = None;
    for row in &attempt.rows {
        let Some((_, refusal)) = &row.refusal else { continue };
        let found = match refusal.hopeless {
            true => Err(vec![Text::new_static("Preemption is not helpful for scheduling")]),
            false => victims(&row.node, pod, cache, view),
        };
        match found {
            Ok(victims) => {
                let harm = Harm::of(&victims);
                if best.as_ref().is_none_or(|(least, ..)| harm < *least) {
                    best = Some((harm, row.node.clone(), victims));
                }
            }
            Err(why) => why.into_iter().for_each(|reason| *reasons.entry(reason).or_default() += 1),
        }
    }
    match best {
        Some((_, node, victims)) => Outcome::Room { node, victims },
        None => Outcome::Useless(reasons),
    }
}

/// Whether a Pod that was put out still ends on the node.
fn awaits_an_end(node: &str, pod: &PodInfo, cache: &Cache, view: &Snapshot) -> bool {
    let put_out = |object: &Kept| {
        object.is_deleting()
            && facts::condition(facts::conditions(object), "DisruptionTarget").get("reason").text() == "PreemptionByScheduler"
    };
    let mut lesser = cache.node(node).into_iter().flat_map(|node| node.pods.values()).filter(|other| other.priority < pod.priority);
    lesser.any(|other| view.get(other.key()).is_some_and(put_out))
}

/// The fewest and least important Pods that would have to leave the node; `Err` says what would still stand in the way.
fn victims(name: &str, pod: &PodInfo, cache: &Cache, view: &Snapshot) -> Result<Vec<Kept>, Vec<Text>> {
    let nobody = || vec![Text::new_static("No preemption victims found for incoming pod")];
    let node = cache.node(name).filter(|node| node.least_priority().is_some_and(|least| least < pod.priority)).ok_or_else(nobody)?;
    let mut lesser: Vec<Arc<PodInfo>> = node.pods.values().filter(|other| other.priority < pod.priority).cloned().collect();
    let mut trial = cache.clone();
    lesser.iter().for_each(|other| trial.remove_pod(name, other.key()));
    let fits = |cache: &Cache| match cache.node(name) {
        Some(node) => filter(&Cycle::new(pod, cache, view), node).map_err(|(_, refusal)| refusal.reasons),
        None => Err(nobody()),
    };
    fits(&trial)?;
    // The more important, and of equals the older, are spared first.
    let whole = |other: &PodInfo| view.get(other.key()).cloned().unwrap_or_else(|| other.object.clone());
    lesser.sort_by_cached_key(|other| (Reverse(other.priority), started(&whole(other)), other.key().clone()));
    let mut victims = Vec::new();
    for other in lesser {
        trial.place_pod(name, (*other).clone());
        if fits(&trial).is_err() {
            trial.remove_pod(name, other.key());
            victims.push(whole(&other));
        }
    }
    Ok(victims)
}

fn priority(pod: &Object) -> i64 {
    pod.spec().get("priority").int_or(0)
}

/// Since when it runs; a Pod that does not run yet counts as the youngest.
fn started(pod: &Object) -> Time {
    facts::instant(pod.status().get("startTime")).unwrap_or(Time(u64::MAX))
}

/// How much is lost with some victims; the smaller the better. The order is upstream's `pickOneNodeForPreemption`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Harm {
    highest_priority: i64,
    priorities: i64,
    count: usize,
    /// When the oldest of the most important ones started: who has run for longest is spared.
    oldest: Reverse<Time>,
}

impl Harm {
    /// `victims` begin with the most important.
    fn of(victims: &[Kept]) -> Harm {
        let highest = victims.first().map_or(i64::MIN, |pod| priority(pod));
        let foremost = victims.iter().filter(|pod| priority(pod) == highest);
        Harm {
            highest_priority: highest,
            // Moved up so that negative priorities do not make many victims look like few.
            priorities: victims.iter().map(|pod| priority(pod) + i64::from(i32::MAX) + 1).sum(),
            count: victims.len(),
            oldest: Reverse(foremost.map(|pod| started(pod)).min().unwrap_or_default()),
        }
    }
}

/// What puts one Pod out: its condition says why, then it is deleted with its usual grace.
pub fn put_out(victim: &Object, preemptor: &Object, node: &str, now: Time) -> [Request; 2] {
    let about = |verb| Request::about(verb, kinds::POD, victim.key.namespace.clone(), victim.key.name.clone());
    let known = preemptor.spec().get("schedulerName").text();
    let scheduler = if known.is_empty() { "default-scheduler" } else { known };
    let condition = map! {
        "type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler",
        "message": format!("{scheduler}: preempting to accommodate a higher priority pod"),
        "lastProbeTime": Tree::Null, "lastTransitionTime": now.rfc3339(), "observedGeneration": victim.generation(),
    };
    let reason = map! {"preemptor": preemptor.key.path(), "priority": priority(preemptor), "victim": priority(victim), "node": node};
    [
        about(Verb::Patch(PatchKind::Strategic)).subresource("status").body(map! {"status": facts::with_condition(victim, condition)}),
        about(Verb::Delete).body(map! {"preconditions": map! {"uid": victim.uid_text()}}).reason(reason),
    ]
}

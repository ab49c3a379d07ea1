//! Keeps a ReplicaSet's Pods at the wanted number (kube-controller-manager's replicaset-controller).
mod claim;
mod rank;
mod status;

use crate::facts;
use crate::harness::{Controller, Cx, Next, Pace, Plan, Write, itself};
use crate::offspring;
use apiserver::client::Note;
use apiserver::store::Kept;
use apiserver::{Change, Snapshot};
use objects::labels::Selector;
use objects::wire::{Request, Verb};
use objects::{Key, Object, kinds, map};

pub static REPLICASET: Controller =
    Controller { name: "replicaset-controller", triggers: &[(kinds::REPLICA_SET, itself), (kinds::POD, owners)], workers: 5, reconcile };

/// The most Pods that one step makes or deletes.
const BURST: i64 = 500;

/// The sets that a Pod's change concerns: its owner, its former owner, or for an orphan all that would adopt it.
fn owners(change: &Change, view: &Snapshot) -> Vec<Key> {
    let owner = |kept: &Option<Kept>| kept.as_ref().and_then(|pod| facts::controller_key(pod, kinds::REPLICA_SET));
    let (old, new) = (owner(&change.before), owner(&change.after));
    if let (Some(before), Some(after)) = (&change.before, &change.after)
        && old == new
        && same_to_a_set(before, after)
    {
        return Vec::new();
    }
    let orphan = change.after.as_ref().filter(|pod| pod.controller().is_null() && !pod.is_deleting());
    let adopters = orphan.into_iter().flat_map(|pod| {
        let sets = view.list_in(kinds::REPLICA_SET, &pod.key.namespace);
        sets.filter(|set| selector(set).is_some_and(|selector| selector.matches(pod.labels()))).map(|set| set.key.clone())
    });
    let mut keys: Vec<Key> = old.into_iter().chain(new).chain(adopters).collect();
    keys.dedup();
    keys
}

/// Whether nothing differs that a set counts or ranks by at once.
fn same_to_a_set(before: &Object, after: &Object) -> bool {
    facts::phase(before) == facts::phase(after)
        && facts::ready_since(before) == facts::ready_since(after)
        && before.is_deleting() == after.is_deleting()
        && before.labels() == after.labels()
}

/// The selector of a set; `None` where it selects nothing or cannot be read.
pub(super) fn selector(set: &Object) -> Option<Selector> {
    Selector::of(set.spec().get("selector")).ok()
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let Some(set) = cx.view.get(key) else { return Plan::rest() };
    let Some(selector) = selector(set) else { return Plan::rest() };
    let claimed = claim::claim(cx.view, set, &selector);
    let counts = status::count(set, &claimed.active, claimed.terminating, cx.now);

    let mut writes = claimed.writes;
    let wanted = set.spec().get("replicas").int_or(1);
    let difference = claimed.active.len() as i64 - wanted;
    let mut on_failure = None;
    if !set.is_deleting() && difference != 0 {
        let (reason, moves) = if difference < 0 {
            ("FailedCreate", creations(set, (-difference).min(BURST)))
        } else {
            ("FailedDelete", deletions(cx, set, &claimed.active, difference.min(BURST)))
        };
        writes.extend(moves);
        on_failure = status::write(set, &counts, Some(status::failure(reason, cx.now)));
    }
    writes.extend(status::write(set, &counts, None));
    Plan { on_failure, ..Plan::write(writes) }.next(next(cx, set, &claimed.active, &counts))
}

/// Pods that are ready but not yet for long enough become available by time alone.
fn next(cx: &Cx, set: &Object, active: &[&Kept], counts: &status::Counts) -> Next {
    let min_ready = set.spec().get("minReadySeconds").int_or(0);
    if min_ready == 0 || counts.ready == counts.available {
        return Next::Settled;
    }
    let due = active.iter().filter_map(|pod| facts::ready_since(pod)).map(|since| since + facts::seconds(min_ready));
    due.filter(|time| *time > cx.now).min().map_or(Next::Settled, |time| Next::After(time.since(cx.now)))
}

fn creations(set: &Object, count: i64) -> Vec<Write> {
    let body = offspring::pod(set, set.spec().get("template"));
    let reason = map! {"wanted": set.spec().get("replicas"), "missing": count};
    let about = Note::reference(set);
    let told = |warning, reason, message: &str| Note { about: about.clone(), warning, reason, message: message.to_string() };
    let one = Write::new(Request::about(Verb::Create, kinds::POD, set.key.namespace.clone(), "").body(body).reason(reason))
        .ok(told(false, "SuccessfulCreate", "Created pod: {name}"))
        .err(told(true, "FailedCreate", "Error creating: {error}"))
        .pace(Pace::SlowStart);
    vec![one; count as usize]
}

fn deletions(cx: &Cx, set: &Object, active: &[&Kept], count: i64) -> Vec<Write> {
    let chosen = rank::choose(cx.view, set, active, count as usize, cx.now);
    let reason = map! {"wanted": set.spec().get("replicas"), "surplus": count};
    chosen.into_iter().map(|pod| offspring::delete(set, pod, reason.clone()).pace(Pace::AtOnce)).collect()
}

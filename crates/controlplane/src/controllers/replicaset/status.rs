//! The status of a ReplicaSet: what is counted, and when it is written.
use crate::facts::{self, set_count};
use crate::harness::Write;
use apiserver::store::Kept;
use objects::wire::{Request, Verb};
use objects::{Object, Tree, kinds, map};
use simcore::Time;

/// The numbers of a status.
pub struct Counts {
    pub replicas: i64,
    pub labelled: i64,
    pub ready: i64,
    pub available: i64,
    pub terminating: i64,
}

pub fn count(set: &Object, active: &[&Kept], terminating: i64, now: Time) -> Counts {
    let min_ready = set.spec().get("minReadySeconds").int_or(0);
    let template = set.spec().at(&["template", "metadata", "labels"]);
    let mut counts = Counts { replicas: active.len() as i64, labelled: 0, ready: 0, available: 0, terminating };
    // Pods of one template mostly share their labels: what was said of the last ones is said of these too.
    let mut last: Option<(&Tree, bool)> = None;
    for pod in active {
        let labels = pod.labels();
        let labelled = match last {
            Some((known, verdict)) if known.same(labels) => verdict,
            _ => template.entries().all(|(key, value)| labels.get(key) == value),
        };
        last = Some((labels, labelled));
        let ready = facts::is_ready(pod);
        counts.labelled += i64::from(labelled);
        counts.ready += i64::from(ready);
        counts.available += i64::from(ready && (min_ready == 0 || facts::is_available(pod, min_ready, now)));
    }
    counts
}

/// The condition of a set that could not make or delete Pods; the harness fills in the error.
pub fn failure(reason: &'static str, now: Time) -> Tree {
    map! {"type": "ReplicaFailure", "status": "True", "lastTransitionTime": now.rfc3339(), "reason": reason, "message": "{error}"}
}

/// The write that brings the status up to date; `None` where it is.
pub fn write(set: &Object, counts: &Counts, failure: Option<Tree>) -> Option<Write> {
    let mut status = set.status().clone();
    status.set(&["replicas"], counts.replicas);
    set_count(&mut status, "fullyLabeledReplicas", counts.labelled);
    set_count(&mut status, "readyReplicas", counts.ready);
    set_count(&mut status, "availableReplicas", counts.available);
    status.set(&["terminatingReplicas"], counts.terminating);
    set_count(&mut status, "observedGeneration", set.generation());

    let mut conditions = status.get("conditions").items().to_vec();
    let known = conditions.iter().position(|item| item.get("type").text() == "ReplicaFailure");
    match (known, failure) {
        // A failure that is known already keeps its time and its first message.
        (Some(_), Some(_)) | (None, None) => {}
        (Some(place), None) => {
            conditions.remove(place);
        }
        (None, Some(failure)) => conditions.push(failure),
    }
    if conditions.is_empty() {
        status.remove(&["conditions"]);
    } else {
        status.set(&["conditions"], conditions);
    }
    if status == *set.status() {
        return None;
    }
    let mut body = set.tree.clone();
    body.set(&["status"], status);
    let request = Request::about(Verb::Update, kinds::REPLICA_SET, set.key.namespace.clone(), set.key.name.clone());
    Some(Write::new(request.subresource("status").body(body)))
}

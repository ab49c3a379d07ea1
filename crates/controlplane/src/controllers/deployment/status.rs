//! The status of a Deployment: what is counted over its sets, its conditions, and when it is written.
use super::Scene;
use super::strategy::{max_unavailable, size, sum, wanted};
use crate::facts::{self, set_count};
use crate::harness::Write;
use objects::wire::{Request, Verb};
use objects::{Object, Tree, kinds, map};
use simcore::Time;

/// The status as the sets are now, with the `Available` condition.
pub fn counted(scene: &Scene) -> Tree {
    let deployment = scene.deployment;
    let total = |field| sum(scene.all(), field);
    let available = total("availableReplicas");
    let mut status = deployment.status().clone();
    set_count(&mut status, "observedGeneration", deployment.generation());
    set_count(&mut status, "replicas", total("replicas"));
    set_count(&mut status, "updatedReplicas", sum(scene.new, "replicas"));
    set_count(&mut status, "readyReplicas", total("readyReplicas"));
    set_count(&mut status, "availableReplicas", available);
    set_count(&mut status, "unavailableReplicas", (size(scene.all()) - available).max(0));
    status.set(&["terminatingReplicas"], total("terminatingReplicas"));
    let (answer, reason, message) = if available >= wanted(deployment) - max_unavailable(deployment) {
        ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    };
    set_condition(&mut status, "Available", answer, reason, message, scene.cx.now);
    status
}

/// Whether a rollout has reached its end by this status.
pub fn is_complete(deployment: &Object, status: &Tree) -> bool {
    let wanted = wanted(deployment);
    let is = |field| status.get(field).int_or(0) == wanted;
    is("updatedReplicas")
        && is("replicas")
        && is("availableReplicas")
        && status.get("observedGeneration").int_or(0) >= deployment.generation()
}

/// Sets a condition, unless one with the same status and reason stands. It goes to the end of the list;
/// its transition time changes only with its status.
pub fn set_condition(status: &mut Tree, kind: &str, answer: &str, reason: &str, message: &str, now: Time) {
    let known = facts::condition(status.get("conditions"), kind).clone();
    let same = known.get("status").text() == answer;
    if same && known.get("reason").text() == reason {
        return;
    }
    let moved = if same { known.get("lastTransitionTime").clone() } else { now.rfc3339().into() };
    let condition = map! {
        "type": kind, "status": answer, "reason": reason, "message": message,
        "lastUpdateTime": now.rfc3339(), "lastTransitionTime": moved,
    };
    push_condition(status, condition);
}

/// Puts a condition at the end of the list in place of the one of its type.
pub fn push_condition(status: &mut Tree, condition: Tree) {
    remove_condition(status, condition.get("type").text());
    status.edit(&["conditions"]).list_mut().push(condition);
}

pub fn remove_condition(status: &mut Tree, kind: &str) {
    if facts::condition(status.get("conditions"), kind).is_null() {
        return;
    }
    let conditions = status.edit(&["conditions"]).list_mut();
    conditions.retain(|item| item.get("type").text() != kind);
    if conditions.is_empty() {
        status.remove(&["conditions"]);
    }
}

/// The write that brings the status to `status`; `None` where it is that already.
pub fn write(deployment: &Object, status: Tree) -> Option<Write> {
    if status == *deployment.status() {
        return None;
    }
    let mut body = deployment.tree.clone();
    body.set(&["status"], status);
    Some(put(deployment, body))
}

/// Writes the whole object through `status`. For Deployments that takes annotations along.
pub fn put(deployment: &Object, body: Tree) -> Write {
    let request = Request::about(Verb::Update, kinds::DEPLOYMENT, deployment.key.namespace.clone(), deployment.key.name.clone());
    Write::new(request.subresource("status").body(body))
}

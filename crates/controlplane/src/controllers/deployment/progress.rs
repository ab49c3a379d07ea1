//! Whether a rollout gets on: the `Progressing` condition, its deadline, pause and resume, and failures of the sets.
use super::Scene;
use super::status::{counted, is_complete, push_condition, put, remove_condition, set_condition};
use super::strategy::wanted;
use crate::facts;
use crate::harness::{Next, Write};
use objects::{Object, Tree, map};
use simcore::Duration;

/// The deadline that stands for "never".
const NEVER: i64 = i32::MAX as i64;

/// Whether a rollout that does not get on is to be noticed.
pub fn has_deadline(deployment: &Object) -> bool {
    deadline(deployment).is_some()
}

fn deadline(deployment: &Object) -> Option<Duration> {
    let seconds = deployment.spec().get("progressDeadlineSeconds").as_int().filter(|seconds| *seconds != NEVER)?;
    Some(facts::seconds(seconds))
}

fn progressing(deployment: &Object) -> &Tree {
    facts::condition(facts::conditions(deployment), "Progressing")
}

/// The status write that says that the rollout was paused or goes on, when that is news.
pub fn pause_or_resume(scene: &Scene) -> Option<Write> {
    let deployment = scene.deployment;
    let reason = progressing(deployment).get("reason").text();
    if !has_deadline(deployment) || reason == "ProgressDeadlineExceeded" {
        return None;
    }
    let (reason, message) = match (deployment.spec().get("paused").is_true(), reason == "DeploymentPaused") {
        (true, false) => ("DeploymentPaused", "Deployment is paused"),
        (false, true) => ("DeploymentResumed", "Deployment is resumed"),
        _ => return None,
    };
    let mut body = deployment.tree.clone();
    set_condition(body.edit(&["status"]), "Progressing", "Unknown", reason, message, scene.cx.now);
    Some(put(deployment, body))
}

/// The counted status with what can be said of the rollout's progress.
pub fn progressed(scene: &Scene) -> Tree {
    let deployment = scene.deployment;
    let mut status = counted(scene);
    let known = progressing(deployment);
    if !has_deadline(deployment) {
        remove_condition(&mut status, "Progressing");
    }
    let number = |field: &str| status.get(field).int_or(0);
    let was_complete = number("replicas") == number("updatedReplicas") && known.get("reason").text() == "NewReplicaSetAvailable";
    if has_deadline(deployment) && !was_complete {
        judge(scene, &mut status);
    }
    remove_failure_unless_real(scene, &mut status);
    status
}

fn judge(scene: &Scene, status: &mut Tree) {
    let (deployment, now) = (scene.deployment, scene.cx.now);
    let known = progressing(deployment);
    let whose = match scene.new {
        Some(new) => format!("ReplicaSet \"{}\"", new.key.name),
        None => format!("Deployment \"{}\"", deployment.key.name),
    };
    if is_complete(deployment, status) {
        set_condition(status, "Progressing", "True", "NewReplicaSetAvailable", &format!("{whose} has successfully progressed."), now);
    } else if gets_on(deployment, status) {
        let moved = match known.get("status").text() {
            "True" => known.get("lastTransitionTime").clone(),
            _ => now.rfc3339().into(),
        };
        let condition = map! {
            "type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "message": format!("{whose} is progressing."),
            "lastUpdateTime": now.rfc3339(), "lastTransitionTime": moved,
        };
        push_condition(status, condition);
    } else if is_overdue(scene, status) {
        let message = format!("{whose} has timed out progressing.");
        set_condition(status, "Progressing", "False", "ProgressDeadlineExceeded", &message, now);
    }
}

/// Whether more Pods are new, ready or available, or fewer are old, than the stored status says.
fn gets_on(deployment: &Object, status: &Tree) -> bool {
    let old = deployment.status();
    let number = |status: &Tree, field: &str| status.get(field).int_or(0);
    let outdated = |status: &Tree| number(status, "replicas") - number(status, "updatedReplicas");
    let more = |field: &str| number(status, field) > number(old, field);
    more("updatedReplicas") || outdated(status) < outdated(old) || more("readyReplicas") || more("availableReplicas")
}

fn is_overdue(scene: &Scene, status: &Tree) -> bool {
    let Some(deadline) = deadline(scene.deployment) else { return false };
    let known = facts::condition(status.get("conditions"), "Progressing");
    match known.get("reason").text() {
        "" | "NewReplicaSetAvailable" => false,
        "ProgressDeadlineExceeded" => true,
        _ => facts::instant(known.get("lastUpdateTime")).is_some_and(|since| since + deadline < scene.cx.now),
    }
}

/// A failure of the new set, or else of an old one, is the Deployment's.
fn remove_failure_unless_real(scene: &Scene, status: &mut Tree) {
    let failing = |set: &Object| facts::condition(facts::conditions(set), "ReplicaFailure").clone();
    let found = scene.new.into_iter().chain(scene.old.iter().copied()).map(|set| failing(set)).find(|it| !it.is_null());
    match found {
        None => remove_condition(status, "ReplicaFailure"),
        Some(failure) => {
            let known = facts::condition(status.get("conditions"), "ReplicaFailure");
            if known.get("status") == failure.get("status") && known.get("reason") == failure.get("reason") {
                return;
            }
            let mut condition = failure.clone();
            condition.set(&["lastUpdateTime"], failure.get("lastTransitionTime"));
            push_condition(status, condition);
        }
    }
}

/// When a rollout that stands still must be looked at again: a second after its deadline.
pub fn next_look(scene: &Scene) -> Next {
    let deployment = scene.deployment;
    let known = progressing(deployment);
    let Some(deadline) = deadline(deployment) else { return Next::Settled };
    let over = is_complete(deployment, deployment.status()) || known.get("reason").text() == "ProgressDeadlineExceeded";
    if known.is_null() || over || wanted(deployment) < 0 {
        return Next::Settled;
    }
    let Some(since) = facts::instant(known.get("lastUpdateTime")) else { return Next::Settled };
    let left = (since + deadline).since(scene.cx.now);
    Next::After(left + Duration::secs(1))
}

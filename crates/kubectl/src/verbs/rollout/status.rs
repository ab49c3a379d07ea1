//! How far a rollout is, in kubectl's words (polymorphichelpers `rollout_status.go`).
use objects::Tree;

/// What one look at a workload tells.
#[derive(Debug, PartialEq)]
pub enum Progress {
    /// Still under way; the line to print.
    Going(String),
    /// At its end; the line to print.
    Done(String),
    /// It will not get there; the error's words.
    Failed(String),
}

/// Looks at a Deployment, DaemonSet or StatefulSet. `revision` (0: any) is the one that must be running.
pub fn progress(kind: &str, object: &Tree, revision: i64) -> Progress {
    match kind {
        "Deployment" => deployment(object, revision),
        "DaemonSet" => daemon_set(object),
        "StatefulSet" => stateful_set(object),
        other => Progress::Failed(format!("no status viewer has been implemented for {other}")),
    }
}

fn deployment(object: &Tree, revision: i64) -> Progress {
    let (meta, status) = (object.get("metadata"), object.get("status"));
    let name = meta.get("name").text();
    let of = |key: &str| status.get(key).int_or(0);
    if meta.get("generation").int_or(0) > of("observedGeneration") {
        return Progress::Going("Waiting for deployment spec update to be observed...\n".to_string());
    }
    let running: i64 = meta.at(&["annotations", "deployment.kubernetes.io/revision"]).text().parse().unwrap_or(0);
    if revision > 0 && running != revision {
        return Progress::Failed(format!("desired revision ({revision}) is different from the running revision ({running})"));
    }
    let late =
        |condition: &Tree| condition.get("type").text() == "Progressing" && condition.get("reason").text() == "ProgressDeadlineExceeded";
    if status.get("conditions").items().iter().any(late) {
        return Progress::Failed(format!("deployment \"{name}\" exceeded its progress deadline"));
    }
    let (wanted, updated, all, available) =
        (object.at(&["spec", "replicas"]).int_or(0), of("updatedReplicas"), of("replicas"), of("availableReplicas"));
    let waiting = |what: String| Progress::Going(format!("Waiting for deployment \"{name}\" rollout to finish: {what}...\n"));
    if updated < wanted {
        waiting(format!("{updated} out of {wanted} new replicas have been updated"))
    } else if all > updated {
        waiting(format!("{} old replicas are pending termination", all - updated))
    } else if available < updated {
        waiting(format!("{available} of {updated} updated replicas are available"))
    } else {
        Progress::Done(format!("deployment \"{name}\" successfully rolled out\n"))
    }
}

fn daemon_set(object: &Tree) -> Progress {
    if let Some(failed) = not_rolling(object) {
        return failed;
    }
    let (meta, status) = (object.get("metadata"), object.get("status"));
    let name = meta.get("name").text();
    let of = |key: &str| status.get(key).int_or(0);
    if meta.get("generation").int_or(0) > of("observedGeneration") {
        return Progress::Going("Waiting for daemon set spec update to be observed...\n".to_string());
    }
    let (wanted, updated, available) = (of("desiredNumberScheduled"), of("updatedNumberScheduled"), of("numberAvailable"));
    let waiting = |what: String| Progress::Going(format!("Waiting for daemon set \"{name}\" rollout to finish: {what}...\n"));
    if updated < wanted {
        waiting(format!("{updated} out of {wanted} new pods have been updated"))
    } else if available < wanted {
        waiting(format!("{available} of {wanted} updated pods are available"))
    } else {
        Progress::Done(format!("daemon set \"{name}\" successfully rolled out\n"))
    }
}

fn stateful_set(object: &Tree) -> Progress {
    if let Some(failed) = not_rolling(object) {
        return failed;
    }
    let (spec, status) = (object.get("spec"), object.get("status"));
    let of = |key: &str| status.get(key).int_or(0);
    let observed = of("observedGeneration");
    if observed == 0 || object.at(&["metadata", "generation"]).int_or(0) > observed {
        return Progress::Going("Waiting for statefulset spec update to be observed...\n".to_string());
    }
    let (wanted, ready, updated) = (spec.get("replicas").int_or(0), of("readyReplicas"), of("updatedReplicas"));
    if ready < wanted {
        return Progress::Going(format!("Waiting for {} pods to be ready...\n", wanted - ready));
    }
    let rolling = spec.at(&["updateStrategy", "rollingUpdate"]);
    if !rolling.is_null() {
        let share = wanted - rolling.get("partition").int_or(0);
        if updated < share {
            return Progress::Going(format!(
                "Waiting for partitioned roll out to finish: {updated} out of {share} new pods have been updated...\n"
            ));
        }
        return Progress::Done(format!("partitioned roll out complete: {updated} new pods have been updated...\n"));
    }
    let (new, current) = (status.get("updateRevision").text(), status.get("currentRevision").text());
    if new != current {
        return Progress::Going(format!("waiting for statefulset rolling update to complete {updated} pods at revision {new}...\n"));
    }
    Progress::Done(format!("statefulset rolling update complete {} pods at revision {current}...\n", of("currentReplicas")))
}

fn not_rolling(object: &Tree) -> Option<Progress> {
    let kind = object.at(&["spec", "updateStrategy", "type"]).text();
    (kind != "RollingUpdate").then(|| Progress::Failed("rollout status is only available for RollingUpdate strategy type".to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    fn web(wanted: i64, updated: i64, all: i64, available: i64) -> Tree {
        map! {
            "metadata": map! {"name": "web", "generation": 2},
            "spec": map! {"replicas": wanted},
            "status": map! {"observedGeneration": 2, "updatedReplicas": updated, "replicas": all, "availableReplicas": available},
        }
    }

    #[test]
    fn a_deployment_tells_what_it_waits_for() {
        let cases = [
            (web(4, 2, 5, 3), "Waiting for deployment \"web\" rollout to finish: 2 out of 4 new replicas have been updated...\n"),
            (web(4, 4, 6, 4), "Waiting for deployment \"web\" rollout to finish: 2 old replicas are pending termination...\n"),
            (web(3, 3, 3, 1), "Waiting for deployment \"web\" rollout to finish: 1 of 3 updated replicas are available...\n"),
        ];
        for (object, text) in cases {
            assert_eq!(progress("Deployment", &object, 0), Progress::Going(text.to_string()));
        }
        assert_eq!(progress("Deployment", &web(3, 3, 3, 3), 0), Progress::Done("deployment \"web\" successfully rolled out\n".to_string()));
    }

    #[test]
    fn an_unseen_change_and_a_missed_deadline_are_told() {
        let mut object = web(3, 3, 3, 3);
        object.set(&["metadata", "generation"], 3);
        assert_eq!(
            progress("Deployment", &object, 0),
            Progress::Going("Waiting for deployment spec update to be observed...\n".to_string())
        );
        object.set(&["metadata", "generation"], 2);
        object.set(&["status", "conditions"], list![map! {"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]);
        assert_eq!(progress("Deployment", &object, 0), Progress::Failed("deployment \"web\" exceeded its progress deadline".to_string()));
    }
}

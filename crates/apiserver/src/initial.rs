//! What the status of a new object says before anybody has looked at it.
use objects::{KindId, Tree, kinds, list, map};

/// Sets the first status, as each kind's `PrepareForCreate` does upstream.
pub(crate) fn status(kind: KindId, tree: &mut Tree) {
    match kind {
        kinds::POD => {
            let class = crate::qos::class(tree.get("spec"));
            tree.set(&["status"], map! {"phase": "Pending", "qosClass": class});
            if !tree.at(&["spec", "schedulingGates"]).is_empty() {
                let condition = map! {
                    "type": "PodScheduled", "status": "False", "reason": "SchedulingGated",
                    "message": "Scheduling is blocked due to non-empty scheduling gates",
                };
                tree.set(&["status", "conditions"], list![condition]);
            }
        }
        kinds::NAMESPACE => {
            tree.set(&["spec"], map! {"finalizers": list!["kubernetes"]});
            tree.set(&["status"], map! {"phase": "Active"});
        }
        kinds::REPLICA_SET => tree.set(&["status"], map! {"replicas": 0}),
        kinds::DAEMON_SET => {
            let counts = ["currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled", "numberReady"];
            counts.into_iter().for_each(|count| tree.set(&["status", count], 0));
        }
        kinds::SERVICE | kinds::INGRESS => tree.set(&["status"], map! {"loadBalancer": map! {}}),
        kinds::GATEWAY_CLASS => tree.set(&["status"], map! {"conditions": list![waiting("Accepted")]}),
        kinds::GATEWAY => tree.set(&["status"], map! {"conditions": list![waiting("Accepted"), waiting("Programmed")]}),
        kinds::HTTP_ROUTE => drop(tree.remove(&["status"])),
        // A kubelet registers its node together with the first status.
        kinds::NODE => {}
        _ if kind.row().subresources.contains(&"status") => tree.set(&["status"], map! {}),
        _ => {}
    }
}

/// What the Gateway API's definitions say before a controller has spoken.
fn waiting(kind: &str) -> Tree {
    map! {
        "type": kind, "status": "Unknown", "reason": "Pending", "message": "Waiting for controller",
        "lastTransitionTime": "1970-01-01T00:00:00Z",
    }
}

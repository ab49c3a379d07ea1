//! The Pod template of a workload, its conditions, and how its Pods are.
use super::containers::containers;
use super::fields::{annotations, labels, spread_constraints, tolerations};
use super::page::Page;
use super::volumes::volumes;
use objects::Tree;

/// Writes `Pod Template:` and what it holds.
pub fn template(page: &mut Page, template: &Tree) {
    const NOBODY: &Tree = &Tree::Null;
    page.line(0, "Pod Template:");
    labels(page, "  Labels", template.at(&["metadata", "labels"]));
    if !template.at(&["metadata", "annotations"]).is_empty() {
        annotations(page, "  Annotations", template.at(&["metadata", "annotations"]));
    }
    let spec = template.get("spec");
    if !spec.get("serviceAccountName").is_empty() {
        page.field(1, "Service Account", spec.get("serviceAccountName").text());
    }
    if !spec.get("initContainers").is_empty() {
        containers(page, "Init Containers", spec.get("initContainers"), NOBODY, NOBODY);
    }
    containers(page, "Containers", spec.get("containers"), NOBODY, NOBODY);
    volumes(page, spec.get("volumes"), true);
    spread_constraints(page, "  Topology Spread Constraints", spec.get("topologySpreadConstraints"));
    if !spec.get("priorityClassName").is_empty() {
        page.field(1, "Priority Class Name", spec.get("priorityClassName").text());
    }
    labels(page, "  Node-Selectors", spec.get("nodeSelector"));
    tolerations(page, "  Tolerations", spec.get("tolerations"));
}

/// `Type  Status  Reason` of a workload's conditions, where there are any.
pub fn conditions(page: &mut Page, conditions: &Tree) {
    if conditions.items().is_empty() {
        return;
    }
    page.line(0, "Conditions:\n  Type\tStatus\tReason");
    page.line(1, "----\t------\t------");
    for condition in conditions.items() {
        let (kind, status) = (condition.get("type").text(), condition.get("status").text());
        page.line(1, &format!("{kind} \t{status}\t{}", condition.get("reason").text()));
    }
}

/// `3 Running / 0 Waiting / 0 Succeeded / 0 Failed`, counting only the Pods that this controller owns.
pub fn phases(uid: &str, pods: &[Tree]) -> String {
    let owned = |pod: &&Tree| {
        let owners = pod.at(&["metadata", "ownerReferences"]).items();
        owners.iter().any(|owner| owner.get("controller").is_true() && owner.get("uid").text() == uid)
    };
    let count = |phase: &str| pods.iter().filter(owned).filter(|pod| pod.at(&["status", "phase"]).text() == phase).count();
    format!("{} Running / {} Waiting / {} Succeeded / {} Failed", count("Running"), count("Pending"), count("Succeeded"), count("Failed"))
}

//! Defaults of networking.k8s.io (upstream `pkg/apis/networking/v1/defaults.go`).
use crate::fill::{each, fill, within};
use objects::{Text, Tree, list, map};

/// A policy without types isolates for ingress, and for egress where it has egress rules.
pub(super) fn network_policy(tree: &mut Tree) {
    fill(tree, "spec", map! {});
    within(tree, "spec", |spec| {
        fill(spec, "podSelector", map! {});
        for direction in ["ingress", "egress"] {
            each(spec, direction, |rule| each(rule, "ports", |port| fill(port, "protocol", Text::new_static("TCP"))));
        }
        if spec.get("policyTypes").is_empty() {
            let types = if spec.get("egress").is_empty() { list!["Ingress"] } else { list!["Ingress", "Egress"] };
            spec.set(&["policyTypes"], types);
        }
    });
}

/// Go writes their spec even when there is nothing in it.
pub(super) fn with_spec(tree: &mut Tree) {
    fill(tree, "spec", map! {});
}

pub(super) fn ingress_class(tree: &mut Tree) {
    fill(tree, "spec", map! {});
    within(tree, "spec", |spec| within(spec, "parameters", |parameters| fill(parameters, "scope", Text::new_static("Cluster"))));
}

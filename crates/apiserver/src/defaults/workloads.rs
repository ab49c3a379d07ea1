//! Defaults of the kinds that keep Pods (upstream `pkg/apis/apps/v1/defaults.go`).
use crate::fill::{fill, within};
use objects::{Text, Tree, map};

pub(super) fn deployment(tree: &mut Tree) {
    fill(tree, "spec", map! {});
    within(tree, "spec", |spec| {
        fill(spec, "replicas", 1i64);
        fill(spec, "revisionHistoryLimit", 10i64);
        fill(spec, "progressDeadlineSeconds", 600i64);
        fill(spec, "strategy", map! {});
        within(spec, "strategy", |strategy| {
            fill(strategy, "type", Text::new_static("RollingUpdate"));
            if strategy.get("type").text() == "RollingUpdate" {
                fill(strategy, "rollingUpdate", map! {});
                within(strategy, "rollingUpdate", |rolling| {
                    fill(rolling, "maxSurge", Text::new_static("25%"));
                    fill(rolling, "maxUnavailable", Text::new_static("25%"));
                });
            }
        });
        template(spec);
    });
}

pub(super) fn replica_set(tree: &mut Tree) {
    fill(tree, "spec", map! {});
    within(tree, "spec", |spec| {
        fill(spec, "replicas", 1i64);
        template(spec);
    });
}

pub(super) fn daemon_set(tree: &mut Tree) {
    fill(tree, "spec", map! {});
    within(tree, "spec", |spec| {
        fill(spec, "revisionHistoryLimit", 10i64);
        fill(spec, "updateStrategy", map! {});
        within(spec, "updateStrategy", |strategy| {
            fill(strategy, "type", Text::new_static("RollingUpdate"));
            if strategy.get("type").text() == "RollingUpdate" {
                fill(strategy, "rollingUpdate", map! {});
                within(strategy, "rollingUpdate", |rolling| {
                    fill(rolling, "maxUnavailable", 1i64);
                    fill(rolling, "maxSurge", 0i64);
                });
            }
        });
        template(spec);
    });
}

/// The Pods to be.
fn template(spec: &mut Tree) {
    fill(spec, "template", map! {});
    within(spec, "template", |template| {
        fill(template, "spec", map! {});
        within(template, "spec", super::pod_spec);
    });
}

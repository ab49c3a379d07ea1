//! DaemonSets and the revisions that controllers keep (upstream `pkg/apis/apps/validation`).
use super::path::{Faults, Path};
use super::{selector, workloads};
use objects::Tree;
use objects::labels::Selector;

pub(super) fn daemon_set(tree: &Tree, faults: &mut Faults) {
    let (spec, path) = (tree.get("spec"), Path::root("spec"));
    let (given, template) = (spec.get("selector"), spec.get("template"));
    if !given.is_null() {
        selector::label_selector(given, path.field("selector"), faults);
    }
    let labels = template.at(&["metadata", "labels"]);
    // No selector at all selects nothing, not even its own Pods.
    let takes = if given.is_null() { Some(false) } else { Selector::of(given).ok().map(|selector| selector.matches(labels)) };
    if takes == Some(false) {
        let template = path.field("template");
        let meta = template.field("metadata");
        faults.invalid(meta.field("labels"), labels, "`selector` does not match template `labels`");
    }
    if !given.is_null() && given.get("matchLabels").is_empty() && given.get("matchExpressions").is_empty() {
        faults.invalid(path.field("selector"), given, "empty selector is invalid for daemonset");
    }
    let template_path = path.field("template");
    workloads::pod_template(template, template_path, faults);
    workloads::runs_forever(template.get("spec"), template_path.field("spec"), "DaemonSet", faults);
    faults.nonnegative(path.field("minReadySeconds"), spec.get("minReadySeconds"));
    update_strategy(spec.get("updateStrategy"), path.field("updateStrategy"), faults);
    faults.nonnegative(path.field("revisionHistoryLimit"), spec.get("revisionHistoryLimit"));
}

pub(super) fn daemon_set_update(new: &Tree, old: &Tree, faults: &mut Faults) {
    workloads::same_selector(new, old, faults);
}

fn update_strategy(strategy: &Tree, path: Path, faults: &mut Faults) {
    match strategy.get("type").text() {
        "OnDelete" => {}
        "RollingUpdate" if strategy.get("rollingUpdate").is_null() => faults.required(path.field("rollingUpdate"), ""),
        "RollingUpdate" => rolling_update(strategy.get("rollingUpdate"), path.field("rollingUpdate"), faults),
        other => {
            // Upstream prints the internal struct, in the order of its fields.
            let rolling = strategy.get("rollingUpdate");
            let rolling = if rolling.is_null() {
                "null".to_string()
            } else {
                let (unavailable, surge) = (rolling.get("maxUnavailable").to_json(), rolling.get("maxSurge").to_json());
                format!("{{\"MaxUnavailable\":{unavailable},\"MaxSurge\":{surge}}}")
            };
            let words = format!(
                "Unsupported value: {{\"Type\":\"{other}\",\"RollingUpdate\":{rolling}}}: supported values: \"RollingUpdate\", \"OnDelete\""
            );
            faults.0.push(objects::FieldError::new("FieldValueNotSupported", path.text(), words));
        }
    }
}

fn rolling_update(rolling: &Tree, path: Path, faults: &mut Faults) {
    let (unavailable, surge) = (rolling.get("maxUnavailable"), rolling.get("maxSurge"));
    workloads::int_or_percent(unavailable, path.field("maxUnavailable"), faults);
    workloads::int_or_percent(surge, path.field("maxSurge"), faults);
    match (workloads::amount(unavailable) != 0, workloads::amount(surge) != 0) {
        (true, true) => faults.invalid(path.field("maxSurge"), surge, "may not be set when maxUnavailable is non-zero"),
        (false, false) => faults.required(path.field("maxUnavailable"), "cannot be 0 when maxSurge is 0"),
        _ => {}
    }
    for (name, value) in [("maxUnavailable", unavailable), ("maxSurge", surge)] {
        if workloads::percent(value).is_some_and(|percent| percent > 100) {
            faults.invalid(path.field(name), value, "must not be greater than 100%");
        }
    }
}

pub(super) fn controller_revision(tree: &Tree, faults: &mut Faults) {
    if tree.get("data").is_null() {
        faults.required(Path::root("data"), "data is mandatory");
    }
    faults.nonnegative(Path::root("revision"), tree.get("revision"));
}

pub(super) fn controller_revision_update(new: &Tree, old: &Tree, faults: &mut Faults) {
    if new.get("data") != old.get("data") {
        faults.invalid(Path::root("data"), new.get("data"), "field is immutable");
    }
}

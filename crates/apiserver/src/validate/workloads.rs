//! Deployments and ReplicaSets (upstream `pkg/apis/apps/validation`).
use super::path::{Faults, Path};
use super::{meta, pod, selector};
use objects::labels::Selector;
use objects::{Tree, map};

pub(super) fn deployment(tree: &Tree, faults: &mut Faults) {
    let (spec, path) = (tree.get("spec"), Path::root("spec"));
    faults.nonnegative(path.field("replicas"), spec.get("replicas"));
    keeps_pods(spec, path, "deployment", faults);
    strategy(spec.get("strategy"), path.field("strategy"), faults);
    faults.nonnegative(path.field("minReadySeconds"), spec.get("minReadySeconds"));
    faults.nonnegative(path.field("revisionHistoryLimit"), spec.get("revisionHistoryLimit"));
    let deadline = spec.get("progressDeadlineSeconds");
    faults.nonnegative(path.field("progressDeadlineSeconds"), deadline);
    if deadline.as_int().is_some_and(|seconds| seconds <= spec.get("minReadySeconds").int_or(0)) {
        faults.invalid(path.field("progressDeadlineSeconds"), deadline, "must be greater than minReadySeconds");
    }
}

pub(super) fn replica_set(tree: &Tree, faults: &mut Faults) {
    let (spec, path) = (tree.get("spec"), Path::root("spec"));
    faults.nonnegative(path.field("replicas"), spec.get("replicas"));
    faults.nonnegative(path.field("minReadySeconds"), spec.get("minReadySeconds"));
    keeps_pods(spec, path, "replicaset", faults);
}

pub(super) fn deployment_update(new: &Tree, old: &Tree, faults: &mut Faults) {
    same_selector(new, old, faults);
}

pub(super) fn replica_set_update(new: &Tree, old: &Tree, faults: &mut Faults) {
    same_selector(new, old, faults);
}

pub(super) fn same_selector(new: &Tree, old: &Tree, faults: &mut Faults) {
    let (new, old) = (new.at(&["spec", "selector"]), old.at(&["spec", "selector"]));
    if new != old {
        faults.invalid(Path::root("spec").field("selector"), new, "field is immutable");
    }
}

/// The selector, the template, and that the one takes the other.
fn keeps_pods(spec: &Tree, path: Path, what: &str, faults: &mut Faults) {
    let given = spec.get("selector");
    if given.is_null() {
        faults.required(path.field("selector"), "");
    } else {
        selector::label_selector(given, path.field("selector"), faults);
        if given.get("matchLabels").is_empty() && given.get("matchExpressions").is_empty() {
            faults.invalid(path.field("selector"), given, format!("empty selector is invalid for {what}"));
        }
    }
    let template_path = path.field("template");
    let template = spec.get("template");
    match Selector::of(given) {
        Err(_) => faults.invalid(path.field("selector"), given, "invalid label selector"),
        Ok(selector) => {
            let labels = template.at(&["metadata", "labels"]);
            if !selector.is_everything() && !selector.matches(labels) {
                let meta = template_path.field("metadata");
                faults.invalid(meta.field("labels"), labels, "`selector` does not match template `labels`");
            }
        }
    }
    pod_template(template, template_path, faults);
    runs_forever(template.get("spec"), template_path.field("spec"), "ReplicaSet", faults);
}

/// Pods that are kept never end by themselves.
pub(super) fn runs_forever(spec: &Tree, path: Path, what: &str, faults: &mut Faults) {
    if spec.get("restartPolicy").text() != "Always" {
        faults.not_supported(path.field("restartPolicy"), spec.get("restartPolicy"), &["Always"]);
    }
    if spec.has("activeDeadlineSeconds") {
        faults.forbidden(path.field("activeDeadlineSeconds"), format!("activeDeadlineSeconds in {what} is not Supported"));
    }
}

/// A template's labels stand at `template.labels` in the words of upstream.
pub(super) fn pod_template(template: &Tree, path: Path, faults: &mut Faults) {
    let meta = template.get("metadata");
    meta::labels(meta.get("labels"), path.field("labels"), faults);
    meta::annotations(meta.get("annotations"), path.field("annotations"), faults);
    pod::spec(template.get("spec"), path.field("spec"), faults);
}

fn strategy(strategy: &Tree, path: Path, faults: &mut Faults) {
    let rolling = strategy.get("rollingUpdate");
    match strategy.get("type").text() {
        "Recreate" => {
            if !rolling.is_null() {
                faults.forbidden(path.field("rollingUpdate"), "may not be specified when strategy `type` is 'Recreate'");
            }
        }
        "RollingUpdate" => rolling_update(rolling, path.field("rollingUpdate"), faults),
        other => {
            // Upstream prints the internal struct, in the order of its fields.
            let rolling = if rolling.is_null() { "null".to_string() } else { internal(rolling) };
            let words = format!(
                "Unsupported value: {{\"Type\":\"{other}\",\"RollingUpdate\":{rolling}}}: supported values: \"Recreate\", \"RollingUpdate\""
            );
            faults.0.push(objects::FieldError::new("FieldValueNotSupported", path.text(), words));
        }
    }
}

fn internal(rolling: &Tree) -> String {
    map! {"MaxSurge": rolling.get("maxSurge"), "MaxUnavailable": rolling.get("maxUnavailable")}.to_json()
}

fn rolling_update(rolling: &Tree, path: Path, faults: &mut Faults) {
    let (unavailable, surge) = (rolling.get("maxUnavailable"), rolling.get("maxSurge"));
    let (unavailable_path, surge_path) = (path.field("maxUnavailable"), path.field("maxSurge"));
    int_or_percent(unavailable, unavailable_path, faults);
    int_or_percent(surge, surge_path, faults);
    if amount(unavailable) == 0 && amount(surge) == 0 {
        faults.invalid(unavailable_path, unavailable, "may not be 0 when `maxSurge` is 0");
    }
    if percent(unavailable).is_some_and(|percent| percent > 100) {
        faults.invalid(unavailable_path, unavailable, "must not be greater than 100%");
    }
}

pub(super) fn percent(value: &Tree) -> Option<i64> {
    let digits = value.text().strip_suffix('%')?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) { None } else { digits.parse().ok() }
}

pub(super) fn amount(value: &Tree) -> i64 {
    percent(value).unwrap_or(value.int_or(0))
}

pub(super) fn int_or_percent(value: &Tree, path: Path, faults: &mut Faults) {
    match value {
        Tree::Text(_) if percent(value).is_none() => {
            faults.invalid(path, value, "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')");
        }
        _ => faults.nonnegative(path, value),
    }
}

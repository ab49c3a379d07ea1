//! ConfigMaps, Secrets, nodes, leases, events, priority classes.
use super::path::{Faults, Path};
use super::words;
use objects::Tree;

const BYTES_MAX: usize = 1024 * 1024;

pub(super) fn config_map(tree: &Tree, faults: &mut Faults) {
    let total = keyed(tree, "data", faults) + keyed(tree, "binaryData", faults);
    let path = Path::root("binaryData");
    for (key, _) in tree.get("binaryData").entries() {
        if tree.get("data").has(key) {
            faults.invalid(path.key(key), key.as_str(), "duplicate of key present in data");
        }
    }
    if total > BYTES_MAX {
        faults.0.push(objects::FieldError::new("FieldValueTooLong", "", format!("Too long: may not be more than {BYTES_MAX} bytes")));
    }
}

pub(super) fn secret(tree: &Tree, faults: &mut Faults) {
    let total = keyed(tree, "data", faults);
    if total > BYTES_MAX {
        faults.too_long(Path::root("data"), BYTES_MAX);
    }
    let wanted: &[&str] = match tree.get("type").text() {
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        _ => &[],
    };
    let path = Path::root("data");
    for key in wanted.iter().filter(|key| !tree.get("data").has(key)) {
        faults.required(path.key(key), "");
    }
}

fn keyed(tree: &Tree, part: &str, faults: &mut Faults) -> usize {
    let path = Path::root(part);
    let mut total = 0;
    for (key, value) in tree.get(part).entries() {
        for words in words::config_key(key) {
            faults.invalid(path.key(key), key, words);
        }
        total += value.text().len();
    }
    total
}

/// `immutable: true` is for ever.
pub(super) fn frozen(new: &Tree, old: &Tree, faults: &mut Faults) {
    if !old.get("immutable").is_true() {
        return;
    }
    const WORDS: &str = "field is immutable when `immutable` is set";
    if !new.get("immutable").is_true() {
        faults.forbidden(Path::root("immutable"), WORDS);
    }
    for part in ["data", "binaryData"] {
        if new.get(part) != old.get(part) {
            faults.forbidden(Path::root(part), WORDS);
        }
    }
}

pub(super) fn secret_update(new: &Tree, old: &Tree, faults: &mut Faults) {
    unchanging(new, old, "type", faults);
    frozen(new, old, faults);
}

fn unchanging(new: &Tree, old: &Tree, key: &str, faults: &mut Faults) {
    if new.get(key) != old.get(key) {
        faults.invalid(Path::root(key), new.get(key), "field is immutable");
    }
}

/// The highest priority that is left to users.
const PRIORITY_MAX: i64 = 1_000_000_000;

pub(super) fn priority_class(tree: &Tree, faults: &mut Faults) {
    let name = tree.at(&["metadata", "name"]).text();
    let of_the_system = ["system-cluster-critical", "system-node-critical"].contains(&name);
    if !of_the_system && tree.get("value").int_or(0) > PRIORITY_MAX {
        faults.forbidden(Path::root("value"), format!("maximum allowed value of a user defined priority is {PRIORITY_MAX}"));
    }
    if name.starts_with("system-") && !of_the_system {
        let path = Path::root("metadata");
        faults.forbidden(path.field("name"), "priority class names with 'system-' prefix are reserved for system use only. error: the value and the name of this class are not of the system");
    }
    faults.one_of(Path::root("preemptionPolicy"), tree.get("preemptionPolicy"), &["Never", "PreemptLowerPriority"]);
}

pub(super) fn priority_class_update(new: &Tree, old: &Tree, faults: &mut Faults) {
    if new.get("value") != old.get("value") {
        faults.forbidden(Path::root("value"), "may not be changed in an update.");
    }
    unchanging(new, old, "preemptionPolicy", faults);
}

pub(super) fn node(tree: &Tree, faults: &mut Faults) {
    let root = Path::root("metadata");
    let path = root.field("taints");
    for (at, taint) in tree.at(&["spec", "taints"]).items().iter().enumerate() {
        let here = path.item(at);
        faults.by(here.field("key"), taint.get("key"), words::qualified);
        faults.by(here.field("value"), taint.get("value"), words::label_value);
        faults.one_of(here.field("effect"), taint.get("effect"), &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
    }
}

pub(super) fn lease(tree: &Tree, faults: &mut Faults) {
    let (spec, path) = (tree.get("spec"), Path::root("spec"));
    let seconds = spec.get("leaseDurationSeconds");
    if seconds.as_int().is_some_and(|seconds| seconds <= 0) {
        faults.invalid(path.field("leaseDurationSeconds"), seconds, "must be greater than 0");
    }
    faults.nonnegative(path.field("leaseTransitions"), spec.get("leaseTransitions"));
}

pub(super) fn event(tree: &Tree, faults: &mut Faults) {
    let about = tree.at(&["involvedObject", "namespace"]).text();
    let own = tree.at(&["metadata", "namespace"]).text();
    let fits = if about.is_empty() { own == "default" || own == "kube-system" } else { about == own };
    if !fits {
        let path = Path::root("involvedObject");
        faults.invalid(path.field("namespace"), about, "does not match event.namespace");
    }
}

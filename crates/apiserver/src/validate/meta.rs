//! The metadata of any object (apimachinery `api/validation/objectmeta`).
use super::path::{Faults, Path};
use super::{cidrs, words};
use objects::{Kind, KindId, Tree, kinds};

/// Name, namespace, labels, annotations, owners, finalizers.
pub(crate) fn metadata(kind: KindId, meta: &Tree, faults: &mut Faults) {
    let row: &Kind = kind.row();
    let path = Path::root("metadata");
    let rule = name_rule(kind);
    let (name, base) = (meta.get("name"), meta.get("generateName"));
    if !base.is_empty() {
        // The random letters follow a dash well enough.
        let masked = base.text().trim_end_matches('-');
        for words in rule(masked) {
            faults.invalid(path.field("generateName"), base, words);
        }
    }
    if name.is_empty() {
        faults.required(path.field("name"), "name or generateName is required");
    } else {
        faults.by(path.field("name"), name, rule);
    }
    if !row.namespaced && !meta.get("namespace").is_empty() {
        faults.forbidden(path.field("namespace"), "not allowed on this type");
    }
    labels(meta.get("labels"), path.field("labels"), faults);
    annotations(meta.get("annotations"), path.field("annotations"), faults);
    owners(meta.get("ownerReferences"), path.field("ownerReferences"), faults);
    for (at, finalizer) in meta.get("finalizers").items().iter().enumerate() {
        let here = path.field("finalizers");
        faults.by(here, finalizer, words::qualified);
        let known = ["orphan", "foregroundDeletion", "kubernetes"];
        if !finalizer.text().contains('/') && !known.contains(&finalizer.text()) {
            faults.invalid(here.item(at), finalizer, "name is neither a standard finalizer name nor is it fully qualified");
        }
    }
    let held = |name: &str| meta.get("finalizers").items().iter().any(|item| item.text() == name);
    if held("orphan") && held("foregroundDeletion") {
        faults.invalid(path.field("finalizers"), meta.get("finalizers"), "finalizer orphan and foregroundDeletion cannot be both set");
    }
}

fn name_rule(kind: KindId) -> fn(&str) -> Vec<String> {
    match kind {
        kinds::NAMESPACE | kinds::SERVICE => words::label,
        kinds::IP_ADDRESS => cidrs::address,
        _ => words::subdomain,
    }
}

/// Keys and values of a map of labels.
pub(crate) fn labels(labels: &Tree, path: Path, faults: &mut Faults) {
    for (key, value) in labels.entries() {
        for words in words::qualified(key) {
            faults.invalid(path, key, words);
        }
        faults.by(path, value, words::label_value);
    }
}

const ANNOTATIONS_BYTES_MAX: usize = 256 * 1024;

pub(crate) fn annotations(annotations: &Tree, path: Path, faults: &mut Faults) {
    let mut total = 0;
    for (key, value) in annotations.entries() {
        total += key.len() + value.text().len();
        // Upstream checks the key in lower case here.
        for words in words::qualified(&key.to_ascii_lowercase()) {
            faults.invalid(path, key, words);
        }
    }
    if total > ANNOTATIONS_BYTES_MAX {
        faults.too_long(path, ANNOTATIONS_BYTES_MAX);
    }
}

fn owners(owners: &Tree, path: Path, faults: &mut Faults) {
    let mut controllers = 0;
    for (at, owner) in owners.items().iter().enumerate() {
        let here = path.item(at);
        for key in ["apiVersion", "kind", "name", "uid"] {
            let value = owner.get(key);
            if value.is_empty() {
                let words = if key == "apiVersion" { "version must not be empty" } else { "must not be empty" };
                faults.invalid(here.field(key), value.text(), words);
            }
        }
        controllers += usize::from(owner.get("controller").is_true());
        if controllers == 2 {
            faults.invalid(path, owners, "Only one reference can have Controller set to true");
        }
    }
}

/// What an update may not change.
pub(crate) fn metadata_update(new: &Tree, old: &Tree, faults: &mut Faults) {
    let path = Path::root("metadata");
    for key in ["name", "namespace", "uid", "creationTimestamp"] {
        if new.get(key) != old.get(key) {
            faults.invalid(path.field(key), new.get(key), "field is immutable");
        }
    }
    let deleting = old.has("deletionTimestamp");
    for finalizer in new.get("finalizers").items() {
        if deleting && !old.get("finalizers").items().contains(finalizer) {
            let here = path.field("finalizers");
            let words = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{\"{}\"}}",
                finalizer.text()
            );
            faults.forbidden(here, words);
        }
    }
}

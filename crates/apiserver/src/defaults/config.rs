//! Defaults of the kinds that configure: namespaces, nodes, secrets, priority classes.
use crate::fill::{fill, within};
use objects::{Text, Tree, map};

/// A namespace carries its own name as a label.
pub(super) fn namespace(tree: &mut Tree) {
    let name = tree.at(&["metadata", "name"]).clone();
    if !name.is_empty() && tree.at(&["metadata", "labels", "kubernetes.io/metadata.name"]) != &name {
        tree.set(&["metadata", "labels", "kubernetes.io/metadata.name"], name);
    }
}

pub(super) fn node(tree: &mut Tree) {
    fill(tree, "spec", map! {});
    within(tree, "status", |status| {
        let capacity = status.get("capacity").clone();
        if !capacity.is_null() {
            fill(status, "allocatable", capacity);
        }
    });
}

/// `stringData` is written in plain and stored encoded.
pub(super) fn secret(tree: &mut Tree) {
    fill(tree, "type", Text::new_static("Opaque"));
    let Some(plain) = tree.remove(&["stringData"]) else { return };
    for (key, value) in plain.entries() {
        tree.edit(&["data"]).map_mut().insert(key.clone(), objects::base64::encode(value.text().as_bytes()));
    }
}

pub(super) fn priority_class(tree: &mut Tree) {
    fill(tree, "preemptionPolicy", Text::new_static("PreemptLowerPriority"));
}

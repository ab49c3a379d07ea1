//! The annotation in which client-side apply keeps what was applied last.
use crate::print::json;
use objects::Tree;

pub const NAME: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The text of the annotation for this object: itself without the annotation, as one line of JSON.
pub fn text(tree: &Tree) -> String {
    let mut bare = tree.clone();
    bare.remove(&["metadata", "annotations", NAME]);
    if bare.at(&["metadata", "annotations"]).is_null() {
        bare.set(&["metadata", "annotations"], objects::Map::default());
    }
    format!("{}\n", json::compact(&bare))
}

/// The same without adding empty annotations, as what does not apply writes it.
pub fn as_it_stands(tree: &Tree) -> String {
    let mut bare = tree.clone();
    bare.remove(&["metadata", "annotations", NAME]);
    format!("{}\n", json::compact(&bare))
}

/// The object with the annotation of itself, as kubectl's own types are written: keys in the order of their fields.
pub fn of_built(tree: &Tree) -> Tree {
    let mut whole = tree.clone();
    whole.set(&["metadata", "annotations", NAME], format!("{}\n", json::answer(tree).trim_end()));
    whole
}

/// The object with the annotation of itself.
pub fn with_annotation(tree: &Tree) -> Tree {
    let mut whole = tree.clone();
    whole.set(&["metadata", "annotations", NAME], text(tree));
    whole
}

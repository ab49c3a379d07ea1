//! When does `metadata.generation` count up? When what is wanted changes, not when what is observed does.
use crate::equal::alike;
use objects::{KindId, Tree, kinds};

/// Whether an update is one of the desired state, by the rule of its kind's strategy upstream.
pub(crate) fn counts(kind: KindId, part: &str, old: &Tree, new: &Tree) -> bool {
    if part == "status" || part == "binding" {
        return false;
    }
    let differs = |path: &[&str]| !alike(old.at(path), new.at(path));
    match kind {
        // A Deployment's annotations are part of what is wanted.
        kinds::DEPLOYMENT => differs(&["spec"]) || differs(&["metadata", "annotations"]),
        kinds::ENDPOINT_SLICE => {
            ["endpoints", "ports", "addressType"].iter().any(|key| differs(&[key]))
                || ["labels", "annotations", "ownerReferences", "finalizers"].iter().any(|key| differs(&["metadata", key]))
        }
        _ => differs(&["spec"]),
    }
}

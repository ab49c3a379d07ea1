//! When does `metadata.generation` count up? When what is wanted changes, not when what is observed does.
use objects::{KindId, Tree, kinds};

/// Whether an update is one of the desired state, by the rule of its kind's strategy upstream.
pub(crate) fn counts(kind: KindId, part: &str, old: &Tree, new: &Tree) -> bool {
    if part == "status" || part == "binding" {
        return false;
    }
    let differs = |path: &[&str]| old.at(path) != new.at(path);
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

/// The annotation under which a DaemonSet's `templateGeneration`, a field until apps/v1, lives on.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// Counts the changes of a DaemonSet's template; `old` is null on creation. What a client says of it later is not heard.
pub(crate) fn count_templates(old: &Tree, new: &mut Tree) {
    let path = ["metadata", "annotations", TEMPLATE_GENERATION];
    let number = |tree: &Tree| tree.at(&path).text().parse::<i64>().unwrap_or(0);
    let template = ["spec", "template"];
    let count = match old {
        Tree::Null => number(new).max(1),
        old => number(old) + i64::from(old.at(&template) != new.at(&template)),
    };
    if number(new) != count {
        new.set(&path, count.to_string());
    }
}

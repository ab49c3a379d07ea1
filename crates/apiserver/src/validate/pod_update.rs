//! What may change in a Pod that exists (`ValidatePodUpdate`).
use super::go_spec;
use super::path::{Faults, Path};
use super::unified::unified;
use objects::Tree;

const WORDS: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

pub(super) fn update(new: &Tree, old: &Tree, faults: &mut Faults) {
    let (new, old, path) = (new.get("spec"), old.get("spec"), Path::root("spec"));
    if new == old {
        return;
    }
    for key in ["containers", "initContainers"] {
        let here = path.field(key);
        if new.get(key).items().len() != old.get(key).items().len() {
            faults.forbidden(here, "pod updates may not add or remove containers");
            return;
        }
    }
    deadline(new, old, path, faults);
    tolerations(new, old, path, faults);
    let mut munged = new.clone();
    for key in ["containers", "initContainers"] {
        if new.get(key) == old.get(key) {
            continue;
        }
        let images = old.get(key).items();
        for (item, was) in munged.edit(&[key]).list_mut().iter_mut().zip(images) {
            item.set(&["image"], was.get("image"));
        }
    }
    let gated = !old.get("schedulingGates").is_empty();
    for key in ["activeDeadlineSeconds", "tolerations"].into_iter().chain(gated.then_some("schedulingGates")) {
        match old.get(key) {
            Tree::Null => {
                munged.remove(&[key]);
            }
            value => munged.set(&[key], value),
        }
    }
    if gated {
        gates(new, old, path, faults);
        let extended = old.get("nodeSelector").entries().all(|(key, value)| munged.at(&["nodeSelector", key]) == value);
        if extended {
            munged.set(&["nodeSelector"], old.get("nodeSelector"));
            munged.map_mut().retain(|_, value| !value.is_null());
        }
    }
    if munged != *old {
        let difference = unified(&go_spec::pod_spec(old), &go_spec::pod_spec(&munged));
        faults.forbidden(path, format!("{WORDS}\n{difference}"));
    }
}

fn deadline(new: &Tree, old: &Tree, path: Path, faults: &mut Faults) {
    let (now, before) = (new.get("activeDeadlineSeconds"), old.get("activeDeadlineSeconds"));
    let here = path.field("activeDeadlineSeconds");
    match (now.as_int(), before.as_int()) {
        (Some(now_seconds), Some(seconds)) if now_seconds > seconds => {
            faults.invalid(here, now, "must be less than or equal to previous value");
        }
        (None, Some(_)) => faults.invalid(here, now, "must not update from a positive integer to nil value"),
        _ => {}
    }
}

fn tolerations(new: &Tree, old: &Tree, path: Path, faults: &mut Faults) {
    let kept = old.get("tolerations").items().iter().all(|was| {
        let seconds = |tree: &Tree| {
            let mut bare = tree.clone();
            bare.remove(&["tolerationSeconds"]);
            bare
        };
        new.get("tolerations").items().iter().any(|is| seconds(is) == seconds(was))
    });
    if !kept {
        faults.forbidden(path.field("tolerations"), "existing toleration can not be modified except its tolerationSeconds");
    }
}

fn gates(new: &Tree, old: &Tree, path: Path, faults: &mut Faults) {
    let here = path.field("schedulingGates");
    for gate in new.get("schedulingGates").items() {
        if !old.get("schedulingGates").items().contains(gate) {
            let words = format!("only deletion is allowed, but found new scheduling gate '{}'", gate.get("name").text());
            faults.forbidden(here, words);
        }
    }
}

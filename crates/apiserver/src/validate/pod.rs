//! Pods and the specs in templates, in the order in which upstream checks them (`pkg/apis/core/validation`).
use super::path::{Faults, Path};
use super::{container, meta, scheduling, volume, words};
use objects::Tree;

pub(super) fn pod(tree: &Tree, faults: &mut Faults) {
    spec(tree.get("spec"), Path::root("spec"), faults);
}

const RESTART_POLICIES: [&str; 3] = ["Always", "OnFailure", "Never"];
const DNS_POLICIES: [&str; 4] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

pub(super) fn spec(spec: &Tree, path: Path, faults: &mut Faults) {
    let volumes = volume::volumes(spec.get("volumes"), path.field("volumes"), faults);
    container::containers(spec.get("containers"), &volumes, path.field("containers"), faults);
    container::init_containers(spec.get("initContainers"), &volumes, path.field("initContainers"), faults);
    same_names(spec, path, faults);
    faults.one_of(path.field("restartPolicy"), spec.get("restartPolicy"), &RESTART_POLICIES);
    faults.one_of(path.field("dnsPolicy"), spec.get("dnsPolicy"), &DNS_POLICIES);
    meta::labels(spec.get("nodeSelector"), path.field("nodeSelector"), faults);
    scheduling::affinity(spec.get("affinity"), path.field("affinity"), faults);
    scheduling::gates(spec.get("schedulingGates"), path.field("schedulingGates"), faults);
    scheduling::spread(spec.get("topologySpreadConstraints"), path.field("topologySpreadConstraints"), faults);
    names(spec, path, faults);
    scheduling::tolerations(spec.get("tolerations"), path.field("tolerations"), faults);
    if !spec.get("priorityClassName").is_empty() {
        faults.by(path.field("priorityClassName"), spec.get("priorityClassName"), words::subdomain);
    }
}

fn names(spec: &Tree, path: Path, faults: &mut Faults) {
    for key in ["serviceAccountName", "nodeName"] {
        if !spec.get(key).is_empty() {
            faults.by(path.field(key), spec.get(key), words::subdomain);
        }
    }
    let deadline = spec.get("activeDeadlineSeconds");
    if deadline.as_int().is_some_and(|seconds| !(1..=i64::from(i32::MAX)).contains(&seconds)) {
        faults.invalid(path.field("activeDeadlineSeconds"), deadline, "must be between 1 and 2147483647, inclusive");
    }
    for key in ["hostname", "subdomain"] {
        if !spec.get(key).is_empty() {
            faults.by(path.field(key), spec.get(key), words::label);
        }
    }
}

/// An init container may not be called as a plain one is.
fn same_names(spec: &Tree, path: Path, faults: &mut Faults) {
    let here = path.field("initContainers");
    for (at, item) in spec.get("initContainers").items().iter().enumerate() {
        let name = item.get("name");
        if !name.is_empty() && spec.get("containers").items().iter().any(|other| other.get("name") == name) {
            faults.duplicate(here.item(at).field("name"), name);
        }
    }
}

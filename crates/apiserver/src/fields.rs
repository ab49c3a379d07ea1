//! Field selectors: which fields a kind may be selected by, and whether an object has the wanted values.
use crate::store::Kept;
use objects::{KindId, Status, kinds};

/// `path = value` or `path != value`.
pub(crate) struct Term {
    path: Vec<String>,
    equal: bool,
    value: String,
}

impl Term {
    pub fn takes(&self, kept: &Kept) -> bool {
        let found = match self.path.last().map(String::as_str) {
            Some("namespace") if self.path.len() == 2 && self.path[0] == "metadata" => {
                return (kept.key.namespace == self.value) == self.equal;
            }
            _ => self.path.iter().fold(&kept.tree, |tree, key| tree.get(key)),
        };
        let same = match found {
            objects::Tree::Bool(value) => value.to_string() == self.value,
            objects::Tree::Int(number) => number.to_string() == self.value,
            objects::Tree::Null => self.value.is_empty() || self.value == "false",
            other => other.text() == self.value,
        };
        same == self.equal
    }
}

/// Reads `a=b,c!=d`. 400 `field label not supported: spec.x` for what the kind is not selectable by.
pub(crate) fn parse(kind: KindId, text: &str) -> Result<Vec<Term>, Status> {
    text.split(',').filter(|part| !part.is_empty()).map(|part| term(kind, part)).collect()
}

fn term(kind: KindId, part: &str) -> Result<Term, Status> {
    let (field, value, equal) = if let Some((field, value)) = part.split_once("!=") {
        (field, value, false)
    } else if let Some((field, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        (field, value, true)
    } else {
        return Err(Status::bad_request(format!("invalid selector: '{part}'; can't understand '{part}'")));
    };
    if !matches!(field, "metadata.name" | "metadata.namespace") && !selectable(kind).contains(&field) {
        let known = if selectable(kind).is_empty() {
            format!("\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
        } else {
            format!("field label not supported: {field}")
        };
        return Err(Status::bad_request(known));
    }
    // An Event's source stands in a part of its own.
    let path = if field == "source" { "source.component" } else { field };
    Ok(Term { path: path.split('.').map(str::to_string).collect(), equal, value: value.to_string() })
}

fn selectable(kind: KindId) -> &'static [&'static str] {
    match kind {
        kinds::POD => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        kinds::EVENT => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        kinds::SECRET => &["type"],
        kinds::NODE => &["spec.unschedulable"],
        kinds::NAMESPACE => &["status.phase"],
        kinds::SERVICE => &["spec.clusterIP", "spec.type"],
        kinds::REPLICA_SET => &["status.replicas"],
        _ => &[],
    }
}

//! The scale subresource: how many, and which Pods they are.
use crate::exchange::Exchange;
use crate::patch;
use crate::store::Kept;
use objects::wire::{PatchKind, Verb};
use objects::{Status, Tree, map};

/// `autoscaling/v1` Scale of a Deployment or ReplicaSet.
pub(crate) fn of(kept: &Kept) -> Tree {
    let mut meta = map! {"name": &kept.key.name, "namespace": &kept.key.namespace};
    for part in ["uid", "resourceVersion", "creationTimestamp"] {
        meta.set(&[part], kept.meta().get(part));
    }
    let mut status = map! {"replicas": kept.status().get("replicas").int_or(0)};
    let selector = selector_text(kept.spec().get("selector"));
    if !selector.is_empty() {
        status.set(&["selector"], selector);
    }
    let mut spec = map! {};
    if let Some(replicas) = kept.spec().get("replicas").as_int().filter(|replicas| *replicas != 0) {
        spec.set(&["replicas"], replicas);
    }
    map! {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": meta, "spec": spec, "status": status}
}

/// Turns a written Scale into the object with its number of replicas; the later stages then treat it as an update.
pub(crate) fn write(x: &mut Exchange) -> Result<(), Status> {
    let Some(old) = x.server.store.tail().get(&x.key()).cloned() else { return Err(x.not_found()) };
    let scale = match x.request.verb {
        Verb::Update => x.request.body.clone(),
        Verb::Patch(PatchKind::Json) => patch::json(&of(&old), &x.request.body)?,
        Verb::Patch(_) => patch::merge(&of(&old), &x.request.body),
        _ => return Err(Status::method_not_allowed("the server does not allow this method on the requested resource")),
    };
    let replicas = scale.at(&["spec", "replicas"]).int_or(0);
    if replicas < 0 {
        let error = objects::FieldError::invalid("spec.replicas", &Tree::Int(replicas), "must be greater than or equal to 0");
        return Err(Status::invalid("Scale.autoscaling", &x.name, &[error]));
    }
    let mut tree = old.tree.clone();
    let version = scale.at(&["metadata", "resourceVersion"]).clone();
    if !version.is_null() {
        tree.set(&["metadata", "resourceVersion"], version);
    }
    tree.set(&["spec", "replicas"], replicas);
    x.old = Some(old);
    x.new = tree;
    Ok(())
}

/// A label selector as text: `app=web,tier in (a,b)`.
pub(crate) fn selector_text(selector: &Tree) -> String {
    let mut terms: Vec<String> = selector.get("matchLabels").entries().map(|(key, value)| format!("{key}={}", value.text())).collect();
    for term in selector.get("matchExpressions").items() {
        let key = term.get("key").text();
        let mut values: Vec<&str> = term.get("values").items().iter().map(Tree::text).collect();
        values.sort_unstable();
        terms.push(match term.get("operator").text() {
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "Exists" => key.to_string(),
            _ => format!("!{key}"),
        });
    }
    terms.join(",")
}

//! Pods of a template: the Pod that it describes, and the writes by which a controller takes a Pod in or lets it go.
use crate::facts;
use crate::harness::Write;
use apiserver::client::Note;
use objects::wire::{PatchKind, Request, Verb};
use objects::{Object, Tree, list, map};

/// The Pod that a template describes, owned by `owner` (upstream `GetPodFromTemplate`).
pub fn pod(owner: &Object, template: &Tree) -> Tree {
    let mut meta = map! {
        "generateName": format!("{}-", owner.key.name), "namespace": &owner.key.namespace,
        "ownerReferences": list![facts::controller_reference(owner)],
    };
    for field in ["labels", "annotations", "finalizers"] {
        let value = template.at(&["metadata", field]);
        if !value.is_empty() {
            meta.set(&[field], value);
        }
    }
    map! {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": template.get("spec")}
}

/// The deletion of this very Pod, told as an Event of its owner.
pub fn delete(owner: &Object, pod: &Object, reason: Tree) -> Write {
    let told = |warning, reason, message: String| Note { about: Note::reference(owner), warning, reason, message };
    let name = &pod.key.name;
    let options = map! {"preconditions": map! {"uid": pod.uid_text()}};
    Write::new(Request::about(Verb::Delete, pod.key.kind, pod.key.namespace.clone(), name.clone()).body(options).reason(reason))
        .ok(told(false, "SuccessfulDelete", format!("Deleted pod: {name}")))
        .err(told(true, "FailedDelete", "Error deleting: {error}".to_string()))
        .ignore(&[404])
}

/// Makes an object without a controller the owner's.
pub fn adopt(child: &Object, owner: &Object) -> Write {
    let meta = map! {"ownerReferences": list![facts::controller_reference(owner)], "uid": child.uid_text()};
    patch(child, map! {"metadata": meta})
}

/// Takes the owner's reference off an object.
pub fn release(child: &Object, owner: &Object) -> Write {
    let reference = map! {"$patch": "delete", "uid": owner.uid_text()};
    let meta = map! {"ownerReferences": list![reference], "uid": child.uid_text()};
    patch(child, map! {"metadata": meta}).ignore(&[404, 422])
}

fn patch(child: &Object, body: Tree) -> Write {
    let key = &child.key;
    Write::new(Request::about(Verb::Patch(PatchKind::Strategic), key.kind, key.namespace.clone(), key.name.clone()).body(body))
}

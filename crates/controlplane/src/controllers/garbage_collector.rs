//! Deletes what has lost its owners, and ends foreground and orphaning deletions (generic-garbage-collector).
use crate::facts;
use crate::harness::{ANY, Controller, Cx, Plan, Write};
use apiserver::store::Kept;
use apiserver::{Change, Snapshot};
use objects::wire::{PatchKind, Request, Verb};
use objects::{Key, Object, Text, Tree, list, map};

pub static GARBAGE_COLLECTOR: Controller =
    Controller { name: "generic-garbage-collector", triggers: &[(ANY, concerned)], workers: 20, reconcile };

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// The objects that a change concerns: the dependents of what is gone or going, owners that wait for the last
/// dependent, and what was born or changed hands itself.
fn concerned(change: &Change, view: &Snapshot) -> Vec<Key> {
    let mut keys = Vec::new();
    let dependents = |object: &Object| view.dependents(object.uid()).map(|it| it.key.clone()).collect::<Vec<Key>>();
    match (&change.before, &change.after) {
        (Some(before), None) => {
            keys.extend(dependents(before));
            keys.extend(waiting_owners(before, view));
        }
        (before, Some(after)) => {
            let references = after.meta().get("ownerReferences");
            let moved = before.as_ref().is_some_and(|old| old.meta().get("ownerReferences") != references);
            let born_orphan = before.is_none() && references.items().iter().any(|it| matches!(owner(it, after, view), Owner::Absent));
            if moved || born_orphan {
                keys.push(after.key.clone());
            }
            if let Some(old) = before.as_ref().filter(|_| moved) {
                keys.extend(waiting_owners(old, view));
            }
            let going = |object: &Object| object.is_deleting() && (has(object, FOREGROUND) || has(object, ORPHAN));
            if going(after) && !before.as_ref().is_some_and(|old| going(old)) {
                keys.push(after.key.clone());
                keys.extend(dependents(after));
            }
        }
        (None, None) => {}
    }
    keys
}

/// The owners of `object` that wait for their dependents to be gone.
fn waiting_owners(object: &Object, view: &Snapshot) -> Vec<Key> {
    let references = object.meta().get("ownerReferences").items().iter();
    let waiting = references.filter(|it| matches!(owner(it, object, view), Owner::Waiting));
    waiting.filter_map(|it| facts::owner_key(it, &object.key.namespace)).collect()
}

/// What stands at the other end of an owner reference.
enum Owner {
    Solid,
    /// It is being deleted in the foreground: its dependents first.
    Waiting,
    Absent,
    /// Of a kind that is not served: nothing is known, so nothing is deleted.
    Unknown,
}

fn owner(reference: &Tree, dependent: &Object, view: &Snapshot) -> Owner {
    let Some(key) = facts::owner_key(reference, &dependent.key.namespace) else { return Owner::Unknown };
    match view.get(&key) {
        Some(owner) if owner.uid() != reference.get("uid").text() => Owner::Absent,
        Some(owner) if owner.is_deleting() && has(owner, FOREGROUND) => Owner::Waiting,
        Some(_) => Owner::Solid,
        None => Owner::Absent,
    }
}

fn has(object: &Object, finalizer: &str) -> bool {
    facts::has_finalizer(object, finalizer)
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let Some(object) = cx.view.get(key) else { return Plan::rest() };
    if object.is_deleting() && has(object, ORPHAN) {
        return let_go(cx.view, object);
    }
    if object.is_deleting() && has(object, FOREGROUND) {
        return end_foreground(cx.view, object);
    }
    if object.is_deleting() {
        return Plan::rest();
    }
    let (mut solid, mut waiting, mut absent) = (0, Vec::new(), Vec::new());
    for reference in object.meta().get("ownerReferences").items() {
        let uid = reference.get("uid").as_text().cloned().unwrap_or_default();
        match owner(reference, object, cx.view) {
            Owner::Solid | Owner::Unknown => solid += 1,
            Owner::Waiting => waiting.push(uid),
            Owner::Absent => absent.push(uid),
        }
    }
    if waiting.is_empty() && absent.is_empty() {
        return Plan::rest();
    }
    if solid > 0 {
        // Somebody still owns it: only the references that lead nowhere are taken away.
        absent.extend(waiting);
        return Plan::write(vec![disown(object, &absent)]);
    }
    let policy = if !waiting.is_empty() && cx.view.dependents(object.uid()).next().is_some() { "Foreground" } else { policy(object) };
    Plan::write(vec![delete(object, policy)])
}

/// The policy that the object's own finalizers ask for.
fn policy(object: &Object) -> &'static str {
    match () {
        _ if has(object, ORPHAN) => "Orphan",
        _ if has(object, FOREGROUND) => "Foreground",
        _ => "Background",
    }
}

/// Foreground: once no dependent that blocks is left, the finalizer goes.
fn end_foreground(view: &Snapshot, object: &Kept) -> Plan {
    let blocks = |dependent: &&Kept| {
        let references = dependent.meta().get("ownerReferences").items();
        references.iter().any(|it| it.get("uid").text() == object.uid() && it.get("blockOwnerDeletion").is_true())
    };
    if view.dependents(object.uid()).any(|dependent| blocks(&dependent)) {
        return Plan::rest();
    }
    Plan::write(vec![without_finalizer(object, FOREGROUND)])
}

/// Orphaning: the dependents forget their owner, then the finalizer goes.
fn let_go(view: &Snapshot, object: &Kept) -> Plan {
    let uid = [object.uid_text()];
    let mut writes: Vec<Write> = view.dependents(object.uid()).map(|dependent| disown(dependent, &uid)).collect();
    writes.push(without_finalizer(object, ORPHAN));
    Plan::write(writes)
}

/// Takes the references to these owners away.
fn disown(object: &Object, owners: &[Text]) -> Write {
    let gone = owners.iter().map(|uid| map! {"$patch": "delete", "uid": uid});
    let meta = map! {"ownerReferences": gone.collect::<Vec<Tree>>(), "uid": object.uid_text()};
    let verb = Verb::Patch(PatchKind::Strategic);
    Write::new(about(verb, object).body(map! {"metadata": meta})).ignore(&[404, 422])
}

fn without_finalizer(object: &Object, name: &str) -> Write {
    let left = object.meta().get("finalizers").items().iter().filter(|it| it.text() != name).cloned();
    let version = object.meta().get("resourceVersion");
    let meta = map! {"finalizers": left.collect::<Vec<Tree>>(), "resourceVersion": version, "uid": object.uid_text()};
    Write::new(about(Verb::Patch(PatchKind::Merge), object).body(map! {"metadata": meta})).ignore(&[404])
}

fn delete(object: &Object, policy: &'static str) -> Write {
    let body = map! {"propagationPolicy": policy, "preconditions": map! {"uid": object.uid_text()}};
    let owners: Vec<Tree> = object.meta().get("ownerReferences").items().iter().map(|it| list![it.get("kind"), it.get("name")]).collect();
    Write::new(about(Verb::Delete, object).body(body).reason(map! {"lostOwners": owners})).ignore(&[404, 409])
}

fn about(verb: Verb, object: &Object) -> Request {
    Request::about(verb, object.key.kind, object.key.namespace.clone(), object.key.name.clone())
}

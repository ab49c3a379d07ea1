//! Empties a namespace that is being deleted, and lets it go once nothing is left (namespace-controller).
use crate::facts;
use crate::harness::{Controller, Cx, Next, Plan, Write, itself};
use apiserver::Snapshot;
use objects::wire::{Request, Verb};
use objects::{Key, KindId, Object, Tree, kinds, map};
use simcore::Duration;

pub static NAMESPACE: Controller =
    Controller { name: "namespace-controller", triggers: &[(kinds::NAMESPACE, itself)], workers: 10, reconcile };

/// Between a change and the work on it, so that every API server knows of the deletion.
const PATIENCE: Duration = Duration::secs(5);

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let Some(namespace) = cx.view.get(key).filter(|namespace| namespace.is_deleting()) else { return Plan::rest() };
    if !namespace.spec().get("finalizers").items().iter().any(|it| it.text() == "kubernetes") {
        return Plan::rest();
    }
    let begin = cx.since.map_or(cx.now + PATIENCE, |since| since + PATIENCE);
    if begin > cx.now {
        return Plan::rest().at(cx.now, begin);
    }
    let mut left = content(cx.view, &key.name);
    // Pods go first, so that what they need outlives them; everything else only once none is left (OrderedNamespaceDeletion).
    if left.iter().any(|(kind, _)| *kind == kinds::POD) {
        left.retain(|(kind, _)| *kind == kinds::POD);
    }
    let mut writes: Vec<Write> = left.iter().map(|(kind, _)| clear(*kind, key)).collect();
    // What nothing holds is gone as soon as it is deleted.
    let lingers = left.iter().any(|(kind, _)| *kind == kinds::POD) || !finalizers(cx.view, &key.name).is_empty();
    if !lingers {
        writes.push(finalize(namespace));
        return Plan::write(writes);
    }
    match status(cx, namespace, &left) {
        // The change of the status brings the next look.
        Some(write) => {
            writes.push(write);
            Plan::write(writes)
        }
        None => Plan::write(writes).next(Next::After(PATIENCE)),
    }
}

/// What is left, by kind.
fn content(view: &Snapshot, namespace: &str) -> Vec<(KindId, usize)> {
    let all = (0..kinds::KINDS.len() as u16).map(KindId).filter(|kind| kind.row().namespaced);
    let counted = all.map(|kind| (kind, view.list_in(kind, namespace).count()));
    counted.filter(|(_, count)| *count > 0).collect()
}

fn clear(kind: KindId, key: &Key) -> Write {
    let options = map! {"propagationPolicy": "Background"};
    Write::new(Request::about(Verb::DeleteCollection, kind, key.name.clone(), "").body(options)).ignore(&[404, 405])
}

/// Takes the namespace's own finalizer away.
fn finalize(namespace: &Object) -> Write {
    let mut body = namespace.tree.clone();
    let others = namespace.spec().get("finalizers").items().iter().filter(|it| it.text() != "kubernetes").cloned();
    body.set(&["spec", "finalizers"], others.collect::<Vec<Tree>>());
    let request = Request::about(Verb::Update, kinds::NAMESPACE, "", namespace.key.name.clone()).subresource("finalize");
    Write::new(request.body(body)).ignore(&[404])
}

/// The conditions that tell why it is still there.
fn status(cx: &Cx, namespace: &Object, left: &[(KindId, usize)]) -> Option<Write> {
    let resource = |(kind, count): &(KindId, usize)| format!("{}.{} has {count} resource instances", kind.row().plural, kind.row().group);
    let mut remaining: Vec<String> = left.iter().map(resource).collect();
    remaining.sort();
    let finalizers = finalizers(cx.view, &namespace.key.name);
    let (held, held_reason, held_message) = if finalizers.is_empty() {
        ("False", "ContentHasNoFinalizers", "All content-preserving finalizers finished".to_string())
    } else {
        ("True", "SomeFinalizersRemain", format!("Some content in the namespace has finalizers remaining: {}", finalizers.join(", ")))
    };
    let rows = [
        ("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered".to_string()),
        ("NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions", "All legacy kube types successfully parsed".into()),
        (
            "NamespaceDeletionContentFailure",
            "False",
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization".into(),
        ),
        ("NamespaceContentRemaining", "True", "SomeResourcesRemain", format!("Some resources are remaining: {}", remaining.join(", "))),
        ("NamespaceFinalizersRemaining", held, held_reason, held_message),
    ];
    let known = facts::conditions(namespace);
    let condition = |(kind, answer, reason, message): (&str, &str, &str, String)| {
        let old = facts::condition(known, kind);
        let moved = if old.get("status").text() == answer { old.get("lastTransitionTime").clone() } else { cx.now.rfc3339().into() };
        map! {"type": kind, "status": answer, "reason": reason, "message": message, "lastTransitionTime": moved}
    };
    let conditions = Tree::from(rows.map(condition).to_vec());
    if conditions == *known {
        return None;
    }
    let mut body = namespace.tree.clone();
    body.set(&["status", "conditions"], conditions);
    let request = Request::about(Verb::Update, kinds::NAMESPACE, "", namespace.key.name.clone()).subresource("status");
    Some(Write::new(request.body(body)).ignore(&[404]))
}

/// `example.com/hold in 2 resource instances`, sorted.
fn finalizers(view: &Snapshot, namespace: &str) -> Vec<String> {
    let mut counts = std::collections::BTreeMap::new();
    for kind in (0..kinds::KINDS.len() as u16).map(KindId).filter(|kind| kind.row().namespaced) {
        for object in view.list_in(kind, namespace) {
            for finalizer in object.meta().get("finalizers").items() {
                *counts.entry(finalizer.text().to_string()).or_insert(0) += 1;
            }
        }
    }
    counts.into_iter().map(|(name, count)| format!("{name} in {count} resource instances")).collect()
}

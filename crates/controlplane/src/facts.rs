//! Small questions that controllers and scheduler ask of objects, and the references they write.
use objects::{Key, KindId, Object, Text, Tree, kinds, map};
use simcore::{Duration, Time};

/// The item of a list of conditions with this `type`; null for none.
pub fn condition<'a>(conditions: &'a Tree, kind: &str) -> &'a Tree {
    const NONE: &Tree = &Tree::Null;
    conditions.items().iter().find(|item| item.get("type").text() == kind).unwrap_or(NONE)
}

/// The conditions in a status.
pub fn conditions(object: &Object) -> &Tree {
    object.status().get("conditions")
}

/// The patch of a status that brings one condition, which stands last where it is new (as `CreateTwoWayMergePatch` words it).
pub fn with_condition(object: &Object, condition: Tree) -> Tree {
    let known = conditions(object).items();
    let is_new = !known.iter().any(|item| item.get("type") == condition.get("type"));
    let order: Vec<Tree> = known.iter().chain(is_new.then_some(&condition)).map(|item| map! {"type": item.get("type")}).collect();
    map! {"$setElementOrder/conditions": order, "conditions": objects::list![condition]}
}

/// Whether the Pod's `Ready` condition is true.
pub fn is_ready(pod: &Object) -> bool {
    pod.is_ready()
}

/// Since when the Pod has been ready; `None` while it is not.
pub fn ready_since(pod: &Object) -> Option<Time> {
    if !pod.is_ready() {
        return None;
    }
    let ready = condition(conditions(pod), "Ready");
    Some(instant(ready.get("lastTransitionTime")).unwrap_or_default())
}

/// Whether the Pod has been ready for `min_ready` seconds.
pub fn is_available(pod: &Object, min_ready: i64, now: Time) -> bool {
    ready_since(pod).is_some_and(|since| min_ready == 0 || since + seconds(min_ready) <= now)
}

/// `Succeeded` or `Failed`: it will not run again.
pub fn is_finished(pod: &Object) -> bool {
    pod.is_finished()
}

/// Neither finished nor being deleted.
pub fn is_active(pod: &Object) -> bool {
    !is_finished(pod) && !pod.is_deleting()
}

pub fn phase(pod: &Object) -> &str {
    pod.status().get("phase").text()
}

/// The node it is bound to; "" for none.
pub fn node_name(pod: &Object) -> &str {
    pod.spec().get("nodeName").text()
}

pub fn created(object: &Object) -> Time {
    instant(object.meta().get("creationTimestamp")).unwrap_or_default()
}

pub fn instant(tree: &Tree) -> Option<Time> {
    Time::parse(tree.text())
}

/// A whole, not negative number of seconds as a span.
pub fn seconds(count: i64) -> Duration {
    Duration::secs(u64::try_from(count).unwrap_or(0))
}

/// An owner reference that makes `owner` the controller (`metav1.NewControllerRef`).
pub fn controller_reference(owner: &Object) -> Tree {
    let row = owner.key.kind.row();
    map! {
        "apiVersion": row.api_version(), "kind": row.kind, "name": &owner.key.name, "uid": owner.uid_text(),
        "controller": true, "blockOwnerDeletion": true,
    }
}

/// The key that an owner reference names, seen from an object in `namespace`. `None` for kinds that are not served.
pub fn owner_key(reference: &Tree, namespace: &Text) -> Option<Key> {
    let kind = kinds::by_kind(reference.get("apiVersion").text(), reference.get("kind").text())?;
    let namespace = if kind.row().namespaced { namespace.clone() } else { Text::default() };
    Some(Key::new(kind, namespace, reference.get("name").as_text().cloned().unwrap_or_default()))
}

/// The key of the object's controller, if that is of `kind`.
pub fn controller_key(object: &Object, kind: KindId) -> Option<Key> {
    let reference = object.controller();
    (reference.get("kind").text() == kind.row().kind).then(|| owner_key(reference, &object.key.namespace)).flatten()
}

pub fn has_finalizer(object: &Object, name: &str) -> bool {
    object.meta().get("finalizers").items().iter().any(|item| item.text() == name)
}

/// Puts `value` at `path` unless it is 0, as Go's `omitempty` does; then the field is taken away.
pub fn set_count(tree: &mut Tree, field: &str, value: i64) {
    if value == 0 {
        tree.remove(&[field]);
    } else {
        tree.set(&[field], value);
    }
}

//! Conditions as the Gateway API writes them, and the request that stores a status.
use controlplane::harness::{Plan, Write};
use objects::wire::{PatchKind, Request, Verb};
use objects::{Object, Tree, map};
use simcore::Time;

/// One condition: type, whether it holds, reason, message.
pub struct Condition {
    pub kind: &'static str,
    pub holds: bool,
    pub reason: &'static str,
    pub message: String,
}

impl Condition {
    pub fn new(kind: &'static str, holds: bool, reason: &'static str, message: impl Into<String>) -> Condition {
        Condition { kind, holds, reason, message: message.into() }
    }

    /// From a state: `good` is the reason and the message where all is well.
    pub fn of(kind: &'static str, state: &Result<(), (&'static str, String)>, good: (&'static str, &'static str)) -> Condition {
        match state {
            Ok(()) => Condition::new(kind, true, good.0, good.1),
            Err((reason, message)) => Condition::new(kind, false, reason, message.as_str()),
        }
    }
}

/// The list with the instants of those that did not change. Conditions of others are kept.
pub fn conditions(before: &Tree, wanted: Vec<Condition>, generation: i64, now: Time) -> Tree {
    let mut list: Vec<Tree> = Vec::new();
    for one in &wanted {
        let status = if one.holds { "True" } else { "False" };
        let old = before.items().iter().find(|old| old.get("type").text() == one.kind);
        let same = old.filter(|old| old.get("status").text() == status);
        let since = same.map_or_else(|| now.rfc3339().into(), |old| old.get("lastTransitionTime").clone());
        list.push(map! {
            "type": one.kind, "status": status, "reason": one.reason, "message": one.message.as_str(),
            "observedGeneration": generation, "lastTransitionTime": since,
        });
    }
    let others = before.items().iter().filter(|old| wanted.iter().all(|one| one.kind != old.get("type").text()));
    list.extend(others.cloned());
    Tree::from(list)
}

/// Writes a status where it differs.
pub fn plan(object: &Object, status: Tree) -> Plan {
    let differs = status.entries().any(|(key, value)| !object.status().get(key).same(value));
    if !differs {
        return Plan::rest();
    }
    let key = &object.key;
    let verb = Verb::Patch(PatchKind::Merge);
    let request = Request::about(verb, key.kind, key.namespace.clone(), key.name.clone()).subresource("status");
    Plan::write(vec![Write::new(request.body(map! {"status": status})).ignore(&[404])])
}

//! Gateways: whether they are accepted and programmed, their addresses, and what each listener has.
use super::condition::{Condition, conditions, plan};
use crate::listeners::{self, Judged};
use crate::{attach, kinds as names};
use apiserver::store::Kept;
use apiserver::{Change, Snapshot};
use controlplane::harness::{Controller, Cx, Plan, itself};
use objects::{Key, Tree, kinds, list, map};

pub static GATEWAY: Controller = Controller {
    name: "gateway-controller",
    triggers: &[
        (kinds::GATEWAY, itself),
        (kinds::GATEWAY_CLASS, all),
        (kinds::HTTP_ROUTE, all),
        (kinds::REFERENCE_GRANT, all),
        (kinds::SECRET, all),
        (kinds::SERVICE, of_the_front),
        (kinds::NODE, of_nodes),
        (kinds::NAMESPACE, all),
    ],
    workers: 1,
    reconcile,
};

fn all(_: &Change, view: &Snapshot) -> Vec<Key> {
    view.list(kinds::GATEWAY).map(|gateway| gateway.key.clone()).collect()
}

/// Only the Service in front of the controller matters.
fn of_the_front(change: &Change, view: &Snapshot) -> Vec<Key> {
    let (namespace, name) = names::GATEWAY_SERVICE;
    if change.key.namespace == namespace && change.key.name == name { all(change, view) } else { Vec::new() }
}

/// A node's heartbeat changes no address.
fn of_nodes(change: &Change, view: &Snapshot) -> Vec<Key> {
    let addresses = |object: &Option<Kept>| object.as_ref().map(|node| node.status().get("addresses").clone());
    if addresses(&change.before) == addresses(&change.after) { Vec::new() } else { all(change, view) }
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let Some(gateway) = cx.view.get(key).filter(|gateway| names::is_ours(cx.view, gateway) && !gateway.is_deleting()) else {
        return Plan::rest();
    };
    let specs = gateway.spec().get("listeners").items();
    let judged: Vec<Judged> = specs.iter().map(|one| listeners::judge(cx.view, gateway, one)).collect();
    let addresses = names::addresses(cx.view, names::GATEWAY_SERVICE);
    let old = gateway.status();
    let wanted = vec![accepted(&judged), programmed(&judged, &addresses)];
    let shown: Vec<Tree> = addresses.iter().map(|address| map! {"type": "IPAddress", "value": address.as_str()}).collect();
    let state = |(spec, judged): (&Tree, &Judged)| listener(cx, gateway, spec, judged);
    let status = map! {
        "conditions": conditions(old.get("conditions"), wanted, gateway.generation(), cx.now),
        "addresses": shown,
        "listeners": specs.iter().zip(&judged).map(state).collect::<Vec<Tree>>(),
    };
    plan(gateway, status)
}

fn accepted(judged: &[Judged]) -> Condition {
    let invalid = judged.iter().filter(|one| one.accepted.is_err() || one.alone.is_err()).count();
    match invalid {
        0 => Condition::new("Accepted", true, "Accepted", "The Gateway is handled by this controller"),
        bad if bad < judged.len() => Condition::new("Accepted", true, "ListenersNotValid", "Some listeners are not valid"),
        _ => Condition::new("Accepted", false, "ListenersNotValid", "No listener is valid"),
    }
}

fn programmed(judged: &[Judged], addresses: &[String]) -> Condition {
    if addresses.is_empty() {
        let words = "No address has been assigned to the Service in front of the controller";
        return Condition::new("Programmed", false, "AddressNotAssigned", words);
    }
    if !judged.iter().any(Judged::is_programmed) {
        return Condition::new("Programmed", false, "Invalid", "No listener can be served");
    }
    Condition::new("Programmed", true, "Programmed", "The Gateway's configuration is in the proxies")
}

fn listener(cx: &Cx, gateway: &Kept, spec: &Tree, judged: &Judged) -> Tree {
    let named = gateway.status().get("listeners").items().iter().find(|old| old.get("name") == spec.get("name"));
    let before = named.map_or(&Tree::Null, |old| old.get("conditions"));
    let programmed = match judged.is_programmed() {
        true => Ok(()),
        false => Err(("Invalid", "The listener cannot be served".to_string())),
    };
    let conflicted = match &judged.alone {
        Ok(()) => Condition::new("Conflicted", false, "NoConflicts", "No other listener stands in its way"),
        Err((reason, message)) => Condition::new("Conflicted", true, reason, message.as_str()),
    };
    let wanted = vec![
        Condition::of("Accepted", &judged.accepted, ("Accepted", "The listener is valid")),
        Condition::of("Programmed", &programmed, ("Programmed", "The listener is in the proxies")),
        Condition::of("ResolvedRefs", &judged.resolved, ("ResolvedRefs", "All references are resolved")),
        conflicted,
    ];
    map! {
        "name": spec.get("name"),
        "supportedKinds": supported(spec),
        "attachedRoutes": attached(cx.view, gateway, spec),
        "conditions": conditions(before, wanted, gateway.generation(), cx.now),
    }
}

/// Of the kinds that a listener names, those that are known; all that are known where it names none.
fn supported(spec: &Tree) -> Tree {
    let named = spec.at(&["allowedRoutes", "kinds"]).items();
    if named.is_empty() || named.iter().any(listeners::is_known) {
        return list![map! {"group": kinds::GATEWAY_API, "kind": "HTTPRoute"}];
    }
    Tree::from(Vec::<Tree>::new())
}

/// How many routes are attached to a listener, whatever becomes of their backends.
fn attached(view: &Snapshot, gateway: &Kept, spec: &Tree) -> i64 {
    let mine = |route: &&Kept| {
        let parents = route.spec().get("parentRefs").items().iter().filter(|parent| attach::names(route, parent, gateway));
        let takes = |parent: &Tree| {
            attach::listeners(view, route, parent, gateway).is_ok_and(|all| all.iter().any(|one| one.get("name") == spec.get("name")))
        };
        parents.into_iter().any(takes)
    };
    view.list(kinds::HTTP_ROUTE).filter(mine).count() as i64
}

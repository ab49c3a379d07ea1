//! HTTPRoutes: for each parent of ours, whether it takes the route and whether its references lead somewhere.
use super::condition::{Condition, conditions, plan};
use crate::kinds as names;
use crate::routing::{Backend, unsupported};
use crate::{attach, listeners};
use apiserver::store::Kept;
use apiserver::{Change, Snapshot};
use controlplane::harness::{Controller, Cx, Plan, itself};
use objects::{Key, Object, Tree, kinds, map};

pub static HTTP_ROUTE: Controller = Controller {
    name: "gateway-controller",
    triggers: &[
        (kinds::HTTP_ROUTE, itself),
        (kinds::GATEWAY, all),
        (kinds::GATEWAY_CLASS, all),
        (kinds::REFERENCE_GRANT, all),
        (kinds::SERVICE, of_services),
        (kinds::NAMESPACE, all),
    ],
    workers: 1,
    reconcile,
};

fn all(_: &Change, view: &Snapshot) -> Vec<Key> {
    view.list(kinds::HTTP_ROUTE).map(|route| route.key.clone()).collect()
}

/// Only a Service that comes, goes or changes its ports can change a reference.
fn of_services(change: &Change, view: &Snapshot) -> Vec<Key> {
    let ports = |object: &Option<Kept>| object.as_ref().map(|service| service.spec().get("ports").clone());
    if ports(&change.before) == ports(&change.after) { Vec::new() } else { all(change, view) }
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let Some(route) = cx.view.get(key).filter(|route| !route.is_deleting()) else { return Plan::rest() };
    let before = route.status().get("parents").items();
    let is_own = |entry: &Tree| entry.get("controllerName").text() == names::CONTROLLER;
    let resolved = resolved(cx.view, route);
    let mut parents: Vec<Tree> = before.iter().filter(|entry| !is_own(entry)).cloned().collect();
    let foreign = parents.len();
    for parent in route.spec().get("parentRefs").items() {
        let Some(gateway) = attach::gateway(cx.view, route, parent) else { continue };
        let old = before.iter().find(|entry| is_own(entry) && entry.get("parentRef") == parent);
        let conditions_before = old.map_or(&Tree::Null, |entry| entry.get("conditions"));
        let wanted = vec![
            Condition::of("Accepted", &accepted(cx.view, route, parent, gateway), ("Accepted", "Route is accepted")),
            Condition::of("ResolvedRefs", &resolved, ("ResolvedRefs", "All references are resolved")),
        ];
        let list = conditions(conditions_before, wanted, route.generation(), cx.now);
        parents.push(map! {"parentRef": parent, "controllerName": names::CONTROLLER, "conditions": list});
    }
    // A route that was never ours is not written to.
    if parents.len() == foreign && before.len() == foreign {
        return Plan::rest();
    }
    plan(route, map! {"parents": parents})
}

fn accepted(view: &Snapshot, route: &Kept, parent: &Tree, gateway: &Object) -> listeners::State {
    attach::listeners(view, route, parent, gateway).map_err(|(reason, message)| (reason, message.to_string()))?;
    unsupported(route).map_or(Ok(()), |why| Err(("UnsupportedValue", why)))
}

/// The first reference that leads nowhere.
fn resolved(view: &Snapshot, route: &Kept) -> listeners::State {
    let own = route.key.namespace.as_str();
    for rule in route.spec().get("rules").items() {
        let backends = rule.get("backendRefs").items().iter();
        let inner = rule.get("backendRefs").items().iter().flat_map(|one| one.get("filters").items());
        let filters = rule.get("filters").items().iter().chain(inner);
        let mirrors = filters.filter(|filter| filter.has("requestMirror")).map(|filter| filter.at(&["requestMirror", "backendRef"]));
        for reference in backends.chain(mirrors) {
            let backend = Backend::of_reference(view, own, reference);
            let name = &backend.name;
            let words = match backend.broken {
                "" => continue,
                "InvalidKind" => format!("A backend is a Service, not a {}", reference.get("kind").text()),
                "RefNotPermitted" => format!("No ReferenceGrant lets HTTPRoutes of namespace {own} use Service {name}"),
                _ => format!("Service {name} does not exist"),
            };
            return Err((backend.broken, words));
        }
    }
    Ok(())
}

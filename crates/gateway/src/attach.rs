//! Which listeners a route belongs to, and which references over a namespace's border are granted (Gateway API, `ParentReference`).
use crate::{hosts, kinds as names};
use apiserver::Snapshot;
use apiserver::store::Kept;
use objects::labels::Selector;
use objects::{Object, Tree, kinds};

/// Why a route is not accepted by a parent: the condition's reason and message.
pub type Refusal = (&'static str, &'static str);

/// The Gateway that a parentRef names, if it is there and ours.
pub fn gateway<'a>(view: &'a Snapshot, route: &Object, parent: &Tree) -> Option<&'a Kept> {
    let (group, kind) = (parent.get("group").text(), parent.get("kind").text());
    if group != kinds::GATEWAY_API || kind != "Gateway" {
        return None;
    }
    let own = route.key.namespace.as_str();
    let namespace = if parent.get("namespace").is_empty() { own } else { parent.get("namespace").text() };
    view.find(kinds::GATEWAY, namespace, parent.get("name").text()).filter(|gateway| names::is_ours(view, gateway))
}

/// Whether a parentRef names this Gateway.
pub fn names(route: &Object, parent: &Tree, gateway: &Object) -> bool {
    let own = route.key.namespace.as_str();
    let namespace = if parent.get("namespace").is_empty() { own } else { parent.get("namespace").text() };
    let kind = parent.get("group").text() == kinds::GATEWAY_API && parent.get("kind").text() == "Gateway";
    kind && namespace == gateway.key.namespace && parent.get("name").text() == gateway.key.name
}

/// The listeners of a Gateway that take a route in by one of its parentRefs; or why none does.
pub fn listeners<'a>(view: &Snapshot, route: &Object, parent: &Tree, gateway: &'a Object) -> Result<Vec<&'a Tree>, Refusal> {
    let (section, port) = (parent.get("sectionName").text(), parent.get("port").int_or(0));
    let named = |one: &&Tree| (section.is_empty() || one.get("name").text() == section) && (port == 0 || one.get("port").int_or(0) == port);
    let found: Vec<&Tree> = gateway.spec().get("listeners").items().iter().filter(named).collect();
    if found.is_empty() {
        return Err(("NoMatchingParent", "No listener of the Gateway matches the parentRef"));
    }
    let found: Vec<&Tree> = found.into_iter().filter(|one| allows(view, one, gateway, route)).collect();
    if found.is_empty() {
        return Err(("NotAllowedByListeners", "No listener of the Gateway allows this route"));
    }
    let meets = |one: &&Tree| !common(one, route).is_empty();
    let found: Vec<&Tree> = found.into_iter().filter(meets).collect();
    if found.is_empty() {
        return Err(("NoMatchingListenerHostname", "No hostname of the route is one of a listener"));
    }
    Ok(found)
}

/// The host names that a route has on a listener; an empty one stands for all.
pub fn common<'a>(listener: &'a Tree, route: &'a Object) -> Vec<&'a str> {
    let (own, named) = (listener.get("hostname").text(), route.spec().get("hostnames").items());
    if named.is_empty() {
        return vec![own];
    }
    named.iter().filter_map(|name| hosts::intersect(own, name.text())).collect()
}

fn allows(view: &Snapshot, listener: &Tree, gateway: &Object, route: &Object) -> bool {
    let allowed = listener.get("allowedRoutes");
    let listed = allowed.get("kinds").items();
    let fits = |kind: &Tree| kind.get("kind").text() == "HTTPRoute" && kind.get("group").text() == kinds::GATEWAY_API;
    if !listed.is_empty() && !listed.iter().any(fits) {
        return false;
    }
    let from = allowed.get("namespaces");
    match from.get("from").text() {
        "All" => true,
        "Selector" => {
            let namespace = view.find(kinds::NAMESPACE, "", &route.key.namespace);
            let selector = Selector::of(from.get("selector")).ok();
            namespace.zip(selector).is_some_and(|(namespace, selector)| selector.matches(namespace.labels()))
        }
        "None" => false,
        _ => gateway.key.namespace == route.key.namespace,
    }
}

/// Whether a ReferenceGrant of the target's namespace lets a kind of another namespace refer to `(group, kind, name)`.
pub fn granted(view: &Snapshot, from: (&str, &str), to: (&str, &str, &str, &str)) -> bool {
    let ((kind, namespace), (target_group, target_kind, target, name)) = (from, to);
    let lets = |grant: &Kept| {
        let speaks = |one: &Tree| {
            one.get("group").text() == kinds::GATEWAY_API && one.get("kind").text() == kind && one.get("namespace").text() == namespace
        };
        let reaches = |one: &Tree| {
            let named = one.get("name").text();
            one.get("group").text() == target_group && one.get("kind").text() == target_kind && (named.is_empty() || named == name)
        };
        grant.spec().get("from").items().iter().any(speaks) && grant.spec().get("to").items().iter().any(reaches)
    };
    namespace == target || view.list_in(kinds::REFERENCE_GRANT, target).any(lets)
}

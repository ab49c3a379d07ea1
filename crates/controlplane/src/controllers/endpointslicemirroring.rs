//! Copies hand-written Endpoints of Services without a selector into EndpointSlices (endpointslicemirroring-controller).
use crate::harness::{Controller, Cx, Plan, Write};
use crate::{facts, membership};
use apiserver::client::Note;
use apiserver::store::Kept;
use apiserver::{Change, Snapshot};
use objects::wire::{Request, Verb};
use objects::{Key, Map, Object, Tree, kinds, list, map};
use simcore::Duration;
use std::collections::BTreeMap;

pub static ENDPOINT_SLICE_MIRRORING: Controller = Controller {
    name: "endpointslicemirroring-controller",
    triggers: &[(kinds::ENDPOINTS, itself), (kinds::SERVICE, of_service), (kinds::ENDPOINT_SLICE, owner)],
    workers: 5,
    reconcile,
};

const SERVICE_NAME: &str = "kubernetes.io/service-name";
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslicemirroring-controller.k8s.io";
const SKIP: &str = "endpointslice.kubernetes.io/skip-mirror";
const LEADER: &str = "control-plane.alpha.kubernetes.io/leader";
const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The most addresses of one subset that are copied.
const MOST: usize = 1000;
const PAUSE: Duration = Duration::secs(1);

fn itself(change: &Change, _: &Snapshot) -> Vec<Key> {
    let mirrored = [&change.before, &change.after].into_iter().flatten().any(|endpoints| is_mirrored(endpoints));
    mirrored.then(|| change.key.clone()).into_iter().collect()
}

fn key_of(namespace: &objects::Text, name: &objects::Text) -> Key {
    Key::new(kinds::ENDPOINTS, namespace.clone(), name.clone())
}

/// A Service that comes or goes without a selector, or gains or loses it.
fn of_service(change: &Change, _: &Snapshot) -> Vec<Key> {
    let bare = |service: &Option<Kept>| service.as_ref().map(|service| service.spec().get("selector").is_empty());
    let concerned = match (bare(&change.before), bare(&change.after)) {
        (Some(before), Some(after)) => before != after,
        (before, after) => before.or(after) == Some(true),
    };
    concerned.then(|| key_of(&change.key.namespace, &change.key.name)).into_iter().collect()
}

/// A copy that somebody else changed or deleted.
fn owner(change: &Change, _: &Snapshot) -> Vec<Key> {
    let slice = change.object().filter(|slice| slice.labels().get(MANAGED_BY).text() == MANAGER && !change.is_create());
    let name = slice.and_then(|slice| slice.labels().get(SERVICE_NAME).as_text());
    name.map(|name| key_of(&change.key.namespace, name)).into_iter().collect()
}

fn is_mirrored(endpoints: &Object) -> bool {
    endpoints.labels().get(SKIP).text() != "true" && !endpoints.meta().get("annotations").has(LEADER)
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let is_copy = |slice: &&Kept| {
        slice.labels().get(SERVICE_NAME).text() == key.name && slice.labels().get(MANAGED_BY).text() == MANAGER && !slice.is_deleting()
    };
    let copies: Vec<&Kept> = cx.view.list_in(kinds::ENDPOINT_SLICE, &key.namespace).filter(is_copy).collect();
    let service = cx.view.find(kinds::SERVICE, &key.namespace, &key.name);
    let bare = service.is_some_and(|service| service.spec().get("selector").is_empty());
    let source = cx.view.get(key).filter(|endpoints| bare && is_mirrored(endpoints) && !endpoints.is_deleting());
    let mut plan = match source {
        Some(endpoints) => mirror(endpoints, copies),
        None => Plan::write(copies.into_iter().map(delete).collect()),
    };
    plan.tracked = Some(PAUSE);
    plan
}

fn delete(slice: &Kept) -> Write {
    Write::new(about(Verb::Delete, slice)).ignore(&[404])
}

fn about(verb: Verb, slice: &Object) -> Request {
    Request::about(verb, kinds::ENDPOINT_SLICE, slice.key.namespace.clone(), slice.key.name.clone())
}

/// What one slice is to hold: the slices that hold it now are found by address family and ports.
type Group = (&'static str, String);

fn mirror(endpoints: &Object, copies: Vec<&Kept>) -> Plan {
    let (mut wanted, mut skipped) = (BTreeMap::<Group, (Vec<Tree>, Vec<Tree>)>::new(), 0);
    for subset in endpoints.tree.get("subsets").items() {
        let ports = ports(subset);
        let (ready, unready) = (subset.get("addresses").items(), subset.get("notReadyAddresses").items());
        let all = ready.iter().map(|address| (address, true)).chain(unready.iter().map(|address| (address, false)));
        skipped += (ready.len() + unready.len()).saturating_sub(MOST);
        for (address, ready) in all.take(MOST) {
            let group = (family(address.get("ip").text()), key_text(&ports));
            wanted.entry(group).or_insert_with(|| (ports.clone(), Vec::new())).1.push(endpoint(address, ready));
        }
    }
    let mut there: BTreeMap<Group, Vec<&Kept>> = BTreeMap::new();
    for slice in copies {
        let family = if slice.tree.get("addressType").text() == "IPv6" { "IPv6" } else { "IPv4" };
        there.entry((family, key_text(slice.tree.get("ports").items()))).or_default().push(slice);
    }
    let (mut puts, mut gone, mut made) = (Vec::new(), Vec::new(), Vec::new());
    for (group, (ports, list)) in wanted {
        let mut old = there.remove(&group).unwrap_or_default().into_iter();
        let first = old.next();
        gone.extend(old);
        match first {
            Some(slice) => puts.extend(changed(endpoints, slice, &group, ports, list)),
            None => made.push((group, ports, list)),
        }
    }
    gone.extend(there.into_values().flatten());
    for (group, ports, list) in made {
        // A copy that would go is written over.
        let spare = gone.iter().position(|slice| slice.tree.get("addressType").text() == group.0).map(|at| gone.remove(at));
        puts.push(put(endpoints, spare, &group, ports, list));
    }
    puts.extend(gone.into_iter().map(delete));
    let mut plan = Plan::write(puts);
    if skipped > 0 {
        let message =
            format!("A max of {MOST} addresses can be mirrored to EndpointSlices per Endpoints subset. {skipped} addresses were skipped");
        plan.notes.push(Note { about: Note::reference(endpoints), warning: true, reason: "TooManyAddressesToMirror", message });
    }
    plan
}

fn family(ip: &str) -> &'static str {
    if ip.contains(':') { "IPv6" } else { "IPv4" }
}

fn key_text(ports: &[Tree]) -> String {
    let mut texts: Vec<String> = ports.iter().map(Tree::to_json).collect();
    texts.sort();
    texts.join(",")
}

/// Ports of a slice have a name, if only an empty one.
fn ports(subset: &Tree) -> Vec<Tree> {
    let named = |port: &Tree| {
        let mut port = port.clone();
        if port.get("name").is_null() {
            port.set(&["name"], "");
        }
        port
    };
    subset.get("ports").items().iter().map(named).collect()
}

fn endpoint(address: &Tree, ready: bool) -> Tree {
    let mut endpoint = map! {"addresses": list![address.get("ip")], "conditions": map! {"ready": ready}};
    for key in ["hostname", "nodeName", "targetRef"] {
        if !address.get(key).is_empty() {
            endpoint.set(&[key], address.get(key));
        }
    }
    endpoint
}

fn changed(endpoints: &Object, slice: &Kept, group: &Group, ports: Vec<Tree>, list: Vec<Tree>) -> Option<Write> {
    let known = slice.tree.get("endpoints").items();
    let same = known.len() == list.len() && list.iter().all(|one| known.contains(one));
    let (labels, annotations) = copied(endpoints);
    let same_meta =
        *slice.labels() == Tree::from(labels) && slice.meta().get("annotations").as_map().cloned().unwrap_or_default() == annotations;
    (!same || !same_meta).then(|| put(endpoints, Some(slice), group, ports, list))
}

/// Labels and annotations of a copy.
fn copied(endpoints: &Object) -> (Map, Map) {
    let mut labels = endpoints.labels().as_map().cloned().unwrap_or_default();
    labels.insert(SERVICE_NAME, &endpoints.key.name);
    labels.insert(MANAGED_BY, MANAGER);
    let mut annotations = endpoints.meta().get("annotations").as_map().cloned().unwrap_or_default();
    annotations.remove(membership::TRIGGER_TIME);
    annotations.remove(APPLIED);
    (labels, annotations)
}

fn put(endpoints: &Object, old: Option<&Kept>, group: &Group, ports: Vec<Tree>, list: Vec<Tree>) -> Write {
    let (labels, annotations) = copied(endpoints);
    let mut meta = map! {
        "namespace": &endpoints.key.namespace, "labels": Tree::from(labels), "ownerReferences": list![facts::controller_reference(endpoints)],
    };
    if !annotations.is_empty() {
        meta.set(&["annotations"], annotations);
    }
    let request = match old {
        Some(old) => {
            meta.set(&["name"], &old.key.name);
            about(Verb::Update, old)
        }
        None => {
            meta.set(&["generateName"], format!("{}-", endpoints.key.name));
            Request::about(Verb::Create, kinds::ENDPOINT_SLICE, endpoints.key.namespace.clone(), "")
        }
    };
    let ports = if ports.is_empty() { Tree::Null } else { Tree::from(ports) };
    Write::new(request.body(map! {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta, "addressType": group.0, "endpoints": list, "ports": ports,
    }))
}

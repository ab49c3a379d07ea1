//! Which endpoint stands in which slice: what is there stays where it is, what is new fills the gaps.
use super::endpoint;
use crate::facts;
use crate::harness::{Cx, Write};
use apiserver::client::Note;
use apiserver::store::Kept;
use objects::wire::{Request, Verb};
use objects::{Key, Map, Object, Text, Tree, kinds, list, map};
use std::collections::BTreeMap;

/// The most endpoints of one slice.
const MOST: usize = 100;
const SERVICE_NAME: &str = "kubernetes.io/service-name";
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslice-controller.k8s.io";
const TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// The writes that bring a Service's slices to these Pods.
pub fn reconcile(cx: &Cx, service: &Object, pods: &[&Kept]) -> Vec<Write> {
    let mut slices: Vec<&Kept> =
        cx.view.list_in(kinds::ENDPOINT_SLICE, &service.key.namespace).filter(|slice| is_ours(slice, service)).collect();
    slices.sort_by_key(|slice| (facts::created(slice), slice.key.clone()));
    // One group of slices for each set of ports: named ports may differ from Pod to Pod.
    let mut groups: BTreeMap<String, (Tree, BTreeMap<Text, Tree>)> = BTreeMap::new();
    for pod in pods {
        let ports = endpoint::ports(pod, service);
        let group = groups.entry(ports.to_json()).or_insert_with(|| (ports, BTreeMap::new()));
        group.1.insert(pod.uid_text(), endpoint::of(pod, service));
    }
    if groups.is_empty() {
        groups.insert(String::new(), (Tree::Null, BTreeMap::new()));
    }
    let mut writes = Vec::new();
    for (ports, endpoints) in groups.into_values() {
        let (mine, others) = slices.into_iter().partition(|slice| *slice.tree.get("ports") == ports);
        slices = others;
        let mine: Vec<&Kept> = mine;
        // A slice whose ports nobody has any more is used before a new one is made.
        let spare = if mine.is_empty() { slices.pop() } else { None };
        fill(cx, service, &ports, endpoints, mine.into_iter().chain(spare).collect(), &mut writes);
    }
    writes.extend(slices.into_iter().map(|slice| Write::new(about(Verb::Delete, slice)).ignore(&[404])));
    writes
}

fn is_ours(slice: &Object, service: &Object) -> bool {
    slice.labels().get(SERVICE_NAME).text() == service.key.name && slice.labels().get(MANAGED_BY).text() == MANAGER && !slice.is_deleting()
}

/// Spreads the endpoints of one set of ports over its slices.
fn fill(cx: &Cx, service: &Object, ports: &Tree, mut endpoints: BTreeMap<Text, Tree>, slices: Vec<&Kept>, writes: &mut Vec<Write>) {
    let mut contents: Vec<Vec<Tree>> = Vec::new();
    for slice in &slices {
        let kept = slice.tree.get("endpoints").items().iter().filter_map(|old| {
            let uid = old.at(&["targetRef", "uid"]).as_text()?;
            endpoints.remove(uid)
        });
        contents.push(kept.collect());
    }
    let mut new: Vec<Tree> = endpoints.into_values().collect();
    for content in &mut contents {
        let room = MOST.saturating_sub(content.len()).min(new.len());
        content.extend(new.drain(..room));
    }
    let last = slices.len().saturating_sub(1);
    for (place, (slice, content)) in slices.iter().zip(contents).enumerate() {
        if content.is_empty() && (place != last || place > 0) {
            writes.push(Write::new(about(Verb::Delete, slice)).ignore(&[404]));
        } else {
            writes.extend(update(cx, service, slice, ports, content));
        }
    }
    if slices.is_empty() || !new.is_empty() {
        let mut rest = new.into_iter();
        loop {
            let part: Vec<Tree> = rest.by_ref().take(MOST).collect();
            let full = part.len() == MOST;
            writes.push(create(cx, service, ports, part));
            if !full || rest.len() == 0 {
                break;
            }
        }
    }
}

fn update(cx: &Cx, service: &Object, slice: &Kept, ports: &Tree, endpoints: Vec<Tree>) -> Option<Write> {
    let ports = if endpoints.is_empty() { &Tree::Null } else { ports };
    let endpoints = nothing_if_empty(endpoints);
    let labels = labels(service);
    let old = &slice.tree;
    if *old.get("endpoints") == endpoints && old.get("ports") == ports && *slice.labels() == labels {
        return None;
    }
    let mut body = old.clone();
    body.set(&["endpoints"], endpoints);
    body.set(&["ports"], ports);
    body.set(&["metadata", "labels"], labels);
    body.set(&["metadata", "annotations", TRIGGER_TIME], cx.now.rfc3339());
    Some(Write::new(about(Verb::Update, slice).body(body)).err(failed(service, "FailedToUpdateEndpointSlices", "updating")))
}

fn create(cx: &Cx, service: &Object, ports: &Tree, endpoints: Vec<Tree>) -> Write {
    let meta = map! {
        "generateName": format!("{}-", service.key.name), "namespace": &service.key.namespace, "labels": labels(service),
        "annotations": [(TRIGGER_TIME, cx.now.rfc3339())].into_iter().collect::<Map>(),
        "ownerReferences": list![facts::controller_reference(service)],
    };
    let ports = if endpoints.is_empty() { &Tree::Null } else { ports };
    let body = map! {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta, "addressType": "IPv4",
        "endpoints": nothing_if_empty(endpoints), "ports": ports,
    };
    let request = Request::about(Verb::Create, kinds::ENDPOINT_SLICE, service.key.namespace.clone(), "").body(body);
    Write::new(request).err(failed(service, "FailedToCreateEndpointSlices", "creating"))
}

fn failed(service: &Object, reason: &'static str, deed: &str) -> Note {
    let message = format!("Error {deed} Endpoint Slices for Service {}: {{error}}", service.key.path());
    Note { about: Note::reference(service), warning: true, reason, message }
}

/// Upstream writes `null` for lists without items here.
fn nothing_if_empty(items: Vec<Tree>) -> Tree {
    if items.is_empty() { Tree::Null } else { Tree::from(items) }
}

/// The Service's own labels, and the two by which slices are found.
fn labels(service: &Object) -> Tree {
    let own =
        service.labels().entries().filter(|(key, _)| !matches!(key.as_str(), SERVICE_NAME | MANAGED_BY | "service.kubernetes.io/headless"));
    let mut labels: Map = own.map(|(key, value)| (key.clone(), value.clone())).collect();
    labels.insert(MANAGED_BY, MANAGER);
    labels.insert(SERVICE_NAME, &service.key.name);
    if service.spec().get("clusterIP").text() == "None" {
        labels.insert("service.kubernetes.io/headless", "");
    }
    labels.into()
}

fn about(verb: Verb, slice: &Object) -> Request {
    let key: &Key = &slice.key;
    Request::about(verb, kinds::ENDPOINT_SLICE, key.namespace.clone(), key.name.clone())
}

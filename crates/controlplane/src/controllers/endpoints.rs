//! Keeps the legacy Endpoints object of each Service with a selector (endpoints-controller).
use crate::harness::{Controller, Cx, Plan, Write, itself};
use crate::{facts, membership};
use apiserver::client::Note;
use apiserver::{Change, Snapshot};
use objects::views::repack;
use objects::wire::{Request, Verb};
use objects::{Key, Map, Object, Tree, kinds, list, map};

pub static ENDPOINTS: Controller = Controller {
    name: "endpoint-controller",
    triggers: &[(kinds::SERVICE, itself), (kinds::POD, membership::selecting_services), (kinds::ENDPOINTS, deleted)],
    workers: 5,
    reconcile,
};

const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";
/// The most addresses of one object; more are cut off.
const MOST: usize = 1000;

fn deleted(change: &Change, _: &Snapshot) -> Vec<Key> {
    let key = Key::new(kinds::SERVICE, change.key.namespace.clone(), change.key.name.clone());
    change.is_delete().then_some(key).into_iter().collect()
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let old = cx.view.find(kinds::ENDPOINTS, &key.namespace, &key.name);
    let request = |verb| Request::about(verb, kinds::ENDPOINTS, key.namespace.clone(), key.name.clone());
    let Some(service) = cx.view.get(key) else {
        let delete = old.map(|_| Write::new(request(Verb::Delete)).ignore(&[404]));
        return Plan::write(delete.into_iter().collect());
    };
    if !membership::is_cared_for(service) {
        return Plan::rest();
    }
    let (time, memory) = membership::trigger_time(service, membership::pods(cx.view, service), cx.memory);
    let (subsets, cut) = limited(repack(&subsets(cx, service)));
    let labels = labels(service);
    let annotated = |tree: &Object| tree.meta().get("annotations").has(OVER_CAPACITY);
    let same = |old: &Object| old.tree.get("subsets").items() == subsets && *old.labels() == labels && !cut && !annotated(old);
    if old.is_some_and(|old| same(old)) {
        return Plan { remember: Some(memory), ..Plan::rest() };
    }
    let mut body = old.map_or_else(|| fresh(service), |old| old.tree.clone());
    body.remove(&["subsets"]);
    if !subsets.is_empty() {
        body.set(&["subsets"], subsets);
    }
    body.set(&["metadata", "labels"], labels);
    let mut annotations = body.at(&["metadata", "annotations"]).as_map().cloned().unwrap_or_default();
    annotations.remove(membership::TRIGGER_TIME);
    annotations.remove(OVER_CAPACITY);
    if !time.is_empty() {
        annotations.insert(membership::TRIGGER_TIME, time);
    }
    if cut {
        annotations.insert(OVER_CAPACITY, "truncated");
    }
    body.remove(&["metadata", "annotations"]);
    if !annotations.is_empty() {
        body.set(&["metadata", "annotations"], annotations);
    }
    let write = match old {
        Some(old) => {
            let words = format!("Failed to update endpoint {}: {{error}}", key.path());
            Write::new(request(Verb::Update).body(body)).err(failed(Note::reference(old), "FailedToUpdateEndpoint", words))
        }
        None => {
            let about = map! {"apiVersion": "v1", "kind": "Endpoints", "namespace": &key.namespace, "name": &key.name};
            let words = format!("Failed to create endpoint for service {}: {{error}}", key.path());
            let request = Request::about(Verb::Create, kinds::ENDPOINTS, key.namespace.clone(), "");
            Write::new(request.body(body)).err(failed(about, "FailedToCreateEndpoint", words))
        }
    };
    Plan { remember: Some(memory), ..Plan::write(vec![write]) }
}

fn failed(about: Tree, reason: &'static str, message: String) -> Note {
    Note { about, warning: true, reason, message }
}

fn fresh(service: &Object) -> Tree {
    let meta = map! {"name": &service.key.name, "namespace": &service.key.namespace};
    map! {"apiVersion": "v1", "kind": "Endpoints", "metadata": meta}
}

/// A subset for each Pod and port; Pods that are being deleted are left out.
fn subsets(cx: &Cx, service: &Object) -> Vec<Tree> {
    let publishes = service.spec().get("publishNotReadyAddresses").is_true();
    let mut all = Vec::new();
    for pod in membership::pods(cx.view, service).filter(|pod| membership::belongs(pod) && (publishes || !pod.is_deleting())) {
        let place = if publishes || facts::is_ready(pod) { "addresses" } else { "notReadyAddresses" };
        let address = address(pod, service);
        let ports = membership::ports(pod, service);
        if service.spec().get("ports").is_empty() {
            let mut subset = Tree::default();
            subset.set(&[place], list![&address]);
            all.push(subset);
        }
        for mut port in ports {
            if port.get("name").is_empty() {
                port.remove(&["name"]);
            }
            let mut subset = map! {"ports": list![port]};
            subset.set(&[place], list![&address]);
            all.push(subset);
        }
    }
    all
}

fn address(pod: &Object, service: &Object) -> Tree {
    let mut address = map! {"ip": pod.status().get("podIP"), "nodeName": facts::node_name(pod), "targetRef": membership::target(pod)};
    let hostname = membership::hostname(pod, service);
    if !hostname.is_null() {
        address.set(&["hostname"], hostname);
    }
    address
}

/// Cuts off what is beyond the most addresses, those that are not ready first.
fn limited(mut subsets: Vec<Tree>) -> (Vec<Tree>, bool) {
    let count = |key: &str| -> usize { subsets.iter().map(|subset| subset.get(key).items().len()).sum() };
    let (ready, unready) = (count("addresses"), count("notReadyAddresses"));
    if ready + unready <= MOST {
        return (subsets, false);
    }
    let mut left = [("addresses", MOST), ("notReadyAddresses", MOST.saturating_sub(ready))];
    for subset in &mut subsets {
        for (key, room) in &mut left {
            let mut list = subset.get(key).items().to_vec();
            list.truncate(*room);
            *room -= list.len();
            subset.set(&[key], list);
        }
    }
    (subsets, true)
}

fn labels(service: &Object) -> Tree {
    let mut labels: Map = service.labels().as_map().cloned().unwrap_or_default();
    labels.insert(MANAGED_BY, "endpoint-controller");
    if matches!(service.spec().get("clusterIP").text(), "" | "None") {
        labels.insert(membership::HEADLESS, "");
    }
    labels.into()
}

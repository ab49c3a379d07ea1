//! Keeps the EndpointSlices of each Service with a selector (endpointslice-controller).
mod endpoint;
mod slices;

use crate::facts;
use crate::harness::{Controller, Cx, Plan};
use apiserver::store::Kept;
use apiserver::{Change, Snapshot};
use objects::{Key, Object, Tree, kinds};

pub static ENDPOINT_SLICE: Controller = Controller {
    name: "endpointslice-controller",
    triggers: &[(kinds::SERVICE, itself), (kinds::POD, selecting_services), (kinds::ENDPOINT_SLICE, owner)],
    workers: 5,
    reconcile,
};

fn itself(change: &Change, _: &Snapshot) -> Vec<Key> {
    vec![change.key.clone()]
}

/// Services whose selector takes the Pod in, or took it.
fn selecting_services(change: &Change, view: &Snapshot) -> Vec<Key> {
    if let (Some(before), Some(after)) = (&change.before, &change.after)
        && same_to_a_service(before, after)
    {
        return Vec::new();
    }
    let labels: Vec<&Tree> = [&change.before, &change.after].into_iter().flatten().map(|pod| pod.labels()).collect();
    let services = view.list_in(kinds::SERVICE, &change.key.namespace);
    services.filter(|service| labels.iter().any(|labels| selects(service, labels))).map(|service| service.key.clone()).collect()
}

fn same_to_a_service(before: &Object, after: &Object) -> bool {
    let same = |path: &[&str]| before.tree.at(path) == after.tree.at(path);
    facts::is_ready(before) == facts::is_ready(after)
        && facts::is_finished(before) == facts::is_finished(after)
        && before.is_deleting() == after.is_deleting()
        && same(&["status", "podIP"])
        && same(&["spec", "nodeName"])
        && same(&["metadata", "labels"])
}

/// A slice that was deleted or changed by somebody else.
fn owner(change: &Change, view: &Snapshot) -> Vec<Key> {
    let slice = change.object();
    let key = slice.and_then(|slice| facts::controller_key(slice, kinds::SERVICE));
    key.filter(|key| !change.is_create() && view.get(key).is_some()).into_iter().collect()
}

/// Whether a Service's selector takes in Pods with these labels.
fn selects(service: &Object, labels: &Tree) -> bool {
    let selector = service.spec().get("selector");
    !selector.is_empty() && selector.entries().all(|(key, value)| labels.get(key) == value)
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let Some(service) = cx.view.get(key).filter(|service| !service.is_deleting()) else { return Plan::rest() };
    if service.spec().get("selector").is_empty() || service.spec().get("type").text() == "ExternalName" {
        return Plan::rest();
    }
    let in_namespace = cx.view.list_in(kinds::POD, &key.namespace);
    let pods: Vec<&Kept> = in_namespace.filter(|pod| selects(service, pod.labels()) && endpoint::belongs(pod)).collect();
    Plan::write(slices::reconcile(cx, service, &pods))
}

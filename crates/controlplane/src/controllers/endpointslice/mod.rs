//! Keeps the EndpointSlices of each Service with a selector (endpointslice-controller).
mod endpoint;
mod packing;
mod slices;

use crate::harness::{Controller, Cx, Next, Plan, itself};
use crate::{facts, membership};
use apiserver::{Change, Snapshot};
use objects::{Key, kinds};
use simcore::Duration;

pub static ENDPOINT_SLICE: Controller = Controller {
    name: "endpointslice-controller",
    triggers: &[(kinds::SERVICE, itself), (kinds::POD, membership::selecting_services), (kinds::ENDPOINT_SLICE, owner)],
    workers: 5,
    reconcile,
};

/// How long it waits for its cache to show its own last write, and after a failure.
const PAUSE: Duration = Duration::secs(1);

/// The Service of a slice that was made, changed or deleted by somebody else.
fn owner(change: &Change, view: &Snapshot) -> Vec<Key> {
    let slices = [&change.before, &change.after].into_iter().flatten().filter(|slice| slices::is_managed(slice));
    let mut keys: Vec<Key> = slices.filter_map(|slice| facts::controller_key(slice, kinds::SERVICE)).collect();
    keys.dedup();
    keys.retain(|key| !change.is_create() && view.get(key).is_some());
    keys
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let Some(service) = cx.view.get(key).filter(|service| !service.is_deleting()) else { return Plan::rest() };
    if !membership::is_cared_for(service) {
        return Plan::rest();
    }
    let (time, memory) = membership::trigger_time(service, membership::pods(cx.view, service), cx.memory);
    let mut entries = Vec::new();
    let mut homeless = None;
    let publishes = service.spec().get("publishNotReadyAddresses").is_true();
    for pod in membership::pods(cx.view, service).filter(|pod| membership::belongs(pod)) {
        let node = cx.view.find(kinds::NODE, "", facts::node_name(pod));
        if node.is_none() && !publishes {
            homeless = homeless.or(Some(pod));
            continue;
        }
        entries
            .push(slices::Entry { ports: membership::ports(pod, service), endpoint: endpoint::of(pod, node.map(|node| &**node), service) });
    }
    let mut plan = Plan::write(slices::reconcile(cx.view, service, entries, &time));
    if let Some(pod) = homeless {
        let why = format!("skipping Pod {} for Service {}: Node {} Not Found", pod.key.name, key.path(), facts::node_name(pod));
        plan.notes.push(slices::failed(service, &why));
        plan.next = Next::Retry;
    }
    plan.remember = Some(memory);
    plan.tracked = Some(PAUSE);
    plan
}

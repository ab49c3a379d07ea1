//! Which Pods stand behind which Service, with which ports, and since when (endpointslice `util`, `TriggerTimeTracker`).
use crate::facts;
use apiserver::store::Kept;
use apiserver::{Change, Snapshot};
use objects::{Key, Map, Object, Text, Tree, kinds, map};

/// The annotation that tells the instant of the change that a write follows.
pub const TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";
/// The label of what belongs to a headless Service.
pub const HEADLESS: &str = "service.kubernetes.io/headless";

/// Whether a Service's selector takes in Pods with these labels.
pub fn selects(service: &Object, labels: &Tree) -> bool {
    let selector = service.spec().get("selector");
    !selector.is_empty() && selector.entries().all(|(key, value)| labels.get(key) == value)
}

/// Whether a controller looks after the Service's endpoints: it has a selector and is not only a name.
pub fn is_cared_for(service: &Object) -> bool {
    !service.spec().get("selector").is_empty() && service.spec().get("type").text() != "ExternalName"
}

/// The Pods that the Service selects, by name.
pub fn pods<'a>(view: &'a Snapshot, service: &'a Object) -> impl Iterator<Item = &'a Kept> {
    view.list_in(kinds::POD, &service.key.namespace).filter(move |pod| selects(service, pod.labels()))
}

/// Whether the Pod is an endpoint at all: it has an address and is not finished.
pub fn belongs(pod: &Object) -> bool {
    !facts::is_finished(pod) && !pod.status().get("podIP").is_empty()
}

/// The hostname under which the Service's DNS knows the Pod; null for none.
pub fn hostname<'a>(pod: &'a Object, service: &Object) -> &'a Tree {
    let fits = pod.spec().get("subdomain").text() == service.key.name && !pod.spec().get("hostname").is_empty();
    if fits { pod.spec().get("hostname") } else { &Tree::Null }
}

/// A reference to the Pod, as endpoints carry it.
pub fn target(pod: &Object) -> Tree {
    map! {"kind": "Pod", "namespace": &pod.key.namespace, "name": &pod.key.name, "uid": pod.uid_text()}
}

/// The Service's ports as this Pod has them: names are looked up in its containers, and a port that is not found is left out.
pub fn ports(pod: &Object, service: &Object) -> Vec<Tree> {
    let mut ports = Vec::new();
    for port in service.spec().get("ports").items() {
        let protocol = if port.get("protocol").is_null() { "TCP" } else { port.get("protocol").text() };
        let number = match port.get("targetPort") {
            Tree::Int(number) if *number > 0 => Some(*number),
            Tree::Text(name) => named(pod, name, protocol),
            _ => port.get("port").as_int(),
        };
        let Some(number) = number else { continue };
        let mut row = map! {"name": port.get("name").text(), "port": number, "protocol": protocol};
        if !port.get("appProtocol").is_null() {
            row.set(&["appProtocol"], port.get("appProtocol"));
        }
        ports.push(row);
    }
    ports
}

fn named(pod: &Object, name: &str, protocol: &str) -> Option<i64> {
    let sidecar = |container: &&Tree| container.get("restartPolicy").text() == "Always";
    let beside = pod.spec().get("initContainers").items().iter().filter(sidecar);
    let containers = pod.spec().get("containers").items().iter().chain(beside);
    let fits = |port: &&Tree| {
        port.get("name").text() == name && matches!(port.get("protocol").text(), found if found == protocol || found.is_empty())
    };
    containers.flat_map(|container| container.get("ports").items()).find(fits)?.get("containerPort").as_int()
}

/// In a trigger: the Services whose selector takes the Pod in, or took it, if the change matters to them.
pub fn selecting_services(change: &Change, view: &Snapshot) -> Vec<Key> {
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

/// The instant that a write about the Service follows, and what to remember for the next time.
///
/// The oldest of the Pods' changes of readiness since the last step; the Service's creation at first; "" for none.
pub fn trigger_time<'a>(service: &Object, pods: impl Iterator<Item = &'a Kept>, memory: &Tree) -> (Text, Tree) {
    let mut known = Map::default();
    let mut oldest = Text::default();
    let mut newer = |time: &Text, before: &str| {
        // RFC 3339 in UTC and whole seconds: the texts stand in the order of the instants.
        if time.as_str() > before && (oldest.is_empty() || *time < oldest) {
            oldest = time.clone();
        }
    };
    for pod in pods {
        let ready = facts::condition(facts::conditions(pod), "Ready");
        let Some(time) = ready.get("lastTransitionTime").as_text() else { continue };
        newer(time, memory.at(&["pods", &pod.key.name]).text());
        known.insert(pod.key.name.clone(), time);
    }
    let created = service.meta().get("creationTimestamp").as_text().cloned().unwrap_or_default();
    newer(&created, memory.get("service").text());
    let time = if memory.is_null() { created.clone() } else { oldest };
    (time, map! {"service": created, "pods": Tree::from(known)})
}

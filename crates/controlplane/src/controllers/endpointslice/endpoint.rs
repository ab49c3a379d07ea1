//! One Pod as an endpoint of a Service: address, conditions, place, hints.
use crate::{facts, membership};
use objects::{Object, Tree, list, map};

const ZONE: &str = "topology.kubernetes.io/zone";

/// The Pod's entry. While it is being deleted it serves as long as it is ready, but is not offered to newcomers.
pub fn of(pod: &Object, node: Option<&Object>, service: &Object) -> Tree {
    let (serving, terminating) = (facts::is_ready(pod), pod.is_deleting());
    let ready = service.spec().get("publishNotReadyAddresses").is_true() || (serving && !terminating);
    let mut endpoint = map! {
        "addresses": list![pod.status().get("podIP")], "targetRef": membership::target(pod),
        "conditions": map! {"ready": ready, "serving": serving, "terminating": terminating},
    };
    if !facts::node_name(pod).is_empty() {
        endpoint.set(&["nodeName"], facts::node_name(pod));
    }
    let zone = node.map_or(&Tree::Null, |node| node.labels().get(ZONE));
    if !zone.is_empty() {
        endpoint.set(&["zone"], zone);
    }
    let hostname = membership::hostname(pod, service);
    if !hostname.is_null() {
        endpoint.set(&["hostname"], hostname);
    }
    endpoint
}

/// Whether two entries are about the same endpoint: its address, hostname and Pod (upstream `hashEndpoint`).
pub fn same_endpoint(a: &Tree, b: &Tree) -> bool {
    let pod = |tree: &Tree, key: &str| tree.at(&["targetRef", key]).clone();
    a.get("addresses") == b.get("addresses")
        && a.get("hostname") == b.get("hostname")
        && pod(a, "name") == pod(b, "name")
        && pod(a, "namespace") == pod(b, "namespace")
}

/// Whether nothing else about them differs either; hints are another matter.
pub fn same_state(a: &Tree, b: &Tree) -> bool {
    ["nodeName", "zone", "conditions", "targetRef"].iter().all(|key| a.get(key) == b.get(key))
}

/// For whom the endpoint is meant by the Service's `trafficDistribution`; null for everybody.
pub fn hints(endpoint: &Tree, distribution: &str) -> Tree {
    let named = |key: &str| list![map! {"name": endpoint.get(key)}];
    let mut hints = Tree::Null;
    if distribution.is_empty() || !endpoint.at(&["conditions", "ready"]).is_true() {
        return hints;
    }
    if !endpoint.get("zone").is_null() {
        hints.set(&["forZones"], named("zone"));
    }
    if distribution == "PreferSameNode" && !endpoint.get("nodeName").is_null() {
        hints.set(&["forNodes"], named("nodeName"));
    }
    hints
}

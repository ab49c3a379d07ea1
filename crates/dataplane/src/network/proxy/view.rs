//! What kube-proxy reads out of its view of the API: its own node, the ports of Services, and which changes matter.
use crate::network::Cidr;
use crate::network::proxy::endpoints::Node;
use crate::network::proxy::port::{Port, ports};
use crate::network::proxy::rules::Name;
use apiserver::{Change, Snapshot};
use objects::{Key, Object, Text, Tree, kinds};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// The label that ties a slice to its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// The ports of one Service with their endpoints; none where the view has no such Service.
pub fn ports_of(view: &Snapshot, (namespace, service): &Name, node: &Node) -> Vec<Port> {
    let Some(object) = view.find(kinds::SERVICE, namespace, service) else { return Vec::new() };
    let of_service = |slice: &&Arc<Object>| slice.labels().get(SERVICE_NAME).text() == service;
    let slices: Vec<&Tree> = view.list_in(kinds::ENDPOINT_SLICE, namespace).filter(of_service).map(|slice| &slice.tree).collect();
    ports(object, slices.into_iter(), node)
}

/// The ports of all Services.
pub fn all_ports(view: &Snapshot, node: &Node) -> Vec<Port> {
    let mut slices: BTreeMap<(&str, &str), Vec<&Tree>> = BTreeMap::new();
    for slice in view.list(kinds::ENDPOINT_SLICE) {
        slices.entry((slice.key.namespace.as_str(), slice.labels().get(SERVICE_NAME).text())).or_default().push(&slice.tree);
    }
    let of_service = |service: &Arc<Object>| {
        let slices = slices.get(&(service.key.namespace.as_str(), service.key.name.as_str())).map_or(&[][..], Vec::as_slice);
        ports(service, slices.iter().copied(), node)
    };
    view.list(kinds::SERVICE).flat_map(of_service).collect()
}

/// The Service that a slice belongs to.
pub fn service_of(slice: &Arc<Object>) -> Option<Name> {
    let name = slice.labels().get(SERVICE_NAME).as_text()?;
    Some((slice.key.namespace.clone(), name.clone()))
}

/// Whether a change could change rules: much of what is written to these objects could not.
pub fn matters(change: &Change) -> bool {
    let (Some(before), Some(after)) = (&change.before, &change.after) else { return true };
    let differs = |path: &[&str]| before.tree.at(path) != after.tree.at(path);
    match change.key.kind {
        kinds::SERVICE => differs(&["spec"]) || differs(&["status"]) || before.labels() != after.labels(),
        kinds::ENDPOINT_SLICE => differs(&["endpoints"]) || differs(&["ports"]) || before.labels() != after.labels(),
        kinds::NODE => {
            let moved = differs(&["spec"]) || differs(&["status", "addresses"]) || before.labels() != after.labels();
            moved || before.is_deleting() != after.is_deleting()
        }
        _ => false,
    }
}

/// What the view tells of the proxy's own node. The bridge of its Pods has the first address of their range.
pub fn own_node(name: &Text, view: &Snapshot) -> Node {
    let mut node = Node { name: name.clone(), zone: Text::default(), addresses: Vec::new(), eligible: true };
    let Some(object) = view.get(&Key::new(kinds::NODE, "", name.clone())) else { return node };
    let addresses = object.status().get("addresses").items().iter();
    node.addresses =
        addresses.filter(|one| one.get("type").text() == "InternalIP").filter_map(|one| one.get("address").text().parse().ok()).collect();
    if let Some(Cidr { base: IpAddr::V4(base), .. }) = Cidr::parse(object.spec().get("podCIDR").text()) {
        node.addresses.push(Ipv4Addr::from(u32::from(base) + 1));
    }
    node.zone = object.labels().get("topology.kubernetes.io/zone").as_text().cloned().unwrap_or_default();
    let leaving = |taint: &Tree| taint.get("key").text() == "ToBeDeletedByClusterAutoscaler";
    node.eligible = !object.is_deleting() && !object.spec().get("taints").items().iter().any(leaving);
    node
}

//! What the server takes but advises against: the texts of `Warning:` headers, kind by kind.
use objects::views::Service;
use objects::{KindId, Tree, kinds};
use std::net::Ipv6Addr;

type Advise = fn(&Tree, &mut Vec<String>);

static TABLE: &[(KindId, Advise)] = &[(kinds::SERVICE, service), (kinds::ENDPOINT_SLICE, endpoint_slice), (kinds::ENDPOINTS, endpoints)];

/// Said of every request for a kind that is on its way out.
pub(crate) fn deprecated(kind: KindId) -> Option<&'static str> {
    match kind {
        kinds::ENDPOINTS => Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"),
        kinds::COMPONENT_STATUS => Some("v1 ComponentStatus is deprecated in v1.19+"),
        _ => None,
    }
}

/// Warnings about a valid object that is created or replaced.
pub(crate) fn of(kind: KindId, tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    if let Some((_, advise)) = TABLE.iter().find(|(known, _)| *known == kind) {
        advise(tree, &mut found);
    }
    found
}

/// Mirrors upstream `GetWarningsForService`.
fn service(tree: &Tree, found: &mut Vec<String>) {
    const OLD: &str = "service.kubernetes.io/topology-aware-hints";
    let spec = tree.get("spec");
    let (view, kind) = (Service(tree), spec.get("type").text());
    if tree.at(&["metadata", "annotations"]).has(OLD) {
        found.push(format!("annotation {OLD} is deprecated, please use service.kubernetes.io/topology-mode instead"));
    }
    let headless = view.is_headless() && kind == "ClusterIP";
    if !view.is_headless() {
        spellings(spec.get("clusterIPs"), "spec.clusterIPs", found);
    }
    let external = spec.get("externalIPs");
    if headless {
        let ignored = [
            ("loadBalancerIP", !spec.get("loadBalancerIP").is_empty()),
            ("externalIPs", !external.is_empty()),
            ("SessionAffinity", spec.get("sessionAffinity").text() != "None"),
        ];
        let said = ignored.iter().filter(|(_, set)| *set);
        found.extend(said.map(|(field, _)| format!("spec.{field} is ignored for headless services")));
    }
    spellings(external, "spec.externalIPs", found);
    if !external.is_empty() && !headless && kind != "ExternalName" {
        found.push("spec.externalIPs is deprecated and may no longer be implemented in some clusters".into());
    }
    spelling(spec.get("loadBalancerIP").text(), "spec.loadBalancerIP", found);
    if kind == "ExternalName" && !external.is_empty() {
        found.push("spec.externalIPs is ignored when spec.type is \"ExternalName\"".into());
    }
    if kind != "ExternalName" && !spec.get("externalName").is_empty() {
        found.push("spec.externalName is ignored when spec.type is not \"ExternalName\"".into());
    }
    if spec.get("trafficDistribution").text() == "PreferClose" {
        found.push("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"".into());
    }
}

fn endpoint_slice(tree: &Tree, found: &mut Vec<String>) {
    if tree.get("addressType").text() == "FQDN" {
        found.push("spec.addressType: FQDN endpoints are deprecated".into());
        return;
    }
    for (at, endpoint) in tree.get("endpoints").items().iter().enumerate() {
        spellings(endpoint.get("addresses"), &format!("endpoints[{at}].addresses"), found);
    }
}

fn endpoints(tree: &Tree, found: &mut Vec<String>) {
    for (at, subset) in tree.get("subsets").items().iter().enumerate() {
        for key in ["addresses", "notReadyAddresses"] {
            for (number, address) in subset.get(key).items().iter().enumerate() {
                spelling(address.get("ip").text(), &format!("subsets[{at}].{key}[{number}].ip"), found);
            }
        }
    }
}

fn spellings(list: &Tree, field: &str, found: &mut Vec<String>) {
    for (at, address) in list.items().iter().enumerate() {
        spelling(address.text(), &format!("{field}[{at}]"), found);
    }
}

/// IPv6 has many spellings and one that is right (`GetWarningsForIP`).
fn spelling(address: &str, field: &str, found: &mut Vec<String>) {
    let Ok(six) = address.parse::<Ipv6Addr>() else { return };
    let canonical = six.to_string();
    if canonical != address {
        found.push(format!("{field}: IPv6 address \"{address}\" should be in RFC 5952 canonical format (\"{canonical}\")"));
    }
}

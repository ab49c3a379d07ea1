//! Which addresses a load balancer's Service may have: one of a pool, or those of the nodes.
use crate::facts;
use apiserver::Snapshot;
use objects::{Object, Tree, kinds, list, map};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// Addresses from `first` to `last`, both included.
pub struct Pool {
    pub first: [u8; 4],
    pub last: [u8; 4],
}

/// The `ingress` list that the Service is to have, or why it gets none.
pub type Given = Result<Tree, String>;

/// Whether somebody is asked for a load balancer; one with a class is for another controller.
pub fn wants(service: &Object) -> bool {
    let spec = service.spec();
    spec.get("type").text() == "LoadBalancer" && spec.get("loadBalancerClass").is_null() && !service.is_deleting()
}

pub fn has(service: &Object) -> &Tree {
    service.status().get("loadBalancer").get("ingress")
}

fn point(ip: &str) -> Tree {
    map! {"ip": ip, "ipMode": "VIP"}
}

/// Keeps what it has; otherwise the address that it asks for, or the first free one.
pub fn from_pool(view: &Snapshot, service: &Object, pool: &Pool) -> Given {
    if !has(service).is_empty() {
        return Ok(has(service).clone());
    }
    let taken: BTreeSet<&str> = view.list(kinds::SERVICE).flat_map(|it| has(it).items()).map(|point| point.get("ip").text()).collect();
    let range = u32::from(Ipv4Addr::from(pool.first))..=u32::from(Ipv4Addr::from(pool.last));
    let asked = service.spec().get("loadBalancerIP").text();
    if !asked.is_empty() {
        let inside = asked.parse::<Ipv4Addr>().is_ok_and(|ip| range.contains(&u32::from(ip)));
        return match (inside, taken.contains(asked)) {
            (false, _) => Err(format!("[\"{asked}\"] is not allowed in config")),
            (true, true) => Err(format!("can't change sharing key for \"{}\", address also in use", service.key.path())),
            (true, false) => Ok(list![point(asked)]),
        };
    }
    let free = range.map(|number| Ipv4Addr::from(number).to_string()).find(|ip| !taken.contains(ip.as_str()));
    free.map(|ip| list![point(&ip)]).ok_or_else(|| "no available IPs".to_string())
}

/// The addresses of those of the ready nodes `on` which its Pods are ready; with a local policy only of those that have a
/// ready endpoint, too.
pub fn from_nodes(view: &Snapshot, service: &Object, on: &BTreeSet<String>) -> Given {
    let local = service.spec().get("externalTrafficPolicy").text() == "Local";
    let behind = with_endpoints(view, service);
    let usable = |node: &&std::sync::Arc<Object>| {
        let ready = facts::condition(facts::conditions(node), "Ready").get("status").text() == "True";
        ready && on.contains(node.key.name.as_str()) && (!local || behind.contains(node.key.name.as_str()))
    };
    let nodes = view.list(kinds::NODE).filter(usable);
    let mut all: Vec<Tree> = nodes.filter_map(|node| address(node)).map(|ip| point(&ip)).collect();
    all.sort_by_key(Tree::to_json);
    if all.is_empty() { Err("no node is ready".to_string()) } else { Ok(Tree::from(all)) }
}

fn address(node: &Object) -> Option<String> {
    let all = node.status().get("addresses").items();
    let of = |kind: &str| all.iter().find(|address| address.get("type").text() == kind);
    of("ExternalIP").or_else(|| of("InternalIP")).map(|address| address.get("address").text().to_string())
}

fn with_endpoints<'a>(view: &'a Snapshot, service: &'a Object) -> BTreeSet<&'a str> {
    let slices = view.list_in(kinds::ENDPOINT_SLICE, &service.key.namespace);
    let own = slices.filter(|slice| slice.labels().get("kubernetes.io/service-name").text() == service.key.name);
    let ends = own.flat_map(|slice| slice.tree.get("endpoints").items());
    ends.filter(|end| end.at(&["conditions", "ready"]).is_true()).map(|end| end.get("nodeName").text()).collect()
}

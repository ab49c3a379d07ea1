//! Which endpoints of a Service port a node may use (pkg/proxy/topology.go and endpointslicecache.go).
use crate::network::Protocol;
use crate::network::proxy::port::Endpoint;
use objects::{Text, Tree};
use std::net::Ipv4Addr;

/// What kube-proxy knows of its own node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    pub name: Text,
    /// The label `topology.kubernetes.io/zone`; "" where there is none.
    pub zone: Text,
    /// Its addresses, the primary one first: `status.addresses`, then that of the bridge its Pods hang on.
    pub addresses: Vec<Ipv4Addr>,
    /// Whether load balancers should send to it: it is not being deleted and not marked for removal.
    pub eligible: bool,
}

impl Node {
    pub fn primary(&self) -> Option<Ipv4Addr> {
        self.addresses.first().copied()
    }

    pub fn owns(&self, address: Ipv4Addr) -> bool {
        address.is_loopback() || self.addresses.contains(&address)
    }
}

/// An endpoint with all that decides whether it is used.
#[derive(Clone, Copy)]
struct Candidate {
    endpoint: Endpoint,
    ready: bool,
    /// Serving and terminating: used where nothing is ready.
    leaving: bool,
    node_hint: Hint,
    zone_hint: Hint,
}

#[derive(Clone, Copy, PartialEq)]
enum Hint {
    Missing,
    Other,
    Here,
}

/// What a Service port can send to from one node.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Usable {
    /// For traffic policy Cluster, in the order of the chains: by written address and port.
    pub cluster: Vec<Endpoint>,
    /// For traffic policy Local.
    pub local: Vec<Endpoint>,
    /// Whether any node has one that can be used; false means refusal, true with an empty list means loss.
    pub any: bool,
    /// Addresses of ready endpoints on this node, for health check node ports.
    pub local_ready: Vec<Ipv4Addr>,
}

/// Which lists a Service port needs.
#[derive(Clone, Copy)]
pub struct Wanted {
    pub cluster: bool,
    pub local: bool,
}

/// Chooses among all endpoints of the slices under this port name.
pub fn usable<'a>(slices: impl Iterator<Item = &'a Tree>, name: &str, protocol: Protocol, node: &Node, wanted: Wanted) -> Usable {
    let all = gather(slices, name, protocol, node);
    let mut usable = Usable::default();
    if wanted.cluster {
        let near = topology(&all);
        usable.cluster = pick(&all, |one| one.ready && near(one));
        if usable.cluster.is_empty() {
            usable.cluster = pick(&all, |one| one.leaving);
        }
        usable.any = !usable.cluster.is_empty();
    }
    if wanted.local {
        usable.any |= all.iter().any(|one| one.ready || one.leaving);
        usable.local = pick(&all, |one| one.ready && one.endpoint.local);
        if usable.local.is_empty() {
            usable.local = pick(&all, |one| one.leaving && one.endpoint.local);
        }
    }
    usable.local_ready = all.iter().filter(|one| one.ready && one.endpoint.local).map(|one| one.endpoint.address).collect();
    usable.local_ready.sort_unstable();
    usable.local_ready.dedup();
    usable
}

fn pick(all: &[Candidate], fits: impl Fn(&Candidate) -> bool) -> Vec<Endpoint> {
    all.iter().filter(|one| fits(one)).map(|one| one.endpoint).collect()
}

/// Hints are followed only when every ready endpoint has one and one of them points here; the node's before the zone's.
fn topology(all: &[Candidate]) -> fn(&Candidate) -> bool {
    let followed = |hint: fn(&Candidate) -> Hint| {
        let mut ready = all.iter().filter(|one| one.ready).map(hint);
        let complete = ready.clone().all(|hint| hint != Hint::Missing);
        complete && ready.any(|hint| hint == Hint::Here)
    };
    if followed(|one| one.node_hint) {
        |one| one.node_hint == Hint::Here
    } else if followed(|one| one.zone_hint) {
        |one| one.zone_hint == Hint::Here
    } else {
        |_| true
    }
}

/// Each address and port once; where slices overlap, one that says the endpoint is on this node wins.
fn gather<'a>(slices: impl Iterator<Item = &'a Tree>, name: &str, protocol: Protocol, node: &Node) -> Vec<Candidate> {
    let mut all = Vec::new();
    for slice in slices.filter(|slice| matches!(slice.get("addressType").text(), "" | "IPv4")) {
        for port in slice.get("ports").items() {
            let number = u16::try_from(port.get("port").int_or(0)).unwrap_or(0);
            let same = port.get("name").text() == name && Protocol::parse(port.get("protocol").text()) == Some(protocol);
            if same && number != 0 {
                all.extend(slice.get("endpoints").items().iter().filter_map(|endpoint| candidate(endpoint, number, node)));
            }
        }
    }
    all.sort_by_cached_key(|one| (one.endpoint.text(), !one.endpoint.local));
    all.dedup_by(|later, earlier| later.endpoint.address == earlier.endpoint.address && later.endpoint.port == earlier.endpoint.port);
    all
}

fn candidate(tree: &Tree, port: u16, node: &Node) -> Option<Candidate> {
    let address = tree.get("addresses").items().first()?.text().parse().ok()?;
    let condition = |name: &str| tree.at(&["conditions", name]).as_bool();
    let (ready, serving) = (condition("ready").unwrap_or(true), condition("serving").unwrap_or(true));
    let terminating = condition("terminating").unwrap_or(false);
    let hint = |list: &str, here: &str| {
        let hints = tree.at(&["hints", list]).items();
        match hints.iter().any(|hint| hint.get("name").text() == here) {
            _ if hints.is_empty() => Hint::Missing,
            true => Hint::Here,
            false => Hint::Other,
        }
    };
    Some(Candidate {
        endpoint: Endpoint { address, port, local: tree.get("nodeName").text() == node.name },
        ready,
        leaving: serving && terminating,
        node_hint: hint("forNodes", &node.name),
        zone_hint: hint("forZones", &node.zone),
    })
}

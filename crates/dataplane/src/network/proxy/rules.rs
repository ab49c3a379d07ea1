//! The rules of a node as its kernel holds them: by destination, fast to look up, cheap to change in parts.
use crate::network::proxy::endpoints::Node;
use crate::network::proxy::port::{Endpoint, Port, Way};
use crate::network::proxy::{iptables, ipvs, nftables};
use crate::network::{Cidr, Protocol};
use objects::Text;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::ops::Range;
use std::sync::Arc;

/// Which machinery of Linux kube-proxy writes into (`--proxy-mode`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Iptables,
    Nftables,
    Ipvs,
}

impl Mode {
    /// As kube-proxy writes it: `iptables`.
    pub fn word(self) -> &'static str {
        match self {
            Mode::Iptables => "iptables",
            Mode::Nftables => "nftables",
            Mode::Ipvs => "ipvs",
        }
    }
}

/// A Service's name, with its namespace before it.
pub type Name = (Text, Text);

/// One state of the rules. A rule's number (`Verdict`'s `rule`) is good for the state that gave it.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(super) mode: Mode,
    pub(super) node: Node,
    /// Addresses in it are Pods' (`--cluster-cidr`): such clients keep their address.
    pub(super) cluster_cidr: Cidr,
    /// Addresses in it are Services'.
    pub(super) service_cidr: Cidr,
    /// By namespace and Service, then in the order of `spec.ports`.
    pub(super) ports: Vec<Arc<Port>>,
    /// By key: what a packet's destination is looked up in.
    pub(super) entries: Vec<Entry>,
}

/// One destination.
#[derive(Clone, Debug)]
pub struct Entry {
    key: u64,
    /// The number of its first rule.
    pub(super) first: u32,
    pub(super) way: Way,
    pub(super) port: Arc<Port>,
}

/// The rules of an entry, by their place after its first: the bar and the firewall, then one per endpoint.
pub(super) const BAR: u32 = 0;
pub(super) const FIREWALL: u32 = 1;
const ENDPOINTS: u32 = 2;

/// The two rules that belong to no Service port: cluster IPs refuse other ports, and nobody's cluster IP swallows all.
pub(super) const WRONG_PORT: u32 = 0;
pub(super) const UNALLOCATED: u32 = 1;
const FIRST: u32 = 2;

/// What a rule's number stands for.
pub(super) enum Meaning<'a> {
    WrongPort,
    Unallocated,
    Bar(&'a Entry),
    Firewall(&'a Entry),
    /// The endpoint stands in the chain for policy Local, or in that for policy Cluster.
    Endpoint {
        entry: &'a Entry,
        local: bool,
        place: usize,
    },
}

impl Entry {
    /// The number of the rule that sends to one endpoint.
    pub(super) fn endpoint_rule(&self, local: bool, place: usize) -> u32 {
        let before = if local { self.port.usable.cluster.len() } else { 0 };
        self.first + ENDPOINTS + (before + place) as u32
    }

    /// The address that packets are sent to; none for node ports.
    pub(super) fn address(&self) -> Ipv4Addr {
        Ipv4Addr::from((self.key >> 24) as u32)
    }

    /// The port that packets are sent to.
    pub(super) fn number(&self) -> u16 {
        (self.key >> 8) as u16
    }

    pub(super) fn list(&self, local: bool) -> &[Endpoint] {
        if local { &self.port.usable.local } else { &self.port.usable.cluster }
    }
}

/// Sorted by address, then port, then protocol. Node ports stand under 0.0.0.0, which nobody sends to.
pub(super) fn key(address: Ipv4Addr, port: u16, protocol: Protocol) -> u64 {
    u64::from(u32::from(address)) << 24 | u64::from(port) << 8 | protocol as u64
}

impl Rules {
    pub(super) fn new(mode: Mode, cluster_cidr: Cidr, service_cidr: Cidr, node: Node) -> Rules {
        Rules { mode, node, cluster_cidr, service_cidr, ports: Vec::new(), entries: Vec::new() }
    }

    /// Whether changed parts may be put into it.
    pub(super) fn is_made_by(&self, mode: Mode, cluster_cidr: Cidr) -> bool {
        self.mode == mode && self.cluster_cidr == cluster_cidr
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// How many (Service port, endpoint) pairs traffic can be sent to.
    pub fn pairs(&self) -> usize {
        self.ports.iter().map(|port| port.reachable_count()).sum()
    }

    /// Whether the kernel has no rule at all: nobody has written one since the machine got power.
    pub fn is_empty(&self) -> bool {
        self.ports.is_empty()
    }

    /// Whether the port with this id still remembers its clients and leads to this endpoint.
    pub(super) fn keeps(&self, id: u64, address: Ipv4Addr, number: u16) -> bool {
        let is_it = |one: &Endpoint| one.address == address && one.port == number;
        let leads = |port: &Port| port.usable.cluster.iter().chain(&port.usable.local).any(is_it);
        self.ports.iter().any(|port| port.id == id && port.affinity.is_some() && leads(port))
    }

    /// Puts `ports` in place of all that is known of the Services `names`, or of all Services.
    pub(super) fn replace(&mut self, names: Option<&BTreeSet<Name>>, ports: Vec<Port>) {
        let stays = |port: &Port| names.is_some_and(|names| !names.contains(&(port.namespace.clone(), port.service.clone())));
        self.ports.retain(|port| stays(port));
        self.entries.retain(|entry| stays(&entry.port));
        for port in ports.into_iter().map(Arc::new) {
            self.entries.extend(entries(&port));
            self.ports.push(port);
        }
        self.ports.sort_by(|a, b| (&a.namespace, &a.service).cmp(&(&b.namespace, &b.service)));
        self.entries
            .sort_by(|a, b| (a.key, a.way, &a.port.namespace, &a.port.service).cmp(&(b.key, b.way, &b.port.namespace, &b.port.service)));
        let mut first = FIRST;
        for entry in &mut self.entries {
            entry.first = first;
            first += ENDPOINTS + (entry.port.usable.cluster.len() + entry.port.usable.local.len()) as u32;
        }
    }

    /// The entry for a destination.
    pub(super) fn find(&self, address: Ipv4Addr, port: u16, protocol: Protocol) -> Option<&Entry> {
        let key = key(address, port, protocol);
        let at = self.entries.partition_point(|entry| entry.key < key);
        self.entries.get(at).filter(|entry| entry.key == key)
    }

    /// The entries of an address, whatever the port.
    pub(super) fn of_address(&self, address: Ipv4Addr) -> &[Entry] {
        let from = key(address, 0, Protocol::Tcp);
        let start = self.entries.partition_point(|entry| entry.key < from);
        let length = self.entries[start..].iter().take_while(|entry| entry.key < from + (1 << 24)).count();
        &self.entries[start..start + length]
    }

    pub(super) fn meaning(&self, rule: u32) -> Option<Meaning<'_>> {
        match rule {
            WRONG_PORT => return Some(Meaning::WrongPort),
            UNALLOCATED => return Some(Meaning::Unallocated),
            _ => {}
        }
        let after = self.entries.partition_point(|entry| entry.first <= rule);
        let entry = self.entries.get(after.checked_sub(1)?)?;
        let place = match rule - entry.first {
            BAR => return Some(Meaning::Bar(entry)),
            FIREWALL => return Some(Meaning::Firewall(entry)),
            place => (place - ENDPOINTS) as usize,
        };
        let cluster = entry.port.usable.cluster.len();
        let (local, place) = if place < cluster { (false, place) } else { (true, place - cluster) };
        (place < entry.list(local).len()).then_some(Meaning::Endpoint { entry, local, place })
    }

    /// The deciding entry in the mode's own text: an iptables line, an nft line, a line of ipvsadm. "" for a number that
    /// these rules never gave.
    pub fn words(&self, rule: u32) -> String {
        let Some(meaning) = self.meaning(rule) else { return String::new() };
        match self.mode {
            Mode::Iptables => iptables::words(meaning),
            Mode::Nftables => nftables::words(self, meaning),
            Mode::Ipvs => ipvs::words(self, meaning),
        }
    }

    /// The ports of one Service.
    pub(super) fn ports_of(&self, namespace: &str, service: &str) -> &[Arc<Port>] {
        let name = (namespace, service);
        let start = self.ports.partition_point(|port| (port.namespace.as_str(), port.service.as_str()) < name);
        let length = self.ports[start..].iter().take_while(|port| port.is_of(namespace, service)).count();
        &self.ports[Range { start, end: start + length }]
    }
}

fn entries(port: &Arc<Port>) -> Vec<Entry> {
    let entry =
        |way: Way, address: Ipv4Addr, number: u16| Entry { key: key(address, number, port.protocol), first: 0, way, port: port.clone() };
    let mut all = vec![entry(Way::ClusterIp, port.cluster_ip, port.port)];
    all.extend(port.external_ips.iter().map(|address| entry(Way::ExternalIp, *address, port.port)));
    all.extend(port.balancer_ips.iter().map(|address| entry(Way::Balancer, *address, port.port)));
    if port.node_port != 0 {
        all.push(entry(Way::NodePort, Ipv4Addr::UNSPECIFIED, port.node_port));
    }
    all
}

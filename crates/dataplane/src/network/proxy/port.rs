//! A port of a Service as kube-proxy sees it (pkg/proxy/serviceport.go): its addresses, its policies, its endpoints.
use crate::network::proxy::endpoints::{Node, Usable, Wanted, usable};
use crate::network::{Cidr, Protocol};
use objects::views::{Service, ServicePort};
use objects::{Object, Text, Tree};
use simcore::Duration;
use std::net::{IpAddr, Ipv4Addr};

/// Where connections can be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Endpoint {
    pub address: Ipv4Addr,
    pub port: u16,
    /// On this node.
    pub local: bool,
}

impl Endpoint {
    /// `10.244.1.7:8080`
    pub fn text(&self) -> String {
        format!("{}:{}", self.address, self.port)
    }
}

/// Which kind of destination leads to a Service port.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Way {
    ClusterIp,
    ExternalIp,
    Balancer,
    NodePort,
}

/// What stands in the way of those who find no endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bar {
    /// Nothing usable on any node.
    Reject,
    /// Something usable, but not on this node, where the policy asks for that.
    Drop,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Port {
    pub namespace: Text,
    pub service: Text,
    /// "" where the Service's only port has no name.
    pub name: Text,
    pub protocol: Protocol,
    pub cluster_ip: Ipv4Addr,
    pub port: u16,
    /// 0: none, as with the next.
    pub node_port: u16,
    pub health_check_node_port: u16,
    pub external_ips: Vec<Ipv4Addr>,
    /// Addresses of the load balancer that nodes handle themselves (`ipMode` VIP).
    pub balancer_ips: Vec<Ipv4Addr>,
    pub source_ranges: Vec<Cidr>,
    /// How long a client keeps its endpoint under `sessionAffinity: ClientIP`.
    pub affinity: Option<Duration>,
    pub external_local: bool,
    pub internal_local: bool,
    pub usable: Usable,
    /// The same as long as namespace, name, port name and protocol are; for those who remember clients.
    pub id: u64,
}

impl Port {
    /// `kp/multi:http`, `kp/one`
    pub fn title(&self) -> String {
        let colon = if self.name.is_empty() { "" } else { ":" };
        format!("{}/{}{colon}{}", self.namespace, self.service, self.name)
    }

    pub fn is_of(&self, namespace: &str, service: &str) -> bool {
        self.namespace == namespace && self.service == service
    }

    pub fn externally_accessible(&self) -> bool {
        self.node_port != 0 || !self.balancer_ips.is_empty() || !self.external_ips.is_empty()
    }

    /// Whether load balancer addresses have a chain that checks the source.
    pub fn has_firewall(&self) -> bool {
        !self.balancer_ips.is_empty() && !self.source_ranges.is_empty()
    }

    /// What stands in the filter table for the cluster IP.
    pub fn internal_bar(&self) -> Option<Bar> {
        self.bar(self.internal_local)
    }

    /// What stands in the filter table for all other ways, behind the short cuts for Pods and the node itself.
    pub fn external_bar(&self) -> Option<Bar> {
        self.bar(self.external_local)
    }

    fn bar(&self, local: bool) -> Option<Bar> {
        match self.usable.any {
            false => Some(Bar::Reject),
            true => (local && self.usable.local.is_empty()).then_some(Bar::Drop),
        }
    }

    /// Whether `loadBalancerSourceRanges` lets this client in. One range with the node in it lets the balancer's own
    /// addresses in too: that is what the node's requests come from where the address is a local one.
    pub fn admits(&self, source: Ipv4Addr, node: &Node) -> bool {
        let within = |address: Ipv4Addr| self.source_ranges.iter().any(|range| range.contains(IpAddr::V4(address)));
        within(source) || (self.balancer_ips.contains(&source) && node.primary().is_some_and(within))
    }

    pub fn reachable_count(&self) -> usize {
        self.usable.cluster.len() + self.only_local().count()
    }

    fn only_local(&self) -> impl Iterator<Item = &Endpoint> {
        self.usable.local.iter().filter(|one| !self.usable.cluster.contains(one))
    }

    /// Every endpoint that some chain of this node leads to, each once, by written address and port.
    pub fn reachable(&self) -> Vec<Endpoint> {
        let mut all = self.usable.cluster.clone();
        all.extend(self.only_local());
        if all.len() > self.usable.cluster.len() {
            all.sort_by_cached_key(Endpoint::text);
        }
        all
    }
}

/// The ports of a Service with their endpoints; none of headless ones and of ExternalNames.
pub fn ports<'a>(service: &Object, slices: impl Iterator<Item = &'a Tree> + Clone, node: &Node) -> Vec<Port> {
    let view = Service(&service.tree);
    let Ok(cluster_ip) = view.cluster_ip().parse() else { return Vec::new() };
    let by_others = service.labels().has("service.kubernetes.io/service-proxy-name");
    if by_others || view.kind() == "ExternalName" {
        return Vec::new();
    }
    let frame = frame(service, cluster_ip);
    view.ports().filter_map(|port| with_port(frame.clone(), port, slices.clone(), node)).collect()
}

/// What all ports of a Service share.
fn frame(service: &Object, cluster_ip: Ipv4Addr) -> Port {
    let (spec, kind) = (service.spec(), Service(&service.tree).kind());
    let addresses = |list: &Tree| list.items().iter().filter_map(|one| one.text().parse().ok()).collect();
    let ingress = service.status().at(&["loadBalancer", "ingress"]).items().iter();
    let ranges = spec.get("loadBalancerSourceRanges").items().iter();
    let timeout = spec.at(&["sessionAffinityConfig", "clientIP", "timeoutSeconds"]).int_or(10_800);
    let external_local = matches!(kind, "NodePort" | "LoadBalancer") || !spec.get("externalIPs").is_empty();
    let external_local = external_local && spec.get("externalTrafficPolicy").text() == "Local";
    let health = if kind == "LoadBalancer" && external_local { spec.get("healthCheckNodePort").int_or(0) } else { 0 };
    Port {
        namespace: service.key.namespace.clone(),
        service: service.key.name.clone(),
        name: Text::default(),
        protocol: Protocol::Tcp,
        cluster_ip,
        port: 0,
        node_port: 0,
        health_check_node_port: u16::try_from(health).unwrap_or(0),
        external_ips: addresses(spec.get("externalIPs")),
        balancer_ips: ingress
            .filter(|one| one.get("ipMode").text() != "Proxy")
            .filter_map(|one| one.get("ip").text().parse().ok())
            .collect(),
        source_ranges: ranges.filter_map(|range| Cidr::parse(range.text().trim())).filter(|range| range.base.is_ipv4()).collect(),
        affinity: (spec.get("sessionAffinity").text() == "ClientIP").then_some(Duration::secs(timeout.unsigned_abs())),
        external_local,
        internal_local: spec.get("internalTrafficPolicy").text() == "Local",
        usable: Usable::default(),
        id: 0,
    }
}

fn with_port<'a>(mut port: Port, one: ServicePort, slices: impl Iterator<Item = &'a Tree>, node: &Node) -> Option<Port> {
    port.name = Text::new(one.name());
    port.protocol = Protocol::parse(one.protocol())?;
    port.port = u16::try_from(one.port()).ok()?;
    port.node_port = u16::try_from(one.node_port()).unwrap_or(0);
    let cluster = !port.internal_local || port.externally_accessible();
    let local = port.internal_local || (port.external_local && port.externally_accessible());
    port.usable = usable(slices, &port.name, port.protocol, node, Wanted { cluster, local });
    port.id = identity(&port);
    Some(port)
}

/// FNV-1a of what names the port.
fn identity(port: &Port) -> u64 {
    let parts = [port.namespace.as_str(), "/", &port.service, ":", &port.name, port.protocol.word()];
    simcore::fnv(parts.iter().flat_map(|part| part.bytes()))
}

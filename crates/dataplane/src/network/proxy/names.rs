//! Names of chains: which hash stands for which Service port, in each mode.
use crate::network::Protocol;
use crate::network::proxy::port::{Endpoint, Port};
use crate::network::proxy::sha256::{base32, sha256};

/// As the kernel's tools write it: `tcp`.
pub fn lower(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
        Protocol::Sctp => "sctp",
        Protocol::Icmp => "icmp",
    }
}

/// What a chain holds: the part of its name before the hash, with iptables and with nftables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chain {
    Cluster,
    Local,
    External,
    Firewall,
}

impl Chain {
    fn prefixes(self) -> (&'static str, &'static str) {
        match self {
            Chain::Cluster => ("KUBE-SVC-", "service-"),
            Chain::Local => ("KUBE-SVL-", "local-"),
            Chain::External => ("KUBE-EXT-", "external-"),
            Chain::Firewall => ("KUBE-FW-", "firewall-"),
        }
    }
}

/// `KUBE-SVC-7V7JW23MYWASQODI`: all chains of a Service port carry one hash.
pub fn iptables(chain: Chain, port: &Port) -> String {
    let hash = base32(&sha256(format!("{}{}", port.title(), lower(port.protocol)).as_bytes()), 16);
    format!("{}{hash}", chain.prefixes().0)
}

/// `KUBE-SEP-IWEXXGFR3Q6OCDU3`
pub fn iptables_endpoint(port: &Port, endpoint: &Endpoint) -> String {
    let text = format!("{}{}{}", port.title(), lower(port.protocol), endpoint.text());
    format!("KUBE-SEP-{}", base32(&sha256(text.as_bytes()), 16))
}

/// `service-ULMVA6XW-ns1/svc1/tcp/p80`
pub fn nftables(chain: Chain, port: &Port) -> String {
    format!("{}{}", chain.prefixes().1, hashed(path(port)))
}

/// The chain and the set of an endpoint under session affinity, without `endpoint-` or `affinity-` before it.
pub fn nftables_endpoint(port: &Port, endpoint: &Endpoint) -> String {
    hashed(format!("{}__{}/{}", path(port), endpoint.address, endpoint.port))
}

fn path(port: &Port) -> String {
    format!("{}/{}/{}/{}", port.namespace, port.service, lower(port.protocol), port.name)
}

/// A name with its hash before it, cut to what nftables takes.
fn hashed(name: String) -> String {
    const LONGEST: usize = 240;
    let mut name = format!("{}-{name}", base32(&sha256(name.as_bytes()), 8));
    if name.len() > LONGEST {
        name.truncate(LONGEST - 3);
        name.push_str("...");
    }
    name
}

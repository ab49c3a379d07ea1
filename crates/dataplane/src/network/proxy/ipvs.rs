//! The virtual servers as `ipvsadm -Ln` prints them (pkg/proxy/ipvs). From its documents and source: no recording has it.
use crate::network::proxy::names::lower;
use crate::network::proxy::port::{Endpoint, Way};
use crate::network::proxy::rules::{Entry, Meaning, Rules};
use std::net::Ipv4Addr;

impl Rules {
    /// What `ipvsadm -Ln` prints on the node: each Service address with its endpoints; node ports once per address.
    pub fn ipvsadm(&self) -> String {
        let mut text = String::from(
            "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n",
        );
        for entry in &self.entries {
            let addresses = if entry.way == Way::NodePort { self.node.addresses.clone() } else { vec![entry.address()] };
            for address in addresses {
                text.push_str(&server(entry, address));
                text.push('\n');
                for endpoint in served(entry) {
                    text.push_str(&real(endpoint));
                    text.push('\n');
                }
            }
        }
        text
    }
}

/// The endpoints of a virtual server: this node's under policy Local as long as it has any.
fn served(entry: &Entry) -> &[Endpoint] {
    let asks_local = if entry.way == Way::ClusterIp { entry.port.internal_local } else { entry.port.external_local };
    entry.list(asks_local && !entry.port.usable.local.is_empty())
}

fn server(entry: &Entry, address: Ipv4Addr) -> String {
    let protocol = lower(entry.port.protocol).to_uppercase();
    let flags = entry.port.affinity.map(|timeout| format!(" persistent {}", timeout.as_secs())).unwrap_or_default();
    format!("{protocol:<4} {address}:{} rr{flags}", entry.number())
}

fn real(endpoint: &Endpoint) -> String {
    format!("  -> {:<28} Masq    1      0          0         ", endpoint.text())
}

/// The lines that decided.
pub(super) fn words(rules: &Rules, meaning: Meaning) -> String {
    let own = rules.node.primary().unwrap_or(Ipv4Addr::UNSPECIFIED);
    let written = |entry: &Entry| server(entry, if entry.way == Way::NodePort { own } else { entry.address() });
    match meaning {
        Meaning::WrongPort => {
            "-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW -m set --match-set KUBE-IPVS-IPS dst -j REJECT --reject-with icmp-port-unreachable"
                .to_string()
        }
        Meaning::Unallocated => String::new(),
        Meaning::Bar(entry) => written(entry),
        Meaning::Firewall(entry) => format!("{}, source not in KUBE-LOAD-BALANCER-SOURCE-CIDR: -A KUBE-SOURCE-RANGES-FIREWALL -j DROP", written(entry)),
        Meaning::Endpoint { entry, local, place } => format!("{}\n{}", written(entry), real(&entry.list(local)[place]).trim_end()),
    }
}

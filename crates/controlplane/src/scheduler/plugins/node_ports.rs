//! NodePorts: two Pods cannot have one port of a host.
use crate::scheduler::cache::NodeInfo;
use crate::scheduler::framework::{Cycle, Plugin, Refusal};
use objects::{Text, Tree};

pub static PLUGIN: Plugin = Plugin { name: "NodePorts", filter: Some(filter), score: None };

/// (address, protocol, port) of each host port that a Pod wants.
fn host_ports(spec: &Tree) -> impl Iterator<Item = (&str, &str, i64)> {
    let ports = spec.get("containers").items().iter().flat_map(|container| container.get("ports").items());
    ports.filter_map(|port| {
        let number = port.get("hostPort").as_int().filter(|number| *number > 0)?;
        let protocol = if port.get("protocol").is_null() { "TCP" } else { port.get("protocol").text() };
        Some((port.get("hostIP").text(), protocol, number))
    })
}

/// The host ports that the Pod wants: address, protocol, port.
#[derive(Default)]
pub struct WantedPorts(Vec<(Text, Text, i64)>);

fn filter(cycle: &Cycle, node: &NodeInfo) -> Result<(), Refusal> {
    let own = |(address, protocol, port)| (Text::new(address), Text::new(protocol), port);
    let wanted = &cycle.ports.get_or_init(|| WantedPorts(host_ports(cycle.spec()).map(own).collect())).0;
    if wanted.is_empty() {
        return Ok(());
    }
    let taken = node.pods.values().flat_map(|pod| host_ports(pod.object.spec())).any(|port| is_one_of(wanted, port));
    if taken { Err(Refusal::for_now("node(s) didn't have free ports for the requested pod ports")) } else { Ok(()) }
}

/// Whether a port of a host is among those that are wanted: the same number and protocol at a common address.
fn is_one_of(wanted: &[(Text, Text, i64)], (address, protocol, port): (&str, &str, i64)) -> bool {
    let everywhere = |address: &str| matches!(address, "" | "0.0.0.0" | "::");
    let same = |other: &&(Text, Text, i64)| other.1 == protocol && other.2 == port;
    wanted.iter().filter(same).any(|other| everywhere(address) || everywhere(&other.0) || other.0 == address)
}

/// Whether two Pods could not share a node because of their host ports.
pub fn share_a_port(one: &Tree, other: &Tree) -> bool {
    let own = |(address, protocol, port)| (Text::new(address), Text::new(protocol), port);
    let wanted: Vec<_> = host_ports(one).map(own).collect();
    host_ports(other).any(|port| is_one_of(&wanted, port))
}

//! NodePorts: two Pods cannot have one port of a host.
use crate::scheduler::cache::NodeInfo;
use crate::scheduler::framework::{Cycle, Plugin, Refusal};
use objects::terms::{host_ports, ports_clash};
use objects::{Text, Tree};

pub static PLUGIN: Plugin = Plugin { name: "NodePorts", filter: Some(filter), score: None };

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

/// Whether a port of a host clashes with one that is wanted.
fn is_one_of(wanted: &[(Text, Text, i64)], port: (&str, &str, i64)) -> bool {
    wanted.iter().any(|(address, protocol, number)| ports_clash(port, (address, protocol, *number)))
}

/// Whether two Pods could not share a node because of their host ports.
pub fn share_a_port(one: &Tree, other: &Tree) -> bool {
    let own = |(address, protocol, port)| (Text::new(address), Text::new(protocol), port);
    let wanted: Vec<_> = host_ports(one).map(own).collect();
    host_ports(other).any(|port| is_one_of(&wanted, port))
}

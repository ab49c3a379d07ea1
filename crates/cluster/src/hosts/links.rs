//! The interfaces of a node as its network plugin has made them: an overlay's device, a bridge, one end of each Pod's pair.
use crate::world::World;
use ::hosts::machine::Interface;
use dataplane::network::Plugin;
use objects::Text;
use std::net::Ipv4Addr;
use std::sync::Arc;

impl World {
    /// Brings a node's list of interfaces to what its plugin and its runtime hold. Only who looks at the list needs it.
    pub(super) fn show_links(&mut self, host: usize) {
        let Some(machine) = self.fleet.machines.get(&host) else { return };
        let wanted = self.links_of(host, &machine.interfaces);
        if wanted == *machine.interfaces {
            return;
        }
        // What is shown is no change from outside.
        if let Some(machine) = self.fleet_mut().machines.get_mut(&host) {
            machine.interfaces = Arc::new(wanted);
        }
    }

    fn links_of(&self, host: usize, shown: &[Interface]) -> Vec<Interface> {
        let mut all: Vec<Interface> = shown.iter().take(1).cloned().collect();
        let Some(kubelet) = self.kubelet_of(host).filter(|_| self.hosts[host].powered) else { return all };
        let (mtu, plugin) = (kubelet.mtu(), kubelet.network());
        let interface = |name: String, address: String, prefix: u8, mtu: u32| Interface {
            name: Text::from(name),
            address: Text::from(address),
            prefix,
            up: true,
            mtu,
        };
        let mut pods: Vec<(&Text, u32)> =
            kubelet.sandboxes().filter(|(_, sandbox)| sandbox.ready).filter_map(|(uid, pod)| Some((uid, u32::from(pod.mtu?)))).collect();
        pods.sort();
        let base = kubelet.pod_span().map(|(base, _)| base);
        match (plugin, base) {
            (Plugin::None, _) | (_, None) => {}
            (Plugin::Flannel, Some(base)) => {
                all.push(interface("flannel.1".to_string(), Ipv4Addr::from(base).to_string(), 32, mtu.tunnel));
                // K3s has the bridge from the start.
                if !pods.is_empty() || shown.iter().any(|one| one.name == "cni0") {
                    all.push(interface("cni0".to_string(), Ipv4Addr::from(base + 1).to_string(), 24, mtu.pods));
                }
                all.extend(pods.iter().map(|(uid, mtu)| interface(peer("veth", uid, 8), String::new(), 0, *mtu)));
            }
            (Plugin::Calico, Some(_)) => {
                all.extend(pods.iter().map(|(uid, mtu)| interface(peer("cali", uid, 11), String::new(), 0, *mtu)));
            }
        }
        // One row for each address of the device that ipvs mode binds Service addresses to.
        let bound = self.proxy_of(host).map(|proxy| proxy.kernel.rules.bound()).unwrap_or_default();
        let row = |address: Ipv4Addr| Interface { up: false, ..interface("kube-ipvs0".to_string(), address.to_string(), 32, 1500) };
        all.extend(bound.into_iter().map(row));
        all
    }
}

/// The node's end of a Pod's pair: `veth1a2b3c4d@if2`.
pub(super) fn peer(kind: &str, uid: &str, digits: usize) -> String {
    let id: String = uid.chars().filter(char::is_ascii_hexdigit).take(digits).collect();
    format!("{kind}{id}@if2")
}

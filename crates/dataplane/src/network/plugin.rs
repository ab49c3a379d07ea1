//! Network plugins (CNI): how Pods of different nodes reach each other, and whether NetworkPolicies are enforced.

/// What a node's `/etc/cni/net.d` holds. Ordered as containerd reads that folder: the first file by name counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Plugin {
    /// `10-calico.conflist`: nodes are routers to their Pods, told of each other by BGP; policies are enforced.
    #[default]
    Calico,
    /// `10-flannel.conflist`: packets to other nodes travel inside packets between nodes (VXLAN); policies are not looked at.
    Flannel,
    /// Nothing yet: the node is not ready, and only Pods of its own network run.
    None,
}

/// Where the kernel's VXLAN driver, and so Flannel, sends to: not IANA's 4789.
pub const VXLAN_PORT: u16 = 8472;
/// Bytes of a packet on the nodes' network, unless somebody sets another length.
pub const MTU: u32 = 1500;
/// What VXLAN puts around a packet: outer IP (20), UDP (8), VXLAN (8), inner Ethernet (14).
pub const VXLAN_BYTES: u32 = 50;

/// The longest packets of the interfaces that a node's plugin makes (bytes).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mtu {
    /// Of each Pod that is made from now on; one that is there keeps its own.
    pub pods: u32,
    /// Of the way to Pods of other nodes: the overlay's device, or the node's own interface.
    pub tunnel: u32,
}

impl Default for Mtu {
    fn default() -> Mtu {
        Mtu { pods: MTU, tunnel: MTU }
    }
}

impl Plugin {
    /// What the plugin's agent sets when it starts, from the node's interface and from its configuration (0: nothing is said
    /// there). Flannel's `MTU` is that of the packets around Pods' packets, Calico's `veth_mtu` that of Pods' own.
    pub fn mtu(self, interface: u32, said: u32) -> Mtu {
        let length = if said == 0 { interface } else { said };
        match self {
            Plugin::Flannel => {
                let inner = length.saturating_sub(VXLAN_BYTES);
                Mtu { pods: inner, tunnel: inner }
            }
            Plugin::Calico | Plugin::None => Mtu { pods: length, tunnel: interface },
        }
    }

    /// The plugin whose installer an image's `component` names.
    pub fn of_component(component: &str) -> Option<Plugin> {
        match component {
            "cni-calico" => Some(Plugin::Calico),
            "cni-flannel" => Some(Plugin::Flannel),
            _ => None,
        }
    }

    pub fn enforces_policies(self) -> bool {
        self == Plugin::Calico
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_plugins_on_a_node_the_first_by_file_name_counts() {
        assert_eq!(Plugin::None.min(Plugin::Flannel), Plugin::Flannel);
        assert_eq!(Plugin::Flannel.min(Plugin::Calico), Plugin::Calico);
    }

    #[test]
    fn an_overlay_takes_its_wrapping_from_the_length_of_pods_packets() {
        assert_eq!(Plugin::Flannel.mtu(1500, 0), Mtu { pods: 1450, tunnel: 1450 });
        assert_eq!(Plugin::Flannel.mtu(1500, 1400), Mtu { pods: 1350, tunnel: 1350 });
        assert_eq!(Plugin::Calico.mtu(1500, 0), Mtu { pods: 1500, tunnel: 1500 });
        assert_eq!(Plugin::Calico.mtu(1500, 1400), Mtu { pods: 1400, tunnel: 1500 });
    }
}

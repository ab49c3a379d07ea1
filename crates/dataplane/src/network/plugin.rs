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
/// Bytes of a packet on the nodes' network.
pub const MTU: u32 = 1500;
/// What VXLAN puts around a packet: outer IP (20), UDP (8), VXLAN (8), inner Ethernet (14).
pub const VXLAN_BYTES: u32 = 50;

impl Plugin {
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
}

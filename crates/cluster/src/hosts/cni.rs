//! What a network plugin leaves on a node: its file in /etc/cni/net.d, and routes to the Pods of the other nodes.
use crate::world::World;
use ::hosts::Machine;
use dataplane::network::Plugin;
use objects::Text;
use simcore::Duration;
use std::net::Ipv4Addr;
use std::sync::Arc;

/// Where containerd looks; K3s has a folder of its own.
const FOLDER: &str = "/etc/cni/net.d";
/// The plugins' files, and what is in them; `NODE` stands for the node's name.
const FILES: [(Plugin, &str, &str); 2] = [
    (
        Plugin::Calico,
        "10-calico.conflist",
        r#"{
  "name": "k8s-pod-network",
  "cniVersion": "0.3.1",
  "plugins": [
    {
      "type": "calico",
      "datastore_type": "kubernetes",
      "nodename": "NODE",
      "ipam": {"type": "host-local", "subnet": "usePodCidr"},
      "policy": {"type": "k8s"},
      "kubernetes": {"kubeconfig": "/etc/cni/net.d/calico-kubeconfig"}
    },
    {"type": "portmap", "snat": true, "capabilities": {"portMappings": true}}
  ]
}
"#,
    ),
    (
        Plugin::Flannel,
        "10-flannel.conflist",
        r#"{
  "name": "cbr0",
  "cniVersion": "0.3.1",
  "plugins": [
    {"type": "flannel", "delegate": {"hairpinMode": true, "isDefaultGateway": true}},
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
"#,
    ),
];

/// Until the kubelet has heard from containerd that the folder changed.
pub(super) const NOTICE: Duration = Duration::secs(5);

fn path(file: &str) -> String {
    format!("{FOLDER}/{file}")
}

/// The plugins whose file came (true) or went between two states of a machine.
pub(super) fn moves(before: &Machine, after: &Machine) -> Vec<(Plugin, bool)> {
    if after.k3s.is_some() || before.k3s.is_some() {
        return Vec::new();
    }
    let there = |machine: &Machine, file: &str| machine.files.exists(&path(file));
    let changed = FILES.iter().filter(|(_, file, _)| there(before, file) != there(after, file));
    changed.map(|(plugin, file, _)| (*plugin, there(after, file))).collect()
}

impl World {
    /// Brings a node's files and routes to what its plugins have written. Only who looks needs them.
    pub(super) fn show_network(&mut self, host: usize) {
        let Some(kubelet) = self.kubelet_of(host) else { return };
        let wanted = kubelet.networks();
        let routes = self.routes_of(host);
        let name = self.hosts[host].name.clone();
        let Some(machine) = self.fleet.machines.get(&host).filter(|machine| machine.k3s.is_none()) else { return };
        let differs = |(plugin, file, _): &&(Plugin, &str, &str)| wanted.contains(plugin) != machine.files.exists(&path(file));
        if *machine.routes == routes && FILES.iter().all(|row| !differs(&row)) {
            return;
        }
        // What is shown is no change from outside.
        let Some(machine) = self.fleet_mut().machines.get_mut(&host) else { return };
        for (plugin, file, text) in FILES {
            let (wanted, there) = (wanted.contains(&plugin), machine.files.exists(&path(file)));
            if wanted && !there {
                machine.files.folder(FOLDER);
                machine.files.write_mode(&path(file), &text.replace("NODE", &name), 0o600);
            } else if there && !wanted {
                machine.files.remove(&path(file));
            }
        }
        machine.routes = Arc::new(routes);
    }

    /// As `ip route` prints them, without those of the interfaces' own networks.
    fn routes_of(&self, host: usize) -> Vec<Text> {
        let plugin = self.plugin(host);
        let mut all = Vec::new();
        for (other, machine) in self.hosts.iter().enumerate() {
            let Some((base, last)) = self.kubelet_of(other).filter(|_| !self.is_hidden(other)).and_then(|kubelet| kubelet.pod_span())
            else {
                continue;
            };
            let (range, bits) = (Ipv4Addr::from(base), (last - base).count_zeros());
            all.extend(match plugin {
                _ if plugin == Plugin::None || self.plugin(other) == Plugin::None => None,
                Plugin::Flannel if other != host => Some((base, format!("{range}/{bits} via {range} dev flannel.1 onlink "))),
                Plugin::Calico if other != host => Some((base, format!("{range}/{bits} via {} dev eth0 proto bird ", machine.address))),
                Plugin::Calico => Some((base, format!("blackhole {range}/{bits} proto bird "))),
                _ => None,
            });
        }
        if plugin == Plugin::Calico {
            let sandboxes = self.kubelet_of(host).into_iter().flat_map(|kubelet| kubelet.sandboxes());
            for (uid, sandbox) in sandboxes.filter(|(_, sandbox)| sandbox.ready && sandbox.mtu.is_some()) {
                let Ok(address) = sandbox.ip.parse::<Ipv4Addr>() else { continue };
                let device = super::links::peer("cali", uid, 11);
                let device = device.split('@').next().unwrap_or_default();
                all.push((address.into(), format!("{address} dev {device} scope link ")));
            }
        }
        all.sort();
        all.into_iter().map(|(_, line)| Text::from(line)).collect()
    }
}

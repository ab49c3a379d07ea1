//! What a running K3s process has read from its command line, its environment and its files.
use super::Machine;
use objects::Text;
use std::sync::Arc;

/// Where a server keeps the cluster's objects.
#[derive(Clone, Debug, PartialEq)]
pub enum Datastore {
    /// An agent has none.
    None,
    /// SQLite behind kine: one server only.
    Sqlite,
    /// The embedded etcd.
    Etcd,
    /// `postgres://…`, `mysql://…`, `https://…`
    External(Text),
}

/// How far the process has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Phase {
    /// An agent, or a server that joins, looks for its server.
    Joining,
    /// A server has opened its supervisor port; its API server is on its way.
    Booting,
    /// All that it holds runs: `Running` is the world's word for what to make of it.
    Running,
}

/// The settings of a running `k3s server` or `k3s agent`. They hold until the process ends, whatever happens to its files.
#[derive(Clone, Debug, PartialEq)]
pub struct K3s {
    pub phase: Phase,
    /// Whether it holds a control plane; a server holds an agent, too, unless `agentless`.
    pub server: bool,
    pub agentless: bool,
    /// `v1.37.1+k3s1`
    pub version: Text,
    pub node: Text,
    pub node_ip: Text,
    /// The server that it joins, `https://10.0.0.10:6443`; empty for the first one.
    pub url: Text,
    pub token: Text,
    /// The token with which agents may join, if it is another.
    pub agent_token: Text,
    pub datastore: Datastore,
    /// Words of `--disable`, in their order.
    pub disabled: Vec<Text>,
    pub secrets_encryption: bool,
    /// Permission bits of the administrator's kubeconfig, octal: `600`.
    pub kubeconfig_mode: Text,
    /// The port of API server and supervisor.
    pub port: u16,
    pub cluster_cidr: Text,
    pub service_cidr: Text,
    pub cluster_dns: Text,
    pub cluster_domain: Text,
    /// `vxlan`, `host-gw`, `wireguard-native`, `none`
    pub flannel: Text,
    /// `key=value`
    pub labels: Vec<Text>,
    pub taints: Vec<Text>,
    /// Further names in the API server's certificate.
    pub names: Vec<Text>,
    /// When the embedded etcd is saved by itself, as cron says it (nothing: never), and how many such snapshots are kept.
    pub snapshot_cron: Text,
    pub snapshot_retention: u32,
    /// Names of other switches that are on: `disable-kube-proxy`, `disable-network-policy`, …
    pub switches: Vec<Text>,
}

impl K3s {
    /// Whether a switch is on.
    pub fn switch(&self, name: &str) -> bool {
        self.switches.iter().any(|one| one == name)
    }
}

impl Machine {
    /// Takes away what ends with a K3s process: its containerd and its socket. The containers'
    /// shims stay, because the unit's KillMode is `process`.
    pub(super) fn k3s_ended(&mut self, pid: u32) {
        let children: Vec<u32> =
            self.processes.iter().filter(|one| one.parent == pid && one.name() == "containerd").map(|one| one.pid).collect();
        children.into_iter().for_each(|child| self.kill(child));
        self.files.remove("/run/k3s/containerd/containerd.sock");
        self.k3s = None;
    }

    /// Changes what the running process is known to have read or reached.
    pub fn alter_k3s(&mut self, change: impl FnOnce(&mut K3s)) {
        if let Some(k3s) = self.k3s.as_mut() {
            change(Arc::make_mut(k3s));
        }
    }
}

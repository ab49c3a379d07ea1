//! What kubeadm's defaults come to on a server of a cluster that is there already.
use super::config::{Config, defaults};
use super::phases::manifests;
use objects::{Tree, map};

/// A server of a control plane with an etcd of its own.
pub struct Server<'a> {
    pub name: &'a str,
    pub address: &'a str,
    /// `v1.37.2`
    pub version: &'a str,
    pub pod_subnet: &'a str,
    /// The names and addresses of etcd's members when this one came, itself the last.
    pub members: &'a [(&'a str, &'a str)],
}

/// Its static Pods by name, as their manifests have them.
pub fn static_pods(server: &Server) -> Vec<(&'static str, Tree)> {
    let mut cluster = defaults::cluster(false);
    cluster.set(&["kubernetesVersion"], server.version);
    cluster.set(&["networking", "podSubnet"], server.pod_subnet);
    let endpoint = map! {"advertiseAddress": server.address, "bindPort": 6443};
    let node = map! {"localAPIEndpoint": endpoint, "nodeRegistration": map! {"name": server.name}};
    let config = Config { node, cluster, ..Config::default() };
    let peers: Vec<String> = server.members.iter().map(|(name, address)| format!("{name}=https://{address}:2380")).collect();
    let part = |name: &'static str| (name, manifests::component(&config, name));
    let etcd = manifests::etcd(&config, &peers.join(","), peers.len() > 1);
    vec![("etcd", etcd), part("kube-apiserver"), part("kube-controller-manager"), part("kube-scheduler")]
}

//! kubeadm's configuration: documents of `kubeadm.k8s.io/v1beta4` as trees, with defaults, read from flags or a file.
pub mod defaults;
mod documents;
pub mod fields;
pub mod network;
mod resolve;
mod types;
pub mod validate;

pub use documents::{Documents, load, load_strictly};
pub use resolve::{
    dns_address, feature_gates, find_socket as find, for_images, init, init_of, join, join_of, reachable, reset, reset_of, unmixed,
};

use super::flags::Given;
use crate::call::span;
use objects::{Map, Tree};
use simcore::Duration;

pub const API: &str = "kubeadm.k8s.io/v1beta4";

/// An InitConfiguration (or JoinConfiguration) with the cluster's.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Config {
    /// InitConfiguration or JoinConfiguration.
    pub node: Tree,
    /// ClusterConfiguration; null while a join has not read it from the cluster.
    pub cluster: Tree,
    /// KubeletConfiguration and KubeProxyConfiguration as the user wrote them; null when not.
    pub kubelet: Tree,
    pub proxy: Tree,
}

impl Config {
    pub fn node_name(&self) -> &str {
        self.node.at(&["nodeRegistration", "name"]).text()
    }

    pub fn cri_socket(&self) -> &str {
        self.node.at(&["nodeRegistration", "criSocket"]).text()
    }

    pub fn version(&self) -> &str {
        self.cluster.get("kubernetesVersion").text()
    }

    pub fn cert_dir(&self) -> &str {
        self.cluster.get("certificatesDir").text()
    }

    pub fn repository(&self) -> &str {
        self.cluster.get("imageRepository").text()
    }

    pub fn service_subnet(&self) -> &str {
        self.cluster.at(&["networking", "serviceSubnet"]).text()
    }

    pub fn pod_subnet(&self) -> &str {
        self.cluster.at(&["networking", "podSubnet"]).text()
    }

    pub fn dns_domain(&self) -> &str {
        self.cluster.at(&["networking", "dnsDomain"]).text()
    }

    /// The address and the port of this host's API server.
    pub fn local(&self) -> (&str, i64) {
        let endpoint = match self.node.get("localAPIEndpoint") {
            Tree::Null => self.node.at(&["controlPlane", "localAPIEndpoint"]),
            found => found,
        };
        (endpoint.get("advertiseAddress").text(), endpoint.get("bindPort").int_or(6443))
    }

    /// `https://10.0.0.10:6443`: the stable endpoint if there is one, else this host's.
    pub fn server(&self) -> String {
        match self.cluster.get("controlPlaneEndpoint").text() {
            "" => self.local_server(),
            endpoint => format!("https://{endpoint}"),
        }
    }

    pub fn local_server(&self) -> String {
        let (address, port) = self.local();
        if address.contains(':') { format!("https://[{address}]:{port}") } else { format!("https://{address}:{port}") }
    }

    /// One of `timeouts`.
    pub fn timeout(&self, name: &str) -> Duration {
        span(self.node.at(&["timeouts", name]).text()).unwrap_or(Duration::ZERO)
    }

    /// `extraArgs` of a component: `apiServer`, `controllerManager`, `scheduler`, or of the local etcd.
    pub fn extra_args(&self, component: &[&str]) -> Vec<(String, String)> {
        let list = self.cluster.at(component).get("extraArgs").items();
        list.iter().map(|one| (one.get("name").text().to_string(), one.get("value").text().to_string())).collect()
    }

    pub fn ignored(&self) -> Vec<String> {
        self.node.at(&["nodeRegistration", "ignorePreflightErrors"]).items().iter().map(|one| one.text().to_lowercase()).collect()
    }

    /// Where the local etcd keeps its data; `None` with an external etcd.
    pub fn etcd_folder(&self) -> Option<&str> {
        let local = self.cluster.at(&["etcd", "local"]);
        (!local.is_null()).then(|| local.get("dataDir").text())
    }
}

/// The folder of patches, by the flag or the file.
pub fn patches(given: &Given, node: &Tree) -> String {
    let from_file = node.at(&["patches", "directory"]).text();
    if given.has("patches") { given.text("patches").to_string() } else { from_file.to_string() }
}

/// Puts into `tree` what it does not have and `defaults` has, all the way down.
pub fn fill(tree: &mut Tree, defaults: &Tree) {
    for (key, value) in defaults.entries() {
        let place = tree.map_mut().entry(key);
        match (&mut *place, value) {
            (Tree::Null, _) => *place = value.clone(),
            (Tree::Map(_), Tree::Map(_)) => fill(place, value),
            (Tree::Text(text), _) if text.is_empty() => *place = value.clone(),
            _ => {}
        }
    }
}

/// An empty map.
pub fn nothing() -> Tree {
    Tree::from(Map::default())
}

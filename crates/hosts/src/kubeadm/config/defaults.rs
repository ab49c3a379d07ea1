//! What kubeadm puts into fields that were not given, and the images of each version.
use super::{API, Config, nothing};
use crate::kubeadm::version::Version;
use objects::{Tree, list, map};

pub const CONTAINERD: &str = "unix:///var/run/containerd/containerd.sock";
pub const CRIO: &str = "unix:///var/run/crio/crio.sock";
pub const DOCKER: &str = "unix:///var/run/cri-dockerd.sock";
pub const REGISTRY: &str = "registry.k8s.io";
pub const PKI: &str = "/etc/kubernetes/pki";
pub const NODE_GROUP: &str = "system:bootstrappers:kubeadm:default-node-token";

/// Names and spans of `timeouts`.
const TIMEOUTS: [(&str, &str); 7] = [
    ("controlPlaneComponentHealthCheck", "4m0s"),
    ("discovery", "5m0s"),
    ("etcdAPICall", "2m0s"),
    ("kubeletHealthCheck", "4m0s"),
    ("kubernetesAPICall", "1m0s"),
    ("tlsBootstrap", "5m0s"),
    ("upgradeManifests", "5m0s"),
];

pub fn timeouts() -> Tree {
    let mut tree = nothing();
    TIMEOUTS.iter().for_each(|(name, span)| tree.set(&[name], *span));
    tree
}

pub fn registration() -> Tree {
    map! {"imagePullPolicy": "IfNotPresent", "imagePullSerial": true}
}

/// A token as `kubeadm init` makes one.
pub fn token() -> Tree {
    map! {"groups": list![NODE_GROUP], "ttl": "24h0m0s", "usages": list!["signing", "authentication"]}
}

pub fn init() -> Tree {
    map! {
        "apiVersion": API, "kind": "InitConfiguration", "localAPIEndpoint": map! {"bindPort": 6443},
        "nodeRegistration": registration(), "timeouts": timeouts(),
    }
}

pub fn join() -> Tree {
    map! {
        "apiVersion": API, "kind": "JoinConfiguration", "caCertPath": "/etc/kubernetes/pki/ca.crt",
        "nodeRegistration": registration(), "timeouts": timeouts(),
    }
}

pub fn reset() -> Tree {
    map! {"apiVersion": API, "kind": "ResetConfiguration", "certificatesDir": PKI, "timeouts": timeouts()}
}

pub fn upgrade() -> Tree {
    let part = || map! {"certificateRenewal": true, "etcdUpgrade": true, "imagePullPolicy": "IfNotPresent", "imagePullSerial": true};
    map! {
        "apiVersion": API, "kind": "UpgradeConfiguration", "apply": part(), "node": part(), "diff": map! {},
        "plan": map! {"etcdUpgrade": true}, "timeouts": timeouts(),
    }
}

/// `external`: whether the user names an etcd outside.
pub fn cluster(external: bool) -> Tree {
    let mut tree = map! {
        "apiServer": nothing(), "apiVersion": API, "caCertificateValidityPeriod": "87600h0m0s", "certificateValidityPeriod": "8760h0m0s",
        "certificatesDir": PKI, "clusterName": "kubernetes", "controllerManager": nothing(), "dns": nothing(),
        "encryptionAlgorithm": "RSA-2048", "etcd": nothing(), "imageRepository": REGISTRY, "kind": "ClusterConfiguration",
        "kubernetesVersion": "stable-1", "networking": map! {"dnsDomain": "cluster.local", "serviceSubnet": "10.96.0.0/12"},
        "proxy": nothing(), "scheduler": nothing(),
    };
    if !external {
        tree.set(&["etcd", "local"], map! {"dataDir": "/var/lib/etcd"});
    }
    tree
}

/// The taint that keeps ordinary Pods away from a control plane.
pub fn control_plane_taint() -> Tree {
    map! {"effect": "NoSchedule", "key": "node-role.kubernetes.io/control-plane"}
}

pub const COREDNS: &str = "v1.14.6";
pub const PAUSE: &str = "3.10.2";

/// etcd's image for a Kubernetes version.
pub fn etcd_tag(version: &str) -> &'static str {
    match Version::read(version) {
        Some(version) if version.minor <= 36 => "3.6.8-0",
        _ => "3.7.0-0",
    }
}

/// The images that a control plane needs, in kubeadm's order. `etcd`: the tag of etcd's.
pub fn images(config: &Config, etcd: &str) -> Vec<String> {
    let (repository, version) = (config.repository(), config.version());
    let programs = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"];
    let mut all: Vec<String> = programs.iter().map(|name| format!("{repository}/{name}:{version}")).collect();
    all.push(dns_image(config));
    all.push(format!("{repository}/pause:{PAUSE}"));
    if config.etcd_folder().is_some() {
        all.push(etcd_image(config, etcd));
    }
    all
}

/// The first of these that says something.
fn or<'a>(given: &'a str, default: &'a str) -> &'a str {
    if given.is_empty() { default } else { given }
}

/// CoreDNS lies one folder deeper in the registry of the project, and only there.
pub fn dns_image(config: &Config) -> String {
    let dns = config.cluster.get("dns");
    let repository = or(dns.get("imageRepository").text(), config.repository());
    let name = if repository == REGISTRY { "coredns/coredns" } else { "coredns" };
    format!("{repository}/{name}:{}", or(dns.get("imageTag").text(), COREDNS))
}

pub fn etcd_image(config: &Config, tag: &str) -> String {
    let local = config.cluster.at(&["etcd", "local"]);
    format!("{}/etcd:{}", or(local.get("imageRepository").text(), config.repository()), or(local.get("imageTag").text(), tag))
}

//! The providers as data: what they call a cluster's endpoint, its nodes and its node pool.
use crate::topology::{LoadBalancer, Machine, Topology, machine};
use kubectl::session::{Config, Context, Login};
use std::collections::BTreeMap;

/// Who runs a hidden control plane. Names and labels are in the style of the provider's own documentation; numbers in them
/// are made up.
#[derive(Debug)]
pub struct Provider {
    /// The name of the preset: `gke`.
    pub id: &'static str,
    /// What people call the service: `GKE`.
    pub name: &'static str,
    /// What kubectl dials, after `https://`.
    pub endpoint: &'static str,
    /// Cluster, user and context of the kubeconfig that the provider's tool writes.
    pub context: &'static str,
    /// The name of the n-th node of the pool, counted from 1.
    pub node: fn(usize) -> String,
    /// What its nodes are labelled with, besides zone and region.
    pub labels: &'static [(&'static str, &'static str)],
    pub region: &'static str,
    /// What stands between the region and a zone's letter or number, and the zones.
    pub zones: [&'static str; 3],
}

/// The presets: one without any provider's style, then the three.
pub static PROVIDERS: [Provider; 4] = [
    Provider {
        id: "managed",
        name: "the provider",
        endpoint: "kubarium.k8s.provider.example",
        context: "kubarium",
        node: |n| format!("node-{n}"),
        labels: &[],
        region: "region-1",
        zones: ["region-1a", "region-1b", "region-1c"],
    },
    Provider {
        id: "gke",
        name: "GKE",
        endpoint: "gke-5f0c6a1e2d3b4c.asia-northeast3.gke.goog",
        context: "gke_kubarium_asia-northeast3_kubarium",
        node: |n| format!("gke-kubarium-default-pool-5f0c6a1e-{}", four(n)),
        labels: &[("cloud.google.com/gke-nodepool", "default-pool")],
        region: "asia-northeast3",
        zones: ["asia-northeast3-a", "asia-northeast3-b", "asia-northeast3-c"],
    },
    Provider {
        id: "eks",
        name: "EKS",
        endpoint: "5F0C6A1E2D3B4C5D6E7F8091A2B3C4D5.gr7.ap-northeast-2.eks.amazonaws.com",
        context: "arn:aws:eks:ap-northeast-2:111122223333:cluster/kubarium",
        node: |n| format!("ip-{}.ap-northeast-2.compute.internal", machine(String::new(), 10 + n).address.replace('.', "-")),
        labels: &[("eks.amazonaws.com/capacityType", "ON_DEMAND"), ("eks.amazonaws.com/nodegroup", "workers")],
        region: "ap-northeast-2",
        zones: ["ap-northeast-2a", "ap-northeast-2b", "ap-northeast-2c"],
    },
    Provider {
        id: "aks",
        name: "AKS",
        endpoint: "kubarium-dns-5f0c6a1e.hcp.koreacentral.azmk8s.io:443",
        context: "kubarium",
        node: |n| format!("aks-nodepool1-25061437-vmss{:06}", n - 1),
        labels: &[("agentpool", "nodepool1"), ("kubernetes.azure.com/agentpool", "nodepool1"), ("kubernetes.azure.com/mode", "system")],
        region: "koreacentral",
        zones: ["koreacentral-1", "koreacentral-2", "koreacentral-3"],
    },
];

/// Four letters and digits that look drawn, another four for each number.
fn four(n: usize) -> String {
    const SIGNS: &[u8; 32] = b"bcdfghjklmnpqrstvwxz0123456789ty";
    let mixed = n * 611_953 % (1 << 20);
    (0..4).map(|at| char::from(SIGNS[mixed >> (5 * at) & 31])).collect()
}

/// The hidden server's name, in faults and among the senders of messages.
pub const HIDDEN: &str = "provider";

/// The version that a managed cluster has until its control plane is upgraded.
const FIRST: &str = "v1.36.5";

impl Provider {
    /// By the name of its preset.
    #[inline(never)]
    pub fn named(id: &str) -> Option<&'static Provider> {
        PROVIDERS.iter().find(|provider| provider.id == id)
    }

    /// All labels of a node in its pool; nodes lie in the zones by turns.
    #[inline(never)]
    pub fn labels_of(&self, place: usize) -> Vec<(&'static str, &'static str)> {
        let zone = self.zones[place % self.zones.len()];
        let mut labels = vec![("topology.kubernetes.io/region", self.region), ("topology.kubernetes.io/zone", zone)];
        labels.extend_from_slice(self.labels);
        labels
    }

    /// The kubeconfig that the provider's own tool writes.
    pub(crate) fn kubeconfig(&self) -> Config {
        let name = || self.context.to_string();
        Config {
            current: name(),
            contexts: BTreeMap::from([(name(), Context { cluster: name(), user: name(), namespace: String::new() })]),
            clusters: BTreeMap::from([(name(), format!("https://{}", self.endpoint))]),
            users: BTreeMap::from([(name(), Login::given())]),
            home: format!("https://{}", self.endpoint),
        }
    }
}

impl Topology {
    /// A cluster of `workers` nodes of your own whose control plane a provider runs: one hidden server outside of the nodes'
    /// network, a cloud's load balancers, one minor version behind the newest.
    pub fn managed(provider: &'static Provider, workers: usize) -> Topology {
        let hidden = Machine { address: "172.16.0.2".to_string(), ..machine(HIDDEN.to_string(), 0) };
        Topology {
            workers: (1..=workers).map(|n| machine((provider.node)(n), 10 + n)).collect(),
            control_planes: vec![hidden],
            endpoint: Some(provider.endpoint.to_string()),
            load_balancer: Some(LoadBalancer::Cloud),
            gateway_api: false,
            managed: Some(provider),
            version: FIRST.to_string(),
            ..Topology::kubeadm(0)
        }
    }
}

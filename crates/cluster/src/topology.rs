//! Presets of clusters: how many hosts, what they have, how their addresses are given.
use objects::{Text, Tree};

/// A cluster to boot.
#[derive(Clone, Debug)]
pub struct Topology {
    pub workers: Vec<Machine>,
    pub control_plane: Machine,
    /// Whether the control plane's parts show as static Pods in kube-system, as kubeadm sets them up.
    pub static_pods: bool,
    /// How the nodes' Pod networks are cut: the recordings gave every node a /16.
    pub wide_pod_networks: bool,
    /// Images as data, parsed.
    pub images: Vec<Tree>,
}

/// One server.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    pub name: String,
    pub address: String,
    pub cpu_cores: u32,
    pub memory_gib: u32,
    pub pods: u32,
}

impl Topology {
    /// One control plane and `workers` workers of 4 cores and 8 GiB, as kubeadm leaves them.
    pub fn kubeadm(workers: usize) -> Topology {
        let machine = |name: String, last: usize| Machine {
            name,
            address: format!("192.168.{}.{}", 100 + last / 250, last % 250 + 1),
            cpu_cores: 4,
            memory_gib: 8,
            pods: 110,
        };
        Topology {
            workers: (1..=workers).map(|n| machine(format!("worker-{n}"), 10 + n)).collect(),
            control_plane: machine("control-plane".to_string(), 10),
            static_pods: true,
            wide_pod_networks: false,
            images: crate::images::all(),
        }
    }

    /// The cluster that the recordings were made on: no system Pods.
    pub fn recorded() -> Topology {
        Topology { static_pods: false, wide_pod_networks: true, ..Topology::kubeadm(3) }
    }

    /// The Pod network of the host at `place` (0 is the control plane), as its node's `spec.podCIDR`.
    pub fn pod_cidr(&self, place: usize) -> Text {
        if self.wide_pod_networks {
            let workers = self.workers.len();
            return Text::from(format!("10.{}.0.0/16", 240 + (place + workers) % (workers + 1)));
        }
        Text::from(format!("10.244.{place}.0/24"))
    }

    /// By the name that a lesson gives: `kubeadm`.
    pub fn preset(name: &str, workers: usize) -> Option<Topology> {
        match name {
            "kubeadm" => Some(Topology::kubeadm(workers)),
            "recorded" => Some(Topology::recorded()),
            _ => None,
        }
    }
}

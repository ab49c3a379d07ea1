//! Presets of clusters: how many hosts, what they have, how their addresses are given.
use objects::Tree;

/// A cluster to boot.
#[derive(Clone, Debug)]
pub struct Topology {
    pub workers: Vec<Machine>,
    pub control_plane: Machine,
    /// Whether the control plane's parts show as static Pods in kube-system, as kubeadm sets them up.
    pub static_pods: bool,
    /// Images as data, parsed.
    pub images: Vec<Tree>,
}

/// One server.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    pub name: String,
    pub address: String,
    pub cpu_milli: u64,
    pub memory_bytes: u64,
    pub pods: u32,
}

const GIB: u64 = 1 << 30;

impl Topology {
    /// One control plane and `workers` workers of 4 cores and 8 GiB, as kubeadm leaves them.
    pub fn kubeadm(workers: usize) -> Topology {
        let machine = |name: String, last: usize| Machine {
            name,
            address: format!("192.168.{}.{}", 100 + last / 250, last % 250 + 1),
            cpu_milli: 4000,
            memory_bytes: 8 * GIB,
            pods: 110,
        };
        Topology {
            workers: (1..=workers).map(|n| machine(format!("worker-{n}"), 10 + n)).collect(),
            control_plane: machine("control-plane".to_string(), 10),
            static_pods: true,
            images: crate::images::all(),
        }
    }

    /// The cluster that the recordings were made on: no system Pods.
    pub fn recorded() -> Topology {
        Topology { static_pods: false, ..Topology::kubeadm(3) }
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

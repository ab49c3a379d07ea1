//! Presets of clusters: how many hosts, what they have, how their addresses are given.
use crate::managed::Provider;
use controlplane::controllers;
use controlplane::harness::Controller;
use dataplane::network::{Cidr, Config, Mode, Plugin};
use objects::{Text, Tree};
use simcore::{Duration, Time};

/// The version that presets have.
pub(crate) const VERSION: &str = "v1.37.2";
/// Where Pods have their addresses: what kubeadm was told.
pub(crate) const POD_SUBNET: &str = "10.244.0.0/16";

/// A cluster to boot.
#[derive(Clone, Debug)]
pub struct Topology {
    pub workers: Vec<Machine>,
    /// Each runs kube-apiserver, etcd, kube-scheduler and kube-controller-manager.
    pub control_planes: Vec<Machine>,
    /// The virtual address that clients of several control planes dial; `None` where they dial the only one. Before bare
    /// servers it is a load balancer's for port 6443 of all of them, also called `cluster-endpoint`.
    pub endpoint: Option<String>,
    /// Whether the control plane's parts show as static Pods in kube-system, as kubeadm sets them up.
    pub static_pods: bool,
    /// How the nodes' Pod networks are cut: the recordings gave every node a /16 before its registration.
    pub wide_pod_networks: bool,
    /// What the control plane's processes call their server in leases and Events, if not by its node's name.
    pub control_host: Option<String>,
    /// When the kube-controller-manager starts, counted from power on.
    pub controllers_start: Duration,
    /// Whether the Gateway API is installed, as many distributions have it.
    pub gateway_api: bool,
    /// Who gives Services of type LoadBalancer their addresses; nobody on bare machines.
    pub load_balancer: Option<LoadBalancer>,
    /// Whether CoreDNS is installed, as kubeadm does.
    pub coredns: bool,
    /// Whether a controller for the Gateway API is installed, with a class `kubarium` and node ports 31080 and 31443.
    pub gateway_controller: bool,
    /// Whether an ingress controller is installed, with an IngressClass `nginx` and node ports 32080 and 32443.
    pub ingress_controller: bool,
    /// The network plugin that every node has from the start.
    pub network: Plugin,
    /// kube-proxy's `--proxy-mode`.
    pub proxy: Mode,
    /// Servers without a cluster, which `workers` names; `true`: the steps before `kubeadm init` were done on them.
    pub bare: Option<bool>,
    /// Lines typed on the bare servers before the world is handed over: the server's place, and the line.
    pub installs: Vec<(usize, String)>,
    /// Who runs the control plane out of reach, if not the learner.
    pub managed: Option<&'static Provider>,
    /// The version of the packages on prepared bare servers, and of everything where a provider runs the control plane:
    /// `v1.37.2`.
    pub version: String,
    /// Images as data, parsed.
    pub images: Vec<Tree>,
    /// When the machines get power.
    pub power_on: Time,
}

/// What gives load balancers their addresses. Each is a process of its own beside the control plane.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum LoadBalancer {
    /// A cloud's, from 203.0.113.0/24, after two seconds.
    Cloud,
    /// MetalLB with a pool on the nodes' network.
    MetalLb,
    /// K3s's ServiceLB: the nodes' own addresses.
    ServiceLb,
}

impl LoadBalancer {
    /// The process and the controllers in it.
    pub fn process(self) -> (&'static str, &'static [&'static Controller]) {
        match self {
            LoadBalancer::Cloud => ("cloud-controller-manager", controllers::CLOUD),
            LoadBalancer::MetalLb => ("metallb-controller", controllers::METAL_LB),
            LoadBalancer::ServiceLb => ("k3s-cloud-controller-manager", controllers::SERVICE_LB),
        }
    }
}

/// One server.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    pub name: String,
    pub address: String,
    pub cpu_cores: u32,
    pub memory_gib: u32,
    pub pods: u32,
    /// `amd64`, `arm64`
    pub arch: String,
    /// Whether the steps before `kubeadm init` were done on it, also where `Topology::bare` says that they were not.
    pub prepared: bool,
}

impl Topology {
    /// One control plane and `workers` workers of 4 cores and 8 GiB, as kubeadm leaves them.
    pub fn kubeadm(workers: usize) -> Topology {
        Topology {
            workers: (1..=workers).map(|n| machine(format!("worker-{n}"), 10 + n)).collect(),
            control_planes: vec![machine("control-plane".to_string(), 10)],
            endpoint: None,
            static_pods: true,
            wide_pod_networks: false,
            control_host: None,
            controllers_start: Duration::millis(900),
            gateway_api: true,
            load_balancer: None,
            coredns: true,
            gateway_controller: false,
            ingress_controller: false,
            network: Plugin::Calico,
            proxy: Mode::Iptables,
            bare: None,
            installs: Vec::new(),
            managed: None,
            version: VERSION.to_string(),
            images: crate::images::all(),
            power_on: Time::START,
        }
    }

    /// Servers node-1 to node-N of 4 cores and 8 GiB without a cluster: fresh from Debian's installer, or with containerd,
    /// kubelet, kubeadm and kubectl on them, swap off and forwarding on.
    pub fn bare(servers: usize, prepared: bool) -> Topology {
        Topology {
            workers: (1..=servers).map(|n| machine(format!("node-{n}"), 9 + n)).collect(),
            control_planes: Vec::new(),
            bare: Some(prepared),
            endpoint: Some("192.168.100.10".to_string()),
            network: Plugin::None,
            coredns: false,
            ..Topology::kubeadm(0)
        }
    }

    /// Bare servers, and beside them a board edge-1 as it stands at a machine or in a shop: one arm64 core and one gibibyte
    /// of memory, with all that kubeadm needs on it.
    pub fn bare_edge(servers: usize) -> Topology {
        let mut topology = Topology::bare(servers, false);
        let board = machine("edge-1".to_string(), 30);
        topology.workers.push(Machine { cpu_cores: 1, memory_gib: 1, arch: "arm64".to_string(), prepared: true, ..board });
        topology
    }

    /// `servers` K3s servers, more than one of them with embedded etcd, and `agents` agents: what the installer's lines leave.
    pub fn k3s(servers: usize, agents: usize) -> Topology {
        const GET: &str = "curl -sfL https://get.k3s.io | K3S_TOKEN=kubarium";
        let mut all: Vec<Machine> = (1..=servers).map(|n| machine(format!("server-{n}"), 9 + n)).collect();
        all.extend((1..=agents).map(|n| machine(format!("agent-{n}"), 20 + n)));
        let url = format!("https://{}:6443", all[0].address);
        let line = |place: usize| match place {
            0 if servers > 1 => format!("{GET} sh -s - --cluster-init"),
            0 => format!("{GET} sh -"),
            place if place < servers => format!("{GET} sh -s - server --server {url}"),
            _ => format!("{GET} K3S_URL={url} sh -"),
        };
        let installs = (0..all.len()).map(|place| (place, line(place))).collect();
        Topology { workers: all, installs, ..Topology::bare(0, false) }
    }

    /// Three control planes with stacked etcd behind a virtual address, and `workers` workers.
    pub fn kubeadm_ha(workers: usize) -> Topology {
        Topology {
            control_planes: (1..=3).map(|n| machine(format!("control-plane-{n}"), 9 + n)).collect(),
            workers: (1..=workers).map(|n| machine(format!("worker-{n}"), 20 + n)).collect(),
            endpoint: Some("192.168.100.10".to_string()),
            ..Topology::kubeadm(0)
        }
    }

    /// A process's name in the cluster: with several control planes its host's stands behind it.
    pub(crate) fn process_id(&self, process: &str, machine: &Machine) -> String {
        if self.control_planes.len() > 1 { format!("{process}/{}", machine.name) } else { process.to_string() }
    }

    /// The cluster that the recordings were made on: no system Pods, its control plane on a server called `vm`, its
    /// controllers started when the nodes were ready already.
    pub fn recorded() -> Topology {
        let (control_host, controllers_start) = (Some("vm".to_string()), Duration::secs(5));
        Topology {
            static_pods: false,
            coredns: false,
            wide_pod_networks: true,
            control_host,
            controllers_start,
            gateway_api: false,
            ..Topology::kubeadm(3)
        }
    }

    /// The Pod network that the host at `place` (control planes first) has from the start; otherwise the node IPAM
    /// controller gives its node one.
    pub fn pod_cidr(&self, place: usize) -> Option<Text> {
        let (workers, hosts) = (self.workers.len(), self.workers.len() + self.control_planes.len());
        self.wide_pod_networks.then(|| Text::from(format!("10.{}.0.0/16", 240 + (place + workers) % hosts)))
    }

    /// kube-proxy's command line: as kubeadm writes it, and for the recordings' wider Pod networks as they had it.
    pub fn kube_proxy(&self) -> Config {
        let cluster_cidr = Cidr::parse(if self.wide_pod_networks { "10.240.0.0/12" } else { POD_SUBNET });
        let usual = Config::default();
        Config { cluster_cidr: cluster_cidr.unwrap_or(usual.cluster_cidr), mode: self.proxy, ..usual }
    }

    /// By the name that a lesson gives: `kubeadm`; with three control planes; K3s with one server or three; bare servers, also
    /// with a small board beside them; with a cloud that hands out load balancers;
    /// with a gateway controller, an ingress controller or both; with a network plugin that enforces no NetworkPolicies,
    /// as Flannel; as the recordings were made; with a control plane that a provider runs (`managed`, `gke`, `eks`, `aks`).
    pub fn preset(name: &str, workers: usize) -> Option<Topology> {
        match name {
            "kubeadm" => Some(Topology::kubeadm(workers)),
            "kubeadm-ha" => Some(Topology::kubeadm_ha(workers)),
            "k3s" => Some(Topology::k3s(1, workers)),
            "k3s-ha" => Some(Topology::k3s(3, workers)),
            "bare" => Some(Topology::bare(workers, false)),
            "bare-edge" => Some(Topology::bare_edge(workers)),
            "bare-prepared" => Some(Topology::bare(workers, true)),
            "kubeadm-cloud" => Some(Topology { load_balancer: Some(LoadBalancer::Cloud), ..Topology::kubeadm(workers) }),
            "kubeadm-gateway" => Some(Topology { gateway_controller: true, ..Topology::kubeadm(workers) }),
            "kubeadm-flannel" => Some(Topology { network: Plugin::Flannel, ..Topology::kubeadm(workers) }),
            "kubeadm-ingress" => Some(Topology { ingress_controller: true, ..Topology::kubeadm(workers) }),
            "kubeadm-edge" => Some(Topology { ingress_controller: true, gateway_controller: true, ..Topology::kubeadm(workers) }),
            "recorded" => Some(Topology::recorded()),
            _ => Provider::named(name).map(|provider| Topology::managed(provider, workers)),
        }
    }
}

/// A server of 4 cores and 8 GiB; `last` counts its address.
pub(crate) fn machine(name: String, last: usize) -> Machine {
    Machine {
        name,
        address: format!("192.168.{}.{}", 100 + last / 250, last % 250 + 1),
        cpu_cores: 4,
        memory_gib: 8,
        pods: 110,
        arch: "amd64".to_string(),
        prepared: false,
    }
}

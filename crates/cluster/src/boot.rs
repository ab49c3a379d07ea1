//! Boots a topology: what kube-apiserver makes for itself, and when each process starts.
use crate::addons::{self, GATEWAY_CONTROLLER, INGRESS_CONTROLLER};
use crate::endpoint::ApiServerProcess;
use crate::event::Event;
use crate::members::EtcdNode;
use crate::part::{Actor, Part, Restarts};
use crate::topology::{Machine, POD_SUBNET, Topology, VERSION};
use crate::traffic::fabric::{ip, name_server};
use crate::world::{Host, World};
use ::hosts::kubeadm;
use controlplane::controllers;
use controlplane::harness::ControllerManager;
use controlplane::scheduler::Scheduler;
use dataplane::host::{Host as Machinery, Role};
use dataplane::images::Catalog;
use dataplane::kubelet::{Config, Kubelet};
use dataplane::network::dns::NodeDns;
use dataplane::network::{KubeProxy, MTU};
use objects::wire::{Request, Verb};
use objects::{KindId, Text, Tree, kinds, list, map};
use simcore::Duration;
use std::sync::Arc;

impl World {
    /// A world in which all machines have just got power.
    pub fn boot(topology: &Topology, seed: u64, files: Vec<(String, String)>) -> World {
        let mut world = World::empty(topology.power_on, seed, files);
        world.api.gateway_api = topology.gateway_api;
        if let Some(prepared) = topology.bare {
            return world.power_bare(topology, prepared).install_lines(&topology.installs);
        }
        if let Some(provider) = topology.managed {
            world.hand_over(provider, topology);
        }
        let addresses: Vec<&str> = topology.control_planes.iter().map(|machine| machine.address.as_str()).collect();
        world.bootstrap_objects(&addresses);
        if topology.static_pods {
            world.install_kube_proxy(topology);
            world.install_plugin(topology.network);
        }
        if topology.coredns {
            world.install_coredns();
        }
        if topology.gateway_controller {
            world.install_all(GATEWAY_CONTROLLER);
        }
        if topology.ingress_controller {
            world.install_all(INGRESS_CONTROLLER);
        }
        let catalog = Arc::new(Catalog::new(&topology.images));
        Arc::make_mut(&mut world.fleet).catalog = catalog.clone();
        world.endpoint = topology.endpoint.as_deref().map(Text::new);
        for machine in &topology.control_planes {
            world.add_control_plane(topology, machine, &catalog, seed);
        }
        for machine in &topology.workers {
            world.add_host(topology, machine, &catalog, seed, Role::Worker);
        }
        world.form_etcd(topology);
        if topology.static_pods && topology.managed.is_none() {
            world.show_manifests(topology);
        }
        world.count_enforcing();
        world
    }

    /// Servers without a cluster: kubelets and kube-proxies have their places, but nothing runs.
    fn power_bare(mut self, topology: &Topology, prepared: bool) -> World {
        let catalog = Arc::new(Catalog::new(&topology.images));
        let fleet = Arc::make_mut(&mut self.fleet);
        (fleet.catalog, fleet.bare) = (catalog.clone(), Some(prepared));
        fleet.version = Text::new(&topology.version);
        fleet.balancer = topology.endpoint.as_deref().map(Text::new);
        for machine in &topology.workers {
            if machine.prepared {
                let place = self.hosts.len();
                Arc::make_mut(&mut self.fleet).prepared.insert(place);
            }
            self.add_host(topology, machine, &catalog, self.seed, Role::Worker);
        }
        self.count_enforcing();
        self
    }

    /// The kubelets of a control plane read the manifests that kubeadm has left on their servers.
    fn show_manifests(&mut self, topology: &Topology) {
        let members: Vec<(&str, &str)> = topology.control_planes.iter().map(|one| (one.name.as_str(), one.address.as_str())).collect();
        for (place, (name, address)) in members.iter().enumerate() {
            let version = self.fleet.version.clone();
            let server = kubeadm::Server { name, address, version: &version, pod_subnet: POD_SUBNET, members: &members[..=place] };
            let all = kubeadm::static_pods(&server);
            if let Some(kubelet) = self.kubelet_at(place) {
                all.into_iter().for_each(|(part, pod)| kubelet.host.came_with(part, pod));
            }
        }
    }

    /// A machine with the four processes of a control plane.
    fn add_control_plane(&mut self, topology: &Topology, machine: &Machine, catalog: &Arc<Catalog>, seed: u64) {
        let (host, called) = (self.hosts.len(), Text::new(topology.control_host.as_ref().unwrap_or(&machine.name)));
        let id = |process: &str| topology.process_id(process, machine);
        self.apiservers.push(ApiServerProcess {
            id: id("kube-apiserver").into(),
            host,
            running: true,
            waits: false,
            begun: topology.power_on,
            restarts: Restarts::default(),
            slow: Duration::ZERO,
            cut: false,
            offered: true,
            listed: true,
            renews: topology.power_on,
            identity: Text::default(),
            version: topology.managed.map(|_| Text::new(&topology.version)).unwrap_or_default(),
        });
        self.begin_identity(self.apiservers.len() - 1);
        self.add_host(topology, machine, catalog, seed, Role::ControlPlane);
        // Machines do not start at the very same instant.
        let after = |millis: u64| Duration::millis(millis + 150 * host as u64);
        let manager = ControllerManager::new(seed, &called, controllers::ALL);
        let start = topology.controllers_start + after(0);
        self.add_part(&id("kube-controller-manager"), host, Actor::Manager(Box::new(manager)), start);
        self.add_part(&id("kube-scheduler"), host, Actor::Scheduler(Box::new(Scheduler::new(seed, &called))), after(1_100));
        if let Some((name, table)) = topology.load_balancer.map(|balancer| balancer.process()) {
            let manager = ControllerManager::named(name, seed, &called, table);
            self.add_part(&id(name), host, Actor::Manager(Box::new(manager)), start + Duration::millis(300));
        }
    }

    fn add_host(&mut self, topology: &Topology, machine: &Machine, catalog: &Arc<Catalog>, seed: u64, role: Role) {
        let place = self.hosts.len();
        let control_plane = role == Role::ControlPlane;
        let name = Text::new(&machine.name);
        let address = Text::new(&machine.address);
        let number = machine.address.parse::<std::net::Ipv4Addr>().map_or(0, u32::from);
        let (kubelet, proxy) = (self.parts.len(), self.parts.len() + 1);
        self.hosts.push(Host {
            name: name.clone(),
            address,
            control_plane,
            powered: true,
            connected: true,
            mtu: MTU,
            policed: false,
            number,
            kubelet,
            proxy,
        });
        let after = Duration::millis(1_300 + 120 * (place as u64 % 20));
        let host = Machinery {
            cpu_cores: machine.cpu_cores,
            memory_gib: machine.memory_gib,
            pods_max: machine.pods,
            arch: Text::new(&machine.arch),
            kubelet_version: Text::new(if topology.managed.is_some() { &topology.version } else { VERSION }),
            ..Machinery::new(name.clone(), machine.address.as_str(), role)
        };
        let taint = map! {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"};
        let config = Config {
            max_pods: 0,
            seed,
            taints: if control_plane { vec![taint] } else { Vec::new() },
            pod_cidr: topology.pod_cidr(place),
            mirrors: topology.static_pods && (control_plane || topology.bare.is_some()),
            labels: topology.managed.map(|provider| provider.labels_of(place)).unwrap_or_default(),
            dns: NodeDns { node_file: Some(Text::from(format!("nameserver {}\n", ip(name_server(number))))), ..NodeDns::default() },
            network: topology.network,
            images: if topology.static_pods { addons::node_images(topology.network) } else { Vec::new() },
        };
        let kubelet = Kubelet::new(host, catalog.clone(), config);
        Arc::make_mut(&mut self.routes).insert(number, (number, place as u16));
        self.kubelets.insert(name.clone(), self.parts.len());
        match self.is_hidden(place) {
            // A provider's machines are no nodes of the cluster.
            true => self.parts.push(Arc::new(Part::new(format!("kubelet/{name}"), place, Actor::Kubelet(Box::new(kubelet))))),
            false => self.add_part(&format!("kubelet/{name}"), place, Actor::Kubelet(Box::new(kubelet)), after),
        }
        let proxy = KubeProxy::new(name.clone(), seed).with(topology.kube_proxy());
        let mut part = Part::new(format!("kube-proxy/{name}"), place, Actor::Proxy(Box::new(proxy)));
        part.server = place % self.apiservers.len().max(1);
        if topology.static_pods {
            // It starts with the container of its DaemonSet's Pod.
            self.parts.push(Arc::new(part));
        } else {
            self.queue.push(self.now + after + Duration::millis(400), Event::Start(self.parts.len()));
            self.parts.push(Arc::new(part));
        }
    }

    /// A member of etcd on each control plane; they have found each other before the world began.
    fn form_etcd(&mut self, topology: &Topology) {
        let (now, revision) = (self.now, self.api.store.tail().revision());
        let member = |(host, machine): (usize, &Machine)| {
            EtcdNode::new(0, &topology.process_id("etcd", machine), &machine.name, &machine.address, host)
        };
        self.etcd.form(topology.control_planes.iter().enumerate().map(member).collect(), now, revision);
        let count = self.etcd.nodes.len();
        if count > 1 {
            self.api.store.keep_each(true);
            (0..count).for_each(|place| self.give(place, etcd::member::Input::Wake));
        }
    }

    fn add_part(&mut self, id: &str, host: usize, actor: Actor, after: Duration) {
        if self.fleet.bare.is_none() {
            self.queue.push(self.now + after, Event::Start(self.parts.len()));
        }
        let mut part = Part::new(id, host, actor);
        part.server = host % self.apiservers.len().max(1);
        self.parts.push(Arc::new(part));
    }

    /// What a fresh kube-apiserver writes: its namespaces, the system priority classes, its own Service with an endpoint
    /// for each kube-apiserver.
    pub(crate) fn bootstrap_objects(&mut self, addresses: &[&str]) {
        for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
            self.bootstrap(kinds::NAMESPACE, "", map! {"metadata": map! {"name": name}});
        }
        for (name, value, words) in [
            (
                "system-cluster-critical",
                2_000_000_000,
                "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
            ),
            ("system-node-critical", 2_000_001_000, "Used for system critical pods that must not be moved from their current node."),
        ] {
            self.bootstrap(kinds::PRIORITY_CLASS, "", map! {"metadata": map! {"name": name}, "value": value, "description": words});
        }
        self.bootstrap_service_range();
        let target = self.api_port();
        let port = map! {"name": "https", "port": 443, "protocol": "TCP", "targetPort": i64::from(target)};
        let labels = map! {"component": "apiserver", "provider": "kubernetes"};
        let service = map! {
            "metadata": map! {"name": "kubernetes", "namespace": "default", "labels": labels},
            "spec": map! {"clusterIP": self.api.service_range.at(1), "type": "ClusterIP", "sessionAffinity": "None", "ports": list![port]},
        };
        self.bootstrap(kinds::SERVICE, "default", service);
        let (endpoints, slice) = kubernetes_endpoints(addresses, target);
        self.bootstrap(kinds::ENDPOINTS, "default", endpoints);
        self.bootstrap(kinds::ENDPOINT_SLICE, "default", slice);
        self.api.store.begin_sync();
        self.api.store.end_sync();
    }

    /// The range that Services get their addresses from, as kube-apiserver writes it; ready, as its controller finds it.
    fn bootstrap_service_range(&mut self) {
        let condition = map! {
            "type": "Ready", "status": "True", "reason": "", "message": "Kubernetes Service CIDR is ready",
            "lastTransitionTime": self.now.rfc3339(),
        };
        let finalizers = list!["networking.k8s.io/service-cidr-finalizer"];
        let mut range = map! {
            "metadata": map! {"name": "kubernetes", "finalizers": finalizers}, "spec": map! {"cidrs": list![self.api.service_range.written()]},
        };
        self.bootstrap(kinds::SERVICE_CIDR, "", range.clone());
        range.set(&["status"], map! {"conditions": list![condition]});
        let mut request = Request::about(Verb::Update, kinds::SERVICE_CIDR, "", "kubernetes").body(range).subresource("status");
        request.origin.actor = Text::new_static("service-cidrs-controller");
        let now = self.now;
        self.api.handle(now, &request);
    }

    fn bootstrap(&mut self, kind: KindId, namespace: &'static str, mut object: Tree) {
        object.set(&["apiVersion"], kind.row().api_version());
        object.set(&["kind"], kind.row().kind);
        let mut request = Request::about(Verb::Create, kind, namespace, "").body(object);
        request.user.name = Text::new_static("system:apiserver");
        request.user.groups = vec![Text::new_static("system:masters")];
        request.origin.actor = Text::new_static("kube-apiserver");
        let now = self.now;
        self.api.handle(now, &request);
    }
}

/// Endpoints and EndpointSlice of the Service `kubernetes`: the kube-apiservers that serve.
pub(crate) fn kubernetes_endpoints(addresses: &[&str], port: u16) -> (Tree, Tree) {
    let port = || map! {"name": "https", "port": i64::from(port), "protocol": "TCP"};
    let labels = map! {"endpointslice.kubernetes.io/skip-mirror": "true"};
    let ips: Vec<Tree> = addresses.iter().map(|address| map! {"ip": *address}).collect();
    let subset = map! {"addresses": ips, "ports": list![port()]};
    let endpoints = map! {"metadata": map! {"name": "kubernetes", "namespace": "default", "labels": labels}, "subsets": list![subset]};
    let labels = map! {"kubernetes.io/service-name": "kubernetes"};
    let endpoint = |address: &&str| map! {"addresses": list![*address], "conditions": map! {"ready": true}};
    let all: Vec<Tree> = addresses.iter().map(endpoint).collect();
    let slice = map! {
        "metadata": map! {"name": "kubernetes", "namespace": "default", "labels": labels}, "addressType": "IPv4",
        "endpoints": all, "ports": list![port()],
    };
    (endpoints, slice)
}

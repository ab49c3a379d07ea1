//! How processes on bare servers make a cluster: the first kube-apiserver, the other parts, the kubelet's bootstrap.
use super::fleet::Due;
use super::processes;
use super::tokens;
use crate::endpoint::ApiServerProcess;
use crate::event::Event;
use crate::part::{Actor, Part, Restarts};
use crate::world::World;
use ::hosts::Machine;
use ::hosts::machine::kubelet;
use apiserver::ServiceRange;
use controlplane::controllers;
use controlplane::harness::ControllerManager;
use controlplane::scheduler::Scheduler;
use objects::{Text, kinds};
use simcore::Duration;
use std::sync::Arc;

/// From the start of the kubelet's service until it acts.
const START: Duration = Duration::secs(1);
/// How soon a kubelet without credentials asks again.
const AGAIN: Duration = Duration::secs(1);
const CREDENTIALS: &str = "/etc/kubernetes/kubelet.conf";
const BOOTSTRAP: &str = "/etc/kubernetes/bootstrap-kubelet.conf";

impl World {
    /// The kubelet's service runs: with credentials it begins its work, with a token it asks for them first.
    pub(super) fn kubelet_begins(&mut self, host: usize) {
        self.kubelet_reads(host);
        let mut machine = self.machine(host);
        let files = &machine.files;
        if files.exists(CREDENTIALS) || !files.exists(BOOTSTRAP) {
            processes::keep_credentials(&mut machine);
            self.fleet_mut().machines.insert(host, machine);
            self.plan(host, START, Due::Begins);
        } else {
            self.plan(host, START, Due::Bootstrap);
        }
    }

    /// Some moment after its service's start; it may have been stopped meanwhile.
    pub(super) fn kubelet_acts(&mut self, host: usize) {
        if self.machine(host).unit("kubelet").is_some_and(|unit| unit.pid != 0) {
            self.queue.push(self.now, Event::Start(self.hosts[host].kubelet));
        }
    }

    /// The kubelet goes by its configuration as it is now.
    fn kubelet_reads(&mut self, host: usize) {
        let mut machine = self.machine(host);
        let Some(text) = machine.files.read(kubelet::CONFIG) else { return };
        let Ok(read) = kubelet::reads(&text) else { return };
        if let Some(why) = &read.lenient {
            let pid = machine.unit("kubelet").map_or(0, |unit| unit.pid);
            let words = format!("\"Using lenient decoding as strict decoding failed\" err={why:?}");
            machine.klog(self.now, "kubelet", ("kubelet", pid), 'I', "codec.go:106", &words);
            self.fleet_mut().machines.insert(host, machine);
        }
        if let Some(kubelet) = self.kubelet_at(host) {
            kubelet.configure(read.max_pods, read.cluster_dns, &read.cluster_domain);
        }
    }

    /// The kubelet that starts is the one that is installed.
    pub(super) fn kubelet_is(&mut self, host: usize) {
        let Some(version) = self.machine(host).program("kubelet") else { return };
        let id = self.hosts[host].kubelet;
        if let Some(kubelet) = Arc::make_mut(&mut self.parts[id]).kubelet_mut() {
            kubelet.host.kubelet_version = Text::new(version);
        }
    }

    /// The kubelet asks for a certificate with its bootstrap token.
    pub(super) fn bootstrap_kubelet(&mut self, host: usize) {
        let mut machine = self.machine(host);
        let runs = machine.unit("kubelet").is_some_and(|unit| unit.pid != 0);
        let Some(text) = machine.files.read(BOOTSTRAP).filter(|_| runs && !machine.files.exists(CREDENTIALS)) else { return };
        let tree = objects::yaml::read(&text).ok().and_then(|all| all.into_iter().next()).map(|one| one.tree).unwrap_or_default();
        let first = |list: &str| tree.get(list).items().first().cloned().unwrap_or_default();
        let server = first("clusters").at(&["cluster", "server"]).text().to_string();
        let token = first("users").at(&["user", "token"]).text().to_string();
        let known = self.server_at(host, &server).is_ok() && tokens::knows(self.api.store.applied(), self.now, &token);
        if !known {
            return self.plan(host, AGAIN, Due::Bootstrap);
        }
        processes::bootstrap(&mut machine, self.now);
        self.fleet_mut().machines.insert(host, machine);
        self.queue.push(self.now, Event::Start(self.hosts[host].kubelet));
    }

    /// The process of a static Pod has a place among the world's parts; a first kube-apiserver finds an empty store.
    pub(super) fn found_component(&mut self, host: usize, name: &str) {
        let id = self.process_id(host, name);
        match name {
            // The first is a cluster of its own; the others were added to it before they start.
            "etcd" if self.etcd.nodes.is_empty() => self.found_etcd(&id, host),
            "kube-apiserver" => {
                if !self.apiservers.iter().any(|server| server.host == host) {
                    self.found_server(id, host);
                }
                // A new cluster, or one whose data are gone.
                if self.api.store.applied().find(kinds::NAMESPACE, "", "kube-system").is_none() {
                    let address = self.hosts[host].address.clone();
                    self.api.service_range = self.service_range(host);
                    self.bootstrap_objects(&[address.as_str()]);
                }
            }
            "kube-controller-manager" | "kube-scheduler" if !self.parts.iter().any(|part| part.host == host && part.process() == name) => {
                let called = self.hosts[host].name.clone();
                let actor = match name {
                    "kube-scheduler" => Actor::Scheduler(Box::new(Scheduler::new(self.seed, &called))),
                    _ => Actor::Manager(Box::new(ControllerManager::new(self.seed, &called, controllers::ALL))),
                };
                self.parts.push(Arc::new(Part::new(id, host, actor)));
            }
            _ => {}
        }
    }

    /// The range of cluster addresses that a server's first kube-apiserver was told.
    fn service_range(&mut self, host: usize) -> ServiceRange {
        let machine = self.machine(host);
        let said = match &machine.k3s {
            Some(k3s) => k3s.service_cidr.to_string(),
            None => processes::argument(&machine, "kube-apiserver", "--service-cluster-ip-range"),
        };
        ServiceRange::parse(&said).unwrap_or_default()
    }

    /// A kube-apiserver's first start on a server.
    fn found_server(&mut self, id: Text, host: usize) {
        let first = self.apiservers.is_empty();
        if first {
            self.endpoint = self.dialled(host);
        }
        let (slow, version) = (Duration::ZERO, Text::default());
        let (renews, identity) = (self.now, Text::default());
        let (offered, listed, running, waits) = (first, first, false, false);
        let (begun, restarts) = (self.now, Restarts::default());
        self.apiservers.push(ApiServerProcess {
            id,
            host,
            running,
            waits,
            begun,
            restarts,
            offered,
            listed,
            slow,
            cut: false,
            renews,
            identity,
            version,
        });
        self.hosts[host].control_plane = true;
    }

    /// The first of its kind has the plain name; behind those of further control planes stands their host.
    pub(super) fn process_id(&self, host: usize, name: &str) -> Text {
        let parts = self.parts.iter().map(|part| &part.id);
        let processes = self.apiservers.iter().map(|server| &server.id).chain(self.etcd.nodes.iter().map(|node| &node.component));
        let taken = parts.chain(processes).any(|id| id == name);
        if taken { Text::from(format!("{name}/{}", self.hosts[host].name)) } else { Text::new(name) }
    }

    /// A server that nothing was installed on, or on which the steps before `kubeadm init` were done.
    pub(super) fn bare_machine(&self, host: usize, prepared: bool) -> Machine {
        let Some(kubelet) = self.kubelet_of(host) else { return self.prepared(host) };
        if prepared || self.fleet.prepared.contains(&host) {
            let mut machine = self.prepared(host);
            machine.add_services(self.now);
            return machine;
        }
        let mut machine = Machine::debian12(&self.hosts[host].name, &self.hosts[host].address, self.seed, self.power_on);
        super::made::furnish(&mut machine, kubelet);
        machine
    }
}

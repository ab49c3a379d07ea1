//! A preset's server as kubeadm has left it, made when somebody first looks at it by running kubeadm once more, in the past.
use super::past::Past;
use super::processes;
use crate::topology::POD_SUBNET;
use crate::world::World;
use ::hosts::Machine;
use ::hosts::run::Login;
use dataplane::kubelet::Kubelet;
use objects::{Text, kinds};
use simcore::Time;
use std::sync::Arc;

/// What `upgrade`, `join` and `reset` read.
const UPLOADED: [&str; 3] = ["kubeadm-config", "kubelet-config", "cluster-info"];
/// What a provider's node joined before its files named the endpoint.
const JOINED: &str = "172.16.0.2:6443";
const KUBELET_CONF: &str = "/etc/kubernetes/kubelet.conf";
/// A token of the installation's day; it has expired long since.
const TOKEN: &str = "kuba00.0123456789abcdef";

impl World {
    pub(super) fn make_machine(&mut self, host: usize) -> Machine {
        if let Some(prepared) = self.fleet.bare {
            return self.bare_machine(host, prepared);
        }
        let first = self.hosts.iter().position(|host| host.control_plane).unwrap_or(0);
        let mut past = Past::default();
        let mut control = self.prepared(first);
        let ha = self.hosts.iter().filter(|host| host.control_plane).count() > 1;
        let server = if self.managed.is_some() { JOINED.to_string() } else { format!("{}:6443", self.api_address()) };
        let more =
            if ha { format!(" --upload-certs --certificate-key {} --control-plane-endpoint {server}", key()) } else { String::new() };
        type_in(
            &mut control,
            &mut past,
            &format!("kubeadm init --kubernetes-version {} --pod-network-cidr {POD_SUBNET} --token {TOKEN}{more}", self.fleet.version),
        );
        if self.managed.is_none() {
            self.upload(&past);
        }
        let mut machine = if host == first {
            control
        } else {
            let mut machine = self.prepared(host);
            let earlier = self.hosts[..host].iter().filter(|one| one.control_plane);
            earlier.for_each(|one| past.has_member(&one.name, &one.address));
            let more = if self.hosts[host].control_plane { format!(" --control-plane --certificate-key {}", key()) } else { String::new() };
            let safe = "--discovery-token-unsafe-skip-ca-verification";
            type_in(&mut machine, &mut past, &format!("kubeadm join {server} --token {TOKEN} {safe}{more}"));
            machine
        };
        if let Some(provider) = self.provider() {
            pool_image(&mut machine, provider.endpoint);
            if let Some(kubelet) = self.kubelet_of(host) {
                machine.files.program("/usr/bin/kubelet", kubelet.host.kubelet_version.as_str());
            }
        }
        if self.hosts[host].control_plane {
            type_in(&mut machine, &mut past, "mkdir -p /root/.kube && cp /etc/kubernetes/admin.conf /root/.kube/config");
        }
        machine
    }

    /// What kubeadm keeps in the cluster is there from the moment on when somebody can look for it with kubeadm.
    fn upload(&mut self, past: &Past) {
        for ((_, namespace, name), map) in past.objects.iter().filter(|((plural, _, _), _)| plural == "configmaps") {
            if UPLOADED.contains(&name.as_str()) && self.api.store.tail().find(kinds::CONFIG_MAP, namespace, name).is_none() {
                let mut map = map.clone();
                map.set(&["apiVersion"], "v1");
                self.install(map);
            }
        }
    }

    pub(super) fn prepared(&self, host: usize) -> Machine {
        let mut machine =
            Machine::prepared(&self.hosts[host].name, &self.hosts[host].address, &self.fleet.version, self.seed, self.power_on);
        self.kubelet_of(host).into_iter().for_each(|kubelet| furnish(&mut machine, kubelet));
        // The package kubeadm depends on it.
        let minor = self.fleet.version.split('.').nth(1).unwrap_or_default().to_string();
        machine.install("cri-tools", &format!("1.{minor}.0-1.1"), &[("crictl", &format!("v1.{minor}.0"))]);
        machine.install("curl", "7.88.1-10+deb12u14", &[("curl", "7.88.1")]);
        machine
    }

    /// Brings a machine's table to what runs in the world now.
    pub(crate) fn show_parts(&mut self, host: usize) {
        let now = self.now;
        let running = self.components(host);
        // K3s shows itself: its parts are no processes.
        let plain = |machine: &&Machine| super::k3s::notifying(machine).is_none();
        let Some(mut machine) = self.fleet.machines.get(&host).filter(plain).cloned() else { return };
        let frozen = self.is_frozen(host);
        for (name, runs) in running {
            show(&mut machine, now, name, runs || (frozen && name == "kube-proxy"));
        }
        machine.freeze("kube-proxy", frozen);
        self.fleet_mut().machines.insert(host, machine);
    }

    /// What of the cluster has a place on a host, and whether it runs.
    pub(super) fn components(&self, host: usize) -> Vec<(&'static str, bool)> {
        let runs = |id: usize| self.parts[id].running;
        let mut all = vec![("kubelet", runs(self.hosts[host].kubelet)), ("kube-proxy", runs(self.hosts[host].proxy))];
        all.push(("containerd", self.kubelet_of(host).is_none_or(Kubelet::has_runtime)));
        if self.hosts[host].control_plane {
            let part = |name: &str| self.parts.iter().any(|part| part.process() == name && part.host == host && part.running);
            all.push(("etcd", self.stores(host)));
            all.push(("kube-apiserver", self.serves(host)));
            all.push(("kube-controller-manager", part("kube-controller-manager")));
            all.push(("kube-scheduler", part("kube-scheduler")));
        }
        all
    }
}

/// Gives a machine what its host has bolted in.
pub(super) fn furnish(machine: &mut Machine, kubelet: &Kubelet) {
    let hardware = Arc::make_mut(&mut machine.hardware);
    hardware.cores = kubelet.host.cpu_cores;
    // The kernel keeps some of it: what is left of 8 GiB is 7944 MiB.
    hardware.memory_mib = kubelet.host.memory_gib * 1024 * 97 / 100;
    hardware.disk_gib = kubelet.host.disk_gib;
    hardware.arch = kubelet.host.arch.clone();
    hardware.kernel = Text::from(format!("6.1.0-40-{}", kubelet.host.arch));
}

/// One component as a machine shows it.
pub(super) fn show(machine: &mut Machine, now: Time, name: &str, runs: bool) {
    match (name, runs) {
        ("kubelet" | "containerd", true) => machine.start_unit(now, name),
        ("kubelet" | "containerd", false) => machine.stop_unit(now, name),
        (_, true) => processes::start(machine, now, name),
        (_, false) => processes::stop(machine, name),
    }
}

/// A node of a provider's pool has a kubelet and a runtime that know the endpoint, and no tools to make clusters with.
fn pool_image(machine: &mut Machine, endpoint: &str) {
    for program in ["kubeadm", "kubectl"] {
        machine.packages.installed.remove_mut(program);
        machine.files.remove(&format!("/usr/bin/{program}"));
    }
    for path in [KUBELET_CONF, "/etc/kubernetes/bootstrap-kubelet.conf"] {
        if let Some(text) = machine.files.read(path) {
            machine.files.write_mode(path, &text.replace(JOINED, endpoint), 0o600);
        }
    }
}

fn type_in(machine: &mut Machine, past: &mut Past, line: &str) {
    let booted = machine.booted;
    let ran = ::hosts::run(machine, &mut Login::new("root"), booted, line, past);
    debug_assert!(ran.code == 0, "{line}: {}{}", ran.stdout, ran.stderr);
}

/// The key of the certificates that were uploaded for the other control planes.
fn key() -> Text {
    Text::from("0123456789abcdef".repeat(4))
}

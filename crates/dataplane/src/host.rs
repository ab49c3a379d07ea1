//! A host: its hardware, its operating system, and the processes that stand in its table.
use objects::{Text, Tree};
use std::sync::Arc;

/// What a host is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    ControlPlane,
    Worker,
}

/// One line of the process table.
#[derive(Clone, PartialEq, Debug)]
pub struct Process {
    /// `kubelet`, `containerd`, `kube-proxy`, `etcd`, `kube-apiserver`, ...
    pub name: Text,
    pub pid: u32,
    pub running: bool,
    /// The static Pod's image and the hash of its manifest; empty: those of the kubelet's own version.
    pub image: Text,
    pub hash: Text,
    /// Its static Pod has no manifest any more: it has not crashed, it is not to run.
    pub withdrawn: bool,
    /// The Pod of its manifest, where that was read.
    pub pod: Option<Arc<Tree>>,
    pub ailment: Ailment,
}

/// Why a static Pod's container cannot do its work: its manifest says something that does not go.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Ailment {
    #[default]
    None,
    /// Nobody has its image.
    NoImage,
    /// Its image has no such program.
    NoProgram(Text),
    /// The program ends with code 1 after so many seconds; it has said these lines, the last one at its end. `{}` stands for
    /// klog's letter, instant and process.
    Dies { after: u32, lines: Arc<Vec<Text>> },
}

/// A static Pod that is no part of the control plane, as a manifest on this machine has it.
#[derive(Clone, PartialEq, Debug)]
pub struct Manifest {
    pub namespace: Text,
    /// With the node's name behind it.
    pub name: Text,
    pub hash: Text,
    pub pod: Tree,
}

impl Process {
    fn new(name: impl Into<Text>, pid: u32) -> Process {
        Process {
            name: name.into(),
            pid,
            running: true,
            image: Text::default(),
            hash: Text::default(),
            withdrawn: false,
            pod: None,
            ailment: Ailment::None,
        }
    }
}

/// One machine of the cluster.
#[derive(Clone, PartialEq, Debug)]
pub struct Host {
    pub name: Text,
    /// The address in the hosts' network.
    pub address: Text,
    pub role: Role,
    /// `amd64`, `arm64`
    pub arch: Text,
    pub cpu_cores: u32,
    pub memory_gib: u32,
    pub disk_gib: u32,
    pub pods_max: u32,
    pub os_image: Text,
    pub kernel: Text,
    pub runtime: Text,
    pub kubelet_version: Text,
    pub processes: Vec<Process>,
    /// Static Pods of one's own; `None` where there never was one.
    pub manifests: Option<Arc<Vec<Manifest>>>,
    pub powered: bool,
    /// How often power came back since the cluster began.
    pub boots: u32,
}

/// What runs on every host, and what runs on control planes besides.
const EVERYWHERE: [&str; 3] = ["containerd", "kubelet", "kube-proxy"];
pub const CONTROL_PLANE: [&str; 4] = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];

impl Host {
    /// A machine as the recordings have it: 4 cores, 8 GiB, 110 Pods, Debian 12.
    pub fn new(name: impl Into<Text>, address: impl Into<Text>, role: Role) -> Host {
        let parts = match role {
            Role::ControlPlane => &CONTROL_PLANE[..],
            Role::Worker => &[],
        };
        let names = EVERYWHERE.iter().chain(parts);
        let process = |(at, name): (usize, &&'static str)| Process::new(Text::new_static(name), 700 + 31 * at as u32);
        Host {
            name: name.into(),
            address: address.into(),
            role,
            arch: Text::new_static("amd64"),
            cpu_cores: 4,
            memory_gib: 8,
            disk_gib: 100,
            pods_max: 110,
            os_image: Text::new_static("Debian GNU/Linux 12 (bookworm)"),
            kernel: Text::new_static("6.1.0-sim"),
            runtime: Text::new_static("containerd://2.1.4"),
            kubelet_version: Text::new_static("v1.37.2"),
            processes: names.enumerate().map(process).collect(),
            manifests: None,
            powered: true,
            boots: 0,
        }
    }

    /// Whether a process of this name runs, on a machine that has power.
    pub fn runs(&self, name: &str) -> bool {
        self.powered && self.processes.iter().any(|process| process.name == name && process.running)
    }

    /// Whether there is a process of this name that does not stand as said.
    pub fn differs(&self, name: &str, running: bool) -> bool {
        self.processes.iter().any(|process| process.name == name && process.running != running)
    }

    /// Starts or stops a process; a process that starts gets a new number. Says whether there is such a process.
    pub fn set_running(&mut self, name: &str, running: bool) -> bool {
        let newest = self.processes.iter().map(|process| process.pid).max().unwrap_or(700);
        let Some(process) = self.processes.iter_mut().find(|process| process.name == name) else { return false };
        if running && !process.running {
            process.pid = newest + 17;
        }
        process.running = running;
        true
    }
}

impl Host {
    /// A static Pod's manifest is there or gone: its process runs or ends, and need not stand in the table yet.
    pub fn has_process(&mut self, name: &str, running: bool) {
        self.processes.iter_mut().filter(|process| process.name == name).for_each(|process| {
            process.withdrawn = !running;
            if !running {
                process.ailment = Ailment::None;
            }
        });
        if !self.set_running(name, running) && running {
            let newest = self.processes.iter().map(|process| process.pid).max().unwrap_or(700);
            self.processes.push(Process::new(Text::new(name), newest + 17));
        }
    }

    /// A static Pod's process runs by a manifest with this image and this hash.
    pub fn runs_by(&mut self, name: &str, image: &str, hash: Text, pod: &Tree, ailment: Ailment) {
        if let Some(process) = self.processes.iter_mut().find(|process| process.name == name) {
            (process.image, process.hash) = (Text::new(image), hash);
            (process.pod, process.ailment) = (Some(Arc::new(pod.clone())), ailment);
        }
    }

    /// A part of the control plane runs by the manifest that its server came with.
    pub fn came_with(&mut self, name: &str, pod: Tree) {
        self.processes.iter_mut().filter(|process| process.name == name).for_each(|process| process.pod = Some(Arc::new(pod.clone())));
    }

    /// What is wrong with a process's static Pod.
    pub fn ailment(&self, name: &str) -> &Ailment {
        self.processes.iter().find(|process| process.name == name).map_or(&Ailment::None, |process| &process.ailment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_plane_host_runs_the_four_parts_and_a_worker_does_not() {
        let first = Host::new("control-plane", "192.168.100.11", Role::ControlPlane);
        assert!(CONTROL_PLANE.iter().all(|part| first.runs(part)));
        let worker = Host::new("worker-1", "192.168.100.12", Role::Worker);
        assert!(!worker.runs("etcd") && worker.runs("kubelet"));
    }

    #[test]
    fn a_restarted_process_has_a_new_number() {
        let mut host = Host::new("worker-1", "192.168.100.12", Role::Worker);
        let before = host.processes[1].pid;
        assert!(host.set_running("kubelet", false));
        assert!(!host.runs("kubelet"));
        host.set_running("kubelet", true);
        assert!(host.processes[1].pid > before);
        assert!(!host.set_running("nginx", true));
    }
}

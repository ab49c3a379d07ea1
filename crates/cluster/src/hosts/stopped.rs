//! What a component that a fault stopped is on its server: a manifest out of its folder, a frozen process, a stopped service.
use super::k3s::notifying;
use super::made::show;
use super::processes::{MANIFESTS, STATICS};
use crate::world::World;
use ::hosts::Machine;
use apiserver::client::Effects;
use objects::Text;
use std::sync::Arc;

/// Where the manifest of a stopped static Pod lies meanwhile.
const AWAY: &str = "/root";

impl World {
    /// A fault stopped or started a component; its server, the runtime and the API are to say the same. A static Pod is
    /// stopped as an administrator does it: its manifest is moved out of the folder, so that the kubelet ends it and does not
    /// start it again. kube-proxy is frozen in its container, for its DaemonSet would replace one that ended. The kubelet and
    /// containerd are services.
    pub(crate) fn component_shown(&mut self, component: &str, runs: bool) {
        let (name, place) = component.split_once('/').unwrap_or((component, ""));
        let host = match place {
            "" => self.hosts.iter().position(|host| host.control_plane),
            place => self.hosts.iter().position(|host| host.name == place),
        };
        let Some(host) = host else { return };
        let now = self.now;
        // In K3s it is no process of its own.
        if self.in_k3s(host) {
            return;
        }
        if let Some(known) = STATICS.into_iter().find(|known| *known == name) {
            return self.move_manifest(host, known, runs);
        }
        let frozen = name == "kube-proxy" && self.is_frozen(host);
        let Some(machine) = self.fleet.machines.contains_key(&host).then(|| self.fleet_mut().machines.get_mut(&host)).flatten() else {
            return;
        };
        if !frozen {
            show(machine, now, name, runs);
        }
        if name == "kube-proxy" {
            machine.freeze(name, frozen);
        }
    }

    fn move_manifest(&mut self, host: usize, name: &'static str, back: bool) {
        let (now, starts) = (self.now, self.has_starter(host));
        let fleet = self.fleet_mut();
        match back {
            true => fleet.held.remove(&(host, Text::new_static(name))),
            false => fleet.held.insert((host, Text::new_static(name))),
        };
        if let Some(machine) = fleet.machines.get_mut(&host) {
            carry(machine, name, back);
            if starts || !back {
                show(machine, now, name, back);
            }
        }
        if starts || !back {
            self.mirror(host, name, back);
        }
    }

    /// A machine that somebody looks at for the first time, after faults.
    pub(super) fn put_away(&self, host: usize, machine: &mut Machine) {
        STATICS.into_iter().filter(|name| self.fleet.held.contains(&(host, Text::new_static(name)))).for_each(|name| {
            carry(machine, name, false);
        });
    }

    /// Whether a static Pod of a control plane has no manifest at present, so that nobody starts it.
    pub(crate) fn is_away(&self, host: usize, name: &str) -> bool {
        let Some(name) = STATICS.into_iter().find(|known| *known == name) else { return false };
        match self.fleet.machines.get(&host) {
            Some(machine) => notifying(machine).is_none() && !machine.files.exists(&format!("{MANIFESTS}/{name}.yaml")),
            None => self.fleet.held.contains(&(host, Text::new_static(name))),
        }
    }

    /// Whether a node's kube-proxy has a container, and does nothing in it.
    pub(super) fn is_frozen(&self, host: usize) -> bool {
        let part = &self.parts[self.hosts[host].proxy];
        !part.running && !part.enabled && !part.pod.is_empty()
    }

    /// A new container of kube-proxy's has a new process, whatever became of the frozen one.
    pub(crate) fn thaw(&mut self, host: usize) {
        let now = self.now;
        let frozen = |machine: &Machine| machine.process("kube-proxy").is_some_and(|process| process.frozen);
        if self.fleet.machines.get(&host).is_some_and(frozen)
            && let Some(machine) = self.fleet_mut().machines.get_mut(&host)
        {
            show(machine, now, "kube-proxy", false);
            show(machine, now, "kube-proxy", true);
        }
    }

    /// Whether the parts of a host live in one process of K3s's.
    pub(crate) fn in_k3s(&self, host: usize) -> bool {
        self.fleet.machines.get(&host).is_some_and(|machine| notifying(machine).is_some())
    }

    /// The process of a static Pod ended or started by itself: its container and its server's table say so.
    pub(crate) fn process_shown(&mut self, host: usize, name: &str, runs: bool) {
        self.container_shown(host, name, runs);
        let now = self.now;
        if self.fleet.machines.contains_key(&host)
            && !self.in_k3s(host)
            && let Some(machine) = self.fleet_mut().machines.get_mut(&host)
        {
            show(machine, now, name, runs);
        }
    }

    /// The process of a static Pod ended or started: so does its container.
    pub(crate) fn container_shown(&mut self, host: usize, name: &str, runs: bool) {
        let (now, id, mut fx) = (self.now, self.hosts[host].kubelet, Effects::default());
        let differs = self.kubelet_of(host).is_some_and(|kubelet| kubelet.host.differs(name, runs));
        if !differs {
            return;
        }
        if let Some(kubelet) = Arc::make_mut(&mut self.parts[id]).kubelet_mut() {
            kubelet.set_process(now, name, runs, &mut fx);
        }
        self.carry_out(id, fx);
    }
}

/// Moves a manifest out of the kubelet's folder, or back. One that lies there already stays.
fn carry(machine: &mut Machine, name: &str, back: bool) {
    let (home, away) = (format!("{MANIFESTS}/{name}.yaml"), format!("{AWAY}/{name}.yaml"));
    let (from, to) = if back { (away, home) } else { (home, away) };
    let Some(text) = machine.files.read(&from) else { return };
    machine.files.remove(&from);
    if !machine.files.exists(&to) {
        machine.files.write_mode(&to, &text, 0o600);
    }
}

//! What can break, and how it is mended. One small function for each fault.
use crate::endpoint::EtcdProcess;
use crate::event::{Event, PartId};
use crate::input::Fault;
use crate::part::Actor;
use crate::traffic::Link;
use crate::world::World;
use apiserver::client::Effects;
use simcore::{Duration, OccurrenceId};
use std::sync::Arc;

/// How long a machine takes until its processes start after power comes back.
const BOOT: Duration = Duration::secs(10);

impl World {
    /// Breaks or mends something. An unknown name is an error in plain words.
    pub fn fault(&mut self, fault: &Fault) -> Result<OccurrenceId, String> {
        match fault {
            Fault::StopNode { node } => {
                let host = self.host(node)?;
                let id = self.note("you", "fault", &format!("power off {node}"));
                self.power_off(host);
                self.power_shown(host, false);
                Ok(id)
            }
            Fault::StartNode { node } => {
                let host = self.host(node)?;
                let id = self.note("you", "fault", &format!("power on {node}"));
                if !self.hosts[host].powered {
                    self.power_shown(host, true);
                }
                self.power_on(host);
                Ok(id)
            }
            Fault::CutNode { node } => {
                let host = self.host(node)?;
                self.hosts[host].connected = false;
                self.count_quorum();
                self.lose_api();
                Ok(self.note("you", "fault", &format!("cut {node} off the network")))
            }
            Fault::MendNode { node } => {
                let host = self.host(node)?;
                self.hosts[host].connected = true;
                self.count_quorum();
                let id = self.note("you", "fault", &format!("connect {node} again"));
                self.catch_up();
                Ok(id)
            }
            Fault::StopComponent { component } => {
                let id = self.stop_component(component)?;
                self.component_shown(component, false);
                Ok(id)
            }
            Fault::StartComponent { component } => {
                let id = self.start_component(component)?;
                self.component_shown(component, true);
                Ok(id)
            }
            Fault::Link { one, other, latency_ms, loss_percent } => {
                let (first, second) = (self.host(one)?, self.host(other)?);
                let link = Link { latency: Duration::millis(u64::from(*latency_ms)), loss_percent: *loss_percent };
                self.net().links.insert((first.min(second), first.max(second)), link);
                let words = format!("link {one} - {other}: {latency_ms} ms more, {loss_percent} % lost");
                Ok(self.note("you", "fault", &words))
            }
            Fault::KillContainer { pod, container } => self.kill_container(pod, container),
        }
    }

    fn host(&self, name: &str) -> Result<usize, String> {
        self.hosts.iter().position(|host| host.name == name).ok_or_else(|| format!("no machine is called \"{name}\""))
    }

    fn parts_of(&self, host: usize) -> Vec<PartId> {
        (0..self.parts.len()).filter(|id| self.parts[*id].host == host).collect()
    }

    /// The way between a machine and the API is another one now.
    pub(crate) fn link_changed(&mut self, better: bool) {
        self.count_quorum();
        self.lose_api();
        if better {
            self.catch_up();
        }
    }

    pub(crate) fn power_off(&mut self, host: usize) {
        self.hosts[host].powered = false;
        let now = self.now();
        for id in self.parts_of(host) {
            let part = Arc::make_mut(&mut self.parts[id]);
            if let Some(kubelet) = part.kubelet_mut() {
                kubelet.power_off(now);
            }
            part.stop();
            if let Actor::Proxy(proxy) = &mut part.actor {
                proxy.power_off();
            }
        }
        self.broken_off(host);
        self.run_control_plane(host, false);
        self.lose_api();
    }

    pub(crate) fn power_on(&mut self, host: usize) {
        if self.hosts[host].powered {
            return;
        }
        self.hosts[host].powered = true;
        self.run_control_plane(host, true);
        for id in self.parts_of(host) {
            self.queue.push(self.now + BOOT, Event::Start(id));
        }
        self.catch_up();
    }

    /// A machine's kube-apiserver and etcd, if it has any, stop or start.
    fn run_control_plane(&mut self, host: usize, running: bool) {
        self.apiservers.iter_mut().filter(|server| server.host == host).for_each(|server| server.running = running);
        self.etcd.iter_mut().filter(|member| member.host == host).for_each(|member| member.running = running);
        self.count_quorum();
    }

    /// Whether a majority of etcd's members runs and can talk.
    fn count_quorum(&mut self) {
        let alone = self.etcd.len() == 1;
        let there = |member: &&EtcdProcess| {
            let host = &self.hosts[member.host];
            member.running && host.powered && (host.connected || alone)
        };
        self.storing = self.etcd.iter().filter(there).count() > self.etcd.len() / 2;
    }

    /// After a link or the API server is back: everybody hears what they missed.
    pub(crate) fn catch_up(&mut self) {
        self.servers_changed();
        self.announce();
        for id in 0..self.parts.len() {
            if self.parts[id].running && !self.parts[id].due && !self.parts[id].inbox.is_empty() {
                Arc::make_mut(&mut self.parts[id]).due = true;
                self.queue.push(self.now + Duration::secs(1), Event::Watch(id));
            }
        }
    }

    fn stop_component(&mut self, name: &str) -> Result<OccurrenceId, String> {
        if self.run_process(name, false) {
            self.lose_api();
        } else {
            let id = self.part_named(name)?;
            Arc::make_mut(&mut self.parts[id]).stop();
        }
        Ok(self.note("you", "fault", &format!("stop {name}")))
    }

    fn start_component(&mut self, name: &str) -> Result<OccurrenceId, String> {
        if self.run_process(name, true) {
            let occurrence = self.note("you", "fault", &format!("start {name}"));
            self.catch_up();
            return Ok(occurrence);
        }
        let id = self.part_named(name)?;
        let occurrence = self.note("you", "fault", &format!("start {name}"));
        self.queue.push(self.now + Duration::secs(1), Event::Start(id));
        self.catch_up();
        Ok(occurrence)
    }

    /// Stops or starts a kube-apiserver or an etcd member; says whether one has that name.
    pub(crate) fn run_process(&mut self, name: &str, running: bool) -> bool {
        if let Some(server) = self.apiservers.iter_mut().find(|server| server.id == name) {
            server.running = running;
            return true;
        }
        let Some(member) = self.etcd.iter_mut().find(|member| member.id == name) else { return false };
        member.running = running;
        self.count_quorum();
        true
    }

    fn part_named(&self, name: &str) -> Result<PartId, String> {
        self.parts.iter().position(|part| part.id == name).ok_or_else(|| format!("no component is called \"{name}\""))
    }

    fn kill_container(&mut self, pod: &str, container: &str) -> Result<OccurrenceId, String> {
        let (namespace, name) = pod.split_once('/').unwrap_or(("default", pod));
        let found = self.api.store.applied().find(objects::kinds::POD, namespace, name).cloned();
        let found = found.ok_or_else(|| format!("there is no Pod \"{name}\" in namespace \"{namespace}\""))?;
        let node = found.spec().get("nodeName").text().to_string();
        let id = *self.kubelets.get(node.as_str()).ok_or_else(|| format!("Pod \"{name}\" runs on no node yet"))?;
        let first = found.spec().get("containers").items().first().map(|first| first.get("name").text()).unwrap_or_default();
        let container = if container.is_empty() { first } else { container };
        let occurrence = self.note("you", "fault", &format!("kill container {container} of {namespace}/{name}"));
        let mut fx = Effects::default();
        let killed = match Arc::make_mut(&mut self.parts[id]).kubelet_mut() {
            Some(kubelet) => kubelet.kill_container(self.now, namespace, name, container, &mut fx),
            None => false,
        };
        if !killed {
            return Err(format!("container \"{container}\" of Pod \"{name}\" is not running"));
        }
        self.carry_out(id, fx);
        Ok(occurrence)
    }
}

//! What can break, and how it is mended. One small function for each fault.
use crate::event::{Event, PartId};
use crate::input::Fault;
use crate::part::Actor;
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
                Ok(id)
            }
            Fault::StartNode { node } => {
                let host = self.host(node)?;
                let id = self.note("you", "fault", &format!("power on {node}"));
                self.power_on(host);
                Ok(id)
            }
            Fault::CutNode { node } => {
                let host = self.host(node)?;
                self.hosts[host].connected = false;
                self.lose_api();
                Ok(self.note("you", "fault", &format!("cut {node} off the network")))
            }
            Fault::MendNode { node } => {
                let host = self.host(node)?;
                self.hosts[host].connected = true;
                let id = self.note("you", "fault", &format!("connect {node} again"));
                self.catch_up();
                Ok(id)
            }
            Fault::StopComponent { component } => self.stop_component(component),
            Fault::StartComponent { component } => self.start_component(component),
            Fault::Link { one, other, latency_ms, loss_percent } => {
                let (first, second) = (self.host(one)?, self.host(other)?);
                let known = self.net().links.entry((first.min(second), first.max(second))).or_default();
                (known.latency, known.loss_percent) = (Duration::millis(u64::from(*latency_ms)), *loss_percent);
                let words = format!("link {one} - {other}: {latency_ms} ms more, {loss_percent} % lost");
                Ok(self.note("you", "fault", &words))
            }
            Fault::PathMtu { one, other, bytes } => {
                let (first, second) = (self.host(one)?, self.host(other)?);
                self.net().links.entry((first.min(second), first.max(second))).or_default().mtu = *bytes;
                Ok(self.note("you", "fault", &format!("link {one} - {other}: packets of more than {bytes} bytes are lost")))
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

    fn power_off(&mut self, host: usize) {
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
        if host == 0 {
            self.serving = false;
            self.storing = false;
        }
        self.lose_api();
    }

    fn power_on(&mut self, host: usize) {
        if self.hosts[host].powered {
            return;
        }
        self.hosts[host].powered = true;
        if host == 0 {
            self.storing = true;
            self.serving = true;
        }
        // Components in containers start with their containers.
        for id in self.parts_of(host).into_iter().filter(|id| self.parts[*id].pod.is_empty()) {
            self.queue.push(self.now + BOOT, Event::Start(id));
        }
        self.catch_up();
    }

    /// After a link or the API server is back: everybody hears what they missed.
    fn catch_up(&mut self) {
        self.announce();
        for id in 0..self.parts.len() {
            if self.parts[id].running && !self.parts[id].due && !self.parts[id].inbox.is_empty() {
                Arc::make_mut(&mut self.parts[id]).due = true;
                self.queue.push(self.now + Duration::secs(1), Event::Watch(id));
            }
        }
    }

    fn stop_component(&mut self, name: &str) -> Result<OccurrenceId, String> {
        match name {
            "kube-apiserver" => {
                self.serving = false;
                self.lose_api();
            }
            "etcd" => self.storing = false,
            _ => {
                let id = self.part_named(name)?;
                Arc::make_mut(&mut self.parts[id]).stop();
            }
        }
        Ok(self.note("you", "fault", &format!("stop {name}")))
    }

    fn start_component(&mut self, name: &str) -> Result<OccurrenceId, String> {
        let occurrence = match name {
            "kube-apiserver" | "etcd" => {
                if name == "etcd" {
                    self.storing = true;
                } else {
                    self.serving = true;
                }
                self.note("you", "fault", &format!("start {name}"))
            }
            _ => {
                let id = self.part_named(name)?;
                let occurrence = self.note("you", "fault", &format!("start {name}"));
                self.queue.push(self.now + Duration::secs(1), Event::Start(id));
                occurrence
            }
        };
        self.catch_up();
        Ok(occurrence)
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

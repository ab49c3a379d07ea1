//! What can break, and how it is mended. One small function for each fault.
use crate::event::{Event, PartId};
use crate::input::Fault;
use crate::part::Actor;
use crate::starter::RESTART;
use crate::world::World;
use apiserver::client::Effects;
use simcore::{Duration, OccurrenceId};
use std::sync::Arc;

impl World {
    /// Breaks or mends something. An unknown name is an error in plain words.
    pub fn fault(&mut self, fault: &Fault) -> Result<OccurrenceId, String> {
        if self.managed.is_some() {
            self.allowed_by_provider(fault)?;
        }
        if let Some(done) = self.fault_of_k3s(fault) {
            return done;
        }
        match fault {
            Fault::StopNode { node } => {
                let host = self.host(node)?;
                let id = self.note("you", "fault", &format!("power off {node}"));
                self.power_off(host);
                self.power_shown(host, false);
                self.seen_by_provider(host);
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
                self.lose_api();
                self.seen_by_provider(host);
                Ok(self.note("you", "fault", &format!("cut {node} off the network")))
            }
            Fault::MendNode { node } => {
                let host = self.host(node)?;
                self.hosts[host].connected = true;
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
            Fault::KillComponent { component } => self.kill_component(component),
            Fault::SlowComponent { component, delay_ms } => self.slow_component(component, *delay_ms),
            Fault::CutComponent { component, cut } => self.cut_component(component, *cut),
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
            Fault::CrashEtcd { .. }
            | Fault::SlowDisk { .. }
            | Fault::CutEtcd { .. }
            | Fault::LoseEtcdData { .. }
            | Fault::RestoreEtcd { .. }
            | Fault::EtcdQuota { .. } => self.etcd_fault(fault),
            Fault::KillContainer { pod, container } => self.kill_container(pod, container),
            Fault::UpgradeControlPlane { version } => self.upgrade_control_plane(version),
            Fault::UpgradeNode { node } => self.upgrade_node(node),
        }
    }

    pub(crate) fn host(&self, name: &str) -> Result<usize, String> {
        self.hosts.iter().position(|host| host.name == name).ok_or_else(|| format!("no machine is called \"{name}\""))
    }

    pub(crate) fn parts_of(&self, host: usize) -> Vec<PartId> {
        (0..self.parts.len()).filter(|id| self.parts[*id].host == host).collect()
    }

    /// The way between a machine and the API is another one now.
    pub(crate) fn link_changed(&mut self, better: bool) {
        self.lose_api();
        if better {
            self.catch_up();
        }
    }

    pub(crate) fn power_off(&mut self, host: usize) {
        self.hosts[host].powered = false;
        self.police(host, false);
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
        self.apiservers.iter_mut().filter(|server| server.host == host).for_each(|server| (server.running, server.waits) = (false, false));
        for place in self.members_on(host) {
            self.crash_member(place);
        }
        self.lose_api();
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
        } else if !self.run_runtime(name, false) {
            let id = self.part_named(name)?;
            self.terminate(id);
        }
        Ok(self.note("you", "fault", &format!("stop {name}")))
    }

    /// A process is asked to end, says its last words, and is not started again.
    fn terminate(&mut self, id: PartId) {
        let (now, mut fx) = (self.now(), Effects::default());
        let part = Arc::make_mut(&mut self.parts[id]);
        part.terminate(now, &mut fx);
        self.carry_out(id, fx);
        let part = Arc::make_mut(&mut self.parts[id]);
        part.enabled = false;
        part.stop();
    }

    fn start_component(&mut self, name: &str) -> Result<OccurrenceId, String> {
        if let Some(place) = self.member_named(name) {
            self.may_start(place)?;
        }
        if self.waits_for_starter(name) || self.run_process(name, true) || self.run_runtime(name, true) {
            let occurrence = self.note("you", "fault", &format!("start {name}"));
            self.catch_up();
            return Ok(occurrence);
        }
        let id = self.part_named(name)?;
        if self.parts[id].kubelet().is_some() && !self.has_kubelet(self.parts[id].host) {
            return Err(format!("{name} cannot start: no cluster is installed there"));
        }
        let occurrence = self.note("you", "fault", &format!("start {name}"));
        Arc::make_mut(&mut self.parts[id]).enabled = true;
        self.queue.push(self.now + Duration::secs(1), Event::Start(id));
        self.catch_up();
        Ok(occurrence)
    }

    fn kill_component(&mut self, name: &str) -> Result<OccurrenceId, String> {
        if let Some(server) = self.apiservers.iter().position(|server| server.id == name && server.running) {
            self.apiservers[server].running = false;
            self.process_shown(self.apiservers[server].host, "kube-apiserver", false);
            self.queue.push(self.now + RESTART, Event::Serve(server));
            self.lose_api();
            return Ok(self.note("you", "fault", &format!("kill {name}")));
        }
        if let Some(place) = self.member_named(name).filter(|place| self.etcd.nodes[*place].process.is_running()) {
            self.crash_member(place);
            self.process_shown(self.etcd.nodes[place].host, "etcd", false);
            self.queue.push(self.now + RESTART, Event::EtcdStart(place));
            return Ok(self.note("you", "fault", &format!("kill {name}")));
        }
        let id = self.part_named(name)?;
        if !self.parts[id].running {
            return Err(format!("\"{name}\" is not running"));
        }
        let occurrence = self.note("you", "fault", &format!("kill {name}"));
        self.crash(id, "killed: exit code 137");
        Ok(occurrence)
    }

    fn slow_component(&mut self, name: &str, delay_ms: u32) -> Result<OccurrenceId, String> {
        let slow = Duration::millis(u64::from(delay_ms));
        match self.apiservers.iter_mut().find(|server| server.id == name) {
            Some(server) => server.slow = slow,
            None => {
                let id = self.part_named(name)?;
                Arc::make_mut(&mut self.parts[id]).slow = slow;
            }
        }
        Ok(self.note("you", "fault", &format!("{name}: {delay_ms} ms more for each message")))
    }

    /// The process lives on, and hears and says nothing.
    fn cut_component(&mut self, name: &str, cut: bool) -> Result<OccurrenceId, String> {
        match self.apiservers.iter_mut().find(|server| server.id == name) {
            Some(server) => server.cut = cut,
            None => {
                let id = self.part_named(name)?;
                Arc::make_mut(&mut self.parts[id]).cut = cut;
            }
        }
        let id = self.note("you", "fault", &format!("{name}: {}", if cut { "cut off" } else { "connected again" }));
        self.link_changed(!cut);
        self.servers_changed();
        Ok(id)
    }

    /// A process ended without being asked to; it is started again after a pause.
    pub(crate) fn crash(&mut self, id: PartId, words: &str) {
        let now = self.now();
        let part = Arc::make_mut(&mut self.parts[id]);
        part.stop();
        let (pause, actor, host, process) = (part.restart_pause(now), part.id.clone(), part.host, part.process().to_string());
        if matches!(part.actor, Actor::Manager(_) | Actor::Scheduler(_)) {
            self.process_shown(host, &process, false);
        }
        self.note(&actor, "exit", words);
        self.queue.push(now + pause, Event::Start(id));
    }

    /// containerd of a host (`containerd/worker-1`) stops or starts; says whether the name means one.
    fn run_runtime(&mut self, name: &str, running: bool) -> bool {
        let place = name.strip_prefix("containerd/").and_then(|host| self.host(host).ok());
        let Some(id) = place.map(|place| self.hosts[place].kubelet) else { return false };
        let (now, mut fx) = (self.now(), Effects::default());
        if let Some(kubelet) = Arc::make_mut(&mut self.parts[id]).kubelet_mut() {
            kubelet.run_runtime(now, running, &mut fx);
        }
        self.carry_out(id, fx);
        true
    }

    /// Stops or starts a kube-apiserver or an etcd member; says whether one has that name.
    pub(crate) fn run_process(&mut self, name: &str, running: bool) -> bool {
        if let Some(place) = self.apiservers.iter().position(|server| server.id == name) {
            match running {
                true if !self.apiservers[place].running => self.server_begins(place),
                true => {}
                false => {
                    let server = &mut self.apiservers[place];
                    (server.running, server.waits, server.restarts) = (false, false, Default::default());
                }
            }
            return true;
        }
        let Some(place) = self.member_named(name) else { return false };
        if running {
            let _ = self.start_member(place);
        } else {
            self.stop_member(place);
        }
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

//! Who starts a control plane's processes after a crash, a stop or a power cut: the kubelet of their host, by its runtime.
use crate::event::{Event, PartId};
use crate::part::Actor;
use crate::world::World;
use ::hosts::machine::units::State;
use apiserver::client::Effects;
use objects::Text;
use simcore::Duration;
use std::sync::Arc;

/// How long a machine takes until its processes start after power comes back.
const BOOT: Duration = Duration::secs(10);
/// From the kubelet's start until etcd's container runs.
const STORES: Duration = Duration::millis(1_500);
/// How long until a killed process serves again: seen, made, started. As long takes a kube-apiserver after the kubelet's start.
pub(crate) const RESTART: Duration = Duration::secs(4);
/// How soon it is looked at again where nobody starts containers.
const LOOK: Duration = Duration::secs(5);
/// RestartSec of the kubelet's unit.
const UNIT: Duration = Duration::secs(10);

impl World {
    pub(crate) fn power_on(&mut self, host: usize) {
        if self.hosts[host].powered {
            return;
        }
        self.hosts[host].powered = true;
        self.boot_control_plane(host);
        if !self.has_kubelet(host) {
            return self.catch_up();
        }
        let starts_kubelet = self.boots_services(host);
        // Components in containers start with their containers.
        for id in self.parts_of(host) {
            let kubelet = matches!(self.parts[id].actor, Actor::Kubelet(_));
            if self.is_hidden(host) && (kubelet || matches!(self.parts[id].actor, Actor::Proxy(_))) {
                continue;
            }
            if self.is_away(host, self.parts[id].process()) {
                continue;
            }
            Arc::make_mut(&mut self.parts[id]).enabled = !kubelet || starts_kubelet;
            if !self.parts[id].pod.is_empty() || (kubelet && !starts_kubelet) {
                continue;
            }
            self.queue.push(self.now + BOOT, Event::Start(id));
        }
        self.catch_up();
    }

    /// What systemd starts of kubelet and containerd when the machine boots; says whether the kubelet is there.
    fn boots_services(&mut self, host: usize) -> bool {
        let unit = |name: &str| self.fleet.machines.get(&host).and_then(|machine| machine.unit(name)).map(|unit| unit.state);
        let (kubelet, runtime) = (unit("kubelet"), unit("containerd"));
        let (now, id, mut fx) = (self.now, self.hosts[host].kubelet, Effects::default());
        if let Some(kubelet) = Arc::make_mut(&mut self.parts[id]).kubelet_mut() {
            kubelet.run_runtime(now, runtime.is_none_or(|state| state == State::Active), &mut fx);
        }
        self.carry_out(id, fx);
        if kubelet == Some(State::Restarting) {
            self.plan(host, UNIT, crate::hosts::Due::Unit(Text::new_static("kubelet")));
        }
        kubelet.is_none_or(|state| state == State::Active)
    }

    /// A machine's kube-apiserver and etcd, if it has any, start after its power came back: not before the kubelet.
    fn boot_control_plane(&mut self, host: usize) {
        let (stores, serves) = if self.is_hidden(host) { (Duration::ZERO, Duration::ZERO) } else { (BOOT + STORES, BOOT + RESTART) };
        for place in self.members_on(host) {
            self.queue.push(self.now + stores, Event::EtcdStart(place));
        }
        let servers: Vec<usize> = (0..self.apiservers.len()).filter(|place| self.apiservers[*place].host == host).collect();
        for place in servers {
            self.queue.push(self.now + serves, Event::Serve(place));
        }
    }

    /// Whether somebody on a host starts what has a manifest: its kubelet with a runtime, or a provider.
    pub(crate) fn has_starter(&self, host: usize) -> bool {
        let able = |kubelet: &dataplane::kubelet::Kubelet| kubelet.has_runtime() && kubelet.is_running();
        self.is_hidden(host) || self.kubelet_of(host).is_none_or(able)
    }

    /// A kube-apiserver or a member of etcd is to start, and nobody on its host starts containers: it waits for that.
    pub(crate) fn waits_for_starter(&mut self, name: &str) -> bool {
        let server = self.apiservers.iter().position(|server| server.id == name);
        let member = self.member_named(name);
        let (host, event) = match (server, member) {
            (Some(place), _) => (self.apiservers[place].host, Event::Serve(place)),
            (None, Some(place)) => (self.etcd.nodes[place].host, Event::EtcdStart(place)),
            (None, None) => return false,
        };
        let waits = !self.has_starter(host);
        if waits {
            self.queue.push(self.now + LOOK, event);
        }
        waits
    }

    /// Whether a process in a static Pod, or in kube-proxy's, cannot start because nobody on its host starts containers:
    /// then it is looked at again a little later.
    pub(crate) fn waits_for_kubelet(&mut self, id: PartId) -> bool {
        let host = self.parts[id].host;
        let own = self.is_hidden(host);
        let contained = !own && matches!(self.parts[id].actor, Actor::Manager(_) | Actor::Scheduler(_) | Actor::Proxy(_));
        // When the machine has just got power, all start together.
        let first = self.kubelet_of(host).is_some() && self.now() < self.power_on + BOOT;
        let kubelet = &self.parts[self.hosts[host].kubelet];
        let booting = first || (kubelet.enabled && kubelet.kubelet().is_some_and(|kubelet| !kubelet.host.powered));
        let waits = contained && !self.has_starter(host) && !booting;
        if waits {
            self.queue.push(self.now() + LOOK, Event::Start(id));
        }
        waits
    }

    /// A kube-apiserver's container starts, if somebody is there who starts it and nobody has taken its manifest away.
    pub(crate) fn serve_again(&mut self, place: usize) {
        let host = self.apiservers[place].host;
        if !self.hosts[host].powered
            || self.apiservers[place].running
            || self.apiservers[place].waits
            || self.is_away(host, "kube-apiserver")
            || self.in_k3s(host)
        {
            return;
        }
        if !self.has_starter(host) {
            return self.queue.push(self.now + LOOK, Event::Serve(place));
        }
        if self.greets_etcd(host).is_err() {
            return self.end_server(host);
        }
        self.server_begins(place);
        self.process_shown(host, "kube-apiserver", true);
        self.catch_up();
    }

    /// The container of a member of etcd starts, on the same conditions.
    pub(crate) fn store_again(&mut self, place: usize) {
        let node = &self.etcd.nodes[place];
        let host = node.host;
        if !self.hosts[host].powered || node.process.is_running() || self.is_away(host, "etcd") || self.in_k3s(host) {
            return;
        }
        if !self.has_starter(host) {
            return self.queue.push(self.now + LOOK, Event::EtcdStart(place));
        }
        // Words of a member that cannot start are in its log: it was removed, or its data are not its own. Then its process ends.
        let _ = self.start_member(place);
        let runs = self.etcd.nodes[place].process.is_running();
        self.process_shown(host, "etcd", runs);
    }
}

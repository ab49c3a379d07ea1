//! Carries out what follows from a change on a server, and shows on it what happens to the parts of the world.
use super::cni;
use super::fleet::Due;
use super::seam::{self, Deed};
use crate::event::{Event, PartId};
use crate::part::Actor;
use crate::world::World;
use ::hosts::Machine;
use apiserver::client::Effects;
use dataplane::network::MTU;
use simcore::Duration;
use std::sync::Arc;

/// From `reboot` until the kernel is there again.
const REBOOT: Duration = Duration::secs(15);
/// From a service's start until it does something, as for a fault's.
const START: Duration = Duration::secs(1);
/// Until the kubelet has noticed that a container is gone: one relist of its PLEG.
const NOTICE: Duration = Duration::secs(2);

impl World {
    /// A machine has changed; what follows is decided from the difference.
    pub(super) fn put_machine(&mut self, host: usize, machine: Machine) {
        let before = self.fleet_mut().machines.insert(host, machine.clone());
        let deeds = before.map(|before| seam::deeds(&before, &machine)).unwrap_or_default();
        deeds.into_iter().for_each(|deed| self.carry_deed(host, deed));
        self.weigh_trust();
    }

    fn carry_deed(&mut self, host: usize, deed: Deed) {
        let name = self.hosts[host].name.clone();
        match deed {
            Deed::Rebooted => {
                self.note("you", "input", &format!("reboot {name}"));
                self.forget_inside(host);
                self.hosts[host].mtu = MTU;
                self.hang_up(host, &format!("Connection to {name} closed by remote host.\nConnection to {name} closed.\n"));
                self.power_off(host);
                self.plan(host, REBOOT, Due::Booted);
            }
            Deed::Link(up) => {
                self.hosts[host].connected = up;
                self.link_changed(up);
                if !up {
                    self.hang_up(host, "client_loop: send disconnect: Broken pipe\n");
                }
            }
            Deed::Mtu(bytes) => self.hosts[host].mtu = bytes,
            Deed::Tunnel(bytes) => {
                if let Some(kubelet) = Arc::make_mut(&mut self.parts[self.hosts[host].kubelet]).kubelet_mut() {
                    kubelet.set_tunnel_mtu(bytes);
                }
            }
            Deed::Plugged(plugin, true) => self.install_network(self.hosts[host].kubelet, plugin),
            Deed::Plugged(plugin, false) => self.remove_network(self.hosts[host].kubelet, plugin, cni::NOTICE),
            Deed::Service("kubelet", true) => {
                self.enable(self.hosts[host].kubelet);
                self.kubelet_is(host);
                self.kubelet_begins(host);
                self.plan(host, START + START, Due::Statics);
            }
            Deed::Service("kubelet", false) => self.halt(self.hosts[host].kubelet),
            Deed::Service(_, runs) => {
                let (now, id, mut fx) = (self.now, self.hosts[host].kubelet, Effects::default());
                if let Some(kubelet) = Arc::make_mut(&mut self.parts[id]).kubelet_mut() {
                    kubelet.run_runtime(now, runs, &mut fx);
                }
                self.carry_out(id, fx);
                self.plan(host, START, Due::Statics);
            }
            Deed::Restarts(unit, after) => self.plan(host, after, Due::Unit(unit)),
            Deed::Killed("kube-proxy") => {
                self.enable(self.hosts[host].proxy);
                self.halt(self.hosts[host].proxy);
                self.queue.push(self.now + NOTICE, Event::Start(self.hosts[host].proxy));
                self.plan(host, NOTICE, Due::Shown);
            }
            Deed::Killed(component) => {
                self.run_component(host, component, false);
                self.container_shown(host, component, false);
                self.plan(host, NOTICE, Due::Statics);
            }
            Deed::Manifests(changed) => {
                self.fleet_mut().changed.extend(changed.into_iter().map(|name| (host, name)));
                self.plan(host, START, Due::Statics);
            }
            Deed::Reach => self.link_changed(true),
            Deed::K3s(stage) => self.k3s_came_to(host, stage),
            Deed::Carry(after) => self.plan(host, after, Due::Carry),
            Deed::Lost(pids) => self.containers_lost(host, &pids),
            Deed::Asked(pids) => self.containers_asked(host, &pids),
            Deed::Unwired => {
                self.police(host, false);
                if let Actor::Proxy(proxy) = &mut Arc::make_mut(&mut self.parts[self.hosts[host].proxy]).actor {
                    proxy.power_off();
                }
                self.broken_off(host);
            }
            Deed::DataLost => self.k3s_data_lost(host),
            Deed::Wiped => self.runtime_wiped(host),
            Deed::Emptied => self.pods_removed(host),
            Deed::Images(came, left) => self.images_changed(host, &came, &left),
            Deed::Snapshots => self.list_snapshots(host),
            // Its controller looks into the folder every 15 seconds.
            Deed::Deploy => self.plan(host, Duration::secs(15), Due::Deploy),
        }
    }

    pub(super) fn enable(&mut self, id: PartId) {
        Arc::make_mut(&mut self.parts[id]).enabled = true;
    }

    fn halt(&mut self, id: PartId) {
        Arc::make_mut(&mut self.parts[id]).stop();
    }

    pub(crate) fn plan(&mut self, host: usize, after: Duration, due: Due) {
        let at = self.now + after;
        if self.fleet_mut().due.insert((at, host, due)) {
            self.queue.push(at, Event::Server(host));
        }
    }

    /// What was planned for a server is due.
    pub(crate) fn server_due(&mut self, host: usize) {
        let now = self.now;
        let due: Vec<Due> = self.fleet.due.iter().filter(|(at, of, _)| *at <= now && *of == host).map(|(_, _, due)| due.clone()).collect();
        self.fleet_mut().due.retain(|(at, of, _)| *at > now || *of != host);
        for due in due {
            match due {
                Due::Booted => {
                    self.power_on(host);
                    self.k3s_booted(host);
                }
                Due::Unit(name) => {
                    let mut machine = self.machine(host);
                    machine.start_unit(now, &name);
                    self.put_machine(host, machine);
                }
                Due::Begins => self.kubelet_acts(host),
                Due::Bootstrap => self.bootstrap_kubelet(host),
                Due::Statics => self.mind_statics(host),
                Due::Regrouped => self.end_misgrouped(host),
                Due::Pulled(image) => {
                    let mut machine = self.machine(host);
                    Arc::make_mut(&mut machine.images).push(image);
                    self.put_machine(host, machine);
                    self.mind_statics(host);
                }
                Due::Shown => self.show_parts(host),
                Due::Carry => self.carry_k3s(host),
                Due::Serves => self.k3s_serves(host),
                Due::Node => self.mind_k3s_node(host),
                Due::Deploy => self.deploy_manifests(host),
                Due::Snapshot => self.take_snapshot(host),
                Due::Trust => self.weigh_trust(),
                Due::Rotated => self.rotate_kubelet(host),
                Due::Listed => self.list_server(host),
                Due::Repaired => self.repaired_by_provider(host),
                Due::Upgraded => self.upgraded_by_provider(host),
            }
        }
    }

    /// A component of a control plane starts or stops by what happens on its server.
    pub(super) fn run_component(&mut self, host: usize, name: &str, runs: bool) {
        if runs {
            self.found_component(host, name);
        }
        let server = self.apiservers.iter().find(|server| server.host == host && name == "kube-apiserver").map(|server| server.id.clone());
        let member = self.etcd.nodes.iter().rfind(|node| node.host == host && name == "etcd").map(|node| node.component.clone());
        if let Some(process) = server.or(member) {
            self.run_process(&process, runs);
        } else if let Some(id) = self.parts.iter().position(|part| part.host == host && part.process() == name) {
            match runs {
                true => {
                    self.enable(id);
                    self.queue.push(self.now, Event::Start(id));
                }
                false => self.halt(id),
            }
        }
        self.link_changed(runs);
    }

    /// A server lost its power or has it again, by a fault: what ran on it is gone, what is enabled starts.
    pub(crate) fn power_shown(&mut self, host: usize, on: bool) {
        let name = self.hosts[host].name.clone();
        if !on {
            self.hosts[host].mtu = MTU;
            return self.hang_up(host, &format!("client_loop: send disconnect: Broken pipe\nConnection to {name} closed.\n"));
        }
        let now = self.now;
        if let Some(machine) = self.fleet_mut().machines.get_mut(&host) {
            machine.reboot(now);
            self.plan(host, Duration::secs(12), Due::Shown);
            self.plan(host, Duration::ZERO, Due::Booted);
        }
    }

    /// Connections to a server break: commands end, an open login with them.
    fn hang_up(&mut self, host: usize, words: &str) {
        let ids: Vec<u64> = self.fleet.commands.iter().filter(|(_, command)| command.host == host).map(|(id, _)| *id).collect();
        for id in ids {
            self.cut_command(id, words);
        }
    }
}

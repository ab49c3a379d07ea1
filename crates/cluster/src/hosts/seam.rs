//! What a change of a server means for the parts of the world: one pure comparison of two states of a machine.
use super::cni;
use super::processes::{MANIFESTS, STATICS};
use ::hosts::Machine;
use ::hosts::machine::k3s::Phase;
use ::hosts::machine::units::State;
use dataplane::network::Plugin;
use objects::Text;
use simcore::Duration;

/// Something that has happened on a server.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Deed {
    /// It went down and boots.
    Rebooted,
    /// Its first interface went up or down.
    Link(bool),
    /// Its first interface takes packets of another length.
    Mtu(u32),
    /// The overlay's device does.
    Tunnel(u32),
    /// The file of a network plugin came or went.
    Plugged(Plugin, bool),
    /// The kubelet or the container runtime started or stopped.
    Service(&'static str, bool),
    /// A service ended by itself: systemd starts it again after this while.
    Restarts(Text, Duration),
    /// The process of a static Pod or of kube-proxy is gone.
    Killed(&'static str),
    /// Manifests were put there or taken away, and these ones changed.
    Manifests(Vec<&'static str>),
    /// The firewall or the clock changed.
    Reach,
    /// The K3s process has come further, or has ended.
    K3s(Stage),
    /// A K3s unit starts; it is carried on after this while if no command waits for it.
    Carry(Duration),
    /// A file in K3s's folder of manifests changed.
    Deploy,
    /// Processes of a node's containers are gone: shims, or what they hold.
    Lost(Vec<u32>),
    /// SIGTERM was sent to processes of containers.
    Asked(Vec<u32>),
    /// The bridge of its containers is gone, and with it the kernel's rules.
    Unwired,
    /// The database of a K3s server is gone from its disk.
    DataLost,
    /// What a K3s node's runtime kept is gone from its disk.
    Wiped,
    /// `kubeadm reset` has removed all containers of Pods.
    Emptied,
    /// Snapshots of a K3s server's etcd were taken or deleted.
    Snapshots,
    /// Images came to the runtime's list, or left it.
    Images(Vec<Text>, Vec<Text>),
}

/// How far a K3s process has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// There is none, or it serves nobody yet.
    Ended,
    /// A server's port is open.
    Serving,
    /// All that it holds runs.
    Running,
}

/// The K3s process of a machine and its stage.
fn k3s(machine: &Machine) -> (u32, Stage) {
    let pid = machine.units.iter().find(|(_, unit)| unit.notify).map_or(0, |(_, unit)| unit.pid);
    let stage = match machine.k3s.as_ref().map(|k3s| k3s.phase) {
        Some(Phase::Running) => Stage::Running,
        Some(Phase::Booting) => Stage::Serving,
        _ => Stage::Ended,
    };
    (pid, stage)
}

/// What has happened to the K3s process of a machine.
fn k3s_deeds(before: &Machine, after: &Machine) -> Vec<Deed> {
    let ((old, was), (new, is)) = (k3s(before), k3s(after));
    let mut all = Vec::new();
    let (other, mut reached) = (old != new || is < was, was);
    if other {
        all.extend((was > Stage::Ended).then_some(Deed::K3s(Stage::Ended)));
        reached = Stage::Ended;
    }
    let further = [Stage::Serving, Stage::Running].into_iter().filter(|stage| *stage > reached && *stage <= is);
    all.extend(further.map(Deed::K3s));
    for (name, unit) in after.units.iter().filter(|(_, unit)| unit.notify) {
        let known = before.unit(name).is_some_and(|old| (old.state, old.since) == (unit.state, unit.since));
        let span = match unit.state {
            State::Starting => Duration::secs(1),
            State::Restarting => Duration::secs(5),
            _ => continue,
        };
        all.extend((!known).then_some(Deed::Carry(span)));
    }
    all.extend(losses(before, after));
    if is == Stage::Running && was == is && ::hosts::k3s::manifests(before) != ::hosts::k3s::manifests(after) {
        all.push(Deed::Deploy);
    }
    all
}

/// Processes of containers that are gone: shims, and what they held.
fn lost(before: &Machine, after: &Machine) -> Vec<u32> {
    let held = |pid: u32| before.processes.iter().any(|one| one.pid == pid && one.is_shim());
    let inside = before.processes.iter().filter(|one| one.is_shim() || held(one.parent));
    inside.map(|one| one.pid).filter(|pid| after.processes.iter().all(|one| one.pid != *pid)).collect()
}

/// Images that one list has and the other has not.
fn images_beside(all: &Machine, without: &Machine) -> Vec<Text> {
    all.images.iter().filter(|name| !without.images.contains(name)).cloned().collect()
}

/// What a node has lost: containers, and with K3s their network, its datastore, its images.
fn losses(before: &Machine, after: &Machine) -> Vec<Deed> {
    let gone = lost(before, after);
    let mut all = Vec::from_iter((!gone.is_empty()).then_some(Deed::Lost(gone)));
    let asked: Vec<u32> = after
        .processes
        .iter()
        .filter(|one| one.asked && before.processes.iter().any(|old| old.pid == one.pid && !old.asked))
        .map(|one| one.pid)
        .collect();
    all.extend((!asked.is_empty()).then_some(Deed::Asked(asked)));
    let bridged = |machine: &Machine| machine.interfaces.iter().any(|one| one.name == "cni0");
    // Only K3s's own programs take the bridge away.
    if before.files.read("/run/flannel/subnet.env").is_some() && bridged(before) && !bridged(after) {
        all.push(Deed::Unwired);
    }
    if ::hosts::k3s::has_database(before) && !::hosts::k3s::has_database(after) {
        all.push(Deed::DataLost);
    }
    let saved = |machine: &Machine| {
        let names = machine.files.names(::hosts::k3s::SNAPSHOTS);
        names.iter().map(|name| machine.files.read(&format!("{}/{name}", ::hosts::k3s::SNAPSHOTS))).collect::<Vec<_>>()
    };
    if before.files.names(::hosts::k3s::SNAPSHOTS) != after.files.names(::hosts::k3s::SNAPSHOTS) || saved(before) != saved(after) {
        all.push(Deed::Snapshots);
    }
    let agent = |machine: &Machine| machine.files.is_folder("/var/lib/rancher/k3s/agent");
    if agent(before) && !agent(after) {
        all.push(Deed::Wiped);
    }
    all
}

/// RestartSec of the units that packages bring: kubelet 10 s, containerd 5 s; systemd's own default is 100 ms.
const RESTARTS: &[(&str, Duration)] = &[("kubelet", Duration::secs(10)), ("containerd", Duration::secs(5))];

/// What has happened between two states.
pub(super) fn deeds(before: &Machine, after: &Machine) -> Vec<Deed> {
    if before.booted != after.booted {
        return vec![Deed::Rebooted];
    }
    let mut all = Vec::new();
    let up = |machine: &Machine| machine.interfaces.first().is_some_and(|one| one.up);
    if up(before) != up(after) {
        all.push(Deed::Link(up(after)));
    }
    let mtu = |machine: &Machine, name: &str| machine.interfaces.iter().find(|one| one.name == name).map(|one| one.mtu);
    let card = |machine: &Machine| machine.interfaces.first().map(|one| one.mtu);
    all.extend(card(after).filter(|_| card(before) != card(after)).map(Deed::Mtu));
    if let (Some(was), Some(is)) = (mtu(before, "flannel.1"), mtu(after, "flannel.1")) {
        all.extend((was != is).then_some(Deed::Tunnel(is)));
    }
    all.extend(cni::moves(before, after).into_iter().map(|(plugin, there)| Deed::Plugged(plugin, there)));
    for name in ["containerd", "kubelet"] {
        let (was, is) = (pid(before, name), pid(after, name));
        if was != is {
            all.extend((was != 0).then_some(Deed::Service(name, false)));
            all.extend((is != 0).then_some(Deed::Service(name, true)));
        }
    }
    for (name, unit) in &after.units {
        let was = before.unit(name).map_or(State::Inactive, |unit| unit.state);
        let again = was == State::Restarting && before.unit(name).is_some_and(|old| old.since != unit.since);
        if !unit.notify && unit.state == State::Restarting && (was != State::Restarting || again) {
            let after = RESTARTS.iter().find(|(known, _)| name == known).map_or(Duration::millis(100), |(_, span)| *span);
            all.push(Deed::Restarts(name.clone(), after));
        }
    }
    for name in STATICS.iter().chain(&["kube-proxy"]) {
        if before.process(name).is_some_and(|process| !after.processes.iter().any(|one| one.pid == process.pid)) {
            all.push(Deed::Killed(name));
        }
    }
    let manifest = |machine: &Machine, name: &str| machine.files.read(&format!("{MANIFESTS}/{name}.yaml"));
    let names = |machine: &Machine| machine.files.names(MANIFESTS);
    let file = |machine: &Machine, name: &Text| machine.files.read(&format!("{MANIFESTS}/{name}"));
    if names(before) != names(after) || names(after).iter().any(|name| file(before, name) != file(after, name)) {
        let both = |name: &&str| manifest(before, name).is_some() && manifest(after, name).is_some();
        let changed = STATICS.into_iter().filter(both).filter(|name| manifest(before, name) != manifest(after, name)).collect();
        all.push(Deed::Manifests(changed));
    }
    let kept = |machine: &Machine| machine.files.exists("/var/lib/kubelet/config.yaml");
    if kept(before) && after.files.below("/var/lib/kubelet").is_empty() && pid(after, "kubelet") == 0 {
        all.push(Deed::Emptied);
    }
    if before.firewall != after.firewall || before.clock_offset != after.clock_offset {
        all.push(Deed::Reach);
    }
    if !std::sync::Arc::ptr_eq(&before.images, &after.images) {
        let (came, left) = (images_beside(after, before), images_beside(before, after));
        all.extend((came.len() + left.len() > 0).then_some(Deed::Images(came, left)));
    }
    all.extend(k3s_deeds(before, after));
    all
}

/// The process of an active service; 0 where it does not run.
fn pid(machine: &Machine, name: &str) -> u32 {
    machine.unit(name).filter(|unit| unit.state == State::Active).map_or(0, |unit| unit.pid)
}

/// Whether a machine's own rules let a new connection to a TCP port in. The first rule that fits decides.
pub(super) fn lets_in(machine: &Machine, port: u16) -> bool {
    for rule in machine.firewall.iter() {
        let words: Vec<&str> = rule.split_whitespace().collect();
        let after = |flag: &str| words.iter().position(|word| *word == flag).and_then(|at| words.get(at + 1)).copied();
        let here = words.get(1) == Some(&"INPUT");
        let protocol = after("-p").is_none_or(|name| name == "tcp" || name == "all");
        let fits = |text: &str| match text.split_once(':') {
            Some((low, high)) => (low.parse().unwrap_or(0)..=high.parse().unwrap_or(u16::MAX)).contains(&port),
            None => text.split(',').any(|one| one.parse() == Ok(port)),
        };
        let ports = after("--dport").or_else(|| after("--dports")).is_none_or(fits);
        if here && protocol && ports && after("-i") != Some("lo") {
            return after("-j") == Some("ACCEPT");
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use simcore::Time;
    use std::sync::Arc;

    fn server() -> Machine {
        Machine::prepared("a", "10.0.0.1", "v1.37.2", 1, Time::START)
    }

    #[test]
    fn what_is_typed_on_a_server_is_told_apart() {
        let before = server();
        let mut after = before.clone();
        after.stop_unit(Time::START, "containerd");
        assert_eq!(deeds(&before, &after), [Deed::Service("containerd", false)]);
        let mut after = before.clone();
        after.files.write("/etc/kubernetes/manifests/etcd.yaml", "kind: Pod");
        assert_eq!(deeds(&before, &after), [Deed::Manifests(Vec::new())]);
        let mut after = before.clone();
        Arc::make_mut(&mut after.interfaces)[0].mtu = 1400;
        assert_eq!(deeds(&before, &after), [Deed::Mtu(1400)]);
        let mut after = before.clone();
        after.reboot(Time::START + Duration::secs(1));
        assert_eq!(deeds(&before, &after), [Deed::Rebooted]);
        assert_eq!(deeds(&before, &before), []);
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let mut machine = server();
        assert!(lets_in(&machine, 6443));
        let rules = ["-A INPUT -p tcp --dport 22 -j ACCEPT", "-A INPUT -p tcp --dport 6443 -j DROP"];
        machine.firewall = std::sync::Arc::new(rules.map(Text::new_static).to_vec());
        assert!(lets_in(&machine, 22) && !lets_in(&machine, 6443) && lets_in(&machine, 10250));
    }
}

//! The containers of a node as its process table shows them: a shim for each Pod, and below it what runs in it.
use super::processes;
use crate::world::World;
use ::hosts::Machine;
use ::hosts::k3s;
use apiserver::client::Effects;
use dataplane::images::Lookup;
use objects::{Object, Text, Tree};
use simcore::Time;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a process belongs to: a Pod's uid, and the container's id. The shim and the sandbox's own process have none.
type Place = (Text, Text);

/// A Pod that stands: its uid, its sandbox's id, and what runs in it.
type Held = (Text, String, Vec<Running>);

/// A running container.
struct Running {
    id: Text,
    line: String,
    since: Time,
}

impl World {
    /// Brings a node's table to what its runtime holds. Only who looks at the table needs it.
    pub(super) fn show_containers(&mut self, host: usize) {
        let Some(mut machine) = self.fleet.machines.get(&host).filter(|machine| shim(machine, "").is_some()).cloned() else { return };
        let wanted = self.held_by_shims(host, &machine);
        let shown: BTreeMap<u32, Place> =
            self.fleet.inside.iter().filter(|((at, _), _)| *at == host).map(|((_, pid), place)| (*pid, place.clone())).collect();
        let gone: Vec<u32> = shown
            .iter()
            .filter(|(_, (uid, id))| {
                !wanted.iter().any(|(of, _, running)| of == uid && (id.is_empty() || running.iter().any(|one| one.id == *id)))
            })
            .map(|(pid, _)| *pid)
            .collect();
        let mut inside: BTreeMap<u32, Place> = shown.into_iter().filter(|(pid, _)| !gone.contains(pid)).collect();
        let before = machine.processes.len();
        gone.iter().for_each(|pid| machine.kill(*pid));
        for (uid, sandbox, running) in wanted {
            add(&mut machine, self.now, &mut inside, &uid, &sandbox, &running);
        }
        if gone.is_empty() && machine.processes.len() == before {
            return;
        }
        let fleet = self.fleet_mut();
        fleet.inside.retain(|(at, _), _| *at != host);
        fleet.inside.extend(inside.into_iter().map(|(pid, place)| ((host, pid), place)));
        // What is shown is no change from outside.
        fleet.machines.insert(host, machine);
    }

    /// Pods whose sandbox stands, without those that are in the table as processes of their own.
    fn held_by_shims(&self, host: usize, machine: &Machine) -> Vec<Held> {
        let Some(kubelet) = self.kubelet_of(host).filter(|_| self.hosts[host].powered) else { return Vec::new() };
        let apart = |name: &Text| !is_k3s(machine) && processes::is_apart(name);
        let standing = kubelet.sandboxes().filter(|(_, sandbox)| {
            let own = sandbox.namespace == "kube-system" && sandbox.slots.iter().any(|slot| apart(&slot.name));
            sandbox.ready && !own
        });
        standing
            .map(|(uid, sandbox)| {
                let running = sandbox.slots.iter().filter_map(|slot| Some((slot, slot.current.as_ref().filter(|one| one.is_running())?)));
                let pod = kubelet.pod_of(uid);
                let shown = running.map(|(slot, found)| Running {
                    id: found.id.clone(),
                    line: self.shown_line(pod, &slot.name, &found.image),
                    since: found.state.since(),
                });
                (uid.clone(), sandbox_id(uid), shown.collect())
            })
            .collect()
    }

    /// How a container's process looks in the table: what its Pod says, else what its image starts.
    fn shown_line(&self, pod: Option<&Object>, name: &str, image: &str) -> String {
        let all = pod.into_iter().flat_map(|pod| ["containers", "initContainers"].map(|key| pod.spec().get(key).items()));
        let said = all.flatten().find(|one| one.get("name").text() == name);
        let words = |key: &str| said.map_or(&[][..], |one| one.get(key).items()).iter().map(Tree::text).collect::<Vec<&str>>();
        let (command, args) = (words("command"), words("args"));
        if !command.is_empty() {
            return [command, args].concat().join(" ");
        }
        let (program, title) = self.program_of(image);
        match (args.is_empty(), title.is_empty()) {
            (true, true) => format!("/{program}"),
            (true, false) => title.to_string(),
            // Images without an entry point take the arguments for the command.
            (false, _) if !args[0].starts_with('-') => args.join(" "),
            (false, _) => format!("/{program} {}", args.join(" ")),
        }
    }

    /// The program that an image starts, with the title that its process gives itself; the image's own name where the catalog
    /// does not tell.
    fn program_of(&self, image: &str) -> (Text, Text) {
        let bare = || Text::new(image.rsplit('/').next().unwrap_or(image).split([':', '@']).next().unwrap_or_default());
        match self.fleet.catalog.lookup(image) {
            Lookup::Found(found) => (found.commands.iter().find(|name| *name != "*").cloned().unwrap_or_else(bare), found.title.clone()),
            _ => (bare(), Text::default()),
        }
    }

    /// The process of a container in a server's table.
    pub(super) fn pid_of(&self, host: usize, uid: &str, id: &str) -> Option<u32> {
        let here = self.fleet.inside.iter().find(|((at, _), (pod, container))| *at == host && pod == uid && container == id);
        here.map(|((_, pid), _)| *pid)
    }

    /// Processes of containers are gone from a server's table: the containers are dead.
    pub(super) fn containers_lost(&mut self, host: usize, pids: &[u32]) {
        let (now, id, mut fx) = (self.now, self.hosts[host].kubelet, Effects::default());
        let places: Vec<Place> = pids.iter().filter_map(|pid| self.fleet_mut().inside.remove(&(host, *pid))).collect();
        // Without its shim nothing of a Pod lives on.
        let orphan = |(at, place): (&(usize, u32), &Place)| {
            let dead = places.iter().any(|lost| lost.0 == place.0 && lost.1.is_empty());
            (at.0 == host && dead).then_some(at.1)
        };
        let orphans: Vec<u32> = self.fleet.inside.iter().filter_map(orphan).collect();
        let fleet = self.fleet_mut();
        for pid in orphans {
            fleet.inside.remove(&(host, pid));
            fleet.machines.entry(host).and_modify(|machine| machine.kill(pid));
        }
        if let Some(kubelet) = Arc::make_mut(&mut self.parts[id]).kubelet_mut() {
            for (uid, container) in places {
                match container.is_empty() {
                    true => kubelet.lose_sandbox(now, &uid, &mut fx),
                    false => kubelet.kill_process(now, &uid, &container, &mut fx),
                }
            }
        }
        self.carry_out(id, fx);
        self.broken_off(host);
    }

    /// SIGTERM was sent to processes of containers: what follows is up to their programs.
    pub(super) fn containers_asked(&mut self, host: usize, pids: &[u32]) {
        let (now, id, mut fx) = (self.now, self.hosts[host].kubelet, Effects::default());
        let places: Vec<Place> = pids.iter().filter_map(|pid| self.fleet.inside.get(&(host, *pid)).cloned()).collect();
        if let Some(kubelet) = self.kubelet_at(host) {
            places.iter().for_each(|(uid, container)| kubelet.ask_container(now, uid, container, &mut fx));
        }
        self.carry_out(id, fx);
    }

    /// All Pods of a node's runtime are gone; its images stay.
    pub(super) fn pods_removed(&mut self, host: usize) {
        if let Some(kubelet) = self.kubelet_at(host) {
            kubelet.remove_pods();
        }
        self.broken_off(host);
    }

    /// What the runtime kept is gone from the disk.
    pub(super) fn runtime_wiped(&mut self, host: usize) {
        if let Some(kubelet) = self.kubelet_at(host) {
            kubelet.wipe();
        }
        self.count_enforcing();
        self.forget_inside(host);
        self.broken_off(host);
    }

    /// A server's table without what runs in Pods: shims, pauses, containers.
    pub(crate) fn without_pods(&self, host: usize, mut machine: Machine) -> Machine {
        Arc::make_mut(&mut machine.processes).retain(|process| !self.fleet.inside.contains_key(&(host, process.pid)));
        machine
    }

    /// The table of a server was made anew.
    pub(super) fn forget_inside(&mut self, host: usize) {
        self.fleet_mut().inside.retain(|(at, _), _| *at != host);
    }
}

/// The runtime's id of a Pod's sandbox: 64 hexadecimal digits.
pub(super) fn sandbox_id(uid: &str) -> String {
    format!("{:0<64}", uid.replace('-', ""))
}

/// The command line of the shim that a server's containerd starts for a sandbox; `None` where there is no containerd.
fn shim(machine: &Machine, sandbox: &str) -> Option<String> {
    let packaged = || {
        machine.program("containerd")?;
        Some(format!("/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id {sandbox} -address /run/containerd/containerd.sock"))
    };
    k3s::shim(machine, sandbox).or_else(packaged)
}

fn is_k3s(machine: &Machine) -> bool {
    k3s::shim(machine, "").is_some()
}

/// Adds the processes of a Pod that are not there yet.
fn add(machine: &mut Machine, now: Time, inside: &mut BTreeMap<u32, Place>, uid: &Text, sandbox: &str, running: &[Running]) {
    let find =
        |inside: &BTreeMap<u32, Place>, id: &str| inside.iter().find(|(_, place)| place.0 == *uid && place.1 == id).map(|(pid, _)| *pid);
    let shim = find(inside, "").or_else(|| {
        let command = shim(machine, sandbox)?;
        let begun = running.iter().map(|one| one.since).min().unwrap_or(now);
        let pid = machine.spawn(begun, "root", 1, &command);
        let pause = machine.spawn(begun, "65535", pid, "/pause");
        inside.insert(pid, (uid.clone(), Text::default()));
        inside.insert(pause, (uid.clone(), Text::default()));
        Some(pid)
    });
    for one in running {
        if let Some(shim) = shim
            && find(inside, &one.id).is_none()
        {
            let pid = machine.spawn(one.since, "root", shim, &one.line);
            inside.insert(pid, (uid.clone(), one.id.clone()));
        }
    }
}

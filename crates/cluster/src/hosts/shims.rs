//! The containers of a K3s node as its process table shows them: a shim for each Pod, and below it what runs in it.
use crate::world::World;
use ::hosts::Machine;
use ::hosts::k3s;
use apiserver::client::Effects;
use dataplane::images::Lookup;
use objects::Text;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a process belongs to: a Pod's uid, and the container's name. The shim and the sandbox's own process have none.
type Place = (Text, Text);

/// A Pod's uid, its sandbox's id, and its containers' names with their programs.
type Held = (Text, String, Vec<(Text, Text)>);

impl World {
    /// Brings a K3s node's table to what its runtime holds. Only who looks at the table needs it.
    pub(super) fn show_containers(&mut self, host: usize) {
        let Some(mut machine) = self.fleet.machines.get(&host).filter(|machine| k3s::shim(machine, "").is_some()).cloned() else { return };
        let wanted = self.held_by_shims(host);
        let shown: BTreeMap<u32, Place> =
            self.fleet.inside.iter().filter(|((at, _), _)| *at == host).map(|((_, pid), place)| (*pid, place.clone())).collect();
        let gone: Vec<u32> = shown
            .iter()
            .filter(|(_, (uid, name))| {
                !wanted.iter().any(|(of, _, names)| of == uid && (name.is_empty() || names.iter().any(|(one, _)| one == name)))
            })
            .map(|(pid, _)| *pid)
            .collect();
        let mut inside: BTreeMap<u32, Place> = shown.into_iter().filter(|(pid, _)| !gone.contains(pid)).collect();
        let before = machine.processes.len();
        gone.iter().for_each(|pid| machine.kill(*pid));
        for (uid, sandbox, names) in wanted {
            add(&mut machine, self.now, &mut inside, &uid, &sandbox, &names);
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

    /// Pods whose sandbox stands, with its id, and their containers that run with their programs.
    fn held_by_shims(&self, host: usize) -> Vec<Held> {
        let Some(kubelet) = self.kubelet_of(host).filter(|_| self.hosts[host].powered) else { return Vec::new() };
        let standing = kubelet.sandboxes().filter(|(_, sandbox)| sandbox.ready);
        standing
            .map(|(uid, sandbox)| {
                let running = sandbox.slots.iter().filter_map(|slot| Some((slot, slot.current.as_ref().filter(|one| one.is_running())?)));
                let names = running.map(|(slot, found)| (slot.name.clone(), self.program_of(&found.image))).collect();
                (uid.clone(), format!("{:0<64}", uid.replace('-', "")), names)
            })
            .collect()
    }

    /// The program that an image starts; its own name where the catalog does not tell.
    fn program_of(&self, image: &str) -> Text {
        let known = match self.fleet.catalog.lookup(image) {
            Lookup::Found(found) => found.commands.iter().find(|name| *name != "*").cloned(),
            _ => None,
        };
        known.unwrap_or_else(|| Text::new(image.rsplit('/').next().unwrap_or(image).split([':', '@']).next().unwrap_or_default()))
    }

    /// Processes of containers are gone from a server's table: the containers are dead.
    pub(super) fn containers_lost(&mut self, host: usize, pids: &[u32]) {
        let (now, id, mut fx) = (self.now, self.hosts[host].kubelet, Effects::default());
        let places: Vec<Place> = pids.iter().filter_map(|pid| self.fleet_mut().inside.remove(&(host, *pid))).collect();
        if let Some(kubelet) = Arc::make_mut(&mut self.parts[id]).kubelet_mut() {
            for (uid, name) in places {
                match kubelet.sandbox(&uid).map(|sandbox| (sandbox.namespace.clone(), sandbox.name.clone())) {
                    Some(_) if name.is_empty() => kubelet.lose_sandbox(now, &uid, &mut fx),
                    Some((namespace, pod)) => {
                        kubelet.kill_container(now, &namespace, &pod, &name, &mut fx);
                    }
                    None => {}
                }
            }
        }
        self.carry_out(id, fx);
        self.broken_off(host);
    }

    /// All Pods of a node's runtime are gone; its images stay.
    pub(super) fn pods_removed(&mut self, host: usize) {
        if let Some(kubelet) = self.kubelet_at(host) {
            kubelet.remove_pods();
        }
        self.forget_inside(host);
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

/// Adds the processes of a Pod that are not there yet.
fn add(machine: &mut Machine, now: simcore::Time, inside: &mut BTreeMap<u32, Place>, uid: &Text, sandbox: &str, names: &[(Text, Text)]) {
    let find = |inside: &BTreeMap<u32, Place>, name: &str| {
        inside.iter().find(|(_, place)| place.0 == *uid && place.1 == name).map(|(pid, _)| *pid)
    };
    let shim = find(inside, "").or_else(|| {
        let command = k3s::shim(machine, sandbox)?;
        let pid = machine.spawn(now, "root", 1, &command);
        let pause = machine.spawn(now, "65535", pid, "/pause");
        inside.insert(pid, (uid.clone(), Text::default()));
        inside.insert(pause, (uid.clone(), Text::default()));
        Some(pid)
    });
    for (name, program) in names {
        if let Some(shim) = shim
            && find(inside, name).is_none()
        {
            let pid = machine.spawn(now, "root", shim, &format!("/{program}"));
            inside.insert(pid, (uid.clone(), name.clone()));
        }
    }
}

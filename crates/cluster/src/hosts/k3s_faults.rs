//! Faults of parts that live in one K3s process: the process can be stopped, started and killed, a part of it cannot.
use super::k3s::notifying;
use crate::event::PartId;
use crate::input::Fault;
use crate::logs::last_words;
use crate::world::World;
use ::hosts::machine::k3s::Phase;
use ::hosts::machine::units::State;
use simcore::OccurrenceId;

/// The name of the whole process: `k3s/node-1`.
const WHOLE: &str = "k3s/";

/// What is done to the whole process.
enum Deed {
    Stop,
    Start,
    Kill,
}

impl World {
    /// The K3s process that a component is a part of, by the place of its host; `None` where it is a process of its own.
    pub(crate) fn k3s_of(&self, component: &str) -> Option<usize> {
        if self.fleet.machines.is_empty() {
            return None;
        }
        let (process, place) = component.split_once('/').unwrap_or((component, ""));
        let host = match place {
            "" => match process {
                "kube-apiserver" => self.apiservers.iter().find(|server| server.id == component)?.host,
                "etcd" | "kine" => self.etcd.nodes.iter().rfind(|node| node.component == component)?.host,
                _ => self.parts.iter().find(|part| part.id == component)?.host,
            },
            place => self.hosts.iter().position(|host| host.name == place)?,
        };
        self.is_k3s(host).then_some(host)
    }

    /// Whether what a host has of the cluster is one K3s process.
    pub(crate) fn is_k3s(&self, host: usize) -> bool {
        self.fleet.machines.get(&host).is_some_and(|machine| notifying(machine).is_some())
    }

    /// A fault of a part that is no process of its own, or of the whole process; `None`: it is about something else.
    pub(crate) fn fault_of_k3s(&mut self, fault: &Fault) -> Option<Result<OccurrenceId, String>> {
        let (deed, component) = match fault {
            Fault::StopComponent { component } => (Some(Deed::Stop), component),
            Fault::StartComponent { component } => (Some(Deed::Start), component),
            Fault::KillComponent { component } => (Some(Deed::Kill), component),
            Fault::SlowComponent { component, .. } | Fault::CutComponent { component, .. } => (None, component),
            Fault::CrashEtcd { member } | Fault::LoseEtcdData { member } | Fault::RestoreEtcd { member, .. } => (None, member),
            _ => return None,
        };
        let host = self.k3s_of(component)?;
        let name = self.hosts[host].name.clone();
        let unit = self.fleet.machines.get(&host).and_then(notifying).map(|(unit, _)| unit)?;
        let (Some(deed), true) = (deed, component.starts_with(WHOLE)) else {
            let process = component.split('/').next().unwrap_or_default();
            let words =
                format!("{process} is no process of its own on {name}: it lives in {unit} (`systemctl stop {unit}` stops all of it)");
            return Some(Err(words));
        };
        Some(self.fault_whole(host, &unit, deed))
    }

    fn fault_whole(&mut self, host: usize, unit: &str, deed: Deed) -> Result<OccurrenceId, String> {
        let (now, mut machine) = (self.now, self.machine(host));
        let name = self.hosts[host].name.clone();
        if !self.hosts[host].powered {
            return Err(format!("{name} has no power"));
        }
        let found = machine.unit(unit).map(|unit| (unit.state, unit.pid));
        let word = match (deed, found) {
            (Deed::Stop, _) => {
                machine.stop_unit(now, unit);
                "stop"
            }
            (Deed::Start, _) => {
                machine.start_unit(now, unit);
                "start"
            }
            (Deed::Kill, Some((State::Active, pid))) => {
                machine.died(now, pid, true);
                "kill"
            }
            (Deed::Kill, _) => return Err(format!("{unit} is not running on {name}")),
        };
        let id = self.note("you", "fault", &format!("{word} {unit} on {name}"));
        self.put_machine(host, machine);
        Ok(id)
    }

    /// A leader in a K3s process could not renew its lease: as its program would, it ends the process, which is all of K3s.
    /// `false`: the part is a process of its own.
    pub(crate) fn k3s_failed(&mut self, id: PartId) -> bool {
        let (now, host, process) = (self.now, self.parts[id].host, self.parts[id].process().to_string());
        if self.fleet.machines.is_empty() || !self.is_k3s(host) {
            return false;
        }
        let mut machine = self.machine(host);
        let Some((name, pid)) = notifying(&machine).and_then(|(name, _)| Some((name.clone(), machine.unit(&name)?.pid))) else {
            return true;
        };
        for (level, place, words) in last_words(&process) {
            machine.klog(now, &name, ("k3s", pid), level, place, &words);
        }
        machine.failed(now, pid);
        self.note(&name, "exit", &format!("{process} could not renew its lease in time: the whole process ends"));
        self.put_machine(host, machine);
        true
    }

    /// Whether a kube-apiserver's K3s process is up and still waits for its etcd.
    pub(crate) fn awaits_etcd(&self, server: usize) -> bool {
        if !self.api.k3s {
            return false;
        }
        let host = self.apiservers[server].host;
        let boots = |machine: &::hosts::Machine| machine.k3s.as_ref().is_some_and(|k3s| k3s.phase == Phase::Booting);
        let member = self.etcd.nodes.iter().rfind(|node| node.host == host);
        self.fleet.machines.get(&host).is_some_and(boots) && member.is_some_and(|node| !node.has_leader())
    }
}

//! A server's process table, for who looks at it from outside.
use crate::lens::ProcessView;
use crate::world::World;

impl World {
    /// Whether the servers had no cluster at first.
    pub(crate) fn began_bare(&self) -> bool {
        self.fleet.bare.is_some()
    }

    /// Whether a server has a kubelet that can run: one that began bare has it only once a cluster was installed or joined.
    pub(crate) fn has_kubelet(&self, host: usize) -> bool {
        let joined = |machine: &::hosts::Machine| {
            let k3s = machine.units.iter().any(|(_, unit)| unit.notify);
            k3s || ["kubelet.conf", "bootstrap-kubelet.conf"].iter().any(|file| machine.files.exists(&format!("/etc/kubernetes/{file}")))
        };
        !self.began_bare() || self.fleet.machines.get(&host).is_some_and(joined)
    }

    /// The names of all servers.
    pub fn servers(&self) -> Vec<String> {
        (0..self.hosts.len()).filter(|host| !self.is_hidden(*host)).map(|host| self.hosts[host].name.to_string()).collect()
    }

    /// What runs on a server, as `ps` lists it; nothing where it has no power. The world itself is not touched: a machine
    /// that nobody has logged in to is made in a copy.
    pub fn processes(&self, server: &str) -> Vec<ProcessView> {
        let found = self.hosts.iter().position(|host| host.name == server && host.powered);
        let Some(host) = found.filter(|host| !self.is_hidden(*host)) else { return Vec::new() };
        let mut copy = self.clone();
        copy.machine(host);
        copy.show_containers(host);
        let machine = copy.machine(host);
        let view = |process: &::hosts::machine::Process| ProcessView {
            pid: process.pid,
            parent: process.parent,
            name: process.name().to_string(),
            command: process.command.to_string(),
            rss_kib: process.rss_kib,
            cpu_millis: process.cpu_millis,
        };
        machine.processes.iter().map(view).collect()
    }
}

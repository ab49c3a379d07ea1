//! The files of /var/log/pods and /var/log/containers and the kubelet's journal: written when somebody looks there.
use crate::world::World;
use ::hosts::Machine;
use dataplane::runtime::{Container, Sandbox};

const PODS: &str = "/var/log/pods";
const LINKS: &str = "/var/log/containers";

impl World {
    /// Brings the folders of a server up to date, if a line typed in `folder` may look into them.
    pub(super) fn show_logs(&mut self, host: usize, folder: &str, line: &str) {
        if line.contains("journalctl") || line.contains("systemctl") {
            self.show_journal(host);
        }
        if !line.contains("/var/log") && !folder.starts_with("/var/log") {
            return;
        }
        let mut machine = self.machine(host);
        let Some(kubelet) = self.kubelet_of(host) else { return };
        [PODS, LINKS].iter().for_each(|path| machine.files.empty(path));
        for (uid, sandbox) in kubelet.sandboxes() {
            for slot in &sandbox.slots {
                let all = slot.previous.as_deref().into_iter().chain(&slot.current);
                all.for_each(|one| write(&mut machine, uid, sandbox, &slot.name, one));
            }
        }
        // What is shown is no change from outside.
        self.fleet_mut().machines.insert(host, machine);
    }

    /// What the kubelet has written since somebody last looked stands in its unit's journal.
    pub(super) fn show_journal(&mut self, host: usize) {
        let mut machine = self.machine(host);
        // In K3s its lines are the one process's.
        if let Some((unit, _)) = super::k3s::notifying(&machine) {
            return self.show_k3s_journal(host, &unit);
        }
        let lines = self.kubelet_at(host).map(|kubelet| kubelet.read_journal()).unwrap_or_default();
        let last = |machine: &Machine| {
            let journal = &machine.unit("kubelet")?.journal;
            journal.iter().rev().find_map(|line| line.tag.strip_prefix("kubelet[")?.strip_suffix(']')?.parse().ok())
        };
        let pid = machine.unit("kubelet").map(|unit| unit.pid).filter(|pid| *pid != 0).or_else(|| last(&machine)).unwrap_or(700);
        for line in &lines {
            machine.klog(line.at, "kubelet", ("kubelet", pid), line.level, &line.place, &line.words);
        }
        self.fleet_mut().machines.insert(host, machine);
    }
}

/// One container's output in the form of CRI: instant, stream, whether the line is whole (F), text.
fn write(machine: &mut Machine, uid: &str, sandbox: &Sandbox, name: &str, container: &Container) {
    let (pod, namespace) = (&sandbox.name, &sandbox.namespace);
    let path = format!("{PODS}/{namespace}_{pod}_{uid}/{name}/{}.log", container.attempt);
    let klog = |text: &str| matches!(text.as_bytes(), [b'I' | b'W' | b'E' | b'F', b'0'..=b'9', ..]);
    let lines = container.log.since(0).map(|line| {
        let at = line.at.rfc3339_micro();
        let stream = if klog(&line.text) { "stderr" } else { "stdout" };
        format!("{}000Z {stream} F {}\n", at.trim_end_matches('Z'), line.text.trim_end_matches('\n'))
    });
    machine.files.write_mode(&path, &lines.collect::<String>(), 0o640);
    machine.files.link(&format!("{LINKS}/{pod}_{namespace}_{name}-{}.log", container.id), &path);
}

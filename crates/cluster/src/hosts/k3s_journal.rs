//! The kubelet's lines in K3s's journal, and what the tunnel of an agent says when its server is away.
use crate::world::World;
use ::hosts::Machine;
use ::hosts::call::ephemeral_port;
use objects::Text;

/// What the kubelet of kubeadm's calls its files, and what K3s's does.
const FILES: [(&str, &str); 2] = [
    ("/etc/kubernetes/pki/ca.crt", "/var/lib/rancher/k3s/agent/client-ca.crt"),
    ("/etc/kubernetes/manifests", "/var/lib/rancher/k3s/agent/pod-manifests"),
];
/// Words of things that K3s's kubelet does not do.
const FOREIGN: &str = "Client rotation is on";

impl World {
    /// What the kubelet in the process has written since somebody last looked.
    pub(super) fn show_k3s_journal(&mut self, host: usize, unit: &str) {
        let mut machine = self.machine(host);
        let lines = self.kubelet_at(host).map(|kubelet| kubelet.read_journal()).unwrap_or_default();
        let Some(k3s) = machine.k3s.clone().filter(|_| !lines.is_empty()) else { return };
        let server = k3s.url.trim_start_matches("https://").to_string();
        for line in &lines {
            let Some(pid) = process_at(&machine, unit, line.at) else { continue };
            if line.words.contains(FOREIGN) {
                continue;
            }
            let mut words = FILES.iter().fold(line.words.to_string(), |words, (from, to)| words.replace(from, to));
            if !k3s.server && line.level == 'E' {
                words = by_balancer(&words, &server, ephemeral_port(line.at));
                if words.contains("Failed to update lease") {
                    let why = if line.words.contains("refused") { "connect: connection refused" } else { "i/o timeout" };
                    let said = format!(
                        "time=\"{}\" level=error msg=\"Remotedialer proxy error; reconnecting...\" error=\"dial tcp {server}: {why}\" \
                         url=\"wss://{server}/v1-k3s/connect\"",
                        machine.local(line.at).rfc3339()
                    );
                    machine.log(line.at, unit, &format!("k3s[{pid}]"), &said);
                }
            }
            machine.klog(line.at, unit, ("k3s", pid), line.level, &line.place, &words);
        }
        machine.sort_journal(unit);
        // What is shown is no change from outside.
        self.fleet_mut().machines.insert(host, machine);
    }
}

/// The number of the process that ran at an instant, by the journal's own lines.
fn process_at(machine: &Machine, unit: &str, at: simcore::Time) -> Option<u32> {
    let journal = &machine.unit(unit)?.journal;
    let own = |tag: &Text| tag.strip_prefix("k3s[").and_then(|rest| rest.strip_suffix(']')?.parse().ok());
    journal.iter().rev().filter(|line| line.at <= at).find_map(|line| own(&line.tag))
}

/// An agent's kubelet asks its own load balancer, which drops the connection where no server answers.
fn by_balancer(words: &str, server: &str, port: u64) -> String {
    let local = "127.0.0.1:6444";
    let dropped = format!("read tcp 127.0.0.1:{port}->{local}: read: connection reset by peer");
    words
        .replace(&format!("dial tcp {server}: connect: connection refused"), &dropped)
        .replace(&format!("https://{server}"), &format!("https://{local}"))
}

//! What somebody who looks at a server from outside can tell of it: for the hints about known mistakes.
use super::seam;
use crate::world::World;
use ::hosts::Machine;
use ::hosts::machine::k3s::Phase;
use ::hosts::machine::units::State;
use std::collections::BTreeSet;

/// A server that somebody has logged in to.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerView {
    pub name: String,
    /// A kube-apiserver listens on it.
    pub serves: bool,
    /// A swap area is in use.
    pub swap: bool,
    /// Its clock and another server's are more than a minute apart.
    pub skewed: bool,
    /// `amd64`
    pub arch: String,
    /// Container runtime and kubelet mean different cgroups.
    pub clash: bool,
    /// Its own rules let new connections to the kube-apiserver's port in.
    pub open: bool,
    /// There is a kubeconfig where root's kubectl looks.
    pub kubeconfig: bool,
    /// kubeadm's kubeconfig for the administrator lies on it.
    pub admin: bool,
    /// It has founded or joined another cluster than another server has: such a world cannot be.
    pub apart: bool,
    /// The last lines in the journals of services that do not run as they should.
    pub troubles: Vec<String>,
}

/// Lines of a journal that are looked at.
const LINES: usize = 4;
/// Microseconds that clocks may be apart.
const SKEW: u64 = 60_000_000;

impl World {
    /// All servers that somebody has logged in to. Nothing is made for it, so it costs little.
    pub fn server_views(&self) -> Vec<ServerView> {
        let clock = |host: usize| self.fleet.machines.get(&host).map_or(0, |machine| machine.clock_offset);
        let clocks: Vec<i64> = (0..self.hosts.len()).map(clock).collect();
        let known = self.fleet.machines.iter().filter(|(host, _)| self.hosts[**host].powered);
        let clusters: BTreeSet<String> = self.fleet.machines.values().filter_map(|machine| self.cluster_of(machine)).collect();
        known
            .map(|(host, machine)| ServerView {
                name: machine.name.to_string(),
                serves: self.serves(*host),
                swap: !machine.swaps.is_empty(),
                skewed: clocks.iter().any(|clock| clock.abs_diff(machine.clock_offset) > SKEW),
                arch: machine.hardware.arch.to_string(),
                clash: machine.cgroup_clash().is_some(),
                open: seam::lets_in(machine, 6443),
                kubeconfig: machine.files.exists("/root/.kube/config"),
                admin: machine.files.exists("/etc/kubernetes/admin.conf"),
                apart: clusters.len() > 1 && self.cluster_of(machine).is_some(),
                troubles: machine
                    .units
                    .iter()
                    .filter(|(_, unit)| matches!(unit.state, State::Starting | State::Restarting | State::Failed))
                    .flat_map(|(_, unit)| unit.journal.iter().rev().take(LINES).map(|line| line.text.to_string()))
                    .collect(),
            })
            .collect()
    }

    /// By what a server with a control plane knows its cluster: kubeadm's certificate authority, K3s's first server.
    fn cluster_of(&self, machine: &Machine) -> Option<String> {
        let Some(k3s) = machine.k3s.as_ref().filter(|k3s| k3s.server && matches!(k3s.phase, Phase::Booting | Phase::Running)) else {
            return machine.files.read("/etc/kubernetes/pki/ca.crt").map(|text| text.to_string());
        };
        if k3s.url.is_empty() {
            return Some(format!("k3s of {}", machine.name));
        }
        // Whoever joined another server than the first one belongs to the same cluster: only the first are compared.
        None
    }
}

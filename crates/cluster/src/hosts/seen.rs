//! What somebody who looks at a server from outside can tell of it: for the hints about known mistakes.
use super::seam;
use crate::world::World;
use ::hosts::machine::units::State;

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
                troubles: machine
                    .units
                    .iter()
                    .filter(|(_, unit)| matches!(unit.state, State::Starting | State::Restarting | State::Failed))
                    .flat_map(|(_, unit)| unit.journal.iter().rev().take(LINES).map(|line| line.text.to_string()))
                    .collect(),
            })
            .collect()
    }
}

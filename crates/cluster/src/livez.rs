//! A kube-apiserver without etcd: its liveness probe fails, and the kubelet ends it and starts it again, ever more rarely.
use crate::event::Event;
use crate::starter::RESTART;
use crate::world::World;
use simcore::Duration;

/// From the loss of etcd's leader until the kubelet ends the container: /livez asks etcd, and eight probes fail, one every
/// ten seconds (kubeadm's `livenessProbe`: `failureThreshold: 8`, `periodSeconds: 10`).
const PROBES: Duration = Duration::secs(80);
/// How long a kube-apiserver that starts tries to connect to an etcd whose port is closed, or that refuses it.
pub(crate) const STORAGE: Duration = Duration::secs(20);
/// How long one runs that is connected to a member without a leader: what its start has to write must be written in a minute.
const HOOKS: Duration = Duration::secs(60);
/// How soon it is looked at again where no kubelet probes.
const LOOK: Duration = Duration::secs(10);

impl World {
    /// Whether a kubelet probes this kube-apiserver: one in a K3s process, or at a provider, is none of its.
    fn is_probed(&self, place: usize) -> bool {
        let host = self.apiservers[place].host;
        !self.in_k3s(host) && !self.is_hidden(host)
    }

    /// A member of etcd knows no leader any more: probes of the kube-apiservers above it begin to fail.
    pub(crate) fn etcd_lost(&mut self, member: usize) {
        for place in 0..self.apiservers.len() {
            if self.member_behind(place) == member && self.is_probed(place) {
                self.queue.push(self.now + PROBES, Event::Livez(place));
            }
        }
    }

    /// A member of etcd knows a leader again: a kube-apiserver that starts has waited for it.
    pub(crate) fn etcd_found(&mut self, member: usize) {
        for place in 0..self.apiservers.len() {
            if self.apiservers[place].waits && self.member_behind(place) == member {
                self.apiservers[place].waits = false;
                self.run_process(&self.apiservers[place].id.clone(), true);
                self.catch_up();
            }
        }
    }

    /// A kube-apiserver's process has started: it serves, unless nobody listens where its etcd should be.
    pub(crate) fn server_begins(&mut self, place: usize) {
        let now = self.now;
        let node = self.etcd.nodes.get(self.member_behind(place));
        let lacking = node.filter(|node| node.leaderless_since.is_some() && self.is_probed(place));
        let (lacks, waits) = (lacking.is_some(), lacking.is_some_and(|node| !node.process.is_running()));
        let server = &mut self.apiservers[place];
        (server.begun, server.waits, server.running) = (now, waits, !waits);
        if lacks {
            self.queue.push(now + if waits { STORAGE } else { HOOKS }, Event::Livez(place));
        }
        if !waits {
            self.begin_identity(place);
        }
    }

    /// A kube-apiserver has lacked etcd for long: it ends, or is ended, and starts again after a pause.
    pub(crate) fn lives_no_more(&mut self, place: usize) {
        let (now, server) = (self.now, &self.apiservers[place]);
        let host = server.host;
        let Some(since) = self.etcd.nodes[self.member_behind(place)].leaderless_since else { return };
        let there = (server.running || server.waits) && self.hosts[host].powered;
        if !there || !self.is_probed(place) || self.is_away(host, "kube-apiserver") {
            return;
        }
        if !self.has_starter(host) {
            return self.queue.push(now + LOOK, Event::Livez(place));
        }
        let (due, words) = match server.waits {
            true => (server.begun + STORAGE, "no etcd listens: exit code 1"),
            false if server.begun > since => (server.begun + HOOKS, "etcd has no leader: what has to be written at the start was not"),
            false => (since + PROBES, "failed liveness probe, will be restarted"),
        };
        if now < due {
            return self.queue.push(due, Event::Livez(place));
        }
        let server = &mut self.apiservers[place];
        (server.running, server.waits) = (false, false);
        let (pause, id) = (server.restarts.pause(now).max(RESTART), server.id.clone());
        self.process_shown(host, "kube-apiserver", false);
        self.lose_api();
        self.note(&id, "exit", words);
        self.queue.push(now + pause, Event::Serve(place));
    }
}

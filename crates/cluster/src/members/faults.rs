//! What can happen to a member: a clean stop, a crash, a slow disk, lost data, a closed port.
use crate::world::World;
use etcd::member::Input;
use simcore::Duration;
use std::sync::Arc;

impl World {
    /// The members on a host.
    pub(crate) fn members_on(&self, host: usize) -> Vec<usize> {
        (0..self.etcd.nodes.len()).filter(|place| self.etcd.nodes[*place].host == host).collect()
    }

    /// By a component's name: `etcd` where there is one member, otherwise `etcd/control-plane-1`.
    pub(crate) fn member_named(&self, name: &str) -> Option<usize> {
        let of = name.strip_prefix("etcd")?;
        match of.strip_prefix('/') {
            Some(host) => self.etcd.nodes.iter().position(|node| self.hosts[node.host].name == host),
            None => (of.is_empty() && self.etcd.nodes.len() == 1).then_some(0),
        }
    }

    /// SIGTERM: a leader hands over first, and a write under way is finished.
    pub(crate) fn stop_member(&mut self, place: usize) {
        let node = Arc::make_mut(&mut self.etcd.nodes[place]);
        if !node.process.is_running() {
            return;
        }
        if node.process.is_writing() && self.etcd.nodes.len() == 1 {
            Arc::make_mut(&mut self.etcd.nodes[place]).process.ending = true;
        } else {
            self.give(place, Input::Stop);
        }
    }

    /// SIGKILL, or the loss of power: a write under way may or may not have reached the disk.
    pub(crate) fn crash_member(&mut self, place: usize) {
        let written = self.rng.below(2) == 0;
        self.end_member(place, written);
    }

    pub(crate) fn end_member(&mut self, place: usize, written: bool) {
        let node = Arc::make_mut(&mut self.etcd.nodes[place]);
        if !node.process.is_running() {
            return;
        }
        node.process.crash(written);
        node.reads.clear();
        let (mine, others) = std::mem::take(&mut self.pending).into_iter().partition(|write| write.member == place);
        self.pending = others;
        let mine: Vec<crate::world::Pending> = mine;
        mine.into_iter().for_each(|write| self.lose_write(write.caller, write.ticket, write.member, write.begun));
        self.leader_heard(place, etcd::raft::NOBODY);
    }

    /// The process starts with what its disk holds. Words where it ends at once.
    pub(crate) fn start_member(&mut self, place: usize) -> Result<(), String> {
        let (seed, now) = (self.etcd.seed, self.now);
        let node = Arc::make_mut(&mut self.etcd.nodes[place]);
        if node.process.is_running() || !self.hosts[node.host].powered {
            return Ok(());
        }
        if node.process.removed {
            return Err("the member has been permanently removed from the cluster".to_string());
        }
        node.process.start(seed, now);
        node.index = node.process.data.durable.applied;
        self.give(place, Input::Wake);
        Ok(())
    }

    /// Each write to the disk of this host takes so much longer.
    pub(crate) fn slow_disk(&mut self, host: usize, fsync: Duration) {
        for place in self.members_on(host) {
            Arc::make_mut(&mut self.etcd.nodes[place]).process.fsync = fsync;
        }
    }
}

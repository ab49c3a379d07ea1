//! What can happen to a member: a clean stop, a crash, a slow disk, lost data, a closed port.
use crate::input::Fault;
use crate::world::World;
use etcd::member::Input;
use etcd::server::DEFAULT_QUOTA;
use simcore::{Duration, OccurrenceId};
use std::sync::Arc;

impl World {
    /// The members on a host.
    pub(crate) fn members_on(&self, host: usize) -> Vec<usize> {
        (0..self.etcd.nodes.len()).filter(|place| self.etcd.nodes[*place].host == host).collect()
    }

    /// By a component's name: `etcd` where there is one member, otherwise `etcd/control-plane-1`.
    pub(crate) fn member_named(&self, name: &str) -> Option<usize> {
        self.etcd.nodes.iter().rposition(|node| node.component == name)
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

    /// Why a start of this member would end at once.
    pub(crate) fn may_start(&self, place: usize) -> Result<(), String> {
        let process = &self.etcd.nodes[place].process;
        if process.removed {
            return Err("the member has been permanently removed from the cluster".to_string());
        }
        // Formed once, it is in the others' configuration; with an empty log it cannot take what the leader sends.
        let lost = process.published && process.data.durable.log.last() == 0 && !process.joins;
        if lost && self.etcd.nodes.len() > 1 {
            let commit = self.etcd.nodes[self.etcd.owner].process.data.durable.commit;
            return Err(format!("tocommit({commit}) is out of range [lastIndex(0)]. Was the raft log corrupted, truncated, or lost?"));
        }
        Ok(())
    }

    /// The process starts with what its disk holds. Words where it ends at once.
    pub(crate) fn start_member(&mut self, place: usize) -> Result<(), String> {
        let (seed, now) = (self.etcd.seed, self.now);
        let node = &self.etcd.nodes[place];
        if node.process.is_running() || !self.hosts[node.host].powered {
            return Ok(());
        }
        self.may_start(place)?;
        if self.etcd.nodes[place].process.data.durable.log.last() == 0 && self.etcd.nodes.len() == 1 {
            // A lone member with an empty directory is a new and empty cluster.
            self.begin_anew(place, apiserver::Snapshot::empty(1));
            return Ok(());
        }
        let node = Arc::make_mut(&mut self.etcd.nodes[place]);
        node.process.start(seed, now);
        node.index = node.process.data.durable.applied;
        let host = node.host;
        self.member_met(host);
        self.give(place, Input::Wake);
        Ok(())
    }

    fn member(&self, name: &str) -> Result<usize, String> {
        self.member_named(name).ok_or_else(|| format!("no member of etcd is called \"{name}\""))
    }

    /// Breaks or mends a member.
    pub(crate) fn etcd_fault(&mut self, fault: &Fault) -> Result<OccurrenceId, String> {
        let words = match fault {
            Fault::CrashEtcd { member } => {
                let place = self.member(member)?;
                self.crash_member(place);
                self.container_shown(self.etcd.nodes[place].host, "etcd", false);
                format!("kill {member}")
            }
            Fault::SlowDisk { node, fsync_ms } => {
                let host = self.host(node)?;
                for place in self.members_on(host) {
                    Arc::make_mut(&mut self.etcd.nodes[place]).process.fsync = Duration::millis(u64::from(*fsync_ms));
                }
                format!("disk of {node}: {fsync_ms} ms more for each write")
            }
            Fault::CutEtcd { member, cut } => {
                let place = self.member(member)?;
                let now = self.now;
                let node = Arc::make_mut(&mut self.etcd.nodes[place]);
                node.cut = *cut;
                node.process.up_since = now;
                format!("{} {member}", if *cut { "cut off" } else { "connect" })
            }
            Fault::LoseEtcdData { member } => {
                let place = self.member(member)?;
                self.lose_data(place);
                self.container_shown(self.etcd.nodes[place].host, "etcd", false);
                format!("data of {member} are lost")
            }
            Fault::RestoreEtcd { member, directory } => {
                let place = self.member(member)?;
                self.use_directory(place, directory)?;
                self.component_shown(member, true);
                format!("{member} starts with {directory}")
            }
            Fault::EtcdQuota { member, mebibytes } => {
                let place = self.member(member)?;
                let quota = if *mebibytes == 0 { DEFAULT_QUOTA } else { u64::from(*mebibytes) << 20 };
                Arc::make_mut(&mut self.etcd.nodes[place]).process.space.quota = quota;
                format!("quota of {member}: {} MiB", quota >> 20)
            }
            _ => return Err("no fault of etcd".to_string()),
        };
        Ok(self.note("you", "fault", &words))
    }
}

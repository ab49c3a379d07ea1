//! Lost data, and a snapshot that brings the cluster back to when it was taken.
use crate::event::Event;
use crate::world::World;
use apiserver::Snapshot;
use etcd::ctl::Saved;
use etcd::member::Durable;
use etcd::raft::NOBODY;
use etcd::server::Data;
use simcore::Duration;
use std::sync::Arc;

/// Where a member keeps its data.
pub(crate) const DIRECTORY: &str = "/var/lib/etcd";

impl World {
    /// `etcdutl snapshot restore`: the data directory of a new cluster of one member. A member's own directory must be
    /// lost or moved away before.
    pub(crate) fn restore_data(&mut self, host: usize, saved: &Saved, directory: &str) -> Result<(), String> {
        let mine = self.members_on(host).into_iter().find(|place| !self.etcd.nodes[*place].process.removed);
        if let Some(place) =
            mine.filter(|place| directory.trim_end_matches('/') == DIRECTORY && !self.etcd.nodes[*place].process.is_running())
            && self.is_emptied(host, DIRECTORY)
        {
            self.lose_data(place);
        }
        let holds =
            |place: usize| self.etcd.nodes[place].process.is_running() || self.etcd.nodes[place].process.data.durable.log.last() > 0;
        let used = directory.trim_end_matches('/') == DIRECTORY && mine.is_some_and(holds);
        if used || self.etcd.directories.iter().any(|(at, known, _)| *at == host && known == directory) {
            return Err(format!("data-dir \"{directory}\" not empty or could not be read"));
        }
        self.etcd.directories.push((host, directory.to_string(), saved.state));
        self.restored_into(host, directory, saved.state);
        Ok(())
    }

    /// The member's data directory is gone (a lost disk, `rm -rf /var/lib/etcd`); its process ends.
    pub(crate) fn lose_data(&mut self, place: usize) {
        self.end_member(place, false);
        let node = Arc::make_mut(&mut self.etcd.nodes[place]);
        node.process.data = Data::default();
        node.outdated = false;
        (node.process.revision, node.index, node.seen) = (0, 0, None);
        let host = node.host;
        self.etcd.directories.retain(|(at, known, _)| *at != host || known.trim_end_matches('/') != DIRECTORY);
    }

    /// Points a stopped member at another directory, as an edited manifest does, or at what was restored into its own.
    pub(crate) fn use_directory(&mut self, place: usize, directory: &str) -> Result<(), String> {
        let host = self.etcd.nodes[place].host;
        let found = self.etcd.directories.iter().position(|(at, known, _)| *at == host && known == directory);
        let Some(found) = found else { return Err(format!("nothing was restored into {directory} on {}", self.hosts[host].name)) };
        let state = self.etcd.directories.remove(found).2;
        let Some(snapshot) = self.etcd.backups.get(state as usize).cloned() else { return Err("the snapshot is gone".to_string()) };
        self.end_member(place, true);
        self.begin_anew(place, snapshot);
        Ok(())
    }

    /// A new cluster of this one member with this state. Members of the old one would have to be added to it.
    pub(crate) fn begin_anew(&mut self, place: usize, state: Snapshot) {
        let (seed, now, revision) = (self.etcd.seed, self.now, state.revision());
        for other in (0..self.etcd.nodes.len()).filter(|other| *other != place) {
            self.end_member(other, true);
            let node = Arc::make_mut(&mut self.etcd.nodes[other]);
            node.outdated = node.process.data.durable.log.last() > 0 || node.outdated;
            (node.process.removed, node.process.data) = (true, Data::default());
        }
        self.etcd.id = super::state::mix(&[&self.etcd.nodes[place].process.name, &now.0.to_string()]);
        let node = Arc::make_mut(&mut self.etcd.nodes[place]);
        let id = node.process.id;
        node.process.life += 1;
        node.process.form(&[id], id, seed, now, revision);
        (node.process.removed, node.outdated) = (false, false);
        node.index = Durable::formed(&[id]).applied;
        node.leaderless_since = None;
        node.seen = None;
        (self.etcd.owner, self.etcd.owner_term) = (place, 2);
        self.etcd.cut(revision);
        self.etcd.written.clear();
        self.etcd.gone.clear();
        let lost = std::mem::take(&mut self.pending);
        lost.into_iter().for_each(|write| self.lose_write(write.caller, write.ticket, write.member, write.begun));
        self.api.store = apiserver::Store::holding(state);
        self.announced = revision;
        self.policies = None;
        self.learn_policies(revision);
        self.weigh();
        self.hear_all_anew();
        self.pursue_all(place);
        debug_assert!(self.etcd.nodes[place].process.leader() != NOBODY);
    }

    /// The store went back: whoever watches lists everything anew.
    fn hear_all_anew(&mut self) {
        for id in 0..self.parts.len() {
            if !self.parts[id].running {
                continue;
            }
            let part = Arc::make_mut(&mut self.parts[id]);
            // A revision that was never there makes the next delivery a list.
            part.inbox = vec![1];
            if !std::mem::replace(&mut part.due, true) {
                self.queue.push(self.now + Duration::secs(1), Event::Watch(id));
            }
        }
    }
}

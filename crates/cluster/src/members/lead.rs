//! A member becomes leader, or hears of another one: the store's tail follows the new leader's log.
use crate::event::Event;
use crate::world::World;
use etcd::raft::{Change, ChangeKind, MemberId, NOBODY, Payload};
use std::sync::Arc;

impl World {
    /// A member now takes `leader` for the leader.
    pub(crate) fn leader_heard(&mut self, place: usize, leader: MemberId) {
        let now = self.now;
        self.tells_leader(place, leader);
        let node = Arc::make_mut(&mut self.etcd.nodes[place]);
        if leader != NOBODY {
            node.process.elected = Some(now);
        }
        let lost = node.leaderless_since.is_none() && leader == NOBODY;
        node.leaderless_since = if leader == NOBODY { node.leaderless_since.or(Some(now)) } else { None };
        if leader == node.process.id {
            self.lead(place);
        }
        self.pursue_all(place);
        self.servers_changed();
        if lost {
            self.etcd_lost(place);
        }
        if leader != NOBODY {
            self.etcd_found(place);
        }
    }

    /// What the new leader's log does not have is lost; what it has will be agreed on.
    fn lead(&mut self, place: usize) {
        let Some(term) = self.etcd.nodes[place].process.member.as_ref().map(|member| member.term()) else { return };
        if term < self.etcd.owner_term {
            return;
        }
        (self.etcd.owner, self.etcd.owner_term) = (place, term);
        if self.etcd.nodes.len() > 1 {
            self.etcd.last_election = Some(self.now);
            let name = self.etcd.nodes[place].process.name.clone();
            self.note("etcd", "elected", &format!("etcd elected {name}, term {term}"));
        }
        let newest = self.newest_in_log(place);
        if self.api.store.tail().revision() <= newest {
            return;
        }
        let newest = self.api.store.truncate(newest);
        self.etcd.cut(newest);
        let (lost, kept) = std::mem::take(&mut self.pending).into_iter().partition(|write| write.revision > newest);
        self.pending = kept;
        let lost: Vec<crate::world::Pending> = lost;
        lost.into_iter().for_each(|write| self.lose_write(write.caller, write.ticket, write.member, write.begun));
    }

    /// The newest revision that a member's log has, or the applied one.
    fn newest_in_log(&self, place: usize) -> u64 {
        let applied = self.api.store.applied().revision();
        let Some(member) = &self.etcd.nodes[place].process.member else { return applied };
        let log = member.log();
        let open = (member.applied() + 1..=log.last()).rev();
        let newest = open.filter_map(|index| log.get(index)).find_map(|entry| match entry.payload {
            Payload::Data(proposal) => self.etcd.revision(proposal.id),
            _ => None,
        });
        newest.unwrap_or(0).max(applied)
    }

    /// A member has applied a change of the configuration.
    pub(crate) fn membership_changed(&mut self, place: usize, change: Change) {
        if change.kind == ChangeKind::Remove {
            self.etcd.gone.insert(change.member);
        }
        if place == self.etcd.owner {
            self.change_ended(change.id, true);
        }
    }

    /// Components that were told less than there is, because the member that their API server talks to lagged.
    pub(crate) fn tell_the_late(&mut self, place: usize) {
        for id in 0..self.parts.len() {
            let part = &self.parts[id];
            if part.running && !part.due && !part.inbox.is_empty() && self.member_behind(self.server_of(id)) == place {
                Arc::make_mut(&mut self.parts[id]).due = true;
                let lag = self.lag();
                self.queue.push(self.now + lag, Event::Watch(id));
            }
        }
    }
}

//! Changes of the configuration, handing leadership over, and a clean stop.
use super::{Member, Output, Role};
use crate::raft::{Body, Change, MemberId, NOBODY, Payload, Progress};
use std::sync::Arc;

impl Member {
    /// One change at a time: the one before must be applied (etcd-io/raft `pendingConfIndex`).
    pub(super) fn propose_change(&mut self, change: Change, out: &mut Vec<Output>) {
        if self.role != Role::Leader && self.leader != NOBODY {
            return self.send(self.leader, Body::ProposeChange(change), out);
        }
        let busy = self.pending_change > self.applied || self.transferee != NOBODY;
        if self.role != Role::Leader || busy {
            return out.push(Output::Dropped(change.id));
        }
        self.pending_change = self.log.last() + 1;
        self.lead_entry(Payload::Conf(change), out);
    }

    /// A change is agreed on and takes effect.
    pub(super) fn reconfigure(&mut self, change: Change, out: &mut Vec<Output>) {
        let was_member = self.conf.contains(self.id);
        self.conf = Arc::new(self.conf.after(change));
        if self.role == Role::Leader {
            self.tell_the_leaving(change, out);
            let (next, now) = (self.log.last() + 1, self.now);
            let conf = self.conf.clone();
            self.peers.retain(|peer| conf.contains(peer.member));
            let new = conf.members().filter(|one| *one != self.id && !self.peers.iter().any(|peer| peer.member == *one));
            let new: Vec<Progress> = new.map(|member| Progress::new(member, next, now)).collect();
            self.peers.extend(new);
            if !conf.is_voter(self.transferee) {
                self.transferee = NOBODY;
            }
            // A smaller quorum may already have agreed on more.
            if !self.agree(out) {
                self.offer_to_all(out);
            }
            self.confirm_reads(out);
        }
        if was_member && !self.conf.contains(self.id) {
            if self.role == Role::Leader {
                self.become_follower(self.term, NOBODY, out);
            }
            out.push(Output::Removed);
        }
    }

    /// Whoever leaves hears that it is agreed on; afterwards nobody talks to it.
    fn tell_the_leaving(&self, change: Change, out: &mut Vec<Output>) {
        let leaving = self.peers.iter().find(|peer| peer.member == change.member && !self.conf.contains(peer.member));
        if let Some(peer) = leaving {
            self.send(peer.member, Body::Heartbeat { commit: peer.matched.min(self.commit), read: 0 }, out);
        }
    }

    /// `move-leader`: the transferee is brought up to date and then told to take over. Meanwhile no proposals are taken.
    pub(super) fn transfer(&mut self, to: MemberId, out: &mut Vec<Output>) {
        if self.role != Role::Leader {
            if self.leader != NOBODY {
                self.send(self.leader, Body::Transfer { to }, out);
            }
            return;
        }
        let Some(place) = self.peers.iter().position(|peer| peer.member == to && self.conf.is_voter(to)) else { return };
        if self.transferee == to {
            return;
        }
        self.transferee = to;
        // It has one election timeout from now.
        self.quorum_since = self.now;
        if self.peers[place].matched == self.log.last() {
            self.send(to, Body::TimeoutNow, out);
        } else {
            self.offer_to_all(out);
        }
    }

    /// A leader hands over to the voter that it heard of lately and that has most of the log.
    pub(super) fn stop(&mut self, out: &mut Vec<Output>) {
        self.stopping = true;
        if self.role != Role::Leader {
            return;
        }
        let lately = self.timing.heartbeat.times(2);
        let alive = self.peers.iter().filter(|peer| self.conf.is_voter(peer.member) && self.now.since(peer.heard) <= lately);
        match alive.max_by_key(|peer| (peer.matched, u64::MAX - peer.member)).map(|peer| peer.member) {
            Some(heir) => self.transfer(heir, out),
            None => self.become_follower(self.term, NOBODY, out),
        }
    }
}

//! Replication: how entries get from the leader's log into all others, and become agreed on (Raft §5.3, §5.4.2, §7).
use super::{Bug, Member, Output, Role};
use crate::raft::{Body, Conf, Entry, Log, MemberId, Pace, Payload, Rejection};
use std::sync::Arc;

impl Member {
    /// Follower: entries after `previous` came.
    pub(super) fn append(
        &mut self,
        from: MemberId,
        previous: u64,
        previous_term: u64,
        entries: &[Entry],
        commit: u64,
        out: &mut Vec<Output>,
    ) {
        if previous < self.commit {
            return self.send_durably(from, Body::AppendReply { index: self.commit, rejected: None }, out);
        }
        if self.log.term(previous) != Some(previous_term) {
            let (hint, hint_term) = self.log.agreement(previous, previous_term);
            let rejected = Some(Rejection { previous, hint, hint_term });
            return self.send(from, Body::AppendReply { index: self.commit, rejected }, out);
        }
        for (place, entry) in entries.iter().enumerate() {
            let index = previous + 1 + place as u64;
            match self.log.term(index) {
                Some(term) if term == entry.term => continue,
                Some(_) if self.bug == Bug::KeepsConflicts => continue,
                Some(_) => self.truncate(index - 1),
                None => {}
            }
            self.log.push(*entry);
            self.disk.dirty = true;
        }
        let last = previous + entries.len() as u64;
        self.commit_to(commit.min(last));
        self.send_durably(from, Body::AppendReply { index: last, rejected: None }, out);
    }

    pub(super) fn commit_to(&mut self, index: u64) {
        self.commit = self.commit.max(index.min(self.log.last()));
    }

    /// Follower: the leader has cut off what we lack, and sends its state instead.
    pub(super) fn install(&mut self, from: MemberId, index: u64, term: u64, conf: Arc<Conf>, out: &mut Vec<Output>) {
        if index > self.commit && self.log.term(index) == Some(term) {
            self.commit_to(index);
        } else if index > self.commit {
            self.log = Log::after_snapshot(index, term);
            (self.commit, self.applied) = (index, index);
            self.conf = conf;
            self.disk.stable = index;
            self.disk.dirty = true;
            out.push(Output::Restore(index));
        }
        self.send_durably(from, Body::AppendReply { index: self.commit, rejected: None }, out);
    }

    /// Leader: a follower answered.
    pub(super) fn appended(&mut self, from: MemberId, index: u64, rejected: Option<Rejection>, out: &mut Vec<Output>) {
        let Some(place) = self.sign_of_life(from) else { return };
        let (last, first) = (self.log.last(), self.log.first());
        let peer = &mut self.peers[place];
        if let Some(rejection) = rejected {
            let stale = match peer.pace {
                Pace::Replicate => rejection.previous <= peer.matched,
                _ => rejection.previous != peer.next - 1,
            };
            if !stale {
                let (agreed, _) = self.log.agreement(rejection.hint, rejection.hint_term);
                peer.probe(agreed + 1);
                self.offer(place, true, out);
            }
            return;
        }
        let was_paused = peer.is_paused(self.timing.window);
        let news = peer.acknowledge(index);
        let ready = match peer.pace {
            Pace::Probe { .. } => true,
            Pace::Snapshot { .. } => peer.matched + 1 >= first,
            Pace::Replicate => false,
        };
        if ready {
            peer.pace = Pace::Replicate;
            peer.next = peer.matched + 1;
        }
        let caught_up = peer.matched == last;
        if !(news && self.agree(out)) && (was_paused || ready) && !caught_up {
            self.offer(place, false, out);
        }
        if self.transferee == from && caught_up {
            self.send(from, Body::TimeoutNow, out);
        }
    }

    /// Leader: counts what is on a majority's disks. Only entries of its own term are counted. Says whether that grew.
    pub(super) fn agree(&mut self, out: &mut Vec<Output>) -> bool {
        let matched_of = |voter: &MemberId| match self.peers.iter().find(|peer| peer.member == *voter) {
            Some(peer) => peer.matched,
            None if *voter == self.id => self.disk.stable,
            None => 0,
        };
        let mut matched: Vec<u64> = self.conf.voters.iter().map(matched_of).collect();
        matched.sort_unstable_by(|a, b| b.cmp(a));
        let enough = self.conf.quorum() - usize::from(self.bug == Bug::SmallQuorum && self.conf.voters.len() > 1);
        let Some(index) = matched.get(enough - 1).copied() else { return false };
        if index <= self.commit || self.log.term(index) != Some(self.term) {
            return false;
        }
        self.commit = index;
        self.admit_early_reads(out);
        self.offer_commit(out);
        true
    }

    pub(super) fn offer_to_all(&mut self, out: &mut Vec<Output>) {
        (0..self.peers.len()).for_each(|place| self.offer(place, false, out));
    }

    fn offer_commit(&mut self, out: &mut Vec<Output>) {
        (0..self.peers.len()).for_each(|place| self.offer(place, true, out));
    }

    /// Sends one peer what it lacks; `bare` also when that is nothing, for the sake of the commit index.
    fn offer(&mut self, place: usize, bare: bool, out: &mut Vec<Output>) {
        let last = self.log.last();
        let peer = self.peers[place];
        if peer.is_paused(self.timing.window) || (!bare && peer.next > last) {
            return;
        }
        self.send_append(place, self.timing.batch, out);
    }

    fn send_append(&mut self, place: usize, most: u64, out: &mut Vec<Output>) {
        let peer = self.peers[place];
        let previous = peer.next - 1;
        let Some(previous_term) = self.log.term(previous) else { return self.send_snapshot(place, out) };
        let entries: Arc<[Entry]> = self.log.slice(peer.next, previous + most).into();
        let sent = entries.len() as u64;
        self.send(peer.member, Body::Append { previous, previous_term, entries, commit: self.commit }, out);
        match &mut self.peers[place].pace {
            Pace::Probe { waiting } => *waiting = true,
            _ => self.peers[place].next += sent,
        }
    }

    /// The state goes beside the message: whoever carries out the output adds it, as it is at `applied`.
    fn send_snapshot(&mut self, place: usize, out: &mut Vec<Output>) {
        let index = self.applied;
        let Some(term) = self.log.term(index) else { return };
        self.peers[place].pace = Pace::Snapshot { index, sent: self.now };
        self.send(self.peers[place].member, Body::Snapshot { index, term, conf: self.conf.clone() }, out);
    }

    /// Leader: says that it is there. Reads that wait go along.
    pub(super) fn beat(&mut self, out: &mut Vec<Output>) {
        let read = self.reads.newest();
        for peer in &self.peers {
            let commit = peer.matched.min(self.commit);
            self.send(peer.member, Body::Heartbeat { commit, read }, out);
        }
    }

    pub(super) fn heartbeat_answered(&mut self, from: MemberId, read: u64, out: &mut Vec<Output>) {
        let Some(place) = self.sign_of_life(from) else { return };
        let behind = self.peers[place].matched < self.log.last();
        let peer = &mut self.peers[place];
        match &mut peer.pace {
            Pace::Probe { waiting } => *waiting = false,
            // A snapshot that nobody confirms was lost on the way.
            Pace::Snapshot { sent, .. } if self.now.since(*sent) > self.timing.election => peer.probe(0),
            _ => {}
        }
        let in_probe = matches!(peer.pace, Pace::Probe { .. });
        peer.read = peer.read.max(read);
        if in_probe {
            self.offer(place, true, out);
        } else if behind && peer.pace == Pace::Replicate {
            // Perhaps an append was lost: a bare one makes the follower say so.
            let most = if self.peers[place].is_paused(self.timing.window) { 0 } else { self.timing.batch };
            self.send_append(place, most, out);
        }
        self.confirm_reads(out);
    }

    fn sign_of_life(&mut self, from: MemberId) -> Option<usize> {
        if self.role != Role::Leader {
            return None;
        }
        let place = self.peers.iter().position(|peer| peer.member == from)?;
        self.peers[place].heard = self.now;
        Some(place)
    }

    /// Applies what is agreed on and on disk, up to and including the next change of the configuration.
    pub(super) fn apply(&mut self, out: &mut Vec<Output>) {
        let from = self.applied + 1;
        let until = self.commit.min(self.disk.stable);
        let change = (from..=until).find_map(|index| match self.log.get(index)?.payload {
            Payload::Conf(change) => Some((index, change)),
            _ => None,
        });
        self.applied = change.map_or(until, |(index, _)| index);
        out.push(Output::Apply(from, self.applied));
        if let Some((_, change)) = change {
            self.reconfigure(change, out);
        }
    }

    /// Cuts the log behind what was applied in earlier steps: whoever carries out the outputs still reads this step's.
    pub(super) fn trim(&mut self) {
        if self.applied >= self.log.first() + self.timing.snapshot_count {
            self.log.compact(self.applied - self.timing.catch_up);
            self.disk.dirty = true;
        }
    }
}

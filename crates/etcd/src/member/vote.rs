//! Elections: pre-vote, vote, and how terms rise (Raft §5.2, thesis §9.6; etcd-io/raft `Step`, `campaign`).
use super::{Bug, Member, NEVER, Output, Role};
use crate::raft::{Body, MemberId, Message, NOBODY, Payload, Progress};
use simcore::Time;

impl Member {
    /// A message of a higher term came. Says whether it is to be read further.
    pub(super) fn rise(&mut self, from: MemberId, message: &Message, out: &mut Vec<Output>) -> bool {
        match message.body {
            Body::Vote { forced, .. } if !forced && self.leader_is_alive() => false,
            Body::PreVote { .. } if self.leader_is_alive() => false,
            // A pre-vote asks about a term that nobody is in yet.
            Body::PreVote { .. } | Body::PreVoteReply { granted: true } => true,
            Body::Append { .. } | Body::Heartbeat { .. } | Body::Snapshot { .. } => {
                self.become_follower(message.term, from, out);
                true
            }
            _ => {
                self.become_follower(message.term, NOBODY, out);
                true
            }
        }
    }

    /// While a leader is heard of, nobody is elected against it.
    fn leader_is_alive(&self) -> bool {
        self.leader != NOBODY && (self.is_leader() || self.now.since(self.heard) < self.timing.election)
    }

    /// A message of a lower term came: a leader of the past, or a member that was away, learns of the present.
    pub(super) fn answer_the_past(&mut self, from: MemberId, message: &Message, out: &mut Vec<Output>) {
        match message.body {
            Body::Append { .. } | Body::Heartbeat { .. } | Body::Snapshot { .. } => {
                // Durable: the term it tells must not be forgotten.
                self.send_durably(from, Body::AppendReply { index: 0, rejected: None }, out);
            }
            Body::PreVote { .. } => self.send(from, Body::PreVoteReply { granted: false }, out),
            // A granted pre-vote carries the term to come; anything else of the past says nothing.
            _ => {}
        }
    }

    pub(super) fn asked_for_vote(&mut self, from: MemberId, term: u64, last: u64, last_term: u64, pre_vote: bool, out: &mut Vec<Output>) {
        let free = self.vote == from || (self.vote == NOBODY && self.leader == NOBODY) || (pre_vote && term > self.term);
        let covered = self.log.is_covered_by(last, last_term) || self.bug == Bug::NoUpToDateCheck;
        let granted = covered && (free || self.bug == Bug::VotesTwice);
        if pre_vote {
            let answer_term = if granted { term } else { self.term };
            return self.send_in(from, answer_term, Body::PreVoteReply { granted }, out);
        }
        if !granted {
            return self.send(from, Body::VoteReply { granted }, out);
        }
        self.disk.dirty |= self.vote != from;
        self.vote = from;
        self.heard = self.now;
        self.send_durably(from, Body::VoteReply { granted }, out);
    }

    /// An answer to a candidacy; `asked_as` is the role in which one asks for it.
    pub(super) fn voted(&mut self, from: MemberId, granted: bool, asked_as: Role, out: &mut Vec<Output>) {
        if self.role != asked_as {
            return;
        }
        if !self.votes.iter().any(|(voter, _)| *voter == from) {
            self.votes.push((from, granted));
        }
        let count = |wanted: bool| self.votes.iter().filter(|(voter, said)| *said == wanted && self.conf.is_voter(*voter)).count();
        let quorum = self.conf.quorum();
        if count(true) >= quorum {
            match asked_as {
                Role::PreCandidate => self.campaign(false, out),
                _ => self.become_leader(out),
            }
        } else if count(false) > self.conf.voters.len() - quorum {
            self.become_follower(self.term, NOBODY, out);
        }
    }

    /// No leader for too long: it asks whether it would be elected, without disturbing anybody's term.
    pub(super) fn campaign_quietly(&mut self, out: &mut Vec<Output>) {
        self.heard = self.now;
        self.draw_patience();
        if !self.may_campaign() {
            return;
        }
        self.role = Role::PreCandidate;
        self.votes.clear();
        self.set_leader(NOBODY, out);
        let body = Body::PreVote { last: self.log.last(), last_term: self.log.last_term() };
        for voter in self.other_voters() {
            self.send_in(voter, self.term + 1, body.clone(), out);
        }
        self.voted(self.id, true, Role::PreCandidate, out);
    }

    /// A voter without agreed changes of the configuration that it has not carried out yet.
    fn may_campaign(&self) -> bool {
        let ahead = (self.applied + 1..=self.commit).filter_map(|index| self.log.get(index));
        self.is_voter() && !ahead.into_iter().any(|entry| matches!(entry.payload, Payload::Conf(_)))
    }

    fn campaign(&mut self, forced: bool, out: &mut Vec<Output>) {
        self.enter(self.term + 1);
        self.set_leader(NOBODY, out);
        self.role = Role::Candidate;
        self.vote = self.id;
        let body = Body::Vote { last: self.log.last(), last_term: self.log.last_term(), forced };
        for voter in self.other_voters() {
            self.send(voter, body.clone(), out);
        }
        self.send_durably(self.id, Body::VoteReply { granted: true }, out);
    }

    /// The leader hands over (MsgTimeoutNow): no pre-vote, no patience.
    pub(super) fn take_over(&mut self, out: &mut Vec<Output>) {
        if !self.is_leader() && self.may_campaign() {
            self.campaign(true, out);
        }
    }

    fn other_voters(&self) -> Vec<MemberId> {
        self.conf.voters.iter().copied().filter(|voter| *voter != self.id).collect()
    }

    /// A new term or a new role: everything that belonged to the old one is forgotten.
    fn enter(&mut self, term: u64) {
        if term != self.term {
            self.term = term;
            self.vote = NOBODY;
            self.disk.dirty = true;
            self.disk.forget_held();
        }
        self.role = Role::Follower;
        self.heard = self.now;
        self.draw_patience();
        self.votes.clear();
        self.peers.clear();
        self.heartbeat_at = NEVER;
        self.transferee = NOBODY;
        self.reads.forget();
    }

    pub(super) fn become_follower(&mut self, term: u64, leader: MemberId, out: &mut Vec<Output>) {
        self.enter(term);
        self.set_leader(leader, out);
    }

    /// A sign of life from the leader of this term.
    pub(super) fn follow(&mut self, from: MemberId, out: &mut Vec<Output>) {
        debug_assert!(self.role != Role::Leader || self.bug != Bug::None, "one leader per term");
        if self.role != Role::Follower {
            return self.become_follower(self.term, from, out);
        }
        self.heard = self.now;
        self.set_leader(from, out);
    }

    fn set_leader(&mut self, leader: MemberId, out: &mut Vec<Output>) {
        if self.leader != leader {
            self.leader = leader;
            out.push(Output::Leader(leader));
        }
    }

    fn become_leader(&mut self, out: &mut Vec<Output>) {
        let next = self.log.last() + 1;
        let long_ago = Time(0);
        let others = self.conf.members().filter(|member| *member != self.id);
        self.peers = others.map(|member| Progress::new(member, next, long_ago)).collect();
        self.role = Role::Leader;
        self.votes.clear();
        self.heartbeat_at = self.now + self.timing.heartbeat;
        self.quorum_since = self.now;
        self.pending_change = self.log.last();
        self.set_leader(self.id, out);
        self.lead_entry(Payload::Empty, out);
    }

    /// Once per election timeout: without signs of life from a majority it steps down.
    pub(super) fn check_quorum(&mut self, out: &mut Vec<Output>) {
        let since = self.quorum_since;
        let alive = self.peers.iter().filter(|peer| peer.heard >= since && self.conf.is_voter(peer.member)).count();
        self.quorum_since = self.now;
        // A transferee that did not take over in this time will not.
        self.transferee = NOBODY;
        // Nor will it ever, if this member is to stop.
        if self.stopping || alive + usize::from(self.is_voter()) < self.conf.quorum() {
            self.become_follower(self.term, NOBODY, out);
        }
    }
}

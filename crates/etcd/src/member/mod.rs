//! One etcd member as a state machine: `step` takes what happened and says what to do.
mod append;
mod bug;
mod change;
mod disk;
mod read;
mod vote;

pub use bug::Bug;
pub use disk::Durable;

use crate::raft::{Body, Change, Conf, Entry, Log, MemberId, Message, NOBODY, Payload, Progress, Proposal, Timing};
use read::Reads;
use simcore::{Duration, Rng, Time};
use std::sync::Arc;

/// What happens to a member.
#[derive(Clone, Debug)]
pub enum Input {
    /// An instant that it asked for.
    Wake,
    Receive(MemberId, Message),
    /// The disk write with this number has ended.
    Persisted(u64),
    Propose(Proposal),
    ProposeChange(Change),
    /// A linearizable read with a number of the caller's.
    Read(u64),
    /// Hand leadership to this member (`move-leader`).
    Transfer(MemberId),
    /// A clean stop: a leader hands over first.
    Stop,
}

/// What a member wants done, in this order.
#[derive(Clone, Debug)]
pub enum Output {
    Send(MemberId, Message),
    /// Write this to disk, then say `Persisted` with its number.
    Persist(Durable),
    /// Apply the entries of these indices, both included.
    Apply(u64, u64),
    /// Replace the state machine with the one that came beside the snapshot of this index.
    Restore(u64),
    /// Say `Wake` at this instant. Earlier wishes stay valid.
    Wake(Time),
    /// The read may be answered once the state machine has applied this index.
    ReadReady {
        read: u64,
        index: u64,
    },
    /// The proposal was not taken: nobody leads, or the leader is handing over, or another change is under way.
    Dropped(u64),
    /// Whom it now takes for the leader (0: nobody).
    Leader(MemberId),
    /// It is no longer in the configuration.
    Removed,
    /// It may be switched off.
    Stopped,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Follower,
    PreCandidate,
    Candidate,
    Leader,
}

/// A member. It holds no clock and does nothing by itself. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Member {
    id: MemberId,
    timing: Timing,
    rng: Rng,
    now: Time,
    term: u64,
    vote: MemberId,
    leader: MemberId,
    role: Role,
    log: Log,
    commit: u64,
    applied: u64,
    conf: Arc<Conf>,
    disk: disk::Disk,
    /// When it last heard of its leader, voted or became what it is.
    heard: Time,
    /// How long it waits for a leader after `heard`, drawn anew with each role.
    patience: Duration,
    /// Who answered the candidacy, and how.
    votes: Vec<(MemberId, bool)>,
    /// The leader's picture of everybody else.
    peers: Vec<Progress>,
    heartbeat_at: Time,
    /// Since when the leader collects signs of life, to step down without a majority.
    quorum_since: Time,
    /// No further change before this index is applied.
    pending_change: u64,
    transferee: MemberId,
    reads: Reads,
    stopping: bool,
    /// The earliest wake that was asked for.
    armed: Time,
    bug: Bug,
}

const NEVER: Time = Time(u64::MAX);

impl Member {
    /// A member that starts with what its disk holds: nothing, a bootstrap, or what it had when it ended.
    pub fn start(id: MemberId, timing: Timing, rng: Rng, now: Time, durable: Durable) -> Member {
        let mut member = Member {
            id,
            timing,
            rng,
            now,
            term: durable.term,
            vote: durable.vote,
            leader: NOBODY,
            role: Role::Follower,
            commit: durable.commit.max(durable.applied),
            applied: durable.applied,
            conf: durable.conf,
            disk: disk::Disk::holding(durable.log.last()),
            log: durable.log,
            heard: now,
            patience: Duration::ZERO,
            votes: Vec::new(),
            peers: Vec::new(),
            heartbeat_at: NEVER,
            quorum_since: now,
            pending_change: 0,
            transferee: NOBODY,
            reads: Reads::default(),
            stopping: false,
            armed: NEVER,
            bug: Bug::None,
        };
        member.draw_patience();
        member
    }

    /// A member of a cluster that has formed already: `leader` leads, and everybody has all that `durable` holds.
    pub fn formed(id: MemberId, timing: Timing, rng: Rng, now: Time, durable: Durable, leader: MemberId) -> Member {
        let mut member = Member::start(id, timing, rng, now, durable);
        member.leader = leader;
        if leader == id {
            let (last, others) = (member.log.last(), member.conf.members().filter(|one| *one != id));
            member.peers = others.map(|one| Progress::caught_up(one, last, now)).collect();
            member.role = Role::Leader;
            member.heartbeat_at = now + timing.heartbeat;
        }
        member
    }

    /// The leader appends entries numbered from `first` as one: they share a disk write and a message.
    pub fn propose_many(&mut self, now: Time, first: u64, count: u64, size: u32, out: &mut Vec<Output>) {
        self.now = now;
        for id in first..first + count {
            self.log.push(Entry { term: self.term, payload: Payload::Data(Proposal { id, size }) });
        }
        self.disk.dirty = true;
        self.offer_to_all(out);
        self.settle(out);
    }

    /// Whether it takes proposals of its own.
    pub fn takes_proposals(&self) -> bool {
        self.role == Role::Leader && self.transferee == NOBODY && self.conf.contains(self.id)
    }

    /// Takes one input. Outputs are added to `out` and must be carried out in order.
    pub fn step(&mut self, now: Time, input: Input, out: &mut Vec<Output>) {
        self.now = now;
        match input {
            Input::Wake => self.wake(out),
            Input::Receive(from, message) => self.receive(from, message, out),
            Input::Persisted(number) => self.persisted(number, out),
            Input::Propose(proposal) => self.propose(proposal, out),
            Input::ProposeChange(change) => self.propose_change(change, out),
            Input::Read(read) => self.read(self.id, read, out),
            Input::Transfer(to) => self.transfer(to, out),
            Input::Stop => self.stop(out),
        }
        self.settle(out);
    }

    pub fn id(&self) -> MemberId {
        self.id
    }
    pub fn term(&self) -> u64 {
        self.term
    }
    pub fn role(&self) -> Role {
        self.role
    }
    pub fn leader(&self) -> MemberId {
        self.leader
    }
    pub fn is_leader(&self) -> bool {
        self.role == Role::Leader
    }
    pub fn log(&self) -> &Log {
        &self.log
    }
    pub fn commit(&self) -> u64 {
        self.commit
    }
    pub fn applied(&self) -> u64 {
        self.applied
    }
    pub fn conf(&self) -> &Arc<Conf> {
        &self.conf
    }
    pub fn transferee(&self) -> MemberId {
        self.transferee
    }

    /// What the leader knows of the others; empty elsewhere.
    pub fn peers(&self) -> &[Progress] {
        &self.peers
    }

    /// How many voters the leader has heard of within `span`, itself included.
    pub fn heard_within(&self, span: Duration) -> usize {
        let voters = self.peers.iter().filter(|peer| self.conf.is_voter(peer.member));
        voters.filter(|peer| self.now.since(peer.heard) <= span).count() + usize::from(self.conf.is_voter(self.id))
    }

    /// Breaks the member in a way that the checker must notice. Only tests can.
    #[cfg(test)]
    pub(crate) fn break_by(&mut self, bug: Bug) {
        self.bug = bug;
    }

    fn is_voter(&self) -> bool {
        self.conf.is_voter(self.id)
    }

    /// etcd counts ticks of 100 ms: 10 to 19 of them, the first of which may be nearly over.
    fn draw_patience(&mut self) {
        let ticks = (self.timing.election.0 / self.timing.heartbeat.0.max(1)).max(1);
        let waits = ticks + u64::from(self.rng.below(ticks as u32));
        let begun = u64::from(self.rng.below(self.timing.heartbeat.0 as u32));
        // Whoever is alone has nobody to wait for: etcd lets all ticks but one pass at its start.
        let waits = if self.conf.voters == [self.id] { 1 } else { waits };
        self.patience = Duration(self.timing.heartbeat.times(waits).0 - begun);
    }

    fn wake(&mut self, out: &mut Vec<Output>) {
        if self.armed <= self.now {
            self.armed = NEVER;
        }
        if self.role != Role::Leader {
            if self.now.since(self.heard) >= self.patience {
                self.campaign_quietly(out);
            }
            return;
        }
        if self.now.since(self.quorum_since) >= self.timing.election {
            self.check_quorum(out);
        }
        if self.role == Role::Leader && self.heartbeat_at <= self.now {
            self.heartbeat_at = self.now + self.timing.heartbeat;
            self.beat(out);
        }
    }

    fn receive(&mut self, from: MemberId, message: Message, out: &mut Vec<Output>) {
        if message.term > self.term && !self.rise(from, &message, out) {
            return;
        }
        if message.term < self.term {
            return self.answer_the_past(from, &message, out);
        }
        match message.body {
            Body::PreVote { last, last_term } => self.asked_for_vote(from, message.term, last, last_term, true, out),
            Body::Vote { last, last_term, .. } => self.asked_for_vote(from, message.term, last, last_term, false, out),
            // A grant that is late belongs to an earlier question.
            Body::PreVoteReply { granted: true } if message.term != self.term + 1 => {}
            Body::PreVoteReply { granted } => self.voted(from, granted, Role::PreCandidate, out),
            Body::VoteReply { granted } => self.voted(from, granted, Role::Candidate, out),
            Body::Append { previous, previous_term, entries, commit } => {
                self.follow(from, out);
                self.append(from, previous, previous_term, &entries, commit, out);
            }
            Body::AppendReply { index, rejected } => self.appended(from, index, rejected, out),
            Body::Heartbeat { commit, read } => {
                self.follow(from, out);
                self.commit_to(commit);
                self.send(from, Body::HeartbeatReply { read }, out);
            }
            Body::HeartbeatReply { read } => self.heartbeat_answered(from, read, out),
            Body::Snapshot { index, term, conf } => {
                self.follow(from, out);
                self.install(from, index, term, conf, out);
            }
            Body::TimeoutNow => self.take_over(out),
            Body::Propose(proposal) => self.propose(proposal, out),
            Body::ProposeChange(change) => self.propose_change(change, out),
            Body::ReadIndex { read } => self.read(from, read, out),
            Body::ReadIndexReply { read, index } => out.push(Output::ReadReady { read, index }),
            Body::Transfer { to } => self.transfer(to, out),
        }
    }

    fn propose(&mut self, proposal: Proposal, out: &mut Vec<Output>) {
        if self.takes_proposals() {
            self.lead_entry(Payload::Data(proposal), out);
        } else if self.role != Role::Leader && self.leader != NOBODY {
            self.send(self.leader, Body::Propose(proposal), out);
        } else {
            out.push(Output::Dropped(proposal.id));
        }
    }

    /// The leader appends an entry of its term and offers it to everybody.
    fn lead_entry(&mut self, payload: Payload, out: &mut Vec<Output>) {
        self.log.push(Entry { term: self.term, payload });
        self.disk.dirty = true;
        self.offer_to_all(out);
    }

    fn send(&self, to: MemberId, body: Body, out: &mut Vec<Output>) {
        self.send_in(to, self.term, body, out);
    }

    fn send_in(&self, to: MemberId, term: u64, body: Body, out: &mut Vec<Output>) {
        out.push(Output::Send(to, Message { term, body }));
    }

    /// After each input: what is committed and on disk is applied, what changed is written, the next wake is asked for.
    fn settle(&mut self, out: &mut Vec<Output>) {
        self.trim();
        while self.applied < self.commit.min(self.disk.stable) {
            self.apply(out);
        }
        if self.stopping && self.role != Role::Leader {
            self.stopping = false;
            out.push(Output::Stopped);
        }
        self.write(out);
        let next = self.next_deadline();
        if next < self.armed {
            self.armed = next;
            out.push(Output::Wake(next));
        }
    }

    fn next_deadline(&self) -> Time {
        match self.role {
            // Alone it has nobody to tell, and nobody who could fall silent.
            Role::Leader if self.peers.is_empty() => NEVER,
            Role::Leader => self.heartbeat_at.min(self.quorum_since + self.timing.election),
            _ if !self.is_voter() => NEVER,
            _ => self.heard + self.patience,
        }
    }
}

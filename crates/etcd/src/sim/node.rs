//! One simulated machine: a member, its disk, its state machine, and what clients wait for on it.
use crate::member::{Durable, Member};
use crate::raft::{MemberId, Timing};
use simcore::{Rng, Time};

/// How many registers the state machine has.
pub const KEYS: usize = 3;

/// The state machine: registers, and the index that they were read at.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct State {
    pub applied: u64,
    pub registers: [u64; KEYS],
}

/// A machine.
#[derive(Clone, Debug)]
pub struct Node {
    pub id: MemberId,
    /// `None` while its process does not run.
    pub member: Option<Member>,
    pub state: State,
    /// What a restart would find, and what is being written over it.
    pub disk: (Durable, State),
    pub writing: Option<(Durable, State)>,
    /// Counts the starts: what was planned for an earlier life is void.
    pub life: u32,
    /// Milliseconds that a write takes at most.
    pub fsync_ms: u64,
    /// Frozen until then (SIGSTOP).
    pub frozen_until: Time,
    /// No longer a member: never started again.
    pub gone: bool,
    /// Reads that wait for an index to be applied: the call, the index.
    pub reads: Vec<(u64, u64)>,
}

impl Node {
    /// A machine whose disk holds `durable`; its process does not run yet.
    pub fn new(id: MemberId, durable: Durable) -> Node {
        let state = State { applied: durable.applied, ..State::default() };
        Node {
            id,
            member: None,
            state,
            disk: (durable, state),
            writing: None,
            life: 0,
            fsync_ms: 2,
            frozen_until: Time(0),
            gone: false,
            reads: Vec::new(),
        }
    }

    pub fn start(&mut self, timing: Timing, seed: u64, now: Time) {
        self.life += 1;
        self.state = self.disk.1;
        let rng = Rng::stream(seed ^ (self.id << 20) ^ u64::from(self.life), "etcd");
        self.member = Some(Member::start(self.id, timing, rng, now, self.disk.0.clone()));
    }

    /// The process ends at once. A write under way may or may not have reached the disk.
    pub fn crash(&mut self, written: bool) {
        self.member = None;
        self.life += 1;
        self.reads.clear();
        if let Some(write) = self.writing.take().filter(|_| written) {
            self.disk = write;
        }
    }

    pub fn is_leader(&self) -> bool {
        self.member.as_ref().is_some_and(Member::is_leader)
    }
}

//! The member's side of its disk: one write at a time, and answers that wait for it.
use super::{Bug, Member, Output};
use crate::raft::{Body, Change, ChangeKind, Conf, Entry, Log, MemberId, Message, NOBODY, Payload};
use std::sync::Arc;

/// What is on disk after a write, or what is to be written: write-ahead log and the newest applied state's place.
/// The state machine itself lies with the caller, who keeps what it was when this was handed out.
#[derive(Clone, Debug)]
pub struct Durable {
    /// Numbers the member's writes.
    pub number: u64,
    pub term: u64,
    pub vote: MemberId,
    pub commit: u64,
    pub log: Log,
    /// The index that the state machine had applied, and the configuration there.
    pub applied: u64,
    pub conf: Arc<Conf>,
}

impl Default for Durable {
    fn default() -> Durable {
        Durable { number: 0, term: 0, vote: NOBODY, commit: 0, log: Log::default(), applied: 0, conf: Arc::default() }
    }
}

impl Durable {
    /// A new cluster: one change per member at term 1, already agreed on, as etcd bootstraps (`raft.StartNode`).
    pub fn bootstrap(voters: &[MemberId]) -> Durable {
        let mut log = Log::default();
        for member in voters {
            let change = Change { id: 0, kind: ChangeKind::AddVoter, member: *member };
            log.push(Entry { term: 1, payload: Payload::Conf(change) });
        }
        let commit = log.last();
        Durable { term: 1, commit, log, conf: Arc::new(Conf::of_voters(voters.iter().copied())), applied: commit, ..Durable::default() }
    }

    /// The same after its first election, in term 2.
    pub fn formed(voters: &[MemberId]) -> Durable {
        let mut durable = Durable::bootstrap(voters);
        durable.log.push(Entry { term: 2, payload: Payload::Empty });
        let commit = durable.log.last();
        Durable { term: 2, commit, applied: commit, ..durable }
    }
}

/// What the member knows of its own disk.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    /// Entries up to here are on disk.
    pub stable: u64,
    /// Something changed that no write under way covers.
    pub dirty: bool,
    /// The newest write's number, and whether it is under way: its last index and that entry's term.
    number: u64,
    writing: Option<(u64, u64)>,
    /// What may be said only once write number so-and-so has ended.
    held: Vec<(u64, MemberId, Message)>,
}

impl Disk {
    pub fn holding(last: u64) -> Disk {
        Disk { stable: last, dirty: false, number: 0, writing: None, held: Vec::new() }
    }

    /// Nothing that was to be said is true any more.
    pub fn forget_held(&mut self) {
        self.held.clear();
    }
}

impl Member {
    /// Says something that must be on disk first. To itself: its own vote.
    pub(super) fn send_durably(&mut self, to: MemberId, body: Body, out: &mut Vec<Output>) {
        let message = Message { term: self.term, body };
        let covered = self.disk.number + u64::from(self.disk.dirty);
        let on_disk = !self.disk.dirty && self.disk.writing.is_none();
        if !on_disk && self.bug != Bug::NoWaitForDisk {
            self.disk.held.push((covered, to, message));
        } else if to == self.id {
            self.receive(to, message, out);
        } else {
            out.push(Output::Send(to, message));
        }
    }

    /// Entries after `index` are gone from the log.
    pub(super) fn truncate(&mut self, index: u64) {
        self.log.truncate(index);
        self.disk.stable = self.disk.stable.min(index);
        self.disk.dirty = true;
    }

    /// Starts a write if there is something to write and the disk is free.
    pub(super) fn write(&mut self, out: &mut Vec<Output>) {
        if !self.disk.dirty || self.disk.writing.is_some() {
            return;
        }
        self.disk.dirty = false;
        self.disk.number += 1;
        self.disk.writing = Some((self.log.last(), self.log.last_term()));
        if self.bug == Bug::NoWaitForDisk {
            self.disk.stable = self.log.last();
        }
        out.push(Output::Persist(Durable {
            number: self.disk.number,
            term: self.term,
            vote: self.vote,
            commit: self.commit,
            log: self.log.clone(),
            applied: self.applied,
            conf: self.conf.clone(),
        }));
    }

    pub(super) fn persisted(&mut self, number: u64, out: &mut Vec<Output>) {
        if number != self.disk.number {
            return;
        }
        let Some((last, last_term)) = self.disk.writing.take() else { return };
        // What was written may have been replaced meanwhile; then the next write covers it.
        if self.log.term(last) == Some(last_term) {
            self.disk.stable = self.disk.stable.max(last);
        }
        let held = std::mem::take(&mut self.disk.held);
        let (due, later) = held.into_iter().partition(|(needs, ..)| *needs <= number);
        self.disk.held = later;
        for (_, to, message) in due {
            if to != self.id {
                out.push(Output::Send(to, message));
            } else if message.term == self.term {
                self.receive(to, message, out);
            }
        }
        if self.is_leader() {
            self.agree(out);
        }
    }
}

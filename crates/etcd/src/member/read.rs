//! Linearizable reads without a log entry: the leader proves that it still leads (ReadIndex, thesis §6.4).
use super::{Bug, Member, Output};
use crate::raft::{Body, MemberId, NOBODY};
use std::collections::VecDeque;

/// A read that waits for signs of life from a majority.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    /// Its place among the leader's reads; heartbeats carry it out and back.
    place: u64,
    from: MemberId,
    read: u64,
    index: u64,
}

#[derive(Clone, Default, Debug)]
pub(super) struct Reads {
    placed: u64,
    waiting: VecDeque<Waiting>,
    /// Came before the leader had an agreed entry of its own term.
    early: Vec<(MemberId, u64)>,
}

impl Reads {
    pub fn newest(&self) -> u64 {
        self.waiting.back().map_or(0, |read| read.place)
    }

    pub fn forget(&mut self) {
        self.waiting.clear();
        self.early.clear();
    }
}

impl Member {
    /// Someone wants to read. Nobody leads: it is dropped, and the server asks again after 500 ms.
    pub(super) fn read(&mut self, from: MemberId, read: u64, out: &mut Vec<Output>) {
        if !self.is_leader() {
            if self.leader != NOBODY && from == self.id {
                self.send(self.leader, Body::ReadIndex { read }, out);
            }
            return;
        }
        if self.log.term(self.commit) != Some(self.term) {
            return self.reads.early.push((from, read));
        }
        if self.conf.voters == [self.id] || self.bug == Bug::ReadsAlone {
            return self.answer_read(from, read, self.commit, out);
        }
        self.reads.placed += 1;
        self.reads.waiting.push_back(Waiting { place: self.reads.placed, from, read, index: self.commit });
        self.beat(out);
    }

    /// The first entry of the term is agreed on: the leader now knows what was agreed before it.
    pub(super) fn admit_early_reads(&mut self, out: &mut Vec<Output>) {
        for (from, read) in std::mem::take(&mut self.reads.early) {
            self.read(from, read, out);
        }
    }

    /// Answers every read that a majority has confirmed.
    pub(super) fn confirm_reads(&mut self, out: &mut Vec<Output>) {
        while let Some(first) = self.reads.waiting.front().copied() {
            let confirmed = self.peers.iter().filter(|peer| peer.read >= first.place && self.conf.is_voter(peer.member)).count();
            if confirmed + usize::from(self.conf.is_voter(self.id)) < self.conf.quorum() {
                return;
            }
            self.reads.waiting.pop_front();
            self.answer_read(first.from, first.read, first.index, out);
        }
    }

    fn answer_read(&mut self, from: MemberId, read: u64, index: u64, out: &mut Vec<Output>) {
        if from == self.id {
            out.push(Output::ReadReady { read, index });
        } else {
            self.send(from, Body::ReadIndexReply { read, index }, out);
        }
    }
}

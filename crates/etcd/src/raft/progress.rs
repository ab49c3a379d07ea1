//! What a leader knows of one follower (etcd-io/raft `tracker.Progress`).
use super::MemberId;
use simcore::Time;

/// How a follower is fed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// One append per answer, to find where the logs agree.
    Probe { waiting: bool },
    /// Appends follow each other without waiting.
    Replicate,
    /// A snapshot of `index` is on its way.
    Snapshot { index: u64, sent: Time },
}

#[derive(Clone, Copy, Debug)]
pub struct Progress {
    pub member: MemberId,
    /// The newest index known to be on the follower's disk.
    pub matched: u64,
    /// The next index to send.
    pub next: u64,
    pub pace: Pace,
    /// When it last answered.
    pub heard: Time,
    /// The newest read it has confirmed our leadership for.
    pub read: u64,
}

impl Progress {
    pub fn new(member: MemberId, next: u64, heard: Time) -> Progress {
        Progress { member, matched: 0, next, pace: Pace::Probe { waiting: false }, heard, read: 0 }
    }

    /// A follower that has everything up to `last`.
    pub fn caught_up(member: MemberId, last: u64, heard: Time) -> Progress {
        Progress { matched: last, pace: Pace::Replicate, ..Progress::new(member, last + 1, heard) }
    }

    /// Whether nothing with entries may be sent now.
    pub fn is_paused(&self, window: u64) -> bool {
        match self.pace {
            Pace::Probe { waiting } => waiting,
            Pace::Replicate => self.next - 1 - self.matched >= window,
            Pace::Snapshot { .. } => true,
        }
    }

    /// It has everything up to `index`. Says whether that is news.
    pub fn acknowledge(&mut self, index: u64) -> bool {
        let news = index > self.matched;
        self.matched = self.matched.max(index);
        self.next = self.next.max(index + 1);
        news
    }

    pub fn probe(&mut self, next: u64) {
        self.pace = Pace::Probe { waiting: false };
        self.next = next.max(self.matched + 1);
    }
}

//! The links between members: delay, loss, repetition, partitions.
use crate::raft::MemberId;
use simcore::{Duration, Rng};
use std::collections::BTreeSet;

/// How messages travel. Delays in microseconds; loss and repetition in percent.
#[derive(Clone, Debug)]
pub struct Network {
    pub delay: (u64, u64),
    /// One message in a hundred times this takes up to `stray` longer, and is overtaken.
    pub strays: u32,
    pub stray: u64,
    pub lost: u32,
    pub repeated: u32,
    /// Directions that carry nothing.
    cut: BTreeSet<(MemberId, MemberId)>,
}

impl Default for Network {
    /// One rack: half a millisecond, nothing lost.
    fn default() -> Network {
        Network { delay: (300, 700), strays: 0, stray: 0, lost: 0, repeated: 0, cut: BTreeSet::new() }
    }
}

impl Network {
    /// When copies of a message arrive: none, one or two delays.
    pub fn carry(&self, from: MemberId, to: MemberId, once: bool, rng: &mut Rng) -> Vec<Duration> {
        if self.cut.contains(&(from, to)) || rng.below(100) < self.lost {
            return Vec::new();
        }
        let copies = if !once && rng.below(100) < self.repeated { 2 } else { 1 };
        (0..copies)
            .map(|_| {
                let late = if rng.below(100) < self.strays { u64::from(rng.below(self.stray as u32)) } else { 0 };
                Duration(rng.between(self.delay.0, self.delay.1) + late)
            })
            .collect()
    }

    pub fn cut(&mut self, from: MemberId, to: MemberId) {
        self.cut.insert((from, to));
    }

    /// Both directions between the two sides.
    pub fn part(&mut self, one: &[MemberId], other: &[MemberId]) {
        for (a, b) in one.iter().flat_map(|a| other.iter().map(move |b| (*a, *b))) {
            self.cut(a, b);
            self.cut(b, a);
        }
    }

    pub fn heal(&mut self) {
        self.cut.clear();
    }
}

//! Linearizability of one register's history (Wing and Gong's search with Lowe's memory, as in Porcupine).
use std::collections::BTreeSet;

/// What a client asked of a register, and what it learned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seen {
    Read(u64),
    Wrote(u64),
    /// Compare and set: from, to, whether it was set.
    Set(u64, u64, bool),
    /// A write, or a compare and set, whose answer never came: it may happen any time later, or never.
    LostWrite(u64),
    LostSet(u64, u64),
}

/// One call: when it began, when its answer came (`u64::MAX`: never), in steps of the simulation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Call {
    pub begun: u64,
    pub ended: u64,
    pub seen: Seen,
}

impl Seen {
    /// The register after this call on `value`; `None` when the call cannot have seen `value`.
    fn on(self, value: u64) -> Option<u64> {
        match self {
            Seen::Read(read) => (read == value).then_some(value),
            Seen::Wrote(new) | Seen::LostWrite(new) => Some(new),
            Seen::Set(from, to, set) => ((from == value) == set).then_some(if set { to } else { value }),
            Seen::LostSet(from, to) => Some(if from == value { to } else { value }),
        }
    }
}

/// Whether the calls on a register that begins as 0 can be put into one order that agrees with time and with every answer.
pub fn is_linearizable(calls: &[Call]) -> bool {
    let mut calls = calls.to_vec();
    calls.sort_by_key(|call| (call.begun, call.ended));
    let mut search = Search { done: vec![0; calls.len().div_ceil(64)], calls, tried: BTreeSet::new() };
    search.run()
}

struct Search {
    calls: Vec<Call>,
    /// One bit per call that has its place in the order.
    done: Vec<u64>,
    /// What was already found to lead nowhere.
    tried: BTreeSet<(Vec<u64>, u64)>,
}

impl Search {
    fn is_done(&self, call: usize) -> bool {
        self.done[call / 64] >> (call % 64) & 1 == 1
    }

    /// Depth-first without recursion: `path` holds the calls placed so far and the value before each.
    fn run(&mut self) -> bool {
        let mut path: Vec<(usize, u64)> = Vec::new();
        let mut value = 0;
        let mut from = 0;
        loop {
            if self.all_answers_explained() {
                return true;
            }
            match self.next(from, value) {
                Some((call, after)) => {
                    path.push((call, value));
                    value = after;
                    from = 0;
                }
                None => {
                    let Some((call, before)) = path.pop() else { return false };
                    self.done[call / 64] &= !(1 << (call % 64));
                    value = before;
                    from = call + 1;
                }
            }
        }
    }

    /// Places the first call from `from` on that may come next and was not tried in this situation.
    fn next(&mut self, from: usize, value: u64) -> Option<(usize, u64)> {
        let earliest_end = (0..self.calls.len()).filter(|call| !self.is_done(*call)).map(|call| self.calls[call].ended).min()?;
        for call in from..self.calls.len() {
            if self.calls[call].begun > earliest_end {
                return None;
            }
            if self.is_done(call) {
                continue;
            }
            let Some(after) = self.calls[call].seen.on(value) else { continue };
            self.done[call / 64] |= 1 << (call % 64);
            if self.tried.insert((self.done.clone(), after)) {
                return Some((call, after));
            }
            self.done[call / 64] &= !(1 << (call % 64));
        }
        None
    }

    fn all_answers_explained(&self) -> bool {
        (0..self.calls.len()).all(|call| self.is_done(call) || self.calls[call].ended == u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(begun: u64, ended: u64, seen: Seen) -> Call {
        Call { begun, ended, seen }
    }

    #[test]
    fn overlapping_calls_may_be_ordered_either_way() {
        let calls = [call(1, 10, Seen::Wrote(1)), call(2, 3, Seen::Read(0)), call(4, 5, Seen::Read(1)), call(6, 7, Seen::Read(1))];
        assert!(is_linearizable(&calls));
    }

    #[test]
    fn a_read_that_goes_back_in_time_is_caught() {
        let calls = [call(1, 10, Seen::Wrote(1)), call(2, 3, Seen::Read(1)), call(4, 5, Seen::Read(0))];
        assert!(!is_linearizable(&calls));
    }

    #[test]
    fn a_lost_write_is_caught() {
        let calls = [call(1, 2, Seen::Wrote(1)), call(3, 4, Seen::Read(0))];
        assert!(!is_linearizable(&calls));
    }

    #[test]
    fn a_write_without_an_answer_may_come_late_or_never() {
        let lost = call(1, u64::MAX, Seen::LostWrite(7));
        assert!(is_linearizable(&[lost, call(2, 3, Seen::Read(0)), call(4, 5, Seen::Read(7))]));
        assert!(is_linearizable(&[lost, call(2, 3, Seen::Read(0))]));
        assert!(!is_linearizable(&[lost, call(2, 3, Seen::Read(7)), call(4, 5, Seen::Read(0))]));
    }

    #[test]
    fn compare_and_set_must_have_compared() {
        assert!(is_linearizable(&[call(1, 2, Seen::Set(0, 5, true)), call(3, 4, Seen::Set(0, 6, false)), call(5, 6, Seen::Read(5))]));
        assert!(!is_linearizable(&[call(1, 2, Seen::Set(0, 5, true)), call(3, 4, Seen::Set(0, 6, true))]));
    }
}

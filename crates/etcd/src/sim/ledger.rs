//! What must hold whatever happens: one leader a term, matching logs, nothing agreed is ever lost (Raft, figure 3).
use crate::raft::{Entry, Log, MemberId};
use std::collections::BTreeMap;

/// Everything that was ever claimed, to compare new claims with.
#[derive(Clone, Default, Debug)]
pub struct Ledger {
    leaders: BTreeMap<u64, MemberId>,
    /// The agreed entries from index 1 on, each with a term in which that was known already.
    agreed: Vec<(Entry, u64)>,
    /// What stands at (index, term), and the term of the entry before it.
    entries: BTreeMap<(u64, u64), (Entry, u64)>,
    pub violations: Vec<String>,
}

impl Ledger {
    pub fn elections(&self) -> usize {
        self.leaders.len()
    }

    pub fn agreed(&self) -> usize {
        self.agreed.len()
    }

    /// Election safety, and leader completeness: a leader has what was agreed in earlier terms. (One that is elected late,
    /// when a higher term has a leader already, need not know of that term.)
    pub fn leads(&mut self, member: MemberId, term: u64, log: &Log) {
        if let Some(other) = self.leaders.insert(term, member).filter(|other| *other != member) {
            self.violations.push(format!("two leaders in term {term}: {other:x} and {member:x}"));
        }
        let lacks = |index: &u64| {
            let (entry, known_in) = self.agreed[*index as usize - 1];
            known_in < term && log.get(*index) != Some(entry)
        };
        let missing = (log.first()..=self.agreed.len() as u64).find(lacks);
        if let Some(index) = missing {
            self.violations.push(format!("leader {member:x} of term {term} lacks the agreed entry {index}"));
        }
    }

    /// State machine safety: the same entries in the same order everywhere.
    pub fn applies(&mut self, member: MemberId, term: u64, index: u64, entry: Option<Entry>) {
        let Some(entry) = entry else {
            return self.violations.push(format!("{member:x} applies {index}, which its log does not have"));
        };
        match self.agreed.get(index as usize - 1) {
            Some((agreed, _)) if *agreed == entry => {}
            Some((agreed, _)) => self.violations.push(format!("{member:x} applies {entry:?} at {index}, where {agreed:?} was agreed on")),
            None if index as usize == self.agreed.len() + 1 => self.agreed.push((entry, term)),
            None => self.violations.push(format!("{member:x} applies {index} before {}", self.agreed.len() + 1)),
        }
    }

    /// Log matching over the newest `depth` entries: equal index and term means equal entries up to there.
    pub fn holds(&mut self, member: MemberId, log: &Log, depth: u64) {
        let from = log.first().max(log.last().saturating_sub(depth) + 1);
        for index in from..=log.last() {
            let (Some(entry), Some(before)) = (log.get(index), log.term(index - 1)) else { continue };
            let known = self.entries.entry((index, entry.term)).or_insert((entry, before));
            if *known != (entry, before) {
                let words = format!("{member:x} has {entry:?} after term {before} at {index}; others have {known:?}");
                self.violations.push(words);
                return;
            }
        }
    }
}

//! A member's log: entries after a snapshot, in shared blocks, so that a copy costs two pointers.
use super::Entry;
use std::sync::Arc;

/// How many entries stand in one block.
const BLOCK: u64 = 64;

/// Entries `first()..=last()`. Indices begin at 1.
#[derive(Clone, Debug)]
pub struct Log {
    /// The last entry that the snapshot covers: everything up to it may be gone.
    snapshot_index: u64,
    snapshot_term: u64,
    /// The index before the first entry of `full[0]`; not after `snapshot_index`.
    base: u64,
    full: Arc<Vec<Arc<Vec<Entry>>>>,
    open: Arc<Vec<Entry>>,
}

impl Default for Log {
    fn default() -> Log {
        Log::after_snapshot(0, 0)
    }
}

impl Log {
    /// An empty log behind a snapshot of `index`.
    pub fn after_snapshot(index: u64, term: u64) -> Log {
        Log { snapshot_index: index, snapshot_term: term, base: index, full: Arc::default(), open: Arc::default() }
    }

    pub fn first(&self) -> u64 {
        self.snapshot_index + 1
    }

    pub fn last(&self) -> u64 {
        self.base + self.full.len() as u64 * BLOCK + self.open.len() as u64
    }

    pub fn last_term(&self) -> u64 {
        self.term(self.last()).unwrap_or(self.snapshot_term)
    }

    /// The entry at `index`, unless it is cut off or not there yet.
    pub fn get(&self, index: u64) -> Option<Entry> {
        if index <= self.snapshot_index {
            return None;
        }
        let place = index - self.base - 1;
        match self.full.get((place / BLOCK) as usize) {
            Some(block) => block.get((place % BLOCK) as usize).copied(),
            None => self.open.get((place - self.full.len() as u64 * BLOCK) as usize).copied(),
        }
    }

    /// The term of `index`; also known for the last index that the snapshot covers.
    pub fn term(&self, index: u64) -> Option<u64> {
        if index == self.snapshot_index { Some(self.snapshot_term) } else { self.get(index).map(|entry| entry.term) }
    }

    /// Entries `from..=to`, as far as they are there.
    pub fn slice(&self, from: u64, to: u64) -> Vec<Entry> {
        (from..=to.min(self.last())).filter_map(|index| self.get(index)).collect()
    }

    pub fn push(&mut self, entry: Entry) {
        let open = Arc::make_mut(&mut self.open);
        open.push(entry);
        if open.len() as u64 == BLOCK {
            let block = std::mem::take(&mut self.open);
            Arc::make_mut(&mut self.full).push(block);
        }
    }

    /// Forgets every entry after `index`.
    pub fn truncate(&mut self, index: u64) {
        let keep = index.max(self.snapshot_index) - self.base;
        let blocks = (keep / BLOCK) as usize;
        if blocks < self.full.len() {
            let full = Arc::make_mut(&mut self.full);
            self.open = full[blocks].clone();
            full.truncate(blocks);
        }
        Arc::make_mut(&mut self.open).truncate((keep % BLOCK) as usize);
    }

    /// Cuts off everything up to and including `index`.
    pub fn compact(&mut self, index: u64) {
        let Some(term) = self.term(index) else { return };
        (self.snapshot_index, self.snapshot_term) = (index, term);
        let blocks = (((index - self.base) / BLOCK) as usize).min(self.full.len());
        if blocks > 0 {
            Arc::make_mut(&mut self.full).drain(..blocks);
            self.base += blocks as u64 * BLOCK;
        }
    }

    /// Whether a log that ends at `index` with `term` has at least what this one has (Raft §5.4.1).
    pub fn is_covered_by(&self, index: u64, term: u64) -> bool {
        term > self.last_term() || (term == self.last_term() && index >= self.last())
    }

    /// The newest index up to `index` whose term is not above `term`: where two logs may still agree. It can be one before
    /// the snapshot's: then only a snapshot helps.
    pub fn agreement(&self, index: u64, term: u64) -> (u64, u64) {
        let mut index = index.min(self.last());
        while index > 0 && self.term(index).is_some_and(|own| own > term) {
            index -= 1;
        }
        (index, self.term(index).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Payload;
    use super::*;

    fn log(terms: &[u64]) -> Log {
        let mut log = Log::default();
        terms.iter().for_each(|term| log.push(Entry { term: *term, payload: Payload::Empty }));
        log
    }

    #[test]
    fn a_copy_does_not_notice_what_happens_to_the_original() {
        let mut first = log(&[1; 200]);
        let copy = first.clone();
        first.truncate(70);
        first.push(Entry { term: 2, payload: Payload::Empty });
        assert_eq!((first.last(), first.last_term()), (71, 2));
        assert_eq!((copy.last(), copy.last_term(), copy.term(71)), (200, 1, Some(1)));
    }

    #[test]
    fn cutting_the_front_keeps_the_indices() {
        let mut log = log(&[1; 300]);
        log.compact(130);
        assert_eq!((log.first(), log.last(), log.term(130), log.term(129), log.get(130)), (131, 300, Some(1), None, None));
        log.truncate(131);
        assert_eq!(log.last(), 131);
        log.truncate(130);
        assert_eq!((log.last(), log.last_term()), (130, 1));
    }

    #[test]
    fn agreement_skips_whole_terms() {
        let mut log = log(&[1, 1, 3, 3, 3]);
        assert_eq!(log.agreement(5, 2), (2, 1));
        assert_eq!(log.agreement(9, 3), (5, 3));
        log.compact(4);
        assert_eq!(log.agreement(5, 2), (3, 0));
    }
}

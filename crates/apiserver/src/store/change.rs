//! The change log: what a watch is a cursor over.
use objects::{Key, Object};
use simcore::{OccurrenceId, Time};
use std::sync::Arc;

/// One committed write, with the versions before and after it.
#[derive(Clone, Debug)]
pub struct Change {
    pub revision: u64,
    pub at: Time,
    pub key: Key,
    /// `None`: it did not exist.
    pub before: Option<Arc<Object>>,
    /// `None`: it was deleted.
    pub after: Option<Arc<Object>>,
    /// Its place in the trace.
    pub occurrence: Option<OccurrenceId>,
}

impl Change {
    /// The newest version: the one after, or for a deletion the last one before.
    pub fn object(&self) -> Option<&Arc<Object>> {
        self.after.as_ref().or(self.before.as_ref())
    }

    pub fn is_create(&self) -> bool {
        self.before.is_none()
    }

    pub fn is_delete(&self) -> bool {
        self.after.is_none()
    }
}

/// How many changes stand in one shared block.
const BLOCK: usize = 128;

/// Changes in revision order, one per revision; clones share full blocks.
#[derive(Clone, Debug)]
pub struct Log {
    /// The revision before the first change that is kept.
    compacted: u64,
    /// The revision before the first change of `full[0]`.
    base: u64,
    full: Vec<Arc<Vec<Change>>>,
    open: Vec<Change>,
}

impl Log {
    pub fn starting_after(revision: u64) -> Log {
        Log { compacted: revision, base: revision, full: Vec::new(), open: Vec::new() }
    }

    pub fn push(&mut self, change: Change) {
        debug_assert_eq!(change.revision, self.base + self.len() as u64 + 1, "one change per revision");
        self.open.push(change);
        if self.open.len() == BLOCK {
            self.full.push(Arc::new(std::mem::take(&mut self.open)));
        }
    }

    fn len(&self) -> usize {
        self.full.len() * BLOCK + self.open.len()
    }

    /// Changes after `revision`, or `None` where some of them are forgotten.
    pub fn after(&self, revision: u64) -> Option<impl Iterator<Item = &Change>> {
        if revision < self.compacted {
            return None;
        }
        let from = (revision - self.base) as usize;
        Some((from..self.len()).map(|index| match self.full.get(index / BLOCK) {
            Some(block) => &block[index % BLOCK],
            None => &self.open[index - self.full.len() * BLOCK],
        }))
    }

    /// Takes away and gives back the changes after `revision`, newest first.
    pub fn truncate(&mut self, revision: u64) -> Vec<Change> {
        let mut gone = Vec::new();
        while self.base + self.len() as u64 > revision {
            if self.open.is_empty()
                && let Some(block) = self.full.pop()
            {
                self.open = Arc::unwrap_or_clone(block);
            }
            let Some(change) = self.open.pop() else { break };
            gone.push(change);
        }
        gone
    }

    /// Forgets changes up to `revision`; whole blocks give their memory back.
    pub fn compact(&mut self, revision: u64) {
        let newest = self.base + self.len() as u64;
        self.compacted = self.compacted.max(revision.min(newest));
        let blocks = ((self.compacted - self.base) as usize / BLOCK).min(self.full.len());
        self.full.drain(..blocks);
        self.base += (blocks * BLOCK) as u64;
    }

    pub fn compacted(&self) -> u64 {
        self.compacted
    }
}

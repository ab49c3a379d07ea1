//! What happened, and what caused it: a chain that can be walked back from anything.
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The place of an occurrence in its trace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OccurrenceId(pub u32);

/// One thing that happened: a commit, a message, a decision, an input.
#[derive(Clone, Debug, PartialEq)]
pub struct Occurrence<W> {
    pub at: Time,
    pub cause: Option<OccurrenceId>,
    pub what: W,
}

/// How many occurrences stand in one shared block.
const BLOCK: usize = 256;

/// An append-only log whose clones share all full blocks.
#[derive(Clone, Debug)]
pub struct Trace<W> {
    full: Vec<Arc<Vec<Occurrence<W>>>>,
    open: Vec<Occurrence<W>>,
}

impl<W> Default for Trace<W> {
    fn default() -> Self {
        Trace { full: Vec::new(), open: Vec::new() }
    }
}

impl<W> Trace<W> {
    /// Writes one occurrence down. A cause must be older than its effect.
    pub fn push(&mut self, at: Time, cause: Option<OccurrenceId>, what: W) -> OccurrenceId {
        let id = OccurrenceId(self.len() as u32);
        debug_assert!(cause.is_none_or(|cause| cause < id), "a cause comes before its effect");
        self.open.push(Occurrence { at, cause, what });
        if self.open.len() == BLOCK {
            self.full.push(Arc::new(std::mem::take(&mut self.open)));
        }
        id
    }

    pub fn get(&self, id: OccurrenceId) -> Option<&Occurrence<W>> {
        let index = id.0 as usize;
        match self.full.get(index / BLOCK) {
            Some(block) => block.get(index % BLOCK),
            None => self.open.get(index.checked_sub(self.full.len() * BLOCK)?),
        }
    }

    pub fn len(&self) -> usize {
        self.full.len() * BLOCK + self.open.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// From `id` back to the first cause.
    pub fn chain(&self, id: OccurrenceId) -> impl Iterator<Item = (OccurrenceId, &Occurrence<W>)> {
        let mut next = Some(id);
        std::iter::from_fn(move || {
            let id = next?;
            let found = self.get(id)?;
            next = found.cause;
            Some((id, found))
        })
    }

    /// Everything, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = (OccurrenceId, &Occurrence<W>)> {
        (0..self.len() as u32).rev().map(OccurrenceId).filter_map(|id| self.get(id).map(|found| (id, found)))
    }

    /// Everything from place `from` on.
    pub fn since(&self, from: u32) -> impl Iterator<Item = (OccurrenceId, &Occurrence<W>)> {
        (from..self.len() as u32).filter_map(|index| self.get(OccurrenceId(index)).map(|found| (OccurrenceId(index), found)))
    }
}

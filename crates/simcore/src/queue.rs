//! Events ordered by (time, sequence): at one instant, first in is first out.
use crate::time::Time;
use std::collections::BTreeMap;

/// A priority queue of future events. Cloning it clones the future.
#[derive(Clone, Debug)]
pub struct Queue<E> {
    at: BTreeMap<(Time, u64), E>,
    sequence: u64,
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Queue { at: BTreeMap::new(), sequence: 0 }
    }
}

impl<E> Queue<E> {
    /// Plans `event` for `time`.
    pub fn push(&mut self, time: Time, event: E) {
        self.at.insert((time, self.sequence), event);
        self.sequence += 1;
    }

    /// Takes the next event.
    pub fn pop(&mut self) -> Option<(Time, E)> {
        let ((time, _), event) = self.at.pop_first()?;
        Some((time, event))
    }

    /// When the next event comes.
    pub fn next_time(&self) -> Option<Time> {
        self.at.first_key_value().map(|((time, _), _)| *time)
    }

    /// How many events wait.
    pub fn len(&self) -> usize {
        self.at.len()
    }

    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// The waiting events in order, for inspection.
    pub fn iter(&self) -> impl Iterator<Item = (Time, &E)> {
        self.at.iter().map(|((time, _), event)| (*time, event))
    }
}

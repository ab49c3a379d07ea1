//! The work queue of a controller: each key once, delays, and back-off per key (client-go `util/workqueue`).
use objects::Key;
use simcore::{Duration, OccurrenceId, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// First pause after a failure; doubles with each one.
const BASE_DELAY: Duration = Duration::millis(5);
/// The longest pause.
const MAX_DELAY: Duration = Duration::secs(1000);

/// Keys that wait for a worker. A key is never worked on twice at once.
#[derive(Clone, Debug, Default)]
pub struct WorkQueue {
    ready: VecDeque<Key>,
    /// Keys that must be looked at (again), each with the newest occurrence that says so.
    dirty: BTreeMap<Key, Option<OccurrenceId>>,
    processing: BTreeSet<Key>,
    /// Keys that become ready later, by instant.
    later: BTreeSet<(Time, Key)>,
    due: BTreeMap<Key, (Time, Option<OccurrenceId>)>,
    failures: BTreeMap<Key, u32>,
}

impl WorkQueue {
    /// Wants `key` looked at. While it is worked on it waits for the end of that.
    pub fn add(&mut self, key: Key, cause: Option<OccurrenceId>) {
        if let Some(known) = self.dirty.get_mut(&key) {
            *known = cause.or(*known);
            return;
        }
        self.dirty.insert(key.clone(), cause);
        if !self.processing.contains(&key) {
            self.ready.push_back(key);
        }
    }

    /// Wants `key` looked at, at `time`; the earlier of two wishes stands.
    pub fn add_at(&mut self, key: Key, time: Time, cause: Option<OccurrenceId>) {
        if self.due.get(&key).is_some_and(|(known, _)| *known <= time) {
            return;
        }
        self.cancel(&key);
        self.later.insert((time, key.clone()));
        self.due.insert(key, (time, cause));
    }

    /// Wants `key` looked at after its back-off: 5 ms, 10 ms, … 1000 s, or from another first pause on.
    pub fn retry(&mut self, key: Key, base: Option<Duration>, now: Time, cause: Option<OccurrenceId>) {
        let failures = self.failures.entry(key.clone()).or_default();
        let delay = Duration(base.unwrap_or(BASE_DELAY).0.saturating_mul(1 << (*failures).min(40))).min(MAX_DELAY);
        *failures += 1;
        self.add_at(key, now + delay, cause);
    }

    /// The next success of `key` begins its back-off anew.
    pub fn forget(&mut self, key: &Key) {
        self.failures.remove(key);
    }

    /// Moves what is due by `now` among the ready ones.
    pub fn ripen(&mut self, now: Time) {
        while let Some((time, _)) = self.later.first() {
            if *time > now {
                return;
            }
            let Some((_, key)) = self.later.pop_first() else { return };
            let cause = self.due.remove(&key).and_then(|(_, cause)| cause);
            self.add(key, cause);
        }
    }

    /// Takes the next key to work on, with what caused it. A pending delay of it is dropped: the work decides anew.
    pub fn take(&mut self) -> Option<(Key, Option<OccurrenceId>)> {
        let key = self.ready.pop_front()?;
        let cause = self.dirty.remove(&key).flatten();
        self.processing.insert(key.clone());
        self.cancel(&key);
        Some((key, cause))
    }

    /// The work on `key` is over.
    pub fn done(&mut self, key: &Key) {
        self.processing.remove(key);
        if self.dirty.contains_key(key) {
            self.ready.push_back(key.clone());
        }
    }

    /// When the next delay ends.
    pub fn next_time(&self) -> Option<Time> {
        self.later.first().map(|(time, _)| *time)
    }

    /// How many keys are ready now.
    pub fn len(&self) -> usize {
        self.ready.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    fn cancel(&mut self, key: &Key) {
        if let Some((time, _)) = self.due.remove(key) {
            self.later.remove(&(time, key.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::kinds;

    fn key(name: &'static str) -> Key {
        Key::new(kinds::POD, "default", name)
    }

    #[test]
    fn a_key_added_while_it_is_worked_on_comes_once_more_and_only_once() {
        let mut queue = WorkQueue::default();
        queue.add(key("a"), None);
        queue.add(key("a"), Some(OccurrenceId(3)));
        assert_eq!(queue.take(), Some((key("a"), Some(OccurrenceId(3)))));
        queue.add(key("a"), None);
        queue.add(key("a"), None);
        assert!(queue.take().is_none());
        queue.done(&key("a"));
        assert!(queue.take().is_some());
        queue.done(&key("a"));
        assert!(queue.take().is_none());
    }

    #[test]
    fn pauses_double_until_success() {
        let mut queue = WorkQueue::default();
        let pauses: Vec<u64> = (0..4)
            .map(|_| {
                queue.retry(key("a"), None, Time::START, None);
                let at = queue.next_time().unwrap();
                queue.ripen(at);
                queue.take();
                queue.done(&key("a"));
                at.since(Time::START).as_millis()
            })
            .collect();
        assert_eq!(pauses, [5, 10, 20, 40]);
        queue.forget(&key("a"));
        queue.retry(key("a"), None, Time::START, None);
        assert_eq!(queue.next_time(), Some(Time::START + Duration::millis(5)));
    }
}

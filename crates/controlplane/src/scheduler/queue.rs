//! Pods that wait for a node: ready ones by priority, those that back off, and those that nothing fits at present.
use super::cache::PodInfo;
use objects::{Key, Text};
use simcore::{Duration, OccurrenceId, Time};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const FIRST_BACKOFF: Duration = Duration::secs(1);
const LONGEST_BACKOFF: Duration = Duration::secs(10);
/// After so long a Pod is tried again, whether or not anything happened.
const PATIENCE: Duration = Duration::mins(5);

/// What is known of a waiting Pod.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub uid: Text,
    pub priority: i64,
    pub attempts: u32,
    /// Its place among equals.
    sequence: u64,
    /// When its last attempt failed.
    failed_at: Time,
    /// The plugins that refused it then.
    pub refused_by: BTreeSet<&'static str>,
    /// The Pod as it was looked at then.
    pub info: Option<Arc<PodInfo>>,
    /// The occurrence that made it wait here.
    pub cause: Option<OccurrenceId>,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Active,
    Backoff,
    Unschedulable,
    /// Taken out for an attempt.
    Nowhere,
}

/// The scheduling queue.
#[derive(Clone, Debug, Default)]
pub struct SchedulingQueue {
    pods: BTreeMap<Key, Waiting>,
    active: BTreeSet<(Reverse<i64>, u64, Key)>,
    backoff: BTreeSet<(Time, Key)>,
    unschedulable: BTreeSet<(Time, Key)>,
    sequence: u64,
}

impl SchedulingQueue {
    /// A Pod that wants a node and was not here before.
    pub fn add(&mut self, key: Key, uid: Text, priority: i64, cause: Option<OccurrenceId>) {
        self.remove(&key);
        self.sequence += 1;
        let waiting = Waiting {
            uid,
            priority,
            attempts: 0,
            sequence: self.sequence,
            failed_at: Time::default(),
            refused_by: BTreeSet::new(),
            info: None,
            cause,
            place: Place::Active,
        };
        self.active.insert((Reverse(priority), waiting.sequence, key.clone()));
        self.pods.insert(key, waiting);
    }

    pub fn get(&self, key: &Key) -> Option<&Waiting> {
        self.pods.get(key)
    }

    pub fn remove(&mut self, key: &Key) -> Option<Waiting> {
        let waiting = self.pods.remove(key)?;
        self.leave(key, &waiting);
        Some(waiting)
    }

    /// Takes the next Pod for an attempt. When no other is ready, one that backs off need not wait for its time.
    pub fn take(&mut self) -> Option<Key> {
        let key = match self.active.pop_first() {
            Some((_, _, key)) => key,
            None => self.backoff.pop_first()?.1,
        };
        if let Some(waiting) = self.pods.get_mut(&key) {
            waiting.place = Place::Nowhere;
            waiting.attempts += 1;
        }
        Some(key)
    }

    /// The attempt has failed: it waits until something changes for one of the plugins that refused it.
    pub fn refuse(&mut self, key: &Key, now: Time, refused_by: BTreeSet<&'static str>, info: Option<Arc<PodInfo>>) {
        let Some(waiting) = self.pods.get_mut(key) else { return };
        waiting.failed_at = now;
        waiting.refused_by = refused_by;
        waiting.info = info;
        waiting.place = Place::Unschedulable;
        self.unschedulable.insert((now, key.clone()));
    }

    /// Something may have changed for this Pod: it is tried again, after its back-off. `false` if it was not waiting for that.
    pub fn wake(&mut self, key: &Key, now: Time, cause: Option<OccurrenceId>) -> bool {
        let Some(waiting) = self.pods.get_mut(key).filter(|waiting| waiting.place == Place::Unschedulable) else { return false };
        self.unschedulable.remove(&(waiting.failed_at, key.clone()));
        waiting.cause = cause.or(waiting.cause);
        let until = waiting.failed_at + pause(waiting.attempts);
        if until > now {
            waiting.place = Place::Backoff;
            self.backoff.insert((until, key.clone()));
        } else {
            waiting.place = Place::Active;
            self.active.insert((Reverse(waiting.priority), waiting.sequence, key.clone()));
        }
        true
    }

    /// Pods that wait for a change, with what refused them.
    pub fn refused(&self) -> impl Iterator<Item = (&Key, &Waiting)> {
        self.unschedulable.iter().filter_map(|(_, key)| Some((key, self.pods.get(key)?)))
    }

    /// Moves what has backed off, or waited for too long, among the ready ones.
    pub fn ripen(&mut self, now: Time) {
        while let Some((_, key)) = self.backoff.first().filter(|(until, _)| *until <= now).cloned() {
            self.backoff.pop_first();
            if let Some(waiting) = self.pods.get_mut(&key) {
                waiting.place = Place::Active;
                self.active.insert((Reverse(waiting.priority), waiting.sequence, key));
            }
        }
        while let Some((_, key)) = self.unschedulable.first().filter(|(since, _)| *since + PATIENCE <= now).cloned() {
            self.wake(&key, now, None);
        }
    }

    /// When `ripen` has something to do next.
    pub fn next_time(&self) -> Option<Time> {
        let backoff = self.backoff.first().map(|(until, _)| *until);
        let patience = self.unschedulable.first().map(|(since, _)| *since + PATIENCE);
        backoff.into_iter().chain(patience).min()
    }

    /// How many Pods wait: ready, backing off, refused.
    pub fn sizes(&self) -> (usize, usize, usize) {
        (self.active.len(), self.backoff.len(), self.unschedulable.len())
    }

    fn leave(&mut self, key: &Key, waiting: &Waiting) {
        match waiting.place {
            Place::Active => drop(self.active.remove(&(Reverse(waiting.priority), waiting.sequence, key.clone()))),
            Place::Backoff => self.backoff.retain(|(_, other)| other != key),
            Place::Unschedulable => drop(self.unschedulable.remove(&(waiting.failed_at, key.clone()))),
            Place::Nowhere => {}
        }
    }
}

/// 1 s after the first failed attempt, then 2, 4, 8, 10 s.
fn pause(attempts: u32) -> Duration {
    Duration(FIRST_BACKOFF.0 << attempts.saturating_sub(1).min(10)).min(LONGEST_BACKOFF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::kinds;

    fn key(name: &'static str) -> Key {
        Key::new(kinds::POD, "default", name)
    }

    #[test]
    fn the_more_important_pod_goes_first_and_equals_in_order_of_arrival() {
        let mut queue = SchedulingQueue::default();
        for (name, priority) in [("a", 0), ("b", 0), ("vip", 1000)] {
            queue.add(key(name), Text::new(name), priority, None);
        }
        let order: Vec<Key> = std::iter::from_fn(|| queue.take()).collect();
        assert_eq!(order, [key("vip"), key("a"), key("b")]);
    }

    #[test]
    fn a_refused_pod_waits_for_a_change_and_at_most_five_minutes() {
        let mut queue = SchedulingQueue::default();
        queue.add(key("a"), Text::new("a"), 0, None);
        queue.take();
        queue.refuse(&key("a"), Time::START, BTreeSet::new(), None);
        assert_eq!(queue.take(), None);
        let patience = Time::START + Duration::mins(5);
        assert_eq!(queue.next_time(), Some(patience));
        queue.ripen(patience);
        assert_eq!(queue.take(), Some(key("a")));
    }
}

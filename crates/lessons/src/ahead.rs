//! When a check that acts on a copy of the cluster is tried again: after a change that matters, ever more rarely without one.
use cluster::Session;
use objects::kinds;
use simcore::{Duration, Time};
use std::collections::BTreeMap;

/// Two tries of one check are at least so far apart, however much changes.
const SOONEST: Duration = Duration::secs(2);

/// What is known of the tries of one lesson.
#[derive(Clone, Debug, Default)]
pub struct Ahead {
    /// How many changes there were that could turn a verdict, and how many inputs were known at the last look.
    changes: u64,
    inputs: usize,
    tries: BTreeMap<String, Try>,
    /// How often a copy was run ahead: what such checks cost.
    pub count: u32,
}

#[derive(Clone, Debug)]
struct Try {
    changes: u64,
    at: Time,
    /// How long the next one waits if nothing changes: kernels and queues may still catch up with what the API says.
    wait: Duration,
}

impl Ahead {
    /// Takes note of what changed after revision `from`. Heartbeats and Events turn no verdict.
    pub fn hear(&mut self, session: &Session, from: u64) {
        let inputs = session.record.inputs.len();
        let matters = match session.world.api.store.since(from) {
            Ok(mut changes) => changes.any(|change| !matches!(change.key.kind, kinds::LEASE | kinds::EVENT)),
            Err(_) => true,
        };
        if matters || inputs != self.inputs {
            self.changes += 1;
            self.inputs = inputs;
        }
    }

    /// Whether this check is worth a copy now.
    pub fn is_due(&self, place: &str, now: Time) -> bool {
        let Some(last) = self.tries.get(place) else { return true };
        let wait = if last.changes == self.changes { last.wait } else { SOONEST };
        now < last.at || now >= last.at + wait
    }

    /// It is tried now.
    pub fn tried(&mut self, place: &str, now: Time) {
        let same = self.tries.get(place).filter(|last| last.changes == self.changes).map(|last| last.wait);
        let wait = same.map_or(SOONEST, |wait| wait.times(2));
        self.tries.insert(place.to_string(), Try { changes: self.changes, at: now, wait });
        self.count += 1;
    }
}

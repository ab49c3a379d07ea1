//! What a release costs in Pods: how many there were above the wanted number, times how long.
use apiserver::{Change, Store};
use objects::labels::Selector;
use objects::{Object, kinds};
use simcore::Time;

/// Follows the Pods of one selector through the store's log.
#[derive(Clone, Debug)]
pub struct PodTime {
    selector: Selector,
    wanted: i64,
    /// How many there are now.
    count: i64,
    revision: u64,
    at: Time,
    /// Pods above the wanted number, times microseconds.
    pub extra: u64,
    /// Pods below it, times microseconds.
    pub missing: u64,
}

impl PodTime {
    pub fn begin(store: &Store, now: Time, selector: &str, wanted: u32) -> Result<PodTime, String> {
        let selector = Selector::parse(selector)?;
        let view = store.applied();
        let count = view.list_in(kinds::POD, crate::NAMESPACE).filter(|pod| holds(pod, &selector)).count() as i64;
        Ok(PodTime { selector, wanted: i64::from(wanted), count, revision: view.revision(), at: now, extra: 0, missing: 0 })
    }

    /// Takes in what happened since the last call. The error: the log has forgotten a part of it.
    pub fn follow(&mut self, store: &Store, now: Time) -> Result<(), String> {
        let changes = store.since(self.revision).map_err(|status| status.message.to_string())?;
        for change in changes {
            self.revision = change.revision;
            let turn = self.turn(change);
            if turn != 0 {
                self.pass(change.at);
                self.count += turn;
            }
        }
        self.pass(now);
        Ok(())
    }

    fn pass(&mut self, until: Time) {
        let (span, above) = (until.0.saturating_sub(self.at.0), self.count - self.wanted);
        self.extra += above.max(0) as u64 * span;
        self.missing += (-above).max(0) as u64 * span;
        self.at = self.at.max(until);
    }

    /// One more, one less, or neither.
    fn turn(&self, change: &Change) -> i64 {
        if change.key.kind != kinds::POD || change.key.namespace != crate::NAMESPACE {
            return 0;
        }
        let held = |object: &Option<std::sync::Arc<Object>>| object.as_ref().is_some_and(|pod| holds(pod, &self.selector));
        i64::from(held(&change.after)) - i64::from(held(&change.before))
    }
}

/// Whether it holds a place: from its creation until it is gone or has ended.
fn holds(pod: &Object, selector: &Selector) -> bool {
    selector.matches(pod.labels()) && !matches!(pod.status().get("phase").text(), "Succeeded" | "Failed")
}

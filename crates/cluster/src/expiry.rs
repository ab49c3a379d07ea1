//! Events go an hour after they were last written (`--event-ttl`): they hang on leases of etcd's, which many share.
use crate::event::Caller;
use crate::world::World;
use apiserver::client::Ticket;
use objects::wire::{Request, User, Verb};
use objects::{Key, Object, Text, Tree, kinds};
use simcore::{Duration, Time};

const LASTS: Duration = Duration::mins(60);
/// A lease takes in what is written within a minute, so that it all goes together.
const SHARED: u64 = Duration::mins(1).0;

impl World {
    /// Looks once a minute for Events whose time is over. `place` is the kube-apiserver that looks, every `every`.
    pub(crate) fn expire_events(&mut self, place: usize, every: Duration) {
        let first = self.apiservers.iter().position(|server| server.running) == Some(place);
        if !first || !(self.now.0 / every.0 * every.0).is_multiple_of(SHARED) {
            return;
        }
        let over = |event: &Object| written(event).is_some_and(|at| at + LASTS < self.now);
        let keys: Vec<Key> =
            self.api.store.applied().list(kinds::EVENT).filter(|event| over(event)).map(|event| event.key.clone()).collect();
        for key in keys {
            let mut request = Request::about(Verb::Delete, kinds::EVENT, key.namespace, key.name);
            request.user = User { name: Text::new_static("system:apiserver"), groups: vec![Text::new_static("system:masters")] };
            request.origin.actor = Text::new_static("etcd");
            self.submit(Caller::Server(place), Ticket::UNASKED, &request);
        }
    }
}

/// When an Event was last written: it counts up, or was born.
fn written(event: &Object) -> Option<Time> {
    let time = |tree: &Tree| Time::parse(tree.text());
    time(event.tree.at(&["series", "lastObservedTime"]))
        .max(time(event.tree.get("lastTimestamp")))
        .max(time(event.meta().get("creationTimestamp")))
}

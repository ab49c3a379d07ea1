//! `etcdctl watch` at a member: changes of keys are told once the member has applied them.
use crate::members::registry;
use crate::world::World;
use etcd::ctl::{Found, Keys, Reply, WatchEvent};
use etcd::server::{Version, words};
use simcore::Duration;

/// How long a member without a leader keeps those who watch: three election timeouts.
const LEADERLESS: Duration = Duration::secs(3);

/// A line that waits for changes.
#[derive(Clone, Debug)]
pub(crate) struct Watcher {
    pub job: u64,
    pub place: usize,
    pub member: usize,
    pub keys: Keys,
    /// The first revision that it has not seen.
    pub from: u64,
}

impl World {
    /// A line begins to watch at a member, or goes on. `from` 0: what comes next.
    pub(super) fn watch_keys(&mut self, job: u64, place: usize, member: usize, keys: Keys, from: u64) {
        if !self.etcd.nodes[member].has_leader() {
            return self.tell_job(job, place, Reply::Refused(words::NO_LEADER));
        }
        let from = if from == 0 { self.seen_by(member) + 1 } else { from };
        self.etcd.watchers.push(Watcher { job, place, member, keys, from });
        self.feed_watchers();
    }

    fn seen_by(&self, member: usize) -> u64 {
        self.etcd.nodes[member].seen.as_ref().unwrap_or(self.api.store.applied()).revision()
    }

    /// Tells those who watch what their members have applied meanwhile.
    pub(crate) fn feed_watchers(&mut self) {
        if self.etcd.watchers.is_empty() {
            return;
        }
        let mut kept = Vec::new();
        for mut watcher in std::mem::take(&mut self.etcd.watchers) {
            let node = &self.etcd.nodes[watcher.member];
            let lost = node.process.is_running() && node.leaderless_since.is_some_and(|since| self.now.since(since) >= LEADERLESS);
            let header = self.header(watcher.member);
            let reply = match self.happened(&watcher) {
                _ if lost => Reply::Refused(words::NO_LEADER),
                _ if !node.process.is_running() => {
                    kept.push(watcher);
                    continue;
                }
                Err(refused) => Reply::Refused(refused),
                Ok((events, next)) if events.is_empty() => {
                    watcher.from = next;
                    kept.push(watcher);
                    continue;
                }
                Ok((events, next)) => Reply::Events(header, events, next),
            };
            self.tell_job(watcher.job, watcher.place, reply);
        }
        self.etcd.watchers.append(&mut kept);
    }

    fn happened(&self, watcher: &Watcher) -> Result<(Vec<WatchEvent>, u64), &'static str> {
        let newest = self.seen_by(watcher.member);
        if newest < watcher.from {
            return Ok((Vec::new(), watcher.from));
        }
        let changes = self.api.store.since(watcher.from - 1).map_err(|_| words::COMPACTED)?;
        let mut events = Vec::new();
        for change in changes.take_while(|change| change.revision <= newest) {
            let key = registry::name(&change.key);
            if !watcher.keys.contains(&key) {
                continue;
            }
            let gone = Version { created: 0, modified: change.revision, version: 0, value: None };
            events.push(WatchEvent {
                deleted: change.after.is_none(),
                key: change.after.as_deref().map_or_else(|| Found { key: key.into(), version: gone, lease: 0 }, registry::version),
                before: change.before.as_deref().map(registry::version),
            });
        }
        Ok((events, newest + 1))
    }
}

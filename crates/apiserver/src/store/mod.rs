//! The revisioned store: a log of changes, the state at its tail, and the state that a majority has on disk.
mod change;
mod snapshot;

pub use change::{Change, Log};
pub use snapshot::{Kept, Snapshot};

use objects::{Key, Object, Status, Tree};
use simcore::{OccurrenceId, Time};
use std::collections::VecDeque;
use std::sync::Arc;

/// What a write leaves behind: a version to keep, or nothing.
#[derive(Clone, Debug)]
pub enum Write {
    /// Create or replace. The store sets `metadata.resourceVersion`.
    Put {
        key: Key,
        tree: Tree,
    },
    Delete {
        key: Key,
    },
}

/// A key-value store as etcd is one: what its members have agreed on, and what the leader's log holds beyond that.
///
/// Writes are evaluated against `tail` and appended. States of the tail are kept (`mark`) until they are agreed on
/// (`apply_through`) or lost with their leader (`truncate`). Readers and watchers see `applied` only.
#[derive(Clone, Debug)]
pub struct Store {
    tail: Snapshot,
    /// States of the tail that may be applied or fallen back to, oldest first; all newer than `applied`.
    kept: VecDeque<Snapshot>,
    /// Whether the state after each single write is kept.
    keeps_each: bool,
    applied: Snapshot,
    log: Log,
    /// Bytes of all objects at the tail, and of the older versions that the log still has.
    live: u64,
    old: u64,
}

impl Default for Store {
    /// Revision 1 is the empty store, as in etcd.
    fn default() -> Store {
        Store::holding(Snapshot::empty(1))
    }
}

impl Store {
    /// A store at a snapshot's revision, without a history: a new one, or one restored from a backup.
    pub fn holding(state: Snapshot) -> Store {
        let log = Log::starting_after(state.revision());
        let live = state.bytes();
        Store { tail: state.clone(), kept: VecDeque::new(), keeps_each: false, applied: state, log, live, old: 0 }
    }

    /// What the next write is evaluated against.
    pub fn tail(&self) -> &Snapshot {
        &self.tail
    }

    /// What readers and watchers see.
    pub fn applied(&self) -> &Snapshot {
        &self.applied
    }

    /// With several members any write may be the last that is agreed on: then the state after each is kept.
    pub fn keep_each(&mut self, keeps_each: bool) {
        self.keeps_each = keeps_each;
        self.mark();
    }

    /// Appends one write and returns its revision. It becomes visible when `apply_through` has passed it.
    pub fn append(&mut self, now: Time, write: Write, occurrence: Option<OccurrenceId>) -> u64 {
        let revision = self.tail.revision() + 1;
        let (key, after) = match write {
            Write::Put { key, mut tree } => {
                tree.set(&["metadata", "resourceVersion"], revision.to_string());
                let object = match self.tail.get(&key) {
                    Some(before) => before.next(revision, tree),
                    None => Object::new(key.clone(), revision, tree),
                };
                (key, Some(Arc::new(object)))
            }
            Write::Delete { key } => (key, None),
        };
        let before = self.tail.replace(revision, &key, after.clone());
        let bytes = |object: &Option<Kept>| object.as_ref().map_or(0, |object| u64::from(object.bytes()));
        self.live = self.live + bytes(&after) - bytes(&before);
        self.old += bytes(&before);
        self.log.push(Change { revision, at: now, key, before, after, occurrence });
        if self.keeps_each {
            self.mark();
        }
        revision
    }

    /// Keeps the tail as it is now: it can be applied, or fallen back to.
    pub fn mark(&mut self) {
        let newest = self.kept.back().unwrap_or(&self.applied).revision();
        if self.tail.revision() > newest {
            self.kept.push_back(self.tail.clone());
        }
    }

    /// Everything up to `revision` is agreed on: the newest kept state that is not beyond it is now applied.
    /// Returns the applied revision.
    pub fn apply_through(&mut self, revision: u64) -> u64 {
        while self.kept.front().is_some_and(|state| state.revision() <= revision) {
            if let Some(state) = self.kept.pop_front() {
                self.applied = state;
            }
        }
        self.applied.revision()
    }

    /// What was appended after `revision` is lost with the leader that alone had it. Returns the tail's revision: an
    /// earlier one where no state of just that revision was kept, and never one before what is applied.
    pub fn truncate(&mut self, revision: u64) -> u64 {
        while self.kept.back().is_some_and(|state| state.revision() > revision) {
            self.kept.pop_back();
        }
        self.tail = self.kept.back().unwrap_or(&self.applied).clone();
        let bytes = |object: &Option<Kept>| object.as_ref().map_or(0, |object| u64::from(object.bytes()));
        for change in self.log.truncate(self.tail.revision()) {
            self.live = self.live + bytes(&change.before) - bytes(&change.after);
            self.old = self.old.saturating_sub(bytes(&change.before));
        }
        self.tail.revision()
    }

    /// Whether something waits to be made durable and no disk write is under way.
    pub fn wants_sync(&self) -> bool {
        self.kept.is_empty() && self.tail.revision() > self.applied.revision()
    }

    /// Starts one disk write for all that stands in the log now, as a lone member does (etcd batches in the same way).
    pub fn begin_sync(&mut self) {
        self.mark();
    }

    /// Ends the disk write: what it covered is now applied. Returns the applied revision.
    pub fn end_sync(&mut self) -> u64 {
        let covered = self.kept.front().map_or(0, Snapshot::revision);
        self.apply_through(covered)
    }

    /// Bytes of all versions that are kept: what etcd's database file has in use.
    pub fn bytes(&self) -> u64 {
        self.live + self.old
    }

    /// Applied changes after revision `from`; 410 where compaction has taken them.
    pub fn since(&self, from: u64) -> Result<impl Iterator<Item = &Change>, Status> {
        let applied = self.applied.revision();
        self.log
            .after(from)
            .map(|changes| changes.take_while(move |change| change.revision <= applied))
            .ok_or_else(|| Status::expired(format!("too old resource version: {from} ({})", self.log.compacted())))
    }

    /// The change that made a revision, also one that is not agreed on yet; `None` where it is forgotten.
    pub fn change(&self, revision: u64) -> Option<&Change> {
        self.log.after(revision.checked_sub(1)?)?.next().filter(|change| change.revision == revision)
    }

    /// Forgets changes up to and including `revision`.
    pub fn compact(&mut self, revision: u64) {
        let bytes = |change: &Change| change.before.as_ref().map_or(0, |object| u64::from(object.bytes()));
        let gone = self.log.after(self.log.compacted()).into_iter().flatten().take_while(|change| change.revision <= revision);
        self.old = self.old.saturating_sub(gone.map(bytes).sum());
        self.log.compact(revision);
    }

    /// The newest revision whose change is forgotten.
    pub fn compacted(&self) -> u64 {
        self.log.compacted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{kinds, map};

    fn put(store: &mut Store, name: &str) -> u64 {
        let key = Key::new(kinds::CONFIG_MAP, "default", name);
        store.append(Time::START, Write::Put { key, tree: map! {"metadata": map! {"name": name}} }, None)
    }

    #[test]
    fn a_write_is_seen_only_once_it_is_on_disk() {
        let mut store = Store::default();
        let revision = put(&mut store, "a");
        assert_eq!(store.applied().len(kinds::CONFIG_MAP), 0);
        store.begin_sync();
        put(&mut store, "b");
        assert_eq!(store.end_sync(), revision);
        assert_eq!(store.applied().len(kinds::CONFIG_MAP), 1);
        assert!(store.wants_sync());
        assert_eq!(store.since(1).unwrap().count(), 1);
    }

    #[test]
    fn what_was_lost_with_its_leader_was_never_there() {
        let mut store = Store::default();
        store.keep_each(true);
        let first = put(&mut store, "a");
        let bytes = store.bytes();
        put(&mut store, "b");
        put(&mut store, "c");
        assert_eq!(store.truncate(first), first);
        assert_eq!((store.tail().len(kinds::CONFIG_MAP), store.bytes()), (1, bytes));
        assert_eq!(put(&mut store, "d"), first + 1, "the number is used again");
        assert_eq!((store.apply_through(first), store.applied().len(kinds::CONFIG_MAP)), (first, 1));
        assert_eq!(store.truncate(1), first, "what is agreed on stays");
        let names: Vec<String> = store.applied().list(kinds::CONFIG_MAP).map(|kept| kept.key.name.to_string()).collect();
        assert_eq!(names, ["a"]);
    }

    #[test]
    fn the_file_holds_old_versions_until_they_are_compacted() {
        let mut store = Store::default();
        put(&mut store, "a");
        let once = store.bytes();
        assert!(once > 20, "{once}");
        put(&mut store, "a");
        assert!(store.bytes() >= 2 * once);
        store.begin_sync();
        store.end_sync();
        store.compact(3);
        assert!(store.bytes() <= once + 8, "{} {once}", store.bytes());
    }

    #[test]
    fn a_compacted_revision_is_gone() {
        let mut store = Store::default();
        put(&mut store, "a");
        let second = put(&mut store, "b");
        store.begin_sync();
        store.end_sync();
        store.compact(2);
        assert_eq!(store.since(1).err().unwrap().code, 410);
        assert_eq!(store.since(2).unwrap().next().unwrap().revision, second);
    }

    #[test]
    fn an_older_snapshot_stays_as_it_was() {
        let mut store = Store::default();
        put(&mut store, "a");
        store.begin_sync();
        store.end_sync();
        let old = store.applied().clone();
        store.append(Time::START, Write::Delete { key: Key::new(kinds::CONFIG_MAP, "default", "a") }, None);
        store.begin_sync();
        store.end_sync();
        assert_eq!(old.len(kinds::CONFIG_MAP), 1);
        assert_eq!(store.applied().len(kinds::CONFIG_MAP), 0);
    }
}

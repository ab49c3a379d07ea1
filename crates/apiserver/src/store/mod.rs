//! The revisioned store: a log of changes, the state at its tail, and the state that a majority has on disk.
mod change;
mod snapshot;

pub use change::{Change, Log};
pub use snapshot::{Kept, Snapshot};

use objects::{Key, Object, Status, Tree};
use simcore::{OccurrenceId, Time};
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

/// A key-value store as etcd is one, with one member in the simplest cluster.
///
/// Writes are evaluated against `tail`, appended, and applied once they are on disk (`begin_sync`, `end_sync`).
/// Readers and watchers see `applied` only.
#[derive(Clone, Debug)]
pub struct Store {
    tail: Snapshot,
    /// What the disk write under way will make durable.
    syncing: Option<Snapshot>,
    applied: Snapshot,
    log: Log,
}

impl Default for Store {
    /// Revision 1 is the empty store, as in etcd.
    fn default() -> Store {
        let empty = Snapshot::empty(1);
        Store { tail: empty.clone(), syncing: None, applied: empty, log: Log::starting_after(1) }
    }
}

impl Store {
    /// What the next write is evaluated against.
    pub fn tail(&self) -> &Snapshot {
        &self.tail
    }

    /// What readers and watchers see.
    pub fn applied(&self) -> &Snapshot {
        &self.applied
    }

    /// Appends one write and returns its revision. It becomes visible when `end_sync` has passed it.
    pub fn append(&mut self, now: Time, write: Write, occurrence: Option<OccurrenceId>) -> u64 {
        let revision = self.tail.revision() + 1;
        let (key, after) = match write {
            Write::Put { key, mut tree } => {
                tree.set(&["metadata", "resourceVersion"], revision.to_string());
                (key.clone(), Some(Arc::new(Object::new(key, revision, tree))))
            }
            Write::Delete { key } => (key, None),
        };
        let before = self.tail.replace(revision, &key, after.clone());
        self.log.push(Change { revision, at: now, key, before, after, occurrence });
        revision
    }

    /// Whether something waits to be made durable and no disk write is under way.
    pub fn wants_sync(&self) -> bool {
        self.syncing.is_none() && self.tail.revision() > self.applied.revision()
    }

    /// Starts one disk write for all that stands in the log now (etcd batches in the same way).
    pub fn begin_sync(&mut self) {
        self.syncing = Some(self.tail.clone());
    }

    /// Ends the disk write: what it covered is now applied. Returns the applied revision.
    pub fn end_sync(&mut self) -> u64 {
        if let Some(durable) = self.syncing.take() {
            self.applied = durable;
        }
        self.applied.revision()
    }

    /// Applied changes after revision `from`; 410 where compaction has taken them.
    pub fn since(&self, from: u64) -> Result<impl Iterator<Item = &Change>, Status> {
        let applied = self.applied.revision();
        self.log
            .after(from)
            .map(|changes| changes.take_while(move |change| change.revision <= applied))
            .ok_or_else(|| Status::expired(format!("too old resource version: {from} ({})", self.log.compacted())))
    }

    /// Forgets changes up to and including `revision`.
    pub fn compact(&mut self, revision: u64) {
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

//! Keys with revisions (etcd's mvcc): every write makes one, compaction forgets old versions.
use super::words;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A version of a key; `None`: it was deleted then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version {
    pub created: u64,
    pub modified: u64,
    /// How often it was written since it was created.
    pub version: u64,
    pub value: Option<Arc<str>>,
}

/// All keys. A new store is at revision 1.
#[derive(Clone, Debug)]
pub struct Keys {
    revision: u64,
    compacted: u64,
    keys: Arc<BTreeMap<Arc<str>, Vec<Version>>>,
}

impl Default for Keys {
    fn default() -> Keys {
        Keys { revision: 1, compacted: 0, keys: Arc::default() }
    }
}

impl Keys {
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// How many keys have a value now.
    pub fn len(&self) -> usize {
        self.keys.values().filter(|versions| versions.last().is_some_and(|newest| newest.value.is_some())).count()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of all versions that are kept.
    pub fn bytes(&self) -> u64 {
        let of = |(key, versions): (&Arc<str>, &Vec<Version>)| {
            versions.iter().map(|one| RECORD + key.len() as u64 + one.value.as_ref().map_or(0, |value| value.len() as u64)).sum::<u64>()
        };
        self.keys.iter().map(of).sum()
    }

    pub fn put(&mut self, key: &str, value: &str) -> u64 {
        self.revision += 1;
        let revision = self.revision;
        let versions = Arc::make_mut(&mut self.keys).entry(key.into()).or_default();
        let (created, version) = match versions.last() {
            Some(Version { value: Some(_), created, version, .. }) => (*created, version + 1),
            _ => (revision, 1),
        };
        versions.push(Version { created, modified: revision, version, value: Some(value.into()) });
        revision
    }

    /// Deletes a key; says whether there was one. Only then a revision is used.
    pub fn delete(&mut self, key: &str) -> bool {
        if self.get(key, 0).ok().flatten().is_none() {
            return false;
        }
        self.revision += 1;
        let modified = self.revision;
        if let Some(versions) = Arc::make_mut(&mut self.keys).get_mut(key) {
            versions.push(Version { created: 0, modified, version: 0, value: None });
        }
        true
    }

    /// The key as it was at `revision`; 0 means now.
    pub fn get(&self, key: &str, revision: u64) -> Result<Option<&Version>, &'static str> {
        if revision > self.revision {
            return Err(words::FUTURE_REVISION);
        }
        if revision > 0 && revision < self.compacted {
            return Err(words::COMPACTED);
        }
        let at = if revision == 0 { self.revision } else { revision };
        let found = self.keys.get(key).and_then(|versions| versions.iter().rev().find(|one| one.modified <= at));
        Ok(found.filter(|one| one.value.is_some()))
    }

    /// Keeps only what is needed to know the keys from `revision` on.
    pub fn compact(&mut self, revision: u64) -> Result<(), &'static str> {
        if revision <= self.compacted {
            return Err(words::COMPACTED);
        }
        if revision > self.revision {
            return Err(words::FUTURE_REVISION);
        }
        self.compacted = revision;
        let keys = Arc::make_mut(&mut self.keys);
        for versions in keys.values_mut() {
            let newest_before = versions.iter().rposition(|one| one.modified <= revision);
            let gone = newest_before.map_or(0, |place| place + usize::from(versions[place].value.is_none()));
            versions.drain(..gone);
        }
        keys.retain(|_, versions| !versions.is_empty());
        Ok(())
    }
}

/// What a version costs beside its key and value.
const RECORD: u64 = 48;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_write_is_a_revision_and_compaction_forgets() {
        let mut keys = Keys::default();
        assert_eq!((keys.put("greeting", "hello"), keys.put("greeting", "hi")), (2, 3));
        let at = |keys: &Keys, revision| keys.get("greeting", revision).map(|found| found.and_then(|one| one.value.clone()));
        assert_eq!(at(&keys, 2), Ok(Some("hello".into())));
        assert!(keys.delete("greeting") && !keys.delete("greeting"));
        assert_eq!((keys.revision(), at(&keys, 0)), (4, Ok(None)));
        keys.put("greeting", "salut");
        assert_eq!(keys.compact(5), Ok(()));
        assert_eq!(at(&keys, 3), Err("etcdserver: mvcc: required revision has been compacted"));
        assert_eq!(keys.compact(5), Err("etcdserver: mvcc: required revision has been compacted"));
        assert_eq!(keys.compact(999_999), Err("etcdserver: mvcc: required revision is a future revision"));
        assert_eq!(at(&keys, 0), Ok(Some("salut".into())));
    }
}

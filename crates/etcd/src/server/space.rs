//! The database file: what is used, what is free inside it, the quota and its alarm.
use super::words;

/// `--quota-backend-bytes`' default: 2 GiB.
pub const DEFAULT_QUOTA: u64 = 2 << 30;
/// `--max-request-bytes`.
const REQUEST: u64 = 3 << 19;
/// bbolt's page, and how many pages an empty database has (in use; in the file).
const PAGE: u64 = 4_096;
const PAGES_USED: u64 = 4;
const PAGES_AT_FIRST: u64 = 5;
/// What the quota adds to each write (etcdserver `kvOverhead`).
const OVERHEAD: u64 = 256;

/// The file of one member. Sizes in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Space {
    pub size: u64,
    pub in_use: u64,
    pub quota: u64,
    /// The NOSPACE alarm: raised by a refused write, ended only by `alarm disarm`.
    pub alarm: bool,
}

impl Space {
    pub fn with_quota(quota: u64) -> Space {
        Space { size: PAGES_AT_FIRST * PAGE, in_use: PAGES_USED * PAGE, quota, alarm: false }
    }

    /// Whether a put of so many bytes may be proposed. Reads and deletions never ask.
    pub fn admit(&mut self, key: u64, value: u64) -> Result<(), &'static str> {
        if key + value > REQUEST {
            return Err(words::TOO_LARGE);
        }
        self.alarm |= self.size + OVERHEAD + key + value >= self.quota;
        if self.alarm { Err(words::NO_SPACE) } else { Ok(()) }
    }

    /// The keys now take so many bytes. The file grows with them and never shrinks by itself.
    pub fn hold(&mut self, bytes: u64) {
        self.in_use = (PAGES_USED + bytes.div_ceil(PAGE)) * PAGE;
        self.size = self.size.max(self.in_use + PAGE);
    }

    /// `etcdctl defrag`: the file is written anew without free pages.
    pub fn defragment(&mut self) {
        self.size = self.in_use;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Keys;
    use super::*;

    /// The recorded sequence: full, disarm does not help, compaction does not help, then defrag and disarm do.
    #[test]
    fn a_full_database_needs_compaction_then_defrag_then_disarm() {
        let (mut space, mut keys) = (Space::with_quota(8 << 20), Keys::default());
        let big = "x".repeat(1_000_000);
        while space.admit(3, 1_000_000).is_ok() {
            keys.put("big", &big);
            space.hold(keys.bytes());
        }
        assert_eq!(space.admit(5, 1), Err("etcdserver: mvcc: database space exceeded"));
        space.alarm = false;
        assert_eq!(space.admit(3, 1_000_000), Err("etcdserver: mvcc: database space exceeded"));
        let full = space.size;
        keys.compact(keys.revision()).expect("the newest revision can be compacted");
        space.hold(keys.bytes());
        assert_eq!((space.size, space.alarm), (full, true));
        assert!(space.in_use < 2 << 20);
        space.defragment();
        assert_eq!(space.admit(5, 1), Err("etcdserver: mvcc: database space exceeded"));
        space.alarm = false;
        assert_eq!(space.admit(5, 1), Ok(()));
        assert_eq!(space.admit(6, 1_700_000), Err("etcdserver: request is too large"));
    }
}

//! What etcdctl asks of members, and what it hears: the door between the command line and whoever has the members.
use super::{Distrust, Endpoint, Listed, Saved};
use crate::raft::MemberId;
use crate::server::Version;
use simcore::Duration;
use std::sync::Arc;

/// Which keys: one, all with a prefix, all from one on, or those before an end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Keys {
    One(String),
    Prefix(String),
    From(String),
    Until(String, String),
}

impl Keys {
    pub fn contains(&self, key: &str) -> bool {
        match self {
            Keys::One(one) => one == key,
            Keys::Prefix(prefix) => key.starts_with(prefix.as_str()),
            Keys::From(first) => key >= first.as_str(),
            Keys::Until(first, end) => key >= first.as_str() && key < end.as_str(),
        }
    }
}

/// What a transaction compares of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    Version,
    Created,
    Modified,
    Value,
    Lease,
}

/// A condition of a transaction: `mod("key") > "0"`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Compare {
    pub target: Target,
    pub key: String,
    /// `=`, `!`, `<`, `>`
    pub sign: char,
    /// The value, or the number; a key that is not there has the number 0 and no value.
    pub text: String,
    pub number: u64,
}

impl Compare {
    pub fn holds(&self, found: Option<&Found>) -> bool {
        let number = match self.target {
            Target::Value => {
                let Some(value) = found.and_then(|found| found.version.value.as_deref()) else { return false };
                return self.says(value.cmp(&self.text));
            }
            Target::Version => found.map_or(0, |found| found.version.version),
            Target::Created => found.map_or(0, |found| found.version.created),
            Target::Modified => found.map_or(0, |found| found.version.modified),
            Target::Lease => found.map_or(0, |found| found.lease),
        };
        self.says(number.cmp(&self.number))
    }

    fn says(&self, order: std::cmp::Ordering) -> bool {
        match self.sign {
            '=' => order.is_eq(),
            '!' => order.is_ne(),
            '<' => order.is_lt(),
            _ => order.is_gt(),
        }
    }
}

/// A deed of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Op {
    /// `prev`: what was there before is told.
    Put {
        key: String,
        value: String,
        lease: u64,
        prev: bool,
    },
    Get(Keys),
    Delete {
        keys: Keys,
        prev: bool,
    },
}

/// What a deed of a transaction came to, each with the revision at which it was done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Done {
    Put(u64, Vec<Found>),
    Got(u64, Vec<Found>),
    Deleted(u64, Vec<Found>),
}

/// All conditions hold, or not: the first or the second deeds are done, all at once.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Txn {
    pub compares: Vec<Compare>,
    pub then: Vec<Op>,
    pub otherwise: Vec<Op>,
}

/// A change of a key that is watched; a deleted key has no value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WatchEvent {
    pub deleted: bool,
    pub key: Found,
    pub before: Option<Found>,
}

/// How long a command waits that ends only when somebody breaks it off.
pub const FOREVER: Duration = Duration::secs(100 * 365 * 86_400);

/// One request to one endpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    Status,
    Health,
    Members,
    Add {
        name: String,
        peer: String,
        learner: bool,
    },
    Promote(MemberId),
    Remove(MemberId),
    MoveLeader(MemberId),
    /// `revision` 0 is now; `serializable` takes what the member has.
    Range {
        keys: Keys,
        revision: u64,
        serializable: bool,
    },
    Put {
        key: String,
        value: String,
        /// 0: none.
        lease: u64,
    },
    /// A lease of so many seconds.
    Grant(i64),
    Revoke(u64),
    KeepAlive(u64),
    /// All leases, as the leader knows them; and their numbers, which every member tells by itself.
    Leases,
    LeaseNumbers,
    Delete(Keys),
    Transact(Arc<Txn>),
    /// Changes of keys from a revision on; 0: from the next one on. It is answered when there are some.
    Watch(Keys, u64),
    /// A lease that is kept alive as long as the command runs, and ends with it.
    Session(i64),
    Compact(u64),
    Defragment,
    Alarms,
    Disarm,
    Snapshot,
}

/// A key as it is found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    pub key: Arc<str>,
    pub version: Version,
    /// The lease that it hangs on; 0 where it stays.
    pub lease: u64,
}

/// A lease, with the seconds that it was granted for and that are left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    pub id: u64,
    pub ttl: i64,
    pub left: i64,
    pub keys: Vec<Arc<str>>,
}

/// What an answer's header says.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Header {
    pub cluster: u64,
    pub member: MemberId,
    pub revision: u64,
    pub term: u64,
}

/// What a member answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Nobody does, or there is no majority: the command's time is over.
    Silence,
    /// Nobody listens there. The words are the kernel's.
    Unreached(String),
    Refused(&'static str),
    /// The words of a refusal that names something.
    Wrong(String),
    Status(Box<Endpoint>, u64),
    /// After so long.
    Healthy(Duration),
    Members(Header, Vec<Listed>),
    Added(Header, Listed),
    Done(Header),
    Range(Header, Vec<Found>),
    /// What was there before.
    Written(Header, Vec<Found>),
    Transacted(Header, bool, Vec<Done>),
    /// The revision to go on from.
    Events(Header, Vec<WatchEvent>, u64),
    Defragmented(Duration),
    Leases(Header, Vec<Lease>),
    Alarms(Vec<MemberId>),
    Snapshot(Saved),
}

/// Members and files, as a command on some host reaches them.
pub trait Access {
    /// One request; `None` while its answer is not there yet: the command then ends at once and is run again later.
    fn ask(&mut self, endpoint: &str, ask: &Ask, within: Duration) -> Option<Reply>;

    /// What comes in on standard input.
    fn input(&self) -> String {
        String::new()
    }

    /// What a clock shows so long from now: `2026-12-01T00:00:11.302073Z`. `None`: there is none, and nothing is logged.
    fn clock(&self, _after: Duration) -> Option<String> {
        None
    }

    /// The address of the machine on which the command runs.
    fn address(&self) -> String {
        String::new()
    }

    /// Why its files let nobody connect.
    fn distrust(&self) -> Option<Distrust> {
        None
    }

    /// Words that are shown while the command goes on.
    fn show(&mut self, _text: &str) {}

    /// A snapshot file; `None` where there is none.
    fn load(&mut self, path: &str) -> Option<Saved>;

    /// Writes a snapshot file.
    fn save(&mut self, path: &str, saved: Saved);

    /// `snapshot restore`: a data directory with this state. Words where it cannot be.
    fn restore(&mut self, saved: &Saved, directory: &str) -> Result<(), String>;
}

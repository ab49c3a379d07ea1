//! What etcdctl asks of members, and what it hears: the door between the command line and whoever has the members.
use super::{Endpoint, Listed, Saved};
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
    Leases,
    Delete(Keys),
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
    Defragmented(Duration),
    Leases(Header, Vec<Lease>),
    Alarms(Vec<MemberId>),
    Snapshot(Saved),
}

/// Members and files, as a command on some host reaches them.
pub trait Access {
    /// One request; `None` while its answer is not there yet: the command then ends at once and is run again later.
    fn ask(&mut self, endpoint: &str, ask: &Ask, within: Duration) -> Option<Reply>;

    /// A snapshot file; `None` where there is none.
    fn load(&mut self, path: &str) -> Option<Saved>;

    /// Writes a snapshot file.
    fn save(&mut self, path: &str, saved: Saved);

    /// `snapshot restore`: a data directory with this state. Words where it cannot be.
    fn restore(&mut self, saved: &Saved, directory: &str) -> Result<(), String>;
}

//! What stands in a log.
use super::Change;

/// A request to the state machine. What the number stands for lies with whoever proposed it: members only order numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Proposal {
    pub id: u64,
    /// Bytes on the wire and on disk.
    pub size: u32,
}

/// What an entry says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Payload {
    /// A new leader's first entry.
    Empty,
    Data(Proposal),
    Conf(Change),
}

/// One entry; its index is its place in the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    pub term: u64,
    pub payload: Payload,
}

//! The words of Raft: entries, logs, configurations, messages, what a leader knows of a peer.
mod conf;
mod entry;
mod log;
mod message;
mod progress;
mod timing;

pub use conf::{Change, ChangeKind, Conf};
pub use entry::{Entry, Payload, Proposal};
pub use log::Log;
pub use message::{Body, Message, Rejection};
pub use progress::{Pace, Progress};
pub use timing::Timing;

/// A member's number; 0 is nobody. etcd prints it as 16 hexadecimal digits at most.
pub type MemberId = u64;

/// Nobody: no vote, no leader, no transferee.
pub const NOBODY: MemberId = 0;

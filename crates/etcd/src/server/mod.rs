//! What stands around a member: keys with revisions, space, who may join and leave, how long to wait, and the words of refusals.
mod admission;
mod keys;
mod process;
mod space;
mod waits;
pub mod words;

pub use admission::{Standing, may_add, may_move_leader, may_promote, may_remove};
pub use keys::{Keys, Version};
pub use process::{Data, Process};
pub use space::{DEFAULT_QUOTA, Space};
pub use waits::{Asked, READ_RETRY, Timeout, Wait, request_timeout, why_timed_out, without_quorum};

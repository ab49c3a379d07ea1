//! etcdctl and etcdutl: pure functions from what members say to text, as version 3.7 writes it.
mod ask;
mod attempts;
mod command;
mod credentials;
mod endpoint;
mod figures;
mod keys;
mod members;
mod pages;
mod snapshot;
mod table;

pub use ask::{Access, Ask, Compare, Done, FOREVER, Found, Header, Keys, Lease, Op, Reply, Target, Txn, WatchEvent};
pub use command::etcdctl;
pub use credentials::{Credentials, Distrust, credentials};
pub use endpoint::{Endpoint, Health, Reached, alarms, defragmented, health, move_leader, status};
pub use figures::{bytes, percent_free};
pub use members::{Listed, added, list, promoted, removed};
pub use snapshot::Saved;
pub use table::draw;

use simcore::Duration;

/// `-w`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Form {
    #[default]
    Simple,
    Table,
    Json,
    Fields,
}

/// What a command printed, its exit code, and how long it waited in vain.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Answer {
    pub stdout: String,
    pub stderr: String,
    pub code: u8,
    pub waited: Duration,
}

/// `--command-timeout`.
pub const COMMAND_TIMEOUT: Duration = Duration::secs(5);

impl Answer {
    pub fn of(stdout: String) -> Answer {
        Answer { stdout, ..Answer::default() }
    }

    /// A server's refusal: exit code 1.
    pub fn refusal(words: &str) -> Answer {
        Answer { stderr: format!("Error: {words}\n"), code: 1, ..Answer::default() }
    }

    /// Nobody who could answer was reached, or there is no majority.
    pub fn timed_out() -> Answer {
        Answer { waited: COMMAND_TIMEOUT, ..Answer::refusal(crate::server::words::DEADLINE) }
    }
}

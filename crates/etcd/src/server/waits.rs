//! How long etcd and the API server above it wait, and what they say then.
use super::words;
use crate::raft::Timing;
use simcore::{Duration, Time};

/// A linearizable read asks the leader again after this (etcdserver `readIndexRetryTime`).
pub const READ_RETRY: Duration = Duration::millis(500);

/// How long a proposal may take: 5 s for queue, disk and apply, and two elections (etcdserver `ReqTimeout`); 7 s.
pub fn request_timeout(timing: &Timing) -> Duration {
    Duration::secs(5) + timing.election.times(2)
}

/// What the member knows when a request has run out of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeout {
    pub begun: Time,
    /// When the present leader was elected, as the member saw it.
    pub elected: Option<Time>,
    pub has_leader: bool,
    /// Since when the leader (on the leader: a majority) is connected.
    pub connected_since: Option<Time>,
}

/// The reason that a timed-out request is given (etcdserver `parseProposeCtxErr`).
pub fn why_timed_out(timeout: &Timeout, timing: &Timing) -> &'static str {
    let lost_with_the_old_leader =
        timeout.elected.is_some_and(|elected| timeout.begun > elected - timing.election.times(2) && timeout.begun < elected);
    if lost_with_the_old_leader {
        words::TIMED_OUT_BY_LEADER
    } else if timeout.has_leader && timeout.connected_since.is_none_or(|since| since > timeout.begun) {
        words::TIMED_OUT_BY_CONNECTION
    } else {
        words::TIMED_OUT
    }
}

/// What is asked of an API server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    Get,
    List,
    /// Create, update, patch, delete.
    Write,
    Livez,
    Readyz,
    /// Its own start.
    Start,
}

/// How long the API server tries without a majority of etcd, and the sentence at the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wait {
    pub least: Duration,
    pub most: Duration,
    pub words: &'static str,
}

/// Recorded of kube-apiserver 1.37: a read from etcd gives up with etcd's own timeout (a list, after its cache did not
/// catch up in 3 s or more), a single get only with the server's `--request-timeout` of 60 s, a write with the 34 s that
/// handlers allow.
pub fn without_quorum(asked: Asked) -> Wait {
    let wait = |least, most, words| Wait { least: Duration::secs(least), most: Duration::secs(most), words };
    match asked {
        Asked::List => wait(11, 14, words::TIMED_OUT),
        Asked::Get => {
            wait(60, 60, "the server was unable to return a response in the time allotted, but may still be processing the request")
        }
        Asked::Write => wait(34, 34, "Timeout: request did not complete within requested timeout - context deadline exceeded"),
        Asked::Livez => wait(2, 2, "[-]etcd failed: reason withheld"),
        Asked::Readyz => wait(4, 4, "[-]etcd failed: reason withheld\n[-]etcd-readiness failed: reason withheld"),
        Asked::Start => wait(20, 20, words::DEADLINE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_was_on_its_way_when_the_leader_died_is_told_so_after_seven_seconds() {
        let timing = Timing::default();
        assert_eq!(request_timeout(&timing), Duration::secs(7));
        let begun = Time(10_000_000);
        let elected = Some(begun + Duration::millis(1_300));
        let timeout = Timeout { begun, elected, has_leader: true, connected_since: elected };
        assert_eq!(why_timed_out(&timeout, &timing), "etcdserver: request timed out, possibly due to previous leader failure");
        let alone = Timeout { elected: None, has_leader: false, connected_since: None, ..timeout };
        assert_eq!(why_timed_out(&alone, &timing), "etcdserver: request timed out");
    }
}

//! What members say to each other (raftpb's message types).
use super::{Change, Conf, Entry, MemberId, Proposal};
use std::sync::Arc;

/// A message with the term it was said in (pre-votes: the term that it asks about).
#[derive(Clone, Debug)]
pub struct Message {
    pub term: u64,
    pub body: Body,
}

/// Why an append did not fit, and where to try next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rejection {
    /// The previous index that the follower could not match.
    pub previous: u64,
    /// Where the follower's log may agree, and its term there.
    pub hint: u64,
    pub hint_term: u64,
}

#[derive(Clone, Debug)]
pub enum Body {
    /// MsgPreVote: would you vote for me?
    PreVote {
        last: u64,
        last_term: u64,
    },
    PreVoteReply {
        granted: bool,
    },
    /// MsgVote; `forced` when the leader itself handed over, so that nobody waits for the leader's silence.
    Vote {
        last: u64,
        last_term: u64,
        forced: bool,
    },
    VoteReply {
        granted: bool,
    },
    /// MsgApp.
    Append {
        previous: u64,
        previous_term: u64,
        entries: Arc<[Entry]>,
        commit: u64,
    },
    /// MsgAppResp: on disk up to `index`, or rejected.
    AppendReply {
        index: u64,
        rejected: Option<Rejection>,
    },
    /// MsgHeartbeat; `read` is the newest read that waits for a proof of leadership.
    Heartbeat {
        commit: u64,
        read: u64,
    },
    HeartbeatReply {
        read: u64,
    },
    /// MsgSnap: the state after `index` travels beside the message.
    Snapshot {
        index: u64,
        term: u64,
        conf: Arc<Conf>,
    },
    /// MsgTimeoutNow: take over at once.
    TimeoutNow,
    /// Forwarded to the leader.
    Propose(Proposal),
    ProposeChange(Change),
    /// MsgReadIndex and its answer.
    ReadIndex {
        read: u64,
    },
    ReadIndexReply {
        read: u64,
        index: u64,
    },
    /// MsgTransferLeader, forwarded to the leader.
    Transfer {
        to: MemberId,
    },
}

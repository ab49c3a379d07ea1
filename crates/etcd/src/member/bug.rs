//! Ways to break a member on purpose, so that tests can prove that the checker notices.

/// `None` outside tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(not(test), allow(dead_code, reason = "only tests break members"))]
pub enum Bug {
    None,
    /// Says that entries and votes are on disk before they are.
    NoWaitForDisk,
    /// Votes for candidates whose logs lack entries.
    NoUpToDateCheck,
    /// Votes for everybody who asks, twice in a term.
    VotesTwice,
    /// Answers reads without asking the others whether it still leads.
    ReadsAlone,
    /// Keeps what conflicts with the leader's log.
    KeepsConflicts,
    /// Commits with fewer than a majority.
    SmallQuorum,
}

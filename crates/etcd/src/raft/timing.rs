//! The spans and bounds that a member keeps to: etcd's defaults.
use simcore::Duration;

/// How long, how often, how much.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// `--heartbeat-interval`.
    pub heartbeat: Duration,
    /// `--election-timeout`; the real one is drawn between it and twice it.
    pub election: Duration,
    /// `--snapshot-count`: so many applied entries after the last compaction, the log is cut.
    pub snapshot_count: u64,
    /// `--snapshot-catchup-entries`: so many stay for slow followers.
    pub catch_up: u64,
    /// Most entries in one append.
    pub batch: u64,
    /// Most entries on their way to one follower.
    pub window: u64,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing {
            heartbeat: Duration::millis(100),
            election: Duration::millis(1_000),
            snapshot_count: 10_000,
            catch_up: 5_000,
            batch: 64,
            window: 512,
        }
    }
}

//! One line of the comparison: what came of one strategy with one new version.

/// All counts are of the users' requests from their first one to the end of the window, before the way back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub strategy: String,
    /// The new version's name: `good`, `slow`, `broken`.
    pub version: String,
    pub seed: u64,
    /// Sent; the same for every strategy.
    pub requests: u64,
    pub failed: u64,
    /// Answers of servers since the release, and those of the new version: of the trial alone where there is one.
    pub answers: u64,
    pub new_answers: u64,
    /// People, and how many of them met the new version, or a failure.
    pub people: u32,
    pub people_new: u32,
    pub people_hurt: u32,
    /// How many met the versions in turn, up to the end of the trial where there is one.
    pub people_wavered: u32,
    /// 95 of 100 answers since the release took no longer (milliseconds).
    pub p95_ms: u64,
    /// Pods above the wanted number times milliseconds, and below it.
    pub extra_pod_ms: u64,
    pub missing_pod_ms: u64,
    /// From the release until everybody got the new version for good; nothing where that never came.
    pub full_ms: Option<u64>,
    /// How long both versions answered, up to the last change of the version.
    pub mixed_ms: u64,
    /// From the way back until everybody got the old version for good.
    pub rollback_ms: Option<u64>,
    /// Failed on the way back.
    pub rollback_failed: u64,
    /// Whether the release was stopped and taken back by what was seen of it.
    pub stopped: bool,
    /// Orders that were sent and answered well, and orders that were written down.
    pub orders: u64,
    pub orders_written: u64,
    /// Copies of requests whose answers nobody saw.
    pub mirrored: u64,
    pub mirrored_failed: u64,
    /// What did not go as planned, in words.
    pub trouble: String,
    /// By second since the users came: answers of the old version, of the new one, failures; three numbers each.
    pub strip: Vec<u32>,
}

#[rustfmt::skip]
parcel::record!(Row {
    strategy, version, seed, requests, failed, answers, new_answers, people, people_new, people_hurt, people_wavered, p95_ms,
    extra_pod_ms, missing_pod_ms, full_ms, mixed_ms, rollback_ms, rollback_failed, stopped, orders, orders_written, mirrored, mirrored_failed, trouble, strip
});

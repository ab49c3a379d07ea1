//! Whether the configuration may change now (etcdserver with `--strict-reconfig-check`, the default).
use super::words;
use crate::raft::MemberId;
use simcore::{Duration, Time};

/// A member as the one that is asked sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    pub id: MemberId,
    /// Whether it ever published its name.
    pub started: bool,
    pub learner: bool,
    /// Since when the connection to it stands; for the asked member itself: always.
    pub connected_since: Option<Time>,
    /// How much of the log it has, as the leader knows.
    pub matched: u64,
}

/// So long a connection must stand before it counts (etcdserver `HealthInterval`).
const HEALTHY_AFTER: Duration = Duration::secs(5);
/// Learners at most (`--max-learners`).
const LEARNERS: usize = 1;

fn is_healthy(member: &Standing, now: Time) -> bool {
    member.connected_since.is_some_and(|since| now.since(since) >= HEALTHY_AFTER)
}

fn voters(members: &[Standing]) -> impl Iterator<Item = &Standing> {
    members.iter().filter(|member| !member.learner)
}

/// Whether member `id` may be added: as a learner, or as a voter at once.
pub fn may_add(members: &[Standing], id: MemberId, learner: bool, now: Time) -> Result<(), &'static str> {
    let (count, started) = (voters(members).count(), voters(members).filter(|member| member.started).count());
    // A cluster of one whose second member does not start yet may still grow.
    let alone = started == 1 && count == 2;
    if !learner && !alone && started < count.div_ceil(2) + 1 {
        return Err(words::NOT_ENOUGH_STARTED);
    }
    if voters(members).any(|member| !is_healthy(member, now)) {
        return Err(words::UNHEALTHY);
    }
    if members.iter().any(|member| member.id == id) {
        return Err(words::MEMBER_EXISTS);
    }
    if learner && members.iter().filter(|member| member.learner).count() >= LEARNERS {
        return Err(words::TOO_MANY_LEARNERS);
    }
    Ok(())
}

/// Whether `id` may be removed. A member that is down may always go, as long as the rest can agree.
pub fn may_remove(members: &[Standing], id: MemberId, now: Time) -> Result<(), &'static str> {
    let leaver = members.iter().find(|member| member.id == id).ok_or(words::MEMBER_NOT_FOUND)?;
    if leaver.learner {
        return Ok(());
    }
    let rest = || voters(members).filter(|member| member.id != id);
    let quorum = rest().count() / 2 + 1;
    if rest().filter(|member| member.started).count() < quorum {
        return Err(words::NOT_ENOUGH_STARTED);
    }
    if leaver.connected_since.is_none() {
        return Ok(());
    }
    let healthy = voters(members).filter(|member| is_healthy(member, now)).count();
    if healthy.saturating_sub(1) < quorum { Err(words::UNHEALTHY) } else { Ok(()) }
}

/// Whether learner `id` may vote from now on: it must have nine tenths of the leader's log.
pub fn may_promote(members: &[Standing], id: MemberId, leader_last: u64) -> Result<(), &'static str> {
    let learner = members.iter().find(|member| member.id == id).ok_or(words::MEMBER_NOT_FOUND)?;
    match learner {
        Standing { learner: false, .. } => Err(words::NOT_A_LEARNER),
        Standing { matched, .. } if matched * 10 < leader_last * 9 => Err(words::LEARNER_NOT_READY),
        _ => Ok(()),
    }
}

/// Whether leadership may go to `id`.
pub fn may_move_leader(members: &[Standing], id: MemberId) -> Result<(), &'static str> {
    if voters(members).any(|member| member.id == id) { Ok(()) } else { Err(words::BAD_TRANSFEREE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voter(id: MemberId, connected: Option<u64>) -> Standing {
        let connected_since = connected.map(|seconds| Time(seconds * 1_000_000));
        Standing { id, started: true, learner: false, connected_since, matched: 100 }
    }

    const NOW: Time = Time(100_000_000);

    #[test]
    fn nothing_changes_while_a_member_is_down_except_that_it_may_go() {
        let members = [voter(1, Some(0)), voter(2, Some(0)), voter(3, None)];
        assert_eq!(may_add(&members, 4, false, NOW), Err("etcdserver: unhealthy cluster"));
        assert_eq!(may_remove(&members, 2, NOW), Err("etcdserver: unhealthy cluster"));
        assert_eq!(may_remove(&members, 3, NOW), Ok(()));
    }

    #[test]
    fn a_restarted_member_counts_only_after_five_seconds() {
        let members = |since| [voter(1, Some(0)), voter(2, Some(since)), voter(3, Some(since))];
        assert_eq!(may_remove(&members(97), 2, NOW), Err("etcdserver: unhealthy cluster"));
        assert_eq!(may_remove(&members(94), 2, NOW), Ok(()));
    }

    #[test]
    fn one_learner_at_a_time_and_it_votes_only_once_it_has_caught_up() {
        let learner = Standing { learner: true, started: false, matched: 0, ..voter(9, None) };
        let members = [voter(1, Some(0)), voter(3, Some(0)), learner];
        assert_eq!(may_add(&members, 10, true, NOW), Err("etcdserver: too many learner members in cluster"));
        assert_eq!(may_add(&members, 9, false, NOW), Err("etcdserver: member ID already exist"));
        assert_eq!(may_promote(&members, 9, 100), Err("etcdserver: can only promote a learner member which is in sync with leader"));
        assert_eq!(may_promote(&[Standing { matched: 95, ..learner }], 9, 100), Ok(()));
        assert_eq!(may_promote(&members, 1, 100), Err("etcdserver: can only promote a learner member"));
    }

    #[test]
    fn an_added_voter_that_never_started_counts() {
        let absent = Standing { started: false, ..voter(9, None) };
        let members = [voter(1, Some(0)), voter(3, Some(0)), absent];
        assert_eq!(may_remove(&members, 1, NOW), Err("etcdserver: re-configuration failed due to not enough started members"));
        assert_eq!(may_move_leader(&members, 12345), Err("etcdserver: bad leader transferee"));
    }
}

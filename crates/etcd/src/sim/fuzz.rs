//! One seed's schedule: faults for a while, then repair, then everything must be well, and the clients' history explained.
use super::chaos;
use super::client::Clients;
use super::cluster::{Cluster, Event};
use crate::member::{Bug, Member};
use crate::raft::Timing;
use simcore::{Duration, Rng, Time};

/// What a seed came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub seed: u64,
    pub calls: usize,
    pub answered: usize,
    /// Terms with a leader, and agreed entries.
    pub elections: usize,
    pub agreed: usize,
    pub steps: u64,
    /// Empty: all is well.
    pub violations: Vec<String>,
    /// What happened, line by line, if it was asked for.
    pub trace: Vec<String>,
}

/// How long faults go on.
const STORM: Duration = Duration::secs(20);
/// How long the cluster may take to be whole again, and to answer then.
const RECOVERY: Duration = Duration::secs(15);
/// Events at most; a busy seed has some 10,000.
const STEPS: u64 = 100_000;
/// Clients, and calls in the storm and after it.
const CLIENTS: usize = 6;
const CALLS: usize = 300;
const CALLS_AFTER: usize = 6;

/// Plays one seed.
pub fn fuzz(seed: u64, verbose: bool) -> Outcome {
    fuzz_broken(seed, verbose, Bug::None)
}

pub(crate) fn fuzz_broken(seed: u64, verbose: bool, bug: Bug) -> Outcome {
    let mut rng = Rng::stream(seed, "chaos");
    let size = [1, 3, 3, 3, 5, 5][rng.below(6) as usize];
    // Short logs, so that slow followers need snapshots.
    let snapshot_count = rng.between(8, 120);
    let timing = Timing { snapshot_count, catch_up: rng.between(0, snapshot_count / 2), batch: 8, window: 32, ..Timing::default() };
    let mut cluster = Cluster::broken(seed, size, timing, bug);
    cluster.trace = verbose.then(Vec::new);
    let mut clients = Clients::new(&mut cluster, CLIENTS, CALLS);
    cluster.queue.push(cluster.now + Duration::millis(1_000), Event::Chaos);
    let calm = cluster.now + STORM;
    run(&mut cluster, &mut clients, &mut rng, calm, true);
    if cluster.ledger.violations.is_empty() {
        recover(&mut cluster, &mut clients, &mut rng);
    }
    if let Some(key) = clients.contradiction(&cluster) {
        cluster.ledger.violations.push(format!("no order explains what the clients saw of key {key}"));
    }
    Outcome {
        seed,
        calls: clients.calls(),
        answered: clients.answered(),
        elections: cluster.ledger.elections(),
        agreed: cluster.ledger.agreed(),
        steps: cluster.steps,
        violations: std::mem::take(&mut cluster.ledger.violations),
        trace: cluster.trace.take().unwrap_or_default(),
    }
}

fn run(cluster: &mut Cluster, clients: &mut Clients, rng: &mut Rng, until: Time, storm: bool) {
    while cluster.queue.next_time().is_some_and(|time| time <= until) && cluster.ledger.violations.is_empty() {
        match cluster.step() {
            Some(Event::Client(client)) => clients.act(client, cluster),
            Some(Event::Expire(call)) => clients.expire(call, cluster),
            Some(Event::Chaos) if storm => {
                compare_logs(cluster);
                chaos::strike(cluster, rng);
            }
            _ => {}
        }
        clients.listen(cluster);
        if cluster.steps > STEPS {
            cluster.ledger.violations.push(format!("more than {STEPS} events: somebody talks without end"));
        }
    }
    cluster.now = cluster.now.max(until);
}

fn compare_logs(cluster: &mut Cluster) {
    for node in 0..cluster.nodes.len() {
        let found = cluster.nodes[node].member.as_ref().map(|member| (member.id(), member.log().clone()));
        if let Some((id, log)) = found {
            cluster.ledger.holds(id, &log, u64::MAX / 2);
        }
    }
}

/// After the repair there is a leader, everybody has applied everything, and calls are answered.
fn recover(cluster: &mut Cluster, clients: &mut Clients, rng: &mut Rng) {
    chaos::relent(cluster);
    let whole = cluster.now + RECOVERY;
    run(cluster, clients, rng, whole, false);
    // Whoever was still on its way to a clean stop is started again.
    chaos::relent(cluster);
    let whole = cluster.now + RECOVERY;
    run(cluster, clients, rng, whole, false);
    let answered = clients.answered();
    let conf = cluster.leader().and_then(|leader| cluster.nodes[leader].member.as_ref()).map(|member| member.conf().clone());
    clients.allow(CALLS_AFTER, conf.map(|conf| conf.members().collect()).unwrap_or_default(), cluster);
    let done = cluster.now + RECOVERY;
    run(cluster, clients, rng, done, false);
    compare_logs(cluster);
    if clients.answered() < answered + CALLS_AFTER {
        cluster.ledger.violations.push(format!("only {} of {CALLS_AFTER} calls answered after the repair", clients.answered() - answered));
    }
    let Some(leader) = cluster.leader() else { return cluster.ledger.violations.push("no leader after the repair".to_string()) };
    let Some(member) = &cluster.nodes[leader].member else { return };
    let (conf, commit, state) = (member.conf().clone(), member.commit(), cluster.nodes[leader].state);
    for node in cluster.nodes.iter().filter(|node| conf.contains(node.id)) {
        let applied = node.member.as_ref().map(Member::applied);
        if applied != Some(commit) || node.state != state {
            let words = format!("{:x} has applied {applied:?} of {commit}: {:?}, the leader has {state:?}", node.id, node.state);
            cluster.ledger.violations.push(words);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_bad_days_break_no_promise() {
        let mut answered = 0;
        for seed in 1..=150 {
            let outcome = fuzz(seed, false);
            assert_eq!(outcome.violations, Vec::<String>::new(), "seed {seed}: kubarium fuzz --only raft --seed {seed} -v");
            answered += outcome.answered;
        }
        assert!(answered > 150 * 40, "the clients were served: {answered}");
    }

    #[test]
    fn the_same_seed_is_the_same_day() {
        let (first, second) = (fuzz(7, true), fuzz(7, true));
        assert!(first.trace.len() > 100);
        assert_eq!(first.trace, second.trace);
    }

    fn is_found(bug: Bug, within: u64) {
        let found = (1..=within).find(|seed| !fuzz_broken(*seed, false, bug).violations.is_empty());
        assert!(found.is_some(), "{bug:?} is not found within {within} seeds");
    }

    #[test]
    fn a_member_that_does_not_wait_for_its_disk_is_found() {
        is_found(Bug::NoWaitForDisk, 200);
    }

    #[test]
    fn a_member_that_elects_the_ignorant_is_found() {
        is_found(Bug::NoUpToDateCheck, 50);
    }

    #[test]
    fn a_member_that_votes_twice_is_found() {
        is_found(Bug::VotesTwice, 1_000);
    }

    #[test]
    fn a_leader_that_answers_reads_alone_is_found() {
        is_found(Bug::ReadsAlone, 400);
    }

    #[test]
    fn a_member_that_keeps_conflicting_entries_is_found() {
        is_found(Bug::KeepsConflicts, 50);
    }

    #[test]
    fn a_leader_that_is_content_with_less_than_a_majority_is_found() {
        is_found(Bug::SmallQuorum, 50);
    }
}

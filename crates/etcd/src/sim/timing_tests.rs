//! Elections, losses and returns take the times that were recorded of etcd 3.7.3.
use super::Cluster;
use crate::member::{Input, Member};
use crate::raft::{Proposal, Timing};
use crate::sim::cluster::Command;
use simcore::{Duration, Time};

fn led(seed: u64) -> (Cluster, usize) {
    let mut cluster = Cluster::new(seed, 3, Timing::default());
    cluster.run_until(Time::START + Duration::secs(5));
    let leader = cluster.leader().expect("three members elect one");
    (cluster, leader)
}

fn member(cluster: &Cluster, node: usize) -> &Member {
    cluster.nodes[node].member.as_ref().expect("it runs")
}

/// How long until another than `old` leads, in steps of 10 ms.
fn until_led(cluster: &mut Cluster, old: usize) -> Duration {
    let from = cluster.now;
    while cluster.leader().is_none_or(|leader| leader == old) && cluster.now.since(from) < Duration::secs(60) {
        let next = cluster.now + Duration::millis(10);
        cluster.run_until(next);
    }
    cluster.now.since(from)
}

#[test]
fn after_a_crash_another_leads_within_about_a_second_and_the_term_rises_by_one() {
    let mut spans = Vec::new();
    for seed in 1..=40 {
        let (mut cluster, old) = led(seed);
        let (term, last) = (member(&cluster, old).term(), member(&cluster, old).log().last());
        cluster.crash(old);
        spans.push(until_led(&mut cluster, old));
        let leader = cluster.leader().expect("somebody leads");
        assert!(member(&cluster, leader).term() > term);
        assert_eq!(member(&cluster, leader).log().last(), last + 1, "one empty entry of the new leader");
    }
    spans.sort();
    assert!(spans[0] >= Duration::millis(800), "{spans:?}");
    assert!(spans[20] >= Duration::millis(900) && spans[20] <= Duration::millis(1_500), "{spans:?}");
    assert!(spans[39] <= Duration::millis(3_000), "{spans:?}");
}

#[test]
fn a_clean_stop_hands_over_at_once() {
    for seed in 1..=20 {
        let (mut cluster, old) = led(seed);
        let term = member(&cluster, old).term();
        cluster.give(old, Input::Stop);
        assert!(until_led(&mut cluster, old) <= Duration::millis(20));
        let leader = cluster.leader().expect("somebody leads");
        assert_eq!(member(&cluster, leader).term(), term + 1);
        assert!(cluster.nodes[old].member.is_none(), "and then it stops");
    }
}

#[test]
fn alone_it_steps_down_and_its_term_does_not_rise() {
    let (mut cluster, leader) = led(3);
    let term = member(&cluster, leader).term();
    (0..3).filter(|node| *node != leader).for_each(|node| cluster.crash(node));
    let lost = cluster.now;
    cluster.run_until(lost + Duration::millis(800));
    assert!(cluster.nodes[leader].is_leader());
    cluster.run_until(lost + Duration::millis(2_100));
    assert!(!cluster.nodes[leader].is_leader());
    cluster.run_until(lost + Duration::mins(10));
    assert_eq!(member(&cluster, leader).term(), term);
    let other = (leader + 1) % 3;
    cluster.start(other);
    let back = cluster.now;
    while cluster.leader().is_none() {
        let next = cluster.now + Duration::millis(10);
        cluster.run_until(next);
    }
    assert!(cluster.now.since(back) <= Duration::millis(4_000));
}

#[test]
fn one_of_three_lost_is_not_noticed_and_it_catches_up_without_an_election() {
    let (mut cluster, leader) = led(4);
    let (term, other) = (member(&cluster, leader).term(), (leader + 1) % 3);
    cluster.crash(other);
    cluster.commands.push(Command { key: 0, only_if: None, value: 9 });
    cluster.give(leader, Input::Propose(Proposal { id: 0, size: 10 }));
    let next = cluster.now + Duration::millis(50);
    cluster.run_until(next);
    assert_eq!(cluster.nodes[leader].state.registers[0], 9);
    cluster.start(other);
    let next = cluster.now + Duration::secs(3);
    cluster.run_until(next);
    assert_eq!(cluster.nodes[other].state, cluster.nodes[leader].state);
    assert_eq!((member(&cluster, leader).term(), cluster.leader()), (term, Some(leader)));
}

#[test]
fn a_single_member_answers_after_its_own_disk() {
    let mut cluster = Cluster::new(5, 1, Timing::default());
    cluster.run_until(Time::START + Duration::secs(3));
    cluster.commands.push(Command { key: 0, only_if: None, value: 9 });
    cluster.give(0, Input::Propose(Proposal { id: 0, size: 10 }));
    let next = cluster.now + Duration::millis(3);
    cluster.run_until(next);
    assert_eq!(cluster.nodes[0].state.registers[0], 9);
}

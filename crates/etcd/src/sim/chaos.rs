//! What goes wrong: one fault after another, drawn from a table.
use super::cluster::{Cluster, Event};
use crate::member::Input;
use crate::raft::{Change, ChangeKind, MemberId};
use simcore::{Duration, Rng};

/// A fault with the weight of its lot.
struct Fault {
    weight: u32,
    strike: fn(&mut Cluster, &mut Rng),
}

static FAULTS: &[Fault] = &[
    Fault { weight: 10, strike: crash_any },
    Fault { weight: 6, strike: crash_leader },
    Fault { weight: 14, strike: start_all },
    Fault { weight: 8, strike: part },
    Fault { weight: 4, strike: cut_one_way },
    Fault { weight: 12, strike: heal },
    Fault { weight: 5, strike: slow_disk },
    Fault { weight: 5, strike: stop_cleanly },
    Fault { weight: 4, strike: transfer },
    Fault { weight: 4, strike: freeze },
    Fault { weight: 10, strike: weather },
    Fault { weight: 3, strike: crash_all },
    Fault { weight: 3, strike: add_learner },
    Fault { weight: 3, strike: promote },
    Fault { weight: 2, strike: add_voter },
    Fault { weight: 3, strike: remove },
];

/// Numbers of changes: beyond every call's.
const CHANGE: u64 = 1 << 32;
/// Machines at most, gone ones included.
const MACHINES: usize = 8;

/// Draws a fault and plans the next.
pub fn strike(cluster: &mut Cluster, rng: &mut Rng) {
    let total = FAULTS.iter().map(|fault| fault.weight).sum();
    let mut lot = rng.below(total);
    for fault in FAULTS {
        if lot < fault.weight {
            (fault.strike)(cluster, rng);
            break;
        }
        lot -= fault.weight;
    }
    let pause = Duration(rng.between(20_000, 1_200_000));
    cluster.queue.push(cluster.now + pause, Event::Chaos);
}

/// Everything is repaired.
pub fn relent(cluster: &mut Cluster) {
    cluster.note(|| "everything is repaired".to_string());
    cluster.network = super::network::Network::default();
    for node in 0..cluster.nodes.len() {
        cluster.nodes[node].fsync_ms = 2;
        cluster.start(node);
    }
}

fn running(cluster: &Cluster) -> Vec<usize> {
    (0..cluster.nodes.len()).filter(|node| cluster.nodes[*node].member.is_some()).collect()
}

fn any(cluster: &Cluster, rng: &mut Rng) -> Option<usize> {
    let running = running(cluster);
    running.get(rng.below(running.len() as u32) as usize).copied()
}

fn crash_any(cluster: &mut Cluster, rng: &mut Rng) {
    if let Some(node) = any(cluster, rng) {
        cluster.crash(node);
    }
}

fn crash_leader(cluster: &mut Cluster, _: &mut Rng) {
    if let Some(node) = cluster.leader() {
        cluster.crash(node);
    }
}

fn crash_all(cluster: &mut Cluster, rng: &mut Rng) {
    running(cluster).into_iter().for_each(|node| cluster.crash(node));
    start_all(cluster, rng);
}

fn start_all(cluster: &mut Cluster, _: &mut Rng) {
    (0..cluster.nodes.len()).for_each(|node| cluster.start(node));
}

fn part(cluster: &mut Cluster, rng: &mut Rng) {
    let (one, other): (Vec<MemberId>, Vec<MemberId>) = cluster.nodes.iter().map(|node| node.id).partition(|_| rng.below(2) == 0);
    cluster.note(|| format!("{one:x?} and {other:x?} are parted"));
    cluster.network.part(&one, &other);
}

fn cut_one_way(cluster: &mut Cluster, rng: &mut Rng) {
    let count = cluster.nodes.len() as u32;
    let (from, to) = (cluster.nodes[rng.below(count) as usize].id, cluster.nodes[rng.below(count) as usize].id);
    cluster.note(|| format!("nothing gets from {from:x} to {to:x}"));
    cluster.network.cut(from, to);
}

fn heal(cluster: &mut Cluster, _: &mut Rng) {
    cluster.note(|| "the network is whole".to_string());
    cluster.network.heal();
}

fn slow_disk(cluster: &mut Cluster, rng: &mut Rng) {
    let Some(node) = any(cluster, rng) else { return };
    let fsync_ms = [2, 30, 400, 1_500][rng.below(4) as usize];
    cluster.nodes[node].fsync_ms = fsync_ms;
    let id = cluster.nodes[node].id;
    cluster.note(|| format!("a write on {id:x} takes up to {fsync_ms} ms"));
}

fn stop_cleanly(cluster: &mut Cluster, rng: &mut Rng) {
    if let Some(node) = any(cluster, rng) {
        cluster.give(node, Input::Stop);
    }
}

fn transfer(cluster: &mut Cluster, rng: &mut Rng) {
    if let (Some(leader), Some(heir)) = (cluster.leader(), any(cluster, rng)) {
        let heir = cluster.nodes[heir].id;
        cluster.note(|| format!("the leader is asked to hand over to {heir:x}"));
        cluster.give(leader, Input::Transfer(heir));
    }
}

fn freeze(cluster: &mut Cluster, rng: &mut Rng) {
    if let Some(node) = any(cluster, rng) {
        let span = Duration(rng.between(100_000, 3_000_000));
        let id = cluster.nodes[node].id;
        cluster.note(|| format!("{id:x} is frozen for {span}"));
        cluster.nodes[node].frozen_until = cluster.now + span;
    }
}

/// Another network: calm, slow, lossy, or one that overtakes and repeats.
fn weather(cluster: &mut Cluster, rng: &mut Rng) {
    let network = &mut cluster.network;
    (network.lost, network.repeated, network.strays, network.stray, network.delay) = match rng.below(4) {
        0 => (0, 0, 0, 0, (300, 700)),
        1 => (0, 0, 10, 400_000, (5_000, 60_000)),
        2 => (15, 5, 5, 100_000, (300, 5_000)),
        _ => (5, 15, 30, 900_000, (300, 2_000)),
    };
}

fn change(cluster: &mut Cluster, kind: ChangeKind, member: MemberId) {
    let Some(leader) = cluster.leader() else { return };
    cluster.note(|| format!("{kind:?} {member:x}"));
    cluster.give(leader, Input::ProposeChange(Change { id: CHANGE, kind, member }));
}

fn add_learner(cluster: &mut Cluster, _: &mut Rng) {
    if cluster.nodes.len() < MACHINES {
        let node = cluster.add_machine();
        cluster.start(node);
        change(cluster, ChangeKind::AddLearner, cluster.nodes[node].id);
    }
}

fn add_voter(cluster: &mut Cluster, _: &mut Rng) {
    if cluster.nodes.len() < MACHINES {
        let node = cluster.add_machine();
        cluster.start(node);
        change(cluster, ChangeKind::AddVoter, cluster.nodes[node].id);
    }
}

fn promote(cluster: &mut Cluster, _: &mut Rng) {
    let Some(leader) = cluster.leader() else { return };
    let learner = cluster.nodes[leader].member.as_ref().and_then(|member| member.conf().learners.first().copied());
    if let Some(learner) = learner {
        change(cluster, ChangeKind::Promote, learner);
    }
}

fn remove(cluster: &mut Cluster, rng: &mut Rng) {
    let Some(leader) = cluster.leader() else { return };
    let Some(conf) = cluster.nodes[leader].member.as_ref().map(|member| member.conf().clone()) else { return };
    if conf.voters.len() > 2 {
        let leaver = conf.voters[rng.below(conf.voters.len() as u32) as usize];
        change(cluster, ChangeKind::Remove, leaver);
    }
}

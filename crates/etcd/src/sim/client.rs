//! Clients that read, write and compare-and-set, and remember what they saw.
use super::checker::{Call, Seen, is_linearizable};
use super::cluster::{Answer, Cluster, Command, Event};
use super::node::KEYS;
use crate::member::Input;
use crate::raft::{MemberId, Proposal};
use simcore::{Duration, Rng};

/// How long a client waits before it gives up on a call, in microseconds: some soon, so that somebody asks while others wait.
const PATIENCE: (u64, u64) = (100_000, 2_000_000);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Read,
    Write,
    Set,
}

/// A call as the client remembers it.
#[derive(Clone, Copy, Debug)]
struct Memory {
    client: usize,
    kind: Kind,
    node: usize,
    life: u32,
    begun: u64,
    ended: u64,
    /// The value read, or whether it was set.
    value: u64,
    /// It certainly never happened.
    refused: bool,
}

/// All clients of a cluster; a call's number is its place in `memory` and its command's number.
#[derive(Clone)]
pub struct Clients {
    count: usize,
    busy: Vec<Option<u64>>,
    memory: Vec<Memory>,
    most: usize,
    /// Whom they know; empty: everybody.
    among: Vec<MemberId>,
    rng: Rng,
}

impl Clients {
    pub fn new(cluster: &mut Cluster, count: usize, most: usize) -> Clients {
        let rng = Rng::stream(cluster.seed, "clients");
        (0..count).for_each(|client| cluster.queue.push(cluster.now + Duration::millis(1_500), Event::Client(client)));
        Clients { count, busy: vec![None; count], memory: Vec::new(), most, among: Vec::new(), rng }
    }

    pub fn calls(&self) -> usize {
        self.memory.len()
    }

    pub fn answered(&self) -> usize {
        self.memory.iter().filter(|call| call.ended != u64::MAX).count()
    }

    /// The client's next call, to any machine that runs.
    pub fn act(&mut self, client: usize, cluster: &mut Cluster) {
        if self.busy[client].is_some() || self.memory.len() >= self.most {
            return;
        }
        let known = |node: &usize| self.among.is_empty() || self.among.contains(&cluster.nodes[*node].id);
        let running: Vec<usize> = (0..cluster.nodes.len()).filter(|node| cluster.nodes[*node].member.is_some()).filter(known).collect();
        if running.is_empty() {
            return cluster.queue.push(cluster.now + Duration::millis(100), Event::Client(client));
        }
        let node = running[self.rng.below(running.len() as u32) as usize];
        let id = self.memory.len() as u64;
        let kind = [Kind::Read, Kind::Read, Kind::Write, Kind::Write, Kind::Set][self.rng.below(5) as usize];
        let key = self.rng.below(KEYS as u32) as usize;
        // A compare-and-set guesses what one machine has now, so that it often succeeds.
        let only_if = (kind == Kind::Set).then(|| cluster.nodes[node].state.registers[key]);
        cluster.commands.push(Command { key, only_if, value: id + 1 });
        let life = cluster.nodes[node].life;
        self.memory.push(Memory { client, kind, node, life, begun: cluster.steps, ended: u64::MAX, value: 0, refused: false });
        self.busy[client] = Some(id);
        let machine = cluster.nodes[node].id;
        cluster.note(|| format!("client {client} call {id} to {machine:x}: {kind:?} key {key} value {} only if {only_if:?}", id + 1));
        let patience = Duration(self.rng.between(PATIENCE.0, PATIENCE.1));
        cluster.queue.push(cluster.now + patience, Event::Expire(id));
        let input = if kind == Kind::Read { Input::Read(id) } else { Input::Propose(Proposal { id, size: 100 }) };
        cluster.give(node, input);
    }

    /// Takes the answers that came, and lets their clients go on.
    pub fn listen(&mut self, cluster: &mut Cluster) {
        for answer in std::mem::take(&mut cluster.answers) {
            let (call, value, refused) = match answer {
                Answer::Read { call, node, value } if self.asked(call, node) => (call, value, false),
                Answer::Applied { call, node, life, set } if self.asked(call, node) && self.memory[call as usize].life == life => {
                    (call, u64::from(set), false)
                }
                Answer::Dropped { call } => (call, 0, true),
                _ => continue,
            };
            // Changes of the configuration have numbers beyond every call.
            let Some(memory) = self.memory.get_mut(call as usize).filter(|memory| memory.ended == u64::MAX) else { continue };
            // A refusal after it was given up says nothing that anybody hears.
            if self.busy[memory.client] != Some(call) {
                continue;
            }
            (memory.ended, memory.value, memory.refused) = (cluster.steps, value, refused);
            let client = memory.client;
            cluster.note(|| format!("client {client} call {call} answered: {value}{}", if refused { ", refused" } else { "" }));
            self.free(client, cluster);
        }
    }

    fn asked(&self, call: u64, node: usize) -> bool {
        self.memory.get(call as usize).is_some_and(|memory| memory.node == node)
    }

    /// A client gives up: it will never know.
    pub fn expire(&mut self, call: u64, cluster: &mut Cluster) {
        let client = self.memory[call as usize].client;
        if self.busy[client] == Some(call) {
            cluster.note(|| format!("client {client} gives up on call {call}"));
            self.free(client, cluster);
        }
    }

    fn free(&mut self, client: usize, cluster: &mut Cluster) {
        self.busy[client] = None;
        let pause = Duration(self.rng.between(1_000, 500_000));
        cluster.queue.push(cluster.now + pause, Event::Client(client));
    }

    /// Lets every client make further calls, `more` in all, to these members.
    pub fn allow(&mut self, more: usize, among: Vec<MemberId>, cluster: &mut Cluster) {
        self.among = among;
        self.most = self.memory.len() + more;
        (0..self.count).for_each(|client| cluster.queue.push(cluster.now, Event::Client(client)));
    }

    /// The first register whose history no order explains.
    pub fn contradiction(&self, cluster: &Cluster) -> Option<usize> {
        (0..KEYS).find(|key| !is_linearizable(&self.history(*key, cluster)))
    }

    fn history(&self, key: usize, cluster: &Cluster) -> Vec<Call> {
        let of_key = self.memory.iter().zip(&cluster.commands).filter(|(memory, command)| command.key == key && !memory.refused);
        of_key
            .filter_map(|(memory, command)| {
                let answered = memory.ended != u64::MAX;
                let from = command.only_if.unwrap_or(0);
                let seen = match (memory.kind, answered) {
                    (Kind::Read, true) => Seen::Read(memory.value),
                    (Kind::Read, false) => return None,
                    (Kind::Write, true) => Seen::Wrote(command.value),
                    (Kind::Write, false) => Seen::LostWrite(command.value),
                    (Kind::Set, true) => Seen::Set(from, command.value, memory.value == 1),
                    (Kind::Set, false) => Seen::LostSet(from, command.value),
                };
                Some(Call { begun: memory.begun, ended: memory.ended, seen })
            })
            .collect()
    }
}

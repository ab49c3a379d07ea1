//! The machines, the links between them, and what happens next.
use super::ledger::Ledger;
use super::network::Network;
use super::node::{Node, State};
use crate::member::{Bug, Durable, Input, Member, Output};
use crate::raft::{Body, MemberId, Message, Payload, Timing};
use simcore::{Duration, Queue, Rng, Time};

/// What stands in the queue.
#[derive(Clone, Debug)]
pub enum Event {
    Deliver {
        from: MemberId,
        to: usize,
        message: Message,
        state: Option<State>,
    },
    Persisted {
        node: usize,
        life: u32,
        number: u64,
    },
    Wake {
        node: usize,
        life: u32,
    },
    /// A client takes its next step.
    Client(usize),
    /// A client has waited long enough.
    Expire(u64),
    /// The next fault.
    Chaos,
}

/// What a proposal's number stands for: a register, and what it is to become.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    pub key: usize,
    /// Only if it is this now.
    pub only_if: Option<u64>,
    pub value: u64,
}

/// What clients hear from the machines.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    Read { call: u64, node: usize, value: u64 },
    Applied { call: u64, node: usize, life: u32, set: bool },
    Dropped { call: u64 },
}

/// A cluster as a value.
#[derive(Clone)]
pub struct Cluster {
    pub now: Time,
    pub seed: u64,
    pub queue: Queue<Event>,
    pub nodes: Vec<Node>,
    pub network: Network,
    pub timing: Timing,
    pub rng: Rng,
    pub ledger: Ledger,
    /// By the proposal's number.
    pub commands: Vec<Command>,
    /// Fresh answers, for the clients to take.
    pub answers: Vec<Answer>,
    pub steps: u64,
    /// `None`: nobody listens.
    pub trace: Option<Vec<String>>,
    #[cfg_attr(not(test), allow(dead_code, reason = "only tests break members"))]
    bug: Bug,
    out: Vec<Output>,
}

impl Cluster {
    /// `size` voters numbered from 1, all started.
    pub fn new(seed: u64, size: u64, timing: Timing) -> Cluster {
        Cluster::broken(seed, size, timing, Bug::None)
    }

    pub(super) fn broken(seed: u64, size: u64, timing: Timing, bug: Bug) -> Cluster {
        let ids: Vec<MemberId> = (1..=size).collect();
        let mut cluster = Cluster {
            now: Time::START,
            seed,
            queue: Queue::default(),
            nodes: ids.iter().map(|id| Node::new(*id, Durable::bootstrap(&ids))).collect(),
            network: Network::default(),
            timing,
            rng: Rng::stream(seed, "cluster"),
            ledger: Ledger::default(),
            commands: Vec::new(),
            answers: Vec::new(),
            steps: 0,
            trace: None,
            bug,
            out: Vec::new(),
        };
        let bootstrap = Durable::bootstrap(&ids).log;
        (1..=bootstrap.last()).for_each(|index| cluster.ledger.applies(0, 1, index, bootstrap.get(index)));
        (0..cluster.nodes.len()).for_each(|node| cluster.start(node));
        cluster
    }

    pub fn note(&mut self, words: impl FnOnce() -> String) {
        let now = self.now.since(Time::START);
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>4}.{:06} {}", now.as_secs(), now.0 % 1_000_000, words()));
        }
    }

    /// The leader with the highest term that runs, by its place.
    pub fn leader(&self) -> Option<usize> {
        let leaders = (0..self.nodes.len()).filter(|node| self.nodes[*node].is_leader());
        leaders.max_by_key(|node| self.nodes[*node].member.as_ref().map(Member::term))
    }

    pub fn start(&mut self, node: usize) {
        if self.nodes[node].member.is_some() || self.nodes[node].gone {
            return;
        }
        self.nodes[node].start(self.timing, self.seed, self.now);
        #[cfg(test)]
        if let Some(member) = &mut self.nodes[node].member {
            member.break_by(self.bug);
        }
        self.note_node(node, "starts");
        self.give(node, Input::Wake);
    }

    /// SIGKILL or the loss of power.
    pub fn crash(&mut self, node: usize) {
        let written = self.rng.below(2) == 0;
        self.note_node(node, "crashes");
        self.nodes[node].crash(written);
    }

    fn note_node(&mut self, node: usize, words: &str) {
        let id = self.nodes[node].id;
        self.note(|| format!("{id:x} {words}"));
    }

    /// Adds a machine that knows nothing yet. Returns its place.
    pub fn add_machine(&mut self) -> usize {
        let id = self.nodes.iter().map(|node| node.id).max().unwrap_or(0) + 1;
        self.nodes.push(Node::new(id, Durable::default()));
        self.nodes.len() - 1
    }

    /// Takes the next event; clients' events and faults are handed back for their drivers.
    pub fn step(&mut self) -> Option<Event> {
        let (time, event) = self.queue.pop()?;
        self.now = time;
        self.steps += 1;
        match event {
            Event::Deliver { from, to, message, state } => self.deliver(from, to, message, state),
            Event::Persisted { node, life, number } if self.nodes[node].life == life => {
                if let Some(write) = self.nodes[node].writing.take() {
                    self.nodes[node].disk = write;
                }
                self.give(node, Input::Persisted(number));
            }
            Event::Wake { node, life } if self.nodes[node].life == life => {
                let until = self.nodes[node].frozen_until;
                if until > self.now {
                    self.queue.push(until, Event::Wake { node, life });
                } else {
                    self.give(node, Input::Wake);
                }
            }
            Event::Persisted { .. } | Event::Wake { .. } => {}
            other => return Some(other),
        }
        None
    }

    /// Runs the members alone up to `until`.
    pub fn run_until(&mut self, until: Time) {
        while self.queue.next_time().is_some_and(|time| time <= until) {
            self.step();
        }
        self.now = self.now.max(until);
    }

    fn deliver(&mut self, from: MemberId, to: usize, message: Message, state: Option<State>) {
        let until = self.nodes[to].frozen_until;
        if until > self.now {
            return self.queue.push(until, Event::Deliver { from, to, message, state });
        }
        if let Some(trace) = &self.trace
            && !trace.is_empty()
            && !matches!(message.body, Body::Heartbeat { .. } | Body::HeartbeatReply { .. })
        {
            let words = format!("  {from:x} -> {:x} at term {}: {}", self.nodes[to].id, message.term, brief(&message.body));
            self.note(|| words);
        }
        self.give_with(to, Input::Receive(from, message), state);
    }

    pub fn give(&mut self, node: usize, input: Input) {
        self.give_with(node, input, None);
    }

    fn give_with(&mut self, node: usize, input: Input, state: Option<State>) {
        let Some(member) = &mut self.nodes[node].member else { return };
        let mut out = std::mem::take(&mut self.out);
        member.step(self.now, input, &mut out);
        out.drain(..).for_each(|output| self.carry_out(node, output, state));
        self.out = out;
    }

    fn carry_out(&mut self, node: usize, output: Output, came: Option<State>) {
        let (id, life) = (self.nodes[node].id, self.nodes[node].life);
        let Some(member) = &self.nodes[node].member else { return };
        match output {
            Output::Send(to, message) => self.send(node, to, message),
            Output::Persist(durable) => {
                self.ledger.holds(id, &durable.log, 4);
                let number = durable.number;
                let most = self.nodes[node].fsync_ms * 1_000;
                self.nodes[node].writing = Some((durable, self.nodes[node].state));
                let fsync = Duration(self.rng.between(most / 2, most));
                self.queue.push(self.now + fsync, Event::Persisted { node, life, number });
            }
            Output::Apply(from, to) => (from..=to).for_each(|index| self.apply(node, index)),
            Output::Restore(index) => {
                self.nodes[node].state = came.unwrap_or_default();
                if self.nodes[node].state.applied != index {
                    self.ledger.violations.push(format!("{id:x} restores {index} from {:?}", self.nodes[node].state));
                }
                self.note(|| format!("{id:x} takes the snapshot of {index}"));
            }
            Output::Wake(time) => self.queue.push(time, Event::Wake { node, life }),
            Output::ReadReady { read, index } => {
                self.nodes[node].reads.push((read, index));
                self.answer_reads(node);
            }
            Output::Dropped(call) => self.answers.push(Answer::Dropped { call }),
            Output::Leader(leader) => {
                let (term, log) = (member.term(), member.log().clone());
                if leader == id {
                    self.ledger.leads(id, term, &log);
                }
                self.note(|| format!("{id:x} follows {leader:x} in term {term}"));
            }
            Output::Removed | Output::Stopped => {
                self.nodes[node].gone |= matches!(output, Output::Removed);
                self.note_node(node, if matches!(output, Output::Removed) { "is removed" } else { "stops" });
                self.nodes[node].crash(true);
            }
        }
    }

    fn send(&mut self, node: usize, to: MemberId, message: Message) {
        let Some(to) = self.nodes.iter().position(|one| one.id == to) else { return };
        let from = self.nodes[node].id;
        let state = matches!(message.body, Body::Snapshot { .. }).then_some(self.nodes[node].state);
        // A proposal that arrives twice would be carried out twice; the stream between members never does that.
        let once = matches!(message.body, Body::Propose(_) | Body::ProposeChange(_));
        for delay in self.network.carry(from, self.nodes[to].id, once, &mut self.rng) {
            self.queue.push(self.now + delay, Event::Deliver { from, to, message: message.clone(), state });
        }
    }

    fn apply(&mut self, node: usize, index: u64) {
        let machine = &mut self.nodes[node];
        let entry = machine.member.as_ref().and_then(|member| member.log().get(index));
        let term = machine.member.as_ref().map_or(0, Member::term);
        self.ledger.applies(machine.id, term, index, entry);
        machine.state.applied = index;
        if let Some(Payload::Data(proposal)) = entry.map(|entry| entry.payload) {
            let command = self.commands[proposal.id as usize];
            let register = &mut machine.state.registers[command.key];
            let set = command.only_if.is_none_or(|wanted| wanted == *register);
            if set {
                *register = command.value;
            }
            self.answers.push(Answer::Applied { call: proposal.id, node, life: machine.life, set });
        }
        self.answer_reads(node);
    }

    fn answer_reads(&mut self, node: usize) {
        let machine = &mut self.nodes[node];
        let applied = machine.state.applied;
        let due: Vec<u64> = machine.reads.iter().filter(|(_, index)| *index <= applied).map(|(call, _)| *call).collect();
        machine.reads.retain(|(_, index)| *index > applied);
        for call in due {
            let value = machine.state.registers[self.commands[call as usize].key];
            self.answers.push(Answer::Read { call, node, value });
        }
    }
}

fn brief(body: &Body) -> String {
    match body {
        Body::Append { previous, entries, commit, .. } => format!("Append {} after {previous}, commit {commit}", entries.len()),
        other => format!("{other:?}"),
    }
}

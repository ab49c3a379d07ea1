//! The world as a value: one step, one queue, virtual time only.
use crate::audience::audience;
use crate::endpoint::ApiServerProcess;
use crate::event::{Caller, Event, PartId, fold};
use crate::hosts::Fleet;
use crate::input::Input;
use crate::managed::Managed;
use crate::members::Etcd;
use crate::part::{Actor, Part};
use crate::talk::Talk;
use crate::terminal::Terminal;
use crate::traffic::Traffic;
use apiserver::client::{Effects, Ticket};
use apiserver::{ApiServer, Change};
use dataplane::network::policy::Policies;
use objects::wire::Response;
use objects::{Key, Text, kinds};
use simcore::{Duration, OccurrenceId, Queue, Rng, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A machine as the network sees it.
#[derive(Clone, Debug)]
pub struct Host {
    pub name: Text,
    pub address: Text,
    pub control_plane: bool,
    pub powered: bool,
    pub connected: bool,
    /// The longest packet that its interface takes (bytes).
    pub mtu: u32,
    /// Whether K3s's network policy controller has its rules in the kernel; they outlive the process.
    pub policed: bool,
    /// The address as a number, and its kubelet's and its kube-proxy's places among the parts.
    pub(crate) number: u32,
    pub(crate) kubelet: PartId,
    pub(crate) proxy: PartId,
}

/// A write that waits until a member has applied it.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub revision: u64,
    /// The kube-apiserver that was asked, and the member that it talks to.
    pub server: usize,
    pub member: usize,
    pub begun: Time,
    pub caller: Caller,
    pub ticket: Ticket,
    pub response: Box<Response>,
}

/// Everything. Cheap to clone: parts and state are shared until written to.
#[derive(Clone)]
pub struct World {
    pub(crate) now: Time,
    pub(crate) queue: Queue<Event>,
    pub api: ApiServer,
    pub(crate) parts: Vec<Arc<Part>>,
    pub(crate) hosts: Vec<Host>,
    pub terminal: Arc<Terminal>,
    /// The typed line that the terminal works on.
    pub(crate) typed: Option<OccurrenceId>,
    pub(crate) apiservers: Vec<ApiServerProcess>,
    pub(crate) etcd: Etcd,
    /// The address that clients of the API dial where a load balancer stands before it.
    pub(crate) endpoint: Option<Text>,
    /// The provider that runs the control plane, and what it is at.
    pub(crate) managed: Option<Managed>,
    /// The kube-apiserver that the last client from outside was given.
    pub(crate) outside_server: usize,
    pub(crate) traffic: Arc<Traffic>,
    /// The servers as machines, as far as somebody has looked into them.
    pub(crate) fleet: Arc<Fleet>,
    /// On how many hosts the network plugin enforces NetworkPolicies, and what it knows of them; `None` while there are none.
    pub(crate) enforcing: usize,
    pub(crate) policies: Option<Policies>,
    /// Policies as they were before a change that some nodes have not taken over yet, with its instant; oldest first.
    pub(crate) earlier: Vec<(Time, Policies)>,
    /// Ranges of addresses by their first: the last of the range, and the host that it leads to.
    pub(crate) routes: Arc<BTreeMap<u32, (u32, u16)>>,
    /// Addresses of load balancers, and how many Services have them.
    pub(crate) balanced: Arc<BTreeMap<u32, u32>>,
    pub(crate) seed: u64,
    /// When it began.
    pub(crate) power_on: Time,
    /// The kubelet's part by node name.
    pub(crate) kubelets: BTreeMap<Text, PartId>,
    pub(crate) pending: Vec<Pending>,
    /// The parts but for kubelets and kube-proxies, of the first so many: who may watch what belongs to a node.
    pub(crate) central: Arc<Vec<PartId>>,
    pub(crate) sorted: usize,
    /// The applied revision that watchers were told of.
    pub(crate) announced: u64,
    /// Answers for clients outside, by their ticket.
    pub answers: Vec<(Ticket, Response)>,
    /// Watch deliveries just made, for the picture: when, to whom, about what. Not part of the truth.
    pub delivered: Vec<(Time, PartId, Key)>,
    /// The last messages between components, for lenses. Not part of the truth.
    pub(crate) talk: Talk,
    pub(crate) rng: Rng,
    pub(crate) digest: u64,
    steps: u64,
    /// How many inputs it has had.
    pub(crate) inputs_seen: usize,
}

/// How many deliveries are remembered for the picture.
const DELIVERIES: usize = 64;
/// An input's tag in the digest.
const INPUT: u64 = 10 << 32;
/// How often the API server compacts etcd's history (kube-apiserver `--etcd-compaction-interval`).
const COMPACTION: Duration = Duration::mins(5);
/// How many changes compaction leaves, and how many may gather in between before it comes early: memory is bounded
/// by what happens, not by how long it takes (etcd has a quota of bytes for that).
const HISTORY: u64 = 1_000;
const HISTORY_MOST: u64 = 1_250;

impl World {
    pub(crate) fn empty(power_on: Time, seed: u64, files: Vec<(String, String)>) -> World {
        let mut world = World {
            now: power_on,
            power_on,
            queue: Queue::default(),
            api: ApiServer::new(seed),
            parts: Vec::new(),
            hosts: Vec::new(),
            terminal: Arc::new(Terminal::new(files)),
            typed: None,
            apiservers: Vec::new(),
            etcd: Etcd::new(seed),
            endpoint: None,
            managed: None,
            outside_server: 0,
            traffic: Arc::new(Traffic::new(seed)),
            fleet: Arc::default(),
            enforcing: 0,
            policies: None,
            earlier: Vec::new(),
            routes: Arc::default(),
            balanced: Arc::default(),
            seed,
            kubelets: BTreeMap::new(),
            pending: Vec::new(),
            central: Arc::default(),
            sorted: 0,
            announced: 1,
            answers: Vec::new(),
            delivered: Vec::new(),
            talk: Talk::default(),
            rng: Rng::stream(seed, "network"),
            digest: simcore::FNV_BASIS,
            steps: 0,
            inputs_seen: 0,
        };
        world.queue.push(power_on + COMPACTION, Event::Compact);
        world
    }

    pub fn now(&self) -> Time {
        self.now
    }

    /// A number that any difference in what happened changes.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// How many events have been handled.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().map(|part| &**part)
    }

    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    pub fn apiservers(&self) -> &[ApiServerProcess] {
        &self.apiservers
    }

    pub fn next_time(&self) -> Option<Time> {
        self.queue.next_time()
    }

    /// Handles the next event. The only function that moves time.
    pub fn step(&mut self) -> bool {
        let Some((time, event)) = self.queue.pop() else { return false };
        self.now = time;
        let tag = event.tag();
        self.handle(event);
        self.propose();
        self.steps += 1;
        self.digest = fold(self.digest, time, tag, self.api.store.tail().revision());
        true
    }

    /// Steps through everything up to and including `until`; time then stands at `until`.
    pub fn run_until(&mut self, until: Time) {
        while self.next_time().is_some_and(|time| time <= until) {
            self.step();
        }
        self.now = self.now.max(until);
    }

    /// Lets time pass to `time` without handling anything: the caller knows that nothing stands before it.
    pub(crate) fn stand_at(&mut self, time: Time) {
        self.now = self.now.max(time);
    }

    /// Does one thing from outside.
    pub fn input(&mut self, input: &Input) {
        self.inputs_seen += 1;
        self.digest = fold(self.digest, self.now, INPUT, self.inputs_seen as u64);
        match input {
            Input::Line { text } => {
                self.echo(text);
                self.type_line(text);
            }
            Input::Interrupt => self.interrupt(),
            Input::EndOfInput => self.end_of_input(),
            Input::Edited { text } => self.edited(text.clone()),
            Input::File { name, text } => self.save_file(name, text),
            Input::Apply { name, text } => {
                self.save_file(name, text);
                // The file of traffic sources counts as soon as it is saved; kubectl has no use for it.
                if name != crate::console::TRAFFIC {
                    let line = format!("kubectl apply -f {name}");
                    self.echo(&line);
                    self.type_line(&line);
                }
            }
            Input::Traffic { sources, gone } => {
                if let Err(words) = self.set_traffic(sources, gone) {
                    Arc::make_mut(&mut self.terminal).print(&format!("{words}\n"), true);
                }
            }
            Input::Browse { url, address } => self.browse(url, address),
            Input::Fault { fault } => {
                if let Err(words) = self.fault(fault) {
                    Arc::make_mut(&mut self.terminal).print(&format!("{words}\n"), true);
                }
            }
        }
        self.propose();
    }

    /// Runs until `done` holds or `limit` has passed; says whether it held. Looks after every event.
    pub fn run_while(&mut self, limit: Time, mut done: impl FnMut(&World) -> bool) -> bool {
        loop {
            if done(self) {
                return true;
            }
            if self.next_time().is_none_or(|time| time > limit) {
                self.now = self.now.max(limit);
                return done(self);
            }
            self.step();
        }
    }

    fn handle(&mut self, event: Event) {
        if let Event::Reply(caller, ticket, response) = &event {
            self.talk.answered(self.now, *caller, *ticket, response.code);
        }
        match event {
            Event::Start(part) => self.start_part(part),
            Event::Watch(part) => self.deliver(part),
            Event::Wake(part) => self.wake(part),
            Event::Reply(Caller::Part(part), ticket, response) => self.reply(part, ticket, &response),
            Event::Reply(Caller::Terminal, ticket, response) => self.terminal_reply(ticket, *response),
            Event::Reply(Caller::Command(id), ticket, response) => self.command_reply(id, ticket, *response),
            Event::Reply(Caller::Server(_), ..) => {}
            Event::Reply(Caller::Client, ticket, response) => self.answers.push((ticket, *response)),
            Event::EtcdPersisted { place, life, number } => self.etcd_persisted(place, life, number),
            Event::EtcdWake { place, life } => self.etcd_wakes(place, life),
            Event::EtcdMessage(mail) => self.etcd_mail(*mail),
            Event::EtcdForward { ask, to } => self.arrived(ask, to),
            Event::EtcdExpire(ask) => self.expired(ask),
            Event::EtcdStart(place) => self.store_again(place),
            Event::EtcdJob(job) => self.run_job(job),
            Event::Compact => {
                // Upstream compacts to the revision of the last round; two rounds of history are always kept.
                self.compact(1_000);
                self.queue.push(self.now + COMPACTION, Event::Compact);
            }
            Event::Terminal => self.terminal_wake(),
            Event::TerminalWatch => self.terminal_watch(),
            Event::Fire { source, user } => self.fire(source, user),
            Event::Flight(id) => self.fly(id),
            Event::Exec(id) => self.run_exec(id),
            Event::Server(host) => self.server_due(host),
            Event::Send(caller, ticket, request) => self.send(caller, ticket, &request),
            Event::Serve(server) => self.serve_again(server),
            Event::Identity(server) => self.renew_identity(server),
            Event::Livez(server) => self.lives_no_more(server),
            Event::Checked(server) => self.checked(server),
            Event::Command(id) => self.command_due(id),
        }
    }

    /// Writes that a member has applied are answered by the API servers that talk to it.
    pub(crate) fn answer_writes(&mut self, member: usize, revision: u64) {
        let done = |write: &Pending| write.member == member && write.revision <= revision;
        let (done, waiting) = std::mem::take(&mut self.pending).into_iter().partition(done);
        self.pending = waiting;
        for write in done {
            self.talk.written(write.begun, self.now, write.server, member, write.revision);
            if let Caller::Part(part) = write.caller {
                self.refresh(part);
            }
            let arrives = self.now + self.hop();
            self.queue.push(arrives, Event::Reply(write.caller, write.ticket, write.response));
        }
    }

    /// More is agreed on: watchers hear of it.
    pub(crate) fn applied(&mut self) {
        self.announce();
        self.feed_watchers();
        if self.announced.saturating_sub(self.api.store.compacted()) > HISTORY_MOST {
            self.compact(HISTORY);
        }
    }

    /// Forgets all but the newest changes; nothing that was not announced yet.
    pub(crate) fn compact(&mut self, keep: u64) {
        let newest = self.api.store.applied().revision().min(self.announced);
        self.api.store.compact(newest.saturating_sub(keep));
        self.weigh();
    }

    /// Tells every part that is interested in what was applied; each hears of it after its own lag.
    pub(crate) fn announce(&mut self) {
        if !self.is_serving() {
            return;
        }
        self.sort_parts();
        let World { api, parts, kubelets, central, announced, .. } = self;
        let Ok(changes) = api.store.since(*announced) else { return };
        let (mut due, mut balanced) = (Vec::new(), Vec::new());
        for change in changes {
            if change.key.kind == kinds::SERVICE {
                balanced.extend(crate::traffic::balanced_by(change));
            }
            for id in audience(change, central, kubelets, parts.len()) {
                let part = &mut parts[id];
                if !part.running || !part.interested(change) {
                    continue;
                }
                let part = Arc::make_mut(part);
                part.inbox.push(change.revision);
                if !part.due {
                    part.due = true;
                    due.push(id);
                }
            }
        }
        let from = std::mem::replace(announced, api.store.applied().revision());
        self.learn_policies(from);
        self.learn_balanced(&balanced);
        for part in due {
            let lag = self.lag() + self.slowness(Caller::Part(part));
            self.queue.push(self.now + lag, Event::Watch(part));
        }
        if !self.terminal.watches.is_empty() {
            let lag = self.lag();
            self.queue.push(self.now + lag, Event::TerminalWatch);
        }
    }

    /// A part that wrote must see its own write, whether it watches that kind or not.
    fn refresh(&mut self, id: PartId) {
        if !self.parts[id].running || self.parts[id].due {
            return;
        }
        Arc::make_mut(&mut self.parts[id]).due = true;
        let lag = self.lag();
        self.queue.push(self.now + lag, Event::Watch(id));
    }

    fn deliver(&mut self, id: PartId) {
        Arc::make_mut(&mut self.parts[id]).due = false;
        if !self.parts[id].running || !self.reaches(id) {
            return;
        }
        let mut fx = Effects::default();
        let (view, server) = (self.view_of(id), self.server_of(id));
        let part = Arc::make_mut(&mut self.parts[id]);
        let mut inbox = std::mem::take(&mut part.inbox);
        // What the member behind its API server does not have yet is told later.
        part.inbox = inbox.split_off(inbox.partition_point(|revision| *revision <= view.revision()));
        let late = !part.inbox.is_empty();
        let first = inbox.first().map_or(0, |revision| revision - 1);
        let all = if inbox.is_empty() { Ok(Vec::new()) } else { self.api.store.since(first).map(|all| pick(all, &inbox)) };
        match all {
            Ok(changes) => {
                let told = changes.last().filter(|change| change.key.kind != kinds::LEASE && change.key.kind != kinds::EVENT);
                if let Some(change) = told.filter(|_| self.delivered.len() < DELIVERIES) {
                    self.delivered.push((self.now, id, change.key.clone()));
                }
                part.deliver(self.now, &view, &changes, &mut fx);
                self.talk.tells(self.now, server, id, &changes);
            }
            // What it missed is compacted away: it lists everything anew, as a reflector does after 410 Gone.
            Err(_) => part.start(self.now, &view, &mut fx),
        }
        if late {
            let member = self.member_behind(self.server_of(id));
            Arc::make_mut(&mut self.etcd.nodes[member]).lags = true;
        }
        self.carry_out(id, fx);
    }

    fn wake(&mut self, id: PartId) {
        let part = Arc::make_mut(&mut self.parts[id]);
        part.wakes.remove(&self.now);
        // The containers of a stopped kubelet live on in it; those of a machine without power do not.
        let alive = part.running || (part.kubelet().is_some() && self.hosts[part.host].powered);
        if !alive {
            return;
        }
        let mut fx = Effects::default();
        part.wake(self.now, &mut fx);
        self.carry_out(id, fx);
    }

    fn reply(&mut self, id: PartId, ticket: Ticket, response: &Response) {
        let part = Arc::make_mut(&mut self.parts[id]);
        if !part.running {
            return;
        }
        let mut fx = Effects::default();
        part.reply(self.now, ticket, response, &mut fx);
        self.carry_out(id, fx);
    }

    pub(crate) fn start_part(&mut self, id: PartId) {
        let part = &self.parts[id];
        if part.running || !part.enabled || !self.hosts[part.host].powered || self.waits_for_kubelet(id) {
            return;
        }
        let mut fx = Effects::default();
        let view = self.view_of(id);
        let part = Arc::make_mut(&mut self.parts[id]);
        part.start(self.now, &view, &mut fx);
        if matches!(part.actor, Actor::Manager(_) | Actor::Scheduler(_)) {
            let (host, process) = (part.host, part.process().to_string());
            self.process_shown(host, &process, true);
        }
        self.reads_kubeconfig(id);
        self.carry_out(id, fx);
    }

    /// Does what a part asked for.
    pub(crate) fn carry_out(&mut self, id: PartId, fx: Effects) {
        for (ticket, request) in fx.send {
            self.submit(Caller::Part(id), ticket, &request);
        }
        for time in fx.wake {
            let time = time.max(self.now);
            if Arc::make_mut(&mut self.parts[id]).wakes.insert(time) {
                self.queue.push(time, Event::Wake(id));
            }
        }
        self.tells_election(id);
        if self.parts[id].has_exited() && !self.k3s_failed(id) {
            self.tells_loss(id);
            self.crash(id, "could not renew its lease in time: exits with code 1");
        }
        self.component_told(id);
        if self.parts[id].kubelet().is_some() {
            self.carry_questions(id);
            self.learn_route(id);
            self.mind_components(id);
            self.broken_off(self.parts[id].host);
            if !self.terminal.follows.is_empty() {
                self.queue.push(self.now, Event::TerminalWatch);
            }
        }
    }

    /// Whether two hosts have power and a link; a host needs no link to itself.
    pub(crate) fn joined(&self, one: usize, other: usize) -> bool {
        let up = |host: &Host| host.powered && (host.connected || one == other);
        up(&self.hosts[one]) && up(&self.hosts[other])
    }

    /// Whether a kube-apiserver answers on a host.
    pub(crate) fn serves(&self, host: usize) -> bool {
        self.hosts[host].powered && self.apiservers.iter().any(|server| server.host == host && server.running)
    }

    /// Whether an etcd runs on a host.
    pub(crate) fn stores(&self, host: usize) -> bool {
        self.etcd.nodes.iter().any(|node| node.host == host && node.process.is_running())
    }

    /// One way through the network.
    pub(crate) fn hop(&mut self) -> Duration {
        Duration::micros(self.rng.between(200, 600))
    }

    /// How long a watch event takes to reach a part and be handled.
    pub(crate) fn lag(&mut self) -> Duration {
        Duration::micros(self.rng.between(1_000, 5_000))
    }

    /// Writes an occurrence that is not a commit: an input, a fault.
    pub(crate) fn note(&mut self, actor: &str, deed: &'static str, detail: &str) -> OccurrenceId {
        let what = apiserver::What {
            actor: Text::new(actor),
            deed,
            key: None,
            revision: 0,
            detail: Text::new(detail),
            reason: objects::Tree::Null,
        };
        self.api.trace.push(self.now, None, what)
    }
}

/// The changes whose revisions stand in `inbox`; both are in order.
fn pick<'a>(all: impl Iterator<Item = &'a Change>, inbox: &[u64]) -> Vec<&'a Change> {
    let mut wanted = inbox.iter().peekable();
    let mut found = Vec::with_capacity(inbox.len());
    for change in all {
        match wanted.peek() {
            Some(revision) if **revision == change.revision => {
                found.push(change);
                wanted.next();
            }
            Some(_) => {}
            None => break,
        }
    }
    found
}

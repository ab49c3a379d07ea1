//! One request under way: a small stack of calls, moved on by two or three events of the world.
use crate::event::{Caller, Event, PartId, fold};
use crate::traffic::fabric::{Client, ip};
use crate::traffic::load::{self, Load};
use crate::traffic::routing::Onward;
use crate::traffic::source::Connection;
use crate::traffic::tally::Outcome;
use crate::traffic::trace::Trace;
use crate::traffic::walk::{INTERNET, Server, Steps};
use crate::world::World;
use apiserver::client::{Effects, Ticket};
use dataplane::images::{Program, fill};
use dataplane::network::dns::internet;
use dataplane::network::{Ask, Failure, Heard, Reply, Rules, Url, What};
use gateway::routing::Decision;
use objects::Text;
use simcore::{Duration, Time};
use std::sync::Arc;

/// Packets with this much in them, wrapped or not, are no longer than the 576 bytes that every host must take (RFC 791).
const SHORT: u64 = 486;

/// Who waits for the answer.
#[derive(Clone, PartialEq, Debug)]
pub enum Asker {
    /// A traffic source, and which of its users.
    Source { serial: u32, user: u32 },
    /// A process in a container, by its Pod and runtime id.
    Process { part: PartId, uid: Text, id: Text },
    /// A command that runs in a container.
    Exec(u64),
    /// A tool in a terminal, by its words: `curl -s ...`.
    Tool { caller: Caller, ticket: Ticket, words: Arc<Vec<Text>> },
    /// A client of the program that the world runs in.
    Client(Ticket),
    /// Nobody: a proxy's copy of a request; the source of the original, if it has one.
    Mirror(Option<u32>),
}

/// What a request does until its next event.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Stage {
    /// On its way to the server.
    Travelling,
    /// The client will know of this then.
    Failing(Failure),
    /// In the server's queue.
    Waiting,
    /// The server works on it.
    Working,
    /// The answer is made, or on its way back.
    Returning,
    /// Nothing comes any more.
    Hanging,
}

/// One call of the stack: a client that waits for a server.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) id: u64,
    pub(super) client: Client,
    pub(super) ask: Arc<Ask>,
    pub(super) began: Time,
    pub(super) deadline: Time,
    pub(super) steps: Steps,
    pub(super) rules: Option<Arc<Rules>>,
    pub(super) server: Option<Server>,
    pub(super) program: Option<Arc<Program>>,
    pub(super) version: Text,
    pub(super) code: u16,
    pub(super) body: String,
    /// How long the answer is (bytes), with its headers.
    pub(super) bytes: u64,
    /// Headers that are not the program's.
    pub(super) told: Vec<(Text, Text)>,
    /// How many of the answer's calls are done, and what they brought.
    pub(super) called: usize,
    pub(super) gathered: String,
    /// Whether the connection was open from before.
    pub(super) reused: bool,
    /// Whether it counts in its server's load.
    pub(super) loaded: bool,
    /// Of a request at a proxy: where it leads, and in words who decided that.
    pub(super) onward: Option<Box<Onward>>,
    pub(super) words: Text,
}

/// A request and the calls that it led to, the innermost last.
#[derive(Clone, Debug)]
pub struct Flight {
    pub(super) asker: Asker,
    pub(super) frames: Vec<Frame>,
    pub(super) stage: Stage,
    pub(super) due: Time,
    pub(super) began: Time,
    pub(super) tries: u32,
    pub(super) redirects: u32,
}

/// The outermost call with its end, once it has ended.
pub(super) type Ended = Option<(Frame, Result<(), Failure>)>;

/// How deep calls may lead to calls.
const DEPTH: usize = 8;
const REDIRECTS: u32 = 50;
/// The least that a request takes.
const QUICKEST: Duration = Duration::micros(100);
/// The headers of an answer (bytes), about.
const RESPONSE: u64 = 220;
/// How long a proxy takes to decide, before it calls a backend.
const ROUTING: Duration = Duration::micros(150);

impl World {
    /// Sends a request. Its answer goes to `asker`.
    pub(crate) fn launch(&mut self, asker: Asker, client: Client, ask: Arc<Ask>, open: Option<Connection>) {
        let id = self.net().next;
        let flight =
            Flight { asker, frames: Vec::with_capacity(1), stage: Stage::Hanging, due: self.now, began: self.now, tries: 0, redirects: 0 };
        self.start(id, flight, client, ask, open);
    }

    fn start(&mut self, id: u64, mut flight: Flight, client: Client, ask: Arc<Ask>, open: Option<Connection>) {
        if ask.what == What::Name {
            let (reply, took) = self.lookup_tool(&client, &ask.words);
            let mut frame = self.frame(client, ask, Steps { named: took, ..Steps::default() }, None);
            (frame.code, frame.body) = (reply.code, reply.body.to_string());
            frame.told = reply.headers;
            flight.frames.push(frame);
            (flight.due, flight.stage) = (self.now + took, Stage::Returning);
        } else {
            self.call(&mut flight, client, ask, open);
        }
        // Nothing takes no time: a script that asks again and again must not stop the clock.
        flight.due = flight.due.max(self.now + QUICKEST);
        self.keep(id, flight);
    }

    fn frame(&mut self, client: Client, ask: Arc<Ask>, steps: Steps, server: Option<Server>) -> Frame {
        let net = self.net();
        net.next += 1;
        Frame {
            id: net.next - 1,
            client,
            began: self.now,
            deadline: self.now + ask.limit,
            ask,
            steps,
            rules: None,
            server,
            program: None,
            version: Text::default(),
            code: 200,
            body: String::new(),
            bytes: 0,
            told: Vec::new(),
            called: 0,
            gathered: String::new(),
            reused: false,
            loaded: false,
            onward: None,
            words: Text::default(),
        }
    }

    /// Puts one more call onto the stack: over a connection that is open, or by a walk.
    fn call(&mut self, flight: &mut Flight, client: Client, ask: Arc<Ask>, open: Option<Connection>) {
        let (steps, rules, took, end, reused) = match open {
            Some(open) => {
                let way = self.passage(client.host(), Some(open.server.host));
                (open.steps, None, way.unwrap_or(ask.limit), Ok(open.server), true)
            }
            None => {
                let walk = self.walk(&client, &ask);
                (walk.steps, walk.rules, walk.took, walk.end, false)
            }
        };
        let failure = end.as_ref().err().copied();
        let mut frame = self.frame(client, ask, steps, end.ok());
        frame.reused = reused;
        frame.rules = rules;
        flight.frames.push(frame);
        flight.stage = failure.map_or(Stage::Travelling, Stage::Failing);
        flight.due = self.now + took;
    }

    /// Puts a flight back, to be moved on when it is due, or when somebody's patience ends.
    pub(super) fn keep(&mut self, id: u64, mut flight: Flight) {
        let patience = flight.frames.iter().map(|frame| frame.deadline).min().unwrap_or(flight.due);
        flight.due = flight.due.min(patience).max(self.now);
        self.queue.push(flight.due, Event::Flight(id));
        self.net().flights.insert(id, flight);
    }

    /// The instant of a flight has come.
    pub(crate) fn fly(&mut self, id: u64) {
        let now = self.now;
        if self.traffic.flights.get(&id).is_none_or(|flight| flight.due != now) {
            return;
        }
        let Some(mut flight) = self.net().flights.remove(&id) else { return };
        let last = flight.frames.len() - 1;
        let failing = matches!(flight.stage, Stage::Failing(_));
        let late = flight.frames.iter().position(|frame| frame.deadline <= now);
        let ended = match (late, flight.stage) {
            (Some(place), _) if place < last || !failing => self.break_at(id, &mut flight, place, Failure::Timeout),
            (_, Stage::Failing(failure)) => self.ended(&mut flight, Err(failure)),
            (_, Stage::Travelling) => self.land(id, &mut flight),
            (_, Stage::Working) => {
                self.worked(&mut flight);
                None
            }
            (_, Stage::Returning) => self.returned(&mut flight),
            (_, Stage::Waiting | Stage::Hanging) => None,
        };
        match ended {
            Some(heard) => self.finish(id, flight, heard),
            None => self.keep(id, flight),
        }
    }

    /// The request reaches its server.
    fn land(&mut self, id: u64, flight: &mut Flight) -> Ended {
        let now = self.now;
        let frame = flight.frames.last_mut()?;
        let server = frame.server.clone()?;
        if frame.ask.what != What::Http {
            return self.ended(flight, Ok(()));
        }
        if server.uid.is_empty() {
            let (port, path) = (frame.steps.reached.1, &frame.ask.url.path);
            let probed = if server.id == "kube-proxy" { self.proxy_of(server.host) } else { None };
            (frame.code, frame.body) = match probed.and_then(|proxy| proxy.answer(port, path, now)) {
                Some(answer) => {
                    let kind = if path == "/proxyMode" { "text/plain; charset=utf-8" } else { "application/json" };
                    let header = |name: &'static str, value: Text| (Text::new_static(name), value);
                    frame.told.push(header("Content-Type", Text::new_static(kind)));
                    frame.told.push(header("X-Content-Type-Options", Text::new_static("nosniff")));
                    let weight = answer.weight.map(|count| header("X-Load-Balancing-Endpoint-Weight", Text::from(count.to_string())));
                    frame.told.extend(weight);
                    (answer.code, answer.body)
                }
                None if server.id == INTERNET => outside_answer(&frame.ask),
                None => process_answer(&frame.ask),
            };
            flight.stage = Stage::Returning;
            return None;
        }
        if !self.hosts[server.host].powered || !self.hosts[server.host].connected {
            flight.stage = Stage::Hanging;
            flight.due = frame.deadline;
            return None;
        }
        let found = self.kubelet_of(server.host).and_then(|kubelet| kubelet.living(&server.uid, &server.id));
        let Some(container) = found else { return self.ended(flight, Err(Failure::Reset)) };
        if !frame.reused && !container.listens(now, frame.steps.reached.1) {
            return self.ended(flight, Err(Failure::Refused));
        }
        frame.version = Text::new(container.image.rsplit_once(':').map_or("", |(_, tag)| tag));
        frame.program = container.program().cloned();
        let proxies = frame.program.as_ref().is_some_and(|program| !program.component.is_empty());
        if proxies && self.route(flight) {
            return None;
        }
        let frame = flight.frames.last()?;
        let Some(program) = frame.program.clone().filter(|program| load::matters(program)) else {
            self.work(flight, 0);
            return None;
        };
        let fresh = || Load { host: server.host, uid: server.uid.clone(), ..Load::default() };
        let load = self.net().loads.entry(server.id.clone()).or_insert_with(fresh);
        if program.workers > 0 && load.busy >= program.workers {
            load.waiting.push_back(id);
            flight.stage = Stage::Waiting;
            flight.due = flight.frames.last()?.deadline;
            return None;
        }
        load.busy += 1;
        load.served += 1;
        let (busy, served) = (load.busy, load.served - 1);
        if program.request_kib > 0 && self.runs_out_of_memory(&server, program.memory_kib + u64::from(busy) * program.request_kib) {
            return self.ended(flight, Err(Failure::Empty));
        }
        flight.frames.last_mut()?.loaded = true;
        self.work(flight, served);
        None
    }

    /// Whether a container that now uses so much is killed for it: above its limit the kernel does not wait.
    fn runs_out_of_memory(&mut self, server: &Server, used_kib: u64) -> bool {
        let place = self.hosts[server.host].kubelet;
        let limit = self.parts[place].kubelet().and_then(|kubelet| kubelet.memory_limit(&server.uid, &server.id));
        if limit.is_none_or(|limit| used_kib * 1024 <= limit) {
            return false;
        }
        let (now, mut fx) = (self.now, Effects::default());
        if let Some(kubelet) = Arc::make_mut(&mut self.parts[place]).kubelet_mut() {
            kubelet.out_of_memory(now, &server.uid, &server.id, &mut fx);
        }
        self.carry_out(place, fx);
        true
    }

    /// Lets the proxy that runs in the server's container decide; false where none does.
    fn route(&mut self, flight: &mut Flight) -> bool {
        let Some((server, frame)) = flight.frames.last_mut().and_then(|frame| Some((frame.server.clone()?, frame))) else {
            return false;
        };
        let from = ip(self.source_behind(&frame.steps, self.address_of_client(&frame.client))).to_string();
        let Some(decision) = self.routed(&server, frame.steps.reached.1, &frame.ask, &from) else { return false };
        (frame.program, frame.version) = (None, Text::default());
        let decision = match decision {
            Ok(decision) => decision,
            Err(failure) => {
                (flight.due, flight.stage) = (self.now + ROUTING, Stage::Failing(failure));
                return true;
            }
        };
        match decision {
            Decision::Answer(answer) => {
                (frame.code, frame.body, frame.told, frame.words) = (answer.code, answer.body.to_string(), answer.headers, answer.words);
                self.send_back(flight, ROUTING);
            }
            Decision::Forward(forward) => {
                let asked = forward.ask.clone();
                let onward = Onward { ask: Some(forward.ask), rule: forward.rule, share: forward.share, asked, tries: 1 };
                frame.words = onward.words();
                frame.onward = Some(Box::new(onward));
                (flight.due, flight.stage) = (self.now + ROUTING, Stage::Working);
                let source = match flight.asker {
                    Asker::Source { serial, .. } => Some(serial),
                    _ => None,
                };
                for copy in forward.mirrors {
                    let client = self.client_at(&server);
                    self.launch(Asker::Mirror(source), client, copy, None);
                }
            }
        }
        true
    }

    /// A server as the client of another.
    fn client_at(&self, server: &Server) -> Client {
        let sandbox = self.kubelet_of(server.host).and_then(|kubelet| kubelet.sandbox(&server.uid));
        let address = sandbox.and_then(|sandbox| super::fabric::number(&sandbox.ip)).unwrap_or(0);
        let (host, uid) = (server.host, server.uid.clone());
        if address == self.hosts[host].number { Client::OnHost { host, uid } } else { Client::Pod { host, uid, address } }
    }

    /// The backend's answer, or its failure, becomes the proxy's answer.
    fn pass_back(&mut self, flight: &mut Flight, inner: Frame, end: Result<(), Failure>) {
        let Some((mut onward, frame)) = flight.frames.last_mut().and_then(|frame| Some((frame.onward.take()?, frame))) else {
            return;
        };
        match end {
            Ok(()) => {
                (frame.code, frame.version) = (inner.code, inner.version);
                frame.body = inner.body.replace("{calls}", &inner.gathered);
                frame.bytes = inner.bytes;
                frame.told = inner.program.map_or(inner.told, |program| program.headers.clone());
                onward.edit(&mut frame.told);
            }
            Err(failure) => {
                if onward.turn() {
                    frame.onward = Some(onward);
                    return self.worked(flight);
                }
                let (code, body) = onward.failed(failure);
                (frame.code, frame.body) = (code, body.to_string());
            }
        }
        self.send_back(flight, Duration::ZERO);
    }

    /// The server begins to work on it.
    fn work(&mut self, flight: &mut Flight, served: u32) {
        let wants = flight.wants();
        let Some(frame) = flight.frames.last_mut() else { return };
        let (Some(server), Some(program)) = (frame.server.clone(), frame.program.clone()) else {
            flight.stage = Stage::Returning;
            return;
        };
        let answer = program.answer(&frame.ask.url.path);
        let usual = answer.and_then(|answer| answer.latency).unwrap_or(program.latency);
        let rng = &mut Arc::make_mut(&mut self.traffic).rng;
        let took = load::service_time(&program, usual, served, rng);
        let errs = load::errs(&program, rng);
        frame.code = if errs { 500 } else { answer.map_or(program.otherwise, |answer| answer.code) };
        frame.called = if errs { usize::MAX } else { 0 };
        frame.bytes = RESPONSE + answer.map_or(0, |answer| answer.bytes.max(answer.body.len() as u64));
        if wants && let Some(answer) = answer.filter(|_| !errs) {
            let sandbox = self.parts[self.hosts[server.host].kubelet].kubelet().and_then(|kubelet| kubelet.sandbox(&server.uid));
            let container = sandbox.and_then(|sandbox| sandbox.containers().find(|container| container.id == server.id));
            let scene = sandbox.zip(container);
            frame.body = scene.map(|(sandbox, container)| fill(&answer.body, &sandbox.hostname, &container.env)).unwrap_or_default();
            if frame.body.contains("{client}") {
                let caller = self.source_behind(&frame.steps, self.address_of_client(&frame.client));
                frame.body = frame.body.replace("{client}", &ip(caller).to_string());
            }
            if frame.body.contains("{request}") {
                frame.body = frame.body.replace("{request}", &request_text(&frame.ask));
            }
        }
        flight.due = self.now + took;
        flight.stage = Stage::Working;
        let plain = !frame.loaded && answer.is_none_or(|answer| answer.calls.is_empty());
        if plain {
            // Nothing more to decide here: the answer travels back within the same event.
            self.send_back(flight, took);
        }
    }

    /// The server has done its own part: the next call, or the answer.
    fn worked(&mut self, flight: &mut Flight) {
        let depth = flight.frames.len();
        let onward = flight.frames.last_mut().and_then(|frame| Some((frame.onward.as_mut()?.ask.take()?, frame.server.clone()?)));
        if let Some((ask, server)) = onward {
            let client = self.client_at(&server);
            return self.call(flight, client, ask, None);
        }
        let Some((frame, server)) = flight.frames.last().and_then(|frame| Some((frame, frame.server.clone()?))) else { return };
        let answer = frame.program.as_ref().and_then(|program| program.answer(&frame.ask.url.path));
        let next = answer.and_then(|answer| answer.calls.get(frame.called)).filter(|_| depth < DEPTH).cloned();
        if let Some(ask) = next {
            let client = self.client_at(&server);
            return self.call(flight, client, ask, None);
        }
        self.release(flight.frames.len() - 1, flight);
        self.send_back(flight, Duration::ZERO);
    }

    /// The answer is ready after `work`, and goes back.
    fn send_back(&mut self, flight: &mut Flight, work: Duration) {
        let Some(frame) = flight.frames.last() else { return };
        let (client, server) = (frame.client.host(), frame.server.as_ref().map(|server| server.host));
        // The node whose rules sent it on sees the answer, too.
        let door = if client.is_some() {
            client
        } else {
            self.hosts.get(frame.steps.rules_host as usize).map(|_| frame.steps.rules_host as usize)
        };
        let asker = match &frame.client {
            Client::Pod { uid, .. } => uid.as_str(),
            _ => "",
        };
        // Every way takes short packets.
        let ends = frame.server.as_ref().zip(door).filter(|(server, door)| server.host != *door && frame.bytes > SHORT);
        let ends = ends.map(|(server, door)| (self.end(server.host, &server.uid), self.end(door, asker)));
        if let Some((longest, limit)) = ends.and_then(|(from, to)| self.too_long(from, to, from.pod.is_some(), frame.bytes)) {
            // Nobody tells the sender, who sends the same long packets again and again.
            if let Some(frame) = flight.frames.last_mut() {
                frame.steps.too_long = (longest as u16, limit as u16);
                (flight.stage, flight.due) = (Stage::Hanging, frame.deadline);
            }
            return;
        }
        let back = self.passage(server, client);
        flight.stage = if back.is_some() { Stage::Returning } else { Stage::Hanging };
        flight.due = back.map_or(frame.deadline, |back| self.now + work + back);
    }

    /// The answer arrives, unless the way was cut meanwhile.
    fn returned(&mut self, flight: &mut Flight) -> Ended {
        let frame = flight.frames.last()?;
        let server = frame.server.as_ref().map(|server| server.host);
        let cut = server.is_some_and(|host| !self.hosts[host].powered || !self.hosts[host].connected) && server != frame.client.host();
        if cut {
            flight.stage = Stage::Hanging;
            flight.due = frame.deadline;
            return None;
        }
        self.ended(flight, Ok(()))
    }

    /// The innermost call has ended. Gives it when it was the outermost, too; otherwise its caller goes on.
    pub(super) fn ended(&mut self, flight: &mut Flight, end: Result<(), Failure>) -> Ended {
        self.release(flight.frames.len() - 1, flight);
        let frame = flight.frames.pop()?;
        self.note_call(flight, &frame, end);
        let Some(parent) = flight.frames.last_mut() else { return Some((frame, end)) };
        if parent.onward.is_some() {
            self.pass_back(flight, frame, end);
            return None;
        }
        parent.called += 1;
        match end {
            Ok(()) if frame.code < 500 => parent.gathered.push_str(&frame.body),
            _ => {
                let words = end.err().map_or_else(|| frame.code.to_string(), |failure| failure.word().to_string());
                parent.code = if matches!(end, Err(Failure::Timeout | Failure::Lost | Failure::Denied)) { 504 } else { 502 };
                parent.body = format!("{}: {words}\n", frame.ask.url.host);
                parent.called = usize::MAX;
            }
        }
        self.worked(flight);
        None
    }

    /// Remembers the way and the end of one call.
    fn note_call(&mut self, flight: &Flight, frame: &Frame, end: Result<(), Failure>) {
        let outcome = end.map_or_else(Outcome::Failed, |()| Outcome::Status(frame.code));
        self.digest = fold(self.digest, self.now, 13 << 32 | outcome.number(), frame.id);
        let source = match &flight.asker {
            Asker::Source { serial, .. } | Asker::Mirror(Some(serial)) => {
                self.traffic.sources.get(serial).map(|source| source.id.clone()).unwrap_or_default()
            }
            _ => Text::default(),
        };
        let trace = Trace {
            id: frame.id,
            parent: flight.frames.last().map_or(0, |parent| parent.id),
            source,
            client: frame.client.clone(),
            host: frame.ask.url.host.clone(),
            path: frame.ask.url.path.clone(),
            began: frame.began,
            took: self.now.since(frame.began),
            steps: frame.steps,
            rules: frame.rules.clone(),
            server: frame.server.as_ref().map(|server| server.uid.clone()).unwrap_or_default(),
            version: frame.version.clone(),
            outcome,
            reused: frame.reused,
            tries: flight.tries,
            words: frame.words.clone(),
            mirrored: matches!(flight.asker, Asker::Mirror(_)),
        };
        self.net().remember(trace);
    }

    /// The outermost call has ended: once more, elsewhere, or told to who asked.
    pub(super) fn finish(&mut self, id: u64, mut flight: Flight, (frame, end): (Frame, Result<(), Failure>)) {
        let failed = end.is_err() || frame.code >= 500;
        if let Asker::Source { serial, .. } = flight.asker
            && failed
            && self.traffic.sources.get(&serial).is_some_and(|source| flight.tries < source.spec.retries)
        {
            flight.tries += 1;
            return self.start(id, flight, frame.client, frame.ask, None);
        }
        if let Asker::Source { serial, user } = flight.asker {
            return self.source_heard(serial, user, flight.began, Spent::of(frame, end));
        }
        if let Asker::Mirror(source) = flight.asker {
            let outcome = end.map_or_else(Outcome::Failed, |()| Outcome::Status(frame.code));
            let source = source.and_then(|serial| self.net().sources.get_mut(&serial));
            return source.into_iter().for_each(|source| source.tally.mirror(&frame.version, outcome));
        }
        let headers = frame.program.as_ref().map_or(frame.told, |program| program.headers.clone());
        let moved = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location")).filter(|_| (300..400).contains(&frame.code));
        let mut end = end;
        if let Some((_, place)) = moved.filter(|_| frame.ask.follow && end.is_ok()) {
            if flight.redirects < REDIRECTS
                && let Some(url) = moved_to(&frame.ask.url, place)
            {
                flight.redirects += 1;
                let ask = Arc::new(Ask { url, ..(*frame.ask).clone() });
                return self.start(id, flight, frame.client, ask, None);
            }
            end = Err(Failure::Redirects);
        }
        let reply = Reply { code: frame.code, headers, body: Text::from(frame.body.replace("{calls}", &frame.gathered)) };
        let address = Some(frame.steps.dialled.0).filter(|address| *address != 0).map(ip);
        let heard = Heard { took: self.now.since(flight.began), named: frame.steps.named, address, end: end.map(|()| reply) };
        self.told(flight.asker, &frame.ask, heard);
    }
}

impl Flight {
    /// Whether somebody reads the body.
    fn wants(&self) -> bool {
        !matches!(self.asker, Asker::Source { .. } | Asker::Mirror(_))
    }
}

/// What a source learns from one of its requests.
pub(crate) struct Spent {
    pub outcome: Outcome,
    pub version: Text,
    pub open: Option<Connection>,
    pub cookie: Option<Text>,
}

impl Spent {
    fn of(frame: Frame, end: Result<(), Failure>) -> Spent {
        let outcome = end.map_or_else(Outcome::Failed, |()| Outcome::Status(frame.code));
        let headers = frame.program.as_ref().map_or(&frame.told[..], |program| &program.headers[..]);
        let cookie = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("set-cookie")).map(|(_, value)| value.clone());
        let (client, steps) = (frame.client, frame.steps);
        let open = frame.server.filter(|_| end.is_ok()).map(|server| Connection { client, server, steps, user: 0 });
        Spent { outcome, version: frame.version, open, cookie }
    }
}

/// Where a redirect leads.
fn moved_to(from: &Url, place: &str) -> Option<Url> {
    if place.starts_with('/') { Some(Url { path: Text::new(place), ..from.clone() }) } else { Url::parse(place) }
}

/// A request as its server reads it.
fn request_text(ask: &Ask) -> String {
    let said = ask.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).map(|(_, host)| host.to_string());
    let usual = if ask.url.secure { 443 } else { 80 };
    let own = || if ask.url.port == usual { ask.url.host.to_string() } else { format!("{}:{}", ask.url.host, ask.url.port) };
    let mut text = format!("{} {} HTTP/1.1\nHost: {}\n", ask.method, ask.url.path, said.unwrap_or_else(own));
    for (name, value) in ask.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host")) {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text
}

/// A server of the Internet has one site: the name that it is called by must be one of its own.
fn outside_answer(ask: &Ask) -> (u16, String) {
    let said = ask.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).map(|(_, host)| host.as_str());
    let host = said.unwrap_or(&ask.url.host);
    let host = host.split(':').next().unwrap_or(host);
    match internet().has_address(host) {
        true => (200, format!("This is {host}, outside the cluster\n")),
        false => (404, format!("404 Not Found: there is no site called {host} here\n")),
    }
}

/// What the host's own processes, which all speak TLS, say to plain HTTP.
fn process_answer(ask: &Ask) -> (u16, String) {
    if ask.url.secure {
        return (401, "Unauthorized\n".to_string());
    }
    (400, "Client sent an HTTP request to an HTTPS server.\n".to_string())
}

//! The world on a thread of its own: real time drives it, requests come by a channel, watches are told by others.
use apiserver::Outcome;
use apiserver::client::Ticket;
use cluster::input::Fault;
use cluster::traffic::Ask;
use cluster::{Caller, Topology, World};
use objects::kinds;
use objects::views::Service;
use objects::wire::{Body, Request, Response, WatchCursor, WatchEvent};
use simcore::{Duration, Time};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot};

/// What can be asked of the engine.
pub enum Order {
    /// A request; the answer comes back once.
    Request {
        request: Box<Request>,
        answer: oneshot::Sender<Response>,
    },
    /// An opened watch: its events go to `events` until one side hangs up.
    Watch {
        cursor: Box<WatchCursor>,
        timeout: Option<u64>,
        events: mpsc::UnboundedSender<WatchEvent>,
    },
    /// A followed log: its text goes to `text` until the container ends.
    Follow {
        request: Box<Request>,
        text: mpsc::UnboundedSender<String>,
    },
    Fault {
        fault: Fault,
        answer: oneshot::Sender<Result<(), String>>,
    },
    /// A line for the page's own terminal; its exit code, output and errors, once it is done or has taken too long.
    Line {
        line: String,
        answer: oneshot::Sender<Printed>,
    },
    /// A request through a door; the host in it is left to us. Code 0 and a word where it fails.
    Fetch {
        door: Door,
        ask: Box<Ask>,
        answer: oneshot::Sender<Response>,
    },
    /// Whether somebody listens behind a door; the words of a refusal where nobody does.
    Listens {
        door: Door,
        answer: oneshot::Sender<Option<String>>,
    },
    /// Whether a kube-apiserver hands a connection on to the kubelet; its refusal where it does not.
    Connect {
        request: Box<Request>,
        answer: oneshot::Sender<Option<Response>>,
    },
    /// A command in a container; what it prints goes to `said` as it comes.
    Command {
        request: Box<Request>,
        ticket: oneshot::Sender<u64>,
        said: mpsc::UnboundedSender<Said>,
    },
    /// The next line for a shell that waits for one.
    Type {
        ticket: u64,
        line: String,
    },
    /// Ctrl+C in a shell.
    Interrupt {
        ticket: u64,
    },
    /// The client of a command is gone.
    Drop {
        ticket: u64,
    },
    /// Which node ports Services have that the node's rules do not refuse.
    NodePorts {
        answer: oneshot::Sender<Vec<u16>>,
    },
}

/// Where a request from a real client enters.
#[derive(Clone, Debug)]
pub enum Door {
    /// A node port of the first worker that is up.
    NodePort(u16),
    /// A port of a Pod, from inside of it.
    Pod { namespace: String, pod: String, port: u16 },
}

impl Door {
    pub fn port(&self) -> u16 {
        match self {
            Door::NodePort(port) | Door::Pod { port, .. } => *port,
        }
    }
}

/// What is heard of a command in a container.
pub enum Said {
    Printed {
        out: String,
        errors: String,
    },
    /// It is a shell that waits for its next line, and stands in this directory.
    Idle(String),
    Ended(Response),
}

/// What a typed line printed.
pub struct Printed {
    pub code: u8,
    pub out: String,
    pub err: String,
}

/// How time passes and what is simulated.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Virtual seconds in a real one.
    pub speed: f64,
    pub seed: u64,
    pub topology: Topology,
}

/// How long the cluster has been up when the first client comes.
const UP: Duration = Duration::secs(60);
/// How far a request may push virtual time ahead of the clock before it has to wait for it.
const AHEAD: Duration = Duration::secs(1);
/// The longest pause between two looks at the clock.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);
/// How often an idle watch hears a bookmark, if it wants to.
const BOOKMARK: Duration = Duration::secs(60);
/// How long a watch lives that gave no limit.
const WATCH_LIFE: Duration = Duration::mins(45);
/// The longest that a typed line may take, in virtual time; then it is interrupted.
const PATIENCE: Duration = Duration::mins(2);

/// So long after it began, or was told something, a command is hurried.
const YOUNG: Duration = Duration::millis(100);

struct OpenWatch {
    cursor: WatchCursor,
    events: mpsc::UnboundedSender<WatchEvent>,
    ends: Time,
    bookmark: Time,
    /// The revision at which it was last polled.
    polled: u64,
}

struct OpenFollow {
    request: Request,
    offset: usize,
    text: mpsc::UnboundedSender<String>,
}

struct OpenCommand {
    said: mpsc::UnboundedSender<Said>,
    /// Whether its client knows that it waits for a line.
    idle: bool,
    since: Time,
}

/// The world with everything that waits on it.
struct Engine {
    world: World,
    began: Instant,
    origin: Time,
    speed: f64,
    tickets: u64,
    waiting: BTreeMap<u64, oneshot::Sender<Response>>,
    watches: Vec<OpenWatch>,
    follows: Vec<OpenFollow>,
    commands: BTreeMap<u64, OpenCommand>,
}

/// Starts the thread. It ends when the last sender is dropped.
pub fn start(settings: Settings) -> std::io::Result<Sender<Order>> {
    let (orders, inbox) = std::sync::mpsc::channel();
    std::thread::Builder::new().name("world".to_string()).spawn(move || Engine::new(settings).run(&inbox))?;
    Ok(orders)
}

impl Engine {
    #[allow(clippy::disallowed_methods, reason = "the server stands above the simulation and ties it to the clock on the wall")]
    fn new(settings: Settings) -> Engine {
        // A real kubectl reckons the ages in `describe` from its own clock.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(Time::START, |since| Time(since.as_micros() as u64));
        let boot = |up: Duration| {
            let power_on = Time(now.0.saturating_sub(up.0));
            World::boot(&Topology { power_on, ..settings.topology.clone() }, settings.seed, Vec::new())
        };
        let mut world = boot(UP);
        // What is installed line by line takes its time, and clients come after that.
        if world.now() > now {
            world = boot(UP + world.now().since(now) + UP);
        }
        world.run_until(now);
        let origin = world.now();
        Engine {
            world,
            began: Instant::now(),
            origin,
            speed: settings.speed,
            tickets: 0,
            waiting: BTreeMap::new(),
            watches: Vec::new(),
            follows: Vec::new(),
            commands: BTreeMap::new(),
        }
    }

    fn run(&mut self, inbox: &Receiver<Order>) {
        loop {
            match inbox.recv_timeout(PAUSE) {
                Ok(order) => {
                    self.take(order);
                    inbox.try_iter().for_each(|order| self.take(order));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.catch_up();
            self.hurry();
            self.tell();
        }
    }

    /// Where virtual time should be by the clock on the wall.
    fn due(&self) -> Time {
        self.origin + Duration::micros((self.began.elapsed().as_secs_f64() * self.speed * 1e6) as u64)
    }

    /// Follows the clock for a moment. Where the machine cannot keep up with the speed asked for, the clock is set back.
    #[allow(clippy::disallowed_methods, reason = "the server stands above the simulation and ties it to the clock on the wall")]
    fn catch_up(&mut self) {
        let due = self.due();
        let begun = Instant::now();
        while self.world.next_time().is_some_and(|time| time <= due) {
            self.world.step();
            if begun.elapsed() > PAUSE {
                let behind = due.since(self.world.now());
                self.origin = Time(self.origin.0 - behind.0.min(self.origin.0));
                return self.hand_out();
            }
        }
        if due > self.world.now() {
            self.world.run_until(due);
        }
        self.hand_out();
    }

    /// A client that waits is answered at once: what a request takes is a few virtual milliseconds.
    fn hurry(&mut self) {
        let limit = self.due() + AHEAD;
        while self.is_awaited() && self.world.next_time().is_some_and(|time| time <= limit) {
            self.world.step();
            self.hand_out();
        }
    }

    fn is_awaited(&self) -> bool {
        let young = |command: &OpenCommand| !command.idle && self.world.now() < command.since + YOUNG;
        !self.waiting.is_empty() || self.commands.values().any(young)
    }

    fn hand_out(&mut self) {
        for (ticket, response) in std::mem::take(&mut self.world.answers) {
            if let Some(command) = self.commands.remove(&ticket.0) {
                let _ = command.said.send(Said::Ended(response));
                continue;
            }
            if let Some(answer) = self.waiting.remove(&ticket.0) {
                // Who hung up needs no answer.
                let _ = answer.send(response);
            }
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Request { request, answer } => {
                self.tickets += 1;
                self.waiting.insert(self.tickets, answer);
                self.world.submit(Caller::Client, Ticket(self.tickets), &request);
            }
            Order::Watch { cursor, timeout, events } => {
                let now = self.world.now();
                let ends = now + timeout.map_or(WATCH_LIFE, Duration::secs);
                self.watches.push(OpenWatch { cursor: *cursor, events, ends, bookmark: now + BOOKMARK, polled: 0 });
            }
            Order::Follow { request, text } => self.follows.push(OpenFollow { request: *request, offset: 0, text }),
            Order::Fetch { door, ask, answer } => {
                self.tickets += 1;
                self.waiting.insert(self.tickets, answer);
                let went = self.fetch(&door, Ticket(self.tickets), *ask);
                if !went {
                    // Nobody is there any more: whoever waits hears that.
                    self.waiting.remove(&self.tickets);
                }
            }
            Order::Listens { door, answer } => {
                let words = match &door {
                    Door::NodePort(_) => None,
                    Door::Pod { namespace, pod, port } => self.world.refusal_inside(namespace, pod, *port),
                };
                let _ = answer.send(words);
            }
            Order::Connect { request, answer } => {
                let refusal = match self.world.api.handle(self.world.now(), &request) {
                    Outcome::Now(response) if !response.is_ok() => Some(response),
                    _ => None,
                };
                let _ = answer.send(refusal);
            }
            Order::Command { request, ticket, said } => {
                self.tickets += 1;
                let _ = ticket.send(self.tickets);
                self.commands.insert(self.tickets, OpenCommand { said, idle: false, since: self.world.now() });
                self.world.submit(Caller::Client, Ticket(self.tickets), &request);
            }
            Order::Type { ticket, line } => {
                let now = self.world.now();
                self.commands.entry(ticket).and_modify(|command| (command.idle, command.since) = (false, now));
                self.world.command_line(Ticket(ticket), &line);
            }
            // Its client has prompted already.
            Order::Interrupt { ticket } => {
                self.commands.entry(ticket).and_modify(|command| command.idle = true);
                self.world.command_interrupted(Ticket(ticket));
            }
            Order::Drop { ticket } => {
                self.commands.remove(&ticket);
                self.world.command_dropped(Ticket(ticket));
            }
            Order::Line { line, answer } => drop(answer.send(self.typed(&line))),
            Order::NodePorts { answer } => drop(answer.send(node_ports(&self.world))),
            Order::Fault { fault, answer } => drop(answer.send(self.world.fault(&fault).map(drop))),
        }
    }

    fn fetch(&mut self, door: &Door, ticket: Ticket, mut ask: Ask) -> bool {
        match door {
            Door::NodePort(_) => {
                ask.url.host = entry(&self.world).map(|host| host.address.clone()).unwrap_or_default();
                self.world.fetch_from("outside", "default", ticket, ask)
            }
            Door::Pod { namespace, pod, .. } => self.world.fetch_inside(namespace, pod, ticket, ask),
        }
    }

    /// A line is played to its end at once, however much virtual time it takes.
    fn typed(&mut self, line: &str) -> Printed {
        let world = &mut self.world;
        let (before, began) = (world.terminal.printed.len(), world.now());
        world.type_line(line);
        if !world.run_while(began + PATIENCE, |world| !world.busy()) {
            world.interrupt();
        }
        self.origin = self.origin + world.now().since(began);
        let chunks = &world.terminal.printed[before.min(world.terminal.printed.len())..];
        let text = |err: bool| chunks.iter().filter(|chunk| chunk.err == err).map(|chunk| chunk.text.as_str()).collect();
        Printed { code: world.terminal.code, out: text(false), err: text(true) }
    }

    /// Tells watches and followed logs what is new. Those that ended or whose client is gone are closed.
    fn tell(&mut self) {
        let Engine { world, watches, follows, commands, .. } = self;
        commands.iter_mut().for_each(|(ticket, command)| tell_command(world, *ticket, command));
        let gone: Vec<u64> = commands.iter().filter(|(_, command)| command.said.is_closed()).map(|(ticket, _)| *ticket).collect();
        for ticket in gone {
            commands.remove(&ticket);
            world.command_dropped(Ticket(ticket));
        }
        watches.retain_mut(|watch| tell_watch(world, watch));
        follows.retain_mut(|follow| {
            let Some((text, offset, ended)) = world.follow(&follow.request, follow.offset) else { return false };
            follow.offset = offset;
            let open = text.is_empty() || follow.text.send(text).is_ok();
            open && !ended && !follow.text.is_closed()
        });
    }
}

fn tell_command(world: &mut World, ticket: u64, command: &mut OpenCommand) {
    let Some(printed) = world.command_printed(Ticket(ticket)) else { return };
    if !printed.out.is_empty() || !printed.errors.is_empty() {
        let _ = command.said.send(Said::Printed { out: printed.out, errors: printed.errors });
    }
    if printed.idle && !command.idle {
        command.idle = true;
        let _ = command.said.send(Said::Idle(printed.directory));
    }
}

/// The node that stands behind loopback's node ports: the first worker that is up.
fn entry(world: &World) -> Option<&cluster::Host> {
    let hosts = world.hosts();
    hosts.iter().filter(|host| !host.control_plane).find(|host| host.powered && host.connected).or(hosts.first())
}

fn node_ports(world: &World) -> Vec<u16> {
    let services = world.api.store.applied().list(kinds::SERVICE);
    let ports = services.flat_map(|service| Service(&service.tree).ports().map(|port| port.node_port()).collect::<Vec<_>>());
    let ports = ports.filter_map(|port| u16::try_from(port).ok().filter(|port| *port > 0));
    let node = entry(world).map(|host| host.name.to_string()).unwrap_or_default();
    ports.filter(|port| !world.refuses_node_port(&node, *port)).collect()
}

fn tell_watch(world: &World, watch: &mut OpenWatch) -> bool {
    if watch.events.is_closed() {
        return false;
    }
    let (now, revision) = (world.now(), world.api.store.applied().revision());
    if watch.polled != revision {
        watch.polled = revision;
        match world.api.poll(&mut watch.cursor) {
            Ok(events) => {
                if !events.into_iter().all(|event| watch.events.send(event).is_ok()) {
                    return false;
                }
            }
            Err(status) => {
                let _ = watch.events.send(WatchEvent { kind: "ERROR", object: status.to_tree() });
                return false;
            }
        }
    }
    if watch.cursor.bookmarks && now >= watch.bookmark {
        watch.bookmark = now + BOOKMARK;
        if world.api.bookmark(&watch.cursor).is_some_and(|event| watch.events.send(event).is_err()) {
            return false;
        }
    }
    now < watch.ends
}

/// Whether an answer opens a stream.
pub fn watch_of(response: &Response) -> Option<&WatchCursor> {
    match &response.body {
        Body::Watch(cursor) => Some(cursor),
        _ => None,
    }
}

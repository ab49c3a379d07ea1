//! The closed list of what can happen next in a world.
use crate::members::Mail;
use apiserver::client::Ticket;
use objects::wire::{Request, Response};
use simcore::Time;

/// A part of the world by its place in `World::parts`.
pub type PartId = usize;

/// Who waits for an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Caller {
    Part(PartId),
    /// The learner's terminal.
    Terminal,
    /// A command on a server.
    Command(u64),
    /// A client outside: the HTTP server, a lesson's check.
    Client,
    /// A kube-apiserver itself, by its place in `World::apiservers`: nobody waits.
    Server(usize),
}

/// What stands in the queue.
#[derive(Clone, Debug)]
pub enum Event {
    /// A process starts.
    Start(PartId),
    /// A watch delivery reaches a part.
    Watch(PartId),
    /// An instant that a part asked for.
    Wake(PartId),
    /// An answer arrives.
    Reply(Caller, Ticket, Box<Response>),
    /// The disk write with this number of a member of etcd has ended. `life` tells restarts apart.
    EtcdPersisted { place: usize, life: u32, number: u64 },
    /// An instant that a member asked for.
    EtcdWake { place: usize, life: u32 },
    /// A message between members arrives.
    EtcdMessage(Box<Mail>),
    /// A write reaches the member that is taken for the leader.
    EtcdForward { ask: u64, to: usize },
    /// A member that was killed is started again.
    EtcdStart(usize),
    /// A line of etcdctl begins, has an answer, or has waited long enough.
    EtcdJob(u64),
    /// A request has waited long enough for etcd.
    EtcdExpire(u64),
    /// The API server compacts etcd's history.
    Compact,
    /// The terminal asked to be woken (`sleep`, timeouts).
    Terminal,
    /// News for the terminal's open watches and log follows.
    TerminalWatch,
    /// A traffic source sends its next request, as one of its users.
    Fire { source: u32, user: u32 },
    /// A request moves on.
    Flight(u64),
    /// A command in a container goes on after a sleep.
    Exec(u64),
    /// Something happens on a server by itself.
    Server(usize),
    /// A request of somebody slow, or to a slow kube-apiserver, is on its way at last.
    Send(Caller, Ticket, Box<Request>),
    /// A kube-apiserver is up.
    Serve(usize),
    /// A kube-apiserver writes its identity's Lease.
    Identity(usize),
    /// A kube-apiserver may have lacked etcd for too long.
    Livez(usize),
    /// The endpoint's load balancer has looked at a kube-apiserver often enough.
    Checked(usize),
    /// A command on a server: what it waits for is looked at.
    Command(u64),
}

impl Event {
    /// A number that tells kinds of events apart in the digest.
    pub fn tag(&self) -> u64 {
        match self {
            Event::Start(part) => 1 << 32 | *part as u64,
            Event::Watch(part) => 2 << 32 | *part as u64,
            Event::Wake(part) => 3 << 32 | *part as u64,
            Event::Reply(Caller::Part(part), ticket, _) => 4 << 32 | (*part as u64) << 16 | (ticket.0 & 0xffff),
            Event::Reply(..) => 5 << 32,
            Event::EtcdPersisted { place, .. } => 6 << 32 | *place as u64,
            Event::Compact => 7 << 32,
            Event::Terminal => 8 << 32,
            Event::TerminalWatch => 9 << 32,
            Event::Fire { source, user } => 11 << 32 | u64::from(*source) << 16 | u64::from(*user) & 0xffff,
            Event::Flight(id) => 12 << 32 | *id & 0xffff_ffff,
            Event::Server(host) => 17 << 32 | *host as u64,
            Event::Command(id) => 15 << 32 | *id & 0xffff_ffff,
            Event::EtcdWake { place, .. } => 24 << 32 | *place as u64,
            Event::EtcdMessage(mail) => 21 << 32 | mail.to as u64,
            Event::EtcdForward { to, .. } => 22 << 32 | *to as u64,
            Event::EtcdStart(place) => 23 << 32 | *place as u64,
            Event::EtcdJob(job) => 20 << 32 | *job & 0xffff_ffff,
            Event::EtcdExpire(ask) => 25 << 32 | *ask & 0xffff_ffff,
            Event::Exec(id) => 14 << 32 | *id & 0xffff_ffff,
            Event::Send(..) => 19 << 32,
            Event::Serve(server) => 18 << 32 | *server as u64,
            Event::Identity(server) => 26 << 32 | *server as u64,
            Event::Livez(server) => 27 << 32 | *server as u64,
            Event::Checked(server) => 16 << 32 | *server as u64,
        }
    }
}

/// The digest after one more event: FNV-1a over numbers.
pub fn fold(digest: u64, now: Time, tag: u64, revision: u64) -> u64 {
    [now.0, tag, revision].iter().fold(digest, |digest, word| (digest ^ word).wrapping_mul(0x0000_0100_0000_01b3))
}

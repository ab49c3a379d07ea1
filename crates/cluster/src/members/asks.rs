//! Requests that need etcd: a write goes to the leader, a read asks whether its answer is the newest; each waits as
//! long as kube-apiserver and etcd wait upstream, and then hears their words.
use crate::event::{Caller, Event};
use crate::world::World;
use apiserver::client::Ticket;
use etcd::member::Input;
use etcd::raft::Timing;
use etcd::server::{Asked, READ_RETRY, Timeout, request_timeout, why_timed_out, without_quorum, words};
use objects::Status;
use objects::wire::{Request, Resource, Response, Target, Verb};
use simcore::{Duration, Time};
use std::sync::Arc;

/// What a request needs of etcd.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Need {
    /// It is answered from the API server's memory.
    Nothing,
    Asked(Asked),
}

/// How far a request has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// Its member is down or knows no leader.
    Leaderless,
    /// The leader is asked whether it still leads.
    Confirming,
    /// On its way to the leader, or lost with it.
    Sent,
}

/// A request that waits.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    caller: Caller,
    ticket: Ticket,
    /// `None`: it stands in a log already.
    request: Option<Arc<Request>>,
    /// Its kube-apiserver, and the member that this talks to.
    server: usize,
    member: usize,
    asked: Asked,
    begun: Time,
    stage: Stage,
    /// When it is given up; never while all goes well.
    deadline: Option<Time>,
}

/// So long after its leader is lost, an API server ends its watch caches: cached reads wait, too, from then on.
const CACHES: Duration = Duration::secs(35);

/// What the quota adds to each write (etcdserver `kvOverhead`).
const MARGIN: u64 = 256;

/// What a full etcd says to a write.
pub(crate) fn full() -> Response {
    Status::new(500, "", words::NO_SPACE).into()
}

/// What `request` needs, judged by its form alone.
fn need(request: &Request) -> Need {
    let asked = match &request.target {
        Target::Path(path) => match path.trim_start_matches('/').split('/').next() {
            Some("livez" | "healthz") => Asked::Livez,
            Some("readyz") => Asked::Readyz,
            _ => return Need::Nothing,
        },
        Target::Resource { resource, subresource, .. } => match request.verb {
            _ if is_review(resource) => return Need::Nothing,
            // The Pod is read before its node is asked.
            _ if matches!(subresource.as_str(), "log" | "exec" | "attach" | "portforward" | "proxy") => Asked::Get,
            Verb::Get => Asked::Get,
            Verb::List => Asked::List,
            Verb::Watch => return Need::Nothing,
            _ => Asked::Write,
        },
    };
    Need::Asked(asked)
}

/// Reviews of access and tokens are answered and never stored.
fn is_review(resource: &Resource) -> bool {
    matches!(resource, Resource::Named { group, .. } if group == "authorization.k8s.io" || group == "authentication.k8s.io")
}

/// Reads of any version are answered from the watch cache (`resourceVersion=0`).
fn is_cached(request: &Request) -> bool {
    matches!(request.verb, Verb::Get | Verb::List) && !request.options.resource_version.is_empty()
}

impl World {
    /// What must be had of etcd before `request` can be answered through `member`; nothing where it is at hand.
    pub(crate) fn need_of_etcd(&self, member: usize, request: &Request) -> Need {
        if self.etcd.is_alone() {
            return Need::Nothing;
        }
        let need = need(request);
        let node = &self.etcd.nodes[member];
        match need {
            Need::Asked(Asked::Write) if node.process.is_leader() && self.leads(member) => Need::Nothing,
            Need::Asked(Asked::Livez | Asked::Readyz) if node.has_leader() => Need::Nothing,
            Need::Asked(_) if is_cached(request) => {
                let since = node.leaderless_since.unwrap_or(self.now);
                if self.now.since(since) < CACHES { Need::Nothing } else { need }
            }
            need => need,
        }
    }

    /// Whether a write can be evaluated and proposed at this member now.
    fn leads(&self, place: usize) -> bool {
        let member = self.etcd.nodes[place].process.member.as_ref();
        place == self.etcd.owner && member.is_some_and(|member| member.takes_proposals() && member.term() == self.etcd.owner_term)
    }

    /// Whether etcd takes nothing more: a member's alarm is raised, or its file has reached the quota and it raises it now.
    /// Deletions are taken.
    pub(crate) fn is_full(&mut self, member: usize, request: &Request) -> bool {
        if !request.is_write() || matches!(request.verb, Verb::Delete | Verb::DeleteCollection) {
            return false;
        }
        let space = self.etcd.nodes[member].process.space;
        let reached = space.size + MARGIN >= space.quota && need(request) == Need::Asked(Asked::Write);
        if reached && !space.alarm {
            // The member itself decides, and remembers it.
            let _ = Arc::make_mut(&mut self.etcd.nodes[member]).process.space.admit(0, 0);
        }
        (reached || self.etcd.nodes.iter().any(|node| node.process.space.alarm)) && need(request) == Need::Asked(Asked::Write)
    }

    /// Lets a request wait for etcd.
    pub(crate) fn wait_for_etcd(&mut self, caller: Caller, ticket: Ticket, request: &Request, server: usize, asked: Asked) {
        let number = self.etcd.next;
        self.etcd.next += 1;
        let (request, begun, member) = (Some(Arc::new(request.clone())), self.now, self.member_behind(server));
        let ask = Ask { caller, ticket, request, server, member, asked, begun, stage: Stage::Leaderless, deadline: None };
        self.etcd.asks.insert(number, ask);
        self.pursue(number);
    }

    /// Takes the next step for a request that waits.
    fn pursue(&mut self, number: u64) {
        let Some(ask) = self.etcd.asks.get(&number) else { return };
        let (member, asked) = (ask.member, ask.asked);
        if !self.etcd.nodes[member].has_leader() {
            self.stage(number, Stage::Leaderless);
            return self.limit(number);
        }
        match asked {
            Asked::Write => {
                self.stage(number, Stage::Sent);
                self.forward(number, member);
            }
            Asked::Livez | Asked::Readyz => self.perform(number),
            _ => {
                self.stage(number, Stage::Confirming);
                if !self.etcd.nodes[member].process.is_leader() {
                    self.queue.push(self.now + READ_RETRY, Event::EtcdExpire(number));
                }
                self.give(member, Input::Read(number));
            }
        }
    }

    fn stage(&mut self, number: u64, stage: Stage) {
        if let Some(ask) = self.etcd.asks.get_mut(&number) {
            ask.stage = stage;
        }
    }

    /// A write goes from a member to whom that takes for the leader.
    fn forward(&mut self, number: u64, from: usize) {
        let leader = self.etcd.place(self.etcd.nodes[from].process.leader());
        let Some(to) = leader else { return self.limit(number) };
        if to == from {
            return self.arrived(number, to);
        }
        let closed = self.etcd.nodes[from].cut || self.etcd.nodes[to].cut;
        match self.passage(Some(self.etcd.nodes[from].host), Some(self.etcd.nodes[to].host)).filter(|_| !closed) {
            Some(took) => self.queue.push(self.now + took, Event::EtcdForward { ask: number, to }),
            None => self.limit(number),
        }
    }

    /// A write has reached a member that was taken for the leader.
    pub(crate) fn arrived(&mut self, number: u64, place: usize) {
        let node = &self.etcd.nodes[place];
        let hands_over = node.process.member.as_ref().is_some_and(|member| member.is_leader() && !member.takes_proposals());
        if self.leads(place) {
            self.perform(number);
        } else if hands_over {
            // It waits for whoever leads next.
            self.stage(number, Stage::Leaderless);
            self.limit(number);
        } else if node.process.is_leader() || !node.has_leader() {
            // A leader of the past would write it into a log that nobody follows.
            self.limit(number);
        } else {
            self.forward(number, place);
        }
    }

    /// The request is carried out, and its answer is on its way or waits for the majority.
    fn perform(&mut self, number: u64) {
        let Some(ask) = self.etcd.asks.remove(&number) else { return };
        let Some(request) = ask.request else { return };
        if self.is_full(ask.member, &request) {
            let arrives = self.now + self.hop();
            return self.queue.push(arrives, Event::Reply(ask.caller, ask.ticket, Box::new(full())));
        }
        let outcome = self.api.handle(self.now, &request);
        self.carry_outcome(ask.caller, ask.ticket, ask.server, ask.begun, outcome);
    }

    /// Reads whose leader is confirmed and whose index is applied.
    pub(crate) fn answer_reads(&mut self, place: usize) {
        if self.etcd.nodes[place].reads.is_empty() {
            return;
        }
        let node = Arc::make_mut(&mut self.etcd.nodes[place]);
        let index = node.index;
        let (due, later) = std::mem::take(&mut node.reads).into_iter().partition(|(_, needs)| *needs <= index);
        node.reads = later;
        let due: Vec<(u64, u64)> = due;
        for (number, _) in due {
            if !self.confirmed(number) {
                self.perform(number);
            }
        }
    }

    /// A member's clients hear that its leader is another one, or nobody.
    pub(crate) fn pursue_all(&mut self, place: usize) {
        let waiting = self.etcd.asks.iter().filter(|(_, ask)| ask.member == place);
        let waiting: Vec<(u64, Stage)> = waiting.map(|(number, ask)| (*number, ask.stage)).collect();
        let leads = self.etcd.nodes[place].has_leader();
        for (number, stage) in waiting {
            match stage {
                Stage::Leaderless | Stage::Confirming if leads => self.pursue(number),
                _ => self.limit(number),
            }
        }
    }

    /// From now on a request has a limit: something that it waits for was lost.
    fn limit(&mut self, number: u64) {
        let Some(ask) = self.etcd.asks.get(&number).filter(|ask| ask.deadline.is_none()) else { return };
        let after = match ask.stage {
            Stage::Sent => request_timeout(&Timing::default()),
            _ => {
                let wait = without_quorum(ask.asked);
                Duration::micros(self.rng.between(wait.least.0, wait.most.0))
            }
        };
        let deadline = (ask.begun + after).max(self.now);
        if let Some(ask) = self.etcd.asks.get_mut(&number) {
            ask.deadline = Some(deadline);
        }
        self.queue.push(deadline, Event::EtcdExpire(number));
    }

    /// A request has waited long enough.
    pub(crate) fn expired(&mut self, number: u64) {
        let Some(ask) = self.etcd.asks.get(&number) else { return };
        match ask.deadline {
            Some(deadline) if deadline <= self.now => {}
            // The question or its answer may be lost.
            _ if ask.stage == Stage::Confirming => return self.pursue(number),
            _ => return,
        }
        let Some(ask) = self.etcd.asks.remove(&number) else { return };
        if ask.request.is_some()
            && let Some(host) = self.apiservers.get(ask.server).map(|server| server.host)
        {
            self.tells_timeout(host, if ask.asked == Asked::Write { "Txn" } else { "Range" });
        }
        let response = match ask.stage {
            Stage::Sent => Status::new(500, "", self.why_lost(&ask)).into(),
            _ => given_up(&ask),
        };
        let arrives = self.now + self.hop();
        self.queue.push(arrives, Event::Reply(ask.caller, ask.ticket, Box::new(response)));
    }

    fn why_lost(&self, ask: &Ask) -> &'static str {
        let node = &self.etcd.nodes[ask.member];
        let timeout = Timeout {
            begun: ask.begun,
            elected: node.process.elected,
            has_leader: node.has_leader(),
            connected_since: Some(node.process.up_since),
        };
        why_timed_out(&timeout, &Timing::default())
    }

    /// A write that was in a log which is lost: nobody will say what became of it.
    pub(crate) fn lose_write(&mut self, caller: Caller, ticket: Ticket, member: usize, begun: Time) {
        let number = self.etcd.next;
        self.etcd.next += 1;
        let ask = Ask { caller, ticket, request: None, server: 0, member, asked: Asked::Write, begun, stage: Stage::Sent, deadline: None };
        self.etcd.asks.insert(number, ask);
        self.limit(number);
    }
}

/// What an API server says that has waited for etcd in vain.
fn given_up(ask: &Ask) -> Response {
    let wait = without_quorum(ask.asked);
    match ask.asked {
        Asked::Livez | Asked::Readyz => {
            let path = ask.request.as_ref().map_or("", |request| if let Target::Path(path) = &request.target { path.as_str() } else { "" });
            apiserver::unhealthy(path)
        }
        Asked::Get => {
            Status::new(504, "Timeout", format!("{} ({})", wait.words, ask.request.as_deref().map(about).unwrap_or_default())).into()
        }
        Asked::Write => Status::new(504, "Timeout", wait.words).into(),
        _ => Status::new(500, "", wait.words).into(),
    }
}

/// `get configmaps demo`, as client-go puts it behind a server's generic failure.
fn about(request: &Request) -> String {
    let verb = match request.verb {
        Verb::Get => "get",
        Verb::List => "list",
        _ => "post",
    };
    match &request.target {
        Target::Path(path) => format!("{verb} {path}"),
        Target::Resource { resource, name, .. } => {
            let kind = match resource {
                Resource::Kind(kind) => kind.row().resource().to_string(),
                Resource::Named { group, plural, .. } if group.is_empty() => plural.to_string(),
                Resource::Named { group, plural, .. } => format!("{plural}.{group}"),
            };
            format!("{verb} {kind} {name}")
        }
    }
}

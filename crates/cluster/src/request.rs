//! A request's way: from its caller to a kube-apiserver, into etcd or on to a kubelet, and the answer back.
use crate::endpoint::Way;
use crate::event::{Caller, Event, PartId};
use crate::members::{Need, full};
use crate::world::{Pending, World};
use apiserver::client::Ticket;
use apiserver::{Outcome, Snapshot};
use etcd::server::Asked;
use objects::wire::{Request, Response};
use objects::{Status, Text, kinds};
use simcore::{Duration, Time};
use std::sync::Arc;

impl World {
    /// Sends a request to the API server on behalf of `caller`.
    pub fn submit(&mut self, caller: Caller, ticket: Ticket, request: &Request) {
        match self.slowness(caller) {
            Duration::ZERO => self.send(caller, ticket, request),
            slow => self.queue.push(self.now + slow, Event::Send(caller, ticket, Box::new(request.clone()))),
        }
        // Clients outside ask between two events: nobody else would propose what they wrote.
        if caller == Caller::Client {
            self.propose();
        }
    }

    pub(crate) fn send(&mut self, caller: Caller, ticket: Ticket, request: &Request) {
        let way = self.way(caller);
        // What a server asks of itself is no message.
        if !matches!(caller, Caller::Server(_)) {
            self.talk.asks(self.now, caller, if let Way::Server(server) = way { server } else { 0 }, ticket, request);
        }
        let (server, attempt) = match way {
            Way::Server(server) => match self.admitted(caller, server) {
                Some(response) => (server, Attempt::Answered(response)),
                None => (server, self.versioned(server, request)),
            },
            Way::Refused => (0, self.stranger_hears(caller).map_or(Attempt::Refused, |heard| Attempt::Failed(Duration::millis(5), heard))),
            Way::Lost => (0, Attempt::Lost),
        };
        if let Attempt::Waits(asked) = attempt {
            return self.wait_for_etcd(caller, ticket, request, server, asked);
        }
        self.carry_attempt(caller, ticket, server, self.now, attempt);
    }

    /// A kube-apiserver tells its own version.
    fn versioned(&mut self, server: usize, request: &Request) -> Attempt {
        let asked = matches!(&request.target, objects::wire::Target::Path(path) if path == "/version");
        match self.attempt(server, request) {
            Attempt::Answered(mut response) if asked && !self.apiservers[server].version.is_empty() => {
                let version = self.apiservers[server].version.clone();
                if let objects::wire::Body::Tree(told) = &mut response.body {
                    let minor = version.split('.').nth(1).unwrap_or("").to_string();
                    told.set(&["gitVersion"], version);
                    told.set(&["emulationMinor"], minor.as_str());
                    told.set(&["minor"], minor);
                }
                Attempt::Answered(response)
            }
            attempt => attempt,
        }
    }

    /// A request was evaluated, perhaps after it had waited since `begun`.
    pub(crate) fn carry_outcome(&mut self, caller: Caller, ticket: Ticket, server: usize, begun: Time, outcome: Outcome) {
        let attempt = self.attempted(server, outcome);
        self.carry_attempt(caller, ticket, server, begun, attempt);
    }

    fn carry_attempt(&mut self, caller: Caller, ticket: Ticket, server: usize, begun: Time, attempt: Attempt) {
        let (delay, response) = match attempt {
            Attempt::Answered(response) => (self.hop() + self.hop(), response),
            Attempt::Appended { revision, response } => {
                let member = self.member_behind(server);
                self.talk.writes(caller, ticket, revision);
                return self.pending.push(Pending { revision, server, member, begun, caller, ticket, response });
            }
            // A closed port answers at once; a dead or cut machine never does, and the client gives up.
            Attempt::Refused => (Duration::millis(1), self.no_answer("refused")),
            Attempt::Lost => (Duration::secs(15), self.no_answer("lost")),
            Attempt::Failed(after, response) => (after, response),
            Attempt::Runs(part, command) => return self.begin_exec(caller, ticket, part, *command),
            Attempt::Types(session, line) => return self.type_into(caller, ticket, session, &line),
            Attempt::Etcdctl(host, words) => return self.begin_etcdctl(host, words, caller, ticket, true),
            Attempt::Waits(..) => return,
        };
        self.queue.push(self.now + delay, Event::Reply(caller, ticket, Box::new(response)));
    }

    fn attempt(&mut self, server: usize, request: &Request) -> Attempt {
        if self.etcd.nodes.is_empty() {
            return Attempt::Refused;
        }
        if self.awaits_etcd(server) {
            return Attempt::Answered(Status::new(503, "ServiceUnavailable", "apiserver not ready").into());
        }
        if let Some(outcome) = self.component_statuses(server, request) {
            return self.attempted(server, outcome);
        }
        let member = self.member_behind(server);
        match self.need_of_etcd(member, request) {
            Need::Nothing if self.is_full(member, request) => Attempt::Answered(full()),
            Need::Nothing => {
                let snapshot = self.snapshot_of(request);
                let outcome = self.api.handle(self.now, request);
                if let (Some(snapshot), Outcome::When { .. }) = (snapshot, &outcome) {
                    self.delete_snapshot(&snapshot);
                }
                self.attempted(server, outcome)
            }
            Need::Asked(asked) => Attempt::Waits(asked),
        }
    }

    fn attempted(&mut self, server: usize, outcome: Outcome) -> Attempt {
        match outcome {
            Outcome::Now(response) => Attempt::Answered(response),
            Outcome::When { revision, response } => Attempt::Appended { revision, response: Box::new(response) },
            Outcome::Kubelet { node, request } => self.ask_kubelet(server, &node, &request),
        }
    }

    /// The member of etcd that a kube-apiserver talks to: its own host's, as kubeadm sets it up.
    pub(crate) fn member_behind(&self, server: usize) -> usize {
        let host = self.apiservers.get(server).map(|server| server.host);
        self.etcd.nodes.iter().rposition(|node| Some(node.host) == host).unwrap_or(self.etcd.owner)
    }

    /// The state that a part sees through its kube-apiserver.
    pub(crate) fn view_of(&self, id: PartId) -> Snapshot {
        let member = self.member_behind(self.server_of(id));
        let seen = self.etcd.nodes.get(member).and_then(|node| node.seen.as_ref());
        seen.unwrap_or(self.api.store.applied()).clone()
    }

    fn ask_kubelet(&mut self, server: usize, node: &str, request: &Request) -> Attempt {
        let (now, from) = (self.now, self.apiservers[server].host);
        let id = self.kubelets.get(node).copied().filter(|id| self.parts[*id].running && self.joined(from, self.parts[*id].host));
        if let Some(kubelet) = id
            && let Some(refused) = self.kubelet_refuses(from, self.parts[kubelet].host, request)
        {
            return Attempt::Answered(refused);
        }
        if id.is_some()
            && is_exec(request)
            && let Some((host, words)) = self.etcdctl_in(request)
        {
            return Attempt::Etcdctl(host, words);
        }
        if let (Some(part), objects::wire::Target::Resource { namespace, name, subresource, .. }) = (id, &request.target) {
            // The kubelet's own names of what it serves.
            let served = if *subresource == "log" { "containerLogs" } else { subresource.as_str() };
            self.talk.asks_kubelet(now, server, part, format!("/{served}/{namespace}/{name}").into());
        }
        if let (Some(session), Some(_)) = (session_of(request), id) {
            return Attempt::Types(session, request.body.text().to_string());
        }
        match id.and_then(|id| Arc::make_mut(&mut self.parts[id]).kubelet_mut()) {
            Some(kubelet) if is_exec(request) || types_lines(request) => {
                let begun = if types_lines(request) { kubelet.shell_begin(now, request) } else { kubelet.exec_begin(now, request) };
                match (begun, id) {
                    (Ok(command), Some(part)) => Attempt::Runs(part, Box::new(command)),
                    (Err(response), _) => Attempt::Answered(response),
                    (Ok(_), None) => Attempt::Refused,
                }
            }
            Some(kubelet) => Attempt::Answered(kubelet.serve(now, request)),
            None => {
                let address = self.address_of(node);
                let words = format!("Get \"https://{address}:10250/containerLogs\": dial tcp {address}:10250: connect: connection refused");
                Attempt::Failed(Duration::millis(5), Status::new(500, "InternalError", words).into())
            }
        }
    }

    fn address_of(&self, node: &str) -> Text {
        let found = self.api.store.applied().find(kinds::NODE, "", node);
        let addresses = found.map(|node| node.status().get("addresses").items()).unwrap_or_default();
        addresses.first().and_then(|first| first.get("address").as_text().cloned()).unwrap_or_default()
    }

    /// No answer came: code 0, with what happened and where, for the client to word.
    fn no_answer(&self, what: &str) -> Response {
        // Without a cluster there is no kubeconfig either: kubectl asks its own machine.
        let text = match self.apiservers.is_empty() {
            true => format!("{what} localhost:8080"),
            false if self.managed.is_some() => self.no_endpoint(what),
            false => format!("{what} {}:6443", self.api_address()),
        };
        Response { code: 0, body: objects::wire::Body::Text(text), warnings: Vec::new() }
    }
}

enum Attempt {
    Answered(Response),
    Appended {
        revision: u64,
        response: Box<Response>,
    },
    Refused,
    Lost,
    Failed(Duration, Response),
    /// `etcdctl` in a member's container: the host and the line.
    Etcdctl(usize, Vec<String>),
    /// It waits for etcd.
    Waits(Asked),
    /// A line for a shell that has run before.
    Types(u64, String),
    /// A command was started in a container; its answer comes when it ends.
    Runs(PartId, Box<dataplane::kubelet::Command>),
}

/// Whether a client will type line after line into a shell: an option that is not on the real wire.
fn types_lines(request: &Request) -> bool {
    request.options.other.iter().any(|(key, value)| key == "lines" && value == "true")
}

/// The shell that a request brings the next line for: the number that its last answer gave.
fn session_of(request: &Request) -> Option<u64> {
    request.options.other.iter().find(|(key, _)| key == "session").and_then(|(_, value)| value.parse().ok())
}

/// An exec may change files in its container; logs only read.
fn is_exec(request: &Request) -> bool {
    matches!(&request.target, objects::wire::Target::Resource { subresource, .. } if subresource == "exec")
}

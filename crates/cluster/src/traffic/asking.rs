//! Those who ask for themselves: processes and commands in containers, and tools in the learner's terminal.
use crate::event::{Caller, Event, PartId};
use crate::traffic::fabric::{Client, ip, number};
use crate::traffic::flight::Asker;
use crate::traffic::state::Forward;
use crate::world::World;
use apiserver::client::{Effects, Ticket};
use dataplane::images::client;
use dataplane::network::{Affinity, Ask, Failure, Heard, Origin, Packet, Protocol, Verdict};
use objects::wire::{Body, Request, Response};
use objects::{Text, kinds};
use simcore::Time;
use std::sync::Arc;

/// The learner's machine on the hosts' network.
const LEARNER: u32 = 0xc0a8_6401;

impl World {
    /// Sends what the processes of a node have asked.
    pub(crate) fn carry_questions(&mut self, part: PartId) {
        if !self.parts[part].kubelet().is_some_and(|kubelet| kubelet.has_questions()) {
            return;
        }
        let questions = Arc::make_mut(&mut self.parts[part]).kubelet_mut().map(|kubelet| kubelet.take_questions()).unwrap_or_default();
        for question in questions {
            let client = self.client_in(part, &question.uid);
            let asker = Asker::Process { part, uid: question.uid, id: question.id };
            self.launch(asker, client, Arc::new(question.ask), None);
        }
    }

    pub(crate) fn client_in(&self, part: PartId, uid: &Text) -> Client {
        let host = self.parts[part].host;
        let sandbox = self.parts[part].kubelet().and_then(|kubelet| kubelet.sandbox(uid));
        match sandbox.and_then(|sandbox| number(&sandbox.ip)) {
            Some(address) if address != self.hosts[host].number => Client::Pod { host, uid: uid.clone(), address },
            Some(_) => Client::OnHost { host, uid: uid.clone() },
            None => Client::Node(host),
        }
    }

    /// A tool typed into the learner's terminal: `curl ...` on a machine outside the cluster.
    pub(crate) fn begin_tool(&mut self, caller: Caller, ticket: Ticket, request: &Request) {
        let words: Vec<Text> = request.options.other.iter().map(|(_, word)| word.clone()).collect();
        let Some((name, arguments)) = words.split_first() else { return };
        let planned = client(name).map(|client| (client.plan)(arguments));
        match planned {
            Some(Ok(ask)) => {
                let asker = Asker::Tool { caller, ticket, words: Arc::new(words) };
                self.launch(asker, Client::Outside(LEARNER), Arc::new(ask), None);
            }
            Some(Err((words, code))) => self.tool_ends(caller, ticket, String::new(), words, code),
            None => self.tool_ends(caller, ticket, String::new(), format!("bash: {name}: command not found\n"), 127),
        }
    }

    /// A port of the learner's machine is opened; 409 where it is in use.
    pub(crate) fn begin_forward(&mut self, caller: Caller, ticket: Ticket, request: &Request) {
        let given =
            |name: &str| request.options.other.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default();
        let number = |name: &str| given(name).parse::<u16>().unwrap_or(0);
        let (local, uid, node) = (number("local"), given("pod"), given("node"));
        // A forward ends with its Pod.
        let living = |world: &World, forward: &Forward| {
            world.kubelet_of(forward.host).is_some_and(|kubelet| kubelet.sandbox(&forward.uid).is_some())
        };
        let kept: Vec<Forward> = self.traffic.forwards.iter().filter(|forward| living(self, forward)).cloned().collect();
        let taken = kept.iter().any(|forward| forward.local == local);
        self.net().forwards = kept;
        if !taken && let Some(host) = self.hosts.iter().position(|host| host.name == node) {
            let background = given("background") == "true";
            self.net().forwards.push(Forward { local, uid, host, port: number("port"), background });
        }
        let response = Response { code: if taken { 409 } else { 200 }, ..Response::text("") };
        self.queue.push(self.now, Event::Reply(caller, ticket, Box::new(response)));
    }

    /// What it printed travels as text; its errors, its code and a file that it wrote beside that.
    fn tool_ends(&mut self, caller: Caller, ticket: Ticket, out: String, err: String, code: i32) {
        self.tool_ends_at(self.now, caller, ticket, out, err, code);
    }

    pub(crate) fn tool_ends_at(&mut self, at: Time, caller: Caller, ticket: Ticket, out: String, err: String, code: i32) {
        let response = World::tool_response(out, err, code, None);
        self.queue.push(at, Event::Reply(caller, ticket, Box::new(response)));
    }

    pub(crate) fn tool_response(out: String, err: String, code: i32, more: Option<&str>) -> Response {
        let beside = [code.to_string(), err].into_iter().chain(more.map(String::from));
        Response { code: 200, body: Body::Text(out), warnings: beside.collect() }
    }

    /// A request from the program that the world runs in; the answer is found in `answers`, failures with code 0 and their word.
    /// `from` is `outside`, or a selector of Pods of a namespace, of which the first is taken; false where there is none.
    pub fn fetch_from(&mut self, from: &str, namespace: &str, ticket: Ticket, ask: Ask) -> bool {
        let client = if from == "outside" { Some(Client::Outside(LEARNER)) } else { self.senders(from, namespace).next() };
        let Some(client) = client else { return false };
        self.launch(Asker::Client(ticket), client, Arc::new(ask), None);
        true
    }

    /// A request from inside a Pod to itself, as `kubectl port-forward` makes it; false where the Pod does not run.
    pub fn fetch_inside(&mut self, namespace: &str, pod: &str, ticket: Ticket, mut ask: Ask) -> bool {
        let Some((part, uid)) = self.running_pod(namespace, pod) else { return false };
        let client = self.client_in(part, &uid);
        ask.url.host = Text::new_static("localhost");
        self.launch(Asker::Client(ticket), client, Arc::new(ask), None);
        true
    }

    /// What a kubelet says where nobody listens on a port of a Pod (containerd's words); `None` where somebody does.
    pub fn refusal_inside(&self, namespace: &str, pod: &str, port: u16) -> Option<String> {
        let running = self.running_pod(namespace, pod);
        let Some((part, uid)) = running else { return Some(format!("pod not found (\"{pod}_{namespace}\")")) };
        let sandbox = self.parts[part].kubelet().and_then(|kubelet| kubelet.sandbox(&uid));
        if sandbox.is_some_and(|sandbox| sandbox.listens(self.now, port)) {
            return None;
        }
        // A sandbox's name is no more than a fixed mixing of its Pod's.
        let id: String = uid.bytes().filter(|byte| *byte != b'-').cycle().take(64).map(char::from).collect();
        Some(format!(
            "error forwarding port {port} to pod {id}, uid : failed to execute portforward in network namespace \
             \"/var/run/netns/cni-{uid}\": failed to connect to localhost:{port} inside namespace \"{id}\", IPv4: dial tcp4 \
             127.0.0.1:{port}: connect: connection refused IPv6 dial tcp6 [::1]:{port}: connect: connection refused "
        ))
    }

    fn running_pod(&self, namespace: &str, pod: &str) -> Option<(PartId, Text)> {
        let found = self.api.store.applied().find(kinds::POD, namespace, pod)?;
        let part = *self.kubelets.get(found.spec().get("nodeName").as_text()?)?;
        let uid = found.uid_text();
        self.parts[part].kubelet()?.sandbox(&uid)?.any_running().then_some((part, uid))
    }

    /// Whether a node's rules refuse who comes from outside to one of its node ports. Nothing is drawn or remembered.
    pub fn refuses_node_port(&self, node: &str, port: u16) -> bool {
        let Some(host) = self.hosts.iter().position(|host| host.name == node) else { return true };
        let packet = Packet { source: ip(LEARNER), destination: ip(self.hosts[host].number), port, protocol: Protocol::Tcp };
        let mut nobody = Affinity::default();
        let verdict = self.ruleset(host).map(|rules| rules.decide(&packet, Origin::Outside, self.now, &mut nobody, 0));
        matches!(verdict, None | Some(Verdict::Refused { .. } | Verdict::Pass))
    }

    /// Brings an answer to who asked for it.
    pub(crate) fn told(&mut self, asker: Asker, ask: &Ask, heard: Heard) {
        match asker {
            Asker::Source { .. } | Asker::Mirror(_) => {}
            Asker::Process { part, uid, id } => {
                let (now, mut fx) = (self.now, Effects::default());
                let kubelet = Arc::make_mut(&mut self.parts[part]).kubelet_mut();
                kubelet.into_iter().for_each(|kubelet| kubelet.hear(now, &uid, &id, heard.clone(), &mut fx));
                self.carry_out(part, fx);
            }
            Asker::Exec(id) => {
                let now = self.now;
                if let Some(command) = self.command_mut(id) {
                    command.hear(now, heard);
                }
                self.run_exec(id);
            }
            Asker::Tool { caller, ticket, words } => {
                let printed =
                    words.split_first().and_then(|(name, rest)| Some((client(name)?.tell)(rest, ask, &heard))).unwrap_or_default();
                self.tool_ends(caller, ticket, printed.out, printed.err, printed.code);
            }
            Asker::Client(ticket) => {
                let response = match heard.end {
                    Ok(reply) => {
                        let headers = reply.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                        Response { code: reply.code, body: Body::Text(reply.body.to_string()), warnings: headers }
                    }
                    Err(failure) => failed(failure),
                };
                self.answers.push((ticket, response));
            }
        }
    }
}

fn failed(failure: Failure) -> Response {
    Response { code: 0, ..Response::text(failure.word()) }
}

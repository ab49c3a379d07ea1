//! How the world answers what a command on a server asks: names, downloads, images, API servers, health, files.
use super::balancer::BALANCER;
use super::fleet::{Asked, Command, Question, Reply};
use super::shims::sandbox_id;
use super::{seam, tokens, trust};
use crate::event::{Caller, Event};
use crate::world::World;
use ::hosts::UNWELL;
use ::hosts::outside::{Container, Page, Printed, Supervisor};
use ::hosts::pki::{Certificate, Refused};
use apiserver::client::Ticket;
use dataplane::images::Lookup;
use dataplane::network::dns::{self, Data, INTERNET, Kind, Zone};
use objects::wire::{Body, Request, Resource, Response, Target, Verb};
use objects::{Status, Text, kinds};
use simcore::{Duration, Time};
use std::sync::Arc;

/// How often a journal that somebody follows is looked at.
const FOLLOWS: Duration = Duration::secs(1);
/// How often health and files are looked at again.
const POLL: Duration = Duration::millis(500);
/// A name server that does not answer: two tries of five seconds (resolv.conf(5)).
const UNANSWERED: Duration = Duration::secs(10);
/// The kernel's answer for an address that nobody has: three ARP requests.
const NO_ROUTE: Duration = Duration::secs(3);
/// An answer that needs no disk.
const NEARBY: Duration = Duration::millis(2);
/// The runtime's list of containers.
const LISTING: Duration = Duration::millis(10);
/// From a process's start until its health check answers: a kube-apiserver as recorded; others within a poll.
const SERVING: Duration = Duration::millis(1_500);
const LISTENING: Duration = Duration::millis(400);
/// Bytes in a millisecond over a server's line of 100 Mbit/s.
const LINE: u64 = 12_500;
/// Until a registry has told what an image consists of.
const MANIFEST: Duration = Duration::millis(400);

/// Servers of the Internet that installations fetch from, besides those of the small zone.
const DOWNLOADS: &[&str] = &[
    "dl.k8s.io",
    "pkgs.k8s.io",
    "deb.debian.org",
    "download.docker.com",
    "get.k3s.io",
    "get.docker.com",
    "raw.githubusercontent.com",
    "docker.io",
    "ghcr.io",
    "quay.io",
];

/// Compressed sizes of Kubernetes' own images in MB, as registry.k8s.io has them for amd64.
const SIZES: &[(&str, u64)] = &[
    ("kube-apiserver", 28),
    ("kube-controller-manager", 23),
    ("kube-scheduler", 18),
    ("kube-proxy", 26),
    ("coredns", 23),
    ("etcd", 24),
    ("pause", 1),
];

impl World {
    /// Answers the question that a command stands at, now or by an event later.
    pub(super) fn answer_command(&mut self, id: u64) {
        let Some(command) = self.fleet.commands.get(&id).cloned() else { return };
        let (Some(asked), host) = (command.asked.clone(), command.host) else { return };
        // An event of an earlier question may come late; only what is polled is asked again.
        let polled =
            matches!(asked.question, Question::Wait { .. } | Question::WaitFile { .. } | Question::Journal(_)) || asked.kubectl.is_some();
        if self.now < asked.at || (asked.sent && !polled) {
            return;
        }
        self.alter_command(id, |command| command.asked.iter_mut().for_each(|asked| asked.sent = true));
        match &asked.question {
            Question::Begin => {
                self.show_containers(host);
                self.show_images(host);
                self.show_logs(host, &command.login.folder, &command.line);
                self.machine(host);
                self.show_links(host);
                self.show_network(host);
                let before = self.machine(host);
                self.alter_command(id, |command| (command.before, command.asked) = (before, None));
                self.run_command(id);
            }
            Question::Journal(known) => {
                self.show_journal(host);
                match self.machine(host).journal_lines() > *known {
                    true => self.tell_command(id, Reply::Done(Ok(()))),
                    false => self.queue.push(self.now + FOLLOWS, Event::Command(id)),
                }
            }
            Question::Reach => self.tell_command(id, Reply::Done(Ok(()))),
            Question::Lookup(name) => {
                let (found, took) = self.looked_up(host, name);
                self.tell_command_after(id, took, Reply::Names(found));
            }
            Question::Fetch(url) => {
                let (found, took) = self.fetched(host, url);
                self.tell_command_after(id, took, Reply::Text(found));
            }
            Question::Page(url) => {
                let (page, took) = self.page(host, url);
                self.tell_command_after(id, took, Reply::Page(page));
            }
            Question::Containers => {
                let all = self.containers_of(host);
                self.tell_command_after(id, LISTING, Reply::Containers(all));
            }
            Question::Supervisor(server) => {
                let (told, took) = self.supervisor(host, server);
                self.tell_command_after(id, took, Reply::Supervisor(told));
            }
            Question::Pull(image) => {
                let (done, took) = self.pulled(host, image);
                self.tell_command_after(id, took, Reply::Done(done));
            }
            Question::Api { server, request } => self.ask_server(id, host, server, request),
            Question::Wait { probe, within } => {
                let good = self.healthy(host, &probe.url);
                self.poll_command(id, &asked, *within, good);
            }
            Question::WaitFile { path, within } => {
                let missing = format!("open {path}: no such file or directory");
                let good = if self.machine(host).files.exists(path) { Ok(()) } else { Err(missing) };
                self.poll_command(id, &asked, *within, good);
            }
            Question::Etcd { endpoint, ask } => {
                let (endpoint, ask) = (endpoint.clone(), ask.clone());
                self.ask_etcd(id, host, &endpoint, &ask);
            }
            Question::Program(begun) if asked.kubectl.is_none() => self.begin_program(id, host, begun),
            Question::Program(_) => self.kubectl_due(id),
        }
    }

    fn poll_command(&mut self, id: u64, asked: &Asked, within: Duration, good: Result<(), String>) {
        let over = asked.at + within;
        if good.is_ok() || self.now >= over {
            // The request and its answer, on the same machine.
            let took = Duration::micros(1_000 + (self.now.0 / 7) % 997);
            self.tell_command_after(id, took, Reply::Done(good));
        } else {
            self.queue.push((self.now + POLL).min(over), Event::Command(id));
        }
    }

    /// An answer of an API server, or what a tool printed.
    pub(crate) fn command_reply(&mut self, id: u64, ticket: Ticket, response: Response) {
        let Some(command) = self.fleet.commands.get(&id) else { return };
        match command.asked.as_ref().map(|asked| (&asked.question, asked.kubectl.is_some())) {
            Some((_, true)) => self.kubectl_reply(id, ticket, response),
            Some((Question::Api { request, .. }, _)) if response.code == 404 && is_node_patch(request) && self.now < patience(command) => {
                // kubeadm asks again until the kubelet has registered its Node.
                self.alter_command(id, |command| command.asked.iter_mut().for_each(|asked| asked.sent = false));
                self.queue.push(self.now + POLL, Event::Command(id));
            }
            Some((Question::Api { server, request }, _)) => {
                let mut response = response;
                if matches!(&request.target, Target::Resource { name, .. } if name == "cluster-info") && response.is_ok() {
                    let info = tokens::signed(self.api.store.applied(), self.now, response.tree());
                    response.body = Body::Tree(info);
                }
                let words = unreached(&response, server.trim_start_matches("https://"));
                self.tell_command(id, Reply::Response(Box::new(words.map_or(Ok(response), Err))));
            }
            Some((Question::Etcd { endpoint, .. }, _)) => {
                let reply = self.etcd_said(command.host, endpoint, &printed(response));
                self.tell_command(id, reply);
            }
            Some((Question::Program(begun), _)) => {
                let printed = super::dialect::of_debian(&begun.words, printed(response));
                self.tell_command(id, Reply::Printed(Some(printed)));
            }
            _ => {}
        }
    }

    /// Sends a request of a command to the API server that it names.
    fn ask_server(&mut self, id: u64, host: usize, server: &str, request: &Request) {
        match self.server_at(host, server) {
            Ok(()) => {
                if let Some(response) = self.without_store(request) {
                    if let Some(target) = self.serving(host, server).filter(|_| response.code == 401) {
                        self.tells_stranger(target, "invalid bearer token");
                    }
                    return self.tell_command_after(id, NEARBY, Reply::Response(Box::new(Ok(response))));
                }
                if let Err(refused) = self.certified(host, server, &self.certificate_of(host, &request.user.name)) {
                    if let Some(target) = self.serving(host, server) {
                        self.tells_refusal(target, host, &refused);
                    }
                    let response = match &refused {
                        Refused::Client(why) => Err(why.clone()),
                        Refused::Server(_) => Ok(trust::turned_away(&refused)),
                    };
                    return self.tell_command_after(id, NEARBY, Reply::Response(Box::new(response)));
                }
                let mut request = request.clone();
                if tokens::is_granted(&request) {
                    request.user.groups.push(Text::new_static("system:masters"));
                }
                self.submit(Caller::Command(id), Ticket(0), &request);
            }
            Err((why, took)) => self.tell_command_after(id, took, Reply::Response(Box::new(Err(why)))),
        }
    }

    /// The host whose kube-apiserver an address leads to.
    fn serving(&self, host: usize, server: &str) -> Option<usize> {
        let address = server.trim_start_matches("https://").trim_end_matches('/');
        self.host_at(host, address.rsplit_once(':').map_or(address, |(name, _)| name))
    }

    /// Answers that do not depend on what the API keeps: to tokens that are not good, and about rights, which it has no kinds
    /// for.
    fn without_store(&self, request: &Request) -> Option<Response> {
        let id = request.user.name.strip_prefix("system:bootstrap:");
        if id.is_some_and(|id| !tokens::is_known(self.api.store.applied(), self.now, id)) {
            return Some(Response::from(Status::new(401, "Unauthorized", "Unauthorized")));
        }
        let Target::Resource { resource: Resource::Named { group, plural, .. }, .. } = &request.target else { return None };
        let rights = group == "rbac.authorization.k8s.io" && kinds::unserved(plural).is_some();
        rights.then(|| Response::ok(request.body.clone()))
    }

    /// Whether an API server answers a host at `https://address:port`; otherwise Go's words, and when they come.
    pub(super) fn server_at(&mut self, host: usize, server: &str) -> Result<(), (String, Duration)> {
        let address = server.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/').to_string();
        let (name, port) = address.rsplit_once(':').unwrap_or((&address, "443"));
        let Some(target) = self.host_at(host, name) else {
            // A load balancer with nobody behind it takes the connection and closes it.
            let (why, took) = if self.is_balancer(name) {
                ("EOF".to_string(), NEARBY)
            } else {
                (format!("dial tcp {address}: connect: no route to host"), NO_ROUTE)
            };
            return Err((why, took));
        };
        if target != host && self.passage(Some(host), Some(target)).is_none() {
            return Err((format!("dial tcp {address}: i/o timeout"), Duration::secs(10)));
        }
        if target != host && !seam::lets_in(&self.machine(target), port.parse().unwrap_or(0)) {
            return Err((format!("dial tcp {address}: i/o timeout"), Duration::secs(10)));
        }
        if port != "6443" || !self.serves(target) {
            return Err((format!("dial tcp {address}: connect: connection refused"), Duration::millis(1)));
        }
        Ok(())
    }

    /// Whether a command's connection to a kube-apiserver passes both ends' looks at certificates.
    pub(super) fn certified(&mut self, host: usize, server: &str, client: &Option<Certificate>) -> Result<(), Refused> {
        if self.fleet.right_clocks {
            return Ok(());
        }
        let address = server.split("://").last().unwrap_or("").trim_end_matches('/');
        let name = address.rsplit_once(':').map_or(address, |(name, _)| name);
        let Some(target) = self.host_at(host, name) else { return Ok(()) };
        let verdict = self.trusted(Some(host), target, client.as_ref());
        if let Err(Refused::Client(_)) = verdict {
            let address = self.hosts[host].address.clone();
            self.tells_handshake(target, &address);
        }
        verdict
    }

    /// The host behind an address or a name, as seen from a host.
    pub(super) fn host_at(&self, from: usize, name: &str) -> Option<usize> {
        if name == "localhost" || name.starts_with("127.") {
            return Some(from);
        }
        let own = self.fleet.machines.get(&from).and_then(|machine| machine.known_host(name));
        let name = own.as_deref().unwrap_or(name);
        if self.is_balancer(name) {
            // The load balancer's address leads to a kube-apiserver that it offers.
            let offered = self.apiservers.iter().find(|server| server.offered && server.host == from);
            return offered.or(self.apiservers.iter().find(|server| server.offered)).map(|server| server.host);
        }
        self.hosts.iter().position(|host| host.address == name || host.name == name)
    }

    fn looked_up(&mut self, host: usize, name: &str) -> (Result<Vec<Text>, String>, Duration) {
        let machine = self.machine(host);
        let server = machine.dns.clone();
        if !self.is_up(host) {
            return (Err(format!("lookup {name} on {server}:53: read udp {}:53: i/o timeout", machine.address())), UNANSWERED);
        }
        let took = Duration::millis(12);
        if let Some(found) = self.hosts.iter().find(|other| other.name == name) {
            return (Ok(vec![found.address.clone()]), took);
        }
        if let Some(balancer) = self.fleet.balancer.clone().filter(|_| name == BALANCER) {
            return (Ok(vec![balancer]), took);
        }
        match address_of(name) {
            Some(address) => (Ok(vec![address]), took),
            None => (Err(format!("lookup {name} on {server}:53: no such host")), took),
        }
    }

    fn fetched(&mut self, host: usize, url: &str) -> (Result<String, String>, Duration) {
        let name = url.split("://").nth(1).unwrap_or(url).split('/').next().unwrap_or("");
        let (found, took) = self.looked_up(host, name);
        if let Err(why) = found {
            return (Err(format!("dial tcp: {why}")), took);
        }
        let label = url.strip_prefix("https://dl.k8s.io/release/").and_then(|rest| rest.strip_suffix(".txt"));
        let text = label.map(::hosts::machine::packages::newest).unwrap_or_default();
        (Ok(text), took + Duration::millis(180))
    }

    pub(super) fn pulled(&mut self, host: usize, image: &str) -> (Result<(), String>, Duration) {
        let registry = image.split('/').next().filter(|name| name.contains('.')).unwrap_or("docker.io");
        if let (Err(why), took) = self.looked_up(host, registry) {
            let words =
                format!("failed to pull and unpack image \"{image}\": failed to resolve image: failed to do request: dial tcp: {why}");
            return (Err(words), took);
        }
        let words = format!("failed to pull and unpack image \"{image}\": ");
        match self.fleet.catalog.lookup(image) {
            Lookup::Refused(why) | Lookup::Malformed(why) => (Err(format!("{words}{why}")), MANIFEST),
            Lookup::Found(found) => {
                let bare = image.rsplit('/').next().unwrap_or("").split(':').next().unwrap_or("");
                let bytes = SIZES.iter().find(|(name, _)| *name == bare).map_or(found.size_bytes, |(_, mb)| mb * 1_000_000);
                (Ok(()), MANIFEST + Duration::millis(bytes / LINE))
            }
        }
    }

    /// Whether the component behind a health URL is well; otherwise the words of Go's client.
    fn healthy(&mut self, host: usize, url: &str) -> Result<(), String> {
        let address = url.split("://").nth(1).unwrap_or("").split('/').next().unwrap_or("").to_string();
        let (name, port) = address.rsplit_once(':').unwrap_or((&address, "443"));
        let refused = format!("Get \"{url}\": dial tcp {address}: connect: connection refused");
        let number: u16 = port.parse().unwrap_or(0);
        if port == "6443" {
            self.server_at(host, &address).map_err(|(why, _)| format!("Get \"{url}\": {why}"))?;
        }
        let Some(at) = self.host_at(host, name) else { return Err(refused) };
        if at != host && self.passage(Some(host), Some(at)).is_none() {
            return Err(format!("Get \"{url}\": dial tcp {address}: i/o timeout"));
        }
        let (machine, now) = (self.machine(at), self.now);
        let since = |pid: u32| machine.processes.iter().find(|one| one.pid == pid).map_or(self.power_on, |one| one.since);
        let open = machine.sockets.iter().find(|socket| socket.port == number).map(|socket| since(socket.pid));
        let ready = if port == "6443" { SERVING } else { LISTENING };
        if open.is_none_or(|since| since + ready > now) {
            return Err(refused);
        }
        let path = url.split("://").nth(1).and_then(|rest| rest.split_once('/')).map_or("", |(_, path)| path);
        self.unwell(at, port, path).map_or(Ok(()), Err)
    }

    /// What a component answers that has lost its etcd, or its leader. kubeadm, which asks for /livez, goes on waiting by itself.
    fn unwell(&self, host: usize, port: &str, path: &str) -> Option<String> {
        let place = self.members_on(host).into_iter().last()?;
        let member = &self.etcd.nodes[place];
        if member.process.is_running() && member.has_leader() {
            return None;
        }
        let failed = match (port, path) {
            ("2381", "health") => "503\n{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}".to_string(),
            ("2381", "readyz") => {
                let failed = "[-]linearizable_read failed: etcdserver: request timed out";
                format!("503\n[+]data_corruption ok\n[+]serializable_read ok\n{failed}\n[+]non_learner ok\n")
            }
            ("6443", "healthz" | "readyz") => format!("500\n{}{{path}} check failed\n", apiserver::failed_checks(path)),
            _ => return None,
        };
        Some(format!("{UNWELL}{failed}"))
    }

    /// A page of the Internet, and how long it takes to come.
    fn page(&mut self, host: usize, url: &str) -> (Result<Page, String>, Duration) {
        let name = url.split("://").nth(1).unwrap_or(url).split(['/', ':']).next().unwrap_or("");
        match ::hosts::web::page(url) {
            Some(page) if self.is_up(host) => {
                let took = Duration::millis(180 + page.bytes / LINE);
                (Ok(page), took)
            }
            _ => {
                let (found, took) = self.looked_up(host, name);
                (found.map(|_| Page::missing()).map_err(|why| format!("dial tcp: {why}")), took)
            }
        }
    }

    /// The K3s server behind `https://host:port`, as it answers a node that joins.
    fn supervisor(&mut self, host: usize, server: &str) -> (Result<Arc<Supervisor>, String>, Duration) {
        let address = server.trim_start_matches("https://");
        let (name, port) = address.rsplit_once(':').unwrap_or((address, "6443"));
        let Some(target) = self.host_at(host, name) else {
            return (Err(format!("dial tcp {address}: connect: no route to host")), NO_ROUTE);
        };
        let machine = self.machine(target);
        let open = machine.port_taken(port.parse().unwrap_or(0));
        if target != host && (self.passage(Some(host), Some(target)).is_none() || !seam::lets_in(&machine, port.parse().unwrap_or(0))) {
            return (Err(format!("dial tcp {address}: i/o timeout")), Duration::secs(10));
        }
        match ::hosts::k3s::supervisor(&machine).filter(|_| open) {
            Some(told) => (Ok(told), NEARBY),
            None => (Err(format!("dial tcp {address}: connect: connection refused")), Duration::millis(1)),
        }
    }

    /// What the runtime of a host tells of its containers.
    fn containers_of(&self, host: usize) -> Vec<Container> {
        let Some(kubelet) = self.kubelet_of(host) else { return Vec::new() };
        let pid = |uid: &Text, found: &str, name: &str| {
            let part = || self.fleet.machines.get(&host)?.process(name).map(|process| process.pid);
            self.pid_of(host, uid, found).or_else(part).unwrap_or_default()
        };
        let mut all = Vec::new();
        for (uid, sandbox) in kubelet.sandboxes() {
            for slot in &sandbox.slots {
                let Some(found) = &slot.current else { continue };
                all.push(Container {
                    id: found.id.clone(),
                    name: slot.name.clone(),
                    image: found.image.clone(),
                    sandbox: Text::from(sandbox_id(uid)),
                    pod: sandbox.name.clone(),
                    namespace: sandbox.namespace.clone(),
                    running: found.is_running(),
                    created: found.state.since(),
                    attempt: found.attempt,
                    pid: pid(uid, &found.id, &slot.name),
                    log: Text::from(found.log.since(0).map(|line| line.text.as_str()).collect::<String>()),
                });
            }
        }
        all
    }
}

fn is_node_patch(request: &Request) -> bool {
    matches!(request.verb, Verb::Patch(_))
        && matches!(&request.target, Target::Resource { resource: Resource::Named { plural, .. }, .. } if plural == "nodes")
}

/// How long kubeadm goes on asking (`kubernetesAPICall`).
fn patience(command: &Command) -> Time {
    command.asked.as_ref().map_or(Time::default(), |asked| asked.at) + Duration::mins(1)
}

/// What a tool printed, out of the answer that carries it.
fn printed(response: Response) -> Printed {
    let mut beside = response.warnings.into_iter();
    let code = beside.next().and_then(|code| code.parse::<i32>().ok()).unwrap_or(0);
    let stdout = if let Body::Text(text) = response.body { text } else { String::new() };
    Printed { stdout, stderr: beside.next().unwrap_or_default(), code: code.clamp(0, 255) as u8 }
}

/// Go's words where no answer came (code 0).
fn unreached(response: &Response, address: &str) -> Option<String> {
    if response.code != 0 {
        return None;
    }
    let lost = matches!(&response.body, Body::Text(text) if text.starts_with("lost"));
    let why = if lost { "i/o timeout" } else { "connect: connection refused" };
    Some(format!("dial tcp {address}: {why}"))
}

/// The address of a server of the Internet.
fn address_of(name: &str) -> Option<Text> {
    let at = DOWNLOADS.iter().position(|known| *known == name);
    let zone = || {
        let answer = Zone::parse(INTERNET).ok()?.answer(&dns::Question::new(name, Kind::A));
        answer.answer.iter().find_map(|record| match &record.data {
            Data::Address(address) => Some(Text::from(address.to_string())),
            _ => None,
        })
    };
    at.map(|at| Text::from(format!("203.0.113.{}", 100 + at))).or_else(zone)
}

//! The way of one connection, decided at once: name, Service rules, links, policies, the listening container.
use crate::traffic::fabric::{Client, End, Place, ip, name_server, number};
use crate::world::World;
use dataplane::network::{Ask, CONNECT_MAX, Failure, NEIGHBOUR, Origin, Packet, Plugin, Protocol, Rules, Verdict, What};
use objects::Text;
use simcore::Duration;
use std::net::IpAddr;
use std::sync::Arc;

/// 127.0.0.1
const LOOPBACK: u32 = 0x7f00_0001;
/// A server outside, in place of a process's name.
pub(super) const INTERNET: &str = "internet";
/// No host.
pub const NOWHERE: u16 = u16::MAX;

/// What was decided on the way, small enough to be kept for every request.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Steps {
    /// How long the name took; zero for an address.
    pub named: Duration,
    /// What the client dialled; address 0 where the name gave none.
    pub dialled: (u32, u16),
    /// The host whose Service rules saw the packet, and what they did.
    pub rules_host: u16,
    pub verdict: Verdict,
    /// The other end.
    pub reached: (u32, u16),
    pub server_host: u16,
    /// Where packets were too long for the way: the longest, and the longest that arrives (bytes); 0 where all fitted.
    pub too_long: (u16, u16),
}

impl Default for Steps {
    fn default() -> Steps {
        let (named, nothing) = (Duration::ZERO, (0, 0));
        Steps {
            named,
            dialled: nothing,
            rules_host: NOWHERE,
            verdict: Verdict::Pass,
            reached: nothing,
            server_host: NOWHERE,
            too_long: (0, 0),
        }
    }
}

/// Who listens at the other end.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Server {
    pub host: usize,
    /// Empty for a process of the host itself.
    pub uid: Text,
    /// The container's runtime id, or the process's name.
    pub id: Text,
}

/// The whole way: how long until the request arrives, or until the client knows that it does not.
pub(crate) struct Walk {
    pub steps: Steps,
    /// The rules that decided.
    pub rules: Option<Arc<Rules>>,
    pub took: Duration,
    pub end: Result<Server, Failure>,
}

impl World {
    /// Walks from a client to whoever listens where it wants to go.
    pub(crate) fn walk(&mut self, client: &Client, ask: &Ask) -> Walk {
        self.forget_policies();
        let mut steps = Steps::default();
        let (took, end) = match self.dial(client, ask, &mut steps) {
            Ok((took, server)) => (steps.named + took, Ok(server)),
            Err(failure) => (steps.named + patience(failure, ask), Err(failure)),
        };
        let rules = if steps.rules_host == NOWHERE { None } else { self.ruleset(steps.rules_host as usize) };
        let limit = ask.connect_limit.min(ask.limit);
        if took >= limit {
            // A slow way counts as lost when nobody waits for its end.
            return Walk {
                steps,
                rules,
                took: limit,
                end: Err(end.err().filter(|found| *found != Failure::Unreachable).unwrap_or(Failure::Lost)),
            };
        }
        Walk { steps, rules, took, end }
    }

    fn dial(&mut self, client: &Client, ask: &Ask, steps: &mut Steps) -> Result<(Duration, Server), Failure> {
        let named = if ask.via.is_empty() { &ask.url.host } else { &ask.via };
        let (host, port) = (named.as_str(), ask.url.port);
        if host == "localhost" || host.starts_with("127.") {
            return self.dial_itself(client, port, ask, steps);
        }
        let address = match number(host) {
            Some(address) => address,
            None => {
                let named = self.resolve(client, host);
                steps.named = named.took;
                named.end?
            }
        };
        steps.dialled = (address, port);
        let mut entry = self.entry(client, address)?;
        let mut first = self.passage(client.host(), Some(entry)).ok_or(Failure::Lost)?;
        let source = self.address_of_client(client);
        let packet = Packet { source: ip(source), destination: ip(address), port, protocol: Protocol::Tcp };
        steps.rules_host = entry as u16;
        // Service rules are about ports: an echo has none.
        steps.verdict = if ask.what == What::Echo { Verdict::Pass } else { self.rules(entry, &packet, client.origin()) };
        // What the own node lets pass to another node's address meets that node's rules, as from outside: node ports.
        let beyond = match self.place(address) {
            Place::Node(other) => Some(other),
            // A load balancer's address that the own node has no rule for is asked for on the hosts' network.
            Place::Elsewhere => self.announcer(address),
            _ => None,
        };
        if let (Verdict::Pass, Some(other)) = (steps.verdict, beyond)
            && other != entry
            && ask.what != What::Echo
        {
            steps.reached = (address, port);
            self.leaves(source, Protocol::Tcp, steps)?;
            first = first + self.passage(Some(entry), Some(other)).ok_or(Failure::Lost)?;
            // On its way out of its node a Pod's packet was given the node's address.
            let packet = Packet { source: ip(self.hosts[entry].number), ..packet };
            steps.verdict = self.rules(other, &packet, Origin::Outside);
            steps.rules_host = other as u16;
            entry = other;
        }
        steps.reached = match steps.verdict {
            Verdict::Forward { address: IpAddr::V4(address), port, .. } => (address.into(), port),
            Verdict::Forward { .. } => return Err(Failure::Lost),
            Verdict::Pass => (address, port),
            Verdict::Refused { .. } => return Err(Failure::NoEndpoints),
            Verdict::Dropped { .. } => return Err(Failure::Lost),
        };
        // In ipvs mode Service addresses are the node's own.
        if ask.what == What::Echo && self.ruleset(entry).is_some_and(|rules| rules.binds(address.into())) {
            steps.server_host = entry as u16;
            return Ok((first.times(2), Server { host: entry, uid: Text::default(), id: Text::default() }));
        }
        // Policies see the source that the rules left on the packet.
        let source = self.source_behind(steps, source);
        let (target, server) = self.arrive(client, entry, source, ask, steps)?;
        let second = self.passage(Some(entry), Some(target)).ok_or(Failure::Lost)?;
        let second = if target == entry && client.host() == Some(entry) { Duration::ZERO } else { second };
        // There and back to open the connection, and there once more with the request.
        Ok(((first + second).times(3), server))
    }

    /// The source of a packet behind the Service rules: the node's own where they masquerade.
    pub(crate) fn source_behind(&self, steps: &Steps, source: u32) -> u32 {
        match steps.verdict {
            Verdict::Forward { masqueraded: true, .. } => self.hosts.get(steps.rules_host as usize).map_or(source, |host| host.number),
            _ => source,
        }
    }

    /// The host whose rules a packet meets first.
    fn entry(&self, client: &Client, address: u32) -> Result<usize, Failure> {
        match client {
            Client::Pod { host, .. } | Client::OnHost { host, .. } | Client::Node(host) => Ok(*host),
            // The hosts' network has no routes to Pods and Services.
            Client::Outside(_) => match self.place(address) {
                Place::Node(host) => Ok(host),
                Place::Elsewhere if self.announcer(address).is_none() && self.hosts.iter().any(|host| near(host.number, address)) => {
                    Err(Failure::Unreachable)
                }
                _ => self.announcer(address).ok_or(Failure::Lost),
            },
        }
    }

    /// Which host answers for a load balancer's address on the hosts' network: one that passes the Service's health check,
    /// where one does.
    fn announcer(&self, address: u32) -> Option<usize> {
        self.balanced.get(&address)?;
        let mut up = (0..self.hosts.len()).filter(|host| self.takes_requests(*host));
        let fit = |host: &usize| self.ruleset(*host).is_none_or(|rules| rules.takes_for(address.into()));
        up.clone().find(fit).or_else(|| up.next())
    }

    /// Whether what stands in front of the cluster sends requests to a host: it is a worker, it is there, and since it got
    /// power kube-proxy has written its rules.
    pub(crate) fn takes_requests(&self, place: usize) -> bool {
        let host = &self.hosts[place];
        let worker = self.hosts.len() == 1 || !host.control_plane;
        host.powered && host.connected && worker && self.proxy_of(place).is_none_or(|proxy| !proxy.kernel.rules.is_empty())
    }

    /// From the entry host to the container that listens. Gives its host, too.
    fn arrive(&mut self, client: &Client, entry: usize, source: u32, ask: &Ask, steps: &mut Steps) -> Result<(usize, Server), Failure> {
        let protocol = if ask.what == What::Echo { Protocol::Icmp } else { Protocol::Tcp };
        let (address, port) = steps.reached;
        match self.place(address) {
            Place::Pod { host, uid } => {
                steps.server_host = host as u16;
                if self.passage(Some(entry), Some(host)).is_none() {
                    return Err(Failure::Lost);
                }
                self.leaves(source, protocol, steps)?;
                if ask.what == What::Echo {
                    self.echoes(client, self.end(host, &uid), ask, steps)?;
                    return Ok((host, Server { host, uid, id: Text::default() }));
                }
                self.listener(host, &uid, port).map(|server| (host, server)).ok_or(Failure::Refused)
            }
            Place::Nobody { host } => {
                steps.server_host = host as u16;
                self.leaves(source, protocol, steps)?;
                // A bridge asks for the address and tells that nobody has it; Calico's route for the rest of the range is a hole.
                let asks = self.hosts[host].powered && self.plugin(host) != Plugin::Calico;
                Err(if asks { Failure::Unreachable } else { Failure::Lost })
            }
            Place::Node(host) => {
                steps.server_host = host as u16;
                if self.passage(client.host(), Some(host)).is_none() {
                    return Err(Failure::Lost);
                }
                if ask.what != What::Echo
                    && let Some(behind) = self.host_port(host, port, false)
                {
                    return self.by_host_port(client, host, source, behind, ask, steps);
                }
                self.leaves(source, protocol, steps)?;
                let process = Server { host, uid: Text::default(), id: Text::default() };
                if ask.what == What::Echo {
                    self.echoes(client, self.end(host, ""), ask, steps)?;
                    return Ok((host, process));
                }
                self.on_node(host, port, false).map(|server| (host, server)).ok_or(Failure::Refused)
            }
            Place::Elsewhere => {
                self.leaves(source, protocol, steps)?;
                if self.passage(Some(entry), None).is_none() {
                    return Err(Failure::Lost);
                }
                let own = self.hosts[entry].number;
                if near(own, address) {
                    // The machine that knows names is there, and listens nowhere else.
                    return Err(if address == name_server(own) { Failure::Refused } else { Failure::Unreachable });
                }
                let (uid, id) = (Text::default(), Text::new_static(INTERNET));
                let serves = matches!(port, 80 | 443) || ask.what == What::Echo;
                if serves && self.is_internet(address) { Ok((entry, Server { host: entry, uid, id })) } else { Err(Failure::Lost) }
            }
        }
    }

    /// The Pod that a port of a node leads to, as its address and port.
    fn host_port(&self, host: usize, port: u16, loopback: bool) -> Option<(u32, u16)> {
        let (sandbox, port) = self.kubelet_of(host)?.host_port(port, loopback)?;
        Some((number(&sandbox.ip)?, port))
    }

    /// On to the Pod behind a node's port. Its own packets, and those from the node's loopback, get the node's address.
    fn by_host_port(
        &mut self,
        client: &Client,
        host: usize,
        source: u32,
        behind: (u32, u16),
        ask: &Ask,
        steps: &mut Steps,
    ) -> Result<(usize, Server), Failure> {
        // Packets to the node leave their own node first.
        self.leaves(source, Protocol::Tcp, steps)?;
        steps.reached = behind;
        let source = if source == behind.0 || source >> 24 == 127 { self.hosts[host].number } else { source };
        self.arrive(client, host, source, ask, steps)
    }

    /// Whether echoes of this length arrive.
    fn echoes(&self, client: &Client, to: End, ask: &Ask, steps: &mut Steps) -> Result<(), Failure> {
        let from = match client {
            Client::Outside(_) => return Ok(()),
            Client::Node(host) | Client::OnHost { host, .. } => self.end(*host, ""),
            Client::Pod { host, uid, .. } => self.end(*host, uid),
        };
        // An ICMP header is 12 bytes shorter than TCP's.
        let bytes = u64::from(ask.size.saturating_sub(12));
        let Some((longest, limit)) = self.too_long(from, to, to.pod.is_some(), bytes) else { return Ok(()) };
        steps.too_long = (longest as u16, limit as u16);
        Err(Failure::Lost)
    }

    /// Whether the policies of both ends let a packet go where it leads.
    fn leaves(&self, source: u32, protocol: Protocol, steps: &Steps) -> Result<(), Failure> {
        let (address, port) = steps.reached;
        let packet = Packet { source: ip(source), destination: ip(address), port, protocol };
        if self.allowed(source, address, &packet) { Ok(()) } else { Err(Failure::Denied) }
    }

    fn dial_itself(&mut self, client: &Client, port: u16, ask: &Ask, steps: &mut Steps) -> Result<(Duration, Server), Failure> {
        steps.dialled = (LOOPBACK, port);
        steps.reached = steps.dialled;
        let server = match client {
            Client::Pod { host, uid, .. } => self.listener(*host, uid, port),
            Client::Node(host) | Client::OnHost { host, .. } if ask.what != What::Echo => {
                let host = *host;
                // The node's rules see what goes to its loopback, too.
                let packet = Packet { source: ip(LOOPBACK), destination: ip(LOOPBACK), port, protocol: Protocol::Tcp };
                let verdict = self.rules(host, &packet, Origin::Node);
                let behind = match verdict {
                    Verdict::Forward { address: IpAddr::V4(address), port, .. } => Some((address.into(), port)),
                    Verdict::Forward { .. } | Verdict::Pass => self.host_port(host, port, true),
                    Verdict::Refused { .. } => return Err(Failure::NoEndpoints),
                    Verdict::Dropped { .. } => return Err(Failure::Lost),
                };
                if let Some(behind) = behind {
                    (steps.rules_host, steps.verdict, steps.reached) = (host as u16, verdict, behind);
                    let own = self.hosts[host].number;
                    let (target, server) = self.arrive(client, host, own, ask, steps)?;
                    let way = self.passage(Some(host), Some(target)).ok_or(Failure::Lost)?;
                    return Ok((way.times(3), server));
                }
                self.on_node(host, port, true)
            }
            Client::Node(host) | Client::OnHost { host, .. } => self.on_node(*host, port, true),
            Client::Outside(_) => {
                let forward = self.traffic.forwards.iter().find(|forward| forward.local == port).cloned();
                forward.and_then(|forward| {
                    steps.server_host = forward.host as u16;
                    steps.reached.1 = forward.port;
                    self.listener(forward.host, &forward.uid, forward.port)
                })
            }
        };
        let server =
            if ask.what == What::Echo { server.or(Some(Server { host: 0, uid: Text::default(), id: Text::default() })) } else { server };
        Ok((Duration::micros(60), server.ok_or(Failure::Refused)?))
    }

    /// The container of a Pod that listens on a port.
    fn listener(&self, host: usize, uid: &Text, port: u16) -> Option<Server> {
        let sandbox = self.kubelet_of(host)?.sandbox(uid)?;
        let container = sandbox.containers().find(|container| container.listens(self.now, port))?;
        Some(Server { host, uid: uid.clone(), id: container.id.clone() })
    }

    /// A Pod of the host's network, or one of the host's own processes.
    fn on_node(&self, host: usize, port: u16, loopback: bool) -> Option<Server> {
        let kubelet = self.kubelet_of(host)?;
        let process = match port {
            _ if port == self.api_port() && self.serves(host) => "kube-apiserver",
            10250 if kubelet.is_running() => "kubelet",
            // kube-proxy serves its metrics and its mode on 127.0.0.1 alone.
            10_249 if !loopback => "",
            _ if self.proxy_of(host).is_some_and(|proxy| proxy.answer(port, "/", self.now).is_some()) => "kube-proxy",
            _ => "",
        };
        if !process.is_empty() {
            return Some(Server { host, uid: Text::default(), id: Text::new_static(process) });
        }
        let mut pods = kubelet.on_host();
        pods.find_map(|(uid, sandbox)| {
            let served = |container: &&dataplane::runtime::Container| container.program().is_some() && container.listens(self.now, port);
            let container = sandbox.containers().find(served)?;
            Some(Server { host, uid: uid.clone(), id: container.id.clone() })
        })
    }
}

/// Whether two machines stand on one network: neighbours are asked for by ARP.
fn near(one: u32, other: u32) -> bool {
    one >> 8 == other >> 8
}

/// How long it takes until a client knows of a failure.
fn patience(failure: Failure, ask: &Ask) -> Duration {
    match failure {
        Failure::NoEndpoints | Failure::Refused => Duration::micros(400),
        Failure::Unreachable => NEIGHBOUR,
        Failure::Denied | Failure::Lost | Failure::Timeout => ask.connect_limit.min(CONNECT_MAX),
        _ => Duration::ZERO,
    }
}

impl Client {
    /// Where it enters the rules of its node.
    pub(crate) fn origin(&self) -> Origin {
        match self {
            Client::Outside(_) => Origin::Outside,
            Client::Node(_) | Client::OnHost { .. } => Origin::Node,
            Client::Pod { .. } => Origin::Pod,
        }
    }

    pub(crate) fn host(&self) -> Option<usize> {
        match self {
            Client::Outside(_) => None,
            Client::Node(host) | Client::OnHost { host, .. } | Client::Pod { host, .. } => Some(*host),
        }
    }
}

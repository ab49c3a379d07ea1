//! Names: a client's resolver sends its questions as packets, and CoreDNS in its Pod answers them.
use crate::part::{Actor, Part};
use crate::traffic::fabric::{Client, Place, ip, name_server, number};
use crate::world::World;
use dataplane::network::dns::{self, Answer, Data, Family, Found, Kind, Question, Record, ResolvConf, internet, plain};
use dataplane::network::{Affinity, Failure, Packet, Protocol, Reply, Verdict};
use dataplane::runtime::Sandbox;
use objects::Text;
use simcore::Duration;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// A name's addresses, and how long it took to find them.
pub(crate) struct Named {
    pub end: Result<u32, Failure>,
    pub took: Duration,
}

/// How often a question is handed on at most.
const FORWARDS: u32 = 4;
/// How long the `forward` plugin waits for a name server that does not answer.
const FORWARD_TIMEOUT: Duration = Duration::secs(2);

impl World {
    /// What a name means to a client.
    pub(crate) fn resolve(&mut self, client: &Client, name: &str) -> Named {
        if let Some(address) = self.known(client, name) {
            return Named { end: Ok(address), took: Duration::micros(20) };
        }
        let Some(conf) = self.resolv_of(client) else {
            // Machines outside and the hosts know each other's names and the Internet's, and nothing of the cluster's.
            let took = Duration::micros(self.net().rng.between(500, 1_500));
            let end = self.hosts.iter().find(|host| host.name == name).map(|host| host.number);
            let outside = || if client.host().is_some() { outside_address(name) } else { None };
            return Named { end: end.or_else(outside).ok_or(Failure::NoName), took };
        };
        let lookup = dns::resolve(&conf, name, Family::V4, &mut |server, question, at| self.carry_question(client, server, question, at));
        let end = match &lookup.result {
            Found::Addresses { .. } => {
                let four = lookup.addresses().iter().find_map(|address| if let IpAddr::V4(four) = address { Some(*four) } else { None });
                four.map(u32::from).ok_or(Failure::NoName)
            }
            Found::NotFound => Err(Failure::NoName),
            Found::TryAgain => Err(Failure::NameServer),
        };
        Named { end, took: lookup.elapsed }
    }

    /// Runs `nslookup` and its like. The answer holds what it printed.
    pub(crate) fn lookup_tool(&mut self, client: &Client, words: &[Text]) -> (Reply, Duration) {
        let hosts_own = || {
            let host = self.hosts[client.host().unwrap_or(0)].number;
            Arc::new(ResolvConf { servers: vec![Text::from(ip(name_server(host)).to_string())], ..ResolvConf::default() })
        };
        let (now, conf) = (self.now, self.resolv_of(client).unwrap_or_else(hosts_own));
        let Some((name, rest)) = words.split_first() else { return (told(String::new(), String::new(), 127), Duration::ZERO) };
        if let Some(line) = self.own_entry(client, name, rest) {
            return (told(line, String::new(), 0), Duration::ZERO);
        }
        let said = dns::tools::run(name, rest, &conf, now, &mut |server, question, at| self.carry_question(client, server, question, at));
        match said {
            Some(said) => (told(said.out, said.err, said.code), said.took),
            None => (told(String::new(), format!("sh: {name}: not found\n"), 127), Duration::ZERO),
        }
    }

    /// A Pod's resolv.conf. `None` for machines that ask no name server of the cluster.
    pub(crate) fn resolv_of(&self, client: &Client) -> Option<Arc<ResolvConf>> {
        Some(self.sandbox_of(client)?.resolv.clone())
    }

    fn sandbox_of(&self, client: &Client) -> Option<&Sandbox> {
        let (Client::Pod { host, uid, .. } | Client::OnHost { host, uid }) = client else { return None };
        self.kubelet_of(*host)?.sandbox(uid)
    }

    /// What `getent` finds in a Pod's own /etc/hosts; the other tools ask name servers only.
    fn own_entry(&self, client: &Client, tool: &str, words: &[Text]) -> Option<String> {
        let [database, name] = words else { return None };
        let of_hosts = tool == "getent" && matches!(database.as_str(), "hosts" | "ahosts" | "ahostsv4");
        let sandbox = self.sandbox_of(client).filter(|_| of_hosts)?;
        let line = sandbox.hosts_file().lines().find(|line| line.split_whitespace().skip(1).any(|word| word == name))?.to_string();
        let (address, names) = line.split_once('\t')?;
        (!line.starts_with('#')).then(|| format!("{address:<15} {}\n", names.replace('\t', " ")))
    }

    /// What a Pod's own /etc/hosts says.
    fn known(&self, client: &Client, name: &str) -> Option<u32> {
        number(self.sandbox_of(client)?.known(name)?)
    }

    /// What the name server of the hosts' network says: it knows the hosts, and asks the Internet for the rest. `None` where
    /// an address is no name server.
    fn outside_answer(&self, server: u32, question: &Question) -> Option<Answer> {
        let serves = self.hosts.iter().any(|host| name_server(host.number) == server);
        self.host_answer(server, question).or_else(|| serves.then(|| internet().answer(question)))
    }

    /// The same for the name of a host.
    fn host_answer(&self, server: u32, question: &Question) -> Option<Answer> {
        let name = plain(&question.name);
        if name.contains('.') {
            return None;
        }
        let host = self.hosts.iter().find(|host| host.name == name && name_server(host.number) == server)?;
        let record = Record::new(question.name.clone(), 60, Data::Address(ip(host.number)));
        Some(Answer { answer: if question.kind == Kind::A { vec![record] } else { Vec::new() }, ..Answer::default() })
    }

    /// One question as a packet: through the node's rules, policies and links to whoever serves names there.
    pub(crate) fn carry_question(&mut self, client: &Client, server: IpAddr, question: &Question, at: Duration) -> dns::Reply {
        self.carry_question_on(client, server, question, at, FORWARDS)
    }

    /// `left` says how often it may still be handed on from one name server of the cluster to another.
    fn carry_question_on(&mut self, client: &Client, server: IpAddr, question: &Question, at: Duration, left: u32) -> dns::Reply {
        let (IpAddr::V4(wanted), Some(entry)) = (server, client.host()) else { return dns::Reply::Lost };
        let source = self.address_of_client(client);
        let packet = Packet { source: ip(source), destination: server, port: 53, protocol: Protocol::Udp };
        let (address, port) = match self.rules(entry, &packet, client.origin()) {
            Verdict::Forward { address: IpAddr::V4(address), port, .. } => (u32::from(address), port),
            Verdict::Pass => (u32::from(wanted), 53),
            Verdict::Refused { .. } => return dns::Reply::Refused,
            _ => return dns::Reply::Lost,
        };
        let packet = Packet { destination: ip(address), port, ..packet };
        let (host, uid) = match self.place(address) {
            Place::Pod { host, uid } => (host, uid),
            Place::Node(host) => {
                let serves = |part: &&Arc<Part>| part.running && part.host == host && matches!(part.actor, Actor::CoreDns(_));
                let on_host = |part: &Part| self.end(host, &part.pod).pod.is_none();
                match self.parts.iter().filter(serves).find(|part| on_host(part)) {
                    Some(part) => (host, part.pod.clone()),
                    None => return dns::Reply::Refused,
                }
            }
            Place::Elsewhere if port == 53 && self.hosts[entry].connected && self.allowed(source, address, &packet) => {
                let took = Duration::micros(self.net().rng.between(900, 4_000));
                let answer = self.outside_answer(address, question);
                return answer.map_or(dns::Reply::Lost, |answer| dns::Reply::Answer(answer, took));
            }
            _ => return dns::Reply::Lost,
        };
        let Some(there) = self.passage(Some(entry), Some(host)).filter(|_| self.allowed(source, address, &packet)) else {
            return dns::Reply::Lost;
        };
        let now = self.now + at;
        let living = |part: &crate::part::Part| part.running && part.host == host && part.pod == uid;
        let Some(id) = self.parts.iter().position(|part| living(part)) else { return dns::Reply::Refused };
        let Actor::CoreDns(server) = &self.parts[id].actor else { return dns::Reply::Refused };
        let onward = server.forwards_to(question);
        let itself = Client::Pod { host, uid, address };
        let (mut known, mut spent) = (Vec::new(), Duration::ZERO);
        for to in onward {
            // The name server of the hosts' network knows the hosts, too.
            if let Some(answer) = number(&to).and_then(|server| self.host_answer(server, question)) {
                known.push((to, Some(answer)));
                break;
            }
            let Some(next) = self.inside(&itself, &to).filter(|_| left > 0) else { continue };
            let answer = match self.carry_question_on(&itself, next, question, at + spent, left - 1) {
                dns::Reply::Answer(answer, took) => {
                    spent = spent + took;
                    Some(answer)
                }
                dns::Reply::Refused => None,
                dns::Reply::Lost => {
                    spent = spent + FORWARD_TIMEOUT;
                    None
                }
            };
            let reached = answer.is_some();
            known.push((to, answer));
            if reached {
                break;
            }
        }
        let Actor::CoreDns(server) = &mut Arc::make_mut(&mut self.parts[id]).actor else { return dns::Reply::Refused };
        // A port for a short time, as kernels give them.
        let from = SocketAddr::new(packet.source, (32_768 + now.0 % 28_232) as u16);
        let reply = server.ask_through(now, Some(from), question, &known);
        if server.has_log() {
            self.component_told(id);
        }
        match reply {
            dns::Reply::Answer(answer, took) => dns::Reply::Answer(answer, took + spent + there.times(2)),
            other => other,
        }
    }

    /// The address of a name server that stands in the cluster: a Service's, a Pod's or a node's.
    fn inside(&self, client: &Client, name: &str) -> Option<IpAddr> {
        let address = name.strip_suffix(":53").unwrap_or(name).parse().ok()?;
        let IpAddr::V4(four) = address else { return None };
        let packet = Packet { source: ip(self.address_of_client(client)), destination: address, port: 53, protocol: Protocol::Udp };
        // Looked up without a draw: only whether there is a Service matters.
        let rules = self.ruleset(client.host()?)?;
        let passes = rules.decide(&packet, client.origin(), self.now, &mut Affinity::default(), 0) == Verdict::Pass;
        (!passes || self.place(four.into()) != Place::Elsewhere).then_some(address)
    }
}

/// The address of a server of the Internet.
fn outside_address(name: &str) -> Option<u32> {
    let answer = internet().answer(&Question::new(name, Kind::A));
    answer.answer.iter().find_map(|record| match record.data {
        Data::Address(IpAddr::V4(four)) => Some(four.into()),
        _ => None,
    })
}

fn told(out: String, err: String, code: i32) -> Reply {
    Reply { code: code as u16, headers: vec![(Text::new_static("err"), Text::from(err))], body: Text::from(out) }
}

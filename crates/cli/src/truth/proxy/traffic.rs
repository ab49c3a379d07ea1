//! Real connections through kube-proxy's rules, opened again through ours: both modes, every client and destination.
use crate::truth::Row;
use crate::truth::proxy::node::{BRIDGE, NODE, synced};
use dataplane::network::{Kernel, Mode, Origin, Packet, Protocol, Verdict};
use objects::Tree;
use serde_json::Value;
use simcore::{Duration, Rng, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The clients, and an address of the Service network that nobody has.
const POD: &str = "10.241.202.2";
const OUTSIDE: &str = "172.30.2.2";
const UNUSED: &str = "10.96.99.99";

/// How a connection ended, as the recording says it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    By { endpoint: String, masqueraded: bool },
    Refused,
    TimedOut,
}

/// A kube-proxy that has synced, the Services it knows, and who has which address.
struct Bench {
    kernel: Kernel,
    mode: Mode,
    chance: Rng,
    services: Tree,
    endpoints: BTreeMap<IpAddr, String>,
}

/// The rows `service via destination from client (mode)`, then session affinity and the spread over endpoints.
pub fn rows(table: &Value, services: &Tree) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for mode in [Mode::Iptables, Mode::Nftables] {
        let mut bench = Bench::new(mode, services, table["about"].as_str().unwrap_or(""));
        for row in table["rows"].as_array().into_iter().flatten() {
            // One that nobody understands is one that does not match.
            rows.push(bench.row(row).unwrap_or_else(|words| Row { name: row.to_string(), wanted: "an answer".to_string(), got: words }));
        }
        let named = |row: &&Value| row["mode"] == mode.word();
        for row in table["session affinity"].as_array().into_iter().flatten().filter(named) {
            rows.push(bench.affinity(row)?);
        }
        for row in table["spread of 90 connections over three endpoints"].as_array().into_iter().flatten().filter(named) {
            rows.push(bench.spread(row)?);
        }
    }
    Ok(rows)
}

fn address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| format!("{text:?} is no address"))
}

impl Bench {
    fn new(mode: Mode, services: &Tree, about: &str) -> Bench {
        let endpoints = named_endpoints(about);
        Bench { kernel: synced(mode, services), mode, chance: Rng::stream(1, "connections"), services: services.clone(), endpoints }
    }

    /// One connection.
    fn open(&mut self, packet: &Packet, origin: Origin) -> End {
        let now = Time::START + Duration::secs(60);
        match self.kernel.decide(packet, origin, now, self.chance.draw()) {
            Verdict::Forward { address, masqueraded, .. } => {
                let endpoint = self.endpoints.get(&address).cloned().unwrap_or_else(|| address.to_string());
                End::By { endpoint, masqueraded }
            }
            Verdict::Refused { .. } => End::Refused,
            Verdict::Dropped { .. } => End::TimedOut,
            // On the node itself nobody listens; everything else has no route.
            Verdict::Pass if packet.destination.is_loopback() => End::Refused,
            Verdict::Pass if [NODE, BRIDGE].contains(&packet.destination.to_string().as_str()) => End::Refused,
            Verdict::Pass => End::TimedOut,
        }
    }

    /// Every end that connections from this client can have. Session affinity of earlier ones is left out.
    fn ends(&mut self, packet: &Packet, origin: Origin) -> BTreeSet<End> {
        let before = self.kernel.affinity.clone();
        let mut ends = BTreeSet::new();
        for _ in 0..200 {
            self.kernel.affinity = before.clone();
            ends.insert(self.open(packet, origin));
        }
        ends
    }

    fn row(&mut self, row: &Value) -> Result<Row, String> {
        let word = |key: &str| row[key].as_str().unwrap_or("");
        let (service, via, client) = (word("service"), word("via"), word("client"));
        let (origin, source) = client_of(client, via)?;
        let (destination, port, protocol) = self.destination(service, via)?;
        let packet = Packet { source, destination, port, protocol };
        let ends = self.ends(&packet, origin);
        let recorded = row["answered by (seen in either mode)"].as_array();
        let wanted = match (row[self.mode.word()].as_str(), row["result"].as_str(), recorded) {
            (Some(words), _, _) | (None, Some(words), _) => words.to_string(),
            (None, None, Some(seen)) => {
                let seen: Vec<&str> = seen.iter().filter_map(Value::as_str).collect();
                format!("answered by {}, source {}", seen.join(", "), word("source address seen"))
            }
            _ => return Err(format!("row {service} via {via}: no result")),
        };
        let tries = row["tries"].as_u64().unwrap_or(1) as u32;
        let got = told(&ends, origin, client, wanted.contains("source"));
        let sticky = self.services.at(&[service, "spec", "sessionAffinity"]).text() == "ClientIP";
        let got = if chosen(&wanted, &got, &ends, if sticky { 1 } else { tries }) { wanted.clone() } else { got };
        Ok(Row { name: format!("{service} via {via} from {client} ({})", self.mode.word()), wanted, got })
    }

    fn destination(&self, service: &str, via: &str) -> Result<(IpAddr, u16, Protocol), String> {
        let one = self.services.get(service);
        let spec = one.get("spec");
        let first = spec.get("ports").items().first().ok_or_else(|| format!("{service} has no port"))?;
        let protocol = Protocol::parse(first.get("protocol").text()).ok_or("an unknown protocol")?;
        let number = |key: &str| u16::try_from(first.get(key).int_or(0)).unwrap_or(0);
        let list = |list: &Tree| list.items().first().cloned().unwrap_or_default();
        let (text, port) = match via {
            "clusterIP:port" => (spec.get("clusterIP").text().to_string(), number("port")),
            "clusterIP:another port" => (spec.get("clusterIP").text().to_string(), 4_444),
            "an unused service IP" => (UNUSED.to_string(), number("port")),
            "nodeIP:nodePort" => (NODE.to_string(), number("nodePort")),
            "127.0.0.1:nodePort" => ("127.0.0.1".to_string(), number("nodePort")),
            "other local address of the node:nodePort" => (BRIDGE.to_string(), number("nodePort")),
            "external IP:port" => (list(spec.get("externalIPs")).text().to_string(), number("port")),
            "load balancer IP:port" => (list(one.at(&["status", "loadBalancer", "ingress"])).get("ip").text().to_string(), number("port")),
            other => return Err(format!("{other:?} is no way to a Service")),
        };
        Ok((address(&text)?, port, protocol))
    }

    /// Twelve connections of one client: how many endpoints answered.
    fn affinity(&mut self, row: &Value) -> Result<Row, String> {
        let client = row["client"].as_str().unwrap_or("");
        let (origin, source) = match client {
            "po" => (Origin::Pod, POD),
            "cl" => (Origin::Outside, OUTSIDE),
            _ => (Origin::Node, NODE),
        };
        let (destination, port, protocol) = self.destination("aff", "clusterIP:port")?;
        let packet = Packet { source: address(source)?, destination, port, protocol };
        let answered: BTreeSet<End> = (0..12).map(|_| self.open(&packet, origin)).collect();
        let wanted = row["12 connections answered by"].as_array().map_or(0, Vec::len);
        let name = format!("session affinity of {client} ({})", self.mode.word());
        Ok(Row { name, wanted: format!("{wanted} endpoint"), got: format!("{} endpoint", answered.len()) })
    }

    /// Ninety connections: which endpoints got a fair share, between half and twice what an even spread gives each.
    fn spread(&mut self, row: &Value) -> Result<Row, String> {
        let service = row["service"].as_str().unwrap_or("");
        let (destination, port, protocol) = self.destination(service, "clusterIP:port")?;
        let packet = Packet { source: address(POD)?, destination, port, protocol };
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for _ in 0..90 {
            if let End::By { endpoint, .. } = self.open(&packet, Origin::Pod) {
                *counts.entry(endpoint).or_default() += 1;
            }
        }
        let recorded = row["90 connections"].as_object().into_iter().flatten();
        let recorded = recorded.map(|(endpoint, count)| (endpoint.clone(), count.as_u64().unwrap_or(0))).collect::<BTreeMap<_, _>>();
        let fair = |counts: &BTreeMap<String, u64>| {
            let even = 90 / counts.len().max(1) as u64;
            let fair = counts.iter().filter(|(_, count)| (even / 2..=even * 2).contains(count));
            fair.map(|(endpoint, _)| endpoint.clone()).collect::<Vec<_>>().join(", ")
        };
        let name = format!("spread over {service} ({})", self.mode.word());
        Ok(Row { name, wanted: fair(&recorded), got: fair(&counts) })
    }
}

/// `ep1(worker-1)` by address, as the table's `about` introduces them: `ep1 = 10.241.77.1 (worker-1)`.
fn named_endpoints(about: &str) -> BTreeMap<IpAddr, String> {
    let words: Vec<&str> = about.split_whitespace().collect();
    let introduced = words.windows(4).filter(|four| four[0].starts_with("ep") && four[1] == "=");
    let named = introduced.filter_map(|four| {
        let node = four[3].trim_end_matches([',', ';', '.']);
        Some((four[2].parse().ok()?, format!("{}{node}", four[0])))
    });
    named.collect()
}

fn client_of(client: &str, via: &str) -> Result<(Origin, IpAddr), String> {
    let (origin, source) = match client {
        "pod on worker-1" => (Origin::Pod, POD),
        "worker-1 itself (host)" if via.starts_with("127.") => (Origin::Node, "127.0.0.1"),
        "worker-1 itself (host)" => (Origin::Node, NODE),
        "outside the cluster" => (Origin::Outside, OUTSIDE),
        other => return Err(format!("{other:?} is no client")),
    };
    Ok((origin, address(source)?))
}

/// The ends in the recording's words.
fn told(ends: &BTreeSet<End>, origin: Origin, client: &str, with_source: bool) -> String {
    let mut endpoints = BTreeSet::new();
    let mut sources = BTreeSet::new();
    for end in ends {
        match end {
            End::Refused => return "refused or unreachable".to_string(),
            End::TimedOut => return "timed out".to_string(),
            End::By { endpoint, masqueraded } => {
                endpoints.insert(endpoint.as_str());
                sources.insert(match origin {
                    _ if *masqueraded => "node (masqueraded)",
                    Origin::Pod => "client pod",
                    Origin::Outside => "client outside",
                    Origin::Node => client,
                });
            }
        }
    }
    let answered = format!("answered by {}", endpoints.into_iter().collect::<Vec<_>>().join(", "));
    if with_source { format!("{answered}, source {}", sources.into_iter().collect::<Vec<_>>().join(" and ")) } else { answered }
}

/// Whether a recorded list of endpoints is what so few connections may show of ours: all that it names can answer, and one
/// that it does not name had a chance of more than 1 in 1,000 to be missed. All tries of a client with affinity count as one.
fn chosen(wanted: &str, got: &str, ends: &BTreeSet<End>, tries: u32) -> bool {
    let parts = |text: &str| {
        let (endpoints, source) =
            text.strip_prefix("answered by ")?.split_once(", source").unwrap_or((text.strip_prefix("answered by ")?, ""));
        Some((endpoints.split(", ").map(str::to_string).collect::<BTreeSet<String>>(), source.to_string()))
    };
    let (Some((seen, seen_source)), Some((can, source))) = (parts(wanted), parts(got)) else { return false };
    let count = ends.len() as f64;
    let missed = ((count - 1.0) / count).powi(2 * tries as i32);
    seen_source == source && seen.is_subset(&can) && (seen.len() == can.len() || missed > 0.001)
}

//! The `kubernetes` plugin: names of Services, endpoints and Pods (CoreDNS `plugin/kubernetes`, `plugin/backend_lookup.go`).
use crate::network::dns::corefile::{Kubernetes, PodNames};
use crate::network::dns::index::{self, Endpoint, Index};
use crate::network::dns::message::{Answer, Data, Kind, Question, Rcode, Record, absolute, closest, is_under, plain, reversed};
use objects::views::Service;
use objects::{Text, Tree};
use std::fmt::Write;
use std::net::IpAddr;

/// The version of the DNS schema that `dns-version` tells.
const SCHEMA: &str = "1.1.0";
/// It stays so for eight hours; the cache plugin usually says less.
const SCHEMA_TTL: u32 = 28_800;
/// Where the name servers of a zone stand.
const NS: &str = "ns.dns.";

/// What the plugin looks at.
pub struct Backend<'a> {
    pub settings: &'a Kubernetes,
    pub index: &'a Index,
    /// Whether it has ever heard all of the cluster.
    pub synced: bool,
    /// Addresses that this server itself listens on.
    pub local: &'a [IpAddr],
}

/// Asks the whole server again: for names outside that an ExternalName leads to.
pub type Follow<'a> = dyn FnMut(&Question) -> Answer + 'a;

/// There is no such name; anything else that is empty exists.
struct NoSuchName;

/// Where a record leads: an address, or another name.
#[derive(Clone, PartialEq)]
enum Host {
    Address(IpAddr),
    Name(Text),
}

/// What a name was found to be (upstream's `msg.Service`).
struct Found {
    host: Host,
    /// -1 where no port is declared.
    port: i64,
    /// Its own full name, absolute: the target of SRV and NS records.
    name: Text,
}

/// A name cut into its meaning (`parse.go`).
#[derive(Default)]
struct Parts<'a> {
    /// `svc` or `pod`; empty for the zone itself and for those two.
    shelf: &'a str,
    namespace: &'a str,
    service: &'a str,
    endpoint: &'a str,
    port: &'a str,
    protocol: &'a str,
}

/// One question on its way: `name` is in lower case, `asked` and `zone` in the letters of the client.
struct Asked<'a> {
    asked: &'a str,
    name: &'a str,
    zone: &'a str,
    kind: Kind,
}

impl Backend<'_> {
    /// The answer, or nothing: the next plugin is asked then.
    pub fn serve(&self, question: &Question, follow: &mut Follow) -> Option<Answer> {
        let zone = closest(&question.name, &self.settings.zones)?;
        let zone = if *zone == "." { "." } else { &question.name[question.name.len() - zone.len()..] };
        if matches!(question.kind, Kind::AXFR | Kind::IXFR) {
            return Some(Answer::bare(Rcode::Refused));
        }
        let name = question.name.to_ascii_lowercase();
        let asked = Asked { asked: &question.name, name: &name, zone, kind: question.kind };
        let rcode = match self.records(&asked, follow) {
            Ok((answer, additional)) if !answer.is_empty() => {
                return Some(Answer { authoritative: true, answer, additional, ..Answer::default() });
            }
            Ok(_) => Rcode::NoError,
            Err(NoSuchName) if self.settings.fall.as_ref().is_some_and(|zones| closest(&name, zones).is_some()) => return None,
            Err(NoSuchName) if !self.synced => Rcode::ServFail,
            Err(NoSuchName) => Rcode::NxDomain,
        };
        Some(Answer { rcode, authoritative: true, authority: vec![self.soa(zone)], ..Answer::default() })
    }

    fn records(&self, asked: &Asked, follow: &mut Follow) -> Result<(Vec<Record>, Vec<Record>), NoSuchName> {
        let alone = |records: Vec<Record>| (records, Vec::new());
        match asked.kind {
            Kind::A | Kind::AAAA => self.addresses(asked, &mut Vec::new(), follow).map(alone),
            Kind::TXT => self.txt(asked).map(alone),
            Kind::CNAME => self.cname(asked).map(alone),
            Kind::PTR => self.ptr(asked).map(alone),
            Kind::MX => self.found(asked).map(|_| alone(Vec::new())),
            Kind::SRV => self.srv(asked),
            Kind::SOA if asked.asked == asked.zone => Ok(alone(vec![self.soa(asked.zone)])),
            Kind::SOA => Ok(alone(Vec::new())),
            Kind::NS if asked.name == asked.zone => Ok(self.ns(asked)),
            // Any other type only tells whether the name exists.
            _ => self.addresses(&Asked { kind: Kind::A, ..*asked }, &mut Vec::new(), follow).map(|_| alone(Vec::new())),
        }
    }

    fn soa(&self, zone: &str) -> Record {
        let ttl = self.settings.ttl;
        let serial = self.index.changed().map_or(0, |at| (at.0 / 1_000_000) as u32);
        let (primary, mailbox) = (joined(NS, zone), joined("hostmaster.", zone));
        let data = Data::Soa { primary, mailbox, serial, refresh: 7200, retry: 1800, expire: 86_400, minimum: ttl };
        Record::new(zone, ttl.min(300), data)
    }

    fn record(&self, name: &str, data: Data) -> Record {
        Record::new(name, self.settings.ttl, data)
    }

    /// A and AAAA, through the aliases that ExternalName Services are.
    fn addresses(&self, asked: &Asked, aliases: &mut Vec<Text>, follow: &mut Follow) -> Result<Vec<Record>, NoSuchName> {
        let mut records: Vec<Record> = Vec::new();
        for found in self.found(asked)? {
            match found.host {
                Host::Address(address) => {
                    let fits = address.is_ipv4() == (asked.kind == Kind::A);
                    let record = self.record(asked.asked, Data::Address(address));
                    if fits && !records.contains(&record) {
                        records.push(record);
                    }
                }
                Host::Name(name) => {
                    let target = absolute(&name);
                    // An alias of itself, a circle, and more than eight in a row lead nowhere.
                    if is_under(&target, asked.name) || aliases.len() > 7 || aliases.contains(&target) {
                        continue;
                    }
                    let alias = self.record(asked.asked, Data::Cname(target.clone()));
                    if is_under(&target, asked.zone) {
                        let next = target.to_ascii_lowercase();
                        aliases.push(target.clone());
                        let inside = self.addresses(&Asked { asked: &target, name: &next, ..*asked }, aliases, follow);
                        aliases.pop();
                        if let Some(inside) = inside.ok().filter(|inside| !inside.is_empty()) {
                            records.push(alias);
                            records.extend(inside);
                        }
                        continue;
                    }
                    let outside = follow(&Question { name: target, kind: asked.kind });
                    records.push(alias);
                    records.extend(outside.answer);
                }
            }
        }
        Ok(records)
    }

    /// SRV records, each Service or endpoint once per port, and the addresses of their targets.
    fn srv(&self, asked: &Asked) -> Result<(Vec<Record>, Vec<Record>), NoSuchName> {
        let all = self.found(asked)?;
        let weight = if all.is_empty() { 0 } else { 100 / all.len() as u16 };
        let (mut records, mut additional) = (Vec::new(), Vec::new());
        for Found { host, port, name } in all {
            let (Host::Address(address), Ok(port)) = (host, u16::try_from(port)) else { continue };
            let place = self.record(&name, Data::Address(address));
            let record = self.record(asked.asked, Data::Srv { priority: 0, weight, port, target: name });
            if !records.contains(&record) {
                records.push(record);
            }
            if !additional.contains(&place) {
                additional.push(place);
            }
        }
        Ok((records, additional))
    }

    fn txt(&self, asked: &Asked) -> Result<Vec<Record>, NoSuchName> {
        if let Some(Found { name, .. }) = self.found(asked)?.pop() {
            return Ok(vec![Record::new(name, SCHEMA_TTL, Data::Txt(Text::new_static(SCHEMA)))]);
        }
        Ok(Vec::new())
    }

    fn cname(&self, asked: &Asked) -> Result<Vec<Record>, NoSuchName> {
        let first = self.found(asked)?.into_iter().next();
        let name = first.and_then(|found| if let Host::Name(name) = found.host { Some(name) } else { None });
        Ok(name.map(|name| self.record(asked.asked, Data::Cname(absolute(&name)))).into_iter().collect())
    }

    fn ptr(&self, asked: &Asked) -> Result<Vec<Record>, NoSuchName> {
        let Some(address) = reversed(asked.name) else {
            return self.lookup(asked).map(|_| Vec::new());
        };
        let mut names = self.names_of(&Text::from(address.to_string()));
        if names.is_empty() {
            return Err(NoSuchName);
        }
        names.sort();
        names.dedup();
        Ok(names.into_iter().map(|name| self.record(asked.asked, Data::Ptr(name))).collect())
    }

    /// The Service with this cluster IP, or else the endpoints with this address.
    fn names_of(&self, address: &Text) -> Vec<Text> {
        let zone = self.settings.primary_zone();
        let shown = |namespace: &str| self.settings.namespaces.is_empty() || self.exposes(namespace);
        if let Some((namespace, name)) = self.index.service_with(address).find(|(namespace, _)| shown(namespace)) {
            return vec![service_name(name, namespace, zone)];
        }
        let mut names = Vec::new();
        for slice in self.index.slices_with(address).filter(|slice| shown(&slice.key.namespace)) {
            let of = service_name(&index::service_of(slice), &slice.key.namespace, zone);
            let here = index::endpoints(slice).filter(|endpoint| index::canonical(endpoint.address) == *address);
            names.extend(here.map(|endpoint| Text::from(format!("{}.{of}", self.hostname(&endpoint)))));
        }
        names
    }

    fn ns(&self, asked: &Asked) -> (Vec<Record>, Vec<Record>) {
        let (mut records, mut additional) = (Vec::new(), Vec::new());
        for (name, address) in self.name_servers(asked.zone) {
            additional.push(self.record(&name, Data::Address(address)));
            let record = self.record(asked.asked, Data::Ns(name));
            if !records.contains(&record) {
                records.push(record);
            }
        }
        (records, additional)
    }

    /// The Services whose endpoint this server is, or its own addresses (`ns.go`).
    fn name_servers(&self, zone: &str) -> Vec<(Text, IpAddr)> {
        let mut servers = Vec::new();
        let mut known = false;
        for local in self.local {
            let local = Text::from(local.to_string());
            for slice in self.index.slices_with(&local) {
                known = true;
                let (namespace, name) = (&slice.key.namespace, index::service_of(slice));
                let Some(service) = self.index.service(namespace, &name) else { continue };
                let full = service_name(&name, namespace, zone);
                if Service(&service.tree).is_headless() {
                    for endpoint in index::endpoints(slice) {
                        let address = endpoint.address.parse().ok();
                        servers.extend(address.map(|address| (Text::from(format!("{}.{full}", self.hostname(&endpoint))), address)));
                    }
                } else {
                    let addresses = index::cluster_ips(service);
                    servers.extend(addresses.iter().filter_map(|address| Some((full.clone(), address.parse().ok()?))));
                }
            }
        }
        if !known {
            servers.extend(self.local.iter().map(|address| (joined(NS, zone), *address)));
        }
        servers
    }

    /// What the name is, as far as this type can say (`Services`).
    fn found(&self, asked: &Asked) -> Result<Vec<Found>, NoSuchName> {
        if asked.kind == Kind::TXT {
            if below(asked).is_some_and(|below| below == "dns-version") {
                return Ok(vec![Found { host: Host::Name(Text::default()), port: 0, name: Text::new(asked.asked) }]);
            }
            return match self.lookup(asked) {
                Ok(all) if !all.is_empty() => Ok(Vec::new()),
                _ => Err(NoSuchName),
            };
        }
        if asked.name.strip_prefix(NS) == Some(asked.zone) {
            let found = |(name, address)| Found { host: Host::Address(address), port: 0, name };
            return Ok(self.name_servers(asked.zone).into_iter().map(found).collect());
        }
        let mut all = self.lookup(asked)?;
        if asked.kind == Kind::SRV {
            all.retain(|found| matches!(found.host, Host::Address(_)));
        }
        Ok(all)
    }

    fn exposes(&self, namespace: &str) -> bool {
        let chosen = self.settings.namespaces.is_empty() || self.settings.namespaces.iter().any(|name| name == namespace);
        chosen && self.index.has_namespace(namespace)
    }

    /// `Records`
    fn lookup(&self, asked: &Asked) -> Result<Vec<Found>, NoSuchName> {
        let parts = parts(asked)?;
        if parts.shelf.is_empty() {
            return Ok(Vec::new());
        }
        let reverse = asked.name.ends_with(".in-addr.arpa.") || asked.name.ends_with(".ip6.arpa.");
        if reverse || !self.exposes(parts.namespace) {
            return Err(NoSuchName);
        }
        let found = if parts.shelf == "pod" { self.pods(&parts, asked.zone)? } else { self.services(&parts, asked.zone)? };
        // Where no Service is named the namespace itself is meant: it is there, and empty.
        if found.is_empty() && !parts.service.is_empty() { Err(NoSuchName) } else { Ok(found) }
    }

    fn pods(&self, parts: &Parts, zone: &str) -> Result<Vec<Found>, NoSuchName> {
        if self.settings.pods == PodNames::Disabled {
            return Err(NoSuchName);
        }
        if parts.service.is_empty() {
            return Ok(Vec::new());
        }
        let four = parts.service.matches('-').count() == 3 && !parts.service.contains("--");
        let written = parts.service.replace('-', if four { "." } else { ":" });
        let Some(host) = address(&written) else { return Err(NoSuchName) };
        // Pods are compared by their address as it is written.
        if self.settings.pods == PodNames::Verified && !self.index.has_pod(parts.namespace, &Text::from(written)) {
            return Err(NoSuchName);
        }
        let name = Text::from(format!("{}.{}.pod.{zone}", parts.service, parts.namespace));
        Ok(vec![Found { host: Host::Address(host), port: 0, name }])
    }

    fn services(&self, parts: &Parts, zone: &str) -> Result<Vec<Found>, NoSuchName> {
        let mut all = Vec::new();
        let Some(stored) = self.index.service(parts.namespace, parts.service) else { return Ok(all) };
        let service = Service(&stored.tree);
        let name = service_name(parts.service, parts.namespace, zone);
        if service.kind() == "ExternalName" {
            let to = service.spec().get("externalName").text();
            let bare = parts.endpoint.is_empty() && parts.port.is_empty() && parts.protocol.is_empty();
            // Addresses are no names: such a Service is as if it were not there.
            if bare && address(to).is_none() {
                all.push(Found { host: Host::Name(Text::new(to)), port: 0, name });
            }
            return Ok(all);
        }
        if service.is_headless() || !parts.endpoint.is_empty() {
            self.endpoints(parts, &name, &mut all);
            return Ok(all);
        }
        if self.settings.ignore_empty_service && self.slices(parts).all(|slice| index::endpoints(slice).next().is_none()) {
            return Ok(all);
        }
        let none = [Tree::Null];
        let ports = service.spec().get("ports").items();
        for port in if ports.is_empty() { &none[..] } else { ports } {
            if fits(parts, port) {
                let hosts = index::cluster_ips(stored);
                let found = |text: &Text| Found { host: host(text), port: port.get("port").int_or(-1), name: name.clone() };
                all.extend(hosts.iter().map(found));
            }
        }
        Ok(all)
    }

    fn slices<'a>(&'a self, parts: &'a Parts) -> impl Iterator<Item = &'a apiserver::store::Kept> {
        self.index.slices(parts.namespace, parts.service).filter(|_| !self.settings.no_endpoints)
    }

    fn endpoints(&self, parts: &Parts, service: &str, all: &mut Vec<Found>) {
        let none = [Tree::Null];
        for slice in self.slices(parts) {
            let ports = slice.tree.get("ports").items();
            let ports = if ports.is_empty() { &none[..] } else { ports };
            for endpoint in index::endpoints(slice) {
                let hostname = self.hostname(&endpoint);
                if !parts.endpoint.is_empty() && !parts.endpoint.eq_ignore_ascii_case(&hostname) {
                    continue;
                }
                let name = Text::from(format!("{hostname}.{service}"));
                let ports = ports.iter().filter(|port| fits(parts, port));
                all.extend(ports.map(|port| Found { host: host(endpoint.address), port: port.get("port").int_or(-1), name: name.clone() }));
            }
        }
    }

    /// The label of an endpoint: its hostname, or its address with dashes.
    fn hostname(&self, endpoint: &Endpoint) -> Text {
        if !endpoint.hostname.is_empty() {
            return Text::new(endpoint.hostname);
        }
        if self.settings.endpoint_pod_names && !endpoint.target.is_empty() {
            return Text::new(endpoint.target);
        }
        let mut label = endpoint.address.replace(['.', ':'], "-");
        if label.ends_with('-') {
            label.push('0');
        }
        Text::from(label)
    }
}

/// The labels of a name before its zone; none for the zone itself.
fn below<'a>(asked: &Asked<'a>) -> Option<&'a str> {
    let cut = if asked.zone == "." { asked.name.len() - 1 } else { asked.name.len().checked_sub(asked.zone.len() + 1)? };
    Some(&asked.name[..cut]).filter(|below| !below.is_empty())
}

fn parts<'a>(asked: &Asked<'a>) -> Result<Parts<'a>, NoSuchName> {
    let Some(below) = below(asked) else { return Ok(Parts::default()) };
    if below == "svc" || below == "pod" {
        return Ok(Parts::default());
    }
    let mut labels = below.rsplit('.');
    let mut next = || labels.next().unwrap_or_default();
    let mut parts = Parts { shelf: next(), namespace: next(), service: next(), ..Parts::default() };
    let rest = [next(), next(), next()];
    if parts.shelf != "svc" && parts.shelf != "pod" {
        return Err(NoSuchName);
    }
    match rest {
        ["", ..] => {}
        [endpoint, "", _] => parts.endpoint = endpoint,
        [protocol, port, ""] => {
            parts.protocol = protocol.strip_prefix('_').unwrap_or(protocol);
            parts.port = port.strip_prefix('_').unwrap_or(port);
        }
        _ => return Err(NoSuchName),
    }
    Ok(parts)
}

/// Whether a port is the one that was asked for; a sentinel of a Service without ports fits only where none was.
fn fits(parts: &Parts, port: &Tree) -> bool {
    let same = |asked: &str, said: &str| asked.is_empty() || asked.eq_ignore_ascii_case(said);
    let protocol = match port.get("protocol").text() {
        "" if !port.is_null() => "TCP",
        protocol => protocol,
    };
    same(parts.port, port.get("name").text()) && same(parts.protocol, protocol)
}

fn host(text: &Text) -> Host {
    address(text).map_or_else(|| Host::Name(text.clone()), Host::Address)
}

/// An address; one of IPv4 in IPv6's clothes counts as IPv4.
fn address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

fn joined(label: &str, zone: &str) -> Text {
    if zone == "." { Text::new(label) } else { Text::from(format!("{label}{zone}")) }
}

fn service_name(service: &str, namespace: &str, zone: &str) -> Text {
    let mut name = String::with_capacity(64);
    let _ = write!(name, "{service}.{namespace}.svc.");
    if zone != "." {
        let _ = write!(name, "{}.", plain(zone));
    }
    Text::from(name)
}

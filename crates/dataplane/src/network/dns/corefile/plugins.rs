//! What each directive means: a table of plain functions, one for each plugin.
use super::parse::{Block, Line, error, wrong_count};
use super::{Cache, Fall, Forward, Hosts, Kubernetes, Match, PodNames, Rewrite, Server, What};
use crate::network::dns::message::{Kind, absolute};
use objects::Text;
use simcore::Duration;

type Setup = fn(&Place, &mut Server) -> Result<(), String>;

/// A directive in its file.
struct Place<'a> {
    file: &'a str,
    line: &'a Line,
}

/// The plugins that do something here.
const PLUGINS: &[(&str, Setup)] = &[
    ("cache", cache),
    ("errors", |_, server| {
        server.errors = true;
        Ok(())
    }),
    ("forward", forward),
    ("health", health),
    ("hosts", hosts),
    ("kubernetes", kubernetes),
    ("loadbalance", |_, server| {
        server.loadbalance = true;
        Ok(())
    }),
    ("log", |_, server| {
        server.log = true;
        Ok(())
    }),
    ("ready", |_, server| {
        server.ready = true;
        Ok(())
    }),
    ("reload", reload),
    ("rewrite", rewrite),
];

/// Those that CoreDNS has besides; they are taken and do nothing.
const IDLE: &str = " acl any auto autopath azure bind bufsize cancel chaos clouddns debug dns64 dnssec dnstap erratic etcd file geoip \
                    grpc grpc_server header https https3 k8s_external local loop metadata minimal multisocket nomad nsid on pprof \
                    prometheus quic root route53 secondary sign template timeouts tls trace transfer tsig view whoami ";

/// Turns a block into a server.
pub fn server(file: &str, block: &Block) -> Result<Server, String> {
    let mut server = Server { port: 53, ..Server::default() };
    for (_, key) in &block.keys {
        let (zone, port) = key_parts(key);
        server.zones.extend(zones(zone));
        server.port = port.unwrap_or(server.port);
    }
    let mut seen: Vec<&str> = Vec::new();
    for line in &block.lines {
        let name = line.word();
        let place = Place { file, line };
        match PLUGINS.iter().find(|(known, _)| *known == name) {
            Some((_, setup)) => {
                if seen.contains(&name) && !matches!(name, "forward" | "rewrite" | "log" | "errors") {
                    return Err(format!("plugin/{name}: this plugin can only be used once per Server Block"));
                }
                setup(&place, &mut server).map_err(|words| format!("plugin/{name}: {words}"))?;
            }
            None if IDLE.contains(&format!(" {name} ")) => server.idle.push(Text::new(name)),
            None => return Err(error(file, line.number, &format!("Unknown directive '{name}'"))),
        }
        seen.push(name);
    }
    Ok(server)
}

/// `dns://example.org:1053` -> the zone and the port.
fn key_parts(key: &str) -> (&str, Option<u16>) {
    let bare = key.split_once("://").map_or(key, |(_, rest)| rest);
    match bare.rsplit_once(':') {
        Some((zone, port)) if port.parse::<u16>().is_ok() => (if zone.is_empty() { "." } else { zone }, port.parse().ok()),
        _ => (bare, None),
    }
}

/// A zone, absolute and in lower case; a block of addresses gives its reverse zones.
fn zones(word: &str) -> Vec<Text> {
    if let Some(block) = crate::network::Cidr::parse(word) {
        let std::net::IpAddr::V4(base) = block.base else { return vec![absolute(&word.to_ascii_lowercase())] };
        let octets = base.octets();
        let whole = usize::from(block.bits / 8).min(4);
        let spread = if block.bits % 8 == 0 { 1 } else { 1_u16 << (8 - block.bits % 8) };
        let tail: String = octets[..whole].iter().rev().map(|octet| format!("{octet}.")).collect();
        let reverse = |first: Option<u16>| {
            let head = first.map(|octet| format!("{octet}.")).unwrap_or_default();
            Text::from(format!("{head}{tail}in-addr.arpa."))
        };
        if spread == 1 {
            return vec![reverse(None)];
        }
        return (0..spread).map(|step| reverse(Some(u16::from(octets[whole]) + step))).collect();
    }
    vec![absolute(&word.to_ascii_lowercase())]
}

fn zone_list(words: &[Text], server: &Server) -> Vec<Text> {
    if words.is_empty() { server.zones.clone() } else { words.iter().flat_map(|word| zones(word)).collect() }
}

impl Place<'_> {
    fn unknown(&self, line: &Line) -> String {
        error(self.file, line.number, &format!("unknown property '{}'", line.word()))
    }

    fn count(&self, line: &Line) -> String {
        wrong_count(self.file, line)
    }

    fn one<'a>(&self, line: &'a Line) -> Result<&'a Text, String> {
        line.rest().first().filter(|_| line.words.len() == 2).ok_or_else(|| self.count(line))
    }

    fn seconds(&self, line: &Line) -> Result<u32, String> {
        let word = self.one(line)?;
        word.parse().map_err(|_| error(self.file, line.number, &format!("strconv.Atoi: parsing \"{word}\": invalid syntax")))
    }

    fn duration(&self, line: &Line, word: &str) -> Result<Duration, String> {
        duration(word).ok_or_else(|| error(self.file, line.number, &format!("time: invalid duration \"{word}\"")))
    }
}

/// Go's `5s`, `1m30s`, `500ms`; a bare number is not one.
fn duration(text: &str) -> Option<Duration> {
    let mut total = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|at| *at > 0)?;
        let number: u64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| at + digits);
        total += number.checked_mul(match &rest[digits..unit] {
            "us" | "µs" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000,
            _ => return None,
        })?;
        rest = &rest[unit..];
    }
    (!text.is_empty()).then_some(Duration(total))
}

fn fall(words: &[Text]) -> Fall {
    Some(if words.is_empty() { vec![Text::new_static(".")] } else { words.iter().flat_map(|word| zones(word)).collect() })
}

fn kubernetes(place: &Place, server: &mut Server) -> Result<(), String> {
    let mut made = Kubernetes {
        zones: zone_list(place.line.rest(), server),
        pods: PodNames::Disabled,
        ttl: 5,
        fall: None,
        endpoint_pod_names: false,
        no_endpoints: false,
        ignore_empty_service: false,
        namespaces: Vec::new(),
        startup_timeout: Duration::secs(5),
    };
    for line in &place.line.inner {
        match line.word() {
            "pods" => {
                made.pods = match place.one(line)?.as_str() {
                    "disabled" => PodNames::Disabled,
                    "insecure" => PodNames::Insecure,
                    "verified" => PodNames::Verified,
                    other => return Err(format!("wrong value for pods: {other},  must be one of: disabled, verified, insecure")),
                }
            }
            "ttl" => match place.seconds(line)? {
                seconds @ 0..=3600 => made.ttl = seconds,
                seconds => return Err(error(place.file, line.number, &format!("ttl must be in range [0, 3600]: {seconds}"))),
            },
            "fallthrough" => made.fall = fall(line.rest()),
            "endpoint_pod_names" => made.endpoint_pod_names = true,
            "noendpoints" => made.no_endpoints = true,
            "ignore" if place.one(line)? == "empty_service" => made.ignore_empty_service = true,
            "namespaces" if line.words.len() > 1 => made.namespaces = line.rest().to_vec(),
            "startup_timeout" => made.startup_timeout = place.duration(line, place.one(line)?)?,
            // How the API is reached is the simulation's own affair.
            "endpoint" | "tls" | "kubeconfig" | "apiserver_qps" | "apiserver_burst" | "apiserver_max_inflight" => {}
            "labels" | "namespace_labels" | "multicluster" => {
                return Err(error(place.file, line.number, &format!("property '{}' is not simulated here", line.word())));
            }
            "namespaces" | "ignore" => return Err(place.count(line)),
            _ => return Err(place.unknown(line)),
        }
    }
    server.kubernetes = Some(made);
    Ok(())
}

fn cache(place: &Place, server: &mut Server) -> Result<(), String> {
    let mut words = place.line.rest();
    let mut made = Cache {
        zones: Vec::new(),
        success: (5, 3600),
        denial: (5, 1800),
        servfail: 5,
        keep_ttl: false,
        not_success: Vec::new(),
        not_denial: Vec::new(),
    };
    if let Some(seconds) = words.first().and_then(|word| word.parse().ok()) {
        if seconds == 0 {
            return Err(format!("cache TTL can not be zero or negative: {seconds}"));
        }
        (made.success.1, made.denial.1) = (seconds, seconds);
        words = &words[1..];
    }
    made.zones = zone_list(words, server);
    for line in &place.line.inner {
        let number = |at: usize| line.words.get(at).and_then(|word| word.parse::<u32>().ok());
        match line.word() {
            "success" | "denial" if (2..=4).contains(&line.words.len()) => {
                let bounds = if line.word() == "success" { &mut made.success } else { &mut made.denial };
                *bounds = (number(3).unwrap_or(bounds.0), number(2).unwrap_or(bounds.1));
            }
            "servfail" => made.servfail = (place.duration(line, place.one(line)?)?.0 / 1_000_000) as u32,
            "keepttl" => made.keep_ttl = true,
            "prefetch" | "serve_stale" => {}
            "disable" => {
                let zones = if line.words.len() > 2 { zone_list(&line.words[2..], server) } else { made.zones.clone() };
                match line.rest().first().map(Text::as_str) {
                    Some("success") => made.not_success = zones,
                    Some("denial") => made.not_denial = zones,
                    Some(other) => return Err(format!("cache type for disable must be \"success\" or \"denial\": {other}")),
                    None => return Err(place.count(line)),
                }
            }
            _ => return Err(place.count(line)),
        }
    }
    server.cache = Some(made);
    Ok(())
}

fn forward(place: &Place, server: &mut Server) -> Result<(), String> {
    let [from, to @ ..] = place.line.rest() else { return Err(place.count(place.line)) };
    if to.is_empty() {
        return Err(place.count(place.line));
    }
    let mut except = Vec::new();
    for line in &place.line.inner {
        match line.word() {
            "except" if line.words.len() > 1 => except.extend(line.rest().iter().flat_map(|word| zones(word))),
            "except" => return Err(place.count(line)),
            "force_tcp"
            | "prefer_udp"
            | "max_fails"
            | "expire"
            | "tls"
            | "tls_servername"
            | "policy"
            | "health_check"
            | "max_concurrent"
            | "next"
            | "failfast_all_unhealthy_upstreams"
            | "failover"
            | "max_age"
            | "max_idle_conns" => {}
            _ => return Err(place.unknown(line)),
        }
    }
    let from = zones(from).pop().unwrap_or_default();
    server.forward.push(Forward { from, except, to: to.to_vec() });
    Ok(())
}

fn health(place: &Place, server: &mut Server) -> Result<(), String> {
    let mut lameduck = Duration::ZERO;
    for line in &place.line.inner {
        match line.word() {
            "lameduck" => lameduck = place.duration(line, place.one(line)?)?,
            _ => return Err(place.count(line)),
        }
    }
    server.health = Some(lameduck);
    Ok(())
}

fn reload(place: &Place, server: &mut Server) -> Result<(), String> {
    let words = place.line.rest();
    let mut times = [Duration::secs(30), Duration::secs(15)];
    if words.len() > 2 {
        return Err(place.count(place.line));
    }
    for (time, word) in times.iter_mut().zip(words) {
        *time = place.duration(place.line, word)?;
    }
    let [interval, jitter] = times;
    if interval < Duration::secs(2) {
        return Err("interval value must be greater or equal to 2s".to_string());
    }
    if jitter < Duration::secs(1) {
        return Err("jitter value must be greater or equal to 1s".to_string());
    }
    // Never more than half of the interval.
    server.reload = Some((interval, jitter.min(Duration(interval.0 / 2))));
    Ok(())
}

fn hosts(place: &Place, server: &mut Server) -> Result<(), String> {
    // The first word may be a file, which a container of ours does not have.
    let words = place.line.rest();
    let origins = if words.first().is_some_and(|word| word.contains('/')) { &words[1..] } else { words };
    let mut made = Hosts { zones: zone_list(origins, server), entries: Vec::new(), ttl: 3600, fall: None, reverse: true };
    for line in &place.line.inner {
        match line.word() {
            "fallthrough" => made.fall = fall(line.rest()),
            "no_reverse" => made.reverse = false,
            "ttl" => made.ttl = place.seconds(line)?,
            "reload" => {}
            word => {
                let Ok(address) = word.parse() else { return Err(place.unknown(line)) };
                made.entries.extend(line.rest().iter().map(|name| (address, absolute(&name.to_ascii_lowercase()))));
            }
        }
    }
    server.hosts = Some(made);
    Ok(())
}

fn rewrite(place: &Place, server: &mut Server) -> Result<(), String> {
    let mut words: Vec<&str> = place.line.rest().iter().map(Text::as_str).collect();
    // Longer rules may stand in braces: `rewrite stop { name … \n answer … }`.
    words.extend(place.line.inner.iter().flat_map(|line| line.words.iter().map(Text::as_str)));
    let goes_on = words.first() == Some(&"continue");
    if matches!(words.first(), Some(&"continue" | &"stop")) {
        words.remove(0);
    }
    let auto = words.windows(2).any(|pair| pair == ["answer", "auto"]);
    if words.windows(2).any(|pair| matches!(pair, ["answer", "name" | "value"])) {
        return Err(error(place.file, place.line.number, "rule 'answer name' is not simulated here, only 'answer auto'"));
    }
    let name = |by: Match, from: &str, to: &str| {
        let whole = |word: &str| Text::from(word.to_ascii_lowercase());
        let (from, to) = match by {
            Match::Exact => (absolute(&whole(from)), absolute(&whole(to))),
            Match::Suffix => (absolute(&whole(from)), absolute(&whole(to))),
            Match::Prefix | Match::Substring => (whole(from), whole(to)),
        };
        What::Name { by, from, to, auto: auto || by == Match::Exact }
    };
    let what = match words[..] {
        ["name", "exact", from, to, ..] => name(Match::Exact, from, to),
        ["name", "prefix", from, to, ..] => name(Match::Prefix, from, to),
        ["name", "suffix", from, to, ..] => name(Match::Suffix, from, to),
        ["name", "substring", from, to, ..] => name(Match::Substring, from, to),
        ["name", "regex", ..] | ["class" | "edns0" | "cname" | "rcode", ..] => {
            return Err(error(
                place.file,
                place.line.number,
                &format!("rule 'rewrite {}' is not simulated here", words[..2.min(words.len())].join(" ")),
            ));
        }
        ["name", from, to] => name(Match::Exact, from, to),
        ["type", from, to] => match (Kind::parse(from), Kind::parse(to)) {
            (Some(from), Some(to)) => What::Type { from: from.0, to: to.0 },
            _ => return Err(format!("invalid type {from}/{to}")),
        },
        ["ttl", name, seconds] | ["ttl", "exact", name, seconds] => match seconds.parse() {
            Ok(seconds) => What::Ttl { name: absolute(&name.to_ascii_lowercase()), seconds },
            Err(_) => return Err(format!("invalid TTL value: {seconds}")),
        },
        ["name" | "type" | "ttl", ..] | [] => return Err(place.count(place.line)),
        [other, ..] => return Err(format!("invalid rule type \"{other}\"")),
    };
    server.rewrite.push(Rewrite { what, goes_on });
    Ok(())
}

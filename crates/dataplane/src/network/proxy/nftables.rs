//! The rules as `nft list ruleset` prints them (pkg/proxy/nftables).
use crate::network::proxy::affinity::Affinity;
use crate::network::proxy::names::{Chain, lower, nftables as named, nftables_endpoint as endpoint_name};
use crate::network::proxy::port::{Bar, Endpoint, Port, Way};
use crate::network::proxy::rules::{Entry, Meaning, Rules};
use crate::network::{Cidr, Protocol};
use simcore::{Duration, Time};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

impl Rules {
    /// What `nft list ruleset` prints on the node, of kube-proxy's own table. Elements are sorted, Services stand by name
    /// (both come by chance upstream).
    pub fn nft_list(&self, affinity: &Affinity, now: Time) -> String {
        let mut text = String::from("table ip kube-proxy {\n\tcomment \"rules for kube-proxy\"\n");
        self.sets(&mut text);
        self.maps(&mut text);
        self.affinity_sets(affinity, now, &mut text);
        for (name, rules) in base_chains(&self.cluster_cidr, &self.service_cidr) {
            chain(&mut text, name, rules.iter().map(String::as_str));
        }
        for port in &self.ports {
            self.port_chains(port, &mut |name, rules| chain(&mut text, &name, rules.iter().map(String::as_str)));
        }
        text.push_str("}\n");
        text
    }

    fn sets(&self, text: &mut String) {
        let mut hairpins = BTreeSet::new();
        for port in &self.ports {
            let local = port.reachable().into_iter().filter(|endpoint| endpoint.local);
            hairpins.extend(local.map(|endpoint| (endpoint.address, lower(port.protocol), endpoint.port)));
        }
        let hairpins: Vec<String> = hairpins.iter().map(|(ip, protocol, port)| format!("{ip} . {ip} . {protocol} . {port}")).collect();
        let kind = "type ipv4_addr . ipv4_addr . inet_proto . inet_service";
        object(text, "set hairpin-connections", &[kind, "comment \"service hairpin connections\""], &hairpins);
        let addresses: BTreeSet<Ipv4Addr> = self.ports.iter().map(|port| port.cluster_ip).collect();
        let addresses: Vec<String> = addresses.iter().map(Ipv4Addr::to_string).collect();
        object(text, "set cluster-ips", &["type ipv4_addr", "comment \"Active ClusterIPs\""], &addresses);
        let primary: Vec<String> = self.node.primary().iter().map(Ipv4Addr::to_string).collect();
        object(text, "set nodeport-ips", &["type ipv4_addr", "comment \"IPs that accept NodePort traffic\""], &primary);
    }

    fn maps(&self, text: &mut String) {
        let services = |element: fn(&Entry) -> Option<String>| {
            self.entries.iter().filter(|entry| entry.way != Way::NodePort).filter_map(element).collect::<Vec<String>>()
        };
        let node_ports = |element: fn(&Entry) -> Option<String>| {
            self.entries.iter().filter(|entry| entry.way == Way::NodePort).filter_map(element).collect::<Vec<String>>()
        };
        let to_service = "type ipv4_addr . inet_proto . inet_service : verdict";
        let to_node = "type inet_proto . inet_service : verdict";
        let comment = "comment \"vmap to drop or reject packets to services with no endpoints\"";
        object(text, "map no-endpoint-services", &[to_service, comment], &services(barred));
        let comment = "comment \"vmap to drop or reject packets to service nodeports with no endpoints\"";
        object(text, "map no-endpoint-nodeports", &[to_node, comment], &node_ports(barred));
        let comment = "comment \"destinations that are subject to LoadBalancerSourceRanges\"";
        object(text, "map firewall-ips", &[to_service, comment], &services(guarded));
        let comment = "comment \"ClusterIP, ExternalIP and LoadBalancer IP traffic\"";
        object(text, "map service-ips", &[to_service, comment], &services(dispatched));
        object(text, "map service-nodeports", &[to_node, "comment \"NodePort traffic\""], &node_ports(dispatched));
    }

    fn affinity_sets(&self, affinity: &Affinity, now: Time, text: &mut String) {
        for port in &self.ports {
            let Some(timeout) = port.affinity else { continue };
            for endpoint in port.reachable() {
                let clients = affinity.clients(port.id, &endpoint, now);
                let elements: Vec<String> = clients.iter().map(|(client, left)| format!("{client} expires {}", span(*left))).collect();
                let name = format!("set affinity-{}", endpoint_name(port, &endpoint));
                let timeout = format!("timeout {}", span(timeout));
                object(text, &name, &["type ipv4_addr", "size 65535", "flags dynamic,timeout", &timeout], &elements);
            }
        }
    }

    /// Each chain of a Service port's own, with its rules.
    fn port_chains(&self, port: &Port, put: &mut dyn FnMut(String, Vec<String>)) {
        if port.affinity.is_some() {
            for endpoint in port.reachable() {
                let name = endpoint_name(port, &endpoint);
                put(format!("endpoint-{name}"), vec![format!("update @affinity-{name} {{ ip saddr }}"), translate(port, &endpoint)]);
            }
        }
        for (name, endpoints) in [(Chain::Cluster, &port.usable.cluster), (Chain::Local, &port.usable.local)] {
            if !endpoints.is_empty() {
                put(named(name, port), choose(port, endpoints));
            }
        }
        if port.usable.any && port.externally_accessible() {
            put(named(Chain::External, port), external(port, &self.cluster_cidr));
        }
        if port.has_firewall() {
            put(named(Chain::Firewall, port), vec![self.firewall(port)]);
        }
    }

    fn firewall(&self, port: &Port) -> String {
        let mut sources = port.source_ranges.clone();
        let within = |address: Ipv4Addr| port.source_ranges.iter().any(|range| range.contains(address.into()));
        if self.node.primary().is_some_and(within) {
            sources.extend(port.balancer_ips.iter().map(|address| Cidr { base: (*address).into(), bits: 32 }));
        }
        sources.sort();
        sources.dedup();
        let written: Vec<String> = sources.iter().map(block).collect();
        match written.as_slice() {
            [one] => format!("ip saddr != {one} drop"),
            many => format!("ip saddr != {{ {} }} drop", many.join(", ")),
        }
    }
}

/// A set or a map with what describes it.
fn object(text: &mut String, name: &str, about: &[&str], elements: &[String]) {
    text.push_str(&format!("\t{name} {{\n"));
    for line in about {
        text.push_str(&format!("\t\t{line}\n"));
    }
    if !elements.is_empty() {
        text.push_str(&format!("\t\telements = {{\n\t\t\t{} }}\n", elements.join(",\n\t\t\t")));
    }
    text.push_str("\t}\n\n");
}

fn chain<'a>(text: &mut String, name: &str, rules: impl Iterator<Item = &'a str>) {
    text.push_str(&format!("\tchain {name} {{\n"));
    for rule in rules {
        text.push_str(&format!("\t\t{rule}\n"));
    }
    text.push_str("\t}\n\n");
}

/// `10.0.0.0/8`; a single address without its length, everybody as nft writes it.
fn block(cidr: &Cidr) -> String {
    if cidr.bits == 32 { cidr.base.to_string() } else { format!("{}/{}", cidr.base, cidr.bits) }
}

/// `1d2h3m4s`, whole seconds, as nft writes spans.
fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let written: String = parts.iter().filter(|(number, _)| *number > 0).map(|(number, unit)| format!("{number}{unit}")).collect();
    if written.is_empty() { "0s".to_string() } else { written }
}

/// An element's key: `10.96.7.1 . tcp . 80`, of a node port `tcp . 30080`.
fn destination(entry: &Entry) -> String {
    let protocol: Protocol = entry.port.protocol;
    match entry.way {
        Way::NodePort => format!("{} . {}", lower(protocol), entry.number()),
        _ => format!("{} . {} . {}", entry.address(), lower(protocol), entry.number()),
    }
}

fn barred(entry: &Entry) -> Option<String> {
    let port = &entry.port;
    let verdict = match if entry.way == Way::ClusterIp { port.internal_bar() } else { port.external_bar() }? {
        Bar::Reject => "goto reject-chain",
        Bar::Drop => "drop",
    };
    Some(format!("{} comment \"{}\" : {verdict}", destination(entry), port.title()))
}

fn guarded(entry: &Entry) -> Option<String> {
    let guarded = entry.way == Way::Balancer && entry.port.has_firewall();
    guarded.then(|| format!("{} : goto {}", destination(entry), named(Chain::Firewall, &entry.port)))
}

fn dispatched(entry: &Entry) -> Option<String> {
    let port = &entry.port;
    let chain = match entry.way {
        Way::ClusterIp if port.internal_bar().is_some() => return None,
        Way::ClusterIp if port.internal_local => Chain::Local,
        Way::ClusterIp => Chain::Cluster,
        _ if !port.usable.any => return None,
        _ => Chain::External,
    };
    Some(format!("{} : goto {}", destination(entry), named(chain, port)))
}

fn translate(port: &Port, endpoint: &Endpoint) -> String {
    format!("meta l4proto {} dnat to {}", lower(port.protocol), endpoint.text())
}

/// The rules that choose among endpoints: those a client used lately, then one by chance.
fn choose(port: &Port, endpoints: &[Endpoint]) -> Vec<String> {
    let count = endpoints.len();
    if port.affinity.is_none() {
        if let [only] = endpoints {
            return vec![translate(port, only)];
        }
        let pairs = endpoints.iter().enumerate().map(|(place, one)| format!("{place} : {} . {}", one.address, one.port));
        let pairs = pairs.collect::<Vec<String>>().join(", ");
        return vec![format!("meta l4proto {} dnat ip to numgen random mod {count} map {{ {pairs} }}", lower(port.protocol))];
    }
    let names: Vec<String> = endpoints.iter().map(|one| endpoint_name(port, one)).collect();
    let mut rules: Vec<String> = names.iter().map(|name| format!("ip saddr @affinity-{name} goto endpoint-{name}")).collect();
    let pairs: Vec<String> = names.iter().enumerate().map(|(place, name)| format!("{place} : goto endpoint-{name}")).collect();
    rules.push(format!("numgen random mod {count} vmap {{ {} }}", pairs.join(", ")));
    rules
}

fn external(port: &Port, cluster_cidr: &Cidr) -> Vec<String> {
    let cluster = named(Chain::Cluster, port);
    let mut rules = Vec::new();
    if port.external_local {
        rules.push(format!("ip saddr {} goto {cluster} comment \"short-circuit pod traffic\"", block(cluster_cidr)));
        rules.push(format!("fib saddr type local {MARK} comment \"masquerade local traffic\""));
        rules.push(format!("fib saddr type local goto {cluster} comment \"short-circuit local traffic\""));
    } else {
        rules.push(format!("{MARK} comment \"masquerade\""));
    }
    if port.external_bar().is_none() {
        let next = if port.external_local { named(Chain::Local, port) } else { cluster };
        rules.push(format!("goto {next}"));
    }
    rules
}

/// The entry that decided, as `nft monitor` names rules and elements.
pub(super) fn words(rules: &Rules, meaning: Meaning) -> String {
    let check = |rule: &str| format!("add rule ip kube-proxy cluster-ips-check {rule}");
    match meaning {
        Meaning::WrongPort => check(WRONG_PORT),
        Meaning::Unallocated => check(&unallocated(&rules.service_cidr)),
        Meaning::Bar(entry) => {
            let map = if entry.way == Way::NodePort { "no-endpoint-nodeports" } else { "no-endpoint-services" };
            format!("add element ip kube-proxy {map} {{ {} }}", barred(entry).unwrap_or_default())
        }
        Meaning::Firewall(entry) => {
            format!("add rule ip kube-proxy {} {}", named(Chain::Firewall, &entry.port), rules.firewall(&entry.port))
        }
        Meaning::Endpoint { entry, local, place } => {
            let (port, endpoint) = (&entry.port, &entry.list(local)[place]);
            let chain = match port.affinity {
                Some(_) => format!("endpoint-{}", endpoint_name(port, endpoint)),
                None => named(if local { Chain::Local } else { Chain::Cluster }, port),
            };
            let rule = if port.affinity.is_some() { translate(port, endpoint) } else { choose(port, entry.list(local)).concat() };
            format!("add rule ip kube-proxy {chain} {rule}")
        }
    }
}

const MARK: &str = "meta mark set meta mark | 0x00004000";
const WRONG_PORT: &str = "ip daddr @cluster-ips reject comment \"Reject traffic to invalid ports of ClusterIPs\"";

fn unallocated(service_cidr: &Cidr) -> String {
    format!("ip daddr {} drop comment \"Drop traffic to unallocated ClusterIPs\"", block(service_cidr))
}

/// The chains that no Service changes.
fn base_chains(cluster_cidr: &Cidr, service_cidr: &Cidr) -> Vec<(&'static str, Vec<String>)> {
    let hook = |hook: &str, rules: &[&str]| {
        let first = format!("type {hook}; policy accept;");
        std::iter::once(first).chain(rules.iter().map(|rule| rule.to_string())).collect::<Vec<String>>()
    };
    let endpoints = "ct state new jump service-endpoints-check";
    let checks = [endpoints, "ct state new jump cluster-ips-check"];
    let lines = |rules: &[&str]| rules.iter().map(|rule| rule.to_string()).collect::<Vec<String>>();
    let from_outside = format!(
        "ip daddr @cluster-ips ip saddr != {} {MARK} comment \"masquerade clusterIP traffic from outside cluster\"",
        block(cluster_cidr)
    );
    vec![
        ("filter-prerouting-pre-dnat", hook("filter hook prerouting priority dstnat - 10", &["ct state new jump firewall-check"])),
        ("filter-output-pre-dnat", hook("filter hook output priority -110", &["ct state new jump firewall-check"])),
        ("filter-input", hook("filter hook input priority filter", &["ct state new jump nodeport-endpoints-check", endpoints])),
        ("filter-forward", hook("filter hook forward priority filter", &checks)),
        ("filter-output", hook("filter hook output priority filter", &checks)),
        ("nat-prerouting", hook("nat hook prerouting priority dstnat", &["jump services"])),
        ("nat-output", hook("nat hook output priority -100", &["jump services"])),
        ("nat-postrouting", hook("nat hook postrouting priority srcnat", &["jump masquerading"])),
        ("nodeport-endpoints-check", lines(&["ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports"])),
        ("service-endpoints-check", lines(&["ip daddr . meta l4proto . th dport vmap @no-endpoint-services"])),
        ("firewall-check", lines(&["ip daddr . meta l4proto . th dport vmap @firewall-ips"])),
        (
            "services",
            lines(&[
                from_outside.as_str(),
                "ip daddr . meta l4proto . th dport vmap @service-ips",
                "ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports",
            ]),
        ),
        (
            "masquerading",
            lines(&[
                "meta mark & 0x00004000 != 0x00000000 meta mark set meta mark ^ 0x00004000 masquerade fully-random",
                "ct status dnat ip saddr . ip daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random",
            ]),
        ),
        ("cluster-ips-check", vec![WRONG_PORT.to_string(), unallocated(service_cidr)]),
        ("reject-chain", lines(&["comment \"helper for @no-endpoint-services / @no-endpoint-nodeports\"", "reject"])),
    ]
}

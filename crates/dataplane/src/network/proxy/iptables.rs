//! The rules as `iptables-save` prints them (pkg/proxy/iptables).
use crate::network::Cidr;
use crate::network::proxy::endpoints::Node;
use crate::network::proxy::names::{Chain, iptables as named, iptables_endpoint as endpoint_chain, lower};
use crate::network::proxy::port::{Bar, Endpoint, Port, Way};
use crate::network::proxy::rules::{Meaning, Mode, Rules};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// User-defined chains with their rules, sorted by name as iptables keeps them.
type Chains = BTreeMap<String, Vec<String>>;

impl Rules {
    /// What `iptables-save` prints on the node, of kube-proxy's own chains; nothing in nftables mode. Order between Services:
    /// by name (upstream's is by chance).
    pub fn iptables_save(&self) -> String {
        match self.mode {
            Mode::Iptables => {}
            Mode::Ipvs => return self.iptables_of_ipvs(),
            Mode::Nftables => return String::new(),
        }
        let mut text = String::from("*mangle\n");
        declare(&mut text, &["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"], ["KUBE-PROXY-CANARY"].into_iter());
        text.push_str("COMMIT\n*filter\n");
        let filter = self.filter();
        declare(&mut text, &["INPUT", "FORWARD", "OUTPUT"], filter.keys().map(String::as_str));
        text.push_str(FILTER_JUMPS);
        write(&mut text, &filter);
        text.push_str("COMMIT\n*nat\n");
        let nat = self.nat();
        declare(&mut text, &["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"], nat.keys().map(String::as_str));
        text.push_str(NAT_JUMPS);
        write(&mut text, &nat);
        text.push_str("COMMIT\n");
        text
    }

    fn filter(&self) -> Chains {
        let mut chains = Chains::new();
        for name in ["KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS", "KUBE-PROXY-CANARY", "KUBE-PROXY-FIREWALL", "KUBE-SERVICES"] {
            chains.insert(name.to_string(), Vec::new());
        }
        let fixed = |rules: &[&str]| rules.iter().map(|rule| rule.to_string()).collect();
        chains.insert("KUBE-FIREWALL".to_string(), fixed(&[LOOPBACK_GUARD]));
        chains.insert("KUBE-FORWARD".to_string(), fixed(&FORWARDING));
        for port in &self.ports {
            filter_of(port, &mut |chain, rule| chains.entry(chain.to_string()).or_default().push(rule));
        }
        chains
    }

    fn nat(&self) -> Chains {
        let mut chains = Chains::new();
        let fixed = |rules: &[&str]| rules.iter().map(|rule| rule.to_string()).collect::<Vec<String>>();
        chains.insert("KUBE-MARK-MASQ".to_string(), fixed(&["-j MARK --set-xmark 0x4000/0x4000"]));
        chains.insert("KUBE-POSTROUTING".to_string(), fixed(&POSTROUTING));
        for name in ["KUBE-NODEPORTS", "KUBE-PROXY-CANARY", "KUBE-SERVICES"] {
            chains.insert(name.to_string(), Vec::new());
        }
        for port in &self.ports {
            let mut put = |chain: &str, rule: String| chains.entry(chain.to_string()).or_default().push(rule);
            capture(port, &mut put);
            self.nat_chains(port, &mut put);
        }
        chains.entry("KUBE-SERVICES".to_string()).or_default().push(LAST.to_string());
        chains
    }

    /// The chains of a Service port's own.
    fn nat_chains(&self, port: &Port, put: &mut dyn FnMut(&str, String)) {
        let title = port.title();
        let (cluster, local) = (named(Chain::Cluster, port), named(Chain::Local, port));
        if port.internal_bar().is_none() {
            let chain = if port.internal_local { &local } else { &cluster };
            let destination = matched(Some(port.cluster_ip), port, port.port, &format!("{title} cluster IP"));
            put(chain, format!("! -s {}{destination} -j KUBE-MARK-MASQ", block(&self.cluster_cidr)));
        }
        if port.usable.any && port.externally_accessible() {
            external(port, &block(&self.cluster_cidr), put);
            if port.has_firewall() {
                firewall(port, &self.node, put);
            }
        }
        choose(port, &cluster, &port.usable.cluster, put);
        choose(port, &local, &port.usable.local, put);
        for endpoint in port.reachable() {
            let chain = endpoint_chain(port, &endpoint);
            put(&chain, format!("-s {}/32 -m comment --comment \"{title}\" -j KUBE-MARK-MASQ", endpoint.address));
            put(&chain, translate(port, &endpoint, &chain));
        }
    }
}

fn declare<'a>(text: &mut String, hooks: &[&str], chains: impl Iterator<Item = &'a str>) {
    for hook in hooks {
        text.push_str(&format!(":{hook} ACCEPT [0:0]\n"));
    }
    for chain in chains {
        text.push_str(&format!(":{chain} - [0:0]\n"));
    }
}

fn write(text: &mut String, chains: &Chains) {
    for (chain, rules) in chains {
        for rule in rules {
            text.push_str(&format!("-A {chain} {rule}\n"));
        }
    }
}

/// ` -d 10.96.7.1/32 -p tcp -m comment --comment "…" -m tcp --dport 80`, with a space before it.
fn matched(address: Option<Ipv4Addr>, port: &Port, number: u16, comment: &str) -> String {
    let protocol = lower(port.protocol);
    let to = address.map(|address| format!(" -d {address}/32")).unwrap_or_default();
    format!("{to} -p {protocol} -m comment --comment \"{comment}\" -m {protocol} --dport {number}")
}

fn block(cidr: &Cidr) -> String {
    format!("{}/{}", cidr.base, cidr.bits)
}

/// The rules of the filter table: for those who find no endpoint, and for health checks.
fn filter_of(port: &Port, put: &mut dyn FnMut(&str, String)) {
    if port.internal_bar().is_some() {
        put("KUBE-SERVICES", barred(port, Way::ClusterIp, port.cluster_ip));
    }
    let barred_outside = port.external_bar().is_some();
    if barred_outside {
        port.external_ips.iter().for_each(|address| put("KUBE-EXTERNAL-SERVICES", barred(port, Way::ExternalIp, *address)));
    }
    if port.usable.any && port.has_firewall() {
        port.balancer_ips.iter().for_each(|address| put("KUBE-PROXY-FIREWALL", unaccepted(port, *address)));
    }
    if barred_outside {
        port.balancer_ips.iter().for_each(|address| put("KUBE-EXTERNAL-SERVICES", barred(port, Way::Balancer, *address)));
    }
    if barred_outside && port.node_port != 0 {
        put("KUBE-EXTERNAL-SERVICES", barred(port, Way::NodePort, Ipv4Addr::UNSPECIFIED));
    }
    if port.health_check_node_port != 0 {
        let comment = format!("{} health check node port", port.title());
        let number = port.health_check_node_port;
        put("KUBE-NODEPORTS", format!("-p tcp -m comment --comment \"{comment}\" -m tcp --dport {number} -j ACCEPT"));
    }
}

fn barred(port: &Port, way: Way, address: Ipv4Addr) -> String {
    let bar = if way == Way::ClusterIp { port.internal_bar() } else { port.external_bar() };
    let (words, verdict) = match bar {
        Some(Bar::Drop) => ("has no local endpoints", "DROP"),
        Some(Bar::Reject) | None => ("has no endpoints", "REJECT --reject-with icmp-port-unreachable"),
    };
    let comment = format!("{} {words}", port.title());
    if way == Way::NodePort {
        let protocol = lower(port.protocol);
        let to = format!("-m addrtype --dst-type LOCAL -m {protocol} --dport {}", port.node_port);
        return format!("-p {protocol} -m comment --comment \"{comment}\" {to} -j {verdict}");
    }
    format!("{} -j {verdict}", matched(Some(address), port, port.port, &comment).trim_start())
}

fn unaccepted(port: &Port, address: Ipv4Addr) -> String {
    let comment = format!("{} traffic not accepted by {}", port.title(), named(Chain::Firewall, port));
    format!("{} -j DROP", matched(Some(address), port, port.port, &comment).trim_start())
}

/// The rules that take packets from KUBE-SERVICES and KUBE-NODEPORTS to the chains of the Service port.
fn capture(port: &Port, put: &mut dyn FnMut(&str, String)) {
    let title = port.title();
    let mut to_services = |address: Ipv4Addr, what: &str, chain: Chain| {
        let from = matched(Some(address), port, port.port, &format!("{title} {what}"));
        put("KUBE-SERVICES", format!("{} -j {}", from.trim_start(), named(chain, port)));
    };
    if port.internal_bar().is_none() {
        to_services(port.cluster_ip, "cluster IP", if port.internal_local { Chain::Local } else { Chain::Cluster });
    }
    if !port.usable.any {
        return;
    }
    port.external_ips.iter().for_each(|address| to_services(*address, "external IP", Chain::External));
    let balanced = if port.has_firewall() { Chain::Firewall } else { Chain::External };
    port.balancer_ips.iter().for_each(|address| to_services(*address, "loadbalancer IP", balanced));
    if port.node_port != 0 {
        let (from, chain) = (matched(None, port, port.node_port, &title), named(Chain::External, port));
        let counted = "-m nfacct --nfacct-name  localhost_nps_accepted_pkts";
        put("KUBE-NODEPORTS", format!("-d 127.0.0.0/8{from} {counted} -j {chain}"));
        put("KUBE-NODEPORTS", format!("{} -j {chain}", from.trim_start()));
    }
}

fn external(port: &Port, cluster_cidr: &str, put: &mut dyn FnMut(&str, String)) {
    let (chain, title) = (named(Chain::External, port), port.title());
    let cluster = named(Chain::Cluster, port);
    let comment = |what: &str| format!("-m comment --comment \"{what} for {title} external destinations\"");
    if port.external_local {
        let here = "-m addrtype --src-type LOCAL";
        put(&chain, format!("-s {cluster_cidr} {} -j {cluster}", comment("pod traffic")));
        put(&chain, format!("{} {here} -j KUBE-MARK-MASQ", comment("masquerade LOCAL traffic")));
        put(&chain, format!("{} {here} -j {cluster}", comment("route LOCAL traffic")));
    } else {
        put(&chain, format!("{} -j KUBE-MARK-MASQ", comment("masquerade traffic")));
    }
    if port.external_bar().is_none() {
        let next = if port.external_local { named(Chain::Local, port) } else { cluster };
        put(&chain, format!("-j {next}"));
    }
}

fn firewall(port: &Port, node: &Node, put: &mut dyn FnMut(&str, String)) {
    let (chain, title, next) = (named(Chain::Firewall, port), port.title(), named(Chain::External, port));
    // iptables-save leaves out a source that is everybody.
    let mut from = |source: String| put(&chain, format!("{source}-m comment --comment \"{title} loadbalancer IP\" -j {next}"));
    for range in &port.source_ranges {
        from(if range.bits == 0 { String::new() } else { format!("-s {} ", block(range)) });
    }
    let within = |address: Ipv4Addr| port.source_ranges.iter().any(|range| range.contains(address.into()));
    if node.primary().is_some_and(within) {
        port.balancer_ips.iter().for_each(|address| from(format!("-s {address}/32 ")));
    }
    put(&chain, format!("-m comment --comment \"other traffic to {title} will be dropped by KUBE-PROXY-FIREWALL\""));
}

/// The rules that choose among endpoints: those a client used lately, then each with its share of the chance that is left.
fn choose(port: &Port, chain: &str, endpoints: &[Endpoint], put: &mut dyn FnMut(&str, String)) {
    let title = port.title();
    let comment = |endpoint: &Endpoint| format!("-m comment --comment \"{title} -> {}\"", endpoint.text());
    if let Some(timeout) = port.affinity {
        for endpoint in endpoints {
            let next = endpoint_chain(port, endpoint);
            let recent =
                format!("-m recent --rcheck --seconds {} --reap --name {next} --mask 255.255.255.255 --rsource", timeout.as_secs());
            put(chain, format!("{} {recent} -j {next}", comment(endpoint)));
        }
    }
    for (place, endpoint) in endpoints.iter().enumerate() {
        let next = endpoint_chain(port, endpoint);
        let share = match endpoints.len() - place {
            1 => String::new(),
            left => format!(" -m statistic --mode random --probability {}", probability(left as u64)),
        };
        put(chain, format!("{}{share} -j {next}", comment(endpoint)));
    }
}

/// 1/n as the kernel keeps it, in 2^31ths of what kube-proxy wrote with ten digits, printed with eleven.
fn probability(n: u64) -> String {
    let rounded = |number: u128, by: u128| (number + by / 2) / by;
    let (scale, written) = (1_u128 << 31, rounded(10_000_000_000, u128::from(n)));
    let kept = rounded(written * scale, 10_000_000_000);
    format!("0.{:011}", rounded(kept * 100_000_000_000, scale))
}

fn translate(port: &Port, endpoint: &Endpoint, chain: &str) -> String {
    let protocol = lower(port.protocol);
    let recent =
        if port.affinity.is_some() { format!(" -m recent --set --name {chain} --mask 255.255.255.255 --rsource") } else { String::new() };
    let comment = format!("-m comment --comment \"{}\"", port.title());
    format!("-p {protocol} {comment}{recent} -m {protocol} -j DNAT --to-destination {}", endpoint.text())
}

/// The line that decided.
pub(super) fn words(meaning: Meaning) -> String {
    match meaning {
        Meaning::WrongPort | Meaning::Unallocated => String::new(),
        Meaning::Bar(entry) => {
            let chain = if entry.way == Way::ClusterIp { "KUBE-SERVICES" } else { "KUBE-EXTERNAL-SERVICES" };
            format!("-A {chain} {}", barred(&entry.port, entry.way, entry.address()))
        }
        Meaning::Firewall(entry) => format!("-A KUBE-PROXY-FIREWALL {}", unaccepted(&entry.port, entry.address())),
        Meaning::Endpoint { entry, local, place } => {
            let endpoint = &entry.list(local)[place];
            let chain = endpoint_chain(&entry.port, endpoint);
            format!("-A {chain} {}", translate(&entry.port, endpoint, &chain))
        }
    }
}

const FILTER_JUMPS: &str = "-A INPUT -j KUBE-FIREWALL
-A INPUT -m conntrack --ctstate NEW -m comment --comment \"kubernetes load balancer firewall\" -j KUBE-PROXY-FIREWALL
-A INPUT -m comment --comment \"kubernetes health check service ports\" -j KUBE-NODEPORTS
-A INPUT -m conntrack --ctstate NEW -m comment --comment \"kubernetes externally-visible service portals\" -j KUBE-EXTERNAL-SERVICES
-A FORWARD -m conntrack --ctstate NEW -m comment --comment \"kubernetes load balancer firewall\" -j KUBE-PROXY-FIREWALL
-A FORWARD -m comment --comment \"kubernetes forwarding rules\" -j KUBE-FORWARD
-A FORWARD -m conntrack --ctstate NEW -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES
-A FORWARD -m conntrack --ctstate NEW -m comment --comment \"kubernetes externally-visible service portals\" -j KUBE-EXTERNAL-SERVICES
-A OUTPUT -j KUBE-FIREWALL
-A OUTPUT -m conntrack --ctstate NEW -m comment --comment \"kubernetes load balancer firewall\" -j KUBE-PROXY-FIREWALL
-A OUTPUT -m conntrack --ctstate NEW -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES
";

const NAT_JUMPS: &str = "-A PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES
-A OUTPUT -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING
";

const LOOPBACK_GUARD: &str = "! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment \"block incoming localnet connections\" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP";

pub(super) const FORWARDING: [&str; 3] = [
    "-m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP",
    "-m comment --comment \"kubernetes forwarding rules\" -m mark --mark 0x4000/0x4000 -j ACCEPT",
    "-m comment --comment \"kubernetes forwarding conntrack rule\" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
];

pub(super) const POSTROUTING: [&str; 3] = [
    "-m mark ! --mark 0x4000/0x4000 -j RETURN",
    "-j MARK --set-xmark 0x4000/0x0",
    "-m comment --comment \"kubernetes service traffic requiring SNAT\" -j MASQUERADE --random-fully",
];

const LAST: &str = "-m comment --comment \"kubernetes service nodeports; NOTE: this must be the last rule in this chain\" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_printed_as_the_kernel_keeps_them() {
        // As seen in many a cluster's iptables-save.
        let known = [
            (2, "0.50000000000"),
            (3, "0.33333333349"),
            (4, "0.25000000000"),
            (5, "0.20000000019"),
            (6, "0.16666666651"),
            (7, "0.14285714272"),
            (9, "0.11111111101"),
            (10, "0.10000000009"),
        ];
        for (n, text) in known {
            assert_eq!(probability(n), text, "1/{n}");
        }
    }
}

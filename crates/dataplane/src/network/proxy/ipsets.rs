//! What the ipvs mode leaves to iptables: sets of addresses and ports, and the few rules that ask them (pkg/proxy/ipvs).
//! From its documents and source: no recording has it.
use crate::network::proxy::names::lower;
use crate::network::proxy::port::Way;
use crate::network::proxy::rules::{Entry, Mode, Rules};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// One set: its name, its type, how many rules ask it, its members.
pub struct IpSet {
    pub name: &'static str,
    pub kind: &'static str,
    pub references: usize,
    pub members: Vec<String>,
}

/// A set's name, its type, and what its rules' comment says of it.
const SETS: [(&str, &str, &str); 16] = [
    ("KUBE-LOOP-BACK", "hash:ip,port,ip", "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose"),
    ("KUBE-CLUSTER-IP", "hash:ip,port", "Kubernetes service cluster ip + port for masquerade purpose"),
    ("KUBE-EXTERNAL-IP", "hash:ip,port", "Kubernetes service external ip + port for masquerade and filter purpose"),
    ("KUBE-EXTERNAL-IP-LOCAL", "hash:ip,port", "Kubernetes service external ip + port with externalTrafficPolicy=local"),
    ("KUBE-LOAD-BALANCER", "hash:ip,port", "Kubernetes service lb portal"),
    ("KUBE-LOAD-BALANCER-LOCAL", "hash:ip,port", "Kubernetes service load balancer ip + port with externalTrafficPolicy=local"),
    ("KUBE-LOAD-BALANCER-FW", "hash:ip,port", "Kubernetes service load balancer ip + port for load balancer with sourceRange"),
    (
        "KUBE-LOAD-BALANCER-SOURCE-CIDR",
        "hash:ip,port,net",
        "Kubernetes service load balancer ip + port + source cidr for packet filter purpose",
    ),
    ("KUBE-NODE-PORT-TCP", "bitmap:port", "Kubernetes nodeport TCP port for masquerade purpose"),
    ("KUBE-NODE-PORT-LOCAL-TCP", "bitmap:port", "Kubernetes nodeport TCP port with externalTrafficPolicy=local"),
    ("KUBE-NODE-PORT-UDP", "bitmap:port", "Kubernetes nodeport UDP port for masquerade purpose"),
    ("KUBE-NODE-PORT-LOCAL-UDP", "bitmap:port", "Kubernetes nodeport UDP port with externalTrafficPolicy=local"),
    ("KUBE-NODE-PORT-SCTP-HASH", "hash:ip,port", "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'"),
    (
        "KUBE-NODE-PORT-LOCAL-SCTP-HASH",
        "hash:ip,port",
        "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'",
    ),
    ("KUBE-HEALTH-CHECK-NODE-PORT", "bitmap:port", "Kubernetes health check node port"),
    ("KUBE-IPVS-IPS", "hash:ip", ""),
];

/// Rules that stand only while their set has members: table, chain, set, what of a packet is looked up, protocol, target.
const ASKING: [(&str, &str, &str, &str, &str, &str); 11] = [
    ("nat", "KUBE-POSTROUTING", "KUBE-LOOP-BACK", "dst,dst,src", "", "MASQUERADE"),
    ("nat", "KUBE-SERVICES", "KUBE-LOAD-BALANCER", "dst,dst", "", "KUBE-LOAD-BALANCER"),
    ("nat", "KUBE-LOAD-BALANCER", "KUBE-LOAD-BALANCER-LOCAL", "dst,dst", "", "RETURN"),
    ("nat", "KUBE-NODE-PORT", "KUBE-NODE-PORT-LOCAL-TCP", "dst", "tcp", "RETURN"),
    ("nat", "KUBE-NODE-PORT", "KUBE-NODE-PORT-TCP", "dst", "tcp", "KUBE-MARK-MASQ"),
    ("nat", "KUBE-NODE-PORT", "KUBE-NODE-PORT-LOCAL-UDP", "dst", "udp", "RETURN"),
    ("nat", "KUBE-NODE-PORT", "KUBE-NODE-PORT-UDP", "dst", "udp", "KUBE-MARK-MASQ"),
    ("nat", "KUBE-NODE-PORT", "KUBE-NODE-PORT-LOCAL-SCTP-HASH", "dst,dst", "sctp", "RETURN"),
    ("nat", "KUBE-NODE-PORT", "KUBE-NODE-PORT-SCTP-HASH", "dst,dst", "sctp", "KUBE-MARK-MASQ"),
    ("filter", "KUBE-PROXY-FIREWALL", "KUBE-LOAD-BALANCER-FW", "dst,dst", "", "KUBE-SOURCE-RANGES-FIREWALL"),
    ("filter", "KUBE-SOURCE-RANGES-FIREWALL", "KUBE-LOAD-BALANCER-SOURCE-CIDR", "dst,dst,src", "", "RETURN"),
];

impl Rules {
    /// Whether a cluster IP, an external one or a balancer's stands on the node's own device `kube-ipvs0`.
    pub fn binds(&self, address: Ipv4Addr) -> bool {
        self.mode == Mode::Ipvs && !address.is_unspecified() && !self.of_address(address).is_empty()
    }

    /// The addresses of `kube-ipvs0`; none in other modes.
    pub fn bound(&self) -> Vec<Ipv4Addr> {
        let kept = self.entries.iter().filter(|entry| self.mode == Mode::Ipvs && entry.way != Way::NodePort);
        kept.map(Entry::address).collect::<BTreeSet<Ipv4Addr>>().into_iter().collect()
    }

    /// The sets as `ipset list` knows them; none in other modes.
    pub fn ip_sets(&self) -> Vec<IpSet> {
        if self.mode != Mode::Ipvs {
            return Vec::new();
        }
        let (members, text) = (self.members(), self.iptables_of_ipvs());
        let set = |(name, kind, _): (&'static str, &'static str, &str)| IpSet {
            name,
            kind,
            references: text.matches(&format!("--match-set {name} ")).count(),
            members: members.get(name).map(|all| all.iter().cloned().collect()).unwrap_or_default(),
        };
        SETS.map(set).into()
    }

    fn members(&self) -> BTreeMap<&'static str, BTreeSet<String>> {
        let mut all: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        let mut put = |set: &'static str, member: String| all.entry(set).or_default().insert(member);
        for entry in &self.entries {
            let (port, protocol) = (&entry.port, lower(entry.port.protocol));
            let place = format!("{},{protocol}:{}", entry.address(), entry.number());
            match (entry.way, protocol) {
                (Way::ClusterIp, _) => {
                    put("KUBE-CLUSTER-IP", place);
                }
                (Way::ExternalIp, _) => {
                    put(if port.external_local { "KUBE-EXTERNAL-IP-LOCAL" } else { "KUBE-EXTERNAL-IP" }, place);
                }
                (Way::Balancer, _) => {
                    put("KUBE-LOAD-BALANCER", place.clone());
                    if port.external_local {
                        put("KUBE-LOAD-BALANCER-LOCAL", place.clone());
                    }
                    if port.has_firewall() {
                        put("KUBE-LOAD-BALANCER-FW", place.clone());
                    }
                    for range in &port.source_ranges {
                        put("KUBE-LOAD-BALANCER-SOURCE-CIDR", format!("{place},{}/{}", range.base, range.bits));
                    }
                }
                (Way::NodePort, "sctp") => {
                    for address in &self.node.addresses {
                        let place = format!("{address},sctp:{}", entry.number());
                        put("KUBE-NODE-PORT-SCTP-HASH", place.clone());
                        if port.external_local {
                            put("KUBE-NODE-PORT-LOCAL-SCTP-HASH", place);
                        }
                    }
                }
                (Way::NodePort, protocol) => {
                    let (set, local) = match protocol {
                        "udp" => ("KUBE-NODE-PORT-UDP", "KUBE-NODE-PORT-LOCAL-UDP"),
                        _ => ("KUBE-NODE-PORT-TCP", "KUBE-NODE-PORT-LOCAL-TCP"),
                    };
                    put(set, entry.number().to_string());
                    if port.external_local {
                        put(local, entry.number().to_string());
                    }
                }
            }
            if port.health_check_node_port != 0 {
                put("KUBE-HEALTH-CHECK-NODE-PORT", port.health_check_node_port.to_string());
            }
            for endpoint in port.reachable().iter().filter(|endpoint| endpoint.local) {
                put("KUBE-LOOP-BACK", format!("{},{protocol}:{},{}", endpoint.address, endpoint.port, endpoint.address));
            }
        }
        for address in self.bound() {
            put("KUBE-IPVS-IPS", address.to_string());
        }
        all
    }

    /// What `iptables-save` prints in ipvs mode.
    pub(super) fn iptables_of_ipvs(&self) -> String {
        let members = self.members();
        let filled = |set: &str| members.get(set).is_some_and(|all| !all.is_empty());
        let comment = |set: &str| SETS.iter().find(|(name, ..)| *name == set).map_or("", |(_, _, comment)| *comment);
        let (mut nat, mut filter) = (BTreeMap::<&str, Vec<String>>::new(), BTreeMap::<&str, Vec<String>>::new());
        nat.entry("KUBE-SERVICES").or_default().push("-s 127.0.0.0/8 -j RETURN".to_string());
        for (table, chain, set, what, protocol, target) in ASKING.into_iter().filter(|(_, _, set, ..)| filled(set)) {
            let protocol = if protocol.is_empty() { String::new() } else { format!("-p {protocol} ") };
            let rule = format!("{protocol}-m comment --comment \"{}\" -m set --match-set {set} {what} -j {target}", comment(set));
            if table == "nat" { &mut nat } else { &mut filter }.entry(chain).or_default().push(rule);
        }
        let services = nat.entry("KUBE-SERVICES").or_default();
        let asks = |set: &str, more: &str, target: &str| {
            format!("{more}-m comment --comment \"{}\" -m set --match-set {set} dst,dst -j {target}", comment(set))
        };
        if filled("KUBE-CLUSTER-IP") {
            let outside = format!("! -s {}/{} ", self.cluster_cidr.base, self.cluster_cidr.bits);
            services.push(asks("KUBE-CLUSTER-IP", &outside, "KUBE-MARK-MASQ"));
        }
        for (set, masquerades) in [("KUBE-EXTERNAL-IP", true), ("KUBE-EXTERNAL-IP-LOCAL", false)] {
            if filled(set) {
                services.extend(masquerades.then(|| asks(set, "", "KUBE-MARK-MASQ")));
                services.push(
                    asks(set, "", "ACCEPT").replace("dst,dst", "dst,dst -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL"),
                );
                services.push(asks(set, "", "ACCEPT").replace("dst,dst", "dst,dst -m addrtype --dst-type LOCAL"));
            }
        }
        services.push("-m addrtype --dst-type LOCAL -j KUBE-NODE-PORT".to_string());
        for set in ["KUBE-CLUSTER-IP", "KUBE-LOAD-BALANCER"] {
            services.extend(filled(set).then(|| format!("-m set --match-set {set} dst,dst -j ACCEPT")));
        }
        let push = |table: &mut BTreeMap<&str, Vec<String>>, chain: &'static str, rules: &[&str]| {
            table.entry(chain).or_default().extend(rules.iter().map(|rule| rule.to_string()));
        };
        push(&mut nat, "KUBE-LOAD-BALANCER", &["-j KUBE-MARK-MASQ"]);
        push(&mut nat, "KUBE-MARK-MASQ", &["-j MARK --set-xmark 0x4000/0x4000"]);
        push(&mut nat, "KUBE-NODE-PORT", &[]);
        push(&mut nat, "KUBE-POSTROUTING", &super::iptables::POSTROUTING);
        push(&mut filter, "KUBE-SOURCE-RANGES-FIREWALL", &["-j DROP"]);
        push(&mut filter, "KUBE-PROXY-FIREWALL", &[]);
        push(&mut filter, "KUBE-IPVS-OUT-FILTER", &[]);
        push(&mut filter, "KUBE-FORWARD", &super::iptables::FORWARDING[1..]);
        let health =
            "-m comment --comment \"Kubernetes health check node port\" -m set --match-set KUBE-HEALTH-CHECK-NODE-PORT dst -j ACCEPT";
        push(&mut filter, "KUBE-NODE-PORT", &[health]);
        push(&mut filter, "KUBE-IPVS-FILTER", &FILTERING);
        let mut text = String::new();
        for (table, hooks, chains, jumps) in
            [("filter", &FILTER_HOOKS[..], &filter, FILTER_JUMPS), ("nat", &NAT_HOOKS[..], &nat, NAT_JUMPS)]
        {
            text.push_str(&format!("*{table}\n"));
            hooks.iter().for_each(|hook| text.push_str(&format!(":{hook} ACCEPT [0:0]\n")));
            chains.keys().for_each(|chain| text.push_str(&format!(":{chain} - [0:0]\n")));
            text.push_str(jumps);
            for (chain, rules) in chains {
                rules.iter().for_each(|rule| text.push_str(&format!("-A {chain} {rule}\n")));
            }
            text.push_str("COMMIT\n");
        }
        text
    }
}

const FILTER_HOOKS: [&str; 3] = ["INPUT", "FORWARD", "OUTPUT"];
const NAT_HOOKS: [&str; 4] = ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"];

/// Nobody reaches the node's own ports by a Service's address.
const FILTERING: [&str; 6] = [
    "-m set --match-set KUBE-LOAD-BALANCER dst,dst -j RETURN",
    "-m set --match-set KUBE-CLUSTER-IP dst,dst -j RETURN",
    "-m set --match-set KUBE-EXTERNAL-IP dst,dst -j RETURN",
    "-m set --match-set KUBE-EXTERNAL-IP-LOCAL dst,dst -j RETURN",
    "-m set --match-set KUBE-HEALTH-CHECK-NODE-PORT dst -j RETURN",
    "-m conntrack --ctstate NEW -m set --match-set KUBE-IPVS-IPS dst -j REJECT --reject-with icmp-port-unreachable",
];

/// Each jump is put before those that are there.
const FILTER_JUMPS: &str = "-A INPUT -m comment --comment \"kubernetes ipvs access filter\" -j KUBE-IPVS-FILTER
-A INPUT -m comment --comment \"kube-proxy firewall rules\" -j KUBE-PROXY-FIREWALL
-A INPUT -m comment --comment \"kubernetes health check rules\" -j KUBE-NODE-PORT
-A FORWARD -m comment --comment \"kube-proxy firewall rules\" -j KUBE-PROXY-FIREWALL
-A FORWARD -m comment --comment \"kubernetes forwarding rules\" -j KUBE-FORWARD
-A OUTPUT -m comment --comment \"kubernetes ipvs access filter\" -j KUBE-IPVS-OUT-FILTER
";

const NAT_JUMPS: &str = "-A PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES
-A OUTPUT -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING
";

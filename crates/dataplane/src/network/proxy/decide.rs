//! What a node's Service rules do with the first packet of a connection, in each mode.
use crate::network::proxy::affinity::Affinity;
use crate::network::proxy::port::{Bar, Way};
use crate::network::proxy::rules::{BAR, Entry, FIREWALL, Mode, Rules, UNALLOCATED, WRONG_PORT};
use crate::network::{Origin, Packet, Protocol, Verdict};
use simcore::Time;
use std::net::{IpAddr, Ipv4Addr};

/// A packet of IPv4 with where it came from.
#[derive(Clone, Copy)]
struct Seen {
    source: Ipv4Addr,
    destination: Ipv4Addr,
    port: u16,
    protocol: Protocol,
    origin: Origin,
    /// The source is a Pod's address.
    from_pods: bool,
}

/// What a choice of an endpoint draws on.
struct Draw<'a> {
    now: Time,
    affinity: &'a mut Affinity,
    chance: u32,
}

/// Where the chains lead a packet.
enum Lead {
    To {
        local: bool,
        masqueraded: bool,
    },
    /// The end of the chain, and on to the bar in the filter table.
    Through,
}

impl Rules {
    /// Decides about a connection's first packet. `chance` is any 32 bits; the same bits choose the same endpoint.
    /// Other addresses than IPv4 pass: no rules are written for them.
    pub fn decide(&self, packet: &Packet, origin: Origin, now: Time, affinity: &mut Affinity, chance: u32) -> Verdict {
        let (IpAddr::V4(source), IpAddr::V4(destination)) = (packet.source, packet.destination) else { return Verdict::Pass };
        let from_pods = self.cluster_cidr.contains(packet.source);
        let seen = Seen { source, destination, port: packet.port, protocol: packet.protocol, origin, from_pods };
        let draw = Draw { now, affinity, chance };
        match self.mode {
            Mode::Iptables => self.by_iptables(seen, draw),
            Mode::Nftables => self.by_nftables(seen, draw),
            Mode::Ipvs => self.by_ipvs(seen, draw),
        }
    }

    fn by_iptables(&self, seen: Seen, draw: Draw) -> Verdict {
        let here = self.node.owns(seen.destination);
        let entry = match self.find(seen.destination, seen.port, seen.protocol) {
            Some(entry) => entry,
            // Only the node itself reaches its loopback addresses.
            None if here && (!seen.destination.is_loopback() || seen.origin == Origin::Node) => match self.node_port(seen) {
                Some(entry) => entry,
                None => return Verdict::Pass,
            },
            None => return Verdict::Pass,
        };
        let port = &entry.port;
        if entry.way == Way::Balancer && port.usable.any && port.has_firewall() && !port.admits(seen.source, &self.node) {
            return Verdict::Dropped { rule: entry.first + FIREWALL };
        }
        match lead(entry, seen) {
            Lead::To { local, masqueraded } => self.send(entry, local, masqueraded, seen, draw),
            // The OUTPUT chain does not ask KUBE-EXTERNAL-SERVICES; a local address meets it again on INPUT.
            Lead::Through if entry.way != Way::ClusterIp && seen.origin == Origin::Node && !here => Verdict::Pass,
            Lead::Through => barred(entry),
        }
    }

    fn by_nftables(&self, seen: Seen, draw: Draw) -> Verdict {
        let found = self.find(seen.destination, seen.port, seen.protocol).or_else(|| match self.node.primary() {
            Some(primary) if primary == seen.destination => self.node_port(seen),
            _ => None,
        });
        let Some(entry) = found else { return self.beyond_nftables(seen) };
        let port = &entry.port;
        if entry.way == Way::Balancer && port.has_firewall() && !port.admits(seen.source, &self.node) {
            return Verdict::Dropped { rule: entry.first + FIREWALL };
        }
        match lead(entry, seen) {
            Lead::To { local, masqueraded } => self.send(entry, local, masqueraded, seen, draw),
            Lead::Through => barred(entry),
        }
    }

    /// The chain `cluster-ips-check`.
    fn beyond_nftables(&self, seen: Seen) -> Verdict {
        if self.of_address(seen.destination).iter().any(|entry| entry.way == Way::ClusterIp) {
            return Verdict::Refused { rule: WRONG_PORT };
        }
        if self.service_cidr.contains(IpAddr::V4(seen.destination)) {
            return Verdict::Dropped { rule: UNALLOCATED };
        }
        Verdict::Pass
    }

    /// From kube-proxy's documents and source, not from a recording: every Service address is one of the node's own, there
    /// are no short cuts, servers take turns, and a server without endpoints refuses.
    fn by_ipvs(&self, seen: Seen, draw: Draw) -> Verdict {
        let reached = self.node.addresses.contains(&seen.destination);
        let found = self.find(seen.destination, seen.port, seen.protocol).or_else(|| if reached { self.node_port(seen) } else { None });
        let Some(entry) = found else {
            let bound = !reached && !self.of_address(seen.destination).is_empty();
            return if bound { Verdict::Refused { rule: WRONG_PORT } } else { Verdict::Pass };
        };
        let port = &entry.port;
        if entry.way == Way::Balancer && port.has_firewall() && !port.admits(seen.source, &self.node) {
            return Verdict::Dropped { rule: entry.first + FIREWALL };
        }
        let asks_local = if entry.way == Way::ClusterIp { port.internal_local } else { port.external_local };
        let local = asks_local && !port.usable.local.is_empty();
        let list = entry.list(local);
        if list.is_empty() {
            return Verdict::Refused { rule: entry.first + BAR };
        }
        let server = port.id ^ u64::from(u32::from(seen.destination)) ^ entry.way as u64;
        let kept = port.affinity.and_then(|_| draw.affinity.recall(server, seen.source, list, draw.now));
        let place = kept.unwrap_or_else(|| draw.affinity.turn(server, list.len()));
        let endpoint = list[place];
        if let Some(timeout) = port.affinity {
            draw.affinity.note(server, seen.source, &endpoint, draw.now, timeout);
        }
        let from_afar = if entry.way == Way::ClusterIp { !seen.from_pods } else { !asks_local || seen.origin == Origin::Node };
        let masqueraded = from_afar || (endpoint.local && endpoint.address == seen.source);
        // The answer of an endpoint elsewhere would come to the client from an address that it never asked.
        if asks_local && !local && entry.way != Way::ClusterIp && !masqueraded && seen.origin == Origin::Outside {
            return Verdict::Dropped { rule: entry.endpoint_rule(local, place) };
        }
        Verdict::Forward { address: endpoint.address.into(), port: endpoint.port, masqueraded, rule: entry.endpoint_rule(local, place) }
    }

    fn node_port(&self, seen: Seen) -> Option<&Entry> {
        self.find(Ipv4Addr::UNSPECIFIED, seen.port, seen.protocol)
    }

    /// The end of a chain of endpoints: whom the client used lately, otherwise one by chance.
    fn send(&self, entry: &Entry, local: bool, masqueraded: bool, seen: Seen, draw: Draw) -> Verdict {
        let (list, port) = (entry.list(local), &entry.port);
        let kept = port.affinity.and_then(|_| draw.affinity.recall(port.id, seen.source, list, draw.now));
        let place = kept.unwrap_or_else(|| ((u64::from(draw.chance) * list.len() as u64) >> 32) as usize);
        let Some(endpoint) = list.get(place).copied() else { return barred(entry) };
        if let Some(timeout) = port.affinity {
            draw.affinity.note(port.id, seen.source, &endpoint, draw.now, timeout);
        }
        // One that reaches itself must hear the answer from the Service; nftables looks after this node's endpoints only.
        let hairpin = endpoint.address == seen.source && (endpoint.local || self.mode == Mode::Iptables);
        let masqueraded = masqueraded || hairpin;
        Verdict::Forward { address: endpoint.address.into(), port: endpoint.port, masqueraded, rule: entry.endpoint_rule(local, place) }
    }
}

/// The chains of the nat table, which iptables and nftables have in common.
fn lead(entry: &Entry, seen: Seen) -> Lead {
    let port = &entry.port;
    if entry.way == Way::ClusterIp {
        return match port.internal_bar() {
            Some(_) => Lead::Through,
            None => Lead::To { local: port.internal_local, masqueraded: !seen.from_pods },
        };
    }
    match port.external_bar() {
        Some(Bar::Reject) => Lead::Through,
        _ if !port.external_local => Lead::To { local: false, masqueraded: true },
        _ if seen.from_pods => Lead::To { local: false, masqueraded: false },
        _ if seen.origin == Origin::Node => Lead::To { local: false, masqueraded: true },
        Some(Bar::Drop) => Lead::Through,
        None => Lead::To { local: true, masqueraded: false },
    }
}

/// What the filter table says to those that found no endpoint.
fn barred(entry: &Entry) -> Verdict {
    let bar = if entry.way == Way::ClusterIp { entry.port.internal_bar() } else { entry.port.external_bar() };
    let rule = entry.first + BAR;
    match bar {
        Some(Bar::Drop) => Verdict::Dropped { rule },
        Some(Bar::Reject) | None => Verdict::Refused { rule },
    }
}

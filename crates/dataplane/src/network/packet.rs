//! What crosses the network: a connection that is opened, from where, and what the rules make of it.
use std::net::IpAddr;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Protocol {
    Tcp,
    Udp,
    Sctp,
    /// An echo: it has no ports, so no rule about ports is about it.
    Icmp,
}

impl Protocol {
    /// As the API writes it: `TCP`.
    pub fn word(self) -> &'static str {
        match self {
            Protocol::Tcp => "TCP",
            Protocol::Udp => "UDP",
            Protocol::Sctp => "SCTP",
            Protocol::Icmp => "ICMP",
        }
    }

    /// An absent protocol means TCP, as everywhere in the API.
    pub fn parse(word: &str) -> Option<Protocol> {
        match word {
            "" | "TCP" => Some(Protocol::Tcp),
            "UDP" => Some(Protocol::Udp),
            "SCTP" => Some(Protocol::Sctp),
            _ => None,
        }
    }
}

/// The first packet of a connection, as it stands on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet {
    pub source: IpAddr,
    pub destination: IpAddr,
    pub port: u16,
    pub protocol: Protocol,
}

/// From where a packet enters the rules of a node: decides which chains see it, and whether its source is rewritten.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A Pod of this node, with an address of its own.
    Pod,
    /// The node itself, or a Pod in its network.
    Node,
    /// Another machine.
    Outside,
}

/// What a node's Service rules do with a packet. `rule` names the deciding entry, for those who ask why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It goes on to this address; `masqueraded` says whether the receiver sees the node's address as the source.
    Forward { address: IpAddr, port: u16, masqueraded: bool, rule: u32 },
    /// No rule is about it: it goes on as it is.
    Pass,
    /// An ICMP error comes back at once.
    Refused { rule: u32 },
    /// It is swallowed; the client waits for its time-out.
    Dropped { rule: u32 },
}

//! May this connection be opened? Both ends' policies are asked; replies follow what was allowed.
use super::member::{Isolation, Member, Peer};
use super::policies::Policies;
use super::rule::{Policy, Rule};
use crate::network::Packet;
use std::net::IpAddr;
use std::sync::Arc;

/// What the policies of both ends say of the first packet of a connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The sender's side.
    pub egress: Side,
    /// The receiver's side.
    pub ingress: Side,
}

/// What one end's policies say.
#[derive(Clone, Debug, PartialEq)]
pub enum Side {
    /// This end is no Pod with an address of its own: policies are not about it.
    NoPod,
    /// A Pod always reaches itself.
    Itself,
    /// The other end is the Pod's own node, as with the kubelet's probes: always allowed.
    OwnNode,
    /// No policy selects the Pod in this direction.
    Open,
    /// This rule (counted from 0) of this policy lets it pass. Policies add up: the first that does is named.
    Allowed { policy: Arc<Policy>, rule: usize },
    /// These policies select the Pod, and no rule of any lets it pass.
    Denied { by: Isolation },
}

impl Judgement {
    pub fn is_allowed(&self) -> bool {
        !self.egress.is_denied() && !self.ingress.is_denied()
    }

    /// As the matrices write it: `.` allowed, `i` denied at the receiver, `e` at the sender, `b` at both.
    pub fn letter(&self) -> char {
        match (self.egress.is_denied(), self.ingress.is_denied()) {
            (false, false) => '.',
            (false, true) => 'i',
            (true, false) => 'e',
            (true, true) => 'b',
        }
    }
}

impl Side {
    pub fn is_denied(&self) -> bool {
        matches!(self, Side::Denied { .. })
    }
}

impl Policies {
    /// Judges the first packet of a connection, as it stands at the Pods: behind the rewriting of Services.
    /// Takes no memory.
    pub fn judge(&self, source: &Peer, destination: &Peer, packet: &Packet) -> Judgement {
        if let (Peer::Pod(from), Peer::Pod(to)) = (source, destination)
            && from.address == to.address
        {
            return Judgement { egress: Side::Itself, ingress: Side::Itself };
        }
        let receiver = destination.pod();
        let egress = |pod: &Member| pod.egress.clone();
        let ingress = |pod: &Member| pod.ingress.clone();
        Judgement {
            egress: side(source, egress, |policy| policy.egress.as_deref(), destination, packet.destination, receiver, packet),
            ingress: side(destination, ingress, |policy| policy.ingress.as_deref(), source, packet.source, receiver, packet),
        }
    }
}

impl Peer {
    pub fn pod(&self) -> Option<&Member> {
        match self {
            Peer::Pod(pod) => Some(pod),
            _ => None,
        }
    }
}

fn side(
    own: &Peer,
    isolation: fn(&Member) -> Option<Isolation>,
    rules: fn(&Policy) -> Option<&[Rule]>,
    other: &Peer,
    address: IpAddr,
    receiver: Option<&Member>,
    packet: &Packet,
) -> Side {
    let Peer::Pod(pod) = own else { return Side::NoPod };
    if matches!(other, Peer::Node(node) if *node == pod.node) {
        return Side::OwnNode;
    }
    let Some(by) = isolation(pod) else { return Side::Open };
    for policy in by.iter() {
        let fits = |rule: &Rule| rule.allows(policy, other, address, receiver, packet);
        if let Some(rule) = rules(policy).and_then(|rules| rules.iter().position(fits)) {
            return Side::Allowed { policy: policy.clone(), rule };
        }
    }
    Side::Denied { by }
}

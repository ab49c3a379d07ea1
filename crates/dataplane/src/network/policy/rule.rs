//! One NetworkPolicy in a form that is quick to ask.
use super::member::{Member, Peer};
use crate::network::{Cidr, Packet, Protocol};
use objects::labels::Selector;
use objects::{Object, Text, Tree};
use std::net::IpAddr;

/// A policy, read once. Directions that it does not isolate for are `None`.
#[derive(Debug, PartialEq)]
pub struct Policy {
    pub namespace: Text,
    pub name: Text,
    pods: Selector,
    pub(super) ingress: Option<Vec<Rule>>,
    pub(super) egress: Option<Vec<Rule>>,
}

/// One item of `spec.ingress` or `spec.egress`: a peer and a port must fit, where there are any.
#[derive(Debug, PartialEq)]
pub(super) struct Rule {
    /// None written: anybody.
    peers: Vec<Other>,
    /// None written: any port of any protocol.
    ports: Vec<Port>,
}

/// Whom a rule is about.
#[derive(Debug, PartialEq)]
enum Other {
    /// Pods by their labels; in the policy's own namespace, or in those that `namespaces` chooses.
    Pods {
        namespaces: Option<Selector>,
        pods: Selector,
    },
    Block {
        whole: Cidr,
        except: Vec<Cidr>,
    },
}

#[derive(Debug, PartialEq)]
struct Port {
    protocol: Protocol,
    which: Which,
}

#[derive(Debug, PartialEq)]
enum Which {
    Any,
    /// Both ends are in it.
    Range(u16, u16),
    /// Of the receiving Pod.
    Named(Text),
}

impl Policy {
    pub(super) fn of(object: &Object) -> Policy {
        let spec = object.spec();
        let types = spec.get("policyTypes").items();
        let (ingress, egress) = (spec.get("ingress"), spec.get("egress"));
        let isolates = |kind: &str| types.iter().any(|found| found.text() == kind);
        Policy {
            namespace: object.key.namespace.clone(),
            name: object.key.name.clone(),
            pods: selector(spec.get("podSelector")).unwrap_or_default(),
            ingress: isolates("Ingress").then(|| rules(ingress, "from")),
            egress: isolates("Egress").then(|| rules(egress, "to")),
        }
    }

    /// Whether it is about a Pod of this namespace with these labels.
    pub(super) fn selects(&self, namespace: &str, labels: &Tree) -> bool {
        self.namespace == namespace && self.pods.matches(labels)
    }
}

fn rules(list: &Tree, peers: &str) -> Vec<Rule> {
    let rule = |item: &Tree| Rule {
        peers: item.get(peers).items().iter().filter_map(other).collect(),
        ports: item.get("ports").items().iter().filter_map(port).collect(),
    };
    list.items().iter().map(rule).collect()
}

/// `None` where there is none; one that cannot be read chooses nothing.
fn selector(tree: &Tree) -> Option<Selector> {
    (!tree.is_null()).then(|| Selector::of(tree).unwrap_or_else(|_| Selector::nothing()))
}

fn other(item: &Tree) -> Option<Other> {
    let block = item.get("ipBlock");
    if block.is_null() {
        let pods = selector(item.get("podSelector")).unwrap_or_default();
        return Some(Other::Pods { namespaces: selector(item.get("namespaceSelector")), pods });
    }
    let except = block.get("except").items().iter().filter_map(|text| Cidr::parse(text.text())).collect();
    Some(Other::Block { whole: Cidr::parse(block.get("cidr").text())?, except })
}

fn port(item: &Tree) -> Option<Port> {
    let protocol = Protocol::parse(item.get("protocol").text())?;
    let number = |tree: &Tree| tree.as_int().and_then(|number| u16::try_from(number).ok());
    let which = match item.get("port") {
        Tree::Null => Which::Any,
        Tree::Text(name) => Which::Named(name.clone()),
        first => {
            let first = number(first)?;
            Which::Range(first, number(item.get("endPort")).unwrap_or(first))
        }
    };
    Some(Port { protocol, which })
}

impl Rule {
    /// Whether it lets the packet pass. `other` is the far end with the address that the packet shows of it, `receiver`
    /// the Pod that the packet goes to, where it is one.
    pub(super) fn allows(&self, policy: &Policy, other: &Peer, address: IpAddr, receiver: Option<&Member>, packet: &Packet) -> bool {
        (self.ports.is_empty() || self.ports.iter().any(|port| port.fits(receiver, packet)))
            && (self.peers.is_empty() || self.peers.iter().any(|peer| peer.is(policy, other, address)))
    }
}

impl Port {
    fn fits(&self, receiver: Option<&Member>, packet: &Packet) -> bool {
        self.protocol == packet.protocol
            && match &self.which {
                Which::Any => true,
                Which::Range(first, last) => (*first..=*last).contains(&packet.port),
                Which::Named(name) => receiver.is_some_and(|pod| pod.has_port(name, packet.port, packet.protocol)),
            }
    }
}

impl Other {
    fn is(&self, policy: &Policy, other: &Peer, address: IpAddr) -> bool {
        match self {
            Other::Block { whole, except } => whole.contains(address) && !except.iter().any(|part| part.contains(address)),
            // Selectors never choose what has no address of its own in the cluster.
            Other::Pods { namespaces, pods } => match other {
                Peer::Pod(pod) => {
                    let here = match namespaces {
                        Some(chosen) => chosen.matches(&pod.namespace_labels),
                        None => pod.namespace == policy.namespace,
                    };
                    here && pods.matches(&pod.labels)
                }
                Peer::Node(_) | Peer::Outside => false,
            },
        }
    }
}

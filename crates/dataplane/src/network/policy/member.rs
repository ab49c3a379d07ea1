//! The ends of connections: Pods with an address of their own, nodes, and everything else.
use super::rule::Policy;
use crate::network::Protocol;
use objects::views::Pod;
use objects::{Object, Text, Tree};
use std::net::IpAddr;
use std::sync::Arc;

/// The policies that isolate a Pod in one direction, ordered by name; never empty.
pub type Isolation = Arc<[Arc<Policy>]>;

/// A Pod with an address of its own, and the policies that are about it.
#[derive(Debug, PartialEq)]
pub struct Member {
    pub namespace: Text,
    pub name: Text,
    pub address: IpAddr,
    /// Where it runs: that node's own traffic always reaches it.
    pub node: Text,
    pub(super) labels: Tree,
    pub(super) namespace_labels: Tree,
    ports: Box<[(Text, u16, Protocol)]>,
    /// `None`: everything may reach it.
    pub ingress: Option<Isolation>,
    /// `None`: it may reach everything.
    pub egress: Option<Isolation>,
}

/// One end of a connection. A Pod is as it stood when it was asked for: ask again after an update.
#[derive(Clone, Debug, PartialEq)]
pub enum Peer {
    Pod(Arc<Member>),
    /// A node by its name, or a Pod in its network: policies are not about them.
    Node(Text),
    Outside,
}

impl Member {
    /// `None` for a Pod without an address of its own: not there yet, finished, or in the node's network.
    pub(super) fn of(pod: &Object, namespace_labels: &Tree, policies: &[Arc<Policy>]) -> Option<Member> {
        let view = Pod(&pod.tree);
        if pod.is_finished() || view.spec().get("hostNetwork").is_true() {
            return None;
        }
        let mut member = Member {
            namespace: pod.key.namespace.clone(),
            name: pod.key.name.clone(),
            address: view.ip().parse().ok()?,
            node: Text::new(view.node_name()),
            labels: pod.labels().clone(),
            namespace_labels: namespace_labels.clone(),
            ports: ports(view),
            ingress: None,
            egress: None,
        };
        member.isolate(policies);
        Some(member)
    }

    /// The same Pod with other policies, or in a namespace with other labels.
    pub(super) fn renewed(&self, namespace_labels: &Tree, policies: &[Arc<Policy>]) -> Member {
        let mut member = Member {
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            address: self.address,
            node: self.node.clone(),
            labels: self.labels.clone(),
            namespace_labels: namespace_labels.clone(),
            ports: self.ports.clone(),
            ingress: None,
            egress: None,
        };
        member.isolate(policies);
        member
    }

    fn isolate(&mut self, policies: &[Arc<Policy>]) {
        let (mut ingress, mut egress) = (Vec::new(), Vec::new());
        for policy in policies.iter().filter(|policy| policy.selects(&self.namespace, &self.labels)) {
            if policy.ingress.is_some() {
                ingress.push(policy.clone());
            }
            if policy.egress.is_some() {
                egress.push(policy.clone());
            }
        }
        self.ingress = (!ingress.is_empty()).then(|| ingress.into());
        self.egress = (!egress.is_empty()).then(|| egress.into());
    }

    pub(super) fn has_port(&self, name: &str, number: u16, protocol: Protocol) -> bool {
        self.ports.iter().any(|port| port.1 == number && port.2 == protocol && port.0 == name)
    }
}

/// The named ports of all containers, sidecars too.
fn ports(pod: Pod) -> Box<[(Text, u16, Protocol)]> {
    let containers = pod.containers().chain(pod.init_containers().filter(|container| container.is_sidecar()));
    let read = |port: &Tree| {
        let number = u16::try_from(port.get("containerPort").as_int()?).ok()?;
        Some((port.get("name").as_text()?.clone(), number, Protocol::parse(port.get("protocol").text())?))
    };
    containers.flat_map(|container| container.0.get("ports").items()).filter_map(read).collect()
}

//! A node's Service rules side by side with what the API says now: where they lag, and which endpoints they lead to.
use super::component::KubeProxy;
use super::port::{Endpoint, Port};
use super::rules::Mode;
use super::view::all_ports;
use apiserver::Snapshot;
use simcore::Time;
use std::sync::Arc;

/// One Service port on one node.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// As the kernel has it; `None` where its rules do not know it yet.
    pub held: Option<Arc<Port>>,
    /// As it would be written now; `None` where the Service is gone.
    pub wanted: Option<Port>,
}

impl Line {
    /// The newest that is known of it.
    pub fn port(&self) -> Option<&Port> {
        self.wanted.as_ref().or(self.held.as_deref())
    }

    /// Whether connections go elsewhere than the API says.
    pub fn lags(&self) -> bool {
        self.held.as_deref() != self.wanted.as_ref()
    }

    /// Where connections go from here now, and where they would.
    pub fn endpoints(&self) -> (Vec<Endpoint>, Vec<Endpoint>) {
        let all = |port: Option<&Port>| port.map(Port::reachable).unwrap_or_default();
        (all(self.held.as_deref()), all(self.wanted.as_ref()))
    }
}

impl KubeProxy {
    /// Every Service port that the kernel's rules or the API know, by namespace, Service and port.
    pub fn table(&self, now: &Snapshot) -> Vec<Line> {
        let rules = &self.kernel.rules;
        let wanted = all_ports(now, &rules.node);
        let same =
            |a: &Port, b: &Port| a.namespace == b.namespace && a.service == b.service && a.port == b.port && a.protocol == b.protocol;
        let gone = rules.ports.iter().filter(|held| !wanted.iter().any(|port| same(port, held)));
        let mut lines: Vec<Line> = gone.map(|held| Line { held: Some(held.clone()), wanted: None }).collect();
        lines.extend(wanted.iter().map(|port| {
            let held = rules.ports.iter().find(|held| same(port, held)).cloned();
            Line { held, wanted: Some(port.clone()) }
        }));
        let order = |line: &Line| line.port().map(|port| (port.namespace.clone(), port.service.clone(), port.port));
        lines.sort_by_key(order);
        lines
    }

    /// The kernel's rules as the mode's own tool prints them.
    pub fn listing(&self, now: Time) -> String {
        match self.kernel.rules.mode() {
            Mode::Iptables => self.kernel.rules.iptables_save(),
            Mode::Nftables => self.kernel.rules.nft_list(&self.kernel.affinity, now),
            Mode::Ipvs => self.kernel.rules.ipvsadm(),
        }
    }
}

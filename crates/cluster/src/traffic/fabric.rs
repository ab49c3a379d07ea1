//! The seam between a request and what decides about it: addresses, names, Service rules, policies, links.
use crate::part::Actor;
use crate::world::World;
use dataplane::network::policy::{Judgement, Policies, Side};
use dataplane::network::{KubeProxy, Origin, Packet, Plugin, Protocol, Rules, Verdict};
use objects::{Text, kinds};
use simcore::Duration;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Who sends a request.
#[derive(Clone, PartialEq, Debug)]
pub enum Client {
    /// A machine on the hosts' network that is no part of the cluster, by its address.
    Outside(u32),
    /// A process of a host, or a Pod in its network.
    Node(usize),
    Pod {
        host: usize,
        uid: Text,
        address: u32,
    },
}

/// What stands at an address.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Place {
    Pod {
        host: usize,
        uid: Text,
    },
    /// In a node's range of Pod addresses, but nobody has it.
    Nobody {
        host: usize,
    },
    Node(usize),
    Elsewhere,
}

/// A TCP sender tries again after a second, then after two more, and so on.
const RETRY: Duration = Duration::secs(1);

pub(crate) fn ip(address: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from(address))
}

pub(crate) fn number(text: &str) -> Option<u32> {
    text.parse::<Ipv4Addr>().ok().map(u32::from)
}

impl World {
    /// Who has an address.
    pub(crate) fn place(&self, address: u32) -> Place {
        for (host, machine) in self.hosts.iter().enumerate() {
            if machine.number == address {
                return Place::Node(host);
            }
            match self.parts[machine.kubelet].kubelet().and_then(|kubelet| kubelet.owner_of(address)) {
                Some(Some(uid)) => return Place::Pod { host, uid: uid.clone() },
                Some(None) => return Place::Nobody { host },
                None => {}
            }
        }
        Place::Elsewhere
    }

    /// The address of a client as the first node on the way sees it.
    pub(crate) fn address_of_client(&self, client: &Client) -> u32 {
        match client {
            Client::Outside(address) => *address,
            Client::Node(host) => self.hosts[*host].number,
            Client::Pod { address, .. } => *address,
        }
    }

    /// What the Service rules of a host do with a packet that enters there.
    pub(crate) fn rules(&mut self, host: usize, packet: &Packet, origin: Origin) -> Verdict {
        let (now, chance) = (self.now, self.net().rng.draw());
        match &mut Arc::make_mut(&mut self.parts[self.hosts[host].proxy]).actor {
            Actor::Proxy(proxy) => proxy.kernel.decide(packet, origin, now, chance),
            _ => Verdict::Pass,
        }
    }

    /// The Service rules that a host's kernel has now.
    pub(crate) fn ruleset(&self, host: usize) -> Option<Arc<Rules>> {
        self.proxy_of(host).map(|proxy| proxy.kernel.rules.clone())
    }

    pub(crate) fn proxy_of(&self, host: usize) -> Option<&KubeProxy> {
        match &self.parts[self.hosts[host].proxy].actor {
            Actor::Proxy(proxy) => Some(proxy),
            _ => None,
        }
    }

    /// Whether the policies of both sides let a packet through.
    pub(crate) fn allowed(&self, source: u32, destination: u32, packet: &Packet) -> bool {
        let Some(judgement) = self.judgement(source, destination, packet) else { return true };
        if judgement.is_allowed() || self.enforcing == self.hosts.len() {
            return judgement.is_allowed();
        }
        // Each end's policies are enforced on that end's node.
        let lets = |side: &Side, end: u32| !side.is_denied() || !self.enforced_at(end);
        lets(&judgement.egress, source) && lets(&judgement.ingress, destination)
    }

    fn enforced_at(&self, address: u32) -> bool {
        match self.place(address) {
            Place::Pod { host, .. } | Place::Nobody { host } | Place::Node(host) => self.plugin(host).enforces_policies(),
            Place::Elsewhere => false,
        }
    }

    /// Which policies would deny a packet that nobody enforces them for, in English and as facts; `None` where it is allowed.
    pub(crate) fn unenforced(&self, source: u32, destination: u32, port: u16) -> Option<(String, Vec<String>)> {
        let view = self.api.store.applied();
        if self.enforcing == self.hosts.len() || view.len(kinds::NETWORK_POLICY) == 0 {
            return None;
        }
        let policies = Policies::compile(view);
        let packet = Packet { source: ip(source), destination: ip(destination), port, protocol: Protocol::Tcp };
        let (from, to) = (policies.peer(packet.source), policies.peer(packet.destination));
        let judgement = policies.judge(&from, &to, &packet);
        (!judgement.is_allowed()).then(|| (judgement.words(&from, &to, &packet), judgement.reasons(&from, &to, &packet).concat()))
    }

    /// The network plugin of a host.
    pub(crate) fn plugin(&self, host: usize) -> Plugin {
        self.kubelet_of(host).map_or(Plugin::None, |kubelet| kubelet.network())
    }

    /// Counts the hosts whose plugin enforces policies.
    pub(crate) fn count_enforcing(&mut self) {
        self.enforcing = (0..self.hosts.len()).filter(|host| self.plugin(*host).enforces_policies()).count();
    }

    fn judgement(&self, source: u32, destination: u32, packet: &Packet) -> Option<Judgement> {
        let policies = self.policies.as_ref()?;
        Some(policies.judge(&policies.peer(ip(source)), &policies.peer(ip(destination)), packet))
    }

    /// Why the policies of both sides let a packet through, or do not, in English and as facts (`policy::Reason`s, one after
    /// another); empty without policies.
    pub(crate) fn policy_words(&self, source: u32, destination: u32, port: u16) -> (String, Vec<String>) {
        let packet = Packet { source: ip(source), destination: ip(destination), port, protocol: Protocol::Tcp };
        let Some(policies) = &self.policies else { return Default::default() };
        let (from, to) = (policies.peer(packet.source), policies.peer(packet.destination));
        let judgement = policies.judge(&from, &to, &packet);
        (judgement.words(&from, &to, &packet), judgement.reasons(&from, &to, &packet).concat())
    }

    /// Keeps the network plugin's picture of the policies; there is none while there are no policies.
    pub(crate) fn learn_policies(&mut self, from: u64) {
        let view = self.api.store.applied().clone();
        if self.enforcing == 0 || view.len(kinds::NETWORK_POLICY) == 0 {
            self.policies = None;
            return;
        }
        match (&mut self.policies, self.api.store.since(from)) {
            (Some(policies), Ok(changes)) => {
                changes.filter(|change| Policies::interested(change)).for_each(|change| policies.update(&view, change));
            }
            (policies, _) => *policies = Some(Policies::compile(&view)),
        }
    }

    /// One way between two hosts (`None` is the network outside): how long a packet takes; `None` where it does not arrive.
    /// Lost packets are sent again.
    pub(crate) fn passage(&mut self, from: Option<usize>, to: Option<usize>) -> Option<Duration> {
        let up = |world: &World, host: usize| world.hosts[host].powered && (world.hosts[host].connected || from == to);
        if from.is_some_and(|host| !up(self, host)) || to.is_some_and(|host| !up(self, host)) {
            return None;
        }
        let (low, high) = if from == to { (30, 80) } else { (150, 450) };
        let mut took = Duration::micros(self.net().rng.between(low, high));
        if let (Some(from), Some(to)) = (from, to)
            && from != to
        {
            let link = self.traffic.link(from, to);
            took = took + link.latency;
            let mut pause = RETRY;
            while link.loss_percent > 0 && self.net().rng.below(100) < link.loss_percent {
                if pause > Duration::secs(64) {
                    return None;
                }
                took = took + pause;
                pause = pause.times(2);
            }
        }
        Some(took)
    }

    pub(crate) fn kubelet_of(&self, host: usize) -> Option<&dataplane::kubelet::Kubelet> {
        self.parts[self.hosts[host].kubelet].kubelet()
    }
}

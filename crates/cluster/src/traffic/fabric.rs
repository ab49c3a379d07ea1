//! The seam between a request and what decides about it: addresses, names, Service rules, policies, links.
use crate::part::Actor;
use crate::world::World;
use dataplane::network::{Failure, KubeProxy, Origin, Packet, Rules, Verdict};
use objects::views::Service;
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

/// A name's addresses, and how long it took to find them.
pub(crate) struct Named {
    pub end: Result<u32, Failure>,
    pub took: Duration,
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

    /// What a name means to a client.
    pub(crate) fn resolve(&mut self, client: &Client, name: &str) -> Named {
        let took = Duration::micros(self.net().rng.between(500, 1_500));
        let end = match client {
            Client::Pod { host, uid, .. } => self.service_named(*host, uid, name).ok_or(Failure::NoName),
            // Machines outside and the hosts know each other's names, and nothing of the cluster's.
            _ => self.hosts.iter().find(|host| host.name == name).map(|host| host.number).ok_or(Failure::NoName),
        };
        Named { end, took }
    }

    fn service_named(&self, host: usize, uid: &str, name: &str) -> Option<u32> {
        let home = self.kubelet_of(host)?.sandbox(uid)?.namespace.clone();
        let bare = name.trim_end_matches('.');
        let bare = bare.strip_suffix(".cluster.local").unwrap_or(bare);
        let bare = bare.strip_suffix(".svc").unwrap_or(bare);
        let (service, namespace) = bare.split_once('.').unwrap_or((bare, &home));
        let found = self.api.store.applied().find(kinds::SERVICE, namespace, service)?;
        number(Service(&found.tree).cluster_ip())
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
    pub(crate) fn allowed(&self, _source: u32, _destination: u32, _packet: &Packet) -> bool {
        true
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

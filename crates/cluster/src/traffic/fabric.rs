//! The seam between a request and what decides about it: addresses, names, Service rules, policies, links.
use crate::event::{PartId, fold};
use crate::part::Actor;
use crate::world::World;
use apiserver::Change;
use apiserver::store::Kept;
use dataplane::network::dns::internet;
use dataplane::network::policy::{Judgement, Policies, Side};
use dataplane::network::{KubeProxy, Origin, Packet, Plugin, Protocol, Rules, VXLAN_BYTES, Verdict};
use objects::{Text, kinds};
use simcore::{Duration, Time};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Who sends a request.
#[derive(Clone, PartialEq, Debug)]
pub enum Client {
    /// A machine on the hosts' network that is no part of the cluster, by its address.
    Outside(u32),
    /// A process of a host.
    Node(usize),
    /// A Pod in the network of its host.
    OnHost {
        host: usize,
        uid: Text,
    },
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

/// One end of a connection, as far as lengths of packets go.
#[derive(Clone, Copy)]
pub(crate) struct End {
    pub host: usize,
    /// The longest packet of a Pod's own interface (bytes); `None` for a node itself.
    pub pod: Option<u32>,
}

/// A node's agent takes this long at least and at most to turn a change of policies into rules.
const POLICY_LAG: (Duration, Duration) = (Duration::millis(60), Duration::millis(700));
/// The policies' tag in what stands for chance.
const POLICY: u64 = 14 << 32;

/// IP's and TCP's headers of one packet (bytes).
const HEADERS: u32 = 40;

/// A TCP sender tries again after a second, then after two more, and so on.
const RETRY: Duration = Duration::secs(1);

pub(crate) fn ip(address: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from(address))
}

/// The name server of a host's network: its first address, as that of most routers.
pub(crate) fn name_server(host: u32) -> u32 {
    host & 0xffff_ff00 | 1
}

pub(crate) fn number(text: &str) -> Option<u32> {
    text.parse::<Ipv4Addr>().ok().map(u32::from)
}

/// The load balancers' addresses that a Service's change gives (true) and takes.
pub(crate) fn balanced_by(change: &Change) -> Vec<(u32, bool)> {
    let of = |kept: &Option<Kept>, got: bool| -> Vec<(u32, bool)> {
        let all = kept.as_ref().map_or(&[][..], |kept| kept.status().at(&["loadBalancer", "ingress"]).items());
        all.iter().filter_map(|ingress| Some((number(ingress.get("ip").text())?, got))).collect()
    };
    let mut moves = of(&change.after, true);
    moves.extend(of(&change.before, false));
    moves
}

impl World {
    /// Who has an address.
    pub(crate) fn place(&self, address: u32) -> Place {
        let found = self.routes.range(..=address).next_back().filter(|(_, (last, _))| address <= *last);
        let Some(host) = found.map(|(_, (_, host))| usize::from(*host)) else { return Place::Elsewhere };
        if self.hosts[host].number == address {
            return Place::Node(host);
        }
        match self.kubelet_of(host).and_then(|kubelet| kubelet.owner_of(address)) {
            Some(Some(uid)) => Place::Pod { host, uid: uid.clone() },
            Some(None) => Place::Nobody { host },
            None => Place::Elsewhere,
        }
    }

    /// Notes a node's range of Pod addresses once it has one.
    pub(crate) fn learn_route(&mut self, kubelet: PartId) {
        let Some((first, last)) = self.parts[kubelet].kubelet().and_then(|kubelet| kubelet.pod_span()) else { return };
        if !self.routes.contains_key(&first) {
            Arc::make_mut(&mut self.routes).insert(first, (last, self.parts[kubelet].host as u16));
        }
    }

    /// Takes over which addresses load balancers got (true) and lost.
    pub(crate) fn learn_balanced(&mut self, moves: &[(u32, bool)]) {
        for (address, got) in moves {
            let all = Arc::make_mut(&mut self.balanced);
            let count = all.entry(*address).or_insert(0);
            *count = if *got { *count + 1 } else { count.saturating_sub(1) };
            if *count == 0 {
                all.remove(address);
            }
        }
    }

    /// The address of a client as the first node on the way sees it.
    pub(crate) fn address_of_client(&self, client: &Client) -> u32 {
        match client {
            Client::Outside(address) => *address,
            Client::Node(host) | Client::OnHost { host, .. } => self.hosts[*host].number,
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
        if !self.earlier.is_empty() {
            return self.allowed_meanwhile(source, destination, packet);
        }
        let Some(judgement) = self.judgement(source, destination, packet) else { return true };
        if judgement.is_allowed() || self.enforcing == self.hosts.len() {
            return judgement.is_allowed();
        }
        // Each end's policies are enforced on that end's node.
        let lets = |side: &Side, end: u32| !side.is_denied() || !self.enforced_at(end);
        lets(&judgement.egress, source) && lets(&judgement.ingress, destination)
    }

    /// The same shortly after policies changed: each end's node judges by what it knows already.
    fn allowed_meanwhile(&self, source: u32, destination: u32, packet: &Packet) -> bool {
        let denied = |end: u32, side: fn(&Judgement) -> &Side| {
            let Some(host) = self.host_with(end).filter(|host| self.enforces(*host)) else { return false };
            let outdated = self.earlier.iter().find(|(changed, _)| self.now < *changed + self.policy_lag(host, *changed));
            let known = outdated.map(|(_, policies)| policies).or(self.policies.as_ref());
            known.is_some_and(|known| side(&known.judge(&known.peer(ip(source)), &known.peer(ip(destination)), packet)).is_denied())
        };
        !denied(source, |judgement| &judgement.egress) && !denied(destination, |judgement| &judgement.ingress)
    }

    /// How long a node's agent takes from a change of policies to rules in the kernel.
    fn policy_lag(&self, host: usize, changed: Time) -> Duration {
        let (shortest, longest) = POLICY_LAG;
        let chance = fold(self.seed, changed, POLICY, host as u64);
        Duration(shortest.0 + chance % (longest.0 - shortest.0))
    }

    /// Forgets policies that no node goes by any more.
    pub(crate) fn forget_policies(&mut self) {
        if !self.earlier.is_empty() {
            let now = self.now;
            self.earlier.retain(|(changed, _)| now < *changed + POLICY_LAG.1);
        }
    }

    fn enforced_at(&self, address: u32) -> bool {
        self.host_with(address).is_some_and(|host| self.enforces(host))
    }

    /// The host that has an address or the Pod that has it.
    fn host_with(&self, address: u32) -> Option<usize> {
        match self.place(address) {
            Place::Pod { host, .. } | Place::Nobody { host } | Place::Node(host) => Some(host),
            Place::Elsewhere => None,
        }
    }

    /// Which policies would deny a packet that nobody enforces them for, in English and as facts; `None` where it is allowed.
    pub(crate) fn unenforced(&self, source: u32, destination: u32, (port, protocol): (u16, Protocol)) -> Option<(String, Vec<String>)> {
        let view = self.api.store.applied();
        if self.enforcing == self.hosts.len() || view.len(kinds::NETWORK_POLICY) == 0 {
            return None;
        }
        let policies = Policies::compile(view);
        let packet = Packet { source: ip(source), destination: ip(destination), port, protocol };
        let (from, to) = (policies.peer(packet.source), policies.peer(packet.destination));
        let judgement = policies.judge(&from, &to, &packet);
        (!judgement.is_allowed()).then(|| (judgement.words(&from, &to, &packet), judgement.reasons(&from, &to, &packet).concat()))
    }

    /// The network plugin of a host.
    pub(crate) fn plugin(&self, host: usize) -> Plugin {
        self.kubelet_of(host).map_or(Plugin::None, |kubelet| kubelet.network())
    }

    /// Whether a host's plugin enforces policies, or K3s beside it.
    fn enforces(&self, host: usize) -> bool {
        self.hosts[host].policed || self.plugin(host).enforces_policies()
    }

    /// Counts the hosts where policies are enforced.
    pub(crate) fn count_enforcing(&mut self) {
        self.enforcing = (0..self.hosts.len()).filter(|host| self.enforces(*host)).count();
    }

    /// K3s's network policy controller (kube-router's) begins on a host, or its rules are gone from the kernel.
    pub(crate) fn police(&mut self, host: usize, policed: bool) {
        if std::mem::replace(&mut self.hosts[host].policed, policed) == policed {
            return;
        }
        self.count_enforcing();
        if self.policies.is_none() {
            self.learn_policies(0);
        }
    }

    fn judgement(&self, source: u32, destination: u32, packet: &Packet) -> Option<Judgement> {
        let policies = self.policies.as_ref()?;
        Some(policies.judge(&policies.peer(ip(source)), &policies.peer(ip(destination)), packet))
    }

    /// Why the policies of both sides let a packet through, or do not, in English and as facts (`policy::Reason`s, one after
    /// another); empty without policies.
    pub(crate) fn policy_words(&self, source: u32, destination: u32, (port, protocol): (u16, Protocol)) -> (String, Vec<String>) {
        let packet = Packet { source: ip(source), destination: ip(destination), port, protocol };
        let Some(policies) = &self.policies else { return Default::default() };
        let (from, to) = (policies.peer(packet.source), policies.peer(packet.destination));
        let judgement = policies.judge(&from, &to, &packet);
        (judgement.words(&from, &to, &packet), judgement.reasons(&from, &to, &packet).concat())
    }

    /// Whether the other end's policies are about a connection at all: one of its Pods is isolated in that direction.
    pub(crate) fn is_judged(&self, source: u32, destination: u32) -> bool {
        let Some(policies) = &self.policies else { return false };
        let (from, to) = (policies.peer(ip(source)), policies.peer(ip(destination)));
        from.pod().is_some_and(|pod| pod.egress.is_some()) || to.pod().is_some_and(|pod| pod.ingress.is_some())
    }

    /// Whether a server of the Internet has this address.
    pub(crate) fn is_internet(&self, address: u32) -> bool {
        internet().gives(ip(address))
    }

    /// Keeps the network plugin's picture of the policies; there is none while there are no policies.
    pub(crate) fn learn_policies(&mut self, from: u64) {
        let view = self.api.store.applied().clone();
        let (any, now) = (self.enforcing > 0 && view.len(kinds::NETWORK_POLICY) > 0, self.now);
        if !any && self.policies.is_none() {
            return;
        }
        self.forget_policies();
        let before = self.policies.clone().unwrap_or_default();
        let mut differs = self.policies.is_some() != any;
        match (&mut self.policies, self.api.store.since(from)) {
            (Some(policies), Ok(changes)) if any => {
                for change in changes.filter(|change| Policies::interested(change)) {
                    policies.update(&view, change);
                    if change.key.kind == kinds::NETWORK_POLICY {
                        differs = true;
                    } else {
                        self.earlier.iter_mut().for_each(|(_, known)| known.update(&view, change));
                    }
                }
            }
            (policies, _) => *policies = any.then(|| Policies::compile(&view)),
        }
        // A plugin that has just been installed reads everything before it enforces anything.
        if differs && from > 0 {
            self.earlier.push((now, before));
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

    /// The longest of the packets that carry `bytes` from one end to another, as the hosts' network sees it, and the longest
    /// that this way takes; `None` where all of them fit. `pods` tells that one end is a Pod's own address: an overlay wraps
    /// what goes there or comes from there. Both ends tell each other how long their interfaces' packets are, and the
    /// sender's node tells it of a shorter next step; what is wrapped, and what the other side does not take, is lost.
    pub(crate) fn too_long(&self, from: End, to: End, pods: bool, bytes: u64) -> Option<(u32, u32)> {
        if from.host == to.host {
            return None;
        }
        let (here, there) = (self.hosts[from.host].mtu, self.hosts[to.host].mtu);
        let way = self.traffic.link(from.host, to.host).mtu.min(there);
        let wraps = pods && self.plugin(from.host) == Plugin::Flannel;
        let interface = |host: usize| if wraps { self.tunnel_mtu(host) } else { self.hosts[host].mtu };
        let own = |end: End| end.pod.unwrap_or_else(|| interface(end.host));
        let whole = u32::try_from(bytes).unwrap_or(u32::MAX).saturating_add(HEADERS);
        let inner = whole.min(own(from)).min(own(to)).min(interface(from.host));
        let (longest, limit) = if wraps { (inner + VXLAN_BYTES, way.min(here)) } else { (inner, way) };
        (longest > limit).then_some((longest, limit))
    }

    /// A host, or one of its Pods by its uid, as an end of a connection.
    pub(crate) fn end(&self, host: usize, uid: &str) -> End {
        let sandbox = self.kubelet_of(host).filter(|_| !uid.is_empty()).and_then(|kubelet| kubelet.sandbox(uid));
        End { host, pod: sandbox.and_then(|sandbox| sandbox.mtu).map(u32::from) }
    }

    /// The longest packet that a host's overlay takes, or its own interface where there is none.
    pub(crate) fn tunnel_mtu(&self, host: usize) -> u32 {
        match self.plugin(host) {
            Plugin::Flannel => self.kubelet_of(host).map_or(0, |kubelet| kubelet.mtu().tunnel),
            _ => self.hosts[host].mtu,
        }
    }

    pub(crate) fn kubelet_of(&self, host: usize) -> Option<&dataplane::kubelet::Kubelet> {
        self.parts[self.hosts[host].kubelet].kubelet()
    }

    pub(crate) fn kubelet_at(&mut self, host: usize) -> Option<&mut dataplane::kubelet::Kubelet> {
        Arc::make_mut(&mut self.parts[self.hosts[host].kubelet]).kubelet_mut()
    }
}

//! One request as it is remembered, and its way told hop by hop.
use crate::delta::HopView;
use crate::traffic::fabric::{Client, ip};
use crate::traffic::tally::Outcome;
use crate::traffic::walk::{NOWHERE, Steps};
use crate::world::World;
use dataplane::network::{Failure, MTU, Plugin, Rules, VXLAN_BYTES, VXLAN_PORT, Verdict};
use objects::{Text, kinds};
use simcore::{Duration, Time};
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct Trace {
    pub id: u64,
    /// The request that it was made for; 0 for none.
    pub parent: u64,
    /// The source's id; empty for people and processes.
    pub source: Text,
    pub client: Client,
    /// What was asked for.
    pub host: Text,
    pub path: Text,
    pub began: Time,
    pub took: Duration,
    pub steps: Steps,
    /// The Service rules that decided, as they were.
    pub rules: Option<Arc<Rules>>,
    /// The uid of the Pod that answered, or would have.
    pub server: Text,
    pub version: Text,
    pub outcome: Outcome,
    pub reused: bool,
    pub tries: u32,
}

impl World {
    /// The way of one of the last requests, hop by hop; empty where it is no longer remembered.
    pub fn follow_request(&self, id: u64) -> Vec<HopView> {
        let found = self.traffic.recent.iter().find(|trace| trace.id == id);
        let mut hops = found.map(|trace| story(self, trace)).unwrap_or_default();
        // What it led to, in the order in which it ended.
        for inner in self.traffic.recent.iter().filter(|trace| trace.parent == id && id != 0) {
            hops.extend(story(self, inner));
        }
        hops
    }
}

/// The way of a request in words: each hop with who decided, what, and by which entry.
pub fn story(world: &World, trace: &Trace) -> Vec<HopView> {
    let mut hops = Vec::new();
    let mut hop = |component: String, text: String, entry: String| hops.push(HopView { component, text, entry });
    let (steps, who) = (&trace.steps, sender(world, &trace.client));
    let failed = match trace.outcome {
        Outcome::Failed(failure) => Some(failure),
        Outcome::Status(_) => None,
    };
    hop(who.clone(), format!("asks for http://{}:{}{}", trace.host, steps.dialled.1, trace.path), String::new());
    if trace.reused {
        hop(who, "uses a connection that is open from before: nothing is looked up or chosen anew".to_string(), String::new());
    } else {
        let took = format!("{}.{:03} ms", steps.named.0 / 1_000, steps.named.0 % 1_000);
        match failed {
            Some(Failure::NoName) => hop("CoreDNS".to_string(), format!("{} does not exist ({took})", trace.host), String::new()),
            Some(Failure::NameServer) => hop("CoreDNS".to_string(), format!("no answer for {} ({took})", trace.host), String::new()),
            _ if steps.named > Duration::ZERO => {
                hop("CoreDNS".to_string(), format!("{} is {} ({took})", trace.host, ip(steps.dialled.0)), String::new());
            }
            _ => {}
        }
        if let Some(host) = world.hosts().get(steps.rules_host as usize) {
            let (text, entry) = decided(trace);
            hop(format!("kube-proxy/{}", host.name), text, entry);
        }
    }
    if let Some((component, text, entry)) = between_nodes(world, trace) {
        hop(component, text, entry);
    }
    if steps.server_host != NOWHERE {
        let source = world.source_behind(steps, world.address_of_client(&trace.client));
        let (address, port) = steps.reached;
        if failed == Some(Failure::Denied) {
            let words = world.policy_words(source, address, port);
            hop("NetworkPolicy".to_string(), format!("drops packets to {}:{port}", ip(address)), words);
        } else if let Some(words) = world.unenforced(source, address, port) {
            let text = "would deny this, but this cluster's network plugin does not enforce policies";
            hop("NetworkPolicy".to_string(), text.to_string(), words);
        }
    }
    let end = match trace.outcome {
        Outcome::Status(code) => format!("answers {code} after {}.{:03} ms", trace.took.0 / 1_000, trace.took.0 % 1_000),
        Outcome::Failed(failure) => format!("{} after {} ms", failure.word(), trace.took.as_millis()),
    };
    hop(receiver(world, trace), end, String::new());
    hops
}

/// How the network plugin brought packets to a Pod of another node: who, what it did, and the entries of the routing table
/// and the link that say so, as `ip route` and `ip link` print them.
fn between_nodes(world: &World, trace: &Trace) -> Option<(String, String, String)> {
    let steps = &trace.steps;
    let (from, to) = (world.hosts().get(steps.rules_host as usize)?, world.hosts().get(steps.server_host as usize)?);
    let range = world.kubelet_of(steps.server_host as usize)?.pod_range(steps.reached.0)?;
    if from.name == to.name {
        return None;
    }
    let (there, here, base) = (&to.address, &from.address, range.split('/').next().unwrap_or_default());
    match world.plugin(steps.rules_host as usize) {
        Plugin::Calico => Some((
            format!("calico/{}", from.name),
            format!("routes packets for {range} to {} ({there}) as they are", to.name),
            format!("{range} via {there} dev eth0 proto bird\n2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu {MTU}"),
        )),
        Plugin::Flannel => Some((
            format!("flannel/{}", from.name),
            format!(
                "wraps packets for {range} into UDP from {here} to {there}:{VXLAN_PORT} (VXLAN); {} unwraps them; {VXLAN_BYTES} bytes of \
                 each are wrapping, so Pods' packets have {} at most",
                to.name,
                MTU - VXLAN_BYTES
            ),
            format!("{range} via {base} dev flannel.1 onlink\n3: flannel.1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu {}", MTU - VXLAN_BYTES),
        )),
        Plugin::None => None,
    }
}

fn decided(trace: &Trace) -> (String, String) {
    let steps = &trace.steps;
    let words = |rule| trace.rules.as_ref().map(|rules| rules.words(rule)).unwrap_or_default();
    let place = |(address, port): (u32, u16)| format!("{}:{port}", ip(address));
    match steps.verdict {
        Verdict::Forward { masqueraded, rule, .. } => {
            let source = if masqueraded { ", from the node's own address" } else { "" };
            (format!("{} becomes {}{source}", place(steps.dialled), place(steps.reached)), words(rule))
        }
        Verdict::Pass => (format!("no Service rule for {}", place(steps.dialled)), String::new()),
        Verdict::Refused { rule } => (format!("{} has no endpoints: refused", place(steps.dialled)), words(rule)),
        Verdict::Dropped { rule } => (format!("{} is dropped", place(steps.dialled)), words(rule)),
    }
}

/// `pod/default/web-1`, `node/worker-1`, `outside/203.0.113.7`.
pub(crate) fn sender(world: &World, client: &Client) -> String {
    match client {
        Client::Outside(address) => format!("outside/{}", ip(*address)),
        Client::Node(host) => format!("node/{}", world.hosts()[*host].name),
        Client::Pod { host, uid, .. } => pod_named(world, *host, uid),
    }
}

/// Who answered, or where the way ended.
pub(crate) fn receiver(world: &World, trace: &Trace) -> String {
    let host = trace.steps.server_host as usize;
    if !trace.server.is_empty() {
        return pod_named(world, host, &trace.server);
    }
    match world.hosts().get(host) {
        Some(host) => format!("node/{}", host.name),
        None => sender(world, &trace.client),
    }
}

fn pod_named(world: &World, host: usize, uid: &str) -> String {
    if let Some(sandbox) = world.hosts().get(host).and_then(|_| world.kubelet_of(host)?.sandbox(uid)) {
        return format!("pod/{}/{}", sandbox.namespace, sandbox.name);
    }
    let mut pods = world.api.store.applied().list(kinds::POD);
    let found = pods.find(|pod| pod.uid() == uid);
    found.map_or_else(|| "pod".to_string(), |pod| format!("pod/{}/{}", pod.key.namespace, pod.key.name))
}

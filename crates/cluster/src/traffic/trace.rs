//! One request as it is remembered, and its way told hop by hop.
use crate::delta::HopView;
use crate::traffic::fabric::{Client, ip};
use crate::traffic::tally::Outcome;
use crate::traffic::walk::{NOWHERE, Steps};
use crate::world::World;
use dataplane::network::{Failure, Plugin, Protocol, Rules, VXLAN_BYTES, VXLAN_PORT, Verdict};
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
    /// Of a request at a proxy: which of its rules decided, and what.
    pub words: Text,
    /// Whether it is a proxy's copy of another request.
    pub mirrored: bool,
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
    let (steps, who) = (&trace.steps, sender(world, &trace.client));
    let failed = match trace.outcome {
        Outcome::Failed(failure) => Some(failure),
        Outcome::Status(_) => None,
    };
    if trace.mirrored {
        hops.push(hop(&who, "mirrors", Vec::new()));
    }
    hops.push(hop(&who, "asks", vec![format!("http://{}:{}{}", trace.host, steps.dialled.1, trace.path)]));
    if trace.reused {
        hops.push(hop(&who, "reuses", Vec::new()));
    } else {
        let took = milliseconds(steps.named);
        match failed {
            Some(Failure::NoName) => hops.push(hop("CoreDNS", "no-name", vec![trace.host.to_string(), took])),
            Some(Failure::NameServer) => hops.push(hop("CoreDNS", "no-answer", vec![trace.host.to_string(), took])),
            _ if steps.named > Duration::ZERO => {
                hops.push(hop("CoreDNS", "named", vec![trace.host.to_string(), ip(steps.dialled.0).to_string(), took]));
            }
            _ => {}
        }
        if let Some(host) = world.hosts().get(steps.rules_host as usize) {
            hops.push(decided(&format!("kube-proxy/{}", host.name), trace));
        }
    }
    hops.extend(between_nodes(world, trace));
    if steps.server_host != NOWHERE || failed == Some(Failure::Denied) {
        let source = world.source_behind(steps, world.address_of_client(&trace.client));
        let (address, port) = steps.reached;
        let what = (port, if port == 0 { Protocol::Icmp } else { Protocol::Tcp });
        if failed == Some(Failure::Denied) {
            let (entry, reasons) = world.policy_words(source, address, what);
            let facts = [vec![place(steps.reached)], reasons].concat();
            hops.push(HopView { entry, ..hop("NetworkPolicy", "drops", facts) });
        } else if let Some((entry, reasons)) = world.unenforced(source, address, what) {
            let facts = [vec![place(steps.reached)], reasons].concat();
            hops.push(HopView { entry, ..hop("NetworkPolicy", "unenforced", facts) });
        } else if failed.is_none() && !trace.reused && world.is_judged(source, address) {
            let (entry, reasons) = world.policy_words(source, address, what);
            let facts = [vec![place(steps.reached)], reasons].concat();
            hops.push(HopView { entry, ..hop("NetworkPolicy", "admits", facts) });
        }
    }
    if steps.too_long.0 > 0 {
        let facts = [steps.too_long.0, steps.too_long.1].map(|bytes| bytes.to_string()).to_vec();
        hops.push(hop(&receiver(world, trace), "too-long", facts));
    }
    if !trace.words.is_empty() {
        hops.push(hop(&receiver(world, trace), "routes", vec![trace.words.to_string()]));
    }
    let (deed, end) = match trace.outcome {
        Outcome::Status(code) => ("answers", vec![code.to_string(), milliseconds(trace.took)]),
        Outcome::Failed(failure) => ("fails", vec![failure.word().to_string(), format!("{} ms", trace.took.as_millis())]),
    };
    hops.push(hop(&receiver(world, trace), deed, end));
    hops
}

fn milliseconds(time: Duration) -> String {
    format!("{}.{:03} ms", time.0 / 1_000, time.0 % 1_000)
}

fn place((address, port): (u32, u16)) -> String {
    format!("{}:{port}", ip(address))
}

fn hop(component: &str, deed: &str, facts: Vec<String>) -> HopView {
    let text = sentence(deed, &facts);
    HopView { component: component.to_string(), text, entry: String::new(), deed: deed.to_string(), facts }
}

/// A hop in English.
fn sentence(deed: &str, facts: &[String]) -> String {
    let fact = |at: usize| facts.get(at).map_or("", String::as_str);
    let (one, two, three, four) = (fact(0), fact(1), fact(2), fact(3));
    match deed {
        "asks" => format!("asks for {one}"),
        "mirrors" => "sends a copy of a request; nobody waits for its answer".to_string(),
        "routes" => format!("chooses a backend: {one}"),
        "reuses" => "uses a connection that is open from before: nothing is looked up or chosen anew".to_string(),
        "no-name" => format!("{one} does not exist ({two})"),
        "no-answer" => format!("no answer for {one} ({two})"),
        "named" => format!("{one} is {two} ({three})"),
        "becomes" => format!("{one} becomes {two}"),
        "masqueraded" => format!("{one} becomes {two}, from the node's own address"),
        "passes" => format!("no Service rule for {one}"),
        "no-endpoints" => format!("{one} has no endpoints: refused"),
        "dropped" => format!("{one} is dropped"),
        "routed" => format!("routes packets for {one} to {two} ({three}) as they are"),
        "wrapped" => format!(
            "wraps packets for {one} into UDP from {two} to {three} (VXLAN): {VXLAN_BYTES} bytes of each are wrapping, and its device takes {four} of a Pod's packet"
        ),
        "unenforced" => "would deny this, but this cluster's network plugin does not enforce policies".to_string(),
        "drops" => format!("drops packets to {one}"),
        "admits" => format!("lets packets to {one} pass"),
        "too-long" => format!("sends packets of {one} bytes: the way takes {two} at most and tells nobody, so they are lost"),
        "answers" => format!("answers {one} after {two}"),
        _ => format!("{one} after {two}"),
    }
}

/// How the network plugin brought packets to a Pod of another node: who, what it did, and the entries of the routing table
/// and the link that say so, as `ip route` and `ip link` print them.
fn between_nodes(world: &World, trace: &Trace) -> Option<HopView> {
    let steps = &trace.steps;
    let (from, to) = (world.hosts().get(steps.rules_host as usize)?, world.hosts().get(steps.server_host as usize)?);
    let range = world.kubelet_of(steps.server_host as usize)?.pod_range(steps.reached.0)?;
    if from.name == to.name {
        return None;
    }
    let (there, here, base) = (&to.address, &from.address, range.split('/').next().unwrap_or_default());
    let tunnel = world.tunnel_mtu(steps.rules_host as usize);
    let (hop, entry) = match world.plugin(steps.rules_host as usize) {
        Plugin::Calico => (
            hop(&format!("calico/{}", from.name), "routed", vec![range.to_string(), to.name.to_string(), there.to_string()]),
            format!("{range} via {there} dev eth0 proto bird\n2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu {}", from.mtu),
        ),
        Plugin::Flannel => (
            hop(
                &format!("flannel/{}", from.name),
                "wrapped",
                vec![range.to_string(), here.to_string(), format!("{there}:{VXLAN_PORT}"), tunnel.to_string()],
            ),
            format!("{range} via {base} dev flannel.1 onlink\n3: flannel.1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu {tunnel}"),
        ),
        Plugin::None => return None,
    };
    Some(HopView { entry, ..hop })
}

fn decided(component: &str, trace: &Trace) -> HopView {
    let steps = &trace.steps;
    let words = |rule| trace.rules.as_ref().map(|rules| rules.words(rule)).unwrap_or_default();
    let dialled = place(steps.dialled);
    let (deed, facts, entry) = match steps.verdict {
        Verdict::Forward { masqueraded, rule, .. } => {
            (if masqueraded { "masqueraded" } else { "becomes" }, vec![dialled, place(steps.reached)], words(rule))
        }
        Verdict::Pass => ("passes", vec![dialled], String::new()),
        Verdict::Refused { rule } => ("no-endpoints", vec![dialled], words(rule)),
        Verdict::Dropped { rule } => ("dropped", vec![dialled], words(rule)),
    };
    HopView { entry, ..hop(component, deed, facts) }
}

/// `pod/default/web-1`, `node/worker-1`, `outside/203.0.113.7`.
pub(crate) fn sender(world: &World, client: &Client) -> String {
    match client {
        Client::Outside(address) => format!("outside/{}", ip(*address)),
        Client::Node(host) => format!("node/{}", world.hosts()[*host].name),
        Client::OnHost { host, uid } | Client::Pod { host, uid, .. } => pod_named(world, *host, uid),
    }
}

/// Who answered, where the way ended, or, of one that found no way, what was asked for.
pub(crate) fn aim(world: &World, trace: &Trace) -> String {
    let nowhere = trace.server.is_empty() && trace.steps.server_host == NOWHERE;
    if nowhere { trace.host.to_string() } else { receiver(world, trace) }
}

/// Who answered, or who tells that nobody did.
fn receiver(world: &World, trace: &Trace) -> String {
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

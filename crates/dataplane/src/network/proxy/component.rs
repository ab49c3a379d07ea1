//! kube-proxy as a process: its own, lagging view of the API, and the kernel's rules that it keeps in step.
use crate::network::proxy::affinity::Affinity;
use crate::network::proxy::endpoints::Node;
use crate::network::proxy::health::{self, Answer};
use crate::network::proxy::rules::{Mode, Name, Rules};
use crate::network::proxy::runner::{Runner, Step};
use crate::network::proxy::view;
use crate::network::{Cidr, Origin, Packet, Verdict};
use apiserver::client::{Effects, Ticket};
use apiserver::{Change, Snapshot};
use objects::wire::Response;
use objects::{Text, kinds};
use simcore::{Duration, Rng, Time};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// kube-proxy's command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    pub mode: Mode,
    /// `--cluster-cidr`: sources in it are Pods.
    pub cluster_cidr: Cidr,
    /// The Service network, as nftables mode learns it from ServiceCIDRs.
    pub service_cidr: Cidr,
    /// `--iptables-min-sync-period` and its likes.
    pub min_sync_period: Duration,
    pub sync_period: Duration,
}

impl Default for Config {
    /// As kubeadm sets it up.
    fn default() -> Config {
        let block = |a: u8, b: u8, bits: u8| Cidr { base: IpAddr::V4(Ipv4Addr::new(a, b, 0, 0)), bits };
        let (min_sync_period, sync_period) = (Duration::secs(1), Duration::secs(30));
        Config { mode: Mode::Iptables, cluster_cidr: block(10, 244, 16), service_cidr: block(10, 96, 12), min_sync_period, sync_period }
    }
}

/// What the node's kernel holds: it outlives the process, and goes with the power.
#[derive(Clone, Debug)]
pub struct Kernel {
    pub rules: Arc<Rules>,
    pub affinity: Affinity,
}

impl Kernel {
    /// Decides about a connection's first packet and remembers what session affinity needs. `chance` is any 32 bits.
    pub fn decide(&mut self, packet: &Packet, origin: Origin, now: Time, chance: u32) -> Verdict {
        self.rules.decide(packet, origin, now, &mut self.affinity, chance)
    }

    fn reap(&mut self, now: Time) {
        let rules = &self.rules;
        // ipvs keeps its templates apart from the servers: they go by time alone.
        self.affinity.reap(now, |id, address, number| rules.mode() == Mode::Ipvs || rules.keeps(id, address, number));
    }
}

/// A watcher with an older or newer view of its own; it writes nothing to the API.
#[derive(Clone, Debug)]
pub struct KubeProxy {
    pub node: Text,
    pub kernel: Kernel,
    config: Config,
    alive: bool,
    view: Snapshot,
    runner: Runner,
    /// Services to be looked at in the next sync; `None` means all.
    dirty: Option<BTreeSet<Name>>,
    /// The rules of the sync that runs; the kernel takes them as a whole at its end.
    writing: Option<Arc<Rules>>,
    chance: Rng,
}

impl KubeProxy {
    pub fn new(node: impl Into<Text>, seed: u64) -> KubeProxy {
        let node = node.into();
        let chance = Rng::stream(seed, &format!("kube-proxy/{node}"));
        let nowhere = Node { name: node.clone(), zone: Text::default(), addresses: Vec::new(), eligible: true };
        let config = Config::default();
        KubeProxy {
            node,
            kernel: Kernel { rules: Arc::new(empty(&config, nowhere)), affinity: Affinity::default() },
            runner: Runner::new(config.min_sync_period, config.sync_period),
            config,
            alive: false,
            view: Snapshot::empty(0),
            dirty: None,
            writing: None,
            chance,
        }
    }

    /// With another command line. A running process takes it at its next start.
    pub fn with(mut self, config: Config) -> KubeProxy {
        self.config = config;
        self
    }

    /// Takes the ranges of Pods and Services: `--cluster-cidr`, and what the ServiceCIDR says. At its next start.
    pub fn set_ranges(&mut self, pods: Cidr, services: Cidr) {
        (self.config.cluster_cidr, self.config.service_cidr) = (pods, services);
    }

    /// Takes the mode of its configuration file (`KubeProxyConfiguration`), where that names one; at its next start.
    pub fn configure(&mut self, file: &str) {
        let said = file.lines().find_map(|line| line.strip_prefix("mode:")).map(|word| word.trim().trim_matches('"'));
        self.config.mode = match said {
            Some("nftables") => Mode::Nftables,
            Some("ipvs") => Mode::Ipvs,
            Some("iptables" | "") => Mode::Iptables,
            _ => self.config.mode,
        };
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn interested(&self, change: &Change) -> bool {
        match change.key.kind {
            kinds::SERVICE | kinds::ENDPOINT_SLICE => true,
            kinds::NODE => change.key.name == self.node,
            _ => false,
        }
    }

    pub fn start(&mut self, now: Time, view: &Snapshot, fx: &mut Effects) {
        self.alive = true;
        self.view = view.clone();
        self.dirty = None;
        self.writing = None;
        self.runner = Runner::new(self.config.min_sync_period, self.config.sync_period);
        self.runner.ask();
        self.work(now, fx);
    }

    pub fn deliver(&mut self, now: Time, view: &Snapshot, changes: &[&Change], fx: &mut Effects) {
        if !self.alive {
            return;
        }
        self.view = view.clone();
        let told: Vec<&&Change> = changes.iter().filter(|change| view::matters(change)).collect();
        if told.is_empty() {
            return;
        }
        for change in told {
            self.mark(change);
        }
        self.runner.ask();
        self.work(now, fx);
    }

    fn mark(&mut self, change: &Change) {
        let Some(dirty) = &mut self.dirty else { return };
        match change.key.kind {
            kinds::SERVICE => {
                dirty.insert((change.key.namespace.clone(), change.key.name.clone()));
            }
            kinds::ENDPOINT_SLICE => dirty.extend([&change.before, &change.after].into_iter().flatten().filter_map(view::service_of)),
            _ => self.dirty = None,
        }
    }

    pub fn reply(&mut self, _now: Time, _ticket: Ticket, _response: &Response, _fx: &mut Effects) {}

    pub fn wake(&mut self, now: Time, fx: &mut Effects) {
        if self.alive {
            self.work(now, fx);
        }
    }

    /// Does what the runner says, until it says to wait.
    fn work(&mut self, now: Time, fx: &mut Effects) {
        loop {
            match self.runner.step(now) {
                Step::Begin => {
                    let until = now + self.duration();
                    self.writing = Some(Arc::new(self.reckoned()));
                    self.dirty = Some(BTreeSet::new());
                    self.runner.begin(until);
                }
                Step::Finish => {
                    if let Some(rules) = self.writing.take() {
                        self.kernel.rules = rules;
                    }
                    self.kernel.reap(now);
                    self.runner.finish(now);
                }
                Step::Wait(until) => return fx.wake_at(until),
                Step::Rest => return,
            }
        }
    }

    /// How long one sync takes: measured on a node with 50 Services.
    fn duration(&mut self) -> Duration {
        let (low, high) = if self.config.mode == Mode::Nftables { (6_000, 34_000) } else { (28_000, 56_000) };
        Duration::micros(self.chance.between(low, high))
    }

    /// The rules that the view asks for. Only Services that changed are looked at.
    fn reckoned(&self) -> Rules {
        let node = view::own_node(&self.node, &self.view);
        let same = self.kernel.rules.node == node && self.kernel.rules.is_made_by(self.config.mode, self.config.cluster_cidr);
        match &self.dirty {
            Some(dirty) if same => {
                let mut rules = Rules::clone(&self.kernel.rules);
                let fresh = dirty.iter().flat_map(|name| view::ports_of(&self.view, name, &node)).collect();
                rules.replace(Some(dirty), fresh);
                rules
            }
            _ => {
                let mut rules = empty(&self.config, node);
                let fresh = view::all_ports(&self.view, &rules.node);
                rules.replace(None, fresh);
                rules
            }
        }
    }

    /// The process is gone. The rules that it wrote stay in the kernel, as they were; a write not yet done is lost.
    pub fn stop(&mut self) {
        self.alive = false;
        self.writing = None;
    }

    /// The machine lost its power, and the kernel its memory.
    pub fn power_off(&mut self) {
        self.stop();
        let node = self.kernel.rules.node.clone();
        self.kernel = Kernel { rules: Arc::new(empty(&self.config, node)), affinity: Affinity::default() };
    }

    pub fn is_running(&self) -> bool {
        self.alive
    }

    /// How many (Service port, endpoint) pairs the kernel's rules can send traffic to.
    pub fn rules(&self) -> usize {
        self.kernel.rules.pairs()
    }

    /// How many Services it knows.
    pub fn services(&self) -> usize {
        self.view.len(kinds::SERVICE)
    }

    /// Answers an HTTP request to a port of the node (`/healthz` on 10256, `/proxyMode` on 10249, health check node ports);
    /// `None` where kube-proxy does not listen: a connection is refused then.
    pub fn answer(&self, port: u16, path: &str, now: Time) -> Option<Answer> {
        let updated = self.runner.last(now).filter(|_| self.alive)?;
        health::answer(&self.kernel.rules, port, path, updated, now)
    }
}

fn empty(config: &Config, node: Node) -> Rules {
    Rules::new(config.mode, config.cluster_cidr, config.service_cidr, node)
}

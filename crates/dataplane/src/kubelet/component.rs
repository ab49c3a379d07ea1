//! The component itself: deliveries, answers and wakes in, requests out.
use crate::host::Host;
use crate::images::Catalog;
use crate::kubelet::client::{Asked, Client};
use crate::kubelet::context::Context;
use crate::kubelet::journal::Journal;
use crate::kubelet::node::Registration;
use crate::kubelet::traffic::{self, Insides, Question};
use crate::kubelet::worker::Worker;
use crate::kubelet::{klog, lifecycle, mirror, node, volumes};
use crate::network::dns::{NodeDns, ResolvConf};
use crate::network::{Addresses, MTU, Plugin};
use crate::runtime::{Sandbox, Store};
use apiserver::client::{Effects, Ticket};
use apiserver::store::Kept;
use apiserver::{Change, Snapshot};
use objects::wire::Response;
use objects::{Key, Text, Tree, kinds};
use simcore::{Duration, Rng, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long the kubelet goes by what the runtime last said of itself (upstream `maxWaitForContainerRuntime`).
const RUNTIME_GRACE: Duration = Duration::secs(30);

/// How a kubelet is set up.
#[derive(Clone, Debug, Default)]
pub struct Config {
    pub seed: u64,
    /// Taints that the Node registers with (`registerWithTaints`).
    pub taints: Vec<Tree>,
    /// Labels that the Node registers with besides its own (`--node-labels`, a cloud's zone and region).
    pub labels: Vec<(&'static str, &'static str)>,
    /// A range of Pod addresses to use when the Node has none of its own (`podCIDR`).
    pub pod_cidr: Option<Text>,
    /// Whether the host's control plane processes are shown as Pods in kube-system.
    pub mirrors: bool,
    /// `clusterDNS`, `clusterDomain`, `resolvConf`.
    pub dns: NodeDns,
    /// The network plugin that is installed on the machine.
    pub network: Plugin,
    /// `maxPods`, where a configuration file does not say otherwise; 0: as many as the machine was set up for.
    pub max_pods: u32,
    /// Images that the machine has besides those that every machine has.
    pub images: Vec<Text>,
}

/// One node: its machine, its containers, and the kubelet process with its memory.
#[derive(Clone, Debug)]
pub struct Kubelet {
    pub host: Host,
    pub(super) config: Config,
    pub(super) catalog: Arc<Catalog>,
    pub(super) view: Snapshot,
    rng: Rng,
    alive: bool,
    // Sandboxes and workers are shared between copies of a world until they act.
    // What lives on the machine and outlasts the process:
    pub(super) sandboxes: BTreeMap<Text, Arc<Sandbox>>,
    pub(super) store: Store,
    pub(super) addresses: Addresses,
    /// The different resolv.conf files of its sandboxes, each kept once.
    resolvs: Vec<Arc<ResolvConf>>,
    /// Words of components whose containers were not shown yet.
    pub(super) unsaid: Vec<(Text, klog::Entry)>,
    // What the process remembers:
    pub(super) workers: BTreeMap<Text, Arc<Worker>>,
    pub(super) registration: Registration,
    pub(super) client: Client,
    relist: Duration,
    pulling_until: Time,
    /// When containerd was last there, while it is not.
    runtime_lost: Option<Time>,
    due: BTreeSet<(Time, Text)>,
    due_of: BTreeMap<Text, Time>,
    asked: Option<Time>,
    /// What processes in containers have asked of the network since it was last looked.
    pub(super) questions: Vec<Question>,
    pub(super) insides: Insides,
    pub(super) journal: Journal,
}

impl Kubelet {
    pub fn new(host: Host, catalog: Arc<Catalog>, mut config: Config) -> Kubelet {
        config.max_pods = host.pods_max;
        let mut rng = Rng::stream(config.seed, &format!("kubelet/{}", host.name));
        let mut addresses = Addresses::default();
        addresses.plugin = config.network;
        addresses.mtu = config.network.mtu(MTU, 0);
        config.pod_cidr.iter().for_each(|range| addresses.set_range(range));
        Kubelet {
            relist: Duration::micros(rng.between(0, 999_999)),
            registration: Registration::new(host.name.clone(), Time::default()),
            client: Client::new(&host.name),
            store: Store::preset(&catalog, &config.images),
            view: Snapshot::empty(0),
            alive: false,
            sandboxes: BTreeMap::new(),
            workers: BTreeMap::new(),
            pulling_until: Time::default(),
            runtime_lost: None,
            due: BTreeSet::new(),
            due_of: BTreeMap::new(),
            asked: None,
            questions: Vec::new(),
            unsaid: Vec::new(),
            insides: Insides::default(),
            journal: Journal::default(),
            resolvs: Vec::new(),
            addresses,
            rng,
            catalog,
            config,
            host,
        }
    }

    pub fn node_name(&self) -> &Text {
        &self.host.name
    }

    /// Whether the kubelet's process runs.
    pub fn is_running(&self) -> bool {
        self.alive
    }

    /// The Pods of this node, its own Node, and what its Pods may refer to in their namespaces.
    pub fn interested(&self, change: &Change) -> bool {
        match change.key.kind {
            kinds::POD => change.object().is_some_and(|pod| pod.spec().get("nodeName").text() == self.host.name),
            kinds::NODE => change.key.name == self.host.name,
            kinds::CONFIG_MAP | kinds::SECRET | kinds::SERVICE => {
                self.alive && self.workers.values().any(|worker| worker.pod.key.namespace == change.key.namespace)
            }
            kinds::NAMESPACE => self.config.mirrors && change.key.name == "kube-system",
            _ => false,
        }
    }

    /// The process starts: it registers its Node and looks at all its Pods.
    pub fn start(&mut self, now: Time, view: &Snapshot, fx: &mut Effects) {
        if !self.host.powered {
            return;
        }
        self.alive = true;
        self.asked = None;
        self.view = view.clone();
        self.host.set_running("kubelet", true);
        self.journal.begins(now, &self.host.kubelet_version, &self.host.runtime);
        self.registration = Registration::new(self.host.name.clone(), now);
        self.registration.register(now, &self.host, &self.store, &self.config, &mut self.client);
        self.learn_range();
        let pods: Vec<Kept> = view.pods_on(&self.host.name).cloned().collect();
        for pod in pods {
            self.take_in(now, pod, None);
        }
        self.run_unmirrored(now);
        let strays: Vec<Text> = self.sandboxes.keys().filter(|uid| !self.workers.contains_key(*uid)).cloned().collect();
        strays.iter().for_each(|uid| self.sweep(now, uid));
        self.settle(now, fx);
    }

    /// A watch delivery.
    pub fn deliver(&mut self, now: Time, view: &Snapshot, changes: &[&Change], fx: &mut Effects) {
        self.view = view.clone();
        if !self.alive {
            return;
        }
        for change in changes {
            if !self.interested(change) {
                continue;
            }
            let cause = change.occurrence.map(|occurrence| occurrence.0);
            match (change.key.kind, &change.after) {
                (kinds::POD, Some(pod)) => self.take_in(now, pod.clone(), cause),
                (kinds::POD, None) => {
                    let uid = change.before.as_ref().map(|pod| pod.uid_text()).unwrap_or_default();
                    // What runs by a manifest does not end with its mirror.
                    let stays = change.before.as_ref().is_some_and(|pod| mirror::lives_on(&self.host, pod));
                    if !stays {
                        self.with_worker(now, &uid, |worker, sandbox, cx| lifecycle::removed(worker, sandbox, cx));
                    }
                    self.workers.remove(&uid);
                    match stays {
                        true => self.mirrors_soon(now),
                        false => self.sweep(now, &uid),
                    }
                }
                (kinds::CONFIG_MAP | kinds::SECRET, Some(_)) => {
                    self.renew_inside(&change.key);
                    self.renew_soon(now, &change.key);
                }
                (kinds::NODE, _) if self.learn_range() => {
                    self.registration.status_at = self.registration.status_at.min(now + Duration::millis(100));
                }
                _ => {}
            }
        }
        self.settle(now, fx);
    }

    /// The answer to a request; code 0 when none came.
    pub fn reply(&mut self, now: Time, ticket: Ticket, response: &Response, fx: &mut Effects) {
        let Some(asked) = self.client.answered(ticket).filter(|_| self.alive) else { return };
        match asked {
            Asked::Status(uid) => {
                self.with_worker(now, &uid, |worker, _, cx| {
                    worker.patched(response, cx);
                    worker.leave(cx);
                });
            }
            Asked::Delete(uid) => {
                self.with_worker(now, &uid, |worker, _, cx| worker.left(response, cx.now));
            }
            Asked::Register => {
                self.tell_registration(now, response);
                self.registration.registered(now, response);
                if response.code == 409 {
                    node::greet(now, &self.host, &self.view, &mut self.client);
                }
            }
            Asked::Mirror => {}
            Asked::NodeStatus => {
                if response.code == 0 {
                    self.journal.unreported(now, &self.host.name, response, false);
                }
                self.registration.reported(response);
            }
            Asked::Lease => {
                if !response.is_ok() {
                    self.journal.unleased(now, &self.host.name, response);
                }
                self.registration.renewed(now, response);
            }
        }
        self.settle(now, fx);
    }

    /// An instant that it asked for.
    pub fn wake(&mut self, now: Time, fx: &mut Effects) {
        self.asked = self.asked.filter(|at| *at > now);
        if !self.host.powered {
            return;
        }
        while let Some((at, uid)) = self.due.first().cloned().filter(|(at, _)| *at <= now) {
            self.due.remove(&(at, uid.clone()));
            self.due_of.remove(&uid);
            if self.runtime_lost.is_some() {
                self.run_unseen(now, &uid);
            } else if self.alive && self.workers.contains_key(&uid) {
                self.with_worker(now, &uid, lifecycle::advance);
            } else {
                self.run_alone(now, &uid);
            }
        }
        if self.alive {
            self.heartbeat(now);
        }
        self.settle(now, fx);
    }

    /// The process is gone; containers run on.
    pub fn stop(&mut self) {
        self.alive = false;
        self.host.set_running("kubelet", false);
        self.workers.clear();
        self.client.reset();
        self.pulling_until = Time::default();
        self.due.clear();
        self.due_of.clear();
        let inside: Vec<(Text, Time)> = self.sandboxes.iter().filter_map(|(uid, sandbox)| Some((uid.clone(), sandbox.next()?))).collect();
        for (uid, at) in inside {
            self.plan(&uid, Some(at));
        }
    }

    /// The machine loses its power: every process on it is gone at once.
    pub fn power_off(&mut self, now: Time) {
        self.stop();
        self.host.powered = false;
        for sandbox in self.sandboxes.values_mut().map(Arc::make_mut) {
            sandbox.ready = false;
            sandbox.containers_mut().for_each(|container| container.crash(now, 255, "Unknown"));
        }
        self.due.clear();
        self.due_of.clear();
    }

    /// Power comes back, and with it the kubelet; containers are made again.
    pub fn power_on(&mut self, now: Time, view: &Snapshot, fx: &mut Effects) {
        self.host.boots += u32::from(!self.host.powered);
        self.host.powered = true;
        // The runtime finds them dead when it starts, and dates their end by that.
        for sandbox in self.sandboxes.values_mut().map(Arc::make_mut) {
            sandbox.containers_mut().for_each(|container| container.found_dead(now));
        }
        for at in 0..self.host.processes.len() {
            let name = self.host.processes[at].name.clone();
            // A static Pod whose manifest was taken away does not come back.
            if self.host.processes[at].withdrawn {
                continue;
            }
            self.host.set_running(&name, false);
            self.host.set_running(&name, true);
        }
        self.start(now, view, fx);
    }

    /// Everything that the runtime kept is gone: sandboxes, images, addresses, the network plugin's configuration.
    pub fn wipe(&mut self) {
        self.stop();
        self.sandboxes.clear();
        self.due.clear();
        self.due_of.clear();
        self.store = Store::preset(&self.catalog, &self.config.images);
        self.addresses = Addresses::default();
        self.addresses.plugin = self.config.network;
    }

    /// Takes the address of the cluster's name server: `clusterDNS`.
    pub fn set_cluster_dns(&mut self, address: &str) {
        self.config.dns.cluster_dns = vec![Text::new(address)];
    }

    /// containerd stops or starts. Without it containers run on under their shims, but nobody starts, stops or looks at one.
    pub fn run_runtime(&mut self, now: Time, running: bool, fx: &mut Effects) {
        self.host.set_running("containerd", running);
        if !running {
            self.runtime_lost = self.runtime_lost.or(Some(now));
            return;
        }
        if self.runtime_lost.take().is_none() {
            return;
        }
        // Found again at its next look, which is every five seconds.
        let seen = self.context(now).next_relist();
        let uids: Vec<Text> = self.workers.keys().cloned().collect();
        for uid in uids {
            let sandbox = self.sandboxes.get(&uid);
            let Some(worker) = self.workers.get_mut(&uid).map(Arc::make_mut) else { continue };
            let runs = |name: &Text| sandbox.and_then(|sandbox| sandbox.container(name)).is_some_and(|found| found.is_running());
            worker.probes.retain(|(name, _), _| runs(name));
            worker.sync_at = Some(seen);
            self.replan(&uid);
        }
        let strays: Vec<Text> = self.sandboxes.keys().filter(|uid| !self.workers.contains_key(*uid)).cloned().collect();
        if self.alive {
            strays.iter().for_each(|uid| self.sweep(now, uid));
        }
        self.settle(now, fx);
    }

    /// Whether containerd answers.
    pub fn has_runtime(&self) -> bool {
        self.runtime_lost.is_none()
    }

    /// One process of the host's table starts or stops (not the kubelet's own: that is `start` and `stop`).
    pub fn set_process(&mut self, now: Time, name: &str, running: bool, fx: &mut Effects) -> bool {
        let found = self.host.set_running(name, running);
        let pod = format!("{name}-{}", self.host.name);
        let own = |sandbox: &&mut Arc<Sandbox>| sandbox.ready && sandbox.namespace == "kube-system" && sandbox.name == pod;
        // Its container ends, whether a kubelet is there to see it or not.
        for sandbox in self.sandboxes.values_mut().filter(|_| !running).filter(own).map(Arc::make_mut) {
            sandbox.container_mut(name).into_iter().for_each(|container| container.crash(now, 137, "Error"));
        }
        let shown = |worker: &&Arc<Worker>| mirror::is_mirror(&worker.pod) && worker.spec_of(name).is_some();
        let uids: Vec<Text> = self.workers.values().filter(shown).map(|worker| worker.uid.clone()).collect();
        for uid in uids {
            self.workers.get_mut(&uid).map(Arc::make_mut).into_iter().for_each(|worker| worker.sync_at = Some(now));
            self.replan(&uid);
        }
        self.registration.status_at = self.registration.status_at.min(now + Duration::secs(1));
        self.settle(now, fx);
        found
    }

    pub(super) fn context(&mut self, now: Time) -> Context<'_> {
        Context {
            now,
            view: &self.view,
            host: &self.host,
            catalog: &self.catalog,
            store: &mut self.store,
            addresses: &mut self.addresses,
            dns: &self.config.dns,
            resolvs: &mut self.resolvs,
            rng: &mut self.rng,
            client: &mut self.client,
            journal: &mut self.journal,
            relist: self.relist,
            pulling_until: &mut self.pulling_until,
        }
    }

    /// Lets one worker act, with its sandbox at hand, and plans its next turn.
    fn with_worker(&mut self, now: Time, uid: &Text, act: impl FnOnce(&mut Worker, &mut Option<Sandbox>, &mut Context)) {
        // Taken out while it acts, so that the context may borrow all else.
        let Some(mut shared) = self.workers.remove(uid) else { return };
        let worker = Arc::make_mut(&mut shared);
        let mut sandbox = self.sandboxes.remove(uid).map(Arc::unwrap_or_clone);
        act(worker, &mut sandbox, &mut self.context(now));
        sandbox.iter_mut().for_each(|sandbox| traffic::gather(&mut self.questions, uid, sandbox));
        sandbox.iter().for_each(|sandbox| traffic::notice(&mut self.insides, uid, sandbox));
        let next = worker.due(sandbox.as_ref());
        self.workers.insert(uid.clone(), shared);
        if let Some(sandbox) = sandbox {
            self.sandboxes.insert(uid.clone(), Arc::new(sandbox));
        }
        if !self.unsaid.is_empty() {
            self.tell(uid);
        }
        self.plan(uid, next);
    }

    pub(super) fn take_in(&mut self, now: Time, pod: Kept, cause: Option<u32>) {
        let uid = pod.uid_text();
        if self.has_no_manifest(&pod) || (!self.workers.contains_key(&uid) && self.turns_away(now, &pod, cause)) {
            return;
        }
        let sync = self.context(now).next_status_sync();
        match self.workers.get_mut(&uid).map(Arc::make_mut) {
            Some(worker) => worker.learn(pod, cause, now, sync),
            None => {
                if self.adopt(now, &uid, &pod) {
                    return self.replan(&uid);
                }
                self.workers.insert(uid.clone(), Arc::new(Worker::new(pod, cause, now)));
            }
        }
        self.replan(&uid);
    }

    /// A ConfigMap or Secret has changed: Pods that mount it show it at their next regular sync, of which each has one
    /// every 60 to 90 seconds.
    fn renew_soon(&mut self, now: Time, key: &Key) {
        let shows = |worker: &&Arc<Worker>| worker.renew_at.is_none() && volumes::shows(&worker.pod, key);
        let uids: Vec<Text> = self.workers.values().filter(shows).map(|worker| worker.uid.clone()).collect();
        for uid in uids {
            let at = now + Duration::millis(self.rng.between(500, 75_000));
            self.workers.get_mut(&uid).map(Arc::make_mut).into_iter().for_each(|worker| worker.renew_at = Some(at));
            self.replan(&uid);
        }
    }

    /// A sandbox without a Pod: its containers are killed, and it is taken away when they are gone.
    pub(super) fn sweep(&mut self, now: Time, uid: &Text) {
        if self.runtime_lost.is_some() {
            return;
        }
        if let Some(sandbox) = self.sandboxes.get_mut(uid).map(Arc::make_mut) {
            sandbox.containers_mut().for_each(|container| container.terminate(now, Duration::secs(2)));
        }
        self.run_alone(now, uid);
    }

    /// Containers whose runtime nobody can ask: they live on by themselves.
    fn run_unseen(&mut self, now: Time, uid: &Text) {
        let Some(sandbox) = self.sandboxes.get_mut(uid).map(Arc::make_mut) else { return self.plan(uid, None) };
        sandbox.advance(now);
        traffic::gather(&mut self.questions, uid, sandbox);
        let next = sandbox.next();
        self.plan(uid, next);
    }

    /// Containers that no worker looks after.
    fn run_alone(&mut self, now: Time, uid: &Text) {
        let Some(sandbox) = self.sandboxes.get_mut(uid).map(Arc::make_mut) else { return self.plan(uid, None) };
        sandbox.advance(now);
        traffic::gather(&mut self.questions, uid, sandbox);
        let (quiet, next) = (!sandbox.any_running(), sandbox.next());
        if quiet && self.alive {
            self.sandboxes.remove(uid);
            self.addresses.release(uid);
            // What ended may have stood in the way of the same Pod by another manifest.
            self.run_unmirrored(now);
        }
        self.plan(uid, next);
    }

    fn heartbeat(&mut self, now: Time) {
        let registration = &mut self.registration;
        if registration.lease_at <= now {
            registration.renew(now, &self.view, &mut self.client);
            if self.config.mirrors || self.host.manifests.is_some() {
                let parts = if self.config.mirrors { mirror::missing(now, &self.host, &self.view) } else { Vec::new() };
                let missing = parts.into_iter().chain(mirror::own(now, &self.host, &self.view));
                missing.into_iter().for_each(|request| self.client.send(Asked::Mirror, request, None));
            }
        }
        if registration.status_at <= now {
            if registration.is_registered() {
                let late = self.runtime_lost.is_some_and(|since| now.since(since) > RUNTIME_GRACE);
                let problem = node::problem(late, self.addresses.is_ready());
                if let Some(words) = problem {
                    self.journal.unready(now, words);
                }
                registration.report(now, &self.host, &self.store, problem, &self.view, &mut self.client);
            } else {
                registration.status_at = now + Duration::secs(7);
                registration.register(now, &self.host, &self.store, &self.config, &mut self.client);
            }
        }
    }

    /// Takes the node's range of addresses from its Node. Says whether it is new.
    fn learn_range(&mut self) -> bool {
        let before = self.addresses.is_ready();
        if let Some(node) = self.view.find(kinds::NODE, "", &self.host.name) {
            self.addresses.set_range(node.spec().get("podCIDR").text());
        }
        !before && self.addresses.is_ready()
    }

    pub(super) fn replan(&mut self, uid: &Text) {
        let sandbox = self.sandboxes.get(uid).map(|sandbox| &**sandbox);
        let next = self.workers.get(uid).map_or_else(|| sandbox.and_then(Sandbox::next), |worker| worker.due(sandbox));
        self.plan(uid, next);
    }

    pub(super) fn plan(&mut self, uid: &Text, next: Option<Time>) {
        if self.due_of.get(uid).copied() == next {
            return;
        }
        if let Some(old) = self.due_of.remove(uid) {
            self.due.remove(&(old, uid.clone()));
        }
        if let Some(next) = next {
            self.due_of.insert(uid.clone(), next);
            self.due.insert((next, uid.clone()));
        }
    }

    /// Sends what may be sent, and asks for the next wake.
    pub(super) fn settle(&mut self, now: Time, fx: &mut Effects) {
        let allowed = self.client.flush(now, fx);
        let beat =
            [self.registration.lease_at, self.registration.status_at].into_iter().filter(|at| self.alive && *at < Time(u64::MAX)).min();
        let first = self.due.first().map(|(at, _)| *at);
        let Some(next) = [allowed, beat, first].into_iter().flatten().min() else { return };
        let next = next.max(now);
        if self.asked.is_none_or(|asked| next < asked) {
            self.asked = Some(next);
            fx.wake_at(next);
        }
    }
}

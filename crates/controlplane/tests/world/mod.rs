//! A small world for tests: the real API server, etcd's clock, watch lag, and a kubelet that makes Pods ready.
#![allow(dead_code)]
use apiserver::client::{Effects, Ticket};
use apiserver::{ApiServer, Change, Outcome, Snapshot};
use controlplane::controllers;
use controlplane::harness::ControllerManager;
use controlplane::scheduler::Scheduler;
use objects::wire::{PatchKind, Request, Resource, Response, Target, Verb};
use objects::{Key, KindId, Object, Tree, kinds, map};
use simcore::{Duration, Queue, Time};
use std::sync::Arc;

const LAG: Duration = Duration::millis(2);
const SYNC: Duration = Duration::millis(1);

#[derive(Clone, Debug)]
enum Event {
    Sync,
    Watch(usize),
    Wake(usize),
    Reply(usize, Ticket, Response),
    /// The kubelet of the Pod acts: its Pod becomes ready, or is gone.
    Kubelet(Key),
}

pub struct World {
    pub now: Time,
    pub api: ApiServer,
    pub manager: ControllerManager,
    pub scheduler: Scheduler,
    queue: Queue<Event>,
    seen: [u64; 3],
    waiting: Vec<(u64, usize, Ticket, Response)>,
    /// Pods of these names never become ready.
    pub broken: fn(&Object) -> bool,
    /// Nodes whose kubelets are silent.
    pub dead: Vec<String>,
    pub ready_after: Duration,
    pub requests: usize,
    /// The API server is not there for writes of this kind, so many times; when that was noticed.
    pub away: Option<(KindId, usize)>,
    pub noticed: Vec<Time>,
    heartbeats: bool,
}

const MANAGER: usize = 0;
const SCHEDULER: usize = 1;
const KUBELETS: usize = 2;

impl World {
    pub fn new(nodes: usize) -> World {
        let mut world = World {
            now: Time::START,
            api: ApiServer::new(1),
            manager: ControllerManager::new(1, "control-plane", controllers::ALL),
            scheduler: Scheduler::new(1, "control-plane"),
            queue: Queue::default(),
            seen: [1; 3],
            waiting: Vec::new(),
            broken: |_| false,
            dead: Vec::new(),
            ready_after: Duration::millis(500),
            requests: 0,
            away: None,
            noticed: Vec::new(),
            heartbeats: false,
        };
        for namespace in ["default", "kube-system", "kube-node-lease"] {
            if world.api.store.tail().find(kinds::NAMESPACE, "", namespace).is_none() {
                world.create(kinds::NAMESPACE, "", map! {"metadata": map! {"name": namespace}});
            }
        }
        for number in 1..=nodes {
            world.node(&format!("worker-{number}"), map! {});
        }
        world.settle_disk();
        world.component(MANAGER, |world, view, fx| world.manager.start(world.now, view, fx));
        world.component(SCHEDULER, |world, view, fx| world.scheduler.start(world.now, view, fx));
        world.run(Duration::millis(100));
        world
    }

    /// A Ready node with 4 cores, 8 GiB, 110 Pods; `spec` as given.
    pub fn node(&mut self, name: &str, spec: Tree) {
        let room = map! {"cpu": "4", "memory": "8Gi", "pods": "110", "ephemeral-storage": "100Gi"};
        let ready = map! {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status"};
        let body = map! {
            "metadata": map! {"name": name, "labels": map! {"kubernetes.io/hostname": name}}, "spec": spec,
            "status": map! {"allocatable": &room, "capacity": &room, "conditions": vec![ready]},
        };
        self.create(kinds::NODE, "", body.clone());
        let request = Request::about(Verb::Update, kinds::NODE, "", name).subresource("status").body(body);
        self.ask(request);
    }

    pub fn create(&mut self, kind: KindId, namespace: &str, body: Tree) -> Response {
        let namespace = namespace.to_string();
        self.ask(Request::about(Verb::Create, kind, namespace, "").body(body))
    }

    pub fn patch(&mut self, kind: KindId, namespace: &str, name: &str, body: Tree) -> Response {
        let (namespace, name) = (namespace.to_string(), name.to_string());
        self.ask(Request::about(Verb::Patch(PatchKind::Merge), kind, namespace, name).body(body))
    }

    pub fn delete(&mut self, kind: KindId, namespace: &str, name: &str, options: Tree) -> Response {
        let (namespace, name) = (namespace.to_string(), name.to_string());
        self.ask(Request::about(Verb::Delete, kind, namespace, name).body(options))
    }

    /// A request from outside, evaluated at once.
    pub fn ask(&mut self, request: Request) -> Response {
        let response = match self.api.handle(self.now, &request) {
            Outcome::Now(response) | Outcome::When { response, .. } => response,
            Outcome::Kubelet { .. } => panic!("no kubelet answers here"),
        };
        assert!(response.is_ok(), "{request:?}: {response:?}");
        self.wrote();
        response
    }

    pub fn get(&self, kind: KindId, namespace: &str, name: &str) -> Option<Arc<Object>> {
        self.api.store.applied().find(kind, namespace, name).cloned()
    }

    pub fn list(&self, kind: KindId) -> Vec<Arc<Object>> {
        self.api.store.applied().list(kind).cloned().collect()
    }

    /// All changes from the first on.
    pub fn changes(&self) -> Vec<Change> {
        self.api.store.since(1).unwrap().cloned().collect()
    }

    /// Messages of the Events with this reason, in order.
    pub fn told(&self, reason: &str) -> Vec<String> {
        let changes = self.changes();
        let events = changes.iter().filter(|change| change.key.kind == kinds::EVENT && change.is_create());
        let trees = events.filter_map(|change| change.after.as_ref()).filter(|event| event.tree.get("reason").text() == reason);
        trees.map(|event| event.tree.get("message").text().to_string()).collect()
    }

    /// The controller manager's process starts again.
    pub fn restart_manager(&mut self) {
        self.seen[MANAGER] = self.api.store.applied().revision();
        self.component(MANAGER, |world, view, fx| world.manager.start(world.now, view, fx));
    }

    /// Lets time pass.
    pub fn run(&mut self, span: Duration) {
        let until = self.now + span;
        while self.queue.next_time().is_some_and(|time| time <= until) {
            let (now, event) = self.queue.pop().unwrap();
            self.now = now;
            self.step(event);
        }
        self.now = until;
    }

    fn step(&mut self, event: Event) {
        match event {
            Event::Sync => {
                self.api.store.end_sync();
                for component in 0..3 {
                    self.queue.push(self.now + LAG, Event::Watch(component));
                }
                let applied = self.api.store.applied().revision();
                let (due, rest) = std::mem::take(&mut self.waiting).into_iter().partition(|(revision, ..)| *revision <= applied);
                self.waiting = rest;
                let due: Vec<(u64, usize, Ticket, Response)> = due;
                for (_, component, ticket, response) in due {
                    self.queue.push(self.now + Duration::millis(1), Event::Reply(component, ticket, response));
                }
                self.wrote();
            }
            Event::Watch(KUBELETS) => self.kubelets(),
            Event::Watch(component) => self.watch(component),
            Event::Wake(MANAGER) => self.component(MANAGER, |world, _, fx| world.manager.wake(world.now, fx)),
            Event::Wake(_) => self.component(SCHEDULER, |world, _, fx| world.scheduler.wake(world.now, fx)),
            Event::Reply(MANAGER, ticket, response) => {
                self.component(MANAGER, |world, _, fx| world.manager.reply(world.now, ticket, &response, fx));
            }
            Event::Reply(_, ticket, response) => {
                self.component(SCHEDULER, |world, _, fx| world.scheduler.reply(world.now, ticket, &response, fx));
            }
            Event::Kubelet(key) => self.kubelet(&key),
        }
    }

    fn watch(&mut self, component: usize) {
        let changes: Vec<Change> = self.api.store.since(self.seen[component]).unwrap().cloned().collect();
        let Some(last) = changes.last() else { return };
        self.seen[component] = last.revision;
        let references: Vec<&Change> = changes.iter().collect();
        self.component(component, |world, view, fx| match component {
            MANAGER => world.manager.deliver(world.now, view, &references, fx),
            _ => world.scheduler.deliver(world.now, view, &references, fx),
        });
    }

    fn component(&mut self, component: usize, act: impl FnOnce(&mut World, &Snapshot, &mut Effects)) {
        let mut fx = Effects::default();
        let view = self.api.store.applied().clone();
        act(self, &view, &mut fx);
        for time in fx.wake {
            self.queue.push(time.max(self.now), Event::Wake(component));
        }
        for (ticket, request) in fx.send {
            self.requests += 1;
            let about =
                |kind: KindId| matches!(&request.target, Target::Resource { resource: Resource::Kind(asked), .. } if *asked == kind);
            if let Some((kind, times)) = self.away.filter(|(kind, times)| *times > 0 && request.verb != Verb::Get && about(*kind)) {
                self.away = Some((kind, times - 1));
                self.noticed.push(self.now);
                self.queue.push(
                    self.now + Duration::millis(1),
                    Event::Reply(component, ticket, Response { code: 0, ..Response::text(String::new()) }),
                );
                continue;
            }
            match self.api.handle(self.now, &request) {
                Outcome::When { revision, response } => self.waiting.push((revision, component, ticket, response)),
                Outcome::Now(response) => self.queue.push(self.now + Duration::millis(3), Event::Reply(component, ticket, response)),
                Outcome::Kubelet { .. } => panic!("no kubelet answers here"),
            }
        }
        self.wrote();
    }

    /// Starts a disk write if one is wanted.
    fn wrote(&mut self) {
        if self.api.store.wants_sync() {
            self.api.store.begin_sync();
            self.queue.push(self.now + SYNC, Event::Sync);
        }
    }

    fn settle_disk(&mut self) {
        self.run(Duration::millis(10));
    }

    fn kubelets(&mut self) {
        let changes: Vec<Change> = self.api.store.since(self.seen[KUBELETS]).unwrap().cloned().collect();
        for change in changes {
            self.seen[KUBELETS] = change.revision;
            let Some(pod) = change.after.as_ref().filter(|_| change.key.kind == kinds::POD) else { continue };
            let node = pod.spec().get("nodeName").text();
            let new = change.before.as_ref().is_none_or(|old| old.spec().get("nodeName").text() != node);
            let begins_to_go = pod.is_deleting() && change.before.as_ref().is_some_and(|old| !old.is_deleting());
            if !node.is_empty() && (new || begins_to_go) && !self.dead.iter().any(|dead| dead == node) {
                self.queue.push(self.now + self.ready_after, Event::Kubelet(change.key.clone()));
            }
        }
    }

    fn kubelet(&mut self, key: &Key) {
        let Some(pod) = self.api.store.tail().get(key).cloned() else { return };
        if pod.is_deleting() {
            self.delete(kinds::POD, &key.namespace, &key.name, map! {"gracePeriodSeconds": 0});
        } else if !(self.broken)(&pod) {
            let time = self.now.rfc3339();
            let ready = map! {"type": "Ready", "status": "True", "lastTransitionTime": time};
            let mut body = pod.tree.clone();
            body.set(&["status", "phase"], "Running");
            body.edit(&["status", "conditions"]).list_mut().push(ready);
            let request = Request::about(Verb::Update, kinds::POD, key.namespace.clone(), key.name.clone()).subresource("status");
            self.ask(request.body(body));
        }
    }

    /// Every node's kubelet renews its Lease every 10 s for so long.
    pub fn run_with_heartbeats(&mut self, span: Duration) {
        let until = self.now + span;
        while self.now < until {
            for node in self.list(kinds::NODE) {
                let name = node.key.name.clone();
                if self.dead.iter().any(|dead| *dead == *name) {
                    continue;
                }
                let spec = map! {"holderIdentity": &name, "leaseDurationSeconds": 40, "renewTime": self.now.rfc3339_micro()};
                if self.get(kinds::LEASE, "kube-node-lease", &name).is_some() {
                    self.patch(kinds::LEASE, "kube-node-lease", &name, map! {"spec": spec});
                } else {
                    self.create(kinds::LEASE, "kube-node-lease", map! {"metadata": map! {"name": &name}, "spec": spec});
                }
            }
            self.run(Duration::secs(10).min(until.since(self.now)));
        }
    }
}

/// A Deployment of `replicas` with image `image`; `extra` is laid over its spec.
pub fn deployment(name: &str, replicas: i64, image: &str, extra: &[(&'static str, Tree)]) -> Tree {
    let container = map! {"name": "main", "image": image};
    let labels = map! {"app": name};
    let template = map! {"metadata": map! {"labels": &labels}, "spec": map! {"containers": vec![container]}};
    let rolling = map! {"maxSurge": "25%", "maxUnavailable": "25%"};
    let mut spec = map! {
        "replicas": replicas, "selector": map! {"matchLabels": labels}, "template": template, "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600, "strategy": map! {"type": "RollingUpdate", "rollingUpdate": rolling},
    };
    for (field, value) in extra {
        spec.set(&[field], value);
    }
    map! {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map! {"name": name, "namespace": "default"}, "spec": spec}
}

/// The sentence after "Scaled": `up replica set 1 from 0 to 3`, with sets numbered in order of appearance.
pub fn scalings(world: &World) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let number = |message: String| {
        let name = message.split(' ').nth(4).unwrap().to_string();
        let place = names.iter().position(|known| *known == name).unwrap_or_else(|| {
            names.push(name.clone());
            names.len() - 1
        });
        message.replace(&name, &(place + 1).to_string()).replace("Scaled ", "").replace("replica set ", "")
    };
    world.told("ScalingReplicaSet").into_iter().map(number).collect()
}

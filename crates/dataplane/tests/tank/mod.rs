//! One node in a glass: a kubelet with a store behind it that takes its requests.
#![allow(dead_code, reason = "each test file uses its own part")]
use apiserver::client::{Effects, Ticket};
use apiserver::store::{Change, Kept, Store, Write};
use dataplane::host::{Host, Role};
use dataplane::images::Catalog;
use dataplane::kubelet::{Config, Kubelet};
use objects::wire::{PatchKind, Request, Resource, Response, Target, Verb};
use objects::{Key, KindId, Map, Text, Tree, kinds, list, map};
use simcore::{Duration, Queue, Time};
use std::sync::Arc;

enum Event {
    Wake,
    Deliver,
    Reply(Ticket, Response),
}

pub struct Tank {
    pub kubelet: Kubelet,
    pub store: Store,
    pub now: Time,
    queue: Queue<Event>,
    seen: u64,
    uids: u32,
    /// Each change of a Pod's status in words: `Pending main=ContainerCreating`.
    pub story: Vec<String>,
    /// How often the kubelet was woken, and how much it wrote.
    pub wakes: u64,
    pub writes: u64,
}

/// The image files of the lessons, as text.
pub const FILES: [&str; 9] = [
    include_str!("../../../../lessons/images/batch.yaml"),
    include_str!("../../../../lessons/images/busybox.yaml"),
    include_str!("../../../../lessons/images/crasher.yaml"),
    include_str!("../../../../lessons/images/hello.yaml"),
    include_str!("../../../../lessons/images/nginx.yaml"),
    include_str!("../../../../lessons/images/pause.yaml"),
    include_str!("../../../../lessons/images/redis.yaml"),
    include_str!("../../../../lessons/images/shop.yaml"),
    include_str!("../../../../lessons/images/slow-starter.yaml"),
];

pub fn catalog() -> Arc<Catalog> {
    let trees: Vec<Tree> = FILES.iter().map(|file| serde_yaml::from_str(file).expect("an image file is YAML")).collect();
    Arc::new(Catalog::new(&trees))
}

impl Tank {
    pub fn new(seed: u64) -> Tank {
        let host = Host::new("worker-1", "192.168.100.12", Role::Worker);
        let config = Config { seed, pod_cidr: Some(Text::new("10.240.0.0/16")), ..Config::default() };
        let mut tank = Tank {
            kubelet: Kubelet::new(host, catalog(), config),
            store: Store::default(),
            now: Time::START,
            queue: Queue::default(),
            seen: 1,
            uids: 0,
            story: Vec::new(),
            wakes: 0,
            writes: 0,
        };
        let mut fx = Effects::default();
        let view = tank.store.applied().clone();
        tank.kubelet.start(tank.now, &view, &mut fx);
        tank.carry_out(fx);
        tank
    }

    /// Creates a Pod from YAML, already bound to the node.
    pub fn pod(&mut self, text: &str) {
        let mut tree: Tree = serde_yaml::from_str(text).expect("the Pod is YAML");
        tree.set(&["spec", "nodeName"], "worker-1");
        for (path, value) in [("restartPolicy", Tree::from("Always")), ("terminationGracePeriodSeconds", Tree::from(30))] {
            if !tree.get("spec").has(path) {
                tree.set(&["spec", path], value);
            }
        }
        for part in ["initContainers", "containers"] {
            for container in tree.edit(&["spec", part]).list_mut() {
                if !container.has("imagePullPolicy") {
                    container.set(&["imagePullPolicy"], "IfNotPresent");
                }
            }
        }
        if tree.at(&["spec", "initContainers"]).is_empty() {
            tree.remove(&["spec", "initContainers"]);
        }
        let name = tree.at(&["metadata", "name"]).text().to_string();
        tree.set(&["metadata", "namespace"], "default");
        tree.set(&["metadata", "generation"], 1);
        let scheduled = map! {"type": "PodScheduled", "status": "True", "lastTransitionTime": self.now.rfc3339()};
        // A text with a status of its own is a Pod that no scheduler placed.
        if !tree.has("status") {
            tree.set(&["status"], map! {"phase": "Pending", "qosClass": "BestEffort", "conditions": list![scheduled]});
        }
        self.put(kinds::POD, "default", &name, tree);
    }

    pub fn put(&mut self, kind: KindId, namespace: &str, name: &str, mut tree: Tree) -> Tree {
        if tree.at(&["metadata", "uid"]).is_null() {
            self.uids += 1;
            tree.set(&["metadata", "uid"], format!("uid-{}", self.uids));
            tree.set(&["metadata", "name"], name);
        }
        self.store.append(self.now, Write::Put { key: Key::new(kind, namespace, name), tree: tree.clone() }, None);
        self.sync();
        self.store.applied().find(kind, namespace, name).map(|kept| kept.tree.clone()).unwrap_or_default()
    }

    /// As `kubectl delete pod`: marks it, with its grace.
    pub fn delete(&mut self, name: &str) {
        let mut tree = self.get(name).expect("the Pod is there").tree.clone();
        let grace = tree.at(&["spec", "terminationGracePeriodSeconds"]).int_or(30);
        tree.set(&["metadata", "deletionTimestamp"], (self.now + Duration::secs(grace as u64)).rfc3339());
        tree.set(&["metadata", "deletionGracePeriodSeconds"], grace);
        tree.set(&["metadata", "generation"], tree.at(&["metadata", "generation"]).int_or(1) + 1);
        self.put(kinds::POD, "default", name, tree);
    }

    pub fn get(&self, name: &str) -> Option<&Kept> {
        self.store.applied().find(kinds::POD, "default", name)
    }

    pub fn status(&self, name: &str) -> Tree {
        self.get(name).map(|pod| pod.status().clone()).unwrap_or_default()
    }

    /// `Reason: message xN` of all events about a Pod, in the order they first came.
    pub fn events(&self, name: &str) -> Vec<String> {
        let mut all: Vec<&Kept> = self.store.applied().list(kinds::EVENT).collect();
        all.sort_by_key(|event| event.meta().get("serial").int_or(0));
        let mine = all.iter().filter(|event| event.tree.at(&["involvedObject", "name"]).text() == name);
        mine.map(|event| {
            let text = |key: &str| event.tree.get(key).text().to_string();
            format!("{}: {} x{}", text("reason"), text("message"), event.tree.get("count").int_or(1))
        })
        .collect()
    }

    pub fn condition(&self, name: &str, kind: &str) -> String {
        let status = self.status(name);
        let found = status.get("conditions").items().iter().find(|condition| condition.get("type").text() == kind);
        found.map(|found| format!("{}/{}", found.get("status").text(), found.get("reason").text())).unwrap_or_default()
    }

    /// Lets time pass.
    pub fn run(&mut self, span: Duration) {
        let until = self.now + span;
        while let Some(at) = self.queue.next_time().filter(|at| *at <= until) {
            let Some((_, event)) = self.queue.pop() else { break };
            self.now = at;
            let mut fx = Effects::default();
            match event {
                Event::Wake => {
                    self.wakes += 1;
                    self.kubelet.wake(at, &mut fx);
                }
                Event::Reply(ticket, response) => self.kubelet.reply(at, ticket, &response, &mut fx),
                Event::Deliver => {
                    let view = self.store.applied().clone();
                    let changes: Vec<Change> = self.store.since(self.seen).expect("nothing is compacted").cloned().collect();
                    self.seen = view.revision();
                    let refs: Vec<&Change> = changes.iter().collect();
                    self.kubelet.deliver(at, &view, &refs, &mut fx);
                }
            }
            self.carry_out(fx);
        }
        self.now = until;
    }

    pub fn carry_out(&mut self, fx: Effects) {
        for at in fx.wake {
            self.queue.push(at, Event::Wake);
        }
        for (ticket, request) in fx.send {
            let response = self.handle(request);
            self.queue.push(self.now + Duration::millis(3), Event::Reply(ticket, response));
        }
    }

    fn sync(&mut self) {
        self.writes += 1;
        self.store.begin_sync();
        self.store.end_sync();
        self.queue.push(self.now + Duration::millis(2), Event::Deliver);
    }

    fn handle(&mut self, request: Request) -> Response {
        let Target::Resource { resource: Resource::Kind(kind), namespace, name, .. } = &request.target else { panic!("a kind is named") };
        let (kind, body) = (*kind, request.body.clone());
        let named = if name.is_empty() { body.at(&["metadata", "name"]).text().to_string() } else { name.to_string() };
        let found = self.store.applied().find(kind, namespace, &named).map(|kept| kept.tree.clone());
        match (request.verb, found) {
            (Verb::Create, Some(_)) => Response::from(objects::Status::already_exists("things", &named)),
            (Verb::Create, None) => {
                let mut tree = body;
                tree.set(&["metadata", "serial"], i64::from(self.uids));
                Response { code: 201, ..Response::ok(self.put(kind, namespace, &named, tree)) }
            }
            (_, None) => Response::from(objects::Status::not_found("things", &named)),
            (Verb::Update, Some(_)) => Response::ok(self.put(kind, namespace, &named, body)),
            (Verb::Patch(PatchKind::Strategic), Some(mut tree)) => {
                merge(&mut tree, &body);
                if kind == kinds::POD {
                    self.tell(&tree);
                }
                Response::ok(self.put(kind, namespace, &named, tree))
            }
            (Verb::Delete, Some(tree)) => {
                self.story.push("deleted".to_string());
                self.store.append(self.now, Write::Delete { key: Key::new(kind, namespace.clone(), named) }, None);
                self.sync();
                Response::ok(tree)
            }
            (verb, _) => panic!("the kubelet does not use {verb:?}"),
        }
    }

    fn tell(&mut self, pod: &Tree) {
        let status = pod.get("status");
        let word = |container: &Tree| {
            let state = container.get("state");
            let what = state.entries().next().map(|(key, _)| key.to_string()).unwrap_or_default();
            let reason = state.get(&what).get("reason").text();
            let said = if reason.is_empty() { what } else { reason.to_string() };
            format!("{}={said}{}", container.get("name").text(), if container.get("ready").is_true() { "+" } else { "" })
        };
        let all = ["initContainerStatuses", "containerStatuses"];
        let words: Vec<String> = all.iter().flat_map(|key| status.get(key).items().iter().map(word)).collect();
        self.story.push(format!("{} {}", status.get("phase").text(), words.join(" ")));
    }
}

/// Strategic merge as far as statuses need it: conditions by type, the rest replaced or merged by key.
fn merge(tree: &mut Tree, patch: &Tree) {
    for (key, value) in patch.entries() {
        if let Some(list) = key.strip_prefix("$setElementOrder/") {
            let place = |item: &Tree| value.items().iter().position(|wanted| wanted.get("type") == item.get("type"));
            tree.edit(&[list]).list_mut().sort_by_key(place);
        }
    }
    for (key, value) in patch.entries().filter(|(key, _)| !key.starts_with('$')) {
        match value {
            Tree::Null => {
                tree.remove(&[key]);
            }
            Tree::Map(_) => merge(tree.map_mut().entry(key), value),
            Tree::List(items) if key == "conditions" => {
                for item in items.iter() {
                    let list = tree.edit(&["conditions"]).list_mut();
                    match list.iter_mut().find(|old| old.get("type") == item.get("type")) {
                        Some(old) => merge(old, item),
                        None => {
                            let mut fresh = Tree::from(Map::default());
                            merge(&mut fresh, item);
                            list.push(fresh);
                        }
                    }
                }
                let order = patch.get("$setElementOrder/conditions");
                let place = |item: &Tree| order.items().iter().position(|wanted| wanted.get("type") == item.get("type"));
                tree.edit(&["conditions"]).list_mut().sort_by_key(place);
            }
            _ => tree.set(&[key], value),
        }
    }
}

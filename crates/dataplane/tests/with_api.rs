//! The same Pods against the real API server: what it stores is what a learner reads.
mod tank;
use apiserver::client::{Effects, Ticket};
use apiserver::{ApiServer, Change, Outcome};
use dataplane::host::{Host, Role};
use dataplane::kubelet::{Config, Kubelet};
use objects::wire::{PatchKind, Request, Response, Verb};
use objects::{Text, Tree, kinds, list, map};
use simcore::{Duration, Queue, Time};

enum Event {
    Wake,
    Deliver,
    Sync,
    Reply(Ticket, Response),
}

struct World {
    api: ApiServer,
    kubelet: Kubelet,
    now: Time,
    queue: Queue<Event>,
    seen: u64,
}

impl World {
    fn new() -> World {
        let host = Host::new("worker-1", "192.168.100.12", Role::Worker);
        let config = Config { seed: 1, pod_cidr: Some(Text::new("10.240.0.0/16")), ..Config::default() };
        let kubelet = Kubelet::new(host, tank::catalog(), config);
        let mut world = World { api: ApiServer::new(1), kubelet, now: Time::START, queue: Queue::default(), seen: 1 };
        for name in ["default", "kube-node-lease"] {
            world.ask(Request::about(Verb::Create, kinds::NAMESPACE, "", "").body(map! {"metadata": map! {"name": name}}));
        }
        let account = map! {"metadata": map! {"name": "default", "namespace": "default"}};
        world.ask(Request::about(Verb::Create, kinds::SERVICE_ACCOUNT, "default", "").body(account));
        let mut fx = Effects::default();
        let view = world.api.store.applied().clone();
        world.seen = view.revision();
        world.kubelet.start(world.now, &view, &mut fx);
        world.carry_out(fx);
        world
    }

    fn ask(&mut self, request: Request) -> Response {
        let outcome = self.api.handle(self.now, &request);
        if self.api.store.wants_sync() {
            self.api.store.begin_sync();
            self.queue.push(self.now + Duration::millis(2), Event::Sync);
        }
        match outcome {
            Outcome::Now(response) | Outcome::When { response, .. } => {
                assert!(response.code < 500 && response.code != 400 && response.code != 422, "{request:?}\n{response:?}");
                response
            }
            Outcome::Kubelet { request, .. } => self.kubelet.exec_in(self.now, &request),
        }
    }

    fn carry_out(&mut self, fx: Effects) {
        fx.wake.into_iter().for_each(|at| self.queue.push(at, Event::Wake));
        for (ticket, request) in fx.send {
            let response = self.ask(request);
            self.queue.push(self.now + Duration::millis(5), Event::Reply(ticket, response));
        }
    }

    fn run(&mut self, span: Duration) {
        let until = self.now + span;
        while let Some(at) = self.queue.next_time().filter(|at| *at <= until) {
            let Some((_, event)) = self.queue.pop() else { break };
            self.now = at;
            let mut fx = Effects::default();
            match event {
                Event::Wake => self.kubelet.wake(at, &mut fx),
                Event::Reply(ticket, response) => self.kubelet.reply(at, ticket, &response, &mut fx),
                Event::Sync => {
                    self.api.store.end_sync();
                    if self.api.store.wants_sync() {
                        self.api.store.begin_sync();
                        self.queue.push(at + Duration::millis(2), Event::Sync);
                    }
                    self.queue.push(at + Duration::millis(1), Event::Deliver);
                }
                Event::Deliver => {
                    let view = self.api.store.applied().clone();
                    let changes: Vec<Change> = self.api.store.since(self.seen).expect("nothing is compacted").cloned().collect();
                    self.seen = view.revision();
                    let refs: Vec<&Change> = changes.iter().collect();
                    self.kubelet.deliver(at, &view, &refs, &mut fx);
                }
            }
            self.carry_out(fx);
        }
        self.now = until;
    }

    fn pod(&self) -> Option<Tree> {
        self.api.store.applied().find(kinds::POD, "default", "web").map(|pod| pod.tree.clone())
    }
}

#[test]
fn the_stored_status_is_that_of_a_real_kubelet() {
    let mut world = World::new();
    world.run(Duration::secs(3));
    let node = world.api.store.applied().find(kinds::NODE, "", "worker-1").expect("registered").clone();
    let ready = node.status().get("conditions").items().last().cloned().unwrap_or_default();
    assert_eq!((ready.get("type").text(), ready.get("status").text()), ("Ready", "True"));
    let container = map! {"name": "main", "image": "nginx:1.27", "ports": list![map! {"containerPort": 80}]};
    let pod = map! {"metadata": map! {"name": "web"}, "spec": map! {"nodeName": "worker-1", "containers": list![container]}};
    world.ask(Request::about(Verb::Create, kinds::POD, "default", "").body(pod));
    world.run(Duration::secs(3));
    let status = world.pod().expect("it is there").get("status").clone();
    assert_eq!(status.get("phase").text(), "Running");
    let order: Vec<&str> = status.get("conditions").items().iter().map(|condition| condition.get("type").text()).collect();
    assert_eq!(order, ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]);
    assert_eq!(status.get("qosClass").text(), "BestEffort");
    let keys: Vec<&str> = status.entries().map(|(key, _)| key.as_str()).collect();
    let expected = [
        "conditions",
        "containerStatuses",
        "hostIP",
        "hostIPs",
        "observedGeneration",
        "phase",
        "podIP",
        "podIPs",
        "qosClass",
        "resources",
        "startTime",
    ];
    assert_eq!(keys, expected);
    let main: Vec<&str> = status.get("containerStatuses").items()[0].entries().map(|(key, _)| key.as_str()).collect();
    let expected =
        ["containerID", "image", "imageID", "lastState", "name", "ready", "resources", "restartCount", "started", "state", "volumeMounts"];
    assert!(main.iter().all(|key| expected.contains(key)) && main.len() >= 10, "{main:?}");
    world.ask(Request::about(Verb::Delete, kinds::POD, "default", "web"));
    world.run(Duration::millis(100));
    assert_eq!(world.pod().expect("still stopping").at(&["status", "observedGeneration"]).int_or(0), 2);
    world.run(Duration::secs(2));
    assert!(world.pod().is_none());
}

#[test]
fn what_others_write_into_a_status_is_put_right_within_ten_seconds() {
    let mut world = World::new();
    let pod = map! {"metadata": map! {"name": "web"}, "spec": map! {"nodeName": "worker-1", "containers": list![map! {"name": "main", "image": "nginx:1.27"}]}};
    world.ask(Request::about(Verb::Create, kinds::POD, "default", "").body(pod));
    world.run(Duration::secs(30));
    let ready = |world: &World| {
        let conditions = world.pod().expect("it is there").at(&["status", "conditions"]).clone();
        conditions.items().iter().find(|condition| condition.get("type").text() == "Ready").cloned().unwrap_or_default()
    };
    let before = ready(&world);
    assert_eq!(before.get("status").text(), "True");
    // The node controller does so with the Pods of a node that it does not hear of.
    let unready = map! {"type": "Ready", "status": "False", "lastTransitionTime": world.now.rfc3339()};
    let body = map! {"status": map! {"conditions": list![unready]}};
    world.ask(Request::about(Verb::Patch(PatchKind::Strategic), kinds::POD, "default", "web").subresource("status").body(body));
    world.run(Duration::millis(50));
    assert_eq!(ready(&world).get("status").text(), "False");
    world.run(Duration::secs(11));
    assert_eq!(ready(&world), before);
    let revision = world.api.store.applied().find(kinds::POD, "default", "web").map(|pod| pod.revision);
    world.run(Duration::mins(2));
    assert_eq!(world.api.store.applied().find(kinds::POD, "default", "web").map(|pod| pod.revision), revision, "it is told once");
}

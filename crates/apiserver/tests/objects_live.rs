//! What a client sees of an object's life: created, changed, watched, deleted.
use apiserver::{ApiServer, Outcome};
use objects::wire::{Body, PatchKind, Request, Response, Verb, WatchCursor};
use objects::{KindId, Tree, kinds, list, map};
use simcore::Time;

struct World(ApiServer);

impl World {
    fn new() -> World {
        let mut world = World(ApiServer::new(1));
        world.ok(Request::about(Verb::Create, kinds::NAMESPACE, "", "").body(map! {"metadata": map! {"name": "default"}}));
        world.ok(Request::about(Verb::Create, kinds::SERVICE_ACCOUNT, "default", "").body(map! {"metadata": map! {"name": "default"}}));
        world
    }

    /// Sends a request and waits until its write is applied.
    fn send(&mut self, request: Request) -> Response {
        match self.0.handle(Time::START, &request) {
            Outcome::Now(response) => response,
            Outcome::When { revision, response } => {
                self.0.store.begin_sync();
                assert_eq!(self.0.store.end_sync(), revision);
                response
            }
            Outcome::Kubelet { .. } => panic!("not a matter of the node"),
        }
    }

    fn ok(&mut self, request: Request) -> Tree {
        let response = self.send(request);
        assert!(response.is_ok(), "{:?}", response.tree());
        response.tree().clone()
    }

    fn refused(&mut self, request: Request) -> (u16, String) {
        let response = self.send(request);
        (response.code, response.tree().get("message").text().to_string())
    }

    fn watch(&mut self, kind: KindId, selector: &str) -> Box<WatchCursor> {
        let mut request = Request::about(Verb::Watch, kind, "default", "");
        request.options.label_selector = selector.into();
        match self.send(request).body {
            Body::Watch(cursor) => cursor,
            other => panic!("{other:?}"),
        }
    }

    fn told(&self, cursor: &mut WatchCursor) -> Vec<(&'static str, String)> {
        let events = self.0.poll(cursor).unwrap();
        events.iter().map(|event| (event.kind, event.object.at(&["metadata", "name"]).text().to_string())).collect()
    }
}

fn pod(name: &str) -> Tree {
    map! {
        "metadata": map! {"name": name, "labels": map! {"app": name}},
        "spec": map! {"containers": list![map! {"name": "main", "image": "nginx:1.27"}]},
    }
}

fn about(verb: Verb, name: &str) -> Request {
    Request::about(verb, kinds::POD, "default", name)
}

#[test]
fn a_pod_is_created_bound_marked_and_gone() {
    let mut world = World::new();
    let mut cursor = world.watch(kinds::POD, "");
    assert_eq!(world.told(&mut cursor), []);
    let made = world.ok(about(Verb::Create, "").body(pod("web")));
    assert_eq!(made.at(&["status", "phase"]).text(), "Pending");
    assert_eq!(made.at(&["metadata", "generation"]).int_or(0), 1);
    assert_eq!(world.refused(about(Verb::Create, "").body(pod("web"))), (409, "pods \"web\" already exists".into()));

    let target = map! {"target": map! {"kind": "Node", "name": "worker-1"}};
    world.ok(about(Verb::Create, "web").subresource("binding").body(target));
    let bound = world.ok(about(Verb::Get, "web"));
    assert_eq!(bound.at(&["spec", "nodeName"]).text(), "worker-1");
    assert_eq!(bound.at(&["metadata", "generation"]).int_or(0), 1);

    let marked = world.ok(about(Verb::Delete, "web"));
    assert_eq!(marked.at(&["metadata", "deletionGracePeriodSeconds"]).int_or(0), 30);
    assert_eq!(marked.at(&["metadata", "deletionTimestamp"]).text(), "2026-12-01T00:00:30Z");
    assert_eq!(marked.at(&["metadata", "generation"]).int_or(0), 2);
    world.ok(about(Verb::Delete, "web").body(map! {"gracePeriodSeconds": 0}));
    assert_eq!(world.refused(about(Verb::Get, "web")), (404, "pods \"web\" not found".into()));
    let web = || "web".to_string();
    let (bound, marked, hastened) = (("MODIFIED", web()), ("MODIFIED", web()), ("MODIFIED", web()));
    assert_eq!(world.told(&mut cursor), [("ADDED", web()), bound, marked, hastened, ("DELETED", web())]);
}

#[test]
fn a_pod_that_goes_at_once_is_marked_all_the_same() {
    let mut world = World::new();
    world.ok(about(Verb::Create, "").body(pod("web")));
    let mut cursor = world.watch(kinds::POD, "");
    assert_eq!(world.told(&mut cursor), [("ADDED", "web".to_string())]);
    let last = world.ok(about(Verb::Delete, "web"));
    assert_eq!(last.at(&["metadata", "deletionTimestamp"]).text(), "2026-12-01T00:00:00Z");
    assert_eq!(last.at(&["metadata", "generation"]).int_or(0), 2);
    assert_eq!(world.told(&mut cursor), [("MODIFIED", "web".to_string()), ("DELETED", "web".to_string())]);
}

#[test]
fn an_eviction_is_told_by_a_condition_before_the_deletion() {
    let mut world = World::new();
    world.ok(about(Verb::Create, "").body(pod("web")));
    let target = map! {"target": map! {"kind": "Node", "name": "worker-1"}};
    world.ok(about(Verb::Create, "web").subresource("binding").body(target));
    let dry = map! {"deleteOptions": map! {"dryRun": list!["All"]}};
    world.ok(about(Verb::Create, "web").subresource("eviction").body(dry));
    let kinds = |tree: &Tree| -> Vec<String> {
        tree.at(&["status", "conditions"]).items().iter().map(|it| it.get("type").text().to_string()).collect()
    };
    assert_eq!(kinds(&world.ok(about(Verb::Get, "web"))), ["PodScheduled"]);
    world.ok(about(Verb::Create, "web").subresource("eviction").body(map! {}));
    let evicted = world.ok(about(Verb::Get, "web"));
    assert_eq!(kinds(&evicted), ["PodScheduled", "DisruptionTarget"]);
    assert_eq!(evicted.at(&["status", "conditions"]).items()[1].get("reason").text(), "EvictionByEvictionAPI");
    assert_eq!(evicted.at(&["metadata", "deletionGracePeriodSeconds"]).int_or(0), 30);
}

#[test]
fn an_old_version_cannot_overwrite_a_newer_one_and_nothing_is_written_for_nothing() {
    let mut world = World::new();
    let first = world.ok(about(Verb::Create, "").body(pod("web")));
    let patch = map! {"metadata": map! {"labels": map! {"tier": "front"}}};
    let second = world.ok(about(Verb::Patch(PatchKind::Merge), "web").body(patch.clone()));
    let again = world.ok(about(Verb::Patch(PatchKind::Strategic), "web").body(patch));
    assert_eq!(again.at(&["metadata", "resourceVersion"]), second.at(&["metadata", "resourceVersion"]));
    let words = "Operation cannot be fulfilled on pods \"web\": the object has been modified; please apply your changes to the latest version and try again";
    assert_eq!(world.refused(about(Verb::Update, "web").body(first)), (409, words.into()));
}

#[test]
fn the_status_is_written_through_its_own_door_only() {
    let mut world = World::new();
    world.ok(about(Verb::Create, "").body(pod("web")));
    let patch = map! {"status": map! {"phase": "Running"}, "metadata": map! {"labels": map! {"seen": "yes"}}};
    let plain = world.ok(about(Verb::Patch(PatchKind::Strategic), "web").body(patch.clone()));
    assert_eq!(plain.at(&["status", "phase"]).text(), "Pending");
    let status = world.ok(about(Verb::Patch(PatchKind::Strategic), "web").subresource("status").body(patch));
    assert_eq!(status.at(&["status", "phase"]).text(), "Running");
    assert_eq!(status.at(&["metadata", "generation"]).int_or(0), 1);
}

#[test]
fn leaving_a_selection_is_a_deletion_to_its_watchers() {
    let mut world = World::new();
    world.ok(about(Verb::Create, "").body(pod("web")));
    let mut cursor = world.watch(kinds::POD, "app=web");
    assert_eq!(world.told(&mut cursor), [("ADDED", "web".to_string())]);
    let label = |value: &str| map! {"metadata": map! {"labels": map! {"app": value}}};
    world.ok(about(Verb::Patch(PatchKind::Merge), "web").body(label("other")));
    world.ok(about(Verb::Patch(PatchKind::Merge), "web").body(label("web")));
    assert_eq!(world.told(&mut cursor), [("DELETED", "web".to_string()), ("ADDED", "web".to_string())]);
}

#[test]
fn finalizers_hold_an_object_until_they_are_gone() {
    let mut world = World::new();
    let conf = || Request::about(Verb::Get, kinds::CONFIG_MAP, "default", "conf");
    let body = map! {"metadata": map! {"name": "conf", "finalizers": list!["lab.example/hold"]}, "data": map! {"a": "1"}};
    world.ok(Request::about(Verb::Create, kinds::CONFIG_MAP, "default", "").body(body));
    let marked = world.ok(Request { verb: Verb::Delete, ..conf() });
    assert_eq!(marked.at(&["metadata", "deletionGracePeriodSeconds"]), &Tree::Int(0));
    let free = map! {"metadata": map! {"finalizers": Tree::Null}};
    world.ok(Request { verb: Verb::Patch(PatchKind::Merge), ..conf() }.body(free));
    assert_eq!(world.refused(conf()), (404, "configmaps \"conf\" not found".into()));
}

#[test]
fn a_namespace_ends_when_its_finalizer_is_taken_away() {
    let mut world = World::new();
    let lab = |verb| Request::about(verb, kinds::NAMESPACE, "", "lab");
    world.ok(Request::about(Verb::Create, kinds::NAMESPACE, "", "").body(map! {"metadata": map! {"name": "lab"}}));
    let marked = world.ok(lab(Verb::Delete));
    assert_eq!(marked.at(&["status", "phase"]).text(), "Terminating");
    let mut done = marked.clone();
    done.set(&["spec", "finalizers"], Vec::new());
    world.ok(lab(Verb::Update).subresource("finalize").body(done));
    assert_eq!(world.refused(lab(Verb::Get)).0, 404);
}

#[test]
fn pages_follow_each_other() {
    let mut world = World::new();
    for name in ["a", "b", "c"] {
        world.ok(about(Verb::Create, "").body(pod(name)));
    }
    let mut request = about(Verb::List, "");
    request.options.limit = 2;
    let first = world.ok(request.clone());
    assert_eq!((first.get("items").items().len(), first.at(&["metadata", "remainingItemCount"]).int_or(0)), (2, 1));
    request.options.continue_token = first.at(&["metadata", "continue"]).text().to_string();
    let second = world.ok(request);
    assert_eq!(second.get("items").items()[0].at(&["metadata", "name"]).text(), "c");
    assert!(second.at(&["metadata", "continue"]).is_null());
}

#[test]
fn scaling_goes_through_the_scale_of_a_deployment() {
    let mut world = World::new();
    let labels = map! {"app": "web"};
    let template = map! {"metadata": map! {"labels": &labels}, "spec": map! {"containers": list![map! {"name": "main", "image": "nginx"}]}};
    let spec = map! {"replicas": 2, "selector": map! {"matchLabels": &labels}, "template": template};
    let body = map! {"metadata": map! {"name": "web"}, "spec": spec};
    world.ok(Request::about(Verb::Create, kinds::DEPLOYMENT, "default", "").body(body));
    let scale = |verb| Request::about(verb, kinds::DEPLOYMENT, "default", "web").subresource("scale");
    let found = world.ok(scale(Verb::Get));
    assert_eq!(found.at(&["status", "selector"]).text(), "app=web");
    let answer = world.ok(scale(Verb::Patch(PatchKind::Merge)).body(map! {"spec": map! {"replicas": 5}}));
    assert_eq!((answer.get("kind").text(), answer.at(&["spec", "replicas"]).int_or(0)), ("Scale", 5));
    let after = world.ok(Request::about(Verb::Get, kinds::DEPLOYMENT, "default", "web"));
    assert_eq!(after.at(&["spec", "replicas"]).int_or(0), 5);
    assert_eq!(after.at(&["metadata", "generation"]).int_or(0), 2);
}

#[test]
fn a_pod_is_completed_by_admission() {
    let mut world = World::new();
    let made = world.ok(about(Verb::Create, "").body(pod("web")));
    let spec = made.get("spec");
    assert_eq!(spec.get("serviceAccountName").text(), "default");
    assert_eq!(spec.get("tolerations").items().len(), 2);
    assert_eq!((spec.get("priority").as_int(), spec.get("preemptionPolicy").text()), (Some(0), "PreemptLowerPriority"));
    let volume = spec.get("volumes").items()[0].get("name").text().to_string();
    assert!(volume.starts_with("kube-api-access-"), "{volume}");
    assert_eq!(spec.get("containers").items()[0].get("volumeMounts").items()[0].get("name").text(), volume);
    let mut ghost = pod("ghost");
    ghost.set(&["spec", "serviceAccountName"], "ghost");
    let words = "pods \"ghost\" is forbidden: error looking up service account default/ghost: serviceaccount \"ghost\" not found";
    assert_eq!(world.refused(about(Verb::Create, "").body(ghost)), (403, words.into()));
}

#[test]
fn a_running_pod_keeps_its_spec_but_for_its_images() {
    let mut world = World::new();
    world.ok(about(Verb::Create, "").body(pod("web")));
    let patch = |body: Tree| {
        let mut request = about(Verb::Patch(PatchKind::Strategic), "web").body(body);
        let objects::wire::Target::Resource { resource, .. } = &mut request.target else { panic!() };
        *resource = objects::wire::Resource::Named { group: "".into(), version: "v1".into(), plural: "pods".into() };
        request
    };
    let image = map! {"spec": map! {"containers": list![map! {"name": "main", "image": "nginx:1.28"}]}};
    assert_eq!(world.ok(patch(image)).at(&["metadata", "generation"]).int_or(0), 2);
    let (code, words) = world.refused(patch(map! {"spec": map! {"restartPolicy": "Never"}}));
    assert_eq!(code, 422);
    assert!(
        words.starts_with(
            "Pod \"web\" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
        ),
        "{words}"
    );
}

#[test]
fn the_status_word_of_a_pod_is_the_one_kubectl_prints() {
    let mut world = World::new();
    world.ok(about(Verb::Create, "").body(pod("web")));
    let mut row = |status: Tree| {
        let request = about(Verb::Patch(PatchKind::Merge), "web").subresource("status");
        world.ok(request.body(map! {"status": status}));
        let mut get = about(Verb::Get, "web");
        get.accept = objects::wire::Accept::Table;
        let table = world.ok(get);
        let cells = table.get("rows").items()[0].get("cells").items().to_vec();
        [1, 2, 3].map(|at| cells[at].text().to_string()).join(" ")
    };
    let container = |state: Tree, restarts: i64| list![map! {"name": "main", "restartCount": restarts, "ready": false, "state": state}];
    let waiting = |reason: &'static str| map! {"waiting": map! {"reason": reason}};
    assert_eq!(row(map! {"containerStatuses": container(waiting("ContainerCreating"), 0)}), "0/1 ContainerCreating 0");
    assert_eq!(row(map! {"containerStatuses": container(waiting("CrashLoopBackOff"), 3)}), "0/1 CrashLoopBackOff 3");
    let ended = map! {"terminated": map! {"exitCode": 0, "reason": "Completed"}};
    assert_eq!(
        row(
            map! {"phase": "Succeeded", "containerStatuses": container(map! {"waiting": Tree::Null, "terminated": ended.get("terminated")}, 0)}
        ),
        "0/1 Completed 0"
    );
}

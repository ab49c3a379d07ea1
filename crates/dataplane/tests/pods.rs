//! What a learner sees of Pods on one node.
mod tank;
use objects::kinds;
use simcore::Duration;
use tank::Tank;

const NGINX: &str = "
metadata: {name: web}
spec:
  containers:
  - {name: main, image: 'nginx:1.27', ports: [{containerPort: 80}]}
";

#[test]
fn a_node_registers_becomes_ready_and_renews_its_lease() {
    let mut tank = Tank::new(1);
    tank.run(Duration::millis(500));
    let ready = |tank: &Tank| {
        let node = tank.store.applied().find(kinds::NODE, "", "worker-1").expect("the Node is there").clone();
        let found = node.status().get("conditions").items().last().cloned().unwrap_or_default();
        (found.get("status").text().to_string(), found.get("reason").text().to_string())
    };
    assert_eq!(ready(&tank), ("False".to_string(), "KubeletNotReady".to_string()));
    tank.run(Duration::secs(2));
    assert_eq!(ready(&tank), ("True".to_string(), "KubeletReady".to_string()));
    assert_eq!(tank.events("worker-1"), ["NodeReady: Node worker-1 status is now: NodeReady x1"]);
    let renewed = |tank: &Tank| {
        let lease = tank.store.applied().find(kinds::LEASE, "kube-node-lease", "worker-1").expect("the Lease is there").clone();
        lease.spec().get("renewTime").text().to_string()
    };
    let first = renewed(&tank);
    tank.run(Duration::secs(11));
    assert_ne!(renewed(&tank), first);
}

#[test]
fn a_pod_becomes_ready_and_is_gone_after_delete() {
    let mut tank = Tank::new(1);
    tank.pod(NGINX);
    tank.run(Duration::secs(3));
    assert_eq!(tank.story, ["Pending main=ContainerCreating", "Pending main=ContainerCreating", "Running main=running+"]);
    assert_eq!(tank.condition("web", "Ready"), "True/");
    assert_eq!(tank.status("web").get("podIP").text(), "10.240.0.2");
    let kinds_in_order: Vec<String> =
        tank.status("web").get("conditions").items().iter().map(|condition| condition.get("type").text().to_string()).collect();
    assert_eq!(kinds_in_order, ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]);
    assert_eq!(
        tank.events("web"),
        [
            "Pulled: Container image \"nginx:1.27\" already present on machine and can be accessed by the pod x1",
            "Created: Container created x1",
            "Started: Container started x1",
        ]
    );
    tank.story.clear();
    tank.delete("web");
    tank.run(Duration::secs(3));
    assert_eq!(tank.story, ["Running main=running+", "Succeeded main=Completed", "deleted"]);
    assert!(tank.get("web").is_none());
    assert!(tank.events("web").contains(&"Killing: Stopping container main x1".to_string()));
}

#[test]
fn a_failing_container_is_restarted_with_growing_pauses() {
    let mut tank = Tank::new(2);
    tank.pod(
        "
metadata: {name: flaky}
spec:
  containers:
  - {name: main, image: 'busybox:1.36', command: [sh, -c, 'echo starting; sleep 1; echo cannot reach database; exit 1']}
",
    );
    tank.run(Duration::secs(9));
    let first = &tank.status("flaky").get("containerStatuses").items()[0].clone();
    assert_eq!(first.get("restartCount").int_or(0), 1);
    assert_eq!(first.at(&["state", "waiting", "reason"]).text(), "CrashLoopBackOff");
    let why = first.at(&["state", "waiting", "message"]).text();
    assert_eq!(why, "back-off 10s restarting failed container=main pod=flaky_default(uid-2)");
    assert_eq!(first.at(&["lastState", "terminated", "exitCode"]).int_or(0), 1);
    assert_eq!(tank.condition("flaky", "Ready"), "False/ContainersNotReady");
    tank.run(Duration::secs(60));
    let later = &tank.status("flaky").get("containerStatuses").items()[0].clone();
    assert_eq!(later.get("restartCount").int_or(0), 3);
    let told = tank.events("flaky");
    assert!(told.contains(&"BackOff: Back-off restarting failed container main in pod flaky_default(uid-2) x3".to_string()), "{told:?}");
}

#[test]
fn a_process_that_ignores_sigterm_is_killed_at_the_end_of_its_grace() {
    let mut tank = Tank::new(3);
    tank.pod(
        "
metadata: {name: deaf}
spec:
  terminationGracePeriodSeconds: 5
  containers:
  - {name: main, image: 'busybox:1.36', command: [sleep, '600']}
",
    );
    tank.run(Duration::secs(3));
    tank.story.clear();
    tank.delete("deaf");
    tank.run(Duration::secs(4));
    assert!(tank.get("deaf").is_some());
    tank.run(Duration::secs(3));
    assert_eq!(tank.story, ["Running main=running+", "Failed main=Error", "deleted"]);
}

#[test]
fn an_image_that_cannot_be_pulled_is_tried_again_with_pauses() {
    let mut tank = Tank::new(4);
    tank.pod(
        "
metadata: {name: shop}
spec:
  containers: [{name: main, image: 'nginx:does-not-exist'}]
",
    );
    tank.run(Duration::secs(4));
    assert_eq!(tank.story.last().map(String::as_str), Some("Pending main=ErrImagePull"));
    tank.run(Duration::secs(14));
    assert!(tank.story.contains(&"Pending main=ImagePullBackOff".to_string()), "{:?}", tank.story);
    let told = tank.events("shop");
    assert!(
        told.iter().any(|event| event.starts_with("Failed: Failed to pull image \"nginx:does-not-exist\": rpc error: code = NotFound"))
    );
    assert!(told.contains(&"BackOff: Back-off pulling image \"nginx:does-not-exist\" x1".to_string()), "{told:?}");
}

#[test]
fn init_containers_run_one_after_another_before_the_others() {
    let mut tank = Tank::new(5);
    tank.pod(
        "
metadata: {name: staged}
spec:
  initContainers:
  - {name: first, image: 'busybox:1.36', command: [sh, -c, 'echo one; sleep 3']}
  - {name: second, image: 'busybox:1.36', command: [sh, -c, 'echo two; sleep 3']}
  containers: [{name: app, image: 'nginx:1.27'}]
",
    );
    tank.run(Duration::secs(2));
    assert_eq!(tank.condition("staged", "Initialized"), "False/ContainersNotInitialized");
    assert_eq!(tank.story.last().map(String::as_str), Some("Pending first=running second=PodInitializing app=PodInitializing"));
    tank.run(Duration::secs(9));
    assert_eq!(tank.story.last().map(String::as_str), Some("Running first=Completed+ second=Completed+ app=running+"));
}

#[test]
fn a_pod_that_ends_by_itself_says_how() {
    let mut tank = Tank::new(6);
    for (name, code) in [("fine", 0), ("bad", 1)] {
        tank.pod(&format!(
            "
metadata: {{name: {name}}}
spec:
  restartPolicy: Never
  containers: [{{name: work, image: 'busybox:1.36', command: [sh, -c, 'echo working; sleep 2; exit {code}']}}]
"
        ));
    }
    tank.run(Duration::secs(6));
    assert_eq!(tank.status("fine").get("phase").text(), "Succeeded");
    assert_eq!(tank.condition("fine", "Ready"), "False/PodCompleted");
    assert_eq!(tank.condition("fine", "Initialized"), "True/PodCompleted");
    assert_eq!(tank.status("bad").get("phase").text(), "Failed");
    assert_eq!(tank.condition("bad", "Ready"), "False/PodFailed");
    assert_eq!(tank.condition("bad", "PodReadyToStartContainers"), "False/PodSandboxNotReady");
    tank.delete("fine");
    tank.run(Duration::secs(1));
    assert!(tank.get("fine").is_none());
}

#[test]
fn two_runs_with_one_seed_are_the_same_and_an_idle_node_sleeps() {
    let story = |seed| {
        let mut tank = Tank::new(seed);
        tank.pod(NGINX);
        tank.run(Duration::secs(5));
        let (wakes, revision) = (tank.wakes, tank.store.applied().revision());
        tank.run(Duration::mins(10));
        assert!(tank.wakes - wakes < 150, "{} wakes in ten idle minutes", tank.wakes - wakes);
        assert!(tank.store.applied().revision() - revision < 70);
        (tank.status("web").to_json(), tank.store.applied().revision())
    };
    assert_eq!(story(7), story(7));
    assert_ne!(story(7).0, story(8).0);
}

#[test]
fn a_pod_that_names_a_full_node_is_turned_away_by_its_kubelet() {
    let mut tank = Tank::new(1);
    let direct = |tank: &mut Tank, name: &str, spec: &str| {
        tank.pod(&format!("metadata: {{name: {name}}}\nspec: {{{spec}}}\nstatus: {{phase: Pending}}\n"));
        tank.run(Duration::secs(3));
        let status = tank.status(name);
        format!("{}/{} {}", status.get("phase").text(), status.get("reason").text(), status.get("message").text())
    };
    tank.run(Duration::secs(2));
    let container = |rest: &str| format!("containers: [{{name: main, image: 'nginx:1.27'{rest}}}]");
    let asks = |cpu: &str| container(&format!(", resources: {{requests: {{cpu: '{cpu}'}}}}"));
    assert_eq!(direct(&mut tank, "first", &asks("3")), "Running/ ");
    let words = "Node didn't have enough resource: cpu, requested: 1500, used: 3000, capacity: 4000";
    assert_eq!(direct(&mut tank, "second", &asks("1500m")), format!("Failed/OutOfcpu Pod was rejected: {words}"));
    assert_eq!(tank.events("second"), [format!("OutOfcpu: {words} x1")]);
    assert!(tank.status("second").get("containerStatuses").is_null());
    let picky = format!("nodeSelector: {{disk: ssd}}, {}", container(""));
    let words = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
    assert_eq!(direct(&mut tank, "picky", &picky), format!("Failed/NodeAffinity Pod was rejected: {words}"));
    let port = container(", ports: [{containerPort: 80, hostPort: 8080}]");
    assert_eq!(direct(&mut tank, "door", &port), "Running/ ");
    let words = "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports";
    assert_eq!(direct(&mut tank, "other-door", &port), format!("Failed/NodePorts Pod was rejected: {words}"));
}

//! Sidecars, jobs that retry in place, deadlines.
mod tank;
use objects::wire::{Request, Verb};
use objects::{Text, kinds};
use simcore::Duration;
use tank::Tank;

#[test]
fn a_sidecar_starts_first_runs_beside_and_does_not_hold_the_end_up() {
    let mut tank = Tank::new(1);
    tank.pod(
        "
metadata: {name: paired}
spec:
  restartPolicy: Never
  initContainers:
  - {name: side, image: 'nginx:1.27', restartPolicy: Always}
  containers: [{name: work, image: 'batch:v1'}]
",
    );
    tank.run(Duration::secs(4));
    assert_eq!(tank.story.last().map(String::as_str), Some("Running side=running+ work=running+"));
    tank.run(Duration::secs(8));
    assert_eq!(tank.status("paired").get("phase").text(), "Succeeded");
    assert_eq!(tank.story.last().map(String::as_str), Some("Succeeded side=Completed work=Completed"));
}

#[test]
fn on_failure_restarts_only_what_failed() {
    let mut tank = Tank::new(2);
    tank.pod(
        "
metadata: {name: work}
spec:
  restartPolicy: OnFailure
  containers:
  - {name: good, image: 'busybox:1.36', command: [sh, -c, 'exit 0']}
  - {name: bad, image: 'busybox:1.36', command: [sh, -c, 'sleep 1; exit 3']}
",
    );
    tank.run(Duration::secs(10));
    let count = |at: usize| tank.status("work").get("containerStatuses").items()[at].get("restartCount").int_or(-1);
    assert_eq!((count(0), count(1)), (0, 1));
    assert_eq!(tank.status("work").get("phase").text(), "Running");
}

#[test]
fn a_failing_init_container_with_restart_policy_never_fails_the_pod() {
    let mut tank = Tank::new(3);
    tank.pod(
        "
metadata: {name: staged}
spec:
  restartPolicy: Never
  initContainers: [{name: first, image: 'busybox:1.36', command: [sh, -c, 'exit 4']}]
  containers: [{name: app, image: 'nginx:1.27'}]
",
    );
    tank.run(Duration::secs(5));
    assert_eq!(tank.status("staged").get("phase").text(), "Failed");
    assert_eq!(tank.condition("staged", "Initialized"), "False/ContainersNotInitialized");
}

#[test]
fn a_pod_over_its_deadline_is_failed() {
    let mut tank = Tank::new(4);
    tank.pod(
        "
metadata: {name: late}
spec:
  restartPolicy: Never
  activeDeadlineSeconds: 3
  terminationGracePeriodSeconds: 2
  containers: [{name: work, image: 'nginx:1.27'}]
",
    );
    tank.run(Duration::secs(8));
    let status = tank.status("late");
    assert_eq!((status.get("phase").text(), status.get("reason").text()), ("Failed", "DeadlineExceeded"));
    let ready = status.get("conditions").items().iter().find(|condition| condition.get("type").text() == "Ready");
    // Although nginx ended well when it was asked to.
    assert_eq!(ready.map(|ready| ready.get("reason").text()), Some("PodFailed"));
    assert_eq!(status.get("resources").entries().count(), 0);
    let told = tank.events("late");
    assert!(told.contains(&"DeadlineExceeded: Pod was active on the node longer than the specified deadline x1".to_string()), "{told:?}");
}

#[test]
fn without_an_address_range_the_node_waits_for_its_network() {
    let mut tank = Tank::new(5);
    let host = dataplane::host::Host::new("worker-1", "192.168.100.12", dataplane::host::Role::Worker);
    tank.kubelet = dataplane::kubelet::Kubelet::new(host, tank::catalog(), dataplane::kubelet::Config::default());
    // The tank's own kubelet has registered the Node with a range.
    if let Some(mut node) = tank.store.applied().find(objects::kinds::NODE, "", "worker-1").map(|node| node.tree.clone()) {
        node.remove(&["spec", "podCIDR"]);
        tank.put(objects::kinds::NODE, "", "worker-1", node);
    }
    let (now, view, mut fx) = (tank.now, tank.store.applied().clone(), apiserver::client::Effects::default());
    tank.kubelet.start(now, &view, &mut fx);
    tank.carry_out(fx);
    tank.pod(
        "
metadata: {name: web}
spec:
  containers: [{name: main, image: 'nginx:1.27'}]
",
    );
    tank.run(Duration::secs(4));
    assert_eq!(tank.condition("web", "PodReadyToStartContainers"), "False/PodSandboxNotReady");
    let key = objects::kinds::NODE;
    let mut node = tank.store.applied().find(key, "", "worker-1").expect("registered").tree.clone();
    let ready = node.at(&["status", "conditions"]).items().last().cloned().unwrap_or_default();
    assert!(ready.get("message").text().ends_with("cni plugin not initialized"), "{ready:?}");
    node.set(&["spec", "podCIDR"], "10.241.0.0/16");
    tank.put(key, "", "worker-1", node);
    tank.run(Duration::secs(4));
    assert_eq!(tank.status("web").get("podIP").text(), "10.241.0.2");
    assert_eq!(tank.condition("web", "Ready"), "True/");
}

#[test]
fn a_sidecar_goes_on_until_the_containers_that_it_serves_have_ended() {
    let mut tank = Tank::new(1);
    tank.pod(
        "
metadata: {name: served}
spec:
  terminationGracePeriodSeconds: 20
  initContainers:
  - {name: proxy, image: 'nginx:1.27', restartPolicy: Always}
  containers:
  - {name: main, image: 'busybox:1.36', command: [sh, -c, 'trap \"sleep 5; exit 0\" TERM; while true; do sleep 1; done']}
",
    );
    tank.run(Duration::secs(5));
    assert_eq!(tank.condition("served", "Ready"), "True/");
    tank.delete("served");
    tank.run(Duration::secs(3));
    let running = |tank: &Tank, list: &str| tank.status("served").get(list).items()[0].get("state").has("running");
    assert!(running(&tank, "containerStatuses") && running(&tank, "initContainerStatuses"));
    let proxy = |tank: &mut Tank| {
        let mut request = Request::about(Verb::Get, kinds::POD, "default", "served").subresource("exec");
        let options = [("container", "proxy"), ("command", "hostname")];
        request.options.other = options.iter().map(|(key, value)| (Text::new(key), Text::new(value))).collect();
        tank.kubelet.exec_in(tank.now, &request).is_ok()
    };
    assert!(proxy(&mut tank), "the proxy still serves");
    tank.run(Duration::secs(6));
    assert!(tank.get("served").is_none(), "and it goes with the last of them");
}

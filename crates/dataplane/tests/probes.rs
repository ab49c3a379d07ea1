//! What probes and hooks do, as a learner sees it.
mod tank;
use simcore::Duration;
use tank::Tank;

#[test]
fn a_wrong_path_keeps_a_pod_unready_and_says_why() {
    let mut tank = Tank::new(1);
    tank.pod(
        "
metadata: {name: badpath}
spec:
  containers:
  - name: main
    image: nginx:1.27
    ports: [{containerPort: 80}]
    readinessProbe: {httpGet: {path: /health, port: 80}, periodSeconds: 2}
",
    );
    tank.run(Duration::secs(6));
    assert_eq!(tank.condition("badpath", "Ready"), "False/ContainersNotReady");
    assert_eq!(tank.status("badpath").get("phase").text(), "Running");
    assert!(tank.events("badpath").contains(&"Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 404 x3".to_string()));
}

#[test]
fn a_good_readiness_probe_makes_a_pod_ready_in_one_write() {
    let mut tank = Tank::new(1);
    tank.pod(
        "
metadata: {name: good}
spec:
  containers:
  - name: main
    image: nginx:1.27
    readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 2}
",
    );
    tank.run(Duration::secs(3));
    assert_eq!(tank.story, ["Pending main=ContainerCreating", "Pending main=ContainerCreating", "Running main=running+"]);
}

#[test]
fn a_failing_liveness_probe_restarts_the_container() {
    let mut tank = Tank::new(2);
    tank.pod(
        "
metadata: {name: badport}
spec:
  containers:
  - name: main
    image: nginx:1.27
    ports: [{containerPort: 80}]
    livenessProbe: {tcpSocket: {port: 8080}, periodSeconds: 2, failureThreshold: 2}
",
    );
    tank.run(Duration::secs(5));
    let told = tank.events("badport");
    assert!(
        told.contains(&"Unhealthy: Liveness probe failed: dial tcp 10.240.0.2:8080: connect: connection refused x2".to_string()),
        "{told:?}"
    );
    assert!(told.contains(&"Killing: Container main failed liveness probe, will be restarted x1".to_string()));
    assert_eq!(tank.status("badport").get("containerStatuses").items()[0].get("restartCount").int_or(0), 1);
    assert_eq!(tank.condition("badport", "Ready"), "True/");
    // The second restart comes as fast: pauses count from the end before the one at hand.
    for _ in 0..40 {
        tank.run(Duration::millis(100));
        let status = tank.status("badport").get("containerStatuses").items()[0].clone();
        assert!(status.get("state").has("running"), "nobody sees it ended in between: {status:?}");
    }
    assert_eq!(tank.status("badport").get("containerStatuses").items()[0].get("restartCount").int_or(0), 2);
    tank.run(Duration::secs(5));
    let status = tank.status("badport").get("containerStatuses").items()[0].clone();
    assert_eq!(status.at(&["state", "waiting", "reason"]).text(), "CrashLoopBackOff");
}

#[test]
fn a_new_image_that_cannot_be_had_shows_at_once() {
    let mut tank = Tank::new(2);
    tank.pod("{metadata: {name: web}, spec: {containers: [{name: main, image: 'nginx:1.27'}]}}");
    tank.run(Duration::secs(3));
    let pod = tank.get("web").expect("there");
    let (mut tree, namespace) = (pod.tree.clone(), pod.key.namespace.clone());
    tree.edit(&["spec", "containers"]).list_mut()[0].set(&["image"], "nginx:does-not-exist");
    tank.put(objects::kinds::POD, &namespace, "web", tree);
    tank.run(Duration::secs(3));
    let status = tank.status("web").get("containerStatuses").items()[0].clone();
    assert_eq!(status.at(&["state", "waiting", "reason"]).text(), "ErrImagePull");
}

#[test]
fn a_startup_probe_holds_the_others_back_until_a_slow_program_is_up() {
    let mut tank = Tank::new(3);
    tank.pod(
        "
metadata: {name: slow}
spec:
  containers:
  - name: main
    image: slow-starter:v1
    startupProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 5, failureThreshold: 10}
    livenessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1, failureThreshold: 1}
",
    );
    tank.run(Duration::secs(15));
    assert!(!tank.status("slow").get("containerStatuses").items()[0].get("started").is_true());
    tank.run(Duration::secs(20));
    let main = tank.status("slow").get("containerStatuses").items()[0].clone();
    assert!(main.get("started").is_true() && main.get("ready").is_true());
    assert_eq!(main.get("restartCount").int_or(9), 0);
}

#[test]
fn a_failing_post_start_hook_is_told_and_the_container_tried_again() {
    let mut tank = Tank::new(4);
    tank.pod(
        "
metadata: {name: hookfail}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: nginx:1.27
    lifecycle: {postStart: {exec: {command: [cat, /no/such/file]}}}
",
    );
    tank.run(Duration::secs(3));
    let told = tank.events("hookfail");
    assert!(told.contains(&"FailedPostStartHook: PostStartHook failed x2".to_string()), "{told:?}");
    assert!(told.contains(&"Killing: FailedPostStartHook x2".to_string()), "{told:?}");
    assert!(tank.story.contains(&"Running main=PostStartHookError".to_string()), "{:?}", tank.story);
}

#[test]
fn a_pre_stop_hook_delays_the_end() {
    let mut tank = Tank::new(5);
    tank.pod(
        "
metadata: {name: hooked}
spec:
  containers:
  - name: main
    image: nginx:1.27
    lifecycle: {preStop: {exec: {command: [sleep, '4']}}}
",
    );
    tank.run(Duration::secs(2));
    tank.delete("hooked");
    tank.run(Duration::secs(3));
    assert!(tank.get("hooked").is_some());
    tank.run(Duration::secs(3));
    assert!(tank.get("hooked").is_none());
}

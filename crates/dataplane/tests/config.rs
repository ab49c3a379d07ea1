//! Configuration that is missing, commands that do not exist, logs and commands from outside.
mod tank;
use dataplane::kubelet::ERRORS;
use objects::wire::{Body, Request, Response, Verb};
use objects::{Text, kinds, map};
use simcore::Duration;
use tank::Tank;

fn ask(part: &'static str, pod: &str, options: &[(&str, &str)]) -> Request {
    let mut request = Request::about(Verb::Get, kinds::POD, "default", pod).subresource(part);
    request.options.other = options.iter().map(|(key, value)| (Text::new(key), Text::new(value))).collect();
    request
}

fn text(response: &Response) -> String {
    match &response.body {
        Body::Text(text) => text.clone(),
        _ => response.tree().get("message").text().to_string(),
    }
}

#[test]
fn a_missing_config_map_holds_a_container_back_until_it_is_there() {
    let mut tank = Tank::new(1);
    tank.pod(
        "
metadata: {name: needy}
spec:
  containers:
  - name: main
    image: nginx:1.27
    envFrom: [{configMapRef: {name: settings}}]
    env: [{name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
",
    );
    tank.run(Duration::secs(3));
    assert_eq!(tank.story.last().map(String::as_str), Some("Pending main=CreateContainerConfigError"));
    assert!(tank.events("needy").contains(&"Failed: Error: configmap \"settings\" not found x2".to_string()));
    tank.put(kinds::CONFIG_MAP, "default", "settings", map! {"metadata": map! {}, "data": map! {"MODE": "fast"}});
    tank.run(Duration::secs(16));
    assert_eq!(tank.condition("needy", "Ready"), "True/");
    let env = tank.kubelet.exec_in(tank.now, &ask("exec", "needy", &[("command", "env")]));
    assert_eq!(text(&env), "MODE=fast\nPOD=needy\n");
}

#[test]
fn a_mistyped_command_cannot_be_started() {
    let mut tank = Tank::new(2);
    tank.pod(
        "
metadata: {name: typo}
spec:
  containers: [{name: main, image: 'nginx:1.27', command: [nosuchserver, '--port=80']}]
",
    );
    tank.run(Duration::secs(2));
    let main = tank.status("typo").get("containerStatuses").items()[0].clone();
    assert_eq!(main.at(&["state", "waiting", "reason"]).text(), "RunContainerError");
    assert_eq!(main.at(&["lastState", "terminated", "reason"]).text(), "StartError");
    assert_eq!(main.at(&["lastState", "terminated", "startedAt"]).text(), "1970-01-01T00:00:00Z");
    tank.run(Duration::secs(5));
    let main = tank.status("typo").get("containerStatuses").items()[0].clone();
    assert_eq!(main.at(&["state", "waiting", "reason"]).text(), "CrashLoopBackOff");
}

#[test]
fn logs_of_now_and_before_are_kept_and_mistakes_get_upstreams_words() {
    let mut tank = Tank::new(3);
    tank.pod(
        "
metadata: {name: flaky}
spec:
  containers: [{name: main, image: 'busybox:1.36', command: [sh, -c, 'echo starting; sleep 1; echo cannot reach database; exit 1']}]
",
    );
    let log = |tank: &Tank, options: &[(&str, &str)]| text(&tank.kubelet.serve(tank.now, &ask("log", "flaky", options)));
    tank.run(Duration::millis(50));
    assert_eq!(log(&tank, &[]), "container \"main\" in pod \"flaky\" is waiting to start: ContainerCreating");
    tank.run(Duration::secs(1));
    assert_eq!(log(&tank, &[("previous", "true")]), "previous terminated container \"main\" in pod \"flaky\" not found");
    tank.run(Duration::secs(6));
    assert_eq!(log(&tank, &[]), "starting\ncannot reach database\n");
    assert_eq!(log(&tank, &[("previous", "true"), ("tailLines", "1")]), "cannot reach database\n");
    assert_eq!(log(&tank, &[("container", "ghost")]), "container ghost is not valid for pod flaky");
    let (text, offset, ended) = tank.kubelet.follow(tank.now, &ask("log", "flaky", &[]), 1);
    assert_eq!((text.as_str(), offset, ended), ("cannot reach database\n", 2, true));
}

#[test]
fn commands_run_in_a_container_and_their_files_stay() {
    let mut tank = Tank::new(4);
    tank.pod(
        "
metadata: {name: web}
spec:
  containers: [{name: main, image: 'hello:v1'}]
",
    );
    tank.run(Duration::secs(4));
    let exec = |tank: &mut Tank, words: &[&str]| {
        let options: Vec<(&str, &str)> = words.iter().map(|word| ("command", *word)).collect();
        let now = tank.now;
        let response = tank.kubelet.exec_in(now, &ask("exec", "web", &options));
        // What was written to the error output travels beside the rest.
        text(&response) + response.warnings.iter().find_map(|warning| warning.strip_prefix(ERRORS)).unwrap_or_default()
    };
    assert_eq!(exec(&mut tank, &["hostname"]), "web\n");
    assert_eq!(exec(&mut tank, &["wget", "-qO-", "localhost:8080"]), "Hello from v1, pod web\n");
    assert_eq!(exec(&mut tank, &["sh", "-c", "echo yes > /tmp/ready"]), "");
    assert_eq!(exec(&mut tank, &["cat", "/tmp/ready"]), "yes\n");
    assert_eq!(exec(&mut tank, &["cat", "/no/file"]), "cat: can't open '/no/file': No such file or directory\n");
    assert!(exec(&mut tank, &["nosuchtool"]).ends_with("exec: \"nosuchtool\": executable file not found in $PATH"));
    assert!(exec(&mut tank, &["sleep", "3600"]).contains("does not end by itself"));
}

#[test]
fn containers_outlive_their_kubelet_but_not_their_machine() {
    let mut tank = Tank::new(5);
    tank.pod(
        "
metadata: {name: web}
spec:
  containers: [{name: main, image: 'nginx:1.27'}]
",
    );
    tank.run(Duration::secs(3));
    let id = tank.status("web").get("containerStatuses").items()[0].get("containerID").text().to_string();
    tank.kubelet.stop();
    tank.run(Duration::secs(30));
    let mut fx = apiserver::client::Effects::default();
    let (now, view) = (tank.now, tank.store.applied().clone());
    tank.kubelet.start(now, &view, &mut fx);
    tank.carry_out(fx);
    tank.run(Duration::secs(3));
    assert_eq!(tank.status("web").get("containerStatuses").items()[0].get("containerID").text(), id);
    tank.kubelet.power_off(tank.now);
    tank.run(Duration::secs(30));
    let mut fx = apiserver::client::Effects::default();
    let (now, view) = (tank.now, tank.store.applied().clone());
    tank.kubelet.power_on(now, &view, &mut fx);
    tank.carry_out(fx);
    tank.run(Duration::secs(5));
    let main = tank.status("web").get("containerStatuses").items()[0].clone();
    assert_ne!(main.get("containerID").text(), id);
    assert_eq!(main.get("restartCount").int_or(0), 1);
    assert_eq!(tank.condition("web", "Ready"), "True/");
    assert!(tank.events("web").iter().any(|event| event.starts_with("SandboxChanged: Pod sandbox changed")));
}

#[test]
fn a_killed_process_comes_back() {
    let mut tank = Tank::new(6);
    tank.pod(
        "
metadata: {name: web}
spec:
  containers: [{name: main, image: 'nginx:1.27'}]
",
    );
    tank.run(Duration::secs(3));
    let mut fx = apiserver::client::Effects::default();
    let now = tank.now;
    assert!(tank.kubelet.kill_container(now, "default", "web", "main", &mut fx));
    tank.carry_out(fx);
    tank.run(Duration::secs(3));
    let main = tank.status("web").get("containerStatuses").items()[0].clone();
    assert_eq!(main.get("restartCount").int_or(0), 1);
    assert_eq!(main.at(&["lastState", "terminated", "exitCode"]).int_or(0), 137);
    assert!(main.get("ready").is_true());
}

#[test]
fn a_new_image_restarts_only_its_container() {
    let mut tank = Tank::new(7);
    tank.pod(
        "
metadata: {name: web}
spec:
  containers: [{name: main, image: 'nginx:1.27'}]
",
    );
    tank.run(Duration::secs(3));
    let mut tree = tank.get("web").expect("it is there").tree.clone();
    tree.edit(&["spec", "containers"]).list_mut()[0].set(&["image"], "nginx:1.28");
    tree.set(&["metadata", "generation"], 2);
    tank.put(kinds::POD, "default", "web", tree);
    tank.run(Duration::secs(4));
    assert!(tank.events("web").contains(&"Killing: Container main definition changed, will be restarted x1".to_string()));
    let main = tank.status("web").get("containerStatuses").items()[0].clone();
    assert_eq!((main.get("image").text(), main.get("restartCount").int_or(0)), ("nginx:1.28", 1));
    assert_eq!(tank.status("web").get("observedGeneration").int_or(0), 2);
}

#[test]
fn a_config_map_becomes_files_once_it_exists() {
    let mut tank = Tank::new(8);
    tank.pod(
        "
metadata: {name: reader}
spec:
  volumes: [{name: settings, configMap: {name: settings}}]
  containers: [{name: main, image: 'nginx:1.27', volumeMounts: [{name: settings, mountPath: /etc/settings}]}]
",
    );
    tank.run(Duration::secs(2));
    assert_eq!(tank.story.last().map(String::as_str), Some("Pending main=ContainerCreating"));
    assert!(tank.events("reader").iter().any(|event| {
        event.starts_with("FailedMount: MountVolume.SetUp failed for volume \"settings\" : configmap \"settings\" not found")
    }));
    tank.put(kinds::CONFIG_MAP, "default", "settings", map! {"metadata": map! {}, "data": map! {"color": "blue"}});
    tank.run(Duration::secs(10));
    let now = tank.now;
    let cat = tank.kubelet.exec_in(now, &ask("exec", "reader", &[("command", "cat"), ("command", "/etc/settings/color")]));
    assert_eq!(text(&cat), "blue");
}

#[test]
fn a_restarted_kubelet_keeps_looking_at_running_containers() {
    let mut tank = Tank::new(9);
    tank.pod(
        "
metadata: {name: gate}
spec:
  containers:
  - name: main
    image: nginx:1.27
    readinessProbe: {exec: {command: [cat, /tmp/ready]}, periodSeconds: 2, failureThreshold: 1}
",
    );
    tank.run(Duration::secs(2));
    let touch = ask("exec", "gate", &[("command", "touch"), ("command", "/tmp/ready")]);
    let now = tank.now;
    tank.kubelet.exec_in(now, &touch);
    tank.run(Duration::secs(3));
    assert_eq!(tank.condition("gate", "Ready"), "True/");
    tank.kubelet.stop();
    let (now, view, mut fx) = (tank.now, tank.store.applied().clone(), apiserver::client::Effects::default());
    tank.kubelet.start(now, &view, &mut fx);
    tank.carry_out(fx);
    tank.run(Duration::millis(100));
    assert_eq!(tank.condition("gate", "Ready"), "True/");
    let now = tank.now;
    tank.kubelet.exec_in(now, &ask("exec", "gate", &[("command", "rm"), ("command", "/tmp/ready")]));
    tank.run(Duration::secs(3));
    assert_eq!(tank.condition("gate", "Ready"), "False/ContainersNotReady");
}

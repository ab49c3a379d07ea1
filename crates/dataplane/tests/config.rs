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

fn said(tank: &mut Tank, pod: &str, command: &[&str]) -> String {
    let words: Vec<(&str, &str)> = command.iter().map(|word| ("command", *word)).collect();
    let request = ask("exec", pod, &words);
    text(&tank.kubelet.exec_in(tank.now, &request))
}

#[test]
fn variables_name_other_variables_and_what_the_container_may_use() {
    let mut tank = Tank::new(1);
    tank.pod(
        "
metadata: {name: asks}
spec:
  enableServiceLinks: false
  containers:
  - name: main
    image: busybox:1.36
    command: [sh, -c, 'echo $(GREET) $$(GREET); sleep 3600']
    resources: {requests: {cpu: 250m}, limits: {memory: 128Mi}}
    env:
    - {name: GREET, value: hi}
    - {name: BOTH, value: '$(GREET) $$(GREET) $(NOBODY)'}
    - {name: MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
    - {name: MEGABYTES, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
    - {name: CORES, valueFrom: {resourceFieldRef: {resource: requests.cpu}}}
    - {name: MILLI, valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: 1m}}}
    - {name: ALL, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
",
    );
    tank.run(Duration::secs(3));
    let wanted = "GREET=hi\nBOTH=hi $(GREET) $(NOBODY)\nMEMORY=134217728\nMEGABYTES=128\nCORES=1\nMILLI=250\nALL=4\n";
    assert_eq!(said(&mut tank, "asks", &["env"]), wanted);
    // What the command's own `$(GREET)` names is known before the shell sees it.
    let log = text(&tank.kubelet.serve(tank.now, &ask("log", "asks", &[])));
    assert!(log.starts_with("hi "), "{log}");
}

#[test]
fn a_mounted_config_map_follows_its_change_within_a_minute_or_so_but_not_a_single_file_of_it() {
    let mut tank = Tank::new(1);
    let put = |tank: &mut Tank, old: &str, new: &str| {
        let mut data = map! {"a": old};
        data.set(&[new], "there");
        tank.put(kinds::CONFIG_MAP, "default", "settings", map! {"metadata": map! {}, "data": data})
    };
    put(&mut tank, "1", "x");
    tank.pod(
        "
metadata: {name: reader, labels: {tier: web}}
spec:
  volumes:
  - {name: all, configMap: {name: settings}}
  - {name: mixed, projected: {sources: [{configMap: {name: settings, items: [{key: a, path: deep/a}]}}, {downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}]}}
  containers:
  - name: main
    image: busybox:1.36
    command: [sleep, '3600']
    volumeMounts: [{name: all, mountPath: /all}, {name: mixed, mountPath: /mixed}, {name: all, mountPath: /one, subPath: a}]
",
    );
    tank.run(Duration::secs(3));
    assert_eq!(said(&mut tank, "reader", &["cat", "/all/a", "/mixed/deep/a", "/one"]), "111");
    assert_eq!(said(&mut tank, "reader", &["cat", "/mixed/labels"]), "tier=\"web\"");
    put(&mut tank, "2", "y");
    tank.run(Duration::millis(400));
    assert_eq!(said(&mut tank, "reader", &["cat", "/all/a"]), "1");
    tank.run(Duration::secs(90));
    assert_eq!(said(&mut tank, "reader", &["cat", "/all/a", "/mixed/deep/a", "/one", "/all/y"]), "221there");
    assert_eq!(said(&mut tank, "reader", &["ls", "/all"]), "a\ny\n");
}

#[test]
fn a_volume_of_a_key_that_is_not_there_cannot_be_mounted() {
    let mut tank = Tank::new(1);
    tank.put(kinds::CONFIG_MAP, "default", "settings", map! {"metadata": map! {}, "data": map! {"a": "1"}});
    tank.put(kinds::SECRET, "default", "keys", map! {"metadata": map! {}, "data": map! {"a": "MQ=="}});
    tank.pod(
        "
metadata: {name: needy}
spec:
  volumes:
  - {name: conf, configMap: {name: settings, items: [{key: zz, path: zz}]}}
  containers: [{name: main, image: 'nginx:1.27', volumeMounts: [{name: conf, mountPath: /c}]}]
",
    );
    tank.pod(
        "
metadata: {name: pair}
spec:
  volumes:
  - {name: both, projected: {sources: [{secret: {name: keys, items: [{key: zz, path: zz}]}}, {configMap: {name: nobody}}]}}
  containers: [{name: main, image: 'nginx:1.27', volumeMounts: [{name: both, mountPath: /c}]}]
",
    );
    tank.run(Duration::secs(1));
    let told = |name: &str| tank.events(name).into_iter().find(|event| event.starts_with("FailedMount")).unwrap_or_default();
    assert!(
        told("needy").starts_with("FailedMount: MountVolume.SetUp failed for volume \"conf\" : references non-existent config key: zz")
    );
    let both = "FailedMount: MountVolume.SetUp failed for volume \"both\" : [references non-existent secret key: zz, configmap \"nobody\" not found]";
    assert!(told("pair").starts_with(both), "{}", told("pair"));
}

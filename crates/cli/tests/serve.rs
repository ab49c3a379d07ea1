//! `kubarium serve` as its users meet it: driven by the real kubectl, ended by a signal, refused on a busy port.
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

struct Server {
    child: Child,
    kubeconfig: PathBuf,
    /// Kept open: a server whose output nobody takes must not break.
    _lines: Box<dyn Iterator<Item = String>>,
}

impl Server {
    /// Started on a free port; comes back when it says that it serves.
    fn start(name: &str) -> Server {
        let kubeconfig = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.kubeconfig"));
        let _ = std::fs::remove_file(&kubeconfig);
        let mut child = Command::new(env!("CARGO_BIN_EXE_kubarium"))
            .args(["serve", "--listen", "127.0.0.1:0", "--speed", "20", "--kubeconfig"])
            .arg(&kubeconfig)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.starts_with("Serving on http://127.0.0.1:")), "it says that it serves");
        Server { child, kubeconfig, _lines: Box::new(lines) }
    }

    /// What the real kubectl answers: exit code, stdout, stderr.
    fn kubectl(&self, arguments: &[&str], input: &str) -> (i32, String, String) {
        let mut command = Command::new("kubectl");
        command.arg("--kubeconfig").arg(&self.kubeconfig).args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("kubectl runs");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    }

    fn says(&self, arguments: &[&str], expected: &str) -> String {
        let (code, out, err) = self.kubectl(arguments, "");
        assert!(code == 0 && out.contains(expected), "kubectl {arguments:?} should say {expected:?}, code {code}:\n{out}{err}");
        out
    }

    fn stop(mut self) {
        let sent = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(sent.success());
        assert_eq!(self.child.wait().expect("it ends").code(), Some(0), "SIGTERM ends it cleanly");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One HTTP exchange over a plain socket: the whole answer, or nothing where nobody answers.
fn exchange(port: u16, request: &str) -> Option<String> {
    let mut socket = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
    socket.write_all(request.as_bytes()).ok()?;
    let mut text = String::new();
    socket.read_to_string(&mut text).ok()?;
    Some(text).filter(|text| !text.is_empty())
}

/// How far a timestamp lies from this machine's clock.
fn seconds_from_now(stamp: &str) -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let stamp = simcore::Time::parse(stamp).expect("a timestamp");
    (stamp.0 / 1_000_000).abs_diff(now)
}

#[test]
fn a_real_client_reaches_a_simulated_pod_by_its_node_port() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubarium"))
        .args(["serve", "--listen", "127.0.0.1:0", "--speed", "20", "--node-ports"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let line = lines.find(|line| line.starts_with("Serving on http://127.0.0.1:")).expect("it says that it serves");
    let api: u16 = line.split(':').nth(2).and_then(|rest| rest.split(' ').next()?.parse().ok()).expect("a port");
    let post = |path: &str, body: &str| {
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{api}\r\nContent-Type: application/json\r\nConnection: close\r\n");
        exchange(api, &format!("{head}Content-Length: {length}\r\n\r\n{body}")).expect("an answer")
    };
    let pod = r#"{"metadata": {"name": "web", "labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "hello:v1"}]}}"#;
    let made = post("/api/v1/namespaces/default/pods", pod);
    assert!(made.contains(" 201 "));
    let stamp = made.split("\"creationTimestamp\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a time");
    assert!(seconds_from_now(stamp) < 3600, "a client reckons ages from its own clock: {stamp}");
    let service = r#"{"metadata": {"name": "web"}, "spec": {"type": "NodePort", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}}"#;
    let made = post("/api/v1/namespaces/default/services", service);
    let port: u16 =
        made.split("\"nodePort\":").nth(1).and_then(|rest| rest.split([',', '}']).next()?.trim().parse().ok()).expect("a node port");
    let get = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    // Until the Pod runs, the connection is refused or closed. Asking the API is what passes the time.
    let asks = format!("GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:{api}\r\nConnection: close\r\n\r\n");
    let said = (0..20_000).find_map(|_| exchange(port, &get).or_else(|| exchange(api, &asks).and(None)));
    let _ = child.kill();
    let _ = child.wait();
    assert!(said.is_some_and(|text| text.contains(" 200 ") && text.contains("Hello from v1, pod web")));
}

fn kubectl_is_here() -> bool {
    let here = Command::new("kubectl").args(["version", "--client"]).output().is_ok_and(|output| output.status.success());
    if !here {
        println!("skipped: this machine has no kubectl");
    }
    here
}

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: 'nginx:1.27'}
";

#[test]
fn the_real_kubectl_drives_a_deployment() {
    if !kubectl_is_here() {
        return;
    }
    let server = Server::start("drive");
    server.says(&["get", "nodes"], "worker-3");
    server.says(&["version"], "Server Version: v1.37");
    server.says(&["api-resources"], "deployments");
    let (code, out, err) = server.kubectl(&["apply", "-f", "-"], WEB);
    assert!(code == 0 && out == "deployment.apps/web created\n", "{out}{err}");
    server.says(&["rollout", "status", "deployment/web", "--timeout=60s"], "deployment \"web\" successfully rolled out");
    server.says(&["scale", "deployment", "web", "--replicas=3"], "deployment.apps/web scaled");
    server.says(&["rollout", "status", "deployment/web", "--timeout=60s"], "successfully rolled out");
    let pods = server.says(&["get", "pods", "-l", "app=web"], "Running");
    assert_eq!(pods.lines().count(), 4, "{pods}");
    server.says(&["get", "deployment", "web", "-o", "yaml"], "readyReplicas: 3");
    server.says(&["get", "deployment", "web", "-o", "jsonpath={.spec.replicas}"], "3");
    server.says(&["describe", "deployment", "web"], "Scaled up replica set");
    server.says(&["get", "events"], "SuccessfulCreate");
    let pod = server.says(&["get", "pods", "-o", "name"], "pod/web-").lines().next().unwrap_or_default().to_string();
    server.says(&["delete", &pod], "deleted");
    server.says(&["delete", "deployment", "web"], "deleted");
    server.says(&["create", "deployment", "second", "--image=nginx:1.27", "--replicas=2"], "deployment.apps/second created");
    server.says(&["create", "service", "clusterip", "second", "--tcp=80:8080"], "service/second created");
    server.says(&["create", "configmap", "notes", "--from-literal=a=1"], "configmap/notes created");
    server.says(&["get", "service", "second", "-o", "jsonpath={.spec.ports[0].targetPort}"], "8080");
    server.says(&["rollout", "status", "deployment/second", "--timeout=60s"], "successfully rolled out");
    server.says(&["auth", "can-i", "delete", "pods"], "yes");
    server.says(&["wait", "--for=delete", "pod", "-l", "app=web", "--timeout=60s"], "");
    server.stop();
}

#[test]
fn a_watch_tells_news_as_it_comes() {
    if !kubectl_is_here() {
        return;
    }
    let server = Server::start("watch");
    let mut watch = Command::new("kubectl")
        .arg("--kubeconfig")
        .arg(&server.kubeconfig)
        .args(["get", "configmaps", "-w", "--no-headers"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("kubectl runs");
    let mut lines = BufReader::new(watch.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let first = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tune}\ndata: {a: '1'}\n";
    assert_eq!(server.kubectl(&["apply", "-f", "-"], first).0, 0);
    assert!(lines.any(|line| line.starts_with("tune") && line.contains(" 1 ")), "the new one is told");
    assert_eq!(server.kubectl(&["patch", "configmap", "tune", "--type=merge", "-p", r#"{"data":{"b":"2"}}"#], "").0, 0);
    assert!(lines.any(|line| line.starts_with("tune") && line.contains(" 2 ")), "its change is told");
    watch.kill().expect("it ends");
    watch.wait().expect("it ends");
    server.stop();
}

#[test]
fn a_busy_port_is_said_in_words() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_kubarium")).args(["serve", "--listen", &address]).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("is taken by another program") && !words.contains("panicked"), "{words}");
}

#[test]
fn only_loopback_is_served_and_other_kubeconfigs_are_left_alone() {
    let refused = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_kubarium")).arg("serve").args(arguments).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(refused(&["--listen", "0.0.0.0:8001"]).contains("is not loopback"));
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("somebody-elses.kubeconfig");
    std::fs::write(&file, "apiVersion: v1\ncurrent-context: production\n").expect("a file");
    assert!(refused(&["--listen", "127.0.0.1:0", "--kubeconfig", &file.to_string_lossy()]).contains("it is not overwritten"));
    assert!(std::fs::read_to_string(&file).expect("a file").contains("production"));
}

#[test]
fn the_network_is_chosen_by_flags_and_an_unknown_word_is_answered_with_those_there_are() {
    let output = Command::new(env!("CARGO_BIN_EXE_kubarium")).args(["serve", "--network", "calcio"]).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(words, "kubarium serve: the network \"calcio\" is unknown here: there are calico, flannel, none\n");
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubarium"))
        .args(["serve", "--listen", "127.0.0.1:0", "--nodes", "1", "--network", "none", "--proxy", "ipvs", "--load-balancer", "metallb"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let line = lines.find(|line| line.starts_with("Serving on http://127.0.0.1:")).expect("it says that it serves");
    let api: u16 = line.split(':').nth(2).and_then(|rest| rest.split(' ').next()?.parse().ok()).expect("a port");
    let get = format!("GET /api/v1/nodes/worker-1 HTTP/1.1\r\nHost: 127.0.0.1:{api}\r\nConnection: close\r\n\r\n");
    let node = exchange(api, &get).expect("an answer");
    let _ = child.kill();
    let _ = child.wait();
    assert!(node.contains("cni plugin not initialized"), "{node}");
}

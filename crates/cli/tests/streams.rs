//! Streams into simulated containers by the real kubectl: exec, attach, port-forward; and node ports that refuse.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const WEB: &str = "apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  containers:
  - {name: web, image: 'hello:v1'}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 31380}]}
";

struct Server {
    child: Child,
    kubeconfig: PathBuf,
    _lines: Box<dyn Iterator<Item = String>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `None` where this machine has no kubectl.
fn start(name: &str, more: &[&str]) -> Option<Server> {
    let here = Command::new("kubectl").args(["version", "--client"]).output().is_ok_and(|output| output.status.success());
    if !here {
        println!("skipped: this machine has no kubectl");
        return None;
    }
    let kubeconfig = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.kubeconfig"));
    let _ = std::fs::remove_file(&kubeconfig);
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubarium"))
        .args(["serve", "--listen", "127.0.0.1:0", "--speed", "20", "--kubeconfig"])
        .arg(&kubeconfig)
        .args(more)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("Serving on")), "it says that it serves");
    Some(Server { child, kubeconfig, _lines: Box::new(lines) })
}

impl Server {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("kubectl");
        command.arg("--kubeconfig").arg(&self.kubeconfig).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Exit code, output, errors.
    fn typed(&self, arguments: &[&str], input: &str, spdy: bool) -> (i32, String, String) {
        let mut command = self.command(arguments);
        if spdy {
            command.env("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", "false");
        }
        let mut child = command.spawn().expect("kubectl runs");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    }

    fn done(&self, arguments: &[&str], input: &str) {
        let (code, out, err) = self.typed(arguments, input, false);
        assert_eq!(code, 0, "kubectl {arguments:?}: {out}{err}");
    }
}

/// The page that a port of this machine gives, or nothing.
fn page(port: u16) -> Option<String> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).ok()?;
    socket.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    socket.read_to_string(&mut text).ok()?;
    Some(text).filter(|text| !text.is_empty())
}

#[test]
fn a_command_in_a_container_has_two_outputs_input_and_a_code() {
    let Some(server) = start("exec", &[]) else { return };
    server.done(&["apply", "-f", "-"], WEB);
    server.done(&["wait", "--for=condition=Ready", "pod/web", "--timeout=60s"], "");
    for spdy in [false, true] {
        let run = |words: &[&str], input: &str| server.typed(words, input, spdy);
        let (code, out, err) = run(&["exec", "web", "--", "sh", "-c", "echo fine; cat /nope; exit 3"], "");
        let said = "cat: can't open '/nope': No such file or directory\ncommand terminated with exit code 3\n";
        assert_eq!((code, out.as_str(), err.as_str()), (3, "fine\n", said), "spdy: {spdy}");
        assert_eq!(run(&["exec", "-i", "web", "--", "cat"], "hello\n"), (0, "hello\n".to_string(), String::new()));
        let script = "for i in 1 2; do\necho $i\ndone\n";
        assert_eq!(run(&["exec", "-i", "web", "--", "sh"], script).1, "1\n2\n");
        let (code, out, err) = run(&["exec", "web", "--", "nosuchtool"], "");
        assert!(code == 1 && out.is_empty() && err.contains("exec: \"nosuchtool\": executable file not found in $PATH"), "{err}");
    }
    // What a command prints comes as it is printed, however long it goes on.
    let mut endless =
        server.command(&["exec", "web", "--", "sh", "-c", "while true; do date; sleep 1; done"]).spawn().expect("kubectl runs");
    let lines = BufReader::new(endless.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    assert_eq!(lines.take(40).count(), 40, "forty seconds of a loop");
    endless.kill().and_then(|()| endless.wait()).expect("it ends");
}

#[test]
fn who_is_attached_types_into_the_containers_own_shell_and_hears_what_it_prints() {
    let Some(server) = start("attach", &[]) else { return };
    let lines = "hostname\nX=7\necho got $X\nexit 4\n";
    let (code, out, err) = server.typed(&["run", "-i", "box", "--image=busybox:1.36", "--restart=Never", "--", "sh"], lines, false);
    assert_eq!((code, out.contains("box\ngot 7\n")), (4, true), "{out}{err}");
    server.done(&["wait", "--for=jsonpath={.status.phase}=Failed", "pod/box", "--timeout=60s"], "");
    server.done(&["run", "talk", "--image=busybox:1.36", "--", "sh", "-c", "while true; do echo tick; sleep 1; done"], "");
    server.done(&["wait", "--for=condition=Ready", "pod/talk", "--timeout=60s"], "");
    let mut attached = server.command(&["attach", "talk"]).spawn().expect("kubectl runs");
    let said = BufReader::new(attached.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    assert_eq!(said.filter(|line| line == "tick").take(3).count(), 3);
    attached.kill().and_then(|()| attached.wait()).expect("it ends");
}

#[test]
fn a_forwarded_port_gives_the_pods_page_and_a_closed_one_kubectls_own_words() {
    let Some(server) = start("forward", &[]) else { return };
    server.done(&["apply", "-f", "-"], WEB);
    server.done(&["wait", "--for=condition=Ready", "pod/web", "--timeout=60s"], "");
    for websockets in ["true", "false"] {
        let mut command = server.command(&["port-forward", "service/web", ":80"]);
        let mut forward = command.env("KUBECTL_PORT_FORWARD_WEBSOCKETS", websockets).spawn().expect("kubectl runs");
        let mut lines = BufReader::new(forward.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let line = lines.find(|line| line.starts_with("Forwarding from 127.0.0.1:")).expect("it forwards");
        let port = line.split([':', ' ']).find_map(|word| word.parse::<u16>().ok()).expect("a port");
        for _ in 0..3 {
            assert!(page(port).is_some_and(|text| text.contains(" 200 ") && text.contains("Hello from v1, pod web")));
        }
        forward.kill().and_then(|()| forward.wait()).expect("it ends");
    }
    let mut forward = server.command(&["port-forward", "pod/web", ":9999"]).spawn().expect("kubectl runs");
    let mut lines = BufReader::new(forward.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let line = lines.find(|line| line.starts_with("Forwarding from 127.0.0.1:")).expect("it forwards");
    let port = line.split([':', ' ']).find_map(|word| word.parse::<u16>().ok()).expect("a port");
    assert_eq!(page(port), None);
    let output = forward.wait_with_output().expect("it gives up");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("127.0.0.1:9999: connect: connection refused"), "{words}");
    assert!(words.contains("error: lost connection to pod"), "{words}");
}

#[test]
fn a_node_port_without_ready_endpoints_is_refused_and_comes_back_with_them() {
    let Some(server) = start("refused", &["--node-ports"]) else { return };
    server.done(&["apply", "-f", "-"], WEB);
    server.done(&["wait", "--for=condition=Ready", "pod/web", "--timeout=60s"], "");
    let nodes = |_: u32| server.done(&["get", "nodes"], "");
    let answered = (0..200).inspect(|round| nodes(*round)).find_map(|_| page(31_380));
    assert!(answered.is_some_and(|text| text.contains("Hello from v1")));
    server.done(&["delete", "pod", "web"], "");
    let refused =
        |_: &u32| TcpStream::connect(("127.0.0.1", 31_380)).is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused);
    assert!((0..200).inspect(|round| nodes(*round)).any(|round| refused(&round)), "nobody listens where the rules reject");
    server.done(&["apply", "-f", "-"], WEB);
    assert!((0..400).inspect(|round| nodes(*round)).find_map(|_| page(31_380)).is_some(), "it comes back");
}

//! One command line for both kubectls: ours and a real 1.37 before the same served cluster say the same.
//!
//! The real one is `kubectl`, or what `KUBARIUM_KUBECTL` names. Where there is none of that version, nothing is compared.
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Lines to type, with `$` before each; `~` waits until the workload is up.
const LINES: &str = include_str!("twin/lines.txt");
const MANIFEST: &str = include_str!("twin/web.yaml");

struct Twins {
    child: Child,
    real: String,
    port: u16,
    folder: PathBuf,
}

impl Drop for Twins {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn real_kubectl() -> Option<String> {
    let program = std::env::var("KUBARIUM_KUBECTL").unwrap_or_else(|_| "kubectl".to_string());
    let output = Command::new(&program).args(["version", "--client"]).output().ok()?;
    String::from_utf8_lossy(&output.stdout).contains("v1.37.").then_some(program)
}

fn start(real: String) -> Twins {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("twin");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("web.yaml"), MANIFEST).expect("a file");
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubarium"))
        .args(["serve", "--listen", "127.0.0.1:0", "--kubeconfig"])
        .arg(folder.join("config"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let line = lines.find(|line| line.starts_with("Serving on")).expect("it says that it serves");
    std::thread::spawn(move || lines.for_each(drop));
    let port = line.split("127.0.0.1:").nth(1).and_then(|rest| rest.split(' ').next()).and_then(|port| port.parse().ok());
    Twins { child, real, port: port.expect("a port"), folder }
}

impl Twins {
    /// What our kubectl says: exit code, output, errors.
    fn ours(&self, line: &str) -> String {
        let mut socket = std::net::TcpStream::connect(("127.0.0.1", self.port)).expect("the server listens");
        let head =
            format!("POST /kubarium/line HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", line.len());
        socket.write_all((head + line).as_bytes()).expect("it reads");
        let mut text = String::new();
        socket.read_to_string(&mut text).expect("it answers");
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let said: serde_json::Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{line}: {text}"));
        told(said["code"].as_i64().unwrap_or(-1), said["out"].as_str().unwrap_or(""), said["err"].as_str().unwrap_or(""))
    }

    fn real(&self, line: &str) -> String {
        let line = line.replace("kubectl ", &format!("{} ", self.real));
        let mut shell = Command::new("bash");
        shell.args(["-c", &line]).current_dir(&self.folder).env("KUBECONFIG", self.folder.join("config")).env("HOME", &self.folder);
        let output = shell.stdin(Stdio::null()).output().expect("bash runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        // It names itself by its file.
        let own = self.real.rsplit('/').next().unwrap_or("kubectl");
        let err = text(&output.stderr).replace(own, "kubectl");
        told(i64::from(output.status.code().unwrap_or(-1)), &text(&output.stdout), &err)
    }
}

/// Exit code, output and errors as one text, without what differs from moment to moment.
fn told(code: i64, out: &str, err: &str) -> String {
    // A namespace each, so that both may create the same things.
    let text = format!("rc={code}\n{out}\n{err}").replace("ours1", "NS").replace("real1", "NS");
    let quiet = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let age = bare.ends_with('s') && bare.starts_with(|c: char| c.is_ascii_digit()) || word == "<invalid>";
        let stamp = bare.len() == 20 && bare.ends_with('Z') && bare.as_bytes()[4] == b'-';
        let uid = bare.len() == 36 && bare.matches('-').count() == 4;
        let address = bare.split('.').filter(|part| part.parse::<u8>().is_ok()).count() == 4;
        let pod = bare.rsplit(['-', '/']).next().is_some_and(|tail| tail.len() == 5) && bare.contains('-');
        if age || stamp || uid || address || pod { "_" } else { word }.to_string()
    };
    let line = |line: &str| line.split_whitespace().map(quiet).collect::<Vec<_>>().join(" ");
    // How client-go's watch ended, in a line of its own log, is a question of milliseconds.
    text.lines().filter(|line| !line.contains(" reflector.go:")).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn both_kubectls_say_the_same() {
    let Some(real) = real_kubectl() else {
        println!("skipped: this machine has no kubectl 1.37");
        return;
    };
    let twins = start(real);
    twins.ours("kubectl create ns ours1; kubectl create ns real1; kubectl config set-context --current --namespace=ours1");
    twins.ours(&format!("cat > web.yaml <<EOF\n{MANIFEST}EOF"));
    twins.real("kubectl config set-context --current --namespace=real1");
    let (mut count, mut wrong) = (0, Vec::new());
    for line in LINES.lines() {
        if line.starts_with('~') {
            twins.ours("kubectl rollout status deploy/web; sleep 3");
            twins.real("kubectl rollout status deploy/web");
        }
        let Some(line) = line.strip_prefix("$ ") else { continue };
        count += 1;
        let (ours, real) = (twins.ours(line), twins.real(line));
        if ours != real {
            wrong.push(format!("$ {line}\nreal: {real}\nours: {ours}\n"));
        }
    }
    assert!(count > 100, "only {count} lines were compared");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

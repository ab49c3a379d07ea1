//! Recorded steps against ours: conditions set up on a server, what may differ masked, the first lines that do not match.
use crate::machine::Machine;
use crate::machine::units::State;
use crate::outside::{Nothing, Outside};
use crate::run::{Login, Ran, run};
use objects::{Text, Tree};
use simcore::Time;
use std::sync::Arc;

/// A recorded step.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub command: String,
    pub host: String,
    pub condition: String,
    /// `None`: cut off or not told.
    pub code: Option<i64>,
    pub stdout: String,
    pub stderr: String,
    /// A configuration file that the condition quotes.
    pub file: Option<String>,
}

/// Reads the steps of a recorded file. Observations in round brackets are left out.
pub fn steps(recording: &Tree) -> Vec<Recorded> {
    let text = |step: &Tree, name: &str| step.get(name).text().to_string();
    let all = recording.get("steps").items().iter().map(|step| Recorded {
        command: text(step, "cmd"),
        host: text(step, "host"),
        condition: text(step, "condition"),
        code: step.get("rc").as_int(),
        stdout: text(step, "stdout"),
        stderr: text(step, "stderr"),
        file: ["condition", "note", "config", "file"]
            .iter()
            .map(|name| text(step, name))
            .find(|text| text.starts_with("apiVersion:") || text.starts_with("kind:")),
    });
    all.filter(|step| !step.command.starts_with('(')).collect()
}

/// A server in a recorded condition; what the words do not name is healthy.
pub fn server(step: &Recorded) -> Machine {
    let address = match step.host.as_str() {
        "worker-1" => "10.0.0.11",
        "control-plane-2" => "10.0.0.12",
        _ => "10.0.0.10",
    };
    let name = if step.host.is_empty() { "control-plane" } else { &step.host };
    let mut machine = Machine::prepared(name, address, "v1.37.2", 7);
    CONDITIONS.iter().filter(|(words, _)| step.condition.contains(words)).for_each(|(_, set)| set(&mut machine, &step.condition));
    machine
}

type Set = fn(&mut Machine, &str);

/// Words of conditions and what they mean on a server.
const CONDITIONS: &[(&str, Set)] = &[
    ("bare host", |machine, _| {
        machine.stop_unit(Time::START, "containerd");
        hardware(machine, |hardware| hardware.cgroup = 1);
        machine.set_sysctl("net.ipv4.ip_forward", "0");
        machine.alter_unit("kubelet", |unit| unit.enabled = false);
    }),
    ("no runtime", |machine, _| machine.stop_unit(Time::START, "containerd")),
    ("no container runtime", |machine, _| machine.stop_unit(Time::START, "containerd")),
    ("containerd is not running", |machine, _| machine.stop_unit(Time::START, "containerd")),
    ("cgroup v1", |machine, _| hardware(machine, |hardware| hardware.cgroup = 1)),
    ("RuntimeReady=false", |machine, _| {
        let not_ready = (Text::new_static("ContainerdNotReady"), Text::new_static("containerd: not ready"));
        Arc::make_mut(&mut machine.runtime).not_ready = Some(not_ready);
    }),
    ("ip_forward = 0", |machine, _| machine.set_sysctl("net.ipv4.ip_forward", "0")),
    ("ip_forward=0", |machine, _| machine.set_sysctl("net.ipv4.ip_forward", "0")),
    ("swap is on", |machine, _| {
        machine.swaps = Arc::new(vec![crate::machine::Swap { path: Text::new_static("/dev/sda3"), mib: 976 }]);
    }),
    ("1 CPU", |machine, _| hardware(machine, |hardware| hardware.cores = 1)),
    ("one CPU", |machine, _| hardware(machine, |hardware| hardware.cores = 1)),
    ("of memory", |machine, _| hardware(machine, |hardware| hardware.memory_mib = 957)),
    ("in use", |machine, words| {
        let ports: Vec<u16> = words.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
        let pid = machine.spawn(Time::START, "root", 1, "/usr/bin/listener");
        ports.into_iter().for_each(|port| machine.listen(pid, "*", port));
    }),
    ("manifests already exist", |machine, _| {
        for name in ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"] {
            machine.files.write(&format!("/etc/kubernetes/manifests/{name}.yaml"), "");
        }
    }),
    ("/var/lib/etcd is not empty", |machine, _| machine.files.write("/var/lib/etcd/member/snap/db", "")),
    ("not in PATH", |machine, words| {
        let names = words.replace(',', " ").replace(" and ", " ");
        names.split(' ').filter(|name| !name.is_empty()).for_each(|name| {
            machine.files.remove(&format!("/usr/bin/{name}"));
        });
    }),
    ("kubelet is not installed", |machine, _| {
        machine.files.remove("/usr/bin/kubelet");
    }),
    ("kubelet neither installed", |machine, _| {
        machine.files.remove("/usr/bin/kubelet");
        machine.units.remove_mut("kubelet");
    }),
    ("kubelet installed but not enabled", |machine, _| machine.alter_unit("kubelet", |unit| unit.enabled = false)),
    ("kubelet is not enabled", |machine, _| machine.alter_unit("kubelet", |unit| unit.enabled = false)),
    ("installed kubelet is v", |machine, words| {
        let version = words.split_whitespace().last().unwrap_or("");
        machine.files.program("/usr/bin/kubelet", version);
    }),
    ("no default route", |machine, _| machine.gateway = None),
    ("another pause image", |machine, _| {
        Arc::make_mut(&mut machine.runtime).sandbox_image = Text::new_static("registry.k8s.io/pause:3.8");
    }),
    ("CRI-O sockets exist", |machine, _| machine.bind("/run/crio/crio.sock")),
    ("containerd 1", |machine, _| Arc::make_mut(&mut machine.runtime).tells_config = false),
    ("RuntimeConfig", |machine, _| Arc::make_mut(&mut machine.runtime).tells_config = false),
    ("firewalld", |machine, _| {
        machine.add_unit("firewalld", "firewalld - dynamic firewall daemon", "/usr/sbin/firewalld");
        machine.alter_unit("firewalld", |unit| unit.state = State::Active);
    }),
];

fn hardware(machine: &mut Machine, change: fn(&mut crate::machine::Hardware)) {
    change(Arc::make_mut(&mut machine.hardware));
}

/// The world of the recordings: no Internet, a name server that refuses, a registry that answers unless the condition says no.
pub struct Recording {
    pub pulls: bool,
    nothing: Nothing,
}

impl Recording {
    pub fn new(step: &Recorded) -> Recording {
        Recording { pulls: !step.condition.contains("cannot be pulled"), nothing: Nothing }
    }
}

macro_rules! through {
    ($($name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)*) => {
        $(fn $name(&mut self, $($arg: $kind),*) -> crate::outside::Answer<$out> { self.nothing.$name($($arg),*) })*
    };
}

impl Outside for Recording {
    fn pull(&mut self, machine: &Machine, at: Time, image: &str) -> crate::outside::Answer<Result<(), String>> {
        if self.pulls { Ok((Ok(()), simcore::Duration::millis(1))) } else { self.nothing.pull(machine, at, image) }
    }

    through! {
        lookup(machine: &Machine, at: Time, name: &str) -> Result<Vec<Text>, String>;
        fetch(machine: &Machine, at: Time, url: &str) -> Result<String, String>;
        api(machine: &mut Machine, at: Time, server: &str, request: objects::wire::Request) -> Result<objects::wire::Response, String>;
        wait(machine: &mut Machine, at: Time, probe: &crate::outside::Probe, within: simcore::Duration) -> Result<(), String>;
        wait_file(machine: &mut Machine, at: Time, path: &str, within: simcore::Duration) -> Result<(), String>;
        etcd(machine: &mut Machine, at: Time, endpoint: &str, ask: &crate::outside::EtcdAsk) -> Result<Vec<crate::outside::EtcdMember>, String>;
    }
}

/// Phases behind preflight, which the recorded refusals leave out.
const LATER: &str = "certs,kubeconfig,etcd,control-plane,kubelet-start,wait-control-plane,upload-config,upload-certs,mark-control-plane,bootstrap-token,kubelet-finalize,addon,show-join-command";

/// Runs a step on its own server. `only_preflight`: the recording ends there.
pub fn replay(step: &Recorded, only_preflight: bool) -> Ran {
    let mut machine = server(step);
    let mut outside = Recording::new(step);
    let user = if step.condition.contains("not root") { "debian" } else { "root" };
    let mut login = Login::new(user);
    let text = step.file.as_deref().unwrap_or("");
    for word in step.command.split_whitespace().filter(|word| word.ends_with(".yaml")) {
        let known = if text.is_empty() { "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n" } else { text };
        machine.files.write(&if word.starts_with('/') { word.to_string() } else { format!("/root/{word}") }, known);
    }
    let skip = if only_preflight && step.command.contains("kubeadm init") { format!(" --skip-phases {LATER}") } else { String::new() };
    let (first, rest) = step.command.split_once(" | ").unwrap_or((&step.command, ""));
    let line = if rest.is_empty() { format!("{first}{skip}") } else { format!("{first}{skip} | {rest}") };
    run(&mut machine, &mut login, Time::START, &line, &mut outside)
}

/// What may differ from run to run, as one word each.
pub fn masked(text: &str) -> String {
    let text = text.replace("registry.k8s.io", "<registry>");
    text.trim_end().lines().map(line).collect::<Vec<_>>().join("\n")
}

fn line(text: &str) -> String {
    // What the registry was asked for is the stand-in's, cut off.
    let cut = text.split_once("https://<registry>/v2/").and_then(|(head, tail)| Some((head, tail.split_once(": dial")?.1)));
    let text = &cut.map_or(text.to_string(), |(head, tail)| format!("{head}https://<registry>/v2/…: dial{tail}"));
    let klog = text.len() > 30 && text.as_bytes()[1..5].iter().all(u8::is_ascii_digit) && "IWE".contains(&text[..1]);
    let mut text = match text.split_once("] ").filter(|_| klog) {
        Some((head, rest)) => {
            let place = head.rsplit(' ').next().unwrap_or("");
            format!("{} {place}] {rest}", &head[..1])
        }
        None => text.to_string(),
    };
    // The client's port, and how the name server failed, which differed between recordings of one condition.
    if let Some((head, tail)) = text.clone().split_once(": read udp ") {
        let end = tail.split(": ").skip(2).collect::<Vec<_>>().join(": ");
        text = format!("{head}: <dns>{}", if end.is_empty() { String::new() } else { format!(": {end}") });
    }
    text = text
        .split(": <dns>")
        .next()
        .map_or(text.clone(), |head| if text.contains(": <dns>") { format!("{head}: <dns>") } else { text.clone() });
    let words: Vec<String> = text.split(' ').map(word).collect();
    words.join(" ").trim_end().to_string()
}

/// Hashes, keys, tokens, spans and folders by chance.
fn word(word: &str) -> String {
    let bare = word.trim_matches(|c: char| "\"',.[]".contains(c));
    let hex = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let token =
        bare.len() == 23 && bare.as_bytes()[6] == b'.' && bare.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.');
    let span = bare.ends_with('s') && bare.starts_with(|c: char| c.is_ascii_digit()) && bare.contains('.');
    let stamp = bare.len() == 20 && bare.ends_with('Z') && bare.as_bytes()[4] == b'-';
    if hex(bare) || bare.strip_prefix("sha256:").is_some_and(hex) {
        "<hash>".into()
    } else if token {
        "<token>".into()
    } else if stamp {
        word.replace(bare, "<time>")
    } else if span {
        "<span>".into()
    } else if let Some((head, tail)) = word.split_once("-dryrun") {
        format!("{head}-dryrun<n>{}", tail.trim_start_matches(|c: char| c.is_ascii_digit()))
    } else {
        word.into()
    }
}

/// Whether ours says the same; else where it begins to differ.
pub fn compare(step: &Recorded, ran: &Ran) -> Result<(), String> {
    let told = |text: &String| step.code.is_some() || !text.is_empty();
    let parts =
        [("stdout", &step.stdout, &ran.stdout), ("stderr", &step.stderr, &ran.stderr)].into_iter().filter(|(_, wanted, _)| told(wanted));
    for (name, wanted, got) in parts {
        let (wanted, got) = (masked(wanted), masked(got));
        if wanted != got {
            let (mut a, mut b) = (wanted.lines(), got.lines());
            loop {
                match (a.next(), b.next()) {
                    (x, y) if x == y => {}
                    (x, y) => return Err(format!("{name}: wanted {x:?}\n      got    {y:?}")),
                }
            }
        }
    }
    match step.code {
        Some(code) if code != i64::from(ran.code) => Err(format!("code: wanted {code}, got {}", ran.code)),
        _ => Ok(()),
    }
}

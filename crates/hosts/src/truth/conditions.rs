//! Words of recorded conditions and what they mean on a server.
use crate::machine::units::State;
use crate::machine::{Hardware, Machine, Swap};
use objects::Text;
use simcore::Time;
use std::sync::Arc;

/// A healthy server of the recordings' network.
pub fn server(host: &str) -> Machine {
    let address = match host {
        "worker-1" => "10.0.0.11",
        "control-plane-2" => "10.0.0.12",
        _ => "10.0.0.10",
    };
    Machine::prepared(if host.is_empty() { "control-plane" } else { host }, address, "v1.37.2", 7, Time::START)
}

/// Puts a server into a condition; what the words do not name stays.
pub fn set(machine: &mut Machine, condition: &str) {
    CONDITIONS.iter().filter(|(words, _)| condition.contains(words)).for_each(|(_, set)| set(machine, condition));
}

/// Takes a condition away again that held for one step only.
pub fn heal(machine: &mut Machine, before: &Machine) {
    machine.hardware = before.hardware.clone();
    machine.sysctls = before.sysctls.clone();
    machine.swaps = before.swaps.clone();
    machine.gateway = before.gateway.clone();
    machine.start_unit(Time::START, "containerd");
    machine.alter_unit("kubelet", |unit| unit.enabled = true);
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
        machine.swaps = Arc::new(vec![Swap { path: Text::new_static("/dev/sda3"), mib: 976 }]);
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
    ("installed kubeadm is v", |machine, words| {
        let version = words.split_whitespace().last().unwrap_or("");
        machine.files.program("/usr/bin/kubeadm", version);
    }),
    ("no default route", |machine, _| machine.gateway = None),
    ("another pause image", |machine, _| {
        Arc::make_mut(&mut machine.runtime).sandbox_image = Text::new_static("registry.k8s.io/pause:3.8");
    }),
    ("CRI-O sockets exist", |machine, _| machine.bind("/run/crio/crio.sock")),
    ("containerd 1", |machine, _| Arc::make_mut(&mut machine.runtime).tells_config = false),
    ("without curl", |machine, _| {
        machine.files.remove("/usr/bin/curl");
    }),
    ("without wget", |machine, _| {
        machine.files.remove("/usr/bin/wget");
    }),
    ("without sudo", |machine, _| {
        machine.files.remove("/usr/bin/sudo");
    }),
    ("without systemd", |machine, _| {
        machine.files.remove("/usr/bin/systemctl");
    }),
    ("without iptables", |machine, _| {
        machine.files.remove("/usr/bin/iptables");
    }),
    ("clock is behind", |machine, words| machine.clock_offset = -1_000_000 * seconds(words)),
    ("clock is ahead", |machine, words| machine.clock_offset = 1_000_000 * seconds(words)),
    ("RuntimeConfig", |machine, _| Arc::make_mut(&mut machine.runtime).tells_config = false),
    ("firewalld", |machine, _| {
        machine.add_unit("firewalld", "firewalld - dynamic firewall daemon", "/usr/sbin/firewalld");
        machine.alter_unit("firewalld", |unit| unit.state = State::Active);
    }),
];

/// The first number of some words.
fn seconds(words: &str) -> i64 {
    words.split(|c: char| !c.is_ascii_digit()).find_map(|part| part.parse().ok()).unwrap_or(0)
}

fn hardware(machine: &mut Machine, change: fn(&mut Hardware)) {
    change(Arc::make_mut(&mut machine.hardware));
}

//! The scripts that come with K3s: installer, killall, uninstall. A shell knows each by its second line.
use super::{DATA, install, web};
use crate::call::{Call, Step, Stop};
use crate::machine::units::State;
use crate::machine::{File, Kind, Machine, Process};
use crate::programs::Program;
use objects::Text;
use std::sync::Arc;

const KILLALL: &str = "#!/bin/sh\n# Ends all of K3s on this server: units, containers, network devices. Carried out by the simulator.\n";
const UNINSTALL: &str = "#!/bin/sh\n# Removes K3s from this server. Carried out by the simulator.\n";

/// What a script's text means, if it is one of K3s's.
pub fn find(text: &str) -> Option<Program> {
    const TABLE: [(&str, Program); 3] = [(web::INSTALLER, install::run), (KILLALL, killall), (UNINSTALL, uninstall)];
    TABLE.iter().find(|(known, _)| text.starts_with(known)).map(|(_, program)| *program)
}

fn write(machine: &mut Machine, path: &str, text: &str) {
    machine.files.put(path, File { kind: Kind::Plain(Arc::from(text)), mode: 0o755, owner: Text::new_static("root") });
}

pub(super) fn write_killall(machine: &mut Machine, bin: &str) {
    write(machine, &format!("{bin}/k3s-killall.sh"), KILLALL);
}

pub(super) fn write_uninstall(machine: &mut Machine, bin: &str, name: &str) {
    write(machine, &format!("{bin}/{name}-uninstall.sh"), UNINSTALL);
}

/// Whether a process is one that holds a Pod's containers for K3s's containerd; it lives on when that ends.
fn is_own_shim(process: &Process) -> bool {
    process.command.strip_prefix(DATA).is_some_and(|rest| rest.starts_with("/data/") && rest.contains("/bin/containerd-shim"))
}

/// What `set -x` prints.
fn trace(call: &mut Call, words: impl std::fmt::Display) {
    call.complain(format_args!("+ {words}"));
}

fn become_root(call: &mut Call) -> Step<()> {
    if !call.is_root() && call.machine.program("sudo").is_none() {
        call.complain("sudo: not found");
        return Err(Stop::Code(127));
    }
    call.user = Text::new_static("root");
    Ok(())
}

fn units(machine: &Machine) -> Vec<String> {
    let names = machine.files.names("/etc/systemd/system");
    names.iter().filter_map(|name| name.strip_suffix(".service")).filter(|name| name.starts_with("k3s")).map(String::from).collect()
}

/// `k3s-killall.sh`
fn killall(call: &mut Call) -> Step<()> {
    become_root(call)?;
    let now = call.now;
    for name in units(call.machine) {
        let path = format!("/etc/systemd/system/{name}.service");
        trace(call, format_args!("[ -s {path} ]"));
        trace(call, format_args!("basename {path}"));
        trace(call, format_args!("systemctl stop {name}.service"));
        call.machine.stop_unit(now, &name);
    }
    trace(call, "[ -x /etc/init.d/k3s* ]");
    let mut gone: Vec<u32> = call.machine.processes.iter().filter(|one| is_own_shim(one)).map(|one| one.pid).collect();
    let mut at = 0;
    while at < gone.len() {
        let parent = gone[at];
        gone.extend(call.machine.processes.iter().filter(|one| one.parent == parent).map(|one| one.pid).collect::<Vec<_>>());
        at += 1;
    }
    let all: Vec<String> = gone.iter().map(u32::to_string).collect();
    trace(call, format_args!("killtree {}", all.join(" ")).to_string().trim_end());
    trace(call, format_args!("kill -9 {}", all.join(" ")).to_string().trim_end());
    gone.into_iter().for_each(|pid| call.machine.kill(pid));
    for folder in ["/run/k3s", "/var/lib/kubelet/pods", "/var/lib/kubelet/plugins", "/run/netns/cni-"] {
        trace(call, format_args!("do_unmount_and_remove {folder}"));
        trace(call, "set +x");
        call.machine.files.remove(folder);
    }
    trace(call, "remove_interfaces");
    for device in ["cni0", "flannel.1", "flannel-v6.1", "kube-ipvs0", "flannel-wg", "flannel-wg-v6"] {
        trace(call, format_args!("ip link delete {device}"));
        let held = call.machine.interfaces.iter().any(|one| one.name == device);
        match held {
            true => Arc::make_mut(&mut call.machine.interfaces).retain(|one| one.name != device),
            false => call.complain(format_args!("Cannot find device \"{device}\"")),
        }
    }
    Arc::make_mut(&mut call.machine.sockets).retain(|socket| socket.pid != 0);
    trace(call, "rm -rf /var/lib/cni/");
    call.machine.files.remove("/var/lib/cni");
    for tool in ["iptables", "ip6tables"] {
        trace(call, format_args!("{tool}-save"));
        trace(call, "grep -v KUBE-");
        trace(call, "grep -v CNI-");
        trace(call, "grep -iv flannel");
        trace(call, format_args!("{tool}-restore"));
    }
    Ok(())
}

/// `k3s-uninstall.sh`, `k3s-agent-uninstall.sh`: which unit goes, its name says.
fn uninstall(call: &mut Call) -> Step<()> {
    become_root(call)?;
    let names: Vec<String> = ["k3s", "k3s-agent"].iter().map(|name| name.to_string()).chain(units(call.machine)).collect();
    let name = call.name.rsplit('/').next().and_then(|file| file.strip_suffix("-uninstall.sh"));
    let name = name.map(String::from).or_else(|| names.first().cloned()).unwrap_or_default();
    trace(call, "id -u");
    trace(call, "[ 0 -eq 0 ]");
    trace(call, "/usr/local/bin/k3s-killall.sh");
    killall(call)?;
    trace(call, "command -v systemctl");
    call.say("/usr/bin/systemctl");
    trace(call, format_args!("systemctl disable {name}"));
    if call.machine.unit(&name).is_some_and(|unit| unit.enabled) {
        call.complain(format_args!("Removed \"/etc/systemd/system/multi-user.target.wants/{name}.service\"."));
    }
    trace(call, format_args!("systemctl reset-failed {name}"));
    if call.machine.unit(&name).is_none_or(|unit| unit.state != State::Failed) {
        call.complain(format_args!("Failed to reset failed state of unit {name}.service: Unit {name}.service not loaded."));
    }
    trace(call, "systemctl daemon-reload");
    trace(call, "command -v rc-update");
    let unit = format!("/etc/systemd/system/{name}.service");
    for path in [unit.clone(), format!("{unit}.env")] {
        trace(call, format_args!("rm -f {path}"));
        call.machine.files.remove(&path);
    }
    call.machine.enable_unit(&name, false);
    call.machine.units.remove_mut(name.as_str());
    trace(call, "trap remove_uninstall EXIT");
    trace(call, "ls /etc/systemd/system/k3s*.service");
    let own = format!("/usr/local/bin/{name}-uninstall.sh");
    if !units(call.machine).is_empty() {
        trace(call, "set +x");
        call.say("Additional k3s services installed, skipping uninstall of k3s");
        trace(call, "exit");
        trace(call, "remove_uninstall");
        trace(call, format_args!("rm -f {own}"));
        call.machine.files.remove(&own);
        return Ok(());
    }
    for tool in ["kubectl", "crictl", "ctr"] {
        let path = format!("/usr/local/bin/{tool}");
        trace(call, format_args!("[ -L {path} ]"));
        if call.machine.files.entry(&path).is_some_and(|file| matches!(file.kind, Kind::Link(_))) {
            trace(call, format_args!("rm -f {path}"));
            call.machine.files.remove(&path);
        }
    }
    for folder in ["/etc/rancher/k3s", "/run/k3s", "/run/flannel", DATA, "/var/lib/kubelet"] {
        let word = if folder == DATA { "clean_mounted_directory" } else { "rm -rf" };
        trace(call, format_args!("{word} {folder}"));
        call.machine.files.remove(folder);
    }
    for path in ["/usr/local/bin/k3s", "/usr/local/bin/k3s-killall.sh"] {
        trace(call, format_args!("rm -f {path}"));
        call.machine.files.remove(path);
    }
    for tool in ["yum", "rpm-ostree", "zypper"] {
        trace(call, format_args!("type {tool}"));
    }
    trace(call, "remove_uninstall");
    trace(call, format_args!("rm -f {own}"));
    call.machine.files.remove(&own);
    Ok(())
}

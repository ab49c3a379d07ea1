//! The programs of a server: one row for each name.
mod about;
mod acting;
mod containers;
mod files;
mod firewall;
mod hostinfo;
mod interfaces;
mod journal;
mod kernel;
mod net;
mod openssl;
mod packages;
mod ps;
mod script;
mod systemd;
mod text;
mod top;

pub use hostinfo::machine_name;
pub use net::{UNWELL, curl_words};

use crate::Machine;
use crate::call::{Call, Step};
use crate::machine::Kind;
use crate::{k3s, kubeadm};

/// A program: reads its words from the call, says its words into it.
pub type Program = fn(&mut Call) -> Step<()>;

/// Programs of the base system; kubeadm and others must be installed first.
const TABLE: &[(&str, Program)] = &[
    ("apt", packages::apt),
    ("apt-cache", packages::apt_cache),
    ("apt-get", packages::apt),
    ("apt-mark", packages::apt_mark),
    ("bash", script::sh),
    ("cat", files::cat),
    ("chmod", files::chmod),
    ("chown", files::chown),
    ("cp", files::cp),
    ("date", hostinfo::date),
    ("df", hostinfo::df),
    ("diff", about::diff),
    ("dmesg", about::dmesg),
    ("dpkg", packages::dpkg),
    ("du", about::du),
    ("echo", text::echo),
    ("env", about::env),
    ("false", |_| Err(crate::call::Stop::Code(1))),
    ("find", text::find),
    ("free", hostinfo::free),
    ("groups", about::groups),
    ("hostname", hostinfo::hostname),
    ("hostnamectl", hostinfo::hostnamectl),
    ("id", hostinfo::id),
    ("ip", interfaces::ip),
    ("iptables", firewall::iptables),
    ("journalctl", journal::journalctl),
    ("kill", acting::kill),
    ("killall", acting::pkill),
    ("ln", files::ln),
    ("ls", files::ls),
    ("lsblk", about::lsblk),
    ("lscpu", top::lscpu),
    ("lsmod", kernel::lsmod),
    ("mkdir", files::mkdir),
    ("modprobe", kernel::modprobe),
    ("mount", about::mount),
    ("mv", files::mv),
    ("nano", text::edit),
    ("nproc", hostinfo::nproc),
    ("openssl", openssl::openssl),
    ("pgrep", kernel::pgrep),
    ("pidof", kernel::pidof),
    ("ping", net::ping),
    ("pkill", acting::pkill),
    ("printenv", about::env),
    ("printf", text::printf),
    ("ps", ps::ps),
    ("reboot", kernel::reboot),
    ("rm", files::rm),
    ("sh", script::sh),
    ("sha256sum", files::sha256sum),
    ("sleep", kernel::sleep),
    ("ss", kernel::ss),
    ("stat", files::stat),
    ("swapoff", kernel::swapoff),
    ("swapon", kernel::swapon),
    ("sysctl", kernel::sysctl),
    ("systemctl", systemd::systemctl),
    ("tee", text::tee),
    ("timedatectl", top::timedatectl),
    ("top", top::top),
    ("touch", files::touch),
    ("true", |_| Ok(())),
    ("uname", hostinfo::uname),
    ("uptime", top::uptime),
    ("vi", text::edit),
    ("which", files::which),
    ("who", about::who),
    ("whoami", hostinfo::whoami),
    ("xargs", text::xargs),
];

/// Programs that a package brings: only there while their file is.
const INSTALLED: &[(&str, Program)] = &[
    ("containerd", containers::containerd),
    ("crictl", containers::crictl),
    ("ctr", containers::ctr),
    ("curl", net::curl),
    ("gpg", packages::gpg),
    ("k3s", k3s::run),
    ("kubeadm", kubeadm::run),
    ("kubelet", kernel::kubelet),
    ("runc", containers::runc),
    ("wget", net::wget),
];

/// The program behind a name or a path.
pub fn find(name: &str, machine: &Machine) -> Option<Program> {
    let bare = name.rsplit('/').next().unwrap_or(name);
    let path = if name.contains('/') { name.to_string() } else { machine.which(name).unwrap_or_default() };
    if machine.files.read(&path).is_some() {
        return machine.files.get(&path).is_some_and(|file| file.mode & 0o111 != 0).then_some(script::file as Program);
    }
    if bare == "kubectl" && machine.files.real(&path).ends_with("/k3s") {
        return Some(|call| {
            let words = call.words.clone();
            k3s::kubectl(call, &words)
        });
    }
    if let Some((_, program)) = INSTALLED.iter().find(|(known, _)| *known == bare) {
        let there =
            if name.contains('/') { matches!(machine.files.get(name)?.kind, Kind::Program(_)) } else { machine.program(name).is_some() };
        return there.then_some(*program);
    }
    let listed = TABLE.iter().find(|(known, _)| *known == bare).map(|(_, program)| *program);
    listed.or_else(|| filters::find(bare).map(|_| text::filter as Program))
}

/// A container tool by its name, for `k3s crictl`.
pub fn tool(name: &str) -> Option<Program> {
    INSTALLED.iter().find(|(known, _)| *known == name).map(|(_, program)| *program)
}

/// Flags and other words, apart.
fn apart(words: &[String]) -> (Vec<&str>, Vec<&str>) {
    let (flags, rest): (Vec<&str>, Vec<&str>) = words.iter().map(String::as_str).partition(|word| word.starts_with('-') && word.len() > 1);
    (flags, rest)
}

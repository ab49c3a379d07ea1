//! The programs of a server: one row for each name.
mod acting;
mod files;
mod hostinfo;
mod kernel;
mod systemd;
mod text;

use crate::Machine;
use crate::call::{Call, Step};
use crate::kubeadm;
use crate::machine::Kind;

/// A program: reads its words from the call, says its words into it.
pub type Program = fn(&mut Call) -> Step<()>;

/// Programs of the base system; kubeadm and others must be installed first.
const TABLE: &[(&str, Program)] = &[
    ("cat", files::cat),
    ("chmod", files::chmod),
    ("chown", files::chown),
    ("cp", files::cp),
    ("date", hostinfo::date),
    ("df", hostinfo::df),
    ("echo", text::echo),
    ("find", text::find),
    ("free", hostinfo::free),
    ("grep", text::grep),
    ("head", text::head),
    ("hostname", hostinfo::hostname),
    ("hostnamectl", hostinfo::hostnamectl),
    ("id", hostinfo::id),
    ("ip", kernel::ip),
    ("iptables", acting::iptables),
    ("journalctl", systemd::journalctl),
    ("kill", acting::kill),
    ("killall", acting::pkill),
    ("ls", files::ls),
    ("lsmod", kernel::lsmod),
    ("mkdir", files::mkdir),
    ("modprobe", kernel::modprobe),
    ("mv", acting::mv),
    ("nano", text::edit),
    ("nproc", hostinfo::nproc),
    ("openssl", files::openssl),
    ("pkill", acting::pkill),
    ("ps", hostinfo::ps),
    ("reboot", kernel::reboot),
    ("rm", files::rm),
    ("sed", text::sed),
    ("sleep", kernel::sleep),
    ("sort", text::sort),
    ("ss", kernel::ss),
    ("swapoff", kernel::swapoff),
    ("swapon", kernel::swapon),
    ("sysctl", kernel::sysctl),
    ("systemctl", systemd::systemctl),
    ("tail", text::tail),
    ("tee", text::tee),
    ("touch", files::touch),
    ("true", |_| Ok(())),
    ("uname", hostinfo::uname),
    ("vi", text::edit),
    ("whoami", hostinfo::whoami),
];

/// Programs that a package brings: only there while their file is.
const INSTALLED: &[(&str, Program)] = &[("kubeadm", kubeadm::run), ("kubelet", kernel::kubelet)];

/// The program behind a name or a path.
pub fn find(name: &str, machine: &Machine) -> Option<Program> {
    let bare = name.rsplit('/').next().unwrap_or(name);
    if let Some((_, program)) = INSTALLED.iter().find(|(known, _)| *known == bare) {
        let there =
            if name.contains('/') { matches!(machine.files.get(name)?.kind, Kind::Program(_)) } else { machine.program(name).is_some() };
        return there.then_some(*program);
    }
    TABLE.iter().find(|(known, _)| *known == bare).map(|(_, program)| *program)
}

/// Flags and other words, apart.
fn apart(words: &[String]) -> (Vec<&str>, Vec<&str>) {
    let (flags, rest): (Vec<&str>, Vec<&str>) = words.iter().map(String::as_str).partition(|word| word.starts_with('-') && word.len() > 1);
    (flags, rest)
}

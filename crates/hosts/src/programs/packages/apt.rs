//! `apt` and `apt-get`: the verb, who may use it, and where it leads.
use super::{change, lists, look};
use crate::call::{Call, Step, Stop};
use crate::programs::apart;

const LOCK: &str = "/var/lib/dpkg/lock-frontend";

/// `apt-get update|install|remove|upgrade`, `apt list|show`
pub fn apt(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, rest) = apart(&words);
    let Some((verb, names)) = rest.split_first() else {
        let arch = call.machine.hardware.arch.clone();
        call.say(format_args!("apt 2.6.1 ({arch})\nUsage: apt-get [options] command"));
        return Ok(());
    };
    let has = |names: &[&str]| flags.iter().any(|flag| names.contains(flag));
    let may = change::May {
        yes: has(&["-y", "--yes", "-qy", "-yq", "--assume-yes", "-qqy", "-yqq"]),
        held: has(&["--allow-change-held-packages"]),
        older: has(&["--allow-downgrades"]),
    };
    match *verb {
        "update" if !call.is_root() => {
            call.say("Reading package lists... Done");
            locked(call, "/var/lib/apt/lists/lock", "Unable to lock directory /var/lib/apt/lists/")
        }
        "install" | "remove" | "purge" | "upgrade" | "dist-upgrade" | "full-upgrade" | "autoremove" if !call.is_root() => {
            locked(call, LOCK, &format!("Unable to acquire the dpkg frontend lock ({LOCK}), are you root?"))
        }
        "update" => lists::update(call),
        "install" => change::install(call, names, &may),
        "remove" | "purge" => change::remove(call, names, &may, *verb == "purge"),
        "upgrade" | "dist-upgrade" | "full-upgrade" => change::upgrade(call, &may),
        "autoremove" => change::nothing(call),
        "clean" | "autoclean" => Ok(()),
        "list" if call.name == "apt" => look::list(call, &flags, names),
        "show" if call.name == "apt" => look::show(call, names),
        "policy" | "madison" if call.name == "apt" => look::apt_cache(call),
        other => {
            call.complain(format_args!("E: Invalid operation {other}"));
            Err(Stop::Code(100))
        }
    }
}

fn locked(call: &mut Call, lock: &str, what: &str) -> Step<()> {
    call.complain(format_args!("E: Could not open lock file {lock} - open (13: Permission denied)\nE: {what}"));
    Err(Stop::Code(100))
}

//! Programs that turn the kernel's switches or read them: swap, modules, sysctl, ip, ss, reboot.
use super::apart;
use crate::call::{Call, Step, Stop, fail};
use crate::machine::Swap;
use objects::Text;
use simcore::Duration;
use std::sync::Arc;

pub fn swapoff(call: &mut Call) -> Step<()> {
    if !call.is_root() {
        return fail("Not superuser.");
    }
    let all = call.words.iter().any(|word| word == "-a" || word == "--all");
    let words = call.words.clone();
    Arc::make_mut(&mut call.machine.swaps).retain(|swap| !all && !words.iter().any(|word| *word == swap.path));
    call.work(Duration::millis(200));
    Ok(())
}

pub fn swapon(call: &mut Call) -> Step<()> {
    if call.words.iter().any(|word| word == "-a") {
        call.machine.swaps = Arc::new(call.machine.fstab_swaps());
        return Ok(());
    }
    if let Some(path) = call.words.iter().find(|word| word.starts_with('/')).cloned() {
        Arc::make_mut(&mut call.machine.swaps).push(Swap { path: Text::new(&path), mib: 976 });
        return Ok(());
    }
    let swaps = call.machine.swaps.clone();
    if !swaps.is_empty() {
        call.say("NAME      TYPE       SIZE USED PRIO");
        swaps.iter().for_each(|swap| call.say(format_args!("{:<9} partition {:>4}M   0B   -2", swap.path, swap.mib)));
    }
    Ok(())
}

const KNOWN: [&str; 12] = [
    "overlay",
    "br_netfilter",
    "ip_vs",
    "ip_vs_rr",
    "ip_vs_wrr",
    "ip_vs_sh",
    "nf_conntrack",
    "nf_tables",
    "vxlan",
    "wireguard",
    "dummy",
    "ipip",
];

pub fn modprobe(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    for name in apart(&words).1 {
        if !KNOWN.contains(&name) && !call.machine.has_module(name) {
            let kernel = call.machine.hardware.kernel.clone();
            return fail(format!("FATAL: Module {name} not found in directory /lib/modules/{kernel}"));
        }
        if !call.is_root() {
            return fail(format!("ERROR: could not insert '{name}': Operation not permitted"));
        }
        if !call.machine.has_module(name) {
            Arc::make_mut(&mut call.machine.modules).push(Text::new(name));
        }
        if name == "br_netfilter" {
            call.machine.set_sysctl("net.bridge.bridge-nf-call-iptables", "1");
            call.machine.set_sysctl("net.bridge.bridge-nf-call-ip6tables", "1");
        }
    }
    Ok(())
}

pub fn lsmod(call: &mut Call) -> Step<()> {
    call.say("Module                  Size  Used by");
    let modules = call.machine.modules.clone();
    modules.iter().rev().for_each(|name| call.say(format_args!("{name:<19} {:>8}  0", 16_384 * (1 + name.len()))));
    Ok(())
}

pub fn sysctl(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, rest) = apart(&words);
    if flags.contains(&"--system") {
        for path in call.machine.sysctl_files() {
            call.say(format_args!("* Applying {path} ..."));
        }
        for path in call.machine.sysctl_files() {
            let text = call.machine.files.read(&path).unwrap_or_default();
            for (name, value) in crate::machine::settings(&text) {
                set(call, &name, &value)?;
            }
        }
        return Ok(());
    }
    if flags.contains(&"-p") {
        let path = rest.first().map_or("/etc/sysctl.conf".to_string(), |path| call.path(path));
        let Some(text) = call.machine.files.read(&path) else { return fail(format!("cannot open \"{path}\": No such file or directory")) };
        for (name, value) in crate::machine::settings(&text) {
            set(call, &name, &value)?;
        }
        return Ok(());
    }
    for word in rest {
        match word.split_once('=') {
            Some((name, value)) => set(call, name.trim(), value.trim())?,
            None => match call.machine.sysctl(word).cloned() {
                Some(value) if flags.contains(&"-n") => call.say(value),
                Some(value) => call.say(format_args!("{word} = {value}")),
                None => return fail(format!("cannot stat /proc/sys/{}: No such file or directory", word.replace('.', "/"))),
            },
        }
    }
    Ok(())
}

fn set(call: &mut Call, name: &str, value: &str) -> Step<()> {
    if call.machine.sysctl(name).is_none() {
        return fail(format!("cannot stat /proc/sys/{}: No such file or directory", name.replace('.', "/")));
    }
    if !call.is_root() {
        return fail(format!("permission denied on key \"{name}\""));
    }
    call.machine.set_sysctl(name, value);
    call.say(format_args!("{name} = {value}"));
    Ok(())
}

/// `ip addr`, `ip route`, `ip link`
pub fn ip(call: &mut Call) -> Step<()> {
    let interfaces = call.machine.interfaces.clone();
    match call.words.iter().find(|word| !word.starts_with('-')).map(String::as_str) {
        Some("a" | "addr" | "address") => show(call, true)?,
        Some("r" | "route") => {
            let name = interfaces.first().map(|one| one.name.clone()).unwrap_or_default();
            if let Some(gateway) = call.machine.gateway.clone() {
                call.say(format_args!("default via {gateway} dev {name}"));
            }
            for one in interfaces.iter().filter(|one| !one.address.is_empty()) {
                let network = one.address.rsplit_once('.').map_or("", |(network, _)| network);
                call.say(format_args!("{network}.0/{} dev {} proto kernel scope link src {}", one.prefix, one.name, one.address));
            }
        }
        Some("l" | "link") => return link(call),
        _ => {
            call.complain("Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }");
            return Err(Stop::Code(255));
        }
    }
    Ok(())
}

/// `ip link`, `ip addr`: all interfaces, or the one that is named.
fn show(call: &mut Call, addresses: bool) -> Step<()> {
    let words = call.words.iter().skip_while(|word| word.starts_with('-')).skip(1);
    let name = words.map(String::as_str).find(|word| !word.starts_with('-') && !matches!(*word, "show" | "list" | "dev")).unwrap_or("");
    let (name, interfaces) = (name.to_string(), call.machine.interfaces.clone());
    let plain = |one: &Text| one.split('@').next().unwrap_or_default().to_string();
    if !matches!(name.as_str(), "" | "lo") && !interfaces.iter().any(|one| plain(&one.name) == name) {
        call.complain(format_args!("Device \"{name}\" does not exist."));
        return Err(Stop::Code(1));
    }
    let mode = if addresses { "" } else { "mode DEFAULT " };
    if matches!(name.as_str(), "" | "lo") {
        call.say(format_args!("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN {mode}group default qlen 1000"));
        if addresses {
            call.say("    inet 127.0.0.1/8 scope host lo");
        }
    }
    let mut before = "";
    for (at, one) in interfaces.iter().enumerate().filter(|(_, one)| name.is_empty() || plain(&one.name) == name) {
        // An interface with several addresses has as many rows.
        if std::mem::replace(&mut before, &one.name) == one.name {
            if addresses {
                call.say(format_args!("    inet {}/{} scope global {}", one.address, one.prefix, one.name));
            }
            continue;
        }
        let dummy = one.name == "kube-ipvs0";
        let (flags, state) = match one.up {
            true => ("MULTICAST,UP,LOWER_UP", "UP"),
            false => (if dummy { "NOARP" } else { "MULTICAST" }, "DOWN"),
        };
        // Only a card has a queue.
        let (queue, state, tail) = match at {
            0 => ("fq_codel", state, " qlen 1000"),
            _ if dummy => ("noop", state, ""),
            _ => ("noqueue", if one.name == "flannel.1" { "UNKNOWN" } else { state }, ""),
        };
        let (mtu, title) = (one.mtu, &one.name);
        call.say(format_args!("{}: {title}: <BROADCAST,{flags}> mtu {mtu} qdisc {queue} state {state} {mode}group default{tail}", at + 2));
        if addresses && !one.address.is_empty() {
            call.say(format_args!("    inet {}/{} scope global {}", one.address, one.prefix, one.name));
        }
    }
    Ok(())
}

/// `ip link`, `ip link set [dev] eth0 up|down`, `ip link set [dev] eth0 mtu 1400`
fn link(call: &mut Call) -> Step<()> {
    let words: Vec<String> = call.words.iter().filter(|word| !word.starts_with('-') && *word != "dev").cloned().collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (name, mtu, state) = match words[..] {
        [_, "set", name, state @ ("up" | "down")] => (name, None, Some(state == "up")),
        [_, "set", name, "mtu", bytes] => (name, Some(bytes.to_string()), None),
        _ => return show(call, false),
    };
    if !call.is_root() {
        call.complain("RTNETLINK answers: Operation not permitted");
        return Err(Stop::Code(2));
    }
    let Some(at) = call.machine.interfaces.iter().position(|one| one.name == name) else {
        call.complain(format_args!("Cannot find device \"{name}\""));
        return Err(Stop::Code(1));
    };
    let interface = &mut Arc::make_mut(&mut call.machine.interfaces)[at];
    if let Some(up) = state {
        interface.up = up;
    }
    let Some(bytes) = mtu else { return Ok(()) };
    match bytes.parse::<u32>() {
        Ok(length @ 68..=65_535) => interface.mtu = length,
        Ok(length) => {
            let side = if length < 68 { "less than device minimum" } else { "greater than device maximum" };
            call.complain(format_args!("Error: mtu {side}."));
            return Err(Stop::Code(2));
        }
        Err(_) => {
            call.complain(format_args!("Error: argument \"{bytes}\" is wrong: Invalid \"mtu\" value"));
            return Err(Stop::Code(255));
        }
    }
    Ok(())
}

/// `ss -tlnp`, `ss -ulnp`
pub fn ss(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let has = |letter: char| words.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(letter));
    let (tcp, udp) = (has('t') || !has('u'), has('u') || !has('t'));
    let both = tcp && udp;
    let kind = if both { "Netid " } else { "" };
    call.say(format_args!("{kind}State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process"));
    let mut sockets = call.machine.sockets.to_vec();
    sockets.retain(|socket| if socket.udp { udp } else { tcp });
    sockets.sort_by_key(|socket| (socket.udp, socket.port));
    for socket in sockets {
        let name = call.machine.processes.iter().find(|one| one.pid == socket.pid).map_or("", |one| one.name()).to_string();
        let owned = call.is_root() && has('p') && socket.pid != 0;
        let owner = if owned { format!(" users:((\"{name}\",pid={},fd=3))", socket.pid) } else { String::new() };
        let (word, state, queue) = if socket.udp { ("udp   ", "UNCONN", 0) } else { ("tcp   ", "LISTEN", 4096) };
        let word = if both { word } else { "" };
        let line = format!("{word}{state} 0      {queue:<6} {:>13}:{:<5}       0.0.0.0:*    {owner}", socket.address, socket.port);
        call.say(line.trim_end());
    }
    Ok(())
}

pub fn reboot(call: &mut Call) -> Step<()> {
    if !call.is_root() {
        return fail("Failed to set wall message, ignoring: Interactive authentication required.");
    }
    call.work(Duration::secs(25));
    let now = call.now;
    call.machine.reboot(now);
    Ok(())
}

pub fn sleep(call: &mut Call) -> Step<()> {
    let word = call.words.first().cloned().unwrap_or_default();
    let text = if word.bytes().all(|b| b.is_ascii_digit()) { format!("{word}s") } else { word.clone() };
    match crate::call::span(&text) {
        Ok(span) => call.work(span),
        Err(_) => return fail(format!("invalid time interval '{word}'")),
    }
    Ok(())
}

/// `kubelet --version`
pub fn kubelet(call: &mut Call) -> Step<()> {
    let version = call.machine.program("kubelet").unwrap_or_default();
    call.say(format_args!("Kubernetes {version}"));
    Ok(())
}

pub fn pgrep(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, rest) = apart(&words);
    let wanted = rest.first().copied().unwrap_or("");
    let full = flags.iter().any(|flag| flag.contains('f'));
    let found: Vec<u32> = call
        .machine
        .processes
        .iter()
        .filter(|one| if full { one.command.contains(wanted) } else { one.name().contains(wanted) })
        .map(|one| one.pid)
        .collect();
    found.iter().for_each(|pid| call.say(pid));
    if found.is_empty() { Err(Stop::Code(1)) } else { Ok(()) }
}

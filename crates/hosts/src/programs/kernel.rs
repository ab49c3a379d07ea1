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
    for name in modules.iter().rev() {
        call.say(format_args!("{name:<19} {:>8}  0", 16_384 * (1 + name.len())));
        // What a module needs is loaded with it.
        if name == "br_netfilter" {
            call.say("bridge                311296  1 br_netfilter");
        }
    }
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
    if flags.iter().any(|flag| matches!(*flag, "-a" | "--all")) {
        let all: Vec<String> = call.machine.sysctls.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        all.iter().for_each(|line| call.say(line));
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

/// `ss -tlnp`, `ss -ulnp`
pub fn ss(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let has = |letter: char| words.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(letter));
    if words.iter().any(|word| word == "-s" || word == "--summary") {
        let count = |udp: bool| call.machine.sockets.iter().filter(|socket| socket.udp == udp).count();
        let (tcp, udp) = (count(false), count(true));
        let total = tcp + udp;
        call.say(format_args!("Total: {total}\nTCP:   {tcp} (estab 0, closed 0, orphaned 0, timewait 0)\n"));
        call.say(format_args!("Transport Total     IP        IPv6\nRAW\t  0         0         0        \nUDP\t  {udp:<9} {udp:<9} 0        \nTCP\t  {tcp:<9} {tcp:<9} 0        \nINET\t  {total:<9} {total:<9} 0        \nFRAG\t  0         0         0        "));
        return Ok(());
    }
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

/// `pgrep [-a] [-l] [-f] [-x] NAME`
pub fn pgrep(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, rest) = apart(&words);
    let wanted = rest.first().copied().unwrap_or("");
    let has = |letter: char| flags.iter().any(|flag| flag.contains(letter));
    let fits = |name: &str, command: &str| match (has('f'), has('x')) {
        (true, _) => command.contains(wanted),
        (_, true) => name == wanted,
        _ => name.contains(wanted),
    };
    let found: Vec<String> = call
        .machine
        .processes
        .iter()
        .filter(|one| fits(one.name(), &one.command))
        .map(|one| match (has('a'), has('l')) {
            (true, _) => format!("{} {}", one.pid, one.command),
            (_, true) => format!("{} {}", one.pid, one.name()),
            _ => one.pid.to_string(),
        })
        .collect();
    found.iter().for_each(|line| call.say(line));
    if found.is_empty() { Err(Stop::Code(1)) } else { Ok(()) }
}

/// `pidof NAME`
pub fn pidof(call: &mut Call) -> Step<()> {
    let wanted = call.words.first().cloned().unwrap_or_default();
    let pids: Vec<String> = call.machine.processes.iter().rev().filter(|one| one.name() == wanted).map(|one| one.pid.to_string()).collect();
    if pids.is_empty() {
        return Err(Stop::Code(1));
    }
    call.say(pids.join(" "));
    Ok(())
}

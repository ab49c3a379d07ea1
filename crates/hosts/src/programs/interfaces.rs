//! ip: addresses, links, routes, neighbours.
use super::apart;
use crate::call::{Call, Step, Stop};
use crate::machine::Interface;
use objects::Text;
use std::net::Ipv4Addr;
use std::sync::Arc;

/// `ip [-br] [-4] addr|link|route|neigh [show] [dev NAME]`, `ip link set NAME up|down`, `ip route get ADDRESS`
pub fn ip(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, rest) = apart(&words);
    let short = flags.iter().any(|flag| flag.starts_with("-br"));
    let (object, rest) = rest.split_first().map_or(("", &[][..]), |(object, rest)| (*object, rest));
    let wanted = rest.iter().rev().find(|word| !matches!(**word, "show" | "s" | "list" | "ls" | "dev")).copied();
    match object {
        "a" | "addr" | "address" if short => brief(call, true),
        "l" | "link" if short => brief(call, false),
        "a" | "addr" | "address" => shown(call, wanted, true, flags.contains(&"-4")),
        "l" | "link" if rest.first() == Some(&"set") => set(call, &rest[1..]),
        "l" | "link" => shown(call, wanted, false, false),
        "r" | "route" if rest.first() == Some(&"get") => way(call, rest.get(1).copied().unwrap_or_default()),
        "r" | "route" => routes(call),
        "n" | "neigh" | "neighbour" => {
            if let (Some(gateway), Some(one)) = (call.machine.gateway.clone(), call.machine.interfaces.first().cloned()) {
                call.say(format_args!("{gateway} dev {} lladdr {} REACHABLE", one.name, hardware(&gateway, "")));
            }
            Ok(())
        }
        "" => usage(call),
        other => {
            call.complain(format_args!("Object \"{other}\" is unknown, try \"ip help\"."));
            Err(Stop::Code(1))
        }
    }
}

fn usage(call: &mut Call) -> Step<()> {
    call.complain("Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }");
    Err(Stop::Code(255))
}

/// A hardware address as a virtual machine's is made: of the last bytes of its address, or of its name where it has none.
/// Calico gives its Pods' interfaces one and the same.
fn hardware(address: &str, name: &str) -> String {
    if name.starts_with("cali") {
        return "ee:ee:ee:ee:ee:ee".to_string();
    }
    let bytes: Vec<u8> = match address.is_empty() {
        true => name.bytes().skip(name.len().saturating_sub(3)).collect(),
        false => address.split('.').skip(1).filter_map(|part| part.parse().ok()).collect(),
    };
    let tail: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("52:54:00:{}", tail.join(":"))
}

/// `veth1a2b@if2` is called by the part before its peer.
fn plain(name: &str) -> &str {
    name.split('@').next().unwrap_or_default()
}

fn network(one: &Interface) -> String {
    one.address.rsplit_once('.').map_or("", |(network, _)| network).to_string()
}

fn brief(call: &mut Call, addresses: bool) -> Step<()> {
    let row = |name: &str, state: &str, what: &str| format!("{name:<16} {state:<14} {what} ");
    let all = call.machine.interfaces.clone();
    call.say(row("lo", "UNKNOWN", if addresses { "127.0.0.1/8 ::1/128" } else { "00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP>" }));
    for one in all.iter() {
        let (state, flags) = if one.up { ("UP", ",UP,LOWER_UP") } else { ("DOWN", "") };
        let what = match addresses {
            true => format!("{}/{}", one.address, one.prefix),
            false => format!("{} <BROADCAST,MULTICAST{flags}>", hardware(&one.address, &one.name)),
        };
        call.say(row(&one.name, state, &what));
    }
    Ok(())
}

/// The long form: of one interface, or of all.
fn shown(call: &mut Call, wanted: Option<&str>, addresses: bool, bare: bool) -> Step<()> {
    let all = call.machine.interfaces.clone();
    let mode = if addresses { "" } else { "mode DEFAULT " };
    let is_wanted = |name: &str| wanted.is_none_or(|wanted| wanted == name);
    let mut any = false;
    if is_wanted("lo") {
        any = true;
        call.say(format_args!("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN {mode}group default qlen 1000"));
        if !bare {
            call.say("    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00");
        }
        if addresses {
            call.say("    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever");
        }
        if addresses && !bare {
            call.say("    inet6 ::1/128 scope host \n       valid_lft forever preferred_lft forever");
        }
    }
    let mut before = "";
    for (at, one) in all.iter().enumerate().filter(|(_, one)| is_wanted(plain(&one.name))) {
        any = true;
        // An interface with several addresses has as many rows.
        if std::mem::replace(&mut before, &one.name) != one.name {
            call.say(format_args!("{}: {}{mode}group default{}", at + 2, state(at, one), if at == 0 { " qlen 1000" } else { "" }));
            if !bare {
                call.say(format_args!("    link/ether {} brd ff:ff:ff:ff:ff:ff", hardware(&one.address, &one.name)));
            }
        }
        if addresses && !one.address.is_empty() {
            let brd = if one.prefix == 24 { format!(" brd {}.255", network(one)) } else { String::new() };
            call.say(format_args!(
                "    inet {}/{}{brd} scope global {}\n       valid_lft forever preferred_lft forever",
                one.address, one.prefix, one.name
            ));
        }
    }
    if any {
        return Ok(());
    }
    call.complain(format_args!("Device \"{}\" does not exist.", wanted.unwrap_or_default()));
    Err(Stop::Code(1))
}

/// `eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP `; only a card has a queue.
fn state(at: usize, one: &Interface) -> String {
    let dummy = one.name == "kube-ipvs0";
    let (flags, state) = match one.up {
        true => ("MULTICAST,UP,LOWER_UP", "UP"),
        false => (if dummy { "NOARP" } else { "MULTICAST" }, "DOWN"),
    };
    let (queue, state) = match at {
        0 => ("fq_codel", state),
        _ if dummy => ("noop", state),
        _ => ("noqueue", if one.name == "flannel.1" { "UNKNOWN" } else { state }),
    };
    format!("{}: <BROADCAST,{flags}> mtu {} qdisc {queue} state {state} ", one.name, one.mtu)
}

fn routes(call: &mut Call) -> Step<()> {
    let all = call.machine.interfaces.clone();
    let name = all.first().map(|one| one.name.clone()).unwrap_or_default();
    if let Some(gateway) = call.machine.gateway.clone() {
        call.say(format_args!("default via {gateway} dev {name} "));
    }
    // An interface with an address alone (an overlay's device) brings no route.
    let own = all.iter().filter(|one| !one.address.is_empty() && one.prefix < 32);
    let own = own.map(|one| format!("{}.0/{} dev {} proto kernel scope link src {} ", network(one), one.prefix, one.name, one.address));
    let mut lines: Vec<String> = own.chain(call.machine.routes.iter().map(|line| line.to_string())).collect();
    lines.sort_by_key(|line| target(line).map(|(base, _)| base));
    lines.iter().for_each(|line| call.say(line));
    Ok(())
}

/// The network that a route leads to: its first address, and the bits of its prefix.
fn target(line: &str) -> Option<(u32, u32)> {
    let word = line.split_whitespace().find(|word| *word != "blackhole")?;
    let (address, bits) = word.split_once('/').unwrap_or((word, "32"));
    Some((address.parse::<Ipv4Addr>().ok()?.into(), bits.parse().ok()?))
}

/// By which way packets to an address go.
fn way(call: &mut Call, to: &str) -> Step<()> {
    if let Ok(wanted) = to.parse::<Ipv4Addr>() {
        let fits = |line: &&Text| {
            target(line).is_some_and(|(base, bits)| bits > 0 && u32::from(wanted) >> (32 - bits.min(32)) == base >> (32 - bits.min(32)))
        };
        let routes = call.machine.routes.clone();
        let found = routes.iter().filter(fits).max_by_key(|line| target(line).map(|(_, bits)| bits));
        if let Some(line) = found {
            if line.starts_with("blackhole") {
                call.complain("RTNETLINK answers: Invalid argument");
                return Err(Stop::Code(2));
            }
            let words: Vec<&str> = line.split_whitespace().skip(1).collect();
            let shown = words.split(|word| matches!(*word, "proto" | "scope" | "onlink")).next().unwrap_or_default().join(" ");
            let named = |one: &&Interface| words.contains(&one.name.as_str()) && !one.address.is_empty();
            let own = call.machine.interfaces.iter().find(named).or(call.machine.interfaces.first());
            let own = own.map(|one| one.address.clone()).unwrap_or_default();
            call.say(format!("{to} {shown} src {own} uid 0 "));
            call.say("    cache ");
            return Ok(());
        }
    }
    let Some(one) = call.machine.interfaces.first().cloned() else { return usage(call) };
    let near = to.starts_with(&format!("{}.", network(&one)));
    let line = match call.machine.gateway.clone() {
        _ if to == one.address.as_str() => format!("local {to} dev lo src {to} uid 0 "),
        _ if near => format!("{to} dev {} src {} uid 0 ", one.name, one.address),
        Some(gateway) => format!("{to} via {gateway} dev {} src {} uid 0 ", one.name, one.address),
        None => {
            call.complain("RTNETLINK answers: Network is unreachable");
            return Err(Stop::Code(2));
        }
    };
    call.say(line);
    call.say("    cache ");
    Ok(())
}

/// `ip link set [dev] eth0 up|down`, `ip link set [dev] eth0 mtu 1400`
fn set(call: &mut Call, words: &[&str]) -> Step<()> {
    let words: Vec<&str> = words.iter().filter(|word| **word != "dev").copied().collect();
    let (name, mtu, state) = match words[..] {
        [name, state @ ("up" | "down")] => (name, None, Some(state == "up")),
        [name, "mtu", bytes] => (name, Some(bytes), None),
        _ => return usage(call),
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

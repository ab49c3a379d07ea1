//! ip: addresses, links, routes, neighbours.
use super::apart;
use crate::call::{Call, Step, Stop};
use crate::machine::Interface;
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
                call.say(format_args!("{gateway} dev {} lladdr {} REACHABLE", one.name, hardware(&gateway)));
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

/// A hardware address as a virtual machine's is made: of the last bytes of its address.
fn hardware(address: &str) -> String {
    let bytes: Vec<u8> = address.split('.').filter_map(|part| part.parse().ok()).collect();
    let tail: Vec<String> = bytes.iter().skip(1).map(|byte| format!("{byte:02x}")).collect();
    format!("52:54:00:{}", tail.join(":"))
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
            false => format!("{} <BROADCAST,MULTICAST{flags}>", hardware(&one.address)),
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
    for (at, one) in all.iter().enumerate().filter(|(_, one)| is_wanted(&one.name)) {
        any = true;
        let (flags, state) = if one.up { (",UP,LOWER_UP", "UP") } else { ("", "DOWN") };
        let (at, name, net) = (at + 2, &one.name, network(one));
        call.say(format_args!(
            "{at}: {name}: <BROADCAST,MULTICAST{flags}> mtu 1500 qdisc fq_codel state {state} {mode}group default qlen 1000"
        ));
        if !bare {
            call.say(format_args!("    link/ether {} brd ff:ff:ff:ff:ff:ff", hardware(&one.address)));
        }
        if addresses {
            call.say(format_args!(
                "    inet {}/{} brd {net}.255 scope global {name}\n       valid_lft forever preferred_lft forever",
                one.address, one.prefix
            ));
        }
    }
    if any {
        return Ok(());
    }
    call.complain(format_args!("Device \"{}\" does not exist.", wanted.unwrap_or_default()));
    Err(Stop::Code(1))
}

fn routes(call: &mut Call) -> Step<()> {
    let all = call.machine.interfaces.clone();
    let name = all.first().map(|one| one.name.clone()).unwrap_or_default();
    if let Some(gateway) = call.machine.gateway.clone() {
        call.say(format_args!("default via {gateway} dev {name} "));
    }
    for one in all.iter() {
        call.say(format_args!("{}.0/{} dev {} proto kernel scope link src {} ", network(one), one.prefix, one.name, one.address));
    }
    Ok(())
}

/// By which way packets to an address go.
fn way(call: &mut Call, to: &str) -> Step<()> {
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

/// `ip link set [dev] eth0 up|down`
fn set(call: &mut Call, words: &[&str]) -> Step<()> {
    let words: Vec<&str> = words.iter().filter(|word| **word != "dev").copied().collect();
    let [name, state @ ("up" | "down")] = words[..] else { return usage(call) };
    if !call.is_root() {
        call.complain("RTNETLINK answers: Operation not permitted");
        return Err(Stop::Code(2));
    }
    let Some(at) = call.machine.interfaces.iter().position(|one| one.name == name) else {
        call.complain(format_args!("Cannot find device \"{name}\""));
        return Err(Stop::Code(1));
    };
    Arc::make_mut(&mut call.machine.interfaces)[at].up = state == "up";
    Ok(())
}

//! `iptables`: rules of a server's own, and all rules, kube-proxy's among them, as `-S` and `-L` of version 1.8.9 print them.
use crate::call::{Call, Step, Stop};
use crate::outside::Begun;
use objects::Text;
use std::sync::Arc;

/// `iptables -A|-I|-D INPUT …`, `-F`; `-S [CHAIN]`, `-L [CHAIN] [-n] [-v] [--line-numbers]`, both with `-t TABLE`.
pub fn iptables(call: &mut Call) -> Step<()> {
    if !call.is_root() {
        call.complain("iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)");
        return Err(Stop::Code(4));
    }
    let given: Vec<String> = call.words.iter().filter(|word| *word != "-w" && *word != "-n").cloned().collect();
    let rule = |skip: usize| Text::from(format!("-A {}", given[skip..].join(" ")));
    match given.first().map(String::as_str) {
        Some("-A" | "--append") if given.len() > 2 => Arc::make_mut(&mut call.machine.firewall).push(rule(1)),
        Some("-I" | "--insert") if given.len() > 2 => Arc::make_mut(&mut call.machine.firewall).insert(0, rule(1)),
        Some("-D" | "--delete") if given.len() > 2 => {
            let wanted = rule(1);
            let Some(at) = call.machine.firewall.iter().position(|one| *one == wanted) else {
                call.complain("iptables: Bad rule (does a matching rule exist in that chain?).");
                return Err(Stop::Code(1));
            };
            Arc::make_mut(&mut call.machine.firewall).remove(at);
        }
        Some("-F" | "--flush") => call.machine.firewall = Arc::default(),
        _ => return listed(call),
    }
    Ok(())
}

/// How rules are to be listed.
#[derive(Default)]
struct Form {
    rules: bool,
    table: bool,
    numeric: bool,
    verbose: bool,
    numbered: bool,
}

fn listed(call: &mut Call) -> Step<()> {
    let (mut form, mut table, mut chain) = (Form::default(), "filter".to_string(), None);
    let words = call.words.clone();
    let mut rest = words.iter().peekable();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-t" | "--table" => table = rest.next().cloned().unwrap_or_default(),
            "--list-rules" => form.rules = true,
            "--list" => form.table = true,
            "--numeric" => form.numeric = true,
            "--verbose" => form.verbose = true,
            "--line-numbers" | "--line" => form.numbered = true,
            flags if flags.starts_with('-') && flags[1..].chars().all(|flag| "SLnvwx".contains(flag)) => {
                form.rules |= flags.contains('S');
                form.table |= flags.contains('L');
                form.numeric |= flags.contains('n');
                form.verbose |= flags.contains('v');
            }
            name if !name.starts_with('-') && chain.is_none() => chain = Some(name.to_string()),
            other => {
                call.complain(format_args!(
                    "iptables v1.8.9 (nf_tables): unknown option \"{other}\"\nTry `iptables -h' or 'iptables --help' for more information."
                ));
                return Err(Stop::Code(2));
            }
        }
    }
    if !form.rules && !form.table {
        call.complain("iptables v1.8.9 (nf_tables): no command specified\nTry `iptables -h' or 'iptables --help' for more information.");
        return Err(Stop::Code(2));
    }
    let Some(hooks) = hooks(&table) else {
        call.complain(format_args!(
            "iptables v1.8.9 (nf_tables): table '{table}' does not exist\nPerhaps iptables or your kernel needs to be upgraded."
        ));
        return Err(Stop::Code(3));
    };
    let saved = saved(call, &table)?;
    let own = saved.lines().filter_map(|line| line.strip_prefix(':')?.split(' ').next());
    let chains: Vec<&str> = own.filter(|name| !hooks.contains(name)).collect();
    let wanted = |name: &str| chain.as_deref().is_none_or(|chain| chain == name);
    if chain.as_deref().is_some_and(|chain| !hooks.contains(&chain) && !chains.contains(&chain)) {
        call.complain("iptables: No chain/target/match by that name.");
        return Err(Stop::Code(1));
    }
    let firewall = call.machine.firewall.clone();
    let typed = firewall.iter().map(Text::as_str).filter(|_| table == "filter");
    let lines: Vec<&str> = typed.chain(saved.lines().filter(|line| line.starts_with("-A "))).collect();
    if form.rules {
        hooks.iter().filter(|name| wanted(name)).for_each(|name| call.say(format_args!("-P {name} ACCEPT")));
        chains.iter().filter(|name| wanted(name)).for_each(|name| call.say(format_args!("-N {name}")));
        lines.iter().filter(|line| line.split(' ').nth(1).is_some_and(wanted)).for_each(|line| call.say(line));
        return Ok(());
    }
    let all = hooks.iter().chain(&chains).filter(|name| wanted(name));
    let tables: Vec<String> = all.map(|name| tabled(name, hooks.contains(name), &lines, &form)).collect();
    call.say(tables.join("\n\n"));
    Ok(())
}

fn hooks(table: &str) -> Option<&'static [&'static str]> {
    Some(match table {
        "filter" => &["INPUT", "FORWARD", "OUTPUT"],
        "nat" => &["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
        "mangle" => &["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
        "raw" => &["PREROUTING", "OUTPUT"],
        _ => return None,
    })
}

/// The table as `iptables-save` gives it; nothing where kube-proxy writes no such rules.
fn saved(call: &mut Call, table: &str) -> Step<String> {
    let words = ["iptables-save", "-t", table].map(str::to_string).to_vec();
    let (user, folder, environment) = (call.user.clone(), call.folder.clone(), call.environment.clone());
    let begun = Begun { user, folder, environment, words, stdin: String::new() };
    let answer = call.outside.program(call.machine, call.now, &begun);
    Ok(call.pass(answer)?.map(|printed| printed.stdout).unwrap_or_default())
}

/// One chain as `-L` prints it, without the last newline.
fn tabled(name: &str, hook: bool, lines: &[&str], form: &Form) -> String {
    let references = lines.iter().filter(|line| words(line).windows(2).any(|pair| pair[0] == "-j" && pair[1] == name)).count();
    let mut text = match (hook, form.verbose) {
        (true, true) => format!("Chain {name} (policy ACCEPT 0 packets, 0 bytes)\n"),
        (true, false) => format!("Chain {name} (policy ACCEPT)\n"),
        (false, _) => format!("Chain {name} ({references} references)\n"),
    };
    text.push_str(if form.numbered { "num  " } else { "" });
    text.push_str(if form.verbose { " pkts bytes target     prot opt in     out     " } else { "target     prot opt " });
    text.push_str("source               destination         ");
    let own = lines.iter().filter(|line| line.split(' ').nth(1) == Some(name));
    for (place, line) in own.enumerate() {
        text.push('\n');
        if form.numbered {
            text.push_str(&format!("{:<5}", place + 1));
        }
        text.push_str(&row(line, form));
    }
    text
}

/// The words of a rule, with what stands in quotes as one.
fn words(line: &str) -> Vec<&str> {
    let quoted = line.split('"').enumerate();
    quoted.flat_map(|(at, part)| if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() }).collect()
}

/// A rule's columns.
struct Row<'a> {
    target: &'a str,
    protocol: &'a str,
    source: String,
    destination: String,
    inward: &'a str,
    outward: &'a str,
    matches: Vec<String>,
}

fn row(line: &str, form: &Form) -> String {
    let row = read(line, form.numeric);
    let protocol = match (row.protocol, form.numeric) {
        ("", true) => "0",
        ("", false) => "all",
        ("tcp", true) => "6",
        ("udp", true) => "17",
        ("icmp", true) => "1",
        ("sctp", true) => "132",
        (other, _) => other,
    };
    let anywhere = if form.numeric { "0.0.0.0/0" } else { "anywhere" };
    // An exclamation mark stands where the others have a space.
    let place = |address: &str| match address.strip_prefix('!') {
        Some(address) => format!("!{address:<19} "),
        None => format!(" {:<19} ", if address.is_empty() { anywhere } else { address }),
    };
    let counted = if form.verbose { "    0     0 " } else { "" };
    let links = |name: &str| if name.is_empty() { if form.numeric { "*" } else { "any" } } else { name }.to_string();
    let between = if form.verbose { format!(" {:<6} {:<6} ", links(row.inward), links(row.outward)) } else { String::new() };
    let (source, destination) = (place(&row.source), place(&row.destination));
    let matches: String = row.matches.iter().map(|one| format!(" {one}")).collect();
    format!("{counted}{:<9}  {protocol:<4} -- {between}{source}{destination}{matches}", row.target)
}

fn read(line: &str, numeric: bool) -> Row<'_> {
    let mut row =
        Row { target: "", protocol: "", source: String::new(), destination: String::new(), inward: "", outward: "", matches: Vec::new() };
    let mut rest = words(line).into_iter().skip(2);
    let (mut not, mut module, mut aims) = ("", "", Vec::new());
    while let Some(word) = rest.next() {
        let mut next = || rest.next().unwrap_or_default();
        match word {
            "!" => {
                not = "!";
                continue;
            }
            "-m" => {
                module = next();
                if module == "statistic" || module == "recent" {
                    row.matches.push(if module == "recent" { "recent:".to_string() } else { module.to_string() });
                }
            }
            "-j" | "-g" => row.target = next(),
            "-p" => row.protocol = next(),
            "-s" => row.source = address(not, next()),
            "-d" => row.destination = address(not, next()),
            "-i" => row.inward = next(),
            "-o" => row.outward = next(),
            "--to-destination" => aims.push(format!("to:{}", next())),
            "--reject-with" => aims.push(format!("reject-with {}", next())),
            "--random-fully" => aims.push("random-fully".to_string()),
            "--set-xmark" => aims.push(marked(next())),
            "--comment" => row.matches.push(format!("/* {} */", next())),
            "--dport" => {
                let port = port(next(), numeric);
                row.matches.push(format!("{} dpt:{not}{port}", if module.is_empty() { row.protocol } else { module }));
            }
            "--sport" => {
                let port = port(next(), numeric);
                row.matches.push(format!("{} spt:{not}{port}", if module.is_empty() { row.protocol } else { module }));
            }
            "--dports" => row.matches.push(format!("multiport dports {}", next())),
            "--ctstate" => row.matches.push(format!("{}ctstate {}", spaced(not), next())),
            "--mark" => row.matches.push(format!("mark match {}{}", spaced(not), next())),
            "--dst-type" | "--src-type" => row.matches.push(format!("ADDRTYPE match {} {}{}", &word[2..], spaced(not), next())),
            "--match-set" => row.matches.push(format!("{}match-set {} {}", spaced(not), next(), rest.next().unwrap_or_default())),
            "--nfacct-name" => row.matches.push(format!("nfacct-name  {}", next())),
            "--mode" | "--probability" => more(&mut row, &format!("{} {}", &word[2..], next())),
            "--set" => more(&mut row, "SET"),
            "--rcheck" => more(&mut row, "CHECK"),
            "--seconds" => more(&mut row, &format!("seconds: {}", next())),
            "--reap" => more(&mut row, "reap"),
            "--name" => more(&mut row, &format!("name: {}", next())),
            // The side is told before the mask.
            "--mask" => {
                let mask = next();
                more(&mut row, &format!("side: source mask: {mask}"));
            }
            "--rsource" => {}
            other => row.matches.push(other.trim_start_matches('-').to_string()),
        }
        not = "";
    }
    row.matches.append(&mut aims);
    row
}

/// Goes on with what the last match says.
fn more(row: &mut Row, words: &str) {
    if let Some(last) = row.matches.last_mut() {
        last.push(' ');
        last.push_str(words);
    }
}

fn spaced(not: &str) -> &str {
    if not.is_empty() { "" } else { "! " }
}

fn address(not: &str, text: &str) -> String {
    format!("{not}{}", text.strip_suffix("/32").unwrap_or(text))
}

/// `0x4000/0x4000` sets a bit, `0x4000/0x0` turns it over.
fn marked(text: &str) -> String {
    match text.split_once('/') {
        Some((value, mask)) if value == mask => format!("MARK or {value}"),
        Some((value, "0x0")) => format!("MARK xor {value}"),
        _ => format!("MARK xset {text}"),
    }
}

/// A port by its name in /etc/services, unless numbers are wanted.
fn port(text: &str, numeric: bool) -> &str {
    const NAMES: &[(&str, &str)] = &[("22", "ssh"), ("53", "domain"), ("80", "http"), ("443", "https"), ("8080", "http-alt")];
    NAMES.iter().find(|(number, _)| !numeric && *number == text).map_or(text, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str, numeric: bool) -> String {
        row(line, &Form { numeric, ..Form::default() })
    }

    #[test]
    fn rules_of_every_sort_have_iptables_own_columns() {
        let typed = "-A INPUT -p tcp --dport 22 -j ACCEPT";
        assert_eq!(shown(typed, true), "ACCEPT     6    --  0.0.0.0/0            0.0.0.0/0            tcp dpt:22");
        assert_eq!(shown(typed, false), "ACCEPT     tcp  --  anywhere             anywhere             tcp dpt:ssh");
        let jump = "-A INPUT -m conntrack --ctstate NEW -m comment --comment \"kubernetes load balancer firewall\" -j KUBE-PROXY-FIREWALL";
        assert_eq!(
            shown(jump, true),
            "KUBE-PROXY-FIREWALL  0    --  0.0.0.0/0            0.0.0.0/0            ctstate NEW /* kubernetes load balancer firewall */"
        );
        let masked =
            "-A KUBE-SVC-X ! -s 10.244.0.0/16 -d 10.96.0.1/32 -p tcp -m comment --comment \"a b\" -m tcp --dport 443 -j KUBE-MARK-MASQ";
        assert_eq!(shown(masked, true), "KUBE-MARK-MASQ  6    -- !10.244.0.0/16        10.96.0.1            /* a b */ tcp dpt:443");
        let share = "-A S -m comment --comment \"c\" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-A";
        assert!(shown(share, true).ends_with(" /* c */ statistic mode random probability 0.50000000000"));
        let aim = "-A K -p tcp -m comment --comment \"c\" -m tcp -j DNAT --to-destination 10.244.3.2:80";
        assert!(shown(aim, true).starts_with("DNAT       6    --") && shown(aim, true).ends_with(" /* c */ to:10.244.3.2:80"));
        let unmarked = "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN";
        assert!(shown(unmarked, true).ends_with(" mark match ! 0x4000/0x4000"));
        assert!(shown("-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000", true).ends_with(" MARK or 0x4000"));
        let recent = "-A K -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-A --mask 255.255.255.255 --rsource -j KUBE-SEP-A";
        assert!(shown(recent, true).ends_with("recent: CHECK seconds: 10800 reap name: KUBE-SEP-A side: source mask: 255.255.255.255"));
        let whole = tabled("INPUT", true, &[typed], &Form { numeric: true, verbose: true, numbered: true, ..Form::default() });
        assert_eq!(
            whole,
            "Chain INPUT (policy ACCEPT 0 packets, 0 bytes)\nnum   pkts bytes target     prot opt in     out     source               \
             destination         \n1        0     0 ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:22"
        );
    }
}

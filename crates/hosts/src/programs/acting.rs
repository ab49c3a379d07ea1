//! Programs that act on what runs and what is let in: kill, pkill, iptables, and the setting of the clock.
use super::apart;
use crate::call::{Call, Step, Stop, fail, span};
use crate::outside::Begun;
use objects::Text;
use simcore::Time;
use std::sync::Arc;

/// `kill [-9] PID…`
pub fn kill(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, pids) = apart(&words);
    let mut code = 0;
    for word in &pids {
        let pid: u32 = word.parse().unwrap_or(0);
        let Some(process) = call.machine.processes.iter().find(|one| one.pid == pid).cloned() else {
            call.complain(format_args!("bash: kill: ({word}) - No such process"));
            code = 1;
            continue;
        };
        if !call.is_root() && process.user != call.user {
            call.complain(format_args!("bash: kill: ({word}) - Operation not permitted"));
            code = 1;
            continue;
        }
        let now = call.now;
        call.machine.died(now, pid, flags.iter().any(|flag| matches!(*flag, "-9" | "-KILL" | "-SIGKILL")));
    }
    if code == 0 { Ok(()) } else { Err(Stop::Code(code)) }
}

/// `pkill NAME`, `killall NAME`
pub fn pkill(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, names) = apart(&words);
    let whole = flags.contains(&"-f");
    let fits = |name: &str, command: &str| names.iter().any(|wanted| if whole { command.contains(wanted) } else { name == *wanted });
    let pids: Vec<u32> = call.machine.processes.iter().filter(|one| fits(one.name(), &one.command)).map(|one| one.pid).collect();
    if pids.is_empty() {
        return Err(Stop::Code(1));
    }
    if !call.is_root() {
        return fail(format!("killing pid {} failed: Operation not permitted", pids[0]));
    }
    let (now, hard) = (call.now, flags.contains(&"-9"));
    pids.into_iter().for_each(|pid| call.machine.died(now, pid, hard));
    Ok(())
}

/// `iptables [-t TABLE] -S [CHAIN]`: the rules of a table, those of kube-proxy among them.
fn listed(call: &mut Call, words: &[String]) -> Step<()> {
    let after = |flags: [&str; 2]| {
        let at = words.iter().position(|word| flags.contains(&word.as_str()))?;
        words.get(at + 1).filter(|word| !word.starts_with('-')).cloned()
    };
    let (table, chain) = (after(["-t", "--table"]).unwrap_or_else(|| "filter".to_string()), after(["-S", "--list-rules"]));
    let asked = ["iptables-save", "-t", &table].map(str::to_string).to_vec();
    let (user, folder, environment) = (call.user.clone(), call.folder.clone(), call.environment.clone());
    let begun = Begun { user, folder, environment, words: asked, stdin: String::new() };
    let answer = call.outside.program(call.machine, call.now, &begun);
    let saved = call.pass(answer)?.map(|printed| printed.stdout).unwrap_or_default();
    let hooks: &[&str] = match table.as_str() {
        "filter" => &["INPUT", "FORWARD", "OUTPUT"],
        "nat" => &["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
        "mangle" => &["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
        _ => {
            call.complain(format_args!(
                "iptables v1.8.9 (nf_tables): table '{table}' does not exist\nPerhaps iptables or your kernel needs to be upgraded."
            ));
            return Err(Stop::Code(3));
        }
    };
    let own = saved.lines().filter_map(|line| line.strip_prefix(':')?.split(' ').next());
    let chains: Vec<String> = own.filter(|name| !hooks.contains(name)).map(str::to_string).collect();
    let wanted = |name: &str| chain.as_deref().is_none_or(|chain| chain == name);
    if chain.as_ref().is_some_and(|chain| !hooks.contains(&chain.as_str()) && !chains.contains(chain)) {
        call.complain("iptables: No chain/target/match by that name.");
        return Err(Stop::Code(1));
    }
    hooks.iter().filter(|name| wanted(name)).for_each(|name| call.say(format_args!("-P {name} ACCEPT")));
    chains.iter().filter(|name| wanted(name)).for_each(|name| call.say(format_args!("-N {name}")));
    let about = |line: &str| line.split(' ').nth(1).is_some_and(wanted);
    let firewall = call.machine.firewall.clone();
    let typed = firewall.iter().map(Text::as_str).filter(|_| table == "filter");
    let lines: Vec<String> =
        typed.chain(saved.lines().filter(|line| line.starts_with("-A "))).filter(|line| about(line)).map(str::to_string).collect();
    lines.iter().for_each(|line| call.say(line));
    Ok(())
}

/// `iptables -A|-I|-D INPUT …`, `-L`, `-S`, `-F`: the filter table's own rules; Service rules are told by iptables-save.
pub fn iptables(call: &mut Call) -> Step<()> {
    if !call.is_root() {
        call.complain("iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)");
        return Err(Stop::Code(4));
    }
    let words: Vec<String> = call.words.iter().filter(|word| *word != "-w" && *word != "-n").cloned().collect();
    if words.iter().any(|word| matches!(word.as_str(), "-S" | "--list-rules")) {
        return listed(call, &words);
    }
    let rule = |skip: usize| Text::from(format!("-A {}", words[skip..].join(" ")));
    match words.first().map(String::as_str) {
        Some("-A" | "--append") if words.len() > 2 => Arc::make_mut(&mut call.machine.firewall).push(rule(1)),
        Some("-I" | "--insert") if words.len() > 2 => Arc::make_mut(&mut call.machine.firewall).insert(0, rule(1)),
        Some("-D" | "--delete") if words.len() > 2 => {
            let wanted = rule(1);
            let Some(at) = call.machine.firewall.iter().position(|one| *one == wanted) else {
                call.complain("iptables: Bad rule (does a matching rule exist in that chain?).");
                return Err(Stop::Code(1));
            };
            Arc::make_mut(&mut call.machine.firewall).remove(at);
        }
        Some("-F" | "--flush") => call.machine.firewall = Arc::default(),
        Some("-L") => {
            ["-P INPUT ACCEPT", "-P FORWARD ACCEPT", "-P OUTPUT ACCEPT"].iter().for_each(|line| call.say(line));
            call.machine.firewall.clone().iter().for_each(|line| call.say(line));
        }
        _ => {
            call.complain(
                "iptables v1.8.9 (nf_tables): no command specified\nTry `iptables -h' or 'iptables --help' for more information.",
            );
            return Err(Stop::Code(2));
        }
    }
    Ok(())
}

/// `date -s '2027-12-02 08:00:00'`, `date -s '+400 days'`, `date -s '2 hours ago'`: puts the clock. Gives the words for a text that is no time.
pub fn set_clock(call: &mut Call, text: &str) -> Step<()> {
    if !call.is_root() {
        return fail("cannot set date: Operation not permitted");
    }
    let local = call.machine.local(call.now);
    let Some(wanted) = instant(text, local) else { return fail(format!("invalid date '{text}'")) };
    call.machine.clock_offset = wanted.0 as i64 - call.now.0 as i64;
    Ok(())
}

fn instant(text: &str, local: Time) -> Option<Time> {
    if let Some(seconds) = text.strip_prefix('@') {
        return Some(Time(seconds.parse::<u64>().ok()?.checked_mul(1_000_000)?));
    }
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let direction: i64 = if words.pop_if(|last| *last == "ago").is_some() { -1 } else { 1 };
    if let [number, unit] = words[..]
        && let Ok(number) = number.parse::<i64>()
    {
        let seconds = match unit.trim_end_matches('s') {
            "second" | "sec" => 1,
            "minute" | "min" => 60,
            "hour" => 3_600,
            "day" => 86_400,
            "week" => 7 * 86_400,
            "month" => 30 * 86_400,
            "year" => 365 * 86_400,
            _ => return None,
        };
        let micros = number.checked_mul(direction * seconds * 1_000_000)?;
        return local.0.checked_add_signed(micros).map(Time);
    }
    if let Some(ahead) = text.strip_prefix('+') {
        return span(ahead).ok().map(|span| local + span);
    }
    match words[..] {
        [day] if day.len() == 10 => Time::parse(&format!("{day}T00:00:00Z")),
        [day, time] => Time::parse(&format!("{day}T{}Z", if time.len() == 5 { format!("{time}:00") } else { time.to_string() })),
        _ => Time::parse(text),
    }
}

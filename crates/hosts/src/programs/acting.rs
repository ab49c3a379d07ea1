//! Programs that act on what runs: kill, pkill, and the setting of the clock.
use super::apart;
use crate::call::{Call, Step, Stop, fail, span};
use simcore::Time;

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

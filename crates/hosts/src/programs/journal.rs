//! journalctl: what systemd and its services have written, and what they write from now on.
use super::about;
use crate::Machine;
use crate::call::{Call, Step, Stop};
use crate::machine::units::Line;
use simcore::Time;

/// Flags that take a word: letter and long name.
const VALUED: &[(char, &str)] = &[
    ('u', "unit"),
    ('n', "lines"),
    ('o', "output"),
    ('S', "since"),
    ('U', "until"),
    ('p', "priority"),
    ('g', "grep"),
    ('t', "identifier"),
    ('b', "boot"),
];
const PRIORITIES: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

/// What was asked for.
#[derive(Default)]
struct Wanted {
    units: Vec<String>,
    lines: Option<usize>,
    output: String,
    since: Option<Time>,
    until: Option<Time>,
    /// The least and the gravest priority that is shown.
    priority: Option<(usize, usize)>,
    grep: String,
    identifier: String,
    follows: bool,
    ends: bool,
    reversed: bool,
    kernel: bool,
    quiet: bool,
}

/// `journalctl [-u UNIT] [-n 20] [-f] [--since '10 min ago'] [--until …] [-p err] [-r] [-o cat|short-iso] [-k] [-b] [--no-pager]`.
/// `-f` goes on until somebody breaks it off.
pub fn journalctl(call: &mut Call) -> Step<()> {
    let wanted = wanted(call)?;
    let words = call.words.clone();
    if words.iter().any(|word| word == "--disk-usage") {
        call.say("Archived and active journals take up 8.0M in the file system.");
        return Ok(());
    }
    if words.iter().any(|word| word == "--list-boots") {
        let (first, last) = (stamp(call.machine, call.machine.booted), stamp(call.machine, call.now));
        call.say(format_args!("IDX BOOT ID                          FIRST ENTRY             LAST ENTRY\n  0 0123456789abcdef0123456789abcdef {first} UTC {last} UTC"));
        return Ok(());
    }
    if wanted.kernel {
        let name = call.machine.name.clone();
        let boot = short_stamp(call.machine.local(call.machine.booted));
        for line in about::kernel_lines(call) {
            let text = line.split_once("] ").map_or(line.as_str(), |(_, text)| text);
            call.say(format_args!("{boot} {name} kernel: {text}"));
        }
        return Ok(());
    }
    let mut lines = found(call.machine, &wanted);
    if lines.is_empty() && !wanted.quiet && !wanted.follows {
        call.say("-- No entries --");
    }
    let from = lines.len().saturating_sub(wanted.lines.unwrap_or(usize::MAX));
    lines.drain(..from);
    if wanted.reversed {
        lines.reverse();
    }
    show(call, &wanted, &lines);
    if wanted.follows {
        follow(call, &wanted)?;
    }
    Ok(())
}

/// Waits for lines, and shows them, again and again.
fn follow(call: &mut Call, wanted: &Wanted) -> Step<()> {
    loop {
        let known = found(call.machine, wanted).len();
        let all = call.machine.journal_lines();
        let answer = call.outside.journal(call.machine, call.now, all);
        if !call.pass(answer)? {
            return Ok(());
        }
        let lines = found(call.machine, wanted);
        show(call, wanted, lines.get(known..).unwrap_or_default());
    }
}

fn wanted(call: &mut Call) -> Step<Wanted> {
    let mut wanted = Wanted::default();
    let words = call.words.clone();
    let mut rest = words.iter().peekable();
    while let Some(word) = rest.next() {
        let (name, mut value) = match word.strip_prefix("--") {
            Some(long) => {
                let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value.to_string())));
                (name.to_string(), value)
            }
            None if word.starts_with('-') && word.len() > 1 => {
                // `-xeu kubelet`, `-fu kubelet`, `-n20`: the last letter may take what follows.
                let letters = &word[1..];
                let at = letters.find(|letter| VALUED.iter().any(|(known, _)| *known == letter));
                letters[..at.unwrap_or(letters.len())].chars().for_each(|letter| wanted.flag(&letter.to_string()));
                let Some(at) = at else { continue };
                let known = VALUED.iter().find(|(known, _)| letters[at..].starts_with(*known)).map_or("", |(_, name)| name);
                let tail = &letters[at + 1..];
                (known.to_string(), (!tail.is_empty()).then(|| tail.to_string()))
            }
            None => continue,
        };
        if !VALUED.iter().any(|(_, known)| *known == name) {
            wanted.flag(&name);
            continue;
        }
        let optional = matches!(name.as_str(), "lines" | "boot");
        if value.is_none() {
            let next = rest.peek().map(|next| next.to_string());
            let number = next.as_ref().is_some_and(|next| next.trim_start_matches(['-', '+']).parse::<u64>().is_ok() || next == "all");
            value = next.filter(|_| !optional || number);
            if value.is_some() {
                rest.next();
            }
        }
        if value.is_none() && !optional {
            call.complain(format_args!("journalctl: option '--{name}' requires an argument"));
            return Err(Stop::Code(1));
        }
        wanted.set(call, &name, &value.unwrap_or_default())?;
    }
    if wanted.lines.is_none() {
        wanted.lines = if wanted.follows {
            Some(10)
        } else if wanted.ends {
            Some(1_000)
        } else {
            None
        };
    }
    Ok(wanted)
}

impl Wanted {
    fn flag(&mut self, name: &str) {
        match name {
            "f" | "follow" => self.follows = true,
            "e" | "pager-end" => self.ends = true,
            "r" | "reverse" => self.reversed = true,
            "k" | "dmesg" => self.kernel = true,
            "q" | "quiet" => self.quiet = true,
            _ => {}
        }
    }

    fn set(&mut self, call: &mut Call, name: &str, value: &str) -> Step<()> {
        let local = call.machine.local(call.now);
        let instant = |call: &mut Call| match moment(value, local) {
            Some(at) => Ok(Some(at)),
            None => {
                call.complain(format_args!("Failed to parse timestamp: {value}"));
                Err(Stop::Code(1))
            }
        };
        match name {
            "unit" => self.units.push(value.trim_end_matches(".service").to_string()),
            "lines" => self.lines = Some(if value == "all" { usize::MAX } else { value.trim_start_matches('+').parse().unwrap_or(10) }),
            "output" => self.output = value.to_string(),
            "since" => self.since = instant(call)?,
            "until" => self.until = instant(call)?,
            "grep" => self.grep = value.to_string(),
            "identifier" => self.identifier = value.to_string(),
            "priority" => {
                let level =
                    |text: &str| PRIORITIES.iter().position(|known| *known == text).or_else(|| text.parse().ok().filter(|at| *at < 8));
                let range = match value.split_once("..") {
                    Some((from, to)) => level(from).zip(level(to)).map(|(from, to)| (from.min(to), from.max(to))),
                    None => level(if value == "warn" {
                        "warning"
                    } else if value == "error" {
                        "err"
                    } else {
                        value
                    })
                    .map(|to| (0, to)),
                };
                if range.is_none() {
                    call.complain(format_args!("Unknown log level {value}"));
                    return Err(Stop::Code(1));
                }
                self.priority = range;
            }
            _ => {}
        }
        Ok(())
    }
}

/// How grave a line is to the journal: what a service writes is information, whatever its words say.
fn priority(line: &Line) -> usize {
    let text = line.text.as_str();
    match () {
        () if !line.tag.starts_with("systemd[") => 6,
        () if text.contains("Failed to locate executable") => 3,
        () if text.contains("Failed with result") || text.contains("code=killed") => 4,
        () if text.contains("Main process exited") => 5,
        () => 6,
    }
}

/// The lines that are asked for, the oldest first.
fn found(machine: &Machine, wanted: &Wanted) -> Vec<Line> {
    let named = |name: &str| {
        let fits = |one: &String| one == name || one.strip_suffix('*').is_some_and(|head| name.starts_with(head));
        wanted.units.is_empty() || wanted.units.iter().any(fits)
    };
    let all = machine.units.iter().filter(|(name, _)| named(name)).flat_map(|(_, unit)| unit.journal.iter().cloned());
    let mut lines: Vec<Line> = all
        .filter(|line| wanted.since.is_none_or(|since| machine.local(line.at) >= since))
        .filter(|line| wanted.until.is_none_or(|until| machine.local(line.at) <= until))
        .filter(|line| wanted.priority.is_none_or(|(low, high)| (low..=high).contains(&priority(line))))
        .filter(|line| wanted.grep.is_empty() || line.text.contains(&wanted.grep))
        .filter(|line| wanted.identifier.is_empty() || line.tag.split('[').next() == Some(&wanted.identifier))
        .collect();
    lines.sort_by_key(|line| line.at);
    lines
}

fn show(call: &mut Call, wanted: &Wanted, lines: &[Line]) {
    for line in lines {
        let text = match wanted.output.as_str() {
            "cat" => line.text.to_string(),
            "short-iso" => {
                let iso = call.machine.local(line.at).rfc3339();
                format!("{}+0000 {} {}: {}", iso.trim_end_matches('Z'), call.machine.name, line.tag, line.text)
            }
            _ => short(call.machine, line),
        };
        call.say(text);
    }
}

/// `Dec 01 00:00:00 node-1 kubelet[432]: …`
pub fn short(machine: &Machine, line: &Line) -> String {
    format!("{} {} {}: {}", short_stamp(machine.local(line.at)), machine.name, line.tag, line.text)
}

fn short_stamp(at: Time) -> String {
    let text = at.rfc1123();
    format!("{} {} {}", &text[8..11], &text[5..7], &text[17..25])
}

/// `Tue 2026-12-01 00:00:00`
fn stamp(machine: &Machine, at: Time) -> String {
    let local = machine.local(at);
    let iso = local.rfc3339();
    format!("{} {} {}", &local.rfc1123()[..3], &iso[..10], &iso[11..19])
}

/// `today`, `10 min ago`, `-1h`, `2026-12-01 10:00`
fn moment(text: &str, now: Time) -> Option<Time> {
    const UNITS: [(&str, u64); 5] = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400), ("w", 604_800)];
    let midnight = Time(now.0 / 86_400_000_000 * 86_400_000_000);
    match text {
        "today" => return Some(midnight),
        "yesterday" => return Some(Time(midnight.0.saturating_sub(86_400_000_000))),
        "now" => return Some(now),
        _ => {}
    }
    if let Some(span) = text.strip_suffix(" ago").or_else(|| text.strip_prefix('-')) {
        let digits = span.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = span.split_at(digits);
        let size = UNITS.iter().find(|(name, _)| unit.trim_start().starts_with(name))?.1;
        return Some(Time(now.0.saturating_sub(number.parse::<u64>().ok()? * size * 1_000_000)));
    }
    let (day, clock) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_string() };
    Time::parse(&format!("{day}T{clock}Z"))
}

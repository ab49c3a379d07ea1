//! systemctl and journalctl.
use super::apart;
use crate::call::{Call, Step, Stop};
use crate::machine::units::State;
use simcore::Time;

pub fn systemctl(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, rest) = apart(&words);
    let now = flags.contains(&"--now");
    let Some((verb, names)) = rest.split_first() else { return Ok(()) };
    if *verb == "daemon-reload" {
        return Ok(());
    }
    let reads = matches!(*verb, "status" | "is-active" | "is-enabled" | "cat" | "show");
    if !reads && !call.is_root() {
        call.complain(format_args!("Failed to {verb} {}: Access denied", names.first().unwrap_or(&"unit")));
        return Err(Stop::Code(4));
    }
    for name in names {
        unit(call, verb, name, now)?;
    }
    Ok(())
}

fn unit(call: &mut Call, verb: &str, name: &str, at_once: bool) -> Step<()> {
    let full = if name.contains('.') { name.to_string() } else { format!("{name}.service") };
    let at = call.now;
    let Some(found) = call.machine.unit(name).cloned() else {
        let (words, code) = match verb {
            "status" => (format!("Unit {full} could not be found."), 4),
            "is-active" => ("inactive".to_string(), 4),
            "is-enabled" => (format!("Failed to get unit file state for {full}: No such file or directory"), 1),
            "enable" | "disable" => (format!("Failed to {verb} unit: Unit file {full} does not exist."), 1),
            _ => (format!("Failed to {verb} {full}: Unit {full} not found."), 5),
        };
        if verb == "is-active" {
            call.say(words)
        } else {
            call.complain(words)
        }
        return Err(Stop::Code(code));
    };
    let link = format!("/etc/systemd/system/multi-user.target.wants/{full}");
    match verb {
        "start" | "restart" | "stop" | "reload" => {
            if matches!(verb, "stop" | "restart") {
                call.machine.stop_unit(at, name);
            }
            if matches!(verb, "start" | "restart") {
                if found.masked {
                    call.complain(format_args!("Failed to {verb} {full}: Unit {full} is masked."));
                    return Err(Stop::Code(1));
                }
                call.machine.start_unit(at, name);
                if call.machine.unit(name).is_some_and(|unit| unit.state == State::Failed) {
                    call.complain(format_args!("Job for {full} failed because the control process exited with error code.\nSee \"systemctl status {full}\" and \"journalctl -xeu {full}\" for details."));
                    return Err(Stop::Code(1));
                }
            }
        }
        "enable" | "disable" => {
            if verb == "enable" && !found.enabled {
                call.complain(format_args!("Created symlink {link} → {}.", found.path));
            } else if verb == "disable" && found.enabled {
                call.complain(format_args!("Removed \"{link}\"."));
            }
            call.machine.alter_unit(name, |unit| unit.enabled = verb == "enable");
            match (at_once, verb) {
                (true, "enable") => call.machine.start_unit(at, name),
                (true, _) => call.machine.stop_unit(at, name),
                _ => {}
            }
        }
        "mask" | "unmask" => call.machine.alter_unit(name, |unit| unit.masked = verb == "mask"),
        "is-active" => {
            let (word, code) = active(found.state);
            call.say(word);
            return if code == 0 { Ok(()) } else { Err(Stop::Code(code)) };
        }
        "is-enabled" => {
            call.say(if found.masked {
                "masked"
            } else if found.enabled {
                "enabled"
            } else {
                "disabled"
            });
            return if found.enabled { Ok(()) } else { Err(Stop::Code(1)) };
        }
        "cat" => {
            let text = call.machine.files.read(&found.path).unwrap_or_default();
            call.say(format_args!("# {}\n{}", found.path, text.trim_end()));
        }
        "status" => return status(call, name, &full),
        other => {
            call.complain(format_args!("Unknown command verb {other}."));
            return Err(Stop::Code(1));
        }
    }
    Ok(())
}

fn active(state: State) -> (&'static str, u8) {
    match state {
        State::Active => ("active", 0),
        State::Inactive => ("inactive", 3),
        State::Restarting => ("activating", 3),
        State::Failed => ("failed", 3),
    }
}

fn status(call: &mut Call, name: &str, full: &str) -> Step<()> {
    let Some(unit) = call.machine.unit(name).cloned() else { return Ok(()) };
    let mark = match unit.state {
        State::Active | State::Restarting => '●',
        State::Inactive => '○',
        State::Failed => '×',
    };
    let enabled = if unit.enabled { "enabled" } else { "disabled" };
    call.say(format_args!("{mark} {full} - {}", unit.description));
    call.say(format_args!("     Loaded: loaded ({}; {enabled}; preset: enabled)", unit.path));
    let since = stamp(unit.since);
    let ago = crate::call::short_age(call.now.since(unit.since));
    match unit.state {
        State::Active => {
            call.say(format_args!("     Active: active (running) since {since} UTC; {ago} ago"));
            let program = unit.command.split(' ').next().unwrap_or("").rsplit('/').next().unwrap_or("").to_string();
            call.say(format_args!("   Main PID: {} ({program})", unit.pid));
        }
        State::Inactive => call.say("     Active: inactive (dead)"),
        State::Restarting => {
            call.say(format_args!("     Active: activating (auto-restart) (Result: exit-code) since {since} UTC; {ago} ago"))
        }
        State::Failed => call.say(format_args!("     Active: failed (Result: exit-code) since {since} UTC; {ago} ago")),
    }
    if !unit.journal.is_empty() {
        call.say("");
        let machine = call.machine.name.clone();
        let from = unit.journal.len().saturating_sub(10);
        unit.journal[from..].iter().for_each(|line| call.say(format_args!("{} {machine} {}: {}", short(line.at), line.tag, line.text)));
    }
    if unit.state == State::Active { Ok(()) } else { Err(Stop::Code(3)) }
}

/// `Tue 2026-12-01 00:00:00`
fn stamp(at: Time) -> String {
    let (day, iso) = (at.rfc1123()[..3].to_string(), at.rfc3339());
    format!("{day} {} {}", &iso[..10], &iso[11..19])
}

/// `Dec 01 00:00:00`
fn short(at: Time) -> String {
    let text = at.rfc1123();
    format!("{} {} {}", &text[8..11], &text[5..7], &text[17..25])
}

/// `journalctl -u kubelet -n 20`
pub fn journalctl(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let after = |flags: &[&str]| {
        words
            .iter()
            .position(|word| flags.contains(&word.as_str()) || (flags.contains(&"-u") && word.ends_with('u') && word.starts_with('-')))
            .and_then(|at| words.get(at + 1))
    };
    let unit = after(&["-u", "--unit"]).cloned();
    let most = after(&["-n", "--lines"]).and_then(|text| text.parse::<usize>().ok()).unwrap_or(usize::MAX);
    let mut lines: Vec<_> = match &unit {
        Some(name) => call.machine.unit(name).map(|unit| unit.journal.to_vec()).unwrap_or_default(),
        None => call.machine.units.values().flat_map(|unit| unit.journal.iter().cloned()).collect(),
    };
    lines.sort_by_key(|line| line.at);
    if lines.is_empty() {
        call.say("-- No entries --");
    }
    let machine = call.machine.name.clone();
    let from = lines.len().saturating_sub(most);
    lines[from..].iter().for_each(|line| call.say(format_args!("{} {machine} {}: {}", short(line.at), line.tag, line.text)));
    Ok(())
}

//! systemctl: units as they stand, started, stopped, enabled, masked.
use super::{apart, journal};
use crate::call::{Call, Step, Stop};
use crate::k3s;
use crate::machine::units::State;
use simcore::Time;

pub fn systemctl(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, rest) = apart(&words);
    let now = flags.contains(&"--now");
    let Some((verb, names)) = rest.split_first() else {
        return list_units(call, false, flags.contains(&"--failed").then_some("failed"));
    };
    match *verb {
        "daemon-reload" if call.is_root() => {
            call.machine.reload_units();
            return Ok(());
        }
        "list-units" => {
            let wanted = words.iter().find_map(|word| word.strip_prefix("--state=")).map(str::to_string);
            let failed = flags.contains(&"--failed");
            return list_units(
                call,
                flags.contains(&"--all") || flags.contains(&"-a"),
                if failed { Some("failed") } else { wanted.as_deref() },
            );
        }
        "list-unit-files" => return list_files(call),
        "is-system-running" => {
            let failed = call.machine.units.values().any(|unit| unit.state == State::Failed);
            call.say(if failed { "degraded" } else { "running" });
            return if failed { Err(Stop::Code(1)) } else { Ok(()) };
        }
        "list-timers" => {
            call.say("NEXT LEFT LAST PASSED UNIT ACTIVATES\n\n0 timers listed.\nPass --all to see loaded but inactive timers, too.");
            return Ok(());
        }
        "status" if names.is_empty() => return system(call),
        _ => {}
    }
    const VERBS: &[&str] = &[
        "start",
        "restart",
        "stop",
        "reload",
        "enable",
        "disable",
        "reset-failed",
        "mask",
        "unmask",
        "is-active",
        "is-enabled",
        "is-failed",
        "cat",
        "status",
        "show",
        "edit",
        "daemon-reload",
        "try-restart",
        "kill",
        "reenable",
        "daemon-reexec",
    ];
    if !VERBS.contains(verb) {
        call.complain(format_args!("Unknown command verb {verb}."));
        return Err(Stop::Code(1));
    }
    if names.is_empty() && !matches!(*verb, "daemon-reload" | "daemon-reexec" | "reset-failed") {
        call.complain("Too few arguments.");
        return Err(Stop::Code(1));
    }
    let reads = matches!(*verb, "status" | "is-active" | "is-enabled" | "cat" | "show");
    if !reads && !call.is_root() {
        call.complain(format_args!("Failed to {verb} {}: Access denied", names.first().unwrap_or(&"unit")));
        return Err(Stop::Code(4));
    }
    if *verb == "show" {
        return show(call, &words, names);
    }
    if *verb == "edit" {
        let name = names.first().map_or("", |name| name.trim_end_matches(".service"));
        if call.machine.unit(name).is_some() {
            call.edit = Some(format!("/etc/systemd/system/{name}.service.d/override.conf"));
            return Ok(());
        }
        call.complain(format_args!(
            "No files found for {name}.service.\nRun 'systemctl edit --force --full {name}.service' to create a new unit."
        ));
        return Err(Stop::Code(1));
    }
    let (mut code, mut good, said) = (0, false, call.stdout.len());
    for name in names {
        match unit(call, verb, name, now) {
            Ok(()) => good = true,
            Err(Stop::Code(new)) => code = new,
            other => return other,
        }
    }
    if flags.iter().any(|flag| matches!(*flag, "-q" | "--quiet")) && matches!(*verb, "is-active" | "is-enabled") {
        call.stdout.truncate(said);
    }
    // One active unit is enough for `is-active`.
    if code == 0 || good && *verb == "is-active" { Ok(()) } else { Err(Stop::Code(code)) }
}

/// `show UNIT [-p NAME,…] [--value]`
fn show(call: &mut Call, words: &[String], names: &[&str]) -> Step<()> {
    let list = words.iter().enumerate().find_map(|(at, word)| match word.as_str() {
        "-p" | "--property" => words.get(at + 1).cloned(),
        other => other.strip_prefix("--property=").or_else(|| other.strip_prefix("-p")).map(str::to_string),
    });
    let bare = words.iter().any(|word| word == "--value");
    let named = names.iter().copied().filter(|name| list.as_deref() != Some(*name));
    for name in named {
        let unit = call.machine.unit(name).cloned();
        let (state, sub) = unit.as_ref().map_or(("inactive", "dead"), |unit| states(unit.state));
        let full = format!("{}.service", name.trim_end_matches(".service"));
        let all = [
            ("Id", full.clone()),
            ("Description", unit.as_ref().map_or(full.clone(), |unit| unit.description.to_string())),
            ("LoadState", if unit.is_some() { "loaded" } else { "not-found" }.to_string()),
            ("ActiveState", state.to_string()),
            ("SubState", sub.to_string()),
            ("FragmentPath", unit.as_ref().map_or(String::new(), |unit| unit.path.to_string())),
            ("UnitFileState", unit.as_ref().map_or("", |unit| if unit.enabled { "enabled" } else { "disabled" }).to_string()),
            ("MainPID", unit.as_ref().filter(|unit| unit.state == State::Active).map_or(0, |unit| unit.pid).to_string()),
        ];
        for (key, value) in all.iter().filter(|(key, _)| list.as_ref().is_none_or(|list| list.split(',').any(|one| one == *key))) {
            let line = if bare { value.clone() } else { format!("{key}={value}") };
            call.say(line);
        }
    }
    Ok(())
}

fn states(state: State) -> (&'static str, &'static str) {
    match state {
        State::Active => ("active", "running"),
        State::Starting => ("activating", "start"),
        State::Restarting => ("activating", "auto-restart"),
        State::Failed => ("failed", "failed"),
        State::Inactive => ("inactive", "dead"),
    }
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
            if found.masked && matches!(verb, "start" | "restart") {
                call.complain(format_args!("Failed to {verb} {full}: Unit {full} is masked."));
                return Err(Stop::Code(1));
            }
            if matches!(verb, "stop" | "restart") {
                call.machine.stop_unit(at, name);
            }
            if matches!(verb, "start" | "restart") {
                call.machine.start_unit(at, name);
                let starting = call.machine.unit(name).is_some_and(|unit| unit.state == State::Starting);
                let failed = starting && !k3s::wait(call, name.trim_end_matches(".service"))?;
                if failed || call.machine.unit(name).is_some_and(|unit| unit.state == State::Failed) {
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
            call.machine.enable_unit(name, verb == "enable");
            if at_once {
                let verb = if verb == "enable" { "start" } else { "stop" };
                return unit(call, verb, name, false);
            }
        }
        "reset-failed" => call.machine.alter_unit(name, |unit| {
            unit.state = if unit.state == State::Failed { State::Inactive } else { unit.state };
        }),
        "mask" | "unmask" => {
            if verb == "mask" && !found.masked {
                call.complain(format_args!("Created symlink /etc/systemd/system/{full} → /dev/null."));
            } else if verb == "unmask" && found.masked {
                call.complain(format_args!("Removed \"/etc/systemd/system/{full}\"."));
            }
            call.machine.alter_unit(name, |unit| unit.masked = verb == "mask");
        }
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
            for path in call.machine.drop_ins(name) {
                let text = call.machine.files.read(&path).unwrap_or_default();
                call.say(format_args!("\n# {path}\n{}", text.trim_end()));
            }
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
        State::Restarting | State::Starting => ("activating", 3),
        State::Failed => ("failed", 3),
    }
}

fn status(call: &mut Call, name: &str, full: &str) -> Step<()> {
    let Some(unit) = call.machine.unit(name).cloned() else { return Ok(()) };
    let mark = match unit.state {
        State::Active | State::Restarting | State::Starting => '●',
        State::Inactive => '○',
        State::Failed => '×',
    };
    let enabled = if unit.enabled { "enabled" } else { "disabled" };
    call.say(format_args!("{mark} {full} - {}", unit.description));
    call.say(format_args!("     Loaded: loaded ({}; {enabled}; preset: enabled)", unit.path));
    let drops = call.machine.drop_ins(name);
    for (at, path) in drops.iter().enumerate() {
        let (folder, file) = path.rsplit_once('/').unwrap_or_default();
        if drops[..at].iter().all(|other| !other.starts_with(folder)) {
            call.say(format_args!("{} {folder}", if at == 0 { "    Drop-In:" } else { "            " }));
        }
        call.say(format_args!("             └─{file}"));
    }
    let since = stamp(unit.since);
    let ago = crate::call::short_age(call.now.since(unit.since));
    match unit.state {
        State::Active | State::Starting => {
            let word = if unit.state == State::Active { "active (running)" } else { "activating (start)" };
            call.say(format_args!("     Active: {word} since {since} UTC; {ago} ago"));
            let program = unit.command.split(' ').next().unwrap_or("").rsplit('/').next().unwrap_or("").to_string();
            call.say(format_args!("   Main PID: {} ({program})", unit.pid));
            group(call, unit.pid, full);
        }
        State::Inactive => call.say("     Active: inactive (dead)"),
        State::Restarting => {
            call.say(format_args!("     Active: activating (auto-restart) (Result: exit-code) since {since} UTC; {ago} ago"))
        }
        State::Failed => call.say(format_args!("     Active: failed (Result: exit-code) since {since} UTC; {ago} ago")),
    }
    if !unit.journal.is_empty() {
        call.say("");
        let from = unit.journal.len().saturating_sub(10);
        let lines: Vec<String> = unit.journal[from..].iter().map(|line| journal::short(call.machine, line)).collect();
        lines.iter().for_each(|line| call.say(line));
    }
    if unit.state == State::Active { Ok(()) } else { Err(Stop::Code(3)) }
}

/// `systemctl status` without a unit: the server as a whole.
fn system(call: &mut Call) -> Step<()> {
    let count = |state: State| call.machine.units.values().filter(|unit| unit.state == state).count();
    let (failed, loaded) = (count(State::Failed), call.machine.units.size());
    let (state, mark) = if failed > 0 { ("degraded", '×') } else { ("running", '●') };
    let (since, ago) = (stamp(call.machine.local(call.machine.booted)), crate::call::short_age(call.now.since(call.machine.booted)));
    let name = call.machine.name.clone();
    call.say(format_args!("{mark} {name}\n    State: {state}\n    Units: {loaded} loaded (incl. loaded aliases)\n     Jobs: 0 queued\n   Failed: {failed} units\n    Since: {since} UTC; {ago} ago\n  systemd: 252.39-1~deb12u1\n   CGroup: /"));
    let units: Vec<(String, u32)> =
        call.machine.units.iter().filter(|(_, unit)| unit.pid != 0).map(|(name, unit)| (format!("{name}.service"), unit.pid)).collect();
    for (name, pid) in units {
        let command = call.machine.processes.iter().find(|one| one.pid == pid).map(|one| one.command.to_string()).unwrap_or_default();
        call.say(format_args!("           ├─{name}\n           │ └─{pid} {command}"));
    }
    Ok(())
}

/// The memory and the processes of a unit's control group.
fn group(call: &mut Call, main: u32, full: &str) {
    let all = call.machine.processes.clone();
    let mut pids = vec![main];
    let mut at = 0;
    while at < pids.len() {
        let parent = pids[at];
        pids.extend(all.iter().filter(|one| one.parent == parent).map(|one| one.pid));
        at += 1;
    }
    let mine: Vec<_> = all.iter().filter(|one| pids.contains(&one.pid)).collect();
    let tenths = mine.iter().map(|one| u64::from(one.rss_kib)).sum::<u64>() * 10 / 1024;
    call.say(format_args!("     Memory: {}.{}M", tenths / 10, tenths % 10));
    call.say(format_args!("     CGroup: /system.slice/{full}"));
    for (at, one) in mine.iter().enumerate() {
        let branch = if at + 1 < mine.len() { '├' } else { '└' };
        call.say(format_args!("             {branch}─{} {}", one.pid, one.command));
    }
}

fn list_units(call: &mut Call, all: bool, wanted: Option<&str>) -> Step<()> {
    let mut rows = Vec::new();
    for (name, unit) in call.machine.units.iter() {
        let (active, sub) = states(unit.state);
        let shown = wanted.map_or(unit.state != State::Inactive || all, |wanted| wanted == active || wanted == sub);
        if shown {
            let mark = if unit.state == State::Failed { '●' } else { ' ' };
            rows.push((mark, format!("{name}.service"), active, sub, unit.description.clone()));
        }
    }
    let width = |least: &str, of: &dyn Fn(usize) -> usize| (0..rows.len()).map(of).chain([least.len()]).max().unwrap_or(0);
    let (a, b, c) = (width("UNIT", &|at| rows[at].1.len()), width("ACTIVE", &|at| rows[at].2.len()), width("SUB", &|at| rows[at].3.len()));
    let load = if rows.is_empty() { "LOAD" } else { "LOAD  " };
    call.say(format_args!("  {:<a$} {load} {:<b$} {:<c$} DESCRIPTION", "UNIT", "ACTIVE", "SUB"));
    for (mark, name, active, sub, about) in &rows {
        call.say(format_args!("{mark} {name:<a$} loaded {active:<b$} {sub:<c$} {about}"));
    }
    if rows.is_empty() {
        call.say("0 loaded units listed.");
        return Ok(());
    }
    call.say("\nLOAD   = Reflects whether the unit definition was properly loaded.\nACTIVE = The high-level unit activation state, i.e. generalization of SUB.\nSUB    = The low-level unit activation state, values depend on unit type.");
    let more = if all { "" } else { " Pass --all to see loaded but inactive units, too." };
    call.say(format_args!("{} loaded units listed.{more}\nTo show all installed unit files use 'systemctl list-unit-files'.", rows.len()));
    Ok(())
}

fn list_files(call: &mut Call) -> Step<()> {
    let units = call.machine.units.clone();
    call.say("UNIT FILE           STATE    PRESET");
    for (name, unit) in units.iter() {
        let state = if unit.masked {
            "masked"
        } else if unit.enabled {
            "enabled"
        } else {
            "disabled"
        };
        call.say(format_args!("{:<19} {state:<8} enabled", format!("{name}.service")));
    }
    call.say(format_args!("\n{} unit files listed.", units.size()));
    Ok(())
}

/// `Tue 2026-12-01 00:00:00`
fn stamp(at: Time) -> String {
    let (day, iso) = (at.rfc1123()[..3].to_string(), at.rfc3339());
    format!("{day} {} {}", &iso[..10], &iso[11..19])
}

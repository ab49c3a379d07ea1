//! ps: processes in the forms that engineers type.
use crate::call::{Call, Step, Stop};
use crate::machine::Process;
use simcore::Time;

/// A column: its name, its heading, whether it stands to the right.
const COLUMNS: &[(&str, &str, bool)] = &[
    ("pid", "PID", true),
    ("ppid", "PPID", true),
    ("user", "USER", false),
    ("comm", "COMMAND", false),
    ("cmd", "CMD", false),
    ("args", "COMMAND", false),
    ("%cpu", "%CPU", true),
    ("pcpu", "%CPU", true),
    ("%mem", "%MEM", true),
    ("pmem", "%MEM", true),
    ("rss", "RSS", true),
    ("vsz", "VSZ", true),
    ("stat", "STAT", false),
    ("etime", "ELAPSED", true),
    ("start", "STARTED", true),
];

/// `ps`, `ps aux`, `ps -ef`, `ps -p PID`, `ps -C NAME`, `-o pid,comm,…`, `--sort=-%mem`
pub fn ps(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let value = |flag: &str| {
        let at = words
            .iter()
            .position(|word| word == flag || flag == "-o" && word.starts_with('-') && !word.starts_with("--") && word.ends_with('o'))?;
        words.get(at + 1).cloned()
    };
    let long = |name: &str| words.iter().find_map(|word| word.strip_prefix(name)).map(str::to_string);
    let first = words.first().map_or("", String::as_str);
    let wide = first.contains('a') && !first.starts_with('-') || words.iter().any(|word| word == "-aux");
    let full = words.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('f'));
    let every = wide || words.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(['e', 'A']));
    let total = u64::from(call.machine.hardware.memory_mib) * 1024;
    let mut all: Vec<Process> = call.machine.processes.to_vec();
    let pids = value("-p").or_else(|| value("-q"));
    if let Some(pids) = &pids {
        let wanted: Vec<u32> = pids.split(',').filter_map(|pid| pid.trim().parse().ok()).collect();
        all.retain(|one| wanted.contains(&one.pid));
    } else if let Some(name) = value("-C") {
        all.retain(|one| one.name() == name);
    } else if !every && words.iter().all(|word| !word.starts_with("-u")) {
        // Alone it shows the shell's own processes.
        let (now, pid) = (call.now, call.pid);
        all = vec![shell("-bash", pid.saturating_sub(1), now), shell("ps", pid, now)];
        call.say("    PID TTY          TIME CMD");
        all.iter().for_each(|one| call.say(format_args!("{:>7} pts/0    00:00:00 {}", one.pid, one.command.trim_start_matches('-'))));
        return Ok(());
    }
    if let Some(sort) = long("--sort=") {
        order(&mut all, &sort);
    }
    if let Some(list) = value("-o").or_else(|| long("--format=")) {
        return chosen(call, &all, &list, total);
    }
    let heading = match (wide, full) {
        (true, _) => "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND",
        (_, true) => "UID          PID    PPID  C STIME TTY          TIME CMD",
        _ => "    PID TTY          TIME CMD",
    };
    call.say(heading);
    for one in &all {
        call.say(match (wide, full) {
            (true, _) => as_wide(one, total),
            (_, true) => {
                format!("{:<8} {:>7} {:>7}  0 {} ?        00:00:00 {}", one.user, one.pid, one.parent, start(one.since), one.command)
            }
            _ => format!("{:>7} ?        00:00:00 {}", one.pid, one.name().chars().take(15).collect::<String>()),
        });
    }
    if all.is_empty() { Err(Stop::Code(1)) } else { Ok(()) }
}

fn shell(command: &str, pid: u32, now: Time) -> Process {
    Process { pid, parent: 1, user: "root".into(), command: command.into(), since: now, ..Process::default() }
}

fn start(at: Time) -> String {
    at.rfc3339()[11..16].to_string()
}

fn tenths(number: u64) -> String {
    format!("{}.{}", number / 10, number % 10)
}

fn share(one: &Process, total: u64) -> u64 {
    u64::from(one.rss_kib) * 1000 / total.max(1)
}

fn as_wide(one: &Process, total: u64) -> String {
    format!(
        "{:<8} {:>7} {:>4} {:>4} {:>6} {:>5} ?        {}  {}   0:00 {}",
        one.user,
        one.pid,
        tenths(u64::from(one.cpu_millis)),
        tenths(share(one, total)),
        one.rss_kib * 4,
        one.rss_kib,
        state(one),
        start(one.since),
        one.command
    )
}

fn state(one: &Process) -> &'static str {
    if one.frozen { "Tsl" } else { "Ssl" }
}

fn order(all: &mut [Process], sort: &str) {
    let (down, name) = sort.strip_prefix('-').map_or((false, sort.trim_start_matches('+')), |name| (true, name));
    let key = |one: &Process| match name {
        "%mem" | "pmem" | "rss" | "rsz" | "vsz" => u64::from(one.rss_kib),
        "%cpu" | "pcpu" => u64::from(one.cpu_millis),
        _ => u64::from(one.pid),
    };
    all.sort_by_key(|one| key(one));
    if down {
        all.reverse();
    }
}

fn chosen(call: &mut Call, all: &[Process], list: &str, total: u64) -> Step<()> {
    let mut columns = Vec::new();
    for name in list.split(',').map(|name| name.trim_end_matches('=')) {
        match COLUMNS.iter().find(|(known, ..)| *known == name) {
            Some(column) => columns.push(column),
            None => {
                call.complain(format_args!(
                    "error: unknown user-defined format specifier \"{name}\"\n\nUsage:\n ps [options]\n\nFor more details see ps(1)."
                ));
                return Err(Stop::Code(1));
            }
        }
    }
    let now = call.now;
    let cell = |one: &Process, name: &str| match name {
        "pid" => one.pid.to_string(),
        "ppid" => one.parent.to_string(),
        "user" => one.user.to_string(),
        "comm" => one.name().chars().take(15).collect(),
        "%cpu" | "pcpu" => tenths(u64::from(one.cpu_millis)),
        "%mem" | "pmem" => tenths(share(one, total)),
        "rss" => one.rss_kib.to_string(),
        "vsz" => (one.rss_kib * 4).to_string(),
        "stat" => state(one).to_string(),
        "start" => one.since.rfc3339()[11..19].to_string(),
        "etime" => {
            let seconds = now.since(one.since).as_secs();
            let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
            if hours > 0 { format!("{hours:02}:{minutes:02}:{:02}", seconds % 60) } else { format!("{minutes:02}:{:02}", seconds % 60) }
        }
        _ => one.command.to_string(),
    };
    let rows: Vec<Vec<String>> = all.iter().map(|one| columns.iter().map(|column| cell(one, column.0)).collect()).collect();
    let least = |name: &str| match name {
        "pid" | "ppid" => 7,
        "user" => 8,
        "comm" => 15,
        "etime" => 11,
        _ => 4,
    };
    let width = |at: usize| rows.iter().map(|row| row[at].len()).chain([columns[at].1.len(), least(columns[at].0)]).max().unwrap_or(0);
    let line = |cells: &dyn Fn(usize) -> String| {
        let each = |at: usize| {
            if columns[at].2 { format!("{:>w$}", cells(at), w = width(at)) } else { format!("{:<w$}", cells(at), w = width(at)) }
        };
        (0..columns.len()).map(each).collect::<Vec<_>>().join(" ").trim_end().to_string()
    };
    if !list.ends_with('=') {
        call.say(line(&|at| columns[at].1.to_string()));
    }
    rows.iter().for_each(|row| call.say(line(&|at| row[at].clone())));
    if rows.is_empty() { Err(Stop::Code(1)) } else { Ok(()) }
}

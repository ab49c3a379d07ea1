//! Programs that tell of the machine: ps, free, df, uname, hostname, date, id.
use crate::call::{Call, Step, fail};

pub fn whoami(call: &mut Call) -> Step<()> {
    let user = call.user.clone();
    call.say(user);
    Ok(())
}

pub fn id(call: &mut Call) -> Step<()> {
    let number = if call.is_root() { 0 } else { 1000 };
    let user = call.user.clone();
    match call.words.first().map(String::as_str) {
        Some("-u" | "-g") => call.say(number),
        Some("-un" | "-gn") => call.say(user),
        _ => {
            let more = if number == 0 { String::new() } else { ",27(sudo)".into() };
            call.say(format_args!("uid={number}({user}) gid={number}({user}) groups={number}({user}){more}"));
        }
    }
    Ok(())
}

pub fn nproc(call: &mut Call) -> Step<()> {
    let cores = call.machine.hardware.cores;
    call.say(cores);
    Ok(())
}

/// The kernel's name of an architecture.
pub fn machine_name(arch: &str) -> &str {
    match arch {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        "armhf" => "armv7l",
        other => other,
    }
}

pub fn uname(call: &mut Call) -> Step<()> {
    let (name, hardware) = (call.machine.name.clone(), call.machine.hardware.clone());
    let arch = machine_name(&hardware.arch);
    match call.words.first().map_or("-s", String::as_str) {
        "-r" => call.say(&hardware.kernel),
        "-m" => call.say(arch),
        "-n" => call.say(name),
        "-a" => {
            call.say(format_args!("Linux {name} {} #1 SMP PREEMPT_DYNAMIC Debian 6.1.153-1 (2025-09-20) {arch} GNU/Linux", hardware.kernel))
        }
        _ => call.say("Linux"),
    }
    Ok(())
}

pub fn hostname(call: &mut Call) -> Step<()> {
    let name = call.machine.name.clone();
    match call.words.first().map(String::as_str) {
        None | Some("-s" | "-f") => call.say(name),
        Some("-I") => {
            let addresses = call.machine.interfaces.iter().map(|one| one.address.to_string());
            let all: Vec<String> = addresses.filter(|address| !address.is_empty()).collect();
            call.say(format_args!("{} ", all.join(" ")));
        }
        Some(_) if !call.is_root() => return fail("you must be root to change the host name"),
        Some(new) => call.machine.name = new.into(),
    }
    Ok(())
}

pub fn hostnamectl(call: &mut Call) -> Step<()> {
    match call.words.first().map(String::as_str) {
        Some("set-hostname" | "hostname") if call.words.len() > 1 => {
            let new = call.words[1].clone();
            if !call.is_root() {
                return fail("Could not set static hostname: Interactive authentication required.");
            }
            call.machine.files.write("/etc/hostname", &format!("{new}\n"));
            call.machine.name = new.into();
        }
        _ => {
            let (name, hardware) = (call.machine.name.clone(), call.machine.hardware.clone());
            let arch = machine_name(&hardware.arch).replace('_', "-");
            call.say(format_args!(" Static hostname: {name}\n       Icon name: computer-vm\n         Chassis: vm\n  Virtualization: kvm\nOperating System: Debian GNU/Linux 12 (bookworm)\n          Kernel: Linux {}\n    Architecture: {arch}", hardware.kernel));
        }
    }
    Ok(())
}

/// `Tue Dec  1 00:00:00 UTC 2026`
pub fn date(call: &mut Call) -> Step<()> {
    let sets = call.words.iter().position(|word| matches!(word.as_str(), "-s" | "--set"));
    let wanted = match sets {
        Some(at) => call.words.get(at + 1).cloned(),
        None => call.words.iter().find_map(|word| word.strip_prefix("--set=")).map(String::from),
    };
    if let Some(wanted) = wanted {
        super::acting::set_clock(call, &wanted)?;
    }
    let text = call.machine.local(call.now).rfc1123();
    let day = text[5..7].trim_start_matches('0');
    call.say(format_args!("{} {} {day:>2} {} UTC {}", &text[..3], &text[8..11], &text[17..25], &text[12..16]));
    Ok(())
}

/// Memory in use: the kernel's own share and what processes have resident, in KiB.
pub fn used_kib(call: &Call) -> u64 {
    150_000 + call.machine.processes.iter().map(|process| u64::from(process.rss_kib)).sum::<u64>()
}

pub fn free(call: &mut Call) -> Step<()> {
    let mib = call.words.iter().any(|word| word == "-m");
    let human = call.words.iter().any(|word| word == "-h");
    let total = u64::from(call.machine.hardware.memory_mib) * 1024;
    let used = used_kib(call).min(total);
    let swap: u64 = call.machine.swaps.iter().map(|swap| u64::from(swap.mib) * 1024).sum();
    let shown = |kib: u64| match (human, mib) {
        (true, _) if kib >= 1 << 20 => format!("{}.{}Gi", kib >> 20, ((kib % (1 << 20)) * 10) >> 20),
        (true, _) if kib >= 1 << 10 => format!("{}Mi", kib >> 10),
        (true, _) => format!("{kib}B"),
        (_, true) => (kib >> 10).to_string(),
        _ => kib.to_string(),
    };
    let cache = (total - used) / 6;
    call.say("               total        used        free      shared  buff/cache   available");
    let cells = [total, used, total - used - cache, 1_024, cache, total - used].map(|kib| format!("{:>11}", shown(kib)));
    call.say(format_args!("Mem:    {}", cells.join(" ")));
    let cells = [swap, 0, swap].map(|kib| format!("{:>11}", shown(kib)));
    call.say(format_args!("Swap:   {}", cells.join(" ")));
    Ok(())
}

pub fn df(call: &mut Call) -> Step<()> {
    let total = u64::from(call.machine.hardware.disk_gib) << 20;
    let used = 1_600_000 + call.machine.images.len() as u64 * 90_000;
    let free = total.saturating_sub(used) * 95 / 100;
    let human = call.words.iter().any(|word| word.contains('h'));
    let shown = |kib: u64| if human { format!("{}G", kib >> 20) } else { kib.to_string() };
    call.say(if human {
        "Filesystem      Size  Used Avail Use% Mounted on"
    } else {
        "Filesystem     1K-blocks    Used Available Use% Mounted on"
    });
    let share = (used * 100).div_ceil(used + free);
    let width = if human { (5, 5, 5) } else { (9, 7, 9) };
    call.say(format_args!(
        "/dev/sda1{:pad$}{:>w0$} {:>w1$} {:>w2$} {share:>3}% /",
        "",
        shown(total),
        shown(used),
        shown(free),
        pad = 6,
        w0 = width.0,
        w1 = width.1,
        w2 = width.2
    ));
    Ok(())
}

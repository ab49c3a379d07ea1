//! Programs that tell of the machine as a whole: top, uptime, lscpu, timedatectl.
use super::hostinfo::{machine_name, used_kib};
use crate::call::{Call, Step, fail};
use simcore::Time;

fn up(call: &Call) -> String {
    let seconds = call.now.since(call.machine.booted).as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let day = match days {
        0 => String::new(),
        1 => "1 day, ".into(),
        _ => format!("{days} days, "),
    };
    if hours > 0 { format!("{day}{hours:>2}:{minutes:02}") } else { format!("{day}{minutes} min") }
}

/// All processes' share of one core in thousandths: also the load that they make.
fn busy(call: &Call) -> u32 {
    call.machine.processes.iter().map(|one| one.cpu_millis).sum()
}

fn first_line(call: &Call) -> String {
    let clock = call.machine.local(call.now).rfc3339()[11..19].to_string();
    let load = busy(call) / 10;
    let load = format!("{}.{:02}", load / 100, load % 100);
    format!("{clock} up {},  1 user,  load average: {load}, {load}, {load}", up(call))
}

pub fn uptime(call: &mut Call) -> Step<()> {
    let line = first_line(call);
    call.say(format_args!(" {line}"));
    Ok(())
}

/// `top -bn1`: one picture, the busiest first.
pub fn top(call: &mut Call) -> Step<()> {
    let tenths = |value: u64| format!("{}.{}", value / 10, value % 10);
    let total = u64::from(call.machine.hardware.memory_mib) * 1024;
    let used = used_kib(call).min(total);
    let cache = (total - used) / 6;
    let swap: u64 = call.machine.swaps.iter().map(|swap| u64::from(swap.mib) * 1024).sum();
    let mib = |kib: u64| tenths(kib * 10 / 1024);
    let cores = u64::from(call.machine.hardware.cores).max(1);
    let user = u64::from(busy(call)) / cores;
    let mut processes = call.machine.processes.to_vec();
    processes.sort_by_key(|one| (std::cmp::Reverse((one.cpu_millis, one.rss_kib)), one.pid));
    let line = first_line(call);
    call.say(format_args!("top - {line}"));
    let count = processes.len();
    call.say(format_args!("Tasks: {count:>3} total,   1 running, {:>3} sleeping,   0 stopped,   0 zombie", count.saturating_sub(1)));
    call.say(format_args!(
        "%Cpu(s): {:>4} us,  0.0 sy,  0.0 ni, {:>4} id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st",
        tenths(user.min(1000)),
        tenths(1000 - user.min(1000))
    ));
    call.say(format_args!(
        "MiB Mem : {:>8} total, {:>8} free, {:>8} used, {:>8} buff/cache",
        mib(total),
        mib(total - used - cache),
        mib(used),
        mib(cache)
    ));
    call.say(format_args!(
        "MiB Swap: {:>8} total, {:>8} free, {:>8} used. {:>8} avail Mem",
        mib(swap),
        mib(swap),
        "0.0",
        mib(total - used)
    ));
    call.say("\n    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND");
    let now = call.now;
    for one in processes {
        let ran = now.since(one.since).as_secs() * u64::from(one.cpu_millis) / 10;
        let name: String = one.name().chars().take(15).collect();
        call.say(format_args!(
            "{:>7} {:<8}  20   0 {:>7} {:>6} {:>6} S {:>5} {:>5} {:>9} {name}",
            one.pid,
            one.user,
            one.rss_kib * 4,
            one.rss_kib,
            one.rss_kib / 3,
            tenths(u64::from(one.cpu_millis)),
            tenths(u64::from(one.rss_kib) * 1000 / total.max(1)),
            format!("{}:{:02}.{:02}", ran / 6000, ran / 100 % 60, ran % 100)
        ));
    }
    Ok(())
}

pub fn lscpu(call: &mut Call) -> Step<()> {
    let hardware = call.machine.hardware.clone();
    let cores = hardware.cores;
    let list = if cores == 1 { "0".to_string() } else { format!("0-{}", cores - 1) };
    let (modes, vendor, model) = match hardware.arch.as_str() {
        "amd64" => ("32-bit, 64-bit", "GenuineIntel", "Intel(R) Xeon(R) Platinum 8124M CPU @ 3.00GHz"),
        "arm64" => ("32-bit, 64-bit", "ARM", "Cortex-A72"),
        _ => ("32-bit", "ARM", "Cortex-A53"),
    };
    call.say(format_args!(
        "Architecture:            {}\n  CPU op-mode(s):        {modes}\n  Byte Order:            Little Endian\nCPU(s):                  {cores}\n  On-line CPU(s) list:   {list}\nVendor ID:               {vendor}\n  Model name:            {model}\n    Thread(s) per core:  1\n    Core(s) per socket:  {cores}\n    Socket(s):           1",
        machine_name(&hardware.arch)
    ));
    Ok(())
}

/// `timedatectl`, `timedatectl set-time '2026-12-01 10:00:00'`
pub fn timedatectl(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let local = call.machine.local(call.now);
    match words.first().map(String::as_str) {
        Some("set-time") => {
            if !call.is_root() {
                return fail("Failed to set time: Interactive authentication required.");
            }
            let given = words[1..].join(" ");
            let whole = match given.split_once(' ') {
                Some((day, clock)) => format!("{day}T{clock}Z"),
                None if given.contains(':') => format!("{}T{given}Z", &local.rfc3339()[..10]),
                None => format!("{given}T00:00:00Z"),
            };
            let Some(wanted) = Time::parse(&whole) else {
                return fail(format!("Failed to parse time specification '{given}': Invalid argument"));
            };
            call.machine.clock_offset = wanted.0 as i64 - call.now.0 as i64;
        }
        Some("set-ntp") => {
            if matches!(words.get(1).map(String::as_str), Some("true" | "yes" | "on" | "1")) {
                call.machine.clock_offset = 0;
            }
        }
        _ => {
            let exact = call.machine.clock_offset.abs() < 1_000_000;
            let (day, iso) = (local.rfc1123()[..3].to_string(), local.rfc3339());
            let stamp = format!("{day} {} {}", &iso[..10], &iso[11..19]);
            call.say(format_args!(
                "               Local time: {stamp} UTC\n           Universal time: {stamp} UTC\n                 RTC time: {stamp}\n                Time zone: Etc/UTC (UTC, +0000)\nSystem clock synchronized: {}\n              NTP service: {}\n          RTC in local TZ: no",
                if exact { "yes" } else { "no" },
                if exact { "active" } else { "inactive" }
            ));
        }
    }
    Ok(())
}

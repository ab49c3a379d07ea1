//! `k3s certificate check` and `rotate`.
use super::command::{columns, rooted};
use super::tls::{RENEW_DAYS, ROWS, Usage};
use super::token::{fatal, option};
use super::{DATA, log, tls};
use crate::call::{Call, Step};
use crate::pki::Certificate;
use simcore::{Duration, Time};

/// Words of `--service` that are known. k3s's pkg/util/services.
const SERVICES: [&str; 12] = [
    "admin",
    "api-server",
    "controller-manager",
    "scheduler",
    "supervisor",
    "k3s-controller",
    "k3s-server",
    "cloud-controller",
    "etcd",
    "auth-proxy",
    "kubelet",
    "kube-proxy",
];

/// `k3s certificate check|rotate`
pub fn run(call: &mut Call, words: &[String]) -> Step<()> {
    match words.first().map(String::as_str) {
        Some("check") => check(call, &words[1..]),
        Some("rotate") => rotate(call, &words[1..]),
        Some("rotate-ca") if option(words, "path").is_none() => fatal("--path is required"),
        Some("rotate-ca") => {
            fatal("the authorities of this simulated server cannot be exchanged; its certificates can: k3s certificate rotate")
        }
        _ => {
            super::usage::family(call, "certificate", "Manage K3s certificates");
            Ok(())
        }
    }
}

/// The rows asked for, and a word about what the node is when none were named.
fn chosen(call: &mut Call, words: &[String], doing: &str) -> Step<Vec<&'static tls::Row>> {
    rooted(call)?;
    let named: Vec<String> = option(words, "service").map(|text| text.split(',').map(String::from).collect()).unwrap_or_default();
    if let Some(strange) = named.iter().find(|name| !SERVICES.contains(&name.as_str())) {
        return fatal(format!("service {strange} is not recognized"));
    }
    let server = call.machine.files.is_folder(&format!("{DATA}/server"));
    if named.is_empty() {
        let words = match server {
            true => format!("Server detected, {doing} agent and server certificates"),
            false => format!("Agent detected, {doing} agent certificates"),
        };
        log::terminal(call, "INFO", 0, words);
    }
    let fits = |row: &&tls::Row| named.is_empty() || named.iter().any(|name| name == row.service);
    Ok(ROWS.iter().filter(fits).filter(|row| call.machine.files.exists(&format!("{DATA}/{}.crt", row.file))).collect())
}

fn common(subject: &str) -> &str {
    subject.rsplit("CN = ").next().unwrap_or(subject)
}

fn status(certificate: &Certificate, now: Time) -> &'static str {
    let soon = now + Duration::secs(RENEW_DAYS * 86_400);
    match () {
        _ if now < certificate.not_before => "NOT YET VALID",
        _ if now > certificate.not_after => "EXPIRED",
        _ if soon > certificate.not_after => "WARNING",
        _ => "OK",
    }
}

fn check(call: &mut Call, words: &[String]) -> Step<()> {
    let rows = chosen(call, words, "checking")?;
    let form = option(words, "output").or_else(|| option(words, "o")).unwrap_or("text").to_string();
    let now = call.machine.local(call.now);
    let mut all: Vec<(String, String, Certificate)> = Vec::new();
    for row in rows {
        let file = format!("{}.crt", row.file.rsplit('/').next().unwrap_or(row.file));
        let usage = match row.usage {
            Usage::Client => "ClientAuth",
            Usage::Server => "ServerAuth",
            Usage::Both => "ServerAuth,ClientAuth",
        };
        let read = |text: Option<std::sync::Arc<str>>| text.and_then(|text| Certificate::read(&text));
        let leaf = read(call.machine.files.read(&format!("{DATA}/{}.crt", row.file)));
        // A file holds its authority, too.
        let chain = leaf.map(|leaf| (usage.to_string(), leaf)).into_iter();
        let chain = chain.chain(tls::authority(call.machine, row.authority).map(|one| ("CertSign".to_string(), one)));
        all.extend(chain.map(|(usage, one)| (file.clone(), usage, one)));
    }
    match form.as_str() {
        "text" => {
            for (file, usage, one) in all {
                let (name, until) = (common(&one.subject), one.not_after.rfc3339());
                let (level, words) = match status(&one, now) {
                    "NOT YET VALID" => ("ERRO", format!("is not valid before {}", one.not_before.rfc3339())),
                    "EXPIRED" => ("ERRO", format!("expired at {until}")),
                    "WARNING" => ("WARN", format!("will expire within {RENEW_DAYS} days at {until}")),
                    _ => ("INFO", format!("is ok, expires at {until}")),
                };
                log::terminal(call, level, 0, format_args!("{file}: certificate {name} ({usage}) {words}"));
            }
        }
        "table" => {
            let mut table = vec![["FILENAME", "SUBJECT", "USAGES", "EXPIRES", "RESIDUAL TIME", "STATUS"].map(String::from)];
            table.push(["--------", "-------", "------", "-------", "-------------", "------"].map(String::from));
            table.extend(all.into_iter().map(|(file, usage, one)| {
                let status = status(&one, now);
                let shown = if status == "NOT YET VALID" { one.not_before } else { one.not_after };
                [file, common(&one.subject).to_string(), usage, date(shown), residual(one.not_after, now), status.to_string()]
            }));
            call.say("");
            columns(call, &table, 0, 3);
        }
        other => return fatal(format!("invalid output format {other}")),
    }
    Ok(())
}

/// `Jun 09, 2026 10:17 UTC`
fn date(at: Time) -> String {
    let text = at.rfc1123();
    format!("{} {}, {} {} UTC", &text[8..11], &text[5..7], &text[12..16], &text[17..22])
}

/// How long is left, as go-humanize says it: `1 year`, `10 years`, `11 months`, `3 weeks`.
fn residual(until: Time, now: Time) -> String {
    const DAY: u64 = 86_400;
    let seconds = if until > now { until.since(now) } else { now.since(until) }.as_secs();
    let count = |n: u64, unit: &str| if n == 1 { format!("1 {unit}") } else { format!("{n} {unit}s") };
    match seconds {
        0..60 => count(seconds, "second"),
        60..3_600 => count(seconds / 60, "minute"),
        3_600..86_400 => count(seconds / 3_600, "hour"),
        86_400..604_800 => count(seconds / DAY, "day"),
        604_800..2_592_000 => count(seconds / (7 * DAY), "week"),
        2_592_000..31_104_000 => count(seconds / (30 * DAY), "month"),
        31_104_000..46_656_000 => "1 year".into(),
        46_656_000..62_208_000 => "2 years".into(),
        _ => count(seconds / (360 * DAY), "year"),
    }
}

fn rotate(call: &mut Call, words: &[String]) -> Step<()> {
    let rows = chosen(call, words, "rotating")?;
    let second = call.machine.local(call.now).0 / 1_000_000;
    let server = call.machine.files.is_folder(&format!("{DATA}/server/tls"));
    let backup = format!("{DATA}/{}/tls-{second}", if server { "server" } else { "agent" });
    for path in call.machine.files.below(&format!("{DATA}/server/tls")) {
        if let Some(file) = call.machine.files.get(&path).cloned().filter(|file| file.kind != crate::machine::Kind::Folder) {
            let to = path.replacen(&format!("{DATA}/server/tls"), &backup, 1);
            call.machine.files.put(&to, file);
        }
    }
    let mut services: Vec<&str> = Vec::new();
    for row in rows {
        if !services.contains(&row.service) {
            services.push(row.service);
        }
        for end in ["crt", "key"] {
            let path = format!("{DATA}/{}.{end}", row.file);
            if let Some(file) = call.machine.files.get(&path).cloned().filter(|_| row.file.starts_with("agent/")) {
                call.machine.files.put(&format!("{backup}/{}", path.rsplit('/').next().unwrap_or("")), file);
            }
            call.machine.files.remove(&path);
        }
    }
    for service in services {
        log::terminal(call, "INFO", 0, format_args!("Rotating certificates for {service}"));
    }
    log::terminal(
        call,
        "INFO",
        0,
        format_args!("Successfully backed up certificates to {backup}, please restart k3s server or agent to rotate certificates"),
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_said_in_whole_units() {
        let left = |days: u64| residual(Time(days * 86_400_000_000), Time(0));
        assert_eq!((left(365), left(3650), left(100), left(10)), ("1 year".into(), "10 years".into(), "3 months".into(), "1 week".into()));
    }
}

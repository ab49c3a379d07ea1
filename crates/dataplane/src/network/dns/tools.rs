//! What people see who look a name up by hand: `nslookup` (busybox), `dig` and `host` (bind), `getent` (glibc).
use crate::network::dns::message::{Answer, Data, Kind, Question, Rcode, Record, Reply, absolute, plain, reverse_name};
use crate::network::dns::resolv::ResolvConf;
use crate::network::dns::stub::{self, Ask, Family, Found, Lookup};
use objects::Text;
use simcore::{Duration, Time};
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};

/// What a tool wrote, its exit code, and how long it took.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Said {
    pub out: String,
    pub err: String,
    pub code: i32,
    pub took: Duration,
}

type Tool = fn(&[Text], &ResolvConf, Time, &mut Ask) -> Said;

/// The tools by their names.
const TOOLS: [(&str, Tool); 4] = [("dig", dig), ("getent", getent), ("host", host), ("nslookup", nslookup)];

/// Runs a tool; nothing where it is none of these. `now` is what dig writes as its date.
pub fn run(name: &str, arguments: &[Text], conf: &ResolvConf, now: Time, ask: &mut Ask) -> Option<Said> {
    TOOLS.iter().find(|(known, _)| *known == name).map(|(_, tool)| tool(arguments, conf, now, ask))
}

/// How long the tools wait for an answer, and how often dig and host ask.
const WAIT: Duration = Duration::secs(5);
const TRIES: usize = 3;

fn server_of(conf: &ResolvConf, said: Option<&str>) -> IpAddr {
    let first = said.or(conf.servers.first().map(Text::as_str));
    first.and_then(|server| server.parse().ok()).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// What `getent hosts` prints: the address, the true name, and the aliases on the way.
pub fn hosts_lines(lookup: &Lookup) -> String {
    let Found::Addresses { canonical, addresses } = &lookup.result else { return String::new() };
    let mut names = canonical.to_string();
    let replies = lookup.steps.iter().filter_map(|step| if let Reply::Answer(answer, _) = &step.reply { Some(answer) } else { None });
    for record in replies.flat_map(|answer| &answer.answer).filter(|record| matches!(record.data, Data::Cname(_))) {
        let alias = plain(&record.name);
        if !names.split(' ').any(|name| name == alias) {
            let _ = write!(names, " {alias}");
        }
    }
    addresses.iter().map(|address| format!("{:<15} {names}\n", address.to_string())).collect()
}

/// What `getent ahosts` prints: three lines for each address.
pub fn ahosts_lines(lookup: &Lookup) -> String {
    let Found::Addresses { canonical, addresses } = &lookup.result else { return String::new() };
    let mut lines = String::new();
    for (place, address) in addresses.iter().enumerate() {
        let name = if place == 0 { canonical.as_str() } else { "" };
        for (kind, name) in [("STREAM", name), ("DGRAM", ""), ("RAW", "")] {
            let _ = writeln!(lines, "{:<15} {kind:<6} {name}", address.to_string());
        }
    }
    lines
}

fn getent(arguments: &[Text], conf: &ResolvConf, _now: Time, ask: &mut Ask) -> Said {
    let [database, name, ..] = arguments else {
        return Said { err: "getent: wrong number of arguments\n".to_string(), code: 1, ..Said::default() };
    };
    let (family, lines): (Family, fn(&Lookup) -> String) = match database.as_str() {
        "hosts" => (Family::V4, hosts_lines),
        "ahosts" => (Family::Both, ahosts_lines),
        "ahostsv4" => (Family::V4, ahosts_lines),
        "ahostsv6" => (Family::V6, ahosts_lines),
        other => return Said { err: format!("Unknown database: {other}\n"), code: 1, ..Said::default() },
    };
    let lookup = stub::resolve(conf, name, family, ask);
    let out = lines(&lookup);
    Said { code: if out.is_empty() { 2 } else { 0 }, out, err: String::new(), took: lookup.elapsed }
}

/// One answer as busybox's nslookup prints it, with the empty line after it.
pub fn nslookup_answer(question: &Question, answer: &Answer) -> String {
    let name = plain(&question.name);
    if answer.rcode != Rcode::NoError {
        return format!("** server can't find {name}: {}\n\n", answer.rcode.word());
    }
    let mut text = String::new();
    if !answer.authoritative {
        text.push_str("Non-authoritative answer:\n");
    }
    for record in &answer.answer {
        let name = plain(&record.name);
        let _ = match &record.data {
            Data::Address(address) => writeln!(text, "Name:\t{name}\nAddress: {address}"),
            Data::Cname(to) => writeln!(text, "{name}\tcanonical name = {}", plain(to)),
            Data::Ptr(to) => writeln!(text, "{name}\tname = {}", plain(to)),
            Data::Ns(to) => writeln!(text, "{name}\tnameserver = {}", plain(to)),
            Data::Txt(words) => writeln!(text, "{name}\ttext = \"{words}\""),
            Data::Mx { preference, exchange } => writeln!(text, "{name}\tmail exchanger = {preference} {}", plain(exchange)),
            Data::Srv { priority, weight, port, target } => {
                writeln!(text, "{name}\tservice = {priority} {weight} {port} {}", plain(target))
            }
            Data::Soa { primary, mailbox, serial, refresh, retry, expire, minimum } => writeln!(
                text,
                "{name}\n\torigin = {}\n\tmail addr = {}\n\tserial = {serial}\n\trefresh = {refresh}\n\tretry = {retry}\n\texpire = \
                 {expire}\n\tminimum = {minimum}",
                plain(primary),
                plain(mailbox)
            ),
        };
    }
    text.push('\n');
    text
}

/// busybox: a name with a dot is asked as it is; one without is asked with every search domain, all at once.
fn nslookup(arguments: &[Text], conf: &ResolvConf, _now: Time, ask: &mut Ask) -> Said {
    let flag = |name: &str| arguments.iter().find_map(|word| word.strip_prefix(name));
    let kind = flag("-type=").or_else(|| flag("-query=")).or_else(|| flag("-q=")).map(|word| Kind::parse(word).unwrap_or(Kind::A));
    let mut words = arguments.iter().filter(|word| !word.starts_with('-'));
    let Some(name) = words.next() else {
        let usage = "BusyBox multi-call binary.\n\nUsage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n";
        return Said { err: usage.to_string(), code: 1, ..Said::default() };
    };
    let server = server_of(conf, words.next().map(Text::as_str));
    let (kinds, names) = match name.parse::<IpAddr>() {
        Ok(address) => (vec![Kind::PTR], vec![reverse_name(address)]),
        Err(_) => {
            let searched = !name.contains('.') && !conf.searches.is_empty();
            let names = if searched {
                conf.searches.iter().map(|domain| absolute(&format!("{name}.{domain}"))).collect()
            } else {
                vec![absolute(name)]
            };
            (kind.map_or(vec![Kind::A, Kind::AAAA], |kind| vec![kind]), names)
        }
    };
    let mut said = Said { out: format!("Server:\t\t{server}\nAddress:\t{}\n\n", std::net::SocketAddr::new(server, 53)), ..Said::default() };
    for question in kinds.iter().flat_map(|kind| names.iter().map(|name| Question { name: name.clone(), kind: *kind })) {
        match ask(server, &question, Duration::ZERO) {
            Reply::Answer(answer, took) => {
                said.took = said.took.max(took);
                said.code |= i32::from(answer.rcode != Rcode::NoError);
                said.out.push_str(&nslookup_answer(&question, &answer));
            }
            silent => {
                let refused = silent == Reply::Refused;
                let err = if refused { format!("nslookup: write to '{server}': Connection refused\n") } else { String::new() };
                let out = ";; connection timed out; no servers could be reached\n\n".to_string();
                return Said { out, err, code: 1, took: if refused { Duration::ZERO } else { WAIT } };
            }
        }
    }
    said
}

/// A record as dig aligns it: columns at 24, 32, 40 and 48, by tabs; one blank where a column is passed already.
pub fn dig_record(record: &Record) -> String {
    let mut line = record.name.to_string();
    let parts = [record.ttl.to_string(), "IN".to_string(), record.data.kind().word().to_string(), record.data.text()];
    let mut column = line.len();
    for (part, place) in parts.iter().zip([24, 32, 40, 48]) {
        column = align(&mut line, column, place) + part.len();
        line.push_str(part);
    }
    line.push('\n');
    line
}

fn align(line: &mut String, column: usize, place: usize) -> usize {
    if column >= place {
        line.push(' ');
        return column + 1;
    }
    (column / 8..place / 8).for_each(|_| line.push('\t'));
    place
}

/// A whole answer as dig prints it, from `;; Got answer:` on.
pub fn dig_answer(question: &Question, answer: &Answer, server: IpAddr, now: Time, took: Duration) -> String {
    let id = (now.0 / 1_000) as u16;
    let mut text = String::from(";; Got answer:\n");
    let _ = writeln!(text, ";; ->>HEADER<<- opcode: QUERY, status: {}, id: {id}", answer.rcode.word());
    let counts = (answer.answer.len(), answer.authority.len(), answer.additional.len() + 1);
    let _ =
        writeln!(text, ";; flags: {}; QUERY: 1, ANSWER: {}, AUTHORITY: {}, ADDITIONAL: {}", answer.flags(), counts.0, counts.1, counts.2);
    if !answer.recursive {
        text.push_str(";; WARNING: recursion requested but not available\n");
    }
    text.push_str("\n;; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n;; QUESTION SECTION:\n");
    let mut line = format!(";{}", question.name);
    let column = align(&mut line, question.name.len(), 32) + 2;
    line.push_str("IN");
    align(&mut line, column, 40);
    let _ = writeln!(text, "{line}{}", question.kind.word());
    for (title, records) in [("ANSWER", &answer.answer), ("AUTHORITY", &answer.authority), ("ADDITIONAL", &answer.additional)] {
        if !records.is_empty() {
            let _ = write!(text, "\n;; {title} SECTION:\n{}", records.iter().map(dig_record).collect::<String>());
        }
    }
    let date = now.rfc1123();
    let when = format!("{} {} {} {} UTC {}", &date[..3], &date[8..11], &date[5..7], &date[17..25], &date[12..16]);
    let size = answer.size(question) + 11;
    let _ = write!(
        text,
        "\n;; Query time: {} msec\n;; SERVER: {server}#53({server}) (UDP)\n;; WHEN: {when}\n;; MSG SIZE  rcvd: {size}\n\n",
        took.0 / 1_000
    );
    text
}

/// What `dig +short` prints.
pub fn dig_short(answer: &Answer) -> String {
    answer.answer.iter().map(|record| record.data.text() + "\n").collect()
}

fn dig(arguments: &[Text], conf: &ResolvConf, now: Time, ask: &mut Ask) -> Said {
    let (mut name, mut kind, mut server) = (None, None, None);
    let has = |flag: &str| arguments.iter().any(|word| word == flag);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-x" => {
                let address: Option<IpAddr> = words.next().and_then(|address| address.parse().ok());
                (name, kind) = (address.map(reverse_name), Some(Kind::PTR));
            }
            "-t" => kind = words.next().and_then(|word| Kind::parse(word)),
            word if word.starts_with(['+', '-']) => {}
            word if word.starts_with('@') => server = Some(&word[1..]),
            "IN" | "in" => {}
            word => match Kind::parse(word).filter(|_| kind.is_none()) {
                Some(found) => kind = Some(found),
                None => name = Some(Text::new(word)),
            },
        }
    }
    let server = server_of(conf, server);
    let (name, kind) = (name.unwrap_or_else(|| Text::new_static(".")), kind.unwrap_or(Kind::A));
    let searches = has("+search") || has("+showsearch");
    let names = if searches { stub::candidates(conf, &name) } else { vec![absolute(&name)] };
    let mut head = format!("\n; <<>> DiG 9.20.11 <<>> {}\n;; global options: +cmd\n", arguments.join(" "));
    let mut said = Said::default();
    for (place, name) in names.iter().enumerate() {
        let question = Question { name: name.clone(), kind };
        match ask(server, &question, said.took) {
            Reply::Answer(answer, took) => {
                said.took = said.took + took;
                if answer.answer.is_empty() && place + 1 < names.len() {
                    if has("+showsearch") && !has("+short") && !has("+noall") {
                        head.push_str(&dig_answer(&question, &answer, server, now, took));
                        head.push('\n');
                    }
                    continue;
                }
                said.out = match (has("+short"), has("+noall")) {
                    (true, _) => dig_short(&answer),
                    (false, true) => answer.answer.iter().map(dig_record).collect(),
                    _ => head + &dig_answer(&question, &answer, server, now, took),
                };
                return said;
            }
            silent => {
                let refused = silent == Reply::Refused;
                let why = if refused { "connection refused" } else { "timed out" };
                let each = format!(";; communications error to {server}#53: {why}\n");
                if has("+short") || has("+noall") {
                    head.clear();
                }
                said.out = format!("{}{head};; no servers could be reached\n", each.repeat(TRIES));
                said.code = 9;
                said.took = said.took + if refused { Duration::ZERO } else { WAIT.times(TRIES as u64) };
                return said;
            }
        }
    }
    said
}

/// One answer as `host` prints it.
pub fn host_answer(question: &Question, answer: &Answer) -> String {
    let mut text = String::new();
    for record in &answer.answer {
        let name = plain(&record.name);
        let _ = match &record.data {
            Data::Address(address @ IpAddr::V4(_)) => writeln!(text, "{name} has address {address}"),
            Data::Address(address) => writeln!(text, "{name} has IPv6 address {address}"),
            Data::Cname(to) => writeln!(text, "{name} is an alias for {to}"),
            Data::Ptr(to) => writeln!(text, "{name} domain name pointer {to}"),
            Data::Mx { preference, exchange } => writeln!(text, "{name} mail is handled by {preference} {exchange}"),
            Data::Txt(words) => writeln!(text, "{name} descriptive text \"{words}\""),
            Data::Srv { .. } => writeln!(text, "{name} has SRV record {}", record.data.text()),
            Data::Ns(to) => writeln!(text, "{name} name server {to}"),
            Data::Soa { .. } => writeln!(text, "{name} has SOA record {}", record.data.text()),
        };
    }
    if answer.rcode != Rcode::NoError {
        let (number, word) = (answer.rcode.number(), answer.rcode.word());
        let _ = writeln!(text, "Host {} not found: {number}({word})", plain(&question.name));
    }
    text
}

fn host(arguments: &[Text], conf: &ResolvConf, _now: Time, ask: &mut Ask) -> Said {
    let at = arguments.iter().position(|word| word == "-t");
    let kind = at.and_then(|at| arguments.get(at + 1)).and_then(|word| Kind::parse(word));
    let skipped = |place: usize| at.is_some_and(|at| place == at || place == at + 1);
    let mut words = arguments.iter().enumerate().filter(|(place, word)| !skipped(*place) && !word.starts_with('-')).map(|(_, word)| word);
    let Some(name) = words.next() else {
        return Said { err: "Usage: host [-aCdilrTvVw] hostname [server]\n".to_string(), code: 1, ..Said::default() };
    };
    let server = server_of(conf, words.next().map(Text::as_str));
    let names = match name.parse::<IpAddr>() {
        Ok(address) => vec![reverse_name(address)],
        Err(_) => stub::candidates(conf, name),
    };
    let first = kind.unwrap_or(if names[0].ends_with(".arpa.") { Kind::PTR } else { Kind::A });
    let mut said = Said::default();
    let mut last = String::new();
    for name in &names {
        let question = Question { name: name.clone(), kind: first };
        let Reply::Answer(answer, took) = ask(server, &question, said.took) else {
            let out = ";; connection timed out; no servers could be reached\n".to_string();
            return Said { out, code: 1, took: said.took + WAIT.times(2), ..Said::default() };
        };
        said.took = said.took + took;
        if answer.rcode == Rcode::NoError && !answer.answer.is_empty() {
            said.out = host_answer(&question, &answer);
            // Without a type it also asks for IPv6 and for mail.
            for kind in [Kind::AAAA, Kind::MX].into_iter().filter(|_| kind.is_none() && first == Kind::A) {
                let more = Question { name: name.clone(), kind };
                if let Reply::Answer(mut answer, took) = ask(server, &more, said.took) {
                    said.took = said.took + took;
                    answer.answer.retain(|record| !matches!(record.data, Data::Cname(_)));
                    said.out.push_str(&host_answer(&more, &answer));
                }
            }
            return said;
        }
        let typed = arguments.iter().find(|word| !word.starts_with('-')).map_or(name.as_str(), |word| plain(word));
        last = match answer.rcode {
            Rcode::NoError => format!("{} has no {} record\n", plain(name), first.word()),
            rcode => format!("Host {typed} not found: {}({})\n", rcode.number(), rcode.word()),
        };
    }
    Said { out: last, code: 1, ..said }
}

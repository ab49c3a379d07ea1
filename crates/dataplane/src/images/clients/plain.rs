//! nc and ping, as busybox has them, and the tools that ask name servers.
use crate::images::clients::Printed;
use crate::images::clients::curl::seconds;
use crate::network::{Ask, Failure, Heard, Url, What};
use objects::Text;
use simcore::Duration;

/// The value behind a flag: `-w 2` or `-w2`.
fn value<'a>(arguments: &'a [Text], flag: &str) -> Option<&'a str> {
    let at = arguments.iter().position(|word| word.starts_with(flag))?;
    let inside = &arguments[at][flag.len()..];
    if inside.is_empty() { arguments.get(at + 1).map(Text::as_str) } else { Some(inside) }
}

/// Words that are neither flags nor their values.
fn operands<'a>(arguments: &'a [Text], valued: &[&str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        if valued.contains(&word.as_str()) {
            rest.next();
        } else if !word.starts_with('-') {
            found.push(word.as_str());
        }
    }
    found
}

fn about(what: What, host: &str, port: u16, limit: Duration) -> Ask {
    let url = Url { secure: false, host: Text::new(host), port, path: Text::new_static("/") };
    Ask { what, limit, connect_limit: limit, ..Ask::get(url) }
}

fn refused(words: &str) -> (String, i32) {
    (words.to_string(), 1)
}

pub fn nc(arguments: &[Text]) -> Result<Ask, (String, i32)> {
    let words = operands(arguments, &["-w", "-p", "-s"]);
    let usage = "BusyBox v1.36.1 () multi-call binary.\n\nUsage: nc [-vz] [-w SEC] IPADDR PORT\n";
    let (Some(host), Some(port)) = (words.first(), words.get(1)) else { return Err(refused(usage)) };
    let port = port.parse().map_err(|_| refused(&format!("nc: bad port '{port}'\n")))?;
    let limit = value(arguments, "-w").and_then(seconds).unwrap_or(crate::network::CONNECT_MAX);
    Ok(about(What::Connection, host, port, limit))
}

pub fn nc_tells(arguments: &[Text], ask: &Ask, heard: &Heard) -> Printed {
    let (host, port) = (&ask.url.host, ask.url.port);
    let place = format!("{host} ({}:{port})", heard.address.map(|address| address.to_string()).unwrap_or_default());
    let chatty = arguments.iter().any(|word| word.starts_with('-') && word.contains('v'));
    let words = match heard.end {
        Ok(_) if chatty => format!("{place} open\n"),
        Ok(_) => String::new(),
        Err(Failure::NoName | Failure::NameServer) => format!("nc: bad address '{host}'\n"),
        Err(Failure::Refused | Failure::NoEndpoints) => format!("nc: {place}: Connection refused\n"),
        Err(Failure::Unreachable) => format!("nc: {place}: No route to host\n"),
        Err(_) => "nc: timed out\n".to_string(),
    };
    Printed { err: words, code: i32::from(heard.end.is_err()), ..Printed::default() }
}

pub fn ping(arguments: &[Text]) -> Result<Ask, (String, i32)> {
    let host = operands(arguments, &["-c", "-w", "-W", "-i", "-s", "-M"]).last().copied();
    let host = host.ok_or_else(|| refused("BusyBox v1.36.1 () multi-call binary.\n\nUsage: ping [OPTIONS] HOST\n"))?;
    let count = count(arguments);
    let wait = value(arguments, "-W").or(value(arguments, "-w")).and_then(seconds).unwrap_or(Duration::secs(10));
    Ok(Ask { size: size(arguments), ..about(What::Echo, host, 0, Duration::secs(count - 1) + wait) })
}

/// How many echoes: without `-c` a few, because a command here has to end by itself.
fn count(arguments: &[Text]) -> u64 {
    value(arguments, "-c").and_then(|count| count.parse().ok()).unwrap_or(4).clamp(1, 20)
}

/// How many bytes an echo carries: 56 without `-s`.
fn size(arguments: &[Text]) -> u32 {
    value(arguments, "-s").and_then(|size| size.parse().ok()).unwrap_or(56).min(65_507)
}

pub fn ping_tells(arguments: &[Text], ask: &Ask, heard: &Heard) -> Printed {
    let host = &ask.url.host;
    let Some(address) = heard.address else {
        return Printed { err: format!("ping: bad address '{host}'\n"), code: 1, ..Printed::default() };
    };
    let count = count(arguments);
    let mut out = format!("PING {host} ({address}): {} data bytes\n", ask.size);
    let micros = heard.took.saturating_sub(heard.named).0.max(1);
    let time = format!("{}.{:03}", micros / 1_000, micros % 1_000);
    let well = heard.end.is_ok();
    for sequence in (0..count).filter(|_| well) {
        out.push_str(&format!("{} bytes from {address}: seq={sequence} ttl=63 time={time} ms\n", ask.size + 8));
    }
    let (received, lost) = if well { (count, 0) } else { (0, 100) };
    out.push_str(&format!(
        "\n--- {host} ping statistics ---\n{count} packets transmitted, {received} packets received, {lost}% packet loss\n"
    ));
    if well {
        out.push_str(&format!("round-trip min/avg/max = {time}/{time}/{time} ms\n"));
    }
    Printed { out, code: i32::from(!well), ..Printed::default() }
}

/// `nslookup`, `dig`, `host`, `getent`: whoever carries the questions runs the tool, too.
pub fn names(tool: &'static str, arguments: &[Text]) -> Ask {
    let words = std::iter::once(Text::new_static(tool)).chain(arguments.iter().cloned()).collect();
    Ask { words, ..about(What::Name, "localhost", 0, Duration::mins(10)) }
}

/// The answer's body is what the tool printed; its errors stand in a header, its code is the answer's.
pub fn names_tells(_: &[Text], _: &Ask, heard: &Heard) -> Printed {
    match &heard.end {
        Ok(reply) => {
            let err = reply.headers.first().map(|(_, value)| value.to_string()).unwrap_or_default();
            Printed { out: reply.body.to_string(), err, code: i32::from(reply.code), file: None }
        }
        Err(_) => Printed { out: ";; connection timed out; no servers could be reached\n\n".to_string(), code: 1, ..Printed::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(end: Result<(), Failure>) -> Heard {
        let reply = crate::network::Reply { code: 200, headers: Vec::new(), body: Text::default() };
        Heard { took: Duration::micros(321), named: Duration::ZERO, address: "10.240.0.5".parse().ok(), end: end.map(|()| reply) }
    }

    #[test]
    fn ping_and_nc_tell_what_they_heard() {
        let words: Vec<Text> = ["-c", "1", "web"].map(Text::new).to_vec();
        let ask = ping(&words).expect("it makes sense");
        let out = ping_tells(&words, &ask, &heard(Ok(()))).out;
        assert!(out.contains("64 bytes from 10.240.0.5: seq=0 ttl=63 time=0.321 ms") && out.contains(" 0% packet loss"), "{out}");
        let silent = ping_tells(&words, &ask, &heard(Err(Failure::Lost)));
        assert!(silent.out.contains("100% packet loss") && silent.code == 1);
        let words: Vec<Text> = ["-zv", "-w", "2", "db", "5432"].map(Text::new).to_vec();
        let ask = nc(&words).expect("it makes sense");
        assert_eq!((ask.url.port, ask.limit), (5432, Duration::secs(2)));
        assert_eq!(nc_tells(&words, &ask, &heard(Ok(()))).err, "db (10.240.0.5:5432) open\n");
        assert_eq!(nc_tells(&words, &ask, &heard(Err(Failure::Refused))).err, "nc: db (10.240.0.5:5432): Connection refused\n");
    }
}

//! busybox's wget: its arguments and its words.
use crate::images::clients::curl::seconds;
use crate::images::clients::{Printed, phrase};
use crate::network::{Ask, Failure, Heard, Url};
use objects::Text;
use simcore::Duration;

#[derive(Default)]
struct Flags<'a> {
    url: &'a str,
    quiet: bool,
    spider: bool,
    output: Option<&'a str>,
    limit: Option<Duration>,
    headers: Vec<(Text, Text)>,
    post: bool,
}

fn read(arguments: &[Text]) -> Flags<'_> {
    let mut flags = Flags::default();
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').unwrap_or((long, ""));
            let mut given = || if value.is_empty() { rest.next().map_or("", Text::as_str) } else { value };
            match name {
                "timeout" => flags.limit = seconds(given()),
                "header" => flags.headers.extend(given().split_once(':').map(|(name, value)| (Text::new(name), Text::new(value.trim())))),
                "output-document" => flags.output = Some(given()),
                "post-data" => flags.post = !given().is_empty(),
                "spider" => flags.spider = true,
                "quiet" => flags.quiet = true,
                _ => {}
            }
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            for (at, letter) in letters.char_indices() {
                if !matches!(letter, 'O' | 'T' | 't' | 'P' | 'U') {
                    flags.quiet |= letter == 'q';
                    continue;
                }
                let inside = &letters[at + 1..];
                let value = if inside.is_empty() { rest.next().map_or("", Text::as_str) } else { inside };
                match letter {
                    'O' => flags.output = Some(value),
                    'T' => flags.limit = seconds(value),
                    _ => {}
                }
                break;
            }
        } else {
            flags.url = word;
        }
    }
    flags
}

pub fn plan(arguments: &[Text]) -> Result<Ask, (String, i32)> {
    let flags = read(arguments);
    if flags.url.is_empty() {
        let words = "BusyBox v1.36.1 () multi-call binary.\n\nUsage: wget [-cqS] [--spider] [-O FILE] [--header STR] [-T SEC] URL...\n";
        return Err((words.to_string(), 1));
    }
    let url = Url::parse(flags.url).ok_or_else(|| (format!("wget: not an http or ftp url: {}\n", flags.url), 1))?;
    let usual = Ask::get(url);
    let limit = flags.limit.unwrap_or(usual.limit);
    let method = Text::new_static(if flags.post { "POST" } else { "GET" });
    Ok(Ask { method, limit, connect_limit: limit.min(usual.connect_limit), headers: flags.headers, follow: true, insecure: true, ..usual })
}

pub fn tell(arguments: &[Text], ask: &Ask, heard: &Heard) -> Printed {
    let flags = read(arguments);
    let mut printed = Printed::default();
    let (host, port) = (&ask.url.host, ask.url.port);
    let address = heard.address.map(|address| address.to_string()).unwrap_or_default();
    if !flags.quiet && heard.address.is_some() {
        printed.err = format!("Connecting to {host} ({address}:{port})\n");
    }
    let reply = match &heard.end {
        Ok(reply) if reply.code < 400 => reply,
        Ok(reply) => return failed(printed, &format!("server returned error: HTTP/1.1 {} {}", reply.code, phrase(reply.code))),
        Err(failure) => return failed(printed, &sentence(*failure, ask, heard, &address)),
    };
    let last = ask.url.path.rsplit('/').next().filter(|last| !last.is_empty()).unwrap_or("index.html");
    match flags.output {
        _ if flags.spider => {}
        Some("-") => printed.out = reply.body.to_string(),
        Some("/dev/null") => {}
        other => {
            let path = other.unwrap_or(last);
            if !flags.quiet {
                printed.err.push_str(&format!("saving to '{path}'\n'{path}' saved\n"));
            }
            let absolute = if path.starts_with('/') { Text::new(path) } else { Text::from(format!("/{path}")) };
            printed.file = Some((absolute, reply.body.clone()));
        }
    }
    printed
}

fn sentence(failure: Failure, ask: &Ask, heard: &Heard, address: &str) -> String {
    let timed_out = heard.took >= ask.limit;
    match failure {
        Failure::NoName | Failure::NameServer => format!("bad address '{}'", ask.url.host),
        Failure::NoEndpoints | Failure::Refused => format!("can't connect to remote host ({address}): Connection refused"),
        Failure::Unreachable => format!("can't connect to remote host ({address}): No route to host"),
        Failure::Denied | Failure::Lost if !timed_out => format!("can't connect to remote host ({address}): Connection timed out"),
        Failure::Denied | Failure::Lost | Failure::Timeout => "download timed out".to_string(),
        Failure::Reset => "error getting response: Connection reset by peer".to_string(),
        // busybox checks no certificate.
        Failure::NoTls => "error getting response: Invalid argument".to_string(),
        Failure::Empty | Failure::SelfSigned | Failure::Untrusted | Failure::Expired | Failure::WrongName => {
            "error getting response".to_string()
        }
        Failure::Redirects => "too many redirections".to_string(),
    }
}

fn failed(mut printed: Printed, words: &str) -> Printed {
    printed.err.push_str(&format!("wget: {words}\n"));
    printed.code = 1;
    printed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Reply;

    fn says(line: &str, end: Result<Reply, Failure>) -> (String, String, i32) {
        let words: Vec<Text> = line.split(' ').map(Text::new).collect();
        let ask = plan(&words).expect("it makes sense");
        let took = if end == Err(Failure::Denied) { ask.limit } else { Duration::millis(2) };
        let heard = Heard { took, named: Duration::ZERO, address: "10.96.0.7".parse().ok(), end };
        let printed = tell(&words, &ask, &heard);
        (printed.out, printed.err, printed.code)
    }

    #[test]
    fn its_words_are_busyboxs() {
        let body = || Ok(Reply { code: 200, headers: Vec::new(), body: Text::new("hi\n") });
        assert_eq!(says("-qO- http://web/", body()), ("hi\n".into(), String::new(), 0));
        assert_eq!(says("-q -T 2 -O - web", Err(Failure::Denied)).1, "wget: download timed out\n");
        assert_eq!(says("-qO- nosuch", Err(Failure::NoName)).1, "wget: bad address 'nosuch'\n");
        assert_eq!(says("-qO- web", Err(Failure::Refused)).1, "wget: can't connect to remote host (10.96.0.7): Connection refused\n");
        let lost = Ok(Reply { code: 404, headers: Vec::new(), body: Text::default() });
        assert_eq!(says("-qO- web/x", lost).1, "wget: server returned error: HTTP/1.1 404 Not Found\n");
        assert_eq!(says("web/a.txt", body()).1, "Connecting to web (10.96.0.7:80)\nsaving to 'a.txt'\n'a.txt' saved\n");
    }
}

//! Programs that reach other machines: curl, wget, ping.
use super::apart;
use crate::call::{Call, Step, Stop, fail, is_address};
use crate::outside::{Begun, Page};
use crate::web;
use simcore::Duration;

/// curl's exit code and words for Go's words of a failed fetch.
pub fn curl_words(url: &str, words: &str) -> (u8, String) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', ':']).next().unwrap_or("");
    let port = match rest.split('/').next().and_then(|host| host.rsplit_once(':')) {
        Some((_, port)) => port,
        None if url.starts_with("http://") => "80",
        None => "443",
    };
    match () {
        _ if words.contains("lookup ") || words.contains("no such host") => (6, format!("curl: (6) Could not resolve host: {host}")),
        _ if words.contains("timeout") || words.contains("deadline") => {
            (28, format!("curl: (28) Failed to connect to {host} port {port} after 134000 ms: Couldn't connect to server"))
        }
        _ => (7, format!("curl: (7) Failed to connect to {host} port {port} after 2 ms: Couldn't connect to server")),
    }
}

/// Asks the world for a program that it knows better; `false`: it does not.
fn elsewhere(call: &mut Call, name: &str) -> Step<bool> {
    let mut words = vec![name.to_string()];
    words.extend(call.words.clone());
    let begun = Begun {
        user: call.user.clone(),
        folder: call.folder.clone(),
        environment: call.environment.clone(),
        words,
        stdin: call.stdin.clone(),
    };
    let answer = call.outside.program(call.machine, call.now, &begun);
    let Some(printed) = call.pass(answer)? else { return Ok(false) };
    call.stdout.push_str(&printed.stdout);
    call.stderr.push_str(&printed.stderr);
    if printed.code == 0 { Ok(true) } else { Err(Stop::Code(printed.code)) }
}

/// Fetches a page and follows where it was moved to.
fn fetch(call: &mut Call, url: &str, follows: bool) -> Step<Result<(Page, String), String>> {
    let mut url = url.to_string();
    for _ in 0..10 {
        let answer = call.outside.page(call.machine, call.now, &url);
        match call.pass(answer)? {
            Ok(page) if follows && (300..400).contains(&page.code) && web::page(&page.location).is_some() => {
                url = page.location.to_string()
            }
            Ok(page) => return Ok(Ok((page, url))),
            Err(words) => return Ok(Err(words)),
        }
    }
    fail("(47) Maximum (50) redirects followed")
}

/// `curl [-f] [-s] [-S] [-L] [-I] [-k] [-o FILE] URL`
pub fn curl(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (mut flags, mut urls, mut output, mut named) = (String::new(), Vec::new(), None, false);
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.strip_prefix("--") {
            Some("fail") => flags.push('f'),
            Some("silent") => flags.push('s'),
            Some("show-error") => flags.push('S'),
            Some("location") => flags.push('L'),
            Some("head") => flags.push('I'),
            Some("output") => output = rest.next().cloned(),
            Some("remote-name") => named = true,
            Some("max-time" | "connect-timeout" | "header" | "cacert" | "cert" | "key" | "retry" | "proto" | "write-out") => {
                rest.next();
            }
            Some(_) => {}
            None if word.starts_with('-') && word.len() > 1 => {
                flags.push_str(&word[1..]);
                match word.chars().last() {
                    Some('o') => output = rest.next().cloned(),
                    Some('m' | 'H' | 'w' | 'X' | 'd' | 'u') => {
                        rest.next();
                    }
                    Some('O') => named = true,
                    _ => {}
                }
                named |= word.contains('O');
            }
            None => urls.push(word.clone()),
        }
    }
    let Some(url) = urls.first().map(|url| if url.contains("://") { url.clone() } else { format!("http://{url}") }) else {
        call.complain("curl: try 'curl --help' or 'curl --manual' for more information");
        return Err(Stop::Code(2));
    };
    if web::page(&url).is_none() && elsewhere(call, "curl")? {
        return Ok(());
    }
    let has = |letter: char| flags.contains(letter);
    let (page, last) = match fetch(call, &url, has('L'))? {
        Ok(found) => found,
        Err(words) => {
            let (code, words) = curl_words(&url, &words);
            if !has('s') || has('S') {
                call.complain(words);
            }
            return Err(Stop::Code(code));
        }
    };
    if page.code >= 400 && has('f') {
        if !has('s') || has('S') {
            call.complain(format_args!("curl: (22) The requested URL returned error: {}", page.code));
        }
        return Err(Stop::Code(22));
    }
    let body = match has('I') {
        true => {
            let place = if page.location.is_empty() { String::new() } else { format!("location: {}\r\n", page.location) };
            format!("HTTP/2 {} \r\ncontent-length: {}\r\n{place}\r\n", page.code, page.bytes)
        }
        false => page.body.to_string(),
    };
    let file = output.or_else(|| named.then(|| last.rsplit('/').next().unwrap_or("").to_string()));
    store(call, file, &body)
}

fn store(call: &mut Call, file: Option<String>, body: &str) -> Step<()> {
    match file.as_deref() {
        None | Some("-") => call.stdout.push_str(body),
        Some("/dev/null") => {}
        Some(file) => {
            let path = call.path(file);
            if !call.is_root() && !path.starts_with(&format!("{}/", call.home())) && !path.starts_with("/tmp/") {
                call.complain(format_args!(
                    "Warning: Failed to open the file {file}: Permission denied\ncurl: (23) Failure writing output to destination"
                ));
                return Err(Stop::Code(23));
            }
            call.machine.files.write(&path, body);
        }
    }
    Ok(())
}

/// `wget [-q] [-O FILE] URL`
pub fn wget(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let at = words.iter().position(|word| word.starts_with('-') && word.ends_with('O'));
    let quiet = words.iter().any(|word| word.starts_with("-q"));
    let file = at.and_then(|at| words.get(at + 1)).cloned();
    let url = words.iter().enumerate().find(|(place, word)| !word.starts_with('-') && at.is_none_or(|at| *place != at + 1));
    let Some(url) = url.map(|(_, url)| url.clone()) else { return fail("missing URL\nUsage: wget [OPTION]... [URL]...") };
    match fetch(call, &url, true)? {
        Ok((page, _)) if page.code >= 400 => {
            if !quiet {
                call.complain(format_args!("ERROR {}: Not Found.", page.code));
            }
            Err(Stop::Code(8))
        }
        Ok((page, last)) => {
            let name = file.unwrap_or_else(|| last.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("index.html").to_string());
            store(call, Some(name), &page.body)
        }
        Err(words) => {
            let host = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).split('/').next().unwrap_or("").to_string();
            if !quiet {
                call.complain(match words.contains("lookup") {
                    true => format!("wget: unable to resolve host address '{host}'"),
                    false => "failed: Connection refused.".into(),
                });
            }
            Err(Stop::Code(4))
        }
    }
}

/// `ping [-c N] HOST`: the world knows who answers; without it only this machine does.
pub fn ping(call: &mut Call) -> Step<()> {
    if elsewhere(call, "ping")? {
        return Ok(());
    }
    let words = call.words.clone();
    let at = words.iter().position(|word| word == "-c");
    let count: u64 = at.and_then(|at| words.get(at + 1)).and_then(|text| text.parse().ok()).unwrap_or(4);
    let (_, mut rest) = apart(&words);
    rest.retain(|word| at.is_none_or(|at| words.get(at + 1).is_none_or(|count| count != word)));
    let Some(host) = rest.first().map(|host| host.to_string()) else { return fail("usage error: Destination address required") };
    let found = call.resolve(&host)?;
    let Some(address) = found.ok().and_then(|all| all.first().cloned()) else {
        return fail(format!("{host}: Temporary failure in name resolution"));
    };
    let mine = call.machine.interfaces.iter().any(|one| one.address == address) || address.starts_with("127.");
    call.say(format_args!("PING {host} ({address}) 56(84) bytes of data."));
    let me = call.machine.address();
    for sequence in 1..=count {
        match mine {
            true => {
                let from = if is_address(&host) { format!("{address}") } else { format!("{host} ({address})") };
                call.say(format_args!("64 bytes from {from}: icmp_seq={sequence} ttl=64 time=0.041 ms"));
            }
            false => call.say(format_args!("From {me} icmp_seq={sequence} Destination Host Unreachable")),
        }
        call.work(Duration::secs(1));
    }
    let (got, lost) = if mine { (count, 0) } else { (0, 100) };
    let errors = if mine { String::new() } else { format!("+{count} errors, ") };
    call.say(format_args!(
        "\n--- {host} ping statistics ---\n{count} packets transmitted, {got} received, {errors}{lost}% packet loss, time {}ms",
        (count - 1) * 1_001
    ));
    if mine { Ok(()) } else { Err(Stop::Code(1)) }
}

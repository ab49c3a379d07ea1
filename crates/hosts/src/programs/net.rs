//! Programs that reach other machines: curl, wget, ping.
use super::apart;
use crate::call::{Call, Step, Stop, fail, is_address};
use crate::outside::{Begun, Page, Probe};
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
        _ if words.contains("EOF") => (35, format!("curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to {host}:{port} ")),
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

/// Ports of the cluster's own programs on a server, whether they speak TLS, and the path that tells of their health.
const COMPONENTS: &[(u16, bool, &[&str])] = &[
    (6443, true, &["/healthz", "/livez", "/readyz", "/version"]),
    (10248, false, &["/healthz"]),
    (10257, true, &["/healthz"]),
    (10259, true, &["/healthz", "/livez", "/readyz"]),
    (2381, false, &["/health", "/livez", "/readyz"]),
];

/// How the words begin of a component that answers and says that it is not well: behind it come HTTP's code and the answer.
pub const UNWELL: &str = "HTTP ";

/// What a kube-apiserver checks for `?verbose`, in its order; hooks of its start are left out.
const CHECKS: [&str; 4] = ["ping", "log", "etcd", "informer-sync"];

/// A component of the cluster asked by curl without a certificate; `None`: something else is meant.
fn component(call: &mut Call, url: &str, trusts: bool, quiet: bool, fails: bool) -> Option<Step<()>> {
    let (scheme, rest) = url.split_once("://")?;
    let (address, path) = rest.find('/').map_or((rest, "/"), |at| (&rest[..at], &rest[at..]));
    let port: u16 = address.rsplit_once(':')?.1.parse().ok()?;
    let (_, tls, paths) = COMPONENTS.iter().find(|(known, ..)| *known == port)?;
    let (bare, query) = path.split_once('?').unwrap_or((path, ""));
    if *tls != (scheme == "https") || port != 6443 && !paths.contains(&bare) {
        return None;
    }
    // A kube-apiserver is alive and well by the same checks here; etcd tells them apart.
    let asked = match (port, bare) {
        (6443, "/readyz") => "/readyz",
        (2381, "/health") if query.contains("serializable=true") => "/livez",
        (2381, path) => path,
        _ => paths[0],
    };
    let health = format!("{scheme}://{address}{asked}");
    let answer = call.outside.wait(call.machine, call.now, &Probe { url: health }, Duration::millis(5));
    let good = match call.pass(answer) {
        Ok(good) => good,
        Err(stop) => return Some(Err(stop)),
    };
    let unwell = good.as_ref().err().and_then(|words| words.strip_prefix(UNWELL)?.split_once('\n'));
    let unwell = unwell.map(|(code, text)| (code.to_string(), text.to_string()));
    if let Err(words) = good
        && unwell.is_none()
    {
        let (code, words) = curl_words(url, &words);
        if !quiet {
            call.complain(words);
        }
        return Some(Err(Stop::Code(code)));
    }
    if *tls && !trusts {
        if !quiet {
            call.complain("curl: (60) SSL certificate problem: unable to get local issuer certificate\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore could not\nestablish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the web page mentioned above.");
        }
        return Some(Err(Stop::Code(60)));
    }
    if !paths.contains(&bare) {
        let code = 403;
        if fails {
            call.complain(format_args!("curl: (22) The requested URL returned error: {code}"));
            return Some(Err(Stop::Code(22)));
        }
        let text = forbidden(bare);
        call.stdout.push_str(&text);
        return Some(Ok(()));
    }
    if let Some((code, text)) = unwell {
        if fails {
            call.complain(format_args!("curl: (22) The requested URL returned error: {code}"));
            return Some(Err(Stop::Code(22)));
        }
        call.stdout.push_str(&text.replace("{path}", &bare[1..]));
        return Some(Ok(()));
    }
    let text = match (port, bare) {
        (2381, "/health") => "{\"health\":\"true\",\"reason\":\"\"}".to_string(),
        (6443, "/version") => version(call),
        (6443, _) if query.contains("verbose") => {
            let lines: String = CHECKS.iter().map(|check| format!("[+]{check} ok\n")).collect();
            format!("{lines}{} check passed\n", &bare[1..])
        }
        _ => "ok".to_string(),
    };
    call.stdout.push_str(&text);
    Some(Ok(()))
}

/// What the API server tells somebody without a name, who may only ask how it is.
fn forbidden(path: &str) -> String {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (group, rest) = match &parts[..] {
        ["api", _, rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        _ => ("", &[][..]),
    };
    let (namespace, rest) = match rest {
        ["namespaces", name, rest @ ..] if !rest.is_empty() => (Some(*name), rest),
        rest => (None, rest),
    };
    let (message, details) = match rest {
        [] => (format!("forbidden: User \"system:anonymous\" cannot get path \"{path}\""), "{}".to_string()),
        [kind, more @ ..] => {
            let name = more.first().copied();
            let place = namespace.map_or("at the cluster scope".to_string(), |name| format!("in the namespace \"{name}\""));
            let verb = if name.is_some() { "get" } else { "list" };
            let which = name.map_or(String::new(), |name| format!(" \"{name}\""));
            let named = name.map_or(String::new(), |name| format!("    \"name\": \"{name}\",\n"));
            let grouped = if group.is_empty() { String::new() } else { format!("    \"group\": \"{group}\",\n") };
            (
                format!(
                    "{kind}{which} is forbidden: User \"system:anonymous\" cannot {verb} resource \"{kind}\" in API group \"{group}\" {place}"
                ),
                format!("{{\n{named}{grouped}    \"kind\": \"{kind}\"\n  }}"),
            )
        }
    };
    format!(
        "{{\n  \"kind\": \"Status\",\n  \"apiVersion\": \"v1\",\n  \"metadata\": {{}},\n  \"status\": \"Failure\",\n  \"message\": {},\n  \"reason\": \"Forbidden\",\n  \"details\": {details},\n  \"code\": 403\n}}",
        crate::call::quoted(&message)
    )
}

/// The version of this server's own kube-apiserver, or of its kubeadm.
fn version(call: &Call) -> String {
    let manifest = call.machine.files.read("/etc/kubernetes/manifests/kube-apiserver.yaml").unwrap_or_default();
    let image = manifest.lines().find_map(|line| line.trim().strip_prefix("image:")?.rsplit_once(':')).map(|(_, tag)| tag.to_string());
    let full = image.or_else(|| call.machine.program("kubeadm").map(|text| text.to_string())).unwrap_or_else(|| "v1.37.2".into());
    let mut parts = full.trim_start_matches('v').split('.');
    let (major, minor) = (parts.next().unwrap_or("1"), parts.next().unwrap_or("37"));
    format!(
        "{{\n  \"major\": \"{major}\",\n  \"minor\": \"{minor}\",\n  \"gitVersion\": \"{full}\",\n  \"gitCommit\": \"0000000000000000000000000000000000000000\",\n  \"gitTreeState\": \"clean\",\n  \"buildDate\": \"2026-01-01T00:00:00Z\",\n  \"goVersion\": \"go1.26.8\",\n  \"compiler\": \"gc\",\n  \"platform\": \"linux/{}\"\n}}",
        call.machine.hardware.arch
    )
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
    let trusts = flags.contains('k') || words.iter().any(|word| word.starts_with("--cacert") || word == "--insecure");
    let quiet = flags.contains('s') && !flags.contains('S');
    if let Some(done) = component(call, &url, trusts, quiet, flags.contains('f')) {
        return done;
    }
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

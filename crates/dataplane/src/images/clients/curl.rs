//! curl 8: its arguments, its output and its exit codes.
use crate::images::clients::{Printed, phrase};
use crate::network::{Ask, CONNECT_MAX, Failure, Heard, Reply, Url};
use objects::Text;
use simcore::Duration;

/// What it calls itself.
const AGENT: &str = "curl/8.14.1";

/// The flags that are understood.
#[derive(Default)]
struct Flags<'a> {
    url: &'a str,
    method: &'a str,
    headers: Vec<(Text, Text)>,
    body: bool,
    silent: bool,
    shows_errors: bool,
    head: bool,
    include: bool,
    verbose: bool,
    follow: bool,
    fail: bool,
    insecure: bool,
    resolve: &'a str,
    output: &'a str,
    format: &'a str,
    limit: Option<Duration>,
    connect_limit: Option<Duration>,
}

/// Long names and their letters; `!` for those without one.
const LONG: &[(&str, char)] = &[
    ("silent", 's'),
    ("show-error", 'S'),
    ("head", 'I'),
    ("include", 'i'),
    ("verbose", 'v'),
    ("location", 'L'),
    ("fail", 'f'),
    ("insecure", 'k'),
    ("output", 'o'),
    ("write-out", 'w'),
    ("max-time", 'm'),
    ("header", 'H'),
    ("request", 'X'),
    ("data", 'd'),
    ("user-agent", 'A'),
    ("cookie", 'b'),
    ("connect-timeout", '!'),
    ("resolve", '@'),
];

fn read(arguments: &[Text]) -> Result<Flags<'_>, (String, i32)> {
    let mut flags = Flags::default();
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            let letter = LONG.iter().find(|(known, _)| *known == name).map(|(_, letter)| *letter).ok_or_else(|| unknown(word))?;
            if takes_value(letter) {
                let value = value.or_else(|| rest.next().map(Text::as_str)).ok_or_else(|| missing(word))?;
                set(&mut flags, letter, value);
            } else {
                switch(&mut flags, letter).ok_or_else(|| unknown(word))?;
            }
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            for (at, letter) in letters.char_indices() {
                if takes_value(letter) {
                    let inside = &letters[at + letter.len_utf8()..];
                    let value = if inside.is_empty() { rest.next().map(Text::as_str).ok_or_else(|| missing(word))? } else { inside };
                    set(&mut flags, letter, value);
                    break;
                }
                switch(&mut flags, letter).ok_or_else(|| unknown(word))?;
            }
        } else {
            flags.url = word;
        }
    }
    Ok(flags)
}

fn takes_value(letter: char) -> bool {
    matches!(letter, 'o' | 'w' | 'm' | 'H' | 'X' | 'd' | 'A' | 'b' | '!' | '@')
}

fn switch(flags: &mut Flags, letter: char) -> Option<()> {
    match letter {
        's' => flags.silent = true,
        'S' => flags.shows_errors = true,
        'I' => flags.head = true,
        'i' => flags.include = true,
        'v' => flags.verbose = true,
        'L' => flags.follow = true,
        'f' => flags.fail = true,
        'k' => flags.insecure = true,
        'g' | '4' => {}
        _ => return None,
    }
    Some(())
}

fn set<'a>(flags: &mut Flags<'a>, letter: char, value: &'a str) {
    let header = |name: &'static str, value: &str| (Text::new_static(name), Text::new(value));
    match letter {
        'o' => flags.output = value,
        'w' => flags.format = value,
        'm' => flags.limit = seconds(value),
        '!' => flags.connect_limit = seconds(value),
        '@' => flags.resolve = value,
        'X' => flags.method = value,
        'd' => flags.body = true,
        'A' => flags.headers.push(header("User-Agent", value)),
        'b' => flags.headers.push(header("Cookie", value)),
        _ => {
            let (name, value) = value.split_once(':').unwrap_or((value, ""));
            flags.headers.push((Text::new(name.trim()), Text::new(value.trim())));
        }
    }
}

/// `2` or `0.5`; 0 means no limit.
pub fn seconds(word: &str) -> Option<Duration> {
    let (whole, part) = word.split_once('.').unwrap_or((word, ""));
    let mut micros = whole.parse::<u64>().ok()?.checked_mul(1_000_000)?;
    for (place, digit) in part.chars().take(6).enumerate() {
        micros += u64::from(digit.to_digit(10)?) * 10_u64.pow(5 - place as u32);
    }
    (micros > 0).then_some(Duration(micros))
}

fn unknown(word: &str) -> (String, i32) {
    (format!("curl: option {word}: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n"), 2)
}

fn missing(word: &str) -> (String, i32) {
    (format!("curl: option {word}: requires parameter\ncurl: try 'curl --help' or 'curl --manual' for more information\n"), 2)
}

pub fn plan(arguments: &[Text]) -> Result<Ask, (String, i32)> {
    let flags = read(arguments)?;
    if flags.url.is_empty() {
        return Err(("curl: (2) no URL specified\ncurl: try 'curl --help' or 'curl --manual' for more information\n".to_string(), 2));
    }
    let Some(url) = Url::parse(flags.url) else {
        return Err(match flags.url.split_once("://") {
            Some((scheme, _)) if !scheme.starts_with("http") => (format!("curl: (1) Protocol \"{scheme}\" not supported\n"), 1),
            _ => ("curl: (3) URL rejected: Malformed input to a URL function\n".to_string(), 3),
        });
    };
    let method = match (flags.method, flags.head, flags.body) {
        ("", true, _) => "HEAD",
        ("", false, true) => "POST",
        ("", ..) => "GET",
        (named, ..) => named,
    };
    let place = format!("{}:{}:", url.host, url.port);
    let via = Text::new(flags.resolve.strip_prefix(place.as_str()).unwrap_or_default());
    let usual = Ask::get(url);
    let mut headers = flags.headers;
    for (name, value) in [("Accept", "*/*"), ("User-Agent", AGENT)] {
        if !headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name)) {
            headers.insert(0, (Text::new_static(name), Text::new_static(value)));
        }
    }
    Ok(Ask {
        method: Text::new(method),
        headers,
        limit: flags.limit.unwrap_or(usual.limit),
        connect_limit: flags.connect_limit.unwrap_or(CONNECT_MAX),
        follow: flags.follow,
        insecure: flags.insecure,
        via,
        ..usual
    })
}

pub fn tell(arguments: &[Text], ask: &Ask, heard: &Heard) -> Printed {
    let Ok(flags) = read(arguments) else { return Printed::default() };
    let mut printed = Printed::default();
    if flags.verbose {
        verbose(ask, heard, &mut printed.err);
    }
    let mut code = 0;
    match &heard.end {
        Ok(reply) if flags.fail && reply.code >= 400 => {
            printed.code = 22;
            code = reply.code;
            complain(&flags, &mut printed, format!("curl: (22) The requested URL returned error: {code}\n"));
        }
        Ok(reply) => {
            code = reply.code;
            let shown = shown(&flags, reply);
            match flags.output {
                "" | "-" => printed.out = shown,
                "/dev/null" => {}
                path => printed.file = Some((Text::new(path), Text::from(shown))),
            }
        }
        Err(failure) => {
            let (exit, words) = sentence(*failure, ask, heard);
            printed.code = exit;
            complain(&flags, &mut printed, format!("curl: ({exit}) {words}\n"));
        }
    }
    printed.out.push_str(&formatted(flags.format, code, ask, heard, printed.code));
    printed
}

fn complain(flags: &Flags, printed: &mut Printed, words: String) {
    if !flags.silent || flags.shows_errors {
        printed.err.push_str(&words);
    }
}

/// The exit code and what stands behind it.
fn sentence(failure: Failure, ask: &Ask, heard: &Heard) -> (i32, String) {
    let (host, port, ms) = (&ask.url.host, ask.url.port, heard.took.as_millis());
    match failure {
        Failure::NameServer if heard.took >= ask.connect_limit.min(ask.limit) => {
            (28, format!("Resolving timed out after {ms} milliseconds"))
        }
        Failure::NoName | Failure::NameServer => (6, format!("Could not resolve host: {host}")),
        Failure::NoEndpoints | Failure::Refused | Failure::Unreachable => {
            (7, format!("Failed to connect to {host} port {port} after {ms} ms: Could not connect to server"))
        }
        Failure::Denied | Failure::Lost if heard.took < CONNECT_MAX => (28, format!("Connection timed out after {ms} milliseconds")),
        Failure::Denied | Failure::Lost => {
            (28, format!("Failed to connect to {host} port {port} after {ms} ms: Could not connect to server"))
        }
        Failure::Timeout => (28, format!("Operation timed out after {ms} milliseconds with 0 bytes received")),
        Failure::Reset => (56, "Recv failure: Connection reset by peer".to_string()),
        Failure::Empty => (52, "Empty reply from server".to_string()),
        Failure::SelfSigned => (60, distrust("SSL certificate problem: self-signed certificate")),
        Failure::Untrusted => (60, distrust("SSL certificate problem: unable to get local issuer certificate")),
        Failure::Expired => (60, distrust("SSL certificate problem: certificate has expired")),
        Failure::WrongName => (60, distrust(&format!("SSL: no alternative certificate subject name matches target host name '{host}'"))),
        Failure::NoTls => (35, "TLS connect error: error:0A00010B:SSL routines::wrong version number".to_string()),
        Failure::Redirects => (47, "Maximum (50) redirects followed".to_string()),
    }
}

/// What curl adds to each doubt about a certificate.
fn distrust(words: &str) -> String {
    format!(
        "{words}\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore \
         could not\nestablish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the webpage \
         mentioned above."
    )
}

fn head(reply: &Reply) -> String {
    let mut text = format!("HTTP/1.1 {} {}\n", reply.code, phrase(reply.code));
    for (name, value) in &reply.headers {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push_str(&format!("Content-Length: {}\n", reply.body.len()));
    text
}

fn shown(flags: &Flags, reply: &Reply) -> String {
    match (flags.head, flags.include) {
        (true, _) => format!("{}\n", head(reply)),
        (false, true) => format!("{}\n{}", head(reply), reply.body),
        (false, false) => reply.body.to_string(),
    }
}

fn verbose(ask: &Ask, heard: &Heard, err: &mut String) {
    let (host, port) = (&ask.url.host, ask.url.port);
    if !ask.via.is_empty() {
        err.push_str(&format!("* Added {host}:{port}:{} to DNS cache\n* Hostname {host} was found in DNS cache\n", ask.via));
    }
    let words = |failure: Failure| sentence(failure, ask, heard).1.lines().next().unwrap_or_default().to_string();
    let Some(address) = heard.address else {
        if let Err(failure) = heard.end {
            err.push_str(&format!("* {}\n* closing connection #0\n", words(failure)));
        }
        return;
    };
    err.push_str(&format!("*   Trying {address}:{port}...\n"));
    let reason = match heard.end {
        Err(Failure::Refused | Failure::NoEndpoints) => "failed: Connection refused",
        Err(Failure::Unreachable) => "failed: No route to host",
        _ => "",
    };
    if !reason.is_empty() {
        err.push_str(&format!("* connect to {address} port {port} {reason}\n"));
    }
    if let Err(failure) = heard.end
        && !matches!(failure, Failure::Timeout | Failure::Reset | Failure::Empty)
    {
        if matches!(failure.word(), "tls") {
            err.push_str(&format!("* Connected to {host} ({address}) port {port}\n"));
        }
        err.push_str(&format!("* {}\n* closing connection #0\n", words(failure)));
        return;
    }
    err.push_str(&format!("* Connected to {host} ({address}) port {port}\n"));
    if ask.url.secure {
        err.push_str("* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384 / X25519MLKEM768 / id-ecPublicKey\n");
    }
    let given = |wanted: &str| ask.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_str());
    let usual = if ask.url.secure { 443 } else { 80 };
    let own = if port == usual { host.to_string() } else { format!("{host}:{port}") };
    err.push_str(&format!("> {} {} HTTP/1.1\n> Host: {}\n", ask.method, ask.url.path, given("host").unwrap_or(&own)));
    err.push_str(&format!("> User-Agent: {}\n> Accept: {}\n", given("user-agent").unwrap_or(AGENT), given("accept").unwrap_or("*/*")));
    for (name, value) in &ask.headers {
        if !["host", "user-agent", "accept"].iter().any(|shown| name.eq_ignore_ascii_case(shown)) {
            err.push_str(&format!("> {name}: {value}\n"));
        }
    }
    err.push_str("> \n* Request completely sent off\n");
    if let Ok(reply) = &heard.end {
        head(reply).lines().for_each(|line| err.push_str(&format!("< {line}\n")));
        err.push_str("< \n");
    }
    match &heard.end {
        Ok(_) => err.push_str(&format!("* Connection #0 to host {host} left intact\n")),
        Err(failure) => err.push_str(&format!("* {}\n* closing connection #0\n", words(*failure))),
    }
}

/// `-w`: variables and escapes.
fn formatted(format: &str, code: u16, ask: &Ask, heard: &Heard, exit: i32) -> String {
    let decimal = |span: Duration| format!("{}.{:06}", span.0 / 1_000_000, span.0 % 1_000_000);
    let size = heard.end.as_ref().map_or(0, |reply| reply.body.len());
    let location = || {
        let reply = heard.end.as_ref().ok()?;
        let found = reply.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"))?;
        Some(found.1.to_string())
    };
    let values: [(&str, &dyn Fn() -> String); 9] = [
        ("%{redirect_url}", &|| location().unwrap_or_default()),
        ("%{http_code}", &|| format!("{code:03}")),
        ("%{response_code}", &|| format!("{code:03}")),
        ("%{time_total}", &|| decimal(heard.took)),
        ("%{time_namelookup}", &|| decimal(heard.named)),
        ("%{remote_ip}", &|| heard.address.map(|address| address.to_string()).unwrap_or_default()),
        ("%{size_download}", &|| size.to_string()),
        ("%{exitcode}", &|| exit.to_string()),
        ("%{url}", &|| format!("http://{}:{}{}", ask.url.host, ask.url.port, ask.url.path)),
    ];
    let mut text = format.replace("\\n", "\n").replace("\\t", "\t");
    for (name, value) in values {
        if text.contains(name) {
            text = text.replace(name, &value());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(line: &str, took_ms: u64, end: Result<Reply, Failure>) -> (String, String, i32) {
        let words: Vec<Text> = line.split(' ').map(Text::new).collect();
        match plan(&words) {
            Ok(ask) => {
                let heard = Heard { took: Duration::millis(took_ms), named: Duration::ZERO, address: "10.96.0.7".parse().ok(), end };
                let printed = tell(&words, &ask, &heard);
                (printed.out, printed.err, printed.code)
            }
            Err((words, code)) => (String::new(), words, code),
        }
    }

    fn answer(code: u16) -> Result<Reply, Failure> {
        Ok(Reply { code, headers: vec![(Text::new("X-Version"), Text::new("v2"))], body: Text::new("hello\n") })
    }

    #[test]
    fn failures_have_their_words_and_exit_codes() {
        let err = |line, ms, failure| says(line, ms, Err(failure));
        assert_eq!(err("web", 12, Failure::NoName).1, "curl: (6) Could not resolve host: web\n");
        let refused = err("web:8080", 3, Failure::NoEndpoints);
        assert_eq!(
            (refused.1.as_str(), refused.2),
            ("curl: (7) Failed to connect to web port 8080 after 3 ms: Could not connect to server\n", 7)
        );
        assert_eq!(err("-m 2 web", 2001, Failure::Denied).1, "curl: (28) Connection timed out after 2001 milliseconds\n");
        assert_eq!(
            err("-sSm2 web", 2001, Failure::Timeout).1,
            "curl: (28) Operation timed out after 2001 milliseconds with 0 bytes received\n"
        );
        assert_eq!(err("web", 9, Failure::Empty).2, 52);
        assert_eq!(err("-s web", 9, Failure::Reset), (String::new(), String::new(), 56));
    }

    #[test]
    fn answers_are_shown_as_the_flags_ask() {
        assert_eq!(says("-s web", 1, answer(200)).0, "hello\n");
        assert_eq!(says("-s -o /dev/null -w %{http_code}\\n web", 1, answer(404)).0, "404\n");
        assert_eq!(says("-I web", 1, answer(200)).0, "HTTP/1.1 200 OK\nX-Version: v2\nContent-Length: 6\n\n");
        assert_eq!(says("-f web", 1, answer(503)), (String::new(), "curl: (22) The requested URL returned error: 503\n".into(), 22));
        assert_eq!(says("--nonsense web", 1, answer(200)).2, 2);
    }
}

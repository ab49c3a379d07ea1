//! The small tools that every image has: a table of plain functions.
use crate::images::shell::place::{ROOT, is_directory, is_inside, whole};
use crate::images::{Files, Hearing, Link, Scene, Web, client};
use crate::network::dns::{Names, ResolvConf};
use objects::Text;
use simcore::Time;
use std::borrow::Cow;

/// One run of a tool.
pub struct Call<'a> {
    name: &'a str,
    arguments: &'a [Text],
    env: &'a [(Text, Text)],
    clock: Time,
    input: &'a str,
    hostname: &'a str,
    link: &'a Link,
    files: &'a mut Files,
    web: &'a Web<'a>,
    hearing: &'a mut Hearing,
    resolv: &'a ResolvConf,
    names: Option<&'a Names>,
    pub out: String,
    pub err: String,
}

impl<'a> Call<'a> {
    pub fn new(
        name: &'a str,
        arguments: &'a [Text],
        env: &'a [(Text, Text)],
        clock: Time,
        input: &'a str,
        scene: &'a mut Scene<'_>,
    ) -> Call<'a> {
        let name = name.rsplit('/').next().unwrap_or(name);
        Call {
            name,
            arguments,
            env,
            clock,
            input,
            hostname: scene.hostname,
            link: scene.link,
            files: &mut *scene.files,
            web: scene.web,
            hearing: &mut scene.hearing,
            resolv: scene.resolv,
            names: scene.names,
            out: String::new(),
            err: String::new(),
        }
    }

    /// Where its shell stands.
    fn directory(&self) -> &'a str {
        self.env.iter().find(|(key, _)| key == "PWD").map_or("/", |(_, place)| place.as_str())
    }

    fn whole(&self, path: &str) -> String {
        whole(self.directory(), path)
    }

    /// A file's text; those that tell of names, name servers and the interface are the Pod's, unless a process wrote its own.
    fn file(&self, path: &str) -> Option<Cow<'_, str>> {
        let path = self.whole(path);
        let own = self.files.get(path.as_str()).map(|text| Cow::Borrowed(text.as_str()));
        own.or_else(|| match path.as_str() {
            "/etc/resolv.conf" => Some(Cow::Owned(self.resolv.text())),
            "/etc/hosts" => {
                let file = Names::file(self.names, &self.link.address, self.hostname, self.link.on_host);
                Some(Cow::Owned(file))
            }
            "/etc/hostname" => Some(Cow::Owned(format!("{}\n", self.hostname))),
            "/sys/class/net/eth0/mtu" => Some(Cow::Owned(format!("{}\n", self.link.mtu))),
            _ => None,
        })
    }

    /// Arguments that are not flags.
    fn operands(&self) -> impl Iterator<Item = &'a Text> + use<'a> {
        self.arguments.iter().filter(|word| !word.starts_with('-') || word.len() == 1)
    }
}

type Tool = fn(&mut Call) -> i32;

const TOOLS: &[(&str, Tool)] = &[
    ("[", test),
    ("cat", cat),
    ("chmod", quiet),
    ("curl", over_network),
    ("date", date),
    ("dig", over_network),
    ("echo", echo),
    ("env", env),
    ("false", |_| 1),
    ("getent", over_network),
    ("grep", grep),
    ("head", head),
    ("host", over_network),
    ("hostname", hostname),
    ("id", id),
    ("ip", ip),
    ("kill", quiet),
    ("ls", ls),
    ("mkdir", mkdir),
    ("nc", over_network),
    ("nslookup", over_network),
    ("ping", over_network),
    ("printenv", env),
    ("printf", printf),
    ("ps", ps),
    ("pwd", pwd),
    ("rm", rm),
    ("seq", seq),
    ("sync", quiet),
    ("tail", head),
    ("test", test),
    ("touch", touch),
    ("true", quiet),
    ("uname", uname),
    ("wc", wc),
    ("wget", over_network),
    ("whoami", whoami),
];

/// Whether `name` is a shell.
pub fn is_shell(name: &str) -> bool {
    matches!(name.rsplit('/').next().unwrap_or(name), "sh" | "ash" | "bash")
}

/// Whether `name` is a tool, a shell, or a command that the shell itself has.
pub fn is_tool(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    matches!(name, "sh" | "ash" | "bash" | "sleep" | "exit" | ":") || TOOLS.iter().any(|(tool, _)| *tool == name)
}

/// Runs a tool and gives its exit code.
pub fn run(call: &mut Call) -> i32 {
    match TOOLS.iter().find(|(name, _)| *name == call.name) {
        Some((_, tool)) => tool(call),
        None => {
            call.err = format!("sh: {}: not found\n", call.name);
            127
        }
    }
}

/// `ip addr`, `ip link`, `ip route`, as busybox prints them.
fn ip(call: &mut Call) -> i32 {
    let Link { address, prefix, mtu, .. } = call.link;
    let words: Vec<&str> = call.operands().map(Text::as_str).filter(|word| !matches!(*word, "show" | "list" | "dev")).collect();
    let (what, name) = (words.first().copied().unwrap_or_default(), words.get(1).copied().unwrap_or_default());
    let with_addresses = match what {
        "a" | "addr" | "address" => true,
        "l" | "link" => false,
        "r" | "route" => {
            let first = address.rsplit_once('.').map_or("", |(network, _)| network);
            let gateway = if *prefix == 32 { "169.254.1.1".to_string() } else { format!("{first}.1") };
            call.out = format!("default via {gateway} dev eth0 \n");
            if *prefix < 32 {
                call.out.push_str(&format!("{first}.0/{prefix} dev eth0 scope link  src {address} \n"));
            }
            return 0;
        }
        _ => {
            call.err = "BusyBox v1.36.1 () multi-call binary.\n\nUsage: ip [OPTIONS] address|route|link [ARGS]\n".to_string();
            return 1;
        }
    };
    if !matches!(name, "" | "lo" | "eth0") {
        call.err = format!("ip: can't find device '{name}'\n");
        return 1;
    }
    if name != "eth0" {
        call.out.push_str("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000\n");
        call.out.push_str(if with_addresses { "    inet 127.0.0.1/8 scope host lo\n" } else { "" });
    }
    if name != "lo" {
        call.out.push_str(&format!("2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu {mtu} qdisc noqueue \n"));
        if with_addresses {
            call.out.push_str(&format!("    inet {address}/{prefix} scope global eth0\n"));
        }
    }
    0
}

fn quiet(_: &mut Call) -> i32 {
    0
}

fn echo(call: &mut Call) -> i32 {
    let bare = call.arguments.first().is_some_and(|word| word == "-n");
    let words = if bare || call.arguments.first().is_some_and(|word| word == "-e") { &call.arguments[1..] } else { call.arguments };
    call.out = words.join(" ");
    if !bare {
        call.out.push('\n');
    }
    0
}

fn printf(call: &mut Call) -> i32 {
    let mut rest = call.arguments.iter().skip(1);
    let format = call.arguments.first().map_or("", |word| word.as_str());
    let mut parts = format.replace("\\n", "\n").replace("\\t", "\t");
    while let Some(at) = parts.find("%s").or_else(|| parts.find("%d")) {
        parts.replace_range(at..at + 2, rest.next().map_or("", |word| word.as_str()));
    }
    call.out = parts;
    0
}

fn cat(call: &mut Call) -> i32 {
    if call.operands().next().is_none() {
        call.out = call.input.to_string();
        return 0;
    }
    let mut code = 0;
    for path in call.operands() {
        match call.file(path).map(Cow::into_owned) {
            Some(text) => call.out.push_str(&text),
            None => {
                call.err.push_str(&format!("cat: can't open '{path}': No such file or directory\n"));
                code = 1;
            }
        }
    }
    code
}

fn touch(call: &mut Call) -> i32 {
    for path in call.operands() {
        let path = call.whole(path);
        call.files.entry(Text::from(path)).or_default();
    }
    0
}

/// An empty directory is marked by a name with a slash at its end.
fn mkdir(call: &mut Call) -> i32 {
    let parents = call.arguments.iter().any(|word| word == "-p");
    for path in call.operands() {
        let place = call.whole(path);
        if !parents && (call.files.contains_key(place.as_str()) || is_directory(call.files, &place)) {
            call.err = format!("mkdir: can't create directory '{path}': File exists\n");
            return 1;
        }
        call.files.insert(Text::from(format!("{place}/")), Text::default());
    }
    0
}

fn rm(call: &mut Call) -> i32 {
    let forced = call.arguments.iter().any(|word| word.starts_with('-') && word.contains('f'));
    let mut code = 0;
    for path in call.operands() {
        let place = call.whole(path);
        let before = call.files.len();
        call.files.retain(|name, _| *name != place.as_str() && !is_inside(name, &place));
        if call.files.len() == before && !forced {
            call.err.push_str(&format!("rm: can't remove '{path}': No such file or directory\n"));
            code = 1;
        }
    }
    code
}

fn ls(call: &mut Call) -> i32 {
    let path = call.operands().next().map_or(".", |path| path.as_str());
    let place = call.whole(path);
    if call.files.contains_key(place.as_str()) {
        call.out = format!("{path}\n");
        return 0;
    }
    if !is_directory(call.files, &place) {
        call.err = format!("ls: {path}: No such file or directory\n");
        return 1;
    }
    let inside = format!("{}/", place.trim_end_matches('/'));
    let found = call.files.keys().filter_map(|name| name.strip_prefix(inside.as_str())?.split('/').next());
    let mut names: Vec<&str> =
        found.chain(if place == "/" { &ROOT[..] } else { &[] }.iter().copied()).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    call.out = names.iter().map(|name| format!("{name}\n")).collect();
    0
}

fn env(call: &mut Call) -> i32 {
    if let Some(name) = call.operands().next() {
        let found = call.env.iter().find(|(key, _)| key == name);
        call.out = found.map(|(_, value)| format!("{value}\n")).unwrap_or_default();
        return i32::from(found.is_none());
    }
    call.out = call.env.iter().map(|(key, value)| format!("{key}={value}\n")).collect();
    0
}

fn hostname(call: &mut Call) -> i32 {
    call.out = match call.arguments.first().map(Text::as_str) {
        Some("-f" | "--fqdn") => format!("{}\n", Names::full(call.names, call.hostname)),
        Some("-d") => format!("{}\n", call.names.map_or("", |names| &names.domain)),
        Some("-i") => format!("{}\n", call.link.address),
        _ => format!("{}\n", call.hostname),
    };
    0
}

fn date(call: &mut Call) -> i32 {
    call.out = match call.arguments.first().map(Text::as_str) {
        Some("+%s") => format!("{}\n", call.clock.0 / 1_000_000),
        Some("+%T") => format!("{}\n", &call.clock.rfc3339()[11..19]),
        _ => {
            // `Tue, 01 Dec 2026 00:00:00 +0000` in the order that date prints it.
            let text = call.clock.rfc1123();
            format!(
                "{} {} {} {} UTC {}\n",
                &text[..3],
                &text[8..11],
                text[5..7].replacen('0', " ", usize::from(text.as_bytes()[5] == b'0')),
                &text[17..25],
                &text[12..16]
            )
        }
    };
    0
}

fn pwd(call: &mut Call) -> i32 {
    call.out = format!("{}\n", call.directory());
    0
}

fn id(call: &mut Call) -> i32 {
    call.out = "uid=0(root) gid=0(root) groups=0(root)\n".to_string();
    0
}

fn whoami(call: &mut Call) -> i32 {
    call.out = "root\n".to_string();
    0
}

fn uname(call: &mut Call) -> i32 {
    let all = call.arguments.iter().any(|word| word == "-a");
    call.out = if all { format!("Linux {} 6.1.0-sim x86_64 GNU/Linux\n", call.hostname) } else { "Linux\n".to_string() };
    0
}

fn ps(call: &mut Call) -> i32 {
    call.out = "PID   USER     TIME  COMMAND\n    1 root      0:00 (the container's process)\n".to_string();
    0
}

fn seq(call: &mut Call) -> i32 {
    let numbers: Vec<i64> = call.arguments.iter().filter_map(|word| word.parse().ok()).collect();
    let (from, to) = match numbers[..] {
        [to] => (1, to),
        [from, to, ..] => (from, to),
        [] => return 1,
    };
    call.out = (from..=to.min(from.saturating_add(9_999))).map(|number| format!("{number}\n")).collect();
    0
}

/// The text that a filter reads: its last operand's file, or its input.
fn text_of(call: &Call, skip: usize) -> String {
    match call.operands().nth(skip).and_then(|path| call.file(path)) {
        Some(text) => text.to_string(),
        None => call.input.to_string(),
    }
}

fn grep(call: &mut Call) -> i32 {
    let Some(pattern) = call.operands().next() else { return 2 };
    let text = text_of(call, 1);
    let found: Vec<&str> = text.lines().filter(|line| line.contains(pattern.as_str())).collect();
    if !call.arguments.iter().any(|word| word == "-q") {
        call.out = found.iter().map(|line| format!("{line}\n")).collect();
    }
    i32::from(found.is_empty())
}

fn head(call: &mut Call) -> i32 {
    let flag = call.arguments.iter().position(|word| word == "-n").and_then(|at| call.arguments.get(at + 1));
    let count = flag.and_then(|word| word.parse::<usize>().ok());
    let text = text_of(call, usize::from(count.is_some()));
    let lines: Vec<&str> = text.lines().collect();
    let count = count.unwrap_or(10).min(lines.len());
    let part = if call.name == "tail" { &lines[lines.len() - count..] } else { &lines[..count] };
    call.out = part.iter().map(|line| format!("{line}\n")).collect();
    0
}

fn wc(call: &mut Call) -> i32 {
    let text = text_of(call, 0);
    call.out = match call.arguments.first().map(Text::as_str) {
        Some("-l") => format!("{}\n", text.lines().count()),
        Some("-c") => format!("{}\n", text.len()),
        _ => format!("{:>9}{:>10}{:>10}\n", text.lines().count(), text.split_whitespace().count(), text.len()),
    };
    0
}

fn test(call: &mut Call) -> i32 {
    let words: Vec<&str> = call.arguments.iter().map(Text::as_str).filter(|word| *word != "]").collect();
    i32::from(!truth(&words, call.files, call.directory()))
}

fn truth(words: &[&str], files: &Files, directory: &str) -> bool {
    let is_file = |path: &str| files.contains_key(whole(directory, path).as_str());
    let is_directory = |path: &str| is_directory(files, &whole(directory, path));
    let number = |word: &str| word.parse::<i64>().unwrap_or(0);
    match words {
        ["!", rest @ ..] => !truth(rest, files, directory),
        [left, "-a", rest @ ..] => truth(&[left], files, directory) && truth(rest, files, directory),
        ["-f", path] => is_file(path),
        ["-d", path] => is_directory(path),
        ["-e" | "-r", path] => is_file(path) || is_directory(path),
        ["-s", path] => files.get(whole(directory, path).as_str()).is_some_and(|text| !text.is_empty()),
        ["-z", word] => word.is_empty(),
        ["-n", word] => !word.is_empty(),
        [left, "=" | "==", right] => left == right,
        [left, "!=", right] => left != right,
        [left, "-eq", right] => number(left) == number(right),
        [left, "-ne", right] => number(left) != number(right),
        [left, "-lt", right] => number(left) < number(right),
        [left, "-le", right] => number(left) <= number(right),
        [left, "-gt", right] => number(left) > number(right),
        [left, "-ge", right] => number(left) >= number(right),
        [word] => !word.is_empty(),
        _ => false,
    }
}

/// A tool that asks the network: what it wants, and how it tells the answer, stand in the table of clients.
fn over_network(call: &mut Call) -> i32 {
    let Some(client) = client(call.name) else { return 127 };
    let ask = match (client.plan)(call.arguments) {
        Ok(ask) => ask,
        Err((words, code)) => return refuse(call, words, code),
    };
    let Some(heard) = (call.web)(&ask).or_else(|| call.hearing.ask(&ask)) else { return 0 };
    let printed = (client.tell)(call.arguments, &ask, &heard);
    call.out = printed.out;
    call.err = printed.err;
    if let Some((path, text)) = printed.file {
        let path = Text::from(call.whole(&path));
        call.files.insert(path, text);
    }
    printed.code
}

fn refuse(call: &mut Call, words: String, code: i32) -> i32 {
    call.err = words;
    code
}

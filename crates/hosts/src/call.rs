//! A running program: the machine it runs on, its words, its streams, and the clock that moves as it works.
use crate::Machine;
use crate::outside::{Answer, Outside, Pending};
use objects::Text;
use simcore::{Duration, Time};
use std::fmt::Display;

/// Why a program ends before its last line.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// With an exit code; what is to be said was said.
    Code(u8),
    /// The words of an error that the program prints in its own manner.
    Fail(String),
    /// It waits for an answer of the outside.
    Pending,
}

pub type Step<T> = Result<T, Stop>;

impl From<Pending> for Stop {
    fn from(_: Pending) -> Stop {
        Stop::Pending
    }
}

/// Fails with these words.
pub fn fail<T>(words: impl Into<String>) -> Step<T> {
    Err(Stop::Fail(words.into()))
}

/// A program at work.
pub struct Call<'a> {
    pub machine: &'a mut Machine,
    pub outside: &'a mut dyn Outside,
    /// True time; begins at the command's start and moves on.
    pub now: Time,
    pub user: Text,
    pub folder: String,
    pub environment: Vec<(String, String)>,
    /// As it was typed: `kubeadm`, `./install.sh`.
    pub name: String,
    /// Without the program's name.
    pub words: Vec<String>,
    pub stdin: String,
    pub stdout: String,
    pub stderr: String,
    pub pid: u32,
    /// A file that the person is to edit.
    pub edit: Option<String>,
}

impl Call<'_> {
    pub fn say(&mut self, line: impl Display) {
        self.stdout.push_str(&line.to_string());
        self.stdout.push('\n');
    }

    pub fn complain(&mut self, line: impl Display) {
        self.stderr.push_str(&line.to_string());
        self.stderr.push('\n');
    }

    /// A warning of klog: `W1123 05:45:34.830618   30339 version.go:108] words`.
    pub fn klog(&mut self, level: char, place: &str, words: impl Display) {
        let stamp = self.machine.local(self.now).rfc3339_micro();
        let (pid, words) = (self.pid, words.to_string());
        self.complain(format_args!("{level}{}{} {} {pid:>7} {place}] {words}", &stamp[5..7], &stamp[8..10], &stamp[11..26]));
    }

    /// A warning of etcd's client, which logs JSON. `connected`: whether the other end was reached at all.
    pub fn etcd_warning(&mut self, endpoint: &str, connected: bool, method: &str, error: &str) {
        let stamp = self.machine.local(self.now).rfc3339_micro();
        let (target, pointer) = (endpoint.trim_start_matches("https://").to_string(), self.draw(9, b"0123456789abcdef"));
        let peer = if connected {
            format!("Peer{{Addr: '{target}', LocalAddr: '{}:{}', AuthInfo: 'tls'}}", self.machine.address(), ephemeral_port(self.now))
        } else {
            "Peer{Addr: <nil>, LocalAddr: <nil>, AuthInfo: <nil>}".into()
        };
        self.complain(format_args!(
            "{{\"level\":\"warn\",\"ts\":\"{stamp}\",\"logger\":\"etcd-client\",\"caller\":\"v3@v3.7.0/retry_interceptor.go:68\",\"msg\":\"retrying of unary invoker failed\",\"target\":\"etcd-endpoints://0x{pointer}000/{target}\",\"peer\":\"{peer}\",\"method\":\"{method}\",\"attempt\":0,\"error\":\"{error}\"}}"
        ));
    }

    /// Takes an answer of the outside and lets its time pass.
    pub fn pass<T>(&mut self, answer: Answer<T>) -> Step<T> {
        let (value, took) = answer?;
        self.now = self.now + took;
        Ok(value)
    }

    /// Works for a while.
    pub fn work(&mut self, span: Duration) {
        self.now = self.now + span;
    }

    pub fn is_root(&self) -> bool {
        self.user == "root"
    }

    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The home folder of the user.
    pub fn home(&self) -> String {
        if self.is_root() { "/root".into() } else { format!("/home/{}", self.user) }
    }

    /// A path as the program sees it, made absolute.
    pub fn path(&self, path: &str) -> String {
        if path.starts_with('/') { path.into() } else { format!("{}/{path}", self.folder.trim_end_matches('/')) }
    }

    /// The text of a file that the user may read. The error is the kernel's.
    pub fn open(&self, name: &str) -> Result<String, &'static str> {
        let full = self.path(name);
        if self.machine.files.is_folder(&full) {
            return Err("Is a directory");
        }
        if self.machine.files.get(&full).is_some_and(|file| file.mode & 0o004 == 0) && !self.is_root() {
            return Err("Permission denied");
        }
        self.machine.read(&full, self.now).ok_or("No such file or directory")
    }

    /// Addresses of a name: /etc/hosts first, then the name server.
    pub fn resolve(&mut self, name: &str) -> Step<Result<Vec<Text>, String>> {
        if is_address(name) {
            return Ok(Ok(vec![Text::new(name)]));
        }
        if let Some(found) = self.machine.known_host(name) {
            return Ok(Ok(vec![found]));
        }
        let answer = self.outside.lookup(self.machine, self.now, name);
        self.pass(answer)
    }

    /// `n` letters of an alphabet by chance.
    pub fn draw(&mut self, n: usize, alphabet: &[u8]) -> String {
        (0..n).map(|_| alphabet[self.machine.chance.below(alphabet.len() as u32) as usize] as char).collect()
    }
}

/// Whether a text is an IPv4 or IPv6 address.
pub fn is_address(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok()
}

/// `"text"` as Go's %q writes it.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// Reads Go's durations: `1h30m`, `6s`, `0`.
pub fn span(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, u64); 5] = [("ms", 1_000), ("us", 1), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000)];
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let bad = || format!("time: invalid duration {}", quoted(text));
    let (mut rest, mut micros) = (text, 0u64);
    if rest.is_empty() {
        return Err(bad());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, unit) = rest.split_at(digits);
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let whole: u64 = whole.parse().map_err(|_| bad())?;
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", quoted(text)));
        }
        let found = UNITS.iter().find(|(name, _)| unit.starts_with(name));
        let (name, size) = found.ok_or_else(|| {
            let end = unit.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(unit.len());
            format!("time: unknown unit {} in duration {}", quoted(&unit[..end]), quoted(text))
        })?;
        let tenths =
            part.bytes().take(6).enumerate().map(|(at, digit)| u64::from(digit - b'0') * size / 10u64.pow(at as u32 + 1)).sum::<u64>();
        micros = micros.saturating_add(whole.saturating_mul(*size)).saturating_add(tenths);
        rest = &unit[name.len()..];
    }
    Ok(Duration::micros(micros))
}

/// A port that Linux gives to a client, out of its usual range: which one depends on the instant.
pub fn ephemeral_port(at: Time) -> u64 {
    32_768 + at.0 / 7 % 28_000
}

/// The age of something in its largest unit, as kubectl's short form: `23h`, `364d`, `9y`.
pub fn short_age(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        86_400..31_536_000 => format!("{}d", seconds / 86_400),
        _ => format!("{}y", seconds / 31_536_000),
    }
}

//! A line of etcdctl taken apart: its words, its flags as the command's page knows them, whom it asks.
use super::super::ask::{Access, Ask, Reply};
use super::super::{Answer, COMMAND_TIMEOUT, Form, pages};
use super::unsupported;
use crate::server::words;
use simcore::Duration;

/// Flags of etcdutl, by whether they take a value.
const OFFLINE: &[(&str, bool)] = &[
    ("data-dir", true),
    ("wal-dir", true),
    ("name", true),
    ("initial-cluster", true),
    ("initial-cluster-token", true),
    ("initial-advertise-peer-urls", true),
    ("bump-revision", true),
    ("write-out", true),
    ("skip-hash-check", false),
    ("mark-compacted", false),
    ("help", false),
];

/// Flags that stand anywhere, and the words between them.
pub struct Line {
    pub words: Vec<String>,
    pub flags: Vec<(String, String)>,
    pub form: Form,
    pub endpoints: Vec<String>,
    pub within: Duration,
}

/// A flag as it was typed.
struct Typed {
    /// `--rev`, `-w`
    word: String,
    name: String,
    letter: bool,
    value: Option<String>,
}

/// Whether a flag takes a value; `None`: nobody has such a flag.
fn takes(program: &str, name: &str, letter: bool) -> Option<bool> {
    match (program, letter) {
        (_, true) if name == "h" => Some(false),
        (_, false) if name == "help" => Some(false),
        ("etcdutl", true) => (name == "w").then_some(true),
        ("etcdutl", false) => OFFLINE.iter().find(|(known, _)| *known == name).map(|(_, takes)| *takes),
        _ => pages::kind(name, letter).map(|kind| !kind.is_empty()),
    }
}

/// Words and flags. A flag that needs a value takes the next word, whatever it is.
fn apart(program: &str, given: &[&str]) -> Result<(Vec<String>, Vec<Typed>), String> {
    let (mut words, mut flags) = (Vec::new(), Vec::new());
    let mut rest = given.iter().copied();
    while let Some(word) = rest.next() {
        if word == "--" {
            words.extend(rest.map(str::to_string));
            break;
        }
        let (name, mut value, letter) = match (word.strip_prefix("--"), word.strip_prefix('-')) {
            (Some(long), _) => {
                let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value.to_string())));
                (name.to_string(), value, false)
            }
            (_, Some(short)) if !short.is_empty() => {
                let name: String = short.chars().take(1).collect();
                let tail = &short[name.len()..];
                let value = (!tail.is_empty()).then(|| tail.strip_prefix('=').unwrap_or(tail).to_string());
                (name, value, true)
            }
            _ => {
                words.push(word.to_string());
                continue;
            }
        };
        if value.is_none() && takes(program, &name, letter) == Some(true) {
            let dashes = if letter { format!("'{name}' in -{name}") } else { format!("--{name}") };
            value = Some(rest.next().ok_or(format!("flag needs an argument: {dashes}"))?.to_string());
        }
        flags.push(Typed { word: word.to_string(), name, letter, value });
    }
    Ok((words, flags))
}

/// The value as the flag's kind reads it, or Go's words for why it cannot.
fn checked(kind: &str, name: &str, text: &str) -> Result<(), String> {
    let bad = |why: String| Err(format!("invalid argument \"{text}\" for \"--{name}\" flag: {why}"));
    match kind {
        "int" if text.parse::<i64>().is_err() => bad(format!("strconv.ParseInt: parsing \"{text}\": invalid syntax")),
        "duration" if span(text).is_none() => bad(format!("time: invalid duration \"{text}\"")),
        "" if !matches!(text, "true" | "false" | "1" | "0" | "t" | "f" | "T" | "F") => {
            bad(format!("strconv.ParseBool: parsing \"{text}\": invalid syntax"))
        }
        _ => Ok(()),
    }
}

/// `5s`, `500ms`, `1m`.
fn span(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|one: char| !one.is_ascii_digit());
    let count: u64 = digits.parse().ok()?;
    match &text[digits.len()..] {
        "ms" => Some(Duration::millis(count)),
        "s" => Some(Duration::secs(count)),
        "m" => Some(Duration::mins(count)),
        "h" => Some(Duration::mins(count * 60)),
        _ => None,
    }
}

impl Line {
    /// Reads a line; an answer where it cannot be carried out.
    pub fn read(program: &str, given: &[&str], env: &[(String, String)]) -> Result<Line, Answer> {
        let (words, typed) = apart(program, given).map_err(|why| pages::misread(&[], &why))?;
        let all: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut flags = Vec::new();
        for Typed { word, name, letter, value } in typed {
            let own = match program {
                "etcdutl" => takes(program, &name, letter).map(|takes| (name.clone(), if takes { "string" } else { "" })),
                _ if letter && name == "h" || !letter && name == "help" => Some(("help".to_string(), "")),
                _ => pages::known(&all, &name, letter).map(|flag| (flag.name.to_string(), flag.kind)),
            };
            let Some((name, kind)) = own else {
                let why = if letter { format!("unknown shorthand flag: '{name}' in {word}") } else { format!("unknown flag: --{name}") };
                return Err(pages::misread(&all, &why));
            };
            let name = if name == "w" { "write-out".to_string() } else { name };
            let value = value.unwrap_or_else(|| "true".to_string());
            checked(kind, &name, &value).map_err(|why| pages::misread(&all, &why))?;
            flags.push((name, value));
        }
        let of = |name: &str| flags.iter().rev().find(|(flag, _)| flag == name).map(|(_, value)| value.as_str());
        let environment =
            |name: &str| env.iter().rev().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str());
        let variable = |name: &str| format!("ETCDCTL_{}", name.to_uppercase().replace('-', "_"));
        if let Some((name, _)) = flags.iter().find(|(name, _)| environment(&variable(name)).is_some()) {
            let words = "conflicting environment variable is shadowed by corresponding command-line flag (either unset environment variable or disable flag))";
            return Err(Answer {
                code: 1,
                stderr: format!(
                    "{{\"level\":\"fatal\",\"caller\":\"flags/flag.go:86\",\"msg\":\"{words}\",\"environment-variable\":\"{}\"}}\n",
                    variable(name)
                ),
                ..Answer::default()
            });
        }
        let endpoints = of("endpoints").or(environment("ETCDCTL_ENDPOINTS")).unwrap_or("127.0.0.1:2379");
        let form = match of("write-out").or(environment("ETCDCTL_WRITE_OUT")).unwrap_or("simple") {
            "simple" => Form::Simple,
            "table" => Form::Table,
            "json" => Form::Json,
            "fields" => Form::Fields,
            _ => return Err(unsupported("unsupported output format")),
        };
        let within = of("command-timeout").and_then(span).unwrap_or(COMMAND_TIMEOUT);
        let endpoints = endpoints.split(',').filter(|one| !one.is_empty()).map(str::to_string).collect();
        Ok(Line { words, flags, form, endpoints, within })
    }

    /// How long the command has waited for so many endpoints at which nobody listens, one after the other.
    pub fn waits(&self, endpoints: usize) -> Duration {
        Duration::micros(self.within.0 * endpoints as u64)
    }

    pub fn has(&self, name: &str) -> bool {
        self.flags.iter().any(|(flag, value)| flag == name && value != "false")
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.flags.iter().rev().find(|(flag, _)| flag == name).map(|(_, value)| value.as_str())
    }

    /// Asks the first endpoint at which somebody listens, as the client's balancer does.
    pub fn one(&self, access: &mut dyn Access, ask: &Ask) -> Option<Result<Reply, Answer>> {
        self.ask_one(access, ask, self.within)
    }

    pub fn ask_one(&self, access: &mut dyn Access, ask: &Ask, within: Duration) -> Option<Result<Reply, Answer>> {
        let mut left = self.endpoints.len();
        for endpoint in &self.endpoints {
            left -= 1;
            match access.ask(endpoint, ask, within)? {
                Reply::Unreached(_) => {}
                Reply::Silence => return Some(Err(Answer::refusal(words::DEADLINE))),
                Reply::Refused(words::NOT_FOR_LEARNERS) if left > 0 => {}
                Reply::Refused(words) => return Some(Err(Answer::refusal(words))),
                Reply::Wrong(words) => return Some(Err(Answer::refusal(&words))),
                reply => return Some(Ok(reply)),
            }
        }
        Some(Err(Answer { waited: self.within, ..Answer::refusal(words::DEADLINE) }))
    }

    /// The endpoints to ask: those given, or with `--cluster` every member's.
    pub fn targets(&self, access: &mut dyn Access) -> Option<Result<Vec<String>, Answer>> {
        if !self.has("cluster") {
            return Some(Ok(self.endpoints.clone()));
        }
        match self.one(access, &Ask::Members)? {
            Ok(Reply::Members(_, members)) => {
                Some(Ok(members.into_iter().map(|member| member.clients).filter(|address| !address.is_empty()).collect()))
            }
            Ok(_) => Some(Ok(Vec::new())),
            Err(answer) => {
                let why = answer.stderr.trim_start_matches("Error: ");
                Some(Err(Answer { stderr: format!("Error: failed to fetch endpoints from etcd cluster member list: {why}"), ..answer }))
            }
        }
    }
}

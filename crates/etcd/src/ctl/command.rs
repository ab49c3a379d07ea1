//! `etcdctl` and `etcdutl` as command lines: words and environment in, text and exit code out.
macro_rules! unless_refused {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(answer) => return Some(answer),
        }
    };
}

mod kv;
mod lease;
mod pages;

use super::ask::{Access, Ask, Reply};
use super::{Answer, COMMAND_TIMEOUT, Form, Health, Reached};
use crate::raft::MemberId;
use crate::server::words;
use simcore::Duration;

/// A line taken apart: flags that stand anywhere, and the words between them.
struct Line {
    words: Vec<String>,
    flags: Vec<(String, String)>,
    form: Form,
    endpoints: Vec<String>,
    within: Duration,
}

/// Flags that take no value.
const SWITCHES: &[&str] = &[
    "prefix",
    "from-key",
    "keys-only",
    "keys",
    "once",
    "hex",
    "ignore-value",
    "ignore-lease",
    "count-only",
    "print-value-only",
    "prev-kv",
    "learner",
    "cluster",
    "physical",
    "help",
    "insecure-skip-tls-verify",
    "insecure-transport",
    "debug",
    "skip-hash-check",
];
/// Flags that take one.
const VALUED: &[&str] = &[
    "endpoints",
    "write-out",
    "command-timeout",
    "keepalive-time",
    "keepalive-timeout",
    "consistency",
    "limit",
    "order",
    "sort-by",
    "rev",
    "lease",
    "peer-urls",
    "data-dir",
    "wal-dir",
    "name",
    "initial-cluster",
    "initial-cluster-token",
    "initial-advertise-peer-urls",
    "bump-revision",
    "discovery-srv",
];
/// Flags that every command takes and that say nothing here: whoever reaches a member may ask it.
const CREDENTIALS: &[&str] =
    &["cacert", "cert", "key", "user", "password", "dial-timeout", "insecure-skip-tls-verify", "insecure-transport", "debug"];

/// Runs `etcdctl WORDS`, or with `etcdutl` that program's commands. `None`: an answer is not there yet.
pub fn etcdctl(program: &str, given: &[&str], env: &[(String, String)], access: &mut dyn Access) -> Option<Answer> {
    let line = match parse(given, env) {
        Ok(line) => line,
        Err(answer) => return Some(answer),
    };
    let words: Vec<&str> = line.words.iter().map(String::as_str).collect();
    if program == "etcdutl" {
        return Some(offline(&line, &words, access));
    }
    if line.has("help") {
        let page = words.first().map(|family| pages::of(family)).filter(|page| !page.stdout.is_empty());
        return Some(page.unwrap_or_else(|| Answer::of(help())));
    }
    match &words[..] {
        ["version"] => Some(Answer::of("etcdctl version: 3.7.3\nAPI version: 3.7\n".to_string())),
        ["endpoint", "status"] => status(&line, access),
        ["endpoint", "health"] => health(&line, access),
        ["endpoint", "hashkv"] => kv::hashes(&line, access),
        ["endpoint", ..] => Some(pages::of("endpoint")),
        ["member", rest @ ..] => member(&line, rest, access),
        ["get", rest @ ..] => kv::get(&line, rest, access),
        ["put", rest @ ..] => kv::put(&line, rest, access),
        ["del", rest @ ..] => kv::del(&line, rest, access),
        ["compaction" | "compact", rest @ ..] => kv::compact(&line, rest, access),
        ["lease", "grant" | "revoke" | "timetolive" | "keep-alive" | "list", ..] => lease::lease(&line, &words[1..], access),
        ["lease", ..] => Some(pages::of("lease")),
        ["defrag", ..] => defrag(&line, access),
        ["alarm", deed @ ("list" | "disarm")] => alarm(&line, deed, access),
        ["alarm", ..] => Some(pages::of("alarm")),
        ["move-leader", id] => move_leader(&line, id, access),
        ["move-leader", ..] => Some(misused("move-leader command needs 1 argument")),
        ["user" | "role", "list"] => Some(Answer::default()),
        ["auth", "status"] => Some(Answer::of("Authentication Status: false\nAuthRevision: 1\n".to_string())),
        [known @ ("watch" | "txn" | "lock" | "elect" | "make-mirror" | "check" | "downgrade" | "user" | "role" | "auth"), ..] => {
            Some(Answer::refusal(&format!("etcdctl {known} is not part of this simulation")))
        }
        ["snapshot", "save", path] => save(&line, path, access),
        ["snapshot", "save", ..] => Some(misused("snapshot save expects one argument <filename>")),
        // etcdctl only saves: everything else about files is etcdutl's, and the help is printed.
        ["snapshot", ..] => Some(Answer::of("Manages etcd node snapshots\n\nUsage:\n  etcdctl snapshot [command]\n\nAvailable Commands:\n  save        Stores an etcd node backend snapshot to a given file\n".to_string())),
        [] => Some(Answer::of(help())),
        [unknown, ..] => Some(unknown_command(unknown)),
    }
}

fn help() -> String {
    "etcdctl - A simple command line client for etcd3.\n\nUsage: etcdctl [flags] COMMAND\n\nCommands:\n  alarm list|disarm\n  compaction REVISION\n  defrag\n  del KEY [END]\n  endpoint health|status\n  get KEY [END]\n  member add|list|promote|remove\n  move-leader MEMBER\n  put KEY VALUE\n  snapshot save FILE\n  version\n".to_string()
}

fn unknown_command(name: &str) -> Answer {
    Answer {
        code: 1,
        stderr: format!("Error: unknown command \"{name}\" for \"etcdctl\"\nRun 'etcdctl --help' for usage.\n"),
        ..Answer::default()
    }
}

fn misused(words: &str) -> Answer {
    Answer { code: 128, ..Answer::refusal(words) }
}

/// What a printer cannot do: exit code 4.
fn unsupported(words: &str) -> Answer {
    Answer { code: 4, ..Answer::refusal(words) }
}

/// The text, where its form is one that this command has.
fn no_table(line: &Line, text: String) -> Answer {
    if line.form == Form::Table { unsupported("table not supported as output format") } else { Answer::of(text) }
}

fn parse(given: &[&str], env: &[(String, String)]) -> Result<Line, Answer> {
    let (mut words, mut flags) = (Vec::new(), Vec::new());
    let mut rest = given.iter().copied();
    while let Some(word) = rest.next() {
        if word == "--" {
            words.extend(rest.map(str::to_string));
            break;
        }
        let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).filter(|flag| !flag.is_empty()) else {
            words.push(word.to_string());
            continue;
        };
        let (name, value) = flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value)));
        let name = match name {
            "w" => "write-out",
            "h" => "help",
            other => other,
        };
        if !SWITCHES.contains(&name) && !CREDENTIALS.contains(&name) && !VALUED.contains(&name) {
            let words = if word.starts_with("--") {
                format!("unknown flag: --{name}")
            } else {
                format!("unknown shorthand flag: '{}' in {word}", &name[..1])
            };
            return Err(Answer::refusal(&words));
        }
        let value = match value {
            Some(value) => value,
            None if SWITCHES.contains(&name) => "true",
            None => rest.next().ok_or_else(|| misused(&format!("flag needs an argument: --{name}")))?,
        };
        flags.push((name.to_string(), value.to_string()));
    }
    let of = |name: &str| flags.iter().rev().find(|(flag, _)| flag == name).map(|(_, value)| value.as_str());
    let environment = |name: &str| env.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if of("endpoints").is_some() && environment("ETCDCTL_ENDPOINTS").is_some() {
        let words = "conflicting environment variable is shadowed by corresponding command-line flag (either unset environment variable or disable flag)";
        return Err(Answer {
            code: 1,
            stderr: format!("{{\"level\":\"fatal\",\"msg\":\"{words}\",\"environment-variable\":\"ETCDCTL_ENDPOINTS\"}}\n"),
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
    for name in ["command-timeout", "dial-timeout"] {
        if let Some(text) = of(name).filter(|text| span(text).is_none()) {
            let words = format!("invalid argument \"{text}\" for \"--{name}\" flag: time: invalid duration \"{text}\"");
            return Err(Answer::refusal(&words));
        }
    }
    let within = of("command-timeout").and_then(span).unwrap_or(COMMAND_TIMEOUT);
    let endpoints = endpoints.split(',').filter(|one| !one.is_empty()).map(str::to_string).collect();
    flags.retain(|(name, _)| !CREDENTIALS.contains(&name.as_str()));
    Ok(Line { words, flags, form, endpoints, within })
}

/// `5s`, `500ms`, `1m`.
fn span(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|one: char| !one.is_ascii_digit());
    let count: u64 = digits.parse().ok()?;
    match &text[digits.len()..] {
        "ms" => Some(Duration::millis(count)),
        "s" => Some(Duration::secs(count)),
        "m" => Some(Duration::mins(count)),
        _ => None,
    }
}

impl Line {
    fn has(&self, name: &str) -> bool {
        self.flags.iter().any(|(flag, value)| flag == name && value != "false")
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.flags.iter().rev().find(|(flag, _)| flag == name).map(|(_, value)| value.as_str())
    }

    /// Asks the first endpoint that answers, as the client's balancer does.
    fn one(&self, access: &mut dyn Access, ask: &Ask) -> Option<Result<Reply, Answer>> {
        let mut last = Answer::refusal(words::DEADLINE);
        let mut left = self.endpoints.len();
        for endpoint in &self.endpoints {
            left -= 1;
            match access.ask(endpoint, ask, self.within)? {
                Reply::Silence => last = Answer::refusal(words::DEADLINE),
                Reply::Refused(words::NOT_FOR_LEARNERS) if left > 0 => {}
                Reply::Refused(words) => return Some(Err(Answer::refusal(words))),
                Reply::Wrong(words) => return Some(Err(Answer::refusal(&words))),
                reply => return Some(Ok(reply)),
            }
        }
        Some(Err(last))
    }

    /// The endpoints to ask: those given, or with `--cluster` every member's.
    fn targets(&self, access: &mut dyn Access) -> Option<Result<Vec<String>, Answer>> {
        if !self.has("cluster") {
            return Some(Ok(self.endpoints.clone()));
        }
        match self.one(access, &Ask::Members)? {
            Ok(Reply::Members(_, members)) => {
                Some(Ok(members.into_iter().map(|member| member.clients).filter(|address| !address.is_empty()).collect()))
            }
            Ok(_) => Some(Ok(Vec::new())),
            Err(answer) => Some(Err(answer)),
        }
    }
}

fn status(line: &Line, access: &mut dyn Access) -> Option<Answer> {
    let (reached, cluster) = unless_refused!(reach(line, access)?);
    let mut answer = super::status(&reached, line.form, cluster);
    answer.waited = Duration::ZERO;
    Some(answer)
}

/// Every target's own word, one after the other, and the cluster's number.
fn reach(line: &Line, access: &mut dyn Access) -> Option<Result<(Vec<Reached>, u64), Answer>> {
    let targets = match line.targets(access)? {
        Ok(targets) => targets,
        Err(answer) => return Some(Err(answer)),
    };
    let (mut reached, mut number) = (Vec::new(), 0);
    for target in targets {
        match access.ask(&target, &Ask::Status, line.within)? {
            Reply::Status(mut endpoint, cluster) => {
                endpoint.address.clone_from(&target);
                number = cluster;
                reached.push(Reached::Yes(endpoint));
            }
            _ => reached.push(Reached::No(target)),
        }
    }
    Some(Ok((reached, number)))
}

fn health(line: &Line, access: &mut dyn Access) -> Option<Answer> {
    let targets = unless_refused!(line.targets(access)?);
    // All are asked at once.
    let replies: Vec<Option<Reply>> = targets.iter().map(|target| access.ask(target, &Ask::Health, line.within)).collect();
    let mut probes = Vec::new();
    for (address, reply) in targets.into_iter().zip(replies) {
        let (took, error) = match reply? {
            Reply::Healthy(took) => (took, None),
            Reply::Alarms(_) => (Duration::millis(2), Some("Active Alarm(s): NOSPACE ".to_string())),
            Reply::Refused(words) => (Duration::millis(2), Some(words.to_string())),
            _ => (line.within, Some(words::DEADLINE.to_string())),
        };
        probes.push(Health { address, took, error });
    }
    let answer = super::health(&probes, line.form);
    Some(Answer { waited: Duration::ZERO, ..answer })
}

fn number(text: &str) -> Result<MemberId, Answer> {
    MemberId::from_str_radix(text, 16)
        .map_err(|_| misused(&format!("bad member ID arg (strconv.ParseUint: parsing \"{text}\": invalid syntax), expecting ID in Hex")))
}

fn member(line: &Line, rest: &[&str], access: &mut dyn Access) -> Option<Answer> {
    let text = match rest {
        ["list"] => match unless_refused!(line.one(access, &Ask::Members)?) {
            Reply::Members(header, members) => super::list(&members, line.form, header.cluster, header.member, header.term),
            _ => String::new(),
        },
        ["add", name] => {
            let Some(peer) = line.value("peer-urls").filter(|peer| !peer.is_empty()) else {
                return Some(misused("member peer urls not provided"));
            };
            let before = match unless_refused!(line.one(access, &Ask::Members)?) {
                Reply::Members(_, members) => members,
                _ => Vec::new(),
            };
            let ask = Ask::Add { name: name.to_string(), peer: peer.to_string(), learner: line.has("learner") };
            match unless_refused!(line.one(access, &ask)?) {
                Reply::Added(header, new) => super::added(&new, name, &before, header.cluster),
                _ => String::new(),
            }
        }
        ["add", ..] => return Some(misused("member name not provided")),
        ["promote", id] => match unless_refused!(line.one(access, &Ask::Promote(unless_refused!(number(id))))?) {
            Reply::Done(header) => super::promoted(unless_refused!(number(id)), header.cluster),
            _ => String::new(),
        },
        ["remove", id] => match unless_refused!(line.one(access, &Ask::Remove(unless_refused!(number(id))))?) {
            Reply::Done(header) => super::removed(unless_refused!(number(id)), header.cluster),
            _ => String::new(),
        },
        ["remove" | "promote" | "update", ..] => return Some(misused("member ID is not provided")),
        _ => return Some(pages::of("member")),
    };
    Some(Answer::of(text))
}

fn defrag(line: &Line, access: &mut dyn Access) -> Option<Answer> {
    let targets = unless_refused!(line.targets(access)?);
    let mut answer = Answer::default();
    for target in targets {
        match access.ask(&target, &Ask::Defragment, line.within)? {
            Reply::Defragmented(took) => answer.stdout += &super::defragmented(&[(target, took)]),
            _ => {
                answer.stderr += &format!("Failed to defragment etcd member[{target}]. took {}. ({})\n", line.within, words::DEADLINE);
                answer.code = 1;
            }
        }
    }
    Some(answer)
}

fn alarm(line: &Line, deed: &str, access: &mut dyn Access) -> Option<Answer> {
    let ask = if deed == "list" { Ask::Alarms } else { Ask::Disarm };
    let raised = match unless_refused!(line.one(access, &ask)?) {
        Reply::Alarms(raised) => raised,
        _ => Vec::new(),
    };
    let text = match line.form {
        Form::Json => {
            let header = match unless_refused!(line.one(access, &Ask::Members)?) {
                Reply::Members(header, _) => header,
                _ => Default::default(),
            };
            let all: Vec<String> = raised.iter().map(|id| format!("{{\"memberID\":{id},\"alarm\":1}}")).collect();
            let all = if all.is_empty() { String::new() } else { format!(",\"alarms\":[{}]", all.join(",")) };
            format!("{{{}{all}}}\n", super::keys::as_json_header(header))
        }
        _ => super::alarms(&raised),
    };
    Some(no_table(line, text))
}

fn move_leader(line: &Line, id: &str, access: &mut dyn Access) -> Option<Answer> {
    let Ok(to) = MemberId::from_str_radix(id, 16) else {
        return Some(misused(&format!("strconv.ParseUint: parsing \"{id}\": invalid syntax")));
    };
    let (reached, _) = unless_refused!(reach(line, access)?);
    let leader = reached.iter().find_map(|one| match one {
        Reached::Yes(found) if found.leader == found.id => Some(found.address.clone()),
        _ => None,
    });
    let allowed = match leader {
        None => Ok(()),
        Some(address) => match access.ask(&address, &Ask::MoveLeader(to), line.within)? {
            Reply::Refused(words) => Err(words),
            Reply::Silence => Err(words::DEADLINE),
            _ => Ok(()),
        },
    };
    Some(super::move_leader(&reached, allowed, to))
}

fn save(line: &Line, path: &str, access: &mut dyn Access) -> Option<Answer> {
    if line.endpoints.len() != 1 {
        let words = format!("snapshot must be requested to one selected node, not multiple [{}]", line.endpoints.join(" "));
        return Some(Answer { code: 5, ..Answer::refusal(&words) });
    }
    match unless_refused!(line.one(access, &Ask::Snapshot)?) {
        Reply::Snapshot(saved) => {
            access.save(path, saved);
            Some(Answer::of(format!("Snapshot saved at {path}\nServer version 3.7.0\n")))
        }
        _ => Some(Answer::default()),
    }
}

/// What needs no running member.
fn offline(line: &Line, words: &[&str], access: &mut dyn Access) -> Answer {
    match words {
        ["version"] => Answer::of("etcdutl version: 3.7.3\nAPI version: 3.7\n".to_string()),
        ["snapshot", "status", path] => match access.load(path) {
            Some(saved) => Answer::of(saved.status(line.form)),
            None => Answer::refusal(&format!("stat {path}: no such file or directory")),
        },
        ["snapshot", "restore", path] => {
            let directory = line.value("data-dir").unwrap_or("default.etcd");
            let Some(saved) = access.load(path) else { return Answer::refusal(&format!("stat {path}: no such file or directory")) };
            if saved.damaged {
                return Answer::refusal("snapshot missing hash but --skip-hash-check=false");
            }
            match access.restore(&saved, directory) {
                Ok(()) => Answer {
                    stderr: format!("restored snapshot\t{{\"path\": \"{path}\", \"data-dir\": \"{directory}\"}}\n"),
                    ..Answer::default()
                },
                Err(words) => Answer::refusal(&words),
            }
        }
        ["defrag"] => Answer::default(),
        [unknown, ..] => Answer {
            stderr: format!("Error: unknown command \"{unknown}\" for \"etcdutl\"\nRun 'etcdutl --help' for usage.\n"),
            ..Answer::refusal("")
        },
        [] => Answer::of(
            "etcdutl - An administrative command line tool for etcd3.\n\nCommands:\n  defrag\n  snapshot status|restore\n  version\n"
                .to_string(),
        ),
    }
}

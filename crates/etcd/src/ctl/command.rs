//! `etcdctl` and `etcdutl` as command lines: words and environment in, text and exit code out.
macro_rules! unless_refused {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(answer) => return Some(answer),
        }
    };
}

mod hold;
mod kv;
mod lease;
mod line;
mod txn;
mod watch;

use super::ask::{Access, Ask, Reply};
use super::attempts::Attempts;
use super::{Answer, Form, Health, Reached, pages};
use crate::raft::MemberId;
use crate::server::words;
use simcore::Duration;

pub use line::Line;

/// Runs `etcdctl WORDS`, or with `etcdutl` that program's commands. `None`: an answer is not there yet.
pub fn etcdctl(program: &str, given: &[&str], env: &[(String, String)], access: &mut dyn Access) -> Option<Answer> {
    let mut attempts = Attempts::over(access);
    let answer = run(program, given, env, &mut attempts)?;
    Some(attempts.told(answer))
}

fn run(program: &str, given: &[&str], env: &[(String, String)], access: &mut Attempts) -> Option<Answer> {
    let line = match Line::read(program, given, env) {
        Ok(line) => line,
        Err(answer) => return Some(answer),
    };
    access.begin(&line);
    let words: Vec<&str> = line.words.iter().map(String::as_str).collect();
    if program == "etcdutl" {
        return Some(offline(&line, &words, access));
    }
    if line.has("help") {
        return Some(pages::find(&words).map_or_else(pages::first, |page| page.help()));
    }
    match &words[..] {
        ["help"] => Some(pages::first()),
        ["help", topic @ ..] => Some(pages::find(topic).map_or_else(|| no_topic(topic), |page| page.help())),
        ["options"] => Some(pages::options()),
        ["version", ..] => Some(Answer::of("etcdctl version: 3.7.3\nAPI version: 3.7\n".to_string())),
        ["endpoint", "status"] => status(&line, access),
        ["endpoint", "health"] => health(&line, access),
        ["endpoint", "hashkv"] => kv::hashes(&line, access),
        ["member", rest @ ..] => member(&line, rest, access),
        ["get", rest @ ..] => kv::get(&line, rest, access),
        ["put", rest @ ..] => kv::put(&line, rest, access),
        ["del", rest @ ..] => kv::del(&line, rest, access),
        ["compaction" | "compact", rest @ ..] => kv::compact(&line, rest, access),
        ["lease", "grant" | "revoke" | "timetolive" | "keep-alive" | "list", ..] => lease::lease(&line, &words[1..], access),
        ["defrag", ..] => defrag(&line, access),
        ["alarm", deed @ ("list" | "disarm")] => alarm(&line, deed, access),
        ["move-leader", id] => move_leader(&line, id, access),
        ["move-leader", ..] => Some(misused("move-leader command needs 1 argument")),
        ["user" | "role", "list"] => Some(Answer::default()),
        ["auth", "status"] => Some(Answer::of("Authentication Status: false\nAuthRevision: 1\n".to_string())),
        ["downgrade", "validate", "3.6"] => Some(Answer::of("Downgrade validate success, cluster version 3.7\n".to_string())),
        ["downgrade", "validate", _] => Some(Answer::refusal("etcdserver: invalid downgrade target version")),
        ["downgrade", "enable" | "validate", ..] => Some(misused("TARGET_VERSION not provided")),
        ["watch", rest @ ..] => watch::watch(&line, rest, access),
        ["lock", rest @ ..] => hold::lock(&line, rest, access),
        ["elect", rest @ ..] => hold::elect(&line, rest, access),
        ["txn", rest @ ..] => txn::txn(&line, rest, access),
        ["make-mirror"] => Some(misused("make-mirror takes one destination argument")),
        ["role", "add"] => Some(misused("role add command requires role name as its argument")),
        ["user", "add"] => Some(misused("user add command requires user name as its argument")),
        [known @ ("make-mirror" | "check" | "downgrade" | "user" | "role" | "auth"), _, ..]
            if *known == "make-mirror" || pages::find(&words).is_some_and(|page| page.name.contains(' ')) =>
        {
            Some(Answer::refusal(&format!("etcdctl {known} is not part of this simulation")))
        }
        ["snapshot", "save", path] => save(&line, path, access),
        ["snapshot", "save", ..] => Some(misused("snapshot save expects one argument <filename>")),
        [] => Some(pages::first()),
        // A family without one of its commands, or with another one: `etcdctl snapshot restore` (that is etcdutl's).
        [family, ..] if pages::find(&[*family]).is_some() => pages::find(&[*family]).map(|page| page.help()),
        [unknown, ..] => Some(unknown_command(unknown)),
    }
}

fn no_topic(topic: &[&str]) -> Answer {
    let first = pages::first().stdout;
    let usage = first.split_once("\n\n").map_or("", |(_, rest)| rest);
    let usage = usage.rsplit_once("Use \"etcdctl options").map_or(usage, |(rest, _)| rest);
    let named: Vec<String> = topic.iter().map(|word| format!("`{word}`")).collect();
    Answer { stderr: format!("Unknown help topic [{}]\n{usage}", named.join(" ")), ..Answer::default() }
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

fn status(line: &Line, access: &mut dyn Access) -> Option<Answer> {
    let (reached, cluster) = unless_refused!(reach(line, access)?);
    let mut answer = super::status(&reached, line.form, cluster);
    answer.waited = line.waits(reached.iter().filter(|one| matches!(one, Reached::No(_))).count());
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
    let (mut probes, mut waited) = (Vec::new(), false);
    for (address, reply) in targets.into_iter().zip(replies) {
        let (took, error) = match reply? {
            Reply::Healthy(took) => (took, None),
            Reply::Alarms(_) => (Duration::millis(2), Some("Active Alarm(s): NOSPACE ".to_string())),
            Reply::Refused(words) => (Duration::millis(2), Some(words.to_string())),
            Reply::Silence => {
                waited = true;
                (line.within, Some(words::DEADLINE.to_string()))
            }
            _ => (line.within, Some(words::DEADLINE.to_string())),
        };
        probes.push(Health { address, took, error });
    }
    let answer = super::health(&probes, line.form);
    // Whoever was silent was waited for already.
    let gone = probes.iter().any(|probe| probe.took == line.within);
    Some(Answer { waited: line.waits(usize::from(gone && !waited)), ..answer })
}

fn number(text: &str) -> Result<MemberId, Answer> {
    MemberId::from_str_radix(text, 16)
        .map_err(|_| misused(&format!("bad member ID arg (strconv.ParseUint: parsing \"{text}\": invalid syntax), expecting ID in Hex")))
}

fn member(line: &Line, rest: &[&str], access: &mut dyn Access) -> Option<Answer> {
    let text = match rest {
        ["list", ..] => match unless_refused!(line.one(access, &Ask::Members)?) {
            Reply::Members(header, members) => super::list(&members, line.form, header.cluster, header.member, header.term),
            _ => String::new(),
        },
        ["add", name] => {
            let Some(peer) = line.value("peer-urls").filter(|peer| !peer.is_empty()) else {
                return Some(misused("member peer urls not provided"));
            };
            if let Err(answer) = with_scheme(peer) {
                return Some(answer);
            }
            let before = match unless_refused!(line.one(access, &Ask::Members)?) {
                Reply::Members(_, members) => members,
                _ => Vec::new(),
            };
            if before.iter().any(|member| member.peers == peer) {
                return Some(Answer::refusal(words::MEMBER_EXISTS));
            }
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
        ["update", id] => {
            let id = unless_refused!(number(id));
            let Some(peers) = line.value("peer-urls").filter(|peers| !peers.is_empty()) else {
                return Some(misused("member peer urls not provided"));
            };
            if let Err(answer) = with_scheme(peers) {
                return Some(answer);
            }
            match unless_refused!(line.one(access, &Ask::Members)?) {
                Reply::Members(header, members) => match members.iter().find(|member| member.id == id) {
                    None => return Some(Answer::refusal("etcdserver: member not found")),
                    Some(member) if member.peers == peers => format!("Member {id:>16x} updated in cluster {:>16x}\n", header.cluster),
                    Some(_) => return Some(Answer::refusal("a member of this simulation keeps its address")),
                },
                _ => String::new(),
            }
        }
        ["remove" | "promote" | "update", ..] => return Some(misused("member ID is not provided")),
        _ => return pages::find(&["member"]).map(|page| page.help()),
    };
    Some(Answer::of(text))
}

/// A peer's address must say how it is spoken to.
fn with_scheme(peers: &str) -> Result<(), Answer> {
    let known = |peer: &&str| ["http://", "https://", "unix://", "unixs://"].iter().any(|scheme| peer.starts_with(scheme));
    match peers.split(',').find(|peer| !known(peer)) {
        Some(peer) => Err(Answer::refusal(&format!("URL scheme must be http, https, unix, or unixs: {peer}"))),
        None => Ok(()),
    }
}

fn defrag(line: &Line, access: &mut dyn Access) -> Option<Answer> {
    let targets = unless_refused!(line.targets(access)?);
    let mut answer = Answer::default();
    for target in targets {
        let reply = access.ask(&target, &Ask::Defragment, line.within)?;
        let gone = matches!(reply, Reply::Unreached(_));
        match reply {
            Reply::Defragmented(took) => answer.stdout += &super::defragmented(&[(target, took)]),
            _ => {
                answer.waited = answer.waited + line.waits(usize::from(gone));
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
        ["version", ..] => Answer::of("etcdutl version: 3.7.3\nAPI version: 3.7\n".to_string()),
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

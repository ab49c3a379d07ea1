//! What can stand at the cursor: commands, flags, resource types, files; names through one request.
use super::builtin;
use crate::args::{Args, GLOBAL};
use crate::print::outputs;
use crate::session::Session;
use crate::verbs::{self, Verb};
use objects::wire::{self, Request, Response};

/// Candidates for the text from byte `from` to the cursor.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Completion {
    pub from: usize,
    pub candidates: Vec<String>,
    /// Send this and call `finish` with the answer for the names of objects.
    pub ask: Option<Request>,
    /// What stands at the cursor already.
    prefix: String,
    /// Put before each name (`pod/`).
    lead: String,
}

/// Flags after which the next word is a namespace.
const NAMESPACE_FLAGS: [&str; 2] = ["-n", "--namespace"];

pub fn complete(session: &Session, line: &str, cursor: usize) -> Completion {
    let before = line.get(..cursor).unwrap_or(line);
    let part = before.rsplit(['|', ';', '&']).next().unwrap_or(before).trim_start();
    let word = part.rsplit(char::is_whitespace).next().unwrap_or("");
    let words: Vec<&str> = part[..part.len() - word.len()].split_whitespace().collect();
    let base = Completion { from: before.len() - word.len(), prefix: word.to_string(), ..Completion::default() };
    match words.split_first() {
        None => with(base, builtin::names().map(str::to_string)),
        Some((&("kubectl" | "k"), rest)) => kubectl(session, base, rest),
        Some(_) => files(session, base),
    }
}

/// The names in the answer to `Completion::ask` that fit.
pub fn finish(completion: &Completion, response: &Response) -> Vec<String> {
    let items = response.tree().get("items").items().iter().chain(response.tree().get("rows").items().iter().map(|row| row.get("object")));
    let names = items.map(|item| format!("{}{}", completion.lead, item.at(&["metadata", "name"]).text()));
    names.filter(|name| name.starts_with(&completion.prefix)).collect()
}

fn with(mut base: Completion, all: impl Iterator<Item = String>) -> Completion {
    base.candidates = all.filter(|name| name.starts_with(&base.prefix)).collect();
    base.candidates.sort();
    base
}

fn files(session: &Session, base: Completion) -> Completion {
    with(base, session.files().keys().cloned())
}

fn kubectl(session: &Session, base: Completion, words: &[&str]) -> Completion {
    let plain: Vec<&str> = positional(words);
    let Some(verb) = plain.first().and_then(|name| verbs::all().find(|verb| verb.answers_to(name))) else {
        return with(base, verbs::all().map(|verb| verb.name.to_string()));
    };
    let (verb, rest) = plain[1..]
        .iter()
        .try_fold((verb, 1), |(verb, at), name| {
            verb.subs.iter().find(|sub| sub.answers_to(name)).map(|sub| (sub, at + 1)).ok_or((verb, at))
        })
        .unwrap_or_else(|found| found);
    let last = words.last().copied().unwrap_or("");
    if NAMESPACE_FLAGS.contains(&last) {
        return asking(session, base, "namespaces", "", "");
    }
    if matches!(last, "-o" | "--output") {
        return with(base, outputs::allowed(verb.name).split(',').map(str::to_string));
    }
    if last == "--context" {
        return with(base, session.config.contexts.keys().cloned());
    }
    if matches!(last, "-f" | "--filename") {
        return files(session, base);
    }
    if base.prefix.starts_with('-') {
        let flags = verb.flags.iter().chain(GLOBAL).filter(|flag| !flag.help.is_empty()).map(|flag| format!("--{}", flag.name));
        return with(base, flags);
    }
    if !verb.subs.is_empty() && plain.len() == rest {
        return with(base, verb.subs.iter().map(|sub| sub.name.to_string()));
    }
    objects(session, base, verb, &plain[rest.min(plain.len())..], words)
}

/// Resource types first, then names of one type; Pods where a verb takes only those.
fn objects(session: &Session, base: Completion, verb: &Verb, plain: &[&str], words: &[&str]) -> Completion {
    let namespace = words.windows(2).find(|pair| NAMESPACE_FLAGS.contains(&pair[0])).map_or("", |pair| pair[1]);
    if matches!(verb.name, "logs" | "exec" | "attach" | "port-forward") && plain.is_empty() {
        return asking(session, base, "pods", namespace, "");
    }
    if matches!(verb.name, "cordon" | "uncordon" | "drain") {
        return asking(session, base, "nodes", "", "");
    }
    if let Some((resource, _)) = base.prefix.clone().split_once('/') {
        let lead = format!("{resource}/");
        return asking(session, base, resource, namespace, &lead);
    }
    match plain.first() {
        Some(resource) => asking(session, base, resource, namespace, ""),
        None => with(base, session.catalogue.iter().flat_map(|catalogue| catalogue.names())),
    }
}

fn asking(session: &Session, mut base: Completion, resource: &str, namespace: &str, lead: &str) -> Completion {
    let Some(served) = session.catalogue.as_ref().and_then(|catalogue| catalogue.find(resource)) else { return base };
    let current = session.config.contexts.get(&session.config.current).map(|context| context.namespace.as_str()).unwrap_or("");
    let namespace = [namespace, current, "default"].into_iter().find(|name| !name.is_empty()).unwrap_or("default");
    base.lead = lead.to_string();
    base.ask = Some(crate::client::request(&Args::default(), wire::Verb::List, served, namespace, ""));
    base
}

/// Words that are no flags and no flag's value, as far as can be told from the global flags.
fn positional<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut plain = Vec::new();
    let mut skip = false;
    for word in words {
        let value = std::mem::take(&mut skip);
        match word.starts_with('-') {
            true => {
                skip = matches!(
                    *word,
                    "-n" | "--namespace"
                        | "-o"
                        | "--output"
                        | "-l"
                        | "--selector"
                        | "-f"
                        | "--filename"
                        | "-c"
                        | "--container"
                        | "--context"
                )
            }
            false if !value => plain.push(*word),
            false => {}
        }
    }
    plain
}

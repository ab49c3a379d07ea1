//! The table of commands: a row for each, with its words, its flags and the function that does it.
use crate::args::{Args, Flag, GLOBAL};
use crate::job::{Io, Stop};

mod annotate;
mod api_resources;
mod apply;
mod attach;
mod auth;
mod autoscale;
mod cluster_info;
mod config;
mod cordon;
mod cp;
mod create;
mod delete;
mod describe;
mod diff;
mod drain;
mod edit;
mod events;
mod exec;
mod explain;
mod expose;
mod get;
pub mod help;
mod label;
mod logs;
mod patch;
mod port_forward;
mod replace;
mod rollout;
mod run;
mod scale;
mod set;
mod taint;
mod top;
mod version;
mod wait;

/// One command. `subs` are its subcommands (`create deployment`); it may still run by itself.
pub struct Verb {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    /// One line: what it does.
    pub short: &'static str,
    /// `kubectl get [(-o|--output=)…] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags] [options]`
    pub usage: &'static str,
    /// Lines of examples, two spaces in, as `--help` prints them. May be empty.
    pub examples: &'static str,
    pub flags: &'static [Flag],
    pub subs: &'static [Verb],
    pub run: fn(&Args, &mut Io) -> Result<u8, Stop>,
}

/// Every command, in the order of `kubectl help`.
pub static VERBS: &[&Verb] = &[
    &create::VERB,
    &expose::VERB,
    &run::VERB,
    &set::VERB,
    &explain::VERB,
    &get::VERB,
    &edit::VERB,
    &delete::VERB,
    &rollout::VERB,
    &scale::VERB,
    &autoscale::VERB,
    &cluster_info::VERB,
    &top::VERB,
    &cordon::VERB,
    &cordon::UNCORDON,
    &drain::VERB,
    &taint::VERB,
    &describe::VERB,
    &logs::VERB,
    &attach::VERB,
    &exec::VERB,
    &port_forward::VERB,
    &cp::VERB,
    &auth::VERB,
    &events::VERB,
    &diff::VERB,
    &apply::VERB,
    &patch::VERB,
    &replace::VERB,
    &wait::VERB,
    &label::VERB,
    &annotate::VERB,
    &api_resources::VERB,
    &api_resources::VERSIONS,
    &config::VERB,
    &version::VERB,
    &help::VERB,
];

/// Runs `kubectl` with these words (without `kubectl` itself). Failures are printed; the exit code is returned.
pub fn kubectl(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let verdict = dispatch(words, io);
    match verdict {
        Err(Stop::Fail { code, text }) => {
            if !text.is_empty() {
                let end = if text.ends_with('\n') { "" } else { "\n" };
                io.err(format!("{text}{end}"));
            }
            Ok(code)
        }
        other => other,
    }
}

fn dispatch(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let (before, rest) = leading_flags(words);
    let Some((name, rest)) = rest.split_first() else {
        let args = Args::read("", &[GLOBAL], before)?;
        return help::overview(&args, io);
    };
    let Some(verb) = VERBS.iter().find(|verb| verb.answers_to(name)) else { return Err(unknown("kubectl", name, VERBS.iter().copied())) };
    let (verb, path, rest) = descend(verb, verb.name.to_string(), rest);
    let line: Vec<String> = before.iter().chain(rest).cloned().collect();
    let args = Args::read(&path, &[verb.flags, GLOBAL], &line)?;
    if args.is("help") {
        return help::page(verb, &path, io);
    }
    (verb.run)(&args, io)
}

/// Goes down to the subcommand that the next words name, over flags that stand before it.
fn descend<'a>(verb: &'static Verb, path: String, rest: &'a [String]) -> (&'static Verb, String, &'a [String]) {
    let Some((name, tail)) = rest.split_first() else { return (verb, path, rest) };
    match verb.subs.iter().find(|sub| sub.answers_to(name)) {
        Some(sub) => descend(sub, format!("{path} {}", sub.name), tail),
        None => (verb, path, rest),
    }
}

/// `kubectl -n web get pods`: global flags may stand before the command.
fn leading_flags(words: &[String]) -> (&[String], &[String]) {
    let mut at = 0;
    while at < words.len() && words[at].starts_with('-') {
        let bare = words[at].trim_start_matches('-');
        let takes = GLOBAL.iter().find(|flag| flag.name == bare || (bare.len() == 1 && bare.starts_with(flag.short)));
        at += if takes.is_some_and(|flag| flag.takes != crate::args::Takes::Bool) { 2 } else { 1 };
    }
    words.split_at(at.min(words.len()))
}

impl Verb {
    pub fn answers_to(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

/// cobra's words for a command that does not exist, with what may have been meant.
pub fn unknown<'a>(parent: &str, name: &str, verbs: impl Iterator<Item = &'a Verb>) -> Stop {
    let near = |verb: &&Verb| distance(name, verb.name) <= 2 || verb.name.starts_with(&name.to_ascii_lowercase());
    let meant: Vec<String> = verbs.filter(near).map(|verb| format!("\t{}\n", verb.name)).collect();
    let hint = if meant.is_empty() { String::new() } else { format!("\n\nDid you mean this?\n{}", meant.concat()) };
    Stop::error(format!("unknown command \"{name}\" for \"{parent}\"{hint}"))
}

/// Letters to add, drop or change to get from one word to the other (case does not count).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.to_ascii_lowercase().chars().collect(), b.to_ascii_lowercase().chars().collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

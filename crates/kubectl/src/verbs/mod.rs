//! The table of commands: a row for each, with its words, its flags and the function that does it.
use crate::args::{Args, Flag, GLOBAL};
use crate::client;
use crate::job::{Io, Stdin, Stop};
use crate::print::outputs;

mod absent;
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

/// Every command, in the groups and the order of `kubectl help`.
pub static GROUPS: &[(&str, &[&Verb])] = &[
    ("Basic Commands (Beginner)", &[&create::VERB, &expose::VERB, &run::VERB, &set::VERB]),
    ("Basic Commands (Intermediate)", &[&explain::VERB, &get::VERB, &edit::VERB, &delete::VERB]),
    ("Deploy Commands", &[&rollout::VERB, &scale::VERB, &autoscale::VERB]),
    (
        "Cluster Management Commands",
        &[&absent::CERTIFICATE, &cluster_info::VERB, &top::VERB, &cordon::VERB, &cordon::UNCORDON, &drain::VERB, &taint::VERB],
    ),
    (
        "Troubleshooting and Debugging Commands",
        &[
            &describe::VERB,
            &logs::VERB,
            &attach::VERB,
            &exec::VERB,
            &port_forward::VERB,
            &absent::PROXY,
            &cp::VERB,
            &auth::VERB,
            &absent::DEBUG,
            &events::VERB,
        ],
    ),
    ("Advanced Commands", &[&diff::VERB, &apply::VERB, &patch::VERB, &replace::VERB, &wait::VERB, &absent::KUSTOMIZE]),
    ("Settings Commands", &[&label::VERB, &annotate::VERB, &absent::COMPLETION]),
    // Plugins would stand here.
    ("Subcommands provided by plugins", &[]),
    ("Other Commands", &[&api_resources::VERB, &api_resources::VERSIONS, &config::VERB, &absent::KUBERC, &absent::PLUGIN, &version::VERB]),
];

/// Commands that `kubectl help` does not list.
static UNLISTED: &[&Verb] = &[&help::VERB, &help::OPTIONS, &absent::ALPHA];

/// Every command.
pub fn all() -> impl Iterator<Item = &'static Verb> {
    GROUPS.iter().flat_map(|(_, verbs)| verbs.iter()).chain(UNLISTED).copied()
}

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
    let Some(verb) = all().find(|verb| verb.answers_to(name)) else {
        let listed = GROUPS.iter().flat_map(|(_, verbs)| verbs.iter()).copied();
        return Err(unknown("kubectl", name, listed));
    };
    let (verb, path, rest) = descend(verb, verb.name.to_string(), rest);
    let line: Vec<String> = before.iter().chain(rest.iter().filter(|word| absent::reads(verb, word))).cloned().collect();
    let mut args = Args::read(&path, &[verb.flags, outputs::beside(&path, verb.flags), GLOBAL], &line)?;
    if args.is("help") {
        return help::page(verb, &path, io);
    }
    if args.text("dry-run") == "unchanged" {
        io.err(klog(io.now(), 'W', "helpers.go:714", "--dry-run is deprecated and can be replaced with --dry-run=client."));
    }
    if args.given("record") {
        io.err("Flag --record has been deprecated, --record will be removed in the future\n");
    }
    check(verb, &args, io)?;
    // Commands about the kubeconfig and about kubectl itself ask nobody.
    let alone =
        ["config", "help", "options", "completion", "plugin", "kustomize"].contains(&args.path.split(' ').next().unwrap_or_default());
    if !alone {
        io.turned_away = crate::login::turned_away(&args, io.session)?;
        args.login = crate::login::user(&args, io.session);
    }
    let done = (verb.run)(&args, io);
    io.turned_away = None;
    done
}

/// A line as client-go's log writes it.
fn klog(now: simcore::Time, level: char, place: &str, words: &str) -> String {
    let stamp = now.rfc3339_micro();
    format!("{level}{}{} {}       1 {place}] {words}\n", &stamp[5..7], &stamp[8..10], &stamp[11..26])
}

/// What global flags name has to be there.
fn check(verb: &Verb, args: &Args, io: &Io) -> Result<(), Stop> {
    let config = &io.session.config;
    let (file, timeout) = (args.text("kubeconfig"), args.text("request-timeout"));
    let number = timeout.bytes().all(|byte| byte.is_ascii_digit());
    let span = crate::args::span(timeout).is_ok() && !timeout.starts_with('-');
    if !number && !span {
        return Err(Stop::error(
            "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)",
        ));
    }
    if !file.is_empty() && io.session.file(file).is_none() {
        return Err(Stop::error(format!("stat {file}: no such file or directory")));
    }
    // Some commands have flags of these names with another meaning.
    let own = |name: &str| args.path.starts_with("config") || verb.flags.iter().any(|flag| flag.name == name);
    for (flag, known) in
        [("context", config.contexts.contains_key(args.text("context"))), ("cluster", config.clusters.contains_key(args.text("cluster")))]
    {
        let name = args.text(flag);
        if !name.is_empty() && !known && !own(flag) {
            return Err(match flag {
                "context" => Stop::plain(format!("Error in configuration: context was not found for specified context: {name}")),
                _ => Stop::error(format!("no server found for cluster \"{name}\"")),
            });
        }
    }
    let lacks = args.text("as").is_empty() && ["as-group", "as-uid", "as-user-extra"].iter().any(|flag| args.given(flag) && !own(flag));
    if lacks {
        let name = client::user(args).name;
        return Err(Stop::error(format!("requesting uid, groups or user-extra for {name} without impersonating a user")));
    }
    let user = args.text("user");
    if !user.is_empty() && !own("user") && !config.users.contains_key(user) {
        return Err(Stop::error(format!("auth info \"{user}\" does not exist")));
    }
    Ok(())
}

/// Goes down to the subcommand that the next words name, over flags that stand before it.
fn descend<'a>(verb: &'static Verb, path: String, rest: &'a [String]) -> (&'static Verb, String, &'a [String]) {
    let Some((name, tail)) = rest.split_first() else { return (verb, path, rest) };
    match verb.subs.iter().find(|sub| sub.answers_to(name)) {
        Some(sub) => descend(sub, format!("{path} {}", sub.name), tail),
        None => (verb, path, rest),
    }
}

/// A command that only has subcommands (`kubectl rollout`): without one it prints its page and fails.
pub fn group(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if !args.words.is_empty() {
        return Err(args.usage(&format!("unknown command \"{}\"", args.words.join(" "))));
    }
    let (_, page) = io.within_captured(Stdin::Text { text: String::new(), more: false }, |io| page(args, io));
    io.err(page.stdout());
    Ok(1)
}

/// The help page of the command that is running.
pub fn page(args: &Args, io: &mut Io) {
    let words: Vec<String> = args.path.split(' ').map(str::to_string).collect();
    if let Some(verb) = all().find(|verb| verb.name == words[0]) {
        let (verb, path, _) = descend(verb, words[0].clone(), &words[1..]);
        drop(help::page(verb, &path, io));
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

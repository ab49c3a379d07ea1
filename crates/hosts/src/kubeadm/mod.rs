//! kubeadm 1.37: its commands as a tree of rows, and how it reads its words and ends.
mod certs;
pub(crate) mod client;
mod config;
mod dry;
mod files;
mod flag_table;
mod flags;
mod help;
mod images;
mod init;
mod join;
mod made;
mod patches;
mod phases;
mod preflight;
mod print;
mod reset;
pub(crate) mod token;
mod tree;
mod upgrade;
mod version;

pub use client::{Client, kubeconfig};
pub use join::signature;
pub use made::{Server, static_pods};
pub use phases::proxy_files;

use crate::call::{Call, Step, Stop, fail, quoted};
use flags::Given;

/// One command: its words, what it takes, and what it does.
pub struct Command {
    /// `init phase certs`
    pub path: &'static str,
    /// How its own line goes on where that is not `[flags]`.
    pub line: &'static str,
    /// `None`: it only has sub-commands, and shows its help.
    pub run: Option<fn(&mut Call, &Given) -> Step<()>>,
    /// How many words it takes besides flags: fewest and most.
    pub takes: (usize, usize),
    /// Keys of its flags; those of a command that only leads on belong to all below it.
    pub flags: &'static str,
    /// What `kubeadm help` lists it as.
    pub about: &'static str,
}

fn rows() -> impl Iterator<Item = &'static Command> {
    tree::ALL.iter()
}

fn find(path: &str) -> Option<&'static Command> {
    rows().find(|row| row.path == path)
}

/// The row of a word below a path; some words have another name.
fn below(path: &str, word: &str) -> Option<&'static Command> {
    let at = |name: &str| find(&if path.is_empty() { name.to_string() } else { format!("{path} {name}") });
    let alias =
        |(of, other): &&(&'static str, &'static str)| *other == word && of.rsplit_once(' ').map_or("", |(before, _)| before) == path;
    at(word).or_else(|| find(help::ALIASES.iter().find(alias)?.0)).filter(|row| !row.path.is_empty())
}

/// Keys of the flags that a command has from those above it.
fn inherited(path: &str) -> &'static str {
    let above = path.split_once(' ').and_then(|(first, _)| find(first)).filter(|row| row.run.is_none());
    above.map_or("", |row| row.flags)
}

/// The commands directly below a path, sorted by name as cobra sorts them.
fn children(path: &str) -> Vec<&'static Command> {
    let direct = |row: &&Command| {
        let rest = if path.is_empty() { Some(row.path) } else { row.path.strip_prefix(path).and_then(|rest| rest.strip_prefix(' ')) };
        rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(' '))
    };
    let mut found: Vec<&Command> = rows().filter(direct).collect();
    found.sort_by_key(|row| row.path);
    found
}

/// Runs kubeadm with the words of the call.
pub fn run(call: &mut Call) -> Step<()> {
    call.work(simcore::Duration::millis(30));
    match dispatch(call) {
        Err(Stop::Fail(words)) => {
            call.complain(format_args!("error: {words}"));
            call.complain("To see the stack trace of this error execute with --v=5 or higher");
            Err(Stop::Code(1))
        }
        other => other,
    }
}

/// Flags may stand before the command that they belong to.
fn commands_first(words: &[String]) -> Vec<String> {
    let (mut flags, mut rest) = (Vec::new(), words);
    while let [word, more @ ..] = rest {
        if !word.starts_with('-') || word == "--" {
            break;
        }
        let alone = word.contains('=') || matches!(word.as_str(), "-h" | "--help") || word.len() > 2 && !word.starts_with("--");
        let count = if alone || more.is_empty() { 1 } else { 2 };
        flags.extend_from_slice(&rest[..count]);
        rest = &rest[count..];
    }
    // Behind the command's words, before what the command is given.
    let end = rest.iter().position(|word| word.starts_with('-')).unwrap_or(rest.len());
    [&rest[..end], &flags[..], &rest[end..]].concat()
}

fn dispatch(call: &mut Call) -> Step<()> {
    let words = commands_first(&call.words);
    let (mut row, mut rest): (&Command, &[String]) = (find("").expect("the root is a row"), &words);
    if words.first().is_some_and(|word| word == "help") {
        return explain(call, &words[1..]);
    }
    // The longest known chain of words is the command; flags may stand only behind it.
    while let Some((word, more)) = rest.split_first() {
        let Some(next) = below(row.path, word) else { break };
        (row, rest) = (next, more);
    }
    let mut given = flags::read(&[row.flags, inherited(row.path)], rest).or_else(fail)?;
    let path = row.path.to_string();
    given.path.clone_from(&path);
    if given.help {
        help::show(call, row);
        return Ok(());
    }
    let Some(work) = row.run else {
        // Some only lead on, and take any word for a question.
        if matches!(path.as_str(), "kubeconfig" | "alpha") {
            help::show(call, row);
            return Ok(());
        }
        return match given.words.first() {
            Some(word) => fail(unknown(&path, word)),
            None if path.is_empty() => {
                help::show(call, row);
                Ok(())
            }
            None => {
                help::show(call, row);
                fail("\nerror: subcommand is required")
            }
        };
    };
    let (fewest, most) = row.takes;
    if given.words.len() > most && most == 0 {
        return fail(unknown(&path, &given.words[0]));
    }
    if given.words.len() > most && fewest > 0 {
        return fail("too many arguments. Required arguments: [version]");
    }
    if given.words.len() > most {
        return fail(format!("accepts at most {most} arg(s), received {}", given.words.len()));
    }
    if given.words.len() < fewest {
        return fail(format!("missing one or more required arguments. Required arguments: [{}]", "version"));
    }
    work(call, &given)
}

/// `kubeadm help COMMAND`; words behind a command are no matter.
fn explain(call: &mut Call, words: &[String]) -> Step<()> {
    let mut row = find("").expect("the root is a row");
    for word in words {
        let Some(next) = below(row.path, word) else { break };
        row = next;
    }
    if row.path.is_empty() && !words.is_empty() {
        let asked: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        call.complain(format_args!("Unknown help topic [{}]\n{}", asked.join(" "), help::usage(row).trim_end()));
        return Ok(());
    }
    help::show(call, row);
    Ok(())
}

/// cobra's words for a command that is not there, with the names it may have been meant as.
fn unknown(path: &str, word: &str) -> String {
    let full = if path.is_empty() { "kubeadm".to_string() } else { format!("kubeadm {path}") };
    let mut words = format!("unknown command {} for {}", quoted(word), quoted(&full));
    let near: Vec<&str> = match path.is_empty() {
        true => children("")
            .iter()
            .map(|row| row.path)
            .filter(|name| distance(word, name) <= 2 || name.starts_with(&word.to_lowercase()))
            .collect(),
        false => Vec::new(),
    };
    if !near.is_empty() {
        words.push_str("\n\nDid you mean this?\n");
        near.iter().for_each(|name| words.push_str(&format!("\t{name}\n")));
    }
    words
}

/// How many letters have to be added, taken or replaced to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.to_lowercase().chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let best = (row[j] + 1).min(row[j + 1] + 1).min(corner + usize::from(x != *y));
            corner = std::mem::replace(&mut row[j + 1], best);
        }
    }
    row[b.len()]
}

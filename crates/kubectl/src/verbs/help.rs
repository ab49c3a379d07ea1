//! `kubectl help`, `kubectl` alone, and `--help` of every command.
use super::{GROUPS, Verb};
use crate::args::{Args, Flag, GLOBAL, Takes};
use crate::job::{Io, Stop};
use crate::print::outputs;

pub static VERB: Verb = Verb {
    name: "help",
    aliases: &[],
    short: "Help about any command",
    usage: "kubectl help [command] [flags] [options]",
    examples: "",
    flags: &[],
    subs: &[],
    run,
};

pub static OPTIONS: Verb = Verb {
    name: "options",
    aliases: &[],
    short: "Print the list of flags inherited by all commands",
    usage: "kubectl options [flags] [options]",
    examples: "",
    flags: &[],
    subs: &[],
    run: |_, io| {
        let blocks: Vec<String> = GLOBAL.iter().filter(|flag| flag.name != "help").map(described).collect();
        io.out(format!("The following options can be passed to any command:\n\n{}", blocks.join("\n")));
        Ok(0)
    },
};

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let Some((name, rest)) = args.words.split_first() else { return overview(args, io) };
    let Some(verb) = super::all().find(|verb| verb.answers_to(name)) else {
        io.err(format!("Unknown help topic [`{}`]\n\n\n{}", args.words.join("` `"), commands()));
        return Ok(0);
    };
    let (verb, path, _) = super::descend(verb, verb.name.to_string(), rest);
    page(verb, &path, io)
}

/// What `kubectl` alone prints: every command with its line.
pub fn overview(_args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let head =
        "kubectl controls the Kubernetes cluster manager.\n\n Find more information at: https://kubernetes.io/docs/reference/kubectl/\n\n";
    io.out(format!("{head}{}", commands()));
    Ok(0)
}

fn commands() -> String {
    let mut text = String::new();
    for (group, verbs) in GROUPS {
        let lines: String = verbs.iter().map(|verb| format!("  {:<16}{}\n", verb.name, verb.short)).collect();
        text += &format!("{group}:\n{lines}\n");
    }
    let more = "Use \"kubectl <command> --help\" for more information about a given command.\nUse \"kubectl options\" for a list of global command-line options (applies to all commands).\n";
    text + "Usage:\n  kubectl [flags] [options]\n\n" + more
}

/// The help page of one command.
pub fn page(verb: &Verb, path: &str, io: &mut Io) -> Result<u8, Stop> {
    io.out(format!("{}.\n", verb.short));
    if !verb.examples.is_empty() {
        io.out(format!("\nExamples:\n{}\n", verb.examples.trim_end_matches('\n')));
    }
    if !verb.subs.is_empty() {
        io.out("\nAvailable Commands:\n");
        let width = verb.subs.iter().map(|sub| sub.name.len()).max().unwrap_or(0);
        for sub in verb.subs {
            io.out(format!("  {:width$}   {}\n", sub.name, sub.short));
        }
    }
    if !verb.flags.is_empty() {
        io.out("\nOptions:\n");
        let all = verb.flags.iter().chain(outputs::beside(path, verb.flags));
        let mut flags: Vec<&Flag> = all.filter(|flag| !flag.help.is_empty()).collect();
        flags.sort_by_key(|flag| flag.name);
        flags.dedup_by_key(|flag| flag.name);
        let blocks: Vec<String> = flags.into_iter().map(described).collect();
        io.out(blocks.join("\n"));
    }
    io.out(format!("\nUsage:\n  {}\n", verb.usage));
    if !verb.subs.is_empty() {
        io.out(format!("\nUse \"kubectl {path} <command> --help\" for more information about a given command.\n"));
    }
    io.out("Use \"kubectl options\" for a list of global command-line options (applies to all commands).\n");
    Ok(0)
}

/// `    -A, --all-namespaces=false:` and its sentence below.
pub fn described(flag: &Flag) -> String {
    let short = if flag.short == '\0' { "    ".to_string() } else { format!("-{}, ", flag.short) };
    let default = match flag.takes {
        Takes::Bool | Takes::Int | Takes::Span => flag.default.to_string(),
        Takes::List | Takes::Texts => format!("[{}]", flag.default),
        Takes::Text | Takes::Optional(_) => format!("'{}'", flag.default),
    };
    format!("    {short}--{}={default}:\n\t{}\n", flag.name, flag.help)
}

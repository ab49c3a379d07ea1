//! Help: pages in cobra's layout, made of the tree of commands, the flags' rows, and the prose that stands above them.
use super::flags::{Flag, GLOBAL, HELP, Takes, named};
use super::{Command, children, inherited, rows};
use crate::call::Call;

/// `%%% PATH`, then what stands above the usage where that is more than the short description; `%%`, then examples.
const PROSE: &str = include_str!("texts/help.txt");

/// Other names: a command's path and what may be said for its last word.
pub const ALIASES: &[(&str, &str)] = &[
    ("certs", "certificates"),
    ("init phase bootstrap-token", "bootstraptoken"),
    ("init phase upload-config", "uploadconfig"),
    ("reset phase cleanup-node", "cleanupnode"),
    ("reset phase preflight", "pre-flight"),
    ("upgrade apply phase upload-config", "uploadconfig"),
];

/// Prints the help of a command.
pub fn show(call: &mut Call, row: &Command) {
    let (prose, _) = prose(row.path);
    let above = if prose.is_empty() { row.about.to_string() } else { filled(row, prose) };
    call.say(format_args!("{}\n", above.trim_end_matches('\n')));
    if row.path != "alpha" {
        let text = usage(row);
        call.stdout.push_str(&text);
    }
}

/// The page from `Usage:` on.
pub fn usage(row: &Command) -> String {
    let (path, below) = (row.path, children(row.path));
    let full = full(path);
    let mut text = String::from("Usage:\n");
    // Only these two do nothing by themselves.
    if !matches!(path, "" | "kubeconfig") {
        text += &format!("  {full} {}\n", if row.line.is_empty() { "[flags]" } else { row.line });
    }
    if !below.is_empty() {
        text += &format!("  {full} [command]\n");
    }
    let last = path.rsplit(' ').next().unwrap_or("");
    if let Some((_, other)) = ALIASES.iter().find(|(known, _)| *known == path) {
        text += &format!("\nAliases:\n  {last}, {other}\n");
    }
    let (_, examples) = prose(path);
    if !examples.is_empty() {
        text += &format!("\nExamples:\n{examples}");
    }
    if !below.is_empty() {
        text.push_str("\nAvailable Commands:\n");
        let mut names: Vec<(&str, &str)> = below.iter().map(|row| (row.path.rsplit(' ').next().unwrap_or(""), row.about)).collect();
        names.retain(|(name, _)| *name != "alpha");
        if path.is_empty() {
            names.push(("help", "Help about any command"));
        }
        names.sort();
        let width = names.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max(11);
        names.iter().for_each(|(name, about)| text += &format!("  {name:<width$} {about}\n"));
    }
    text +=
        &format!("\nFlags:\n{}", flags(if path.is_empty() { "kubeadm" } else { last }, named(row.flags).chain([&HELP]), path.is_empty()));
    if path.is_empty() {
        text.push_str("\nAdditional help topics:\n  kubeadm alpha      Kubeadm experimental sub-commands\n");
    } else {
        text += &format!("\nGlobal Flags:\n{}", flags(last, named(inherited(path)), true));
    }
    if !below.is_empty() {
        text += &format!("\nUse \"{full} [command] --help\" for more information about a command.\n");
    }
    text
}

/// `kubeadm init phase`
pub fn full(path: &str) -> String {
    if path.is_empty() { "kubeadm".into() } else { format!("kubeadm {path}") }
}

/// A command's prose and its examples.
fn prose(path: &str) -> (&'static str, &'static str) {
    let section = PROSE.split("%%% ").find_map(|section| section.split_once('\n').filter(|(name, _)| *name == path));
    let text = section.map_or("", |(_, text)| text);
    text.strip_prefix("%%\n").map_or_else(|| text.split_once("%%\n").unwrap_or((text, "")), |examples| ("", examples))
}

/// Prose with what it refers to put in.
fn filled(row: &Command, text: &str) -> String {
    text.replace("{phases}", &phases(row)).replace("{renewal}\n", if text.contains("{renewal}") { prose("{renewal}").0 } else { "" })
}

/// The phases of a workflow in their order, the parts of one below it.
fn phases(row: &Command) -> String {
    let start = format!("{} phase ", row.path);
    let all: Vec<(String, &str)> = rows()
        .filter_map(|row| Some((row.path.strip_prefix(&start)?, row.about)))
        .filter(|(name, _)| !name.ends_with(" all"))
        .map(|(name, about)| (name.split_once(' ').map_or(name.to_string(), |(_, part)| format!("  /{part}")), about))
        .collect();
    let width = all.iter().map(|(name, _)| name.trim_start().len()).max().unwrap_or(0);
    let line = |(name, about): &(String, &str)| {
        let width = width + name.len() - name.trim_start().len();
        format!("{name:<width$}  {about}\n")
    };
    all.iter().map(line).collect()
}

/// Flags as pflag lists them: sorted, their texts three spaces behind the longest.
fn flags(name: &str, mine: impl Iterator<Item = &'static Flag>, global: bool) -> String {
    let mut mine: Vec<&Flag> = mine.chain(named(if global { GLOBAL } else { "" })).collect();
    mine.sort_by_key(|flag| flag.name());
    let lines: Vec<(String, String)> = mine.iter().map(|flag| (head(flag), tail(name, flag))).collect();
    let width = lines.iter().map(|(head, _)| head.len()).max().unwrap_or(0);
    let indented = |text: &str| text.replace('\n', &format!("\n{:1$}", "", width + 3));
    lines.iter().map(|(head, text)| format!("{head:<width$}   {}\n", indented(text))).collect()
}

fn head(flag: &Flag) -> String {
    let letter = if flag.letter == '\0' { "    ".to_string() } else { format!("-{}, ", flag.letter) };
    let kind = match flag.takes {
        Takes::Bool => "",
        Takes::Text => " string",
        Takes::Int => " int",
        Takes::Int32 => " int32",
        Takes::Span => " duration",
        Takes::List => " strings",
        Takes::Level => " Level",
        Takes::Modules => " moduleSpec",
    };
    format!("  {letter}--{}{kind}", flag.name())
}

fn tail(name: &str, flag: &Flag) -> String {
    if flag.name() == "help" {
        return format!("help for {name}");
    }
    let default = match (flag.takes, flag.default) {
        (_, "") => String::new(),
        (Takes::Text, text) => format!(" (default \"{text}\")"),
        (Takes::List, text) => format!(" (default [{text}])"),
        (_, text) => format!(" (default {text})"),
    };
    format!("{}{default}", flag.about)
}

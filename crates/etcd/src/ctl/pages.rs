//! etcdctl's help: one text with a page for each command, read when somebody asks. It also says which flags a command has.
use super::Answer;

/// A page begins with `>` and how the command is used. `=` its description, `~` a shorter one for lists, `!` its examples;
/// then flags.
const TEXT: &str = include_str!("help.txt");
const OPTIONS: &str = "Use \"etcdctl options\" for a list of global command-line options (applies to all commands).\n";

/// Headings of the first page, and the commands below each.
const GROUPS: [(&str, &str); 5] = [
    ("Key-value", "compaction del get lease put txn watch"),
    ("Cluster maintenance", "alarm defrag downgrade endpoint member move-leader snapshot"),
    ("Concurrency", "elect lock"),
    ("Authentication", "auth role user"),
    ("Utility", "check completion help make-mirror options version"),
];

/// One command's page.
pub struct Page {
    /// `lease grant`; empty for the first page.
    pub name: String,
    usage: &'static str,
    about: Vec<&'static str>,
    brief: &'static str,
    examples: Vec<&'static str>,
    flags: Vec<Flag>,
}

/// A flag: `w`, `write-out`, `string`, what it does. Without a kind it takes no value.
#[derive(Clone, Copy)]
pub struct Flag {
    pub letter: &'static str,
    pub name: &'static str,
    pub kind: &'static str,
    about: &'static str,
}

fn flag(line: &'static str) -> Option<Flag> {
    let (head, about) = line.split_once('|')?;
    let (names, kind) = head.split_once(' ').unwrap_or((head, ""));
    let (letter, name) = names.split_once(',').unwrap_or(("", names));
    Some(Flag { letter, name, kind, about })
}

/// The words of a usage before its first bracket.
fn name_of(usage: &str) -> String {
    let words = usage.split(' ').take_while(|word| !word.starts_with(['[', '<', '(']));
    words.collect::<Vec<_>>().join(" ")
}

/// All pages, in the text's order.
fn pages() -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    for line in TEXT.lines() {
        let Some(rest) = line.get(1..) else { continue };
        let last = pages.last_mut();
        match (line.as_bytes()[0], last) {
            (b'>', _) => {
                pages.push(Page { name: name_of(rest), usage: rest, about: Vec::new(), brief: "", examples: Vec::new(), flags: Vec::new() })
            }
            (b'=', Some(page)) => page.about.push(rest),
            (b'~', Some(page)) => page.brief = rest,
            (b'!', Some(page)) => page.examples.push(rest),
            (_, Some(page)) => page.flags.extend(flag(line)),
            _ => {}
        }
    }
    pages
}

/// The page of the command that the words begin with, the longest name first; the first page where they name none.
pub fn find(words: &[&str]) -> Option<Page> {
    let named = |page: &Page| page.name.split(' ').zip(words.iter().map(Some).chain(std::iter::repeat(None))).all(|(a, b)| Some(&a) == b);
    pages().into_iter().filter(|page| !page.name.is_empty() && named(page)).max_by_key(|page| page.name.len())
}

/// The kind of a flag of any command, where some command has it.
pub fn kind(name: &str, letter: bool) -> Option<&'static str> {
    let fits = |flag: &Flag| if letter { flag.letter == name } else { flag.name == name };
    pages().into_iter().flat_map(|page| page.flags).find(fits).map(|flag| flag.kind)
}

/// A flag that a command, its family or every command has.
pub fn known(words: &[&str], name: &str, letter: bool) -> Option<Flag> {
    let fits = |flag: &Flag| if letter { flag.letter == name } else { flag.name == name };
    let own = find(words).into_iter().chain(words.first().and_then(|family| find(&[family]))).flat_map(|page| page.flags);
    let everywhere = pages().into_iter().filter(|page| page.name.is_empty()).flat_map(|page| page.flags);
    own.chain(everywhere).find(fits)
}

fn children(of: &str) -> Vec<Page> {
    pages().into_iter().filter(|page| page.name.split_once(' ').is_some_and(|(family, _)| family == of)).collect()
}

fn flags(all: &[Flag]) -> String {
    let head = |flag: &Flag| {
        let letter = if flag.letter.is_empty() { "    ".to_string() } else { format!("-{}, ", flag.letter) };
        let kind = if flag.kind.is_empty() { String::new() } else { format!(" {}", flag.kind) };
        format!("{letter}--{}{kind}", flag.name)
    };
    let width = all.iter().map(|flag| head(flag).len()).max().unwrap_or(0) + 3;
    all.iter().map(|flag| format!("  {:<width$}{}\n", head(flag), flag.about)).collect()
}

impl Page {
    fn brief(&self) -> &'static str {
        if self.brief.is_empty() { self.about.first().copied().unwrap_or("") } else { self.brief }
    }

    /// Usage, examples, commands, flags.
    fn body(&self) -> String {
        let mut text = format!("Usage:\n  etcdctl {}\n\n", self.usage);
        let below = children(&self.name);
        let family = self.name.split_once(' ').and_then(|(family, _)| find(&[family]));
        let examples = if self.examples.is_empty() { family.as_ref().map_or(&[][..], |family| &family.examples) } else { &self.examples };
        if !examples.is_empty() {
            text += &format!("Examples:\n{}\n", examples.iter().map(|line| format!("  {line}\n")).collect::<String>());
        }
        if !below.is_empty() {
            let lines = below.iter().map(|page| format!("  {:<11} {}\n", page.name.rsplit(' ').next().unwrap_or(""), page.brief()));
            text += &format!("Available Commands:\n{}\n", lines.collect::<String>());
        }
        let last = self.name.rsplit(' ').next().unwrap_or("");
        let mut own = self.flags.clone();
        own.push(Flag { letter: "h", name: "help", kind: "", about: "help for" });
        own.sort_by_key(|flag| flag.name);
        let shown: String = flags(&own)
            .lines()
            .map(|line| if line.ends_with(" help for") { format!("{line} {last}\n") } else { format!("{line}\n") })
            .collect();
        text += &format!("Flags:\n{shown}");
        if let Some(family) = family.as_ref().filter(|family| !family.flags.is_empty()) {
            text += &format!("\nGlobal Flags:\n{}", flags(&family.flags));
        }
        if !below.is_empty() {
            text += &format!("\nUse \"etcdctl {} [command] --help\" for more information about a command.\n", self.name);
        }
        text
    }

    /// `etcdctl COMMAND --help`
    pub fn help(&self) -> Answer {
        Answer::of(format!("{}\n\n{}{OPTIONS}", self.about.join("\n"), self.body()))
    }
}

/// What is wrong with a flag, and the usage behind it.
pub fn misread(words: &[&str], why: &str) -> Answer {
    let Some(page) = find(words) else {
        return Answer { stderr: format!("Error: {why}\n{}\n", first_body()), ..Answer::refusal("") };
    };
    Answer { stderr: format!("Error: {why}\n{}\n", page.body()), ..Answer::refusal("") }
}

fn first_body() -> String {
    let mut text = "Usage:\n  etcdctl [command]\n".to_string();
    for (title, names) in GROUPS {
        text += &format!("\n{title} commands\n");
        for name in names.split(' ') {
            let Some(page) = find(&[name]) else { continue };
            let more = if children(name).is_empty() || name == "snapshot" {
                String::new()
            } else {
                format!(". Use `etcdctl {name} --help` to see subcommands")
            };
            text += &format!("  {name:<11} {}{more}\n", page.brief());
        }
    }
    text + "\nUse \"etcdctl [command] --help\" for more information about a command.\n"
}

/// `etcdctl help`
pub fn first() -> Answer {
    Answer::of(format!("A simple command line client for etcd3.\n\n{}{OPTIONS}", first_body()))
}

/// `etcdctl options`
pub fn options() -> Answer {
    let all = pages().into_iter().find(|page| page.name.is_empty()).map(|page| page.flags).unwrap_or_default();
    Answer::of(format!("The following options can be passed to any command:\n\n{}", flags(&all)))
}

//! What a filter is, where its input comes from, and the list of all filters.
use crate::{awk, columns, grep, lines, order, sed};

/// Files and standard input, as a terminal has them.
pub trait Source {
    /// Standard input as far as it is there, and whether more may come. `whole`: nothing less will do; `None`: wait.
    fn stdin(&mut self, whole: bool) -> Option<(String, bool)>;

    /// The text of a file. The error is the kernel's: `No such file or directory`.
    fn file(&mut self, name: &str) -> Result<String, &'static str>;

    fn write(&mut self, name: &str, text: String) -> Result<(), &'static str>;

    /// The files below a folder, by the names that they are called by; `None` where it is no folder.
    fn below(&mut self, name: &str) -> Option<Vec<String>>;
}

/// What a filter came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Done {
    pub out: String,
    pub err: String,
    pub code: u8,
    /// It wants the rest of its input before it ends.
    pub waits: bool,
}

impl Done {
    pub(crate) fn wrong(code: u8, words: &str) -> Done {
        Done { err: [words, "\n"].concat(), code, ..Done::default() }
    }

    pub(crate) fn waiting() -> Done {
        Done { waits: true, ..Done::default() }
    }

    pub(crate) fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    pub(crate) fn complain(&mut self, parts: &[&str]) {
        parts.iter().for_each(|part| self.err.push_str(part));
        self.err.push('\n');
    }
}

/// Words without the program's own name.
pub type Filter = fn(&[String], &mut dyn Source) -> Done;

static FILTERS: &[(&str, Filter)] = &[
    ("awk", awk::awk),
    ("base64", columns::base64),
    ("column", columns::column),
    ("cut", columns::cut),
    ("egrep", grep::egrep),
    ("gawk", awk::awk),
    ("grep", grep::grep),
    ("head", lines::head),
    ("nl", lines::nl),
    ("rev", lines::rev),
    ("sed", sed::sed),
    ("seq", lines::seq),
    ("sort", order::sort),
    ("tac", lines::tac),
    ("tail", lines::tail),
    ("tr", columns::tr),
    ("uniq", order::uniq),
    ("wc", lines::wc),
];

/// The filter of a name.
pub fn find(name: &str) -> Option<Filter> {
    FILTERS.iter().find(|(known, _)| *known == name).map(|(_, filter)| *filter)
}

/// The texts of files by name, or of standard input without names; what cannot be read is complained about. `None`: wait.
pub fn texts(program: &str, names: &[&str], source: &mut dyn Source, done: &mut Done, code: u8) -> Option<Vec<(String, String)>> {
    if names.is_empty() {
        return Some(vec![(String::new(), source.stdin(true)?.0)]);
    }
    let mut all = Vec::new();
    for name in names {
        let text = match *name {
            "-" => Ok(source.stdin(true)?.0),
            name => source.file(name),
        };
        match text {
            Ok(text) => all.push((name.to_string(), text)),
            Err(why) => {
                done.complain(&[program, ": ", name, ": ", why]);
                done.code = code;
            }
        }
    }
    Some(all)
}

/// Words apart: flags that take a value and stand in `valued` (letters) with it, other flags by their letters, the rest.
pub(crate) struct Words<'a> {
    pub letters: String,
    pub long: Vec<&'a str>,
    pub values: Vec<(char, &'a str)>,
    pub rest: Vec<&'a str>,
}

impl<'a> Words<'a> {
    pub fn read(words: &'a [String], valued: &str) -> Words<'a> {
        let mut read = Words { letters: String::new(), long: Vec::new(), values: Vec::new(), rest: Vec::new() };
        let mut all = words.iter();
        while let Some(word) = all.next() {
            if word == "--" {
                read.rest.extend(all.map(String::as_str));
                break;
            }
            if let Some(long) = word.strip_prefix("--") {
                read.long.push(long);
                continue;
            }
            let Some(tail) = word.strip_prefix('-').filter(|tail| !tail.is_empty()) else {
                read.rest.push(word);
                continue;
            };
            for (at, letter) in tail.char_indices() {
                if valued.contains(letter) {
                    let value = &tail[at + letter.len_utf8()..];
                    let value = if value.is_empty() { all.next().map_or("", String::as_str) } else { value };
                    read.values.push((letter, value));
                    break;
                }
                read.letters.push(letter);
            }
        }
        read
    }

    pub fn has(&self, letter: char) -> bool {
        self.letters.contains(letter)
    }

    pub fn value(&self, letter: char) -> Option<&'a str> {
        self.values.iter().rev().find(|(known, _)| *known == letter).map(|(_, value)| *value)
    }
}

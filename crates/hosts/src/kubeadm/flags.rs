//! Flags read as pflag reads them, with its words for what does not fit.
use super::flag_table::ALL;
use crate::call::{quoted, span};
use simcore::Duration;
use std::collections::BTreeMap;

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Takes {
    Bool,
    Text,
    Int,
    Int32,
    Span,
    /// May be repeated, and split at commas.
    List,
    /// klog's.
    Level,
    Modules,
}

/// A row.
pub struct Flag {
    /// The name; behind an `@` for whom these words and this default are, where commands differ.
    key: &'static str,
    /// The letter, or 0.
    pub letter: char,
    pub takes: Takes,
    pub default: &'static str,
    pub about: &'static str,
}

impl Flag {
    pub fn name(&self) -> &'static str {
        self.key.split('@').next().unwrap_or("")
    }
}

pub const fn flag(key: &'static str, letter: char, takes: Takes, default: &'static str, about: &'static str) -> Flag {
    Flag { key, letter, takes, default, about }
}

/// What every command has without a row.
pub const HELP: Flag = flag("help", 'h', Takes::Bool, "", "");

/// Flags that every command has.
pub const GLOBAL: &str = "rootfs v vmodule";

/// The rows that a list of keys names.
pub fn named(keys: &str) -> impl Iterator<Item = &'static Flag> {
    keys.split_whitespace().filter_map(|key| ALL.iter().find(|flag| flag.key == key))
}

/// What was given.
#[derive(Clone, Debug, Default)]
pub struct Given {
    pub words: Vec<String>,
    pub help: bool,
    /// The command: `init phase certs all`.
    pub path: String,
    values: BTreeMap<&'static str, Vec<String>>,
    defaults: BTreeMap<&'static str, &'static str>,
}

impl Given {
    /// `-o`, where it is a form that kubeadm's output has; the error says which there are.
    pub fn output(&self) -> Result<&str, String> {
        let form = self.text("output");
        let templates = ["go-template", "jsonpath", "template"].iter().any(|known| form.starts_with(known));
        if templates || ["", "text", "json", "yaml", "kyaml"].contains(&form) {
            return Ok(form);
        }
        Err(format!(
            "could not construct output printer: unable to match a printer suitable for the output format \"{form}\", allowed formats are: go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,template,templatefile,text,yaml"
        ))
    }

    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The value, or the flag's default.
    pub fn text(&self, name: &str) -> &str {
        let given = self.values.get(name).and_then(|all| all.last()).map(String::as_str);
        given.or_else(|| self.defaults.get(name).copied()).unwrap_or("")
    }

    pub fn is(&self, name: &str) -> bool {
        is_true(self.text(name))
    }

    pub fn list(&self, name: &str) -> Vec<String> {
        self.values
            .get(name)
            .into_iter()
            .flatten()
            .flat_map(|text| text.split(','))
            .filter(|one| !one.is_empty())
            .map(String::from)
            .collect()
    }

    pub fn int(&self, name: &str) -> i64 {
        self.text(name).parse().unwrap_or(0)
    }

    pub fn span(&self, name: &str) -> Duration {
        span(self.text(name)).unwrap_or(Duration::ZERO)
    }

    /// For a command that works on the configuration of `init` and only may name its file.
    pub fn default_for_init(given: &Given) -> Given {
        let mut plain = Given::default();
        if given.has("config") {
            plain.values.insert("config", vec![given.text("config").to_string()]);
        }
        plain
    }

    fn take(&mut self, flag: &Flag, value: &str) -> Result<(), String> {
        check(flag, value)?;
        self.values.entry(flag.name()).or_default().push(value.to_string());
        Ok(())
    }

    /// Names of all flags that were given, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.values.keys().copied()
    }
}

fn is_true(text: &str) -> bool {
    matches!(text, "true" | "1" | "t" | "T" | "TRUE" | "True")
}

/// Reads words against lists of flags.
pub fn read(lists: &[&str], words: &[String]) -> Result<Given, String> {
    let known: Vec<&'static Flag> = lists.iter().copied().chain([GLOBAL]).flat_map(named).collect();
    let mut given = Given { defaults: known.iter().map(|flag| (flag.name(), flag.default)).collect(), ..Given::default() };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            given.words.extend(words.by_ref().cloned());
            break;
        }
        match word.strip_prefix('-').filter(|body| !body.is_empty()) {
            None => given.words.push(word.clone()),
            Some(body) => match body.strip_prefix('-') {
                Some(long) => read_long(&mut given, &known, long, &mut words)?,
                None => read_letters(&mut given, &known, body, &mut words)?,
            },
        }
    }
    Ok(given)
}

type Words<'a> = std::slice::Iter<'a, String>;

/// `--name`, `--name=value`, `--name value`
fn read_long(given: &mut Given, known: &[&'static Flag], long: &str, words: &mut Words) -> Result<(), String> {
    let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
    if name.is_empty() || name.starts_with('-') {
        return Err(format!("bad flag syntax: --{long}"));
    }
    let Some(flag) = known.iter().find(|flag| flag.name() == name) else {
        if name == "help" {
            check(&HELP, value.unwrap_or("true"))?;
            given.help = value.is_none_or(is_true);
            return Ok(());
        }
        return Err(format!("unknown flag: --{name}"));
    };
    let value = match value {
        Some(value) => value,
        None if flag.takes == Takes::Bool => "true",
        None => words.next().ok_or_else(|| format!("flag needs an argument: --{name}"))?,
    };
    given.take(flag, value)
}

/// `-f`, `-yf`, `-o json`, `-ojson`, `-v=5`
fn read_letters(given: &mut Given, known: &[&'static Flag], body: &str, words: &mut Words) -> Result<(), String> {
    let mut rest = body;
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        let Some(flag) = known.iter().find(|flag| flag.letter == letter) else {
            if letter == 'h' {
                let value = after.strip_prefix('=').unwrap_or("true");
                check(&HELP, value)?;
                given.help = is_true(value);
                rest = if after.starts_with('=') { "" } else { after };
                continue;
            }
            return Err(format!("unknown shorthand flag: {} in -{rest}", letter_quoted(letter)));
        };
        match after.strip_prefix('=').filter(|value| !value.is_empty()) {
            Some(value) => return given.take(flag, value),
            None if flag.takes == Takes::Bool => given.take(flag, "true")?,
            None if !after.is_empty() => return given.take(flag, after),
            None => {
                let value = words.next().ok_or_else(|| format!("flag needs an argument: {} in -{rest}", letter_quoted(letter)))?;
                return given.take(flag, value);
            }
        }
        rest = after;
    }
    Ok(())
}

fn letter_quoted(letter: char) -> String {
    format!("'{letter}'")
}

fn check(flag: &Flag, value: &str) -> Result<(), String> {
    let name = if flag.letter == '\0' { format!("--{}", flag.name()) } else { format!("-{}, --{}", flag.letter, flag.name()) };
    let bad = |why: String| Err(format!("invalid argument {} for \"{name}\" flag: {why}", quoted(value)));
    let number = |function: &str, why: &str| bad(format!("strconv.{function}: parsing {}: {why}", quoted(value)));
    match flag.takes {
        Takes::Bool if !matches!(value, "true" | "false" | "1" | "0" | "t" | "f" | "T" | "F" | "TRUE" | "FALSE" | "True" | "False") => {
            number("ParseBool", "invalid syntax")
        }
        Takes::Int | Takes::Int32 | Takes::Level if value.parse::<i128>().is_err() => number("ParseInt", "invalid syntax"),
        Takes::Int32 | Takes::Level if value.parse::<i32>().is_err() => number("ParseInt", "value out of range"),
        Takes::Int if value.parse::<i64>().is_err() => number("ParseInt", "value out of range"),
        Takes::Span => span(value.trim_start_matches('-')).map(|_| ()).or_else(bad),
        _ => Ok(()),
    }
}

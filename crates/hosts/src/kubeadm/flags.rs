//! Flags read as pflag reads them, with its words for what does not fit.
use crate::call::{quoted, span};
use simcore::Duration;
use std::collections::BTreeMap;

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Takes {
    Bool,
    Text,
    Int,
    Span,
    /// May be repeated, and split at commas.
    List,
}

/// A row: its name, what it takes, and its default for texts.
pub struct Flag(pub &'static str, pub Takes, pub &'static str);

/// Flags that every command has.
pub const GLOBAL: &[Flag] = &[Flag("rootfs", Takes::Text, ""), Flag("v", Takes::Text, "0"), Flag("vmodule", Takes::Text, "")];

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
        matches!(self.text(name), "true" | "1" | "t" | "T" | "TRUE" | "True")
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

    /// Names of all flags that were given, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.values.keys().copied()
    }
}

/// Reads words against tables of flags.
pub fn read(tables: &[&'static [Flag]], words: &[String]) -> Result<Given, String> {
    let known = || tables.iter().copied().chain([GLOBAL]).flatten();
    let mut given = Given { defaults: known().map(|flag| (flag.0, flag.2)).collect(), ..Given::default() };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            given.words.extend(words.by_ref().cloned());
            break;
        }
        let Some(body) = word.strip_prefix('-').filter(|body| !body.is_empty()) else {
            given.words.push(word.clone());
            continue;
        };
        let (name, mut value) = match body.strip_prefix('-') {
            Some(long) => {
                long.split_once('=').map_or((long.to_string(), None), |(name, value)| (name.to_string(), Some(value.to_string())))
            }
            None => short(body, &|name| known().any(|flag| flag.0 == name))?,
        };
        if name == "help" {
            given.help = true;
            continue;
        }
        let flag = known().find(|flag| flag.0 == name).ok_or_else(|| format!("unknown flag: --{name}"))?;
        if value.is_none() && flag.1 == Takes::Bool {
            value = Some("true".into());
        }
        let value = match value {
            Some(value) => value,
            None => words.next().cloned().ok_or_else(|| match body.strip_prefix('-') {
                Some(_) => format!("flag needs an argument: {word}"),
                None => format!("flag needs an argument: '{}' in {word}", &body[..1]),
            })?,
        };
        check(flag, &value)?;
        given.values.entry(flag.0).or_default().push(value);
    }
    Ok(given)
}

/// `-f`, `-o json`, `-ojson`, `-v=5`
fn short(body: &str, known: &dyn Fn(&str) -> bool) -> Result<(String, Option<String>), String> {
    let letter = body.chars().next().unwrap_or(' ');
    let rest = body[letter.len_utf8()..].trim_start_matches('=');
    let name = match letter {
        'h' => "help",
        'v' => "v",
        'o' if known("output") => "output",
        'c' if known("context-lines") => "context-lines",
        'f' if known("force") => "force",
        'y' if known("yes") => "yes",
        other => return Err(format!("unknown shorthand flag: '{other}' in -{body}")),
    };
    Ok((name.to_string(), (!rest.is_empty()).then(|| rest.to_string())))
}

fn check(flag: &Flag, value: &str) -> Result<(), String> {
    let bad = |function: &str, why: &str| {
        Err(format!("invalid argument {} for \"--{}\" flag: {function}parsing {}: {why}", quoted(value), flag.0, quoted(value)))
    };
    match flag.1 {
        Takes::Bool if !matches!(value, "true" | "false" | "1" | "0" | "t" | "f" | "T" | "F" | "TRUE" | "FALSE" | "True" | "False") => {
            bad("strconv.ParseBool: ", "invalid syntax")
        }
        Takes::Int if value.parse::<i128>().is_err() => bad("strconv.ParseInt: ", "invalid syntax"),
        Takes::Int if value.parse::<i32>().is_err() => bad("strconv.ParseInt: ", "value out of range"),
        Takes::Span => span(value.trim_start_matches('-'))
            .map(|_| ())
            .map_err(|why| format!("invalid argument {} for \"--{}\" flag: {why}", quoted(value), flag.0)),
        _ => Ok(()),
    }
}

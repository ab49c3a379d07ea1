//! Flags: their tables, and the reading of a command line against them (as pflag does).
use crate::job::Stop;
use objects::wire::User;
use std::collections::BTreeMap;

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Takes {
    /// Nothing, or `=true`/`=false`.
    Bool,
    Text,
    /// A whole number.
    Int,
    /// A span such as `30s`.
    Span,
    /// May be repeated, and split at commas.
    List,
    /// May be repeated; commas stay.
    Texts,
    /// A text after `=`, or this one when the flag stands alone (`--dry-run`).
    Optional(&'static str),
}

/// One flag of a verb. `short` is `'\0'` when there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flag {
    pub name: &'static str,
    pub short: char,
    pub takes: Takes,
    pub default: &'static str,
    pub help: &'static str,
}

/// A row of a verb's flag table.
pub const fn flag(name: &'static str, short: char, takes: Takes, default: &'static str, help: &'static str) -> Flag {
    Flag { name, short, takes, default, help }
}

/// Flags that every command has.
pub static GLOBAL: &[Flag] = &[
    flag(
        "as",
        '\0',
        Takes::Text,
        "",
        "Username to impersonate for the operation. User could be a regular user or a service account in a namespace.",
    ),
    flag(
        "as-group",
        '\0',
        Takes::Texts,
        "",
        "Group to impersonate for the operation, this flag can be repeated to specify multiple groups.",
    ),
    flag("as-uid", '\0', Takes::Text, "", "UID to impersonate for the operation."),
    flag(
        "as-user-extra",
        '\0',
        Takes::Texts,
        "",
        "User extras to impersonate for the operation, this flag can be repeated to specify multiple values for the same key.",
    ),
    flag("cache-dir", '\0', Takes::Text, "", "Default cache directory"),
    flag("certificate-authority", '\0', Takes::Text, "", "Path to a cert file for the certificate authority"),
    flag("client-certificate", '\0', Takes::Text, "", "Path to a client certificate file for TLS"),
    flag("client-key", '\0', Takes::Text, "", "Path to a client key file for TLS"),
    flag("cluster", '\0', Takes::Text, "", "The name of the kubeconfig cluster to use"),
    flag("context", '\0', Takes::Text, "", "The name of the kubeconfig context to use"),
    flag("disable-compression", '\0', Takes::Bool, "false", "If true, opt-out of response compression for all requests to the server."),
    flag("insecure-skip-tls-verify", '\0', Takes::Bool, "false", "If true, the server's certificate will not be checked for validity."),
    flag("kubeconfig", '\0', Takes::Text, "", "Path to the kubeconfig file to use for CLI requests."),
    flag("log-flush-frequency", '\0', Takes::Span, "5s", "Maximum number of seconds between log flushes."),
    flag("match-server-version", '\0', Takes::Bool, "false", "Require server version to match client version."),
    flag("namespace", 'n', Takes::Text, "", "If present, the namespace scope for this CLI request"),
    flag("password", '\0', Takes::Text, "", "Password for basic authentication to the API server"),
    flag("request-timeout", '\0', Takes::Text, "0", "The length of time to wait before giving up on a single server request."),
    flag("server", 's', Takes::Text, "", "The address and port of the Kubernetes API server"),
    flag("tls-server-name", '\0', Takes::Text, "", "Server name to use for server certificate validation."),
    flag("token", '\0', Takes::Text, "", "Bearer token for authentication to the API server"),
    flag("user", '\0', Takes::Text, "", "The name of the kubeconfig user to use"),
    flag("username", '\0', Takes::Text, "", "Username for basic authentication to the API server"),
    flag("v", 'v', Takes::Int, "0", "number for the log level verbosity"),
    flag("vmodule", '\0', Takes::Text, "", "Comma-separated list of pattern=N settings for file-filtered logging."),
    flag(
        "warnings-as-errors",
        '\0',
        Takes::Bool,
        "false",
        "Treat warnings received from the server as errors and exit with a non-zero exit code",
    ),
    flag("help", 'h', Takes::Bool, "false", "help for this command"),
];

/// A read command line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Args {
    /// The command with its subcommands: `rollout status`.
    pub path: String,
    /// Words that are no flags, in order, without the command's own.
    pub words: Vec<String>,
    /// How many of `words` stood before `--`; `None` without a `--`.
    pub dash: Option<usize>,
    /// As whom the kubeconfig lets the server be asked; `None` for the administrator.
    pub login: Option<User>,
    given: BTreeMap<&'static str, Vec<String>>,
    defaults: BTreeMap<&'static str, &'static str>,
}

impl Args {
    /// Reads `line` (the words after the command's name) against the verb's flags and the global ones.
    pub fn read(path: &str, flags: &[&'static [Flag]], line: &[String]) -> Result<Args, Stop> {
        let mut args = Args { path: path.to_string(), ..Args::default() };
        args.defaults = flags.iter().flat_map(|table| table.iter()).map(|flag| (flag.name, flag.default)).collect();
        let mut rest = line.iter();
        while let Some(word) = rest.next() {
            if word == "--" {
                args.dash = Some(args.words.len());
                args.words.extend(rest.cloned());
                break;
            }
            match word.strip_prefix("--") {
                Some(long) => args.read_long(flags, long, &mut rest)?,
                None if word.len() > 1 && word.starts_with('-') => args.read_shorts(flags, &word[1..], &mut rest)?,
                None => args.words.push(word.clone()),
            }
        }
        Ok(args)
    }

    fn read_long<'a>(&mut self, flags: &[&'static [Flag]], long: &str, rest: &mut impl Iterator<Item = &'a String>) -> Result<(), Stop> {
        let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value.to_string())));
        let Some(flag) = find(flags, |flag| flag.name == name) else {
            return Err(self.wrong(&format!("unknown flag: --{name}")));
        };
        let value = match (value, flag.takes) {
            (Some(value), _) => value,
            (None, Takes::Bool) => "true".to_string(),
            (None, Takes::Optional(alone)) => alone.to_string(),
            (None, _) => rest.next().cloned().ok_or_else(|| self.wrong(&format!("flag needs an argument: --{name}")))?,
        };
        self.put(flag, value)
    }

    /// `-it`, `-nweb`, `-n web`, `-n=web`.
    fn read_shorts<'a>(&mut self, flags: &[&'static [Flag]], group: &str, rest: &mut impl Iterator<Item = &'a String>) -> Result<(), Stop> {
        for (at, letter) in group.char_indices() {
            let Some(flag) = find(flags, |flag| flag.short == letter && letter != '\0') else {
                return Err(self.wrong(&format!("unknown shorthand flag: '{letter}' in -{group}")));
            };
            let tail = &group[at + letter.len_utf8()..];
            if let Some(value) = tail.strip_prefix('=') {
                return self.put(flag, value.to_string());
            }
            match flag.takes {
                Takes::Bool => self.put(flag, "true".to_string())?,
                Takes::Optional(alone) => self.put(flag, alone.to_string())?,
                _ if !tail.is_empty() => return self.put(flag, tail.to_string()),
                _ => {
                    let value = rest.next().cloned();
                    let value = value.ok_or_else(|| self.wrong(&format!("flag needs an argument: '{letter}' in -{group}")))?;
                    return self.put(flag, value);
                }
            }
        }
        Ok(())
    }

    fn put(&mut self, flag: &'static Flag, value: String) -> Result<(), Stop> {
        if let Some(why) = refusal(flag.takes, &value) {
            let name = if flag.short == '\0' { format!("--{}", flag.name) } else { format!("-{}, --{}", flag.short, flag.name) };
            return Err(self.wrong(&format!("invalid argument \"{value}\" for \"{name}\" flag: {why}")));
        }
        let all = self.given.entry(flag.name).or_default();
        match flag.takes {
            Takes::List if value.is_empty() => {}
            Takes::List => all.extend(value.split(',').map(str::to_string)),
            Takes::Texts => all.push(value),
            _ => *all = vec![value],
        }
        Ok(())
    }

    fn wrong(&self, what: &str) -> Stop {
        let command = if self.path.is_empty() { "kubectl".to_string() } else { format!("kubectl {}", self.path) };
        Stop::error(format!("{what}\nSee '{command} --help' for usage."))
    }

    /// `error: {what}\nSee 'kubectl get -h' for help and examples`: a wrong use of this command (`cmdutil.UsageErrorf`).
    pub fn usage(&self, what: &str) -> Stop {
        Stop::error(format!("{what}\nSee 'kubectl {} -h' for help and examples", self.path))
    }

    /// The flags that the learner wrote, each as ` --name=value`, by name.
    pub fn spelled(&self) -> String {
        self.given.iter().map(|(name, values)| format!(" --{name}={}", values.join(","))).collect()
    }

    /// Whether the learner wrote this flag.
    pub fn given(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// The flag's text, or its default.
    pub fn text(&self, name: &str) -> &str {
        match self.given.get(name).and_then(|all| all.last()) {
            Some(value) => value,
            None => self.defaults.get(name).copied().unwrap_or(""),
        }
    }

    /// Whether a bool flag is on.
    pub fn is(&self, name: &str) -> bool {
        matches!(self.text(name), "true" | "1" | "t" | "T" | "TRUE" | "True")
    }

    /// All values of a repeatable flag.
    pub fn list(&self, name: &str) -> Vec<String> {
        let default = || Some(self.defaults.get(name)?.split(',').filter(|part| !part.is_empty()).map(str::to_string).collect());
        self.given.get(name).cloned().or_else(default).unwrap_or_default()
    }

    /// The flag's number; 0 when it has none.
    pub fn int(&self, name: &str) -> i64 {
        self.text(name).parse().unwrap_or(0)
    }

    /// The flag's span of time; zero when it has none.
    pub fn span(&self, name: &str) -> simcore::Duration {
        span(self.text(name)).unwrap_or_default()
    }

    /// Words before `--`.
    pub fn before_dash(&self) -> &[String] {
        &self.words[..self.dash.unwrap_or(self.words.len())]
    }

    /// Words after `--`.
    pub fn after_dash(&self) -> &[String] {
        &self.words[self.dash.unwrap_or(self.words.len())..]
    }
}

fn find(flags: &[&'static [Flag]], wanted: impl Fn(&Flag) -> bool) -> Option<&'static Flag> {
    flags.iter().flat_map(|table| table.iter()).find(|flag| wanted(flag))
}

fn refusal(takes: Takes, value: &str) -> Option<String> {
    match takes {
        Takes::Bool if !["true", "false", "1", "0", "t", "f", "T", "F", "TRUE", "FALSE", "True", "False"].contains(&value) => {
            Some(format!("strconv.ParseBool: parsing \"{value}\": invalid syntax"))
        }
        Takes::Int if value.parse::<i64>().is_err() => Some(format!("strconv.ParseInt: parsing \"{value}\": invalid syntax")),
        Takes::Span => span(value).err(),
        _ => None,
    }
}

/// Reads Go's `1h30m`, `250ms`, `0`. A span below zero reads as zero. The error is Go's own sentence.
pub fn span(text: &str) -> Result<simcore::Duration, String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let bad = || format!("time: invalid duration \"{text}\"");
    if unsigned == "0" {
        return Ok(simcore::Duration::ZERO);
    }
    let (mut rest, mut micros) = (unsigned, 0u64);
    if rest.is_empty() {
        return Err(bad());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        if number.is_empty() || number == "." {
            return Err(bad());
        }
        let size = match unit {
            "" => return Err(format!("time: missing unit in duration \"{text}\"")),
            "ns" => 0,
            "us" | "µs" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000u64,
            _ => return Err(format!("time: unknown unit \"{unit}\" in duration \"{text}\"")),
        };
        micros += scaled(number, size).ok_or_else(bad)?;
        rest = tail;
    }
    Ok(simcore::Duration(if text.starts_with('-') { 0 } else { micros }))
}

/// `1.5` × `size`, cut off to a whole number.
fn scaled(number: &str, size: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut sum = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()?.checked_mul(size)? };
    let mut unit = size;
    for digit in fraction.bytes() {
        unit /= 10;
        sum += u64::from(digit.checked_sub(b'0').filter(|d| *d < 10)?) * unit;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    static FLAGS: &[Flag] = &[
        flag("stdin", 'i', Takes::Bool, "false", ""),
        flag("tty", 't', Takes::Bool, "false", ""),
        flag("replicas", '\0', Takes::Int, "1", ""),
        flag("filename", 'f', Takes::List, "", ""),
        flag("dry-run", '\0', Takes::Optional("unchanged"), "none", ""),
    ];

    fn read(line: &str) -> Result<Args, Stop> {
        let words: Vec<String> = line.split_whitespace().map(str::to_string).collect();
        Args::read("run", &[FLAGS, GLOBAL], &words)
    }

    #[test]
    fn flags_stand_anywhere_grouped_repeated_or_with_an_equals_sign() {
        let args = read("web -it -nkube-system --replicas=3 -f a.yaml,b.yaml -f c.yaml --dry-run x -- sh -c ls").unwrap();
        assert!(args.is("stdin") && args.is("tty"));
        assert_eq!((args.text("namespace"), args.int("replicas"), args.text("dry-run")), ("kube-system", 3, "unchanged"));
        assert_eq!(args.list("filename"), ["a.yaml", "b.yaml", "c.yaml"]);
        assert_eq!((args.before_dash().join(" "), args.after_dash().join(" ")), ("web x".into(), "sh -c ls".into()));
    }

    #[test]
    fn a_wrong_flag_is_named_with_where_to_look() {
        let words = |line| match read(line) {
            Err(Stop::Fail { code: 1, text }) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(words("--foo"), "error: unknown flag: --foo\nSee 'kubectl run --help' for usage.");
        assert_eq!(words("-iz"), "error: unknown shorthand flag: 'z' in -iz\nSee 'kubectl run --help' for usage.");
        assert_eq!(words("--namespace"), "error: flag needs an argument: --namespace\nSee 'kubectl run --help' for usage.");
        assert!(
            words("--replicas=x")
                .contains("invalid argument \"x\" for \"--replicas\" flag: strconv.ParseInt: parsing \"x\": invalid syntax")
        );
    }

    #[test]
    fn spans_read_as_in_go() {
        assert_eq!(span("1m30s"), Ok(simcore::Duration::secs(90)));
        assert_eq!(span("1.5s"), Ok(simcore::Duration::millis(1500)));
        assert_eq!(span("10"), Err("time: missing unit in duration \"10\"".to_string()));
        assert_eq!(span("10x"), Err("time: unknown unit \"x\" in duration \"10x\"".to_string()));
    }
}

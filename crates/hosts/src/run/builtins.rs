//! What the shell does itself: cd, export, read, test, type.
use super::login::Login;
use super::shell::{Leave, Shell};
use crate::programs;

impl Shell<'_> {
    pub(super) fn cd(&mut self, to: Option<&str>) -> u8 {
        let home = Login::new(&self.login.user).folder;
        let path = self.machine.files.real(&self.path(to.unwrap_or(&home)));
        if !self.machine.files.is_folder(&path) {
            self.stderr.push_str(&format!("bash: cd: {}: No such file or directory\n", to.unwrap_or("")));
            return 1;
        }
        self.login.folder = path;
        0
    }

    /// What the shell does itself, and its code; `None`: a program is meant.
    pub(super) fn builtin(&mut self, words: &[String], stdin: &mut String) -> Option<u8> {
        let count = || words.get(1).and_then(|text| text.parse().ok()).unwrap_or(1).max(1);
        Some(match words[0].as_str() {
            ":" => 0,
            "pwd" => {
                self.stdout.push_str(&format!("{}\n", self.login.folder));
                0
            }
            "export" | "declare" | "local" | "readonly" => {
                let pairs = words[1..].iter().filter_map(|word| word.split_once('='));
                pairs.for_each(|(name, value)| self.set(name, value.to_string()));
                0
            }
            "unset" => {
                self.login.variables.retain(|(known, _)| !words[1..].contains(known));
                0
            }
            "break" => (self.leave = Some(Leave::Break(count())), 0).1,
            "continue" => (self.leave = Some(Leave::Continue(count())), 0).1,
            "exit" | "return" => {
                self.leave = Some(Leave::Exit);
                self.login.last_code = words.get(1).and_then(|text| text.parse().ok()).unwrap_or(self.login.last_code);
                self.login.last_code
            }
            "read" => self.read(words, stdin),
            "test" | "[" | "[[" => {
                let machine = &*self.machine;
                let folder = self.login.folder.trim_end_matches('/');
                let is = |letter: char, path: &str| {
                    let full = if path.starts_with('/') { path.to_string() } else { format!("{folder}/{path}") };
                    machine.is(letter, &full, self.now)
                };
                match shell::holds(&words[0], &words[1..], &is) {
                    Ok(holds) => u8::from(!holds),
                    Err(wrong) => {
                        self.stderr.push_str(&format!("bash: {wrong}\n"));
                        2
                    }
                }
            }
            "type" | "command" if words.len() > 1 && (words[0] == "type" || words[1].starts_with("-v")) => self.kind(words),
            "set" | "trap" | "shopt" | "ulimit" | "umask" | "hash" | "wait" | "alias" => 0,
            _ => return None,
        })
    }

    /// `read [-r] A B`: a line of the input; the last name takes the rest of it.
    fn read(&mut self, words: &[String], stdin: &mut String) -> u8 {
        if stdin.is_empty() {
            return 1;
        }
        let end = stdin.find('\n').map_or(stdin.len(), |at| at + 1);
        let rest = stdin.split_off(end);
        let line = std::mem::replace(stdin, rest);
        let names: Vec<&str> = words[1..].iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
        let mut left = line.trim();
        let last = names.len().saturating_sub(1);
        for (at, name) in names.iter().enumerate() {
            let (word, more) = if at == last { (left, "") } else { left.split_once(char::is_whitespace).unwrap_or((left, "")) };
            self.set(name, word.to_string());
            left = more.trim_start();
        }
        if names.is_empty() {
            self.set("REPLY", left.to_string());
        }
        0
    }

    /// `type NAME`, `command -v NAME`.
    fn kind(&mut self, words: &[String]) -> u8 {
        const BUILT: [&str; 14] =
            ["cd", "export", "read", "test", "[", "type", "command", "set", "exit", "echo", "printf", "kill", "pwd", "true"];
        let (quiet, name) = if words[0] == "type" { (false, &words[1]) } else { (true, words.get(2).unwrap_or(&words[1])) };
        let path = self.machine.which(name).or_else(|| programs::find(name, self.machine).map(|_| format!("/usr/bin/{name}")));
        let line = match (BUILT.contains(&name.as_str()), path) {
            (true, _) if quiet => name.to_string(),
            (true, _) => format!("{name} is a shell builtin"),
            (false, Some(path)) if quiet => path,
            (false, Some(path)) => format!("{name} is {path}"),
            (false, None) => {
                if !quiet {
                    self.stderr.push_str(&format!("bash: type: {name}: not found\n"));
                }
                return 1;
            }
        };
        self.stdout.push_str(&line);
        self.stdout.push('\n');
        0
    }
}

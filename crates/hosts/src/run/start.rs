//! A command that is neither loop nor list: a program is found and started, as oneself or by sudo.
use super::shell::Shell;
use crate::call::{Call, Stop};
use crate::outside::Begun;
use crate::programs;
use objects::Text;
use shell::Command;
use simcore::Duration;

impl Shell<'_> {
    pub(super) fn simple(&mut self, command: &Command, stdin: &mut String) -> Result<u8, Stop> {
        let mut words = Vec::new();
        self.expand_all(&command.words, &mut words)?;
        let mut sets = Vec::new();
        for (name, value) in &command.sets {
            sets.push((name.clone(), self.expand(value)?.join(" ")));
        }
        if words.is_empty() {
            sets.into_iter().for_each(|(name, value)| self.set(&name, value));
            return Ok(0);
        }
        if let Some(code) = self.builtin(&words, stdin) {
            return Ok(code);
        }
        if words[0] == "cd" {
            return Ok(self.cd(words.get(1).map(String::as_str)));
        }
        let mut environment = self.login.variables.clone();
        environment.extend(sets);
        self.start(words, environment, stdin, self.login.user.clone())
    }

    /// Runs a program; `sudo` makes the rest root's.
    fn start(&mut self, mut words: Vec<String>, mut environment: Vec<(String, String)>, stdin: &str, mut user: Text) -> Result<u8, Stop> {
        if self.now > self.begun {
            self.outside.reach(self.machine, self.now)?;
        }
        if words.first().is_some_and(|word| word == "su") {
            return Ok(self.su(&user, words.iter().skip(1).find(|word| !word.starts_with('-')).map(String::as_str)));
        }
        while words.first().is_some_and(|word| word == "sudo") {
            let shell = words.get(1).is_some_and(|word| matches!(word.as_str(), "-i" | "-s" | "su"));
            if shell && words.iter().skip(2).all(|word| word.starts_with('-')) {
                self.login.enter("root");
                return Ok(0);
            }
            user = Text::new_static("root");
            environment.retain(|_| words.get(1).is_some_and(|word| word == "-E"));
            words.remove(0);
            while let Some(word) = words.first() {
                if let Some((name, value)) = word.split_once('=') {
                    environment.push((name.to_string(), value.to_string()));
                } else if !word.starts_with('-') {
                    break;
                }
                words.remove(0);
            }
            if words.is_empty() {
                return Ok(0);
            }
        }
        // etcdctl may go on for ever, and is ended where it runs.
        if words.first().is_some_and(|word| word == "timeout") && !words.iter().any(|word| word == "etcdctl") {
            return self.timeout(&words[1..], environment, stdin, user);
        }
        let name = words.remove(0);
        let place = if name.contains('/') { self.path(&name) } else { name.clone() };
        let Some(program) = programs::find(&place, self.machine) else {
            if name.contains('/') {
                let (words, code) =
                    if self.machine.files.exists(&place) { ("Permission denied", 126) } else { ("No such file or directory", 127) };
                self.stderr.push_str(&format!("bash: {name}: {words}\n"));
                return Ok(code);
            }
            words.insert(0, name);
            let begun = Begun { user, folder: self.login.folder.clone(), environment, words, stdin: stdin.to_string() };
            return self.elsewhere(&begun);
        };
        let pid = self.machine.take_pid();
        let mut call = Call {
            machine: self.machine,
            outside: self.outside,
            now: self.now,
            user,
            folder: self.login.folder.clone(),
            environment,
            name: name.clone(),
            words,
            stdin: stdin.to_string(),
            stdout: String::new(),
            stderr: String::new(),
            pid,
            edit: None,
        };
        let done = program(&mut call);
        (self.now, self.edit) = (call.now, call.edit.take().or(self.edit.take()));
        let (stdout, stderr) = (std::mem::take(&mut call.stdout), std::mem::take(&mut call.stderr));
        self.stdout.push_str(&stdout);
        self.stderr.push_str(&stderr);
        match done {
            Ok(()) => Ok(0),
            Err(Stop::Code(code)) => Ok(code),
            Err(Stop::Fail(words)) => {
                self.stderr.push_str(&format!("{name}: {words}\n"));
                Ok(1)
            }
            Err(Stop::Pending) => Err(Stop::Pending),
        }
    }

    /// `timeout [-s SIGNAL] [-k DURATION] DURATION COMMAND`: what takes longer ends with 124.
    fn timeout(&mut self, words: &[String], environment: Vec<(String, String)>, stdin: &str, user: Text) -> Result<u8, Stop> {
        let mut rest = words.iter();
        let mut word = rest.next();
        while let Some(flag) = word.filter(|word| word.starts_with('-')) {
            if matches!(flag.as_str(), "-s" | "-k" | "--signal" | "--kill-after") {
                rest.next();
            }
            word = rest.next();
        }
        let command: Vec<String> = rest.cloned().collect();
        let (Some(limit), false) = (word, command.is_empty()) else {
            self.stderr.push_str("timeout: missing operand\nTry 'timeout --help' for more information.\n");
            return Ok(125);
        };
        let (number, unit) = match limit.char_indices().last() {
            Some((at, 's')) => (&limit[..at], 1),
            Some((at, 'm')) => (&limit[..at], 60),
            Some((at, 'h')) => (&limit[..at], 3_600),
            Some((at, 'd')) => (&limit[..at], 86_400),
            _ => (limit.as_str(), 1),
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let thousandths = format!("{part:0<3}").get(..3).and_then(|part| part.parse::<u64>().ok());
        let (Ok(seconds), Some(thousandths)) = (whole.parse::<u64>(), thousandths) else {
            self.stderr.push_str(&format!("timeout: invalid time interval '{limit}'\nTry 'timeout --help' for more information.\n"));
            return Ok(125);
        };
        let end = self.now + Duration::millis((seconds * 1_000 + thousandths) * unit);
        let code = self.start(command, environment, stdin, user)?;
        if self.now <= end || number == "0" {
            return Ok(code);
        }
        self.now = end;
        Ok(124)
    }

    /// A program that the outside runs, if it knows it.
    fn elsewhere(&mut self, begun: &Begun) -> Result<u8, Stop> {
        let (printed, took) = self.outside.program(self.machine, self.now, begun)?;
        self.now = self.now + took;
        let Some(printed) = printed else {
            self.stderr.push_str(&format!("bash: {}: command not found\n", begun.words[0]));
            return Ok(127);
        };
        self.stdout.push_str(&printed.stdout);
        self.stderr.push_str(&printed.stderr);
        Ok(printed.code)
    }

    /// `su - NAME`: only root needs no password.
    fn su(&mut self, user: &str, wanted: Option<&str>) -> u8 {
        let wanted = wanted.unwrap_or("root");
        if user != "root" {
            self.stderr.push_str("Password: \nsu: Authentication failure\n");
            return 1;
        }
        if wanted != "root" && !self.machine.users.iter().any(|known| known == wanted) {
            self.stderr.push_str(&format!("su: user {wanted} does not exist or the user entry does not contain all the required fields\n"));
            return 1;
        }
        self.login.enter(wanted);
        0
    }
}

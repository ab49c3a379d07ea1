//! A typed line carried out on a machine: expansion, pipes, redirections, sudo.
use crate::Machine;
use crate::call::{Call, Stop};
use crate::outside::{Begun, Outside};
use crate::programs;
use objects::Text;
use shell::{Command, Group, Join, Part, Pipeline, Redirect, Script, Trouble, Word};
use simcore::{Duration, Time};

/// Who is logged in, where, with which variables: what a terminal keeps from line to line.
#[derive(Clone, Debug, PartialEq)]
pub struct Login {
    pub user: Text,
    pub folder: String,
    pub variables: Vec<(String, String)>,
    pub last_code: u8,
    /// The shells that this one was started from: `sudo -i`.
    pub outer: Vec<Login>,
}

impl Login {
    pub fn new(user: &str) -> Login {
        let folder = if user == "root" { "/root".to_string() } else { format!("/home/{user}") };
        Login { user: Text::new(user), folder, variables: Vec::new(), last_code: 0, outer: Vec::new() }
    }

    /// `root@node-1:~# `, `debian@node-1:/etc$ `
    pub fn prompt(&self, machine: &Machine) -> String {
        let home = Login::new(&self.user).folder;
        let folder = self.folder.strip_prefix(&home).map_or(self.folder.clone(), |rest| format!("~{rest}"));
        let mark = if self.user == "root" { '#' } else { '$' };
        let name = machine.name.split('.').next().unwrap_or("");
        format!("{}@{name}:{folder}{mark} ", self.user)
    }

    /// Leaves this shell. False when it was the first one: then the connection ends.
    pub fn leave(&mut self) -> bool {
        let Some(outer) = self.outer.pop() else { return false };
        let (code, rest) = (self.last_code, std::mem::take(&mut self.outer));
        *self = Login { last_code: code, outer: rest, ..outer };
        true
    }

    /// Starts a shell as somebody else within this one.
    fn enter(&mut self, user: &str) {
        let mut outer = std::mem::take(&mut self.outer);
        outer.push(self.clone());
        *self = Login { outer, ..Login::new(user) };
    }
}

/// What a line came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    pub code: u8,
    /// How long it worked.
    pub takes: Duration,
    /// Whether it waits for the outside; then all above is only what there is so far.
    pub pending: bool,
    /// A file that the line wants edited by the person: `nano /etc/fstab`.
    pub edit: Option<String>,
}

/// Runs a line. `login` keeps the folder, the variables and the last code.
pub fn run(machine: &mut Machine, login: &mut Login, now: Time, line: &str, outside: &mut dyn Outside) -> Ran {
    let mut shell = Shell::new(machine, login, outside, now);
    let done = match shell::parse(line) {
        Ok(script) => shell.script(&script, &mut String::new()),
        Err(Trouble::Wrong(words)) => {
            shell.stderr = format!("{words}\n");
            Ok(2)
        }
        Err(Trouble::Unfinished) => {
            shell.stderr = "bash: syntax error: unexpected end of file\n".into();
            Ok(2)
        }
    };
    let takes = shell.now.since(shell.begun);
    let (stdout, stderr, edit) = (shell.stdout, shell.stderr, shell.edit);
    // Only waiting comes out of the shell as an error.
    let (code, pending) = done.map_or((0, true), |code| (code, false));
    login.last_code = code;
    Ran { stdout, stderr, code, takes, pending, edit }
}

/// Runs a script's text within a program: `sh -c`, `sh FILE`. Its arguments are `$1`, `$2`, …
pub fn script(call: &mut Call, text: &str, arguments: &[String]) -> Result<(), Stop> {
    let mut variables = call.environment.clone();
    variables.extend(arguments.iter().enumerate().map(|(at, word)| ((at + 1).to_string(), word.clone())));
    variables.push(("@".into(), arguments.join(" ")));
    let login = Login { user: call.user.clone(), folder: call.folder.clone(), variables, ..Login::new(&call.user) };
    let parsed = match shell::parse(text) {
        Ok(parsed) => parsed,
        Err(_) => {
            call.complain("sh: 1: Syntax error: end of file unexpected");
            return Err(Stop::Code(2));
        }
    };
    let mut login = login;
    let mut stdin = std::mem::take(&mut call.stdin);
    let mut shell = Shell::new(call.machine, &mut login, call.outside, call.now);
    let done = shell.script(&parsed, &mut stdin);
    let (now, stdout, stderr) = (shell.now, shell.stdout, shell.stderr);
    call.now = now;
    call.stdout.push_str(&stdout);
    call.stderr.push_str(&stderr);
    match done? {
        0 => Ok(()),
        code => Err(Stop::Code(code)),
    }
}

/// Where a descriptor goes.
#[derive(Clone)]
enum Aim {
    /// 0: standard output, 1: errors.
    Stream(usize),
    Nothing,
    File(String),
}

/// How a list of commands is left before its end.
#[derive(Clone, Copy, PartialEq)]
enum Leave {
    /// So many loops: `break 2`.
    Break(u32),
    Continue(u32),
    /// `exit` of a shell, or a loop that went on for too long.
    Exit,
}

/// A loop ends after so many rounds, or when its line has gone on for so long: nobody is there to press Ctrl+C.
const ROUNDS_MOST: u32 = 2_000;
const LINE_MOST: Duration = Duration::mins(10);

struct Shell<'a> {
    machine: &'a mut Machine,
    login: &'a mut Login,
    outside: &'a mut dyn Outside,
    begun: Time,
    now: Time,
    stdout: String,
    stderr: String,
    edit: Option<String>,
    leave: Option<Leave>,
    rounds: u32,
}

impl<'a> Shell<'a> {
    fn new(machine: &'a mut Machine, login: &'a mut Login, outside: &'a mut dyn Outside, now: Time) -> Shell<'a> {
        let (stdout, stderr) = (String::new(), String::new());
        Shell { machine, login, outside, begun: now, now, stdout, stderr, edit: None, leave: None, rounds: 0 }
    }

    fn script(&mut self, script: &Script, stdin: &mut String) -> Result<u8, Stop> {
        let mut code = 0;
        for (join, pipeline) in &script.steps {
            let runs = match join {
                Join::Always => true,
                Join::IfGood => code == 0,
                Join::IfBad => code != 0,
            };
            if runs {
                code = self.pipeline(pipeline, stdin)?;
                self.login.last_code = code;
            }
            if self.leave.is_some() {
                return Ok(self.login.last_code);
            }
        }
        Ok(code)
    }

    fn pipeline(&mut self, pipeline: &Pipeline, stdin: &mut String) -> Result<u8, Stop> {
        let [command] = &pipeline.commands[..] else { return self.pipe(pipeline, stdin) };
        let code = self.command(command, stdin)?;
        Ok(if pipeline.not { u8::from(code == 0) } else { code })
    }

    fn pipe(&mut self, pipeline: &Pipeline, stdin: &str) -> Result<u8, Stop> {
        let mut input = stdin.to_string();
        let mut code = 0;
        let last = pipeline.commands.len().saturating_sub(1);
        for (at, command) in pipeline.commands.iter().enumerate() {
            let before = self.stdout.len();
            code = self.command(command, &mut input)?;
            if at < last {
                input = self.stdout.split_off(before);
            }
        }
        Ok(if pipeline.not { u8::from(code == 0) } else { code })
    }

    fn group(&mut self, group: &Group, stdin: &mut String) -> Result<u8, Stop> {
        let mut code = 0;
        match group {
            Group::List(list) => return self.script(list, stdin),
            Group::Sub(list) => {
                let (variables, folder) = (self.login.variables.clone(), self.login.folder.clone());
                code = self.script(list, stdin)?;
                (self.leave, self.login.variables, self.login.folder) = (None, variables, folder);
            }
            Group::If { arms, other } => {
                for (condition, body) in arms {
                    if self.script(condition, stdin)? == 0 {
                        return self.script(body, stdin);
                    }
                    if self.leave.is_some() {
                        return Ok(self.login.last_code);
                    }
                }
                return self.script(other, stdin);
            }
            Group::While { until, condition, body } => {
                while (self.script(condition, stdin)? == 0) != *until && self.leave.is_none() {
                    code = self.script(body, stdin)?;
                    if !self.goes_on() {
                        break;
                    }
                }
            }
            Group::For { name, words, body } => {
                let mut all = Vec::new();
                match words {
                    Some(words) => self.expand_all(words, &mut all)?,
                    None => all.extend(self.variable("@").split_whitespace().map(str::to_string)),
                }
                for word in all {
                    self.set(name, word);
                    code = self.script(body, stdin)?;
                    if !self.goes_on() {
                        break;
                    }
                }
            }
            Group::Case { word, arms } => {
                let text = self.expand(word)?.join(" ");
                for (patterns, body) in arms {
                    for pattern in patterns {
                        if shell::glob(&self.expand(pattern)?.join(" "), &text) {
                            return self.script(body, stdin);
                        }
                    }
                }
            }
        }
        Ok(code)
    }

    /// Whether a loop goes on after a round.
    fn goes_on(&mut self) -> bool {
        self.rounds += 1;
        if self.leave.is_none() && (self.rounds > ROUNDS_MOST || self.now.since(self.begun) > LINE_MOST) {
            self.stderr.push_str("^C\n");
            self.login.last_code = 130;
            self.leave = Some(Leave::Exit);
        }
        let (left, goes) = match self.leave {
            None => (None, true),
            Some(Leave::Continue(1)) => (None, true),
            Some(Leave::Break(1)) => (None, false),
            Some(Leave::Continue(count)) => (Some(Leave::Continue(count - 1)), false),
            Some(Leave::Break(count)) => (Some(Leave::Break(count - 1)), false),
            Some(Leave::Exit) => (Some(Leave::Exit), false),
        };
        self.leave = left;
        goes
    }

    fn set(&mut self, name: &str, value: String) {
        self.login.variables.retain(|(known, _)| known != name);
        self.login.variables.push((name.to_string(), value));
    }

    fn command(&mut self, command: &Command, stdin: &mut String) -> Result<u8, Stop> {
        let mut own = None;
        for redirect in &command.redirects {
            match redirect {
                Redirect::Here(word) => own = Some(self.expand(word)?.join(" ") + "\n"),
                Redirect::From(word) => {
                    let path = self.expand(word)?.concat();
                    let full = self.path(&path);
                    match self.machine.read(&full, self.now) {
                        Some(text) => own = Some(text),
                        None => {
                            self.stderr.push_str(&format!("bash: {path}: No such file or directory\n"));
                            return Ok(1);
                        }
                    }
                }
                _ => {}
            }
        }
        let (out, err) = (self.stdout.len(), self.stderr.len());
        let input = own.as_mut().unwrap_or(stdin);
        let code = match &command.group {
            Some(group) => self.group(group, input)?,
            None => self.simple(command, input)?,
        };
        let streams = [self.stdout.split_off(out), self.stderr.split_off(err)];
        let mut aims = [Aim::Stream(0), Aim::Stream(1)];
        for redirect in &command.redirects {
            if let Err(words) = self.aim(redirect, &mut aims)? {
                self.stderr.push_str(&words);
                return Ok(1);
            }
        }
        for (text, aim) in streams.iter().zip(&aims) {
            match aim {
                Aim::Stream(0) => self.stdout.push_str(text),
                Aim::Stream(_) => self.stderr.push_str(text),
                Aim::Nothing => {}
                Aim::File(path) => {
                    let held = self.machine.files.read(path).map(|text| text.to_string()).unwrap_or_default();
                    self.machine.files.write(path, &(held + text));
                }
            }
        }
        Ok(code)
    }

    /// Lets a redirection say where a descriptor goes from here on; what `>` names is emptied at once. `Err` in it: refused.
    fn aim(&mut self, redirect: &Redirect, aims: &mut [Aim; 2]) -> Result<Result<(), String>, Stop> {
        match redirect {
            Redirect::To { fd, append, file } => {
                let path = self.expand(file)?.concat();
                let place = usize::from(*fd == 2);
                if path == "/dev/null" {
                    aims[place] = Aim::Nothing;
                    return Ok(Ok(()));
                }
                let full = self.path(&path);
                if !self.may_write(&full) {
                    return Ok(Err(format!("bash: {path}: Permission denied\n")));
                }
                if !append {
                    self.machine.files.write(&full, "");
                }
                aims[place] = Aim::File(full);
            }
            Redirect::Join { fd, to } => aims[usize::from(*fd == 2)] = aims[usize::from(*to == 2)].clone(),
            _ => {}
        }
        Ok(Ok(()))
    }

    fn may_write(&self, path: &str) -> bool {
        let free = [format!("/home/{}/", self.login.user), "/tmp/".to_string()];
        self.login.user == "root" || free.iter().any(|folder| path.starts_with(folder.as_str()))
    }

    fn path(&self, path: &str) -> String {
        if path.starts_with('/') { path.into() } else { format!("{}/{path}", self.login.folder.trim_end_matches('/')) }
    }

    fn simple(&mut self, command: &Command, stdin: &mut String) -> Result<u8, Stop> {
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

    fn cd(&mut self, to: Option<&str>) -> u8 {
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
    fn builtin(&mut self, words: &[String], stdin: &mut String) -> Option<u8> {
        let count = || words.get(1).and_then(|text| text.parse().ok()).unwrap_or(1).max(1);
        Some(match words[0].as_str() {
            ":" => 0,
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

    fn expand_all(&mut self, words: &[Word], all: &mut Vec<String>) -> Result<(), Stop> {
        for word in words {
            for word in shell::braces(word) {
                all.extend(self.expand(&word)?);
            }
        }
        Ok(())
    }

    /// A word's texts: variables and outputs replaced, split at spaces where they were not quoted, `*` matched with files.
    fn expand(&mut self, word: &Word) -> Result<Vec<String>, Stop> {
        let (mut done, mut last, mut any, mut wild) = (Vec::new(), String::new(), false, false);
        for part in &word.0 {
            let (text, quoted) = match part {
                Part::Text { text, quoted } => {
                    wild |= !quoted && text.contains(['*', '?', '[']);
                    any |= *quoted || !text.is_empty();
                    last.push_str(text);
                    continue;
                }
                Part::Variable { name, quoted } => (self.variable(name), *quoted),
                Part::Shaped { name, sign, word, quoted } => (self.shaped(name, sign, word)?, *quoted),
                Part::Sum(text) => match shell::reckon(text, &|name| self.variable(name)) {
                    Ok(number) => (number.to_string(), true),
                    Err(words) => {
                        self.stderr.push_str(&format!("{words}\n"));
                        (String::new(), false)
                    }
                },
                Part::Output { script, quoted } => {
                    let before = self.stdout.len();
                    self.script(script, &mut String::new())?;
                    (self.stdout.split_off(before).trim_end_matches('\n').to_string(), *quoted)
                }
            };
            if quoted {
                (last.push_str(&text), any = true).1
            } else {
                let mut pieces = text.split_whitespace();
                if let Some(first) = pieces.next() {
                    (last.push_str(first), any = true).1
                }
                for piece in pieces {
                    done.push(std::mem::replace(&mut last, piece.to_string()));
                }
            }
        }
        if any {
            done.push(last);
        }
        if wild {
            done = done.into_iter().flat_map(|text| self.matches(&text)).collect();
        }
        if let Some(first) = done.first_mut().filter(|text| text.as_str() == "~" || text.starts_with("~/")) {
            *first = Login::new(&self.login.user).folder + &first[1..];
        }
        Ok(done)
    }

    fn shaped(&mut self, name: &str, sign: &str, word: &Word) -> Result<String, Stop> {
        let word = self.expand(word)?.join(" ");
        let value = self.variable(name);
        let value = Some(value).filter(|value| !value.is_empty() || self.login.variables.iter().any(|(known, _)| known == name));
        let text = shell::shaped(value.as_deref(), sign, &word);
        if matches!(sign, ":=" | "=") {
            self.set(name, text.clone());
        }
        Ok(text)
    }

    /// Files that a pattern means; the pattern itself where there is none. Each part between slashes may be a pattern.
    fn matches(&self, pattern: &str) -> Vec<String> {
        let absolute = pattern.starts_with('/');
        let mut found = vec![String::from(if absolute { "/" } else { "" })];
        for part in pattern.split('/').filter(|part| !part.is_empty()) {
            let mut next = Vec::new();
            for before in &found {
                let join = |name: &str| {
                    if before.is_empty() || before.ends_with('/') { format!("{before}{name}") } else { format!("{before}/{name}") }
                };
                if !part.contains(['*', '?', '[']) {
                    next.extend(Some(join(part)).filter(|path| self.machine.files.exists(&self.path(path))));
                    continue;
                }
                let folder = self.machine.files.real(&self.path(if before.is_empty() { "." } else { before }));
                let names = self.machine.files.names(&folder);
                let fits = |name: &&Text| shell::fits(part, name) && (!name.starts_with('.') || part.starts_with('.'));
                next.extend(names.iter().filter(fits).map(|name| join(name)));
            }
            found = next;
        }
        if found.is_empty() { vec![pattern.into()] } else { found }
    }

    fn variable(&self, name: &str) -> String {
        let given = self.login.variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        given.unwrap_or_else(|| match name {
            "HOME" => Login::new(&self.login.user).folder,
            "USER" => self.login.user.to_string(),
            "HOSTNAME" => self.machine.name.to_string(),
            "PWD" => self.login.folder.clone(),
            "SHELL" => "/bin/bash".into(),
            "PATH" => "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into(),
            "EUID" | "UID" => if self.login.user == "root" { "0" } else { "1000" }.into(),
            "#" => self.login.variables.iter().filter(|(known, _)| known.bytes().all(|c| c.is_ascii_digit())).count().to_string(),
            "$" => "1021".into(),
            "RANDOM" => "17384".into(),
            "?" => self.login.last_code.to_string(),
            _ => String::new(),
        })
    }
}

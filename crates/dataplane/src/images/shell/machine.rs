//! Runs a parsed script step by step in virtual time, and can be put aside while it sleeps.
use crate::images::shell::expand::{Values, expand};
use crate::images::shell::parse::{Command, Errors, Op, parse};
use crate::images::shell::place::{is_directory, whole};
use crate::images::shell::span::span;
use crate::images::shell::tools::{self, Call};
use crate::images::{Hearing, Line, Scene};
use crate::network::{Ask, Heard};
use objects::Text;
use simcore::{Duration, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many steps run without a pause before the script is held to count as busy.
const STEPS_MAX: usize = 2_000;
/// How long a busy script then waits, so that an endless loop costs little.
const BUSY: Duration = Duration::secs(1);

/// A script in the middle of its run.
#[derive(Clone, Debug)]
pub struct Shell {
    ops: Arc<Vec<Op>>,
    at: usize,
    /// Its own clock: never ahead of the last `advance`, except for a sleep under way.
    clock: Time,
    sleeping: bool,
    status: i32,
    name: Text,
    arguments: Vec<Text>,
    vars: BTreeMap<Text, Text>,
    loops: Vec<Vec<Text>>,
    pipes: Vec<String>,
    input: Option<String>,
    trap: Option<Text>,
    ended: Option<(Time, i32)>,
    broken: Option<String>,
    /// Whether it is a script of its own, or only one command run as pid 1.
    alone: bool,
    /// What the command at work has asked of the network.
    hearing: Hearing,
    /// Whether it takes further lines once it has come to its end.
    open: bool,
    /// Whether it runs inside a word of another script, whose command it is that waits.
    inner: bool,
}

impl Shell {
    /// `sh -c script name args...`
    pub fn script(now: Time, script: &str, arguments: &[Text]) -> Shell {
        let (ops, broken) = match parse(script) {
            Ok(ops) => (ops, None),
            Err(words) => (Vec::new(), Some(words)),
        };
        let name = arguments.first().cloned().unwrap_or(Text::new_static("sh"));
        Shell {
            ops: Arc::new(ops),
            at: 0,
            clock: now,
            sleeping: false,
            status: 0,
            name,
            arguments: arguments.iter().skip(1).cloned().collect(),
            vars: BTreeMap::new(),
            loops: Vec::new(),
            pipes: Vec::new(),
            input: None,
            trap: None,
            ended: None,
            broken,
            alone: false,
            hearing: Hearing::default(),
            open: false,
            inner: false,
        }
    }

    /// A shell whose standard input stays open: it runs the lines that it is given, one after the other.
    pub fn open(now: Time) -> Shell {
        Shell { open: true, ..Shell::script(now, "", &[]) }
    }

    /// The next line for an open shell that is idle.
    pub fn type_line(&mut self, now: Time, line: &str) {
        let (ops, broken) = match parse(line) {
            Ok(ops) => (ops, None),
            Err(words) => (Vec::new(), Some(words)),
        };
        (self.ops, self.broken, self.at) = (Arc::new(ops), broken, 0);
        self.clock = self.clock.max(now);
    }

    /// Whether it waits for its next line.
    pub fn is_idle(&self) -> bool {
        self.open && self.ended.is_none() && self.broken.is_none() && !self.sleeping && !self.hearing.waits() && self.at >= self.ops.len()
    }

    /// Ctrl+C: what an open shell has under way is given up.
    pub fn interrupt(&mut self, now: Time) {
        self.at = self.ops.len();
        (self.sleeping, self.hearing, self.input, self.status) = (false, Hearing::default(), None, 130);
        self.loops.clear();
        self.pipes.clear();
        self.clock = now;
    }

    /// Its exit code, once it has ended.
    pub fn exit_code(&self) -> Option<i32> {
        self.ended.map(|(_, code)| code)
    }

    /// What it, or its first command, finds at its standard input.
    pub fn feed(&mut self, text: String) {
        self.input = Some(text);
    }

    /// It ends now with this code.
    pub fn end(&mut self, now: Time, code: i32) {
        self.ended.get_or_insert((now, code));
    }

    /// One command with its arguments, taken literally; `sh -c` and its like are read as scripts.
    pub fn command(now: Time, argv: &[Text]) -> Shell {
        let first = argv.first().map_or("", |word| word.rsplit('/').next().unwrap_or_default());
        if matches!(first, "sh" | "bash" | "ash")
            && let Some(flag) = argv.iter().position(|word| word.starts_with('-') && word.ends_with('c'))
        {
            return Shell::script(now, argv.get(flag + 1).map_or("", |script| script.as_str()), argv.get(flag + 2..).unwrap_or_default());
        }
        let words = argv.iter().map(|word| Text::from(format!("'{}'", word.replace('\'', "'\\''")))).collect();
        let mut shell = Shell::script(now, "", &[]);
        shell.ops = Arc::new(vec![Op::Run(Command { words, ..Command::default() })]);
        shell.alone = true;
        shell
    }

    pub fn next(&self) -> Option<Time> {
        if let Some((at, _)) = self.ended {
            return Some(at);
        }
        (!self.hearing.waits() && !self.is_idle()).then_some(self.clock)
    }

    /// The question that it waits on, told once.
    pub fn take_ask(&mut self) -> Option<Ask> {
        self.hearing.take()
    }

    /// The answer: the waiting command is run again.
    pub fn hear(&mut self, now: Time, heard: Heard) {
        self.hearing.hear(heard);
        self.clock = self.clock.max(now);
    }

    /// SIGTERM: a `trap '...' TERM` runs; without one, pid 1 ignores it.
    pub fn terminate(&mut self, now: Time) {
        if let Some(trap) = self.trap.take()
            && let Ok(ops) = parse(&trap)
            && self.ended.is_none()
        {
            self.ops = Arc::new(ops);
            self.at = 0;
            self.clock = now;
            self.sleeping = false;
            self.loops.clear();
            self.hearing = Hearing::default();
        }
    }

    /// Runs up to `now`. Gives when and with which code it ended.
    pub fn advance(&mut self, now: Time, scene: &mut Scene) -> Option<(Time, i32)> {
        if self.clock <= now
            && let Some(words) = self.broken.take()
        {
            self.complain(format!("{words}\n"), scene);
            self.status = 2;
            if !self.open {
                self.ended = Some((self.clock, 2));
            }
        }
        let mut steps = 0;
        while self.ended.is_none() && self.clock <= now && !self.hearing.waits() && !(self.inner && scene.hearing.waits()) {
            self.sleeping = false;
            if steps == STEPS_MAX {
                self.clock = now + BUSY;
                break;
            }
            steps += 1;
            let Some(op) = self.ops.get(self.at).cloned() else {
                if !self.open {
                    self.ended = Some((self.clock, self.status));
                }
                break;
            };
            self.at += 1;
            self.step(op, scene);
        }
        self.ended.filter(|(at, _)| *at <= now)
    }

    fn step(&mut self, op: Op, scene: &mut Scene) {
        match op {
            Op::Run(command) if self.inner => self.run(&command, scene),
            Op::Run(command) => self.run_or_wait(&command, scene),
            Op::Jump(to) => self.at = to,
            Op::JumpIfFail(to) if self.status != 0 => self.at = to,
            Op::JumpIfOk(to) if self.status == 0 => self.at = to,
            Op::JumpIfFail(_) | Op::JumpIfOk(_) => {}
            Op::Negate => self.status = i32::from(self.status == 0),
            Op::Each(words) => {
                let mut all = self.words(&words, scene);
                all.reverse();
                self.loops.push(all);
            }
            Op::Next(name, out) => match self.loops.last_mut().and_then(Vec::pop) {
                Some(word) => {
                    self.vars.insert(name, word);
                }
                None => {
                    self.loops.pop();
                    self.at = out;
                }
            },
            Op::Pipe => self.pipes.push(String::new()),
            Op::Feed => self.input = self.pipes.pop(),
        }
    }

    /// A command that hears no answer yet leaves everything as it was, and is run again later.
    fn run_or_wait(&mut self, command: &Command, scene: &mut Scene) {
        let (input, status) = (self.input.clone(), self.status);
        scene.hearing = std::mem::take(&mut self.hearing);
        scene.hearing.rewind();
        self.run(command, scene);
        let hearing = std::mem::take(&mut scene.hearing);
        if hearing.waits() {
            (self.input, self.status, self.hearing) = (input, status, hearing);
            self.at -= 1;
        }
    }

    fn words(&mut self, words: &[Text], scene: &mut Scene) -> Vec<Text> {
        let mut reader = Reader { shell: self, scene };
        words.iter().flat_map(|word| expand(word, &mut reader)).collect()
    }

    fn run(&mut self, command: &Command, scene: &mut Scene) {
        let assigns: Vec<(Text, Text)> = command
            .assigns
            .iter()
            .map(|(name, value)| (name.clone(), Text::from(self.words(std::slice::from_ref(value), scene).join(" "))))
            .collect();
        let argv = self.words(&command.words, scene);
        if scene.hearing.waits() {
            return;
        }
        let input = self.input.take().or_else(|| {
            let path = command.from.as_ref().and_then(|path| self.words(std::slice::from_ref(path), scene).pop())?;
            Some(scene.files.get(whole(self.directory(), &path).as_str()).map(ToString::to_string).unwrap_or_default())
        });
        self.vars.extend(assigns);
        let Some((name, arguments)) = argv.split_first() else { return };
        if self.alone && matches!(name.as_str(), "sh" | "ash" | "bash") {
            return self.become_script(name, arguments, input.unwrap_or_default(), scene);
        }
        if command.background || self.own(name, arguments, scene) {
            return;
        }
        let env = self.environment(scene);
        let mut call = Call::new(name, arguments, &env, self.clock, input.as_deref().unwrap_or_default(), scene);
        self.status = tools::run(&mut call);
        let (mut out, err) = (call.out, call.err);
        if scene.hearing.waits() {
            return;
        }
        match &command.errors {
            Errors::Apart => self.complain(err, scene),
            Errors::Joined => out.insert_str(0, &err),
            Errors::File(path, append) => self.write(path, *append, err, scene),
        }
        match &command.into {
            _ if command.complains => self.complain(out, scene),
            Some((path, append)) => self.write(path, *append, out, scene),
            None => match self.pipes.last_mut() {
                Some(pipe) => pipe.push_str(&out),
                None => self.tell(out, scene),
            },
        }
    }

    /// Into a file, or where a special one leads.
    fn write(&mut self, path: &Text, append: bool, text: String, scene: &mut Scene) {
        let path = self.words(std::slice::from_ref(path), scene).pop().unwrap_or_default();
        match path.as_str() {
            "/dev/null" => {}
            "/dev/stdout" | "/proc/1/fd/1" => self.tell(text, scene),
            "/dev/stderr" | "/proc/1/fd/2" => self.complain(text, scene),
            _ => {
                let path = whole(self.directory(), &path);
                let old = if append { scene.files.get(path.as_str()).map(ToString::to_string).unwrap_or_default() } else { String::new() };
                scene.files.insert(Text::from(path), Text::from(old + &text));
            }
        }
    }

    fn complain(&mut self, text: String, scene: &mut Scene) {
        match &mut scene.errors {
            Some(errors) => errors.push_str(&text),
            None => self.tell(text, scene),
        }
    }

    fn tell(&mut self, text: String, scene: &mut Scene) {
        if !text.is_empty() {
            scene.out.push(Line { at: self.clock, text });
        }
    }

    /// The commands that belong to the shell itself. Says whether `name` was one.
    fn own(&mut self, name: &str, arguments: &[Text], scene: &mut Scene) -> bool {
        let number = arguments.first().and_then(|word| word.parse::<i32>().ok());
        self.status = match name {
            "exit" | "return" => {
                self.ended = Some((self.clock, number.unwrap_or(self.status)));
                return true;
            }
            "sleep" => match arguments.iter().try_fold(Duration::ZERO, |sum, word| Some(sum + span(word)?)) {
                Some(length) => {
                    self.clock = self.clock + length;
                    self.sleeping = true;
                    0
                }
                None => {
                    self.complain(format!("sleep: invalid number '{}'\n", arguments.join(" ")), scene);
                    1
                }
            },
            "export" | "local" | "readonly" => {
                let pairs = arguments.iter().filter_map(|word| word.split_once('='));
                self.vars.extend(pairs.map(|(key, value)| (Text::new(key), Text::new(value))));
                0
            }
            "trap" => {
                self.trap = arguments.first().filter(|_| arguments.iter().any(|word| word.ends_with("TERM"))).cloned();
                0
            }
            // `wait` for a background process that never ends, as scripts do to stay alive.
            "wait" => {
                self.clock = self.clock + Duration::mins(60 * 24 * 365);
                0
            }
            "exec" if !arguments.is_empty() => {
                let inner = Shell::command(self.clock, arguments);
                self.ops = inner.ops;
                self.at = 0;
                0
            }
            "cd" => self.change_directory(arguments.first().map(Text::as_str), scene),
            "set" | "unset" | "shift" | "umask" | ":" => 0,
            _ => return false,
        };
        true
    }

    /// Where it stands.
    pub fn directory(&self) -> &str {
        self.vars.get("PWD").map_or("/", Text::as_str)
    }

    fn change_directory(&mut self, wanted: Option<&str>, scene: &mut Scene) -> i32 {
        let old = Text::new(self.directory());
        let place = match wanted {
            None | Some("~") => "/root".to_string(),
            Some("-") => self.vars.get("OLDPWD").unwrap_or(&old).to_string(),
            Some(path) => whole(&old, path),
        };
        if !is_directory(scene.files, &place) {
            let why = if scene.files.contains_key(place.as_str()) { "Not a directory" } else { "No such file or directory" };
            self.complain(format!("sh: cd: can't cd to {}: {why}\n", wanted.unwrap_or_default()), scene);
            return 2;
        }
        if wanted == Some("-") {
            self.tell(format!("{place}\n"), scene);
        }
        self.vars.insert("OLDPWD".into(), old);
        self.vars.insert("PWD".into(), Text::from(place));
        0
    }

    /// `sh FILE`, or `sh` with its script at its standard input.
    fn become_script(&mut self, name: &str, arguments: &[Text], input: String, scene: &mut Scene) {
        let file = arguments.iter().find(|word| !word.starts_with('-'));
        let script = match file {
            Some(path) => scene.files.get(whole(self.directory(), path).as_str()).map(ToString::to_string),
            None => Some(input),
        };
        let Some(script) = script else {
            let path = file.map_or("", |path| path.as_str());
            self.complain(format!("{name}: can't open '{path}': No such file or directory\n"), scene);
            self.status = 2;
            return;
        };
        let given = arguments.iter().skip_while(|word| Some(*word) != file).cloned().collect::<Vec<Text>>();
        let inner = Shell::script(self.clock, &script, &given);
        (self.ops, self.at, self.alone) = (inner.ops, 0, false);
        (self.name, self.arguments) = (inner.name, inner.arguments);
        self.status = i32::from(inner.broken.is_some()) * 2;
        inner.broken.into_iter().for_each(|words| self.complain(format!("{words}\n"), scene));
    }

    fn environment(&self, scene: &Scene) -> Vec<(Text, Text)> {
        let mut env: Vec<(Text, Text)> = scene.env.to_vec();
        for (key, value) in &self.vars {
            match env.iter_mut().find(|(name, _)| name == key) {
                Some(pair) => pair.1 = value.clone(),
                None => env.push((key.clone(), value.clone())),
            }
        }
        env
    }

    /// Whether it stands in a sleep (or waits) and not at its end.
    pub fn is_asleep(&self) -> bool {
        self.ended.is_none()
    }
}

/// What words of this shell refer to.
struct Reader<'a, 'b> {
    shell: &'a mut Shell,
    scene: &'a mut Scene<'b>,
}

impl Values for Reader<'_, '_> {
    fn variable(&self, name: &str) -> String {
        match name {
            "?" => self.shell.status.to_string(),
            "#" => self.shell.arguments.len().to_string(),
            "$" => "1".to_string(),
            "@" | "*" => self.shell.arguments.join(" "),
            "0" => self.shell.name.to_string(),
            "HOSTNAME" => self.scene.hostname.to_string(),
            "RANDOM" => (self.shell.clock.0 / 7 % 32_768).to_string(),
            _ => {
                let place = name.parse::<usize>().ok().and_then(|at| self.shell.arguments.get(at.checked_sub(1)?));
                let here = place.or_else(|| self.shell.vars.get(name));
                let outside = || self.scene.env.iter().find(|(key, _)| key == name).map(|(_, value)| value.to_string());
                here.map(ToString::to_string).or_else(outside).unwrap_or_default()
            }
        }
    }

    fn output(&mut self, script: &str) -> String {
        let mut inner = Shell::script(self.shell.clock, script, &[]);
        inner.vars = self.shell.vars.clone();
        inner.inner = true;
        let mut lines = Vec::new();
        let mut scene = Scene {
            hostname: self.scene.hostname,
            link: self.scene.link,
            env: self.scene.env,
            files: &mut *self.scene.files,
            out: &mut lines,
            errors: self.scene.errors.as_deref_mut(),
            web: self.scene.web,
            resolv: self.scene.resolv,
            names: self.scene.names,
            hearing: std::mem::take(&mut self.scene.hearing),
        };
        inner.advance(self.shell.clock + Duration::secs(60), &mut scene);
        self.scene.hearing = scene.hearing;
        let text: String = lines.into_iter().map(|line| line.text).collect();
        text.trim_end_matches('\n').to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::{Files, Link};
    use crate::network::dns::ResolvConf;

    fn nobody(_: &Ask) -> Option<Heard> {
        None
    }

    fn run(shell: &mut Shell, until: Time, files: &mut Files) -> (String, Option<(Time, i32)>) {
        let mut out = Vec::new();
        let env = [(Text::new("COLOR"), Text::new("blue"))];
        let (resolv, hearing, link) = (ResolvConf::default(), Hearing::default(), &Link::default());
        let mut scene = Scene {
            hostname: "web-1",
            link,
            env: &env,
            files,
            out: &mut out,
            errors: None,
            web: &nobody,
            resolv: &resolv,
            names: None,
            hearing,
        };
        let ended = shell.advance(until, &mut scene);
        (out.into_iter().map(|line| line.text).collect(), ended)
    }

    fn says(script: &str) -> (String, i32) {
        let mut shell = Shell::script(Time::START, script, &[]);
        let (text, ended) = run(&mut shell, Time::START + Duration::mins(60), &mut Files::new());
        (text, ended.map_or(-1, |(_, code)| code))
    }

    #[test]
    fn a_script_sleeps_in_virtual_time_and_ends_with_its_code() {
        let mut shell = Shell::script(Time::START, "echo starting; sleep 1; echo cannot reach database; exit 1", &[]);
        let (text, ended) = run(&mut shell, Time::START, &mut Files::new());
        assert_eq!((text.as_str(), ended), ("starting\n", None));
        let end = Time::START + Duration::secs(1);
        assert_eq!(shell.next(), Some(end));
        assert_eq!(run(&mut shell, end, &mut Files::new()), ("cannot reach database\n".to_string(), Some((end, 1))));
    }

    #[test]
    fn a_shell_stands_in_a_directory() {
        let walk = "cd /etc; pwd; cd ..; pwd; cd tmp && echo a > b && cat /tmp/b && cd - && pwd";
        assert_eq!(says(walk), ("/etc\n/\na\n/\n/\n".into(), 0));
        let words = "sh: cd: can't cd to /nope: No such file or directory\nno\nx\n";
        assert_eq!(says("cd /nope || echo no; mkdir /data && cd /data && touch x && ls"), (words.into(), 0));
    }

    #[test]
    fn loops_conditions_and_arithmetic_work() {
        assert_eq!(says("i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); done"), ("0\n1\n2\n".into(), 0));
        assert_eq!(says("for x in a b; do if [ $x = b ]; then echo yes $x; else echo no $x; fi; done"), ("no a\nyes b\n".into(), 0));
        assert_eq!(says("true && echo one || echo two; false || exit 7"), ("one\n".into(), 7));
        assert_eq!(says("while true; do echo tick; sleep 1; break; done; echo $COLOR"), ("tick\nblue\n".into(), 0));
        assert_eq!(says("echo $((2 * (3 + 4) % 5)); echo \"a  b\" 'c $X' $(echo in)"), ("4\na  b c $X in\n".into(), 0));
        assert_eq!(says("echo hello | cat; ! true; echo $?"), ("hello\n1\n".into(), 0));
    }

    #[test]
    fn files_last_and_missing_ones_are_said_in_words() {
        assert_eq!(says("touch /tmp/a; [ -f /tmp/a ] && echo there; rm /tmp/a; cat /tmp/a").1, 1);
        assert_eq!(says("echo one > /f; echo two >> /f; cat /f"), ("one\ntwo\n".into(), 0));
        assert_eq!(says("cat /no/file"), ("cat: can't open '/no/file': No such file or directory\n".into(), 1));
        assert_eq!(says("nosuchtool"), ("sh: nosuchtool: not found\n".into(), 127));
    }

    #[test]
    fn a_trap_answers_sigterm_and_without_one_it_is_ignored() {
        let mut deaf = Shell::script(Time::START, "sleep 600", &[]);
        run(&mut deaf, Time::START, &mut Files::new());
        deaf.terminate(Time::START + Duration::secs(1));
        assert_eq!(run(&mut deaf, Time::START + Duration::secs(9), &mut Files::new()).1, None);
        let mut polite = Shell::script(Time::START, "trap 'echo bye; exit 0' TERM; while true; do sleep 5; done", &[]);
        run(&mut polite, Time::START, &mut Files::new());
        let at = Time::START + Duration::secs(2);
        polite.terminate(at);
        assert_eq!(run(&mut polite, at, &mut Files::new()), ("bye\n".into(), Some((at, 0))));
    }

    #[test]
    fn a_command_waits_for_the_network_and_the_script_goes_on_when_it_has_heard() {
        use crate::network::{Failure, Reply};
        let mut shell = Shell::script(Time::START, "x=$(wget -qO- http://web/); echo got $x; nc -z db 5432 || echo no db", &[]);
        let (text, ended) = run(&mut shell, Time::START, &mut Files::new());
        assert_eq!((text.as_str(), ended, shell.next()), ("", None, None));
        assert_eq!(shell.take_ask().map(|ask| ask.url.host), Some(Text::new("web")));
        assert_eq!(shell.take_ask(), None, "a question is told once");
        let reply = Reply { code: 200, headers: Vec::new(), body: Text::new("hello") };
        let later = Time::START + Duration::secs(3);
        shell.hear(later, Heard { end: Ok(reply), ..Heard::failed(Failure::Lost) });
        assert_eq!(shell.next(), Some(later));
        assert_eq!(run(&mut shell, later, &mut Files::new()), ("got hello\n".to_string(), None));
        assert_eq!(shell.take_ask().map(|ask| ask.url.port), Some(5432));
        shell.hear(later, Heard::failed(Failure::Refused));
        let said = "nc: db (:5432): Connection refused\nno db\n".to_string();
        assert_eq!(run(&mut shell, later, &mut Files::new()), (said, Some((later, 0))));
    }

    #[test]
    fn an_endless_loop_without_sleep_does_not_hang_the_world() {
        let mut shell = Shell::script(Time::START, "while true; do :; done", &[]);
        assert_eq!(run(&mut shell, Time::START, &mut Files::new()).1, None);
        assert_eq!(shell.next(), Some(Time::START + BUSY));
    }
}

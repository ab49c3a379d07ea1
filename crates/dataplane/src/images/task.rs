//! A running process: a program by data, a shell script, or one of the host's own processes.
use crate::images::shell::Shell;
use crate::images::{Program, Stop};
use crate::network::dns::{Names, ResolvConf};
use crate::network::{Ask, Heard};
use objects::Text;
use simcore::{Duration, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A container's writable files, by absolute path.
pub type Files = BTreeMap<Text, Text>;

/// Text that a process wrote, and when.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    pub at: Time,
    pub text: String,
}

/// What stays inside the Pod is answered at once; `None` for what goes out into the network.
pub type Web<'a> = dyn Fn(&Ask) -> Option<Heard> + 'a;

/// What one command of a script asked of the network, and what it has heard so far. A command that has to wait is run
/// again from its start when the answer comes.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Hearing {
    answers: Vec<Heard>,
    used: usize,
    asked: Option<Ask>,
    /// Whether somebody has taken the question.
    sent: bool,
}

impl Hearing {
    /// The answer to the next question of this run; without one the question is noted, and the command has to wait.
    pub fn ask(&mut self, ask: &Ask) -> Option<Heard> {
        let found = self.answers.get(self.used).cloned();
        self.used += 1;
        if found.is_none() && self.asked.is_none() {
            self.asked = Some(ask.clone());
            self.sent = false;
        }
        found
    }

    /// The command is run again.
    pub fn rewind(&mut self) {
        self.used = 0;
    }

    pub fn waits(&self) -> bool {
        self.asked.is_some()
    }

    /// The open question, told only once.
    pub fn take(&mut self) -> Option<Ask> {
        if self.sent { None } else { self.asked.clone().inspect(|_| self.sent = true) }
    }

    pub fn hear(&mut self, heard: Heard) {
        if self.asked.take().is_some() {
            self.answers.push(heard);
        }
    }
}

/// A Pod's interface as its processes see it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Link {
    pub address: Text,
    /// The length of its network's prefix, in bits.
    pub prefix: u8,
    /// The longest packet (bytes).
    pub mtu: u32,
    /// Whether it is the node's own.
    pub on_host: bool,
}

/// What a process sees and can touch.
pub struct Scene<'a> {
    pub hostname: &'a str,
    pub link: &'a Link,
    pub env: &'a [(Text, Text)],
    pub files: &'a mut Files,
    pub out: &'a mut Vec<Line>,
    /// Error output, for who keeps it apart; otherwise it goes into `out`.
    pub errors: Option<&'a mut String>,
    pub web: &'a Web<'a>,
    pub resolv: &'a ResolvConf,
    /// What its /etc/hosts says beside its own name.
    pub names: Option<&'a Names>,
    pub hearing: Hearing,
}

/// One process over time. Advanced only when it is due or looked at.
#[derive(Clone, Debug)]
pub enum Task {
    Served(Served),
    Script(Box<Shell>),
    /// A process in the host's own table (static Pods); it ends when that one ends.
    Host,
}

/// A program at work.
#[derive(Clone, Debug)]
pub struct Served {
    program: Arc<Program>,
    ports: Vec<u16>,
    started: Time,
    said: usize,
    repeats: u64,
    ends: Option<(Time, i32)>,
    /// When it was asked to stop.
    asked: Option<Time>,
    /// Of a component: whether it is ready, which `/ready` tells.
    ready: bool,
}

impl Task {
    /// Starts `program`; `ports` are those that the container names.
    pub fn program(now: Time, program: Arc<Program>, ports: Vec<u16>) -> Task {
        let ports = if program.ports.is_empty() { ports } else { program.ports.clone() };
        let ends = program.exit.map(|(after, code)| (now + after, code));
        Task::Served(Served { program, ports, started: now, said: 0, repeats: 0, ends, asked: None, ready: false })
    }

    /// Runs up to `now`. Gives the instant and the code when it has ended.
    pub fn advance(&mut self, now: Time, scene: &mut Scene) -> Option<(Time, i32)> {
        match self {
            Task::Served(served) => served.advance(now, scene),
            Task::Script(shell) => shell.advance(now, scene),
            Task::Host => None,
        }
    }

    /// When it has to be advanced again, if ever.
    pub fn next(&self) -> Option<Time> {
        match self {
            Task::Served(served) => served.next(),
            Task::Script(shell) => shell.next(),
            Task::Host => None,
        }
    }

    /// SIGTERM. A first process without a handler ignores it, as Linux has it for pid 1.
    pub fn terminate(&mut self, now: Time) {
        match self {
            Task::Served(served) => served.terminate(now),
            Task::Script(shell) => shell.terminate(now),
            Task::Host => {}
        }
    }

    /// Whether something listens on `port`.
    pub fn listens(&self, now: Time, port: u16) -> bool {
        match self {
            Task::Served(served) => served.listens(now) && served.ports.contains(&port),
            Task::Script(_) => false,
            Task::Host => true,
        }
    }

    /// The answer to a GET, and how long it takes.
    pub fn answer(&self, path: &str) -> (u16, Text, Duration) {
        match self {
            Task::Served(served) if path == "/ready" && !served.ready && !served.program.component.is_empty() => {
                (503, Text::default(), served.program.latency)
            }
            Task::Served(served) => match served.program.answer(path) {
                Some(answer) => (answer.code, answer.body.clone(), answer.latency.unwrap_or(served.program.latency)),
                None => (served.program.otherwise, Text::default(), served.program.latency),
            },
            Task::Script(_) => (404, Text::default(), Duration::ZERO),
            Task::Host => (200, Text::new_static("ok"), Duration::millis(2)),
        }
    }

    pub fn set_ready(&mut self, ready: bool) {
        if let Task::Served(served) = self {
            served.ready = ready;
        }
    }

    /// It ends now, by itself.
    pub fn end(&mut self, now: Time, code: i32) {
        match self {
            Task::Served(served) => served.ends = Some((now, code)),
            Task::Script(shell) => shell.end(now, code),
            Task::Host => {}
        }
    }

    /// Whether it is a shell that waits for lines from its standard input.
    pub fn waits_for_lines(&self) -> bool {
        matches!(self, Task::Script(shell) if shell.is_idle())
    }

    /// The program that serves, if one does.
    pub fn served(&self) -> Option<&Arc<Program>> {
        match self {
            Task::Served(served) => Some(&served.program),
            _ => None,
        }
    }

    /// Whether it was asked to stop and has stopped listening: idle connections are closed.
    pub fn is_closing(&self, now: Time) -> bool {
        matches!(self, Task::Served(served) if served.asked.is_some() && !served.listens(now))
    }

    /// What a script asks of the network, told once.
    pub fn take_ask(&mut self) -> Option<Ask> {
        match self {
            Task::Script(shell) => shell.take_ask(),
            _ => None,
        }
    }

    /// The answer to that.
    pub fn hear(&mut self, now: Time, heard: Heard) {
        if let Task::Script(shell) = self {
            shell.hear(now, heard);
        }
    }
}

impl Served {
    fn advance(&mut self, now: Time, scene: &mut Scene) -> Option<(Time, i32)> {
        let until = self.ends.map_or(now, |(at, _)| at.min(now));
        while let Some((after, text)) = self.program.lines.get(self.said).filter(|(after, _)| self.started + *after <= until) {
            let text = format!("{}\n", fill(text, scene.hostname, scene.env));
            scene.out.push(Line { at: self.started + *after, text });
            self.said += 1;
        }
        while let Some((period, text)) =
            self.program.every.as_ref().filter(|(period, _)| self.started + period.times(self.repeats + 1) <= until)
        {
            self.repeats += 1;
            let text = format!("{}\n", fill(text, scene.hostname, scene.env));
            scene.out.push(Line { at: self.started + period.times(self.repeats), text });
        }
        self.ends.filter(|(at, _)| *at <= now)
    }

    fn listens(&self, now: Time) -> bool {
        let open = self.program.stop == Stop::Ignores || self.asked.is_none_or(|at| now < at + self.program.drain);
        open && now >= self.started + self.program.ready_after
    }

    fn terminate(&mut self, now: Time) {
        let (span, code) = match self.program.stop {
            Stop::After(span) => (self.program.drain + span, 0),
            Stop::AtOnce => (Duration::ZERO, 143),
            Stop::Ignores => return,
        };
        self.asked.get_or_insert(now);
        self.ends = Some(self.ends.map_or((now + span, code), |(at, old)| (at.min(now + span), if at < now + span { old } else { code })));
    }

    fn next(&self) -> Option<Time> {
        let line = self.program.lines.get(self.said).map(|(after, _)| self.started + *after);
        let every = self.program.every.as_ref().map(|(period, _)| self.started + period.times(self.repeats + 1));
        [line, every, self.ends.map(|(at, _)| at)].into_iter().flatten().min()
    }
}

/// Puts `{hostname}` and `{env.NAME}` into a text.
pub fn fill(text: &str, hostname: &str, env: &[(Text, Text)]) -> String {
    let mut filled = text.replace("{hostname}", hostname);
    while let Some(start) = filled.find("{env.") {
        let Some(length) = filled[start..].find('}') else { break };
        let name = &filled[start + 5..start + length];
        let value = env.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str()).to_string();
        filled.replace_range(start..=start + length, &value);
    }
    filled
}

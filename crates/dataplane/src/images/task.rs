//! A running process: a program by data, a shell script, or one of the host's own processes.
use crate::images::shell::Shell;
use crate::images::{Program, Stop};
use crate::network::dns::{Question, Reply, ResolvConf};
use objects::Text;
use simcore::{Duration, Time};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// A container's writable files, by absolute path.
pub type Files = BTreeMap<Text, Text>;

/// Text that a process wrote, and when.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    pub at: Time,
    pub text: String,
}

/// An HTTP request from inside: host, port, path; `None` where nobody listens.
pub type Web<'a> = dyn Fn(&str, u16, &str) -> Option<(u16, Text)> + 'a;

/// A question to a name server from inside: where it is sent, what, and when.
pub type Dns<'a> = dyn Fn(IpAddr, &Question, Time) -> Reply + 'a;

/// What a process sees and can touch.
pub struct Scene<'a> {
    pub hostname: &'a str,
    pub env: &'a [(Text, Text)],
    pub files: &'a mut Files,
    pub out: &'a mut Vec<Line>,
    pub web: &'a Web<'a>,
    pub resolv: &'a ResolvConf,
    pub dns: &'a Dns<'a>,
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
}

impl Task {
    /// Starts `program`; `ports` are those that the container names.
    pub fn program(now: Time, program: Arc<Program>, ports: Vec<u16>) -> Task {
        let ports = if program.ports.is_empty() { ports } else { program.ports.clone() };
        let ends = program.exit.map(|(after, code)| (now + after, code));
        Task::Served(Served { program, ports, started: now, said: 0, repeats: 0, ends })
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
            Task::Served(served) => {
                if let Stop::After(span) = served.program.stop {
                    served.ends = Some(served.ends.map_or((now + span, 0), |(at, code)| (at.min(now + span), code)));
                }
            }
            Task::Script(shell) => shell.terminate(now),
            Task::Host => {}
        }
    }

    /// Whether something listens on `port`.
    pub fn listens(&self, now: Time, port: u16) -> bool {
        match self {
            Task::Served(served) => now >= served.started + served.program.ready_after && served.ports.contains(&port),
            Task::Script(_) => false,
            Task::Host => true,
        }
    }

    /// The answer to a GET, and how long it takes.
    pub fn answer(&self, path: &str) -> (u16, Text, Duration) {
        match self {
            Task::Served(served) => {
                let (code, body) = served.program.answer(path);
                (code, body, served.program.latency)
            }
            Task::Script(_) => (404, Text::default(), Duration::ZERO),
            Task::Host => (200, Text::new_static("ok"), Duration::millis(2)),
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

//! What an image's main process does over time, as its data file says.
use objects::{Text, Tree};
use simcore::Duration;

/// What comes back for one path.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    pub path: Text,
    pub code: u16,
    /// May hold `{hostname}` and `{env.NAME}`.
    pub body: Text,
}

/// What a process does when it is asked to stop (SIGTERM).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// It ends well after this long, with exit code 0.
    After(Duration),
    /// It does not listen and is killed at the end of its grace.
    Ignores,
}

/// A program as data. Times count from the start of the process.
#[derive(Clone, PartialEq, Debug)]
pub struct Program {
    /// Where it listens; empty means on the ports that the container names.
    pub ports: Vec<u16>,
    /// It serves only after this long.
    pub ready_after: Duration,
    /// How long one answer takes.
    pub latency: Duration,
    pub answers: Vec<Answer>,
    /// The code for any other path.
    pub otherwise: u16,
    /// It ends by itself after this long with this code.
    pub exit: Option<(Duration, i32)>,
    /// What it writes, and when.
    pub lines: Vec<(Duration, Text)>,
    /// What it writes again and again.
    pub every: Option<(Duration, Text)>,
    pub stop: Stop,
}

impl Default for Program {
    /// A plain server: `/` answers 200, anything else 404; it stops at once.
    fn default() -> Program {
        Program {
            ports: Vec::new(),
            ready_after: Duration::ZERO,
            latency: Duration::millis(2),
            answers: vec![Answer { path: Text::new_static("/"), code: 200, body: Text::new_static("ok\n") }],
            otherwise: 404,
            exit: None,
            lines: Vec::new(),
            every: None,
            stop: Stop::After(Duration::millis(30)),
        }
    }
}

impl Program {
    /// Reads the `program` part of an image's data file; what is not said stays as in a plain server.
    ///
    /// Keys: `ports`, `ready_after_ms`, `latency_ms`, `answers` (`path`, `code`, `body`), `otherwise` (a code),
    /// `exit` (`after_ms`, `code`), `lines` (text, or `after_ms` and `text`), `every` (`after_ms`, `text`),
    /// `stop_ms`, or `stop: ignores`.
    pub fn parse(data: &Tree) -> Program {
        let plain = Program::default();
        let millis = |key: &str| data.get(key).as_int().map(|ms| Duration::millis(ms.max(0) as u64));
        Program {
            ports: data.get("ports").items().iter().filter_map(|port| u16::try_from(port.as_int()?).ok()).collect(),
            ready_after: millis("ready_after_ms").unwrap_or(plain.ready_after),
            latency: millis("latency_ms").unwrap_or(plain.latency),
            answers: if data.has("answers") { data.get("answers").items().iter().map(answer).collect() } else { plain.answers },
            otherwise: data.get("otherwise").as_int().map_or(plain.otherwise, |code| code as u16),
            exit: data.has("exit").then(|| exit(data.get("exit"))),
            lines: data.get("lines").items().iter().map(line).collect(),
            every: data.has("every").then(|| line(data.get("every"))),
            stop: match data.get("stop").text() {
                "ignores" => Stop::Ignores,
                _ => millis("stop_ms").map_or(plain.stop, Stop::After),
            },
        }
    }

    /// What comes back for `path`, without its query.
    pub fn answer(&self, path: &str) -> (u16, Text) {
        let bare = path.split('?').next().unwrap_or("/");
        match self.answers.iter().find(|answer| answer.path == bare) {
            Some(answer) => (answer.code, answer.body.clone()),
            None => (self.otherwise, Text::default()),
        }
    }
}

fn answer(data: &Tree) -> Answer {
    let body = data.get("body").as_text().cloned().unwrap_or_default();
    Answer { path: Text::new(data.get("path").text()), code: data.get("code").int_or(200) as u16, body }
}

fn exit(data: &Tree) -> (Duration, i32) {
    (Duration::millis(data.get("after_ms").int_or(0).max(0) as u64), data.get("code").int_or(0) as i32)
}

/// `"text"` at the start, or `{after_ms: 500, text: "..."}`.
fn line(data: &Tree) -> (Duration, Text) {
    match data.as_text() {
        Some(text) => (Duration::ZERO, text.clone()),
        None => (Duration::millis(data.get("after_ms").int_or(1000).max(1) as u64), Text::new(data.get("text").text())),
    }
}

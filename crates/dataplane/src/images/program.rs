//! What an image's main process does over time and under load, as its data file says.
use crate::network::{Ask, Url};
use objects::{Text, Tree};
use simcore::Duration;
use std::sync::Arc;

/// What comes back for one path.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// `/cart`, or `/cart/*` for everything below it.
    pub path: Text,
    pub code: u16,
    /// May hold `{hostname}`, `{env.NAME}`, `{client}` (the caller's address as the server sees it), `{request}` (the
    /// request as text) and `{calls}` (the bodies of the calls' answers).
    pub body: Text,
    /// How long it takes, where it differs from the program's own.
    pub latency: Option<Duration>,
    /// Requests that it makes to others before it answers, one after another.
    pub calls: Vec<Arc<Ask>>,
    /// Bytes of the answer, where the body does not tell.
    pub bytes: u64,
}

/// What a process does when it is asked to stop (SIGTERM).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// It takes no new connections, finishes what it has begun, and ends with exit code 0 after this long.
    After(Duration),
    /// It has no handler and is not pid 1's equal: it is gone at once, and open requests break (code 143).
    AtOnce,
    /// It does not listen and is killed at the end of its grace.
    Ignores,
}

/// The first requests after a start are slower (caches, compilers).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WarmUp {
    pub requests: u32,
    /// How many times slower the very first one is; it falls evenly to 1.
    pub times: u32,
}

/// A program as data. Times count from the start of the process.
#[derive(Clone, PartialEq, Debug)]
pub struct Program {
    /// Where it listens; empty means on the ports that the container names.
    pub ports: Vec<u16>,
    /// It serves only after this long.
    pub ready_after: Duration,
    /// How long one answer takes, and by how much it may be longer.
    pub latency: Duration,
    pub jitter: Duration,
    /// How many of 100 answers are a 500.
    pub error_percent: u32,
    pub warm_up: Option<WarmUp>,
    /// How many requests it works on at a time; 0 for no limit. Others wait.
    pub workers: u32,
    /// Headers of every answer; `Set-Cookie` is kept by clients.
    pub headers: Vec<(Text, Text)>,
    pub answers: Vec<Answer>,
    /// The code for any other path.
    pub otherwise: u16,
    /// It is a shell: it ends at once where nobody holds its input open, and runs what is typed where somebody does.
    pub shell: bool,
    /// It ends by itself after this long with this code.
    pub exit: Option<(Duration, i32)>,
    /// What it writes, and when.
    pub lines: Vec<(Duration, Text)>,
    /// What it writes again and again.
    pub every: Option<(Duration, Text)>,
    /// How long it goes on listening after SIGTERM before it stops.
    pub drain: Duration,
    pub stop: Stop,
    /// The world's part that runs in it: `coredns`; empty for none.
    pub component: Text,
    /// Memory that it uses at rest, and more for each request that it works on; 0 where memory is no matter.
    pub memory_kib: u64,
    pub request_kib: u64,
}

impl Default for Program {
    /// A plain server: `/` answers 200, anything else 404; it stops at once.
    fn default() -> Program {
        let body = Text::new_static("ok\n");
        let answer = Answer { path: Text::new_static("/"), code: 200, body, latency: None, calls: Vec::new(), bytes: 0 };
        Program {
            ports: Vec::new(),
            ready_after: Duration::ZERO,
            latency: Duration::millis(2),
            jitter: Duration::ZERO,
            error_percent: 0,
            warm_up: None,
            workers: 0,
            headers: Vec::new(),
            answers: vec![answer],
            otherwise: 404,
            shell: false,
            exit: None,
            lines: Vec::new(),
            every: None,
            drain: Duration::ZERO,
            stop: Stop::After(Duration::millis(30)),
            component: Text::default(),
            memory_kib: 0,
            request_kib: 0,
        }
    }
}

impl Program {
    /// Reads the `program` part of an image's data file; what is not said stays as in a plain server.
    ///
    /// Keys: `ports`, `ready_after_ms`, `latency_ms`, `jitter_ms`, `error_percent`, `warm_up` (`requests`, `times`),
    /// `workers`, `headers` (a map), `answers` (`path`, `code`, `body`, `latency_ms`, `calls`, `bytes`), `otherwise`
    /// (a code), `exit` (`after_ms`, `code`), `lines` (text, or `after_ms` and `text`), `every` (`after_ms`, `text`),
    /// `drain_ms`, `stop_ms`, or `stop: ignores`, or `stop: at-once`, `component`, `memory_mib`, `request_kib`, `shell: true`.
    pub fn parse(data: &Tree) -> Program {
        let plain = Program::default();
        let millis = |key: &str| data.get(key).as_int().map(|ms| Duration::millis(ms.max(0) as u64));
        let count = |tree: &Tree, key: &str, usual: i64| tree.get(key).int_or(usual).max(0) as u32;
        let header = |(name, value): (&Text, &Tree)| (name.clone(), Text::new(value.text()));
        let warm = data.get("warm_up");
        Program {
            ports: data.get("ports").items().iter().filter_map(|port| u16::try_from(port.as_int()?).ok()).collect(),
            ready_after: millis("ready_after_ms").unwrap_or(plain.ready_after),
            latency: millis("latency_ms").unwrap_or(plain.latency),
            jitter: millis("jitter_ms").unwrap_or(plain.jitter),
            error_percent: count(data, "error_percent", 0),
            warm_up: (!warm.is_null()).then(|| WarmUp { requests: count(warm, "requests", 20), times: count(warm, "times", 5).max(1) }),
            workers: count(data, "workers", 0),
            headers: data.get("headers").entries().map(header).collect(),
            answers: if data.has("answers") { data.get("answers").items().iter().map(answer).collect() } else { plain.answers },
            otherwise: data.get("otherwise").as_int().map_or(plain.otherwise, |code| code as u16),
            shell: data.get("shell").is_true(),
            exit: data.has("exit").then(|| exit(data.get("exit"))).or(data.get("shell").is_true().then_some((Duration::ZERO, 0))),
            lines: data.get("lines").items().iter().map(line).collect(),
            every: data.has("every").then(|| line(data.get("every"))),
            drain: millis("drain_ms").unwrap_or(plain.drain),
            stop: match data.get("stop").text() {
                "ignores" => Stop::Ignores,
                "at-once" => Stop::AtOnce,
                _ => millis("stop_ms").map_or(plain.stop, Stop::After),
            },
            component: Text::new(data.get("component").text()),
            memory_kib: u64::from(count(data, "memory_mib", 0)) * 1024,
            request_kib: u64::from(count(data, "request_kib", 0)),
        }
    }

    /// The answer for `path`, without its query. `None`: `otherwise`, with an empty body.
    pub fn answer(&self, path: &str) -> Option<&Answer> {
        let bare = path.split('?').next().unwrap_or("/");
        let fits = |answer: &&Answer| match answer.path.strip_suffix("/*") {
            Some(folder) => bare.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            None => answer.path == bare,
        };
        self.answers.iter().find(fits)
    }

    /// How many times slower request number `served` (from 0) is than usual, in thousandths.
    pub fn warmth(&self, served: u32) -> u64 {
        match self.warm_up {
            Some(warm) if served < warm.requests => {
                1_000 + 1_000 * u64::from(warm.times - 1) * u64::from(warm.requests - served) / u64::from(warm.requests)
            }
            _ => 1_000,
        }
    }
}

fn answer(data: &Tree) -> Answer {
    let call = |item: &Tree| Url::parse(item.text()).map(|url| Arc::new(Ask { limit: Duration::secs(10), ..Ask::get(url) }));
    Answer {
        path: Text::new(data.get("path").text()),
        code: data.get("code").int_or(200) as u16,
        body: data.get("body").as_text().cloned().unwrap_or_default(),
        latency: data.get("latency_ms").as_int().map(|ms| Duration::millis(ms.max(0) as u64)),
        calls: data.get("calls").items().iter().filter_map(call).collect(),
        bytes: data.get("bytes").int_or(0).max(0) as u64,
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    #[test]
    fn the_first_requests_are_slower_and_paths_may_end_in_a_star() {
        let data = map! {
            "warm_up": map! {"requests": 4, "times": 5},
            "answers": list![map! {"path": "/api/*", "body": "x", "calls": list!["http://cart:8080/"]}],
        };
        let program = Program::parse(&data);
        assert_eq!([0, 2, 4, 900].map(|served| program.warmth(served)), [5_000, 3_000, 1_000, 1_000]);
        assert!(program.answer("/api/x?y=1").is_some_and(|answer| answer.calls[0].url.host == "cart"));
        assert!(program.answer("/apix").is_none() && program.answer("/api").is_some());
    }
}

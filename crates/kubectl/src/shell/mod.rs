//! The learner's terminal: lines in, effects out. Holds the running job and what outlives it.
mod builtin;
mod complete;
mod hangul;
mod run;
mod weave;

use crate::job::{Io, News, Stdin, Stop, Tape};
use crate::pen::Chunk;
use crate::session::Session;
use ::shell::{Script, Trouble};
use objects::wire::{Request, Response, WatchEvent};
pub(crate) use run::Leave;
use simcore::Time;
use std::collections::VecDeque;
pub(crate) use weave::Weave;

pub use complete::{Completion, finish};
pub use hangul::to_latin;

/// Runs a line inside a command (the editor that `kubectl edit` was told to use) and gives its exit code.
pub(crate) fn line(text: &str, io: &mut Io) -> Result<u8, Stop> {
    match ::shell::parse(text) {
        Ok(script) => run::script(&script, io),
        Err(_) => Ok(2),
    }
}

/// What the terminal wants its host to do.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "short-lived: handed over and consumed")]
pub enum Effect {
    Print {
        text: String,
        err: bool,
    },
    /// Send this and call `reply` with the answer. After a `Body::Watch` answer: call `watched`. For a followed log
    /// (`follow=true`) call `streamed` with its text from the start; the text of its answer is not printed.
    Send {
        ticket: u64,
        request: Request,
    },
    CloseWatch {
        ticket: u64,
    },
    /// Call `woken` at this instant.
    WakeAt(Time),
    /// Open the editor and call `edited`.
    Edit {
        file: String,
        text: String,
    },
    /// Wipe the screen.
    Clear,
    FilesChanged,
    /// The line is done.
    Done {
        code: u8,
    },
}

/// The terminal. A plain value.
#[derive(Clone, Debug, PartialEq)]
pub struct Shell {
    session: Session,
    job: Option<Job>,
    /// Lines typed while a job ran.
    queue: VecDeque<String>,
    /// Lines of a command that is not finished (open quote, here-document).
    unfinished: String,
    /// Files that the host wrote while a job ran; `None` for a removed one.
    late: Vec<(String, Option<String>)>,
    next_ticket: u64,
}

/// A line at work.
#[derive(Clone, Debug, PartialEq)]
struct Job {
    script: Script,
    tape: Tape,
    shown: usize,
    /// The terminal as it was at the start: each re-run begins with it.
    before: Session,
    /// The terminal as it is after the part that has run: what remains when the job is interrupted.
    after: Session,
}

impl Shell {
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Shell {
        Shell {
            session: Session::new(files),
            job: None,
            queue: VecDeque::new(),
            unfinished: String::new(),
            late: Vec::new(),
            next_ticket: 1,
        }
    }

    /// With what `kubectl apply -f URL` finds on the Internet: how the address ends, and the text.
    pub fn with_manifests(mut self, manifests: &'static [(&'static str, &'static str)]) -> Shell {
        self.session.manifests = manifests;
        self
    }

    /// A typed line, or several. While a job runs it becomes the job's input or waits for its end.
    pub fn enter(&mut self, now: Time, line: &str) -> Vec<Effect> {
        if let Some(job) = &mut self.job {
            if job.tape.typed(now, Some(line.to_string())) {
                return self.advance(now);
            }
            self.queue.push_back(line.to_string());
            return Vec::new();
        }
        let mut effects = self.start(now, line);
        effects.extend(self.drain(now));
        effects
    }

    /// Ctrl+D: the end of what is typed into a job; drops an unfinished command.
    pub fn end_of_input(&mut self, now: Time) -> Vec<Effect> {
        let taken = self.job.as_mut().is_some_and(|job| job.tape.typed(now, None));
        if taken { self.advance(now) } else { Vec::new() }
    }

    fn start(&mut self, now: Time, line: &str) -> Vec<Effect> {
        if self.unfinished.is_empty() {
            if let Some(latin) = hangul::rescue(line) {
                let text = format!(
                    "{line}: that is \"{latin}\" typed on the Korean layout (두벌식).\nPress the Han/Eng key, or enter:\n  {latin}\n"
                );
                return vec![Effect::Print { text, err: true }, Effect::Done { code: 127 }];
            }
            self.unfinished = line.to_string();
        } else {
            self.unfinished = format!("{}\n{line}", self.unfinished);
        }
        let script = match ::shell::parse(&self.unfinished) {
            Err(Trouble::Unfinished) => return Vec::new(),
            parsed => parsed,
        };
        let typed = std::mem::take(&mut self.unfinished);
        if !typed.trim().is_empty() {
            std::sync::Arc::make_mut(&mut self.session.history).push(typed);
        }
        match script {
            Ok(script) => {
                let tape = Tape::new(now, self.next_ticket);
                self.job = Some(Job { script, tape, shown: 0, before: self.session.clone(), after: self.session.clone() });
                self.advance(now)
            }
            Err(Trouble::Wrong(words)) => vec![Effect::Print { text: format!("{words}\n"), err: true }, Effect::Done { code: 2 }],
            Err(Trouble::Unfinished) => Vec::new(),
        }
    }

    /// Starts waiting lines until one has to wait itself.
    fn drain(&mut self, now: Time) -> Vec<Effect> {
        let mut effects = Vec::new();
        while self.job.is_none() {
            let Some(line) = self.queue.pop_front() else { break };
            effects.extend(self.start(now, &line));
        }
        effects
    }

    /// Runs the job again from its start, shows what is new, and commits it when it has ended.
    fn advance(&mut self, now: Time) -> Vec<Effect> {
        let Some(mut job) = self.job.take() else { return Vec::new() };
        job.tape.rewind();
        let mut session = job.before.clone();
        let mut io = Io::new(&mut session, &mut job.tape, Stdin::Terminal);
        let verdict = run::script(&job.script, &mut io);
        let mut pen = std::mem::take(&mut io.pen);
        if let Err(Stop::Fail { text, .. }) = &verdict {
            pen.err(&format!("{text}\n"));
        }
        let mut effects = shown(pen.after(job.shown));
        job.shown = pen.len();
        effects.append(&mut job.tape.effects);
        self.next_ticket = job.tape.next_ticket();
        match verdict {
            Err(Stop::Wait) => {
                job.after = session;
                self.job = Some(job);
            }
            Ok(_) | Err(_) => {
                let code = match verdict {
                    Ok(code) | Err(Stop::Fail { code, .. }) => code,
                    Err(_) => 1,
                };
                effects.extend(job.tape.close_all());
                effects.extend(self.commit(session, code));
                effects.extend(self.drain(now));
            }
        }
        effects
    }

    fn commit(&mut self, session: Session, code: u8) -> Vec<Effect> {
        let changed = !session.same_files(&self.session);
        self.session = session;
        self.session.last_code = code;
        for (name, text) in std::mem::take(&mut self.late) {
            self.write(&name, text);
        }
        let files = changed.then_some(Effect::FilesChanged);
        files.into_iter().chain([Effect::Done { code }]).collect()
    }

    /// The answer to a `Send`. An answer nobody waits for is dropped.
    pub fn reply(&mut self, now: Time, ticket: u64, response: Response) -> Vec<Effect> {
        let taken = self.job.as_mut().is_some_and(|job| job.tape.reply(now, ticket, response));
        if taken { self.advance(now) } else { Vec::new() }
    }

    /// Events of a watch that a `Send` opened; `closed` when no more will come.
    pub fn watched(&mut self, now: Time, ticket: u64, events: Vec<WatchEvent>, closed: bool) -> Vec<Effect> {
        let news = events.into_iter().map(News::Event).chain(closed.then_some(News::Closed)).collect();
        self.deliver(now, ticket, news)
    }

    /// More text of a followed log.
    pub fn streamed(&mut self, now: Time, ticket: u64, text: &str, closed: bool) -> Vec<Effect> {
        let more = (!text.is_empty()).then(|| News::Text(text.to_string()));
        self.deliver(now, ticket, more.into_iter().chain(closed.then_some(News::Closed)).collect())
    }

    fn deliver(&mut self, now: Time, ticket: u64, news: Vec<News>) -> Vec<Effect> {
        let taken = !news.is_empty() && self.job.as_mut().is_some_and(|job| job.tape.deliver(now, ticket, news));
        if taken { self.advance(now) } else { Vec::new() }
    }

    /// The instant of a `WakeAt` has come.
    pub fn woken(&mut self, now: Time) -> Vec<Effect> {
        let taken = self.job.as_mut().is_some_and(|job| job.tape.woken(now));
        if taken { self.advance(now) } else { Vec::new() }
    }

    /// The editor was closed; `None` without saving.
    pub fn edited(&mut self, now: Time, text: Option<String>) -> Vec<Effect> {
        let taken = self.job.as_mut().is_some_and(|job| job.tape.edited(now, text));
        if taken { self.advance(now) } else { Vec::new() }
    }

    /// Ctrl+C: ends the job (code 130), or drops the unfinished command.
    pub fn interrupt(&mut self, _now: Time) -> Vec<Effect> {
        self.queue.clear();
        self.unfinished.clear();
        let mut effects = vec![Effect::Print { text: "^C\n".into(), err: true }];
        if let Some(mut job) = self.job.take() {
            effects.extend(job.tape.close_all());
            effects.extend(self.commit(job.after, 130));
        }
        effects
    }

    /// Whether a job runs.
    pub fn busy(&self) -> bool {
        self.job.is_some()
    }

    /// Whether the job reads the keyboard now.
    pub fn reads(&self) -> bool {
        self.job.as_ref().is_some_and(|job| job.tape.reads())
    }

    /// `$ `, or `> ` inside an unfinished command.
    pub fn prompt(&self) -> &'static str {
        if self.unfinished.is_empty() { "$ " } else { "> " }
    }

    /// What can stand at the cursor (a byte offset into `line`).
    pub fn complete(&self, line: &str, cursor: usize) -> Completion {
        complete::complete(&self.session, line, cursor)
    }

    pub fn file(&self, name: &str) -> Option<&str> {
        self.session.file(name)
    }

    /// Names of all files, sorted.
    pub fn files(&self) -> Vec<&str> {
        self.session.files().keys().map(String::as_str).collect()
    }

    /// Writes a file, as the editor pane does. A running job goes on with the files it started with.
    pub fn set_file(&mut self, name: &str, text: impl Into<String>) {
        self.put(name, Some(text.into()));
    }

    pub fn remove_file(&mut self, name: &str) {
        self.put(name, None);
    }

    fn put(&mut self, name: &str, text: Option<String>) {
        if self.busy() {
            self.late.push((name.to_string(), text.clone()));
        }
        self.write(name, text);
    }

    fn write(&mut self, name: &str, text: Option<String>) {
        match text {
            Some(text) => self.session.set_file(name, text),
            None => drop(self.session.remove_file(name)),
        }
    }

    /// Lines entered, oldest first.
    pub fn history(&self) -> &[String] {
        &self.session.history
    }

    /// The current namespace of the current context.
    pub fn namespace(&self) -> &str {
        let context = self.session.config.contexts.get(&self.session.config.current);
        context.map(|context| context.namespace.as_str()).filter(|name| !name.is_empty()).unwrap_or("default")
    }

    /// Puts another kubeconfig in place.
    pub fn set_kubeconfig(&mut self, config: crate::session::Config) {
        self.session.config = config;
    }

    /// Leaves it to whoever carries the requests which server answers: a kubeconfig lies elsewhere, on a server.
    pub fn leave_home(&mut self) {
        self.session.config.home.clear();
    }

    /// Sets the namespace of the current context, as a lesson's start does.
    pub fn set_namespace(&mut self, name: &str) {
        let current = self.session.config.current.clone();
        self.session.config.contexts.entry(current).or_default().namespace = name.to_string();
    }
}

fn shown(chunks: Vec<Chunk>) -> Vec<Effect> {
    let effect = |chunk| match chunk {
        Chunk::Out(text) => Effect::Print { text, err: false },
        Chunk::Err(text) => Effect::Print { text, err: true },
        _ => Effect::Clear,
    };
    // `Pen::after` gives no `Shown`.
    chunks.into_iter().map(effect).collect()
}

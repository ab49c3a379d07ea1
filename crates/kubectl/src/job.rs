//! A running command line: what it has been told so far, and the `Io` through which straight-line code asks.
//!
//! A command is run again from its start whenever an answer arrives. `Io` hands out the recorded answers in order;
//! the first question without one is noted, and `Stop::Wait` travels up through `?`.
use crate::pen::Pen;
pub use crate::refusal::{server_words, server_words_about};
use crate::session::Session;
use crate::shell::Effect;
use objects::Tree;
use objects::wire::{Request, Response, WatchEvent};
use simcore::Time;

/// Why a command did not run to its end.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// Something asked for has not come yet; the command will be run again.
    Wait,
    /// Whoever read what it printed has ended: it is over, as by SIGPIPE.
    Cut,
    /// It failed; `text` goes to standard error (a newline is added when it lacks one, nothing when empty).
    Fail { code: u8, text: String },
}

impl Stop {
    /// `error: {text}`, exit code 1.
    pub fn error(text: impl AsRef<str>) -> Stop {
        Stop::Fail { code: 1, text: format!("error: {}", text.as_ref()) }
    }

    /// `text` as is, exit code 1.
    pub fn plain(text: impl Into<String>) -> Stop {
        Stop::Fail { code: 1, text: text.into() }
    }

    /// The words for an answer that is not in the 200s: `Error from server (NotFound): pods "x" not found`.
    pub fn server(response: &Response) -> Stop {
        Stop::plain(server_words(response))
    }
}

/// What a step of a follow wants next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flow {
    /// Wait for more news.
    More,
    /// Wait for more news, and be woken at this instant at the latest.
    WakeAt(Time),
    /// Enough: the connections are closed and `follow` returns the state.
    Done,
}

/// One thing that arrived on a follow.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// The answer that opened (or refused) connection number `source`. Of a followed log only its code counts:
    /// the text comes as `Text`, from the start, and may even overtake this answer.
    Opened(Response),
    Event(WatchEvent),
    /// More text of a followed log.
    Text(String),
    /// The server closed connection number `source`.
    Closed,
    /// The instant of the last `WakeAt` has come.
    Woken,
}

/// News with its source (index into the requests) and instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    pub source: usize,
    pub at: Time,
    pub news: News,
}

#[derive(Clone, Debug, PartialEq)]
enum Entry {
    Sent {
        ticket: u64,
        at: Time,
        answer: Option<Response>,
    },
    Follow(Follow),
    Sleep {
        until: Time,
        at: Option<Time>,
    },
    Edit {
        at: Time,
        answer: Option<Option<String>>,
    },
    Line {
        at: Time,
        answer: Option<Option<String>>,
    },
    /// Here the left side of the pipe number `pipe` was ended; what its last question had printed is kept.
    Cut {
        pipe: usize,
        at: Time,
        said: Pen,
    },
    /// Rounds of a loop that are over: what they printed is kept, what they asked is forgotten.
    Rounds {
        at: Time,
        over: u64,
        said: Pen,
    },
}

/// News is folded into `state` as it comes and not kept, so a long follow costs the same for each event.
#[derive(Clone, Debug, PartialEq)]
struct Follow {
    tickets: Vec<u64>,
    open: Vec<bool>,
    /// Whether the answer that opens (or refuses) a connection has come; news may overtake it.
    answered: Vec<bool>,
    inbox: Vec<Incoming>,
    state: Tree,
    said: Pen,
    wake: Option<Time>,
    at: Time,
    done: bool,
}

/// The answers so far, and the place in them of the current run. A plain value.
#[derive(Clone, Debug, PartialEq)]
pub struct Tape {
    entries: Vec<Entry>,
    cursor: usize,
    clock: Time,
    started: Time,
    next_ticket: u64,
    /// While the left side of a pipe waits, the right side may not ask anything.
    pub(crate) blocked: bool,
    /// How many pipelines the current command stands in.
    pub(crate) pipes: usize,
    /// In which order the commands of each pipeline came to print.
    pub(crate) woven: crate::shell::Weave,
    pub(crate) effects: Vec<Effect>,
    /// How the lists of commands under way are left, and how many rounds their loops took.
    pub(crate) leave: Option<crate::shell::Leave>,
    pub(crate) rounds: u32,
}

impl Tape {
    pub(crate) fn new(now: Time, next_ticket: u64) -> Tape {
        Tape {
            entries: Vec::new(),
            cursor: 0,
            clock: now,
            started: now,
            next_ticket,
            blocked: false,
            pipes: 0,
            woven: Default::default(),
            leave: None,
            rounds: 0,
            effects: Vec::new(),
        }
    }

    pub(crate) fn next_ticket(&self) -> u64 {
        self.next_ticket
    }

    pub(crate) fn rewind(&mut self) {
        self.cursor = 0;
        self.clock = self.started;
        self.blocked = false;
        self.pipes = 0;
        self.woven.rewind();
        (self.leave, self.rounds) = (None, 0);
    }

    fn ticket(&mut self) -> u64 {
        self.next_ticket += 1;
        self.next_ticket - 1
    }

    pub(crate) fn reply(&mut self, now: Time, ticket: u64, response: Response) -> bool {
        for entry in &mut self.entries {
            match entry {
                Entry::Sent { ticket: t, at, answer } if *t == ticket && answer.is_none() => {
                    (*at, *answer) = (now, Some(response));
                    return true;
                }
                Entry::Follow(follow) if !follow.done => {
                    if let Some(source) = follow.tickets.iter().position(|t| *t == ticket) {
                        follow.open[source] &= response.is_ok();
                        follow.answered[source] = true;
                        follow.inbox.push(Incoming { source, at: now, news: News::Opened(response) });
                        return true;
                    }
                }
                _ => {}
            }
        }
        false
    }

    /// Puts news into the follow that holds `ticket`. False when nobody waits for it.
    pub(crate) fn deliver(&mut self, now: Time, ticket: u64, news: Vec<News>) -> bool {
        for entry in &mut self.entries {
            if let Entry::Follow(follow) = entry
                && !follow.done
                && let Some(source) = follow.tickets.iter().position(|t| *t == ticket)
            {
                if news.contains(&News::Closed) {
                    follow.open[source] = false;
                }
                follow.inbox.extend(news.into_iter().map(|news| Incoming { source, at: now, news }));
                return true;
            }
        }
        false
    }

    pub(crate) fn woken(&mut self, now: Time) -> bool {
        match self.entries.last_mut() {
            Some(Entry::Sleep { until, at }) if at.is_none() && *until <= now => {
                *at = Some(now);
                true
            }
            Some(Entry::Follow(follow)) if !follow.done && follow.wake.is_some_and(|wake| wake <= now) => {
                follow.wake = None;
                follow.inbox.push(Incoming { source: 0, at: now, news: News::Woken });
                true
            }
            _ => false,
        }
    }

    pub(crate) fn edited(&mut self, now: Time, text: Option<String>) -> bool {
        match self.entries.last_mut() {
            Some(Entry::Edit { at, answer }) if answer.is_none() => {
                (*at, *answer) = (now, Some(text));
                true
            }
            _ => false,
        }
    }

    /// Gives a typed line (or the end of input) to a command that reads the keyboard.
    pub(crate) fn typed(&mut self, now: Time, line: Option<String>) -> bool {
        match self.entries.last_mut() {
            Some(Entry::Line { at, answer }) if answer.is_none() => {
                (*at, *answer) = (now, Some(line));
                true
            }
            _ => false,
        }
    }

    /// Whether it waits for a line from the keyboard.
    pub(crate) fn reads(&self) -> bool {
        matches!(self.entries.last(), Some(Entry::Line { answer: None, .. }))
    }

    /// Ends the command that listens at the end of the tape: nobody reads it any more. It ends there on every further
    /// run. False for one that waits for something else: what it has begun is done to its end.
    pub(crate) fn cut(&mut self, pipe: usize) -> bool {
        let at = self.clock;
        let Some(last) = self.entries.last_mut() else { return false };
        let Entry::Follow(follow) = last else { return false };
        self.effects.extend(follow.close());
        let said = std::mem::take(&mut follow.said);
        *last = Entry::Cut { pipe, at, said };
        self.cursor = self.entries.len();
        true
    }

    /// Goes on behind the place where a left side of this pipe was ended. False when it was another pipe's.
    pub(crate) fn pass_cut(&mut self, pipe: usize) -> bool {
        let here = matches!(self.entries.get(self.cursor), Some(Entry::Cut { pipe: ended, .. }) if *ended == pipe);
        self.cursor += usize::from(here);
        here
    }

    /// Closes what is still open: the command is over.
    pub(crate) fn close_all(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for entry in &mut self.entries {
            if let Entry::Follow(follow) = entry {
                effects.extend(follow.close());
            }
        }
        effects
    }
}

impl Follow {
    fn close(&mut self) -> Vec<Effect> {
        let open = std::mem::take(&mut self.open);
        self.done = true;
        self.wake = None;
        let live = self.tickets.iter().zip(open).filter(|(_, open)| *open);
        live.map(|(ticket, _)| Effect::CloseWatch { ticket: *ticket }).collect()
    }
}

/// What a command reads.
#[derive(Clone, Debug, PartialEq)]
pub enum Stdin {
    /// The learner's keyboard.
    Terminal,
    /// A pipe, a file or a here-document; `more` while the writer is still running.
    Text { text: String, more: bool },
}

/// A command's hands and eyes. Every method gives the same on each re-run.
pub struct Io<'a> {
    pub session: &'a mut Session,
    pub(crate) tape: &'a mut Tape,
    pub(crate) stdin: Stdin,
    pub(crate) pen: Pen,
    /// Whether the output goes into a pipe, a file or a substitution: then no text of it may be forgotten.
    pub(crate) captured: bool,
    /// Whether the command runs behind `&`.
    pub background: bool,
    /// What every request is answered with where the kubeconfig leads to no server, or as nobody.
    pub turned_away: Option<Response>,
    warned: Vec<String>,
}

impl<'a> Io<'a> {
    pub(crate) fn new(session: &'a mut Session, tape: &'a mut Tape, stdin: Stdin) -> Io<'a> {
        Io { session, tape, stdin, pen: Pen::default(), captured: false, background: false, turned_away: None, warned: Vec::new() }
    }

    /// Runs `part` with its own input and its own pen, on the same tape. Gives what it printed.
    pub fn within<T>(&mut self, stdin: Stdin, part: impl FnOnce(&mut Io) -> T) -> (T, Pen) {
        let (captured, background, turned_away) = (self.captured, self.background, self.turned_away.clone());
        let mut inner = Io::new(self.session, self.tape, stdin);
        (inner.captured, inner.background) = (captured, background);
        inner.turned_away.clone_from(&turned_away);
        let result = part(&mut inner);
        (result, inner.pen)
    }

    /// `within` for output that does not go straight to the screen.
    pub fn within_captured<T>(&mut self, stdin: Stdin, part: impl FnOnce(&mut Io) -> T) -> (T, Pen) {
        let outer = std::mem::replace(&mut self.captured, true);
        let done = self.within(stdin, part);
        self.captured = outer;
        done
    }

    pub fn out(&mut self, text: impl AsRef<str>) {
        self.pen.out(text.as_ref());
    }

    pub fn err(&mut self, text: impl AsRef<str>) {
        self.pen.err(text.as_ref());
    }

    /// Wipes the screen.
    pub fn clear(&mut self) {
        self.pen.clear();
    }

    /// Whether there is anybody to ask, and anybody to hear it.
    fn may_ask(&mut self) -> Result<(), Stop> {
        if self.tape.blocked {
            return Err(Stop::Wait);
        }
        if let Some(Entry::Cut { at, said, .. }) = self.tape.entries.get(self.tape.cursor) {
            self.tape.clock = *at;
            self.pen.append(said);
            return Err(Stop::Cut);
        }
        Ok(())
    }

    /// The instant of the last consumed answer (at first: when the line was entered).
    pub fn now(&self) -> Time {
        self.tape.clock
    }

    /// Sends a request and gives its answer, whatever its code. Warnings go to standard error, each once.
    pub fn send(&mut self, request: Request) -> Result<Response, Stop> {
        self.may_ask()?;
        if let Some(answer) = &self.turned_away {
            return Ok(answer.clone());
        }
        match self.tape.entries.get(self.tape.cursor) {
            Some(Entry::Sent { at, answer: Some(response), .. }) => {
                let response = response.clone();
                self.tape.clock = *at;
                self.tape.cursor += 1;
                self.warn(&response);
                Ok(response)
            }
            Some(Entry::Sent { .. }) => Err(Stop::Wait),
            Some(_) => Err(strayed()),
            None => {
                let ticket = self.tape.ticket();
                self.tape.entries.push(Entry::Sent { ticket, at: self.tape.clock, answer: None });
                self.tape.effects.push(Effect::Send { ticket, request });
                Err(Stop::Wait)
            }
        }
    }

    /// `send` without printing the answer's warnings: for answers that use them for something else.
    pub fn send_unwarned(&mut self, request: Request) -> Result<Response, Stop> {
        let known = self.warned.clone();
        let before = self.pen.clone();
        let response = self.send(request)?;
        (self.warned, self.pen) = (known, before);
        Ok(response)
    }

    /// Sends a request and gives the JSON of its answer; a failed one stops the command with the server's words.
    pub fn fetch(&mut self, request: Request) -> Result<Tree, Stop> {
        let response = self.send(request)?;
        if response.is_ok() { Ok(response.tree().clone()) } else { Err(Stop::server(&response)) }
    }

    fn warn(&mut self, response: &Response) {
        for warning in &response.warnings {
            if !self.warned.contains(warning) {
                self.warned.push(warning.clone());
                self.pen.err(&format!("Warning: {warning}\n"));
            }
        }
    }

    /// Opens connections (watches, followed logs) and folds their news into `start`, one by one and once each.
    /// `step` prints on the pen it is given. Returns the state after `Flow::Done`. `wake` is a first instant to be woken at.
    /// When every connection is closed and `step` still wants more without a wake, the follow ends too.
    pub fn follow(
        &mut self,
        requests: Vec<Request>,
        wake: Option<Time>,
        start: Tree,
        mut step: impl FnMut(&mut Tree, &Incoming, &mut Pen) -> Flow,
    ) -> Result<Tree, Stop> {
        self.may_ask()?;
        let cursor = self.tape.cursor;
        if cursor == self.tape.entries.len() {
            self.open_follow(requests, wake, start);
        }
        let Some(Entry::Follow(follow)) = self.tape.entries.get_mut(cursor) else { return Err(strayed()) };
        if !self.captured {
            // What an earlier run printed is on the screen; a long follow need not carry it along.
            follow.said.forget();
        }
        for incoming in std::mem::take(&mut follow.inbox) {
            if follow.done {
                break;
            }
            follow.at = incoming.at;
            match step(&mut follow.state, &incoming, &mut follow.said) {
                Flow::More => {}
                Flow::WakeAt(instant) => {
                    follow.wake = Some(instant);
                    self.tape.effects.push(Effect::WakeAt(instant));
                }
                Flow::Done => self.tape.effects.extend(follow.close()),
            }
        }
        if !follow.done && follow.wake.is_none() && !follow.open.contains(&true) && !follow.answered.contains(&false) {
            follow.done = true;
        }
        self.pen.append(&follow.said);
        if !follow.done {
            return Err(Stop::Wait);
        }
        self.tape.clock = follow.at;
        self.tape.cursor += 1;
        Ok(follow.state.clone())
    }

    fn open_follow(&mut self, requests: Vec<Request>, wake: Option<Time>, start: Tree) {
        let tickets: Vec<u64> = requests.iter().map(|_| self.tape.ticket()).collect();
        let sends = tickets.iter().zip(requests).map(|(ticket, request)| Effect::Send { ticket: *ticket, request });
        self.tape.effects.extend(sends.collect::<Vec<_>>());
        self.tape.effects.extend(wake.map(Effect::WakeAt));
        let (open, answered) = (vec![true; tickets.len()], vec![false; tickets.len()]);
        let (at, said) = (self.tape.clock, Pen::default());
        self.tape.entries.push(Entry::Follow(Follow {
            tickets,
            open,
            answered,
            inbox: Vec::new(),
            state: start,
            said,
            wake,
            at,
            done: false,
        }));
    }

    /// Goes on at this instant (at once when it has passed).
    pub fn sleep_until(&mut self, until: Time) -> Result<(), Stop> {
        self.may_ask()?;
        match self.tape.entries.get(self.tape.cursor) {
            Some(Entry::Sleep { at: Some(at), .. }) => {
                self.tape.clock = *at;
                self.tape.cursor += 1;
                Ok(())
            }
            Some(Entry::Sleep { .. }) => Err(Stop::Wait),
            Some(_) => Err(strayed()),
            None if until <= self.tape.clock => {
                self.tape.entries.push(Entry::Sleep { until, at: Some(self.tape.clock) });
                self.tape.cursor += 1;
                Ok(())
            }
            None => {
                self.tape.entries.push(Entry::Sleep { until, at: None });
                self.tape.effects.push(Effect::WakeAt(until));
                Err(Stop::Wait)
            }
        }
    }

    /// Opens the learner's editor on `text`. `None`: closed without saving.
    pub fn edit(&mut self, file: &str, text: &str) -> Result<Option<String>, Stop> {
        self.may_ask()?;
        match self.tape.entries.get(self.tape.cursor) {
            Some(Entry::Edit { at, answer: Some(answer) }) => {
                let answer = answer.clone();
                self.tape.clock = *at;
                self.tape.cursor += 1;
                Ok(answer)
            }
            Some(Entry::Edit { .. }) => Err(Stop::Wait),
            Some(_) => Err(strayed()),
            None => {
                self.tape.entries.push(Entry::Edit { at: self.tape.clock, answer: None });
                self.tape.effects.push(Effect::Edit { file: file.to_string(), text: text.to_string() });
                Err(Stop::Wait)
            }
        }
    }

    /// All of standard input. From the keyboard: up to the end of input (Ctrl+D).
    pub fn read_all(&mut self) -> Result<String, Stop> {
        match &self.stdin {
            Stdin::Text { more: true, .. } => Err(Stop::Wait),
            Stdin::Text { text, .. } => Ok(text.clone()),
            Stdin::Terminal => {
                let mut all = String::new();
                while let Some(line) = self.read_line()? {
                    all.push_str(&line);
                    all.push('\n');
                }
                Ok(all)
            }
        }
    }

    /// The whole lines of a pipe so far, and whether more may come. For filters that print as they read.
    pub fn read_so_far(&mut self) -> Result<(String, bool), Stop> {
        match &self.stdin {
            Stdin::Text { text, more: true } => Ok((text[..text.rfind('\n').map_or(0, |at| at + 1)].to_string(), true)),
            _ => Ok((self.read_all()?, false)),
        }
    }

    /// One line from the keyboard, without its newline; `None` at the end of input. From a pipe: its next line.
    pub fn read_line(&mut self) -> Result<Option<String>, Stop> {
        if let Stdin::Text { text, more } = &mut self.stdin {
            let Some(end) = text.find('\n').or((!*more && !text.is_empty()).then_some(text.len())) else {
                return if *more { Err(Stop::Wait) } else { Ok(None) };
            };
            let rest = text.split_off((end + 1).min(text.len()));
            let line = std::mem::replace(text, rest);
            return Ok(Some(line.trim_end_matches('\n').to_string()));
        }
        self.may_ask()?;
        match self.tape.entries.get(self.tape.cursor) {
            Some(Entry::Line { at, answer: Some(answer) }) => {
                let answer = answer.clone();
                self.tape.clock = *at;
                self.tape.cursor += 1;
                Ok(answer)
            }
            Some(Entry::Line { .. }) => Err(Stop::Wait),
            Some(_) => Err(strayed()),
            None => {
                self.tape.entries.push(Entry::Line { at: self.tape.clock, answer: None });
                Err(Stop::Wait)
            }
        }
    }

    /// Runs `round` for ever (its argument counts from 0) until it gives `Flow::Done`. What a finished round asked is forgotten,
    /// so an endless loop does not grow. A round must ask for something (a request, a sleep).
    pub fn rounds(&mut self, mut round: impl FnMut(&mut Io, u64) -> Result<Flow, Stop>) -> Result<(), Stop> {
        self.may_ask()?;
        let cursor = self.tape.cursor;
        let place = self.tape.woven.place();
        if cursor == self.tape.entries.len() {
            self.tape.entries.push(Entry::Rounds { at: self.tape.clock, over: 0, said: Pen::default() });
        }
        loop {
            let Some(Entry::Rounds { at, over, said }) = self.tape.entries.get(cursor) else { return Err(strayed()) };
            let (over, mut said) = (*over, said.clone());
            self.tape.clock = *at;
            self.tape.cursor = cursor + 1;
            let (result, pen) = self.within(self.stdin.clone(), |io| round(io, over));
            if result.is_ok() && !self.captured {
                said.forget();
            }
            let mut all = said;
            all.append(&pen);
            match result {
                Ok(Flow::Done) | Err(_) => {
                    self.pen.append(&all);
                    return result.map(|_| ());
                }
                Ok(_) => {
                    self.tape.woven.forget(&place);
                    self.tape.entries.truncate(cursor);
                    self.tape.entries.push(Entry::Rounds { at: self.tape.clock, over: over + 1, said: all });
                }
            }
        }
    }
}

/// A command that asks other questions on a re-run than before. It cannot go on; say so instead of mixing answers up.
fn strayed() -> Stop {
    Stop::plain("error: internal: this command lost its place; run it again, and please report the command")
}

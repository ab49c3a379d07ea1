//! The kubectl of one scenario: a shell of its own, before a world that others use at the same time.
use super::stage::Stage;
use apiserver::client::Ticket;
use kubectl::session::Config;
use kubectl::{Effect, Shell};
use objects::wire::{Body, Request, Target, Verb, WatchCursor};
use simcore::{Duration, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::task::Poll;

/// How long news of a watch is under way.
const LAG: Duration = Duration::millis(2);
/// How often a followed log is looked at.
const LOOK: Duration = Duration::millis(50);

/// What a command left behind.
#[derive(Debug, Default)]
pub struct Left {
    pub out: String,
    pub err: String,
    /// `None` when its time was over.
    pub code: Option<u8>,
}

pub struct Desk<'a> {
    stage: &'a Stage,
    shell: Shell,
    /// Requests that are out: the stage's ticket and the shell's.
    asked: BTreeMap<Ticket, u64>,
    watches: BTreeMap<u64, WatchCursor>,
    /// Followed logs, and how much of each was told.
    follows: BTreeMap<u64, (Request, usize)>,
    wakes: BTreeSet<Time>,
    /// The revision that open watches have heard of, and when they hear of a later one.
    heard: u64,
    next_look: Option<Time>,
    edit: Option<String>,
    left: Left,
}

impl<'a> Desk<'a> {
    pub fn new(stage: &'a Stage, files: &[(String, String)], config: Config) -> Desk<'a> {
        let mut shell = Shell::new(files.iter().cloned());
        shell.set_kubeconfig(config);
        Desk {
            stage,
            shell,
            asked: BTreeMap::new(),
            watches: BTreeMap::new(),
            follows: BTreeMap::new(),
            wakes: BTreeSet::new(),
            heard: 0,
            next_look: None,
            edit: None,
            left: Left::default(),
        }
    }

    /// Types a line and waits for its end, for at most until `limit`. `editor` changes a text that a command wants edited.
    pub async fn run(&mut self, line: &str, limit: Time, editor: impl Fn(&str) -> Option<String>) -> Left {
        let effects = self.shell.enter(self.stage.now(), line);
        self.carry_out(effects);
        poll_fn(|_| self.go_on(limit, &editor)).await;
        std::mem::take(&mut self.left)
    }

    fn go_on(&mut self, limit: Time, editor: &impl Fn(&str) -> Option<String>) -> Poll<()> {
        let now = self.stage.now();
        while self.shell.busy() {
            if now >= limit {
                let effects = self.shell.interrupt(now);
                self.carry_out(effects);
                self.left.code = None;
                break;
            }
            let effects = match self.edit.take() {
                Some(text) => self.shell.edited(now, editor(&text)),
                None => match self.news(now) {
                    Some(effects) => effects,
                    None => {
                        self.wait(limit);
                        return Poll::Pending;
                    }
                },
            };
            self.carry_out(effects);
        }
        Poll::Ready(())
    }

    /// The next thing that the shell has not been told; `None` when it knows everything.
    fn news(&mut self, now: Time) -> Option<Vec<Effect>> {
        let answered = self.asked.iter().find_map(|(ticket, own)| Some((*ticket, *own, self.stage.take(*ticket)?)));
        if let Some((ticket, own, response)) = answered {
            self.asked.remove(&ticket);
            if let Body::Watch(cursor) = &response.body {
                self.watches.insert(own, (**cursor).clone());
                self.next_look = Some(now);
            }
            return Some(self.shell.reply(now, own, response));
        }
        if self.wakes.first().is_some_and(|time| *time <= now) {
            self.wakes.pop_first();
            return Some(self.shell.woken(now));
        }
        if self.next_look.is_some_and(|time| time <= now) {
            self.next_look = None;
            return Some(self.look(now));
        }
        None
    }

    /// Reads on in all open watches and logs.
    fn look(&mut self, now: Time) -> Vec<Effect> {
        self.heard = self.stage.revision();
        let mut effects = Vec::new();
        let tickets: Vec<u64> = self.watches.keys().copied().collect();
        for ticket in tickets {
            let Some(cursor) = self.watches.get_mut(&ticket) else { continue };
            let polled = self.stage.world().api.poll(cursor);
            match polled {
                Ok(events) => effects.extend(self.shell.watched(now, ticket, events, false)),
                Err(_) => {
                    self.watches.remove(&ticket);
                    effects.extend(self.shell.watched(now, ticket, Vec::new(), true));
                }
            }
        }
        for (ticket, (request, offset)) in std::mem::take(&mut self.follows) {
            let Some((text, offset, ended)) = self.stage.world().follow(&request, offset) else { continue };
            if !ended {
                self.follows.insert(ticket, (request, offset));
            }
            effects.extend(self.shell.streamed(now, ticket, &text, ended));
        }
        effects
    }

    fn wait(&mut self, limit: Time) {
        self.stage.wants(limit);
        self.wakes.first().into_iter().for_each(|time| self.stage.wants(*time));
        if !self.watches.is_empty() {
            self.stage.wants_writes();
            if self.stage.revision() != self.heard && self.next_look.is_none() {
                self.next_look = Some(self.stage.now() + LAG);
            }
        }
        if !self.follows.is_empty() && self.next_look.is_none() {
            self.next_look = Some(self.stage.now() + LOOK);
        }
        self.next_look.into_iter().for_each(|time| self.stage.wants(time));
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Print { text, err } => if err { &mut self.left.err } else { &mut self.left.out }.push_str(&text),
                Effect::Send { ticket, request } => {
                    if follows_logs(&request) {
                        self.follows.insert(ticket, (request.clone(), 0));
                    }
                    self.asked.insert(self.stage.send(&request), ticket);
                }
                Effect::CloseWatch { ticket } => {
                    self.watches.remove(&ticket);
                    self.follows.remove(&ticket);
                }
                Effect::WakeAt(time) => drop(self.wakes.insert(time)),
                Effect::Edit { text, .. } => self.edit = Some(text),
                Effect::Clear => (self.left.out, self.left.err) = Default::default(),
                Effect::FilesChanged => {}
                Effect::Done { code } => {
                    self.left.code = Some(code);
                    (self.edit, self.next_look) = (None, None);
                    self.asked.clear();
                    self.watches.clear();
                    self.follows.clear();
                    self.wakes.clear();
                }
            }
        }
    }
}

fn follows_logs(request: &Request) -> bool {
    let is_log = matches!(&request.target, Target::Resource { subresource, .. } if subresource == "log");
    is_log && request.verb == Verb::Get && request.options.other.iter().any(|(key, value)| key == "follow" && value == "true")
}

//! Events on their way out: a queue with a client, and a rate limit, of its own.
use super::runner::signed;
use super::tickets::{Place, Tickets};
use apiserver::client::{Effects, Note, RateLimiter, Recorder};
use objects::Text;
use objects::wire::User;
use simcore::{OccurrenceId, Time};
use std::collections::VecDeque;

/// Notes that wait to be written as Events, one request after another.
#[derive(Clone, Debug)]
pub struct Telling {
    recorder: Recorder,
    limiter: RateLimiter,
    waiting: VecDeque<(Note, Option<OccurrenceId>)>,
}

impl Telling {
    pub fn new(source: &'static str, host: &str) -> Telling {
        let recorder = Recorder::new(source, Text::new(host));
        Telling { recorder, limiter: RateLimiter::new(20, 30), waiting: VecDeque::new() }
    }

    /// Takes a note, with `word` in its message replaced by `value`.
    pub fn tell(&mut self, mut note: Note, word: &str, value: &str, cause: Option<OccurrenceId>) {
        if !word.is_empty() && note.message.contains(word) {
            note.message = note.message.replace(word, value);
        }
        self.waiting.push_back((note, cause));
    }

    /// Sends as many as there are tokens for.
    pub fn flush(&mut self, now: Time, runner: usize, user: &User, actor: &'static str, tickets: &mut Tickets, fx: &mut Effects) {
        while !self.waiting.is_empty() {
            if let Err(time) = self.limiter.take(now) {
                fx.wake_at(time);
                return;
            }
            let Some((note, cause)) = self.waiting.pop_front() else { return };
            let request = signed(self.recorder.request(now, &note), user, actor, cause);
            fx.send(tickets.issue(Place::Event { runner }), request);
        }
    }
}

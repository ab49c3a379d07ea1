//! Events on their way out: a queue. Who has no client to share has a rate limit of its own here.
use super::runner::signed;
use super::tickets::{Place, Tickets};
use apiserver::client::{Effects, Note, RateLimiter, Recorder};
use objects::Text;
use objects::wire::{Request, User};
use simcore::{Duration, OccurrenceId, Time};
use std::collections::{BTreeMap, VecDeque};

/// Notes that wait to be written as Events, one request after another.
#[derive(Clone, Debug)]
pub struct Telling {
    recorder: Recorder,
    limiter: RateLimiter,
    waiting: VecDeque<(Note, Option<OccurrenceId>)>,
    /// How much may still be told of each object.
    spam: BTreeMap<Text, Allowance>,
}

/// The spam filter of client-go: 25 events of one object at once, then one in five minutes.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    left: u64,
    since: Time,
}

const SPAM_BURST: u64 = 25;
const SPAM_REFILL: Duration = Duration::mins(5);
/// How many objects are remembered before the memory starts anew.
const MEMORY: usize = 4096;

impl Telling {
    pub fn new(source: &'static str, host: &str) -> Telling {
        let recorder = Recorder::new(source, Text::new(host));
        Telling { recorder, limiter: RateLimiter::new(20, 30), waiting: VecDeque::new(), spam: BTreeMap::new() }
    }

    /// Whether the object's allowance still covers one more event.
    fn is_spam(&mut self, now: Time, note: &Note) -> bool {
        if self.spam.len() >= MEMORY {
            self.spam.clear();
        }
        let whom = note.about.get("uid").as_text().cloned().unwrap_or_default();
        let allowance = self.spam.entry(whom).or_insert(Allowance { left: SPAM_BURST, since: now });
        let refilled = now.since(allowance.since).0 / SPAM_REFILL.0;
        if refilled > 0 {
            allowance.left = (allowance.left + refilled).min(SPAM_BURST);
            allowance.since = now;
        }
        if allowance.left == 0 {
            return true;
        }
        allowance.left -= 1;
        false
    }

    /// Takes a note, with `word` in its message replaced by `value`.
    pub fn tell(&mut self, now: Time, mut note: Note, word: &str, value: &str, cause: Option<OccurrenceId>) {
        if !word.is_empty() && note.message.contains(word) {
            note.message = note.message.replace(word, value);
        }
        if !self.is_spam(now, &note) {
            self.waiting.push_back((note, cause));
        }
    }

    /// The next one, as a request. Upstream's recorder writes one after another.
    pub fn next(&mut self, now: Time, user: &User, actor: &'static str) -> Option<Request> {
        let (note, cause) = self.waiting.pop_front()?;
        Some(signed(self.recorder.request(now, &note), user, actor, cause))
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Sends as many as there are tokens for in a bucket of its own.
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

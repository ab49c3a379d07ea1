//! Runs one controller: queue, workers, rate limits, the barrier, and the events that it tells.
use super::plan::{ANY, Controller, Cx, Next, Pace, Plan, Write};
use super::queue::WorkQueue;
use super::telling::Telling;
use super::tickets::{Place, Tickets};
use apiserver::client::{Effects, RateLimiter};
use apiserver::{Change, Snapshot};
use objects::wire::{Origin, Request, Response, User};
use objects::{Key, Text, Tree};
use simcore::{Duration, OccurrenceId, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// A controller at work. Everything in it is lost when the process stops.
#[derive(Clone, Debug)]
pub struct Runner {
    pub controller: &'static Controller,
    /// Its place among the runners of the process, for tickets.
    index: usize,
    user: User,
    queue: WorkQueue,
    jobs: Vec<Option<Job>>,
    /// Of its one client, which its workers share with its events.
    limiter: RateLimiter,
    /// Who waits for a token, in order.
    throttled: VecDeque<Waiter>,
    telling: Telling,
    /// An event waits for its token or its answer: the next one follows after it.
    tells: bool,
    /// The barrier: the revision that each key's last write made, until the view has it.
    wrote: BTreeMap<Key, Wrote>,
    /// Revisions of tracked writes whose news is still to come.
    own: BTreeSet<u64>,
    /// What a key's last step wanted remembered.
    memory: BTreeMap<Key, Tree>,
    /// Keys that stand before the barrier.
    held: BTreeMap<Key, Option<OccurrenceId>>,
    since: BTreeMap<Key, Time>,
    started: Time,
    /// `--cluster-cidr` of the process.
    pod_range: Text,
}

/// A write that the view may not show yet, and how long a tracked key waits for it.
#[derive(Clone, Copy, Debug)]
struct Wrote {
    revision: u64,
    tracked: Option<Duration>,
}

/// Who waits for a token.
#[derive(Clone, Copy, Debug)]
enum Waiter {
    /// A write of a worker.
    Worker(usize, usize),
    Event,
}

/// What a worker is busy with.
#[derive(Clone, Debug)]
struct Job {
    key: Key,
    cause: Option<OccurrenceId>,
    /// The writes that wait for their tokens or are out; `None` where the answer has come.
    current: Vec<Option<Arc<Write>>>,
    /// How many writes of a slow start go out together next.
    batch: usize,
    /// Shared, so that a copy of the world stays cheap in the middle of a burst.
    rest: VecDeque<Arc<Write>>,
    on_failure: Option<Write>,
    next: Next,
    failed: bool,
    wrote: u64,
    tracked: Option<Duration>,
}

impl Runner {
    pub fn new(controller: &'static Controller, index: usize, now: Time, pod_range: &Text) -> Runner {
        let groups = ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"];
        let name = Text::from(format!("system:serviceaccount:kube-system:{}", controller.name));
        Runner {
            controller,
            index,
            user: User { name, groups: groups.map(Text::new_static).to_vec() },
            queue: WorkQueue::default(),
            jobs: vec![None; controller.workers],
            limiter: RateLimiter::new(20, 30),
            throttled: VecDeque::new(),
            telling: Telling::new(controller.name, ""),
            tells: false,
            pod_range: pod_range.clone(),
            wrote: BTreeMap::new(),
            own: BTreeSet::new(),
            memory: BTreeMap::new(),
            held: BTreeMap::new(),
            since: BTreeMap::new(),
            started: now,
        }
    }

    /// Wakes the keys that `change` concerns.
    pub fn notice(&mut self, change: &Change, view: &Snapshot) {
        if self.own.remove(&change.revision) {
            return;
        }
        for (kind, keys) in self.controller.triggers {
            if *kind == change.key.kind || *kind == ANY {
                for key in keys(change, view) {
                    self.queue.add(key, change.occurrence);
                }
            }
        }
    }

    /// Lets keys through the barrier whose writes `view` now shows.
    pub fn release(&mut self, view: &Snapshot) {
        if self.held.is_empty() {
            return;
        }
        let wrote = &self.wrote;
        let free: Vec<Key> =
            self.held.keys().filter(|key| wrote.get(*key).is_none_or(|wrote| wrote.revision <= view.revision())).cloned().collect();
        for key in free {
            let cause = self.held.remove(&key).flatten();
            self.queue.add(key, cause);
        }
    }

    /// Puts the next event in line for a token, unless one is under way.
    fn tell(&mut self) {
        if !self.tells && !self.telling.is_empty() {
            self.tells = true;
            self.throttled.push_back(Waiter::Event);
        }
    }

    /// Gives free workers their keys, and waiting requests their tokens.
    pub fn work(&mut self, now: Time, view: &Snapshot, tickets: &mut Tickets, fx: &mut Effects) {
        self.queue.ripen(now);
        self.unthrottle(now, tickets, fx);
        while let Some(worker) = self.jobs.iter().position(Option::is_none) {
            let Some((key, cause)) = self.queue.take() else { break };
            if self.stands_before_the_barrier(&key, cause, now, view) {
                continue;
            }
            let memory = self.memory.get(&key).unwrap_or(&Tree::Null);
            let cx = Cx { now, view, since: self.since.get(&key).copied(), started: self.started, memory, pod_range: &self.pod_range };
            let plan = (self.controller.reconcile)(&cx, &key);
            if let Some(memory) = &plan.remember {
                self.memory.insert(key.clone(), memory.clone());
            }
            self.begin(worker, key, cause, plan, now, view, tickets, fx);
        }
        self.tell();
        self.unthrottle(now, tickets, fx);
        if let Some(time) = self.queue.next_time() {
            fx.wake_at(time);
        }
    }

    /// The answer to a worker's request.
    pub fn reply(
        &mut self,
        now: Time,
        (worker, slot): (usize, usize),
        response: &Response,
        view: &Snapshot,
        tickets: &mut Tickets,
        fx: &mut Effects,
    ) {
        let Some(job) = self.jobs.get_mut(worker).and_then(Option::as_mut) else { return };
        let Some(write) = job.current.get_mut(slot).and_then(Option::take) else { return };
        if response.is_ok() || write.ignore.contains(&response.code) {
            let made = revision(response);
            job.wrote = job.wrote.max(made);
            if job.tracked.is_some() && made > view.revision() {
                self.own.insert(made);
            }
            if let Some(note) = write.ok.clone().filter(|_| response.is_ok()) {
                let name = response.tree().at(&["metadata", "name"]).text();
                self.telling.tell(now, note, "{name}", name, job.cause);
            }
        } else {
            let error = failure(response);
            if let Some(note) = write.err.clone() {
                self.telling.tell(now, note, "{error}", &error, job.cause);
            }
            if !std::mem::replace(&mut job.failed, true) {
                job.rest.clear();
            }
            if let Some(mut last) = job.on_failure.take() {
                fill(&mut last.request.body, &error);
                job.rest.push_back(Arc::new(last));
            }
        }
        self.tell();
        self.proceed(worker, now, view, tickets, fx);
        self.unthrottle(now, tickets, fx);
    }

    /// The answer to an event.
    pub fn told(&mut self, now: Time, tickets: &mut Tickets, fx: &mut Effects) {
        self.tells = false;
        self.tell();
        self.unthrottle(now, tickets, fx);
    }

    fn stands_before_the_barrier(&mut self, key: &Key, cause: Option<OccurrenceId>, now: Time, view: &Snapshot) -> bool {
        match self.wrote.get(key) {
            Some(wrote) if wrote.revision > view.revision() => {
                self.queue.done(key);
                match wrote.tracked {
                    Some(pause) => self.queue.retry(key.clone(), Some(pause), now, cause),
                    None => {
                        self.held.insert(key.clone(), cause);
                    }
                }
                true
            }
            Some(_) => {
                self.wrote.remove(key);
                false
            }
            None => false,
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn begin(
        &mut self,
        worker: usize,
        key: Key,
        cause: Option<OccurrenceId>,
        plan: Plan,
        now: Time,
        view: &Snapshot,
        tickets: &mut Tickets,
        fx: &mut Effects,
    ) {
        let Plan { notes, writes, on_failure, next, tracked, .. } = plan;
        for note in notes {
            self.telling.tell(now, note, "", "", cause);
        }
        let rest = writes.into_iter().map(Arc::new).collect();
        self.jobs[worker] =
            Some(Job { key, cause, current: Vec::new(), batch: 1, rest, on_failure, next, failed: false, wrote: 0, tracked });
        self.proceed(worker, now, view, tickets, fx);
    }

    /// Sends what comes next of a job once all that was sent is answered, or ends it.
    fn proceed(&mut self, worker: usize, now: Time, view: &Snapshot, tickets: &mut Tickets, fx: &mut Effects) {
        let Some(job) = self.jobs[worker].as_mut() else { return };
        if job.current.iter().any(Option::is_some) {
            return;
        }
        job.current.clear();
        let Some(pace) = job.rest.front().map(|write| write.pace) else {
            if let Some(job) = self.jobs[worker].take() {
                self.end(job, now, view);
            }
            return;
        };
        let most = match pace {
            Pace::One => 1,
            Pace::SlowStart => {
                job.batch *= 2;
                job.batch / 2
            }
            Pace::AtOnce => usize::MAX,
        };
        while job.current.len() < most
            && let Some(write) = job.rest.pop_front_if(|write| write.pace == pace)
        {
            self.throttled.push_back(Waiter::Worker(worker, job.current.len()));
            job.current.push(Some(write));
        }
        self.unthrottle(now, tickets, fx);
    }

    fn end(&mut self, job: Job, now: Time, view: &Snapshot) {
        if job.wrote > view.revision() {
            self.wrote.insert(job.key.clone(), Wrote { revision: job.wrote, tracked: job.tracked });
        }
        self.queue.done(&job.key);
        match job.next {
            _ if job.failed => self.queue.retry(job.key, job.tracked, now, job.cause),
            Next::Retry => self.queue.retry(job.key, job.tracked, now, job.cause),
            Next::After(span) => {
                self.queue.forget(&job.key);
                self.since.entry(job.key.clone()).or_insert(now);
                self.queue.add_at(job.key, now + span, job.cause);
            }
            Next::Settled => {
                self.queue.forget(&job.key);
                self.since.remove(&job.key);
                if view.get(&job.key).is_none() {
                    self.memory.remove(&job.key);
                }
            }
        }
    }

    /// Sends what waits for a token, so far as there are tokens.
    fn unthrottle(&mut self, now: Time, tickets: &mut Tickets, fx: &mut Effects) {
        while let Some(&waiter) = self.throttled.front() {
            if let Err(time) = self.limiter.take(now) {
                fx.wake_at(time);
                return;
            }
            self.throttled.pop_front();
            let (user, actor) = (&self.user, self.controller.name);
            match waiter {
                Waiter::Worker(worker, slot) => {
                    let Some(job) = self.jobs[worker].as_ref() else { continue };
                    let Some(Some(write)) = job.current.get(slot) else { continue };
                    let request = signed(write.request.clone(), user, actor, job.cause);
                    fx.send(tickets.issue(Place::Worker { runner: self.index, worker, slot }), request);
                }
                Waiter::Event => {
                    if let Some(request) = self.telling.next(now, user, actor) {
                        fx.send(tickets.issue(Place::Event { runner: self.index }), request);
                    }
                }
            }
        }
    }

    /// How many keys wait or are worked on, for inspection.
    pub fn busy(&self) -> usize {
        self.queue.len() + self.held.len() + self.jobs.iter().flatten().count()
    }

    /// The first instant after `now` at which it wants to look at something.
    pub fn next_time(&self) -> Option<Time> {
        self.queue.next_time()
    }
}

/// Puts name and cause on a request; its reason stays.
pub fn signed(mut request: Request, user: &User, actor: &'static str, cause: Option<OccurrenceId>) -> Request {
    request.user = user.clone();
    let reason = std::mem::take(&mut request.origin.reason);
    request.origin = Origin { actor: Text::new_static(actor), cause: cause.map(|id| id.0), reason };
    request
}

/// The revision that a write made, as far as its answer tells.
fn revision(response: &Response) -> u64 {
    response.tree().at(&["metadata", "resourceVersion"]).text().parse().unwrap_or(0)
}

/// The message of a failing answer.
pub fn failure(response: &Response) -> String {
    let message = response.tree().get("message").text();
    match (response.code, message) {
        (0, _) => "dial tcp: connect: connection refused".to_string(),
        (code, "") => format!("the server responded with the status code {code}"),
        (_, message) => message.to_string(),
    }
}

/// Replaces `{error}` in every text of `tree`.
fn fill(tree: &mut Tree, error: &str) {
    match tree {
        Tree::Text(text) if text.contains("{error}") => *text = Text::from(text.replace("{error}", error)),
        Tree::List(_) => tree.list_mut().iter_mut().for_each(|item| fill(item, error)),
        Tree::Map(map) => {
            let keys: Vec<Text> = map.keys().cloned().collect();
            for key in keys {
                fill(tree.edit(&[&key]), error);
            }
        }
        _ => {}
    }
}

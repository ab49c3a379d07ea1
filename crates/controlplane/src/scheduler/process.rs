//! The kube-scheduler process: keeps its picture of the nodes, takes Pods from its queue, binds them.
use super::cache::{Cache, PodInfo, takes_room};
use super::framework::{self, Attempt, Cycle};
use super::hints;
use super::preemption::{self, Outcome};
use super::queue::{SchedulingQueue, Waiting};
use super::telling::{Teller, Telling};
use super::{decision, sentence};
use crate::facts;
use crate::harness::{Alarm, Elector, Turn, signed};
use apiserver::client::{Effects, Note, RateLimiter, Recorder, Ticket};
use apiserver::store::Kept;
use apiserver::{Change, Snapshot};
use objects::wire::{PatchKind, Request, Response, User, Verb};
use objects::{Key, Object, Text, Tree, kinds, map};
use simcore::{OccurrenceId, Rng, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

const NAME: &str = "kube-scheduler";

/// One scheduler on one host. A component in the sense of the world.
#[derive(Clone, Debug)]
pub struct Scheduler {
    elector: Elector,
    user: User,
    rng: Rng,
    view: Snapshot,
    running: bool,
    /// It lost the lease: the process ends by itself.
    exited: bool,
    leading: bool,
    cache: Cache,
    queue: SchedulingQueue,
    /// Waiting Pods that others make room for, with the node that was promised to them.
    nominated: BTreeMap<Key, (Text, Arc<PodInfo>)>,
    /// Where the last attempt left off among the nodes.
    start: usize,
    limiter: RateLimiter,
    outbox: VecDeque<(Sent, Request)>,
    event_limiter: RateLimiter,
    events: VecDeque<Request>,
    teller: Teller,
    recorder: Recorder,
    rows: decision::Rows,
    next_ticket: u64,
    out: BTreeMap<Ticket, Sent>,
    /// The election's question that is out; answers to older ones come too late.
    campaign: Option<Ticket>,
    alarm: Alarm,
}

/// What an answer is about.
#[derive(Clone, Debug)]
enum Sent {
    Binding { pod: Kept, node: Text, cause: Option<OccurrenceId> },
    Other,
    Election,
}

impl Scheduler {
    /// `host` is the node's name.
    pub fn new(seed: u64, host: &str) -> Scheduler {
        Scheduler {
            elector: Elector::new(NAME, host, seed),
            user: User { name: Text::new_static("system:kube-scheduler"), groups: vec![Text::new_static("system:authenticated")] },
            rng: Rng::stream(seed, &format!("scheduler/{host}")),
            view: Snapshot::empty(0),
            running: false,
            exited: false,
            leading: false,
            cache: Cache::default(),
            queue: SchedulingQueue::default(),
            nominated: BTreeMap::new(),
            start: 0,
            limiter: RateLimiter::new(50, 100),
            outbox: VecDeque::new(),
            event_limiter: RateLimiter::new(50, 100),
            events: VecDeque::new(),
            teller: Teller::new(host),
            recorder: Recorder::new("default-scheduler", host),
            rows: decision::Rows::new(),
            next_ticket: 0,
            out: BTreeMap::new(),
            campaign: None,
            alarm: Alarm::default(),
        }
    }

    pub fn interested(&self, change: &Change) -> bool {
        matches!(change.key.kind, kinds::POD | kinds::NODE)
    }

    /// The process starts, or starts again.
    pub fn start(&mut self, now: Time, view: &Snapshot, fx: &mut Effects) {
        self.stop();
        self.running = true;
        self.view = view.clone();
        self.elector.start(now);
        self.act(now, fx);
    }

    /// A watch delivery.
    pub fn deliver(&mut self, now: Time, view: &Snapshot, changes: &[&Change], fx: &mut Effects) {
        if !self.running {
            return;
        }
        self.view = view.clone();
        if self.leading {
            for change in changes {
                match change.key.kind {
                    kinds::NODE => self.node_changed(change, now),
                    kinds::POD => self.pod_changed(change, now),
                    _ => {}
                }
            }
        }
        self.act(now, fx);
    }

    /// The answer to a request of its own.
    pub fn reply(&mut self, now: Time, ticket: Ticket, response: &Response, fx: &mut Effects) {
        match self.out.remove(&ticket) {
            Some(Sent::Binding { pod, node, cause }) => self.bound(now, &pod, &node, cause, response),
            Some(Sent::Election) if self.campaign == Some(ticket) => self.elected(now, response, fx),
            Some(Sent::Other | Sent::Election) | None => {}
        }
        if self.running {
            self.act(now, fx);
        }
    }

    /// An instant that it asked for.
    pub fn wake(&mut self, now: Time, fx: &mut Effects) {
        if self.running {
            self.act(now, fx);
        }
    }

    /// The process is gone, with all that it knew.
    pub fn stop(&mut self) {
        (self.running, self.exited) = (false, false);
        self.alarm = Alarm::default();
        self.lose();
        self.out.clear();
        self.view = Snapshot::empty(0);
    }

    /// It is told to end: it gives its lease back first (the controller manager does not).
    pub fn terminate(&mut self, now: Time, fx: &mut Effects) {
        if let Some(request) = self.elector.release(now).filter(|_| self.running) {
            self.send(Sent::Other, request, None, fx);
        }
    }

    /// Whether it has ended by itself, with code 1, because it could not renew its lease.
    pub fn has_exited(&self) -> bool {
        self.exited
    }

    /// Whether it holds the lease.
    pub fn is_leading(&self) -> bool {
        self.running && self.leading
    }

    /// How many Pods wait: ready, backing off, refused.
    pub fn waiting(&self) -> (usize, usize, usize) {
        self.queue.sizes()
    }

    fn act(&mut self, now: Time, fx: &mut Effects) {
        if self.elector.has_lost(now) {
            self.exited = true;
            return;
        }
        let from = fx.wake.len();
        if let Some(request) = self.elector.poll(now) {
            self.send(Sent::Election, request, None, fx);
        }
        fx.wake_at(self.elector.next_time());
        if self.leading {
            self.queue.ripen(now);
            while let Some(key) = self.queue.take() {
                self.schedule(now, &key);
            }
            if let Some(time) = self.queue.next_time() {
                fx.wake_at(time);
            }
        }
        self.flush(now, fx);
        self.alarm.set(now, from, fx);
    }

    fn elected(&mut self, now: Time, response: &Response, fx: &mut Effects) {
        let (turn, request) = self.elector.reply(now, response);
        if let Some(request) = request {
            self.send(Sent::Election, request, None, fx);
        }
        match turn {
            Turn::Won => self.lead(now),
            Turn::Nothing => {}
        }
    }

    /// It leads: lists nodes and Pods, and begins.
    fn lead(&mut self, now: Time) {
        self.leading = true;
        let note: Note = self.elector.note();
        self.events.push_back(self.recorder.request(now, &note));
        let view = self.view.clone();
        for node in view.list(kinds::NODE) {
            self.cache.set_node(&node.key.name, Some(node));
        }
        for pod in view.list(kinds::POD) {
            if takes_room(pod) {
                self.cache.place_pod(facts::node_name(pod), PodInfo::of(pod));
            } else if is_waiting(pod) {
                let node = pod.status().get("nominatedNodeName").as_text().filter(|node| !node.is_empty()).cloned();
                self.nominate(pod, node);
                self.enqueue(pod, None);
            }
        }
    }

    fn lose(&mut self) {
        self.leading = false;
        self.cache = Cache::default();
        self.queue = SchedulingQueue::default();
        self.nominated.clear();
        self.outbox.clear();
        self.events.clear();
        self.rows.clear();
        self.start = 0;
    }

    fn enqueue(&mut self, pod: &Kept, cause: Option<OccurrenceId>) {
        self.queue.add(pod.key.clone(), pod.uid_text(), pod.spec().get("priority").int_or(0), cause);
    }

    fn node_changed(&mut self, change: &Change, now: Time) {
        let name = &change.key.name;
        if let (Some(before), Some(after)) = (&change.before, &change.after)
            && same_to_scheduling(before, after)
        {
            return;
        }
        let old = self.cache.node(name).cloned();
        self.cache.set_node(name, change.after.as_deref());
        if change.is_create() {
            // Pods may have been seen before their node was.
            let pods: Vec<Kept> = self.view.pods_on(name).filter(|pod| takes_room(pod)).cloned().collect();
            for pod in pods {
                self.cache.place_pod(name, PodInfo::of(&pod));
            }
        }
        let cause = change.occurrence;
        match self.cache.node(name).cloned() {
            Some(new) => self.wake_where(now, cause, |it, cycle| hints::after_node(it, cycle, old.as_ref(), &new)),
            None => self.wake_where(now, cause, |it, _| hints::after_node_gone(it)),
        }
    }

    fn pod_changed(&mut self, change: &Change, now: Time) {
        let placed = |kept: &Option<Kept>| kept.as_ref().filter(|pod| takes_room(pod)).map(|pod| Text::new(facts::node_name(pod)));
        let (before, after) = (placed(&change.before), placed(&change.after));
        if let (Some(node), Some(old), Some(new)) = (&after, &change.before, &change.after)
            && before == after
            && same_to_neighbours(old, new)
            && !node.is_empty()
        {
            return;
        }
        if let (Some(node), Some(pod)) = (&after, &change.after) {
            self.queue.remove(&change.key);
            self.nominated.remove(&change.key);
            if let Some(assumed) = self.cache.confirm(&change.key).filter(|assumed| assumed != node) {
                self.cache.remove_pod(&assumed, &change.key);
            }
            self.cache.place_pod(node, PodInfo::of(pod));
            let old = change.before.as_deref().filter(|_| before.is_some());
            self.wake_where(now, change.occurrence, |it, cycle| match old {
                None => hints::after_pod_placed(it, cycle, pod),
                Some(old) => hints::after_pod_relabelled(it, cycle, old, pod),
            });
        } else if let (Some(node), Some(gone)) = (before, &change.before) {
            self.cache.remove_pod(&node, &change.key);
            self.wake_where(now, change.occurrence, |it, cycle| hints::after_pod_gone(it, cycle, gone));
        } else {
            self.waiting_pod_changed(change, now);
        }
    }

    /// A Pod without a node came, changed or went.
    fn waiting_pod_changed(&mut self, change: &Change, now: Time) {
        let Some(pod) = change.after.as_ref() else {
            self.queue.remove(&change.key);
            self.cache.forget(&change.key);
            self.free_promised(&change.key, now, change.occurrence);
            return;
        };
        if !is_waiting(pod) {
            self.free_promised(&change.key, now, change.occurrence);
            if pod.is_deleting() && self.queue.remove(&change.key).is_some() {
                let message = format!("skip schedule deleting pod: {}", pod.key.path());
                self.tell(now, Telling::failed(pod, message), change.occurrence);
            }
            return;
        }
        let known = self.queue.get(&change.key).is_some_and(|waiting| waiting.uid == pod.uid());
        if !known && !self.cache.is_assumed(&change.key) {
            self.enqueue(pod, change.occurrence);
        } else if change.before.as_ref().is_some_and(|old| old.spec() != pod.spec() || old.labels() != pod.labels()) {
            self.queue.wake(&change.key, now, change.occurrence);
        }
    }

    /// Tries those refused Pods again to whom the news may matter.
    fn wake_where(&mut self, now: Time, cause: Option<OccurrenceId>, matters: impl Fn(&BTreeSet<&'static str>, &Cycle) -> bool) {
        let concerned = |(key, it): &(&Key, &Waiting)| {
            let Some(pod) = self.view.get(key) else { return true };
            // Mostly only the status was written since it was refused.
            let known = it.info.clone().filter(|info| info.object.spec().same(pod.spec()) && info.object.labels().same(pod.labels()));
            let info = known.unwrap_or_else(|| Arc::new(PodInfo::of(pod)));
            matters(&it.refused_by, &Cycle::new(&info, &self.cache, &self.view))
        };
        let keys: Vec<Key> = self.queue.refused().filter(concerned).map(|(key, _)| key.clone()).collect();
        for key in keys {
            self.queue.wake(&key, now, cause);
        }
    }

    /// One attempt for one Pod.
    fn schedule(&mut self, now: Time, key: &Key) {
        let Some(pod) = self.view.get(key).filter(|pod| is_waiting(pod)).cloned() else {
            self.queue.remove(key);
            return;
        };
        let info = PodInfo::of(&pod);
        let cause = self.queue.get(key).and_then(|waiting| waiting.cause);
        let crowded = self.with_promises(&info);
        let cache = crowded.as_ref().unwrap_or(&self.cache);
        let cycle = Cycle::new(&info, cache, &self.view);
        let promised = self.nominated.get(key).map(|(node, _)| node.clone()).unwrap_or_default();
        let attempt =
            framework::attempt_on(&cycle, &promised).unwrap_or_else(|| framework::attempt(&cycle, &mut self.start, &mut self.rng));
        match attempt.chosen.clone() {
            Some(node) => {
                self.queue.remove(key);
                self.nominated.remove(key);
                self.cache.assume(&node, info);
                let request = binding(&pod, &node).reason(decision::tree(&attempt, &mut self.rows));
                let sent = Sent::Binding { pod, node, cause };
                self.outbox.push_back((sent, signed(request, &self.user, NAME, cause)));
            }
            None => {
                let outcome = preemption::preempt(&attempt, &info, &promised, cache, &self.view);
                self.refused(now, &pod, info, &attempt, &outcome, cause);
            }
        }
    }

    /// The nodes with those Pods on them, too, that are promised a place and are at least as important as this one.
    fn with_promises(&self, pod: &PodInfo) -> Option<Cache> {
        let others = || self.nominated.iter().filter(|(key, (_, other))| *key != pod.key() && other.priority >= pod.priority);
        others().next()?;
        let mut cache = self.cache.clone();
        others().for_each(|(_, (node, other))| cache.place_pod(node, (**other).clone()));
        Some(cache)
    }

    /// Promises a place on `node` to a waiting Pod, or takes the promise back.
    fn nominate(&mut self, pod: &Kept, node: Option<Text>) {
        match node {
            Some(node) => drop(self.nominated.insert(pod.key.clone(), (node, Arc::new(PodInfo::of(pod))))),
            None => drop(self.nominated.remove(&pod.key)),
        }
    }

    /// A Pod that was promised a place does not come: others may have the room.
    fn free_promised(&mut self, key: &Key, now: Time, cause: Option<OccurrenceId>) {
        if let Some((_, gone)) = self.nominated.remove(key) {
            self.wake_where(now, cause, |it, cycle| hints::after_pod_gone(it, cycle, &gone.object));
        }
    }

    /// Nothing fits: others may be put out for the Pod. It is told so, and waits.
    fn refused(&mut self, now: Time, pod: &Kept, info: PodInfo, attempt: &Attempt, outcome: &Outcome, cause: Option<OccurrenceId>) {
        let message = sentence::unschedulable(attempt, outcome);
        self.queue.refuse(&pod.key, now, attempt.refused_by(), Some(Arc::new(info)));
        self.tell(now, Telling::failed(pod, message.clone()), cause);
        let mut status = map! {};
        match outcome {
            Outcome::Room { node, victims } => {
                self.make_room(now, pod, node, victims, cause);
                status.set(&["nominatedNodeName"], node);
            }
            Outcome::Useless(_) if !pod.status().get("nominatedNodeName").is_null() => {
                self.nominate(pod, None);
                status.set(&["nominatedNodeName"], Tree::Null);
            }
            _ => {}
        }
        let known = facts::condition(facts::conditions(pod), "PodScheduled");
        if known.get("reason").text() != "Unschedulable" || known.get("message").text() != message {
            let moved = if known.get("status").text() == "False" { known.get("lastTransitionTime").clone() } else { now.rfc3339().into() };
            let condition = map! {
                "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
                "lastProbeTime": Tree::Null, "lastTransitionTime": moved, "observedGeneration": pod.generation(),
            };
            for (key, value) in facts::with_condition(pod, condition).entries() {
                status.set(&[key], value);
            }
        }
        if !status.is_empty() {
            let request = patch_of(pod, status).reason(decision::tree(attempt, &mut self.rows));
            self.outbox.push_back((Sent::Other, signed(request, &self.user, NAME, cause)));
        }
    }

    /// Puts the victims out, and promises their room; less important Pods that it was promised to look elsewhere.
    fn make_room(&mut self, now: Time, pod: &Kept, node: &Text, victims: &[Kept], cause: Option<OccurrenceId>) {
        let priority = pod.spec().get("priority").int_or(0);
        let lesser = self.nominated.iter().filter(|(_, (place, other))| place == node && other.priority < priority);
        let lesser: Vec<Key> = lesser.map(|(key, _)| key.clone()).collect();
        for key in lesser {
            self.nominated.remove(&key);
            if let Some(other) = self.view.get(&key) {
                let request = patch_of(other, map! {"nominatedNodeName": Tree::Null});
                self.outbox.push_back((Sent::Other, signed(request, &self.user, NAME, cause)));
            }
            self.queue.wake(&key, now, cause);
        }
        for victim in victims.iter().filter(|victim| !victim.is_deleting()) {
            for request in preemption::put_out(victim, pod, node, now) {
                self.outbox.push_back((Sent::Other, signed(request, &self.user, NAME, cause)));
            }
            self.tell(now, Telling::preempted(victim, pod, node), cause);
        }
        self.nominate(pod, Some(node.clone()));
    }

    /// The answer to a binding.
    fn bound(&mut self, now: Time, pod: &Kept, node: &str, cause: Option<OccurrenceId>, response: &Response) {
        if response.is_ok() {
            self.tell(now, Telling::scheduled(pod, node), cause);
            return;
        }
        self.cache.forget(&pod.key);
        if self.leading && self.view.get(&pod.key).is_some_and(|pod| is_waiting(pod)) && response.code != 404 {
            let message = format!("binding rejected: {}", crate::harness::failure(response));
            self.tell(now, Telling::failed(pod, message), cause);
            self.enqueue(pod, cause);
        }
    }

    fn tell(&mut self, now: Time, telling: Telling, cause: Option<OccurrenceId>) {
        if let Some(request) = self.teller.request(now, &telling) {
            self.events.push_back(signed(request, &self.user, NAME, cause));
        }
    }

    /// Sends what waits, so far as there are tokens.
    fn flush(&mut self, now: Time, fx: &mut Effects) {
        while !self.outbox.is_empty() {
            if let Err(time) = self.limiter.take(now) {
                fx.wake_at(time);
                break;
            }
            if let Some((sent, request)) = self.outbox.pop_front() {
                self.issue(sent, request, fx);
            }
        }
        while !self.events.is_empty() {
            if let Err(time) = self.event_limiter.take(now) {
                fx.wake_at(time);
                break;
            }
            if let Some(request) = self.events.pop_front() {
                let cause = request.origin.cause.map(OccurrenceId);
                self.send(Sent::Other, request, cause, fx);
            }
        }
    }

    fn send(&mut self, sent: Sent, request: Request, cause: Option<OccurrenceId>, fx: &mut Effects) {
        let request = signed(request, &self.user, NAME, cause);
        self.issue(sent, request, fx);
    }

    fn issue(&mut self, sent: Sent, request: Request, fx: &mut Effects) {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        if matches!(sent, Sent::Election) {
            self.campaign = Some(ticket);
        }
        self.out.insert(ticket, sent);
        fx.send(ticket, request);
    }
}

/// Whether it is a Pod for this scheduler to place now.
fn is_waiting(pod: &Object) -> bool {
    let scheduler = pod.spec().get("schedulerName").text();
    facts::node_name(pod).is_empty()
        && facts::is_active(pod)
        && matches!(scheduler, "" | "default-scheduler")
        && pod.spec().get("schedulingGates").is_empty()
}

/// Whether nothing differs that could matter to a Pod that wants a node.
fn same_to_scheduling(before: &Object, after: &Object) -> bool {
    let same = |path: &[&str]| before.tree.at(path).same(after.tree.at(path));
    same(&["metadata", "labels"])
        && same(&["spec", "taints"])
        && same(&["spec", "unschedulable"])
        && same(&["status", "allocatable"])
        && same(&["status", "images"])
}

/// Whether a placed Pod is still what its node's totals and its neighbours take it for.
fn same_to_neighbours(before: &Object, after: &Object) -> bool {
    let same = |path: &[&str]| before.tree.at(path).same(after.tree.at(path)) || before.tree.at(path) == after.tree.at(path);
    before.is_deleting() == after.is_deleting() && same(&["metadata", "labels"]) && same(&["spec"])
}

fn patch_of(pod: &Object, status: Tree) -> Request {
    let verb = Verb::Patch(PatchKind::Strategic);
    let request = Request::about(verb, kinds::POD, pod.key.namespace.clone(), pod.key.name.clone()).subresource("status");
    request.body(map! {"status": status})
}

fn binding(pod: &Object, node: &str) -> Request {
    let body = map! {
        "apiVersion": "v1", "kind": "Binding",
        "metadata": map! {"name": &pod.key.name, "namespace": &pod.key.namespace, "uid": pod.uid_text()},
        "target": map! {"kind": "Node", "name": node},
    };
    Request::about(Verb::Create, kinds::POD, pod.key.namespace.clone(), pod.key.name.clone()).subresource("binding").body(body)
}

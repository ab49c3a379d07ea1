//! Leader election: one Lease in kube-system that the working process keeps renewing (client-go `tools/leaderelection`).
use apiserver::client::Note;
use objects::wire::{Request, Response, Verb};
use objects::{Key, Text, Tree, kinds, map};
use simcore::{Duration, Rng, Time};

/// How long a lease stands without renewal before others may take it.
const LEASE_DURATION: Duration = Duration::secs(15);
/// How long a leader tries to renew before it gives up.
const RENEW_DEADLINE: Duration = Duration::secs(10);
/// Between two tries.
const RETRY_PERIOD: Duration = Duration::secs(2);
/// How long it waits for an answer: half the renew deadline, as upstream's client is made.
const PATIENCE: Duration = Duration::secs(5);

/// What the last step of the election led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    Nothing,
    /// It leads from now on.
    Won,
}

/// One candidate. It sends at most one request at a time.
#[derive(Clone, Debug)]
pub struct Elector {
    /// The name of the Lease: `kube-controller-manager`, `kube-scheduler`.
    lease: &'static str,
    /// `control-plane_1b4e…`
    identity: Text,
    rng: Rng,
    leading: bool,
    /// The Lease as last seen, and when it was seen to change.
    seen: Tree,
    seen_at: Time,
    /// Of a leader: when it gives up unless it has renewed before.
    deadline: Time,
    next_try: Time,
    asked: Asked,
    asked_at: Time,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asked {
    Nothing,
    Get,
    Write,
}

impl Elector {
    pub fn new(lease: &'static str, host: &str, seed: u64) -> Elector {
        let mut rng = Rng::stream(seed, &format!("elector/{lease}/{host}"));
        let identity = Text::from(format!("{host}_{}", simcore::uid(&mut rng)));
        Elector {
            lease,
            identity,
            rng,
            leading: false,
            seen: Tree::Null,
            seen_at: Time::default(),
            deadline: Time::default(),
            next_try: Time::default(),
            asked: Asked::Nothing,
            asked_at: Time::default(),
        }
    }

    /// The process starts: it knows nothing and tries at once. A new process has a new identity.
    pub fn start(&mut self, now: Time) {
        let host = self.identity.split('_').next().unwrap_or_default().to_string();
        self.identity = Text::from(format!("{host}_{}", simcore::uid(&mut self.rng)));
        self.leading = false;
        self.seen = Tree::Null;
        self.next_try = now;
        self.asked = Asked::Nothing;
    }

    pub fn is_leading(&self) -> bool {
        self.leading
    }

    /// When it wants to act next.
    pub fn next_time(&self) -> Time {
        let next = if self.asked == Asked::Nothing { self.next_try } else { self.asked_at + PATIENCE };
        if self.leading { next.min(self.deadline) } else { next }
    }

    /// Whether it leads and could not renew in time: its process must end, because others may lead now.
    pub fn has_lost(&self, now: Time) -> bool {
        self.leading && now >= self.deadline
    }

    /// The request to send now, if it is time.
    pub fn poll(&mut self, now: Time) -> Option<Request> {
        if self.asked != Asked::Nothing && now >= self.asked_at + PATIENCE {
            self.asked = Asked::Nothing;
            self.pause(now);
        }
        if self.asked != Asked::Nothing || now < self.next_try {
            return None;
        }
        self.asked_at = now;
        if self.leading {
            self.asked = Asked::Write;
            return Some(self.update(now));
        }
        self.asked = Asked::Get;
        Some(self.about(Verb::Get))
    }

    /// What a leader that ends cleanly writes, so that the next one need not wait (`ReleaseOnCancel`).
    pub fn release(&mut self, now: Time) -> Option<Request> {
        if !std::mem::take(&mut self.leading) {
            return None;
        }
        let mut body = self.seen.clone();
        let transitions = self.seen.at(&["spec", "leaseTransitions"]).int_or(0);
        let spec = map! {
            "holderIdentity": "", "leaseDurationSeconds": 1, "acquireTime": now.rfc3339_micro(),
            "renewTime": now.rfc3339_micro(), "leaseTransitions": transitions,
        };
        body.set(&["spec"], spec);
        Some(self.about(Verb::Update).body(body))
    }

    /// Takes an answer. It may send a request at once, and may win or lose.
    pub fn reply(&mut self, now: Time, response: &Response) -> (Turn, Option<Request>) {
        let asked = std::mem::replace(&mut self.asked, Asked::Nothing);
        match asked {
            Asked::Get => (Turn::Nothing, self.after_get(now, response)),
            Asked::Write => (self.after_write(now, response), None),
            Asked::Nothing => (Turn::Nothing, None),
        }
    }

    /// The Event about a new leader.
    pub fn note(&self) -> Note {
        let about = map! {
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "namespace": "kube-system", "name": self.lease,
            "uid": self.seen.at(&["metadata", "uid"]), "resourceVersion": self.seen.at(&["metadata", "resourceVersion"]),
        };
        Note { about, warning: false, reason: "LeaderElection", message: format!("{} became leader", self.identity) }
    }

    fn after_get(&mut self, now: Time, response: &Response) -> Option<Request> {
        if response.code == 404 {
            self.seen = Tree::Null;
            self.asked = Asked::Write;
            self.asked_at = now;
            return Some(self.create(now));
        }
        if response.is_ok() {
            self.observe(now, response.tree());
            if self.may_take(now) {
                self.asked = Asked::Write;
                self.asked_at = now;
                return Some(self.update(now));
            }
        }
        self.pause(now);
        None
    }

    fn after_write(&mut self, now: Time, response: &Response) -> Turn {
        if response.is_ok() {
            self.observe(now, response.tree());
            self.next_try = now + RETRY_PERIOD;
            // The time to renew is counted from the next try on.
            self.deadline = self.next_try + RENEW_DEADLINE;
            let won = !self.leading;
            self.leading = true;
            return if won { Turn::Won } else { Turn::Nothing };
        }
        self.pause(now);
        Turn::Nothing
    }

    fn observe(&mut self, now: Time, lease: &Tree) {
        if self.seen != *lease {
            self.seen = lease.clone();
            self.seen_at = now;
        }
    }

    fn may_take(&self, now: Time) -> bool {
        let holder = self.seen.at(&["spec", "holderIdentity"]).text();
        holder.is_empty() || holder == self.identity || now.since(self.seen_at) > LEASE_DURATION
    }

    /// Candidates wait 2 to 4.4 s, so that they do not all ask at once; a leader 2 s.
    fn pause(&mut self, now: Time) {
        let jitter = if self.leading { 0 } else { self.rng.between(0, 2_400_000) };
        self.next_try = now + RETRY_PERIOD + Duration(jitter);
    }

    fn spec(&self, now: Time) -> Tree {
        let old = self.seen.get("spec");
        let mine = old.get("holderIdentity").text() == self.identity;
        let transitions = old.get("leaseTransitions").int_or(0) + i64::from(!mine && !old.is_null());
        let acquired = if mine { old.get("acquireTime").clone() } else { now.rfc3339_micro().into() };
        map! {
            "holderIdentity": &self.identity, "leaseDurationSeconds": LEASE_DURATION.as_secs() as i64,
            "acquireTime": acquired, "renewTime": now.rfc3339_micro(), "leaseTransitions": transitions,
        }
    }

    fn create(&self, now: Time) -> Request {
        let body = map! {
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": map! {"name": self.lease, "namespace": "kube-system"}, "spec": self.spec(now),
        };
        let mut request = Request::about(Verb::Create, kinds::LEASE, "kube-system", "");
        request.body = body;
        request
    }

    fn update(&self, now: Time) -> Request {
        let mut body = self.seen.clone();
        body.set(&["spec"], self.spec(now));
        self.about(Verb::Update).body(body)
    }

    fn about(&self, verb: Verb) -> Request {
        Request::about(verb, kinds::LEASE, "kube-system", self.lease)
    }

    /// The Lease that is fought for.
    pub fn key(&self) -> Key {
        Key::new(kinds::LEASE, "kube-system", self.lease)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::Status;

    fn lease(holder: &str, renewed: Time) -> Tree {
        map! {"metadata": map! {"name": "kube-scheduler", "resourceVersion": "7"}, "spec": map! {"holderIdentity": holder, "renewTime": renewed.rfc3339_micro()}}
    }

    #[test]
    fn the_first_candidate_makes_the_lease_and_leads() {
        let mut elector = Elector::new("kube-scheduler", "control-plane", 1);
        elector.start(Time::START);
        assert_eq!(elector.poll(Time::START).unwrap().verb, Verb::Get);
        let (_, create) = elector.reply(Time::START, &Status::not_found("leases.coordination.k8s.io", "kube-scheduler").into());
        let made = create.unwrap().body;
        assert_eq!(made.at(&["spec", "leaseTransitions"]).as_int(), Some(0));
        assert_eq!(elector.reply(Time::START, &Response::ok(made)).0, Turn::Won);
    }

    #[test]
    fn a_dead_leaders_lease_is_taken_once_it_has_stood_still_for_15_s() {
        let mut elector = Elector::new("kube-scheduler", "control-plane-2", 1);
        let mut now = Time::START;
        elector.start(now);
        let other = lease("control-plane-1_x", now);
        let taken = loop {
            now = elector.next_time();
            elector.poll(now).unwrap();
            if let (_, Some(update)) = elector.reply(now, &Response::ok(other.clone())) {
                break update;
            }
        };
        assert!((15..20).contains(&now.since(Time::START).as_secs()));
        assert_eq!(taken.body.at(&["spec", "leaseTransitions"]).as_int(), Some(1));
    }

    #[test]
    fn a_leader_that_cannot_renew_gives_up() {
        let mut elector = Elector::new("kube-scheduler", "control-plane", 1);
        elector.start(Time::START);
        elector.poll(Time::START);
        let (_, create) = elector.reply(Time::START, &Status::not_found("leases", "x").into());
        elector.reply(Time::START, &Response::ok(create.unwrap().body));
        let gone = Response { code: 0, ..Response::ok(Tree::Null) };
        let lost = loop {
            let now = elector.next_time();
            if elector.has_lost(now) {
                break now;
            }
            elector.poll(now);
            elector.reply(now, &gone);
        };
        assert_eq!(lost.since(Time::START).as_secs(), 12, "the last renewal, its pause of 2 s, and the deadline");
    }

    #[test]
    fn a_renewal_that_nobody_answers_is_given_up_too() {
        let mut elector = Elector::new("kube-scheduler", "control-plane", 1);
        elector.start(Time::START);
        elector.poll(Time::START);
        let (_, create) = elector.reply(Time::START, &Status::not_found("leases", "x").into());
        elector.reply(Time::START, &Response::ok(create.unwrap().body));
        let mut tries = 0;
        let lost = loop {
            let now = elector.next_time();
            if elector.has_lost(now) {
                break now;
            }
            tries += usize::from(elector.poll(now).is_some());
        };
        assert_eq!((lost.since(Time::START).as_secs(), tries), (12, 2));
    }

    #[test]
    fn a_released_lease_has_no_holder_and_is_taken_at_once() {
        let mut elector = Elector::new("kube-scheduler", "control-plane", 1);
        elector.start(Time::START);
        elector.poll(Time::START);
        let (_, create) = elector.reply(Time::START, &Status::not_found("leases", "x").into());
        elector.reply(Time::START, &Response::ok(create.unwrap().body));
        let released = elector.release(Time::START).unwrap().body;
        assert_eq!(released.at(&["spec", "holderIdentity"]).text(), "");
        let mut next = Elector::new("kube-scheduler", "control-plane-2", 1);
        next.start(Time::START);
        next.poll(Time::START);
        let (_, taken) = next.reply(Time::START, &Response::ok(released));
        assert_eq!(taken.unwrap().body.at(&["spec", "leaseTransitions"]).as_int(), Some(1));
    }
}

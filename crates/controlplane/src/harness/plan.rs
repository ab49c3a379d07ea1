//! What a controller is, what it may see, and what it may want: all of it plain values.
use apiserver::client::Note;
use apiserver::{Change, Snapshot};
use objects::wire::Request;
use objects::{Key, KindId, Tree};
use simcore::{Duration, Time};

/// A controller as data: which changes wake which keys, and the pure step that looks at one key.
#[derive(Debug)]
pub struct Controller {
    /// `replicaset-controller`: its service account, its event source, its name in the trace.
    pub name: &'static str,
    pub triggers: &'static [Trigger],
    /// How many keys it works on at once.
    pub workers: usize,
    pub reconcile: fn(&Cx, &Key) -> Plan,
}

/// A kind, and the keys to look at when an object of it changed.
pub type Trigger = (KindId, fn(&Change, &Snapshot) -> Vec<Key>);

/// The plainest trigger: the object that changed is the one to look at.
pub fn itself(change: &Change, _: &Snapshot) -> Vec<Key> {
    vec![change.key.clone()]
}

/// In a trigger: changes of every kind.
pub const ANY: KindId = KindId(u16::MAX);

/// What a step sees.
#[derive(Debug)]
pub struct Cx<'a> {
    pub now: Time,
    /// The informer cache: never older than this key's own last write.
    pub view: &'a Snapshot,
    /// When this key began to wait (`Next::After`) without having settled since.
    pub since: Option<Time>,
    /// When this controller began its work.
    pub started: Time,
    /// What the last step about this key wanted remembered; null for nothing.
    pub memory: &'a Tree,
    /// The range that nodes' Pod addresses are cut from (`--cluster-cidr`); empty where none are given out.
    pub pod_range: &'a str,
}

/// What a step wants: writes one after another, then rest.
#[derive(Debug)]
pub struct Plan {
    /// Told at once, whatever the writes bring.
    pub notes: Vec<Note>,
    pub writes: Vec<Write>,
    /// Sent in place of what is left after a write has failed. `{error}` in its texts becomes the failure.
    pub on_failure: Option<Write>,
    pub next: Next,
    /// What the next step about this key is to know. `None` leaves the memory as it is.
    pub remember: Option<Tree>,
    /// For a controller that keeps account of its writes, as those of EndpointSlices do upstream: the news of such a
    /// write wakes nobody, and a key that comes again before its news has come waits this long, as after a failure.
    pub tracked: Option<Duration>,
}

/// When to look at the key again, besides when a trigger says so.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Next {
    Settled,
    After(Duration),
    /// As after a failure: with the growing pause of the queue.
    Retry,
}

/// One request, and what to tell about its end.
#[derive(Clone, Debug)]
pub struct Write {
    pub request: Request,
    /// Told on success; `{name}` becomes the name in the answer.
    pub ok: Option<Note>,
    /// Told on failure; `{error}` becomes the answer's message.
    pub err: Option<Note>,
    /// Failing codes that count as success: 404 for a deletion.
    pub ignore: &'static [u16],
    pub pace: Pace,
}

/// How writes of one pace that follow one another are sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// Each after the answer to the one before.
    One,
    /// One, then two at once, then four, …: where all fail few are sent (`slowStartBatch`).
    SlowStart,
    AtOnce,
}

impl Write {
    pub fn new(request: Request) -> Write {
        Write { request, ok: None, err: None, ignore: &[], pace: Pace::One }
    }

    pub fn ok(mut self, note: Note) -> Write {
        self.ok = Some(note);
        self
    }

    pub fn err(mut self, note: Note) -> Write {
        self.err = Some(note);
        self
    }

    pub fn pace(mut self, pace: Pace) -> Write {
        self.pace = pace;
        self
    }

    pub fn ignore(mut self, codes: &'static [u16]) -> Write {
        self.ignore = codes;
        self
    }
}

impl Plan {
    /// Nothing to do.
    pub fn rest() -> Plan {
        Plan::write(Vec::new())
    }

    pub fn write(writes: Vec<Write>) -> Plan {
        Plan { notes: Vec::new(), writes, on_failure: None, next: Next::Settled, remember: None, tracked: None }
    }

    pub fn next(mut self, next: Next) -> Plan {
        self.next = next;
        self
    }

    /// Look again at `time`.
    pub fn at(self, now: Time, time: Time) -> Plan {
        self.next(Next::After(time.since(now)))
    }
}

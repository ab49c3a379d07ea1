//! The API server: the list of stages that every request walks through.
use crate::store::{Snapshot, Store};
use objects::wire::{Request, Response, WatchCursor, WatchEvent};
use objects::{Key, Text, Tree};
use simcore::{Rng, Time, Trace};

/// How a request ends.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Answered at once: reads from the cache, refusals, writes that change nothing.
    Now(Response),
    /// Appended at `revision`; `response` is the answer once that revision is applied.
    When { revision: u64, response: Response },
    /// The kubelet of `node` answers (log, exec): the request with its path is handed on.
    Kubelet { node: Text, request: Box<Request> },
}

/// What a trace entry tells: an input, a commit, a fault.
#[derive(Clone, Debug, PartialEq)]
pub struct What {
    /// `you`, `kubectl`, `deployment-controller`, `kubelet/worker-1`, …
    pub actor: Text,
    /// `input`, `create`, `update`, `patch`, `delete`, `fault`, …
    pub deed: &'static str,
    /// The object it was done to.
    pub key: Option<Key>,
    /// The revision it made; 0 for none.
    pub revision: u64,
    /// The typed line, the changed part (`status`, `scale`, `binding`), …
    pub detail: Text,
    /// The decision behind it, as data; null for none.
    pub reason: Tree,
}

/// One API server with its store behind it.
#[derive(Clone, Debug)]
pub struct ApiServer {
    pub store: Store,
    /// What happened, and why: every commit, and what the world adds (inputs, faults).
    pub trace: Trace<What>,
    pub(crate) rng: Rng,
}

impl ApiServer {
    pub fn new(seed: u64) -> ApiServer {
        ApiServer { store: Store::default(), trace: Trace::default(), rng: Rng::stream(seed, "apiserver") }
    }
}

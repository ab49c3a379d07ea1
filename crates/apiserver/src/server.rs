//! The API server: the list of stages that every request walks through.
use crate::exchange::Exchange;
use crate::service::ServiceRange;
use crate::stages::STAGES;
use crate::store::Store;
use crate::watch;
use objects::wire::{Request, Response, WatchCursor, WatchEvent};
use objects::{Key, Status, Text, Tree};
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
    /// Whether the Gateway API's custom resource definitions are installed: its kinds are served only then.
    pub gateway_api: bool,
    /// Whether K3s's are.
    pub k3s: bool,
    /// Where Services get their addresses from.
    pub service_range: ServiceRange,
    pub(crate) rng: Rng,
    /// When the last request came: the base of ages in the first tables of a watch.
    pub(crate) clock: Time,
}

impl ApiServer {
    /// The groups of add-ons that are not installed.
    pub(crate) fn absent(&self) -> Vec<&'static str> {
        let gateway = (!self.gateway_api).then_some(objects::kinds::GATEWAY_API);
        let k3s = if self.k3s { &[][..] } else { &objects::kinds::K3S };
        gateway.into_iter().chain(k3s.iter().copied()).collect()
    }

    pub fn new(seed: u64) -> ApiServer {
        let rng = Rng::stream(seed, "apiserver");
        ApiServer {
            store: Store::default(),
            trace: Trace::default(),
            gateway_api: false,
            k3s: false,
            service_range: ServiceRange::default(),
            rng,
            clock: Time::START,
        }
    }

    /// The only door to the cluster's state: answers a read, or appends a write and says when it is answered.
    ///
    /// Refusals are answers too: `Outcome::Now` with a `Status` body and its code.
    pub fn handle(&mut self, now: Time, request: &Request) -> Outcome {
        self.clock = now;
        let mut exchange = Exchange::new(self, now, request);
        for stage in STAGES {
            if let Err(status) = stage(&mut exchange) {
                let warnings = std::mem::take(&mut exchange.warnings);
                return Outcome::Now(Response { warnings, ..Response::from(status) });
            }
            if let Some(outcome) = exchange.answer.take() {
                return outcome;
            }
        }
        unreachable!("the last stage always answers")
    }

    /// What a watch has to be told now, in order; moves the cursor on.
    ///
    /// 410 `Expired` where compaction has taken changes that were not told yet: the watch is over then.
    pub fn poll(&self, cursor: &mut WatchCursor) -> Result<Vec<WatchEvent>, Status> {
        watch::poll(&self.store, self.clock, cursor)
    }

    /// A bookmark for a watch that has been told everything, where it asked for bookmarks.
    pub fn bookmark(&self, cursor: &WatchCursor) -> Option<WatchEvent> {
        cursor.bookmarks.then(|| watch::bookmark(cursor, false))
    }
}

//! The process in the container: it hears of the cluster with a lag, keeps a routing table, and writes status while it leads.
use crate::routing::{Decision, Table, decide, gateways};
use crate::{ingress, status};
use apiserver::client::{Effects, Ticket};
use apiserver::{Change, Snapshot};
use controlplane::harness::{Controller, ControllerManager};
use dataplane::network::{Ask, Failure};
use objects::wire::Response;
use objects::{KindId, Text, kinds};
use simcore::{Duration, Rng, Time};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What makes one controller differ from another.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    /// The kinds that its table is made from, besides Services and their slices.
    pub watches: &'static [KindId],
    pub status: &'static [&'static Controller],
    pub compile: fn(&Snapshot) -> Table,
    /// From a change to the new table, and from one new table to the next.
    pub takes: Duration,
    pub pause: Duration,
}

/// The gateway controller: changes reach its proxies as they come, as with Envoy's xDS.
pub static GATEWAY: Kind = Kind {
    name: "gateway-controller",
    watches: &[kinds::GATEWAY_CLASS, kinds::GATEWAY, kinds::HTTP_ROUTE, kinds::REFERENCE_GRANT, kinds::SECRET, kinds::NAMESPACE],
    status: status::GATEWAY_API,
    compile: gateways,
    takes: Duration::millis(20),
    pause: Duration::millis(100),
};

/// The ingress controller: it loads nginx's configuration anew, at most once in three seconds and a third.
pub static INGRESS: Kind = Kind {
    name: "ingress-controller",
    watches: &[kinds::INGRESS_CLASS, kinds::INGRESS, kinds::SECRET],
    status: ingress::INGRESS,
    compile: ingress::table,
    takes: Duration::millis(100),
    pause: Duration::millis(3_333),
};

/// From the start of the process to its first table.
const START: Duration = Duration::millis(600);

/// One process. A component in the sense of the world.
#[derive(Clone, Debug)]
pub struct Router {
    pub kind: &'static Kind,
    manager: ControllerManager,
    view: Snapshot,
    table: Arc<Table>,
    /// The Services that the table leads to.
    leads: Arc<BTreeSet<(Text, Text)>>,
    running: bool,
    /// Whether it has had its first table.
    ready: bool,
    /// When the next table is made; `None` while nothing changed.
    due: Option<Time>,
    last: Option<Time>,
    said: Vec<(Time, String)>,
}

impl Router {
    /// `pod` is the name of its Pod, under which it campaigns for the lease.
    pub fn new(kind: &'static Kind, seed: u64, pod: &str) -> Router {
        Router {
            kind,
            manager: ControllerManager::named(kind.name, seed, pod, kind.status),
            view: Snapshot::empty(0),
            table: Arc::default(),
            leads: Arc::default(),
            running: false,
            ready: false,
            due: None,
            last: None,
            said: Vec::new(),
        }
    }

    pub fn interested(&self, change: &Change) -> bool {
        match change.key.kind {
            kinds::LEASE | kinds::EVENT | kinds::POD => false,
            kinds::SERVICE | kinds::ENDPOINT_SLICE => true,
            kind => self.kind.watches.contains(&kind) || self.manager.interested(change),
        }
    }

    pub fn start(&mut self, now: Time, view: &Snapshot, fx: &mut Effects) {
        if self.running {
            // The history that it needed is gone: it lists all anew, and goes on with what it has until then.
            self.view = view.clone();
            self.plan(now, fx);
            return self.manager.start(now, view, fx);
        }
        self.running = true;
        self.view = view.clone();
        self.due = Some(now + START);
        fx.wake_at(now + START);
        self.say(now, "starting");
        self.manager.start(now, view, fx);
    }

    pub fn deliver(&mut self, now: Time, view: &Snapshot, changes: &[&Change], fx: &mut Effects) {
        if !self.running {
            return;
        }
        self.view = view.clone();
        if changes.iter().any(|change| self.matters(change)) {
            self.plan(now, fx);
        }
        self.manager.deliver(now, view, changes, fx);
    }

    pub fn reply(&mut self, now: Time, ticket: Ticket, response: &Response, fx: &mut Effects) {
        self.manager.reply(now, ticket, response, fx);
    }

    pub fn wake(&mut self, now: Time, fx: &mut Effects) {
        if self.running && self.due.is_some_and(|due| due <= now) {
            self.load(now);
        }
        self.manager.wake(now, fx);
    }

    /// The process is gone, and with it all that it knew.
    pub fn stop(&mut self) {
        (self.running, self.ready, self.due, self.last) = (false, false, None, None);
        self.table = Arc::default();
        self.view = Snapshot::empty(0);
        self.manager.stop();
    }

    /// Whether it has a table to route by.
    pub fn is_ready(&self) -> bool {
        self.running && self.ready
    }

    /// Whether requests that come in by a port are routed.
    pub fn serves(&self, port: u16) -> bool {
        self.is_ready() && self.table.serves(port)
    }

    /// Opens a connection; the failure is what the client sees.
    pub fn handshake(&self, port: u16, ask: &Ask, now: Time) -> Result<(), Failure> {
        self.table.handshake(port, ask, now)
    }

    /// What becomes of a request that came in by `port` from the address `from`.
    pub fn decide(&self, port: u16, ask: &Ask, from: &str, rng: &mut Rng) -> Decision {
        decide(&self.table, port, ask, from, rng)
    }

    /// What it wrote to its log since the last time.
    pub fn take_log(&mut self) -> Vec<(Time, String)> {
        std::mem::take(&mut self.said)
    }

    /// Whether a change can change the table: slices of Services that it leads nowhere near cannot.
    fn matters(&self, change: &Change) -> bool {
        let leads = |service: &str| self.leads.contains(&(change.key.namespace.clone(), Text::new(service)));
        let object = change.after.as_ref().or(change.before.as_ref());
        match change.key.kind {
            kinds::ENDPOINT_SLICE => object.is_some_and(|slice| leads(slice.labels().get("kubernetes.io/service-name").text())),
            kinds::SERVICE => leads(&change.key.name) || change.key.name == self.kind.name,
            kind if self.kind.watches.contains(&kind) => match (&change.before, &change.after) {
                // What controllers write into a status routes nothing.
                (Some(before), Some(after)) => {
                    let parts = ["spec", "data", "type"];
                    before.labels() != after.labels()
                        || before.meta().get("annotations") != after.meta().get("annotations")
                        || parts.iter().any(|part| before.tree.get(part) != after.tree.get(part))
                }
                _ => true,
            },
            _ => false,
        }
    }

    fn plan(&mut self, now: Time, fx: &mut Effects) {
        if self.due.is_some() {
            return;
        }
        let soonest = self.last.map_or(now, |last| last + self.kind.pause);
        let due = soonest.max(now + self.kind.takes);
        self.due = Some(due);
        fx.wake_at(due);
    }

    fn load(&mut self, now: Time) {
        (self.due, self.last, self.ready) = (None, Some(now), true);
        let table = (self.kind.compile)(&self.view);
        self.leads = Arc::new(table.services());
        self.table = Arc::new(table);
        self.say(now, "configuration reloaded");
    }

    fn say(&mut self, now: Time, words: &str) {
        self.said.push((now, format!("{} {}: {words}\n", now.rfc3339(), self.kind.name)));
    }
}

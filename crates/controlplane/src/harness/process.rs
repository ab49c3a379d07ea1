//! The kube-controller-manager process, and the cloud's: every controller of a table, working while it holds the lease.
use super::alarm::Alarm;
use super::elector::{Elector, Turn};
use super::plan::{ANY, Controller};
use super::runner::{Runner, signed};
use super::telling::Telling;
use super::tickets::{Place, Tickets};
use apiserver::client::{Effects, Ticket};
use apiserver::{Change, Snapshot};
use objects::wire::{Request, Response, User};
use objects::{KindId, Text, kinds};
use simcore::Time;

/// One controller manager on one host. A component in the sense of the world: it is told things and answers with effects.
#[derive(Clone, Debug)]
pub struct ControllerManager {
    /// What the election calls this process.
    name: &'static str,
    table: &'static [&'static Controller],
    elector: Elector,
    user: User,
    /// Empty while another one leads.
    runners: Vec<Runner>,
    telling: Telling,
    tickets: Tickets,
    /// The election's question that is out; answers to older ones come too late.
    campaign: Option<Ticket>,
    view: Snapshot,
    running: bool,
    /// It lost the lease: the process ends by itself.
    exited: bool,
    /// `--cluster-cidr`; empty without `--allocate-node-cidrs`.
    pub pod_range: Text,
    alarm: Alarm,
}

impl ControllerManager {
    /// `host` is the node's name; `table` the controllers that it runs.
    pub fn new(seed: u64, host: &str, table: &'static [&'static Controller]) -> ControllerManager {
        let manager = ControllerManager::named("kube-controller-manager", seed, host, table);
        let name = Text::new_static("system:kube-controller-manager");
        ControllerManager { user: User { name, ..manager.user }, ..manager }
    }

    /// A process of another name with controllers of its own and the account of that name: `cloud-controller-manager`.
    pub fn named(name: &'static str, seed: u64, host: &str, table: &'static [&'static Controller]) -> ControllerManager {
        ControllerManager {
            name,
            table,
            elector: Elector::new(name, host, seed),
            user: User {
                name: Text::from(format!("system:serviceaccount:kube-system:{name}")),
                groups: vec![Text::new_static("system:authenticated")],
            },
            runners: Vec::new(),
            telling: Telling::new(name, ""),
            tickets: Tickets::default(),
            campaign: None,
            view: Snapshot::empty(0),
            running: false,
            exited: false,
            pod_range: Text::new_static("10.244.0.0/16"),
            alarm: Alarm::default(),
        }
    }

    /// Whether a change may concern one of its controllers.
    pub fn interested(&self, change: &Change) -> bool {
        let kind = change.key.kind;
        match kind {
            kinds::EVENT => false,
            // Heartbeats of nodes wake nobody, but the node controller must see them when it looks.
            kinds::LEASE => change.key.namespace == "kube-node-lease",
            _ => self.table.iter().any(|controller| controller.triggers.iter().any(|(on, _)| *on == kind || *on == ANY)),
        }
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
        for runner in &mut self.runners {
            for change in changes.iter().filter(|change| change.key.kind != kinds::EVENT) {
                runner.notice(change, &self.view);
            }
            runner.release(&self.view);
        }
        self.act(now, fx);
    }

    /// The answer to a request of its own.
    pub fn reply(&mut self, now: Time, ticket: Ticket, response: &Response, fx: &mut Effects) {
        let asked = fx.wake.len();
        match self.tickets.redeem(ticket) {
            Some(Place::Worker { runner, worker, slot }) => {
                if let Some(runner) = self.runners.get_mut(runner) {
                    runner.reply(now, (worker, slot), response, &self.view, &mut self.tickets, fx);
                }
            }
            Some(Place::Event { runner }) => {
                if let Some(runner) = self.runners.get_mut(runner) {
                    runner.told(now, &mut self.tickets, fx);
                }
            }
            Some(Place::Election) if self.campaign == Some(ticket) => self.elected(now, response, fx),
            Some(Place::Election) | None => {}
        }
        // The step below asks for all of them again.
        fx.wake.truncate(asked);
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
        self.runners.clear();
        self.tickets.void();
        self.view = Snapshot::empty(0);
    }

    /// Whether it holds the lease.
    pub fn is_leading(&self) -> bool {
        self.running && self.elector.is_leading()
    }

    /// Whether it has ended by itself, with code 1, because it could not renew its lease.
    pub fn has_exited(&self) -> bool {
        self.exited
    }

    /// Each controller with the number of keys that it is busy with.
    pub fn busy(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.runners.iter().map(|runner| (runner.controller.name, runner.busy()))
    }

    fn act(&mut self, now: Time, fx: &mut Effects) {
        if self.elector.has_lost(now) {
            self.exited = true;
            return;
        }
        let from = fx.wake.len();
        if let Some(request) = self.elector.poll(now) {
            self.campaign(request, fx);
        }
        fx.wake_at(self.elector.next_time());
        for runner in &mut self.runners {
            runner.work(now, &self.view, &mut self.tickets, fx);
        }
        self.telling.flush(now, usize::MAX, &self.user, self.name, &mut self.tickets, fx);
        self.alarm.set(now, from, fx);
    }

    fn elected(&mut self, now: Time, response: &Response, fx: &mut Effects) {
        let (turn, request) = self.elector.reply(now, response);
        if let Some(request) = request {
            self.campaign(request, fx);
        }
        match turn {
            Turn::Won => {
                self.telling.tell(now, self.elector.note(), "", "", None);
                self.lead(now);
            }
            Turn::Nothing => {}
        }
    }

    /// All controllers begin, each with a list of everything that it watches.
    fn lead(&mut self, now: Time) {
        let mut runners: Vec<Runner> = Vec::new();
        for (index, controller) in self.table.iter().enumerate() {
            let mut runner = Runner::new(controller, index, now, &self.pod_range);
            for kind in watched(controller) {
                for object in self.view.list(kind) {
                    let change = Change {
                        revision: object.revision,
                        at: now,
                        key: object.key.clone(),
                        before: None,
                        after: Some(object.clone()),
                        occurrence: None,
                    };
                    runner.notice(&change, &self.view);
                }
            }
            runners.push(runner);
        }
        self.runners = runners;
    }

    fn campaign(&mut self, request: Request, fx: &mut Effects) {
        let request = signed(request, &self.user, self.name, None);
        let ticket = self.tickets.issue(Place::Election);
        self.campaign = Some(ticket);
        fx.send(ticket, request);
    }
}

/// The kinds that a controller's triggers name.
fn watched(controller: &Controller) -> Vec<KindId> {
    let all = 0..kinds::KINDS.len() as u16;
    let named = |kind: &KindId| controller.triggers.iter().any(|(on, _)| on == kind || *on == ANY);
    all.map(KindId).filter(|kind| *kind != kinds::EVENT && *kind != kinds::LEASE).filter(named).collect()
}

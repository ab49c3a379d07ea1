//! One process of the world: which component it is, where it runs, what it has been told.
use apiserver::client::{Effects, Ticket};
use apiserver::{Change, Snapshot};
use controlplane::harness::ControllerManager;
use controlplane::scheduler::Scheduler;
use dataplane::kubelet::Kubelet;
use dataplane::network::KubeProxy;
use dataplane::network::dns::CoreDns;
use gateway::Router;
use objects::Text;
use objects::wire::Response;
use simcore::{Duration, Time};
use std::collections::BTreeSet;

/// The components that watch and write. etcd and kube-apiserver are the world's own (`World::backend`).
#[derive(Clone, Debug)]
pub enum Actor {
    Manager(Box<ControllerManager>),
    Scheduler(Box<Scheduler>),
    Kubelet(Box<Kubelet>),
    Proxy(Box<KubeProxy>),
    /// Processes in containers.
    CoreDns(Box<CoreDns>),
    Router(Box<Router>),
}

/// A component as a process on a host.
#[derive(Clone, Debug)]
pub struct Part {
    /// `kube-scheduler`, `kubelet/worker-1`, …
    pub id: Text,
    /// The host's place in `World::hosts`.
    pub host: usize,
    pub actor: Actor,
    pub running: bool,
    /// Whether it led when it was last looked at.
    pub led: bool,
    /// Whether it is to run: a process that nobody stopped is started again after a crash.
    pub enabled: bool,
    /// How much longer its messages take, each way.
    pub slow: Duration,
    /// Whether nothing of it reaches the API.
    pub cut: bool,
    restarts: Restarts,
    /// The kube-apiserver that it is connected to, by its place in `World::apiservers`.
    pub server: usize,
    /// Of a process in a container: its Pod's uid and the container's runtime id; empty for processes of the host.
    pub pod: Text,
    pub container: Text,
    /// Revisions of applied changes it has not been told yet.
    pub inbox: Vec<u64>,
    /// Whether a delivery is on its way.
    pub due: bool,
    /// Instants that stand in the queue for it, so that none stands there twice.
    pub wakes: BTreeSet<Time>,
}

macro_rules! each {
    ($actor:expr, $it:ident => $call:expr) => {
        match $actor {
            Actor::Manager($it) => $call,
            Actor::Scheduler($it) => $call,
            Actor::Kubelet($it) => $call,
            Actor::Proxy($it) => $call,
            Actor::CoreDns($it) => $call,
            Actor::Router($it) => $call,
        }
    };
}

impl Part {
    pub fn new(id: impl Into<Text>, host: usize, actor: Actor) -> Part {
        Part {
            id: id.into(),
            host,
            actor,
            running: false,
            led: false,
            enabled: true,
            slow: Duration::ZERO,
            cut: false,
            restarts: Restarts::default(),
            server: 0,
            pod: Text::default(),
            container: Text::default(),
            inbox: Vec::new(),
            due: false,
            wakes: BTreeSet::new(),
        }
    }

    /// The program: `kube-scheduler`, on whichever host.
    pub fn process(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    pub fn interested(&self, change: &Change) -> bool {
        each!(&self.actor, it => it.interested(change))
    }

    pub fn start(&mut self, now: Time, view: &Snapshot, fx: &mut Effects) {
        self.running = true;
        match &mut self.actor {
            Actor::Kubelet(kubelet) if !kubelet.host.powered => kubelet.power_on(now, view, fx),
            actor => each!(actor, it => it.start(now, view, fx)),
        }
    }

    pub fn deliver(&mut self, now: Time, view: &Snapshot, changes: &[&Change], fx: &mut Effects) {
        each!(&mut self.actor, it => it.deliver(now, view, changes, fx))
    }

    pub fn reply(&mut self, now: Time, ticket: Ticket, response: &Response, fx: &mut Effects) {
        each!(&mut self.actor, it => it.reply(now, ticket, response, fx))
    }

    pub fn wake(&mut self, now: Time, fx: &mut Effects) {
        each!(&mut self.actor, it => it.wake(now, fx))
    }

    /// The process is asked to end (SIGTERM): what it still wants to say.
    pub fn terminate(&mut self, now: Time, fx: &mut Effects) {
        if let Actor::Scheduler(scheduler) = &mut self.actor {
            scheduler.terminate(now, fx);
        }
    }

    /// Whether it has ended by itself.
    pub fn has_exited(&self) -> bool {
        match &self.actor {
            Actor::Manager(manager) => self.running && manager.has_exited(),
            Actor::Scheduler(scheduler) => self.running && scheduler.has_exited(),
            _ => false,
        }
    }

    /// Whether it leads where several of its kind run; `None` for those that hold no election.
    pub fn leads(&self) -> Option<bool> {
        match &self.actor {
            Actor::Manager(manager) => Some(manager.is_leading()),
            Actor::Scheduler(scheduler) => Some(scheduler.is_leading()),
            _ => None,
        }
    }

    /// It crashed: how long until it is started again. systemd waits ten seconds for a kubelet; the kubelet restarts
    /// containers at once, then after 10 s, 20 s, … up to five minutes.
    pub fn restart_pause(&mut self, now: Time) -> Duration {
        match self.actor {
            Actor::Kubelet(_) => Duration::secs(10),
            _ => self.restarts.pause(now),
        }
    }

    /// The process is gone, and with it all that it had in memory.
    pub fn stop(&mut self) {
        self.running = false;
        self.led = false;
        self.inbox.clear();
        each!(&mut self.actor, it => it.stop())
    }

    pub fn kubelet(&self) -> Option<&Kubelet> {
        match &self.actor {
            Actor::Kubelet(kubelet) => Some(kubelet),
            _ => None,
        }
    }

    pub fn kubelet_mut(&mut self) -> Option<&mut Kubelet> {
        match &mut self.actor {
            Actor::Kubelet(kubelet) => Some(kubelet),
            _ => None,
        }
    }
}

/// How often a container of a static Pod has crashed lately.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Restarts {
    last: Time,
    wait: Duration,
}

/// The runtime's look at its containers, and the start of a new one.
const RESTART: Duration = Duration::millis(1_500);
const FIRST: Duration = Duration::secs(10);
const LONGEST: Duration = Duration::mins(5);
/// After so long without a crash the next one counts as the first.
const QUIET: Duration = Duration::mins(10);

impl Restarts {
    pub fn pause(&mut self, now: Time) -> Duration {
        let wait = if now.since(self.last) > QUIET { Duration::ZERO } else { self.wait };
        self.last = now;
        self.wait = if wait == Duration::ZERO { FIRST } else { wait.times(2).min(LONGEST) };
        wait.max(RESTART)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_crashes_again_and_again_waits_longer_each_time() {
        let (mut restarts, mut now) = (Restarts::default(), Time::START);
        let waits: Vec<u64> = (0..7)
            .map(|_| {
                let pause = restarts.pause(now);
                now = now + pause;
                pause.0 / 1_000_000
            })
            .collect();
        assert_eq!(waits, [1, 10, 20, 40, 80, 160, 300]);
        assert_eq!(restarts.pause(now + Duration::mins(11)), RESTART);
    }
}

//! What the kubelet remembers of one Pod, and the writing of its status.
use crate::kubelet::backoff::Backoff;
use crate::kubelet::client::Asked;
use crate::kubelet::context::Context;
use crate::kubelet::journal::Whose;
use crate::kubelet::mirror;
use crate::kubelet::probes::{Kind, NEVER, Probe};
use crate::kubelet::status::{self, Facts, Stage};
use crate::kubelet::volumes;
use crate::runtime::Sandbox;
use apiserver::client::Note;
use apiserver::store::Kept;
use objects::wire::{PatchKind, Request, Response, Verb};
use objects::{Object, Text, Tree, kinds, map};
use simcore::{Duration, Time};
use std::collections::{BTreeMap, BTreeSet};

/// What a pod worker is doing now.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    Idle,
    Sandbox { until: Time },
    Pull { name: Text, since: Time, from: Time, until: Time },
    Create { name: Text, until: Time },
    Start { name: Text, until: Time },
    PostStart { name: Text, until: Time, failure: Option<String> },
}

/// How a Pod comes to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    No,
    /// Its containers are being stopped.
    Stopping,
    /// Nothing runs any more; at the next look at the runtime, `clean_at`, the last status is written and it may go.
    Stopped {
        clean_at: Time,
    },
    /// The last deletion is sent.
    Leaving,
}

/// The memory of one Pod; it dies with the kubelet's process.
#[derive(Clone, Debug)]
pub struct Worker {
    pub uid: Text,
    pub pod: Kept,
    /// The occurrence that last told about this Pod.
    pub cause: Option<u32>,
    pub step: Step,
    pub ending: Ending,
    /// The runtime has been looked at since everything stopped.
    pub wound_up: bool,
    /// Containers still to start in the sync under way.
    pub queue: Vec<Text>,
    pub failed: bool,
    pub touched: bool,
    pub sync_at: Option<Time>,
    pub refresh_at: Option<Time>,
    /// When a Pod whose containers all ended is wound up.
    pub finish_at: Option<Time>,
    pub reasons: BTreeMap<Text, (Text, Text)>,
    pub restarts: BTreeMap<Text, Backoff>,
    pub pulls: BTreeMap<Text, (Backoff, Time, String)>,
    pub probes: BTreeMap<(Text, Kind), Probe>,
    /// Containers that the kubelet itself stopped, to be started again at once.
    pub stopping: BTreeSet<Text>,
    /// PreStop hooks under way: container -> when SIGTERM follows, and what is left of the grace.
    pub prestop: BTreeMap<Text, (Time, Duration)>,
    /// Sidecars that stop only after the containers that they serve -> when their grace is over.
    pub turns: BTreeMap<Text, Time>,
    pub verdict: Option<(&'static str, &'static str)>,
    pub start_time: Option<Time>,
    /// When this worker began: probes tick from then on.
    pub taken_in: Time,
    pub show_address: bool,
    /// Of which attempt's wait was told, and when the worker comes back to it.
    pub told_backoff: BTreeMap<Text, (u32, Time)>,
    /// How long to wait before volumes are tried again.
    pub mount_pause: Duration,
    /// When its mounted files are brought up to date.
    pub renew_at: Option<Time>,
    pub wanted: Tree,
    base: Tree,
    base_revision: u64,
    in_flight: bool,
    dirty: bool,
    pub retry_at: Option<Time>,
}

impl Worker {
    pub fn new(pod: Kept, cause: Option<u32>, now: Time) -> Worker {
        Worker {
            uid: pod.uid_text(),
            base: pod.status().clone(),
            base_revision: pod.revision,
            start_time: Time::parse(pod.status().get("startTime").text()),
            show_address: !pod.status().get("podIP").is_empty(),
            taken_in: now,
            pod,
            cause,
            step: Step::Idle,
            ending: Ending::No,
            wound_up: false,
            queue: Vec::new(),
            failed: false,
            touched: false,
            sync_at: Some(now),
            refresh_at: None,
            finish_at: None,
            reasons: BTreeMap::new(),
            restarts: BTreeMap::new(),
            pulls: BTreeMap::new(),
            probes: BTreeMap::new(),
            stopping: BTreeSet::new(),
            prestop: BTreeMap::new(),
            turns: BTreeMap::new(),
            verdict: None,
            told_backoff: BTreeMap::new(),
            mount_pause: Duration::millis(500),
            renew_at: None,
            wanted: Tree::Null,
            in_flight: false,
            dirty: false,
            retry_at: None,
        }
    }

    /// A newer version of the Pod came by the watch. What others wrote into its status stands until `sync`.
    pub fn learn(&mut self, pod: Kept, cause: Option<u32>, now: Time, sync: Time) {
        // A status write leaves the spec the very same shared part.
        let same = pod.spec().same(self.pod.spec()) || pod.spec() == self.pod.spec();
        let asks = !same || pod.is_deleting() != self.pod.is_deleting();
        let sooner = pod.meta().get("deletionGracePeriodSeconds") != self.pod.meta().get("deletionGracePeriodSeconds");
        if status::gates_moved(&pod, &self.base) {
            // Where its own status is on its way, the answer brings the gate too: a moment later it can be seen.
            let at = if self.in_flight { now + Duration::millis(50) } else { now };
            self.cause = cause.or(self.cause);
            self.sync_at = Some(self.sync_at.map_or(at, |known| known.min(at)));
        }
        if pod.revision > self.base_revision && !self.in_flight {
            self.stored(&pod, sync);
        }
        let labels = pod.labels() != self.pod.labels() || pod.meta().get("annotations") != self.pod.meta().get("annotations");
        if labels && volumes::shows_itself(&pod) {
            self.renew_at = Some(now + Duration::millis(300));
        }
        self.pod = pod;
        if asks || sooner {
            self.cause = cause.or(self.cause);
            self.sync_at = Some(now);
        }
    }

    /// The API has this version of the Pod. Where it says something else than this kubelet told, as after the node was out of
    /// reach and its Pods were marked as not ready, the kubelet tells it again (`manager.needsReconcile`).
    fn stored(&mut self, pod: &Object, sync: Time) {
        (self.base, self.base_revision) = (pod.status().clone(), pod.revision);
        if status::differs(&self.base, &self.wanted) {
            self.retry_at.get_or_insert(sync);
        }
    }

    pub fn spec_of(&self, name: &str) -> Option<&Tree> {
        let of = |field: &str| self.pod.spec().get(field).items().iter().find(|container| container.get("name").text() == name);
        of("containers").or_else(|| of("initContainers"))
    }

    pub fn is_init(&self, name: &str) -> bool {
        self.pod.spec().get("initContainers").items().iter().any(|container| container.get("name").text() == name)
    }

    pub fn is_sidecar(&self, name: &str) -> bool {
        self.is_init(name) && self.spec_of(name).is_some_and(|container| container.get("restartPolicy").text() == "Always")
    }

    /// An event about the Pod, or about one of its containers.
    pub fn note(&self, cx: &mut Context, container: &str, warning: bool, reason: &'static str, message: impl Into<String>) {
        let mut about = Note::reference(&self.pod);
        if !container.is_empty() {
            let field = if self.is_init(container) { "initContainers" } else { "containers" };
            about.set(&["fieldPath"], format!("spec.{field}{{{container}}}"));
        }
        cx.client.note(cx.now, &Note { about, warning, reason, message: message.into() }, self.cause);
    }

    /// A container cannot start: why, for its status and for the journal.
    pub fn wait(&mut self, cx: &mut Context, name: &str, reason: &str, message: impl Into<Text>) {
        let message = message.into();
        let doing = format!("failed to \"StartContainer\" for {name:?} with {reason}: {message:?}", message = message.as_str());
        cx.journal.skipped(cx.now, &doing, &self.whose());
        self.reasons.insert(Text::new(name), (Text::new(reason), message));
    }

    /// As the kubelet's journal names the Pod.
    pub fn whose(&self) -> Whose<'_> {
        Whose { namespace: &self.pod.key.namespace, name: &self.pod.key.name, uid: &self.uid }
    }

    /// Whether a running container counts as started: no startup probe, or a content one.
    pub fn is_started(&self, name: &str) -> bool {
        self.probes.get(&(Text::new(name), Kind::Startup)).is_none_or(|probe| probe.content)
    }

    pub fn is_ready(&self, name: &str) -> bool {
        self.probes.get(&(Text::new(name), Kind::Readiness)).is_none_or(|probe| probe.content)
    }

    /// Makes the status anew from facts, and sends what changed.
    pub fn refresh(&mut self, sandbox: Option<&Sandbox>, cx: &mut Context) {
        let start_time = *self.start_time.get_or_insert(cx.now);
        let stage = match self.ending {
            Ending::No | Ending::Stopping => Stage::Alive,
            Ending::Stopped { .. } | Ending::Leaving if self.wound_up => Stage::Over,
            Ending::Stopped { .. } | Ending::Leaving => Stage::Quiet,
        };
        // What is not started again waits for nothing (upstream `ShouldContainerBeRestarted`).
        const NOTHING: &BTreeMap<Text, (Text, Text)> = &BTreeMap::new();
        let facts = Facts {
            now: cx.now,
            host_ip: &cx.host.address,
            start_time,
            sandbox,
            show_address: self.show_address,
            reasons: if self.pod.is_deleting() { NOTHING } else { &self.reasons },
            is_ready: &|name| self.is_ready(name),
            is_started: &|name| self.is_started(name),
            stage,
            verdict: self.verdict,
            stored: &self.base,
            said: if self.wanted.is_null() { &self.base } else { &self.wanted },
        };
        let wanted = status::status(&self.pod, &facts);
        if wanted != self.wanted {
            self.wanted = wanted;
            self.push(cx);
        }
    }

    /// The runtime was looked at once more after everything had stopped: that is the end of the Pod's story.
    pub fn wind_up(&mut self, sandbox: Option<&Sandbox>, cx: &mut Context) {
        if matches!(self.ending, Ending::Stopped { clean_at } if clean_at <= cx.now) && !self.wound_up {
            self.wound_up = true;
            self.refresh(sandbox, cx);
        }
    }

    /// A static Pod has its mirror now: from here on its status can be told.
    pub fn mirrored(&mut self, pod: Kept, now: Time) {
        (self.uid, self.base, self.base_revision) = (pod.uid_text(), pod.status().clone(), pod.revision);
        (self.pod, self.wanted, self.sync_at) = (pod, Tree::Null, Some(now));
    }

    fn push(&mut self, cx: &mut Context) {
        if mirror::is_alone(&self.pod) {
            return;
        }
        if self.in_flight {
            self.dirty = true;
            return;
        }
        let patch = status::patch(&self.uid, &self.base, &self.wanted);
        self.dirty = false;
        if patch.is_null() {
            return;
        }
        let key = &self.pod.key;
        let request = Request::about(Verb::Patch(PatchKind::Strategic), kinds::POD, key.namespace.clone(), key.name.clone());
        cx.client.send(Asked::Status(self.uid.clone()), request.subresource("status").body(patch), self.cause);
        self.in_flight = true;
    }

    /// The answer to a status patch.
    pub fn patched(&mut self, response: &Response, cx: &mut Context) {
        self.in_flight = false;
        if response.is_ok() {
            let tree = response.tree();
            self.base = if tree.has("status") { tree.get("status").clone() } else { self.wanted.clone() };
            self.base_revision = tree.at(&["metadata", "resourceVersion"]).text().parse().unwrap_or(self.base_revision);
            // Most of what was wanted stands in the store now: it need not be kept twice.
            self.wanted.share(&self.base);
            if self.pod.revision > self.base_revision {
                let newer = self.pod.clone();
                self.stored(&newer, cx.next_status_sync());
            }
            if self.dirty {
                self.push(cx);
            }
        } else if !matches!(response.code, 404 | 409) {
            self.dirty = true;
            self.retry_at = Some(cx.now + Duration::secs(10));
        } else {
            self.dirty = false;
        }
    }

    /// Tells the status again where the API does not have it.
    pub fn retry(&mut self, cx: &mut Context) {
        self.retry_at = None;
        self.push(cx);
    }

    /// Whether everything it has to say is said.
    pub fn is_said(&self) -> bool {
        !self.in_flight && !self.dirty
    }

    /// Sends the last deletion, when it is time and the last status has arrived.
    pub fn leave(&mut self, cx: &mut Context) {
        let Ending::Stopped { clean_at } = self.ending else { return };
        if cx.now < clean_at || !self.is_said() || !self.pod.is_deleting() {
            return;
        }
        self.ending = Ending::Leaving;
        let key = &self.pod.key;
        let options = map! {
            "apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0, "preconditions": map! {"uid": &self.uid},
        };
        let request = Request::about(Verb::Delete, kinds::POD, key.namespace.clone(), key.name.clone()).body(options);
        cx.client.send(Asked::Delete(self.uid.clone()), request, self.cause);
    }

    /// The answer to the last deletion: where none came, it is sent again.
    pub fn left(&mut self, response: &Response, now: Time) {
        if !response.is_ok() && response.code != 404 && response.code != 409 {
            self.ending = Ending::Stopped { clean_at: now + Duration::secs(2) };
        }
    }

    /// When it wants to act next.
    pub fn due(&self, sandbox: Option<&Sandbox>) -> Option<Time> {
        let step = match &self.step {
            Step::Idle => None,
            Step::Sandbox { until }
            | Step::Pull { until, .. }
            | Step::Create { until, .. }
            | Step::Start { until, .. }
            | Step::PostStart { until, .. } => Some(*until),
        };
        let sync = self.sync_at.filter(|_| self.step == Step::Idle);
        let clean = match self.ending {
            Ending::Stopped { clean_at } if !self.wound_up || (self.pod.is_deleting() && self.is_said()) => Some(clean_at),
            _ => None,
        };
        let probe = self.probes.values().map(|probe| probe.next).filter(|at| *at < NEVER).min();
        let prestop = self.prestop.values().map(|(at, _)| *at).min();
        let turn = self.turns.values().min().copied();
        let inside = sandbox.and_then(Sandbox::next);
        [step, sync, clean, probe, prestop, turn, inside, self.refresh_at, self.finish_at, self.retry_at, self.renew_at]
            .into_iter()
            .flatten()
            .min()
    }
}

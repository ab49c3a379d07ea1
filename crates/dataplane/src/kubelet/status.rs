//! A Pod's status from facts (upstream `pkg/kubelet/kubelet_pods.go`, `status/generate.go`). Pure.
use crate::kubelet::resources;
use crate::runtime::{Container, Sandbox, Slot, State};
use objects::{Map, Object, Text, Tree, list, map};
use simcore::Time;
use std::collections::BTreeMap;

/// How far a Pod's end has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    Alive,
    /// Nothing runs any more and nothing will: the phase may become final.
    Quiet,
    /// The runtime has been looked at once more since then: what never ran counts as lost (status manager, `TerminatePod`).
    Over,
}

/// Everything that a status is made of.
pub struct Facts<'a> {
    pub now: Time,
    pub host_ip: &'a str,
    pub start_time: Time,
    pub sandbox: Option<&'a Sandbox>,
    /// Whether the Pod's address is told already.
    pub show_address: bool,
    /// Why containers wait: name -> (reason, message).
    pub reasons: &'a BTreeMap<Text, (Text, Text)>,
    /// Whether a running container's readiness (or startup) probe is content.
    pub is_ready: &'a dyn Fn(&str) -> bool,
    pub is_started: &'a dyn Fn(&str) -> bool,
    pub stage: Stage,
    /// Whether the Pod was ended before its time (deletion, deadline): reason and message, if any.
    pub verdict: Option<(&'static str, &'static str)>,
    /// The status as the API has it.
    pub stored: &'a Tree,
    /// The status as this kubelet last wanted it, before that the stored one.
    pub said: &'a Tree,
}

/// The reason of a container without a trace.
const LOST: &str = "ContainerStatusUnknown";

/// The conditions that the kubelet looks after; others are strangers'.
const OWN: [&str; 5] = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

impl Facts<'_> {
    /// A condition as it stands now: its own as it last wanted them, a stranger's as it is stored.
    fn condition(&self, kind: &str) -> Option<&Tree> {
        let from = if OWN.contains(&kind) { self.said } else { self.stored };
        from.get("conditions").items().iter().find(|condition| condition.get("type").text() == kind)
    }
}

/// The whole status as the kubelet wants it to be.
pub fn status(pod: &Object, facts: &Facts) -> Tree {
    let spec = pod.spec();
    let inits = container_statuses(spec.get("initContainers").items(), true, spec, facts);
    let mains = container_statuses(spec.get("containers").items(), false, spec, facts);
    // A verdict (a deadline, an eviction) stands above what the containers ended with, and is told when they have ended.
    let phase = if facts.verdict.is_some() { "Failed" } else { phase(spec, &inits, &mains, facts) };
    let verdict = facts.verdict.filter(|_| facts.stage != Stage::Alive);
    let held = match facts.said.get("phase").text() {
        "" => "Pending",
        said => said,
    };
    let is_final = matches!(phase, "Succeeded" | "Failed");
    let shown = match facts.stage {
        Stage::Alive if is_final => held,
        // The conditions stay those of a Pod that never came so far.
        Stage::Over if !is_final => "Failed",
        _ => phase,
    };
    let conditions = conditions(pod, phase, &inits, &mains, facts);
    // Added one by one in the order of their names, which is how a map keeps them.
    let mut all = Entries::default();
    let allocated = resources::requests_of_pod(spec);
    all.add_unless_empty("allocatedResources", allocated);
    all.add("conditions", conditions);
    all.add("containerStatuses", mains);
    all.add("hostIP", facts.host_ip);
    all.add("hostIPs", list![map! {"ip": facts.host_ip}]);
    all.add_unless_empty("initContainerStatuses", Tree::from(inits));
    if let Some((_, message)) = verdict {
        all.add("message", message);
    }
    all.add("observedGeneration", pod.generation());
    all.add("phase", shown);
    if let Some(sandbox) = facts.sandbox.filter(|sandbox| facts.show_address && !sandbox.ip.is_empty()) {
        all.add("podIP", &sandbox.ip);
        all.add("podIPs", list![map! {"ip": &sandbox.ip}]);
    } else if !facts.said.get("podIP").is_empty() {
        all.add("podIP", facts.said.get("podIP"));
        all.add("podIPs", facts.said.get("podIPs"));
    }
    let class = match facts.stored.get("qosClass") {
        Tree::Null => facts.said.get("qosClass"),
        class => class,
    };
    if !class.is_null() {
        all.add("qosClass", class);
    }
    if let Some((reason, _)) = verdict {
        all.add("reason", reason);
    }
    // The runtime tells nothing of what has ended.
    all.add("resources", if is_final { Tree::from(Map::default()) } else { resources::of_pod(spec) });
    all.add("startTime", facts.start_time.rfc3339());
    all.map()
}

/// The entries of a map that is being made.
#[derive(Default)]
struct Entries(Vec<(Text, Tree)>);

impl Entries {
    fn add(&mut self, key: &'static str, value: impl Into<Tree>) {
        self.push(key, value.into());
    }

    fn add_unless_empty(&mut self, key: &'static str, value: Tree) {
        if !value.is_empty() {
            self.push(key, value);
        }
    }

    fn push(&mut self, key: &'static str, value: Tree) {
        if self.0.capacity() == 0 {
            self.0.reserve_exact(16);
        }
        self.0.push((Text::new_static(key), value));
    }

    fn map(mut self) -> Tree {
        Tree::from(Map::of(&mut self.0))
    }
}

fn container_statuses(containers: &[Tree], init: bool, spec: &Tree, facts: &Facts) -> Vec<Tree> {
    let has_inits = !spec.get("initContainers").is_empty();
    let waits = if has_inits { "PodInitializing" } else { "ContainerCreating" };
    containers
        .iter()
        .map(|container| {
            let slot = facts.sandbox.and_then(|sandbox| sandbox.slot(container.get("name").text()));
            container_status(container, slot, init, waits, spec, facts)
        })
        .collect()
}

fn container_status(container: &Tree, slot: Option<&Slot>, init: bool, waits: &str, spec: &Tree, facts: &Facts) -> Tree {
    let name = container.get("name").text();
    let current = slot.and_then(|slot| slot.current.as_ref()).filter(|container| container.state != State::Created);
    let previous = slot.and_then(|slot| slot.previous.as_deref());
    let sidecar = init && container.get("restartPolicy").text() == "Always";
    let running = current.is_some_and(Container::is_running);
    let started = running && (facts.is_started)(name);
    let done = init && !sidecar && current.and_then(Container::exit_code) == Some(0);
    let ready = if init && !sidecar { done } else { started && (facts.is_ready)(name) };
    let place = Place { main: !init, waits };
    let (state, last) = states(container, current, previous, &place, spec, facts);
    let shown = current.or(previous);
    let mounts: Vec<Tree> = container.get("volumeMounts").items().iter().map(mount).collect();
    let mut all = Entries::default();
    if let Some(found) = shown {
        all.add_unless_empty("allocatedResources", resources::requests(container));
        all.add("containerID", format!("containerd://{}", found.id));
    }
    all.add("image", container.get("image"));
    all.add("imageID", shown.map_or("", |found| found.image_id.as_str()));
    all.add("lastState", last);
    all.add("name", container.get("name"));
    all.add("ready", ready);
    if shown.is_some() {
        all.add("resources", resources::of_container(container, running));
    }
    all.add("restartCount", shown.map_or(0, |found| i64::from(found.attempt)));
    all.add("started", started);
    all.add("state", state);
    all.add_unless_empty("volumeMounts", Tree::from(mounts));
    all.map()
}

fn mount(mount: &Tree) -> Tree {
    let mut shown = map! {"name": mount.get("name"), "mountPath": mount.get("mountPath")};
    if mount.get("readOnly").is_true() {
        shown.set(&["readOnly"], true);
        shown.set(&["recursiveReadOnly"], "Disabled");
    }
    shown
}

/// Which part of its Pod a container is, and what it waits for before it is made.
struct Place<'a> {
    main: bool,
    waits: &'a str,
}

fn inits_done(spec: &Tree, facts: &Facts) -> bool {
    spec.get("initContainers").items().iter().all(|init| {
        let found = facts.sandbox.and_then(|sandbox| sandbox.container(init.get("name").text()));
        init.get("restartPolicy").text() == "Always" || found.and_then(Container::exit_code) == Some(0)
    })
}

/// `state` and `lastState`.
fn states(
    container: &Tree,
    current: Option<&Container>,
    previous: Option<&Container>,
    place: &Place,
    spec: &Tree,
    facts: &Facts,
) -> (Tree, Tree) {
    let Place { main, waits } = *place;
    let nothing = || Tree::from(objects::Map::default());
    let name = container.get("name").text();
    let last = || previous.map_or_else(nothing, state);
    let reason = facts.reasons.get(name).filter(|_| facts.stage == Stage::Alive);
    match (current, reason) {
        (Some(found), _) if found.is_running() => (state(found), last()),
        (Some(found), Some(why)) if comes_back(found.exit_code(), container, spec) => (waiting(&why.0, &why.1), state(found)),
        (Some(found), _) => (state(found), last()),
        // Once a Pod was initialised, a container without a trace counts as lost.
        (None, _) if facts.stage == Stage::Over && main && inits_done(spec, facts) => {
            let lost = map! {
                "exitCode": 137, "reason": LOST,
                "message": "The container could not be located when the pod was terminated",
                "startedAt": Tree::Null, "finishedAt": Tree::Null,
            };
            (map! {"terminated": lost}, last())
        }
        (None, Some(why)) => (waiting(&why.0, &why.1), last()),
        (None, None) => (waiting(waits, ""), last()),
    }
}

/// Whether a container that ended with `code` will be started again: by a rule of its own, by its own policy, by its Pod's
/// (upstream `ContainerShouldRestart`).
pub fn comes_back(code: Option<impl Into<i64>>, container: &Tree, spec: &Tree) -> bool {
    let code: Option<i64> = code.map(Into::into);
    let ruled = |rule: &Tree| {
        let codes = rule.get("exitCodes");
        let named = code.is_some_and(|code| codes.get("values").items().iter().any(|value| value.as_int() == Some(code)));
        code.is_some() && rule.get("action").text() == "Restart" && named == (codes.get("operator").text() == "In")
    };
    if container.get("restartPolicyRules").items().iter().any(ruled) {
        return true;
    }
    let own = container.get("restartPolicy").text();
    let policy = if own.is_empty() { spec.get("restartPolicy").text() } else { own };
    match policy {
        "Never" => false,
        "OnFailure" => code != Some(0),
        _ => true,
    }
}

fn waiting(reason: &str, message: &str) -> Tree {
    let mut waiting = map! {"reason": reason};
    if !message.is_empty() {
        waiting.set(&["message"], message);
    }
    map! {"waiting": waiting}
}

fn state(container: &Container) -> Tree {
    match &container.state {
        State::Created => waiting("ContainerCreating", ""),
        State::Running { since } => map! {"running": map! {"startedAt": since.rfc3339()}},
        State::Exited { since, at, code, reason, message } => {
            let mut ended = map! {
                "exitCode": *code, "reason": reason, "startedAt": since.unwrap_or_default().rfc3339(),
                "finishedAt": at.rfc3339(), "containerID": format!("containerd://{}", container.id),
            };
            if !message.is_empty() {
                ended.set(&["message"], message);
            }
            map! {"terminated": ended}
        }
    }
}

/// Counts of containers by what they do (upstream `getPhase`).
fn phase(spec: &Tree, inits: &[Tree], mains: &[Tree], facts: &Facts) -> &'static str {
    // What never ran is not among the stopped, though its state says so in the end.
    let ended = |status: &Tree| status.at(&["state", "terminated", "reason"]).text() != LOST;
    let code = |status: &Tree| status.at(&["state", "terminated", "exitCode"]).as_int().filter(|_| ended(status));
    let last = |status: &Tree| status.at(&["lastState", "terminated", "exitCode"]).as_int();
    let sidecar = |at: usize| spec.get("initContainers").items().get(at).is_some_and(|init| init.get("restartPolicy").text() == "Always");
    let failed = |(at, status): (usize, &Tree)| {
        let wanted = spec.get("initContainers").items().get(at).filter(|_| !sidecar(at));
        code(status).is_some_and(|code| code != 0 && wanted.is_some_and(|init| !comes_back(Some(code), init, spec)))
    };
    let failed_init = inits.iter().enumerate().any(failed);
    let stopped: Vec<(i64, &Tree)> = mains
        .iter()
        .zip(spec.get("containers").items())
        .filter_map(|(status, container)| {
            let before = || last(status).filter(|_| status.at(&["state"]).has("waiting"));
            code(status).or_else(before).map(|code| (code, container))
        })
        .collect();
    let running = mains.iter().filter(|status| status.get("state").has("running")).count();
    if failed_init {
        return "Failed";
    }
    let pending_init = inits.iter().enumerate().any(|(at, status)| match sidecar(at) {
        true => !status.get("started").is_true(),
        false => code(status) != Some(0),
    });
    if (pending_init && running + stopped.len() == 0) || running + stopped.len() < mains.len() {
        return "Pending";
    }
    // What ends is not started again, whatever the policies say.
    let again = || facts.stage == Stage::Alive && stopped.iter().any(|(code, container)| comes_back(Some(*code), container, spec));
    if running > 0 || again() {
        "Running"
    } else if stopped.iter().all(|(code, _)| *code == 0) {
        "Succeeded"
    } else {
        "Failed"
    }
}

fn conditions(pod: &Object, phase: &str, inits: &[Tree], mains: &[Tree], facts: &Facts) -> Tree {
    let sandboxed = facts.sandbox.is_some_and(|sandbox| sandbox.ready);
    let start = if sandboxed { fine() } else { bad("PodSandboxNotReady", "pod sandbox is not ready".to_string()) };
    let contained = containers_ready(pod.spec(), phase, inits, mains);
    let ready = if contained.0 { gates(pod.spec(), facts) } else { contained.clone() };
    let verdicts = [start, initialized(pod.spec(), phase, inits, mains), ready, contained, fine()];
    let strangers = facts.stored.get("conditions").items().iter().filter(|condition| !OWN.contains(&condition.get("type").text()));
    let mut all: Vec<Tree> = strangers.cloned().collect();
    all.extend(OWN.iter().zip(verdicts).map(|(kind, verdict)| condition(kind, verdict, pod.generation(), facts)));
    Tree::from(all)
}

/// (status, reason, message)
type Verdict = (bool, &'static str, String);

fn fine() -> Verdict {
    (true, "", String::new())
}

fn bad(reason: &'static str, message: String) -> Verdict {
    (false, reason, message)
}

fn names(statuses: &[Tree], wanted: impl Fn(&Tree) -> bool) -> String {
    let names: Vec<&str> = statuses.iter().filter(|status| wanted(status)).map(|status| status.get("name").text()).collect();
    names.join(" ")
}

fn containers_ready(spec: &Tree, phase: &str, inits: &[Tree], mains: &[Tree]) -> Verdict {
    match phase {
        "Succeeded" => return bad("PodCompleted", String::new()),
        "Failed" => return bad("PodFailed", String::new()),
        _ => {}
    }
    let sidecars = spec.get("initContainers").items().iter().zip(inits).filter(|(init, _)| init.get("restartPolicy").text() == "Always");
    let all: Vec<Tree> = sidecars.map(|(_, status)| status).chain(mains).cloned().collect();
    match names(&all, |status| !status.get("ready").is_true()) {
        unready if unready.is_empty() => fine(),
        unready => bad("ContainersNotReady", format!("containers with unready status: [{unready}]")),
    }
}

fn initialized(spec: &Tree, phase: &str, inits: &[Tree], mains: &[Tree]) -> Verdict {
    if phase == "Succeeded" {
        return (true, "PodCompleted", String::new());
    }
    if mains.iter().any(|status| !status.get("state").has("waiting") || !status.get("lastState").is_empty()) {
        return fine();
    }
    let policy = |name: &str| {
        let init = spec.get("initContainers").items().iter().find(|init| init.get("name").text() == name);
        init.is_some_and(|init| init.get("restartPolicy").text() == "Always")
    };
    let incomplete = names(inits, |status| {
        let done = if policy(status.get("name").text()) { "started" } else { "ready" };
        !status.get(done).is_true()
    });
    if incomplete.is_empty() {
        fine()
    } else {
        bad("ContainersNotInitialized", format!("containers with incomplete status: [{incomplete}]"))
    }
}

fn gates(spec: &Tree, facts: &Facts) -> Verdict {
    let problem = |gate: &Tree| {
        let kind = gate.get("conditionType").text();
        match facts.condition(kind).map(|condition| condition.get("status").text()) {
            Some("True") => None,
            Some(other) => Some(format!("the status of pod readiness gate \"{kind}\" is not \"True\", but {other}")),
            None => Some(format!("corresponding condition of pod readiness gate \"{kind}\" does not exist.")),
        }
    };
    let problems: Vec<String> = spec.get("readinessGates").items().iter().filter_map(problem).collect();
    if problems.is_empty() { fine() } else { bad("ReadinessGatesNotReady", problems.join(", ")) }
}

/// Whether somebody has opened or closed one of the Pod's readiness gates (upstream `NeedToReconcilePodReadiness`).
pub fn gates_moved(pod: &Object, old: &Tree) -> bool {
    let said = |status: &Tree, kind: &Tree| -> Tree {
        let all = status.get("conditions").items();
        all.iter().find(|condition| condition.get("type") == kind).map_or(Tree::Null, |found| found.get("status").clone())
    };
    let gates = pod.spec().get("readinessGates").items().iter().map(|gate| gate.get("conditionType"));
    gates.into_iter().any(|kind| said(pod.status(), kind) != said(old, kind))
}

fn condition(kind: &'static str, verdict: Verdict, generation: i64, facts: &Facts) -> Tree {
    let (fine, reason, message) = verdict;
    let said = if fine { "True" } else { "False" };
    let same = facts.condition(kind).filter(|old| old.get("status").text() == said);
    // Most of them say what they said: that stays the very same part of the status.
    let is_as_it_was = |old: &&Tree| {
        let entries = 5 + usize::from(!message.is_empty()) + usize::from(!reason.is_empty());
        old.as_map().is_some_and(|old| old.len() == entries && old.get("lastProbeTime") == Some(&Tree::Null))
            && old.get("reason").text() == reason
            && old.get("message").text() == message
            && old.get("observedGeneration").as_int() == Some(generation)
            && !old.get("lastTransitionTime").is_null()
    };
    if let Some(old) = same.filter(is_as_it_was) {
        return old.clone();
    }
    let since = same.map_or_else(|| Tree::from(facts.now.rfc3339()), |old| old.get("lastTransitionTime").clone());
    let mut all = Entries::default();
    all.add("lastProbeTime", Tree::Null);
    all.add("lastTransitionTime", since);
    all.add_unless_empty("message", Tree::from(message));
    all.add("observedGeneration", generation);
    all.add_unless_empty("reason", Tree::from(reason));
    all.add("status", said);
    all.add("type", Text::new_static(kind));
    all.map()
}

/// Whether the API has something else than what was told (`isPodStatusByKubeletEqual`). What is empty counts as absent;
/// conditions of strangers do not count.
pub fn differs(stored: &Tree, told: &Tree) -> bool {
    let other =
        |old: &Tree, new: &Tree| new.entries().any(|(key, value)| key != "conditions" && !value.is_empty() && old.get(key) != value);
    let moved = |condition: &Tree| {
        let kind = condition.get("type");
        let old = stored.get("conditions").items().iter().find(|old| old.get("type") == kind);
        old.is_none_or(|old| other(old, condition) || ["reason", "message"].into_iter().any(|key| old.has(key) && !condition.has(key)))
    };
    other(stored, told) || told.get("conditions").items().iter().any(moved)
}

/// The strategic merge patch from `old` to `new`; null when they say the same.
pub fn patch(uid: &str, old: &Tree, new: &Tree) -> Tree {
    let changed = changed_conditions(old.get("conditions"), new.get("conditions"));
    let mut all = Entries::default();
    if !changed.is_empty() {
        let kinds = new.get("conditions").items().iter().map(|condition| map! {"type": condition.get("type")});
        all.add("$setElementOrder/conditions", kinds.collect::<Vec<Tree>>());
        all.add("conditions", changed);
    }
    for (key, value) in new.entries().filter(|(key, value)| key.as_str() != "conditions" && old.get(key) != *value) {
        let mut value = value.clone();
        // A map that is merged loses only what is named.
        if key == "resources" {
            let gone: Vec<Text> = old.get(key).entries().filter(|(part, _)| !value.has(part)).map(|(part, _)| part.clone()).collect();
            gone.iter().for_each(|part| value.set(&[part], Tree::Null));
        }
        all.0.push((key.clone(), value));
    }
    for gone in ["reason", "message"].into_iter().filter(|key| old.has(key) && !new.has(key)) {
        all.add(gone, Tree::Null);
    }
    if all.0.is_empty() {
        Tree::Null
    } else {
        map! {"metadata": map! {"uid": uid}, "status": all.map()}
    }
}

fn changed_conditions(old: &Tree, new: &Tree) -> Vec<Tree> {
    let before = |kind: &Tree| old.items().iter().find(|condition| condition.get("type") == kind);
    let mut changed = Vec::new();
    for condition in new.items() {
        let found = before(condition.get("type"));
        if found == Some(condition) {
            continue;
        }
        let mut edit = condition.clone();
        for gone in ["reason", "message"].into_iter().filter(|key| found.is_some_and(|old| old.has(key)) && !condition.has(key)) {
            edit.set(&[gone], Tree::Null);
        }
        changed.push(edit);
    }
    changed
}

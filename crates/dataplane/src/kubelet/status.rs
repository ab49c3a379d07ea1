//! A Pod's status from facts (upstream `pkg/kubelet/kubelet_pods.go`, `status/generate.go`). Pure.
use crate::kubelet::resources;
use crate::runtime::{Container, Sandbox, Slot, State};
use objects::{Object, Text, Tree, list, map};
use simcore::Time;
use std::collections::BTreeMap;

/// How far a Pod's end has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    Alive,
    /// Nothing runs any more and nothing will: the phase may become final.
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
    pub old: &'a Tree,
}

/// The whole status as the kubelet wants it to be.
pub fn status(pod: &Object, facts: &Facts) -> Tree {
    let spec = pod.spec();
    let inits = container_statuses(spec.get("initContainers").items(), true, spec, facts);
    let mains = container_statuses(spec.get("containers").items(), false, spec, facts);
    let phase = phase(spec, &inits, &mains, facts);
    let held = match facts.old.get("phase").text() {
        "" => "Pending",
        old => old,
    };
    let is_final = matches!(phase, "Succeeded" | "Failed");
    let shown = if is_final && facts.stage == Stage::Alive { held } else { phase };
    let conditions = conditions(pod, phase, &inits, &mains, facts);
    let mut status = map! {
        "conditions": conditions, "containerStatuses": Tree::from(mains),
        "hostIP": facts.host_ip, "hostIPs": list![map! {"ip": facts.host_ip}],
        "observedGeneration": pod.generation(), "phase": shown, "resources": resources::of_pod(spec),
        "startTime": facts.start_time.rfc3339(),
    };
    let allocated = resources::requests_of_pod(spec);
    if !allocated.is_empty() {
        status.set(&["allocatedResources"], allocated);
    }
    if !inits.is_empty() {
        status.set(&["initContainerStatuses"], Tree::from(inits));
    }
    if let Some(sandbox) = facts.sandbox.filter(|sandbox| facts.show_address && !sandbox.ip.is_empty()) {
        status.set(&["podIP"], &sandbox.ip);
        status.set(&["podIPs"], list![map! {"ip": &sandbox.ip}]);
    } else if !facts.old.get("podIP").is_empty() {
        status.set(&["podIP"], facts.old.get("podIP"));
        status.set(&["podIPs"], facts.old.get("podIPs"));
    }
    if let Some((reason, message)) = facts.verdict {
        status.set(&["phase"], "Failed");
        status.set(&["reason"], reason);
        status.set(&["message"], message);
    }
    if !facts.old.get("qosClass").is_null() {
        status.set(&["qosClass"], facts.old.get("qosClass"));
    }
    status
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
    let place = Place { main: !init, sidecar, waits };
    let (state, last) = states(container, current, previous, &place, spec, facts);
    let shown = current.or(previous);
    let mut status = map! {
        "image": container.get("image"), "imageID": shown.map_or("", |found| found.image_id.as_str()),
        "lastState": last, "name": name, "ready": ready, "restartCount": shown.map_or(0, |found| i64::from(found.attempt)),
        "started": started, "state": state,
    };
    if let Some(found) = shown {
        status.set(&["containerID"], format!("containerd://{}", found.id));
        status.set(&["resources"], resources::of_container(container));
        let allocated = resources::requests(container);
        if !allocated.is_empty() {
            status.set(&["allocatedResources"], allocated);
        }
    }
    let mounts: Vec<Tree> = container.get("volumeMounts").items().iter().map(mount).collect();
    if !mounts.is_empty() {
        status.set(&["volumeMounts"], Tree::from(mounts));
    }
    status
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
    sidecar: bool,
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
    let Place { main, sidecar, waits } = *place;
    let nothing = || Tree::from(objects::Map::default());
    let name = container.get("name").text();
    let last = || previous.map_or_else(nothing, state);
    let reason = facts.reasons.get(name).filter(|_| facts.stage == Stage::Alive);
    match (current, reason) {
        (Some(found), _) if found.is_running() => (state(found), last()),
        (Some(found), Some(why)) if comes_back(found, sidecar, spec) => (waiting(&why.0, &why.1), state(found)),
        (Some(found), _) => (state(found), last()),
        // Once a Pod was initialised, a container without a trace counts as lost (status manager, `TerminatePod`).
        (None, _) if facts.stage == Stage::Over && main && inits_done(spec, facts) => {
            let lost = map! {
                "exitCode": 137, "reason": "ContainerStatusUnknown",
                "message": "The container could not be located when the pod was terminated",
                "startedAt": Tree::Null, "finishedAt": Tree::Null,
            };
            (map! {"terminated": lost}, last())
        }
        (None, Some(why)) => (waiting(&why.0, &why.1), last()),
        (None, None) => (waiting(waits, ""), last()),
    }
}

/// Whether an ended container will be started again.
pub fn comes_back(container: &Container, sidecar: bool, spec: &Tree) -> bool {
    match spec.get("restartPolicy").text() {
        _ if sidecar => true,
        "Never" => false,
        "OnFailure" => container.exit_code() != Some(0),
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
    let code = |status: &Tree| status.at(&["state", "terminated", "exitCode"]).as_int();
    let last = |status: &Tree| status.at(&["lastState", "terminated", "exitCode"]).as_int();
    let never = spec.get("restartPolicy").text() == "Never";
    let sidecar = |at: usize| spec.get("initContainers").items().get(at).is_some_and(|init| init.get("restartPolicy").text() == "Always");
    let regular = || inits.iter().enumerate().filter(|(at, _)| !sidecar(*at)).map(|(_, status)| status);
    let failed_init = regular().any(|status| code(status).is_some_and(|code| code != 0));
    let stopped: Vec<i64> =
        mains.iter().filter_map(|status| code(status).or_else(|| last(status).filter(|_| status.at(&["state"]).has("waiting")))).collect();
    let running = mains.iter().filter(|status| status.get("state").has("running")).count();
    if facts.stage == Stage::Over {
        let clean = stopped.len() == mains.len() && stopped.iter().all(|code| *code == 0) && !failed_init;
        return if clean { "Succeeded" } else { "Failed" };
    }
    if failed_init && never {
        return "Failed";
    }
    let pending_init = inits.iter().enumerate().any(|(at, status)| match sidecar(at) {
        true => !status.get("started").is_true(),
        false => code(status) != Some(0),
    });
    if (pending_init && running + stopped.len() == 0) || running + stopped.len() < mains.len() {
        return "Pending";
    }
    match spec.get("restartPolicy").text() {
        _ if running > 0 => "Running",
        "Never" | "OnFailure" if stopped.iter().all(|code| *code == 0) => "Succeeded",
        "Never" => "Failed",
        _ => "Running",
    }
}

fn conditions(pod: &Object, phase: &str, inits: &[Tree], mains: &[Tree], facts: &Facts) -> Tree {
    const OWN: [&str; 5] = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];
    let sandboxed = facts.sandbox.is_some_and(|sandbox| sandbox.ready);
    let start = if sandboxed { fine() } else { bad("PodSandboxNotReady", "pod sandbox is not ready".to_string()) };
    let contained = containers_ready(pod.spec(), phase, inits, mains);
    let ready = if contained.0 { gates(pod.spec(), facts) } else { contained.clone() };
    let verdicts = [start, initialized(pod.spec(), phase, inits, mains), ready, contained, fine()];
    let strangers = facts.old.get("conditions").items().iter().filter(|condition| !OWN.contains(&condition.get("type").text()));
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
        let found = facts.old.get("conditions").items().iter().find(|condition| condition.get("type").text() == kind);
        match found.map(|condition| condition.get("status").text()) {
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

fn condition(kind: &str, verdict: Verdict, generation: i64, facts: &Facts) -> Tree {
    let (fine, reason, message) = verdict;
    let said = if fine { "True" } else { "False" };
    let old = facts.old.get("conditions").items().iter().find(|condition| condition.get("type").text() == kind);
    let since = old.filter(|old| old.get("status").text() == said).map(|old| old.get("lastTransitionTime").clone());
    let mut condition = map! {
        "lastProbeTime": Tree::Null, "lastTransitionTime": since.unwrap_or_else(|| Tree::from(facts.now.rfc3339())),
        "observedGeneration": generation, "status": said, "type": kind,
    };
    if !reason.is_empty() {
        condition.set(&["reason"], reason);
    }
    if !message.is_empty() {
        condition.set(&["message"], message);
    }
    condition
}

/// The strategic merge patch from `old` to `new`; null when they say the same.
pub fn patch(uid: &str, old: &Tree, new: &Tree) -> Tree {
    let changed = new.entries().filter(|(key, value)| old.get(key) != *value && key.as_str() != "conditions");
    let mut status = Tree::from(changed.map(|(key, value)| (key.clone(), value.clone())).collect::<objects::Map>());
    for gone in ["reason", "message"].into_iter().filter(|key| old.has(key) && !new.has(key)) {
        status.set(&[gone], Tree::Null);
    }
    let changed = changed_conditions(old.get("conditions"), new.get("conditions"));
    if !changed.is_empty() {
        let kinds = new.get("conditions").items().iter().map(|condition| map! {"type": condition.get("type")});
        status.set(&["$setElementOrder/conditions"], Tree::from(kinds.collect::<Vec<Tree>>()));
        status.set(&["conditions"], Tree::from(changed));
    }
    if status.is_empty() {
        Tree::Null
    } else {
        map! {"metadata": map! {"uid": uid}, "status": status}
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

//! A Pod's row: the one word that says how it is.
use super::age::{human, since};
use super::{AGE, NAME, Table, none_if_empty, text, wide};
use crate::store::Kept;
use objects::Tree;
use simcore::Time;

pub(super) const POD: Table = Table {
    columns: &[
        NAME,
        text("Ready"),
        text("Status"),
        text("Restarts"),
        AGE,
        wide("IP"),
        wide("Node"),
        wide("Nominated Node"),
        wide("Readiness Gates"),
    ],
    cells,
};

/// What the containers' statuses add up to.
struct Sum {
    ready: usize,
    total: usize,
    restarts: i64,
    restarted: Option<Time>,
    word: String,
}

fn cells(now: Time, pod: &Kept) -> Vec<Tree> {
    let sum = add_up(&pod.tree);
    let restarts = match sum.restarted.filter(|_| sum.restarts != 0) {
        Some(then) => format!("{} ({} ago)", sum.restarts, human(now.since(then).as_secs())),
        None => sum.restarts.to_string(),
    };
    vec![
        Tree::from(&pod.key.name),
        Tree::from(format!("{}/{}", sum.ready, sum.total)),
        Tree::from(sum.word),
        Tree::from(restarts),
        Tree::from(since(now, pod.meta().get("creationTimestamp"))),
        none_if_empty(pod.status().get("podIP").text()),
        none_if_empty(pod.spec().get("nodeName").text()),
        none_if_empty(pod.status().get("nominatedNodeName").text()),
        gates(pod),
    ]
}

/// The STATUS word of `kubectl get pods`.
pub fn status_word(pod: &Tree) -> String {
    add_up(pod).word
}

/// Mirrors `printPod`.
fn add_up(pod: &Tree) -> Sum {
    let (spec, status) = (pod.get("spec"), pod.get("status"));
    let sidecars = spec.get("initContainers").items().iter().filter(|item| is_sidecar(item)).count();
    let mut word = status.get("phase").text().to_string();
    if !status.get("reason").is_empty() {
        word = status.get("reason").text().to_string();
    }
    if condition(status, "PodScheduled").get("reason").text() == "SchedulingGated" {
        word = "SchedulingGated".into();
    }
    let total = spec.get("containers").items().len() + sidecars;
    let mut sum = Sum { ready: 0, total, restarts: 0, restarted: None, word };
    let of_sidecars = initialising(spec, status, &mut sum);
    if of_sidecars.0 || condition(status, "Initialized").get("status").text() == "True" {
        (sum.restarts, sum.restarted) = (of_sidecars.1, of_sidecars.2);
        running(status, &mut sum);
    }
    if pod.get("metadata").has("deletionTimestamp") {
        if status.get("reason").text() == "NodeLost" {
            sum.word = "Unknown".into();
        } else if !matches!(status.get("phase").text(), "Succeeded" | "Failed") {
            sum.word = "Terminating".into();
        }
    }
    sum
}

/// Goes through the init containers up to the one that is not done. Returns whether all are, and the sidecars' restarts.
fn initialising(spec: &Tree, status: &Tree, sum: &mut Sum) -> (bool, i64, Option<Time>) {
    let specs = spec.get("initContainers").items();
    let (mut restarts, mut restarted) = (0, None);
    for (at, item) in status.get("initContainerStatuses").items().iter().enumerate() {
        let sidecar = specs.iter().any(|found| found.get("name") == item.get("name") && is_sidecar(found));
        let count = item.get("restartCount").int_or(0);
        let last = Time::parse(item.at(&["lastState", "terminated", "finishedAt"]).text());
        sum.restarts += count;
        sum.restarted = sum.restarted.max(last);
        if sidecar {
            restarts += count;
            restarted = restarted.max(last);
        }
        let (terminated, waiting) = (item.at(&["state", "terminated"]), item.at(&["state", "waiting", "reason"]).text());
        if !terminated.is_null() && terminated.get("exitCode").int_or(0) == 0 {
            continue;
        }
        if sidecar && item.get("started").is_true() {
            sum.ready += usize::from(item.get("ready").is_true());
            continue;
        }
        sum.word = if !terminated.is_null() {
            format!("Init:{}", ending(terminated))
        } else if !waiting.is_empty() && waiting != "PodInitializing" {
            format!("Init:{waiting}")
        } else {
            format!("Init:{at}/{}", specs.len())
        };
        return (false, restarts, restarted);
    }
    (true, restarts, restarted)
}

/// Goes through the plain containers from the last to the first: the first one with a reason has the word.
fn running(status: &Tree, sum: &mut Sum) {
    let mut any = false;
    for item in status.get("containerStatuses").items().iter().rev() {
        sum.restarts += item.get("restartCount").int_or(0);
        sum.restarted = sum.restarted.max(Time::parse(item.at(&["lastState", "terminated", "finishedAt"]).text()));
        let state = item.get("state");
        let (waiting, terminated) = (state.at(&["waiting", "reason"]), state.get("terminated"));
        if !waiting.is_empty() {
            sum.word = waiting.text().into();
        } else if !terminated.is_null() {
            sum.word = ending(terminated);
        } else if item.get("ready").is_true() && !state.get("running").is_null() {
            any = true;
            sum.ready += 1;
        }
    }
    if sum.word == "Completed" && any {
        let ready = condition(status, "Ready").get("status").text() == "True";
        sum.word = if ready { "Running" } else { "NotReady" }.into();
    }
}

/// The reason of a container's end, or its signal or exit code.
fn ending(terminated: &Tree) -> String {
    let reason = terminated.get("reason").text();
    let signal = terminated.get("signal").int_or(0);
    if !reason.is_empty() {
        reason.to_string()
    } else if signal != 0 {
        format!("Signal:{signal}")
    } else {
        format!("ExitCode:{}", terminated.get("exitCode").int_or(0))
    }
}

fn is_sidecar(container: &Tree) -> bool {
    container.get("restartPolicy").text() == "Always"
}

fn condition<'a>(status: &'a Tree, kind: &str) -> &'a Tree {
    const NONE: &Tree = &Tree::Null;
    status.get("conditions").items().iter().find(|found| found.get("type").text() == kind).unwrap_or(NONE)
}

fn gates(pod: &Kept) -> Tree {
    let gates = pod.spec().get("readinessGates").items();
    if gates.is_empty() {
        return Tree::from("<none>");
    }
    let open = gates.iter().filter(|gate| condition(pod.status(), gate.get("conditionType").text()).get("status").text() == "True");
    Tree::from(format!("{}/{}", open.count(), gates.len()))
}

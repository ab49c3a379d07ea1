//! `kubectl drain`: a node closed and its Pods evicted (upstream `kubectl/pkg/drain`).
mod filter;

use crate::args::{Args, Takes, flag};
use crate::client::{self, Info};
use crate::job::{Io, Stop};
use crate::print;
use crate::verbs::{Verb, cordon};
use objects::wire::{Request, Verb as Ask};
use objects::{Tree, map};
use simcore::{Duration, Time};

pub static VERB: Verb = Verb {
    name: "drain",
    aliases: &[],
    short: "Drain node in preparation for maintenance",
    usage: "kubectl drain NODE [options]",
    examples: "  # Empty a node even of Pods that nobody would make anew\n  kubectl drain worker-1 --force\n\n  # Give each Pod 15 minutes\n  kubectl drain worker-1 --grace-period=900\n",
    flags: &[
        flag("chunk-size", '\0', Takes::Int, "500", "Return large lists in chunks rather than all at once. Pass 0 to disable."),
        flag(
            "delete-emptydir-data",
            '\0',
            Takes::Bool,
            "false",
            "Continue even if there are pods using emptyDir (local data that will be deleted when the node is drained).",
        ),
        flag(
            "disable-eviction",
            '\0',
            Takes::Bool,
            "false",
            "Force drain to use delete, even if eviction is supported. This will bypass checking PodDisruptionBudgets, use with caution.",
        ),
        flag("dry-run", '\0', Takes::Optional("unchanged"), "none", "Must be \"none\", \"server\", or \"client\"."),
        flag("force", '\0', Takes::Bool, "false", "Continue even if there are pods that do not declare a controller."),
        flag(
            "grace-period",
            '\0',
            Takes::Int,
            "-1",
            "Period of time in seconds given to each pod to terminate gracefully. If negative, the default value specified in the pod will be used.",
        ),
        flag("ignore-daemonsets", '\0', Takes::Bool, "false", "Ignore DaemonSet-managed pods."),
        flag("pod-selector", '\0', Takes::Text, "", "Label selector to filter pods on the node"),
        flag("selector", 'l', Takes::Text, "", "Selector (label query) to filter on."),
        flag(
            "skip-wait-for-delete-timeout",
            '\0',
            Takes::Int,
            "0",
            "If pod DeletionTimestamp older than N seconds, skip waiting for the pod.",
        ),
        flag("timeout", '\0', Takes::Span, "0s", "The length of time to wait before giving up, zero means infinite"),
    ],
    subs: &[],
    run,
};

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if objects::labels::Selector::parse(args.text("pod-selector")).is_err() {
        return Err(Stop::error("--pod-selector=<pod_selector> must be a valid label selector"));
    }
    let nodes = cordon::nodes(args, io)?;
    for node in &nodes {
        cordon::mark(args, io, node, true)?;
    }
    let (mut fatal, mut remaining) = (Vec::new(), Vec::new());
    for node in &nodes {
        match empty(args, io, node)? {
            Ok(()) => print::object(args, io, node, "drained")?,
            Err(errors) => {
                let words = if errors.len() == 1 { errors[0].clone() } else { format!("[{}]", errors.join(", ")) };
                io.err(format!("error: unable to drain node \"{}\" due to error: {words}, continuing command...\n", node.name));
                fatal.extend(errors);
                remaining.push(node.name.as_str());
            }
        }
    }
    if !remaining.is_empty() {
        let lines: String = remaining.iter().map(|name| format!(" {name}\n")).collect();
        io.err(format!("There are pending nodes to be drained:\n{lines}"));
    }
    client::finish(io, &fatal)
}

/// Takes the Pods off one node. The inner error is the list of what stands in the way.
fn empty(args: &Args, io: &mut Io, node: &Info) -> Result<Result<(), Vec<String>>, Stop> {
    let mut ask = client::known(args, Ask::List, "", "v1", "pods", "", "");
    ask.options.field_selector = format!("spec.nodeName={}", node.name);
    ask.options.label_selector = args.text("pod-selector").to_string();
    let list = io.fetch(ask)?;
    let mut judged = Vec::new();
    for pod in list.get("items").items() {
        let daemons = daemon_set_missing(args, io, pod)?;
        judged.push((pod.clone(), filter::judge(pod, &wishes(args), daemons.as_deref())));
    }
    let errors = filter::errors(&judged);
    if !errors.is_empty() {
        return Ok(Err(errors));
    }
    let warnings = filter::warnings(&judged);
    if !warnings.is_empty() {
        io.err(format!("Warning: {warnings}\n"));
    }
    let leaving: Vec<Tree> = judged.into_iter().filter(|(_, verdict)| verdict.leaves()).map(|(pod, _)| pod).collect();
    evict_all(args, io, leaving)
}

fn wishes(args: &Args) -> filter::Wishes {
    filter::Wishes {
        force: args.is("force"),
        ignore_daemon_sets: args.is("ignore-daemonsets"),
        delete_data: args.is("delete-emptydir-data"),
    }
}

/// Asks for the DaemonSet of a Pod that names one; gives the server's words when there is none.
fn daemon_set_missing(args: &Args, io: &mut Io, pod: &Tree) -> Result<Option<String>, Stop> {
    let Some(name) = filter::daemon_set(pod) else { return Ok(None) };
    let place = pod.at(&["metadata", "namespace"]).text();
    let answer = io.send(client::known(args, Ask::Get, "apps", "v1", "daemonsets", place, name))?;
    Ok((!answer.is_ok()).then(|| answer.tree().get("message").text().to_string()))
}

struct Leaving {
    pod: Tree,
    /// When to ask for the eviction (again); `None` once it was granted.
    ask_at: Option<Time>,
}

/// Evicts each Pod and waits until it is gone. A refusal by a disruption budget is tried again after five seconds.
fn evict_all(args: &Args, io: &mut Io, pods: Vec<Tree>) -> Result<Result<(), Vec<String>>, Stop> {
    let limit = args.span("timeout");
    let deadline = (limit.0 > 0).then(|| io.now() + limit);
    let dry = matches!(args.text("dry-run"), "client" | "unchanged" | "server");
    let mut leaving: Vec<Leaving> = pods.into_iter().map(|pod| Leaving { pod, ask_at: Some(Time::default()) }).collect();
    for one in &leaving {
        let verb = if args.is("disable-eviction") { "deleting" } else { "evicting" };
        io.out(format!("{verb} pod {}{}\n", path(&one.pod), if dry { " (dry run)" } else { "" }));
    }
    if dry {
        return Ok(Ok(()));
    }
    while !leaving.is_empty() {
        let mut still = Vec::new();
        for one in std::mem::take(&mut leaving) {
            match step(args, io, one)? {
                Ok(Some(one)) => still.push(one),
                Ok(None) => {}
                Err(words) => return Ok(Err(vec![words])),
            }
        }
        leaving = still;
        if let (Some(deadline), Some(one)) = (deadline, leaving.first())
            && io.now() >= deadline
        {
            let meta = one.pod.get("metadata");
            return Ok(Err(vec![format!(
                "error when waiting for pod \"{}\" in namespace \"{}\" to terminate: global timeout reached: {limit}",
                meta.get("name").text(),
                meta.get("namespace").text()
            )]));
        }
        if !leaving.is_empty() {
            let next = io.now() + Duration::secs(1);
            io.sleep_until(next)?;
        }
    }
    Ok(Ok(()))
}

/// One look at one Pod: evict it, or see whether it is gone.
fn step(args: &Args, io: &mut Io, mut one: Leaving) -> Result<Result<Option<Leaving>, String>, Stop> {
    let meta = one.pod.get("metadata");
    let (place, name, uid) =
        (meta.get("namespace").text().to_string(), meta.get("name").text().to_string(), meta.get("uid").text().to_string());
    if let Some(at) = one.ask_at {
        if io.now() < at {
            return Ok(Ok(Some(one)));
        }
        let answer = io.send(eviction(args, &place, &name))?;
        if answer.code == 429 {
            io.err(format!(
                "error when evicting pods/\"{name}\" -n \"{place}\" (will retry after 5s): {}\n",
                answer.tree().get("message").text()
            ));
            one.ask_at = Some(io.now() + Duration::secs(5));
            return Ok(Ok(Some(one)));
        }
        if answer.code == 404 {
            return Ok(Ok(None));
        }
        if !answer.is_ok() {
            return Ok(Err(format!("error when evicting pods/\"{name}\" -n \"{place}\": {}", answer.tree().get("message").text())));
        }
        one.ask_at = None;
    }
    let answer = io.send(client::known(args, Ask::Get, "", "v1", "pods", &place, &name))?;
    let gone = answer.code == 404 || (answer.is_ok() && answer.tree().at(&["metadata", "uid"]).text() != uid);
    if gone {
        let done = if args.is("disable-eviction") { "deleted" } else { "evicted" };
        io.out(format!("pod/{name} {done}\n"));
        return Ok(Ok(None));
    }
    if !answer.is_ok() {
        return Ok(Err(format!(
            "error when waiting for pod \"{name}\" in namespace \"{place}\" to terminate: {}",
            answer.tree().get("message").text()
        )));
    }
    Ok(Ok(Some(one)))
}

fn eviction(args: &Args, place: &str, name: &str) -> Request {
    let grace = args.int("grace-period");
    let options = if grace >= 0 {
        map! {"gracePeriodSeconds": grace}
    } else {
        Tree::Null
    };
    if args.is("disable-eviction") {
        let mut ask = client::known(args, Ask::Delete, "", "v1", "pods", place, name);
        ask.body = options;
        return ask;
    }
    let mut ask = client::known(args, Ask::Create, "", "v1", "pods", place, name).subresource("eviction");
    ask.body = map! {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": map! {"name": name, "namespace": place}};
    if !options.is_null() {
        ask.body.set(&["deleteOptions"], options);
    }
    ask
}

fn path(pod: &Tree) -> String {
    format!("{}/{}", pod.at(&["metadata", "namespace"]).text(), pod.at(&["metadata", "name"]).text())
}

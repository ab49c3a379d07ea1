//! What logs, exec and run need of Pods: finding one behind a workload, choosing a container, opening its parts.
use crate::args::{Args, Flag, Takes, flag};
use crate::client::{self, Pick};
use crate::job::{Io, Stop};
use objects::wire::{self, Request, Target};
use objects::{Text, Tree, labels::Selector};

/// Flags of the commands that reach into a container.
pub const CONTAINER: Flag = flag(
    "container",
    'c',
    Takes::Text,
    "",
    "Container name. If omitted, use the kubectl.kubernetes.io/default-container annotation for selecting the container to be attached or the first container in the pod will be chosen",
);
pub const RUNNING_TIMEOUT: Flag = flag(
    "pod-running-timeout",
    '\0',
    Takes::Span,
    "1m0s",
    "The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running",
);
pub const QUIET: Flag = flag("quiet", 'q', Takes::Bool, "false", "Only print output from the remote session");
pub const STDIN: Flag = flag("stdin", 'i', Takes::Bool, "false", "Pass stdin to the container");
pub const TTY: Flag = flag("tty", 't', Takes::Bool, "false", "Stdin is a TTY");

/// `[app, first (init)]`: containers as kubectl lists them; init containers last.
pub fn container_names(pod: &Tree) -> Vec<(String, bool)> {
    let names = |list: &str, init| {
        pod.at(&["spec", list]).items().iter().map(move |c| (c.get("name").text().to_string(), init)).collect::<Vec<_>>()
    };
    let mut all = names("containers", false);
    all.extend(names("initContainers", true));
    all
}

/// The container that `-c` names, or the default one; says so when there was a choice, unless it shall be `quiet`.
pub fn container(io: &mut Io, pod: &Tree, wanted: &str, quiet: bool) -> Result<String, Stop> {
    let all = container_names(pod);
    let listed: Vec<String> = all.iter().map(|(name, init)| if *init { format!("{name} (init)") } else { name.clone() }).collect();
    let listed = listed.join(", ");
    let pod_name = pod.at(&["metadata", "name"]).text();
    if !wanted.is_empty() {
        let known = all.iter().any(|(name, _)| name == wanted);
        return if known {
            Ok(wanted.to_string())
        } else {
            Err(Stop::error(format!("container {wanted} is not valid for pod {pod_name} out of: {listed}")))
        };
    }
    let annotated = pod.at(&["metadata", "annotations", "kubectl.kubernetes.io/default-container"]).text();
    if all.iter().any(|(name, _)| name == annotated) {
        return Ok(annotated.to_string());
    }
    let Some((first, _)) = all.first() else { return Err(Stop::error(format!("pod {pod_name} does not have any containers"))) };
    if all.len() > 1 && !quiet {
        io.err(format!("Defaulted container \"{first}\" out of: {listed}\n"));
    }
    Ok(first.clone())
}

/// The Pods of a Deployment, Service, Job and so on, those most worth reading first. The failure names the object.
pub fn behind(args: &Args, io: &mut Io, owner: &Tree, namespace: &str) -> Result<Vec<Tree>, Stop> {
    let spec = owner.get("spec");
    let selector = match owner.get("kind").text() {
        "Service" | "ReplicationController" => {
            spec.get("selector").entries().map(|(name, value)| format!("{name}={}", value.text())).collect::<Vec<_>>().join(",")
        }
        kind => match Selector::of(spec.get("selector")) {
            Ok(selector) if !spec.get("selector").is_null() => selector.to_string(),
            _ => {
                let version = owner.get("apiVersion").text();
                let go = format!("*{}.{kind}", version.rsplit('/').next().unwrap_or_default());
                let what = if args.path == "logs" { "get the logs from" } else { "attach to" };
                return Err(Stop::error(format!("cannot {what} {go}: selector for {go} not implemented")));
            }
        },
    };
    let mut list = client::known(args, wire::Verb::List, "", "v1", "pods", namespace, "");
    list.options.label_selector = selector;
    let mut pods = io.fetch(list)?.get("items").items().to_vec();
    pods.sort_by_cached_key(worth);
    Ok(pods)
}

/// Upstream's `ByLogging`: placed, running, ready, restarted, older Pods first.
fn worth(pod: &Tree) -> (bool, u8, bool, i64, String) {
    let phase = match pod.at(&["status", "phase"]).text() {
        "Pending" => 2,
        "Unknown" => 1,
        _ => 0,
    };
    let statuses = pod.at(&["status", "containerStatuses"]).items();
    let restarts = statuses.iter().map(|status| status.get("restartCount").int_or(0)).max().unwrap_or(0);
    let ready =
        pod.at(&["status", "conditions"]).items().iter().any(|c| c.get("type").text() == "Ready" && c.get("status").text() == "True");
    let made = pod.at(&["metadata", "creationTimestamp"]).text().to_string();
    (pod.at(&["spec", "nodeName"]).text().is_empty(), phase, !ready, -restarts, made)
}

/// The Pod that `web-1`, `pod/web-1` or `deploy/web` means. `say` tells when there were several.
pub fn one(args: &Args, io: &mut Io, pick: &Pick, namespace: &str, say: bool) -> Result<Tree, Stop> {
    let object = client::get(args, io, client::request(args, wire::Verb::Get, &pick.served, namespace, &pick.name))?;
    if !object.is_ok() {
        return Err(Stop::server(&object));
    }
    let object = client::info(&pick.served, object.tree().clone()).tree;
    if pick.served.kind == "Pod" {
        return Ok(object);
    }
    let pods = behind(args, io, &object, namespace)?;
    let Some(first) = pods.first() else {
        return Err(Stop::error(format!("timed out waiting for the condition: {} {} has no pods", pick.served.noun(), pick.name)));
    };
    if say && pods.len() > 1 {
        io.err(format!("Found {} pods, using pod/{}\n", pods.len(), first.at(&["metadata", "name"]).text()));
    }
    Ok(first.clone())
}

/// A request for a Pod's part: `log`, `exec`. `other` goes into the query.
pub fn part(args: &Args, verb: wire::Verb, namespace: &str, pod: &str, part: &'static str, other: Vec<(Text, Text)>) -> Request {
    let mut request = client::known(args, verb, "", "v1", "pods", namespace, pod);
    if let Target::Resource { subresource, .. } = &mut request.target {
        *subresource = Text::new_static(part);
    }
    request.options.other = other;
    request.options.other.sort_by(|a, b| a.0.cmp(&b.0));
    request
}

/// A word that means a Pod when it has no slash.
pub fn pick(args: &Args, io: &mut Io, word: &str) -> Result<Pick, Stop> {
    let words = if word.contains('/') { vec![word.to_string()] } else { vec!["pods".to_string(), word.to_string()] };
    client::pick(args, io, &words)?.into_iter().next().ok_or_else(|| Stop::error("a pod name is required"))
}

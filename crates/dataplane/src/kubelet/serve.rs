//! The kubelet's own door: logs and commands (upstream `pkg/kubelet/server`, `GetKubeletContainerLogs`).
use crate::kubelet::Kubelet;
use crate::runtime::{Log, Sandbox};
use objects::wire::{Request, Response, Target};
use objects::{Status, Text, Tree};
use simcore::{Duration, Time};
use std::sync::Arc;

/// How long a command may sleep and still be answered as one text.
const EXEC_MAX: Duration = Duration::secs(30);

impl Kubelet {
    /// Answers a request for logs or for running a command.
    pub fn serve(&self, now: Time, request: &Request) -> Response {
        let Target::Resource { namespace, name, subresource, .. } = &request.target else { return refused("unknown request") };
        match subresource.as_str() {
            "log" => match self.log(request) {
                Ok((log, _)) => Response::text(shown(log, now, request, 0)),
                Err(words) => refused(&words),
            },
            "exec" => self.exec(now, namespace, name, request),
            _ => refused(&format!("the kubelet does not serve {subresource} here")),
        }
    }

    /// What a log has beyond `offset` lines: the text, the new offset, and whether nothing more can come.
    pub fn follow(&self, now: Time, request: &Request, offset: usize) -> (String, usize, bool) {
        match self.log(request) {
            Ok((log, running)) => (shown(log, now, request, offset), log.len(), !running),
            Err(words) => (words, offset, true),
        }
    }

    fn log(&self, request: &Request) -> Result<(&Log, bool), String> {
        let Target::Resource { namespace, name, .. } = &request.target else { return Err("unknown request".to_string()) };
        let worker = self.workers.values().find(|worker| worker.pod.key.namespace == *namespace && worker.pod.key.name == *name);
        let Some(worker) = worker else { return Err(format!("pod \"{name}\" not found")) };
        let container = container_of(worker.pod.spec(), name, option(request, "container"))?;
        let slot = self.sandboxes.get(&worker.uid).and_then(|sandbox| sandbox.slot(&container));
        if option(request, "previous") == "true" {
            let previous = slot.and_then(|slot| slot.previous.as_deref().filter(|found| found.exit_code().is_some()));
            let missing = || format!("previous terminated container \"{container}\" in pod \"{name}\" not found");
            return previous.map(|found| (&found.log, false)).ok_or_else(missing);
        }
        let current = slot.and_then(|slot| slot.current.as_ref());
        let begun = current.filter(|found| found.is_running() || found.exit_code().is_some());
        match begun.or(slot.and_then(|slot| slot.previous.as_deref())) {
            Some(found) => Ok((&found.log, found.is_running())),
            None => {
                // As the status has it that was last made, not as the containers are this moment.
                let statuses = ["containerStatuses", "initContainerStatuses"].map(|list| worker.wanted.get(list).items());
                let status = statuses.into_iter().flatten().find(|status| status.get("name").text() == container);
                let reason = status.map_or("", |status| status.at(&["state", "waiting", "reason"]).text());
                let inits = !worker.pod.spec().get("initContainers").is_empty() && !worker.is_init(&container);
                let why = match reason {
                    "ErrImagePull" => "image can't be pulled",
                    "ImagePullBackOff" => "trying and failing to pull image",
                    "" if inits => "PodInitializing",
                    "" => "ContainerCreating",
                    other => other,
                };
                Err(format!("container \"{container}\" in pod \"{name}\" is waiting to start: {why}"))
            }
        }
    }

    fn exec(&self, now: Time, namespace: &str, name: &str, request: &Request) -> Response {
        let found = self.sandboxes.values().find(|sandbox| sandbox.namespace == namespace && sandbox.name == name);
        let spec = self.workers.values().find(|worker| worker.pod.key.namespace == namespace && worker.pod.key.name == name);
        let (Some(sandbox), Some(worker)) = (found, spec) else { return refused(&format!("pod {name} not found")) };
        let container = match container_of(worker.pod.spec(), name, option(request, "container")) {
            Ok(container) => container,
            Err(words) => return refused(&words),
        };
        let argv: Vec<Text> = request.options.other.iter().filter(|(key, _)| key == "command").map(|(_, word)| word.clone()).collect();
        run(&mut Sandbox::clone(sandbox), now, &container, &argv)
    }

    /// Runs a command in a container and keeps what it did to the files there. The answer is as `serve` gives it.
    pub fn exec_in(&mut self, now: Time, request: &Request) -> Response {
        let Target::Resource { namespace, name, subresource, .. } = &request.target else { return refused("unknown request") };
        if subresource != "exec" {
            return self.serve(now, request);
        }
        let argv: Vec<Text> = request.options.other.iter().filter(|(key, _)| key == "command").map(|(_, word)| word.clone()).collect();
        let spec = self.workers.values().find(|worker| worker.pod.key.namespace == *namespace && worker.pod.key.name == *name);
        let container = spec.and_then(|worker| container_of(worker.pod.spec(), name, option(request, "container")).ok());
        let uid = spec.map(|worker| worker.uid.clone()).unwrap_or_default();
        match (container, self.sandboxes.get_mut(&uid).map(Arc::make_mut)) {
            (Some(container), Some(sandbox)) => run(sandbox, now, &container, &argv),
            _ => self.serve(now, request),
        }
    }
}

fn run(sandbox: &mut Sandbox, now: Time, container: &str, argv: &[Text]) -> Response {
    let Some(first) = argv.first() else { return refused("you must specify at least one command for the container") };
    let Some(target) = sandbox.container(container).filter(|target| target.is_running()) else {
        return refused(&format!("container not found (\"{container}\")"));
    };
    if !crate::images::shell::is_tool(first) {
        let words = format!(
            "Internal error occurred: error executing command in container: rpc error: code = Internal desc = failed to start exec \"{}\": \
             OCI runtime exec failed: exec failed: unable to start container process: exec: \"{first}\": executable file not found in $PATH",
            target.id
        );
        return Response::from(Status::new(500, "InternalError", words));
    }
    match sandbox.exec(now, container, argv, EXEC_MAX) {
        Some((0, text, _)) => Response::text(text),
        // The code travels beside the text, as it does on a real exec stream's error channel.
        Some((code, text, _)) => Response { warnings: vec![format!("command terminated with exit code {code}")], ..Response::text(text) },
        None => refused("this command does not end by itself; only commands that end can be run here"),
    }
}

/// Which container is meant: the one named, or the only one.
fn container_of(spec: &Tree, pod: &str, wanted: &str) -> Result<Text, String> {
    let names = |field: &str| spec.get(field).items().iter().map(|container| container.get("name").text()).collect::<Vec<&str>>();
    let (mains, inits) = (names("containers"), names("initContainers"));
    if !wanted.is_empty() {
        let known = mains.iter().chain(&inits).any(|name| *name == wanted);
        return if known { Ok(Text::new(wanted)) } else { Err(format!("container {wanted} is not valid for pod {pod}")) };
    }
    match (&mains[..], inits.is_empty()) {
        ([only], true) => Ok(Text::new(only)),
        _ => {
            let mut words = format!("a container name must be specified for pod {pod}, choose one of: [{}]", mains.join(" "));
            if !inits.is_empty() {
                words.push_str(&format!(" or one of the init containers: [{}]", inits.join(" ")));
            }
            Err(words)
        }
    }
}

fn option<'a>(request: &'a Request, name: &str) -> &'a str {
    request.options.other.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}

fn refused(words: &str) -> Response {
    Response::from(Status::bad_request(words))
}

/// The lines that the options ask for.
fn shown(log: &Log, now: Time, request: &Request, from: usize) -> String {
    let tail = if from == 0 { option(request, "tailLines").parse::<usize>().ok() } else { None };
    let start = tail.map_or(from, |tail| log.len().saturating_sub(tail).max(from));
    let since = option(request, "sinceSeconds").parse::<u64>().ok().map(|seconds| now - Duration::secs(seconds));
    let since = since.or_else(|| Time::parse(option(request, "sinceTime")));
    let stamped = option(request, "timestamps") == "true";
    let mut text = String::new();
    for line in log.since(start).filter(|line| since.is_none_or(|since| line.at >= since)) {
        if stamped {
            text.push_str(&line.at.rfc3339_micro());
            text.push(' ');
        }
        text.push_str(&line.text);
    }
    if let Ok(limit) = option(request, "limitBytes").parse::<usize>() {
        let end = (0..=limit.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

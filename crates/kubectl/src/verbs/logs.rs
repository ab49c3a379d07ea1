//! `kubectl logs`: of one container, of all, of a workload, of a selector; `-f` follows.
use super::Verb;
use crate::args::{Args, Flag, Takes, flag};
use crate::client;
use crate::job::{Io, Stop};
use crate::pods;
use crate::streams::{Source, follow, prefixed};
use objects::wire::{self, Body, Request};
use objects::{Text, Tree};

pub static VERB: Verb = Verb {
    name: "logs",
    aliases: &["log"],
    short: "Print the logs for a container in a pod",
    usage: "kubectl logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER] [options]",
    examples: "  # Return snapshot logs from pod nginx with only one container\n  kubectl logs nginx\n\n  # Begin streaming the logs of the ruby container in pod web-1\n  kubectl logs -f -c ruby web-1\n\n  # Return snapshot of previous terminated ruby container logs from pod web-1\n  kubectl logs -p -c ruby web-1\n\n  # Display only the most recent 20 lines of output in pod nginx\n  kubectl logs --tail=20 nginx",
    flags: FLAGS,
    subs: &[],
    run,
};

static FLAGS: &[Flag] = &[
    flag("all-containers", '\0', Takes::Bool, "false", "Get all containers' logs in the pod(s)."),
    flag("all-pods", '\0', Takes::Bool, "false", "Get logs from all pod(s). Sets prefix to true."),
    flag("container", 'c', Takes::Text, "", "Print the logs of this container"),
    flag("follow", 'f', Takes::Bool, "false", "Specify if the logs should be streamed."),
    flag("ignore-errors", '\0', Takes::Bool, "false", "If watching / following pod logs, allow for any errors that occur to be non-fatal"),
    flag(
        "insecure-skip-tls-verify-backend",
        '\0',
        Takes::Bool,
        "false",
        "Skip verifying the identity of the kubelet that logs are requested from.",
    ),
    flag("limit-bytes", '\0', Takes::Int, "0", "Maximum bytes of logs to return. Defaults to no limit."),
    flag(
        "max-log-requests",
        '\0',
        Takes::Int,
        "5",
        "Specify maximum number of concurrent logs to follow when using by a selector. Defaults to 5.",
    ),
    flag(
        "pod-running-timeout",
        '\0',
        Takes::Span,
        "20s",
        "The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running",
    ),
    flag("prefix", '\0', Takes::Bool, "false", "Prefix each log line with the log source (pod name and container name)"),
    flag(
        "previous",
        'p',
        Takes::Bool,
        "false",
        "If true, print the logs for the previous instance of the container in a pod if it exists.",
    ),
    flag("selector", 'l', Takes::Text, "", "Selector (label query) to filter on."),
    flag(
        "since",
        '\0',
        Takes::Span,
        "0s",
        "Only return logs newer than a relative duration like 5s, 2m, or 3h. Defaults to all logs. Only one of since-time / since may be used.",
    ),
    flag("since-time", '\0', Takes::Text, "", "Only return logs after a specific date (RFC3339). Defaults to all logs."),
    flag(
        "tail",
        '\0',
        Takes::Int,
        "-1",
        "Lines of recent log file to display. Defaults to -1 with no selector, showing all log lines otherwise 10, if a selector is provided.",
    ),
    flag("timestamps", '\0', Takes::Bool, "false", "Include timestamps on each line in the log output"),
];

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let namespace = client::namespace(args, io)?;
    let sources = sources(args, io, &namespace)?;
    let requests: Vec<Request> = sources.iter().map(|source| request(args, &namespace, source)).collect();
    let prefix = args.is("prefix") || args.is("all-pods");
    if args.is("follow") {
        let most = args.int("max-log-requests");
        if requests.len() as i64 > most {
            return Err(Stop::error(format!(
                "you are attempting to follow {} log streams, but maximum allowed concurrency is {most}, use --max-log-requests to increase the limit",
                requests.len()
            )));
        }
        return follow(args, io, &sources, requests, prefix);
    }
    for (source, request) in sources.iter().zip(requests) {
        let response = io.send(request)?;
        if !response.is_ok() {
            return Err(Stop::server(&response));
        }
        if let Body::Text(text) = &response.body {
            io.out(if prefix { prefixed(source, text) } else { text.clone() });
        }
    }
    Ok(0)
}

/// Which logs the command line means. A missing object is told in this command's own words.
fn sources(args: &Args, io: &mut Io, namespace: &str) -> Result<Vec<Source>, Stop> {
    let given = [args.given("since"), args.given("since-time")];
    if given == [true, true] {
        return Err(Stop::error("at most one of `sinceTime` or `sinceSeconds` may be specified"));
    }
    if args.text("since").starts_with('-') {
        return Err(Stop::error("--since must be greater than 0"));
    }
    if args.int("limit-bytes") < 0 {
        return Err(Stop::error("--limit-bytes must be greater than 0"));
    }
    if args.given("tail") && args.int("tail") < -1 {
        return Err(Stop::error("--tail must be greater than or equal to -1"));
    }
    let since = args.text("since-time");
    if args.given("since-time") && !since.get(..4).is_some_and(|year| year.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(Stop::error(format!("parsing time {since:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {since:?} as \"2006\"")));
    }
    if args.is("all-containers") && args.given("container") {
        return Err(Stop::error(format!("--all-containers=true should not be specified with container name {}", args.text("container"))));
    }
    if args.given("selector") {
        if !args.words.is_empty() {
            return Err(args.usage("only a selector (-l) or a POD name is allowed"));
        }
        let mut list = client::known(args, wire::Verb::List, "", "v1", "pods", namespace, "");
        list.options.label_selector = args.text("selector").to_string();
        let answer = io.send(list)?;
        if !answer.is_ok() {
            let served = client::resolve(args, io, "pods")?;
            return Err(Stop::plain(client::refused(args, &client::Pick { served, name: String::new() }, &answer)));
        }
        let pods = answer.tree().get("items").items().to_vec();
        if pods.is_empty() {
            io.err(format!("No resources found in {namespace} namespace.\n"));
        }
        let mut all = Vec::new();
        for pod in &pods {
            all.extend(of_pod(args, io, pod, "")?);
        }
        return Ok(all);
    }
    let (word, container) = match args.words.as_slice() {
        [word] => (word, ""),
        [word, container] if !args.given("container") => (word, container.as_str()),
        [_, _] => return Err(Stop::error("only one of -c or an inline [CONTAINER] arg is allowed")),
        [] => {
            return Err(args.usage(
                "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command",
            ));
        }
        _ => {
            return Err(args.usage(
                "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command",
            ));
        }
    };
    let pick = pods::pick(args, io, word)?;
    let object = client::get(args, io, client::request(args, wire::Verb::Get, &pick.served, namespace, &pick.name))?;
    if object.code == 404 {
        return Err(Stop::error(format!(
            "error from server (NotFound): {} in namespace \"{namespace}\"",
            object.tree().get("message").text()
        )));
    }
    if !object.is_ok() {
        return Err(Stop::server(&object));
    }
    let object = client::info(&pick.served, object.tree().clone()).tree;
    if pick.served.kind == "Pod" {
        return of_pod(args, io, &object, container);
    }
    let found = pods::behind(args, io, &object, namespace)?;
    let mut all = Vec::new();
    let Some(first) = found.first() else {
        return Err(Stop::error(format!("timed out waiting for the condition: no pods found for {}/{}", pick.served.noun(), pick.name)));
    };
    if args.is("all-pods") {
        for pod in &found {
            all.extend(of_pod(args, io, pod, container)?);
        }
        return Ok(all);
    }
    if found.len() > 1 {
        io.err(format!("Found {} pods, using pod/{}\n", found.len(), first.at(&["metadata", "name"]).text()));
    }
    of_pod(args, io, first, container)
}

fn of_pod(args: &Args, io: &mut Io, pod: &Tree, inline: &str) -> Result<Vec<Source>, Stop> {
    let name = pod.at(&["metadata", "name"]).text().to_string();
    if args.is("all-containers") {
        let mut all = pods::container_names(pod);
        all.sort_by_key(|(_, init)| !init);
        return Ok(all.into_iter().map(|(container, _)| Source { pod: name.clone(), container }).collect());
    }
    let wanted = if inline.is_empty() { args.text("container") } else { inline };
    Ok(vec![Source { container: pods::container(io, pod, wanted, false)?, pod: name }])
}

fn request(args: &Args, namespace: &str, source: &Source) -> Request {
    let mut other: Vec<(Text, Text)> = vec![("container".into(), Text::new(&source.container))];
    for (flag, name) in [("follow", "follow"), ("previous", "previous"), ("timestamps", "timestamps")] {
        if args.is(flag) {
            other.push((Text::new_static(name), "true".into()));
        }
    }
    let tail = if args.given("tail") {
        args.int("tail")
    } else if args.given("selector") {
        10
    } else {
        -1
    };
    let numbers = [("tailLines", tail >= 0, tail), ("limitBytes", args.int("limit-bytes") > 0, args.int("limit-bytes"))];
    other.extend(
        numbers.iter().filter(|(_, given, _)| *given).map(|(name, _, number)| (Text::new_static(name), Text::from(number.to_string()))),
    );
    if args.span("since").0 > 0 {
        other.push(("sinceSeconds".into(), Text::from(args.span("since").as_secs().max(1).to_string())));
    }
    if args.given("since-time") {
        other.push(("sinceTime".into(), Text::new(args.text("since-time"))));
    }
    pods::part(args, wire::Verb::Get, namespace, &source.pod, "log", other)
}

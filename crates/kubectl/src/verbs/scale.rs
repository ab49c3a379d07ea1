//! `kubectl scale`: another number of replicas, through the scale subresource.
use crate::args::{Args, Takes, flag};
use crate::change_cause;
use crate::client::{self, Info};
use crate::job::{Io, Stop, server_words};
use crate::print;
use crate::verbs::Verb;
use objects::map;
use objects::wire::{PatchKind, Verb as Ask};

pub static VERB: Verb = Verb {
    name: "scale",
    aliases: &[],
    short: "Set a new size for a deployment, replica set, or replication controller",
    usage: "kubectl scale [--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME) [options]",
    examples: "  # Three Pods for the Deployment \"web\"\n  kubectl scale --replicas=3 deployment/web\n\n  # Only if it has two now\n  kubectl scale --current-replicas=2 --replicas=3 deployment/web\n",
    flags: &[
        flag("all", '\0', Takes::Bool, "false", "Select all resources in the namespace of the specified resource types."),
        flag(
            "current-replicas",
            '\0',
            Takes::Int,
            "-1",
            "Precondition for current size. Requires that the current size of the resource match this value in order to scale. -1 (default) for no condition.",
        ),
        flag("dry-run", '\0', Takes::Optional("unchanged"), "none", "Must be \"none\", \"server\", or \"client\"."),
        flag("filename", 'f', Takes::List, "", "File, folder or - with the objects to scale"),
        flag("kustomize", 'k', Takes::Text, "", "Process the kustomization directory."),
        flag("output", 'o', Takes::Text, "", "Output format. One of: (json, yaml, name, jsonpath, …)."),
        flag("recursive", 'R', Takes::Bool, "false", "Read the folders of -f with all that is below them."),
        change_cause::RECORD,
        flag("replicas", '\0', Takes::Int, "0", "The new desired number of replicas. Required."),
        flag("resource-version", '\0', Takes::Text, "", "Precondition for resource version."),
        flag("selector", 'l', Takes::Text, "", "Selector (label query) to filter on."),
        flag(
            "timeout",
            '\0',
            Takes::Span,
            "0s",
            "The length of time to wait before giving up on a scale operation, zero means don't wait.",
        ),
    ],
    subs: &[],
    run,
};

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if !args.given("replicas") {
        return Err(Stop::error("required flag(s) \"replicas\" not set"));
    }
    if args.int("replicas") < 0 {
        return Err(Stop::error("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0"));
    }
    if args.words.is_empty() && args.list("filename").is_empty() {
        return Err(Stop::error(client::NOTHING_NAMED));
    }
    let found = client::named_live(args, io, &args.words)?;
    let mut failures = found.failures;
    if found.infos.is_empty() && failures.is_empty() {
        return Err(Stop::error("no objects passed to scale"));
    }
    for info in &found.infos {
        match scale(args, io, info)? {
            Ok(()) => {
                change_cause::keep(args, io, info)?;
                print::object(args, io, info, "scaled")?;
            }
            Err(words) => failures.push(words),
        }
    }
    client::finish(io, &failures)
}

/// Scales one object. The inner error is what to say at the end; the others are scaled all the same.
fn scale(args: &Args, io: &mut Io, info: &Info) -> Result<Result<(), String>, Stop> {
    let (wanted, now) = (args.int("replicas"), args.int("current-replicas"));
    if args.text("dry-run") == "client" || args.text("dry-run") == "unchanged" {
        return Ok(Ok(()));
    }
    if now >= 0 || !args.text("resource-version").is_empty() {
        let mut ask = client::request(args, Ask::Get, &info.served, &info.namespace, &info.name).subresource("scale");
        ask.body = objects::Tree::Null;
        let answer = io.send(ask)?;
        if !answer.is_ok() {
            return Ok(Err(server_words(&answer)));
        }
        let (size, version) =
            (answer.tree().at(&["spec", "replicas"]).int_or(0), answer.tree().at(&["metadata", "resourceVersion"]).text().to_string());
        if now >= 0 && size != now {
            return Ok(Err(format!("error: Expected replicas to be {now}, was {size}")));
        }
        if !args.text("resource-version").is_empty() && version != args.text("resource-version") {
            return Ok(Err(format!("error: Expected resource version to be {}, was {version}", args.text("resource-version"))));
        }
    }
    let mut ask = client::request(args, Ask::Patch(PatchKind::Merge), &info.served, &info.namespace, &info.name).subresource("scale");
    ask.body = map! {"spec": map! {"replicas": wanted}};
    if args.text("dry-run") == "server" {
        ask.options.dry_run = "All".to_string();
    }
    let answer = io.send(ask)?;
    if answer.is_ok() {
        return Ok(Ok(()));
    }
    // A kind without a scale subresource answers NotFound without naming an object.
    if answer.code == 404 && !info.served.subresources.iter().any(|part| part == "scale") {
        return Ok(Err("Error from server (NotFound): the server could not find the requested resource".to_string()));
    }
    Ok(Err(server_words(&answer)))
}

//! `kubectl delete`: by name, file, selector or all of a kind; waits until the objects are gone.
use super::Verb;
use crate::args::{Args, Flag, Takes, flag};
use crate::client::{self, Found, Info, Pick, finish};
use crate::job::{Flow, Io, News, Stop, server_words, server_words_about};
use crate::print::outputs::dry_run;
use objects::{Tree, map, wire};
use simcore::Duration;

pub static VERB: Verb = Verb {
    name: "delete",
    aliases: &[],
    short: "Delete resources by file names, stdin, resources and names, or by resources and label selector",
    usage: "kubectl delete ([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)]) [options]",
    examples: "  # Delete a pod using the type and name specified in pod.json\n  kubectl delete -f ./pod.json\n\n  # Delete pods and services with same names \"baz\" and \"foo\"\n  kubectl delete pod,service baz foo\n\n  # Delete pods and services with label name=myLabel\n  kubectl delete pods,services -l name=myLabel\n\n  # Delete a pod with minimal delay\n  kubectl delete pod foo --now\n\n  # Delete all pods\n  kubectl delete pods --all",
    flags: FLAGS,
    subs: &[],
    run,
};

static FLAGS: &[Flag] = &[
    flag("all", '\0', Takes::Bool, "false", "Delete all resources, in the namespace of the specified resource types."),
    flag("all-namespaces", 'A', Takes::Bool, "false", "If present, list the requested object(s) across all namespaces."),
    flag(
        "cascade",
        '\0',
        Takes::Optional("background"),
        "background",
        "Must be \"background\", \"orphan\", or \"foreground\". Selects the deletion cascading strategy for the dependents (e.g. Pods created by a ReplicationController).",
    ),
    flag("dry-run", '\0', Takes::Optional("unchanged"), "none", "Must be \"none\", \"server\", or \"client\"."),
    flag("field-selector", '\0', Takes::Text, "", "Selector (field query) to filter on."),
    flag("filename", 'f', Takes::List, "", "containing the resource to delete."),
    flag(
        "force",
        '\0',
        Takes::Bool,
        "false",
        "If true, immediately remove resources from API and bypass graceful deletion. Note that immediate deletion of some resources may result in inconsistency or data loss and requires confirmation.",
    ),
    flag(
        "grace-period",
        '\0',
        Takes::Int,
        "-1",
        "Period of time in seconds given to the resource to terminate gracefully. Ignored if negative. Set to 1 for immediate shutdown. Can only be set to 0 when --force is true (force deletion).",
    ),
    flag(
        "ignore-not-found",
        '\0',
        Takes::Bool,
        "false",
        "Treat \"resource not found\" as a successful delete. Defaults to \"true\" when --all is specified.",
    ),
    flag("interactive", 'i', Takes::Bool, "false", "If true, delete resource only when user confirms."),
    flag("kustomize", 'k', Takes::Text, "", "Process a kustomization directory."),
    flag("now", '\0', Takes::Bool, "false", "If true, resources are signaled for immediate shutdown (same as --grace-period=1)."),
    flag("output", 'o', Takes::Text, "", "Output mode. Use \"-o name\" for shorter output (resource/name)."),
    flag("raw", '\0', Takes::Text, "", "Raw URI to DELETE to the server.  Uses the transport specified by the kubeconfig file."),
    flag("recursive", 'R', Takes::Bool, "false", "Process the directory used in -f, --filename recursively."),
    flag("selector", 'l', Takes::Text, "", "Selector (label query) to filter on."),
    flag(
        "timeout",
        '\0',
        Takes::Span,
        "0s",
        "The length of time to wait before giving up on a delete, zero means determine a timeout from the size of the object",
    ),
    flag("wait", '\0', Takes::Bool, "true", "If true, wait for resources to be gone before returning. This waits for finalizers."),
];

/// What was deleted and has to be waited for.
struct Going {
    info: Info,
    uid: String,
}

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if !args.text("raw").is_empty() {
        return crate::raw::send(args, io, wire::Verb::Delete);
    }
    let grace = grace(args)?;
    let policy = policy(args)?;
    for (old, new) in [("true", "background"), ("false", "orphan")] {
        if args.text("cascade") == old {
            io.err(format!("warning: --cascade={old} is deprecated (boolean value) and can be replaced with --cascade={new}.\n"));
        }
    }
    let dry = dry_run(args)?;
    if !matches!(args.text("output"), "" | "name") {
        return Err(Stop::error(format!("unexpected -o output mode: {}. We only support '-o name'", args.text("output"))));
    }
    if args.is("force") && grace == Some(0) {
        io.err("Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n");
    }
    let Found { infos, mut failures } = wanted(args, io)?;
    let ignore = args.is("ignore-not-found") || (args.is("all") || args.given("selector")) && !args.given("ignore-not-found");
    if infos.is_empty() && failures.is_empty() {
        io.out("No resources found\n");
        return Ok(0);
    }
    if args.is("interactive") && !confirmed(args, io, &infos)? {
        return Ok(0);
    }
    let how = if args.is("force") && grace == Some(0) { "force " } else { "" };
    let mut going = Vec::new();
    for info in infos {
        if info.name.is_empty() {
            failures.push(format!("error: error when deleting \"{}\": resource name may not be empty", info.source));
            continue;
        }
        if dry == "client" {
            said(args, io, &info, how);
            continue;
        }
        let mut ask = client::request(args, wire::Verb::Delete, &info.served, &info.namespace, &info.name);
        ask.body = options(grace, policy);
        if dry == "server" {
            ask.options.dry_run = "All".into();
        }
        let response = io.send(ask)?;
        if response.is_ok() {
            said(args, io, &info, how);
            let uid = [response.tree().at(&["details", "uid"]).text(), response.tree().at(&["metadata", "uid"]).text()].concat();
            going.push(Going { info, uid });
        } else if !(response.code == 404 && ignore) {
            failures.push(server_words_about(&response, "deleting", &info.source));
        }
    }
    if args.is("wait") && dry == "none" {
        wait(args, io, &going, &mut failures)?;
    }
    finish(io, &failures)
}

/// Asks before anything is deleted. What is named is looked up first; what is missing ends it.
fn confirmed(args: &Args, io: &mut Io, infos: &[Info]) -> Result<bool, Stop> {
    let mut there = Vec::new();
    for info in infos {
        let live = client::get(args, io, client::request(args, wire::Verb::Get, &info.served, &info.namespace, &info.name))?;
        if live.is_ok() {
            there.push(info.slash());
        } else if !(live.code == 404 && args.is("ignore-not-found")) {
            return Err(Stop::server(&live));
        }
    }
    if there.is_empty() {
        io.out("No resources found\n");
        return Ok(false);
    }
    io.out(format!("You are about to delete the following {} resource(s):\n{}\n", there.len(), there.join("\n")));
    io.out("Do you want to continue? (y/N): ");
    let yes = io.read_line()?.is_some_and(|line| line.trim().eq_ignore_ascii_case("y"));
    if !yes {
        io.out("deletion is cancelled\n");
    }
    Ok(yes)
}

fn grace(args: &Args) -> Result<Option<i64>, Stop> {
    let given = args.int("grace-period");
    if args.is("now") && given != -1 {
        return Err(Stop::error("--now and --grace-period cannot be specified together"));
    }
    let given = if args.is("now") { 1 } else { given };
    if args.is("force") && given > 0 {
        return Err(Stop::error("--force and --grace-period greater than 0 cannot be specified together"));
    }
    Ok(match given {
        0 if !args.is("force") => Some(1),
        n if n < 0 && args.is("force") => Some(0),
        n if n < 0 => None,
        n => Some(n),
    })
}

fn policy(args: &Args) -> Result<&'static str, Stop> {
    match args.text("cascade") {
        "background" | "true" => Ok("Background"),
        "foreground" => Ok("Foreground"),
        "orphan" | "false" => Ok("Orphan"),
        other => Err(Stop::error(format!("invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""))),
    }
}

fn options(grace: Option<i64>, policy: &'static str) -> Tree {
    let mut options = map! {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": policy};
    if let Some(seconds) = grace {
        options.set(&["gracePeriodSeconds"], seconds);
    }
    options
}

/// The objects to delete. Named ones are not fetched first.
fn wanted(args: &Args, io: &mut Io) -> Result<Found, Stop> {
    if client::from_files(args) {
        client::no_names_beside_files(&args.words)?;
        return crate::documents::read(args, io);
    }
    if args.words.is_empty() {
        let selects = args.is("all") || args.given("selector") || args.given("field-selector");
        let words = if selects { "at least one resource must be specified to use a selector" } else { client::NOTHING_NAMED };
        return Err(Stop::error(words));
    }
    if args.is("all") && (args.given("selector") || args.given("field-selector")) {
        return Err(Stop::error("setting 'all' parameter but found a non empty selector. "));
    }
    let picks = client::pick(args, io, &args.words)?;
    let selects = args.is("all") || args.given("selector") || args.given("field-selector");
    if picks.iter().any(|pick| pick.name.is_empty()) && !selects {
        return Err(Stop::error("resource(s) were provided, but no name was specified"));
    }
    if selects {
        if picks.iter().any(|pick| !pick.name.is_empty()) {
            return Err(Stop::error("name cannot be provided when a selector is specified"));
        }
        let mut found = client::objects(args, io, &args.words)?;
        found.infos.retain(|info| info.served.can("delete"));
        return Ok(found);
    }
    client::compatible(args, &picks)?;
    let namespace = client::namespace(args, io)?;
    Ok(Found { infos: picks.into_iter().map(|pick| unseen(pick, &namespace)).collect(), failures: Vec::new() })
}

fn unseen(pick: Pick, namespace: &str) -> Info {
    let namespace = if pick.served.namespaced { namespace.to_string() } else { String::new() };
    Info { served: pick.served, namespace, name: pick.name, source: String::new(), tree: Tree::Null }
}

fn said(args: &Args, io: &mut Io, info: &Info, how: &str) {
    if args.text("output") == "name" {
        io.out(format!("{}\n", info.slash()));
        return;
    }
    let place = if info.namespace.is_empty() { String::new() } else { format!(" from {} namespace", info.namespace) };
    let dry = match args.text("dry-run") {
        "client" | "unchanged" => " (dry run)",
        "server" => " (server dry run)",
        _ => "",
    };
    io.out(format!("{} \"{}\" {how}deleted{place}{dry}\n", info.served.noun(), info.name));
}

/// Waits until every object is gone, or another of its name stands there.
fn wait(args: &Args, io: &mut Io, going: &[Going], failures: &mut Vec<String>) -> Result<(), Stop> {
    // Upstream gives up after a week when nothing is said; that is for ever here.
    let limit = args.span("timeout");
    let deadline = (limit != Duration::ZERO).then(|| io.now() + limit);
    for Going { info, uid } in going {
        let live = io.send(client::request(args, wire::Verb::Get, &info.served, &info.namespace, &info.name))?;
        let other = !uid.is_empty() && live.tree().at(&["metadata", "uid"]).text() != uid;
        if live.code == 404 || other {
            continue;
        }
        if !live.is_ok() {
            failures.push(server_words(&live));
            continue;
        }
        let mut watch = client::request(args, wire::Verb::Watch, &info.served, &info.namespace, "");
        watch.options.field_selector = format!("metadata.name={}", info.name);
        watch.options.resource_version = live.tree().at(&["metadata", "resourceVersion"]).text().to_string();
        let gone = io.follow(vec![watch], deadline, Tree::Null, |state, incoming, _| match &incoming.news {
            News::Event(event) if event.kind == "DELETED" => Flow::Done,
            News::Opened(response) if !response.is_ok() => Flow::Done,
            News::Closed => Flow::Done,
            News::Woken => {
                *state = Tree::Bool(true);
                Flow::Done
            }
            _ => Flow::More,
        })?;
        if gone.is_true() {
            failures.push(format!("error: timed out waiting for the condition on {}/{}", info.served.plural, info.name));
            break;
        }
    }
    Ok(())
}

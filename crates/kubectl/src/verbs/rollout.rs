//! `kubectl rollout`: how far a rollout is, what came before it, and the way back.
mod history;
mod status;

use crate::args::{Args, Flag, Takes, flag};
use crate::client::{self, Info};
use crate::describe::deployment::old_and_new;
use crate::job::{Flow, Io, News, Stop, server_words};
use crate::print;
use crate::verbs::Verb;
use objects::wire::{PatchKind, Request, Verb as Ask};
use objects::{Tree, map};
use status::Progress;

const SELECT: [Flag; 4] = [
    flag("filename", 'f', Takes::List, "", "File, folder or - with the objects"),
    flag("kustomize", 'k', Takes::Text, "", "Process the kustomization directory."),
    flag("recursive", 'R', Takes::Bool, "false", "Read the folders of -f with all that is below them."),
    flag("selector", 'l', Takes::Text, "", "Selector (label query) to filter on."),
];
const OUTPUT: Flag = flag("output", 'o', Takes::Text, "", "Output format. One of: (json, yaml, name, jsonpath, …).");
const DRY_RUN: Flag = flag("dry-run", '\0', Takes::Optional("unchanged"), "none", "Must be \"none\", \"server\", or \"client\".");
const MANAGER: Flag = flag("field-manager", '\0', Takes::Text, "kubectl-rollout", "Name of the manager used to track field ownership.");
const REVISION: Flag = flag("revision", '\0', Takes::Int, "0", "The revision to look at or to wait for.");

pub static VERB: Verb = Verb {
    name: "rollout",
    aliases: &[],
    short: "Manage the rollout of a resource",
    usage: "kubectl rollout SUBCOMMAND [options]",
    examples: "  # Back to the Deployment before\n  kubectl rollout undo deployment/abc\n\n  # How far is it?\n  kubectl rollout status deployment/foo\n",
    flags: &[],
    subs: &[
        sub(
            "history",
            "View rollout history",
            "kubectl rollout history (TYPE NAME | TYPE/NAME) [flags] [options]",
            &[SELECT[0], SELECT[1], SELECT[2], SELECT[3], OUTPUT, REVISION],
            show_history,
        ),
        sub(
            "pause",
            "Mark the provided resource as paused",
            "kubectl rollout pause RESOURCE [options]",
            &[SELECT[0], SELECT[1], SELECT[2], SELECT[3], OUTPUT, MANAGER],
            pause,
        ),
        sub(
            "restart",
            "Restart a resource",
            "kubectl rollout restart RESOURCE [options]",
            &[SELECT[0], SELECT[1], SELECT[2], SELECT[3], OUTPUT, MANAGER],
            restart,
        ),
        sub(
            "resume",
            "Resume a paused resource",
            "kubectl rollout resume RESOURCE [options]",
            &[SELECT[0], SELECT[1], SELECT[2], SELECT[3], OUTPUT, MANAGER],
            resume,
        ),
        sub(
            "status",
            "Show the status of the rollout",
            "kubectl rollout status (TYPE NAME | TYPE/NAME) [flags] [options]",
            &[
                SELECT[0],
                SELECT[1],
                SELECT[2],
                SELECT[3],
                REVISION,
                flag("timeout", '\0', Takes::Span, "0s", "The length of time to wait before ending watch, zero means never."),
                flag("watch", 'w', Takes::Bool, "true", "Watch the status of the rollout until it's done."),
            ],
            show_status,
        ),
        sub(
            "undo",
            "Undo a previous rollout",
            "kubectl rollout undo (TYPE NAME | TYPE/NAME) [flags] [options]",
            &[
                SELECT[0],
                SELECT[1],
                SELECT[2],
                SELECT[3],
                OUTPUT,
                DRY_RUN,
                flag("to-revision", '\0', Takes::Int, "0", "The revision to rollback to. Default to 0 (last revision)."),
            ],
            undo,
        ),
    ],
    run: super::group,
};

const fn sub(
    name: &'static str,
    short: &'static str,
    usage: &'static str,
    flags: &'static [Flag],
    run: fn(&Args, &mut Io) -> Result<u8, Stop>,
) -> Verb {
    Verb { name, aliases: &[], short, usage, examples: "", flags, subs: &[], run }
}

fn targets(args: &Args, io: &mut Io) -> Result<client::Found, Stop> {
    if args.words.is_empty() && args.list("filename").is_empty() {
        return Err(Stop::error("required resource not specified"));
    }
    let found = client::objects(args, io, &args.words)?;
    let found = client::latest(args, io, found)?;
    if found.infos.is_empty() && found.failures.is_empty() && !args.path.ends_with("history") && !args.path.ends_with("undo") {
        let place = client::namespace(args, io)?;
        io.err(format!("No resources found in {place} namespace.\n"));
    }
    Ok(found)
}

fn show_status(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if args.int("revision") < 0 {
        return Err(Stop::error(format!("revision must be a positive integer: {}", args.int("revision"))));
    }
    let found = targets(args, io)?;
    each(args, io, found, follow_status)
}

/// Prints a line at each change of one workload until its rollout is over.
fn follow_status(args: &Args, io: &mut Io, info: &Info) -> Result<(), Stop> {
    let kind = info.served.kind.to_string();
    if !["Deployment", "DaemonSet", "StatefulSet"].contains(&kind.as_str()) {
        return Err(Stop::error(format!("no status viewer has been implemented for {}", group_kind(info))));
    }
    let (wanted, watching) = (args.int("revision"), args.is("watch"));
    let limit = args.span("timeout");
    let wake = (limit.0 > 0).then(|| io.now() + limit);
    let end = io.follow(vec![watch_one(args, info, "")], wake, Tree::Null, |state, incoming, pen| {
        let object = match &incoming.news {
            News::Event(event) if event.kind == "ADDED" || event.kind == "MODIFIED" => &event.object,
            other => return ended(state, other, "object has been deleted"),
        };
        match status::progress(&kind, object, wanted) {
            Progress::Going(line) => {
                pen.out(&line);
                if watching { Flow::More } else { Flow::Done }
            }
            Progress::Done(line) => {
                pen.out(&line);
                Flow::Done
            }
            Progress::Failed(words) => {
                *state = Tree::from(format!("error: {words}"));
                Flow::Done
            }
        }
    })?;
    if end.is_empty() { Ok(()) } else { Err(Stop::plain(end.text())) }
}

/// What news other than a change means for a watch of one object: refused, deleted, or out of time.
fn ended(state: &mut Tree, news: &News, gone: &str) -> Flow {
    let words = match news {
        News::Opened(response) if !response.is_ok() => server_words(response),
        News::Event(event) if event.kind == "DELETED" => format!("error: {gone}"),
        News::Woken => "error: timed out waiting for the condition".to_string(),
        News::Closed => "error: watch closed before UntilWithoutRetry timeout".to_string(),
        _ => return Flow::More,
    };
    *state = Tree::from(words);
    Flow::Done
}

/// A watch of one object that begins with its present state.
fn watch_one(args: &Args, info: &Info, version: &str) -> Request {
    let mut ask = client::request(args, Ask::Watch, &info.served, &info.namespace, "");
    ask.options.field_selector = format!("metadata.name={}", info.name);
    ask.options.allow_watch_bookmarks = true;
    ask.options.send_initial_events = Some(true);
    ask.options.resource_version_match = "NotOlderThan".to_string();
    ask.options.resource_version = version.to_string();
    ask
}

/// What keeps the workload's earlier templates: a Deployment's own ReplicaSets, another's own ControllerRevisions.
fn revisions(args: &Args, io: &mut Io, info: &Info) -> Result<Vec<Tree>, Stop> {
    let plural = match info.served.kind.as_str() {
        "Deployment" => "replicasets",
        "DaemonSet" | "StatefulSet" => "controllerrevisions",
        other => return Err(Stop::error(without_history(args, info, other))),
    };
    let mut ask = client::known(args, Ask::List, "apps", "v1", plural, &info.namespace, "");
    ask.options.label_selector = objects::labels::Selector::of(info.tree.at(&["spec", "selector"])).map_err(Stop::error)?.to_string();
    let list = io.fetch(ask)?;
    let items = list.get("items").items();
    if plural == "replicasets" {
        let (mut own, new) = old_and_new(&info.tree, items);
        own.extend(new);
        return Ok(own.into_iter().cloned().collect());
    }
    let uid = info.tree.at(&["metadata", "uid"]).text();
    let owner = |owner: &Tree| owner.get("controller").is_true() && owner.get("uid").text() == uid;
    Ok(items.iter().filter(|item| item.at(&["metadata", "ownerReferences"]).items().iter().any(owner)).cloned().collect())
}

/// `ReplicaSet.apps`
fn group_kind(info: &Info) -> String {
    if info.served.group.is_empty() { info.served.kind.to_string() } else { format!("{}.{}", info.served.kind, info.served.group) }
}

/// Upstream's words for what keeps no revisions; kinds that are no workload at all are told apart.
fn without_history(args: &Args, info: &Info, kind: &str) -> String {
    let (doer, asked) = if args.path.ends_with("undo") { ("rollbacker", "rollbacker") } else { ("history viewer", "history") };
    if ["ReplicaSet", "Job", "CronJob", "Pod", "ReplicationController"].contains(&kind) {
        return format!("no {doer} has been implemented for \"{}\"", group_kind(info));
    }
    format!("error retrieving {asked} for \"{}\", no visitor method exists for {{{} {kind}}}", group_kind(info), info.served.group)
}

fn show_history(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let found = targets(args, io)?;
    let wanted = args.int("revision");
    if wanted < 0 {
        return Err(Stop::error(format!("revision must be a positive integer: {wanted}")));
    }
    each(args, io, found, |args, io, info| {
        let sets = revisions(args, io, info)?;
        let sets: Vec<&Tree> = sets.iter().collect();
        if args.text("output").is_empty() && !args.text("template").is_empty() {
            return print::object(args, io, info, "");
        }
        if !args.text("output").is_empty() {
            return kept_objects(args, io, info, &sets, wanted);
        }
        if wanted == 0 {
            io.out(format!("{} \n{}\n", info.slash(), history::table(&sets)));
            return Ok(());
        }
        let text = history::detail(&sets, wanted).ok_or_else(|| Stop::error("unable to find the specified revision"))?;
        io.out(format!("{} with revision #{wanted}\n{text}\n", info.slash()));
        Ok(())
    })
}

/// `-o`: the objects themselves that keep the revisions, oldest first, or the one that is asked for.
fn kept_objects(args: &Args, io: &mut Io, info: &Info, sets: &[&Tree], wanted: i64) -> Result<(), Stop> {
    let plural = if info.served.kind == "Deployment" { "replicasets" } else { "controllerrevisions" };
    let served = client::resolve(args, io, plural)?;
    let mut kept: Vec<&Tree> = sets.iter().copied().filter(|set| wanted == 0 || history::revision(set) == wanted).collect();
    kept.sort_by_key(|set| history::revision(set));
    if kept.is_empty() && wanted > 0 {
        return Err(Stop::error("unable to find the specified revision"));
    }
    for (place, set) in kept.into_iter().enumerate() {
        if place > 0 && args.text("output") == "yaml" {
            io.out("---\n");
        }
        print::built(args, io, &client::info(&served, set.clone()), "")?;
    }
    Ok(())
}

/// Does the same to each; what cannot be done is told at the end.
fn each(args: &Args, io: &mut Io, found: client::Found, one: impl Fn(&Args, &mut Io, &Info) -> Result<(), Stop>) -> Result<u8, Stop> {
    let mut failures = found.failures;
    for info in &found.infos {
        match one(args, io, info) {
            Err(Stop::Fail { text, .. }) => failures.push(text),
            other => other?,
        }
    }
    client::finish(io, &failures)
}

fn undo(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let found = targets(args, io)?;
    each(args, io, found, undo_one)
}

fn undo_one(args: &Args, io: &mut Io, info: &Info) -> Result<(), Stop> {
    if info.tree.at(&["metadata", "annotations"]).has("kubectl.kubernetes.io/last-applied-configuration") {
        io.err(format!(
            "Warning: resource {}/{} was previously managed with 'kubectl apply'. Rolling back will not update the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.\n",
            info.served.plural, info.name
        ));
    }
    let wanted = args.int("to-revision");
    let sets = revisions(args, io, info)?;
    let sets: Vec<&Tree> = sets.iter().collect();
    let keeps_sets = info.served.kind == "Deployment";
    let set = if keeps_sets { history::target(&info.name, &sets, wanted) } else { history::target_revision(&sets, wanted) };
    let set = set.map_err(Stop::error)?;
    if matches!(args.text("dry-run"), "client" | "unchanged") {
        if print::Output::read(args, io)?.is_machine() {
            return print::object(args, io, info, "");
        }
        let text = history::detail(&[set], history::revision(set)).unwrap_or_default();
        io.out(format!("{} {text} (dry run)\n", info.slash()));
        return Ok(());
    }
    if info.tree.at(&["spec", "paused"]).is_true() {
        return Err(Stop::error("you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again"));
    }
    if history::own_template(set) == *info.tree.at(&["spec", "template"]) {
        return print::object(
            args,
            io,
            info,
            &format!("skipped rollback (current template already matches revision {})", history::revision(set)),
        );
    }
    let patch = if keeps_sets { PatchKind::Json } else { PatchKind::Strategic };
    let mut ask = client::request(args, Ask::Patch(patch), &info.served, &info.namespace, &info.name);
    ask.body = if keeps_sets { history::patch(&info.tree, set) } else { set.get("data").clone() };
    if args.text("dry-run") == "server" {
        ask.options.dry_run = "All".to_string();
    }
    io.fetch(ask).map_err(|stop| prefixed("failed restoring revision", history::revision(set), stop))?;
    print::object(args, io, info, "rolled back")
}

fn prefixed(what: &str, revision: i64, stop: Stop) -> Stop {
    match stop {
        Stop::Fail { code, text } => Stop::Fail { code, text: format!("error: {what} {revision}: {}", text.trim_start_matches("error: ")) },
        wait => wait,
    }
}

fn pause(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    change(args, io, "paused", |info| {
        only_deployments(info, "pausing")?;
        let paused = info.tree.at(&["spec", "paused"]).is_true();
        if paused {
            Err(format!("error: {} \"{}\" is already paused", info.served.resource(), info.name))
        } else {
            Ok(map! {"spec": map! {"paused": true}})
        }
    })
}

fn resume(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    change(args, io, "resumed", |info| {
        only_deployments(info, "resuming")?;
        let paused = info.tree.at(&["spec", "paused"]).is_true();
        if paused {
            Ok(map! {"spec": map! {"paused": Tree::Null}})
        } else {
            Err(format!("error: {} \"{}\" is not paused", info.served.resource(), info.name))
        }
    })
}

fn only_deployments(info: &Info, what: &str) -> Result<(), String> {
    if info.served.kind == "Deployment" {
        return Ok(());
    }
    Err(format!("error: {} \"{}\" {what} is not supported", info.served.resource(), info.name))
}

fn restart(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let stamp = io.now().rfc3339();
    change(args, io, "restarted", |info| {
        let name = format!("{} \"{}\"", info.served.resource(), info.name);
        if !["Deployment", "DaemonSet", "StatefulSet"].contains(&info.served.kind.as_str()) {
            return Err(format!("error: {name} restarting is not supported"));
        }
        if info.tree.at(&["spec", "paused"]).is_true() {
            return Err(format!("error: {name} can't restart paused deployment (run rollout resume first)"));
        }
        let before = info.tree.at(&["spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"]).text();
        if before == stamp {
            return Err(format!(
                "error: failed to create patch for {}: if restart has already been triggered within the past second, please wait before attempting to trigger another",
                info.name
            ));
        }
        let mut patch = map! {};
        patch.set(&["spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"], stamp.as_str());
        Ok(patch)
    })
}

/// Patches each workload with what `decide` gives; its refusals are told at the end.
fn change(args: &Args, io: &mut Io, done: &str, decide: impl Fn(&Info) -> Result<Tree, String>) -> Result<u8, Stop> {
    let found = targets(args, io)?;
    let mut failures = found.failures;
    for info in &found.infos {
        let patch = match decide(info) {
            Ok(patch) => patch,
            Err(words) => {
                failures.push(words);
                continue;
            }
        };
        let mut ask = client::request(args, Ask::Patch(PatchKind::Strategic), &info.served, &info.namespace, &info.name);
        ask.body = patch;
        ask.options.field_manager = args.text("field-manager").to_string();
        let answer = io.send(ask)?;
        if answer.is_ok() {
            print::object(args, io, &client::info(&info.served, answer.tree().clone()), done)?;
        } else {
            failures.push(format!("failed to patch: {}", answer.tree().get("message").text()));
        }
    }
    client::finish(io, &failures)
}

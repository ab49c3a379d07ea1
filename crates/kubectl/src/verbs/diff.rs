//! `kubectl diff`: what apply would change, as a unified diff of YAML. Exit code 1 when something differs.
use super::Verb;
use crate::args::{Args, Flag, Takes, flag};
use crate::client::{self, Info, finish};
use crate::job::{Io, Stop, server_words_about};
use crate::lines;
use crate::print::{outputs::without_managed_fields, yaml};
use crate::{last_applied, patch};
use objects::Tree;
use objects::wire::{self, PatchKind};

pub static VERB: Verb = Verb {
    name: "diff",
    aliases: &[],
    short: "Diff the live version against a would-be applied version",
    usage: "kubectl diff -f FILENAME [options]",
    examples: "  # Diff resources included in pod.json\n  kubectl diff -f pod.json\n\n  # Diff file read from stdin\n  cat service.yaml | kubectl diff -f -",
    flags: FLAGS,
    subs: &[],
    run,
};

static FLAGS: &[Flag] = &[
    flag("field-manager", '\0', Takes::Text, "kubectl-client-side-apply", "Name of the manager used to track field ownership."),
    flag("filename", 'f', Takes::List, "", "Filename, directory, or URL to files contains the configuration to diff"),
    flag("force-conflicts", '\0', Takes::Bool, "false", "If true, server-side apply will force the changes against conflicts."),
    flag("kustomize", 'k', Takes::Text, "", "Process the kustomization directory."),
    flag("recursive", 'R', Takes::Bool, "false", "Process the directory used in -f, --filename recursively."),
    flag("selector", 'l', Takes::Text, "", "Selector (label query) to filter on."),
    flag("concurrency", '\0', Takes::Int, "1", "Number of objects to process in parallel when diffing against the live version."),
    flag("server-side", '\0', Takes::Bool, "false", "If true, apply runs in the server instead of the client."),
    flag("show-managed-fields", '\0', Takes::Bool, "false", "If true, include managed fields in the diff."),
];

/// Whatever goes wrong ends with 2 here: 1 says that there are differences.
fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    compare(args, io).map_err(|stop| match stop {
        Stop::Fail { text, .. } => Stop::Fail { code: 2, text },
        wait => wait,
    })
}

fn compare(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if args.list("filename").is_empty() && !args.given("kustomize") {
        if !args.words.is_empty() {
            return Err(args.usage(&format!("Unexpected args: [{}]", args.words.join(" "))));
        }
        return Err(Stop::error("must specify one of -f and -k"));
    }
    let selector = objects::labels::Selector::parse(args.text("selector")).map_err(Stop::error)?;
    let mut found = crate::documents::read(args, io)?;
    found.infos.retain(|info| selector.matches(info.tree.at(&["metadata", "labels"])));
    let mut differs = false;
    for info in &found.infos {
        if info.name.is_empty() {
            return Err(Stop::error("resource name may not be empty"));
        }
        let live = io.send(client::request(args, wire::Verb::Get, &info.served, &info.namespace, &info.name))?;
        if !live.is_ok() && live.code != 404 {
            return Err(Stop::server(&live));
        }
        let merged = merged(args, io, info, live.is_ok().then(|| live.tree()))?;
        let before = if live.is_ok() { shown(args, live.tree()) } else { String::new() };
        let after = shown(args, &merged);
        if before != after {
            differs = true;
            io.out(report(io, info, &before, &after));
        }
    }
    let failed = finish(io, &found.failures)? > 0;
    Ok(if failed { 2 } else { u8::from(differs) })
}

fn shown(args: &Args, tree: &Tree) -> String {
    yaml(&masked(without_managed_fields(args, tree)))
}

/// Secrets are not shown: their values become stars.
fn masked(mut tree: Tree) -> Tree {
    if tree.get("kind").text() == "Secret" && !tree.get("data").is_empty() {
        let keys: Vec<objects::Text> = tree.get("data").entries().map(|(key, _)| key.clone()).collect();
        for key in keys {
            tree.set(&["data", &key], "***");
        }
    }
    tree
}

/// The object as it would be: the server works it out and keeps nothing.
fn merged(args: &Args, io: &mut Io, info: &Info, live: Option<&Tree>) -> Result<Tree, Stop> {
    let (namespace, name) = (info.namespace.as_str(), info.name.as_str());
    let mut send = match live {
        _ if args.is("server-side") => {
            client::request(args, wire::Verb::Patch(PatchKind::Apply), &info.served, namespace, name).body(&info.tree)
        }
        None => client::request(args, wire::Verb::Create, &info.served, namespace, "").body(&info.tree),
        Some(live) => {
            let shape = patch::type_of(&info.served.api_version(), &info.served.kind);
            let original = Tree::from_json(live.at(&["metadata", "annotations", last_applied::NAME]).text()).unwrap_or_default();
            // The annotation itself would change with every apply; upstream leaves it out of the comparison.
            let mut modified = info.tree.clone();
            let kept = live.at(&["metadata", "annotations", last_applied::NAME]);
            if !kept.is_null() {
                modified.set(&["metadata", "annotations", last_applied::NAME], kept);
            }
            let change = patch::three_way(&original, &modified, live, shape);
            if change.is_empty() {
                return Ok(live.clone());
            }
            let kind = if shape.is_some() { PatchKind::Strategic } else { PatchKind::Merge };
            client::request(args, wire::Verb::Patch(kind), &info.served, namespace, name).body(&change)
        }
    };
    send.options.dry_run = "All".into();
    send.options.field_manager = args.text("field-manager").to_string();
    send.options.force = args.is("force-conflicts");
    let response = io.send(send)?;
    if response.is_ok() {
        Ok(client::info(&info.served, response.tree().clone()).tree)
    } else {
        // A creation is refused without a word of the file.
        let words = if live.is_none() || response.code == 415 {
            crate::job::server_words(&response)
        } else {
            server_words_about(&response, "patching", &info.source)
        };
        Err(Stop::plain(words))
    }
}

fn report(io: &Io, info: &Info, before: &str, after: &str) -> String {
    let group = if info.served.group.is_empty() { String::new() } else { format!("{}.", info.served.group) };
    let file = format!("{group}{}.{}.{}.{}", info.served.version, info.served.kind, info.namespace, info.name);
    let stamp = io.now().rfc3339_micro();
    let stamp = format!("{} {}000 +0000", &stamp[..10], &stamp[11..26]);
    let (old, new) = (format!("/tmp/LIVE-1/{file}"), format!("/tmp/MERGED-1/{file}"));
    let hunks = lines::unified(before, after);
    format!("diff -u -N {old} {new}\n--- {old}\t{stamp}\n+++ {new}\t{stamp}\n{hunks}")
}

//! `kubectl apply view-last-applied`: the annotation as YAML or JSON.
use super::Verb;
use crate::args::{Args, Flag, Takes, flag};
use crate::client::{self, finish};
use crate::job::{Io, Stop};
use crate::{last_applied, print};
use objects::Tree;
use objects::wire::{PatchKind, Verb as Ask};

pub const VIEW: Verb = Verb {
    name: "view-last-applied",
    aliases: &[],
    short: "View the latest last-applied-configuration annotations of a resource/object",
    usage: "kubectl apply view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME) [options]",
    examples: "  # View the last-applied-configuration annotations by type/name in YAML\n  kubectl apply view-last-applied deployment/nginx",
    flags: &[
        flag("all", '\0', Takes::Bool, "false", "Select all resources in the namespace of the specified resource types"),
        flag(
            "filename",
            'f',
            Takes::List,
            "",
            "Filename, directory, or URL to files that contains the last-applied-configuration annotations",
        ),
        flag("output", 'o', Takes::Text, "yaml", "Output format. Must be one of (yaml, json)"),
        flag("selector", 'l', Takes::Text, "", "Selector (label query) to filter on."),
    ],
    subs: &[],
    run,
};

const FILES: [Flag; 2] = [
    flag("filename", 'f', Takes::List, "", "Filename, directory, or URL to files that contains the last-applied-configuration annotations"),
    flag("dry-run", '\0', Takes::Optional("unchanged"), "none", "Must be \"none\", \"server\", or \"client\"."),
];

pub const SET: Verb = Verb {
    name: "set-last-applied",
    aliases: &[],
    short: "Set the last-applied-configuration annotation on a live object to match the contents of a file",
    usage: "kubectl apply set-last-applied -f FILENAME [options]",
    examples: "  # Say that deploy.yaml was applied, without changing anything else\n  kubectl apply set-last-applied -f deploy.yaml",
    flags: &[
        FILES[0],
        FILES[1],
        flag(
            "create-annotation",
            '\0',
            Takes::Bool,
            "false",
            "Will create 'last-applied-configuration' annotations if current objects doesn't have one",
        ),
        flag("output", 'o', Takes::Text, "", "Output format."),
    ],
    subs: &[],
    run: set,
};

pub const EDIT: Verb = Verb {
    name: "edit-last-applied",
    aliases: &[],
    short: "Edit latest last-applied-configuration annotations of a resource/object",
    usage: "kubectl apply edit-last-applied (RESOURCE/NAME | -f FILENAME) [options]",
    examples: "  # The annotation by type and name\n  kubectl apply edit-last-applied deployment/nginx",
    flags: &FILES,
    subs: &[],
    run: |args, _| {
        needs_any(args)?;
        Err(Stop::error(
            "the annotation is not edited here: see it with kubectl apply view-last-applied, set it from a file with kubectl apply set-last-applied",
        ))
    },
};

fn needs_any(args: &Args) -> Result<(), Stop> {
    let none = args.words.is_empty() && args.list("filename").is_empty();
    if none { Err(Stop::error(client::NOTHING_NAMED)) } else { Ok(()) }
}

/// Writes what stands in the files into the annotation of the objects.
fn set(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if args.list("filename").is_empty() {
        return Err(Stop::error(client::NOTHING_NAMED));
    }
    let found = crate::documents::read(args, io)?;
    let dry = print::outputs::dry_run(args)?;
    for info in &found.infos {
        let live = io.fetch(client::request(args, Ask::Get, &info.served, &info.namespace, &info.name))?;
        let before = live.at(&["metadata", "annotations"]);
        if !before.has(last_applied::NAME) && !args.is("create-annotation") {
            return Err(Stop::error(format!(
                "no last-applied-configuration annotation found on resource: {}, to create the annotation, run the command with --create-annotation",
                info.name
            )));
        }
        let text = last_applied::as_it_stands(&info.tree);
        if before.get(last_applied::NAME).text() == text {
            io.out(format!("set-last-applied {}: no changes required.\n", info.name));
            continue;
        }
        let mut patch = Tree::Null;
        patch.set(&["metadata", "annotations", last_applied::NAME], text);
        let mut ask = client::request(args, Ask::Patch(PatchKind::Merge), &info.served, &info.namespace, &info.name).body(patch);
        ask.options.dry_run = if dry == "server" { "All".into() } else { String::new() };
        if dry != "client" {
            io.fetch(ask)?;
        }
        print::object(args, io, info, "configured")?;
    }
    finish(io, &found.failures)
}

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    needs_any(args)?;
    let found = client::named_live(args, io, &args.words)?;
    for info in &found.infos {
        let text = info.tree.at(&["metadata", "annotations", last_applied::NAME]).text();
        if text.is_empty() {
            continue;
        }
        let tree = Tree::from_json(text).unwrap_or_default();
        match args.text("output") {
            "json" => io.out(print::json::indented(&tree, 2)),
            "" | "yaml" => io.out(print::yaml(&tree)),
            other => return Err(args.usage(&format!("Unexpected -o output mode: {other}, the flag 'output' must be one of yaml|json"))),
        }
    }
    finish(io, &found.failures)
}

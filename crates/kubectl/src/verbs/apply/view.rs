//! `kubectl apply view-last-applied`: the annotation as YAML or JSON.
use super::Verb;
use crate::args::{Args, Takes, flag};
use crate::client::{self, finish};
use crate::job::{Io, Stop};
use crate::{last_applied, print};
use objects::Tree;

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

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let found = client::objects(args, io, &args.words)?;
    for info in &found.infos {
        let text = info.tree.at(&["metadata", "annotations", last_applied::NAME]).text();
        if text.is_empty() {
            continue;
        }
        let tree = Tree::from_json(text).unwrap_or_default();
        match args.text("output") {
            "json" => io.out(print::json::pretty(&tree)),
            "" | "yaml" => io.out(print::yaml(&tree)),
            other => return Err(args.usage(&format!("Unexpected -o output mode: {other}, the flag 'output' must be one of yaml|json"))),
        }
    }
    finish(io, &found.failures)
}

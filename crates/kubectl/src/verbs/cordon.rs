//! `kubectl cordon` and `uncordon`: whether the scheduler may use a node.
use crate::args::{Args, Flag, Takes, flag};
use crate::client::{self, Info};
use crate::job::{Io, Stop};
use crate::print;
use crate::verbs::Verb;
use objects::wire::{PatchKind, Verb as Ask};
use objects::{Tree, map};

const FLAGS: &[Flag] = &[
    flag("dry-run", '\0', Takes::Optional("unchanged"), "none", "Must be \"none\", \"server\", or \"client\"."),
    flag("selector", 'l', Takes::Text, "", "Selector (label query) to filter on."),
];

pub static VERB: Verb = Verb {
    name: "cordon",
    aliases: &[],
    short: "Mark node as unschedulable",
    usage: "kubectl cordon NODE [options]",
    examples: "  # No new Pods on this node\n  kubectl cordon worker-1\n",
    flags: FLAGS,
    subs: &[],
    run: |args, io| run(args, io, true),
};

pub static UNCORDON: Verb = Verb {
    name: "uncordon",
    aliases: &[],
    short: "Mark node as schedulable",
    usage: "kubectl uncordon NODE [options]",
    examples: "  # Pods are welcome again\n  kubectl uncordon worker-1\n",
    flags: FLAGS,
    subs: &[],
    run: |args, io| run(args, io, false),
};

fn run(args: &Args, io: &mut Io, closed: bool) -> Result<u8, Stop> {
    let nodes = nodes(args, io)?;
    for node in &nodes {
        mark(args, io, node, closed)?;
    }
    Ok(0)
}

/// The nodes that the command line names, or that `-l` chooses. The first that cannot be had stops the command.
pub fn nodes(args: &Args, io: &mut Io) -> Result<Vec<Info>, Stop> {
    if args.words.is_empty() && args.text("selector").is_empty() {
        return Err(args.usage(&format!("USAGE: {} NODE [flags]", args.path)));
    }
    if !args.words.is_empty() && !args.text("selector").is_empty() {
        return Err(args.usage("cannot specify both a node name and a --selector option"));
    }
    let words: Vec<String> = match args.words.iter().any(|word| word.contains('/')) {
        true => args.words.clone(),
        false => std::iter::once("nodes".to_string()).chain(args.words.iter().cloned()).collect(),
    };
    let found = client::objects(args, io, &words)?;
    match found.failures.first() {
        Some(words) => Err(Stop::plain(words.as_str())),
        None => Ok(found.infos),
    }
}

/// Closes or opens one node and says so.
pub fn mark(args: &Args, io: &mut Io, node: &Info, closed: bool) -> Result<(), Stop> {
    let (done, already) = if closed { ("cordoned", "already cordoned") } else { ("uncordoned", "already uncordoned") };
    if node.tree.at(&["spec", "unschedulable"]).is_true() == closed {
        return print::object(args, io, node, already);
    }
    if !matches!(args.text("dry-run"), "client" | "unchanged") {
        let mut ask = client::request(args, Ask::Patch(PatchKind::Strategic), &node.served, "", &node.name);
        ask.body = map! {"spec": map! {"unschedulable": if closed { Tree::Bool(true) } else { Tree::Null }}};
        if args.text("dry-run") == "server" {
            ask.options.dry_run = "All".to_string();
        }
        let answer = io.send(ask)?;
        if !answer.is_ok() {
            let verb = if closed { "cordon" } else { "uncordon" };
            io.err(format!("error: unable to {verb} node \"{}\": {}\n", node.name, answer.tree().get("message").text()));
            return Ok(());
        }
    }
    print::object(args, io, node, done)
}

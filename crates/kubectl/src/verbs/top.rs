//! `kubectl top`: what nodes and Pods use. Without a metrics API it says so, as upstream.
use crate::args::{Args, Flag, Takes, flag};
use crate::client;
use crate::job::{Io, Stop};
use crate::verbs::Verb;

const FLAGS: &[Flag] = &[
    flag("all-namespaces", 'A', Takes::Bool, "false", "If present, list the requested object(s) across all namespaces."),
    flag("containers", '\0', Takes::Bool, "false", "If present, print usage of containers within a pod."),
    flag("field-selector", '\0', Takes::Text, "", "Selector (field query) to filter on."),
    flag("no-headers", '\0', Takes::Bool, "false", "If present, print output without headers"),
    flag("selector", 'l', Takes::Text, "", "Selector (label query) to filter on."),
    flag(
        "show-capacity",
        '\0',
        Takes::Bool,
        "false",
        "Print node resources based on Capacity instead of Allocatable(default) of the nodes.",
    ),
    flag("sort-by", '\0', Takes::Text, "", "If non-empty, sort list using specified field. The field can be either 'cpu' or 'memory'."),
    flag("sum", '\0', Takes::Bool, "false", "Print the sum of the resource usage"),
];

pub static VERB: Verb = Verb {
    name: "top",
    aliases: &[],
    short: "Display resource (CPU/memory) usage",
    usage: "kubectl top [flags] [options]",
    examples: "",
    flags: &[],
    subs: &[
        Verb {
            name: "node",
            aliases: &["nodes", "no"],
            short: "Display resource (CPU/memory) usage of nodes",
            usage: "kubectl top node [NAME | -l label] [options]",
            examples: "",
            flags: FLAGS,
            subs: &[],
            run: usage,
        },
        Verb {
            name: "pod",
            aliases: &["pods", "po"],
            short: "Display resource (CPU/memory) usage of pods",
            usage: "kubectl top pod [NAME | -l label] [options]",
            examples: "",
            flags: FLAGS,
            subs: &[],
            run: usage,
        },
    ],
    run: super::group,
};

/// gap: a cluster with a metrics API is not shown either, since none can be installed here yet.
fn usage(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let node = args.path.ends_with("node");
    if args.words.len() > 1 {
        return Err(args.usage(&format!("{} [NAME | -l label]", if node { "node" } else { "pod" })));
    }
    if !args.words.is_empty() && !args.text("selector").is_empty() {
        return Err(Stop::error(format!("only one of NAME or {} can be provided", if node { "--selector" } else { "selector" })));
    }
    if !matches!(args.text("sort-by"), "" | "cpu" | "memory") {
        return Err(Stop::error("--sort-by accepts only cpu or memory"));
    }
    client::catalogue(args, io)?;
    Err(Stop::error("Metrics API not available"))
}

//! `kubectl api-resources` and `kubectl api-versions`.
use super::Verb;
use crate::args::{Args, Takes, flag};
use crate::client;
use crate::discovery::Served;
use crate::job::{Io, Stop};
use crate::print::columns::columns;

pub static VERB: Verb = Verb {
    name: "api-resources",
    aliases: &[],
    short: "Print the supported API resources on the server.",
    usage: "kubectl api-resources [flags] [options]",
    examples: "  # Print the supported API resources\n  kubectl api-resources\n\n  # Print the supported API resources with more information\n  kubectl api-resources -o wide",
    flags: &[
        flag("api-group", '\0', Takes::Text, "", "Limit to resources in the specified API group."),
        flag("cached", '\0', Takes::Bool, "false", "Use the cached list of resources if available."),
        flag("categories", '\0', Takes::List, "", "Limit to resources that belong to the specified categories."),
        flag(
            "namespaced",
            '\0',
            Takes::Bool,
            "true",
            "If false, non-namespaced resources will be returned, otherwise returning namespaced resources by default.",
        ),
        flag(
            "no-headers",
            '\0',
            Takes::Bool,
            "false",
            "When using the default or custom-column output format, don't print headers (default print headers).",
        ),
        flag("output", 'o', Takes::Text, "", "Output format. One of: (json, yaml, kyaml, name, wide)."),
        flag(
            "sort-by",
            '\0',
            Takes::Text,
            "",
            "If non-empty, sort list of resources using specified field. The field can be either 'name' or 'kind'.",
        ),
        flag("verbs", '\0', Takes::List, "", "Limit to resources that support the specified verbs."),
    ],
    subs: &[],
    run,
};

pub static VERSIONS: Verb = Verb {
    name: "api-versions",
    aliases: &[],
    short: "Print the supported API versions on the server, in the form of \"group/version\".",
    usage: "kubectl api-versions [options]",
    examples: "  # Print the supported API versions\n  kubectl api-versions",
    flags: &[],
    subs: &[],
    run: versions,
};

fn versions(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let mut all = client::fresh_catalogue(args, io)?.versions.clone();
    all.sort();
    all.dedup();
    io.out(all.iter().map(|version| format!("{version}\n")).collect::<String>());
    Ok(0)
}

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if !args.words.is_empty() {
        return Err(args.usage(&format!("unexpected arguments: [{}]", args.words.join(" "))));
    }
    let catalogue = client::fresh_catalogue(args, io)?;
    let (verbs, categories) = (args.list("verbs"), args.list("categories"));
    let wanted = |served: &&Served| {
        (!args.given("api-group") || served.group == args.text("api-group"))
            && (!args.given("namespaced") || served.namespaced == args.is("namespaced"))
            && verbs.iter().all(|verb| served.can(verb))
            && categories.iter().all(|category| served.categories.iter().any(|known| known == category))
    };
    let mut rows: Vec<&Served> = catalogue.resources.iter().filter(wanted).collect();
    match args.text("sort-by") {
        "" => rows.sort_by(|a, b| (&a.group, &a.plural).cmp(&(&b.group, &b.plural))),
        "name" => rows.sort_by(|a, b| a.plural.cmp(&b.plural)),
        "kind" => rows.sort_by(|a, b| a.kind.cmp(&b.kind)),
        _ => return Err(Stop::error("--sort-by accepts only name or kind")),
    }
    let wide = match args.text("output") {
        "" => false,
        "wide" => true,
        "name" => {
            io.out(rows.iter().map(|row| format!("{}\n", row.resource())).collect::<String>());
            return Ok(0);
        }
        other => {
            return Err(Stop::error(format!(
                "unable to match a printer suitable for the output format \"{other}\", allowed formats are: json,kyaml,name,wide,yaml"
            )));
        }
    };
    let head = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND", "VERBS", "CATEGORIES"];
    let head: Vec<String> = head[..if wide { 7 } else { 5 }].iter().map(|cell| cell.to_string()).collect();
    let lines = rows.iter().map(|row| {
        let mut cells =
            vec![row.plural.to_string(), row.short.join(","), row.api_version(), row.namespaced.to_string(), row.kind.to_string()];
        if wide {
            cells.extend([row.verbs.join(","), row.categories.join(",")]);
        }
        cells
    });
    let head = (!args.is("no-headers")).then_some(head);
    let text = columns(&head.into_iter().chain(lines).collect::<Vec<_>>());
    io.out(text);
    Ok(0)
}

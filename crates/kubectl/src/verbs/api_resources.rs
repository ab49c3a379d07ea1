//! `kubectl api-resources` and `kubectl api-versions`.
use super::Verb;
use crate::args::{Args, Takes, flag};
use crate::client;
use crate::discovery::Served;
use crate::job::{Io, Stop};
use crate::print::columns::columns;
use objects::{Tree, map};

pub static VERB: Verb = Verb {
    name: "api-resources",
    aliases: &[],
    short: "Print the supported API resources on the server",
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
    short: "Print the supported API versions on the server, in the form of \"group/version\"",
    usage: "kubectl api-versions [options]",
    examples: "  # Print the supported API versions\n  kubectl api-versions",
    flags: &[],
    subs: &[],
    run: versions,
};

fn versions(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if !args.words.is_empty() {
        return Err(args.usage(&format!("unexpected arguments: [{}]", args.words.join(" "))));
    }
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
        "json" | "yaml" => {
            let list = listed(&rows);
            let text = if args.text("output") == "json" { objects::declared::json(&list, 4) + "\n" } else { crate::print::yaml(&list) };
            io.out(text);
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

/// What the server tells of these resources.
fn listed(rows: &[&Served]) -> Tree {
    let resource = |row: &&Served| {
        let mut tree = map! {"name": &row.plural, "singularName": &row.singular, "namespaced": row.namespaced};
        if !row.group.is_empty() {
            tree.set(&["group"], &row.group);
        }
        tree.set(&["version"], &row.version);
        tree.set(&["kind"], &row.kind);
        for (key, words) in [("verbs", &row.verbs), ("shortNames", &row.short), ("categories", &row.categories)] {
            if !words.is_empty() {
                tree.set(&[key], words.iter().map(Tree::from).collect::<Vec<_>>());
            }
        }
        tree
    };
    let all: Vec<Tree> = rows.iter().map(resource).collect();
    map! {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "", "resources": all}
}

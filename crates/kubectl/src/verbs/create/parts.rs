//! What the generators share: their flags, sending what they made, key=value lists.
use crate::args::{Args, Flag, Takes, flag};
use crate::client::{self, Info};
use crate::discovery::Served;
use crate::job::{Io, Stop};
use crate::print::{built, outputs::dry_run};
use objects::{Map, Text, Tree, wire};

/// The flags of a generator: its own, and those of all.
macro_rules! generated {
    ($($own:expr),* $(,)?) => {
        &[
            crate::verbs::create::parts::SHARED[0],
            crate::verbs::create::parts::SHARED[1],
            crate::verbs::create::parts::SHARED[2],
            crate::verbs::create::parts::SHARED[3],
            crate::verbs::create::parts::SHARED[4],
            crate::verbs::create::parts::SHARED[5],
            crate::verbs::create::parts::SHARED[6],
            $($own),*
        ]
    };
}
pub(super) use generated;

/// Flags of every generator.
pub(super) const SHARED: [Flag; 7] = [
    flag(
        "dry-run",
        '\0',
        Takes::Optional("unchanged"),
        "none",
        "Must be \"none\", \"server\", or \"client\". If client strategy, only print the object that would be sent, without sending it. If server strategy, submit server-side request without persisting the resource.",
    ),
    flag(
        "output",
        'o',
        Takes::Text,
        "",
        "Output format. One of: (json, yaml, kyaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file).",
    ),
    flag("field-manager", '\0', Takes::Text, "kubectl-create", "Name of the manager used to track field ownership."),
    flag("save-config", '\0', Takes::Bool, "false", "If true, the configuration of current object will be saved in its annotation."),
    flag("validate", '\0', Takes::Optional("strict"), "strict", "Must be one of: strict (or true), warn, ignore (or false)."),
    flag("template", '\0', Takes::Text, "", "Template string or path to template file to use when -o=go-template, -o=go-template-file."),
    flag(
        "show-managed-fields",
        '\0',
        Takes::Bool,
        "false",
        "If true, keep the managedFields when printing objects in JSON or YAML format.",
    ),
];

/// The single NAME of a generator.
pub fn name(args: &Args) -> Result<&str, Stop> {
    match args.before_dash() {
        [name] => Ok(name),
        words => Err(args.usage(&format!("exactly one NAME is required, got {}", words.len()))),
    }
}

/// Flags without which a generator cannot work.
pub fn required(args: &Args, names: &[&str]) -> Result<(), Stop> {
    let missing: Vec<String> = names.iter().filter(|name| !args.given(name)).map(|name| format!("\"{name}\"")).collect();
    if missing.is_empty() { Ok(()) } else { Err(Stop::error(format!("required flag(s) {} not set", missing.join(", ")))) }
}

/// Sends (or only shows) what a generator made. `failed` stands before the server's words:
/// `failed to create deployment`; empty for the plain `Error from server`.
pub fn post(args: &Args, io: &mut Io, mut tree: Tree, failed: &str) -> Result<u8, Stop> {
    let dry = dry_run(args)?;
    let (api_version, kind) = (tree.get("apiVersion").text().to_string(), tree.get("kind").text().to_string());
    let known = client::resolve_kind(args, io, &api_version, &kind)?;
    // Without a server kubectl knows the kinds that it can make by itself.
    let Some(served) = known.or_else(|| (dry == "client").then(|| built_in(&api_version, &kind)).flatten()) else {
        let why = "the server could not find the requested resource";
        return Err(match failed {
            "" => Stop::plain(format!("Error from server (NotFound): {why}")),
            failed => Stop::error(format!("{failed}: {why}")),
        });
    };
    let name = tree.at(&["metadata", "name"]).text().to_string();
    let namespace = if served.namespaced { client::namespace(args, io)? } else { String::new() };
    if served.namespaced && (args.given("namespace") || dry != "client") {
        tree.set(&["metadata", "namespace"], namespace.as_str());
    }
    if args.is("save-config") {
        tree = crate::last_applied::of_built(&tree);
    }
    if dry != "client" {
        let mut request = client::request(args, wire::Verb::Create, &served, &namespace, "").body(&tree);
        request.options.field_manager = args.text("field-manager").to_string();
        request.options.field_validation = super::field_validation(args)?.to_string();
        request.options.dry_run = if dry == "server" { "All".into() } else { String::new() };
        let response = io.send(request)?;
        if !response.is_ok() {
            return Err(if failed.is_empty() {
                Stop::server(&response)
            } else {
                // Upstream forgot the colon of one.
                let colon = if failed.ends_with("secret") { "" } else { ":" };
                Stop::error(format!("{failed}{colon} {}", response.tree().get("message").text()))
            });
        }
        tree = client::info(&served, response.tree().clone()).tree;
    }
    let info = Info { served, namespace, name, source: String::new(), tree };
    built(args, io, &info, "created")?;
    Ok(0)
}

/// A kind that this cluster's API does not have, but kubectl's own code does.
fn built_in(api_version: &str, kind: &str) -> Option<Served> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let row = objects::kinds::UNSERVED.iter().find(|row| (row.group, row.version, row.kind) == (group, version, kind))?;
    Some(Served {
        group: row.group.into(),
        version: row.version.into(),
        kind: row.kind.into(),
        plural: row.plural.into(),
        singular: row.singular.into(),
        short: Vec::new(),
        categories: Vec::new(),
        namespaced: row.namespaced,
        verbs: Vec::new(),
        subresources: Vec::new(),
    })
}

/// `a=1` items as a map of texts.
pub fn pairs(items: &[String]) -> Result<Map, Stop> {
    let pair = |item: &String| match item.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((Text::new(name), Tree::from(value))),
        _ => Err(Stop::error(format!("Invalid argument syntax {item}, expected <resource>=<value>"))),
    };
    items.iter().map(pair).collect::<Result<Vec<_>, _>>().map(|all| all.into_iter().collect())
}

/// Texts as a list.
pub fn texts(items: &[String]) -> Tree {
    Tree::from(items.iter().map(|item| Tree::from(item.as_str())).collect::<Vec<_>>())
}

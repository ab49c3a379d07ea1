//! What `label` and `annotate` share: their flags, words such as `key=value` and `key-`, and the patch of one map of the metadata.
use crate::args::Args;
use crate::client::{self, Info};
use crate::job::{Io, Stop, server_words};
use crate::print;
use objects::wire::{PatchKind, Verb as Ask};
use objects::{Map, Tree, map};

/// Flags of both, behind the own ones of each.
macro_rules! flags {
    ($($own:expr),+ $(,)?) => {
        &[
            $($own),+,
            flag("all", '\0', Takes::Bool, "false", "Select all resources in the namespace of the specified resource types."),
            flag("all-namespaces", 'A', Takes::Bool, "false", "If true, check the specified action in all namespaces."),
            flag("dry-run", '\0', Takes::Optional("unchanged"), "none", "Must be \"none\", \"server\", or \"client\"."),
            flag("field-selector", '\0', Takes::Text, "", "Selector (field query) to filter on."),
            flag("kustomize", 'k', Takes::Text, "", "Process the kustomization directory."),
            flag("local", '\0', Takes::Bool, "false", "If true, do not contact the server: work on the files alone."),
            flag("output", 'o', Takes::Text, "", "Output format. One of: (json, yaml, name, jsonpath, …)."),
            crate::change_cause::RECORD,
            flag("recursive", 'R', Takes::Bool, "false", "Read the folders of -f with all that is below them."),
            flag("selector", 'l', Takes::Text, "", "Selector (label query) to filter on."),
        ]
    };
}
pub(crate) use flags;

/// The resources and the pairs of a line. `noun` is `label` or `annotation`.
pub fn split<'a>(args: &'a Args, noun: &str) -> Result<(&'a [String], &'a [String]), Stop> {
    let is_pair = |word: &str| word.find('=').is_some_and(|at| at > 0) || (word.ends_with('-') && word != "-");
    let first = args.words.iter().position(|word| is_pair(word)).unwrap_or(args.words.len());
    let (resources, pairs) = args.words.split_at(first);
    match pairs.iter().find(|word| !is_pair(word)) {
        Some(word) => Err(Stop::error(format!("all resources must be specified before {noun} changes: {word}"))),
        None => Ok((resources, pairs)),
    }
}

/// Refuses a line without resources or without pairs.
pub fn complete(args: &Args, resources: &[String], pairs: &[String], noun: &str) -> Result<(), Stop> {
    if resources.is_empty() && args.list("filename").is_empty() {
        return Err(Stop::error("one or more resources must be specified as <resource> <name> or <resource>/<name>"));
    }
    if pairs.is_empty() && !args.is("list") {
        return Err(Stop::error(format!("at least one {noun} update is required")));
    }
    Ok(())
}

/// Lists the marks of every object, or changes them by `one`. `field` is `labels` or `annotations`.
pub fn each(
    args: &Args,
    io: &mut Io,
    resources: &[String],
    field: &str,
    one: impl Fn(&Args, &mut Io, &Info) -> Result<Result<(), String>, Stop>,
) -> Result<u8, Stop> {
    if args.is("local") && !client::from_files(args) {
        return Err(Stop::error("can only use local files by -f pod.yaml or --filename=pod.json when --local=true is set"));
    }
    client::all_or_selector(args)?;
    let found = client::named_live(args, io, resources)?;
    let mut failures = found.failures;
    // One that was named; a selection is a list, even of one.
    let single = found.infos.len() == 1 && !args.is("all") && args.text("selector").is_empty() && args.text("field-selector").is_empty();
    for info in &found.infos {
        if args.is("list") {
            io.out(listing(info, field, single));
        } else if let Err(words) = one(args, io, info)? {
            failures.push(words);
        }
    }
    client::finish(io, &failures)
}

/// Makes the changes (null takes away) and says `done`; the inner error is the server's words.
pub fn change(args: &Args, io: &mut Io, info: &Info, field: &str, changes: Map, done: &str) -> Result<Result<(), String>, Stop> {
    if args.is("local") || matches!(args.text("dry-run"), "client" | "unchanged") {
        let mut changed = info.tree.clone();
        for (key, value) in changes.iter() {
            let path = ["metadata", field, key];
            if value.is_null() { drop(changed.remove(&path)) } else { changed.set(&path, value) }
        }
        return print::object(args, io, &Info { tree: changed, ..info.clone() }, done).map(Ok);
    }
    let mut ask = client::request(args, Ask::Patch(PatchKind::Merge), &info.served, &info.namespace, &info.name);
    ask.body = map! {};
    if !changes.is_empty() {
        ask.body.set(&["metadata", field], Tree::from(changes));
    }
    crate::change_cause::record(args, &mut ask.body);
    if !args.text("resource-version").is_empty() {
        ask.body.set(&["metadata", "resourceVersion"], args.text("resource-version"));
    }
    ask.options.field_manager = args.text("field-manager").to_string();
    if args.text("dry-run") == "server" {
        ask.options.dry_run = "All".to_string();
    }
    let answer = io.send(ask)?;
    if !answer.is_ok() {
        return Ok(Err(server_words(&answer)));
    }
    print::object(args, io, &client::info(&info.served, answer.tree().clone()), done).map(Ok)
}

fn listing(info: &Info, field: &str, single: bool) -> String {
    let indent = if single { "" } else { " " };
    let head =
        if single { String::new() } else { format!("Listing {field} for {}.{}/{}:\n", info.served.kind, info.served.group, info.name) };
    let lines = info.tree.at(&["metadata", field]).entries().map(|(key, value)| format!("{indent}{key}={}\n", value.text()));
    head + &lines.collect::<String>()
}

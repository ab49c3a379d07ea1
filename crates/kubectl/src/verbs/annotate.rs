//! `kubectl annotate`: annotations added, changed and taken away.
use crate::args::{Args, Takes, flag};
use crate::client::{self, Info};
use crate::job::{Io, Stop, server_words};
use crate::print;
use crate::verbs::Verb;
use objects::wire::{PatchKind, Verb as Ask};
use objects::{Map, Tree, map};

pub static VERB: Verb = Verb {
    name: "annotate",
    aliases: &[],
    short: "Update the annotations on a resource",
    usage: "kubectl annotate [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version] [options]",
    examples: "  # Say what a Pod is for\n  kubectl annotate pods foo description='my frontend'\n\n  # Take it away\n  kubectl annotate pods foo description-\n",
    flags: &[
        flag("all", '\0', Takes::Bool, "false", "Select all resources in the namespace of the specified resource types."),
        flag("all-namespaces", 'A', Takes::Bool, "false", "If true, check the specified action in all namespaces."),
        flag("dry-run", '\0', Takes::Optional("unchanged"), "none", "Must be \"none\", \"server\", or \"client\"."),
        flag("field-manager", '\0', Takes::Text, "kubectl-annotate", "Name of the manager used to track field ownership."),
        flag("field-selector", '\0', Takes::Text, "", "Selector (field query) to filter on."),
        flag("filename", 'f', Takes::List, "", "File, folder or - with the objects to annotate"),
        flag("kustomize", 'k', Takes::Text, "", "Process the kustomization directory."),
        flag("list", '\0', Takes::Bool, "false", "If true, display the annotations for a given resource."),
        flag("local", '\0', Takes::Bool, "false", "If true, do not contact the server: work on the files alone."),
        flag("output", 'o', Takes::Text, "", "Output format. One of: (json, yaml, name, jsonpath, …)."),
        flag(
            "overwrite",
            '\0',
            Takes::Bool,
            "false",
            "If true, allow annotations to be overwritten, otherwise reject annotation updates that overwrite existing annotations.",
        ),
        flag("recursive", 'R', Takes::Bool, "false", "Read the folders of -f with all that is below them."),
        flag(
            "resource-version",
            '\0',
            Takes::Text,
            "",
            "If non-empty, the annotation update will only succeed if this is the current resource-version for the object.",
        ),
        flag("selector", 'l', Takes::Text, "", "Selector (label query) to filter on."),
    ],
    subs: &[],
    run,
};

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let is_pair = |word: &str| word.find('=').is_some_and(|at| at > 0) || (word.ends_with('-') && word != "-");
    let first = args.words.iter().position(|word| is_pair(word)).unwrap_or(args.words.len());
    let (resources, pairs) = args.words.split_at(first);
    if let Some(word) = pairs.iter().find(|word| !is_pair(word)) {
        return Err(Stop::error(format!("all resources must be specified before annotation changes: {word}")));
    }
    if resources.is_empty() && args.list("filename").is_empty() {
        return Err(Stop::error("one or more resources must be specified as <resource> <name> or <resource>/<name>"));
    }
    if pairs.is_empty() && !args.is("list") {
        return Err(Stop::error("at least one annotation update is required"));
    }
    let wish = wish(pairs).map_err(Stop::error)?;
    let found = client::objects(args, io, resources)?;
    let mut failures = found.failures;
    let single = found.infos.len() == 1;
    for info in &found.infos {
        if args.is("list") {
            io.out(listing(info, single));
        } else if let Err(words) = one(args, io, info, &wish)? {
            failures.push(words);
        }
    }
    client::finish(io, &failures)
}

/// `key=value` as key and text, `key-` as key and null.
fn wish(pairs: &[String]) -> Result<Map, String> {
    let (mut wish, mut both) = (Map::default(), Vec::new());
    for pair in pairs {
        let (key, value) = match pair.split_once('=') {
            Some((key, value)) => (key, Tree::from(value)),
            None => (&pair[..pair.len() - 1], Tree::Null),
        };
        if wish.get(key).is_some_and(|other| other.is_null() != value.is_null()) {
            both.push(key);
        }
        wish.insert(key, value);
    }
    if both.is_empty() {
        Ok(wish)
    } else {
        Err(format!("can not both modify and remove the following annotation(s) in the same command: {}", both.join(", ")))
    }
}

/// The annotations that stand in the way without `--overwrite`.
fn clashes(old: &Tree, wish: &Map) -> Option<String> {
    // A change-cause may always be written over.
    let taken = wish.iter().filter(|(key, value)| !value.is_null() && old.has(key) && key.as_str() != "kubernetes.io/change-cause");
    let words: Vec<String> = taken.map(|(key, _)| format!("'{key}' already has a value ({})", old.get(key).text())).collect();
    (!words.is_empty()).then(|| format!("--overwrite is false but found the following declared annotation(s): {}", words.join("; ")))
}

fn one(args: &Args, io: &mut Io, info: &Info, wish: &Map) -> Result<Result<(), String>, Stop> {
    let old = info.tree.at(&["metadata", "annotations"]);
    if !args.is("overwrite")
        && let Some(words) = clashes(old, wish)
    {
        return Ok(Err(format!("error: {words}")));
    }
    if args.is("local") || matches!(args.text("dry-run"), "client" | "unchanged") {
        let mut changed = info.tree.clone();
        for (key, value) in wish.iter() {
            let path = ["metadata", "annotations", key];
            if value.is_null() { drop(changed.remove(&path)) } else { changed.set(&path, value) }
        }
        return print::object(args, io, &Info { tree: changed, ..info.clone() }, "annotated").map(Ok);
    }
    let changes: Map = wish.iter().filter(|(key, value)| old.get(key) != *value).map(|(key, value)| (key.clone(), value.clone())).collect();
    let mut ask = client::request(args, Ask::Patch(PatchKind::Merge), &info.served, &info.namespace, &info.name);
    ask.body = if changes.is_empty() {
        map! {}
    } else {
        map! {"metadata": map! {"annotations": Tree::from(changes)}}
    };
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
    print::object(args, io, &client::info(&info.served, answer.tree().clone()), "annotated").map(Ok)
}

fn listing(info: &Info, single: bool) -> String {
    let indent = if single { "" } else { " " };
    let head =
        if single { String::new() } else { format!("Listing annotations for {}.{}/{}:\n", info.served.kind, info.served.group, info.name) };
    let lines = info.tree.at(&["metadata", "annotations"]).entries().map(|(key, value)| format!("{indent}{key}={}\n", value.text()));
    head + &lines.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_change_cause_may_be_written_over_unasked() {
        let old = map! {"note": "old", "kubernetes.io/change-cause": "first"};
        let both = wish(&["note=new".to_string(), "kubernetes.io/change-cause=second".to_string()]).unwrap();
        assert_eq!(
            clashes(&old, &both).as_deref(),
            Some("--overwrite is false but found the following declared annotation(s): 'note' already has a value (old)")
        );
        assert_eq!(clashes(&old, &wish(&["kubernetes.io/change-cause=second".to_string()]).unwrap()), None);
    }
}

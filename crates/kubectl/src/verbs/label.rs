//! `kubectl label`: labels added, changed and taken away.
use crate::args::{Args, Takes, flag};
use crate::client::Info;
use crate::job::{Io, Stop};
use crate::marks;
use crate::print;
use crate::verbs::Verb;
use objects::labels::names;
use objects::{Map, Tree};

pub static VERB: Verb = Verb {
    name: "label",
    aliases: &[],
    short: "Update the labels on a resource",
    usage: "kubectl label [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version] [options]",
    examples: "  # Give the Pod \"foo\" a label\n  kubectl label pods foo unhealthy=true\n\n  # Change one that is there\n  kubectl label --overwrite pods foo status=unhealthy\n\n  # Take it away\n  kubectl label pods foo bar-\n",
    flags: marks::flags![
        flag("field-manager", '\0', Takes::Text, "kubectl-label", "Name of the manager used to track field ownership."),
        flag("filename", 'f', Takes::List, "", "File, folder or - with the objects to label"),
        flag("list", '\0', Takes::Bool, "false", "If true, display the labels for a given resource."),
        flag(
            "overwrite",
            '\0',
            Takes::Bool,
            "false",
            "If true, allow labels to be overwritten, otherwise reject label updates that overwrite existing labels.",
        ),
        flag(
            "resource-version",
            '\0',
            Takes::Text,
            "",
            "If non-empty, the labels update will only succeed if this is the current resource-version for the object.",
        ),
    ],
    subs: &[],
    run,
};

/// What is asked for: labels to set, and names of labels to take away.
#[derive(Debug, PartialEq)]
struct Wish {
    set: Vec<(String, String)>,
    remove: Vec<String>,
}

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let (resources, pairs) = marks::split(args, "label")?;
    let wish = read(pairs).map_err(Stop::error)?;
    marks::complete(args, resources, pairs, "label")?;
    marks::each(args, io, resources, "labels", |args, io, info| one(args, io, info, &wish))
}

/// Reads `tier=front` and `tier-`; the error is upstream's sentence.
fn read(pairs: &[String]) -> Result<Wish, String> {
    let mut wish = Wish { set: Vec::new(), remove: Vec::new() };
    for pair in pairs {
        let Some((key, value)) = pair.split_once('=') else {
            wish.remove.push(pair.trim_end_matches('-').to_string());
            continue;
        };
        if value.contains('=') {
            return Err(format!("invalid label spec: {pair}"));
        }
        if let Some(why) = names::value_errors(value).first() {
            return Err(format!("invalid label value: \"{pair}\": {why}"));
        }
        wish.set.push((key.to_string(), value.to_string()));
    }
    if wish.remove.iter().any(|key| wish.set.iter().any(|(other, _)| other == key)) {
        return Err("can not both modify and remove a label in the same command".to_string());
    }
    Ok(wish)
}

/// The labels that would be lost without `--overwrite`, in kubectl's words.
fn clashes(labels: &Tree, wish: &Wish) -> Vec<String> {
    let taken = |(key, value): &&(String, String)| labels.has(key) && labels.get(key).text() != value;
    wish.set
        .iter()
        .filter(taken)
        .map(|(key, _)| format!("'{key}' already has a value ({}), and --overwrite is false", labels.get(key).text()))
        .collect()
}

fn one(args: &Args, io: &mut Io, info: &Info, wish: &Wish) -> Result<Result<(), String>, Stop> {
    let labels = info.tree.at(&["metadata", "labels"]);
    let clashes = if args.is("overwrite") { Vec::new() } else { clashes(labels, wish) };
    if !clashes.is_empty() {
        return Ok(Err(if clashes.len() == 1 { format!("error: {}", clashes[0]) } else { format!("error: [{}]", clashes.join(", ")) }));
    }
    // Only what goes to the server is told.
    let told = !args.is("local") && !matches!(args.text("dry-run"), "client" | "unchanged");
    for key in wish.remove.iter().filter(|key| told && !labels.has(key)) {
        io.out(format!("label \"{key}\" not found.\n"));
    }
    let mut patch = Map::default();
    for (key, value) in wish.set.iter().filter(|(key, value)| labels.get(key).as_text().is_none_or(|old| old != value)) {
        patch.insert(key.as_str(), value.as_str());
    }
    for key in wish.remove.iter().filter(|key| labels.has(key)) {
        patch.insert(key.as_str(), Tree::Null);
    }
    if patch.is_empty() {
        return print::object(args, io, info, "not labeled").map(Ok);
    }
    let fewer = patch.iter().any(|(_, value)| value.is_null()) && patch.iter().all(|(_, value)| value.is_null());
    let done = if fewer && !args.is("overwrite") { "unlabeled" } else { "labeled" };
    marks::change(args, io, info, "labels", patch, done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::map;

    #[test]
    fn a_label_is_not_overwritten_unasked() {
        let wish = read(&["tier=back".to_string()]).unwrap();
        assert_eq!(clashes(&map! {"tier": "front"}, &wish), ["'tier' already has a value (front), and --overwrite is false"]);
        assert!(clashes(&map! {"tier": "back"}, &wish).is_empty());
    }

    #[test]
    fn a_bad_value_is_refused_before_the_server_is_asked() {
        let words = read(&["x=bad value!".to_string()]).unwrap_err();
        assert!(words.starts_with("invalid label value: \"x=bad value!\": a valid label must be an empty string or consist of"), "{words}");
        assert_eq!(
            read(&["a=1".to_string(), "a-".to_string()]),
            Err("can not both modify and remove a label in the same command".to_string())
        );
    }
}

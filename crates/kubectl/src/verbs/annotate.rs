//! `kubectl annotate`: annotations added, changed and taken away.
use crate::args::{Args, Takes, flag};
use crate::client::Info;
use crate::job::{Io, Stop};
use crate::marks;
use crate::verbs::Verb;
use objects::{Map, Tree};

pub static VERB: Verb = Verb {
    name: "annotate",
    aliases: &[],
    short: "Update the annotations on a resource",
    usage: "kubectl annotate [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version] [options]",
    examples: "  # Say what a Pod is for\n  kubectl annotate pods foo description='my frontend'\n\n  # Take it away\n  kubectl annotate pods foo description-\n",
    flags: marks::flags![
        flag("field-manager", '\0', Takes::Text, "kubectl-annotate", "Name of the manager used to track field ownership."),
        flag("filename", 'f', Takes::List, "", "File, folder or - with the objects to annotate"),
        flag("list", '\0', Takes::Bool, "false", "If true, display the annotations for a given resource."),
        flag(
            "overwrite",
            '\0',
            Takes::Bool,
            "false",
            "If true, allow annotations to be overwritten, otherwise reject annotation updates that overwrite existing annotations.",
        ),
        flag(
            "resource-version",
            '\0',
            Takes::Text,
            "",
            "If non-empty, the annotation update will only succeed if this is the current resource-version for the object.",
        ),
    ],
    subs: &[],
    run,
};

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let (resources, pairs) = marks::split(args, "annotation")?;
    marks::complete(args, resources, pairs, "annotation")?;
    let wish = wish(pairs).map_err(Stop::error)?;
    marks::each(args, io, resources, "annotations", |args, io, info| one(args, io, info, &wish))
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
    let differs = |key: &str, value: &Tree| old.has(key) && old.get(key) != value && key != "kubernetes.io/change-cause";
    let taken = wish.iter().filter(|(key, value)| !value.is_null() && differs(key, value));
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
    let changes = wish.iter().filter(|(key, value)| old.get(key) != *value).map(|(key, value)| (key.clone(), value.clone())).collect();
    marks::change(args, io, info, "annotations", changes, "annotated")
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::map;

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

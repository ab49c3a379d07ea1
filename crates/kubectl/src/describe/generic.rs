//! `kubectl describe` of a kind without a description of its own (Lease, Event, custom resources): every field by name.
use super::parts::events::events as show_events;
use super::parts::fields::{heading, plain};
use super::parts::page::Page;
use objects::{Map, Tree};
use simcore::Time;

/// Shown at the top already, or never.
const SKIPPED: [&str; 5] =
    [".metadata.managedFields", ".metadata.name", ".metadata.namespace", ".metadata.labels", ".metadata.annotations"];
const ACRONYMS: [&str; 5] = ["API", "URL", "UID", "OSB", "GUID"];

/// The object's text, mirroring upstream's `genericDescriber`.
pub fn describe(object: &Tree, events: Option<&[Tree]>, now: Time) -> String {
    let mut page = Page::new();
    heading(&mut page, object);
    if let Some(map) = object.as_map() {
        content(&mut page, 0, map, "");
    }
    show_events(&mut page, events, now);
    page.finish()
}

fn content(page: &mut Page, level: usize, map: &Map, path: &str) {
    for (key, value) in map.iter() {
        let here = format!("{path}.{key}");
        if SKIPPED.contains(&here.as_str()) {
            continue;
        }
        match value {
            Tree::Map(inner) => {
                page.line(level, &format!("{}:", label(key)));
                content(page, level + 1, inner, &here);
            }
            Tree::List(items) => {
                page.line(level, &format!("{}:", label(key)));
                for item in items.iter() {
                    match item {
                        Tree::Map(inner) => content(page, level + 1, inner, &here),
                        other => page.line(level + 1, &shown(other)),
                    }
                }
            }
            other => page.field(level, &label(key), &shown(other)),
        }
    }
}

fn shown(value: &Tree) -> String {
    if value.is_null() { "<nil>".to_string() } else { plain(value) }
}

/// `resourceVersion` as `Resource Version`, `uid` as `UID`; a name with other letters stays as it is.
fn label(key: &str) -> String {
    if key.chars().any(|letter| !letter.is_ascii_alphabetic() && letter != '-') {
        return key.to_string();
    }
    let parts = words(key).into_iter().map(|word| {
        let upper = word.to_ascii_uppercase();
        if ACRONYMS.contains(&upper.as_str()) { upper } else { capital(&word) }
    });
    parts.collect::<Vec<_>>().join(" ")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| std::iter::once(first.to_ascii_uppercase()).chain(letters).collect())
}

/// Splits camel case: `nodeInfo` into `node`, `Info`; a run of capitals gives its last
/// letter to the small letters behind it.
fn words(key: &str) -> Vec<String> {
    let class = |letter: char| {
        if letter.is_ascii_lowercase() {
            0
        } else if letter.is_ascii_uppercase() {
            1
        } else {
            2
        }
    };
    let mut runs: Vec<Vec<char>> = Vec::new();
    for letter in key.chars() {
        match runs.last_mut() {
            Some(run) if class(run[0]) == class(letter) => run.push(letter),
            _ => runs.push(vec![letter]),
        }
    }
    for at in 0..runs.len().saturating_sub(1) {
        if class(runs[at][0]) == 1 && class(runs[at + 1][0]) == 0 {
            let last = runs[at].pop().unwrap_or_default();
            runs[at + 1].insert(0, last);
            if runs[at].is_empty() {
                runs[at] = Vec::new();
            }
        }
    }
    runs.into_iter().filter(|run| !run.is_empty()).map(|run| run.into_iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    #[test]
    fn names_become_words() {
        let cases = [
            ("apiVersion", "API Version"),
            ("resourceVersion", "Resource Version"),
            ("uid", "UID"),
            ("legs", "Legs"),
            ("f:spec", "f:spec"),
        ];
        for (key, text) in cases {
            assert_eq!(label(key), text);
        }
    }

    /// The text that a real kubectl printed for a custom resource.
    #[test]
    fn a_custom_resource_shows_every_field() {
        let robot = map! {
            "apiVersion": "lab.example.com/v1", "kind": "Robot",
            "metadata": map! {"name": "r1", "namespace": "crd", "creationTimestamp": "2026-11-23T05:06:03Z", "generation": 1,
                "resourceVersion": "14111", "uid": "7c2e1a03-5053-4b0c-ab94-771461a38c70", "managedFields": list![map! {}]},
            "spec": map! {"legs": 4, "paint": "red"},
        };
        let text = "Name:         r1\nNamespace:    crd\nLabels:       <none>\nAnnotations:  <none>\nAPI Version:  lab.example.com/v1\nKind:         Robot\nMetadata:\n  Creation Timestamp:  2026-11-23T05:06:03Z\n  Generation:          1\n  Resource Version:    14111\n  UID:                 7c2e1a03-5053-4b0c-ab94-771461a38c70\nSpec:\n  Legs:   4\n  Paint:  red\nEvents:   <none>\n";
        assert_eq!(describe(&robot, Some(&[]), Time::START), text);
    }
}

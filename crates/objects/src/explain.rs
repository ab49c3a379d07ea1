//! `kubectl explain`: what a kind is made of, from the schema table, with sentences of our own.
use crate::schema::{self, Definition, Field, Type};
use crate::{KindId, Tree};
use std::fmt::Write;

/// How deep `--recursive` goes at most; the API's types end sooner, except those that contain themselves.
const DEEPEST: usize = 15;
/// Letters in a line of description.
const WIDTH: usize = 76;

/// What is printed to standard output, and the error after it where the path leads nowhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    pub text: String,
    pub error: Option<String>,
}

/// Explains a kind (`path` empty) or one of its fields. `sentences` is the content of `data/explain.json`, by short
/// name of the type and field; null where it is not at hand, which leaves descriptions `<empty>`.
pub fn explain(kind: KindId, path: &[&str], recursive: bool, sentences: &Tree) -> Explained {
    let row = kind.row();
    let mut text = String::new();
    if !row.group.is_empty() {
        let _ = writeln!(text, "GROUP:      {}", row.group);
    }
    let _ = write!(text, "KIND:       {}\nVERSION:    {}\n\n", row.kind, row.version);
    let (mut owner, mut field): (&'static Definition, Option<&'static Field>) = (schema::of_kind(kind), None);
    for name in path {
        let within = field.map_or(Some(owner), |field| field.ty.element().definition());
        let Some((next, found)) = within.and_then(|within| Some((within, within.field(name)?))) else {
            return Explained { text, error: Some(format!("field \"{name}\" does not exist")) };
        };
        (owner, field) = (next, Some(found));
    }
    let inner = field.map_or(Some(owner), |field| field.ty.element().definition());
    if let Some(field) = field {
        heading(&mut text, field);
    }
    text.push_str("DESCRIPTION:\n");
    let own = field.map(|field| sentence(sentences, owner, field.name));
    let of_type = inner.map(|inner| sentence(sentences, inner, ""));
    let said: Vec<&str> = own.into_iter().chain(of_type).filter(|sentence| !sentence.is_empty()).collect();
    for sentence in if said.is_empty() { &["<empty>"][..] } else { &said } {
        wrap(&mut text, sentence);
    }
    text.push_str("    \n");
    if let Some(inner) = inner {
        text.push_str("FIELDS:\n");
        fields(&mut text, inner, recursive, 1, sentences);
    }
    text.push('\n');
    Explained { text, error: None }
}

fn heading(text: &mut String, field: &Field) {
    let _ = writeln!(text, "FIELD: {} <{}>{}", field.name, shown(field.ty), required(field));
    if field.values.is_empty() {
        text.push('\n');
    } else {
        text.push_str("ENUM:\n");
        field.values.iter().for_each(|value| {
            let _ = writeln!(text, "    {value}");
        });
    }
    text.push('\n');
}

fn fields(text: &mut String, definition: &Definition, recursive: bool, depth: usize, sentences: &Tree) {
    let pad = "  ".repeat(depth);
    for field in definition.fields {
        let _ = writeln!(text, "{pad}{}\t<{}>{}", field.name, shown(field.ty), required(field));
        if !field.values.is_empty() {
            let _ = writeln!(text, "{pad}enum: {}", field.values.join(", "));
        }
        if !recursive {
            match sentence(sentences, definition, field.name) {
                "" => wrap(text, "<no description>"),
                sentence => wrap(text, sentence),
            }
            text.push('\n');
        } else if let Some(inner) = field.ty.element().definition().filter(|_| depth < DEEPEST) {
            fields(text, inner, true, depth + 1, sentences);
        }
    }
}

fn shown(ty: Type) -> String {
    ty.explained()
}

fn required(field: &Field) -> &'static str {
    if field.required { " -required-" } else { "" }
}

/// Our sentence about a field, or about the type itself (`field` empty). Every kind's first fields share theirs.
fn sentence<'a>(sentences: &'a Tree, definition: &Definition, field: &str) -> &'a str {
    let own = sentences.get(definition.short()).get(field).text();
    let shared = matches!(field, "apiVersion" | "kind" | "metadata") && own.is_empty();
    if shared { sentences.get("Pod").get(field).text() } else { own }
}

fn wrap(text: &mut String, sentence: &str) {
    let mut line = String::new();
    for word in sentence.split(' ') {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "    {line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(text, "    {line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;

    fn sentences() -> Tree {
        Tree::from_json(include_str!("../data/explain.json")).unwrap()
    }

    #[test]
    fn sentences_are_about_fields_that_exist() {
        for (name, fields) in sentences().entries() {
            let found: Vec<_> = schema::definitions().iter().filter(|definition| definition.short() == name).collect();
            assert!(!found.is_empty(), "{name}");
            for (field, sentence) in fields.entries() {
                assert!(field.is_empty() || found.iter().any(|definition| definition.field(field).is_some()), "{name}.{field}");
                assert!(sentence.text().ends_with('.'), "{name}.{field}");
            }
        }
    }

    #[test]
    fn a_field_is_explained_in_the_layout_of_kubectl() {
        let explained = explain(kinds::DEPLOYMENT, &["spec", "strategy"], false, &sentences());
        assert_eq!(
            explained.text,
            "GROUP:      apps\nKIND:       Deployment\nVERSION:    v1\n\nFIELD: strategy <DeploymentStrategy>\n\n\nDESCRIPTION:\n    How old Pods are replaced by new ones.\n    How a Deployment replaces old Pods by new ones.\n    \nFIELDS:\n  rollingUpdate\t<RollingUpdateDeployment>\n    The pace of a rolling update.\n\n  type\t<string>\n  enum: Recreate, RollingUpdate\n    RollingUpdate (the default) replaces Pods a few at a time; Recreate stops\n    all old ones first.\n\n\n"
        );
        let leaf = explain(kinds::POD, &["spec", "restartPolicy"], false, &Tree::Null).text;
        assert_eq!(
            leaf,
            "KIND:       Pod\nVERSION:    v1\n\nFIELD: restartPolicy <string>\nENUM:\n    Always\n    Never\n    OnFailure\n\nDESCRIPTION:\n    <empty>\n    \n\n"
        );
    }

    #[test]
    fn recursion_shows_the_whole_tree() {
        let text = explain(kinds::DEPLOYMENT, &["spec"], true, &Tree::Null).text;
        assert!(text.contains(
            "\n  selector\t<LabelSelector> -required-\n    matchExpressions\t<[]LabelSelectorRequirement>\n      key\t<string> -required-\n"
        ));
    }

    #[test]
    fn a_field_that_is_not_there_is_named() {
        let explained = explain(kinds::POD, &["spec", "nope"], false, &Tree::Null);
        assert_eq!(
            (explained.text.as_str(), explained.error.as_deref()),
            ("KIND:       Pod\nVERSION:    v1\n\n", Some("field \"nope\" does not exist"))
        );
    }
}

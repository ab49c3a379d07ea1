//! Field selectors: the few fields by which the API lists and watches.
use crate::kinds::{self, KindId};
use crate::{Text, Tree};
use std::fmt;

/// Terms that must all hold. Mirrors apimachinery `fields`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldSelector {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq)]
struct Term {
    field: Text,
    value: Text,
    equal: bool,
}

/// The fields of each kind besides `metadata.name` and `metadata.namespace`.
const FIELDS: &[(KindId, &[&str])] = &[
    (
        kinds::POD,
        &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
    ),
    (
        kinds::EVENT,
        &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
    ),
    (kinds::NODE, &["spec.unschedulable"]),
    (kinds::NAMESPACE, &["status.phase"]),
    (kinds::SECRET, &["type"]),
    (kinds::SERVICE, &["spec.clusterIP", "spec.type"]),
    (kinds::REPLICA_SET, &["status.replicas"]),
];

impl FieldSelector {
    /// Reads `status.phase=Running,spec.nodeName!=a`. Upstream's words when it cannot.
    pub fn parse(text: &str) -> Result<FieldSelector, String> {
        let mut terms = Vec::new();
        for part in split_terms(text) {
            if part.is_empty() {
                continue;
            }
            let (field, equal, value) = split_term(part).ok_or_else(|| format!("invalid selector: '{text}'; can't understand '{part}'"))?;
            terms.push(Term { field: Text::new(field), value: unescape(value)?, equal });
        }
        Ok(FieldSelector { terms })
    }

    /// Whether the kind can be selected by these fields: `field label not supported: spec.nope`.
    pub fn check(&self, kind: KindId) -> Result<(), String> {
        let own = FIELDS.iter().find(|(row, _)| *row == kind);
        for term in &self.terms {
            let field = term.field.as_str();
            let common = field == "metadata.name" || (field == "metadata.namespace" && (kind.row().namespaced || own.is_none()));
            let known = common || own.is_some_and(|(_, fields)| fields.contains(&field));
            if !known {
                return Err(match own {
                    Some(_) => format!("field label not supported: {field}"),
                    None => format!("{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""),
                });
            }
        }
        Ok(())
    }

    pub fn matches(&self, object: &Tree) -> bool {
        self.terms.iter().all(|term| (value(object, &term.field) == term.value) == term.equal)
    }

    pub fn is_everything(&self) -> bool {
        self.terms.is_empty()
    }

    /// The value that `field` must have, when the selector says so: lets a list by `metadata.name` read one object.
    pub fn required(&self, field: &str) -> Option<&str> {
        self.terms.iter().find(|term| term.equal && term.field == field).map(|term| term.value.as_str())
    }
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (at, term) in self.terms.iter().enumerate() {
            let (comma, sign) = (if at > 0 { "," } else { "" }, if term.equal { "=" } else { "!=" });
            write!(f, "{comma}{}{sign}{}", term.field, term.value)?;
        }
        Ok(())
    }
}

fn value(object: &Tree, field: &str) -> Text {
    let tree = field.split('.').fold(object, |tree, key| tree.get(key));
    match (field, tree) {
        ("source", _) => {
            let component = object.at(&["source", "component"]).text();
            Text::new(if component.is_empty() { object.get("reportingComponent").text() } else { component })
        }
        ("spec.hostNetwork" | "spec.unschedulable", tree) => Text::new_static(if tree.is_true() { "true" } else { "false" }),
        ("status.podIPs", tree) => Text::from(tree.items().iter().map(|item| item.get("ip").text()).collect::<Vec<_>>().join(",")),
        (_, Tree::Int(number)) => Text::from(number.to_string()),
        (_, tree) => Text::new(tree.text()),
    }
}

/// Parts between commas that no backslash escapes.
fn split_terms(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn split_term(part: &str) -> Option<(&str, bool, &str)> {
    let at = part.char_indices().find(|(at, _)| part[*at..].starts_with("!=") || part[*at..].starts_with('='))?.0;
    let (field, rest) = part.split_at(at);
    let signs = [("!=", false), ("==", true), ("=", true)];
    let (sign, equal) = signs.into_iter().find(|(sign, _)| rest.starts_with(sign))?;
    Some((field, equal, &rest[sign.len()..]))
}

fn unescape(value: &str) -> Result<Text, String> {
    let (mut out, mut letters) = (String::new(), value.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(next @ ('\\' | ',' | '=')) => out.push(next),
                Some(next) => return Err(format!("invalid field selector: invalid escape sequence: \\{next}")),
                None => return Err("invalid field selector: invalid escape sequence: \\".into()),
            },
            ',' | '=' => return Err(format!("invalid field selector: unescaped character in value: {letter}")),
            other => out.push(other),
        }
    }
    Ok(Text::from(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_select() {
        let pod = Tree::from_json(r#"{"metadata":{"name":"a"},"spec":{"nodeName":"w"},"status":{"phase":"Running"}}"#).unwrap();
        let check = |text: &str, expect| assert_eq!(FieldSelector::parse(text).unwrap().matches(&pod), expect, "{text}");
        check("status.phase=Running", true);
        check("status.phase==Running,spec.nodeName!=x", true);
        check("status.phase!=Running", false);
        check("spec.hostNetwork=false", true);
        check("", true);
    }

    #[test]
    fn fields_that_nothing_selects_by_are_refused() {
        let check = |kind: KindId, text: &str| FieldSelector::parse(text).unwrap().check(kind);
        assert_eq!(check(kinds::POD, "spec.nodeName=a,metadata.name=b"), Ok(()));
        assert_eq!(check(kinds::POD, "spec.nope=a"), Err("field label not supported: spec.nope".into()));
        assert_eq!(
            check(kinds::DEPLOYMENT, "spec.replicas=1"),
            Err(r#""spec.replicas" is not a known field selector: only "metadata.name", "metadata.namespace""#.into())
        );
        assert_eq!(FieldSelector::parse("status.phase"), Err("invalid selector: 'status.phase'; can't understand 'status.phase'".into()));
    }
}

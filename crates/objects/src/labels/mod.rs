//! Selectors: by labels (`app=web,tier in (a, b)`, LabelSelector objects) and by fields (`status.phase=Running`).
mod fields;
pub mod names;
mod parse;

pub use fields::FieldSelector;

use crate::{Text, Tree};
use std::fmt;

/// Requirements that labels must meet, all of them. Mirrors apimachinery `labels`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selector {
    requirements: Vec<Requirement>,
    /// Matches nothing at all: what a null LabelSelector means.
    nothing: bool,
}

/// One requirement about one label.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirement {
    pub key: Text,
    pub operator: Operator,
    /// Sorted, each once.
    pub values: Vec<Text>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    In,
    NotIn,
    Equals,
    DoubleEquals,
    NotEquals,
    Exists,
    DoesNotExist,
    Greater,
    Less,
}

impl Selector {
    /// Matches everything.
    pub fn everything() -> Selector {
        Selector::default()
    }

    pub fn nothing() -> Selector {
        Selector { nothing: true, ..Selector::default() }
    }

    /// Reads `-l` and `labelSelector=`: `app=web,tier!=db,env in (a,b),x,!y`. Upstream's words when it cannot.
    pub fn parse(text: &str) -> Result<Selector, String> {
        Ok(Selector { requirements: parse::requirements(text)?, nothing: false })
    }

    /// Reads a LabelSelector object: null matches nothing, `{}` everything.
    pub fn of(selector: &Tree) -> Result<Selector, String> {
        if selector.is_null() {
            return Ok(Selector::nothing());
        }
        let mut requirements: Vec<Requirement> = selector.get("matchLabels").entries().map(|(key, value)| equals(key, value)).collect();
        for expression in selector.get("matchExpressions").items() {
            let operator = match expression.get("operator").text() {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                other => return Err(format!("{other:?} is not a valid label selector operator")),
            };
            let values = expression.get("values").items().iter().map(|value| Text::new(value.text())).collect();
            requirements.push(parse::requirement(expression.get("key").text(), operator, values)?);
        }
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Selector { requirements, nothing: false })
    }

    /// A plain map of labels, as Services select: an empty or absent one matches nothing.
    pub fn of_labels(labels: &Tree) -> Selector {
        let requirements: Vec<Requirement> = labels.entries().map(|(key, value)| equals(key, value)).collect();
        Selector { nothing: requirements.is_empty(), requirements }
    }

    /// Whether these labels (a map, or null for none) meet every requirement.
    pub fn matches(&self, labels: &Tree) -> bool {
        !self.nothing && self.requirements.iter().all(|requirement| requirement.holds(labels))
    }

    pub fn is_everything(&self) -> bool {
        !self.nothing && self.requirements.is_empty()
    }

    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }
}

fn equals(key: &Text, value: &Tree) -> Requirement {
    Requirement { key: key.clone(), operator: Operator::Equals, values: vec![Text::new(value.text())] }
}

impl Requirement {
    fn holds(&self, labels: &Tree) -> bool {
        let value = labels.get(&self.key).as_text();
        let listed = |value: &Text| self.values.contains(value);
        match self.operator {
            Operator::In | Operator::Equals | Operator::DoubleEquals => value.is_some_and(listed),
            Operator::NotIn | Operator::NotEquals => !value.is_some_and(listed),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Greater => self.compare(value, |label, bound| label > bound),
            Operator::Less => self.compare(value, |label, bound| label < bound),
        }
    }

    fn compare(&self, value: Option<&Text>, holds: impl Fn(i64, i64) -> bool) -> bool {
        let bound = self.values.first().and_then(|bound| bound.parse().ok());
        value.and_then(|text| text.parse().ok()).zip(bound).is_some_and(|(label, bound)| holds(label, bound))
    }
}

/// As upstream prints selectors: `app=web,tier in (a,b),!x`.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (at, requirement) in self.requirements.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            write!(f, "{requirement}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let values = self.values.join(",");
        match self.operator {
            Operator::In => write!(f, "{} in ({values})", self.key),
            Operator::NotIn => write!(f, "{} notin ({values})", self.key),
            Operator::Equals => write!(f, "{}={values}", self.key),
            Operator::DoubleEquals => write!(f, "{}=={values}", self.key),
            Operator::NotEquals => write!(f, "{}!={values}", self.key),
            Operator::Exists => write!(f, "{}", self.key),
            Operator::DoesNotExist => write!(f, "!{}", self.key),
            Operator::Greater => write!(f, "{}>{values}", self.key),
            Operator::Less => write!(f, "{}<{values}", self.key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map;

    #[test]
    fn selectors_choose_by_labels() {
        let labels = map! {"app": "web", "tier": "front", "n": "5"};
        let check = |selector: &str, expect: bool| assert_eq!(Selector::parse(selector).unwrap().matches(&labels), expect, "{selector}");
        for yes in [
            "",
            "app=web",
            "app == web",
            "app!=db",
            "other!=x",
            "app in (db, web)",
            "other notin (a)",
            "tier",
            "!other",
            "n>4",
            "n<6",
            "app=web,tier=front",
        ] {
            check(yes, true);
        }
        for no in ["app=db", "app!=web", "app in (a,b)", "app notin (web)", "!tier", "other", "n>5", "app=", "app=web,tier=back"] {
            check(no, false);
        }
        assert!(Selector::parse("app!=x").unwrap().matches(&Tree::Null));
    }

    #[test]
    fn selectors_print_as_upstream_prints_them() {
        let check = |text: &str, expect: &str| assert_eq!(Selector::parse(text).unwrap().to_string(), expect);
        check(" tier in (b, a), !x ,app = web", "tier in (a,b),!x,app=web");
        check("a", "a");
    }

    #[test]
    fn objects_select_too() {
        let of = |json: &str| Selector::of(&Tree::from_json(json).unwrap());
        let labels = map! {"app": "web"};
        assert!(of(r#"{"matchLabels":{"app":"web"}}"#).unwrap().matches(&labels));
        assert!(of(r#"{"matchExpressions":[{"key":"app","operator":"NotIn","values":["db"]}]}"#).unwrap().matches(&labels));
        assert!(of("{}").unwrap().matches(&labels) && !of("null").unwrap().matches(&labels));
        assert_eq!(
            of(r#"{"matchExpressions":[{"key":"a","operator":"Near"}]}"#),
            Err(r#""Near" is not a valid label selector operator"#.into())
        );
        assert!(!Selector::of_labels(&Tree::Null).matches(&labels));
    }

    #[test]
    fn what_cannot_be_read_is_told_in_upstream_words() {
        let check = |text: &str, expect: &str| assert_eq!(Selector::parse(text).unwrap_err(), expect, "{text}");
        check("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt");
        check("=web", "found '=', expected: !, identifier, or 'end of string'");
        check("a=b,", "found '', expected: identifier after ','");
        check("a in b", "unable to parse requirement: found 'b' expected: '('");
        check("a in (b", "unable to parse requirement: found '', expected: ',' or ')'");
        check("a=b=c", "found '=', expected: ',' or 'end of string'");
        check("a in ()", "unable to parse requirement: values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
        check(
            "app=no/slash",
            "unable to parse requirement: values[0][app]: Invalid value: \"no/slash\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        );
    }
}

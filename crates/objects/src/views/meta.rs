//! What all objects have: metadata, conditions.
use crate::Tree;

/// The metadata of any object; takes the whole object.
#[derive(Clone, Copy)]
pub struct Meta<'a>(pub &'a Tree);

impl<'a> Meta<'a> {
    fn meta(self) -> &'a Tree {
        self.0.get("metadata")
    }
    pub fn name(self) -> &'a str {
        self.meta().get("name").text()
    }
    pub fn namespace(self) -> &'a str {
        self.meta().get("namespace").text()
    }
    pub fn uid(self) -> &'a str {
        self.meta().get("uid").text()
    }
    pub fn labels(self) -> &'a Tree {
        self.meta().get("labels")
    }
    pub fn label(self, name: &str) -> &'a str {
        self.labels().get(name).text()
    }
    pub fn annotation(self, name: &str) -> &'a str {
        self.meta().get("annotations").get(name).text()
    }
    pub fn generation(self) -> i64 {
        self.meta().get("generation").int_or(0)
    }
    pub fn is_deleting(self) -> bool {
        self.meta().has("deletionTimestamp")
    }
    /// RFC 3339 text, "" when not set.
    pub fn created(self) -> &'a str {
        self.meta().get("creationTimestamp").text()
    }
}

/// One item of `status.conditions`.
#[derive(Clone, Copy)]
pub struct Condition<'a>(pub &'a Tree);

impl<'a> Condition<'a> {
    /// The condition of this type of an object; its tree is null when there is none.
    pub fn of(object: &'a Tree, kind: &str) -> Condition<'a> {
        const NONE: &Tree = &Tree::Null;
        let all = object.get("status").get("conditions").items();
        Condition(all.iter().find(|condition| condition.get("type").text() == kind).unwrap_or(NONE))
    }
    pub fn exists(self) -> bool {
        !self.0.is_null()
    }
    pub fn is_true(self) -> bool {
        self.status() == "True"
    }
    /// `True`, `False`, `Unknown`, or "" when there is no such condition.
    pub fn status(self) -> &'a str {
        self.0.get("status").text()
    }
    pub fn reason(self) -> &'a str {
        self.0.get("reason").text()
    }
    pub fn message(self) -> &'a str {
        self.0.get("message").text()
    }
    /// RFC 3339 text.
    pub fn since(self) -> &'a str {
        self.0.get("lastTransitionTime").text()
    }
}

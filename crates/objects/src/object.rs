//! A stored object: its key, its revision, its tree.
use crate::{Key, Text, Tree};

/// One version of one object. Never changed once stored; a write makes another.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    pub key: Key,
    /// The store's revision that wrote this version; also in `metadata.resourceVersion`.
    pub revision: u64,
    pub tree: Tree,
}

impl Object {
    pub fn meta(&self) -> &Tree {
        self.tree.get("metadata")
    }
    pub fn spec(&self) -> &Tree {
        self.tree.get("spec")
    }
    pub fn status(&self) -> &Tree {
        self.tree.get("status")
    }
    pub fn uid(&self) -> &str {
        self.meta().get("uid").text()
    }
    pub fn uid_text(&self) -> Text {
        self.meta().get("uid").as_text().cloned().unwrap_or_default()
    }
    pub fn labels(&self) -> &Tree {
        self.meta().get("labels")
    }
    pub fn annotation(&self, name: &str) -> &str {
        self.meta().at(&["annotations", name]).text()
    }
    pub fn generation(&self) -> i64 {
        self.meta().get("generation").int_or(0)
    }
    /// Whether deletion has begun.
    pub fn is_deleting(&self) -> bool {
        self.meta().has("deletionTimestamp")
    }
    /// The owner reference with `controller: true`, or null.
    pub fn controller(&self) -> &Tree {
        const NOBODY: &Tree = &Tree::Null;
        self.meta().get("ownerReferences").items().iter().find(|owner| owner.get("controller").is_true()).unwrap_or(NOBODY)
    }
}

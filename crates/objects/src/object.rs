//! A stored object: its key, its revision, its tree.
use crate::{Key, Text, Tree, kinds};

/// One version of one object. Never changed once stored; a write makes another.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    pub key: Key,
    /// The store's revision that wrote this version; also in `metadata.resourceVersion`.
    pub revision: u64,
    /// The revision of its first version, and which version this is.
    pub created: u64,
    pub version: u32,
    pub tree: Tree,
    brief: Brief,
}

/// What is asked most often of a version, read off its tree once: controllers go over thousands of Pods.
#[derive(Clone, Debug, PartialEq)]
struct Brief {
    labels: Tree,
    deleting: bool,
    /// About how many bytes it takes as text.
    bytes: u32,
    /// Of Pods: whether the phase is `Succeeded` or `Failed`, and whether the condition `Ready` is `True`.
    finished: bool,
    ready: bool,
}

impl Object {
    pub fn new(key: Key, revision: u64, tree: Tree) -> Object {
        let bytes = tree.bytes();
        Object { created: revision, version: 1, ..Object::weighing(key, revision, tree, bytes) }
    }

    /// The next version of this object.
    pub fn next(&self, revision: u64, tree: Tree) -> Object {
        let bytes = i64::from(self.brief.bytes) + tree.grown(&self.tree);
        let (created, version) = (self.created, self.version + 1);
        Object { created, version, ..Object::weighing(self.key.clone(), revision, tree, bytes as u32) }
    }

    fn weighing(key: Key, revision: u64, tree: Tree, bytes: u32) -> Object {
        let (meta, status) = (tree.get("metadata"), tree.get("status"));
        let is_ready = |it: &Tree| it.get("type").text() == "Ready" && it.get("status").text() == "True";
        let is_pod = key.kind == kinds::POD;
        let brief = Brief {
            labels: meta.get("labels").clone(),
            deleting: meta.has("deletionTimestamp"),
            bytes,
            finished: is_pod && matches!(status.get("phase").text(), "Succeeded" | "Failed"),
            ready: is_pod && status.get("conditions").items().iter().any(is_ready),
        };
        Object { key, revision, created: revision, version: 1, tree, brief }
    }

    /// The same object with nothing kept but its key, spec, labels and state: for those who remember many for long,
    /// and would keep old statuses alive.
    pub fn outline(&self) -> Object {
        let tree = crate::map! {"spec": self.spec()};
        Object { key: self.key.clone(), tree, brief: self.brief.clone(), ..*self }
    }

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
        &self.brief.labels
    }
    pub fn annotation(&self, name: &str) -> &str {
        self.meta().at(&["annotations", name]).text()
    }
    pub fn generation(&self) -> i64 {
        self.meta().get("generation").int_or(0)
    }
    /// Whether deletion has begun.
    pub fn is_deleting(&self) -> bool {
        self.brief.deleting
    }
    /// About how many bytes it takes as text: what it adds to etcd's file.
    pub fn bytes(&self) -> u32 {
        self.brief.bytes
    }
    /// Of a Pod: its phase is `Succeeded` or `Failed`.
    pub fn is_finished(&self) -> bool {
        self.brief.finished
    }
    /// Of a Pod: its condition `Ready` is `True`.
    pub fn is_ready(&self) -> bool {
        self.brief.ready
    }
    /// The owner reference with `controller: true`, or null.
    pub fn controller(&self) -> &Tree {
        const NOBODY: &Tree = &Tree::Null;
        self.meta().get("ownerReferences").items().iter().find(|owner| owner.get("controller").is_true()).unwrap_or(NOBODY)
    }
}

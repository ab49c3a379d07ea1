//! What names an object inside one cluster: kind, namespace, name.
use crate::{KindId, Text};

/// Ordered by kind, then namespace, then name. Cluster-scoped objects have an empty namespace.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    pub kind: KindId,
    pub namespace: Text,
    pub name: Text,
}

impl Key {
    pub fn new(kind: KindId, namespace: impl Into<Text>, name: impl Into<Text>) -> Key {
        Key { kind, namespace: namespace.into(), name: name.into() }
    }

    /// `namespace/name`, or just the name where there is no namespace.
    pub fn path(&self) -> String {
        if self.namespace.is_empty() { self.name.to_string() } else { format!("{}/{}", self.namespace, self.name) }
    }
}

//! One object as the client wants to see it: whole, as a table row, or only its metadata.
use crate::store::Kept;
use objects::wire::Accept;
use objects::{Tree, map};
use simcore::Time;

/// The answer to a get or a write.
pub(crate) fn one(now: Time, kept: &Kept, accept: Accept, include: &str) -> Tree {
    match accept {
        Accept::Json | Accept::Discovery => kept.tree.clone(),
        Accept::Table => {
            let meta = map! {"resourceVersion": kept.revision.to_string()};
            crate::tables::of(now, kept.key.kind, &[kept], meta, include, true)
        }
        Accept::Metadata => metadata(kept),
    }
}

/// `PartialObjectMetadata`.
pub(crate) fn metadata(kept: &Kept) -> Tree {
    map! {"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": kept.meta()}
}

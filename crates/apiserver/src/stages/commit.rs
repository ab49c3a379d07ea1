//! Writes: the object as it was built, or nothing where nothing changed.
use crate::equal::unchanged;
use crate::exchange::Exchange;
use crate::store::{Kept, Write};
use crate::{render, scale};
use objects::{Object, Status, Tree};
use std::sync::Arc;

/// The last stage: appends to the store and answers once that is applied.
pub(crate) fn commit(x: &mut Exchange) -> Result<(), Status> {
    if x.creates { create(x) } else { update(x) }
}

fn create(x: &mut Exchange) -> Result<(), Status> {
    let key = x.key();
    if x.server.store.tail().get(&key).is_some() {
        return Err(Status::already_exists(&x.row().resource(), &x.name));
    }
    let tree = std::mem::take(&mut x.new);
    if x.dry_run() {
        x.answer(201, tree);
        return Ok(());
    }
    let revision = x.append("create", Write::Put { key, tree });
    answer(x, revision, 201);
    Ok(())
}

fn update(x: &mut Exchange) -> Result<(), Status> {
    let Some(old) = x.old.clone() else { return Err(x.not_found()) };
    let tree = std::mem::take(&mut x.new);
    if x.dry_run() {
        let would_be = Arc::new(Object::new(x.key(), old.revision, tree));
        let tree = shown(x, &would_be);
        x.answer(200, tree);
        return Ok(());
    }
    if unchanged(&old.tree, &tree) {
        let tree = shown(x, &old);
        x.answer(200, tree);
        return Ok(());
    }
    if is_over(&tree) {
        let revision = x.append("delete", Write::Delete { key: x.key() });
        x.answer_when(revision, 200, tree);
        return Ok(());
    }
    let revision = x.append(x.deed(), Write::Put { key: x.key(), tree });
    answer(x, revision, 200);
    Ok(())
}

/// Whether an object that is being deleted has nothing left to wait for.
fn is_over(tree: &Tree) -> bool {
    let meta = tree.get("metadata");
    meta.has("deletionTimestamp")
        && meta.get("finalizers").is_empty()
        && meta.get("deletionGracePeriodSeconds").int_or(0) == 0
        && tree.at(&["spec", "finalizers"]).is_empty()
}

fn answer(x: &mut Exchange, revision: u64, code: u16) {
    let stored = x.server.store.tail().get(&x.key()).cloned();
    let tree = stored.map(|kept| shown(x, &kept));
    x.answer_when(revision, code, tree.unwrap_or_default());
}

/// The written object as its writer wants it back: a write of the scale answers with a Scale.
fn shown(x: &Exchange, kept: &Kept) -> Tree {
    if x.part == "scale" { scale::of(kept) } else { render::one(x.now, kept, x.request.accept, &x.request.options.include_object) }
}

//! Watches: a cursor over the log of changes, turned into events.
use crate::list::{Selection, refuse, revision_number};
use crate::store::{Change, Kept, Store};
use objects::wire::{Accept, Request, WatchCursor, WatchEvent};
use objects::{KindId, Object, Status, map};
use simcore::Time;
use std::sync::Arc;

/// A cursor at the place that the request names.
pub(crate) fn start(store: &Store, kind: KindId, namespace: &str, name: &str, request: &Request) -> Result<WatchCursor, Status> {
    let options = &request.options;
    Selection::parse(kind, &options.label_selector, &options.field_selector)?;
    check(options)?;
    let seen = revision_number(&options.resource_version)?;
    let initial = seen == 0 && options.send_initial_events != Some(false) || options.send_initial_events == Some(true);
    Ok(WatchCursor {
        kind,
        namespace: namespace.into(),
        name: name.into(),
        label_selector: options.label_selector.clone(),
        field_selector: options.field_selector.clone(),
        accept: request.accept,
        bookmarks: options.allow_watch_bookmarks,
        seen: if seen == 0 { store.applied().revision() } else { seen },
        initial,
        initial_end: options.send_initial_events == Some(true),
        headed: false,
    })
}

fn check(options: &objects::wire::Options) -> Result<(), Status> {
    let matching = options.resource_version_match.as_str();
    if options.send_initial_events.is_some() && matching != "NotOlderThan" {
        return Err(refuse("resourceVersionMatch", "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
    }
    if options.send_initial_events.is_none() && !matching.is_empty() {
        return Err(refuse(
            "resourceVersionMatch",
            "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ));
    }
    Ok(())
}

/// See [`crate::ApiServer::poll`].
pub(crate) fn poll(store: &Store, now: Time, cursor: &mut WatchCursor) -> Result<Vec<WatchEvent>, Status> {
    let mut events = Vec::new();
    let selection = Selection::parse(cursor.kind, &cursor.label_selector, &cursor.field_selector)?;
    if cursor.initial {
        cursor.initial = false;
        let view = store.applied();
        for kept in view.list(cursor.kind) {
            if !in_scope(cursor, kept) || !selection.takes(kept) {
                continue;
            }
            events.push(event(cursor, now, "ADDED", kept));
        }
        cursor.seen = view.revision();
        if cursor.initial_end {
            events.push(bookmark(cursor, true));
        }
        return Ok(events);
    }
    if cursor.seen >= store.applied().revision() {
        return Ok(events);
    }
    let mut told = cursor.seen;
    for change in store.since(cursor.seen)? {
        told = change.revision;
        if change.key.kind != cursor.kind {
            continue;
        }
        if let Some((kind, kept)) = seen_through(cursor, &selection, change) {
            events.push(event(cursor, change.at.max(now), kind, &kept));
        }
    }
    cursor.seen = told;
    Ok(events)
}

/// What a change is to a watcher who sees only a selection: leaving it is a deletion, entering it a creation.
fn seen_through(cursor: &WatchCursor, selection: &Selection, change: &Change) -> Option<(&'static str, Kept)> {
    let visible = |kept: &&Kept| in_scope(cursor, kept) && selection.takes(kept);
    let before = change.before.as_ref().filter(visible);
    let after = change.after.as_ref().filter(visible);
    match (before, after) {
        (None, None) => None,
        (None, Some(after)) => Some(("ADDED", after.clone())),
        (Some(_), Some(after)) => Some(("MODIFIED", after.clone())),
        (Some(before), None) => {
            // The last state, at the revision of its end.
            let mut tree = before.tree.clone();
            tree.set(&["metadata", "resourceVersion"], change.revision.to_string());
            Some(("DELETED", Arc::new(Object::new(before.key.clone(), change.revision, tree))))
        }
    }
}

fn in_scope(cursor: &WatchCursor, kept: &Kept) -> bool {
    (cursor.namespace.is_empty() || kept.key.namespace == cursor.namespace) && (cursor.name.is_empty() || kept.key.name == cursor.name)
}

fn event(cursor: &mut WatchCursor, now: Time, kind: &'static str, kept: &Kept) -> WatchEvent {
    let object = match cursor.accept {
        Accept::Json | Accept::Discovery => kept.tree.clone(),
        Accept::Metadata => crate::render::metadata(kept),
        Accept::Table => {
            let meta = map! {"resourceVersion": kept.revision.to_string()};
            crate::tables::of(now, cursor.kind, &[kept], meta, "", !std::mem::replace(&mut cursor.headed, true))
        }
    };
    WatchEvent { kind, object }
}

/// `BOOKMARK`: an object of the kind with nothing but the revision; the one that ends the initial events says so.
pub(crate) fn bookmark(cursor: &WatchCursor, ends_initial: bool) -> WatchEvent {
    let row = cursor.kind.row();
    let mut meta = map! {"resourceVersion": cursor.seen.to_string()};
    if ends_initial {
        meta.set(&["annotations", "k8s.io/initial-events-end"], "true");
    }
    let object = map! {"apiVersion": row.api_version(), "kind": row.kind, "metadata": meta};
    WatchEvent { kind: "BOOKMARK", object }
}

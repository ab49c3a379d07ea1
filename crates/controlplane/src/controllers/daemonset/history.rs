//! Revisions of a DaemonSet: a ControllerRevision for each template that it had (upstream `constructHistory`).
use super::pods::{HASH_LABEL, Scene};
use crate::facts;
use crate::harness::{Cx, Write};
use crate::offspring;
use apiserver::store::Kept;
use objects::labels::Selector;
use objects::wire::{Request, Verb};
use objects::{Key, Object, Text, Tree, hash, kinds, list, map};

/// What the revisions tell, and what has to be done about them.
pub struct History<'a> {
    /// The hash of the present template's revision.
    pub hash: Text,
    pub writes: Vec<Write>,
    /// Of earlier templates, oldest first.
    old: Vec<&'a Kept>,
}

/// The set's revisions. The error is the write that tries another hash, where somebody else's revision has the name.
pub fn of<'a>(cx: &'a Cx, set: &'a Kept, selector: &Selector) -> Result<History<'a>, Box<Write>> {
    let mut writes = Vec::new();
    let mut known: Vec<&Kept> = Vec::new();
    for revision in cx.view.list_in(kinds::CONTROLLER_REVISION, &set.key.namespace).filter(|it| selector.matches(it.labels())) {
        let controller = revision.controller();
        if controller.is_null() && !revision.is_deleting() {
            writes.push(offspring::adopt(revision, set));
        } else if controller.get("uid").text() != set.uid() {
            continue;
        }
        known.push(revision);
    }
    known.sort_by_key(|revision| (number(revision), facts::created(revision), &revision.key.name));
    let data = data(set);
    let (current, old): (Vec<&Kept>, Vec<&Kept>) = known.into_iter().partition(|revision| *revision.tree.get("data") == data);
    let newest = old.last().map_or(0, |revision| number(revision)) + 1;
    let hash = match current.last() {
        Some(revision) => {
            if number(revision) < newest {
                let mut body = revision.tree.clone();
                body.set(&["revision"], newest);
                writes.push(Write::new(about(Verb::Update, revision).body(body)));
            }
            writes.extend(current.iter().rev().skip(1).map(|twin| Write::new(about(Verb::Delete, twin)).ignore(&[404])));
            revision.labels().get(HASH_LABEL).as_text().cloned().unwrap_or_default()
        }
        None => {
            let (hash, create) = snapshot(cx, set, data, newest)?;
            writes.push(create);
            hash
        }
    };
    Ok(History { hash, writes, old })
}

impl History<'_> {
    /// Deletes the oldest revisions beyond the limit that no Pod is of.
    pub fn cleanup(&self, scene: &Scene) -> Vec<Write> {
        let limit = scene.set.spec().get("revisionHistoryLimit").int_or(10);
        let surplus = usize::try_from(self.old.len() as i64 - limit).unwrap_or(0);
        let lives = |revision: &Object| {
            let hash = revision.labels().get(HASH_LABEL).text();
            scene.by_node.values().flatten().any(|pod| pod.labels().get(HASH_LABEL).text() == hash)
        };
        let dead = self.old.iter().filter(|revision| surplus > 0 && !lives(revision)).take(surplus);
        dead.map(|revision| Write::new(about(Verb::Delete, revision)).ignore(&[404])).collect()
    }
}

fn number(revision: &Object) -> i64 {
    revision.tree.get("revision").int_or(0)
}

fn about(verb: Verb, revision: &Object) -> Request {
    Request::about(verb, kinds::CONTROLLER_REVISION, revision.key.namespace.clone(), revision.key.name.clone())
}

/// What a revision keeps: the patch that brings its template back.
fn data(set: &Object) -> Tree {
    let mut template = set.spec().get("template").clone();
    template.set(&["$patch"], "replace");
    map! {"spec": map! {"template": template}}
}

fn snapshot(cx: &Cx, set: &Object, data: Tree, revision: i64) -> Result<(Text, Write), Box<Write>> {
    let collisions = set.status().get("collisionCount").as_int();
    let template = set.spec().get("template");
    let hash = Text::from(simcore::safe_encode(&hash::template_hash(template, collisions).to_string()));
    let name = Text::from(format!("{}-{hash}", set.key.name));
    let namespace = &set.key.namespace;
    if cx.view.get(&Key::new(kinds::CONTROLLER_REVISION, namespace.clone(), name.clone())).is_some() {
        let mut body = set.tree.clone();
        body.set(&["status", "collisionCount"], collisions.unwrap_or(0) + 1);
        let request = Request::about(Verb::Update, kinds::DAEMON_SET, namespace.clone(), set.key.name.clone());
        return Err(Box::new(Write::new(request.subresource("status").body(body))));
    }
    let mut labels = template.at(&["metadata", "labels"]).clone();
    labels.set(&[HASH_LABEL], &hash);
    let meta = map! {
        "name": name, "namespace": namespace, "labels": labels, "annotations": set.meta().get("annotations"),
        "ownerReferences": list![facts::controller_reference(set)],
    };
    let body = map! {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": meta, "data": data, "revision": revision};
    let request = Request::about(Verb::Create, kinds::CONTROLLER_REVISION, namespace.clone(), "").body(body);
    Ok((hash, Write::new(request)))
}

//! Delete and deletecollection: at once, after a grace period, or once the finalizers are gone.
use crate::exchange::Exchange;
use crate::list::Selection;
use crate::store::{Kept, Write};
use objects::wire::Verb;
use objects::{Key, Status, Text, Tree, kinds};
use simcore::Duration;

/// Ends the walk of deletions (apiserver `registry/generic/registry` Store.Delete, `rest.BeforeDelete`).
pub(crate) fn remove(x: &mut Exchange) -> Result<(), Status> {
    match x.request.verb {
        Verb::Delete => one(x),
        Verb::DeleteCollection => many(x),
        _ => Ok(()),
    }
}

/// DeleteOptions, from the body or the query.
struct Wanted {
    grace: Option<i64>,
    /// `Orphan`, `Background`, `Foreground`, or empty.
    propagation: Text,
    uid: Text,
    revision: Text,
    dry_run: bool,
}

impl Wanted {
    fn read(x: &Exchange) -> Result<Wanted, Status> {
        let body = &x.request.body;
        let query = |key: &str| x.request.options.other.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
        let text = |tree: &Tree| tree.as_text().cloned().unwrap_or_default();
        let mut propagation = text(body.get("propagationPolicy"));
        if propagation.is_empty() {
            propagation = query("propagationPolicy").unwrap_or_default();
        }
        if !propagation.is_empty() && !body.get("orphanDependents").is_null() {
            let words = "orphanDependents and deletionPropagation cannot be both set";
            let error = objects::FieldError::invalid("propagationPolicy", &Tree::from(&propagation), words);
            return Err(Status::invalid("DeleteOptions.meta.k8s.io", "", &[error]));
        }
        if body.get("orphanDependents").is_true() {
            propagation = Text::new_static("Orphan");
        }
        if !matches!(propagation.as_str(), "" | "Orphan" | "Background" | "Foreground") {
            let error = objects::FieldError::not_supported(
                "propagationPolicy",
                &Tree::from(&propagation),
                &["Foreground", "Background", "Orphan", "nil"],
            );
            return Err(Status::invalid("DeleteOptions.meta.k8s.io", "", &[error]));
        }
        let grace = body.get("gracePeriodSeconds").as_int().or_else(|| query("gracePeriodSeconds")?.parse().ok());
        let wants = body.get("preconditions");
        let dry_run = x.dry_run() || body.get("dryRun").items().iter().any(|item| item.text() == "All");
        Ok(Wanted { grace, propagation, uid: text(wants.get("uid")), revision: text(wants.get("resourceVersion")), dry_run })
    }
}

/// What is to be done to one object.
enum Step {
    /// It is on its way out already.
    Nothing,
    Mark(Tree),
    Gone,
}

fn one(x: &mut Exchange) -> Result<(), Status> {
    let wanted = Wanted::read(x)?;
    let Some(kept) = x.server.store.tail().get(&x.key()).cloned() else { return Err(x.not_found()) };
    preconditions(x, &kept, &wanted)?;
    allowed(x, &kept)?;
    let step = decide(x, &kept, &wanted);
    if wanted.dry_run {
        let tree = gone(x, &kept);
        x.answer(200, tree);
        return Ok(());
    }
    match step {
        Step::Nothing => x.answer(200, kept.tree.clone()),
        Step::Mark(tree) => {
            let revision = x.append("delete", Write::Put { key: kept.key.clone(), tree });
            let tree = x.server.store.tail().get(&kept.key).map(|kept| kept.tree.clone()).unwrap_or_default();
            x.answer_when(revision, 200, tree);
        }
        Step::Gone => {
            let tree = last_words(x, &kept).unwrap_or_else(|| gone(x, &kept));
            let revision = x.append("delete", Write::Delete { key: kept.key.clone() });
            x.answer_when(revision, 200, tree);
        }
    }
    Ok(())
}

fn many(x: &mut Exchange) -> Result<(), Status> {
    let wanted = Wanted::read(x)?;
    let selection = Selection::parse(x.kind, &x.request.options.label_selector, &x.request.options.field_selector)?;
    let tail = x.server.store.tail().clone();
    let all: Vec<Kept> = if x.namespace.is_empty() {
        tail.list(x.kind).filter(|kept| selection.takes(kept)).cloned().collect()
    } else {
        tail.list_in(x.kind, &x.namespace).filter(|kept| selection.takes(kept)).cloned().collect()
    };
    let mut last = None;
    for kept in &all {
        let key: Key = kept.key.clone();
        match decide(x, kept, &wanted) {
            _ if wanted.dry_run => {}
            Step::Nothing => {}
            Step::Mark(tree) => last = Some(x.append("delete", Write::Put { key, tree })),
            Step::Gone => {
                last_words(x, kept);
                last = Some(x.append("delete", Write::Delete { key }));
            }
        }
    }
    let items: Vec<Tree> = all.iter().map(|kept| kept.tree.clone()).collect();
    let answer = crate::list::envelope(x.kind, x.server.store.tail().revision(), items);
    match last {
        Some(revision) => x.answer_when(revision, 200, answer),
        None => x.answer(200, answer),
    }
    Ok(())
}

/// A Pod's deletion is written down even where no grace is left, and only then is it taken away: its watchers hear of both
/// (upstream `updateForGracefulDeletionAndFinalizers`). Gives the Pod as it was last.
fn last_words(x: &mut Exchange, kept: &Kept) -> Option<Tree> {
    let grace = kept.meta().get("deletionGracePeriodSeconds").as_int();
    if kept.key.kind != kinds::POD || grace == Some(0) {
        return None;
    }
    let mut tree = kept.tree.clone();
    match grace.filter(|_| kept.is_deleting()) {
        Some(old) => shorten(&mut tree, kept, old, 0),
        None => mark(x, &mut tree, 0, None),
    }
    x.append("delete", Write::Put { key: kept.key.clone(), tree });
    x.server.store.tail().get(&kept.key).map(|kept| kept.tree.clone())
}

/// What a deletion is answered with.
fn gone(x: &Exchange, kept: &Kept) -> Tree {
    if returns_object(x.kind) { kept.tree.clone() } else { Status::success(&x.row().resource(), &x.name, kept.uid()) }
}

fn shorten(tree: &mut Tree, kept: &Kept, old: i64, grace: i64) {
    let at = simcore::Time::parse(kept.meta().get("deletionTimestamp").text()).unwrap_or_default();
    let at = at - Duration::secs(old.max(0) as u64) + Duration::secs(grace.max(0) as u64);
    tree.set(&["metadata", "deletionTimestamp"], at.rfc3339());
    tree.set(&["metadata", "deletionGracePeriodSeconds"], grace);
}

fn preconditions(x: &Exchange, kept: &Kept, wanted: &Wanted) -> Result<(), Status> {
    if !wanted.uid.is_empty() && wanted.uid != kept.uid() {
        return Err(x.conflict(&format!(
            "the UID in the precondition ({}) does not match the UID in record ({}). The object might have been deleted and then recreated",
            wanted.uid,
            kept.uid()
        )));
    }
    if !wanted.revision.is_empty() && wanted.revision != kept.revision.to_string() {
        return Err(x.conflict(&format!(
            "the ResourceVersion in the precondition ({}) does not match the ResourceVersion in record ({}). The object might have been modified",
            wanted.revision, kept.revision
        )));
    }
    Ok(())
}

/// The namespaces that a cluster cannot be without (admission `NamespaceLifecycle`).
fn allowed(x: &Exchange, kept: &Kept) -> Result<(), Status> {
    let immortal = ["default", "kube-system", "kube-public"].contains(&x.name.as_str());
    if kept.key.kind == kinds::NAMESPACE && immortal {
        return Err(Status::forbidden("namespaces", &x.name, "this namespace may not be deleted"));
    }
    Ok(())
}

fn decide(x: &Exchange, kept: &Kept, wanted: &Wanted) -> Step {
    let finalizers = finalizers_after(kept, &wanted.propagation);
    let pending = finalizers.as_ref().map_or(!kept.meta().get("finalizers").is_empty(), |list| !list.is_empty())
        || !kept.spec().get("finalizers").is_empty() && kept.key.kind == kinds::NAMESPACE;
    let grace = if kept.key.kind == kinds::POD { pod_grace(kept, wanted.grace) } else { 0 };
    if kept.is_deleting() {
        return decide_again(kept, wanted, pending, finalizers);
    }
    if grace == 0 && !pending {
        return Step::Gone;
    }
    let mut tree = kept.tree.clone();
    mark(x, &mut tree, grace, finalizers);
    Step::Mark(tree)
}

/// A second deletion may only shorten the grace period, or bring another propagation policy.
fn decide_again(kept: &Kept, wanted: &Wanted, pending: bool, finalizers: Option<Vec<Tree>>) -> Step {
    let old = kept.meta().get("deletionGracePeriodSeconds").int_or(0);
    let shorter = wanted.grace.filter(|grace| old > 0 && *grace < old && kept.key.kind == kinds::POD);
    if !pending && (old == 0 || shorter == Some(0)) {
        return Step::Gone;
    }
    if shorter.is_none() && finalizers.is_none() {
        return Step::Nothing;
    }
    let mut tree = kept.tree.clone();
    if let Some(grace) = shorter {
        shorten(&mut tree, kept, old, grace);
    }
    if let Some(list) = finalizers {
        set_finalizers(&mut tree, list);
    }
    Step::Mark(tree)
}

fn mark(x: &Exchange, tree: &mut Tree, grace: i64, finalizers: Option<Vec<Tree>>) {
    let at = x.now + Duration::secs(grace.max(0) as u64);
    let generation = tree.at(&["metadata", "generation"]).int_or(0);
    let namespace = tree.get("kind").text() == "Namespace";
    let meta = tree.edit(&["metadata"]).map_mut();
    meta.insert("deletionTimestamp", at.rfc3339());
    if !namespace {
        meta.insert("deletionGracePeriodSeconds", grace);
    }
    if generation > 0 {
        meta.insert("generation", generation + 1);
    }
    if let Some(list) = finalizers {
        set_finalizers(tree, list);
    }
    if namespace {
        tree.set(&["status", "phase"], "Terminating");
    }
}

fn set_finalizers(tree: &mut Tree, list: Vec<Tree>) {
    if list.is_empty() {
        tree.remove(&["metadata", "finalizers"]);
    } else {
        tree.set(&["metadata", "finalizers"], list);
    }
}

/// The finalizers with those of the garbage collector put right; `None` where nothing changes.
fn finalizers_after(kept: &Kept, propagation: &str) -> Option<Vec<Tree>> {
    let now = kept.meta().get("finalizers").items();
    let extra = match propagation {
        "Orphan" => Some("orphan"),
        "Foreground" => Some("foregroundDeletion"),
        "Background" => None,
        // Unsaid: what stands there stays.
        _ => return None,
    };
    let mut after: Vec<Tree> = now.iter().filter(|item| !["orphan", "foregroundDeletion"].contains(&item.text())).cloned().collect();
    after.extend(extra.map(Tree::from));
    (after != now).then_some(after)
}

/// How long a Pod gets to stop; 0 where no kubelet has it or nothing runs any more.
fn pod_grace(kept: &Kept, asked: Option<i64>) -> i64 {
    let grace = asked.or_else(|| kept.spec().get("terminationGracePeriodSeconds").as_int()).unwrap_or(30);
    let over = matches!(kept.status().get("phase").text(), "Succeeded" | "Failed");
    if kept.spec().get("nodeName").is_empty() || over {
        0
    } else if grace < 0 {
        // Negative periods are let through on creation and mean one second.
        1
    } else {
        grace
    }
}

/// Kinds whose deletion answers with the object that was (`ReturnDeletedObject`).
fn returns_object(kind: objects::KindId) -> bool {
    matches!(kind, kinds::POD | kinds::SERVICE | kinds::SERVICE_ACCOUNT)
}

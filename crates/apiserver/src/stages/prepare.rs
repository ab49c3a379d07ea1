//! The fields that the system owns: names, uid, times, generation, and what a subresource may not touch.
use crate::exchange::Exchange;
use crate::fill::{each, within};
use crate::generation;
use objects::{FieldError, Map, Status, Text, Tree, kinds};

/// Fills in or restores the system's part of the metadata (apiserver `registry/rest` BeforeCreate, BeforeUpdate).
pub(crate) fn prepare(x: &mut Exchange) -> Result<(), Status> {
    if x.creates {
        create(x)?
    } else {
        update(x)?
    }
    match x.kind {
        kinds::POD => untold_times(&mut x.new),
        kinds::DAEMON_SET => {
            let old = x.old.as_ref().filter(|_| !x.creates).map_or(&Tree::Null, |old| &old.tree);
            generation::count_templates(old, &mut x.new);
        }
        kinds::ENDPOINTS if !x.new.get("subsets").is_empty() => {
            let subsets = objects::views::repack(x.new.get("subsets").items());
            x.new.set(&["subsets"], subsets);
        }
        _ => {}
    }
    Ok(())
}

/// Go writes a time that was never set as null where the field is no pointer; of a Pod's fields those are these two.
fn untold_times(pod: &mut Tree) {
    within(pod, "status", |status| {
        each(status, "conditions", |condition| {
            for time in ["lastProbeTime", "lastTransitionTime"] {
                if matches!(condition, Tree::Map(_)) && !condition.has(time) {
                    condition.map_mut().insert(time, Tree::Null);
                }
            }
        });
    });
}

fn create(x: &mut Exchange) -> Result<(), Status> {
    let row = x.row();
    if !x.new.at(&["metadata", "resourceVersion"]).text().is_empty() {
        return Err(Status::new(500, "", "resourceVersion should not be set on objects to be created"));
    }
    if x.name.is_empty() {
        generate_name(x);
    }
    let uid = simcore::uid(&mut x.server.rng);
    let (now, name, namespace) = (x.now, x.name.clone(), x.namespace.clone());
    own_names(&mut x.new, row);
    // All at once: the map is made anew by each entry that comes into it. The last of equal keys stands.
    let given = x.new.get("metadata").entries().filter(|(key, _)| !SYSTEM.contains(&key.as_str()));
    let mut meta: Vec<(Text, Tree)> = given.map(|(key, value)| (key.clone(), value.clone())).collect();
    let mut own = |key: &'static str, value: Tree| meta.push((Text::new_static(key), value));
    own("uid", uid.into());
    own("creationTimestamp", now.rfc3339().into());
    if !name.is_empty() {
        own("name", name.into());
    }
    if row.namespaced {
        own("namespace", namespace.into());
    }
    if row.generation {
        own("generation", 1i64.into());
    }
    x.new.set(&["metadata"], Map::of(&mut meta));
    crate::initial::status(x.kind, &mut x.new);
    Ok(())
}

/// What a client cannot choose on creation.
const SYSTEM: [&str; 8] = [
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
];

/// How often another suffix is tried when the name is taken (apiserver `NameGenerateRetries`).
const RETRIES: usize = 8;

fn generate_name(x: &mut Exchange) {
    let Some(base) = x.new.at(&["metadata", "generateName"]).as_text().filter(|base| !base.is_empty()).cloned() else { return };
    let base: String = base.chars().take(58).collect();
    for _ in 0..RETRIES {
        x.name = Text::from(format!("{base}{}", simcore::name_suffix(&mut x.server.rng, 5)));
        if x.server.store.tail().get(&x.key()).is_none() {
            return;
        }
    }
}

fn update(x: &mut Exchange) -> Result<(), Status> {
    let Some(old) = x.old.clone() else { return Err(x.not_found()) };
    up_to_date(x, &old)?;
    let row = x.row();
    if x.part == "status" {
        x.new = status_only(x, &old.tree);
    } else if x.part == "finalize" {
        let finalizers = x.new.at(&["spec", "finalizers"]).clone();
        x.new = old.tree.clone();
        x.new.set(&["spec", "finalizers"], finalizers);
    } else if row.subresources.contains(&"status") {
        restore(&mut x.new, &old.tree, "status");
        if x.kind == kinds::NAMESPACE {
            restore(&mut x.new, &old.tree, "spec");
        }
    }
    own_names(&mut x.new, row);
    keep_system_metadata(&mut x.new, old.meta());
    if row.generation && generation::counts(x.kind, &x.part, &old.tree, &x.new) {
        x.new.set(&["metadata", "generation"], old.generation() + 1);
    }
    Ok(())
}

/// Refuses an update of an older version, or of another object of the same name.
fn up_to_date(x: &Exchange, old: &objects::Object) -> Result<(), Status> {
    let meta = x.new.get("metadata");
    let (uid, revision) = (meta.get("uid").text(), meta.get("resourceVersion").text());
    if !uid.is_empty() && uid != old.uid() {
        return Err(x.conflict(&format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {}", old.uid())));
    }
    if revision.is_empty() {
        if x.kind == kinds::LEASE && x.foreign && !matches!(x.request.verb, objects::wire::Verb::Patch(_)) {
            let error =
                FieldError::new("FieldValueInvalid", "metadata.resourceVersion", "Invalid value: 0: must be specified for an update");
            return Err(Status::invalid(&x.row().qualified_kind(), &x.name, &[error]));
        }
        return Ok(());
    }
    let Ok(number) = revision.parse::<u64>() else {
        let words = format!("invalid resource version \"{revision}\": strconv.ParseUint: parsing \"{revision}\": invalid syntax");
        return Err(Status::bad_request(words));
    };
    if number != 0 && number != old.revision {
        return Err(x.conflict("the object has been modified; please apply your changes to the latest version and try again"));
    }
    Ok(())
}

/// The old object with the new status, and the labels and annotations where upstream takes them too.
fn status_only(x: &Exchange, old: &Tree) -> Tree {
    let mut tree = old.clone();
    restore(&mut tree, &x.new, "status");
    let meta = ["metadata"];
    for part in ["annotations", "labels"] {
        let keeps_labels = part == "labels" && matches!(x.kind, kinds::DEPLOYMENT | kinds::REPLICA_SET | kinds::DAEMON_SET);
        let given = x.new.at(&["metadata", part]);
        if !keeps_labels && !given.same(old.at(&["metadata", part])) {
            restore(tree.edit(&meta), x.new.get("metadata"), part);
        }
    }
    tree
}

/// Makes `tree[key]` what it is in `from`, absent or not.
fn restore(tree: &mut Tree, from: &Tree, key: &str) {
    let value = from.get(key);
    if value.is_null() {
        if tree.has(key) {
            tree.map_mut().remove(key);
        }
    } else if !tree.get(key).same(value) {
        tree.map_mut().insert(key, value);
    }
}

fn own_names(tree: &mut Tree, row: &'static objects::Kind) {
    if tree.get("kind").text() != row.kind {
        tree.set(&["kind"], Text::new_static(row.kind));
    }
    if tree.get("apiVersion").is_null() {
        tree.set(&["apiVersion"], row.api_version());
    }
}

/// Everything of the metadata that no client may change stands as it stood.
fn keep_system_metadata(tree: &mut Tree, old: &Tree) {
    let new = tree.get("metadata");
    if new.same(old) {
        return;
    }
    const KEPT: [&str; 8] =
        ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "generateName"];
    let differs = KEPT.iter().any(|key| new.get(key) != old.get(key));
    let extra = new.has("managedFields") || new.has("selfLink");
    if !differs && !extra {
        return;
    }
    let meta: &mut Map = tree.edit(&["metadata"]).map_mut();
    for key in KEPT {
        match old.get(key) {
            Tree::Null => {
                meta.remove(key);
            }
            value => {
                meta.insert(key, value);
            }
        }
    }
    meta.remove("managedFields");
    meta.remove("selfLink");
}

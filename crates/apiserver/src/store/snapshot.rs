//! The whole state at one revision. Copying it copies a pointer or two.
use objects::{Key, KindId, Object, Text, Tree, kinds};
use rpds::RedBlackTreeMapSync;
use std::sync::Arc;

/// A stored version, shared by everybody who looks at it.
pub type Kept = Arc<Object>;
type Names = RedBlackTreeMapSync<(Text, Text), Kept>;
type Index = RedBlackTreeMapSync<(Text, Text, Text), Kept>;
type Dependents = RedBlackTreeMapSync<(Text, Key), Dependent>;

/// Who names an owner, and whether that owner is its controller: said here, because whoever asks asks of thousands.
#[derive(Clone, Debug)]
struct Dependent {
    controlled: bool,
    kept: Kept,
}

/// All objects at one revision, by kind, namespace and name, with the indexes that components keep upstream.
#[derive(Clone, Debug)]
pub struct Snapshot {
    revision: u64,
    inner: Arc<Inner>,
}

#[derive(Clone, Debug)]
struct Inner {
    /// In shelves: a write copies one shelf and the list of shelves, and leaves the other kinds alone.
    kinds: Vec<Arc<[Names]>>,
    /// (node name, namespace, name) of each Pod; the node is empty while it is unscheduled.
    on_node: Index,
    /// (owner's uid, dependent's key) for each owner reference of each object; with an empty uid each Pod and ReplicaSet
    /// that nobody controls.
    dependents: Dependents,
}

/// How many kinds stand on one shelf.
const SHELF: usize = 8;

impl Inner {
    fn names(&self, kind: KindId) -> &Names {
        let kind = kind.0 as usize;
        &self.kinds[kind / SHELF][kind % SHELF]
    }

    fn names_mut(&mut self, kind: KindId) -> &mut Names {
        let kind = kind.0 as usize;
        &mut Arc::make_mut(&mut self.kinds[kind / SHELF])[kind % SHELF]
    }
}

impl Snapshot {
    pub fn empty(revision: u64) -> Snapshot {
        // One more than the table has: keys that are no objects.
        let shelves = (kinds::RAW.0 as usize + 1).div_ceil(SHELF);
        let kinds = (0..shelves).map(|_| (0..SHELF).map(|_| Names::new_sync()).collect()).collect();
        let inner = Inner { kinds, on_node: Index::new_sync(), dependents: Dependents::new_sync() };
        Snapshot { revision, inner: Arc::new(inner) }
    }

    pub fn revision(&self) -> u64 {
        self.revision
    }

    pub fn get(&self, key: &Key) -> Option<&Kept> {
        self.inner.names(key.kind).get(&(key.namespace.clone(), key.name.clone()))
    }

    /// By parts, where no key is at hand.
    pub fn find(&self, kind: KindId, namespace: &str, name: &str) -> Option<&Kept> {
        self.get(&Key::new(kind, namespace, name))
    }

    /// All of a kind, ordered by namespace and name.
    pub fn list(&self, kind: KindId) -> impl Iterator<Item = &Kept> {
        self.inner.names(kind).values()
    }

    /// All of a kind in one namespace, ordered by name. An empty namespace means the cluster-scoped ones.
    pub fn list_in<'a>(&'a self, kind: KindId, namespace: &'a str) -> impl Iterator<Item = &'a Kept> {
        self.inner
            .names(kind)
            .range((Text::new(namespace), Text::default())..)
            .take_while(move |((found, _), _)| found == namespace)
            .map(|(_, kept)| kept)
    }

    /// Those of a kind that the object with this uid controls, ordered by namespace and name.
    pub fn controlled_by<'a>(&'a self, kind: KindId, uid: &'a str) -> impl Iterator<Item = &'a Kept> {
        let first = Key::new(kind, Text::default(), Text::default());
        let all = self.owned(uid, first).take_while(move |(key, _)| key.kind == kind);
        all.filter(|(_, found)| found.controlled).map(|(_, found)| &found.kept)
    }

    /// Pods or ReplicaSets in one namespace that nobody controls, ordered by name.
    pub fn orphans_in<'a>(&'a self, kind: KindId, namespace: &'a str) -> impl Iterator<Item = &'a Kept> {
        let first = Key::new(kind, Text::new(namespace), Text::default());
        self.owned("", first).take_while(move |(key, _)| key.kind == kind && key.namespace == namespace).map(|(_, found)| &found.kept)
    }

    /// All objects, of any kind, that name this uid among their owners.
    pub fn dependents<'a>(&'a self, uid: &'a str) -> impl Iterator<Item = &'a Kept> {
        self.owned(uid, Key::new(KindId(0), Text::default(), Text::default())).map(|(_, found)| &found.kept)
    }

    /// What stands under an owner's uid, from `first` on.
    fn owned<'a>(&'a self, uid: &'a str, first: Key) -> impl Iterator<Item = (&'a Key, &'a Dependent)> {
        let all = self.inner.dependents.range((Text::new(uid), first)..);
        all.take_while(move |((owner, _), _)| owner == uid).map(|((_, key), found)| (key, found))
    }

    /// The Pods bound to a node; an empty name gives those that wait for one.
    pub fn pods_on<'a>(&'a self, node: &'a str) -> impl Iterator<Item = &'a Kept> {
        prefix(&self.inner.on_node, node)
    }

    pub fn len(&self, kind: KindId) -> usize {
        self.inner.names(kind).size()
    }

    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.inner.kinds.iter().flat_map(|shelf| shelf.iter()).map(Names::size).sum()
    }

    /// All objects, by kind, namespace and name.
    pub fn all(&self) -> impl Iterator<Item = &Kept> {
        self.inner.kinds.iter().flat_map(|shelf| shelf.iter()).flat_map(Names::values)
    }

    /// Bytes of all objects.
    pub fn bytes(&self) -> u64 {
        self.all().map(|kept| u64::from(kept.bytes())).sum()
    }

    /// Whether both are the very same state.
    pub fn same(&self, other: &Snapshot) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    pub(super) fn replace(&mut self, revision: u64, key: &Key, after: Option<Kept>) -> Option<Kept> {
        self.revision = revision;
        let inner = Arc::make_mut(&mut self.inner);
        let names = inner.names_mut(key.kind);
        let place = (key.namespace.clone(), key.name.clone());
        let before = names.get(&place).cloned();
        match &after {
            Some(kept) => names.insert_mut(place, kept.clone()),
            None => {
                names.remove_mut(&place);
            }
        }
        if key.kind == kinds::POD {
            let node = |kept: &Kept| kept.spec().get("nodeName").as_text().cloned().unwrap_or_default();
            reindex(&mut inner.on_node, key, before.as_ref(), after.as_ref(), node);
        }
        owners(&mut inner.dependents, key, before.as_ref(), after.as_ref());
        before
    }
}

fn owners(index: &mut Dependents, key: &Key, before: Option<&Kept>, after: Option<&Kept>) {
    let is_claimed = matches!(key.kind, kinds::POD | kinds::REPLICA_SET);
    let uids = |kept: Option<&Kept>| -> Vec<(Text, bool)> {
        let references = kept.map_or(&[][..], |kept| kept.meta().get("ownerReferences").items());
        let controls = |owner: &Tree| owner.get("controller").is_true();
        let orphan = (kept.is_some() && is_claimed && !references.iter().any(controls)).then(|| (Text::default(), false));
        references.iter().filter_map(|owner| Some((owner.get("uid").as_text()?.clone(), controls(owner)))).chain(orphan).collect()
    };
    let new = uids(after);
    for (gone, _) in uids(before).into_iter().filter(|(uid, _)| !new.iter().any(|(kept, _)| kept == uid)) {
        index.remove_mut(&(gone, key.clone()));
    }
    for (uid, controlled) in new {
        if let Some(after) = after {
            index.insert_mut((uid, key.clone()), Dependent { controlled, kept: after.clone() });
        }
    }
}

fn prefix<'a>(index: &'a Index, first: &'a str) -> impl Iterator<Item = &'a Kept> {
    index
        .range((Text::new(first), Text::default(), Text::default())..)
        .take_while(move |((found, _, _), _)| found == first)
        .map(|(_, kept)| kept)
}

fn reindex(index: &mut Index, key: &Key, before: Option<&Kept>, after: Option<&Kept>, first: impl Fn(&Kept) -> Text) {
    let place = |kept: &Kept| (first(kept), key.namespace.clone(), key.name.clone());
    let (old, new) = (before.map(place), after.map(place));
    if let Some(old) = old.filter(|old| Some(old) != new.as_ref()) {
        index.remove_mut(&old);
    }
    if let (Some(new), Some(after)) = (new, after) {
        index.insert_mut(new, after.clone());
    }
}

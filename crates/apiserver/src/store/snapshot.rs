//! The whole state at one revision. Copying it copies a pointer or two.
use objects::{Key, KindId, Object, Text, kinds};
use rpds::RedBlackTreeMapSync;
use std::sync::Arc;

/// A stored version, shared by everybody who looks at it.
pub type Kept = Arc<Object>;
type Names = RedBlackTreeMapSync<(Text, Text), Kept>;
type Index = RedBlackTreeMapSync<(Text, Text, Text), Kept>;

/// All objects at one revision, by kind, namespace and name, with the indexes that components keep upstream.
#[derive(Clone, Debug)]
pub struct Snapshot {
    revision: u64,
    inner: Arc<Inner>,
}

#[derive(Clone, Debug)]
struct Inner {
    kinds: Vec<Names>,
    /// (controller's uid, namespace, name) of each Pod and ReplicaSet; the uid is empty where nobody controls it.
    pods_of: Index,
    sets_of: Index,
    /// (node name, namespace, name) of each Pod; the node is empty while it is unscheduled.
    on_node: Index,
    /// (owner's uid, dependent's key) for each owner reference of each object.
    dependents: RedBlackTreeMapSync<(Text, Key), Kept>,
}

impl Snapshot {
    pub fn empty(revision: u64) -> Snapshot {
        let kinds = kinds::KINDS.iter().map(|_| Names::new_sync()).collect();
        let dependents = RedBlackTreeMapSync::new_sync();
        let (pods_of, sets_of, on_node) = (Index::new_sync(), Index::new_sync(), Index::new_sync());
        Snapshot { revision, inner: Arc::new(Inner { kinds, pods_of, sets_of, on_node, dependents }) }
    }

    /// By controller; of other kinds than Pod and ReplicaSet nothing is kept.
    fn owned(&self, kind: KindId) -> Option<&Index> {
        match kind {
            kinds::POD => Some(&self.inner.pods_of),
            kinds::REPLICA_SET => Some(&self.inner.sets_of),
            _ => None,
        }
    }

    pub fn revision(&self) -> u64 {
        self.revision
    }

    pub fn get(&self, key: &Key) -> Option<&Kept> {
        self.inner.kinds[key.kind.0 as usize].get(&(key.namespace.clone(), key.name.clone()))
    }

    /// By parts, where no key is at hand.
    pub fn find(&self, kind: KindId, namespace: &str, name: &str) -> Option<&Kept> {
        self.get(&Key::new(kind, namespace, name))
    }

    /// All of a kind, ordered by namespace and name.
    pub fn list(&self, kind: KindId) -> impl Iterator<Item = &Kept> {
        self.inner.kinds[kind.0 as usize].values()
    }

    /// All of a kind in one namespace, ordered by name. An empty namespace means the cluster-scoped ones.
    pub fn list_in<'a>(&'a self, kind: KindId, namespace: &'a str) -> impl Iterator<Item = &'a Kept> {
        self.inner.kinds[kind.0 as usize]
            .range((Text::new(namespace), Text::default())..)
            .take_while(move |((found, _), _)| found == namespace)
            .map(|(_, kept)| kept)
    }

    /// Those of a kind that the object with this uid controls, ordered by namespace and name.
    /// An empty uid gives the orphans.
    pub fn controlled_by<'a>(&'a self, kind: KindId, uid: &'a str) -> impl Iterator<Item = &'a Kept> {
        self.owned(kind).into_iter().flat_map(move |index| prefix(index, uid))
    }

    /// Those of a kind in one namespace that nobody controls, ordered by name.
    pub fn orphans_in<'a>(&'a self, kind: KindId, namespace: &'a str) -> impl Iterator<Item = &'a Kept> {
        let orphans = move |index: &'a Index| {
            index
                .range((Text::default(), Text::new(namespace), Text::default())..)
                .take_while(move |((uid, found, _), _)| uid.is_empty() && found == namespace)
                .map(|(_, kept)| kept)
        };
        self.owned(kind).into_iter().flat_map(orphans)
    }

    /// All objects, of any kind, that name this uid among their owners.
    pub fn dependents<'a>(&'a self, uid: &'a str) -> impl Iterator<Item = &'a Kept> {
        let first = Key::new(KindId(0), Text::default(), Text::default());
        self.inner.dependents.range((Text::new(uid), first)..).take_while(move |((found, _), _)| found == uid).map(|(_, kept)| kept)
    }

    /// The Pods bound to a node; an empty name gives those that wait for one.
    pub fn pods_on<'a>(&'a self, node: &'a str) -> impl Iterator<Item = &'a Kept> {
        prefix(&self.inner.on_node, node)
    }

    pub fn len(&self, kind: KindId) -> usize {
        self.inner.kinds[kind.0 as usize].size()
    }

    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.inner.kinds.iter().map(Names::size).sum()
    }

    /// All objects, by kind, namespace and name.
    pub fn all(&self) -> impl Iterator<Item = &Kept> {
        self.inner.kinds.iter().flat_map(Names::values)
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
        let names = &mut inner.kinds[key.kind.0 as usize];
        let place = (key.namespace.clone(), key.name.clone());
        let before = names.get(&place).cloned();
        match &after {
            Some(kept) => names.insert_mut(place, kept.clone()),
            None => {
                names.remove_mut(&place);
            }
        }
        if key.kind == kinds::POD || key.kind == kinds::REPLICA_SET {
            let owner = |kept: &Kept| kept.controller().get("uid").as_text().cloned().unwrap_or_default();
            let index = if key.kind == kinds::POD { &mut inner.pods_of } else { &mut inner.sets_of };
            reindex(index, key, before.as_ref(), after.as_ref(), owner);
        }
        if key.kind == kinds::POD {
            let node = |kept: &Kept| kept.spec().get("nodeName").as_text().cloned().unwrap_or_default();
            reindex(&mut inner.on_node, key, before.as_ref(), after.as_ref(), node);
        }
        owners(&mut inner.dependents, key, before.as_ref(), after.as_ref());
        before
    }
}

fn owners(index: &mut RedBlackTreeMapSync<(Text, Key), Kept>, key: &Key, before: Option<&Kept>, after: Option<&Kept>) {
    let uids = |kept: Option<&Kept>| -> Vec<Text> {
        let references = kept.map_or(&[][..], |kept| kept.meta().get("ownerReferences").items());
        references.iter().filter_map(|owner| owner.get("uid").as_text().cloned()).collect()
    };
    let new = uids(after);
    for gone in uids(before).into_iter().filter(|uid| !new.contains(uid)) {
        index.remove_mut(&(gone, key.clone()));
    }
    for uid in new {
        if let Some(after) = after {
            index.insert_mut((uid, key.clone()), after.clone());
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

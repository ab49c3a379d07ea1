//! The cluster as signals: one per id, in keyed lists, so that a change touches only what shows it.
use cluster::delta::{ComponentView, HopView, Inspection, Link, Mark, NodeView, ObjectView, PodView, WorkloadView};
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One thing on show.
pub struct Cell<T> {
    pub id: String,
    pub view: ArcRwSignal<T>,
}

pub type Row<T> = Arc<Cell<T>>;

/// One Pod on show, at a place of its own until it is gone for good.
pub struct PodCell {
    pub id: String,
    /// Unique for as long as the page lives: a Pod that comes back under its name is another shape.
    pub serial: u32,
    /// Which place of its node (or of the tray) it holds.
    pub slot: usize,
    pub node: String,
    pub view: ArcRwSignal<PodView>,
    /// It is deleted and shown as a ghost for a moment.
    pub ghost: ArcRwSignal<bool>,
}

/// A node and the Pods drawn in it.
pub struct NodeCell {
    pub id: String,
    pub view: ArcRwSignal<NodeView>,
    pub pods: ArcRwSignal<Vec<Arc<PodCell>>>,
}

/// Figures for summaries.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    pub nodes: usize,
    pub nodes_ready: usize,
    pub pods: usize,
    pub pods_ready: usize,
    pub waiting: usize,
}

/// Everything known, by id. Written by the bridge alone.
#[derive(Default)]
pub struct Index {
    pub components: BTreeMap<String, Row<ComponentView>>,
    pub nodes: BTreeMap<String, Arc<NodeCell>>,
    pub pods: BTreeMap<String, Arc<PodCell>>,
    pub workloads: BTreeMap<String, Row<WorkloadView>>,
    pub objects: BTreeMap<String, ObjectView>,
    pub marks: Vec<Mark>,
    pub serial: u32,
}

#[derive(Clone, Copy)]
pub struct World {
    pub index: StoredValue<Index>,
    pub components: RwSignal<Vec<Row<ComponentView>>>,
    pub nodes: RwSignal<Vec<Arc<NodeCell>>>,
    /// Pods without a node.
    pub tray: RwSignal<Vec<Arc<PodCell>>>,
    pub workloads: RwSignal<Vec<Row<WorkloadView>>>,
    pub revision: RwSignal<u64>,
    pub counts: RwSignal<Counts>,
    /// Goes up when a delta has been shown completely.
    pub settled: RwSignal<u32>,
    /// Goes up when marks were added.
    pub marked: RwSignal<u32>,
    /// Messages that just travelled: (from, to, write).
    pub travelled: RwSignal<Vec<(String, String, bool)>>,
    /// The id that picture, outline, table and inspector have in common.
    pub picked: RwSignal<Option<String>>,
    pub inspection: RwSignal<Option<Arc<Inspection>>>,
    /// The request that was asked about, and its way.
    pub followed: RwSignal<Option<(u64, Arc<Vec<HopView>>)>>,
    /// The chain of an occurrence that was asked about.
    pub chain: RwSignal<Option<Arc<Vec<Link>>>>,
    /// The Pod under the pointer or the focus, and why it is as it is.
    pub pointed: RwSignal<Option<(String, Arc<Vec<Link>>)>>,
    /// Ids that a link in the text points at.
    pub hinted: RwSignal<Option<String>>,
}

impl World {
    pub fn new() -> Self {
        Self {
            index: StoredValue::new(Index::default()),
            components: RwSignal::default(),
            nodes: RwSignal::default(),
            tray: RwSignal::default(),
            workloads: RwSignal::default(),
            revision: RwSignal::new(0),
            counts: RwSignal::default(),
            settled: RwSignal::new(0),
            marked: RwSignal::new(0),
            travelled: RwSignal::default(),
            picked: RwSignal::new(None),
            inspection: RwSignal::new(None),
            followed: RwSignal::new(None),
            chain: RwSignal::new(None),
            pointed: RwSignal::new(None),
            hinted: RwSignal::new(None),
        }
    }

    /// Chooses an object everywhere at once, and asks the engine about it.
    pub fn pick(&self, id: &str) {
        self.chain.set(None);
        if self.picked.with_untracked(|old| old.as_deref() != Some(id)) {
            self.inspection.set(None);
        }
        self.picked.set(Some(id.to_string()));
        super::wire::inspect(id.to_string());
    }

    /// Asks about what the pointer is on, without choosing it.
    pub fn point(&self, id: &str) {
        self.pointed.set(Some((id.to_string(), Arc::default())));
        super::wire::inspect(id.to_string());
    }

    pub fn unpick(&self) {
        self.picked.set(None);
        self.inspection.set(None);
        self.chain.set(None);
    }

    /// Asks why an occurrence happened.
    pub fn ask_why(&self, occurrence: u32, about: &str) {
        self.inspection.set(None);
        self.picked.set(Some(about.to_string()));
        super::wire::why(occurrence);
    }

    /// Every Pod as it is now, ghosts left out, without subscribing.
    pub fn pods_now(&self) -> Vec<PodView> {
        self.index.with_value(|index| index.pods.values().map(|pod| pod.view.get_untracked()).collect())
    }
}

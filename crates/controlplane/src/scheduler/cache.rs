//! The scheduler's picture of the nodes: running totals per node, with Pods that are bound or assumed to be.
use crate::facts;
use apiserver::store::Kept;
use objects::resources::Resources;
use objects::terms::Taint;
use objects::{Key, Object, Quantity, Text, Tree};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the scheduler needs to know of a Pod, worked out once.
#[derive(Clone, Debug)]
pub struct PodInfo {
    /// Its outline: key, spec, labels.
    pub object: Kept,
    pub requested: Resources,
    pub assumed: Resources,
    /// The uid of its controller; empty for none.
    pub controller: Text,
    pub priority: i64,
    /// Whether it keeps other Pods away by required anti-affinity.
    pub repels: bool,
}

impl PodInfo {
    pub fn of(object: &Kept) -> PodInfo {
        let spec = object.spec();
        PodInfo {
            object: Arc::new(object.outline()),
            requested: Resources::requested(spec),
            assumed: Resources::assumed(spec),
            controller: object.controller().get("uid").as_text().cloned().unwrap_or_default(),
            priority: spec.get("priority").int_or(0),
            repels: !repulsions(spec).is_empty(),
        }
    }

    pub fn key(&self) -> &Key {
        &self.object.key
    }
}

/// The required anti-affinity terms of a Pod's spec.
pub fn repulsions(spec: &Tree) -> &[Tree] {
    spec.at(&["affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution"]).items()
}

/// A node with the sum of what its Pods ask for.
#[derive(Clone, Debug)]
pub struct NodeInfo {
    pub name: Text,
    pub labels: Tree,
    pub taints: Vec<Taint>,
    pub unschedulable: bool,
    pub allocatable: Resources,
    pub most_pods: i64,
    /// Sizes in bytes of the images on it, by every name of theirs.
    pub images: BTreeMap<Text, i64>,
    pub requested: Resources,
    pub assumed: Resources,
    pub pods: BTreeMap<(Text, Text), Arc<PodInfo>>,
    /// How many of its Pods (not being deleted) each controller has.
    pub by_controller: BTreeMap<Text, i64>,
    /// How many of its Pods have each priority.
    by_priority: BTreeMap<i64, usize>,
}

impl NodeInfo {
    fn empty(name: Text) -> NodeInfo {
        NodeInfo {
            name,
            labels: Tree::Null,
            taints: Vec::new(),
            unschedulable: false,
            allocatable: Resources::default(),
            most_pods: 0,
            images: BTreeMap::new(),
            requested: Resources::default(),
            assumed: Resources::default(),
            pods: BTreeMap::new(),
            by_controller: BTreeMap::new(),
            by_priority: BTreeMap::new(),
        }
    }

    /// The same node without its Pods.
    pub fn emptied(&self) -> NodeInfo {
        NodeInfo {
            labels: self.labels.clone(),
            taints: self.taints.clone(),
            unschedulable: self.unschedulable,
            allocatable: self.allocatable.clone(),
            most_pods: self.most_pods,
            ..NodeInfo::empty(self.name.clone())
        }
    }

    fn describe(&mut self, node: &Object) {
        let allocatable = node.status().get("allocatable");
        self.labels = node.labels().clone();
        self.taints = node.spec().get("taints").items().iter().map(Taint::of).collect();
        self.unschedulable = node.spec().get("unschedulable").is_true();
        self.allocatable = Resources::of(allocatable);
        self.most_pods = Quantity::of(allocatable.get("pods")).as_units();
        self.images.clear();
        for image in node.status().get("images").items() {
            for name in image.get("names").items() {
                self.images.insert(name.as_text().cloned().unwrap_or_default(), image.get("sizeBytes").int_or(0));
            }
        }
    }

    pub fn add(&mut self, pod: Arc<PodInfo>) {
        self.requested.add(&pod.requested);
        self.assumed.add(&pod.assumed);
        if !pod.controller.is_empty() && !pod.object.is_deleting() {
            *self.by_controller.entry(pod.controller.clone()).or_default() += 1;
        }
        *self.by_priority.entry(pod.priority).or_default() += 1;
        let key = pod.key();
        self.pods.insert((key.namespace.clone(), key.name.clone()), pod.clone());
    }

    pub fn remove(&mut self, key: &Key) -> Option<Arc<PodInfo>> {
        let pod = self.pods.remove(&(key.namespace.clone(), key.name.clone()))?;
        self.requested.subtract(&pod.requested);
        self.assumed.subtract(&pod.assumed);
        if let Some(count) = self.by_controller.get_mut(&pod.controller).filter(|_| !pod.object.is_deleting()) {
            *count -= 1;
            if *count == 0 {
                self.by_controller.remove(&pod.controller);
            }
        }
        if let Some(count) = self.by_priority.get_mut(&pod.priority) {
            *count -= 1;
            if *count == 0 {
                self.by_priority.remove(&pod.priority);
            }
        }
        Some(pod)
    }

    /// The priority of its least important Pod; `None` where it has no Pods.
    pub fn least_priority(&self) -> Option<i64> {
        self.by_priority.keys().next().copied()
    }
}

/// All nodes, ordered by name. Copies share what has not changed.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    nodes: Vec<Arc<NodeInfo>>,
    /// Pods whose binding is on its way, with their node.
    assumed: BTreeMap<Key, Text>,
    /// How many placed Pods keep others away.
    repelling: usize,
}

impl Cache {
    pub fn nodes(&self) -> &[Arc<NodeInfo>] {
        &self.nodes
    }

    pub fn node(&self, name: &str) -> Option<&NodeInfo> {
        self.place(name).ok().map(|at| &*self.nodes[at])
    }

    pub fn any_repels(&self) -> bool {
        self.repelling > 0
    }

    pub fn is_assumed(&self, key: &Key) -> bool {
        self.assumed.contains_key(key)
    }

    /// A node as it is now; `None` when it is gone.
    pub fn set_node(&mut self, name: &Text, node: Option<&Object>) {
        match (self.place(name), node) {
            (Ok(at), Some(node)) => Arc::make_mut(&mut self.nodes[at]).describe(node),
            (Err(at), Some(node)) => {
                let mut info = NodeInfo::empty(name.clone());
                info.describe(node);
                self.nodes.insert(at, Arc::new(info));
            }
            (Ok(at), None) => {
                let gone = self.nodes.remove(at);
                self.repelling -= gone.pods.values().filter(|pod| pod.repels).count();
            }
            (Err(_), None) => {}
        }
    }

    /// Counts a Pod on its node, in place of what was counted for it before.
    pub fn place_pod(&mut self, node: &str, pod: PodInfo) {
        self.remove_pod(node, pod.key());
        if let Ok(at) = self.place(node) {
            self.repelling += usize::from(pod.repels);
            Arc::make_mut(&mut self.nodes[at]).add(Arc::new(pod));
        }
    }

    pub fn remove_pod(&mut self, node: &str, key: &Key) {
        if let Ok(at) = self.place(node)
            && let Some(gone) = Arc::make_mut(&mut self.nodes[at]).remove(key)
        {
            self.repelling -= usize::from(gone.repels);
        }
    }

    /// Counts a Pod on the node that was chosen for it, before anyone can see it there.
    pub fn assume(&mut self, node: &Text, pod: PodInfo) {
        self.assumed.insert(pod.key().clone(), node.clone());
        self.place_pod(node, pod);
    }

    /// The binding is visible, or the Pod is gone: the assumption ends.
    pub fn confirm(&mut self, key: &Key) -> Option<Text> {
        self.assumed.remove(key)
    }

    /// The binding has failed.
    pub fn forget(&mut self, key: &Key) {
        if let Some(node) = self.assumed.remove(key) {
            self.remove_pod(&node, key);
        }
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.nodes.binary_search_by(|info| info.name.as_str().cmp(name))
    }
}

/// Whether a placed Pod takes room.
pub fn takes_room(pod: &Object) -> bool {
    !facts::node_name(pod).is_empty() && !facts::is_finished(pod)
}

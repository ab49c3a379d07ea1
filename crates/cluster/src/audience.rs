//! Who may watch a change: asking every node's agents about every Pod would grow with the square of the cluster.
use crate::event::PartId;
use crate::part::Actor;
use crate::world::World;
use apiserver::Change;
use objects::{Text, kinds};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The parts that may be interested in `change`, in their order; each still says itself whether it is.
///
/// `central` are all parts but for kubelets and kube-proxies, `count` is how many parts there are.
pub(crate) fn audience(change: &Change, central: &[PartId], kubelets: &BTreeMap<Text, PartId>, count: usize) -> Vec<PartId> {
    match change.key.kind {
        // No component reads Events.
        kinds::EVENT => Vec::new(),
        kinds::POD => {
            let node = change.object().and_then(|pod| pod.spec().get("nodeName").as_text());
            let own = node.and_then(|node| kubelets.get(node));
            let at = own.map_or(0, |own| central.partition_point(|id| id < own));
            central[..at].iter().chain(own).chain(&central[at..]).copied().collect()
        }
        kinds::LEASE => central.to_vec(),
        _ => (0..count).collect(),
    }
}

impl World {
    /// Takes in parts that came since; a place keeps its kind of part for ever.
    pub(crate) fn sort_parts(&mut self) {
        for id in self.sorted..self.parts.len() {
            if !matches!(self.parts[id].actor, Actor::Kubelet(_) | Actor::Proxy(_)) {
                Arc::make_mut(&mut self.central).push(id);
            }
        }
        self.sorted = self.parts.len();
    }
}

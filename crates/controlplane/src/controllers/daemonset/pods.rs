//! A DaemonSet and its Pods, node by node.
use super::nodes::{self, Verdict};
use crate::facts;
use crate::harness::{Cx, Write};
use crate::offspring;
use apiserver::store::Kept;
use objects::labels::Selector;
use objects::{Object, Text, Tree, kinds};
use std::collections::BTreeMap;

/// The label that tells which revision a Pod is of.
pub const HASH_LABEL: &str = "controller-revision-hash";
/// The label of the template's number, older than revisions.
pub const GENERATION_LABEL: &str = "pod-template-generation";
/// The annotation that holds that number.
pub const GENERATION: &str = "deprecated.daemonset.template.generation";

/// What a step about one set looks at.
pub struct Scene<'a> {
    pub cx: &'a Cx<'a>,
    pub set: &'a Kept,
    /// Of the present template.
    pub hash: Text,
    /// Each node, and whether it is to have a Pod.
    pub nodes: Vec<(&'a Kept, Verdict)>,
    /// The template's tolerations, and those that every daemon has.
    pub tolerations: Vec<Tree>,
    /// Its Pods by the node that they run on or are meant for, without those that have ended and are being deleted.
    pub by_node: BTreeMap<Text, Vec<&'a Kept>>,
    released: Vec<&'a Kept>,
    adopted: Vec<&'a Kept>,
}

impl<'a> Scene<'a> {
    pub fn new(cx: &'a Cx<'a>, set: &'a Kept, selector: &Selector, hash: Text) -> Scene<'a> {
        let own = cx.view.controlled_by(kinds::POD, set.uid());
        let (kept, released): (Vec<&Kept>, Vec<&Kept>) = own.partition(|pod| selector.matches(pod.labels()));
        let orphans = cx.view.orphans_in(kinds::POD, &set.key.namespace);
        let adopted: Vec<&Kept> = orphans.filter(|pod| !pod.is_deleting() && selector.matches(pod.labels())).collect();
        let mut by_node: BTreeMap<Text, Vec<&Kept>> = BTreeMap::new();
        for pod in kept.into_iter().chain(adopted.iter().copied()) {
            if !(facts::is_finished(pod) && pod.is_deleting()) {
                by_node.entry(Text::new(target(pod))).or_default().push(pod);
            }
        }
        // As upstream sorts them: those with a node first, then the oldest.
        by_node
            .values_mut()
            .for_each(|pods| pods.sort_by_key(|pod| (facts::node_name(pod).is_empty(), facts::created(pod), &pod.key.name)));
        let tolerations = nodes::tolerations(set.spec().at(&["template", "spec"]));
        let nodes = cx.view.list(kinds::NODE).map(|node| (node, nodes::verdict(set, &tolerations, node))).collect();
        Scene { cx, set, hash, nodes, tolerations, by_node, released, adopted }
    }

    /// The patches that take Pods in or let them go.
    pub fn claims(&self) -> impl Iterator<Item = Write> {
        let released = self.released.iter().map(|pod| offspring::release(pod, self.set));
        released.chain(self.adopted.iter().map(|pod| offspring::adopt(pod, self.set)))
    }

    /// The Pods on a node, in order; none where there are none.
    pub fn on(&self, node: &str) -> &[&'a Kept] {
        self.by_node.get(node).map_or(&[], Vec::as_slice)
    }

    pub fn min_ready(&self) -> i64 {
        self.set.spec().get("minReadySeconds").int_or(0)
    }

    pub fn is_available(&self, pod: &Object) -> bool {
        facts::is_available(pod, self.min_ready(), self.cx.now)
    }

    /// Whether a Pod is of the present template (upstream `IsPodUpdated`).
    pub fn is_updated(&self, pod: &Object) -> bool {
        let label = |name: &str| pod.labels().get(name).text();
        let generation = self.set.annotation(GENERATION);
        (!generation.is_empty() && label(GENERATION_LABEL) == generation) || (!self.hash.is_empty() && label(HASH_LABEL) == self.hash)
    }
}

/// The node of a Pod: the one it is bound to, or the one that its affinity names.
fn target(pod: &Object) -> &str {
    let bound = facts::node_name(pod);
    if !bound.is_empty() {
        return bound;
    }
    let path = ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"];
    let terms = pod.spec().at(&path).items();
    let fields = terms.iter().flat_map(|term| term.get("matchFields").items());
    let named = fields.filter(|field| field.get("key").text() == "metadata.name" && field.get("operator").text() == "In");
    named.filter_map(|field| field.get("values").items().first()).next().map_or("", |value| value.text())
}

//! Which news may let a refused Pod onto a node after all: the QueueingHints of upstream's plugins, a rule for each.
use super::cache::NodeInfo;
use super::framework::Cycle;
use super::plugins;
use objects::Object;
use std::collections::BTreeSet;

/// The plugins that refused a Pod; empty where that is not known.
type RefusedBy = BTreeSet<&'static str>;

/// A node came (`old` is none) or changed. One plugin that may think otherwise now is enough: the others are asked in the attempt.
pub fn after_node(refused_by: &RefusedBy, cycle: &Cycle, old: Option<&NodeInfo>, new: &NodeInfo) -> bool {
    refused_by.is_empty()
        || plugins::ALL.iter().filter(|plugin| refused_by.contains(plugin.name)).any(|plugin| {
            let passes = |node: &NodeInfo| plugin.filter.is_none_or(|filter| filter(cycle, node).is_ok());
            match plugin.name {
                "NodeResourcesFit" => passes(&new.emptied()) && old.is_none_or(|old| offers_more(cycle, old, new)),
                "PodTopologySpread" | "InterPodAffinity" => old.is_none_or(|old| old.labels != new.labels),
                _ => passes(new) && old.is_none_or(|old| !passes(old)),
            }
        })
}

/// A node is gone, and with it perhaps the emptiest domain.
pub fn after_node_gone(refused_by: &RefusedBy) -> bool {
    refused_by.is_empty() || refused_by.contains("PodTopologySpread")
}

/// A Pod has got its node.
pub fn after_pod_placed(refused_by: &RefusedBy, cycle: &Cycle, pod: &Object) -> bool {
    refused_by.contains("InterPodAffinity") && plugins::attracts(cycle, pod)
        || refused_by.contains("PodTopologySpread") && plugins::counts_in(cycle, pod)
}

/// A Pod on a node may have other labels now.
pub fn after_pod_relabelled(refused_by: &RefusedBy, cycle: &Cycle, old: &Object, new: &Object) -> bool {
    let nearer = || plugins::attracts(cycle, new) && !plugins::attracts(cycle, old);
    let freer = || plugins::repels(cycle, old) && !plugins::repels(cycle, new);
    refused_by.contains("InterPodAffinity") && (nearer() || freer())
        || refused_by.contains("PodTopologySpread") && plugins::counts_in(cycle, old) != plugins::counts_in(cycle, new)
}

/// A Pod has left its node: deleted, or at its end. For a Pod that found no room any such is worth a try, however small it was.
pub fn after_pod_gone(refused_by: &RefusedBy, cycle: &Cycle, gone: &Object) -> bool {
    refused_by.is_empty()
        || refused_by.contains("NodeResourcesFit")
        || refused_by.contains("InterPodAffinity") && plugins::repels(cycle, gone)
        || refused_by.contains("PodTopologySpread") && plugins::counts_in(cycle, gone)
        || refused_by.contains("NodePorts") && plugins::share_a_port(cycle.spec(), gone.spec())
}

/// Whether the node has more than before of something that the Pod requests.
fn offers_more(cycle: &Cycle, old: &NodeInfo, new: &NodeInfo) -> bool {
    let (wanted, before, after) = (&cycle.pod.requested, &old.allocatable, &new.allocatable);
    let of = |list: &std::collections::BTreeMap<objects::Text, i64>, name: &objects::Text| list.get(name).copied().unwrap_or(0);
    old.most_pods < new.most_pods
        || wanted.cpu > 0 && before.cpu < after.cpu
        || wanted.memory > 0 && before.memory < after.memory
        || wanted.storage > 0 && before.storage < after.storage
        || wanted.other.iter().any(|(name, amount)| *amount > 0 && of(&before.other, name) < of(&after.other, name))
}

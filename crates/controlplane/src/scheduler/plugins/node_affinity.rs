//! NodeAffinity: `nodeSelector` and node affinity, required and preferred.
use crate::scheduler::cache::NodeInfo;
use crate::scheduler::framework::{Cycle, Normalise, Plugin, Refusal, Score};
use objects::Tree;
use objects::terms;

pub static PLUGIN: Plugin = Plugin {
    name: "NodeAffinity",
    filter: Some(filter),
    score: Some(Score { weight: 2, applies: |cycle| !preferred(cycle).is_empty(), rate, normalise: Normalise::ToGreatest }),
};

fn preferred<'a>(cycle: &Cycle<'a>) -> &'a [Tree] {
    cycle.spec().at(&["affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution"]).items()
}

fn filter(cycle: &Cycle, node: &NodeInfo) -> Result<(), Refusal> {
    if !cycle.picky || terms::node_passes(cycle.spec(), &node.name, &node.labels) {
        return Ok(());
    }
    Err(Refusal::hopeless("node(s) didn't match Pod's node affinity/selector"))
}

/// The weights of the preferences that the node meets.
fn rate(cycle: &Cycle, node: &NodeInfo) -> i64 {
    let met = preferred(cycle).iter().filter(|it| terms::term_passes(it.get("preference"), &node.name, &node.labels));
    met.map(|it| it.get("weight").int_or(0)).sum()
}

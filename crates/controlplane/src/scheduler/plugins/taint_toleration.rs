//! TaintToleration: taints keep Pods away that do not tolerate them, or make the node less liked.
use crate::scheduler::cache::NodeInfo;
use crate::scheduler::framework::{Cycle, Normalise, Plugin, Refusal, Score};
use objects::terms;

pub static PLUGIN: Plugin = Plugin {
    name: "TaintToleration",
    filter: Some(filter),
    score: Some(Score { weight: 3, applies: |_| true, rate, normalise: Normalise::Reversed }),
};

fn filter(cycle: &Cycle, node: &NodeInfo) -> Result<(), Refusal> {
    let tolerations = cycle.tolerations;
    let mut strict = node.taints.iter().filter(|taint| taint.effect != "PreferNoSchedule");
    if strict.all(|taint| terms::tolerates(tolerations, taint)) {
        return Ok(());
    }
    Err(Refusal::hopeless("node(s) had untolerated taint(s)"))
}

/// How many taints that only advise against the node are not tolerated.
fn rate(cycle: &Cycle, node: &NodeInfo) -> i64 {
    let advice = node.taints.iter().filter(|taint| taint.effect == "PreferNoSchedule");
    let tolerations = cycle.tolerations;
    let speaks = |it: &&objects::Tree| matches!(it.get("effect").text(), "" | "PreferNoSchedule");
    advice.filter(|taint| !tolerations.iter().filter(speaks).any(|it| terms::tolerated_by(it, taint))).count() as i64
}

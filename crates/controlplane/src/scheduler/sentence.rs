//! The sentence about a Pod that fits nowhere, word for word as kube-scheduler says it.
use super::framework::Attempt;
use super::preemption::Outcome;
use objects::Text;
use std::collections::BTreeMap;

/// `0/4 nodes are available: … preemption: 0/4 nodes are available: …`; where others make room, nothing is said of that.
pub fn unschedulable(attempt: &Attempt, preemption: &Outcome) -> String {
    if attempt.nodes == 0 {
        return "no nodes available to schedule pods".to_string();
    }
    let first = availability(attempt.nodes, attempt.reasons());
    match preemption {
        Outcome::NotEligible(why) => format!("{first} preemption: {why}"),
        Outcome::Useless(reasons) => format!("{first} preemption: {}", availability(attempt.nodes, reasons.clone())),
        Outcome::Room { .. } => first,
    }
}

fn availability(nodes: usize, reasons: BTreeMap<Text, usize>) -> String {
    let mut counted: Vec<String> = reasons.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    counted.sort();
    if counted.is_empty() {
        format!("0/{nodes} nodes are available.")
    } else {
        format!("0/{nodes} nodes are available: {}.", counted.join(", "))
    }
}

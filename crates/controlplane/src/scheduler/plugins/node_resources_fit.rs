//! NodeResourcesFit: a node must have room for what a Pod requests; the emptiest is liked best (LeastAllocated).
use crate::scheduler::cache::NodeInfo;
use crate::scheduler::framework::{Cycle, MAX_SCORE, Normalise, Plugin, Refusal, Score};
use objects::Text;

pub static PLUGIN: Plugin = Plugin {
    name: "NodeResourcesFit",
    filter: Some(filter),
    score: Some(Score { weight: 1, applies: |_| true, rate, normalise: Normalise::Not }),
};

fn filter(cycle: &Cycle, node: &NodeInfo) -> Result<(), Refusal> {
    let (wanted, used, all) = (&cycle.pod.requested, &node.requested, &node.allocatable);
    let mut refusal = Refusal { reasons: Vec::new(), hopeless: false };
    if node.pods.len() as i64 + 1 > node.most_pods {
        refusal.reasons.push(Text::new_static("Too many pods"));
    }
    let mut check = |reason: Text, wanted: i64, used: i64, all: i64| {
        if wanted > 0 && wanted > all - used {
            refusal.reasons.push(reason);
            // More than the whole node has: nobody's eviction helps.
            refusal.hopeless |= wanted > all;
        }
    };
    check(Text::new_static("Insufficient cpu"), wanted.cpu, used.cpu, all.cpu);
    check(Text::new_static("Insufficient memory"), wanted.memory, used.memory, all.memory);
    check(Text::new_static("Insufficient ephemeral-storage"), wanted.storage, used.storage, all.storage);
    for (name, amount) in &wanted.other {
        let of = |list: &std::collections::BTreeMap<Text, i64>| list.get(name).copied().unwrap_or(0);
        check(Text::from(format!("Insufficient {name}")), *amount, of(&used.other), of(&all.other));
    }
    if refusal.reasons.is_empty() { Ok(()) } else { Err(refusal) }
}

/// The mean of the shares of CPU and memory that stay free, in percent.
fn rate(cycle: &Cycle, node: &NodeInfo) -> i64 {
    let free = |asked: i64, used: i64, all: i64| if all == 0 || asked + used > all { 0 } else { (all - asked - used) * MAX_SCORE / all };
    let (asked, used, all) = (&cycle.pod.assumed, &node.assumed, &node.allocatable);
    let rated = [(asked.cpu, used.cpu, all.cpu), (asked.memory, used.memory, all.memory)];
    let known: Vec<i64> = rated.into_iter().filter(|(.., all)| *all > 0).map(|(asked, used, all)| free(asked, used, all)).collect();
    if known.is_empty() { 0 } else { known.iter().sum::<i64>() / known.len() as i64 }
}

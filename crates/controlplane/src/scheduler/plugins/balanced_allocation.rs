//! NodeResourcesBalancedAllocation: nodes whose CPU and memory would be used in like measure are liked better.
use crate::scheduler::cache::NodeInfo;
use crate::scheduler::framework::{Cycle, MAX_SCORE, Normalise, Plugin, Score};

pub static PLUGIN: Plugin = Plugin {
    name: "NodeResourcesBalancedAllocation",
    filter: None,
    score: Some(Score {
        weight: 1,
        applies: |cycle| cycle.pod.requested.cpu + cycle.pod.requested.memory > 0,
        rate,
        normalise: Normalise::Not,
    }),
};

/// 100 less the standard deviation of the used shares, which for two shares is half their distance.
fn rate(cycle: &Cycle, node: &NodeInfo) -> i64 {
    const WHOLE: i64 = 1_000_000;
    let (asked, used, all) = (&cycle.pod.requested, &node.requested, &node.allocatable);
    if all.cpu == 0 || all.memory == 0 {
        return MAX_SCORE;
    }
    let share = |amount: i64, all: i64| (i128::from(amount) * i128::from(WHOLE) / i128::from(all)).min(i128::from(WHOLE)) as i64;
    let (cpu, memory) = (share(asked.cpu + used.cpu, all.cpu), share(asked.memory + used.memory, all.memory));
    (WHOLE - (cpu - memory).abs() / 2) * MAX_SCORE / WHOLE
}

//! NodeName: a Pod that names its node goes nowhere else.
use crate::scheduler::cache::NodeInfo;
use crate::scheduler::framework::{Cycle, Plugin, Refusal};

pub static PLUGIN: Plugin = Plugin { name: "NodeName", filter: Some(filter), score: None };

fn filter(cycle: &Cycle, node: &NodeInfo) -> Result<(), Refusal> {
    let named = cycle.named;
    if named.is_empty() || named == node.name { Ok(()) } else { Err(Refusal::hopeless("node(s) didn't match the requested node name")) }
}

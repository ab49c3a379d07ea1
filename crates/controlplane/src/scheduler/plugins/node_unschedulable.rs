//! NodeUnschedulable: a cordoned node takes no new Pods, but for those that tolerate it.
use crate::scheduler::cache::NodeInfo;
use crate::scheduler::framework::{Cycle, Plugin, Refusal};
use objects::Text;
use objects::terms::{self, Taint};

pub static PLUGIN: Plugin = Plugin { name: "NodeUnschedulable", filter: Some(filter), score: None };

const CORDON: Taint = Taint {
    key: Text::new_static("node.kubernetes.io/unschedulable"),
    value: Text::new_static(""),
    effect: Text::new_static("NoSchedule"),
};

fn filter(cycle: &Cycle, node: &NodeInfo) -> Result<(), Refusal> {
    if !node.unschedulable || terms::tolerates(cycle.tolerations, &CORDON) {
        return Ok(());
    }
    Err(Refusal::hopeless("node(s) were unschedulable"))
}

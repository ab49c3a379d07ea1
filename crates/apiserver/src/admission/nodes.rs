//! A new node takes no Pods until it is ready (`TaintNodesByCondition`).
use crate::exchange::Exchange;
use objects::{Status, kinds, map};

pub(super) fn taint(x: &mut Exchange) -> Result<(), Status> {
    if !x.creates || x.kind != kinds::NODE {
        return Ok(());
    }
    let taints = x.new.edit(&["spec", "taints"]).list_mut();
    let key = "node.kubernetes.io/not-ready";
    if !taints.iter().any(|taint| taint.get("key").text() == key && taint.get("effect").text() == "NoSchedule") {
        taints.push(map! {"effect": "NoSchedule", "key": key});
    }
    Ok(())
}

//! Gives each node a range of Pod addresses: 10.244.0.0/24, 10.244.1.0/24, … (node-ipam-controller).
use crate::harness::{Controller, Cx, Plan, Write};
use apiserver::{Change, Snapshot};
use objects::wire::{PatchKind, Request, Verb};
use objects::{Key, Text, Tree, kinds, list, map};
use std::collections::BTreeSet;

pub static NODE_IPAM: Controller =
    Controller { name: "node-ipam-controller", triggers: &[(kinds::NODE, without_range)], workers: 1, reconcile };

/// One key for all nodes: two nodes must not be given one range.
fn without_range(change: &Change, _: &Snapshot) -> Vec<Key> {
    let bare = change.after.as_ref().is_some_and(|node| node.spec().get("podCIDR").is_empty());
    if bare { vec![Key::new(kinds::NODE, Text::default(), Text::default())] } else { Vec::new() }
}

fn reconcile(cx: &Cx, _: &Key) -> Plan {
    let range = |node: &Tree| node.at(&["spec", "podCIDR"]).as_text().cloned();
    let mut taken: BTreeSet<Text> = cx.view.list(kinds::NODE).filter_map(|node| range(&node.tree)).collect();
    let mut bare: Vec<_> = cx.view.list(kinds::NODE).filter(|node| range(&node.tree).is_none()).collect();
    bare.sort_by_key(|node| node.meta().get("creationTimestamp").text().to_string());
    let mut free = (0..=255).map(|number| Text::from(format!("10.244.{number}.0/24")));
    let mut writes = Vec::new();
    for node in bare {
        let Some(next) = free.by_ref().find(|range| !taken.contains(range)) else { break };
        taken.insert(next.clone());
        let body = map! {"spec": map! {"podCIDR": &next, "podCIDRs": list![next]}};
        let verb = Verb::Patch(PatchKind::Strategic);
        writes.push(Write::new(Request::about(verb, kinds::NODE, "", node.key.name.clone()).body(body)).ignore(&[404]));
    }
    Plan::write(writes)
}

//! Gives each node a range of Pod addresses: /24 after /24 of `--cluster-cidr` (node-ipam-controller).
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
    let mut free = blocks(cx.pod_range);
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

/// The blocks of 256 addresses in `10.244.0.0/16`; none of what is no range of IPv4 addresses.
fn blocks(range: &str) -> impl Iterator<Item = Text> {
    let read = || {
        let (base, bits) = range.split_once('/')?;
        let (base, bits) = (u32::from(base.parse::<std::net::Ipv4Addr>().ok()?), bits.parse::<u32>().ok().filter(|bits| *bits <= 24)?);
        Some((base & u32::MAX.checked_shl(32 - bits).unwrap_or(0), 1u32 << (24 - bits)))
    };
    let (base, count) = read().unwrap_or_default();
    (0..count).map(move |number| Text::from(format!("{}/24", std::net::Ipv4Addr::from(base + (number << 8)))))
}

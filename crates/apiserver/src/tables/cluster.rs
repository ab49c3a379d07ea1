//! Rows of nodes, namespaces, leases, priority classes.
use super::age::since;
use super::{AGE, Column, NAME, Table, none_if_empty, text, wide};
use crate::store::Kept;
use objects::Tree;

pub(super) const NODE: Table = Table {
    columns: &[
        NAME,
        text("Status"),
        text("Roles"),
        AGE,
        text("Version"),
        wide("Internal-IP"),
        wide("External-IP"),
        wide("OS-Image"),
        wide("Kernel-Version"),
        wide("Container-Runtime"),
    ],
    cells: |now, node| {
        let info = node.status().get("nodeInfo");
        let or_unknown = |key: &str| {
            let text = info.get(key).text();
            if text.is_empty() { "<unknown>".to_string() } else { text.to_string() }
        };
        let architecture = info.get("architecture").text();
        let mut kernel = or_unknown("kernelVersion");
        if !architecture.is_empty() {
            kernel = format!("{kernel} ({architecture})");
        }
        vec![
            Tree::from(&node.key.name),
            Tree::from(state(node)),
            none_if_empty(roles(node)),
            Tree::from(since(now, node.meta().get("creationTimestamp"))),
            Tree::from(info.get("kubeletVersion").text()),
            none_if_empty(address(node, "InternalIP")),
            none_if_empty(address(node, "ExternalIP")),
            Tree::from(or_unknown("osImage")),
            Tree::from(kernel),
            Tree::from(or_unknown("containerRuntimeVersion")),
        ]
    },
};

pub(super) const COMPONENT_STATUS: Table = Table {
    columns: &[NAME, text("Status"), text("Message"), text("Error")],
    cells: |_, kept| {
        let condition = kept.tree.get("conditions").items().iter().find(|one| one.get("type").text() == "Healthy");
        let said = |key: &str| condition.map_or("", |one| one.get(key).text());
        let state = match said("status") {
            "True" => "Healthy",
            "False" => "Unhealthy",
            _ => "Unknown",
        };
        vec![Tree::from(&kept.key.name), Tree::from(state), Tree::from(said("message")), Tree::from(said("error"))]
    },
};

fn state(node: &Kept) -> String {
    let ready = node.status().get("conditions").items().iter().find(|found| found.get("type").text() == "Ready");
    let mut words = match ready.map(|found| found.get("status").text()) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_string();
    if node.spec().get("unschedulable").is_true() {
        words.push_str(",SchedulingDisabled");
    }
    words
}

fn roles(node: &Kept) -> String {
    let mut all: Vec<&str> = Vec::new();
    for (key, value) in node.labels().entries() {
        if let Some(role) = key.strip_prefix("node-role.kubernetes.io/").filter(|role| !role.is_empty()) {
            all.push(role);
        } else if key == "kubernetes.io/role" && !value.is_empty() {
            all.push(value.text());
        }
    }
    all.sort_unstable();
    all.dedup();
    all.join(",")
}

fn address<'a>(node: &'a Kept, kind: &str) -> &'a str {
    let all = node.status().get("addresses").items();
    all.iter().find(|found| found.get("type").text() == kind).map_or("", |found| found.get("address").text())
}

pub(super) const NAMESPACE: Table = Table {
    columns: &[NAME, text("Status"), AGE],
    cells: |now, kept| {
        let phase = Tree::from(kept.status().get("phase").text());
        vec![Tree::from(&kept.key.name), phase, Tree::from(since(now, kept.meta().get("creationTimestamp")))]
    },
};

pub(super) const LEASE: Table = Table {
    columns: &[NAME, text("Holder"), AGE],
    cells: |now, kept| {
        let holder = Tree::from(kept.spec().get("holderIdentity").text());
        vec![Tree::from(&kept.key.name), holder, Tree::from(since(now, kept.meta().get("creationTimestamp")))]
    },
};

pub(super) const PRIORITY_CLASS: Table = Table {
    columns: &[NAME, Column("Value", "integer", "", false), Column("Global-Default", "boolean", "", false), AGE, text("PreemptionPolicy")],
    cells: |now, kept| {
        vec![
            Tree::from(&kept.key.name),
            Tree::from(kept.tree.get("value").int_or(0)),
            Tree::from(kept.tree.get("globalDefault").is_true()),
            Tree::from(since(now, kept.meta().get("creationTimestamp"))),
            Tree::from(kept.tree.get("preemptionPolicy").text()),
        ]
    },
};

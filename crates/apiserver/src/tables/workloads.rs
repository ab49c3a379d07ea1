//! Rows of Deployments, ReplicaSets and DaemonSets, and of the revisions that are kept of them.
use super::age::since;
use super::{AGE, NAME, Table, labels, none_if_empty, number, text, wide};
use crate::scale::selector_text;
use crate::store::Kept;
use objects::Tree;
use simcore::Time;

pub(super) const DEPLOYMENT: Table = Table {
    columns: &[NAME, text("Ready"), text("Up-to-date"), text("Available"), AGE, wide("Containers"), wide("Images"), wide("Selector")],
    cells: |now, kept| {
        let count = |key: &str| kept.status().get(key).int_or(0);
        let wanted = kept.spec().get("replicas").int_or(1);
        let mut cells = vec![
            Tree::from(&kept.key.name),
            Tree::from(format!("{}/{wanted}", count("readyReplicas"))),
            Tree::from(count("updatedReplicas")),
            Tree::from(count("availableReplicas")),
        ];
        finish(now, kept, &mut cells);
        cells
    },
};

pub(super) const REPLICA_SET: Table = Table {
    columns: &[NAME, number("Desired"), number("Current"), number("Ready"), AGE, wide("Containers"), wide("Images"), wide("Selector")],
    cells: |now, kept| {
        let count = |key: &str| Tree::from(kept.status().get(key).int_or(0));
        let wanted = Tree::from(kept.spec().get("replicas").int_or(1));
        let mut cells = vec![Tree::from(&kept.key.name), wanted, count("replicas"), count("readyReplicas")];
        finish(now, kept, &mut cells);
        cells
    },
};

pub(super) const DAEMON_SET: Table = Table {
    columns: &[
        NAME,
        number("Desired"),
        number("Current"),
        number("Ready"),
        number("Up-to-date"),
        number("Available"),
        text("Node Selector"),
        AGE,
        wide("Containers"),
        wide("Images"),
        wide("Selector"),
    ],
    cells: |now, kept| {
        const COUNTS: [&str; 5] =
            ["desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled", "numberAvailable"];
        let mut cells = vec![Tree::from(&kept.key.name)];
        cells.extend(COUNTS.map(|key| Tree::from(kept.status().get(key).int_or(0))));
        cells.push(labels(kept.spec().at(&["template", "spec", "nodeSelector"])));
        finish(now, kept, &mut cells);
        cells
    },
};

pub(super) const CONTROLLER_REVISION: Table = Table {
    columns: &[NAME, text("Controller"), number("Revision"), AGE],
    cells: |now, kept| {
        let owner = kept.controller();
        let group = owner.get("apiVersion").text().split_once('/').map_or("", |(group, _)| group);
        let dot = if group.is_empty() { "" } else { "." };
        let controller = format!("{}{dot}{group}/{}", owner.get("kind").text().to_lowercase(), owner.get("name").text());
        let controller = if owner.is_null() { none_if_empty("") } else { Tree::from(controller) };
        let age = Tree::from(since(now, kept.meta().get("creationTimestamp")));
        vec![Tree::from(&kept.key.name), controller, Tree::from(kept.tree.get("revision").int_or(0)), age]
    },
};

/// Age, containers, images, selector.
fn finish(now: Time, kept: &Kept, cells: &mut Vec<Tree>) {
    cells.push(Tree::from(since(now, kept.meta().get("creationTimestamp"))));
    let containers = kept.spec().at(&["template", "spec", "containers"]).items();
    for key in ["name", "image"] {
        let all: Vec<&str> = containers.iter().map(|container| container.get(key).text()).collect();
        cells.push(Tree::from(all.join(",")));
    }
    cells.push(none_if_empty(selector_text(kept.spec().get("selector"))));
}

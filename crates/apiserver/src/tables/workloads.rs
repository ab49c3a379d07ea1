//! Rows of Deployments and ReplicaSets.
use super::age::since;
use super::{AGE, NAME, Table, none_if_empty, number, text, wide};
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

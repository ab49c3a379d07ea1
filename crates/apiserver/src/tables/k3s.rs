//! Rows of K3s's kinds, by the printer columns of its custom resource definitions.
use super::{AGE, NAME, Table, text};
use crate::store::Kept;
use crate::tables::age::since;
use objects::Tree;
use simcore::Time;

fn age(now: Time, kept: &Kept) -> Tree {
    Tree::from(since(now, kept.meta().get("creationTimestamp")))
}

fn spec(kept: &Kept, name: &str) -> Tree {
    shown(kept.spec().get(name))
}

/// A field as a cell; one that is not there is an empty one.
fn shown(field: &Tree) -> Tree {
    match field {
        Tree::Null => Tree::from(""),
        Tree::Bool(yes) => Tree::from(if *yes { "true" } else { "false" }),
        other => other.clone(),
    }
}

fn told(kept: &Kept, names: &[&str]) -> Vec<Tree> {
    std::iter::once(Tree::from(&kept.key.name)).chain(names.iter().map(|name| spec(kept, name))).collect()
}

pub(super) const ADDON: Table =
    Table { columns: &[NAME, text("Source"), text("Checksum")], cells: |_, kept| told(kept, &["source", "checksum"]) };

pub(super) const ETCD_SNAPSHOT_FILE: Table = Table {
    columns: &[NAME, text("SnapshotName"), text("Node"), text("Location"), text("Size"), text("CreationTime")],
    cells: |_, kept| {
        let status = |name: &str| shown(kept.status().get(name));
        let mut cells = told(kept, &["snapshotName", "nodeName", "location"]);
        cells.extend([status("size"), status("creationTime")]);
        cells
    },
};

pub(super) const HELM_CHART: Table = Table {
    columns: &[NAME, text("Repo"), text("Chart"), text("Version"), text("TargetNamespace"), text("Bootstrap"), text("Failed"), text("Job")],
    cells: |_, kept| {
        let mut cells = told(kept, &["repo", "chart", "version", "targetNamespace", "bootstrap"]);
        cells.extend([Tree::from(""), shown(kept.status().get("jobName"))]);
        cells
    },
};

pub(super) const HELM_CHART_CONFIG: Table =
    Table { columns: &[NAME, AGE], cells: |now, kept| vec![Tree::from(&kept.key.name), age(now, kept)] };

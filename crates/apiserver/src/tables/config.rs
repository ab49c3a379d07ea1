//! Rows of ConfigMaps, Secrets, service accounts.
use super::age::since;
use super::{AGE, NAME, Table, number, text};
use objects::Tree;

pub(super) const CONFIG_MAP: Table = Table {
    columns: &[NAME, number("Data"), AGE],
    cells: |now, kept| {
        let entries = ["data", "binaryData"].iter().map(|part| kept.tree.get(part).entries().count()).sum::<usize>();
        vec![Tree::from(&kept.key.name), Tree::from(entries), Tree::from(since(now, kept.meta().get("creationTimestamp")))]
    },
};

pub(super) const SECRET: Table = Table {
    columns: &[NAME, text("Type"), number("Data"), AGE],
    cells: |now, kept| {
        vec![
            Tree::from(&kept.key.name),
            Tree::from(kept.tree.get("type").text()),
            Tree::from(kept.tree.get("data").entries().count()),
            Tree::from(since(now, kept.meta().get("creationTimestamp"))),
        ]
    },
};

pub(super) const SERVICE_ACCOUNT: Table = Table {
    columns: &[NAME, AGE],
    cells: |now, kept| vec![Tree::from(&kept.key.name), Tree::from(since(now, kept.meta().get("creationTimestamp")))],
};

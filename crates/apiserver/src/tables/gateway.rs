//! Rows of the Gateway API, by the printer columns of its custom resource definitions.
use super::age::since;
use super::{AGE, NAME, Table, text, wide};
use crate::store::Kept;
use objects::Tree;
use simcore::Time;

fn age(now: Time, kept: &Kept) -> Tree {
    Tree::from(since(now, kept.meta().get("creationTimestamp")))
}

fn condition(kept: &Kept, kind: &str) -> Tree {
    let found = kept.status().get("conditions").items().iter().find(|found| found.get("type").text() == kind);
    Tree::from(found.map_or("", |found| found.get("status").text()))
}

pub(super) const GATEWAY_CLASS: Table = Table {
    columns: &[NAME, text("Controller"), text("Accepted"), AGE, wide("Description")],
    cells: |now, kept| {
        let spec = |key: &str| Tree::from(kept.spec().get(key).text());
        vec![Tree::from(&kept.key.name), spec("controllerName"), condition(kept, "Accepted"), age(now, kept), spec("description")]
    },
};

pub(super) const GATEWAY: Table = Table {
    columns: &[NAME, text("Class"), text("Address"), text("Programmed"), AGE],
    cells: |now, kept| {
        let address = kept.status().get("addresses").items().first().map_or("", |address| address.get("value").text());
        vec![
            Tree::from(&kept.key.name),
            Tree::from(kept.spec().get("gatewayClassName").text()),
            Tree::from(address),
            condition(kept, "Programmed"),
            age(now, kept),
        ]
    },
};

pub(super) const HTTP_ROUTE: Table = Table {
    columns: &[NAME, text("Hostnames"), AGE],
    cells: |now, kept| {
        let hosts = kept.spec().get("hostnames");
        let shown = if hosts.is_empty() { String::new() } else { hosts.to_json() };
        vec![Tree::from(&kept.key.name), Tree::from(shown), age(now, kept)]
    },
};

pub(super) const REFERENCE_GRANT: Table =
    Table { columns: &[NAME, AGE], cells: |now, kept| vec![Tree::from(&kept.key.name), age(now, kept)] };

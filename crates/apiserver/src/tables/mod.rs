//! Lists as tables: the columns that `kubectl get` prints, worked out on the server (upstream `pkg/printers/internalversion`).
mod age;
mod cluster;
mod config;
mod events;
mod gateway;
mod ingress;
mod k3s;
mod network;
mod pod;
mod workloads;

pub use pod::status_word;

use crate::store::Kept;
use objects::{KindId, Tree, kinds, list, map};
use simcore::Time;

/// One column: its name, its type, its format, and whether only `-o wide` shows it.
pub(crate) struct Column(pub &'static str, pub &'static str, pub &'static str, pub bool);

/// A kind's columns, and an object's cells in them.
pub(crate) struct Table {
    pub columns: &'static [Column],
    pub cells: fn(Time, &Kept) -> Vec<Tree>,
}

const NAME: Column = Column("Name", "string", "name", false);
const AGE: Column = Column("Age", "string", "", false);

const fn text(name: &'static str) -> Column {
    Column(name, "string", "", false)
}
const fn number(name: &'static str) -> Column {
    Column(name, "integer", "", false)
}
const fn wide(name: &'static str) -> Column {
    Column(name, "string", "", true)
}

static TABLE: &[(KindId, Table)] = &[
    (kinds::POD, pod::POD),
    (kinds::DEPLOYMENT, workloads::DEPLOYMENT),
    (kinds::REPLICA_SET, workloads::REPLICA_SET),
    (kinds::DAEMON_SET, workloads::DAEMON_SET),
    (kinds::CONTROLLER_REVISION, workloads::CONTROLLER_REVISION),
    (kinds::NODE, cluster::NODE),
    (kinds::NAMESPACE, cluster::NAMESPACE),
    (kinds::LEASE, cluster::LEASE),
    (kinds::COMPONENT_STATUS, cluster::COMPONENT_STATUS),
    (kinds::PRIORITY_CLASS, cluster::PRIORITY_CLASS),
    (kinds::SERVICE, network::SERVICE),
    (kinds::ENDPOINT_SLICE, network::ENDPOINT_SLICE),
    (kinds::GATEWAY_CLASS, gateway::GATEWAY_CLASS),
    (kinds::GATEWAY, gateway::GATEWAY),
    (kinds::HTTP_ROUTE, gateway::HTTP_ROUTE),
    (kinds::REFERENCE_GRANT, gateway::REFERENCE_GRANT),
    (kinds::ADDON, k3s::ADDON),
    (kinds::ETCD_SNAPSHOT_FILE, k3s::ETCD_SNAPSHOT_FILE),
    (kinds::HELM_CHART, k3s::HELM_CHART),
    (kinds::HELM_CHART_CONFIG, k3s::HELM_CHART_CONFIG),
    (kinds::INGRESS, ingress::INGRESS),
    (kinds::INGRESS_CLASS, ingress::INGRESS_CLASS),
    (kinds::NETWORK_POLICY, ingress::NETWORK_POLICY),
    (kinds::SERVICE_CIDR, ingress::SERVICE_CIDR),
    (kinds::IP_ADDRESS, ingress::IP_ADDRESS),
    (kinds::ENDPOINTS, network::ENDPOINTS),
    (kinds::CONFIG_MAP, config::CONFIG_MAP),
    (kinds::SECRET, config::SECRET),
    (kinds::SERVICE_ACCOUNT, config::SERVICE_ACCOUNT),
    (kinds::EVENT, events::EVENT),
];

/// What any other kind gets: its name and when it was made.
static ANY: Table = Table {
    columns: &[NAME, Column("Created At", "date", "", false)],
    cells: |_, kept| vec![Tree::from(&kept.key.name), kept.meta().get("creationTimestamp").clone()],
};

/// A `meta.k8s.io/v1` Table of the objects. Columns are told only when `headed`.
pub(crate) fn of(now: Time, kind: KindId, all: &[&Kept], meta: Tree, include: &str, headed: bool) -> Tree {
    let table = TABLE.iter().find(|(known, _)| *known == kind).map_or(&ANY, |(_, table)| table);
    let rows: Vec<Tree> = all.iter().map(|kept| row(now, table, kept, include)).collect();
    let columns = if headed { Tree::from(table.columns.iter().map(column).collect::<Vec<_>>()) } else { Tree::Null };
    map! {"apiVersion": "meta.k8s.io/v1", "kind": "Table", "metadata": meta, "columnDefinitions": columns, "rows": rows}
}

fn row(now: Time, table: &Table, kept: &Kept, include: &str) -> Tree {
    let cells = (table.cells)(now, kept);
    debug_assert_eq!(cells.len(), table.columns.len(), "a cell for each column");
    let mut row = map! {"cells": cells};
    let phase = kept.status().get("phase").text();
    if kept.key.kind == kinds::POD && matches!(phase, "Succeeded" | "Failed") {
        // Clients that hide finished Pods go by this.
        let condition = map! {"type": "Completed", "status": "True", "reason": phase, "message": if phase == "Failed" { "The pod failed." } else { "The pod has completed successfully." }};
        row.set(&["conditions"], list![condition]);
    }
    let object = match include {
        "None" => return row,
        "Object" => kept.tree.clone(),
        _ => crate::render::metadata(kept),
    };
    row.set(&["object"], object);
    row
}

fn column(column: &Column) -> Tree {
    let Column(name, kind, format, wide) = *column;
    map! {"name": name, "type": kind, "format": format, "description": "", "priority": i64::from(wide)}
}

fn none_if_empty(text: impl Into<String>) -> Tree {
    let text = text.into();
    Tree::from(if text.is_empty() { "<none>".to_string() } else { text })
}

/// `app=web,tier=front`, or `<none>`.
fn labels(labels: &Tree) -> Tree {
    let all: Vec<String> = labels.entries().map(|(key, value)| format!("{key}={}", value.text())).collect();
    none_if_empty(all.join(","))
}

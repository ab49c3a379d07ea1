//! What was recorded of kube-proxy: connections through its rules, and the rules as the node prints them.
mod node;
mod text;
mod traffic;

use crate::truth::{Row, read};
use objects::Tree;
use serde_json::Value;
use std::path::Path;

/// Judges `proxy-traffic.json`, `proxy-iptables.json` or `proxy-nftables.json`, told apart by what they have. The Services
/// stand in the second; for the others it is looked for beside them.
pub fn rows(table: &Value, folder: &Path) -> Result<Vec<Row>, String> {
    if table["hashes"].is_object() {
        return text::iptables(&tree(table)?);
    }
    let services = tree(&read(&folder.join("proxy-iptables.json"))?["services"])?;
    if table["rows"].is_array() { traffic::rows(table, &services) } else { text::nftables(&tree(table)?, &services) }
}

fn tree(value: &Value) -> Result<Tree, String> {
    Tree::from_json(&value.to_string()).map_err(|error| error.to_string())
}

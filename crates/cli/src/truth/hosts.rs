//! Recorded commands of kubeadm, replayed on simulated servers.
use super::Row;
use ::hosts::truth::{Recorded, replay, steps};
use objects::Tree;
use serde_json::Value;
use std::path::Path;

/// One row for each step that runs here. A file whose `about` says that each step is healthy except for its condition is
/// replayed with a fresh server for each.
pub fn rows(table: &Value, _: &Path) -> Result<Vec<Row>, String> {
    let tree = Tree::from_json(&table.to_string()).map_err(|error| error.to_string())?;
    let apart = tree.get("about").text().contains("EXCEPT");
    let row = |(step, outcome): (Recorded, Result<(), String>)| {
        let name = format!("[{}] {}", step.condition.trim(), step.command);
        let got = outcome.err().unwrap_or_default();
        Row { name, wanted: String::new(), got }
    };
    Ok(replay(&steps(&tree), apart).into_iter().map(row).collect())
}

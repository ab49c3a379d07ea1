//! An attempt as data, for "Why?": each node with the reason against it or its scores.
use super::framework::{Attempt, Row};
use objects::{Map, Text, Tree, map};
use std::collections::BTreeMap;

/// With more nodes than this only the best are kept, and the rest counted: the trace keeps every decision.
const ALL_ROWS: usize = 8;
const BEST_ROWS: usize = 3;

/// The last row of each node: it stands again where nothing changed on that node, and is then kept once.
pub type Rows = BTreeMap<Text, Tree>;

/// `{"nodes": [{"name", "filter", "scores": {…}, "total"}], "chosen", "others"}`
pub fn tree(attempt: &Attempt, known: &mut Rows) -> Tree {
    let mut rows: Vec<&Row> = attempt.rows.iter().collect();
    let others = if rows.len() > ALL_ROWS {
        rows.sort_by_key(|row| (row.refusal.is_some(), -row.total));
        if let Some(at) = rows.iter().position(|row| attempt.chosen.as_ref() == Some(&row.node)) {
            let chosen = rows.remove(at);
            rows.insert(0, chosen);
        }
        let others = rows.len() - BEST_ROWS;
        rows.truncate(BEST_ROWS);
        others
    } else {
        0
    };
    let shared = |row: &Row| {
        let mut tree = row_tree(row, &attempt.scorers);
        let last = known.entry(row.node.clone()).or_default();
        tree.share(last);
        *last = tree.clone();
        tree
    };
    let nodes: Vec<Tree> = rows.into_iter().map(shared).collect();
    let mut tree = map! {"nodes": nodes};
    if let Some(chosen) = &attempt.chosen {
        tree.set(&["chosen"], chosen);
    }
    if others > 0 {
        tree.set(&["others"], others);
    }
    tree
}

fn row_tree(row: &Row, scorers: &[&'static str]) -> Tree {
    if let Some((plugin, refusal)) = &row.refusal {
        let reasons: Vec<&str> = refusal.reasons.iter().map(Text::as_str).collect();
        return map! {"filter": reasons.join(", "), "name": &row.node, "plugin": *plugin};
    }
    let scores: Map = scorers.iter().zip(&row.scores).map(|(name, score)| (Text::new_static(name), Tree::from(*score))).collect();
    map! {"filter": "", "name": &row.node, "scores": scores, "total": row.total}
}

//! The server's tables as text: which columns, which extra ones, the header.
use super::age::age;
use super::columns::{Widths, layout};
use objects::{Tree, list, map};
use simcore::Time;

/// What to show of a table.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Look {
    pub wide: bool,
    pub no_headers: bool,
    /// A first column NAMESPACE.
    pub namespaces: bool,
    /// `pod` or `deployment.apps` before each name; empty for none.
    pub kind: String,
    /// `--show-labels`
    pub labels: bool,
    /// `-L`
    pub label_columns: Vec<String>,
    /// A first column EVENT.
    pub events: bool,
}

impl Look {
    /// The header's cells for a `meta.k8s.io` Table.
    pub fn header(&self, table: &Tree) -> Vec<String> {
        let columns = table.get("columnDefinitions").items().iter().filter(|column| self.shows(column));
        let mut cells: Vec<String> = columns.map(|column| column.get("name").text().to_ascii_uppercase()).collect();
        if self.namespaces {
            cells.insert(0, "NAMESPACE".into());
        }
        if self.events {
            cells.insert(0, format!("{:<8}", "EVENT"));
        }
        cells.extend(self.label_columns.iter().map(|label| label.rsplit('/').next().unwrap_or(label).to_ascii_uppercase()));
        cells.extend(self.labels.then(|| "LABELS".to_string()));
        cells
    }

    fn shows(&self, column: &Tree) -> bool {
        self.wide || column.get("priority").int_or(0) == 0
    }

    /// The cells of one row of `table`.
    pub fn row(&self, table: &Tree, row: &Tree, event: &str) -> Vec<String> {
        let meta = row.at(&["object", "metadata"]);
        let definitions = table.get("columnDefinitions").items();
        let mut cells = Vec::new();
        for (at, cell) in row.get("cells").items().iter().enumerate() {
            let column = definitions.get(at).unwrap_or(cell);
            if !self.shows(column) {
                continue;
            }
            let text = cell_text(cell);
            let first = at == 0 && !self.kind.is_empty();
            cells.push(if first { format!("{}/{text}", self.kind) } else { text });
        }
        if self.namespaces {
            cells.insert(0, meta.get("namespace").text().to_string());
        }
        if self.events {
            cells.insert(0, event.to_string());
        }
        let labels = meta.get("labels");
        cells.extend(self.label_columns.iter().map(|label| labels.get(label).text().to_string()));
        cells.extend(self.labels.then(|| label_text(labels)));
        cells
    }

    /// Header (when wanted) and all rows.
    pub fn render(&self, table: &Tree, header: bool, widths: &mut Widths) -> String {
        let head = (header && !self.no_headers).then(|| self.header(table));
        let rows = table.get("rows").items().iter().map(|row| self.row(table, row, ""));
        layout(&head.into_iter().chain(rows).collect::<Vec<_>>(), widths)
    }
}

/// An object or a list as a table that kubectl makes by itself: names and ages.
pub fn plain(tree: &Tree, now: Time) -> Tree {
    let list = tree.get("items");
    let one = [tree.clone()];
    let rows: Vec<Tree> = if matches!(list, Tree::List(_)) { list.items() } else { &one }
        .iter()
        .map(|item| {
            let meta = item.get("metadata");
            let cells = list![meta.get("name").text(), age(now, meta.get("creationTimestamp").text())];
            map! {"cells": cells, "object": item.clone()}
        })
        .collect();
    map! {"columnDefinitions": list![map! {"name": "Name"}, map! {"name": "Age"}], "rows": rows}
}

/// `app=web,tier=front`, or `<none>`.
pub fn label_text(labels: &Tree) -> String {
    let pairs: Vec<String> = labels.entries().map(|(name, value)| format!("{name}={}", value.text())).collect();
    if pairs.is_empty() { "<none>".into() } else { pairs.join(",") }
}

fn cell_text(cell: &Tree) -> String {
    match cell {
        Tree::Text(text) => text.replace('\n', "..."),
        Tree::Null => "<nil>".to_string(),
        other => other.to_json(),
    }
}

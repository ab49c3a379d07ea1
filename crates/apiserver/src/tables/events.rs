//! Rows of Events.
use super::age::since;
use super::{Column, Table, text, wide};
use objects::Tree;

pub(super) const EVENT: Table = Table {
    columns: &[
        text("Last Seen"),
        text("Type"),
        text("Reason"),
        text("Object"),
        wide("Subobject"),
        wide("Source"),
        text("Message"),
        wide("First Seen"),
        wide("Count"),
        Column("Name", "string", "name", true),
    ],
    cells: |now, kept| {
        let tree = &kept.tree;
        let instant = |key: &str| if tree.get(key).is_empty() { tree.get("eventTime") } else { tree.get(key) };
        let series = tree.get("series");
        let (count, last) = if series.is_null() {
            (tree.get("count").int_or(1).max(1), instant("lastTimestamp"))
        } else {
            (series.get("count").int_or(1), series.get("lastObservedTime"))
        };
        let about = tree.get("involvedObject");
        vec![
            Tree::from(since(now, last)),
            Tree::from(tree.get("type").text()),
            Tree::from(tree.get("reason").text()),
            Tree::from(format!("{}/{}", about.get("kind").text().to_ascii_lowercase(), about.get("name").text())),
            Tree::from(about.get("fieldPath").text()),
            Tree::from(source(tree)),
            Tree::from(tree.get("message").text().trim()),
            Tree::from(since(now, instant("firstTimestamp"))),
            Tree::from(count),
            Tree::from(&kept.key.name),
        ]
    },
};

/// `kubelet, worker-1`
fn source(event: &Tree) -> String {
    let either = |one: &Tree, other: &Tree| if one.is_empty() { other.text().to_string() } else { one.text().to_string() };
    let component = either(event.at(&["source", "component"]), event.get("reportingComponent"));
    let host = either(event.at(&["source", "host"]), event.get("reportingInstance"));
    if host.is_empty() { component } else { format!("{component}, {host}") }
}

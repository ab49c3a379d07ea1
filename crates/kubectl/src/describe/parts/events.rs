//! The table of events that ends most descriptions.
use super::fields::age;
use super::page::Page;
use objects::Tree;
use simcore::Time;

/// Writes the events, oldest last seen first; nothing when they were not asked for.
pub fn events(page: &mut Page, events: Option<&[Tree]>, now: Time) {
    let Some(events) = events else { return };
    if events.is_empty() {
        return page.field(0, "Events", "<none>");
    }
    page.flush();
    let mut sorted: Vec<&Tree> = events.iter().collect();
    // The scheduler's events have no lastTimestamp, and so come first, as upstream.
    crate::go_sort::sort_by(&mut sorted, |a, b| a.get("lastTimestamp").text().cmp(b.get("lastTimestamp").text()));
    page.line(0, "Events:\n  Type\tReason\tAge\tFrom\tMessage");
    page.line(1, "----\t------\t----\t----\t-------");
    for event in sorted {
        page.line(1, &row(event, now));
    }
}

fn row(event: &Tree, now: Time) -> String {
    let (kind, reason) = (event.get("type").text(), event.get("reason").text());
    // Events of the kubelet name the container that they are about.
    let part = match event.at(&["involvedObject", "fieldPath"]).text() {
        "" => String::new(),
        path => format!("{path}: "),
    };
    let message = event.get("message").text().trim();
    format!("{kind}\t{reason}\t{}\t{}\t{part}{message}", interval(event, now), source(event))
}

/// `3s`, or `1s (x4 over 7s)` for an event that was seen again.
pub fn interval(event: &Tree, now: Time) -> String {
    let first = if event.get("eventTime").is_empty() { age(event.get("firstTimestamp"), now) } else { age(event.get("eventTime"), now) };
    let (series, count) = (event.get("series"), event.get("count").int_or(0));
    if !series.is_null() {
        format!("{} (x{} over {first})", age(series.get("lastObservedTime"), now), series.get("count").int_or(0))
    } else if count > 1 {
        format!("{} (x{count} over {first})", age(event.get("lastTimestamp"), now))
    } else {
        first
    }
}

fn source(event: &Tree) -> &str {
    match event.at(&["source", "component"]).text() {
        "" => event.get("reportingComponent").text(),
        component => component,
    }
}

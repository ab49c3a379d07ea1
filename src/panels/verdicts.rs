//! The scheduler's decision as a list of nodes, for all panes that show it.
use crate::state::words;
use leptos::prelude::*;
use parcel::Json;

/// The scheduler's verdict among the reasons of a chain: `{"nodes": […], "chosen": …}`, without a choice where no node was fit.
pub fn of(reason: &str) -> Option<Json<'_>> {
    let map = Json::read(reason).ok()?;
    matches!(map.get("nodes"), Some(Json::List(_))).then_some(map)
}

/// The scheduler's look at every node: who was left out and why, who got how many points, who was chosen.
pub fn verdicts(map: &Json) -> AnyView {
    let words = words();
    let chosen = map.get("chosen").map(plain).unwrap_or_default();
    let row = |node: &Json| {
        let said = |key: &str| node.get(key).map(plain).unwrap_or_default();
        let (name, refusal) = (said("name"), said("filter"));
        let scores = match node.get("scores") {
            Some(Json::Map(scores)) => {
                scores.iter().map(|(plugin, points)| format!("{plugin} {}", plain(points))).collect::<Vec<_>>().join(" · ")
            }
            other => other.map(plain).unwrap_or_default(),
        };
        let (class, verdict, detail) = match (refusal.is_empty(), name == chosen) {
            (false, _) => ("out", format!("✕ {}", words.left_out), format!("{}: {refusal}", said("plugin"))),
            (true, true) => ("chosen", format!("✓ {}", (words.points)(&said("total"))), scores),
            (true, false) => ("", (words.points)(&said("total")), scores),
        };
        view! { <li class=class><span translate="no">{name}</span><b>{verdict}</b><small translate="no">{detail}</small></li> }.into_any()
    };
    let others = map.get("others").map(|count| view! { <li class="muted">{((words.ops)().other_nodes)(&plain(count))}</li> });
    view! { <ul class="verdicts">{map.get("nodes").map(|rows| rows.items().iter().map(row).collect_view())} {others}</ul> }.into_any()
}

/// A value as people read it.
pub fn plain(value: &Json) -> String {
    match value {
        Json::Text(text) => text.to_string(),
        Json::Null => String::new(),
        Json::Bool(true) => "✓".to_string(),
        Json::Bool(false) => "✕".to_string(),
        Json::Number(number) => number.to_string(),
        // A kind and a name: one thing.
        Json::List(items) if matches!(items[..], [Json::Text(_), Json::Text(_)]) => items.iter().map(plain).collect::<Vec<_>>().join("/"),
        Json::List(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Json::Map(map) => map.iter().map(|(key, value)| format!("{key} {}", plain(value))).collect::<Vec<_>>().join(", "),
    }
}

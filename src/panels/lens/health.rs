//! What still works: a row for each function of the cluster, with since when and why not.
use crate::state::{app, words};
use cluster::probes::{HealthRow, IDS};
use leptos::prelude::*;

#[component]
pub fn Health() -> impl IntoView {
    let app = app();
    let network = app.network;
    // Flips are said once, all of one look together; the rows themselves are silent, because their times count on.
    Effect::new(move |before: Option<Vec<HealthRow>>| {
        let rows = network.health.get();
        let flipped = |row: &&HealthRow| before.iter().flatten().any(|old| old.id == row.id && old.works != row.works);
        let said: Vec<String> = rows.iter().filter(flipped).map(sentence).collect();
        if !said.is_empty() {
            app.notices.say(said.join(" "));
        }
        rows
    });
    view! {
        <p class="muted">{move || (words().ops)().health_lead}</p>
        <ul class="health">{(0..IDS.len()).map(row).collect_view()}</ul>
    }
    .into_any()
}

fn row(at: usize) -> AnyView {
    let app = app();
    let row = Memo::new(move |_| app.network.health.with(|rows| rows.iter().find(|row| row.id == IDS[at]).cloned()));
    let works = move || row.with(|row| row.as_ref().map(|row| row.works));
    let class = move || match works() {
        None => "unknown",
        Some(true) => "works",
        Some(false) => "fails",
    };
    let state = move || match works() {
        None => String::new(),
        Some(true) => (words().ops)().works.to_string(),
        Some(false) => (words().ops)().fails.to_string(),
    };
    let since = move || {
        app.clock.second.get();
        let now = app.clock.now.get_untracked();
        row.with(|row| row.as_ref().map(|row| ((words().ops)().since)(now.saturating_sub(row.since) / 1_000_000)).unwrap_or_default())
    };
    let why = move || row.with(|row| row.as_ref().filter(|row| !row.works).map(|row| view! { <p>{reason(row)}</p> }));
    view! {
        <li class=class data-row=IDS[at]>
            <i aria-hidden="true">{move || match works() { None => "…", Some(true) => "✓", Some(false) => "✕" }}</i>
            <b>{move || (words().ops)().functions[at]}</b><span>{state}" "<small>{since}</small></span>
            {why}
        </li>
    }
    .into_any()
}

fn reason(row: &HealthRow) -> String {
    let (word, whom) = row.why.split_once(' ').unwrap_or((&row.why, ""));
    ((words().ops)().why)(word, whom)
}

fn sentence(row: &HealthRow) -> String {
    let ops = (words().ops)();
    let name = IDS.iter().position(|id| *id == row.id).map_or("", |at| ops.functions[at]);
    if row.works { format!("{name}: {}.", ops.works) } else { format!("{name}: {}. {}", ops.fails, reason(row)) }
}

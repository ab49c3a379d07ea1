//! Many Pods as tiles: how many of which version are in which state, per node.
use super::Drawing;
use super::control::{tag, version_class};
use super::layout::Plan;
use super::pods::look;
use crate::state::world::NodeCell;
use crate::state::{app, words};
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A tile's version class, state class, tag and application.
type Kind = (u32, &'static str, String, String);

#[component]
pub fn Tiles(node: Arc<NodeCell>) -> impl IntoView {
    let Drawing { plan, .. } = expect_context();
    let world = app().world;
    // Counted once per shown delta and not once per Pod.
    let tiles = Memo::new(move |_| {
        world.settled.get();
        let mut tiles: BTreeMap<Kind, (usize, String)> = BTreeMap::new();
        for pod in node.pods.get_untracked() {
            if pod.slot >= 900 || pod.ghost.get_untracked() {
                continue;
            }
            let kind =
                pod.view.with_untracked(|view| (version_class(view.version), look(view), tag(&view.image).to_string(), view.app.clone()));
            let tile = tiles.entry(kind).or_insert_with(|| (0, pod.id.clone()));
            tile.0 += 1;
        }
        tiles
    });
    // A tile stays the same shape for as long as there are Pods of its kind: it only moves up, and counts.
    let kinds = Memo::new(move |_| tiles.with(|tiles| tiles.keys().cloned().collect::<Vec<_>>()));
    view! { <For each=move || kinds.get() key=Clone::clone children=move |kind| tile(kind, tiles, plan) /> }
}

fn tile(kind: Kind, tiles: Memo<BTreeMap<Kind, (usize, String)>>, plan: Memo<Plan>) -> AnyView {
    let (version, look, tag, app) = kind.clone();
    let own = kind.clone();
    let count = move || tiles.with(|tiles| tiles.get(&own).map(|(count, _)| format!("×{count}")));
    let own = kind.clone();
    let first = move || tiles.with(|tiles| tiles.get(&own).map(|(_, first)| first.clone()));
    let place = Memo::new(move |_| {
        let at = tiles.with(|tiles| tiles.keys().position(|each| *each == kind)).unwrap_or_default();
        let width = plan.with(|plan| plan.nodes.first().map(|node| node.w).unwrap_or(220.0)) - 28.0;
        let columns = ((width + 8.0) / 106.0).floor().max(1.0) as usize;
        format!("translate({} {})", 14 + (at % columns) * 106, 38 + (at / columns) * 40)
    });
    view! {
        <g class=format!("pod tile v{version} {look}") transform=move || place.get() data-id=first role="button" tabindex="-1">
            <rect class="body" width="98" height="34" rx="9" />
            <rect class="edge" x="1" y="1" width="8" height="32" rx="7" />
            <text class="title" x="14" y="15"><tspan class="tag">{tag}</tspan>" "<tspan dx="3">{count}</tspan></text>" "
            <text class="m tiny" x="14" y="28">{move || word(look)}</text>" "
            <text class="said">{app}</text>
        </g>
    }
    .into_any()
}

fn word(look: &str) -> &'static str {
    let words = words();
    match look {
        "ready" => words.ready,
        "probing" => words.probing,
        "leaving" => words.leaving,
        "done" => words.completed,
        "starting" => words.starting,
        _ => words.broken,
    }
}

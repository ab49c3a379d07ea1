//! Many Pods as tiles: how many of which version are in which state, per node.
use super::Drawing;
use super::control::{tag, version_class};
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
        tiles.into_iter().collect::<Vec<_>>()
    });
    move || {
        let width = plan.with(|plan| plan.nodes.first().map(|node| node.w).unwrap_or(220.0)) - 28.0;
        let columns = ((width + 8.0) / 106.0).floor().max(1.0) as usize;
        tiles.get().into_iter().enumerate().map(|(at, ((version, look, tag, app), (count, first)))| {
            let place = format!("translate({} {})", 14 + (at % columns) * 106, 38 + (at / columns) * 40);
            let state = word(look);
            view! {
                <g class=format!("pod tile v{version} {look}") transform=place data-id=first role="button" tabindex="-1">
                    <rect class="body" width="98" height="34" rx="9" />
                    <rect class="edge" x="1" y="1" width="8" height="32" rx="7" />
                    <text class="title" x="14" y="15"><tspan class="tag">{tag}</tspan>" "<tspan dx="3">{format!("×{count}")}</tspan></text>" "
                    <text class="m tiny" x="14" y="28">{state}</text>" "
                    <text class="said">{app}</text>
                </g>
            }
            .into_any()
        }).collect_view()
    }
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

//! The outline: the same facts as the picture, as nested lists; always there for those who cannot see shapes.
use crate::panels::picture::control::{PARTS, controls, part_id, trouble};
use crate::panels::picture::nodes::{resources, state_words};
use crate::panels::picture::pods::state_of;
use crate::panels::picture::summary;
use crate::state::world::{PodCell, Row, World};
use crate::state::{app, words};
use cluster::delta::WorkloadView;
use leptos::prelude::*;
use std::sync::Arc;

/// So many of the latest happenings are listed.
const RECENT: usize = 14;

#[component]
pub fn Outline(#[prop(into)] shown: Signal<bool>) -> impl IntoView {
    let (world, network) = (app().world, app().network);
    let reach = move || if shown.get() { 0 } else { -1 };
    let item = move |id: String, text: Signal<String>| {
        let (pick, mark) = (id.clone(), id.clone());
        view! { <button class="item" tabindex=reach aria-pressed=move || if world.picked.with(|picked| picked.as_deref() == Some(mark.as_str())) { "true" } else { "false" } on:click=move |_| world.pick(&pick)>{text}</button> }.into_any()
    };
    let part = move |id: String| {
        let own = id.clone();
        let text = Signal::derive(move || {
            let state = world.components.with(|list| {
                list.iter()
                    .find(|cell| cell.id == own)
                    .map(|cell| cell.view.with(|view| (view.running, trouble(view).unwrap_or(view.note.clone()))))
            });
            match state {
                Some((true, note)) => format!("{own} · {} {note}", words().running),
                Some((false, _)) => format!("{own} · {}", words().stopped),
                None => own.clone(),
            }
        });
        view! { <li>{item(id, text)}</li> }
    };
    let pod = move |pod: Arc<PodCell>| {
        let (view, ghost) = (pod.view.clone(), pod.ghost.clone());
        let text = Signal::derive(move || {
            let state = if ghost.get() { words().vanished.to_string() } else { view.with(|view| state_of(view, 0)) };
            view.with(|view| {
                format!(
                    "{} · {} · {state}{}",
                    view.name,
                    view.image,
                    if view.message.is_empty() { String::new() } else { format!(" · {}", view.message) }
                )
            })
        });
        view! { <li>{item(pod.id.clone(), text)}</li> }
    };
    let workload = move |row: Row<WorkloadView>| {
        let view = row.view.clone();
        let text = Signal::derive(move || {
            view.with(|view| format!("{} {} · {}", view.kind, view.name, (words().wanted_ready)(view.wanted, view.ready)))
        });
        view! { <li>{item(row.id.clone(), text)}</li> }
    };
    let parts = move || -> Vec<String> { controls(world).iter().flat_map(|control| PARTS.map(|name| part_id(name, control))).collect() };
    view! {
        <div class=move || if shown.get() { "outline" } else { "outline sr" }>
            <p>{move || summary(words(), &world.counts.get())}</p>
            <h3>"control-plane"</h3>
            <ul><For each=parts key=Clone::clone children=part /></ul>
            <h3>{move || words().asked_for}</h3>
            <ul><For each=move || world.workloads.get() key=|row| row.id.clone() children=workload /></ul>
            <h3>{move || words().nodes}</h3>
            <ul><For each=move || world.nodes.get() key=|node| node.id.clone() children=move |node| {
                let view = node.view.clone();
                let text = Signal::derive(move || view.with(|view| format!("{} · {} · {}", view.name, state_words(view), resources(view))));
                let pods = node.pods.clone();
                view! { <li>{item(node.id.clone(), text)} <ul><For each=move || pods.get() key=|pod| pod.serial children=pod /></ul></li> }.into_any()
            } /></ul>
            <Show when=move || network.sources.with(|all| !all.is_empty())>
                <h3>{move || words().net.lenses[1]}</h3>
                <ul>{move || network.sources.with(|all| all.iter().map(traffic).collect_view())}</ul>
            </Show>
            <h3>{move || words().tray}</h3>
            <ul><For each=move || world.tray.get() key=|pod| pod.serial children=pod /></ul>
            <h3>{move || words().happened}</h3>
            <Recent world shown />
        </div>
    }
    .into_any()
}

/// A source: where it sends, what came of it, and why requests failed of late.
fn traffic(source: &cluster::delta::TrafficView) -> AnyView {
    let words = words();
    let failed = source.parts.iter().filter(|part| part.outcome.parse::<u32>().map_or(true, |code| code >= 400));
    let failed: Vec<String> = failed.map(|part| format!("{} {}", (words.net.outcome)(&part.outcome), part.count)).collect();
    let counts = format!("{} {} · {} {}", words.net.answered, source.ok, words.net.failed, source.failed);
    view! { <li>{format!("{} → {} · {} · {counts} {}", source.id, source.to, (words.net.per_second)(source.rps), failed.join(", "))}</li> }
        .into_any()
}

/// The latest marks, each with its "Why?".
#[component]
fn Recent(world: World, shown: Signal<bool>) -> impl IntoView {
    let clock = app().clock;
    // Made only where it can be seen: it changes with every mark.
    move || {
        if !shown.get() {
            return ().into_any();
        }
        world.marked.get();
        let marks = world.index.with_value(|index| index.marks.iter().rev().take(RECENT).cloned().collect::<Vec<_>>());
        let row = move |mark: cluster::delta::Mark| {
            let (about, occurrence) = (mark.about.clone(), mark.occurrence);
            view! { <li class="mark-row"><time>{clock.reading(mark.at)}</time> <span translate="no">{mark.text}</span> <button class="btn small" on:click=move |_| world.ask_why(occurrence, &about)>{words().why}</button></li> }
        };
        view! { <ol class="recent" reversed=true>{marks.into_iter().map(row).collect_view()}</ol> }.into_any()
    }
}

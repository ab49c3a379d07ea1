//! The lens over the picture: which one, and the pane with its facts as text, numerals and controls.
pub mod browser;
pub mod controls;
pub mod names;
pub mod policies;
pub mod requests;
pub mod rules;
pub mod traffic;
pub mod way;

use crate::state::network::{LENSES, Lens};
use crate::state::{app, words};
use leptos::prelude::*;

/// The choice: a row of buttons where there is room, else a list.
#[component]
pub fn Lenses() -> impl IntoView {
    let app = app();
    let network = app.network;
    let button = move |(at, lens): (usize, Lens)| {
        view! { <button class="tab" aria-pressed=move || if network.lens.get() == lens { "true" } else { "false" } on:click=move |_| network.look(app, lens)>{move || words().net.lenses[at]}</button> }
    };
    let option = move |(at, lens): (usize, Lens)| view! { <option value=at.to_string() selected=move || network.lens.get() == lens>{move || words().net.lenses[at]}</option> };
    let chosen = move |event: web_sys::Event| {
        if let Some(lens) = event_target_value(&event).parse::<usize>().ok().and_then(|at| LENSES.get(at)) {
            network.look(app, *lens);
        }
    };
    let place = move || LENSES.iter().position(|lens| *lens == network.lens.get()).unwrap_or(0).to_string();
    view! {
        <div class="lenses" role="group" aria-label=move || words().net.lens>{LENSES.into_iter().enumerate().map(button).collect_view()}</div>
        <select class="chip lens-choice" aria-label=move || words().net.lens prop:value=place on:change=chosen>{LENSES.into_iter().enumerate().map(option).collect_view()}</select>
    }
    .into_any()
}

#[component]
pub fn LensPane() -> impl IntoView {
    let app = app();
    let network = app.network;
    let title = move || LENSES.iter().position(|lens| *lens == network.lens.get()).map_or("", |at| words().net.lenses[at]);
    let body = move || match network.lens.get() {
        Lens::Cluster => ().into_any(),
        Lens::Traffic => view! { <traffic::Traffic /> }.into_any(),
        Lens::Rules => view! { <rules::Rules /> }.into_any(),
        Lens::Names => view! { <names::Names /> }.into_any(),
        Lens::Policies => view! { <policies::Policies /> }.into_any(),
        Lens::Browser => view! { <browser::Browser /> }.into_any(),
    };
    view! {
        <aside class="lens" id="pane-lens" data-pane="lens" tabindex="-1" aria-label=title>
            <div class="bar"><h2>{title}</h2><span class="space"></span>
                <button class="btn icon" aria-label=move || words().close on:click=move |_| network.look(app, Lens::Cluster)>"✕"</button>
            </div>
            <div class="body">{body}</div>
        </aside>
    }
    .into_any()
}

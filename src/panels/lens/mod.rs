//! The lens over the picture: which one, and the pane with its facts as text, numerals and controls.
pub mod browser;
pub mod controls;
pub mod duties;
pub mod etcd;
pub mod field;
pub mod health;
pub mod names;
pub mod parts;
pub mod policies;
pub mod processes;
pub mod requests;
pub mod rules;
pub mod sources;
pub mod strategy;
pub mod talk;
pub mod traffic;
pub mod way;

use crate::state::network::{LENSES, Lens};
use crate::state::{app, words};
use leptos::prelude::*;

/// The lenses' names in their order.
const NAMES: [field::Label; 12] = [
    |words| words.net.lenses[0],
    |words| words.net.lenses[1],
    |words| words.net.lenses[2],
    |words| words.net.lenses[3],
    |words| words.net.lenses[4],
    |words| words.net.lenses[5],
    |words| words.net.lenses[6],
    |words| words.net.lenses[7],
    |words| words.net.lenses[8],
    |words| words.net.lenses[9],
    |words| words.net.lenses[10],
    |words| words.net.lenses[11],
];

/// The choice: a row of buttons where there is room, else a list.
#[component]
pub fn Lenses() -> impl IntoView {
    let app = app();
    let network = app.network;
    let button = move |(at, lens): (usize, Lens)| {
        field::tab(NAMES[at], Signal::derive(move || network.lens.get() == lens), Callback::new(move |()| network.look(app, lens)))
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
        Lens::Strategy => view! { <strategy::Strategy /> }.into_any(),
        Lens::Etcd => view! { <etcd::Etcd /> }.into_any(),
        Lens::Health => view! { <health::Health /> }.into_any(),
        Lens::Components => view! { <parts::Parts /> }.into_any(),
        Lens::Processes => view! { <processes::Processes /> }.into_any(),
        Lens::Duties => view! { <duties::Duties /> }.into_any(),
    };
    view! {
        <aside class="lens" id="pane-lens" data-pane="lens" tabindex="-1" aria-label=title>
            {field::bar(Signal::derive(move || title().to_string()), Callback::new(move |()| network.look(app, Lens::Cluster)))}
            <div class="body" role="group" tabindex="0" aria-label=title>{body}</div>
        </aside>
    }
    .into_any()
}

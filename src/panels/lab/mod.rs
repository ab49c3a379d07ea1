//! The lab: two clusters side by side, one clock for both, and the table of what is measured of them.
mod clock;
mod table;

use crate::js::document;
use crate::state::clock::since;
use crate::state::course::WAYS;
use crate::state::lab::{self, FRAMES};
use crate::state::{app, words};
use leptos::prelude::*;
use simcore::Time;

/// The regions in the order of F6; the middle ones are frames.
const REGIONS: [&str; 4] = ["time", "left", "right", "compared"];

/// Moves the focus to the next of some panes, or backwards.
pub type Cycle = fn(&[&str], bool);

#[component]
pub fn Lab(cycle: Cycle) -> impl IntoView {
    let app = app();
    let lab = lab::Lab::new();
    document::mark_root("data-lab");
    let go = move |back: bool| {
        cycle(&REGIONS, back);
        let place = document::focused_pane().and_then(|name| REGIONS[1..3].iter().position(|region| *region == name));
        if let Some(place) = place {
            lab.enter(place, back);
        }
    };
    lab.begin(app, go);
    document::on_key(move |event| {
        if event.key() == "F6" {
            event.prevent_default();
            go(event.shift_key());
        }
    });
    let other = move || app.prefs.lang.get().other();
    let theme = move || app.prefs.theme.get().shown(words());
    view! {
        <link rel="stylesheet" href=document::file_of_build("lab.css") />
        <header class="top">
            <a class="brand" href="./"><img src="icon.svg" width="24" height="24" alt="" />"Kubarium"</a>
            <h1 class="here">{move || words().lab_title}</h1>
            <span class="space"></span>
            <button class="chip" lang=move || other().code() on:click=move |_| app.prefs.choose_lang(app.prefs.lang.get_untracked().other())>{move || other().name()}</button>
            <button class="chip" aria-label=move || format!("{}: {}", words().theme, theme().1) title=move || theme().1 on:click=move |_| app.prefs.next_theme()>{move || theme().0}</button>
        </header>
        <main class="lab">
            <p class="muted">{move || (words().lab)().lead}</p>
            <clock::Clock lab />
            <div class="panes">{(0..FRAMES.len()).map(|place| pane(lab, place)).collect_view()}</div>
            <table::Compared lab />
        </main>
    }
    .into_any()
}

fn pane(lab: lab::Lab, place: usize) -> AnyView {
    let stands = move || lab.at.get()[place].map(|time| since(Time::START.0, time)).unwrap_or_default();
    let title = move || ((words().lab)().servers_for)(table::NAMES[place]);
    view! {
        <section class="side" data-pane=REGIONS[place + 1] aria-label=title>
            <h2>{title}" "<span class="face"><output class="reading" aria-label=move || words().virtual_time>{stands}</output></span></h2>
            <iframe id=FRAMES[place] data-first="" title=title src=format!("?pane={}", WAYS[place])></iframe>
        </section>
    }
    .into_any()
}

//! Routes and layout: which panes stand where, and the keys that hold everywhere.
use crate::js::document;
use crate::panels::{
    editor::Editor,
    faults::Faults,
    header::Header,
    inspector::Inspector,
    lens::{LensPane, Lenses},
    lesson::Lesson,
    outline::Outline,
    palette::Palette,
    picture::Picture,
    table::Table,
    terminal::Terminal,
    timeline::Timeline,
};
use crate::state::layout::NARROW;
use crate::state::network::Lens;
use crate::state::{App, app, live, words};
use crate::text::Words;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

/// The panes in the order of F6.
const PANES: [&str; 7] = ["lesson", "picture", "why", "lens", "editor", "terminal", "time"];

pub fn mount() {
    let Some(host) = document::by_id("app") else { return };
    mount_to(host, || {
        let app = App::new();
        provide_context(app);
        live::start(app);
        app.course.begin(app);
        document::watch_menus();
        view! { <Page /> }
    })
    .forget();
}

#[component]
fn Page() -> impl IntoView {
    let app = app();
    let palette = RwSignal::new(false);
    let tab = app.course.tab;
    // On a narrow page what was chosen is shown where it can be read.
    Effect::new(move |_| {
        if app.world.picked.get().is_some() && document::matches(NARROW) {
            tab.set("why");
        }
    });
    gloo_events::EventListener::new_with_options(
        &document::window(),
        "keydown",
        gloo_events::EventListenerOptions::enable_prevent_default(),
        move |event| {
            keys(wasm_bindgen::JsCast::unchecked_ref(event), palette);
        },
    )
    .forget();
    view! {
        <nav class="skips" aria-label=move || words().skip>
            {skip("lesson", |words| words.lesson)} {skip("picture", |words| words.picture)} {skip("terminal", |words| words.terminal)}
        </nav>
        <Header palette />
        <main class=move || format!("work{}{}", if app.world.picked.with(Option::is_some) { " picked" } else { "" }, if app.network.lens.get() == Lens::Cluster { "" } else { " lensed" }) data-tab=move || tab.get() data-closed=move || app.layout.closed.get().join(" ")>
            <Lesson />
            <Stage />
            <Switch />
            <LensPane />
            <Inspector />
            <Editor />
            <Terminal />
        </main>
        <footer><Timeline /></footer>
        <Banner />
        <div class="sr" role="status" aria-live="polite">{move || app.notices.said.get()}</div>
        <Palette open=palette />
    }
    .into_any()
}

fn skip(pane: &'static str, name: fn(&Words) -> &'static str) -> impl IntoView {
    let app = app();
    let jump = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        app.layout.go(app, pane);
    };
    view! { <a href=format!("#pane-{pane}") on:click=jump>{move || (words().skip_to)(name(words()))}</a> }
}

/// The picture and its two other forms.
#[component]
fn Stage() -> impl IntoView {
    let app = app();
    let form = RwSignal::new("picture");
    let choose = move |name: &'static str, label: fn(&Words) -> &'static str| {
        view! { <button class="tab" aria-pressed=move || if form.get() == name { "true" } else { "false" } on:click=move |_| form.set(name)>{move || label(words())}</button> }
    };
    view! {
        <section class="stage" id="pane-picture" data-pane="picture" tabindex="-1" aria-label=move || words().picture>
            <div class="tabs">
                {choose("picture", |words| words.picture)} {choose("outline", |words| words.outline)} {choose("table", |words| words.table)}
                <span class="space"></span>
                {move || app.clock.past().then(|| view! { <span class="past-note" role="status">{(words().in_past)(&app.clock.reading(app.clock.now.get()))}</span> })}
                <Lenses />
                <Faults />
            </div>
            <div class="forms">
                <div class="form" hidden=move || form.get() != "picture"><Picture /></div>
                <Outline shown=Signal::derive(move || form.get() == "outline") />
                {move || (form.get() == "table").then(|| view! { <Table /> })}
            </div>
        </section>
    }
    .into_any()
}

/// Narrow pages show one pane at a time below the picture.
#[component]
fn Switch() -> impl IntoView {
    let (tab, lens) = (app().course.tab, app().network.lens);
    let choose = move |name: &'static str, label: fn(&Words) -> &'static str| {
        view! { <button class="tab" aria-pressed=move || if tab.get() == name { "true" } else { "false" } on:click=move |_| tab.set(name)>{move || label(words())}</button> }
    };
    view! {
        <div class="switch">
            {choose("lesson", |words| words.lesson)} {choose("editor", |_| "YAML")} {choose("terminal", |words| words.terminal)} {choose("why", |words| words.why)}
            {move || (lens.get() != Lens::Cluster).then(|| choose("lens", |words| words.net.lens))}
        </div>
    }
    .into_any()
}

#[component]
fn Banner() -> impl IntoView {
    let banner = app().notices.banner;
    move || {
        banner.get().map(|(title, detail)| view! {
            <div class="banner" role="alert"><b>{title}</b><p>{detail}</p><button class="btn" on:click=move |_| banner.set(None)>{words().close}</button></div>
        })
    }
}

fn keys(event: &KeyboardEvent, palette: RwSignal<bool>) {
    match event.key().as_str() {
        "F6" => {
            event.prevent_default();
            cycle(event.shift_key());
        }
        "k" | "K" | "ㅏ" if (event.ctrl_key() || event.meta_key()) && !event.is_composing() => {
            event.prevent_default();
            palette.update(|open| *open = !*open);
        }
        "Escape" => document::close_menus(),
        _ => {}
    }
}

/// To the next pane that is there to be focused.
fn cycle(back: bool) {
    let at = document::focused_pane().and_then(|name| PANES.iter().position(|pane| *pane == name));
    let count = PANES.len();
    for step in 1..=count {
        let next = match at {
            Some(at) if back => (at + count - step) % count,
            Some(at) => (at + step) % count,
            None => step - 1,
        };
        if document::focus_pane(PANES[next]) {
            return;
        }
    }
}

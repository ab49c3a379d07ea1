//! Routes and layout: which panes stand where, and the keys that hold everywhere.
use crate::js::document;
use crate::panels::{
    editor::Editor,
    faults::Faults,
    header::Header,
    inspector::Inspector,
    lab::Lab,
    lens::{LensPane, Lenses},
    lesson::Lesson,
    outline::Outline,
    palette::Palette,
    picture::Picture,
    table::Table,
    terminal::Terminal,
    timeline::Timeline,
};
use crate::state::course::Route;
use crate::state::layout::NARROW;
use crate::state::network::Lens;
use crate::state::{App, app, live, pane, words};
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
        if app.course.route.get_untracked() == Route::Lab {
            return view! { <Lab cycle=cycle_in /> }.into_any();
        }
        live::start(app);
        app.course.begin(app);
        document::watch_menus();
        document::keep_place();
        if app.course.pane().is_some() { framed(app) } else { view! { <Page /> }.into_any() }
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
    document::on_key(move |event| keys(event, palette));
    view! {
        <nav class="skips" aria-label=move || words().skip>
            {skip("lesson", |words| words.lesson)} {skip("picture", |words| words.picture)} {skip("terminal", |words| words.terminal)}
        </nav>
        <Header palette />
        <main class=move || format!("work{}{}", if app.world.picked.with(Option::is_some) { " picked" } else { "" }, if app.network.lens.get() == Lens::Cluster { "" } else { " lensed" }) data-tab=move || tab.get() data-closed=move || app.layout.closed.get().join(" ")>
            <Lesson />
            <Stage />
            {switch(true)}
            <LensPane />
            <Inspector />
            <Editor />
            <Terminal />
        </main>
        <footer><Timeline /></footer>
        <Elsewhere />
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

/// A frame of the lab: picture and terminal, without lesson and clock.
fn framed(app: App) -> AnyView {
    document::mark_root("data-framed");
    pane::listen(app, |back| enter(&PANES, back));
    document::on_key(|event| match event.key().as_str() {
        "F6" => {
            event.prevent_default();
            if !go_on(&PANES, event.shift_key()) {
                pane::leave(event.shift_key());
            }
        }
        "Escape" => document::close_menus(),
        _ => {}
    });
    let tab = app.course.tab;
    Effect::new(move |_| {
        if app.world.picked.get().is_some() {
            tab.set("why");
        }
    });
    view! {
        <link rel="stylesheet" href=document::file_of_build("lab.css") />
        <main class=move || format!("work{}{}", if app.world.picked.with(Option::is_some) { " picked" } else { "" }, if app.network.lens.get() == Lens::Cluster { "" } else { " lensed" }) data-tab=move || tab.get() data-closed="">
            <Stage />
            {switch(false)}
            <LensPane />
            <Inspector />
            <Editor />
            <Terminal />
        </main>
        <Elsewhere />
        <Banner />
        <div class="sr" role="status" aria-live="polite">{move || app.notices.said.get()}</div>
    }
    .into_any()
}

/// Narrow pages show one pane at a time below the picture.
fn switch(lesson: bool) -> AnyView {
    let (tab, lens) = (app().course.tab, app().network.lens);
    let choose = move |name: &'static str, label: fn(&Words) -> &'static str| {
        view! { <button class="tab" aria-pressed=move || if tab.get() == name { "true" } else { "false" } on:click=move |_| tab.set(name)>{move || label(words())}</button> }
    };
    view! {
        <div class="switch">
            {lesson.then(|| choose("lesson", |words| words.lesson))} {choose("editor", |_| "YAML")} {choose("terminal", |words| words.terminal)} {choose("why", |words| words.why)}
            {move || (lens.get() != Lens::Cluster).then(|| choose("lens", |words| words.net.lens))}
        </div>
    }
    .into_any()
}

/// Another tab keeps what is open here.
#[component]
fn Elsewhere() -> impl IntoView {
    let app = app();
    let keeper = app.keeper;
    move || {
        (keeper.elsewhere.get() && keeper.told.get()).then(|| {
            let [title, detail, here, _] = words().elsewhere;
            view! {
                <div class="banner" role="alert"><b>{title}</b><p>{detail}</p>
                    <div class="row"><button class="btn primary" on:click=move |_| keeper.bring_back(app)>{here}</button><button class="btn" on:click=move |_| keeper.told.set(false)>{words().close}</button></div>
                </div>
            }
        })
    }
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

/// To the next pane that is there to be focused, round and round.
fn cycle(back: bool) {
    cycle_in(&PANES, back);
}

fn cycle_in(panes: &[&str], back: bool) {
    if !go_on(panes, back) {
        enter(panes, back);
    }
}

/// To the first pane that is there, or the last.
fn enter(panes: &[&str], back: bool) {
    let mut order = panes.to_vec();
    if back {
        order.reverse();
    }
    let _ = order.into_iter().any(document::focus_pane);
}

/// To the next pane after the one with the focus; says whether there is one.
fn go_on(panes: &[&str], back: bool) -> bool {
    let Some(at) = document::focused_pane().and_then(|name| panes.iter().position(|pane| *pane == name)) else { return false };
    let rest: Vec<&str> = if back { panes[..at].iter().rev().copied().collect() } else { panes[at + 1..].to_vec() };
    rest.into_iter().any(document::focus_pane)
}

//! The lesson column: what is told, what is asked, and how far the learner is.
pub mod figure;
pub mod prose;
pub mod steps;

use crate::js::document;
use crate::state::course::Route;
use crate::state::{app, words};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

#[component]
pub fn Lesson() -> impl IntoView {
    let app = app();
    let course = app.course;
    let placeholder = NodeRef::<leptos::html::Div>::new();
    // The first lines that the static page showed stay readable until the lesson itself is there.
    let shell = StoredValue::new_local(document::take_shell(app.prefs.lang.get_untracked().code()));
    Effect::new(move |_| {
        if let (Some(host), Some(shell)) = (placeholder.get(), shell.get_value()) {
            host.set_inner_html("");
            while let Some(child) = shell.first_child() {
                let _ = host.unchecked_ref::<web_sys::Node>().append_child(&child);
            }
        }
    });
    let body = move || match (course.route.get(), course.prose.get()) {
        (Route::Sandbox(preset), _) => {
            let bare = preset.starts_with("bare");
            view! {
                <h1 tabindex="-1" data-first="">{move || words().sandbox}</h1>
                <p class="lead">{move || if bare { (words().ops)().bare_lead } else { words().sandbox_lead }}</p>
                <figure::Figure name="cluster".to_string() caption=Vec::new() />
                <p>{move || if bare { (words().ops)().bare_hint } else { words().sandbox_hint }}</p>
            }
            .into_any()
        }
        (_, Some(prose)) => view! {
            <h1 tabindex="-1" data-first="">{prose.title.clone()}</h1>
            {prose::blocks(&prose.intro)}
            <steps::Steps prose />
        }
        .into_any(),
        _ => view! { <div class="placeholder" node_ref=placeholder></div> }.into_any(),
    };
    view! {
        <section class="lesson" id="pane-lesson" data-pane="lesson" tabindex="-1" aria-label=move || words().lesson>
            {body}
            <Next />
        </section>
    }
    .into_any()
}

#[component]
fn Next() -> impl IntoView {
    let app = app();
    let finished = Memo::new(move |_| {
        app.course.state.with(|state| !state.steps.is_empty() && state.steps.iter().all(|step| step.done || step.kind == "sandbox"))
    });
    let shown = move || if finished.get() { app.course.next() } else { None };
    move || {
        let title = move |titles: &[(String, String)]| {
            let code = app.prefs.lang.get().code();
            titles.iter().find(|(lang, _)| lang == code).or(titles.first()).map(|(_, title)| title.clone()).unwrap_or_default()
        };
        let done = finished.get().then(|| view! { <p class="finished">{words().lesson_done}</p> }.into_any());
        let next = shown().map(|entry| {
            let id = entry.id.clone();
            view! { <button class="btn primary wide" on:click=move |_| app.course.go(app, Route::Lesson(id.clone()))>{words().next_lesson} " " {title(&entry.titles)}</button> }.into_any()
        });
        view! { {done} {next} }.into_any()
    }
}

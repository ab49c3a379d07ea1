//! The head of the page: lessons, progress, language, theme, settings.
use crate::js::document;
use crate::state::course::{Route, SANDBOXES};
use crate::state::{app, progress, words};
use crate::text::Lang;
use leptos::prelude::*;
use lessons::progress::CourseEntry;

#[component]
pub fn Header(palette: RwSignal<bool>) -> impl IntoView {
    let app = app();
    let dots = move || {
        app.course.state.with(|state| {
            let current = state.steps.iter().position(|step| !step.done);
            state
                .steps
                .iter()
                .enumerate()
                .map(|(at, step)| {
                    if step.done {
                        '●'
                    } else if Some(at) == current {
                        '◐'
                    } else {
                        '○'
                    }
                })
                .collect::<String>()
        })
    };
    let progress =
        move || app.course.state.with(|state| (words().step_of)(state.steps.iter().filter(|step| step.done).count(), state.steps.len()));
    let here = move || match app.course.route.get() {
        Route::Sandbox(preset) => {
            let at = SANDBOXES.iter().position(|name| *name == preset).unwrap_or(0);
            if at == 0 { words().sandbox.to_string() } else { format!("{}: {}", words().sandbox, words().sandboxes[at - 1]) }
        }
        Route::Lab | Route::Pane(_) => String::new(),
        Route::Lesson(id) => app
            .course
            .index
            .with(|index| index.iter().find(|entry| entry.id == id).map(|entry| title(entry, app.prefs.lang.get())))
            .unwrap_or_default(),
    };
    // The name of the tab, and of the place in the browser's history.
    Effect::new(move |_| {
        let here = here();
        document::document().set_title(&if here.is_empty() { "Kubarium".to_string() } else { format!("{here} · Kubarium") });
    });
    let theme = move || app.prefs.theme.get().shown(words());
    let other = move || app.prefs.lang.get().other();
    let switch = move |_| {
        app.prefs.choose_lang(app.prefs.lang.get_untracked().other());
        app.course.load_prose(app);
    };
    view! {
        <header class="top">
            <span class="brand"><img src="icon.svg" width="24" height="24" alt="" />"Kubarium"</span>
            <Lessons />
            <b class="here">{here}</b>
            <span class="progress" role="img" aria-label=progress>{dots}</span>
            <span class="space"></span>
            {move || app.keeper.elsewhere.get().then(|| view! { <button class="chip unkept" on:click=move |_| app.keeper.told.set(true)>{words().elsewhere[3]}</button> })}
            <Closed />
            <button class="chip keys-chip" aria-keyshortcuts="Control+K" on:click=move |_| palette.set(true)>{move || words().commands}</button>
            <button class="chip" lang=move || other().code() on:click=switch>{move || other().name()}</button>
            <button class="chip" aria-label=move || format!("{}: {}", words().theme, theme().1) title=move || theme().1 on:click=move |_| app.prefs.next_theme()>{move || theme().0}</button>
            <Settings />
        </header>
    }
    .into_any()
}

/// Panes that the lesson left out: one press opens them.
#[component]
fn Closed() -> impl IntoView {
    let app = app();
    let name = |pane: &str| match pane {
        "lesson" => words().lesson,
        "picture" => words().picture,
        "editor" => words().editor,
        _ => words().terminal,
    };
    let chip = move |pane: &'static str| view! { <button class="chip closed-pane" on:click=move |_| app.layout.go(app, pane)>"+ " {name(pane)}</button> };
    move || app.layout.closed.get().into_iter().map(chip).collect_view()
}

fn title(entry: &CourseEntry, lang: Lang) -> String {
    entry
        .titles
        .iter()
        .find(|(code, _)| code == lang.code())
        .or(entry.titles.first())
        .map(|(_, title)| title.clone())
        .unwrap_or_else(|| entry.id.clone())
}

#[component]
fn Lessons() -> impl IntoView {
    let app = app();
    let row = move |entry: CourseEntry| {
        let (id, mark) = (entry.id.clone(), entry.id.clone());
        let kept = progress::kept(&entry.id);
        let state = if kept.steps > 0 { format!("{}/{}", kept.done, kept.steps) } else { (words().minutes)(entry.minutes) };
        let current = move || app.course.route.with(|route| matches!(route, Route::Lesson(id) if *id == mark));
        view! {
            <li><button class="item" aria-current=move || if current() { Some("page") } else { None } on:click=move |_| { close(); app.course.go(app, Route::Lesson(id.clone())) }>
                <span>{title(&entry, app.prefs.lang.get())}</span><em>{state}</em>
            </button></li>
        }
    };
    let sandbox = move |at: usize| {
        let label = move || if at == 0 { words().sandbox } else { words().sandboxes[at - 1] };
        let short = move || if at == 0 { words().sandbox_short } else { words().sandbox };
        view! { <li><button class="item" on:click=move |_| { close(); app.course.go(app, Route::Sandbox(SANDBOXES[at])) }><span>{label}</span><em>{short}</em></button></li> }
    };
    view! {
        <details class="menu lessons-menu">
            <summary class="chip">{move || words().lessons}</summary>
            <div class="sheet"><ol>{move || { app.course.state.track(); app.course.index.get().into_iter().map(row).collect_view() }}</ol>
                <ul>{(0..SANDBOXES.len()).map(sandbox).collect_view()}
                    <li><a class="item" href="?lab=k3s-kubeadm"><span>{move || words().lab_title}</span><em>{move || words().lab_short}</em></a></li></ul>
            </div>
        </details>
    }
    .into_any()
}

fn close() {
    crate::js::document::close_menus();
}

#[component]
fn Settings() -> impl IntoView {
    let app = app();
    view! {
        <details class="menu settings">
            <summary class="chip" aria-label=move || words().settings>"⋯"</summary>
            <div class="sheet">
                <label><input type="checkbox" prop:checked=move || app.prefs.motion.get() on:change=move |event| app.prefs.choose_motion(event_target_checked(&event)) /> {move || words().motion}</label>
                <label><input type="checkbox" prop:checked=move || app.prefs.plain_editor.get() on:change=move |event| app.prefs.choose_plain_editor(event_target_checked(&event)) /> {move || words().plain_editor}</label>
                <button class="btn" on:click=move |_| { close(); app.course.restart(app) }>{move || words().start_over}</button>
                <p class="muted keys">{move || words().keys}</p>
            </div>
        </details>
    }
    .into_any()
}

//! The command palette: everything the page can do, by name.
use crate::js::document;
use crate::state::course::{Route, SANDBOXES};
use crate::state::network::LENSES;
use crate::state::{App, app, words};
use leptos::html;
use leptos::prelude::*;
use std::sync::Arc;
use web_sys::KeyboardEvent;

type Deed = (String, Arc<dyn Fn() + Send + Sync>);

#[component]
pub fn Palette(open: RwSignal<bool>) -> impl IntoView {
    let app = app();
    let wanted = RwSignal::new(String::new());
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if open.get() {
            wanted.set(String::new());
            let _ = dialog.show_modal();
        } else {
            dialog.close();
        }
    });
    let found = move || {
        let wanted = wanted.get().to_ascii_lowercase();
        deeds(app).into_iter().filter(|(name, _)| name.to_ascii_lowercase().contains(&wanted)).collect::<Vec<_>>()
    };
    let run = move |deed: &Deed| {
        open.set(false);
        (deed.1)();
    };
    let keys = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.is_composing() {
            event.prevent_default();
            if let Some(deed) = untrack(found).first() {
                run(deed);
            }
        }
    };
    view! {
        <dialog class="palette" node_ref=dialog aria-label=move || words().commands on:close=move |_| open.set(false)>
            <input type="text" aria-label=move || words().commands placeholder=move || words().what_to_do prop:value=move || wanted.get() on:input=move |event| wanted.set(event_target_value(&event)) on:keydown=keys />
            <ul>{move || if open.get() { found().into_iter().map(|deed| { let name = deed.0.clone(); view! { <li><button class="item" on:click=move |_| run(&deed)>{name}</button></li> } }).collect_view().into_any() } else { ().into_any() }}</ul>
        </dialog>
    }
    .into_any()
}

fn deeds(app: App) -> Vec<Deed> {
    let words = words();
    let deed = |name: &str, act: fn(App)| -> Deed { (name.to_string(), Arc::new(move || act(app))) };
    let mut deeds = vec![
        deed(words.play_pause, |app| app.clock.toggle()),
        deed(words.step, |app| app.clock.take_step()),
        deed(words.to_now, |app| app.clock.seek(app.clock.end.get_untracked())),
        deed(words.apply, |app| app.desk.apply()),
        deed(words.lesson, |app| app.layout.go(app, "lesson")),
        deed(words.terminal, |app| app.layout.go(app, "terminal")),
        deed(words.editor, |app| app.layout.go(app, "editor")),
        deed(words.picture, |app| app.layout.go(app, "picture")),
        deed(words.plain_editor, |app| app.prefs.choose_plain_editor(!app.prefs.plain_editor.get_untracked())),
        deed(words.theme, |app| app.prefs.next_theme()),
        deed("한국어 / English", |app| {
            app.prefs.choose_lang(app.prefs.lang.get_untracked().other());
            app.course.load_prose(app);
        }),
        deed(words.sandbox, |app| app.course.go(app, Route::Sandbox(SANDBOXES[0]))),
        deed(words.lab_title, |_| document::leave_for("?lab=k3s-kubeadm")),
        deed(words.start_over, |app| app.course.restart(app)),
    ];
    for (at, lens) in LENSES.into_iter().enumerate() {
        deeds.push((format!("{}: {}", words.net.lens, words.net.lenses[at]), Arc::new(move || app.network.look(app, lens))));
    }
    let code = app.prefs.lang.get_untracked().code();
    for entry in app.course.index.get_untracked() {
        let title = entry.titles.iter().find(|(lang, _)| lang == code).map(|(_, title)| title.clone()).unwrap_or_default();
        deeds.push((title, Arc::new(move || app.course.go(app, Route::Lesson(entry.id.clone())))));
    }
    deeds
}

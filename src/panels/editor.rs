//! The editor: a plain text field from the first moment, CodeMirror over it once it is wanted.
use crate::js::codemirror::{self, Handle, Wishes, ask, byte};
use crate::js::{document, engine};
use crate::protocol::{Problem, ToEngine};
use crate::state::{App, app, live, words};
use gloo_timers::callback::Timeout;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, KeyboardEvent};

/// Typing pauses this long before problems are looked for and the draft is kept.
const LINT_MS: u32 = 350;
/// Bytes that can be pasted at once: what the cluster reads of one file. More would hold the page up, to be refused later.
const LARGEST: usize = 3 * 1024 * 1024;

#[component]
pub fn Editor() -> impl IntoView {
    let app = app();
    let desk = app.desk;
    let host = NodeRef::<html::Div>::new();
    let handle = StoredValue::new_local(None::<Handle>);
    let rich = RwSignal::new(false);
    let loading = StoredValue::new(false);
    let waiting = StoredValue::new_local(None::<Timeout>);
    let changed = move |text: String| {
        desk.typed(text);
        waiting.set_value(Some(Timeout::new(LINT_MS, move || {
            desk.lint();
            desk.keep_drafts();
        })));
    };
    let upgrade = move || {
        if loading.get_value() || app.prefs.plain_editor.get_untracked() || desk.open.get_untracked().is_empty() {
            return;
        }
        let Some(host) = host.get_untracked() else { return };
        loading.set_value(true);
        let (text, dark, label) = (untrack(|| desk.text()), app.prefs.dark.get_untracked(), app.prefs.words_now().editor);
        wasm_bindgen_futures::spawn_local(async move {
            let had_focus =
                document::by_id("editor-plain").is_some_and(|field| document::document().active_element().as_ref() == Some(field.as_ref()));
            let found = codemirror::open(host.unchecked_into(), &text, dark, label, wishes(app, changed)).await;
            // Meanwhile the reader may have chosen the plain field.
            let found = match found {
                Some(found) if app.prefs.plain_editor.get_untracked() => {
                    found.destroy();
                    loading.set_value(false);
                    None
                }
                other => other,
            };
            if let Some(found) = found {
                found.set_doc(&untrack(|| desk.text()));
                if had_focus {
                    found.focus();
                }
                handle.set_value(Some(found));
                rich.set(true);
                desk.lint();
            }
        });
    };
    // Other texts, problems and themes reach CodeMirror here; what is typed into it never comes back.
    Effect::new(move |_| {
        desk.open.get();
        desk.replaced.get();
        let text = untrack(|| desk.text());
        handle.with_value(|handle| {
            if let Some(handle) = handle {
                handle.set_doc(&text)
            }
        });
        desk.lint();
    });
    // Whether anybody answers is part of what is said against a text.
    let answering = Memo::new(move |_| app.world.components.with(|list| list.iter().any(|cell| cell.id.starts_with("kube-apiserver"))));
    Effect::new(move |before: Option<bool>| {
        let now = answering.get();
        if before.is_some_and(|before| before != now) {
            desk.lint();
        }
        now
    });
    let problems = Memo::new(move |_| desk.problems.with(|all| all.get(&desk.open.get()).cloned().unwrap_or_default()));
    Effect::new(move |_| {
        problems.with(|problems| {
            handle.with_value(|handle| {
                if let Some(handle) = handle {
                    handle.set_problems(problems)
                }
            })
        })
    });
    Effect::new(move |_| {
        let dark = app.prefs.dark.get();
        handle.with_value(|handle| {
            if let Some(handle) = handle {
                handle.set_theme(dark)
            }
        })
    });
    Effect::new(move |_| {
        if !app.prefs.plain_editor.get() {
            // Back from the plain field: not at the start, when the text is not there yet.
            if !untrack(|| desk.open.get()).is_empty() {
                upgrade();
            }
        } else if let Some(old) = handle.try_update_value(Option::take).flatten() {
            old.destroy();
            rich.set(false);
            loading.set_value(false);
        }
    });
    Effect::new(move |_| {
        if !desk.open.get().is_empty() {
            Timeout::new(1500, upgrade).forget();
        }
    });
    let keys = move |event: KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) && !event.is_composing() {
            event.prevent_default();
            desk.apply();
        }
    };
    let pasted = move |event: ClipboardEvent| {
        let length = document::pasted_length(&event) as usize;
        if length > LARGEST {
            event.prevent_default();
            refuse(app, length);
        }
    };
    // CodeMirror lives in a shadow root, where no selector reaches it.
    let inside = move |_| {
        handle.with_value(|handle| {
            if let Some(handle) = handle {
                handle.focus()
            }
        })
    };
    view! {
        <section class="pane editor" id="pane-editor" data-pane="editor" tabindex="-1" on:focus=inside aria-label=move || words().editor>
            <div class="bar"><Tabs /><span class="space"></span><Actions /></div>
            <div class=move || if rich.get() { "sheet-of-text rich" } else { "sheet-of-text" }>
                <div class="host" node_ref=host hidden=move || !rich.get()></div>
                <textarea id="editor-plain" data-first="" hidden=move || rich.get() aria-label=move || words().editor aria-describedby="editor-hint"
                    autocomplete="off" autocapitalize="off" spellcheck="false" translate="no" wrap="off" prop:value=move || if rich.get() { String::new() } else { desk.text() }
                    on:input=move |event| changed(event_target_value(&event)) on:keydown=keys on:paste=pasted on:focus=move |_| upgrade()></textarea>
            </div>
            <Problems problems />
            <p class="foot" id="editor-hint">{move || if rich.get() { words().leave_hint } else { words().plain_hint }}</p>
        </section>
    }
    .into_any()
}

/// Says why nothing was pasted.
fn refuse(app: App, length: usize) {
    let words = app.prefs.words_now();
    app.notices.banner.set(Some((words.too_large.to_string(), (words.too_large_by)(length, LARGEST))));
}

fn wishes(app: App, changed: impl Fn(String) + 'static) -> Wishes {
    let desk = app.desk;
    Wishes {
        largest: LARGEST as u32,
        on_refuse: Box::new(move |length| refuse(app, length as usize)),
        on_change: Box::new(changed),
        on_apply: Box::new(move || desk.apply()),
        on_complete: Box::new(move |text, units| {
            let (serial, at) = (desk.next_serial(), byte(&text, units));
            let (promise, asked) = ask(text.clone());
            live::wait_for(serial, asked);
            engine::send(&ToEngine::Suggest { serial, name: desk.open.get_untracked(), text, at });
            promise
        }),
        on_hover: Box::new(move |text, units| {
            let (serial, at) = (desk.next_serial(), byte(&text, units));
            let (promise, asked) = ask(text.clone());
            live::wait_for(serial, asked);
            engine::send(&ToEngine::Hover { serial, name: desk.open.get_untracked(), text, at });
            promise
        }),
    }
}

#[component]
fn Tabs() -> impl IntoView {
    let desk = app().desk;
    let names = Memo::new(move |_| {
        let mut names: Vec<String> = desk.files.with(|files| files.iter().map(|(name, _)| name.clone()).collect());
        if let Some(name) = desk.editing.get()
            && !names.contains(&name)
        {
            names.push(name);
        }
        names
    });
    let tab = move |name: String| {
        let (open, shown, key) = (name.clone(), name.clone(), name.clone());
        let edited = move || desk.drafts.with(|drafts| drafts.contains_key(&key));
        view! {
            <button class="file" aria-pressed=move || if desk.open.get() == shown { "true" } else { "false" } on:click=move |_| desk.open.set(open.clone())>
                <span translate="no">{name}</span>
                {move || edited().then(|| view! { <em>"● " {words().edited}</em> })}
            </button>
        }
        .into_any()
    };
    view! { <div class="files" role="group" aria-label=move || words().files>{move || names.get().into_iter().map(tab).collect_view()}</div> }.into_any()
}

#[component]
fn Actions() -> impl IntoView {
    let desk = app().desk;
    let key = if document::is_mac() { "⌘⏎" } else { "Ctrl+⏎" };
    move || {
        if desk.editing.get().is_some() {
            view! {
                <button class="btn" on:click=move |_| desk.end_edit(false)>{words().cancel}</button>
                <button class="btn primary" on:click=move |_| desk.end_edit(true)>{words().save}</button>
            }
            .into_any()
        } else {
            view! { <button class="btn primary" disabled=move || desk.open.get().is_empty() on:click=move |_| desk.apply()>{words().apply} <kbd aria-hidden="true">{key}</kbd></button> }.into_any()
        }
    }
}

#[component]
fn Problems(problems: Memo<Vec<Problem>>) -> impl IntoView {
    let row = move |problem: Problem| {
        let class = if problem.severity == "warning" { "problem warning" } else { "problem" };
        view! { <li class=class><b>{(words().line)(problem.line)}</b> " " <span>{problem.message}</span></li> }.into_any()
    };
    move || {
        let problems = problems.get();
        (!problems.is_empty()).then(
            || view! { <div class="problems" role="status" aria-label=words().problems><ul>{problems.into_iter().map(row).collect_view()}</ul></div> },
        )
    }
}

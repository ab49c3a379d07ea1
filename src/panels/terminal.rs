//! The terminal: one line, a log, and the keys of a shell. Hangul being composed is never cut short.
use crate::js::{document, log};
use crate::state::course::Route;
use crate::state::{app, wire, words};
use cluster::input::Input;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, KeyboardEvent};

/// What a tap may type, most useful first.
const CHIPS: [&str; 5] = ["kubectl get pods", "kubectl get nodes", "kubectl get all", "kubectl get events", "kubectl get pods -w"];

/// Bytes that can be pasted at once: each of their lines is run, and they all stand in the log.
const MOST_PASTED: u32 = 64 * 1024;

#[component]
pub fn Terminal() -> impl IntoView {
    let (desk, notices, prefs) = (app().desk, app().notices, app().prefs);
    let lines = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if let Some(element) = lines.get() {
            log::mount(element.unchecked_into());
        }
    });
    // Which line of the history is shown; its length while a new one is being typed.
    let at = RwSignal::new(0_usize);
    let run = move || {
        let text = desk.line.get_untracked();
        desk.line.set(String::new());
        desk.run(text);
        at.set(desk.history.with_untracked(Vec::len));
    };
    let recall = move |back: bool| {
        let count = desk.history.with_untracked(Vec::len);
        let next = if back { at.get_untracked().min(count).saturating_sub(1) } else { (at.get_untracked() + 1).min(count) };
        at.set(next);
        desk.line.set(desk.history.with_untracked(|lines| lines.get(next).cloned().unwrap_or_default()));
    };
    let typed = move |event: KeyboardEvent| {
        if event.is_composing() || event.key_code() == 229 {
            return;
        }
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let selected = input.as_ref().is_some_and(|input| input.selection_start().ok().flatten() != input.selection_end().ok().flatten());
        match event.key().as_str() {
            "Enter" => run(),
            "ArrowUp" => recall(true),
            "ArrowDown" => recall(false),
            "Tab" if !event.shift_key() && !desk.line.with_untracked(|line| line.trim().is_empty()) => {
                let units = input.and_then(|input| input.selection_start().ok().flatten()).unwrap_or(0);
                let cursor = desk.line.with_untracked(|line| crate::js::codemirror::byte(line, units));
                desk.complete(cursor);
            }
            "c" if event.ctrl_key() && !selected => {
                desk.line.set(String::new());
                desk.candidates.set(Vec::new());
                wire::act(Input::Interrupt);
            }
            "d" if event.ctrl_key() && desk.line.with_untracked(String::is_empty) => wire::act(Input::EndOfInput),
            "l" if event.ctrl_key() => log::clear(),
            _ => return,
        }
        event.prevent_default();
    };
    // Of several lines each but the last is entered, as in any terminal; a field of one line would run them together.
    let pasted = move |event: web_sys::ClipboardEvent| {
        if document::pasted_length(&event) > MOST_PASTED {
            event.prevent_default();
            let words = prefs.words_now();
            return notices.banner.set(Some((words.too_large.to_string(), words.too_large_line.to_string())));
        }
        let text = document::pasted_text(&event).replace("\r\n", "\n");
        let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()).filter(|_| text.contains('\n'))
        else {
            return;
        };
        event.prevent_default();
        let place = |units: Option<u32>| desk.line.with_untracked(|line| crate::js::codemirror::byte(line, units.unwrap_or(0)));
        let (from, to) = (place(input.selection_start().ok().flatten()), place(input.selection_end().ok().flatten()));
        let whole = desk.line.with_untracked(|line| format!("{}{text}{}", &line[..from], &line[to..]));
        let (lines, rest) = whole.rsplit_once('\n').unwrap_or(("", &whole));
        lines.split('\n').for_each(|line| desk.run(line.to_string()));
        desk.line.set(rest.to_string());
        at.set(desk.history.with_untracked(Vec::len));
    };
    let chip = move |text: &'static str| {
        view! { <button class="chip" on:click=move |_| { desk.run(text.to_string()); at.set(desk.history.with_untracked(Vec::len)); }>{text.trim_start_matches("kubectl ")}</button> }
    };
    // In the lab: the next line of the quick start, for a press.
    let ahead = move || {
        let next = desk.ahead.with(|lines| lines.first().cloned())?;
        let (label, title, line) = ((words().lab)().next_line, next.clone(), next.clone());
        Some(
            view! { <button class="chip ahead" title=title disabled=move || desk.busy.get() on:click=move |_| { desk.run(line.clone()); at.set(desk.history.with_untracked(Vec::len)); }>{label}" "<code translate="no">{next}</code></button> },
        )
    };
    view! {
        <section class="pane terminal" id="pane-terminal" data-pane="terminal" tabindex="-1" aria-label=move || words().terminal>
            <div class="bar">
                <h2>{move || words().terminal}</h2>
                <span class="space"></span>
                {ahead}
                <div class="chips">{CHIPS.map(chip).collect_view()}</div>
                {move || desk.busy.get().then(|| view! { <button class="btn small" on:click=move |_| wire::act(Input::Interrupt)>"Ctrl+C"</button> })}
            </div>
            <div class="screen" on:click=move |_| if document::nothing_selected() { document::focus("terminal-line") }>
                <div class="log" role="log" aria-label=move || words().output tabindex="0" translate="no" node_ref=lines></div>
                {move || { let found = desk.candidates.get(); (!found.is_empty()).then(|| view! { <div class="found" role="status">{found.join("   ")}</div> }) }}
                <div class="ask">
                    <label for="terminal-line" translate="no">{move || desk.prompt.get()}</label>
                    <input id="terminal-line" data-first="" type="text" autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="send" translate="no"
                        aria-label=move || words().command prop:value=move || desk.line.get()
                        on:input=move |event| { desk.line.set(event_target_value(&event)); if !desk.candidates.with_untracked(Vec::is_empty) { desk.candidates.set(Vec::new()); } }
                        on:keydown=typed on:paste=pasted />
                </div>
            </div>
            {move || super::mistake::region(if matches!(app().course.route.get(), Route::Sandbox(_)) { "below" } else { "below narrow" })}
        </section>
    }
    .into_any()
}

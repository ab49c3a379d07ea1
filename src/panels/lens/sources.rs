//! The traffic sources as YAML: written from those that run, edited, and sent again.
use super::field::{button, submit};
use crate::protocol::Problem;
use crate::state::{app, words};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

/// Typing pauses this long before mistakes are looked for.
const REST_MS: u32 = 350;

#[component]
pub fn Sources() -> impl IntoView {
    let network = app().network;
    let written = network.written;
    let waiting = StoredValue::new_local(None::<Timeout>);
    // Any change of the sources, by the form or by somebody else, is written anew.
    let specs = Memo::new(move |_| network.sources.with(|all| all.iter().map(|source| source.spec.clone()).collect::<Vec<_>>()));
    Effect::new(move |_| {
        // Read, not only tracked: a memo that nobody has read does not follow anything.
        specs.with(|_| ());
        network.write_sources();
    });
    let typed = move |text: String| {
        network.draft.set(Some(text));
        waiting.set_value(Some(Timeout::new(REST_MS, move || network.judge_sources(false))));
    };
    let send = move || {
        waiting.set_value(None);
        network.judge_sources(true);
    };
    let keys = move |event: KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) && !event.is_composing() {
            event.prevent_default();
            send();
        }
    };
    let row = |problem: Problem| {
        view! { <li class="problem"><b>{(words().line)(problem.line)}</b> " " <span translate="no">{problem.message}</span></li> }
    };
    let wrong = move || network.wrong.with(|wrong| !wrong.is_empty());
    view! {
        <details class="sources-text" open=network.draft.with_untracked(Option::is_some)>
            <summary>{move || words().net.as_yaml}</summary>
            <form on:submit=move |event| { event.prevent_default(); send(); }>
                <textarea rows="9" spellcheck="false" autocapitalize="off" autocomplete="off" translate="no" wrap="off" aria-label=move || words().net.as_yaml
                    aria-invalid=move || wrong().to_string() aria-describedby="sources-wrong"
                    prop:value=move || network.draft.get().unwrap_or_else(|| written.get()) on:input=move |event| typed(event_target_value(&event)) on:keydown=keys></textarea>
                <div class="problems" id="sources-wrong" role="status" hidden=move || !wrong()><ul>{move || network.wrong.get().into_iter().map(row).collect_view()}</ul></div>
                <div class="row">{submit(|words| words.apply)}
                    {move || network.draft.with(Option::is_some).then(|| button("btn", |words| words.net.as_it_runs, Callback::new(move |()| network.forget_draft())))}</div>
            </form>
        </details>
    }
    .into_any()
}

//! The pieces that all lenses are built of: a line to write in, a button, a bar with a title.
use crate::state::words;
use crate::text::Words;
use leptos::prelude::*;

/// A word of the reader's language.
pub type Label = fn(&Words) -> &'static str;

/// A labelled line. `kind` is the input's type.
pub fn line(label: Label, kind: &'static str, list: &'static str, value: RwSignal<String>) -> AnyView {
    let needed = list != "-";
    view! {
        <label>{move || label(words())}<input type=kind required=needed list=list min="1" spellcheck="false" autocapitalize="off" prop:value=move || value.get() on:input=move |event| value.set(event_target_value(&event)) /></label>
    }
    .into_any()
}

pub fn button(class: &'static str, label: Label, act: Callback<()>) -> AnyView {
    view! { <button class=class type="button" on:click=move |_| act.run(())>{move || label(words())}</button> }.into_any()
}

/// The button that sends a form.
pub fn submit(label: Label) -> AnyView {
    view! { <button class="btn primary" type="submit">{move || label(words())}</button> }.into_any()
}

/// One of several to choose from.
pub fn tab(label: Label, chosen: Signal<bool>, act: Callback<()>) -> AnyView {
    view! { <button class="tab" aria-pressed=move || if chosen.get() { "true" } else { "false" } on:click=move |_| act.run(())>{move || label(words())}</button> }.into_any()
}

/// A title with a button that closes.
pub fn bar(title: Signal<String>, close: Callback<()>) -> AnyView {
    view! { <div class="bar"><h2>{title}</h2><span class="space"></span><button class="btn icon" aria-label=move || words().close on:click=move |_| close.run(())>"✕"</button></div> }.into_any()
}

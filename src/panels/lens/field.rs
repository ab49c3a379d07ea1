//! The pieces that all lenses are built of: a line to write in, a button, a bar with a title, a strip of seconds.
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

/// The strip in its own units: a bar per second, and so high.
const HIGH: f64 = 40.0;
const BAR: f64 = 5.0;

/// One layer of a strip as a path. For each second: how much stands below it, and how much it is; `most` fills the height.
pub fn bars(seconds: &[(u32, u32)], most: u32) -> String {
    let most = f64::from(most.max(1));
    let mut path = String::new();
    for (at, (below, count)) in seconds.iter().enumerate().filter(|(_, (_, count))| *count > 0) {
        let high = f64::from(*count) / most * HIGH;
        let top = HIGH - f64::from(*below) / most * HIGH - high;
        path.push_str(&format!("M{} {top:.1}h{}v{high:.1}h-{}z", at as f64 * BAR, BAR - 1.0, BAR - 1.0));
    }
    path
}

/// The frame of a strip of so many seconds around its layers.
pub fn strip(seconds: usize, label: Signal<String>, layers: AnyView) -> AnyView {
    view! {
        <svg class="strip" viewBox=format!("0 0 {} {HIGH}", seconds as f64 * BAR) preserveAspectRatio="none" role="img" aria-label=label>
            <defs><pattern id="hatch-strip" width="6" height="6" patternTransform="rotate(45)" patternUnits="userSpaceOnUse"><rect class="hatch-ground" width="6" height="6" /><rect class="hatch-line" width="3" height="6" /></pattern></defs>
            {layers}
        </svg>
    }
    .into_any()
}

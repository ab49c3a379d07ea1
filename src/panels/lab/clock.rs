//! The bar that drives both worlds: play, a step, speed, everything anew.
use crate::state::clock::{SPEEDS, since, times};
use crate::state::lab::Lab;
use crate::state::words;
use leptos::prelude::*;
use simcore::Time;

#[component]
pub fn Clock(lab: Lab) -> impl IntoView {
    let playing = move || if lab.playing.get() { words().pause } else { words().play };
    let choose = move |event: web_sys::Event| {
        if let Ok(speed) = event_target_value(&event).parse() {
            lab.choose(speed);
        }
    };
    let option = move |speed: u32| view! { <option value=speed.to_string() selected=speed == 1000>{times(speed)}</option> };
    let reading = move || since(Time::START.0, lab.time.get());
    view! {
        <section class="controls drive" data-pane="time" tabindex="-1" aria-label=move || (words().lab)().one_clock>
            <button class="btn primary" data-first="" on:click=move |_| lab.toggle()>{playing}</button>
            <button class="btn" on:click=move |_| lab.step()>{move || (words().lab)().one_second}</button>
            <select class="chip" aria-label=move || words().speed on:change=choose>{SPEEDS.map(option).collect_view()}</select>
            <span class="face"><output class="reading" aria-label=move || words().virtual_time>{reading}</output></span>
            <span class="space"></span>
            <button class="btn" on:click=move |_| lab.reset()>{move || words().start_over}</button>
        </section>
    }
    .into_any()
}

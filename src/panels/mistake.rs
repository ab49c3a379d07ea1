//! A quiet word about a known mistake: under the terminal, or in the lesson.
use super::lesson::prose::blocks;
use crate::js::log;
use crate::state::{app, words};
use leptos::prelude::*;

/// `place`: a class. The region stays, so that what comes into it is read out.
pub fn region(place: &'static str) -> AnyView {
    let app = app();
    let seen = app.course.mistake;
    let note = move || {
        let code = app.prefs.lang.get().code();
        let own = seen.with(|texts| texts.iter().find(|(lang, _)| lang == code).map(|(_, text)| blocks(text)));
        own.map(|text| {
            view! {
                <div class="mistake" tabindex="0">
                    <p class="kind">{(words().ops)().mistake}</p>
                    {text}
                    <button class="btn small" on:click=move |_| seen.set(Vec::new())>{words().close}</button>
                </div>
            }
        })
    };
    // It takes its room from the terminal's log.
    Effect::new(move |_| {
        seen.track();
        gloo_timers::callback::Timeout::new(0, log::resized).forget();
    });
    view! { <div class=format!("mistakes {place}") role="status">{note}</div> }.into_any()
}

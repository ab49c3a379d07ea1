//! Steps as cards: predict, do, answer, break, and the explanation once it is earned.
use super::prose::{blocks, inlines};
use crate::panels::{faults, mistake};
use crate::protocol::ToEngine;
use crate::state::wire::learn;
use crate::state::{app, words};
use leptos::prelude::*;
use lessons::progress::{CheckState, StepState, Verdict};
use lessons::prose::{Prose, Section};
use std::sync::Arc;

#[component]
pub fn Steps(prose: Arc<Prose>) -> impl IntoView {
    let app = app();
    let prose = StoredValue::new(prose);
    // Everything up to the first step that is not done, and the titles of the rest.
    let current =
        Memo::new(move |_| app.course.state.with(|state| state.steps.iter().position(|step| !step.done).unwrap_or(state.steps.len())));
    let order = Memo::new(move |_| app.course.state.with(|state| state.steps.iter().map(|step| step.id.clone()).collect::<Vec<_>>()));
    // The step to do next comes into view, on arrival and when one is done.
    Effect::new(move |_| {
        let at = current.get();
        gloo_timers::callback::Timeout::new(60, move || crate::js::document::show_step(at, app.prefs.motion.get_untracked())).forget();
    });
    move || {
        let order = order.get();
        let sections = prose.with_value(|prose| prose.sections.clone());
        sections
            .into_iter()
            .enumerate()
            .map(|(place, section)| {
                // Until the engine has spoken the first card stands open, so that nothing jumps when it does.
                let at = order.iter().position(|id| *id == section.id).or(order.is_empty().then_some(place));
                let open = Memo::new(move |_| at.is_none_or(|at| at <= current.get()));
                let title = section.title.clone();
                let section = StoredValue::new(section);
                let here = Memo::new(move |_| at == Some(current.get()));
                move || if open.get() { card(section.get_value(), here) } else { view! { <p class="later">{title.clone()}</p> }.into_any() }
            })
            .collect_view()
            .into_any()
    }
}

fn card(section: Section, here: Memo<bool>) -> AnyView {
    let app = app();
    let (id, name) = (section.id.clone(), section.id.clone());
    let step = Memo::new(move |_| app.course.step(&id).unwrap_or_default());
    let kind = Memo::new(move |_| step.with(|step| step.kind.clone()));
    let done = Memo::new(move |_| step.with(|step| step.done));
    let why = section.why.clone();
    let heading = section.title.clone();
    let told = blocks(&section.blocks);
    let section = StoredValue::new(section);
    let work = move || match kind.get().as_str() {
        "predict" | "quiz" => choice(section, step),
        "task" => view! { {breakers(step)} {task(section, step)} }.into_any(),
        "break" => breaking(section, step),
        "sandbox" | "" => ().into_any(),
        _ => go_on(section, step),
    };
    let label = move || match kind.get().as_str() {
        "predict" => words().predict,
        "task" => words().task,
        "quiz" => words().quiz,
        "break" => words().break_it,
        "explain" => words().explain,
        _ => words().read,
    };
    let said = heading.clone();
    let shown_label = move || Some(label()).filter(|label| *label != said);
    view! {
        <article data-step=name class=move || format!("card {}{}", kind.get(), if done.get() { " finished-step" } else { "" })>
            <p class="kind">{shown_label} {move || done.get().then(|| view! { <span class="tick">" ✓ " {words().done}</span> })}</p>
            <h2>{heading}</h2>
            {told}
            {work}
            {move || here.get().then(|| mistake::region("beside"))}
            {move || (done.get() && !why.is_empty()).then(|| view! { <div class="why"><p class="kind">{words().what_happened}</p>{blocks(&why)}</div> })}
        </article>
    }
    .into_any()
}

/// A prediction or a quiz: one choice, committed before anything is shown.
fn choice(section: StoredValue<Section>, step: Memo<StepState>) -> AnyView {
    let picked = RwSignal::new(step.with_untracked(|step| step.chosen.clone()));
    let chosen = Memo::new(move |_| step.with(|step| step.chosen.clone()));
    let answer = Memo::new(move |_| step.with(|step| step.answer.clone()));
    let id = section.with_value(|section| section.id.clone());
    // A prediction is made once; a question may be answered again until it is right.
    let quiz = step.with_untracked(|step| step.kind == "quiz");
    let locked = Memo::new(move |_| step.with(|step| if quiz { step.done } else { !step.chosen.is_empty() }));
    let commit = {
        let id = id.clone();
        move |_| learn(&ToEngine::Choose { step: id.clone(), option: picked.get_untracked() })
    };
    let options = section.with_value(|section| section.options.clone());
    let group = format!("choice-{id}");
    let rows = options.into_iter().map(|(option, text)| {
        let (name, group) = (StoredValue::new(option.clone()), group.clone());
        let mark = move || {
            let (chosen, answer, name) = (chosen.get(), answer.get(), name.get_value());
            let words = words();
            if chosen.is_empty() || answer.is_empty() { "" } else if !locked.get() { if chosen == name { words.not_right } else { "" } } else if quiz { if answer == name { words.passed } else { "" } } else if answer == name { if chosen == name { words.came_true_mine } else { words.came_true } } else if chosen == name { words.your_guess } else { "" }
        };
        let class = move || {
            let (answer, name) = (answer.get(), name.get_value());
            format!("opt{}{}", if picked.get() == name { " sel" } else { "" }, if locked.get() && !answer.is_empty() && answer == name { " right" } else { "" })
        };
        view! {
            <label class=class>
                <input type="radio" name=group value=option.clone() prop:checked=move || picked.get() == name.get_value() disabled=move || locked.get() on:change=move |_| picked.set(name.get_value()) />
                <span>{inlines(&text)}</span><em class="mark">{mark}</em>
            </label>
        }
        .into_any()
    }).collect_view();
    view! {
        <fieldset class="options"><legend class="sr">{move || words().choose_one}</legend>{rows}</fieldset>
        {move || (!locked.get()).then(|| view! { <div class="row"><button class="btn primary" disabled=move || picked.get().is_empty() on:click=commit.clone()>{words().commit}</button></div> })}
        {move || (!chosen.get().is_empty() && answer.get().is_empty()).then(|| view! { <p class="muted">{words().committed}</p> })}
    }
    .into_any()
}

fn task(section: StoredValue<Section>, step: Memo<StepState>) -> AnyView {
    let id = StoredValue::new(section.with_value(|section| section.id.clone()));
    let ids = Memo::new(move |_| step.with(|step| step.checks.iter().map(|check| check.id.clone()).collect::<Vec<_>>()));
    let hints = Memo::new(move |_| step.with(|step| step.hints));
    let all_open = Memo::new(move |_| hints.get().0 >= hints.get().1);
    let solvable = Memo::new(move |_| step.with(|step| step.solvable));
    let done = Memo::new(move |_| step.with(|step| step.done));
    let opened = move || {
        let count = hints.get().0 as usize;
        section.with_value(|section| {
            section.hints.iter().take(count).map(|(_, hint)| view! { <div class="hint">{blocks(hint)}</div> }).collect_view()
        })
    };
    view! {
        <ul class="checks">{move || ids.get().into_iter().map(|check| check_row(section, step, check)).collect_view()}</ul>
        <div class="hints">{opened}</div>
        {move || (!done.get()).then(|| view! {
            <div class="row">
                <button class="btn primary" on:click=move |_| learn(&ToEngine::Check { step: id.get_value() })>{words().check}</button>
                {move || (hints.get().1 > 0).then(|| view! {
                    <button class="btn" disabled=move || all_open.get() on:click=move |_| learn(&ToEngine::Hint { step: id.get_value() })>
                        {move || (words().hint)((hints.get().0 + 1).min(hints.get().1), hints.get().1)}
                    </button>
                })}
                {move || solvable.get().then(|| view! { <button class="btn" on:click=move |_| learn(&ToEngine::Solve { step: id.get_value() })>{words().solve}</button> })}
            </div>
        })}
    }
    .into_any()
}

fn check_row(section: StoredValue<Section>, step: Memo<StepState>, id: String) -> AnyView {
    let name = StoredValue::new(id.clone());
    let state = Memo::new(move |_| {
        step.with(|step| step.checks.iter().find(|check| name.with_value(|name| check.id == *name)).cloned().unwrap_or_default())
    });
    let text = section
        .with_value(|section| section.checks.iter().find(|(check, _)| *check == id).map(|(_, text)| inlines(text)))
        .unwrap_or_else(|| id.clone().into_any());
    let fails = section
        .with_value(|section| section.fails.iter().find(|(check, _)| *check == id).map(|(_, text)| text.clone()))
        .unwrap_or_default();
    let icon = move || match state.with(|state| state.verdict) {
        Verdict::Pass => ("done", "✓", words().passed),
        Verdict::Fail => ("failed", "✕", words().failed),
        Verdict::Pending => ("todo", "◌", words().pending),
    };
    let seen = move || state.with(observed);
    view! {
        <li class="task">
            <span class=move || icon().0><span aria-hidden="true">{move || icon().1}</span><span class="sr">{move || icon().2}</span></span>
            <span>{text}</span>
            <small>{seen}</small>
            {move || state.with(|state| state.verdict == Verdict::Fail && !fails.is_empty()).then(|| view! { <div class="fail">{blocks(&fails)}</div> })}
        </li>
    }
    .into_any()
}

fn observed(check: &CheckState) -> String {
    match (check.observed.is_empty(), check.wanted.is_empty()) {
        (true, _) => String::new(),
        (false, true) => (words().observed)(&check.observed),
        (false, false) => (words().observed_wanted)(&check.observed, &check.wanted),
    }
}

/// A step that is done once it was read or looked at.
fn go_on(section: StoredValue<Section>, step: Memo<StepState>) -> AnyView {
    let id = StoredValue::new(section.with_value(|section| section.id.clone()));
    let open = Memo::new(move |_| step.with(|step| !step.done));
    let button = move || view! { <div class="row"><button class="btn primary" on:click=move |_| learn(&ToEngine::Check { step: id.get_value() })>{words().go_on}</button></div> };
    (move || open.get().then(button)).into_any()
}

/// The step's fault buttons; nothing where it offers none.
fn breakers(step: Memo<StepState>) -> AnyView {
    let list = Memo::new(move |_| step.with(|step| step.faults.clone()));
    let world = app().world;
    let row = move || list.with(|list| faults::buttons(world, list));
    (move || (!list.with(Vec::is_empty)).then(row)).into_any()
}

fn breaking(section: StoredValue<Section>, step: Memo<StepState>) -> AnyView {
    let checks = Memo::new(move |_| step.with(|step| !step.checks.is_empty()));
    view! {
        {breakers(step)}
        {move || checks.get().then(|| task(section, step))}
        {move || (!checks.get()).then(|| go_on(section, step))}
    }
    .into_any()
}

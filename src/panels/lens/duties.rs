//! The duty lens: who looks after what, on one's own servers and at three providers; this cluster's column is marked.
use crate::state::{app, words};
use cluster::THEIRS;
use cluster::managed::duties::{By, COLUMNS, DUTIES, Duty, NOTES};
use leptos::prelude::*;

#[component]
pub fn Duties() -> impl IntoView {
    let world = app().world;
    // Whose control plane this is; a provider without a style of its own has no column.
    let here = Memo::new(move |_| {
        let note = world.components.with(|list| {
            list.iter().find(|cell| cell.id.starts_with("kube-apiserver")).map(|cell| cell.view.with(|view| view.note.clone()))
        });
        note.and_then(|note| match note.strip_prefix(THEIRS) {
            Some(name) => COLUMNS.iter().position(|column| *column == name),
            None => Some(0),
        })
    });
    let head = move |at: usize| {
        let name = move || if at == 0 { (words().ops)().self_managed } else { COLUMNS[at] };
        let mark = move || (here.get() == Some(at)).then(|| view! { <small>{(words().ops)().this_cluster}</small> });
        view! { <th scope="col">{name}" "{mark}</th> }
    };
    let notes = move || {
        (0..NOTES.len()).map(|at| view! { <li>{if NOTES[at].0 > 0 { format!("{}: ", COLUMNS[NOTES[at].0]) } else { String::new() }}{((words().ops)().duty_note)(at)}</li> }).collect_view()
    };
    view! {
        <p class="muted">{move || (words().ops)().duties_lead}</p>
        <div class="scroll" tabindex="0" role="group" aria-label=move || (words().ops)().duties_lead>
            <table class="talk duties"><thead><tr><th scope="col">{move || (words().ops)().duty}</th>{(0..4).map(head).collect_view()}</tr></thead>
            <tbody>{move || DUTIES.iter().map(|duty| line(duty, here.get())).collect_view()}</tbody></table>
        </div>
        {move || here.get().is_none().then(|| view! { <p class="muted">{(words().ops)().no_style}</p> })}
        <ol class="notes">{notes}</ol>
    }
    .into_any()
}

fn line(duty: &'static Duty, here: Option<usize>) -> AnyView {
    let ops = (words().ops)();
    let note = |column: usize| duty.note(column).map(|at| format!(" ({})", at + 1));
    let cell = |at: usize| {
        let (by, note) = (duty.by[at], note(at).filter(|_| at > 0));
        let class = if here == Some(at) { format!("{} here", by.word()) } else { by.word().to_string() };
        view! { <td class=class>{ops.by[match by { By::You => 0, By::Provider => 1, By::Both => 2 }]}{note}</td> }
    };
    view! { <tr data-row=duty.id><th scope="row">{(ops.duty_named)(duty.id)}{note(0)}</th>{(0..4).map(cell).collect_view()}</tr> }
        .into_any()
}

//! The table under the panes: a row for each thing that is compared, measured of both worlds as they stand.
use crate::state::lab::Lab;
use crate::state::words;
use crate::text::lab::ROWS;
use cluster::comparison::Row;
use cluster::probes::IDS;
use leptos::prelude::*;

/// The columns, as the projects write themselves.
pub const NAMES: [&str; 2] = ["K3s", "kubeadm"];
/// Rows that are tried in copies of the worlds, when somebody asks for it.
const TRIED: [&str; 2] = ["memory-100", "server-stops"];

#[component]
pub fn Compared(lab: Lab) -> impl IntoView {
    let head = |name: &'static str| view! { <th scope="col" translate="no">{name}</th> };
    let attempt = move |row: &'static str| {
        let label = move || {
            let words = (words().lab)();
            if row == TRIED[0] { words.try_pods } else { words.try_stop }
        };
        view! { <button class="btn" disabled=move || !lab.trying.get().is_empty() on:click=move |_| lab.attempt(row)>{label}</button> }
    };
    view! {
        <section class="compared" data-pane="compared" tabindex="-1" aria-label=move || (words().lab)().compared>
            <h2>{move || (words().lab)().compared}</h2>
            <div class="row">{TRIED.map(attempt).collect_view()}</div>
            <div class="scroll" tabindex="0" data-first="" role="group" aria-label=move || (words().lab)().compared>
                <table>
                    <thead><tr><th scope="col">{move || (words().lab)().what}</th>{NAMES.map(head).collect_view()}<th scope="col">{move || (words().lab)().source}</th></tr></thead>
                    <tbody>{ROWS.into_iter().map(|id| line(lab, id)).collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn line(lab: Lab, id: &'static str) -> AnyView {
    let row = move |place: usize| lab.rows[place].with(|rows| rows.iter().find(|row| row.id == id).cloned());
    let label = move || (words().lab)().rows[ROWS.iter().position(|known| *known == id).unwrap_or(0)];
    let cell = move |place: usize| {
        let row = Memo::new(move |_| row(place));
        view! { <td data-way=NAMES[place]>{move || row.with(|row| shown(id, row.as_ref()))}</td> }
    };
    let source = move || {
        let word = row(0).or_else(|| row(1)).map(|row| row.source).unwrap_or_default();
        ((words().lab)().source_of)(&word).to_string()
    };
    view! {
        <tr data-row=id><th scope="row">{label}</th>{(0..2).map(cell).collect_view()}<td class="muted">{source}</td></tr>
    }
    .into_any()
}

/// What was measured, or why there is nothing yet.
fn shown(id: &str, row: Option<&Row>) -> AnyView {
    let words = words();
    let lab = (words.lab)();
    match row.map(|row| &row.cells[..]) {
        None | Some([]) if TRIED.contains(&id) => view! { <span class="muted">{lab.not_tried}</span> }.into_any(),
        None | Some([]) if id == "minutes" => view! { <span class="muted">{lab.not_ready}</span> }.into_any(),
        None | Some([]) => view! { <span class="muted">{(words.ops)().no_cluster}</span> }.into_any(),
        Some([value]) => spelt(id, value).into_any(),
        Some([value, second, ..]) => {
            view! { {spelt(id, value)}" "<small class="muted">{(lab.tried_at)(second.parse().unwrap_or(0))}</small> }.into_any()
        }
    }
}

/// A value in the reader's words.
fn spelt(id: &str, value: &str) -> String {
    let words = words();
    if id == "minutes" {
        return ((words.lab)().minutes)(value);
    }
    if id != "server-stops" {
        return value.to_string();
    }
    let names: Vec<&str> =
        value.split(", ").filter_map(|id| IDS.iter().position(|known| *known == id)).map(|at| (words.ops)().functions[at]).collect();
    if names.is_empty() { (words.lab)().nothing.to_string() } else { names.join(", ") }
}

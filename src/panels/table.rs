//! The table: every object by kind, one line each.
use crate::panels::picture::pods::state_of;
use crate::state::{app, words};
use leptos::prelude::*;

/// A kind, a namespace, a name, and what says the most about it.
type Line = (String, String, String, String, String);

#[component]
pub fn Table() -> impl IntoView {
    let world = app().world;
    let wanted = RwSignal::new(String::new());
    let lines = Memo::new(move |_| {
        world.settled.get();
        words();
        let wanted = wanted.get().to_ascii_lowercase();
        let mut lines: Vec<Line> = world.index.with_value(|index| {
            let pods = index.pods.values().map(|cell| {
                cell.view.with_untracked(|view| {
                    (
                        cell.id.clone(),
                        "Pod".to_string(),
                        view.namespace.clone(),
                        view.name.clone(),
                        format!("{} · {} · {}", state_of(view, 0), view.image, view.node),
                    )
                })
            });
            let workloads = index.workloads.values().map(|cell| {
                cell.view.with_untracked(|view| {
                    (
                        cell.id.clone(),
                        view.kind.clone(),
                        view.namespace.clone(),
                        view.name.clone(),
                        (words().wanted_ready)(view.wanted, view.ready),
                    )
                })
            });
            let nodes = index.nodes.values().map(|cell| {
                cell.view.with_untracked(|view| (cell.id.clone(), "Node".to_string(), String::new(), view.name.clone(), view.ready.clone()))
            });
            let objects = index
                .objects
                .values()
                .map(|view| (view.id.clone(), view.kind.clone(), view.namespace.clone(), view.name.clone(), view.note.clone()));
            pods.chain(workloads).chain(nodes).chain(objects).collect()
        });
        lines.retain(|line| {
            wanted.is_empty() || format!("{} {} {} {}", line.1, line.2, line.3, line.4).to_ascii_lowercase().contains(&wanted)
        });
        lines.sort_by(|a, b| (&a.1, &a.2, &a.3).cmp(&(&b.1, &b.2, &b.3)));
        lines.truncate(300);
        lines
    });
    let row = move |(id, kind, namespace, name, note): Line| {
        view! { <tr><td>{kind}</td><td>{namespace}</td><th scope="row"><button class="item" translate="no" on:click=move |_| world.pick(&id)>{name}</button></th><td>{note}</td></tr> }
    };
    view! {
        <div class="objects">
            <input type="search" class="filter" aria-label=move || words().filter placeholder=move || words().filter on:input=move |event| wanted.set(event_target_value(&event)) />
            <div class="scroll" tabindex="0" role="group" aria-label=move || words().table>
                <table>
                    <thead><tr><th scope="col">{move || words().kind}</th><th scope="col">{move || words().namespace}</th><th scope="col">{move || words().name}</th><th scope="col">{move || words().state}</th></tr></thead>
                    <tbody>{move || lines.get().into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </div>
    }
    .into_any()
}

//! The process lens: what runs on one server, as a tree with memory and CPU.
use crate::state::{app, words};
use cluster::delta::ComponentView;
use cluster::lens::ProcessView;
use leptos::prelude::*;

#[component]
pub fn Processes() -> impl IntoView {
    let (network, world) = (app().network, app().world);
    // What has no process of its own on this server.
    let inside = move || {
        let server = network.server.get();
        let held =
            |view: &ComponentView| view.node == server && view.running && !view.inside.is_empty() && !view.id.starts_with("containerd");
        let all = world.components.with(|list| {
            let names = list.iter().filter_map(|cell| cell.view.with(|view| held(view).then(|| view.id.clone())));
            names.map(|id| id.split('/').next().unwrap_or_default().replace("kine", "SQLite")).collect::<Vec<_>>()
        });
        (!all.is_empty()).then(|| view! { <p>{((words().ops)().inside)(&all.join(", "))}</p> })
    };
    let names = Memo::new(move |_| network.servers.get());
    let choose = move |name: String| {
        let (mark, label) = (name.clone(), name.clone());
        view! { <button class="tab" translate="no" aria-pressed=move || if network.server.with(|server| *server == mark) { "true" } else { "false" } on:click=move |_| { network.server.set(name.clone()); network.ask_now(); }>{label}</button> }
    };
    let head = |at: usize| view! { <th scope="col" class=if at == 0 { "" } else { "end" }>{(words().ops)().process_heads[at]}</th> };
    let table = move || {
        network.processes.with(|rows| {
            let most = rows.iter().map(|row| row.rss_kib).max().unwrap_or(1).max(1);
            let all = rows.iter().map(|row| u64::from(row.rss_kib)).sum::<u64>() >> 10;
            view! {
                <p role="status">{((words().ops)().in_all)(rows.len(), all)}</p>
                {inside}
                <div class="scroll" tabindex="0" role="group" aria-label=network.server.get()>
                    <table class="talk processes"><caption translate="no">{network.server.get()}</caption><thead><tr>{(0..3).map(head).collect_view()}</tr></thead>
                    <tbody>{rows.iter().map(|row| line(row, depth(rows, row), most)).collect_view()}</tbody></table>
                </div>
            }
        })
    };
    view! {
        <p class="muted">{move || (words().ops)().processes_lead}</p>
        <div class="tabs" role="group" aria-label=move || (words().ops)().server>{move || names.get().into_iter().map(choose).collect_view()}</div>
        {move || if network.processes.with(Vec::is_empty) { view! { <p class="muted">{(words().ops)().no_processes}</p> }.into_any() } else { table().into_any() }}
    }
    .into_any()
}

/// How many processes stand above this one, without the first of the machine.
fn depth(rows: &[ProcessView], row: &ProcessView) -> usize {
    let parent = |row: &ProcessView| rows.iter().find(|other| other.pid == row.parent && other.pid != 1);
    std::iter::successors(parent(row), |above| parent(above)).take(6).count()
}

fn line(row: &ProcessView, depth: usize, most: u32) -> AnyView {
    let name = format!("{}{}", "· ".repeat(depth), row.name);
    let share = format!("{}%", u64::from(row.rss_kib) * 100 / u64::from(most));
    let cpu = format!("{}.{} %", row.cpu_millis / 10, row.cpu_millis % 10);
    view! {
        <tr title=row.command.clone()><th scope="row" translate="no">{name}<span class="membar" aria-hidden="true"><i style:width=share></i></span></th><td class="end">{format!("{} MiB", row.rss_kib >> 10)}</td><td class="end">{cpu}</td></tr>
    }
    .into_any()
}

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
    let rows = network.processes;
    // Rows stay the same elements while their figures change: a focus in them stays, too.
    let order = Memo::new(move |_| rows.with(|rows| rows.iter().map(|row| (row.pid, depth(rows, row))).collect::<Vec<_>>()));
    let most = Memo::new(move |_| rows.with(|rows| rows.iter().map(|row| row.rss_kib).max().unwrap_or(1).max(1)));
    let open = RwSignal::new(0);
    let sum = move || {
        rows.with(|rows| {
            let all = rows.iter().map(|row| u64::from(row.rss_kib)).sum::<u64>() >> 10;
            ((words().ops)().in_all)(rows.len(), all)
        })
    };
    let server = move || network.server.get();
    let empty = Memo::new(move |_| rows.with(Vec::is_empty));
    let table = move || {
        view! {
            <p role="status">{sum}</p>
            {inside}
            <div class="scroll" tabindex="0" role="group" aria-label=server>
                <table class="talk processes"><caption translate="no">{server}</caption><thead><tr>{(0..3).map(head).collect_view()}</tr></thead>
                <tbody><For each=move || order.get() key=Clone::clone children=move |(pid, depth)| line(pid, depth, most, open) /></tbody></table>
            </div>
        }
    };
    view! {
        <p class="muted">{move || (words().ops)().processes_lead}</p>
        <div class="tabs" role="group" aria-label=move || (words().ops)().server>{move || names.get().into_iter().map(choose).collect_view()}</div>
        {move || if empty.get() { view! { <p class="muted">{(words().ops)().no_processes}</p> }.into_any() } else { table().into_any() }}
    }
    .into_any()
}

/// How many processes stand above this one, without the first of the machine.
fn depth(rows: &[ProcessView], row: &ProcessView) -> usize {
    let parent = |row: &ProcessView| rows.iter().find(|other| other.pid == row.parent && other.pid != 1);
    std::iter::successors(parent(row), |above| parent(above)).take(6).count()
}

/// A process; pressed, with the command that started it.
fn line(pid: u32, depth: usize, most: Memo<u32>, open: RwSignal<u32>) -> AnyView {
    let rows = app().network.processes;
    let own = Memo::new(move |_| rows.with(|rows| rows.iter().find(|row| row.pid == pid).cloned()));
    let read = move |from: fn(&ProcessView) -> String| own.with(|row| row.as_ref().map(from).unwrap_or_default());
    let share = move || own.with(|row| row.as_ref().map_or(0, |row| u64::from(row.rss_kib) * 100 / u64::from(most.get())));
    let pressed = move || open.get() == pid;
    let press = move |_| open.update(|open| *open = if *open == pid { 0 } else { pid });
    view! {
        <tr>
            <th scope="row" translate="no">
                <button class="item" aria-expanded=move || pressed().to_string() on:click=press>{"· ".repeat(depth)}{move || read(|row| row.name.clone())}</button>
                <span class="membar" aria-hidden="true"><i style:width=move || format!("{}%", share())></i></span>
            </th>
            <td class="end">{move || read(|row| format!("{} MiB", row.rss_kib >> 10))}</td>
            <td class="end">{move || read(|row| format!("{}.{} %", row.cpu_millis / 10, row.cpu_millis % 10))}</td>
        </tr>
        {move || pressed().then(|| view! { <tr><td colspan="3"><code class="command" translate="no">{move || read(command)}</code></td></tr> })}
    }
    .into_any()
}

/// The process's id and its command, an option on each line.
fn command(row: &ProcessView) -> String {
    format!("{} {}", row.pid, row.command.replace(" --", "\n  --"))
}

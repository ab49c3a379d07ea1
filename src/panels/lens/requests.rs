//! The last requests as a table with a filter, and the way of the one that was chosen.
use super::field;
use super::way::hops;
use crate::state::{app, words};
use crate::text::net::milliseconds;
use cluster::delta::RequestView;
use leptos::prelude::*;

/// So many are listed.
const LISTED: usize = 25;

#[component]
pub fn Requests() -> impl IntoView {
    let app = app();
    let network = app.network;
    let filter = RwSignal::new("all");
    // The list stands still while one of its rows is read.
    let rows = Memo::new(move |old: Option<&Vec<RequestView>>| {
        network.told.get();
        let wanted = filter.get();
        if let (Some(old), true) = (old, network.wanted.get() != 0) {
            return old.clone();
        }
        let fits = |request: &&RequestView| match wanted {
            "ok" => request.ok,
            "failed" => !request.ok,
            _ => true,
        };
        network.recent.with_value(|all| all.iter().rev().filter(fits).take(LISTED).cloned().collect())
    });
    let choose = move |name: &'static str, label: field::Label| {
        let act = move |()| {
            network.follow(0);
            filter.set(name);
        };
        field::tab(label, Signal::derive(move || filter.get() == name), Callback::new(act))
    };
    let row = move |request: RequestView| {
        let (id, ok) = (request.id, request.ok);
        let outcome = (words().net.outcome)(&request.outcome);
        let outcome = if ok { outcome } else { format!("× {outcome}") };
        // One whose name was not found never left its sender.
        let nowhere = !ok && request.to == request.from;
        let to = if nowhere { "–" } else { request.to.as_str() }.rsplit('/').next().unwrap_or_default().to_string();
        let to = to.rsplit_once('-').map_or(to.clone(), |(_, end)| format!("…-{end}"));
        let to = if request.version.is_empty() { to } else { format!("{} · {to}", request.version) };
        view! {
            <tr class=if ok { "" } else { "failed" }>
                <td><button class="item" aria-pressed=move || if network.wanted.get() == id { "true" } else { "false" } on:click=move |_| network.follow(id)>{app.clock.reading(request.at)}<span class="sr">{format!(" {} {id}", words().net.follow)}</span></button></td>
                <td translate="no">{to}</td><td>{outcome.clone()}</td><td class="end">{milliseconds(request.took)}</td>
            </tr>
        }
    };
    view! {
        {move || (network.wanted.get() != 0).then(|| view! { <Way /> })}
        <h3>{move || words().net.requests}</h3>
        <div class="tabs" role="group" aria-label=move || words().net.outcome_filter>{choose("all", |words| words.net.all)} {choose("ok", |words| words.net.answered)} {choose("failed", |words| words.net.failed)}</div>
        {move || rows.with(Vec::is_empty).then(|| view! { <p class="muted">{words().net.no_requests}</p> })}
        <div class="scroll" tabindex="0" role="group" aria-label=move || words().net.requests>
            <table class="requests">
                <thead><tr><th scope="col">{move || words().net.when}</th><th scope="col">{move || words().net.to}</th><th scope="col">{move || words().net.result}</th><th scope="col">{move || words().net.took}</th></tr></thead>
                <tbody>{move || rows.get().into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// The way of one request, hop by hop.
#[component]
pub fn Way() -> impl IntoView {
    let app = app();
    let network = app.network;
    let section = NodeRef::<leptos::html::Section>::new();
    // It stands above the list, which may be scrolled far down.
    Effect::new(move |_| {
        network.wanted.get();
        app.world.followed.track();
        if let Some(section) = section.get() {
            section.scroll_into_view_with_bool(true);
        }
    });
    let title = Signal::derive(move || (words().net.way)(network.wanted.get()));
    let list = move || match app.world.followed.get().filter(|(id, _)| *id == network.wanted.get()) {
        Some((_, found)) if found.is_empty() => view! { <p class="muted">{words().net.forgotten}</p> }.into_any(),
        Some((_, found)) => hops(&found),
        None => ().into_any(),
    };
    view! {
        <section class="way" node_ref=section aria-live="polite">
            {field::bar(title, Callback::new(move |()| network.follow(0)))}
            {list}
        </section>
    }
    .into_any()
}

//! The Service lens: each Service as the rules that every node holds of it, laggards marked, and a node's rules as text.
use crate::state::{app, words};
use cluster::lens::RuleView;
use leptos::prelude::*;

#[component]
pub fn Rules() -> impl IntoView {
    let network = app().network;
    let services = Memo::new(move |_| {
        let mut names: Vec<String> = network.rules.with(|rules| rules.iter().map(|rule| rule.service.clone()).collect());
        names.sort();
        names.dedup();
        names.sort_by_key(|name| name.starts_with("kube-system/") || name.starts_with("default/kubernetes"));
        names
    });
    let nodes = Memo::new(move |_| {
        let mut names: Vec<String> = network.rules.with(|rules| rules.iter().map(|rule| rule.node.clone()).collect());
        names.dedup();
        names.sort();
        names.dedup();
        names
    });
    let mode = move || network.rules.with(|rules| rules.first().map(|rule| rule.mode.clone()).unwrap_or_default());
    let read = move |node: String| {
        let mine = node.clone();
        let press = move |_| {
            let same = network.reading.with_untracked(|reading| *reading == node);
            network.text.set(String::new());
            network.reading.set(if same { String::new() } else { node.clone() });
            network.ask_now();
        };
        let label = mine.clone();
        view! { <button class="btn small" aria-pressed=move || if network.reading.with(|reading| *reading == mine) { "true" } else { "false" } on:click=press>{move || (words().net.show_rules)(&label)}</button> }
    };
    view! {
        <p class="muted">{move || words().net.rules_lead}</p>
        {move || services.with(Vec::is_empty).then(|| view! { <p class="muted">{words().net.no_services}</p> })}
        <For each=move || services.get() key=Clone::clone children=move |name| service(name) />
        <h3>{move || (words().net.rules_in)(&mode())}</h3>
        <div class="row">{move || nodes.get().into_iter().map(read).collect_view()}</div>
        {move || network.reading.with(|reading| !reading.is_empty()).then(|| view! { <pre class="rules-text" tabindex="0" translate="no">{move || network.text.get()}</pre> })}
    }
    .into_any()
}

fn service(name: String) -> AnyView {
    let network = app().network;
    let rows = {
        let name = name.clone();
        Memo::new(move |_| network.rules.with(|rules| rules.iter().filter(|rule| rule.service == name).cloned().collect::<Vec<RuleView>>()))
    };
    let doors = move || rows.with(|rows| rows.first().map(|row| row.doors.join(" · ")).unwrap_or_default());
    view! {
        <section class="source">
            <h3 translate="no">{format!("svc/{}", name.trim_start_matches("default/"))}</h3>
            <p class="m mono" translate="no">{doors}</p>
            <ul class="held">{move || rows.get().into_iter().map(held).collect_view()}</ul>
        </section>
    }
    .into_any()
}

/// What one node's rules lead to, and how that differs from what the API says.
fn held(row: RuleView) -> AnyView {
    let words = words();
    let leads = if row.endpoints.is_empty() { words.net.no_endpoints.to_string() } else { row.endpoints.join(" ") };
    let mut differs = Vec::new();
    differs.extend((!row.missing.is_empty()).then(|| (words.net.missing)(&row.missing.join(" "))));
    differs.extend((!row.stale.is_empty()).then(|| (words.net.stale)(&row.stale.join(" "))));
    let note = row.lags.then(|| view! { <small class="todo">"◌ " {words.net.lags}{differs.into_iter().map(|text| format!(" · {text}")).collect::<String>()}</small> });
    view! { <li class=if row.lags { "lags" } else { "" }><b>{row.node}</b><span class="mono" translate="no">{leads}</span>{note}</li> }
        .into_any()
}

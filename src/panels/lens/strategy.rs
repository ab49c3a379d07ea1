//! The strategy lens: ways to ship a new version, measured side by side under the same users.
use super::field::{self, Label, bars, tab};
use crate::state::{app, words};
use leptos::prelude::*;
use lessons::strategies::Row;

/// The new versions that can be compared, as the board names them.
const VERSIONS: [(&str, Label); 3] = [
    ("good", |words| words.net.new_versions[0]),
    ("slow", |words| words.net.new_versions[1]),
    ("broken", |words| words.net.new_versions[2]),
];

#[component]
pub fn Strategy() -> impl IntoView {
    let network = app().network;
    let chosen = RwSignal::new(0);
    let rows = Memo::new(move |_| {
        let version = VERSIONS[chosen.get()].0;
        network.rows.with(|all| all.iter().filter(|row| row.version == version).cloned().collect::<Vec<_>>())
    });
    let any = Memo::new(move |_| rows.with(|rows| !rows.is_empty()));
    let choose = |at: usize| tab(VERSIONS[at].1, Signal::derive(move || chosen.get() == at), Callback::new(move |()| chosen.set(at)));
    let press = move |_| match network.comparing.get_untracked() {
        true => network.stop_comparing(),
        false => network.compare(VERSIONS[chosen.get_untracked()].0),
    };
    let progress = move || {
        let (done, all) = network.compared.get();
        (all > 0 || network.comparing.get()).then(|| (words().net.measured)(done, all))
    };
    let head = move |at: usize| view! { <th scope="col">{words().net.measures[at]}</th> };
    let caption = move || (words().net.board)(VERSIONS[chosen.get()].1(words()));
    let table = move || {
        view! {
            <ul class="parts"><li class="v1"><i></i>"v1"</li><li class="v2"><i></i>"v2"</li><li class="fail"><i></i>{words().net.failed}</li></ul>
            <div class="scroll" tabindex="0" role="group" aria-label=caption>
                <table class="board">
                    <caption>{caption}</caption>
                    <thead><tr><th scope="col">{words().net.strategy}</th>{(0..7).map(head).collect_view()}</tr></thead>
                    <tbody>{move || rows.with(|rows| rows.iter().map(row).collect_view())}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <p class="muted">{move || words().net.strategy_lead}</p>
        <div class="tabs" role="group" aria-label=move || words().net.new_version><span class="muted" aria-hidden="true">{move || words().net.new_version}</span>{(0..VERSIONS.len()).map(choose).collect_view()}</div>
        <div class="row"><button class="btn primary" disabled=move || network.board.with(String::is_empty) on:click=press>{move || if network.comparing.get() { words().stop } else { words().net.compare }}</button></div>
        <p class="muted" role="status">{progress}</p>
        {move || any.get().then(table)}
    }
    .into_any()
}

fn row(row: &Row) -> AnyView {
    let net = &words().net;
    let name = (net.strategy_named)(&row.strategy).to_string();
    let tenths = |thousandths: u64| format!("{}.{}", thousandths / 1_000, thousandths % 1_000 / 100);
    let span = |ms: Option<u64>| ms.map_or(net.never.to_string(), |ms| format!("{} s", tenths(ms)));
    let cells = [
        format!("{} / {}", row.failed, row.requests),
        format!("{} %", row.new_answers * 100 / row.answers.max(1)),
        format!("{} / {}", row.people_hurt, row.people),
        format!("{} ms", row.p95_ms),
        tenths(row.extra_pod_ms),
        span(row.full_ms),
        span(row.rollback_ms),
    ];
    let notes = [
        if row.stopped { net.taken_back.to_string() } else { String::new() },
        if row.mirrored > 0 { (net.copies)(row.mirrored, row.mirrored_failed) } else { String::new() },
        row.trouble.clone(),
    ];
    let notes = notes.into_iter().filter(|note| !note.is_empty()).map(|note| view! { <small>{note}</small> }).collect_view();
    view! {
        <tr data-strategy=row.strategy.clone()><th scope="row">{name.clone()}{strip(row, (net.by_second)(&name))}{notes}</th>{cells.map(|cell| view! { <td>{cell}</td> }).collect_view()}</tr>
    }
    .into_any()
}

/// A bar per second: the old version from below, the new one, failures on top.
fn strip(row: &Row, label: String) -> AnyView {
    let most = row.strip.chunks(3).map(|second| second.iter().sum()).max().unwrap_or(0);
    let layer = |(at, class): (usize, &'static str)| {
        let seconds: Vec<(u32, u32)> = row.strip.chunks_exact(3).map(|second| (second[..at].iter().sum(), second[at])).collect();
        view! { <path class=class d=bars(&seconds, most) /> }
    };
    let layers = ["v1", "v2", "fail"].into_iter().enumerate().map(layer).collect_view();
    field::strip(row.strip.len() / 3, Signal::stored(label), layers.into_any())
}

//! The traffic lens: every source with its last minute, exact numerals, and the list of requests.
use super::controls::Form;
use super::field::{self, bars, button};
use super::requests::Requests;
use super::sources::Sources;
use crate::state::network::shade;
use crate::state::{app, words};
use crate::text::net::milliseconds;
use cluster::delta::{TrafficSecond, TrafficView};
use cluster::input::TrafficSpec;
use leptos::prelude::*;

#[component]
pub fn Traffic() -> impl IntoView {
    let network = app().network;
    // The source that is being written: an empty id for a new one.
    let form = RwSignal::new(None::<TrafficSpec>);
    let ids = Memo::new(move |_| network.sources.with(|all| all.iter().map(|source| source.id.clone()).collect::<Vec<_>>()));
    let fresh = move |()| form.set(Some(TrafficSpec { rps: 10, ..TrafficSpec::default() }));
    view! {
        {move || ids.with(Vec::is_empty).then(|| view! { <p class="muted">{words().net.no_sources}</p> })}
        <ul class="sources"><For each=move || ids.get() key=Clone::clone children=move |id| card(id, form) /></ul>
        {move || if form.with(Option::is_some) {
            view! { <Form form /> }.into_any()
        } else {
            button("btn wide", |words| words.net.new_source, Callback::new(fresh))
        }}
        <Sources />
        <Requests />
    }
    .into_any()
}

fn card(id: String, form: RwSignal<Option<TrafficSpec>>) -> AnyView {
    let network = app().network;
    let source = {
        let id = id.clone();
        Memo::new(move |_| network.sources.with(|all| all.iter().find(|source| source.id == id).cloned()).unwrap_or_default())
    };
    let read = move |from: fn(&TrafficView) -> String| move || source.with(from);
    let stop = id.clone();
    let change = move |()| form.set(Some(source.with_untracked(|source| source.spec.clone())));
    view! {
        <li class="source">
            <div class="bar">
                <h3 translate="no">{id}" → "{read(|source| source.to.clone())}</h3><span class="space"></span>
                {button("btn small", |words| words.net.change, Callback::new(change))} {button("btn small", |words| words.net.end, Callback::new(move |()| network.stop(stop.clone())))}
            </div>
            <p class="muted">{move || source.with(|source| {
                let from = if source.from == "outside" { words().net.outside.to_string() } else { (words().net.from_pods)(&source.from) };
                if source.rps > 0 { format!("{from} · {}", (words().net.per_second)(source.rps)) } else { from }
            })}</p>
            {strip(source)}
            <p class="axis">{move || words().net.minute}</p>
            <div class="sums">
                <b>{read(|source| source.ok.to_string())}</b><span>{move || words().net.answered}</span>
                <b class=move || if source.with(|source| source.failed > 0) { "failed" } else { "" }>{read(|source| source.failed.to_string())}</b><span>{move || words().net.failed}</span>
                <span class="space"></span>
                <span class="muted">{move || source.with(|source| if source.held_back > 0 { (words().net.held_back)(source.held_back) } else { String::new() })}</span>
            </div>
            {move || source.with(|source| (source.copies > 0).then(|| view! { <p class="muted">{(words().net.copied)(source.copies)}</p> }))}
            <p class="muted">{move || source.with(|source| if source.p95 == 0 { "–".to_string() } else { (words().net.half_in)(&milliseconds(source.p50), &milliseconds(source.p95)) })}</p>
            {move || source.with(histogram)}
            <ul class="parts" aria-label=move || words().net.ten_seconds>{move || source.with(parts)}</ul>
        </li>
    }
    .into_any()
}

/// How long the answers of the last ten seconds took: a bar for each doubling.
fn histogram(source: &TrafficView) -> Option<AnyView> {
    let most = source.spans.iter().max().copied()?;
    let (words, end) = (&words().net, |at: usize| milliseconds(source.spans_from << at));
    let spoken = source.spans.iter().enumerate().map(|(at, count)| format!("{}–{}: {count}", end(at), end(at + 1)));
    let label = format!("{}: {}", words.latency, spoken.collect::<Vec<String>>().join(", "));
    let path = bars(&source.spans.iter().map(|count| (0, *count)).collect::<Vec<_>>(), most);
    let span = format!("{} {} – {}", words.latency, end(0), end(source.spans.len()));
    let frame = field::strip(source.spans.len(), Signal::derive(move || label.clone()), view! { <path class="v1" d=path /> }.into_any());
    Some(view! { <div class="spans">{frame}<p class="axis">{span}</p></div> }.into_any())
}

/// Shares of the last ten seconds: versions first, then why requests failed.
fn parts(source: &TrafficView) -> Vec<AnyView> {
    let total: u64 = source.parts.iter().map(|part| u64::from(part.count)).sum::<u64>().max(1);
    let mut shares: Vec<(bool, String, String, u64)> = Vec::new();
    for part in &source.parts {
        let ok = !part.version.is_empty() && part.outcome.parse::<u32>().is_ok_and(|code| code < 400);
        let place = source.versions.iter().position(|version| *version == part.version).unwrap_or(0);
        let (class, text) = if ok {
            (format!("v{}", shade(&part.version, place)), part.version.clone())
        } else {
            ("fail".to_string(), (words().net.outcome)(&part.outcome))
        };
        match shares.iter_mut().find(|share| share.0 != ok && share.2 == text) {
            Some(share) => share.3 += u64::from(part.count),
            None => shares.push((!ok, class, text, u64::from(part.count))),
        }
    }
    shares.sort();
    let row = |(failed, class, text, count): (bool, String, String, u64)| {
        let tail = if failed { count.to_string() } else { format!("{} %", (count * 100 + total / 2) / total) };
        view! { <li class=class><i></i><span translate="no">{text}</span><b>{tail}</b></li> }.into_any()
    };
    shares.into_iter().map(row).collect()
}

/// Sixty bars: what was well from below by version, what failed on top of it.
fn strip(source: Memo<TrafficView>) -> AnyView {
    // One path per version (the last one for failures), so that a second costs three attributes.
    let path = move |layer: Option<usize>| {
        source.with(|source| {
            let most = source.strip.iter().map(|second| second.failed + second.ok.iter().sum::<u32>()).max();
            let count = |second: &TrafficSecond| match layer {
                Some(place) => (second.ok.iter().take(place).sum(), second.ok.get(place).copied().unwrap_or(0)),
                None => (second.ok.iter().sum(), second.failed),
            };
            bars(&source.strip.iter().map(count).collect::<Vec<_>>(), most.unwrap_or(0))
        })
    };
    let versions = Memo::new(move |_| source.with(|source| source.versions.clone()));
    let label = move || source.with(|source| (words().net.strip)(&source.id, source.ok, source.failed));
    let layers = view! {
        {move || versions.get().into_iter().enumerate().map(|(at, version)| view! { <path class=format!("v{}", shade(&version, at)) d=move || path(Some(at)) /> }).collect_view()}
        <path class="fail" d=move || path(None) />
    };
    field::strip(60, Signal::derive(label), layers.into_any())
}

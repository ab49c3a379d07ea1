//! The form of a traffic source: where it sends, from where, how often, and how its users behave.
use super::field::{button, line, submit};
use crate::state::{app, words};
use cluster::input::{Share, TrafficSpec};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// Requests per second that a source may be asked for here.
const MOST: u32 = 1_000;

#[component]
pub fn Form(form: RwSignal<Option<TrafficSpec>>) -> impl IntoView {
    let app = app();
    let (network, world) = (app.network, app.world);
    let begun = form.get_untracked().unwrap_or_default();
    let known = !begun.id.is_empty();
    let free =
        (1..).map(|at| format!("users-{at}")).find(|id| !network.sources.with_untracked(|all| all.iter().any(|source| source.id == *id)));
    let id = RwSignal::new(if known { begun.id.clone() } else { free.unwrap_or_default() });
    let services = world.index.with_value(services);
    let to = RwSignal::new(if begun.to.is_empty() { services.first().cloned().unwrap_or_default() } else { begun.to.clone() });
    let from = RwSignal::new(if begun.from == "outside" { String::new() } else { begun.from.clone() });
    let rps = RwSignal::new(written(begun.rps));
    let path = RwSignal::new(begun.path.clone());
    let numbers =
        [begun.users, begun.think_ms, begun.concurrency, begun.timeout_ms, begun.retries].map(|number| RwSignal::new(written(number)));
    let share = begun.share.clone().unwrap_or_default();
    let percent = RwSignal::new(written(share.percent));
    let header = RwSignal::new(if share.header.is_empty() { String::new() } else { format!("{}: {}", share.header, share.value) });
    let keep = RwSignal::new(begun.keep_alive);
    let more = begun.users + begun.think_ms + begun.concurrency + begun.timeout_ms + begun.retries + share.percent > 0
        || begun.keep_alive
        || !begun.path.is_empty();
    let senders: BTreeSet<String> = world
        .pods_now()
        .into_iter()
        .filter(|pod| pod.namespace != "kube-system" && !pod.app.is_empty())
        .map(|pod| format!("app={}", pod.app))
        .chain((!begun.from.is_empty() && begun.from != "outside").then(|| begun.from.clone()))
        .collect();
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let old = form.get_untracked().unwrap_or_default();
        let (id, to) = (id.get_untracked().trim().to_string(), to.get_untracked().trim().to_string());
        if !id.is_empty() && !to.is_empty() {
            let [users, think_ms, concurrency, timeout_ms, retries] = numbers.map(number);
            // Without a rate everybody sends one request after another.
            let least = u32::from(users + concurrency == 0);
            let header = header.get_untracked();
            let (header, value) = header.split_once(':').unwrap_or((&header, ""));
            let percent = number(percent).min(100);
            let share = Share { percent, header: header.trim().to_string(), value: value.trim().to_string() };
            network.send(TrafficSpec {
                id,
                to,
                from: from.get_untracked(),
                rps: number(rps).clamp(least, MOST),
                path: path.get_untracked().trim().to_string(),
                keep_alive: keep.get_untracked(),
                share: (percent > 0 && !share.header.is_empty()).then_some(share),
                users,
                think_ms,
                concurrency,
                timeout_ms,
                retries,
                ..old
            });
            form.set(None);
        }
    };
    let cancel = Callback::new(move |()| form.set(None));
    view! {
        <form class="form-of" on:submit=send>
            {(!known).then(|| line(|words| words.net.name, "text", "", id))}
            {line(|words| words.net.target, "text", "services", to)}
            <datalist id="services">{services.into_iter().map(|service| option(service.clone(), service)).collect_view()}</datalist>
            <label>{move || words().net.from}
                <select prop:value=move || from.get() on:change=move |event| from.set(event_target_value(&event))>
                    {option(String::new(), words().net.outside.to_string())}
                    {senders.into_iter().map(|selector| option(selector.clone(), (words().net.from_pods)(&selector))).collect_view()}
                </select>
            </label>
            {line(|words| words.net.rate, "number", "-", rps)}
            <details open=more>
                <summary>{move || words().net.more}</summary>
                {line(|words| words.net.path, "text", "-", path)}
                {line(|words| words.net.told_apart, "number", "-", numbers[0])}
                {line(|words| words.net.think, "number", "-", numbers[1])}
                {line(|words| words.net.open_most, "number", "-", numbers[2])}
                {line(|words| words.net.timeout, "number", "-", numbers[3])}
                {line(|words| words.net.retries, "number", "-", numbers[4])}
                <label class="tick"><input type="checkbox" prop:checked=move || keep.get() on:change=move |event| keep.set(event_target_checked(&event)) />{move || words().net.keep_alive}</label>
                {line(|words| words.net.percent, "number", "-", percent)}
                {line(|words| words.net.header, "text", "-", header)}
            </details>
            <div class="row">{submit(|words| words.net.send)} {button("btn", |words| words.cancel, cancel)}</div>
        </form>
    }
    .into_any()
}

/// Empty for 0: as it is without.
fn written(number: u32) -> String {
    if number == 0 { String::new() } else { number.to_string() }
}

fn number(text: RwSignal<String>) -> u32 {
    text.get_untracked().trim().parse().unwrap_or(0)
}

fn option(value: String, text: String) -> AnyView {
    view! { <option value=value>{text}</option> }.into_any()
}

/// `svc/shop:80`, with the namespace where it is another than default.
fn services(index: &crate::state::world::Index) -> Vec<String> {
    let theirs =
        |view: &&cluster::delta::ObjectView| view.kind == "Service" && view.namespace != "kube-system" && view.name != "kubernetes";
    let all = index.objects.values().filter(theirs).flat_map(|view| {
        let place = if view.namespace == "default" { view.name.clone() } else { format!("{}/{}", view.namespace, view.name) };
        let ports = view.note.rsplit(' ').next().unwrap_or_default().split(',').map(str::to_string).collect::<Vec<_>>();
        ports.into_iter().map(move |port| format!("svc/{place}:{port}"))
    });
    all.collect()
}

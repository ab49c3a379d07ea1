//! The form of a traffic source: where it sends, from where, how often.
use crate::state::{app, words};
use cluster::input::TrafficSpec;
use leptos::prelude::*;
use std::collections::BTreeSet;

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
    let rps = RwSignal::new(begun.rps);
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
            network.send(TrafficSpec { id, to, from: from.get_untracked(), rps: rps.get_untracked(), ..old });
            form.set(None);
        }
    };
    let counted = move |event: web_sys::Event| {
        if let Ok(count) = event_target_value(&event).parse::<u32>() {
            rps.set(count.min(500));
        }
    };
    view! {
        <form class="form-of" on:submit=send>
            <label>{move || words().net.name}<input type="text" required disabled=known prop:value=move || id.get() on:input=move |event| id.set(event_target_value(&event)) /></label>
            <label>{move || words().net.target}<input type="text" required list="services" spellcheck="false" autocapitalize="off" prop:value=move || to.get() on:input=move |event| to.set(event_target_value(&event)) /></label>
            <datalist id="services">{services.into_iter().map(|service| view! { <option value=service></option> }).collect_view()}</datalist>
            <label>{move || words().net.from}
                <select prop:value=move || from.get() on:change=move |event| from.set(event_target_value(&event))>
                    <option value="">{move || words().net.outside}</option>
                    {senders.into_iter().map(|selector| { let (value, text, mine) = (selector.clone(), selector.clone(), selector); view! { <option value=value selected=move || from.with_untracked(|from| *from == mine)>{move || (words().net.from_pods)(&text)}</option> } }).collect_view()}
                </select>
            </label>
            <label>{move || words().net.rate}<input type="number" min="1" max="500" required prop:value=move || rps.get().to_string() on:input=counted /></label>
            <div class="row"><button class="btn primary" type="submit">{move || words().net.send}</button><button class="btn" type="button" on:click=move |_| form.set(None)>{move || words().cancel}</button></div>
        </form>
    }
    .into_any()
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

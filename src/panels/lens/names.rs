//! The DNS lens: what a Pod's resolver asks for a name, question by question.
use super::field::{line, submit};
use super::way::hops;
use crate::state::{app, wire, words};
use leptos::prelude::*;

#[component]
pub fn Names() -> impl IntoView {
    let app = app();
    let (network, world) = (app.network, app.world);
    let pods = Memo::new(move |_| {
        world.settled.get();
        let all = world.pods_now().into_iter().filter(|pod| pod.namespace != "kube-system" && !pod.ip.is_empty() && pod.deadline == 0);
        all.map(|pod| format!("{}/{}", pod.namespace, pod.name)).collect::<Vec<_>>()
    });
    let pod = RwSignal::new(String::new());
    let name = RwSignal::new(String::from("kubernetes"));
    // The one that was chosen, as long as it is there; else the first.
    let asker = Memo::new(move |_| {
        let chosen = pod.get();
        pods.with(|pods| if pods.contains(&chosen) { Some(chosen) } else { pods.first().cloned() })
    });
    let option = move |name: String| {
        let (text, own) = (name.clone(), name.clone());
        view! { <option value=name prop:selected=move || asker.with(|asker| asker.as_ref() == Some(&own))>{text}</option> }
    };
    let ask = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let Some(from) = asker.get_untracked() {
            wire::resolve(from, name.get_untracked().trim().to_string());
        }
    };
    view! {
        <p class="muted">{move || words().net.names_lead}</p>
        {move || pods.with(Vec::is_empty).then(|| view! { <p class="note">{words().net.no_pods}</p> })}
        <form class="form-of" on:submit=ask>
            <label>{move || words().net.pod}<select on:change=move |event| pod.set(event_target_value(&event))>{move || pods.get().into_iter().map(option).collect_view()}</select></label>
            {line(|words| words.net.name, "text", "", name)}
            <div class="row">{submit(|words| words.net.ask)}</div>
        </form>
        <div role="status">{move || network.resolved.with(|found| (!found.is_empty()).then(|| hops(found)))}</div>
    }
    .into_any()
}

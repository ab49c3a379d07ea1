//! The DNS lens: what a Pod's resolver asks for a name, question by question.
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
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let chosen = Some(pod.get_untracked()).filter(|pod| pods.with_untracked(|pods| pods.contains(pod)));
        if let Some(from) = chosen.or_else(|| pods.with_untracked(|pods| pods.first().cloned())) {
            wire::resolve(from, name.get_untracked().trim().to_string());
        }
    };
    view! {
        <p class="muted">{move || words().net.names_lead}</p>
        {move || pods.with(Vec::is_empty).then(|| view! { <p class="note">{words().net.no_pods}</p> })}
        <form class="form-of" on:submit=submit>
            <label>{move || words().net.pod}<select prop:value=move || pod.get() on:change=move |event| pod.set(event_target_value(&event))>{move || pods.get().into_iter().map(|name| { let text = name.clone(); view! { <option value=name>{text}</option> } }).collect_view()}</select></label>
            <label>{move || words().net.name}<input type="text" required spellcheck="false" autocapitalize="off" prop:value=move || name.get() on:input=move |event| name.set(event_target_value(&event)) /></label>
            <div class="row"><button class="btn primary" type="submit">{move || words().net.ask}</button></div>
        </form>
        <div role="status">{move || network.resolved.with(|found| (!found.is_empty()).then(|| hops(found)))}</div>
    }
    .into_any()
}

//! The policy lens: who may reach whom at a port, and the rule that decided the chosen pair.
use super::way::verdict;
use crate::state::{app, words};
use cluster::lens::ReachView;
use leptos::prelude::*;

#[component]
pub fn Policies() -> impl IntoView {
    let network = app().network;
    let note = move || {
        network.reach.with(|reach| match reach {
            Some(reach) if !reach.enforced => Some(words().net.not_enforced),
            Some(reach) if reach.policies == 0 => Some(words().net.no_policies),
            _ => None,
        })
    };
    let port = move |event: web_sys::Event| {
        if let Ok(port) = event_target_value(&event).parse::<u16>() {
            network.port.set(port.into());
            network.ask_now();
        }
    };
    view! {
        {move || note().map(|note| view! { <p class="note">{note}</p> })}
        <p class="muted">{move || words().net.matrix_lead}</p>
        <div class="form-of"><label>{move || words().net.port}<input type="number" min="1" max="65535" prop:value=move || network.port.get().to_string() on:change=port /></label></div>
        {move || network.reach.with(|reach| reach.as_ref().filter(|reach| !reach.ends.is_empty()).map(matrix))}
        <p class="verdict" role="status">{move || network.verdict.with(|reasons| verdict(reasons))}</p>
    }
    .into_any()
}

fn matrix(reach: &ReachView) -> AnyView {
    let words = words();
    let named = |pod: &str| {
        view! { <span translate="no"><span class="sr">{pod.trim_start_matches("default/").to_string()}</span><span aria-hidden="true">{short(pod)}</span></span> }.into_any()
    };
    let shield = || view! { <svg class="isolated" viewBox="-8 -9 16 17" role="img" aria-label=words.net.isolated><path d="M0-7l6 2v4c0 4-3 6-6 8c-3-2-6-4-6-8v-4z" /></svg> };
    let head = |at: usize| {
        let end = &reach.ends[at];
        let shield = end.ingress.then(shield);
        view! { <th scope="col">{named(&end.pod)}{shield}</th> }
    };
    let row = |at: usize| {
        let from = &reach.ends[at];
        let cells = reach.rows.get(at).map_or("", String::as_str).chars().zip(&reach.ends);
        let shield = from.egress.then(shield);
        view! { <tr><th scope="row">{named(&from.pod)}{shield}</th>{cells.map(|(letter, to)| cell(letter, from, to)).collect_view()}</tr> }
    };
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=words.net.matrix>
            <table class="matrix"><caption class="sr">{words.net.matrix}</caption><thead><tr><td></td>{(0..reach.ends.len()).map(head).collect_view()}</tr></thead><tbody>{(0..reach.ends.len()).map(row).collect_view()}</tbody></table>
        </div>
    }
    .into_any()
}

/// `web-…-x7k2p` for a Pod of a Deployment: the middle is the same for all of them.
fn short(pod: &str) -> String {
    let name = pod.trim_start_matches("default/");
    let parts = name.rsplit_once('-').and_then(|(rest, end)| Some((rest.rsplit_once('-')?, end)));
    match parts {
        Some(((app, template), end)) if template.len() >= 8 && end.len() == 5 => format!("{app}-…-{end}"),
        _ => name.to_string(),
    }
}

fn cell(letter: char, from: &cluster::lens::EndView, to: &cluster::lens::EndView) -> AnyView {
    let network = app().network;
    let words = words();
    if letter == '=' {
        return view! { <td class="self"><span class="sr">{words.net.itself}</span></td> }.into_any();
    }
    let allowed = letter == '.';
    let pair = (from.address.clone(), to.address.clone());
    let mine = pair.clone();
    let press = move |_| {
        network.pair.set(pair.clone());
        network.ask_now();
    };
    view! {
        <td class=if allowed { "yes" } else { "no" }>
            <button aria-label=(words.net.cell)(&from.pod, &to.pod, allowed) aria-pressed=move || if network.pair.with(|pair| *pair == mine) { "true" } else { "false" } on:click=press>{if allowed { "✓" } else { "✕" }}</button>
        </td>
    }
    .into_any()
}

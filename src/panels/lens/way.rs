//! Hops as a list: who decided, what, and by which entry of its table.
use crate::state::{app, words};
use cluster::delta::HopView;
use leptos::prelude::*;

/// Facts of one reason.
const REASON: usize = 7;

pub fn hops(hops: &[HopView]) -> AnyView {
    view! { <ol class="chain">{hops.iter().map(hop).collect_view()}</ol> }.into_any()
}

fn hop(hop: &HopView) -> AnyView {
    let world = app().world;
    let (id, title) = (hop.component.clone(), hop.component.replacen("/default/", "/", 1));
    let known =
        world.index.with_value(|index| index.pods.contains_key(&id) || index.nodes.contains_key(&id) || index.components.contains_key(&id));
    let who = if known {
        view! { <button class="obj" translate="no" on:click=move |_| world.pick(&id)>{title}</button> }.into_any()
    } else {
        view! { <b translate="no">{title}</b> }.into_any()
    };
    let text = (words().net.hop)(&hop.deed, &spoken(hop));
    let entry = match hop.deed.as_str() {
        "resolv" => hop.facts.get(1).cloned().unwrap_or_default(),
        "drops" | "admits" | "unenforced" if hop.facts.len() > 1 => verdict(&hop.facts[1..]),
        _ => hop.entry.clone(),
    };
    let entry = (!entry.is_empty()).then(|| view! { <pre class="detail" tabindex="0" translate="no">{entry}</pre> });
    let class = if matches!(hop.deed.as_str(), "fails" | "too-long" | "drops" | "dropped" | "no-endpoints" | "no-name" | "no-answer") {
        "link fault"
    } else {
        "link"
    };
    view! { <li class=class><p>{who}</p><p>{text}</p>{entry}</li> }.into_any()
}

/// A judgement by policies in the reader's words, from its reasons one after another.
pub fn verdict(reasons: &[String]) -> String {
    if reasons.is_empty() {
        return String::new();
    }
    let net = &words().net;
    let allowed = !reasons.chunks(REASON).any(|reason| reason[0] == "denies");
    let told: Vec<String> = reasons.chunks(REASON).map(net.reason).collect();
    format!("{}: {}", net.verdicts[usize::from(allowed)], told.join(" "))
}

/// The facts with outcomes in the reader's words.
fn spoken(hop: &HopView) -> Vec<String> {
    let mut facts = hop.facts.clone();
    let place = match hop.deed.as_str() {
        "fails" | "found" => 0,
        "asked" => 1,
        _ => return facts,
    };
    if let Some(word) = facts.get_mut(place) {
        *word = (words().net.outcome)(word);
    }
    facts
}

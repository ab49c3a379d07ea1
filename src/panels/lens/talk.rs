//! Messages between components, newest first: who, to whom, what, the answer; a pair can be chosen, and a message be asked about.
use crate::state::{app, words};
use crate::text::net::milliseconds;
use cluster::talk::TalkView;
use leptos::prelude::*;
use std::collections::BTreeMap;

/// So many are listed.
const LISTED: usize = 60;

/// Sender and receiver; an empty receiver is any.
type Pair = (String, String);

/// `wanted` says which messages this lens is about.
#[component]
pub fn Talk(wanted: fn(&TalkView) -> bool) -> impl IntoView {
    let app = app();
    let network = app.network;
    let chosen = RwSignal::new(None::<Pair>);
    // The list stands still while the pointer or the focus is in it.
    let held = RwSignal::new(false);
    let all = Memo::new(move |old: Option<&Vec<TalkView>>| {
        let fresh = network.talk.with(|talk| talk.iter().filter(|said| wanted(said)).cloned().collect::<Vec<_>>());
        old.filter(|_| held.get()).cloned().unwrap_or(fresh)
    });
    let pairs = Memo::new(move |_| {
        let mut pairs: BTreeMap<Pair, usize> = BTreeMap::new();
        all.with(|all| all.iter().for_each(|said| *pairs.entry((said.from.clone(), said.to.clone())).or_default() += 1));
        let mut of_sender: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for ((from, _), count) in &pairs {
            let (receivers, messages) = of_sender.entry(from.clone()).or_default();
            (*receivers, *messages) = (*receivers + 1, *messages + count);
        }
        // A balancer sends one client to several servers: its messages can be read together.
        let several = of_sender.into_iter().filter(|(_, (receivers, _))| *receivers > 1);
        pairs.extend(several.map(|(from, (_, messages))| ((from, String::new()), messages)));
        let mut pairs: Vec<(Pair, usize)> = pairs.into_iter().collect();
        pairs.sort_by_key(|(pair, count)| (std::cmp::Reverse(*count), pair.clone()));
        pairs
    });
    let rows = move || {
        let wanted = chosen.get();
        let fits = |said: &&TalkView| wanted.as_ref().is_none_or(|(from, to)| &said.from == from && (to.is_empty() || &said.to == to));
        all.with(|all| all.iter().filter(fits).take(LISTED).map(row).collect_view())
    };
    let option = move |(pair, count): (Pair, usize)| {
        let to = if pair.1.is_empty() { words().net.all } else { pair.1.as_str() };
        let (text, value) = (format!("{} → {to} ({count})", pair.0), format!("{}\n{}", pair.0, pair.1));
        let own = chosen.with_untracked(|chosen| chosen.as_ref() == Some(&pair));
        view! { <option value=value selected=own>{text}</option> }
    };
    let choose = move |event: web_sys::Event| {
        let value = event_target_value(&event);
        chosen.set(value.split_once('\n').map(|(from, to)| (from.to_string(), to.to_string())));
    };
    view! {
        <h3>{move || (words().ops)().talk}</h3>
        <label class="pairs">{move || (words().ops)().talk_between}
            <select class="chip" translate="no" on:change=choose><option value="">{move || words().net.all}</option>{move || pairs.get().into_iter().map(option).collect_view()}</select>
        </label>
        {move || all.with(Vec::is_empty).then(|| view! { <p class="muted">{(words().ops)().silent}</p> })}
        <ol class="said-list" aria-label=move || (words().ops)().talk on:pointerenter=move |_| held.set(true) on:pointerleave=move |_| held.set(false)
            on:focusin=move |_| held.set(true) on:focusout=move |_| held.set(false)>{rows}</ol>
    }
    .into_any()
}

fn row(said: &TalkView) -> AnyView {
    let app = app();
    let from = if said.actor.is_empty() || said.actor == said.from { said.from.clone() } else { format!("{} ({})", said.from, said.actor) };
    let answer = match (said.done, said.code, said.verb.as_str()) {
        (false, _, _) => "…".to_string(),
        (true, 0, "GET" | "POST" | "PUT" | "PATCH" | "DELETE") => format!("× {}", (words().ops)().unanswered),
        (true, 0, "Txn") => "OK".to_string(),
        (true, 0, _) => String::new(),
        (true, code, _) => code.to_string(),
    };
    let took = if said.took > 0 { milliseconds(said.took) } else { String::new() };
    let failed = said.done && (answer.starts_with('×') || said.code >= 400);
    let (object, why) = (said.object.clone(), said.why);
    let what = format!("{} {}", said.verb, said.about);
    let what = if why > 0 || !object.is_empty() {
        let ask = move |_| match why {
            0 => app.world.pick(&object),
            why => app.world.ask_why(why - 1, &object),
        };
        view! { <button class="item mono" translate="no" on:click=ask>{what}</button> }.into_any()
    } else {
        view! { <p class="mono" translate="no">{what}</p> }.into_any()
    };
    view! {
        <li class=if failed { "failed" } else { "" }>
            <p><time>{app.clock.reading(said.at)}</time>" "<span translate="no">{from}" → "{said.to.clone()}</span><b>{answer}</b><small>{took}</small></p>
            {what}
        </li>
    }
    .into_any()
}

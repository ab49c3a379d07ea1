//! The component lens: who leads, who stands by, and who talks to whom just now.
use crate::state::{app, words};
use cluster::delta::ComponentView;
use leptos::prelude::*;
use std::collections::BTreeMap;

/// The components of which one leads.
const ELECTED: [&str; 2] = ["kube-controller-manager", "kube-scheduler"];

#[component]
pub fn Parts() -> impl IntoView {
    let app = app();
    let (world, network) = (app.world, app.network);
    let rows = Memo::new(move |_| {
        network.told_of_talk.get();
        network.talk.with_value(|talk| {
            let mut rows: BTreeMap<(String, String), (u32, u32)> = BTreeMap::new();
            for said in talk {
                let row = rows.entry((said.from.clone(), said.to.clone())).or_default();
                if said.write { row.0 += 1 } else { row.1 += 1 }
            }
            let mut rows: Vec<_> = rows.into_iter().collect();
            rows.sort_by_key(|(pair, (writes, news))| (std::cmp::Reverse(writes + news), pair.clone()));
            rows
        })
    });
    let elected = move || {
        ELECTED
            .map(|name| {
                let of = |id: &str| id == name || id.split_once('/').is_some_and(|(process, _)| process == name);
                let list = world.components.with(|list| list.iter().filter(|cell| of(&cell.id)).cloned().collect::<Vec<_>>());
                let alone = list.len() < 2;
                let one = |cell: &std::sync::Arc<crate::state::world::Cell<ComponentView>>| cell.view.with(|view| contender(view, alone));
                view! { <section class="source"><h3 translate="no">{name}</h3><ul class="held wide">{list.iter().map(one).collect_view()}</ul></section> }
            })
            .into_iter()
            .collect_view()
    };
    let head = |at: usize| view! { <th scope="col" class=if at == 0 { "" } else { "end" }>{(words().ops)().talk_heads[at]}</th> };
    let table = move || {
        view! {
            <div class="scroll" tabindex="0" role="group" aria-label=(words().ops)().talk>
                <table class="talk"><caption>{(words().ops)().talk}</caption><thead><tr>{(0..3).map(head).collect_view()}</tr></thead>
                <tbody>{rows.get().into_iter().map(|((from, to), (writes, news))| view! { <tr><th scope="row" translate="no">{format!("{from} → {to}")}</th><td class="end">{writes}</td><td class="end">{news}</td></tr> }).collect_view()}</tbody></table>
            </div>
        }
    };
    view! {
        <p class="muted">{move || (words().ops)().parts_lead}</p>
        {move || crate::panels::faults::theirs(world).then(|| view! { <p class="muted">{(words().ops)().hidden}</p> })}
        <h3>{move || (words().ops)().leaders}</h3>
        {elected}
        {move || if rows.with(Vec::is_empty) { view! { <p class="muted">{(words().ops)().silent}</p> }.into_any() } else { table().into_any() }}
    }
    .into_any()
}

/// One that may lead: by its host, with what it is now.
fn contender(view: &ComponentView, alone: bool) -> AnyView {
    let (sign, state) = match (view.running, alone || view.note == "leader") {
        (false, _) => ("✕", words().stopped),
        (true, true) => ("♛", (words().ops)().leader),
        (true, false) => ("◌", (words().ops)().standby),
    };
    let class = if view.running { "" } else { "failed" };
    view! { <li><b translate="no">{view.node.clone()}</b><span class=class><i aria-hidden="true">{sign}</i>" "{state}</span></li> }
        .into_any()
}

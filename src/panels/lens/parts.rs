//! The component lens: who leads, who stands by, and who talks to whom just now.
use super::talk::Talk;
use crate::state::{app, words};
use cluster::delta::ComponentView;
use leptos::prelude::*;

/// The components of which one leads.
const ELECTED: [&str; 2] = ["kube-controller-manager", "kube-scheduler"];

#[component]
pub fn Parts() -> impl IntoView {
    let app = app();
    let world = app.world;
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
    view! {
        <p class="muted">{move || (words().ops)().parts_lead}</p>
        {move || crate::panels::faults::theirs(world).then(|| view! { <p class="muted">{(words().ops)().hidden}</p> })}
        <h3>{move || (words().ops)().leaders}</h3>
        {elected}
        <Talk wanted=|said| !said.verb.starts_with("Msg") />
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

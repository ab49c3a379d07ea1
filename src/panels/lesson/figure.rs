//! The live figure of a lesson: the same cluster, drawn small, with the one number that the text speaks of.
use super::prose::inlines;
use crate::panels::picture::control::{tag, version_class};
use crate::panels::picture::nodes::servers;
use crate::panels::picture::pods::look;
use crate::panels::picture::summary;
use crate::state::{app, words};
use leptos::prelude::*;
use lessons::prose::Inline;

#[component]
pub fn Figure(name: String, caption: Vec<Inline>) -> impl IntoView {
    let world = app().world;
    let drawn = match name.as_str() {
        "replicas" | "rollout" | "versions" | "healing" => replicas(),
        "pod" | "pods" | "lifecycle" => pods(),
        _ => cluster(),
    };
    let label = move || summary(words(), &world.counts.get());
    view! {
        <figure class="figure">
            <div role="img" aria-label=label>{drawn}</div>
            <figcaption>{if caption.is_empty() { view! { {label} }.into_any() } else { inlines(&caption) }}</figcaption>
        </figure>
    }
    .into_any()
}

/// More Pods on a node than this are counted, not drawn: the figure is made anew with every change.
const MOST_BEADS: usize = 12;

/// One bead per kind, with how many there are.
fn counted(beads: Vec<String>) -> AnyView {
    let mut kinds = std::collections::BTreeMap::<String, usize>::new();
    for bead in beads {
        *kinds.entry(bead).or_default() += 1;
    }
    kinds.into_iter().map(|(class, count)| view! { <i class=class></i> {format!("×{count} ")} }).collect_view().into_any()
}

/// Nodes with a dot per Pod.
fn cluster() -> AnyView {
    let world = app().world;
    let nodes = move || {
        world.settled.get();
        world.nodes.get().into_iter().map(|node| {
            let (name, ready, master) = node.view.with(|view| (view.name.clone(), view.ready == "Ready" && view.powered, view.control_plane));
            let beads: Vec<String> = node.pods.get().into_iter().filter(|pod| pod.slot < 900)
                .map(|pod| pod.view.with_untracked(|view| format!("bead v{} {}", version_class(view.version), look(view)))).collect();
            let dots = if beads.len() > MOST_BEADS { counted(beads) } else { beads.into_iter().map(|class| view! { <i class=class></i> }).collect_view().into_any() };
            view! { <div class=format!("mini{}{}", if ready { "" } else { " down" }, if master { " master" } else { "" })><b>{name}</b><span>{dots}</span></div> }.into_any()
        }).collect_view()
    };
    // Servers that are no node yet.
    let empty = move || {
        servers(world).into_iter().map(|name| view! { <div class="mini down"><b>{name}</b><span></span></div> }.into_any()).collect_view()
    };
    view! { <div class="minis">{nodes} {empty}</div> }.into_any()
}

/// Wanted against ready, one row per Deployment or ReplicaSet without an owner.
fn replicas() -> AnyView {
    let world = app().world;
    let rows = move || {
        world.settled.get();
        world.workloads.get().into_iter().filter(|row| row.view.with_untracked(|view| view.owner.is_empty() && view.namespace != "kube-system")).map(|row| {
            let (name, wanted, ready) = row.view.with(|view| (view.name.clone(), view.wanted, view.ready));
            let beads = (0..wanted.max(ready).min(30)).map(|at| view! { <i class=if at < ready { "bead ready" } else { "bead missing" }></i> }).collect_view();
            view! { <div class="wish"><b>{name}</b><span class="beads">{beads}</span><span class="numbers">{(words().wanted_ready)(wanted, ready)}</span></div> }.into_any()
        }).collect_view()
    };
    view! { <div class="wishes">{rows} {pods()}</div> }.into_any()
}

/// Each Pod with its state.
fn pods() -> AnyView {
    let world = app().world;
    let rows = move || {
        world.settled.get();
        world.pods_now().into_iter().filter(|pod| pod.namespace != "kube-system").take(8).map(|pod| {
            let class = format!("bead v{} {}", version_class(pod.version), look(&pod));
            view! { <li><i class=class></i><b>{pod.name.clone()}</b><span>{tag(&pod.image).to_string()} " · " {pod.status.clone()}</span></li> }.into_any()
        }).collect_view()
    };
    view! { <ul class="podlist">{rows}</ul> }.into_any()
}

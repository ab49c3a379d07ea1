//! The live figure of a lesson: the same cluster, drawn small, with the one number that the text speaks of.
use super::prose::inlines;
use crate::panels::picture::control::{tag, version_class};
use crate::panels::picture::nodes::servers;
use crate::panels::picture::pods::look;
use crate::panels::picture::summary;
use crate::state::world::NodeCell;
use crate::state::{app, words};
use cluster::delta::{PodView, WorkloadView};
use leptos::prelude::*;
use lessons::prose::Inline;
use std::sync::Arc;

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

/// More Pods on a node than this are counted, not drawn.
const MOST_BEADS: usize = 12;

/// Classes of beads, each with how many Pods it stands for.
type Beads = Vec<(String, usize)>;

/// One bead each, or one per kind with how many there are.
fn beads(all: Beads) -> AnyView {
    all.into_iter()
        .map(|(class, count)| view! { <i class=class></i> {(count > 1).then(|| format!("×{count} "))} })
        .collect_view()
        .into_any()
}

fn counted(classes: Vec<String>) -> Beads {
    if classes.len() <= MOST_BEADS {
        return classes.into_iter().map(|class| (class, 1)).collect();
    }
    let mut kinds = std::collections::BTreeMap::<String, usize>::new();
    for class in classes {
        *kinds.entry(class).or_default() += 1;
    }
    kinds.into_iter().collect()
}

/// Nodes with a dot per Pod.
fn cluster() -> AnyView {
    let world = app().world;
    // Looked at once per shown delta, and drawn anew only where it shows something else.
    let nodes = Memo::new(move |_| {
        world.settled.get();
        let one = |node: &Arc<NodeCell>| {
            let (name, class) = node.view.with_untracked(|view| {
                let down = if view.ready == "Ready" && view.powered { "" } else { " down" };
                (view.name.clone(), format!("mini{down}{}", if view.control_plane { " master" } else { "" }))
            });
            let pods = node.pods.get_untracked().into_iter().filter(|pod| pod.slot < 900);
            let classes = pods.map(|pod| pod.view.with_untracked(|view| format!("bead v{} {}", version_class(view.version), look(view))));
            (name, class, counted(classes.collect()))
        };
        world.nodes.with(|nodes| nodes.iter().map(one).collect::<Vec<_>>())
    });
    let drawn = move || {
        let all = nodes.get().into_iter();
        all.map(|(name, class, dots)| view! { <div class=class><b>{name}</b><span>{beads(dots)}</span></div> }.into_any()).collect_view()
    };
    // Servers that are no node yet.
    let empty = move || {
        servers(world).into_iter().map(|name| view! { <div class="mini down"><b>{name}</b><span></span></div> }.into_any()).collect_view()
    };
    view! { <div class="minis">{drawn} {empty}</div> }.into_any()
}

/// Wanted against ready, one row per Deployment or ReplicaSet without an owner.
fn replicas() -> AnyView {
    let world = app().world;
    let wishes = Memo::new(move |_| {
        world.settled.get();
        let own = |view: &WorkloadView| view.owner.is_empty() && view.namespace != "kube-system";
        let one = |view: &WorkloadView| own(view).then(|| (view.name.clone(), view.wanted, view.ready));
        world.workloads.with(|rows| rows.iter().filter_map(|row| row.view.with_untracked(one)).collect::<Vec<_>>())
    });
    let rows = move || {
        let row = |(name, wanted, ready)| {
            let beads = (0..std::cmp::max(wanted, ready).min(30))
                .map(|at| view! { <i class=if at < ready { "bead ready" } else { "bead missing" }></i> });
            view! { <div class="wish"><b>{name}</b><span class="beads">{beads.collect_view()}</span><span class="numbers">{(words().wanted_ready)(wanted, ready)}</span></div> }.into_any()
        };
        wishes.get().into_iter().map(row).collect_view()
    };
    view! { <div class="wishes">{rows} {pods()}</div> }.into_any()
}

/// How many Pods the figure has room for.
const LISTED: usize = 8;

/// Each Pod with its state.
fn pods() -> AnyView {
    let world = app().world;
    let listed = Memo::new(move |_| {
        world.settled.get();
        let one = |pod: &PodView| {
            (
                format!("bead v{} {}", version_class(pod.version), look(pod)),
                pod.name.clone(),
                tag(&pod.image).to_string(),
                pod.status.clone(),
            )
        };
        world.index.with_value(|index| {
            let mut listed = Vec::new();
            for pod in index.pods.values() {
                pod.view.with_untracked(|view| {
                    if listed.len() < LISTED && view.namespace != "kube-system" {
                        listed.push(one(view));
                    }
                });
            }
            listed
        })
    });
    let rows = move || {
        let row =
            |(class, name, tag, status)| view! { <li><i class=class></i><b>{name}</b><span>{tag} " · " {status}</span></li> }.into_any();
        listed.get().into_iter().map(row).collect_view()
    };
    view! { <ul class="podlist">{rows}</ul> }.into_any()
}

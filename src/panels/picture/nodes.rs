//! The nodes: glass boxes on one line, with their agents, resources, heartbeat and Pods.
use super::control::{fit, hinted};
use super::flow;
use super::pods::PodShape;
use super::tiles::Tiles;
use super::{Drawing, layout::Area};
use crate::state::world::{NodeCell, World};
use crate::state::{app, words};
use cluster::delta::{ComponentView, NodeView};
use leptos::prelude::*;
use std::sync::Arc;

/// A node is called NotReady after this long without a heartbeat (seconds), as upstream's grace period.
const GRACE: f64 = 40.0;

#[component]
pub fn Nodes() -> impl IntoView {
    let world = app().world;
    // A node that joins has its role and its taint a moment later: then it moves to the control plane.
    let roles = Memo::new(move |_| world.nodes.with(|nodes| nodes.iter().map(|node| node.view.with(boxed)).collect::<Vec<_>>()));
    let workers = move || {
        roles.track();
        let nodes = world.nodes.get();
        nodes.into_iter().filter(|node| node.view.with_untracked(boxed)).enumerate().collect::<Vec<_>>()
    };
    let count = move || roles.with(|_| world.nodes.with(|nodes| nodes.iter().filter(|node| node.view.with_untracked(boxed)).count()));
    let empty = move || servers(world).into_iter().enumerate().map(|(at, name)| (at + count(), name)).collect::<Vec<_>>();
    view! {
        <For each=workers key=|(at, node)| (*at, node.id.clone()) children=|(at, node)| box_of(at, node) />
        <For each=empty key=Clone::clone children=|(at, name)| server(at, name) />
    }
    .into_any()
}

/// Whether a node has a box of its own: one that takes ordinary Pods does, also where a control plane runs on it.
pub fn boxed(view: &NodeView) -> bool {
    let closed = |taint: &String| taint.starts_with("node-role.kubernetes.io/control-plane");
    !view.control_plane || (!view.ready.is_empty() && !view.taints.iter().any(closed))
}

/// The names of the nodes that have a box, in the boxes' order.
pub fn boxed_names(world: World) -> Vec<String> {
    world.nodes.with_untracked(|nodes| {
        nodes.iter().filter_map(|node| node.view.with_untracked(|view| boxed(view).then(|| view.name.clone()))).collect()
    })
}

/// Servers that began empty and are no node of a cluster yet.
pub fn servers(world: World) -> Vec<String> {
    let joined = |name: &String| world.nodes.with(|nodes| nodes.iter().any(|node| node.view.with(|view| view.name == *name)));
    let bare = |view: &ComponentView| view.note.starts_with("bare") && view.id.starts_with("kubelet/");
    let named = world
        .components
        .with(|list| list.iter().filter_map(|cell| cell.view.with(|view| bare(view).then(|| view.node.clone()))).collect::<Vec<_>>());
    named.into_iter().filter(|name| !joined(name)).collect()
}

/// A server without a cluster: its name, and how to get there.
fn server(at: usize, name: String) -> AnyView {
    let Drawing { plan, .. } = expect_context();
    let area = Memo::new(move |_| plan.with(|plan| plan.nodes.get(at).copied().unwrap_or_default()));
    let edge = move || if plan.with(|plan| plan.narrow) { 9.0 } else { 15.0 };
    let (id, way) = (format!("kubelet/{name}"), format!("ssh {name}"));
    let world = app().world;
    let agent = id.clone();
    let note = Memo::new(move |_| {
        // The list says when it comes; the cell says how it is.
        world
            .components
            .with(|list| list.iter().find(|cell| cell.id == agent).map_or(String::new(), |cell| cell.view.with(|view| view.note.clone())))
    });
    let class = move || match note.get().as_str() {
        "bare off" => "node booting server off",
        "bare cut" => "node booting server cut",
        _ => "node booting server",
    };
    let state = move || match note.get().as_str() {
        "bare off" => words().off,
        "bare cut" => words().cut_off,
        _ => (words().ops)().no_cluster,
    };
    view! {
        <g class=class transform=move || area.with(|area: &Area| format!("translate({} {})", area.x, area.y))>
            <g data-id=id role="button" tabindex="-1">
                <rect class="glass" width=move || area.get().w height=move || area.get().h rx="14" />
                <text class="name" x=edge y="22">{name}</text>" "
                <text class="m small" x=edge y="44">{state}</text>" "
                <text class="m small way" x=edge y="64">{way}</text>
            </g>
        </g>
    }
    .into_any()
}

fn box_of(at: usize, node: Arc<NodeCell>) -> AnyView {
    let Drawing { plan, tiled, .. } = expect_context();
    let app = app();
    let world = app.world;
    let area = Memo::new(move |_| plan.with(|plan| plan.nodes.get(at).copied().unwrap_or_default()));
    let narrow = Memo::new(move |_| plan.with(|plan| plan.narrow));
    let (id, pick) = (node.id.clone(), node.id.clone());
    let name = node.view.with_untracked(|view| view.name.clone());
    let state = {
        let view = node.view.clone();
        Memo::new(move |_| view.with(state_words))
    };
    let brief = {
        let view = node.view.clone();
        Memo::new(move |_| view.with(state_brief))
    };
    let class = {
        let view = node.view.clone();
        move || {
            let mut class = view.with(|view| {
                let mut class = String::from("node");
                if !view.powered {
                    class.push_str(" off")
                }
                if !view.connected {
                    class.push_str(" cut")
                }
                if view.ready.is_empty() {
                    class.push_str(" booting")
                } else if view.ready != "Ready" {
                    class.push_str(" notready")
                }
                if view.cordoned {
                    class.push_str(" cordoned")
                }
                class
            });
            if world.picked.with(|picked| picked.as_deref() == Some(pick.as_str())) || hinted(world, &pick) {
                class.push_str(" picked");
            }
            class
        }
    };
    let used = {
        let view = node.view.clone();
        move || view.with(resources)
    };
    let beat = {
        let view = node.view.clone();
        Memo::new(move |_| {
            app.clock.second.get();
            let last = view.with(|view| view.heartbeat);
            if last == 0 {
                return (None, 0.0);
            }
            let age = app.clock.now.get_untracked().saturating_sub(last) as f64 / 1e6;
            (Some(age.floor() as u64), (1.0 - age / GRACE).clamp(0.0, 1.0))
        })
    };
    let width = move || area.with(|area| area.w);
    let height = move || area.with(|area| area.h);
    let title = {
        let name = name.clone();
        // What a node has used stands beside its name where there is room for both.
        move || fit(&name, if narrow.get() || width() <= 236.0 { width() - 24.0 } else { width() - 172.0 }, 8.6)
    };
    // Above the band of Service rules of a narrow picture.
    let lines = move || plan.with(|plan| if plan.narrow && !plan.roomy && plan.stripe > 0.0 { 8.0 } else { 0.0 });
    let pods = node.pods.clone();
    let shown = move || pods.get().into_iter().filter(|pod| pod.slot < 900).collect::<Vec<_>>();
    let tiles_node = node.clone();
    view! {
        <g class=class transform=move || area.with(|area: &Area| format!("translate({} {})", area.x, area.y))>
            <g data-id=id role="button" tabindex="-1">
                <rect class="glass" width=width height=height rx="14" />
                <text class="name" x=move || if narrow.get() { 9.0 } else { 15.0 } y=move || if narrow.get() { 19 } else { 22 }>{title}</text>" "
                <text class="m small end wide-only" x=move || width() - 15.0 y="22">{move || if width() > 236.0 && state.with(|state| state == words().ready) { used() } else { String::new() }}</text>" "
                <text class="state small end" x=move || width() - if narrow.get() { 6.0 } else { 15.0 } y=move || if narrow.get() { height() - 14.0 } else { 22.0 }>{move || Some(if width() < 300.0 { brief.get() } else { state.get() }).filter(|state| state != words().ready)}</text>
                <rect class="beat-ground" x="14" y=move || height() - if narrow.get() { 7.0 } else { 10.0 } width=move || (width() - 28.0).max(0.0) height="3" rx="1.5" />
                <rect class="beat" x="14" y=move || height() - if narrow.get() { 7.0 } else { 10.0 } width=move || ((width() - 28.0) * beat.get().1).max(0.0) height="3" rx="1.5" />
                <text class="m tiny end wide-only" x=move || width() - 15.0 y=move || height() - 17.0>{move || match beat.get().0 { Some(age) if width() > 300.0 => (words().heartbeat)(age), Some(age) if width() > 236.0 => format!("♥ {age}s"), _ => String::new() }}</text>
            </g>
            {flow::stripe(name.clone(), width, height)}
            <g class="agents" transform=move || format!("translate({} {})", if narrow.get() { 9 } else { 15 }, height() - if narrow.get() { 14.0 + lines() } else { 17.0 })>{agents(world, &name)}</g>
            {move || if tiled.get() {
                view! { <Tiles node=tiles_node.clone() /> }.into_any()
            } else {
                let shown = shown.clone();
                view! { <For each=shown key=|pod| pod.serial children=|pod| view! { <PodShape pod /> } /> }.into_any()
            }}
        </g>
    }
    .into_any()
}

fn agents(world: World, node: &str) -> AnyView {
    let Drawing { plan, .. } = expect_context();
    let space = Memo::new(move |_| plan.with(|plan| (plan.narrow, plan.roomy)));
    // Beside each other; in two lines; or, where there is no room, one above the other as soon as one is missing.
    let agent = |name: &'static str, row: u32, x: f64, roomy: (f64, f64)| {
        let id = format!("{name}/{node}");
        let key = id.clone();
        let running = Memo::new(move |_| {
            world.components.with(|list| list.iter().find(|cell| cell.id == key).is_none_or(|cell| cell.view.with(|view| view.running)))
        });
        let place = move || match space.get() {
            (false, _) => (x, 0.0),
            (true, true) => roomy,
            (true, false) => (0.0, -12.0 * f64::from(row)),
        };
        let told = Memo::new(move |_| space.get() != (true, false) || !running.get());
        // What is pressed: the picture's words let a press through.
        let wide = move || if told.get() { name.len() as f64 * 6.2 + 4.0 } else { 0.0 };
        view! {
            <g class=move || if running.get() { "agent" } else { "agent dead" } data-id=id role="button" tabindex="-1" aria-label=move || spoken(name, running.get())>
                <rect class="reach" x=move || place().0 - 2.0 y=move || place().1 - 11.0 width=wide height="14" rx="4" />
                <text class="m tiny" x=move || place().0 y=move || place().1>{move || if told.get() { name } else { "" }}</text>" "
                <text class="said">{move || if running.get() { "" } else { words().stopped }}</text>
            </g>
        }
        .into_any()
    };
    vec![agent("kubelet", 2, 0.0, (0.0, -14.0)), agent("containerd", 1, 48.0, (48.0, -14.0)), agent("kube-proxy", 0, 112.0, (0.0, 0.0))]
        .into_any()
}

/// An agent's name to a screen reader.
fn spoken(name: &str, running: bool) -> String {
    if running { name.to_string() } else { format!("{name} {}", words().stopped) }
}

/// What the API says and what is true, in a word or two.
pub fn state_words(view: &NodeView) -> String {
    let words = words();
    if !view.powered {
        return (words.node_off)(&view.ready);
    }
    if !view.connected {
        return (words.node_cut)(&view.ready);
    }
    if view.ready.is_empty() {
        return words.booting.to_string();
    }
    if view.ready != "Ready" {
        return view.ready.clone();
    }
    if view.cordoned { words.cordoned.to_string() } else { words.ready.to_string() }
}

/// The same where there is room for one word.
fn state_brief(view: &NodeView) -> String {
    let words = words();
    match (view.powered, view.connected) {
        (false, _) => words.off.to_string(),
        (true, false) => words.cut_off.to_string(),
        (true, true) => state_words(view),
    }
}

pub fn resources(view: &NodeView) -> String {
    let cores = |millis: u64| format!("{}.{}", millis / 1000, millis % 1000 / 100);
    let gib = |bytes: u64| format!("{}.{}", bytes >> 30, ((bytes & ((1 << 30) - 1)) * 10) >> 30);
    format!("cpu {}/{} · mem {}/{}Gi", cores(view.cpu.0), view.cpu.1 / 1000, gib(view.memory.0), view.memory.1 >> 30)
}

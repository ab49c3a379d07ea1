//! Pods: rounded boxes whose version is a colour, a hatch and a word, and whose state is a shape and a word.
use super::Drawing;
use super::control::{fit, hinted, tag, version_class};
use super::layout::{NAMED, Size};
use crate::state::network::Lens;
use crate::state::world::PodCell;
use crate::state::{app, words};
use cluster::delta::PodView;
use leptos::prelude::*;
use std::sync::Arc;

/// What a Pod looks like: the class that draws its shape.
pub fn look(view: &PodView) -> &'static str {
    if view.deadline > 0 || view.status == "Terminating" {
        return "leaving";
    }
    if view.ready {
        return "ready";
    }
    match view.status.as_str() {
        "Completed" | "Succeeded" => "done",
        "Running" => "probing",
        "Pending" | "ContainerCreating" | "PodInitializing" => "starting",
        status if status.starts_with("Init:") => "starting",
        _ => "broken",
    }
}

/// Its state in the reader's words; states that kubectl names keep kubectl's word.
pub fn state_of(view: &PodView, now: u64) -> String {
    let words = words();
    match look(view) {
        "leaving" if now > 0 && view.deadline > now => (words.leaving_in)((view.deadline - now).div_ceil(1_000_000)),
        "leaving" => words.leaving.to_string(),
        "ready" => words.ready.to_string(),
        "probing" if is_silent(&view.node) => words.silent.to_string(),
        "probing" => words.probing.to_string(),
        "done" => words.completed.to_string(),
        "starting" if view.node.is_empty() => words.no_node.to_string(),
        "starting" if view.status == "ContainerCreating" => words.creating.to_string(),
        "starting" => words.starting.to_string(),
        _ => view.status.clone(),
    }
}

/// Whether a node is not heard of: then nobody tells how its Pods are.
fn is_silent(node: &str) -> bool {
    let cell = app().world.index.with_value(|index| index.nodes.get(&format!("node/{node}")).cloned());
    cell.is_some_and(|cell| cell.view.with(|view| !view.ready.is_empty() && view.ready != "Ready"))
}

/// Whose a Pod is, and as much of what tells it apart as so many signs hold: `web…x7k2p`, `payment…2p`.
fn short_name(view: &PodView, most: usize) -> String {
    let Some((rest, end)) = view.name.rsplit_once('-').filter(|_| !view.owner.is_empty()) else {
        return fit(&view.name, most as f64, 1.0);
    };
    // Of a Deployment's Pods the template's hash stands between them, the same for all of one version.
    let hash = |word: &str| word.len() >= 8 && word.chars().all(|sign| "bcdfghjklmnpqrstvwxz2456789".contains(sign));
    let app = rest.rsplit_once('-').filter(|(_, word)| hash(word)).map_or(rest, |(app, _)| app);
    if view.name.chars().count() <= most {
        return view.name.clone();
    }
    match most.saturating_sub(app.chars().count() + 1).min(end.len()) {
        0 | 1 => fit(app, most as f64, 1.0),
        left => format!("{app}…{}", &end[end.len() - left..]),
    }
}

#[component]
pub fn PodShape(pod: Arc<PodCell>) -> impl IntoView {
    let Drawing { plan, .. } = expect_context();
    let slot = pod.slot;
    let place = move || {
        plan.with(|plan| {
            let (x, y) = plan.slot(slot);
            format!("translate({x} {y})")
        })
    };
    shape(pod, place, Signal::derive(move || plan.with(|plan| plan.size)), Signal::derive(move || plan.with(|plan| plan.pod.0)))
}

fn shape(pod: Arc<PodCell>, place: impl Fn() -> String + Send + Sync + 'static, size: Signal<Size>, width: Signal<f64>) -> AnyView {
    let app = app();
    let world = app.world;
    let (id, pick) = (pod.id.clone(), pod.id.clone());
    let (view, ghost) = (pod.view.clone(), pod.ghost.clone());
    let class = move || {
        let mut class = view.with(|view| format!("pod v{} {}", version_class(view.version), look(view)));
        if ghost.get() {
            class.push_str(" ghost");
        }
        if world.picked.with(|picked| picked.as_deref() == Some(pick.as_str())) || hinted(world, &pick) {
            class.push_str(" picked");
        }
        class
    };
    let (view, ghost) = (pod.view.clone(), pod.ghost.clone());
    let state = Memo::new(move |_| {
        if ghost.get() {
            return words().vanished.to_string();
        }
        view.with(|view| {
            // Only a countdown needs the time.
            let now = if view.deadline > 0 {
                app.clock.second.get();
                app.clock.now.get_untracked()
            } else {
                0
            };
            state_of(view, now)
        })
    });
    let (labelled, second) = (pod.view.clone(), pod.view.clone());
    let full = pod.view.with_untracked(|view| format!("Pod {}", view.name));
    // The mark stands at the right; where there is room for a word only, the word is as long as the box is.
    let label = move || {
        labelled.with(|view| {
            let room = if size.get() == Size::Short { ((width.get() - 24.0) / 7.6).floor().max(2.0) as usize } else { 8 };
            tag(&view.image).chars().take(room.min(8)).collect::<String>()
        })
    };
    let tag_width = {
        let label = label.clone();
        move || label().len() as f64 * 7.4
    };
    let named = pod.view.clone();
    let name = move || {
        named.with(|view| match (size.get(), width.get() - 34.0 - tag_width()) {
            // Half a name tells nobody anything.
            (Size::Short, room) if room < 3.0 * 6.6 || width.get() < NAMED => String::new(),
            (Size::Short, room) => short_name(view, (room / 6.6) as usize),
            // All signs of the name are as wide as each other: it ends before the mark, whatever its letters are.
            (_, room) => short_name(view, ((room - 22.0) / 7.0) as usize),
        })
    };
    let note = move || {
        let state = state.get();
        second.with(|view| {
            let ready = look(view) == "ready" && !view.ip.is_empty();
            let both = format!("{} · {state}", view.ip);
            // Hangul is about twice as wide as Latin.
            let hangul = |text: &str| text.chars().filter(|sign| *sign > '\u{1100}').count() as f64;
            let long = |text: &str| 6.7 * text.chars().count() as f64 + 4.8 * hangul(text);
            let text = if ready && (width.get() < 150.0 || long(&both) > width.get() - 20.0) {
                // The full disc says it already, and half an address is a wrong one.
                view.ip.clone()
            } else if ready {
                both
            } else if view.restarts > 0 {
                format!("{state} · ↻{}", view.restarts)
            } else {
                state
            };
            let per_sign = long(&text) / text.chars().count().max(1) as f64;
            fit(&text, width.get() - 20.0, per_sign)
        })
    };
    let shield = {
        let id = pod.id.clone();
        let network = app.network;
        Memo::new(move |_| {
            let isolated = |end: &cluster::lens::EndView| id.strip_prefix("pod/") == Some(end.pod.as_str()) && (end.ingress || end.egress);
            network.lens.get() == Lens::Policies
                && network.reach.with(|reach| reach.as_ref().is_some_and(|reach| reach.ends.iter().any(isolated)))
        })
    };
    view! {
        <g class=class transform=place data-id=id role="button" tabindex="-1">
            <rect class="body" rx=move || if size.get() == Size::Dot { 4 } else { 9 } />
            <rect class="edge" x="1" y="1" width="8" rx="7" />
            <g class="mark"><circle class="disc" r="5.5" /><path class="cross" d="M-5-5L5 5M5-5L-5 5" /><path class="tick" d="M-5 0L-1.5 4L5-4" /></g>
            <text class="title" x=move || if size.get() == Size::Short { 10 } else { 14 } y=move || if size.get() == Size::Full { 23 } else { 16 }><tspan class="tag">{label}</tspan>" "<tspan class="m more" dx="3">{name}</tspan></text>" "
            <text class="m tiny full-only" x="14" y="44">{note}</text>" "
            <text class="said">{full}</text>
            {move || shield.get().then(|| view! { <path class="shield" d="M0-7l6 2v4c0 4-3 6-6 8c-3-2-6-4-6-8v-4z" /> })}
        </g>
    }
    .into_any()
}

/// Pods that have no node yet, beside the scheduler; and what the scheduler says about the first of them.
#[component]
pub fn Waiting() -> impl IntoView {
    let Drawing { plan, .. } = expect_context();
    let world = app().world;
    let tray = Memo::new(move |_| plan.with(|plan| plan.tray));
    let room = move || {
        let (w, h) = tray.with(|tray| (tray.w, tray.h));
        (((w - 8.0) / 46.0).floor().max(1.0) as usize, if h > 40.0 { 2 } else { 1 })
    };
    let shown = move || {
        let (columns, rows) = room();
        world.tray.get().into_iter().filter(|pod| pod.slot < columns * rows).collect::<Vec<_>>()
    };
    let sentence = move || {
        let first = world
            .tray
            .with(|tray| tray.iter().find_map(|pod| pod.view.with(|view| (!view.message.is_empty()).then(|| view.message.clone()))));
        first.map(|text| fit(&text, plan.with(|plan| plan.control.w) - 40.0, 6.0)).unwrap_or_default()
    };
    view! {
        <g class="tray">
            <rect class="tray-ground" x=move || tray.get().x y=move || tray.get().y width=move || tray.get().w.max(0.0) height=move || tray.get().h rx="9" />
            <For each=shown key=|pod| pod.serial children=move |pod| {
                let slot = pod.slot;
                let (id, view) = (pod.id.clone(), pod.view.clone());
                let place = move || {
                    let (columns, _) = room();
                    tray.with(|tray| format!("translate({} {})", tray.x + 5.0 + (slot % columns) as f64 * 46.0, tray.y + 4.0 + (slot / columns) as f64 * 21.0))
                };
                let class = view.clone();
                let spoken = view.clone();
                view! {
                    <g class=move || class.with(|view| format!("waiting v{}", version_class(view.version))) transform=place data-id=id role="button" tabindex="-1">
                        <rect width="42" height="18" rx="6" />
                        <text class="tiny" x="21" y="13">{move || view.with(|view| tag(&view.image).chars().take(6).collect::<String>())}</text>" "
                        <text class="said">{move || spoken.with(|view| format!("Pod {}, {}", view.name, words().no_node))}</text>
                    </g>
                }
                .into_any()
            } />
            <text class="sentence small wide-only" x="30" y=move || plan.with(|plan| plan.bus + 17.0)>{sentence}</text>
        </g>
    }
    .into_any()
}

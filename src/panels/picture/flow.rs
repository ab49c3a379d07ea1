//! Requests in the picture: the users at its foot, the Service rules through all nodes, and dots that are requests.
use super::control::{fit, version_class};
use super::layout::Plan;
use super::nodes::boxed_names;
use super::{Drawing, layout::Area};
use crate::js::dots;
use crate::state::network::{Lens, shade};
use crate::state::world::World;
use crate::state::{app, words};
use cluster::delta::RequestView;
use leptos::prelude::*;

/// Faster than this (thousandths of real time) dots would only flicker.
const FASTEST: u32 = 5_000;
/// Where requests enter a node, as a share of its width: right of the users' box.
const DOOR: f64 = 0.62;
/// A failure's word is not said again at its place for so long (microseconds of the cluster's time).
const QUIET: u64 = 1_800_000;
/// So many requests of one delta are shown; the numerals tell of all.
const MOST: usize = 16;

/// The users' box and the rail from it along all nodes.
#[component]
pub fn Users() -> impl IntoView {
    let Drawing { plan, .. } = expect_context();
    let network = app().network;
    let area = Memo::new(move |_| plan.with(|plan| plan.users));
    let rail = move || {
        plan.with(|plan| {
            let (users, y) = (plan.users, plan.users.y + plan.users.h / 2.0);
            let lowest = plan.nodes.last().map_or(0.0, |node| node.y);
            let ends = plan.nodes.iter().filter(|node| node.y >= lowest).map(|node| node.x + node.w * DOOR);
            let mut path = String::new();
            let mut last = users.x + users.w;
            for x in ends {
                path.push_str(&format!("M{x} {y}V{}", lowest + plan.nodes.last().map_or(0.0, |node| node.h)));
                last = last.max(x);
            }
            format!("M{} {y}H{last}{path}", users.x + users.w)
        })
    };
    let title_y = move || area.with(|area| area.y + if area.h > 36.0 { 17.0 } else { 18.0 });
    let rate = move || {
        let rps = network.sources.with(|all| all.iter().map(|source| source.rps).sum::<u32>());
        (words().net.per_second)(rps)
    };
    view! {
        <Show when=move || { area.get().h > 0.0 }>
            <g class="users">
                <path class="rail" d=rail />
                <rect class="glass" x=move || area.get().x y=move || area.get().y width=move || area.get().w height=move || area.get().h rx="10" />
                <text class="name" x=move || area.get().x + 12.0 y=title_y>{move || words().net.users}</text>" "
                <text class="m small wide-only" x=move || area.get().x + 12.0 y=move || area.get().y + 33.0>{rate}</text>
            </g>
        </Show>
    }
    .into_any()
}

/// The Services' rules in one node, and whether they lag.
pub fn stripe(
    name: String,
    width: impl Fn() -> f64 + Copy + Send + Sync + 'static,
    height: impl Fn() -> f64 + Copy + Send + Sync + 'static,
) -> AnyView {
    let Drawing { plan, .. } = expect_context();
    let app = app();
    let network = app.network;
    let shown = Memo::new(move |_| plan.with(|plan| plan.stripe > 0.0));
    let lags = {
        let name = name.clone();
        Memo::new(move |_| {
            network.lens.get() == Lens::Rules && network.rules.with(|rules| rules.iter().any(|rule| rule.node == name && rule.lags))
        })
    };
    let services = Memo::new(move |_| {
        app.world.settled.get();
        app.world.index.with_value(services)
    });
    let label = move || {
        let text = services.with(|all| if all.is_empty() { String::new() } else { (words().net.rules_of)(&all.join(" · ")) });
        let text = if lags.get() { format!("{text} · {}", words().net.lags) } else { text };
        fit(&text, width() - 20.0, 7.2)
    };
    let top = move || height() - plan.with(|plan| plan.stripe);
    view! {
        <Show when=move || shown.get()>
            <g class=move || if lags.get() { "stripe lags" } else { "stripe" }>
                <rect x="1" y=top width=move || (width() - 2.0).max(0.0) height=move || if plan.with(|plan| plan.narrow && !plan.roomy) { 6.0 } else { 17.0 } />
                <text class="tiny" x=move || if plan.with(|plan| plan.narrow) { 9.0 } else { 15.0 } y=move || top() + 12.5>{label}</text>
            </g>
        </Show>
    }
    .into_any()
}

/// The learner's Services, as `svc/shop`.
fn services(index: &crate::state::world::Index) -> Vec<String> {
    let theirs =
        |view: &&cluster::delta::ObjectView| view.kind == "Service" && view.namespace != "kube-system" && view.name != "kubernetes";
    index.objects.values().filter(theirs).map(|view| format!("svc/{}", view.name)).collect()
}

/// Sends a dot for each request that ended.
pub fn follow(drawing: Drawing) {
    let app = app();
    // Which failures were said where, and when in the cluster's time.
    let told = std::cell::RefCell::new(Vec::<((String, String), u64)>::new());
    Effect::new(move |_| {
        let requests = app.network.arrived.get();
        let still = !app.prefs.motion.get_untracked() || app.clock.speed.get_untracked() > FASTEST;
        if still || !matches!(app.network.lens.get_untracked(), Lens::Traffic | Lens::Browser) {
            return;
        }
        let first = requests.first().map_or(0, |request| request.at);
        let mut told = told.borrow_mut();
        drawing.plan.with_untracked(|plan| {
            for request in requests.iter().take(MOST) {
                let points = way(plan, app.world, request);
                if points.len() > 1 {
                    let delay = (request.at.saturating_sub(first) / 1_000).min(900) as f64;
                    let (class, text) = look(app.world, request);
                    // The same word at the same place once, not over and over.
                    let fate = (request.to.clone(), request.outcome.clone());
                    let said = request.ok || told.iter().any(|(old, at)| *old == fate && request.at < at + QUIET && request.at >= *at);
                    dots::request(&points, &class, if said { "" } else { &text }, request.id, delay);
                    if !said {
                        told.retain(|(old, _)| *old != fate);
                        told.push((fate, request.at));
                    }
                }
            }
        });
    });
}

/// A class for colour and shape, and the word of a failure.
fn look(world: World, request: &RequestView) -> (String, String) {
    if !request.ok {
        let words = app().prefs.words_now();
        return ("fail".to_string(), (words.net.outcome)(&request.outcome));
    }
    let known =
        world.index.with_value(|index| index.pods.get(&request.to).map(|pod| pod.view.with_untracked(|view| version_class(view.version))));
    (format!("v{}", known.filter(|version| *version > 0).unwrap_or_else(|| shade(&request.version, 0))), String::new())
}

/// From who asked, through the node whose rules decided, to who answered or where it ended.
fn way(plan: &Plan, world: World, request: &RequestView) -> Vec<(f64, f64)> {
    let users = plan.users;
    let rail = users.y + users.h / 2.0;
    let nodes = boxed_names(world);
    let area = |name: &str| nodes.iter().position(|node| node == name).and_then(|at| plan.nodes.get(at)).copied();
    let door = |area: &Area| (area.x + area.w * DOOR, area.y + area.h - plan.stripe + 8.0);
    let pod = |id: &str| {
        let cell = world.index.with_value(|index| index.pods.get(id).cloned())?;
        let area = area(&cell.node)?;
        let (x, y) = if cell.slot < 900 && plan.most > cell.slot { plan.slot(cell.slot) } else { (area.w / 2.0 - plan.pod.0 / 2.0, 44.0) };
        // A failed one ends below the Pod, so that its word does not cover it.
        let below = if request.ok { plan.pod.1 / 2.0 } else { plan.pod.1 + 7.0 };
        Some(((area.x + x + plan.pod.0 / 2.0, area.y + y + below), area))
    };
    let mut points = Vec::new();
    let outside = request.from.starts_with("outside/");
    let from = if outside { Some((users.x + users.w, rail)) } else { pod(&request.from).map(|found| found.0) };
    let via = request.via.strip_prefix("kube-proxy/").and_then(area);
    points.extend(from.or(via.as_ref().map(door)));
    if let Some(entry) = &via {
        let (x, y) = door(entry);
        if outside {
            points.push((x, rail));
        }
        points.push((x, y));
    }
    let Some((end, home)) = pod(&request.to) else {
        if via.is_none() && outside {
            points.push((users.x + users.w + 120.0, rail));
        }
        return points;
    };
    // From node to node it goes along the rail.
    if via.is_some_and(|entry| entry != home) {
        let (x, _) = via.as_ref().map(door).unwrap_or_default();
        let (other, inner) = door(&home);
        points.extend([(x, rail), (other, rail), (other, inner)]);
    }
    points.push(end);
    points
}

//! The control plane: its parts, the line they talk over, what was asked for, and who waits for a node.
use super::Drawing;
use super::pods::Waiting;
use crate::state::world::{Row, World};
use crate::state::{app, words};
use cluster::THEIRS;
use cluster::delta::{ComponentView, NodeView, WorkloadView};
use leptos::prelude::*;

/// What a control plane is called where there is one.
const TITLE: &str = "control-plane";

/// The parts in the order of the plan.
pub const PARTS: [&str; 4] = ["kube-apiserver", "etcd", "kube-controller-manager", "kube-scheduler"];

/// Servers with a control plane, as their parts' ids end; the empty one has parts with plain ids.
pub fn controls(world: World) -> Vec<String> {
    let named = |cell: &Row<ComponentView>| cell.id.strip_prefix(PARTS[0]).map(|rest| rest.trim_start_matches('/').to_string());
    let mut names: Vec<String> = world.components.with(|list| list.iter().filter_map(named).collect());
    names.sort();
    if names.is_empty() { vec![String::new()] } else { names }
}

/// The id of a part of a control plane.
pub fn part_id(part: &str, control: &str) -> String {
    if control.is_empty() { part.to_string() } else { format!("{part}/{control}") }
}

/// Workloads without an owner, each with what it owns.
pub fn groups(world: World) -> Vec<(Row<WorkloadView>, Vec<Row<WorkloadView>>)> {
    let all = world.workloads.get();
    let owner = |row: &Row<WorkloadView>| row.view.with(|view| view.owner.clone());
    let shown = |row: &&Row<WorkloadView>| row.view.with(|view| view.namespace != "kube-system" && view.owner.is_empty());
    all.iter().filter(shown).map(|top| (top.clone(), all.iter().filter(|row| owner(row) == top.id).cloned().collect())).collect()
}

#[component]
pub fn ControlPlane() -> impl IntoView {
    let Drawing { plan, controls, .. } = expect_context();
    let world = app().world;
    let grouped = Memo::new_with_compare(move |_| groups(world), |_, _| true);
    // A server that is no node yet hangs on nothing.
    let joined = Memo::new(move |_| world.nodes.with(|nodes| nodes.iter().filter(|node| node.view.with(super::nodes::boxed)).count()));
    let line = move || {
        let joined = joined.get();
        if joined == 0 {
            return String::new();
        }
        plan.with(|plan| {
            let nodes = || plan.nodes.iter().take(joined);
            let api = plan.parts[plan.parts.len() - 1][0];
            let from = api.x + api.w / 2.0;
            let mut path = format!("M{from} {}V{}", api.y + api.h, plan.bus);
            if let Some(last) = nodes().map(|node| node.x + node.w / 2.0).reduce(f64::max) {
                let first = nodes().next().map(|node| node.x + node.w / 2.0).unwrap_or(from).min(from);
                path.push_str(&format!("M{first} {}H{}", plan.bus, last.max(from)));
            }
            for node in nodes().filter(|node| node.y < plan.bus + 60.0) {
                path.push_str(&format!("M{} {}V{}", node.x + node.w / 2.0, plan.bus, node.y));
            }
            path
        })
    };
    let api_to_etcd = move || {
        plan.with(|plan| {
            let wire = |row: &[super::layout::Area; 4]| format!("M{} {}H{}", row[0].x + row[0].w, row[0].y + row[0].h / 2.0, row[1].x);
            plan.parts.iter().map(wire).collect::<String>()
        })
    };
    let none = move || {
        !super::nodes::servers(world).is_empty() && world.components.with(|list| !list.iter().any(|cell| cell.id.starts_with(PARTS[0])))
    };
    let rows = move || -> Vec<(usize, String)> { controls.get().into_iter().enumerate().collect() };
    let areas = move |pick: fn(&super::layout::Area) -> f64| plan.with(|plan| pick(&plan.control));
    view! {
        <g class="control">
            <rect class="glass" x=move || areas(|a| a.x) y=move || areas(|a| a.y) width=move || areas(|a| a.w) height=move || areas(|a| a.h) rx="14" />
            {move || if controls.with(|all| all.len() > 1) { view! { <text class="m small wide-only" x="30" y="28">"control planes"</text> }.into_any() } else { alone(world) }}
            <text class="m small wide-only end" x=move || areas(|a| a.x + a.w - 16.0) y="28">{move || (words().waiting_for_node)(world.counts.with(|counts| counts.waiting))}</text>
            <path class="bus" d=line />
            {move || none().then(|| view! { <text class="m" x="30" y=move || plan.with(|plan| plan.parts[0][0].y + 28.0)>{move || clause(words().no_control, plan.with(|plan| plan.narrow))}</text> })}
            <g style:display=move || if none() { "none" } else { "" }>
            <path class="wire" d=api_to_etcd />
            <For each=rows key=Clone::clone children=row />
            </g>
            <Waiting />
            {move || grouped.get().into_iter().enumerate().map(|(at, (top, owned))| group(at, top, owned)).collect_view()}
        </g>
    }
    .into_any()
}

/// Its beginning, where there is no room for more.
fn clause(sentence: &'static str, narrow: bool) -> &'static str {
    if narrow { sentence.split([':', '.']).next().unwrap_or(sentence) } else { sentence }
}

/// The title of a control plane that is alone: a server that was made one keeps its name, and can be chosen as a node can.
fn alone(world: World) -> AnyView {
    let host = Memo::new(move |_| {
        let first = |cell: &Row<ComponentView>| (cell.id == PARTS[0]).then(|| cell.view.with(|view| view.node.clone()));
        world.components.with(|list| list.iter().find_map(first)).unwrap_or_default()
    });
    let node = Memo::new(move |_| {
        let state = |view: &NodeView| (view.name == host.get()).then_some((view.powered, view.connected));
        world.nodes.with(|nodes| nodes.iter().find_map(|cell| cell.view.with(state)))
    });
    let label = move || host.with(|host| if host.is_empty() || host == TITLE { TITLE.to_string() } else { format!("{host} · {TITLE}") });
    let state = move || match node.get() {
        Some((false, _)) => words().off,
        Some((true, false)) => words().cut_off,
        _ => "",
    };
    let text = move || view! { <text class="m small" x="30" y="28">{label}" "<tspan class="state" dx="6">{state}</tspan></text> };
    let wide = move || label().len() as f64 * 7.0 + 12.0;
    let body = move || match node.with(Option::is_some) {
        true => view! {
            <g class="seat wide-only" data-id=move || format!("node/{}", host.get()) role="button" tabindex="-1">
                <rect class="host-ground" x="24" y="13" width=wide height="21" rx="7" />{text()}
            </g>
        }
        .into_any(),
        false => view! { <g class="wide-only">{text()}</g> }.into_any(),
    };
    body.into_any()
}

/// A control plane: its server's name, where there are several, and its parts.
fn row((row, control): (usize, String)) -> AnyView {
    let Drawing { plan, .. } = expect_context();
    let many = move || plan.with(|plan| plan.parts.len() > 1);
    // The first control plane of servers that were empty has parts with plain ids.
    let host = {
        let (own, control) = (part_id(PARTS[0], &control), control.clone());
        Memo::new(move |_| match control.is_empty() {
            false => control.clone(),
            true => app().world.components.with(|list| {
                list.iter().find(|cell| cell.id == own).map(|cell| cell.view.with(|view| view.node.clone())).unwrap_or_default()
            }),
        })
    };
    let area = Memo::new(move |_| plan.with(|plan| plan.parts.get(row).map(|parts| parts[0]).unwrap_or_default()));
    let label = move || {
        let narrow = plan.with(|plan| plan.narrow);
        let name = host.get();
        if narrow { name.rsplit('-').next().unwrap_or_default().to_string() } else { fit(&name, 108.0, 7.0) }
    };
    let world = app().world;
    let off = move || {
        let name = host.get();
        world.nodes.with(|nodes| {
            nodes.iter().find_map(|cell| cell.view.with(|view| (view.name == name).then_some((view.powered, view.connected))))
        })
    };
    let state = move || match off() {
        Some((false, _)) => words().off,
        Some((true, false)) => words().cut_off,
        _ => "",
    };
    let title = move || {
        many().then(|| view! {
        <g class="seat" data-id=move || format!("node/{}", host.get()) role="button" tabindex="-1">
            <rect class="host-ground" x=move || plan.with(|plan| plan.control.x + 6.0) y=move || area.get().y width=move || area.get().x - plan.with(|plan| plan.control.x) - 10.0 height=move || area.get().h rx="7" />
            <text class="m small" x=move || plan.with(|plan| plan.control.x + if plan.narrow { 9.0 } else { 12.0 }) y=move || area.get().y + if state().is_empty() || plan.with(|plan| plan.narrow) { area.get().h / 2.0 + 4.0 } else { 12.0 }>{label}</text>" "
            <text class="state tiny wide-only" x=move || plan.with(|plan| plan.control.x + 12.0) y=move || area.get().y + 25.0>{state}</text>
        </g>
    })
    };
    view! { {title}{(0..4).map(|at| part(row, at, part_id(PARTS[at], &control))).collect_view()} }.into_any()
}

fn part(row: usize, at: usize, own: String) -> AnyView {
    let Drawing { plan, .. } = expect_context();
    let world = app().world;
    let shown = own.clone();
    let id = PARTS[at];
    let own = StoredValue::new(own);
    let many = move || plan.with(|plan| plan.parts.len() > 1);
    let cell = Memo::new_with_compare(
        move |_| world.components.with(|list| list.iter().find(|cell| own.with_value(|own| cell.id == *own)).cloned()),
        |_, _| true,
    );
    let read =
        move |from: fn(&ComponentView) -> String| cell.with(|cell| cell.as_ref().map(|cell| cell.view.with(from)).unwrap_or_default());
    let running = move || cell.with(|cell| cell.as_ref().is_none_or(|cell| cell.view.with(|view| view.running)));
    // What has not yet run is on its way up; what ran and does not is broken.
    let ran = Memo::new(move |before: Option<&bool>| {
        let runs = cell.with(|cell| cell.as_ref().is_some_and(|cell| cell.view.with(|view| view.running)));
        runs || before.copied().unwrap_or(false)
    });
    let picked = move || own.with_value(|own| world.picked.with(|picked| picked.as_deref() == Some(own.as_str())) || hinted(world, own));
    let area = Memo::new(move |_| plan.with(|plan| plan.parts.get(row).map(|parts| parts[at]).unwrap_or_default()));
    let middle = move || area.with(|area| area.x + area.w / 2.0);
    // K3s alone keeps its data in a file: what stands in etcd's place is no etcd.
    let sqlite = move || {
        at == 1
            && cell.with(Option::is_none)
            && world.components.with(|list| {
                list.iter().any(|cell| cell.id.starts_with(PARTS[0]) && cell.view.with(|view| view.running && view.inside == "k3s"))
            })
    };
    let name = move || {
        let (room, long) = (area.with(|area| area.w), id.len() as f64 * 7.8 + 8.0);
        let gone = many() && !running() && ran.get();
        let name = if sqlite() {
            "SQLite"
        } else if gone && room < 88.0 {
            ["api", "etcd", "ctrl", "sched."][at]
        } else if many() && room < 96.0 {
            ["apiserver", "etcd", "ctrl-mgr", "sched."][at]
        } else if room < long + if many() { 20.0 } else { 0.0 } {
            ["apiserver", "etcd", "controller", "scheduler"][at]
        } else {
            id
        };
        // Where a row has one line, a sign says who leads and who is gone.
        let sign = match (many(), running(), ran.get()) {
            (true, true, _) if read(|view| view.note.clone()) == "leader" => "♛ ",
            (true, false, true) => "✕ ",
            (true, true, _) if cell.with(|cell| cell.as_ref().is_some_and(|cell| cell.view.with(|view| view.cut))) => "✂ ",
            _ => "",
        };
        format!("{sign}{name}")
    };
    let theirs = move || cell.with(|cell| cell.as_ref().is_some_and(|cell| cell.view.with(|view| view.note.starts_with(THEIRS))));
    // In a narrow picture a server that has no box any more stands here by its name.
    let unboxed = move || {
        let host = Some(read(|view| view.node.clone())).filter(|host| !host.is_empty() && host != TITLE)?;
        let shown =
            world.nodes.with(|nodes| nodes.iter().any(|node| node.view.with(|view| view.name == host && super::nodes::boxed(view))));
        (plan.with(|plan| plan.narrow) && !shown).then_some(host)
    };
    let note = move || {
        if !running() && !sqlite() {
            return if ran.get() { words().stopped } else { words().booting }.to_string();
        }
        if sqlite() {
            return "k3s".to_string();
        }
        if let Some(trouble) = cell.with(|cell| cell.as_ref().and_then(|cell| cell.view.with(trouble))) {
            return trouble;
        }
        match at {
            _ if theirs() => {
                let whose = (words().provider)(read(|view| view.note.clone()).trim_start_matches(THEIRS)).to_string();
                fit(&whose, area.with(|area| area.w) - 6.0, 6.8)
            }
            0 => unboxed().unwrap_or_else(|| format!("rv {}", world.revision.get())),
            2 | 3 if !plan.with(|plan| plan.narrow) => {
                (words().queue)(cell.with(|cell| cell.as_ref().map(|cell| cell.view.with(|view| view.queue)).unwrap_or(0)))
            }
            _ => read(|view| view.note.clone()),
        }
    };
    let class = move || {
        let busy = cell.with(|cell| cell.as_ref().is_some_and(|cell| cell.view.with(|view| view.queue > 0)));
        format!(
            "part {}{}{}{}{}",
            if at == 0 { "centre" } else { "" },
            if theirs() { " theirs" } else { "" },
            if sqlite() {
                ""
            } else if !ran.get() {
                " coming"
            } else if running() {
                ""
            } else {
                " dead"
            },
            if picked() { " picked" } else { "" },
            if busy { " busy" } else { "" }
        )
    };
    let note = Memo::new(move |_| if many() { String::new() } else { note() });
    // One line alone stands in the middle.
    let line = move || {
        area.with(|a| {
            a.y + if a.h > 44.0 {
                21.0
            } else if note.with(String::is_empty) {
                a.h / 2.0 + 4.0
            } else {
                15.0
            }
        })
    };
    view! {
        <g class=class data-id=shown role="button" tabindex="-1">
            <rect x=move || area.with(|a| a.x) y=move || area.with(|a| a.y) width=move || area.with(|a| a.w) height=move || area.with(|a| a.h) rx="9" />
            <text class="name mid" x=middle y=line>{name}</text>" "
            <text class="m small mid" x=middle y=move || area.with(|a| a.y + if a.h > 44.0 { 37.0 } else { 29.0 })>{note}</text>
        </g>
    }
    .into_any()
}

/// Why a part that runs is not well, in two words.
pub fn trouble(view: &ComponentView) -> Option<String> {
    match (view.cut, view.slow_ms) {
        (true, _) => Some(words().cut_off.to_string()),
        (false, 0) => None,
        (false, ms) => Some(format!("+{ms} ms")),
    }
}

/// Whether a link in the lesson's text points at this id right now.
pub fn hinted(world: World, id: &str) -> bool {
    world.hinted.with(|hinted| hinted.as_deref() == Some(id))
}

fn group(at: usize, top: Row<WorkloadView>, owned: Vec<Row<WorkloadView>>) -> AnyView {
    let Drawing { plan, .. } = expect_context();
    let area = Memo::new(move |_| plan.with(|plan| plan.groups.get(at).copied()));
    let live: Vec<_> = owned.into_iter().collect();
    let place = move || area.get().map(|area| format!("translate({} {})", area.x, area.y)).unwrap_or_default();
    let wide = Memo::new(move |_| area.get().map(|area| area.w).unwrap_or(240.0));
    let shown = move || area.get().is_some();
    // What owns only Pods has all the room.
    let alone = live.is_empty();
    // Old ReplicaSets with nothing left are history, not picture.
    let newest = move || {
        let mut rows: Vec<_> = live.iter().filter(|row| row.view.with(|view| view.wanted + view.current > 0)).cloned().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.view.with(|view| view.revision)));
        rows.truncate(if wide.get() > 400.0 { 2 } else { 1 });
        rows.into_iter().enumerate().map(|(at, row)| owned_chip(at, row, wide)).collect_view()
    };
    view! {
        <g class="group" transform=place style:display=move || if shown() { "" } else { "none" }>
            {owner_chip(top, wide, alone)}
            {newest}
        </g>
    }
    .into_any()
}

fn chip_width(wide: f64) -> f64 {
    if wide > 400.0 { (wide - 32.0) / 3.0 } else { (wide - 16.0) / 2.0 }
}

/// `alone`: nothing stands beside it.
fn owner_chip(row: Row<WorkloadView>, wide: Memo<f64>, alone: bool) -> AnyView {
    let world = app().world;
    let (id, pick) = (row.id.clone(), row.id.clone());
    let view = row.view.clone();
    let (label, gap_view) = (row.view.clone(), row.view.clone());
    let text = Memo::new(move |_| view.with(|view| format!("{} {}", short_kind(&view.kind), view.name)));
    let width = move || match alone {
        true => wide.get().min(text.with(|text| text.chars().count()).max(20) as f64 * 8.0 + 22.0),
        false => chip_width(wide.get()),
    };
    let numbers = move || label.with(|view| (words().wanted_ready)(view.wanted, view.ready));
    let class = move || {
        let gap = gap_view.with(|view| view.wanted != view.ready);
        let picked = world.picked.with(|picked| picked.as_deref() == Some(pick.as_str())) || hinted(world, &pick);
        format!("chip owner{}{}", if gap { " gap" } else { "" }, if picked { " picked" } else { "" })
    };
    view! {
        <g class=class data-id=id role="button" tabindex="-1">
            <rect width=width height="34" rx="8" />
            <text class="name" x="10" y="15">{move || text.with(|text| fit(text, width() - 18.0, 8.0))}</text>" "
            <text class="m small" x="10" y="28">{numbers}</text>
        </g>
    }
    .into_any()
}

fn owned_chip(at: usize, row: Row<WorkloadView>, wide: Memo<f64>) -> AnyView {
    let id = row.id.clone();
    let (name, numbers, tone) = (row.view.clone(), row.view.clone(), row.view.clone());
    let width = move || chip_width(wide.get());
    let place = move || format!("translate({} 0)", (at as f64 + 1.0) * (width() + 16.0));
    // A second ReplicaSet hangs on its Deployment too, not on the first one.
    let wire = move || {
        if at == 0 { "M-16 17H0".to_string() } else { format!("M{} 17V37H-8V17H0", 8.0 - (at as f64 + 1.0) * (width() + 16.0) + width()) }
    };
    view! {
        <g class=move || format!("chip owned v{}", tone.with(|view| version_class(view.revision))) transform=place data-id=id role="button" tabindex="-1">
            <path class="wire" d=wire />
            <rect width=width height="34" rx="8" />
            <text class="name" x="10" y="15">{move || name.with(|view| fit(&format!("RS {}", view.name), width() - 18.0, 8.0))}</text>" "
            <text class="m small" x="10" y="28">{move || numbers.with(|view| { let text = (words().wanted_ready)(view.wanted, view.ready); if width() > 150.0 { format!("{} · {text}", tag(&view.image)) } else { text } })}</text>
        </g>
    }
    .into_any()
}

pub fn short_kind(kind: &str) -> &str {
    match kind {
        "Deployment" => "Deploy",
        "ReplicaSet" => "RS",
        "StatefulSet" => "STS",
        "DaemonSet" => "DS",
        other => other,
    }
}

/// Colours alternate: odd generations one hue, even ones the other with a hatch; 0 is plain.
pub fn version_class(version: u32) -> u32 {
    if version == 0 { 0 } else { (version - 1) % 2 + 1 }
}

/// What stands behind the colon of an image.
pub fn tag(image: &str) -> &str {
    image.rsplit('/').next().unwrap_or(image).split_once(':').map(|(_, tag)| tag).unwrap_or("latest")
}

/// As much of a text as fits so many pixels; the middle goes first, because names end in what tells them apart.
pub fn fit(text: &str, pixels: f64, per_sign: f64) -> String {
    let most = (pixels / per_sign).floor().max(3.0) as usize;
    let signs: Vec<char> = text.chars().collect();
    if signs.len() <= most {
        return text.to_string();
    }
    let tail = (most / 3).max(1);
    let head = most - tail - 1;
    signs[..head].iter().chain(&['…']).chain(&signs[signs.len() - tail..]).collect()
}

//! Breaking things: a button per fault, with what it does in words.
use crate::panels::picture::control;
use crate::panels::picture::nodes::servers;
use crate::state::world::World;
use crate::state::{app, wire, words};
use cluster::THEIRS;
use cluster::delta::{ComponentView, NodeView};
use cluster::input::Fault;
use cluster::managed::HIDDEN;
use leptos::prelude::*;

/// The same in a word, where the name stands beside it.
fn brief(fault: &Fault) -> &'static str {
    let words = words();
    match fault {
        Fault::StopNode { .. } => words.power_off,
        Fault::UpgradeControlPlane { .. } | Fault::UpgradeNode { .. } => words.upgrade,
        Fault::StartNode { .. } => words.power_on,
        Fault::CutNode { .. } | Fault::CutComponent { cut: true, .. } | Fault::CutEtcd { cut: true, .. } => words.cut,
        Fault::MendNode { .. } | Fault::CutComponent { .. } | Fault::CutEtcd { .. } => words.mend,
        Fault::StopComponent { .. } => words.stop,
        Fault::StartComponent { .. } => words.start,
        Fault::Link { .. } | Fault::PathMtu { .. } => words.slow_link,
        Fault::SlowComponent { delay_ms: 0, .. } => (words.ops)().quick,
        Fault::SlowComponent { .. } => (words.ops)().slow,
        Fault::SlowDisk { fsync_ms: 0, .. } => (words.ops)().good_disk,
        Fault::SlowDisk { .. } => (words.ops)().slow_disk,
        Fault::KillContainer { .. } => words.kill,
        Fault::KillComponent { .. } | Fault::CrashEtcd { .. } => (words.ops)().kill,
        Fault::LoseEtcdData { .. } | Fault::RestoreEtcd { .. } | Fault::EtcdQuota { .. } => words.etcd_fault,
    }
}

fn brief_button(fault: Fault) -> AnyView {
    // Where more stops than the name beside it says, the button says what.
    if let Fault::StopComponent { component } | Fault::StartComponent { component } | Fault::KillComponent { component } = &fault
        && component.starts_with("k3s/")
    {
        return button(fault);
    }
    let (short, long) = (fault.clone(), fault.clone());
    view! { <button class="btn fault" aria-label=move || describe(&long) on:click=move |_| wire::fault(fault.clone())>{move || brief(&short)}</button> }.into_any()
}

/// A button that does one fault, under a short name of the caller's.
pub fn named(label: fn() -> &'static str, fault: Fault) -> AnyView {
    let long = fault.clone();
    view! { <button class="btn small fault" aria-label=move || format!("{}: {}", label(), describe(&long)) on:click=move |_| wire::fault(fault.clone())>{label}</button> }.into_any()
}

/// A button that does one fault.
pub fn button(fault: Fault) -> AnyView {
    let label = fault.clone();
    view! { <button class="btn fault" on:click=move |_| wire::fault(fault.clone())>{move || describe(&label)}</button> }.into_any()
}

/// The buttons of a list. Two that undo each other are one: it says what can be done now, and keeps its place and the focus.
pub fn buttons(world: World, faults: &[Fault]) -> AnyView {
    let mut left = faults.to_vec();
    let mut all = Vec::new();
    while !left.is_empty() {
        let fault = left.remove(0);
        let back = left.iter().position(|other| undoes(&fault, other) || undoes(other, &fault)).map(|at| left.remove(at));
        all.push(match back {
            // The one that breaks first.
            Some(back) if undoes(&back, &fault) => pair(world, fault, back),
            Some(back) => pair(world, back, fault),
            None => button(fault),
        });
    }
    view! { <div class="row deeds">{all}</div> }.into_any()
}

/// Whether `back` takes back what `fault` did.
fn undoes(back: &Fault, fault: &Fault) -> bool {
    match (back, fault) {
        (Fault::StartComponent { component: one }, Fault::StopComponent { component: other }) => one == other,
        (Fault::StartNode { node: one }, Fault::StopNode { node: other }) => one == other,
        (Fault::MendNode { node: one }, Fault::CutNode { node: other }) => one == other,
        (Fault::SlowDisk { node: one, fsync_ms: 0 }, Fault::SlowDisk { node: other, fsync_ms: 1.. }) => one == other,
        (Fault::SlowComponent { component: one, delay_ms: 0 }, Fault::SlowComponent { component: other, delay_ms: 1.. }) => one == other,
        _ => false,
    }
}

fn pair(world: World, fault: Fault, back: Fault) -> AnyView {
    let own = fault.clone();
    let broken = Memo::new(move |_| stands(world, &own));
    // Of what the picture knows nothing, both are offered.
    (move || match broken.with(Option::is_some) {
        false => vec![button(fault.clone()), button(back.clone())].into_any(),
        true => {
            let (fault, back) = (fault.clone(), back.clone());
            let now = Memo::new(move |_| if broken.get() == Some(true) { back.clone() } else { fault.clone() });
            view! { <button class="btn fault" on:click=move |_| wire::fault(now.get_untracked())>{move || now.with(describe)}</button> }
                .into_any()
        }
    })
    .into_any()
}

/// Whether what a fault does is the case; `None` where the picture has nothing of it.
fn stands(world: World, fault: &Fault) -> Option<bool> {
    let of_part = |id: &str, read: fn(&ComponentView) -> bool| {
        world.components.with(|list| list.iter().find(|cell| cell.id == id).map(|cell| cell.view.with(read)))
    };
    let of_node = |name: &str, read: fn(&NodeView) -> bool| {
        world.nodes.with(|nodes| nodes.iter().find_map(|cell| cell.view.with(|view| (view.name == name).then(|| read(view)))))
    };
    match fault {
        Fault::StopComponent { component } => of_part(component, |view| !view.running),
        Fault::SlowComponent { component, .. } => of_part(component, |view| view.slow_ms > 0),
        Fault::SlowDisk { node, .. } => world.components.with(|list| {
            let of_disk = |view: &ComponentView| (view.node == *node && view.id.starts_with("etcd")).then_some(view.slow_ms > 0);
            list.iter().find_map(|cell| cell.view.with(of_disk))
        }),
        Fault::StopNode { node } => of_node(node, |view| !view.powered),
        Fault::CutNode { node } => of_node(node, |view| !view.connected),
        _ => None,
    }
}

pub fn describe(fault: &Fault) -> String {
    let words = words();
    match fault {
        Fault::StopNode { node } => (words.stop_node)(node),
        Fault::StartNode { node } => (words.start_node)(node),
        Fault::CutNode { node } => (words.cut_node)(node),
        Fault::MendNode { node } => (words.mend_node)(node),
        Fault::StopComponent { component } => (words.stop_component)(component),
        Fault::StartComponent { component } => (words.start_component)(component),
        Fault::KillComponent { component } => (words.kill_component)(component),
        Fault::SlowComponent { component, delay_ms: 0 } => ((words.ops)().quick_component)(component),
        Fault::CutComponent { component, cut } => ((words.ops)().cut_component)(component, *cut),
        Fault::SlowComponent { component, delay_ms } => (words.slow_component)(component, *delay_ms),
        Fault::Link { one, other, latency_ms, loss_percent } => (words.link)(one, other, *latency_ms, *loss_percent),
        Fault::PathMtu { one, other, bytes } => format!("{one} - {other}: MTU {bytes}"),
        Fault::CrashEtcd { member } => (words.kill_component)(member),
        Fault::SlowDisk { node, fsync_ms } => (words.slow_disk)(node, *fsync_ms),
        Fault::CutEtcd { member, cut: true } => (words.cut_etcd)(member),
        Fault::CutEtcd { member, cut: false } => (words.mend_etcd)(member),
        Fault::LoseEtcdData { member } => (words.lose_etcd_data)(member),
        Fault::RestoreEtcd { member, directory } => (words.restore_etcd)(member, directory),
        Fault::EtcdQuota { member, mebibytes } => (words.etcd_quota)(member, *mebibytes),
        Fault::UpgradeControlPlane { version } => (words.upgrade_control_plane)(version),
        Fault::UpgradeNode { node } => (words.upgrade_node)(node),
        Fault::KillContainer { pod, .. } => (words.kill_container)(pod.rsplit('/').next().unwrap_or(pod)),
    }
}

/// What can be done to a machine that has power, and a link.
fn of_machine(node: String, powered: bool, connected: bool) -> Vec<Fault> {
    match (powered, connected) {
        (false, _) => vec![Fault::StartNode { node }],
        (true, false) => vec![Fault::StopNode { node: node.clone() }, Fault::MendNode { node }],
        (true, true) => vec![Fault::StopNode { node: node.clone() }, Fault::CutNode { node }],
    }
}

/// Whether a provider runs the control plane.
pub fn theirs(world: World) -> bool {
    is_theirs(world, control::PARTS[0])
}

/// Whether a provider runs this component.
fn is_theirs(world: World, id: &str) -> bool {
    world.index.with_value(|index| index.components.get(id).is_some_and(|cell| cell.view.with(|view| view.note.starts_with(THEIRS))))
}

/// What can be broken or mended about one object, by its id.
pub fn fitting(world: World, id: &str) -> Vec<Fault> {
    // A server that is no node yet has its kubelet's id in the picture, and perhaps no kubelet.
    if let Some(node) = id.strip_prefix("kubelet/").filter(|name| servers(world).iter().any(|server| server == name)) {
        let note = world.index.with_value(|index| index.components.get(id).map(|cell| cell.view.with(|view| view.note.clone())));
        let note = note.unwrap_or_default();
        return of_machine(node.to_string(), note != "bare off", note != "bare cut");
    }
    if let Some(node) = id.strip_prefix("node/") {
        let state = world.index.with_value(|index| index.nodes.get(id).map(|cell| cell.view.with(|view| (view.powered, view.connected))));
        return match state {
            Some((true, true)) if is_theirs(world, control::PARTS[0]) => {
                let node = node.to_string();
                vec![Fault::StopNode { node: node.clone() }, Fault::CutNode { node: node.clone() }, Fault::UpgradeNode { node }]
            }
            Some((powered, connected)) => of_machine(node.to_string(), powered, connected),
            None => Vec::new(),
        };
    }
    if let Some(pod) = id.strip_prefix("pod/") {
        return vec![Fault::KillContainer { pod: pod.to_string(), container: String::new() }];
    }
    if is_theirs(world, id) {
        // Nothing of it is in reach; what can happen to it is an accident of the provider's machine, and its upgrade.
        let (node, version) = (HIDDEN.to_string(), String::new());
        return if id == control::PARTS[0] { vec![Fault::StopNode { node }, Fault::UpgradeControlPlane { version }] } else { Vec::new() };
    }
    let view = world.index.with_value(|index| index.components.get(id).map(|cell| cell.view.get()));
    view.map(|view| of_component(&view)).unwrap_or_default()
}

/// So much later comes each message of a part that was made slow, and so much longer takes a write on a slow disk (milliseconds).
const SLOW_MS: u32 = 2000;
const DISK_MS: u32 = 500;

/// What can be done to a component as it is now.
fn of_component(view: &ComponentView) -> Vec<Fault> {
    let (process, own) = (view.id.split('/').next().unwrap_or_default(), view.id.clone());
    // Parts of one process stop together.
    let whole = !view.inside.is_empty();
    let component = if whole { format!("{}/{}", view.inside, view.node) } else { own.clone() };
    if !view.running {
        // One that is cut off may have ended by itself, for want of its lease.
        let mut all = vec![Fault::StartComponent { component }];
        all.extend(view.cut.then(|| connected(process, own)));
        return all;
    }
    let stop = Fault::StopComponent { component: component.clone() };
    let delay_ms = if view.slow_ms > 0 { 0 } else { SLOW_MS };
    match process {
        // It is the child of that one process, and goes with it.
        "containerd" if whole => Vec::new(),
        "containerd" => vec![stop],
        _ if whole => vec![stop, Fault::KillComponent { component }],
        "etcd" => {
            let fsync_ms = if view.slow_ms >= DISK_MS { 0 } else { DISK_MS };
            let mut all = vec![stop, Fault::KillComponent { component }, Fault::SlowDisk { node: view.node.clone(), fsync_ms }];
            all.extend(own.contains('/').then_some(Fault::CutEtcd { member: own, cut: !view.cut }));
            all
        }
        _ => vec![
            stop,
            Fault::KillComponent { component },
            Fault::SlowComponent { component: own.clone(), delay_ms },
            Fault::CutComponent { component: own, cut: !view.cut },
        ],
    }
}

/// Whether a component is only a part of a process.
fn is_inside(world: World, id: &str) -> bool {
    world.index.with_value(|index| index.components.get(id).is_some_and(|cell| cell.view.with_untracked(|view| !view.inside.is_empty())))
}

/// What takes a cut back.
fn connected(process: &str, id: String) -> Fault {
    if process == "etcd" { Fault::CutEtcd { member: id, cut: false } } else { Fault::CutComponent { component: id, cut: false } }
}

/// What runs on every node.
const AGENTS: [&str; 3] = ["kubelet", "containerd", "kube-proxy"];
/// With more nodes than this the menu names no agents: each can be chosen in the picture.
const MOST_NODES: usize = 12;

/// The menu over the picture: everything that can break, by place.
#[component]
pub fn Faults() -> impl IntoView {
    let world = app().world;
    let rows = Memo::new(move |_| {
        // Workers first; then the control planes' servers, and what runs on them.
        let (controls, workers): (Vec<_>, Vec<_>) =
            world.nodes.get().into_iter().partition(|node| node.view.with_untracked(|view| view.control_plane));
        // Before an installation there are no parts.
        let there = move |id: &String| world.index.with_value(|index| index.components.contains_key(id));
        let name = |id: &str| id.strip_prefix("node/").unwrap_or(id).to_string();
        let agents: Vec<String> = workers
            .iter()
            .chain(&controls)
            .filter(|_| workers.len() + controls.len() <= MOST_NODES)
            .flat_map(|node| AGENTS.map(|agent| format!("{agent}/{}", name(&node.id))))
            .filter(|id| there(id) && (id.starts_with(AGENTS[0]) || !is_inside(world, id)))
            .collect();
        let nodes = workers.into_iter().chain(controls).map(|node| (name(&node.id), node.id.clone()));
        let bare = servers(world).into_iter().map(|name| format!("kubelet/{name}"));
        let parts =
            control::controls(world).into_iter().flat_map(|name| control::PARTS.map(|part| control::part_id(part, &name))).filter(there);
        nodes
            .chain(bare.map(|id| (id.rsplit('/').next().unwrap_or("").to_string(), id)))
            .chain(parts.chain(agents).map(|id| (id.clone(), id)))
            .collect::<Vec<(String, String)>>()
    });
    // A part that comes leaves the others' buttons, and the focus, where they are; so does a heartbeat.
    let row = move |(name, id): (String, String)| {
        let fit = Memo::new(move |_| fitting(world, &id));
        view! { <li><b>{name}</b>{move || fit.get().into_iter().map(brief_button).collect_view()}</li> }.into_any()
    };
    view! {
        <details class="menu breaks">
            <summary class="btn">{move || words().break_it}</summary>
            <div class="sheet"><p class="muted">{move || words().break_hint}</p><ul><For each=move || rows.get() key=Clone::clone children=row /></ul></div>
        </details>
    }
    .into_any()
}

//! The one bridge: turns what the engine says into signals, in slices small enough to never hold up the page.
use super::pending::{Pending, Piece};
use super::world::{Cell, Counts, Index, NodeCell, PodCell, World};
use super::{App, progress};
use crate::js::{codemirror::Asked, document, engine, log};
use crate::protocol::FromEngine;
use cluster::delta::{NodeView, PodView};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A ghost stays this long after its Pod is gone.
const GHOST_MS: u32 = 5000;
/// Pods that are listed but not drawn.
pub const NO_SLOT: usize = 999;
/// A slice should take about this long, and so should the frame that draws it.
const SLICE_MS: f64 = 10.0;
/// What a piece weighs in a slice: a shape that is made, moved or taken away takes several times as long as one that changes.
const MADE: usize = 4;
const CHANGED: usize = 1;
/// The most that a slice may weigh: what comes next may take longer than what was measured.
const HEAVIEST: usize = 14;

#[derive(Default)]
struct Bridge {
    pending: Pending,
    running: bool,
    /// What the pieces of the next slice may weigh; follows how long the last one took.
    slice: usize,
    asked: BTreeMap<u32, Asked>,
}

thread_local! {
    static BRIDGE: RefCell<Bridge> = RefCell::new(Bridge { slice: 6, ..Bridge::default() });
}

/// How long after the engine could not be fetched it is tried again.
const FETCH_AGAIN_MS: u32 = 2_000;

/// Begins to listen to the engine.
pub fn start(app: App) {
    engine::start(
        move |messages| messages.into_iter().for_each(|message| hear(app, message)),
        move |reason, unfetched| crashed(app, reason, unfetched),
    );
}

/// Keeps a promise of the editor's until the engine answers.
pub fn wait_for(serial: u32, asked: Asked) {
    BRIDGE.with_borrow_mut(|bridge| bridge.asked.insert(serial, asked));
}

fn answered(serial: u32) -> Option<Asked> {
    BRIDGE.with_borrow_mut(|bridge| bridge.asked.remove(&serial))
}

fn crashed(app: App, reason: String, unfetched: bool) {
    let words = app.prefs.words_now();
    let title = if unfetched { words.unfetched } else { words.crashed };
    app.notices.banner.set(Some((title.to_string(), reason)));
    app.notices.say(title.to_string());
    if !engine::stopped() {
        return;
    }
    app.network.comparing.set(false);
    let again = move || {
        engine::restart();
        app.clock.begin_anew();
        app.course.reopen(app);
    };
    // A network that is away is not asked without a pause.
    if unfetched {
        Timeout::new(FETCH_AGAIN_MS, again).forget();
    } else {
        again();
    }
}

fn hear(app: App, message: FromEngine) {
    match message {
        FromEngine::Delta { mut delta } => {
            app.network.hear(&mut delta);
            let known = move || app.world.index.with_value(ids);
            BRIDGE.with_borrow_mut(|bridge| bridge.pending.take(*delta, known));
            wake(app);
        }
        FromEngine::Clock { now, start, end, speed, sought } => {
            app.clock.set(now, start, end, speed, sought);
            if app.course.pane().is_some() {
                super::pane::stands_at(now);
            }
            // A cluster that is broken enough tells of no changes, but its lens goes on looking.
            app.network.ask();
        }
        FromEngine::Print { text, err, whole } => log::print(&text, err, whole),
        FromEngine::Prompt { busy, prompt } => app.desk.set_prompt(busy, prompt),
        FromEngine::Edit { name, text } => {
            app.desk.begin_edit(name, text);
            app.layout.show(app, "editor");
        }
        FromEngine::Files { files } => app.desk.set_files(files),
        FromEngine::Completion { serial, from, candidates } => app.desk.completed(serial, from, candidates),
        FromEngine::Problems { name, problems, .. } => app.desk.set_problems(name, problems),
        FromEngine::Suggestions { serial, from, items } => {
            if let Some(asked) = answered(serial) {
                asked.suggestions(from, &items);
            }
        }
        FromEngine::HoverText { serial, from, to, text } => {
            if let Some(asked) = answered(serial) {
                asked.hover(from, to, &text);
            }
        }
        FromEngine::Chain { chain, .. } => app.world.chain.set(Some(Arc::new(chain))),
        FromEngine::Followed { id, hops } => app.world.followed.set(Some((id, Arc::new(hops)))),
        FromEngine::Ruled { node, text, rules } => {
            let network = app.network;
            if network.reading.with_untracked(|reading| *reading == node) {
                network.text.set(text);
            }
            if network.rules.with_untracked(|old| *old != rules) {
                network.rules.set(rules);
            }
        }
        FromEngine::Reached { reach, reasons } => {
            if app.network.reach.with_untracked(|old| old.as_ref() != Some(&*reach)) {
                app.network.reach.set(Some(*reach));
            }
            if app.network.verdict.with_untracked(|old| *old != reasons) {
                app.network.verdict.set(reasons);
            }
        }
        FromEngine::Etcd { etcd } => {
            if app.network.etcd.with_untracked(|old| *old != *etcd) {
                app.network.etcd.set(*etcd);
            }
        }
        FromEngine::Talk { talk } => {
            if app.network.talk.with_untracked(|old| *old != talk) {
                app.network.talk.set(talk);
            }
        }
        FromEngine::Sources { text, problems, applied } => app.network.take_sources(text, problems, applied),
        FromEngine::Health { rows } => {
            if app.network.health.with_untracked(|old| *old != rows) {
                app.network.health.set(rows);
            }
        }
        FromEngine::Processes { server, servers, processes } => {
            let network = app.network;
            if network.server.with_untracked(String::is_empty) {
                network.server.set(server.clone());
            }
            if network.servers.with_untracked(|old| *old != servers) {
                network.servers.set(servers);
            }
            if network.server.with_untracked(|chosen| *chosen == server) && network.processes.with_untracked(|old| *old != processes) {
                network.processes.set(processes);
            }
        }
        FromEngine::Resolved { steps } => app.network.resolved.set(steps),
        FromEngine::Measured { rows, lines } => super::pane::measured(app, rows, lines),
        FromEngine::Browsed { page } => {
            app.network.loading.set(false);
            app.network.page.set(Some(*page));
        }
        FromEngine::Inspected { inspection } => {
            if app.world.pointed.with_untracked(|pointed| pointed.as_ref().is_some_and(|(id, _)| *id == inspection.id)) {
                app.world.pointed.set(Some((inspection.id.clone(), Arc::new(inspection.chain.clone()))));
            }
            if app.world.picked.get_untracked().as_deref() == Some(&inspection.id) {
                app.world.inspection.set(Some(Arc::from(inspection)));
            }
        }
        FromEngine::Mistake { texts } => app.course.mistake.set(texts),
        FromEngine::Compared { done, all, row } => app.network.take_row(done, all, *row),
        FromEngine::Lesson { state } => app.course.set_state(app, *state),
        FromEngine::Saved { log } => progress::save_log(&app.course.key(), log),
        FromEngine::Trouble { what, detail } => {
            if what == "compare" {
                app.network.comparing.set(false);
            }
            let words = app.prefs.words_now();
            let title = if what == "resume" { words.saved_refused } else { words.trouble };
            app.notices.banner.set(Some((title.to_string(), if detail.is_empty() { what } else { detail })));
        }
    }
}

fn ids(index: &Index) -> BTreeSet<String> {
    let (components, nodes) = (index.components.keys(), index.nodes.keys());
    components.chain(nodes).chain(index.pods.keys()).chain(index.workloads.keys()).chain(index.objects.keys()).cloned().collect()
}

fn wake(app: App) {
    let idle = BRIDGE.with_borrow_mut(|bridge| !std::mem::replace(&mut bridge.running, true));
    if idle {
        Timeout::new(0, move || slice(app)).forget();
    }
}

/// Shows a few pieces; effects draw them right after this task, and the next slice sees how long that took.
fn slice(app: App) {
    let begun = document::now_ms();
    let count = BRIDGE.with_borrow(|bridge| bridge.slice);
    let mut shown = 0;
    while shown < count {
        let Some(piece) = BRIDGE.with_borrow_mut(|bridge| bridge.pending.next()) else { break };
        shown += show(app.world, piece);
    }
    if shown < count {
        return settle(app);
    }
    Timeout::new(0, move || {
        let spent = document::now_ms() - begun;
        // One slice in one frame: what several changed would be laid out and painted at once.
        document::after_frame(move |drawn| {
            BRIDGE.with_borrow_mut(|bridge| {
                bridge.slice = if spent.max(drawn) > SLICE_MS { (bridge.slice / 2).max(4) } else { (bridge.slice + 2).min(HEAVIEST) };
            });
            slice(app);
        });
    })
    .forget();
}

/// What hangs on all pieces together, in three steps with a frame for each: the timeline, the sums, the moving dots.
fn settle(app: App) {
    let (revision, marks, fresh, messages) = BRIDGE.with_borrow_mut(|bridge| {
        let pending = &mut bridge.pending;
        pending.unsettled = false;
        (
            pending.revision.take(),
            std::mem::take(&mut pending.marks),
            std::mem::take(&mut pending.fresh_marks),
            std::mem::take(&mut pending.messages),
        )
    });
    let world = app.world;
    if let Some(revision) = revision {
        world.revision.set(revision);
    }
    if fresh || !marks.is_empty() {
        world.index.update_value(|index| {
            if fresh {
                index.marks.clear();
            }
            index.marks.extend(marks);
        });
        world.marked.update(|count| *count += 1);
    }
    document::after_frame(move |_| {
        let counts = world.index.with_value(count);
        if world.counts.with_untracked(|old| *old != counts) {
            world.counts.set(counts);
        }
        world.settled.update(|count| *count += 1);
        if messages.is_empty() {
            return settled(app);
        }
        document::after_frame(move |_| {
            world.travelled.set(messages);
            settled(app);
        });
    });
}

/// All that was told is on show, unless more was told meanwhile.
fn settled(app: App) {
    let more = BRIDGE.with_borrow_mut(|bridge| {
        bridge.running = bridge.pending.unsettled;
        bridge.running
    });
    if more {
        Timeout::new(0, move || slice(app)).forget();
    } else {
        app.clock.shown();
        app.network.ask();
    }
}

fn count(index: &Index) -> Counts {
    let mut counts = Counts { nodes: index.nodes.len(), pods: index.pods.len(), ..Counts::default() };
    counts.nodes_ready = index.nodes.values().filter(|node| node.view.with_untracked(|view| view.ready == "Ready")).count();
    for pod in index.pods.values() {
        pod.view.with_untracked(|view| {
            counts.pods_ready += usize::from(view.ready);
            counts.waiting += usize::from(view.node.is_empty());
        });
    }
    counts
}

/// Shows a piece, and tells its weight.
fn show(world: World, piece: Piece) -> usize {
    match piece {
        Piece::Component(view) => {
            let known = world.index.with_value(|index| index.components.get(&view.id).cloned());
            match known {
                Some(cell) => put(&cell.view, view),
                None => {
                    let cell = Arc::new(Cell { id: view.id.clone(), view: ArcRwSignal::new(view) });
                    world.index.update_value(|index| drop(index.components.insert(cell.id.clone(), cell.clone())));
                    world.components.update(|list| list.push(cell));
                    return MADE;
                }
            }
        }
        Piece::Node(view) => show_node(world, view),
        Piece::Workload(view) => {
            let known = world.index.with_value(|index| index.workloads.get(&view.id).cloned());
            match known {
                Some(cell) => put(&cell.view, view),
                None => {
                    let cell = Arc::new(Cell { id: view.id.clone(), view: ArcRwSignal::new(view) });
                    world.index.update_value(|index| drop(index.workloads.insert(cell.id.clone(), cell.clone())));
                    world.workloads.update(|list| list.push(cell));
                    return MADE;
                }
            }
        }
        Piece::Pod(view) => return show_pod(world, view),
        Piece::Object(view) => world.index.update_value(|index| {
            index.objects.insert(view.id.clone(), view);
        }),
        Piece::Gone(id, ghost) => {
            take_away(world, &id, ghost);
            return if ghost { CHANGED } else { MADE };
        }
    }
    CHANGED
}

fn show_node(world: World, view: NodeView) {
    let known = world.index.with_value(|index| index.nodes.get(&view.id).cloned());
    match known {
        Some(cell) => put(&cell.view, view),
        None => {
            let cell = Arc::new(NodeCell { id: view.id.clone(), view: ArcRwSignal::new(view), pods: ArcRwSignal::new(Vec::new()) });
            world.index.update_value(|index| drop(index.nodes.insert(cell.id.clone(), cell)));
            world.nodes.set(world.index.with_value(|index| index.nodes.values().cloned().collect()));
        }
    }
}

fn show_pod(world: World, view: PodView) -> usize {
    let known = world.index.with_value(|index| index.pods.get(&view.id).cloned());
    if let Some(cell) = &known {
        if cell.node == view.node {
            put(&cell.view, view);
            return CHANGED;
        }
        change_list(world, &cell.node, |list| list.retain(|other| other.serial != cell.serial));
    }
    let signal = known.map(|cell| cell.view.clone()).unwrap_or_else(|| ArcRwSignal::new(view.clone()));
    put(&signal, view.clone());
    let serial = world.index.try_update_value(|index| {
        index.serial += 1;
        index.serial
    });
    let node = view.node.clone();
    // The cluster's own Pods have their places as parts of the picture.
    let slot = if view.namespace == "kube-system" { NO_SLOT } else { free_slot(world, &node) };
    let cell = Arc::new(PodCell { id: view.id, serial: serial.unwrap_or(0), slot, node, view: signal, ghost: ArcRwSignal::new(false) });
    world.index.update_value(|index| drop(index.pods.insert(cell.id.clone(), cell.clone())));
    let node = cell.node.clone();
    change_list(world, &node, |list| list.push(cell));
    MADE
}

/// The lowest place that nobody holds: shapes never jump when a neighbour leaves.
fn free_slot(world: World, node: &str) -> usize {
    let taken = |list: &Vec<Arc<PodCell>>| {
        let mut held: Vec<bool> = vec![false; list.len() + 1];
        list.iter()
            .filter(|cell| cell.slot < held.len())
            .map(|cell| cell.slot)
            .collect::<Vec<_>>()
            .into_iter()
            .for_each(|slot| held[slot] = true);
        held.iter().position(|held| !held).unwrap_or(list.len())
    };
    let home = world.index.with_value(|index| node_named(index, node));
    match home {
        Some(cell) => cell.pods.with_untracked(taken),
        None => world.tray.with_untracked(taken),
    }
}

fn node_named(index: &Index, node: &str) -> Option<Arc<NodeCell>> {
    if node.is_empty() { None } else { index.nodes.get(&format!("node/{node}")).cloned() }
}

fn change_list(world: World, node: &str, change: impl FnOnce(&mut Vec<Arc<PodCell>>)) {
    let home = world.index.with_value(|index| node_named(index, node));
    match home {
        Some(cell) => cell.pods.update(change),
        None => world.tray.update(change),
    }
}

fn take_away(world: World, id: &str, ghost: bool) {
    let pod = world.index.try_update_value(|index| index.pods.remove(id)).flatten();
    if let Some(cell) = pod {
        let remove = move |cell: Arc<PodCell>| change_list(world, &cell.node, |list| list.retain(|other| other.serial != cell.serial));
        if ghost {
            cell.ghost.set(true);
            Timeout::new(GHOST_MS, move || remove(cell)).forget();
        } else {
            remove(cell);
        }
        return;
    }
    world.index.update_value(|index| {
        index.objects.remove(id);
    });
    if world.index.try_update_value(|index| index.workloads.remove(id)).flatten().is_some() {
        world.workloads.update(|list| list.retain(|cell| cell.id != id));
    }
    if world.index.try_update_value(|index| index.components.remove(id)).flatten().is_some() {
        world.components.update(|list| list.retain(|cell| cell.id != id));
    }
    if world.index.try_update_value(|index| index.nodes.remove(id)).flatten().is_some() {
        world.nodes.update(|list| list.retain(|cell| cell.id != id));
    }
}

fn put<T: PartialEq + Send + Sync + 'static>(signal: &ArcRwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}

//! Turns what changed in a world into a delta for whoever looks at it.
use crate::delta::{ComponentView, Delta, Lane, Mark, Message};
use crate::part::Actor;
use crate::portrait;
use crate::traffic;
use crate::world::World;
use apiserver::{Snapshot, What};
use objects::{Key, kinds};
use simcore::OccurrenceId;
use std::collections::{BTreeMap, BTreeSet};

/// Before the name of the provider that runs a component: `of GKE`.
pub const THEIRS: &str = "of ";

/// What one viewer has been told.
#[derive(Clone, Debug, Default)]
pub struct Viewer {
    /// The revision it knows; 0 for nothing.
    revision: u64,
    /// How many occurrences it knows.
    occurrences: u32,
    components: BTreeMap<String, ComponentView>,
    hosts: Vec<(bool, bool)>,
    /// On how many hosts policies were enforced.
    enforcing: usize,
    /// The second (since the epoch) that traffic was last told of, how many sources there were, and how many requests had ended.
    traffic: (u64, usize, u64),
}

/// No more marks than this in one delta: the rest is told by the next.
const MARKS: usize = 400;
/// No more moving dots than this in one delta.
const DOTS: usize = 40;

impl Viewer {
    /// After a seek: the next delta is whole.
    pub fn forget(&mut self) {
        *self = Viewer::default();
    }

    /// What changed since the last call.
    pub fn look(&mut self, world: &mut World) -> Delta {
        if self.revision != 0 && world.api.store.since(self.revision).is_err() {
            // What it missed is compacted away: it is shown everything anew, but for the marks that it has.
            *self = Viewer { occurrences: self.occurrences, ..Viewer::default() };
        }
        let view = world.api.store.applied().clone();
        let mut delta = Delta { now: world.now().0, revision: view.revision(), whole: self.revision == 0, ..Delta::default() };
        let keys = self.changed(world, &view, delta.whole);
        for key in &keys {
            portrait::add(&mut delta, world, &view, key);
        }
        self.hosts(world, &view, &mut delta);
        self.policies(world, &view, &mut delta);
        self.components(world, &mut delta);
        self.occurrences(world, &mut delta);
        self.messages(world, &mut delta);
        self.traffic(world, &mut delta);
        self.revision = view.revision();
        delta
    }

    fn changed(&self, world: &World, view: &Snapshot, whole: bool) -> BTreeSet<Key> {
        if !whole && let Ok(changes) = world.api.store.since(self.revision) {
            return changes.filter_map(|change| shown(&change.key)).collect();
        }
        let all = (0..kinds::KINDS.len() as u16).map(objects::KindId);
        all.flat_map(|kind| view.list(kind).map(|kept| kept.key.clone()).collect::<Vec<_>>()).filter(portrait::is_shown).collect()
    }

    /// A machine that lost power or its link changes its node's portrait without any write.
    fn hosts(&mut self, world: &World, view: &Snapshot, delta: &mut Delta) {
        let hosts: Vec<(bool, bool)> = world.hosts().iter().map(|host| (host.powered, host.connected)).collect();
        for (place, host) in world.hosts().iter().enumerate() {
            let known = delta.nodes.iter().any(|node| node.name == host.name);
            if self.hosts.get(place) != hosts.get(place) && !known {
                portrait::add(delta, world, view, &Key::new(kinds::NODE, "", host.name.clone()));
            }
        }
        self.hosts = hosts;
    }

    /// A network plugin that is installed gives policies their effect without any write to them.
    fn policies(&mut self, world: &World, view: &Snapshot, delta: &mut Delta) {
        if std::mem::replace(&mut self.enforcing, world.enforcing) == world.enforcing || delta.whole {
            return;
        }
        for policy in view.list(kinds::NETWORK_POLICY) {
            portrait::add(delta, world, view, &policy.key);
        }
    }

    fn components(&mut self, world: &World, delta: &mut Delta) {
        let theirs = world.provider().map(|provider| format!("{THEIRS}{}", provider.name));
        let note = theirs.clone().unwrap_or_else(|| format!("rv {}", world.api.store.applied().revision()));
        let inside = |host: usize| if world.is_k3s(host) { "k3s".to_string() } else { String::new() };
        let own = |id: &str, place: usize, running: bool| {
            let host = &world.hosts()[place];
            let (node, running) = (host.name.to_string(), running && host.powered);
            ComponentView { id: id.into(), node, running, note: note.clone(), inside: inside(place), ..ComponentView::default() }
        };
        let members = world.etcd.nodes.iter().filter(|node| !node.process.removed);
        let leader = world.etcd.leader().filter(|_| world.etcd.nodes.len() > 1).map(|place| world.etcd.nodes[place].process.id);
        let member = |node: &crate::members::EtcdNode| {
            let view = own(&node.component, node.host, node.process.is_running());
            let view = ComponentView { slow_ms: (node.process.fsync.0 / 1_000) as u32, cut: node.cut, ..view };
            if leader == Some(node.process.id) { ComponentView { note: "leader".to_string(), ..view } } else { view }
        };
        let mut now: Vec<ComponentView> = members.map(|node| member(node)).collect();
        now.extend(world.apiservers.iter().map(|server| ComponentView {
            slow_ms: (server.slow.0 / 1_000) as u32,
            cut: server.cut,
            ..own(&server.id, server.host, server.running)
        }));
        let bare = world.began_bare();
        for part in world.parts() {
            let host = &world.hosts()[part.host];
            let hidden = world.is_hidden(part.host);
            if hidden && matches!(part.actor, Actor::Kubelet(_) | Actor::Proxy(_)) {
                continue;
            }
            let queue = match &part.actor {
                _ if hidden => 0,
                Actor::Manager(manager) => manager.busy().map(|(_, keys)| keys).sum(),
                Actor::Scheduler(scheduler) => queued(scheduler.waiting()),
                Actor::Kubelet(_) | Actor::Proxy(_) | Actor::CoreDns(_) | Actor::Router(_) => 0,
            };
            let running = part.running && host.powered;
            now.push(ComponentView {
                id: part.id.to_string(),
                node: host.name.to_string(),
                running,
                note: if let Some(theirs) = theirs.as_ref().filter(|_| hidden) {
                    theirs.clone()
                } else if bare && part.kubelet().is_some() {
                    match (host.powered, host.connected) {
                        (false, _) => "bare off".to_string(),
                        (true, false) => "bare cut".to_string(),
                        _ => "bare".to_string(),
                    }
                } else if part.leads() == Some(true) && world.apiservers().len() > 1 {
                    "leader".to_string()
                } else {
                    String::new()
                },
                queue: queue as u32,
                slow_ms: (part.slow.0 / 1_000) as u32,
                cut: part.cut,
                inside: if part.pod.is_empty() { inside(part.host) } else { String::new() },
            });
            if let Some(kubelet) = part.kubelet() {
                let id = format!("containerd/{}", host.name);
                now.push(ComponentView {
                    id,
                    node: host.name.to_string(),
                    running: host.powered && kubelet.has_runtime(),
                    inside: inside(part.host),
                    ..ComponentView::default()
                });
            }
        }
        for component in now {
            if self.components.get(&component.id) != Some(&component) {
                self.components.insert(component.id.clone(), component.clone());
                delta.components.push(component);
            }
        }
    }

    fn occurrences(&mut self, world: &World, delta: &mut Delta) {
        for (id, occurrence) in world.api.trace.since(self.occurrences) {
            self.occurrences = id.0 + 1;
            if let Some(mark) = mark(id, occurrence.at.0, &occurrence.what) {
                delta.marks.push(mark);
            }
            if delta.marks.len() == MARKS {
                return;
            }
        }
    }

    fn messages(&mut self, world: &mut World, delta: &mut Delta) {
        let writes = delta.marks.iter().rev().take(DOTS).filter(|mark| mark.lane != Lane::You && mark.lane != Lane::Faults);
        let mut messages: Vec<Message> = writes
            .filter_map(|mark| {
                let what = &world.api.trace.get(OccurrenceId(mark.occurrence))?.what;
                let (from, to) = (sender(&what.actor), "kube-apiserver".to_string());
                Some(Message { at: mark.at, from, to, write: true, about: mark.about.clone() })
            })
            .collect();
        for (at, part, key) in std::mem::take(&mut world.delivered) {
            let to = world.parts[part].id.to_string();
            messages.push(Message { at: at.0, from: "kube-apiserver".to_string(), to, write: false, about: portrait::id(&key) });
        }
        messages.sort_by_key(|message| message.at);
        messages.truncate(DOTS);
        delta.messages = messages;
    }
}

impl Viewer {
    /// Counts once per second, and dots whenever something ended.
    fn traffic(&mut self, world: &World, delta: &mut Delta) {
        let (second, count, known) = self.traffic;
        let (now, sources) = (world.now().0 / 1_000_000, world.traffic().sources().count());
        if now != second || sources != count {
            delta.traffic = world.traffic().sources().map(|source| traffic::view(source, now)).collect();
            let gone = world.traffic().gone.iter().map(|id| format!("traffic/{id}"));
            delta.gone.extend(gone);
            self.traffic = (now, sources, known);
        }
        delta.requests = traffic::requests(world, known, DOTS);
        // Counted by their ends: one that began early and waited long is told, too.
        self.traffic.2 = world.traffic().ended;
    }
}

fn queued((ready, backoff, refused): (usize, usize, usize)) -> usize {
    ready + backoff + refused
}

/// Whose portrait a change of `key` touches: a node's lease is the node's heartbeat.
fn shown(key: &Key) -> Option<Key> {
    if key.kind == kinds::LEASE && key.namespace == "kube-node-lease" {
        return Some(Key::new(kinds::NODE, "", key.name.clone()));
    }
    portrait::is_shown(key).then(|| key.clone())
}

/// The component that an actor runs in: all controllers live in kube-controller-manager.
pub fn sender(actor: &str) -> String {
    match lane_of(actor) {
        Lane::Controllers => "kube-controller-manager".to_string(),
        _ => actor.to_string(),
    }
}

fn lane_of(actor: &str) -> Lane {
    match actor {
        "you" => Lane::You,
        "kubectl" | "kube-apiserver" | "etcd" => Lane::Api,
        "kube-scheduler" => Lane::Scheduler,
        _ if actor.starts_with("kubelet/") => Lane::Kubelets,
        _ => Lane::Controllers,
    }
}

/// Heartbeats and Events are not marked: they would hide everything else.
fn mark(id: OccurrenceId, at: u64, what: &What) -> Option<Mark> {
    if what.key.as_ref().is_some_and(|key| key.kind == kinds::LEASE || key.kind == kinds::EVENT) {
        return None;
    }
    let lane = if what.deed == "fault" { Lane::Faults } else { lane_of(&what.actor) };
    let about = what.key.as_ref().map(portrait::id).unwrap_or_default();
    let text = match (&what.key, what.detail.is_empty()) {
        (None, _) => what.detail.to_string(),
        (Some(_), true) => format!("{} {about}", what.deed),
        (Some(_), false) => format!("{} {about} {}", what.deed, what.detail),
    };
    Some(Mark { at, lane, occurrence: id.0, text, about })
}

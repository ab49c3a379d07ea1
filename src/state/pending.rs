//! What arrived and is not yet shown: the newest view of each id, so that a burst never grows a backlog.
use cluster::delta::{ComponentView, Delta, Mark, NodeView, ObjectView, PodView, WorkloadView};
use std::collections::{BTreeMap, BTreeSet};

/// One small thing to show.
pub enum Piece {
    Component(ComponentView),
    Node(NodeView),
    Workload(WorkloadView),
    Pod(PodView),
    Object(ObjectView),
    /// An id that is gone; without a ghost where the whole picture was replaced.
    Gone(String, bool),
}

#[derive(Default)]
pub struct Pending {
    pub revision: Option<u64>,
    components: BTreeMap<String, ComponentView>,
    nodes: BTreeMap<String, NodeView>,
    workloads: BTreeMap<String, WorkloadView>,
    pods: BTreeMap<String, PodView>,
    objects: BTreeMap<String, ObjectView>,
    gone: BTreeMap<String, bool>,
    pub marks: Vec<Mark>,
    /// The marks begin anew.
    pub fresh_marks: bool,
    pub messages: Vec<(String, String, bool)>,
    /// Something was taken in since the last time everything was shown.
    pub unsettled: bool,
}

/// More moving dots than this per burst only blur.
const MOST_MESSAGES: usize = 24;

impl Pending {
    /// Takes a delta in. `known` are all ids on show: a whole picture takes away what it does not name.
    pub fn take(&mut self, delta: Delta, known: impl FnOnce() -> BTreeSet<String>) {
        self.unsettled = true;
        self.revision = Some(delta.revision);
        let mut hosts = hosts_without_node(&delta);
        let ids = if delta.whole || !hosts.is_empty() { known() } else { BTreeSet::new() };
        if !delta.whole {
            hosts.retain(|host| !ids.contains(&host.id));
        }
        if delta.whole {
            let (fresh_marks, revision) = (true, self.revision);
            *self = Self { fresh_marks, revision, unsettled: true, ..Self::default() };
            self.gone.extend(ids.into_iter().map(|id| (id, false)));
        }
        for view in delta.components {
            self.gone.remove(&view.id);
            self.components.insert(view.id.clone(), view);
        }
        for view in delta.nodes {
            self.gone.remove(&view.id);
            self.nodes.insert(view.id.clone(), view);
        }
        for view in delta.workloads {
            self.gone.remove(&view.id);
            self.workloads.insert(view.id.clone(), view);
        }
        for view in delta.pods {
            self.gone.remove(&view.id);
            self.pods.insert(view.id.clone(), view);
        }
        for view in delta.objects {
            self.gone.remove(&view.id);
            self.objects.insert(view.id.clone(), view);
        }
        for id in delta.gone {
            self.nodes.remove(&id);
            self.workloads.remove(&id);
            self.pods.remove(&id);
            self.objects.remove(&id);
            self.components.remove(&id);
            self.gone.insert(id, true);
        }
        // Last: a machine whose Node is gone, or not yet there, still stands in the room.
        for host in hosts {
            self.gone.remove(&host.id);
            self.nodes.entry(host.id.clone()).or_insert(host);
        }
        self.marks.extend(delta.marks);
        let room = MOST_MESSAGES.saturating_sub(self.messages.len());
        self.messages.extend(delta.messages.into_iter().take(room).map(|message| (message.from, message.to, message.write)));
    }

    /// The next piece: what others hang on first.
    pub fn next(&mut self) -> Option<Piece> {
        if let Some((_, view)) = self.components.pop_first() {
            return Some(Piece::Component(view));
        }
        if let Some((_, view)) = self.nodes.pop_first() {
            return Some(Piece::Node(view));
        }
        if let Some((id, ghost)) = self.gone.pop_first() {
            return Some(Piece::Gone(id, ghost));
        }
        if let Some((_, view)) = self.workloads.pop_first() {
            return Some(Piece::Workload(view));
        }
        if let Some((_, view)) = self.pods.pop_first() {
            return Some(Piece::Pod(view));
        }
        self.objects.pop_first().map(|(_, view)| Piece::Object(view))
    }
}

/// Machines whose kubelet has not yet registered them: there is no Node in the API, but the box stands in the room.
fn hosts_without_node(delta: &Delta) -> Vec<NodeView> {
    let named = |name: &str| delta.nodes.iter().any(|node| node.name == name);
    // A server that began without a cluster is drawn as such, not as a node that starts up.
    let kubelets = delta.components.iter().filter(|part| part.id.starts_with("kubelet/") && !part.note.starts_with("bare"));
    let mut hosts: Vec<&str> = kubelets.map(|part| part.node.as_str()).filter(|name| !name.is_empty() && !named(name)).collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts.into_iter().map(unregistered).collect()
}

fn unregistered(name: &str) -> NodeView {
    NodeView {
        id: format!("node/{name}"),
        name: name.to_string(),
        control_plane: name.starts_with("control-plane"),
        ready: String::new(),
        cordoned: false,
        powered: true,
        connected: true,
        cpu: (0, 0),
        memory: (0, 0),
        pods: (0, 0),
        heartbeat: 0,
        taints: Vec::new(),
    }
}

//! Answers "Why?": walks the trace from anything back to the learner's own deed.
use crate::delta::{Inspection, Link};
use crate::portrait;
use crate::world::World;
use objects::Key;
use simcore::OccurrenceId;

/// An entry of the trace.
type Occurrence = simcore::Occurrence<apiserver::What>;

fn link(id: OccurrenceId, occurrence: &Occurrence) -> Link {
    let what = &occurrence.what;
    Link {
        occurrence: id.0,
        at: occurrence.at.0,
        actor: what.actor.to_string(),
        deed: what.deed.to_string(),
        about: what.key.as_ref().map(portrait::id).unwrap_or_default(),
        revision: what.revision,
        detail: what.detail.to_string(),
        reason: if what.reason.is_null() { String::new() } else { what.reason.to_json() },
    }
}

impl World {
    /// The chain from an occurrence back to its first cause, newest first.
    ///
    /// That nothing is heard of a node has no cause in the trace: the fault that silenced it is told behind it.
    pub fn chain(&self, from: OccurrenceId) -> Vec<Link> {
        let mut links = Vec::new();
        for (id, occurrence) in self.api.trace.chain(from) {
            links.push(link(id, occurrence));
            if let Some(fault) = self.silencer(occurrence) {
                links.extend(self.api.trace.chain(fault).map(|(id, occurrence)| link(id, occurrence)));
            }
        }
        links
    }

    /// The fault behind a node's silence: the newest that was about the node or its kubelet, if it took something away.
    fn silencer(&self, silence: &Occurrence) -> Option<OccurrenceId> {
        if silence.what.reason.get("silentFor").is_null() {
            return None;
        }
        let node = &*silence.what.key.as_ref()?.name;
        let is_about = |word: &str| word == node || word.strip_prefix("kubelet/") == Some(node);
        let mut faults = self.api.trace.newest_first().filter(|(_, found)| found.what.deed == "fault" && found.at <= silence.at);
        let (id, fault) = faults.find(|(_, found)| found.what.detail.split(' ').any(is_about))?;
        ["power off", "cut", "stop", "kill"].iter().any(|deed| fault.what.detail.starts_with(deed)).then_some(id)
    }

    /// The newest occurrence about an object.
    pub fn last_about(&self, key: &Key) -> Option<OccurrenceId> {
        self.api.trace.newest_first().find(|(_, found)| found.what.key.as_ref() == Some(key)).map(|(id, _)| id)
    }

    /// The newest fault that names a component: `stop kube-scheduler`, `cut kubelet/worker-1 off the network`.
    fn last_fault_of(&self, component: &str) -> Option<OccurrenceId> {
        let names = |what: &apiserver::What| what.deed == "fault" && what.detail.split(' ').any(|word| word == component);
        self.api.trace.newest_first().find(|(_, found)| names(&found.what)).map(|(id, _)| id)
    }

    /// The occurrence that made an object: the start of its own story.
    pub fn birth_of(&self, key: &Key) -> Option<OccurrenceId> {
        let is_birth = |what: &apiserver::What| what.deed == "create" && what.key.as_ref() == Some(key);
        self.api.trace.newest_first().find(|(_, found)| is_birth(&found.what)).map(|(id, _)| id)
    }

    /// YAML, description and story of an object by its id; empty texts for one that is gone.
    pub fn inspect(&self, id: &str) -> Inspection {
        let Some(key) = portrait::key(id) else {
            let chain = self.last_fault_of(id).map(|id| self.chain(id)).unwrap_or_default();
            return Inspection { id: id.to_string(), chain, ..Inspection::default() };
        };
        let view = self.api.store.applied();
        let found = view.get(&key);
        let yaml = found.map(|object| {
            let mut tree = object.tree.clone();
            tree.remove(&["metadata", "managedFields"]);
            objects::yaml::write(&tree)
        });
        // The newest deed leads back through all the others: a status to the binding, the binding to the creation.
        let chain = self.last_about(&key).map(|id| self.chain(id)).unwrap_or_default();
        // Often enough another story led to it: a node's news to a Pod that waits, a second line to a Deployment.
        let is_told = chain.iter().any(|link| link.deed == "create" && link.about == portrait::id(&key));
        let birth = if is_told { None } else { self.birth_of(&key).map(|id| self.chain(id)) };
        Inspection { id: id.to_string(), yaml: yaml.unwrap_or_default(), describe: String::new(), chain, birth: birth.unwrap_or_default() }
    }
}

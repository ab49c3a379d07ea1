//! Answers "Why?": walks the trace from anything back to the learner's own deed.
use crate::delta::{Inspection, Link};
use crate::portrait;
use crate::world::World;
use objects::Key;
use simcore::OccurrenceId;

impl World {
    /// The chain from an occurrence back to its first cause, newest first.
    pub fn chain(&self, from: OccurrenceId) -> Vec<Link> {
        let links = self.api.trace.chain(from).map(|(id, occurrence)| {
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
        });
        links.collect()
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
        let chain = self.last_about(&key).map(|id| self.chain(id));
        Inspection { id: id.to_string(), yaml: yaml.unwrap_or_default(), describe: String::new(), chain: chain.unwrap_or_default() }
    }
}

//! The node's end of the network: who has which address here, who listens, and what processes ask of the network.
use crate::kubelet::Kubelet;
use crate::network::{Ask, Heard};
use crate::runtime::{Container, Sandbox};
use apiserver::client::Effects;
use objects::Text;
use simcore::Time;
use std::sync::Arc;

/// What the process of a container asks of the network.
#[derive(Clone, Debug)]
pub struct Question {
    pub uid: Text,
    /// The container's name and its runtime id.
    pub container: Text,
    pub id: Text,
    pub ask: Ask,
}

/// Collects what the containers of a sandbox ask.
pub fn gather(questions: &mut Vec<Question>, uid: &Text, sandbox: &mut Sandbox) {
    for slot in &mut sandbox.slots {
        if let Some(found) = slot.current.as_mut()
            && let Some(ask) = found.take_ask()
        {
            questions.push(Question { uid: uid.clone(), container: slot.name.clone(), id: found.id.clone(), ask });
        }
    }
}

impl Kubelet {
    /// The Pod that has an address of this node's range: `None` where the range is another's, `Some(None)` where nobody has it.
    pub fn owner_of(&self, address: u32) -> Option<Option<&Text>> {
        self.addresses.owner(address)
    }

    pub fn sandbox(&self, uid: &str) -> Option<&Sandbox> {
        self.sandboxes.get(uid).map(|sandbox| &**sandbox)
    }

    /// Pods of the node's own network.
    pub fn on_host(&self) -> impl Iterator<Item = (&Text, &Sandbox)> {
        self.sandboxes.iter().filter(|(_, sandbox)| sandbox.ip == self.host.address).map(|(uid, sandbox)| (uid, &**sandbox))
    }

    /// The container of a Pod that runs and has this runtime id.
    pub fn living(&self, uid: &str, id: &str) -> Option<&Container> {
        self.sandboxes.get(uid)?.containers().find(|container| container.id == id && container.is_running())
    }

    pub fn has_questions(&self) -> bool {
        !self.questions.is_empty()
    }

    /// What was asked since the last call.
    pub fn take_questions(&mut self) -> Vec<Question> {
        std::mem::take(&mut self.questions)
    }

    /// Brings a process the answer to its question.
    pub fn hear(&mut self, now: Time, uid: &Text, id: &str, heard: Heard, fx: &mut Effects) {
        let Some(sandbox) = self.sandboxes.get_mut(uid).map(Arc::make_mut) else { return };
        let Some(container) = sandbox.containers_mut().find(|container| container.id == id && container.is_running()) else { return };
        container.hear(now, heard);
        self.replan(uid);
        self.settle(now, fx);
    }
}

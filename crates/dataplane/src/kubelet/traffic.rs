//! The node's end of the network: who has which address here, who listens, and what processes ask of the network.
use crate::images::{Files, Line};
use crate::kubelet::{Kubelet, volumes};
use crate::network::{Ask, Heard};
use crate::runtime::{Container, Sandbox};
use apiserver::client::Effects;
use objects::{Key, Object, Text, Tree};
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

/// A container whose program is one of the world's components, just started.
#[derive(Clone, Debug)]
pub struct Inside {
    pub component: Text,
    pub uid: Text,
    /// The Pod's name and address.
    pub pod: Text,
    pub address: Text,
    /// The container's runtime id.
    pub id: Text,
    pub files: Files,
}

/// The containers of a node whose programs are components: (Pod's uid, runtime id), and those not yet taken.
#[derive(Clone, Debug, Default)]
pub struct Insides {
    known: Vec<(Text, Text)>,
    fresh: Vec<Inside>,
    /// Runtime ids of those whose mounted files changed, with the files.
    renewed: Vec<(Text, Files)>,
}

/// Notes which containers of a sandbox are components.
pub fn notice(insides: &mut Insides, uid: &Text, sandbox: &Sandbox) {
    for container in sandbox.containers().filter(|container| container.is_running()) {
        let Some(program) = container.program().filter(|program| !program.component.is_empty()) else { continue };
        if insides.known.iter().any(|(_, id)| *id == container.id) {
            continue;
        }
        insides.known.push((uid.clone(), container.id.clone()));
        insides.fresh.push(Inside {
            component: program.component.clone(),
            uid: uid.clone(),
            pod: sandbox.name.clone(),
            address: sandbox.ip.clone(),
            id: container.id.clone(),
            files: container.files.clone(),
        });
    }
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

    /// The first and the last address of this node's range.
    pub fn pod_span(&self) -> Option<(u32, u32)> {
        self.addresses.span()
    }

    /// This node's range of Pod addresses, where it holds `address`.
    pub fn pod_range(&self, address: u32) -> Option<String> {
        self.addresses.range_of(address)
    }

    /// All Pods' sandboxes by uid.
    pub fn sandboxes(&self) -> impl Iterator<Item = (&Text, &Sandbox)> {
        self.sandboxes.iter().map(|(uid, sandbox)| (uid, &**sandbox))
    }

    /// The Pod that a sandbox is of, as the kubelet knows it.
    pub fn pod_of(&self, uid: &str) -> Option<&Object> {
        self.workers.get(uid).map(|worker| &*worker.pod)
    }

    pub fn sandbox(&self, uid: &str) -> Option<&Sandbox> {
        self.sandboxes.get(uid).map(|sandbox| &**sandbox)
    }

    /// Pods of the node's own network.
    pub fn on_host(&self) -> impl Iterator<Item = (&Text, &Sandbox)> {
        self.sandboxes.iter().filter(|(_, sandbox)| sandbox.ip == self.host.address).map(|(uid, sandbox)| (uid, &**sandbox))
    }

    /// The Pod and the port that a port of this node leads to (`hostPort`, which the plugin `portmap` writes rules for).
    pub fn host_port(&self, port: u16, loopback: bool) -> Option<(&Sandbox, u16)> {
        self.sandboxes.iter().filter(|(_, sandbox)| sandbox.ready && sandbox.mtu.is_some()).find_map(|(uid, sandbox)| {
            let spec = self.workers.get(uid)?.pod.spec();
            let ports = spec.get("containers").items().iter().flat_map(|container| container.get("ports").items());
            let mut tcp = ports.filter(|given| matches!(given.get("protocol").text(), "" | "TCP"));
            let here = |given: &Tree| match given.get("hostIP").text() {
                "" | "0.0.0.0" => true,
                address if loopback => address.starts_with("127."),
                address => address == self.host.address.as_str(),
            };
            let found = tcp.find(|given| given.get("hostPort").as_int() == Some(i64::from(port)) && here(given))?;
            Some((&**sandbox, u16::try_from(found.get("containerPort").as_int()?).ok()?))
        })
    }

    /// The container of a Pod that runs and has this runtime id.
    pub fn living(&self, uid: &str, id: &str) -> Option<&Container> {
        self.sandboxes.get(uid)?.containers().find(|container| container.id == id && container.is_running())
    }

    /// Whether components run in containers here, or ran when it was last looked.
    pub fn has_inside(&self) -> bool {
        !self.insides.known.is_empty()
    }

    /// Whether a component in a container has started, ended, or got its files anew since it was last looked.
    pub fn has_inside_news(&self) -> bool {
        let Insides { known, fresh, renewed } = &self.insides;
        !fresh.is_empty() || !renewed.is_empty() || known.iter().any(|(uid, id)| self.living(uid, id).is_none())
    }

    /// Components that started since the last call. Those that are gone are forgotten.
    pub fn take_inside(&mut self) -> Vec<Inside> {
        let mut known = std::mem::take(&mut self.insides.known);
        known.retain(|(uid, id)| self.living(uid, id).is_some());
        self.insides.known = known;
        std::mem::take(&mut self.insides.fresh)
    }

    /// A ConfigMap changed: components that mount it get their files anew. (Upstream looks once a minute.)
    pub(super) fn renew_inside(&mut self, key: &Key) {
        for (uid, id) in &self.insides.known {
            let Some(worker) = self.workers.get(uid).filter(|worker| worker.pod.key.namespace == key.namespace) else { continue };
            let Some(sandbox) = self.sandboxes.get_mut(uid).map(Arc::make_mut) else { continue };
            let Some(slot) = sandbox.slots.iter_mut().find(|slot| slot.current.as_ref().is_some_and(|found| found.id == *id)) else {
                continue;
            };
            let (Some(spec), Some(container)) = (worker.spec_of(&slot.name), slot.current.as_mut()) else { continue };
            let mounted = volumes::files(&self.view, &worker.pod, spec);
            if mounted.iter().any(|(path, text)| container.files.get(path) != Some(text)) {
                container.files.extend(mounted);
                self.insides.renewed.push((id.clone(), container.files.clone()));
            }
        }
    }

    /// Components whose mounted files changed since the last call, by their runtime ids.
    pub fn take_renewed(&mut self) -> Vec<(Text, Files)> {
        std::mem::take(&mut self.insides.renewed)
    }

    /// What a component tells of itself: whether it is ready, what it wrote, whether it cannot run at all.
    #[allow(clippy::too_many_arguments, reason = "one message of a process, in its parts")]
    pub fn inside_told(&mut self, now: Time, uid: &Text, id: &str, ready: bool, said: Vec<(Time, String)>, failed: bool, fx: &mut Effects) {
        let Some(sandbox) = self.sandboxes.get_mut(uid).map(Arc::make_mut) else { return };
        let Some(container) = sandbox.containers_mut().find(|container| container.id == id && container.is_running()) else { return };
        container.set_ready(ready);
        said.into_iter().for_each(|(at, text)| container.log.write(&Line { at, text }));
        if failed {
            container.end_by_itself(now, 1);
            self.replan(uid);
            self.settle(now, fx);
        }
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

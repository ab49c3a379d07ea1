//! What befalls containers past their kubelet: signals, kills, lost sandboxes, the end of their memory.
use crate::images::Line;
use crate::kubelet::Kubelet;
use apiserver::client::Effects;
use objects::{Quantity, Text};
use simcore::Time;
use std::sync::Arc;

impl Kubelet {
    /// A fault: the process of one container is killed. Says whether there was one running.
    pub fn kill_container(&mut self, now: Time, namespace: &str, pod: &str, container: &str, fx: &mut Effects) -> bool {
        let found = self.sandboxes.iter_mut().find(|(_, sandbox)| sandbox.namespace == namespace && sandbox.name == pod && sandbox.ready);
        let Some((uid, sandbox)) = found else { return false };
        let uid = uid.clone();
        let Some(victim) = Arc::make_mut(sandbox).container_mut(container).filter(|victim| victim.is_running()) else { return false };
        victim.crash(now, 137, "Error");
        self.notice_crash(now, uid, container, fx);
        true
    }

    /// The process of a container is killed by its runtime id.
    pub fn kill_process(&mut self, now: Time, uid: &Text, id: &str, fx: &mut Effects) {
        self.crash(now, uid, id, (137, "Error"), fx);
    }

    /// Somebody sends SIGTERM to the process of a container, by its runtime id: many programs end, a sleep does not.
    pub fn ask_container(&mut self, now: Time, uid: &Text, id: &str, fx: &mut Effects) {
        let Some(sandbox) = self.sandboxes.get_mut(uid).map(Arc::make_mut) else { return };
        sandbox.containers_mut().filter(|one| one.id == id).for_each(|one| one.signal(now));
        self.replan(uid);
        self.settle(now, fx);
    }

    /// A component in a container finds something wrong, says so in its log, and ends with code 1.
    pub fn fail_component(&mut self, now: Time, uid: &Text, id: &str, words: &str, fx: &mut Effects) {
        let Some(sandbox) = self.sandboxes.get_mut(uid).map(Arc::make_mut) else { return };
        let victim = sandbox.containers_mut().find(|one| one.id == id);
        victim.into_iter().for_each(|victim| victim.log.write(&Line { at: now, text: format!("{words}\n") }));
        self.crash(now, uid, id, (1, "Error"), fx);
    }

    /// A Pod's sandbox is gone with all processes in it; the runtime finds their ends unknown when it is asked.
    pub fn lose_sandbox(&mut self, now: Time, uid: &Text, fx: &mut Effects) {
        let Some(sandbox) = self.sandboxes.get_mut(uid).map(Arc::make_mut) else { return };
        sandbox.ready = false;
        sandbox.containers_mut().for_each(|container| container.crash(now, 255, "Unknown"));
        self.notice_crash(now, uid.clone(), "", fx);
    }

    /// The kernel kills a container by its runtime id, because it uses more memory than its limit.
    pub fn out_of_memory(&mut self, now: Time, uid: &Text, id: &str, fx: &mut Effects) {
        self.crash(now, uid, id, (137, "OOMKilled"), fx);
    }

    /// The process of a container, by its runtime id, ends at once with this code and reason.
    fn crash(&mut self, now: Time, uid: &Text, id: &str, (code, reason): (i32, &'static str), fx: &mut Effects) {
        let Some(sandbox) = self.sandboxes.get_mut(uid).map(Arc::make_mut) else { return };
        let found =
            sandbox.slots.iter_mut().find(|slot| slot.current.as_ref().is_some_and(|current| current.id == id && current.is_running()));
        let Some((name, victim)) = found.and_then(|slot| Some((slot.name.clone(), slot.current.as_mut()?))) else { return };
        victim.crash(now, code, reason);
        self.notice_crash(now, uid.clone(), &name, fx);
    }

    /// The limit of a container's memory in bytes; `None` for no limit.
    pub fn memory_limit(&self, uid: &str, id: &str) -> Option<u64> {
        let sandbox = self.sandboxes.get(uid)?;
        let name = &sandbox.slots.iter().find(|slot| slot.current.as_ref().is_some_and(|current| current.id == id))?.name;
        let containers = self.workers.get(uid)?.pod.spec().get("containers").items();
        let spec = containers.iter().find(|one| one.get("name").text() == name)?;
        let limit = spec.at(&["resources", "limits", "memory"]);
        (!limit.is_null()).then(|| Quantity::of(limit).as_units().max(0) as u64)
    }

    /// A container has died: the kubelet sees it at its next look.
    fn notice_crash(&mut self, now: Time, uid: Text, container: &str, fx: &mut Effects) {
        let seen = self.context(now).next_relist();
        if let Some(worker) = self.workers.get_mut(&uid).map(Arc::make_mut) {
            worker.probes.retain(|(name, _), _| name != container);
            worker.sync_at = Some(worker.sync_at.map_or(seen, |at| at.min(seen)));
        }
        self.replan(&uid);
        self.settle(now, fx);
    }
}

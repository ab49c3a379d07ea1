//! What a node writes down: the words of components in their containers' logs, and the kubelet's own journal.
use crate::kubelet::Kubelet;
use crate::kubelet::klog;
use objects::Text;
use objects::wire::Response;
use simcore::Time;
use std::sync::Arc;

impl Kubelet {
    /// A component of the control plane writes a line into its container's log, at the latest when the container is shown.
    pub fn say(&mut self, now: Time, part: &str, level: char, place: &str, words: &str) {
        self.unsaid.push((Text::new(part), klog::Entry { at: now, level, place: Text::new(place), words: Text::new(words) }));
        let uids: Vec<Text> = self.sandboxes.iter().filter(|(_, one)| one.slot(part).is_some()).map(|(uid, _)| uid.clone()).collect();
        uids.iter().for_each(|uid| self.tell(uid));
    }

    /// Lets a mirrored container have the words that wait for it.
    pub(super) fn tell(&mut self, uid: &Text) {
        let Some(sandbox) = self.sandboxes.get_mut(uid).filter(|sandbox| sandbox.namespace == "kube-system") else { return };
        let running = |name: &Text| sandbox.container(name).is_some_and(|found| found.is_running());
        if !self.unsaid.iter().any(|(part, _)| running(part)) {
            return;
        }
        let (said, left) = std::mem::take(&mut self.unsaid).into_iter().partition(|(part, _)| running(part));
        self.unsaid = left;
        for (part, entry) in said {
            let Some(found) = Arc::make_mut(sandbox).container_mut(&part) else { continue };
            // What was said before the container was shown comes right behind its first words.
            let at = found.running_since().map_or(entry.at, |since| since.max(entry.at));
            let line = if entry.level.is_lowercase() { klog::zap } else { klog::line };
            found.log.write(&line(at, entry.level, &entry.place, &entry.words));
        }
    }

    /// The answer to the registration of its Node, as the journal has it.
    pub(super) fn tell_registration(&mut self, now: Time, response: &Response) {
        let node = &self.host.name;
        self.journal.say(now, 'I', "kubelet_node_status.go:75", format!("\"Attempting to register node\" node=\"{node}\""));
        if !response.is_ok() && response.code != 409 {
            return self.journal.unreported(now, node, response, true);
        }
        if response.code == 409 {
            self.journal.say(now, 'I', "kubelet_node_status.go:124", format!("\"Node was previously registered\" node=\"{node}\""));
        }
        self.journal.say(now, 'I', "kubelet_node_status.go:78", format!("\"Successfully registered node\" node=\"{node}\""));
    }

    /// What it has written into its journal since it was last asked.
    pub fn read_journal(&mut self) -> Vec<klog::Entry> {
        self.journal.take()
    }
}

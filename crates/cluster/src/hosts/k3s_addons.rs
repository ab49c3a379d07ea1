//! What K3s's deploy controller keeps of its files: an AddOn for each, and Events about what it did.
use super::k3s::addon_of;
use crate::world::World;
use objects::wire::{PatchKind, Request, Verb};
use objects::{Text, Tree, kinds, map};

const NAMESPACE: &str = "kube-system";

impl World {
    /// A file is about to be applied: its AddOn says where it lies and what it is like.
    pub(super) fn tell_addon(&mut self, host: usize, path: &str, text: &str) {
        let (name, sum) = (addon_of(path).to_string(), simcore::fnv_digits(text));
        let known = self.api.store.tail().find(kinds::ADDON, NAMESPACE, &name).map(|held| held.uid_text());
        let spec = map! {"source": path, "checksum": sum};
        let request = match &known {
            Some(_) => Request::about(Verb::Patch(PatchKind::Merge), kinds::ADDON, NAMESPACE, &name).body(map! {"spec": spec}),
            None => Request::about(Verb::Create, kinds::ADDON, NAMESPACE, "").body(map! {
                "apiVersion": "k3s.cattle.io/v1",
                "kind": "Addon",
                "metadata": map! {"name": name.as_str(), "namespace": NAMESPACE},
                "spec": spec,
            }),
        };
        self.send_addon(host, request);
        for (reason, words) in [("ApplyingManifest", "Applying manifest at"), ("AppliedManifest", "Applied manifest at")] {
            self.addon_event(host, &name, known.clone(), reason, &format!("{words} \"{path}\""));
        }
    }

    /// What a file brought was taken away, and its AddOn with it.
    pub(super) fn end_addon(&mut self, host: usize, file: &str) {
        let name = addon_of(&format!("/{file}")).to_string();
        let Some(held) = self.api.store.tail().find(kinds::ADDON, NAMESPACE, &name) else { return };
        let (uid, path) = (held.uid_text(), held.spec().get("source").text().to_string());
        self.addon_event(host, &name, Some(uid), "DeletingManifest", &format!("Deleting manifest at \"{path}\""));
        self.send_addon(host, Request::about(Verb::Delete, kinds::ADDON, NAMESPACE, name));
    }

    fn send_addon(&mut self, host: usize, request: Request) {
        let actor = format!("deploy@{}", self.hosts[host].name);
        self.send_as_k3s(host, &actor, request);
    }

    fn addon_event(&mut self, host: usize, name: &str, uid: Option<Text>, reason: &str, words: &str) {
        let at = self.now.rfc3339();
        let mut about = map! {"apiVersion": "k3s.cattle.io/v1", "kind": "Addon", "name": name, "namespace": NAMESPACE};
        if let Some(uid) = uid {
            about.set(&["uid"], uid);
        }
        let unique = simcore::fnv_digits(&format!("{reason}{}", self.now.0));
        let event: Tree = map! {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": map! {"name": format!("{name}.{}", &unique[..16]), "namespace": NAMESPACE},
            "involvedObject": about,
            "reason": reason,
            "message": words,
            "type": "Normal",
            "count": 1,
            "firstTimestamp": at.as_str(),
            "lastTimestamp": at.as_str(),
            "source": map! {"component": "deploy", "host": self.hosts[host].name.clone()},
        };
        self.send_addon(host, Request::about(Verb::Create, kinds::EVENT, NAMESPACE, "").body(event));
    }
}

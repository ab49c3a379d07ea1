//! What an installer leaves in the cluster besides the control plane: kubeadm's DNS.
use crate::world::World;
use dataplane::network::dns::KUBEADM;
use objects::wire::{Request, Verb};
use objects::{Text, Tree, kinds, map};

/// The gateway controller, as a learner can apply it, too.
pub const GATEWAY_CONTROLLER: &str = include_str!("addons/gateway-controller.yaml");
/// The ingress controller, likewise.
pub const INGRESS_CONTROLLER: &str = include_str!("addons/ingress-controller.yaml");

/// A manifest that can be fetched over the Internet, by its URL.
pub(crate) fn downloaded(url: &str) -> Option<&'static str> {
    const FLANNEL: &str = "https://github.com/flannel-io/flannel/releases/";
    let flannel = url.starts_with(FLANNEL) && url.ends_with("/kube-flannel.yml");
    flannel.then_some(include_str!("addons/kube-flannel.yaml"))
}

impl World {
    /// kubeadm's phase `addon coredns`.
    pub(crate) fn install_coredns(&mut self) {
        let names = map! {"name": "coredns", "namespace": "kube-system"};
        let config = map! {"apiVersion": "v1", "kind": "ConfigMap", "metadata": names, "data": map! {"Corefile": KUBEADM}};
        self.install(config);
        self.install_all(include_str!("addons/coredns.yaml"));
    }

    /// Installs the objects of a manifest.
    pub(crate) fn install_all(&mut self, manifest: &str) {
        let documents = objects::yaml::read(manifest).unwrap_or_default();
        documents.into_iter().for_each(|document| self.install(document.tree));
        self.api.store.begin_sync();
        self.api.store.end_sync();
    }

    fn install(&mut self, object: Tree) {
        let Some(kind) = kinds::by_kind(object.get("apiVersion").text(), object.get("kind").text()) else { return };
        let namespace = object.at(&["metadata", "namespace"]).as_text().cloned().unwrap_or_default();
        let mut request = Request::about(Verb::Create, kind, namespace, "").body(object);
        request.user.name = Text::new_static("kubernetes-admin");
        request.user.groups = vec![Text::new_static("system:masters")];
        request.origin.actor = Text::new_static("kubeadm");
        request.options.field_manager = "kubeadm".to_string();
        let now = self.now;
        self.api.handle(now, &request);
    }
}

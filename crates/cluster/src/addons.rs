//! What an installer leaves in the cluster besides the control plane: kubeadm's kube-proxy and DNS, and a network plugin.
use crate::topology::{POD_SUBNET, Topology};
use crate::world::World;
use dataplane::network::dns::KUBEADM;
use dataplane::network::{Mode, Plugin};
use objects::wire::{Request, Verb};
use objects::{Text, Tree, kinds, map};

/// The gateway controller, as a learner can apply it, too.
pub const GATEWAY_CONTROLLER: &str = include_str!("addons/gateway-controller.yaml");
/// The ingress controller, likewise.
pub const INGRESS_CONTROLLER: &str = include_str!("addons/ingress-controller.yaml");

/// What K3s's chart of Traefik comes to.
pub const TRAEFIK: &str = include_str!("addons/traefik.yaml");

/// A manifest that can be fetched over the Internet, by its URL.
pub(crate) fn downloaded(url: &str) -> Option<&'static str> {
    const FLANNEL: &str = "https://github.com/flannel-io/flannel/releases/";
    const PROJECT: &str = "https://raw.githubusercontent.com/projectcalico/calico/";
    let flannel = url.starts_with(FLANNEL) && url.ends_with("/kube-flannel.yml");
    let calico = url.starts_with(PROJECT) && url.ends_with("/manifests/calico.yaml");
    flannel.then_some(KUBE_FLANNEL).or(calico.then_some(CALICO))
}

/// Network plugins, as a learner can apply them, too.
pub const CALICO: &str = include_str!("addons/calico.yaml");
pub const FLANNEL: &str = include_str!("addons/flannel.yaml");
/// Flannel's own manifest, in a namespace of its own.
const KUBE_FLANNEL: &str = include_str!("addons/kube-flannel.yaml");

/// What `kubectl apply -f URL` finds: `…/kube-flannel.yml`, `…/calico.yaml`.
pub const MANIFESTS: &[(&str, &str)] = &[("/kube-flannel.yml", KUBE_FLANNEL), ("/calico.yaml", CALICO)];

/// The images of kube-proxy, CoreDNS and a plugin: nodes of a preset have them from the start.
pub(crate) fn node_images(plugin: Plugin) -> Vec<Text> {
    let agent = match plugin {
        Plugin::Calico => "quay.io/calico/node:v3.31.2",
        Plugin::Flannel => "ghcr.io/flannel-io/flannel:v0.27.4",
        Plugin::None => return vec![Text::new_static("registry.k8s.io/kube-proxy:v1.37.2")],
    };
    ["registry.k8s.io/kube-proxy:v1.37.2", "registry.k8s.io/coredns/coredns:v1.14.6", agent].map(Text::new_static).to_vec()
}

impl World {
    /// kubeadm's phase `addon kube-proxy`.
    pub(crate) fn install_kube_proxy(&mut self, topology: &Topology) {
        let mode = match topology.proxy {
            Mode::Iptables => "iptables",
            Mode::Nftables => "nftables",
            Mode::Ipvs => "ipvs",
        };
        let first = topology.control_planes.first().map_or("", |machine| machine.address.as_str());
        let server = format!("https://{}:6443", topology.endpoint.as_deref().unwrap_or(first));
        let names = map! {"name": "kube-proxy", "namespace": "kube-system", "labels": map! {"app": "kube-proxy"}};
        let data = ::hosts::kubeadm::proxy_files(Tree::Null, mode, POD_SUBNET, &server);
        self.install(map! {"apiVersion": "v1", "kind": "ConfigMap", "metadata": names, "data": data});
        self.install_all(include_str!("addons/kube-proxy.yaml"));
    }

    /// A network plugin's manifest.
    pub(crate) fn install_plugin(&mut self, plugin: Plugin) {
        match plugin {
            Plugin::Calico => self.install_all(CALICO),
            Plugin::Flannel => self.install_all(FLANNEL),
            Plugin::None => {}
        }
    }

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

    pub(crate) fn install(&mut self, object: Tree) {
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

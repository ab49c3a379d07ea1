//! Components that run in containers: a part of the world that starts and stops with its container.
use crate::event::PartId;
use crate::part::{Actor, Part};
use crate::world::World;
use apiserver::client::Effects;
use dataplane::kubelet::Inside;
use dataplane::network::dns::{CoreDns, KUBEADM};
use dataplane::network::{Cidr, Plugin};
use gateway::Router;
use objects::{Text, Tree, kinds};
use simcore::Duration;
use std::sync::Arc;

/// Makes the component: from the world's seed, the Pod's name, and the container's files.
type Make = fn(u64, &Inside) -> Actor;

/// What images may name as their `component`.
static COMPONENTS: &[(&str, Make)] =
    &[("coredns", coredns), ("gateway-controller", gateway_controller), ("ingress-controller", ingress_controller)];

/// Where its Pod mounts it.
const COREFILE: &str = "/etc/coredns/Corefile";
const PROXY_CONFIG: &str = "/var/lib/kube-proxy/config.conf";

fn coredns(seed: u64, inside: &Inside) -> Actor {
    let corefile = inside.files.get(COREFILE).map_or(KUBEADM, Text::as_str);
    let mut server = CoreDns::new(seed, &inside.pod, corefile);
    server.set_addresses(&inside.address.parse().into_iter().collect::<Vec<_>>());
    Actor::CoreDns(Box::new(server))
}

fn gateway_controller(seed: u64, inside: &Inside) -> Actor {
    Actor::Router(Box::new(Router::new(&gateway::GATEWAY, seed, &inside.pod)))
}

fn ingress_controller(seed: u64, inside: &Inside) -> Actor {
    Actor::Router(Box::new(Router::new(&gateway::INGRESS, seed, &inside.pod)))
}

impl World {
    /// Something happened on a node: components of containers that are gone stop, those of new ones start.
    pub(crate) fn mind_components(&mut self, kubelet: PartId) {
        self.sort_parts();
        let Some(changed) = self.parts[kubelet].kubelet().filter(|kubelet| kubelet.has_inside()) else { return };
        let host = self.parts[kubelet].host;
        let gone =
            |part: &Part| part.running && part.host == host && !part.pod.is_empty() && changed.living(&part.pod, &part.container).is_none();
        // Nobody else runs in a container.
        let candidates = self.central.iter().copied().chain([self.hosts[host].proxy]);
        let ended: Vec<PartId> = candidates.filter(|id| self.parts.get(*id).is_some_and(|part| gone(part))).collect();
        if ended.is_empty() && !changed.has_inside_news() {
            return;
        }
        ended.into_iter().for_each(|id| Arc::make_mut(&mut self.parts[id]).stop());
        let renewed = Arc::make_mut(&mut self.parts[kubelet]).kubelet_mut().map(|kubelet| kubelet.take_renewed()).unwrap_or_default();
        for (id, files) in renewed {
            let part = self.parts.iter_mut().find(|part| part.running && part.container == id);
            if let (Some(part), Some(text)) = (part, files.get(COREFILE))
                && let Actor::CoreDns(server) = &mut Arc::make_mut(part).actor
            {
                server.file_changed(text);
            }
        }
        let begun = Arc::make_mut(&mut self.parts[kubelet]).kubelet_mut().map(|kubelet| kubelet.take_inside()).unwrap_or_default();
        for inside in begun {
            if let Some(plugin) = Plugin::of_component(&inside.component) {
                if let Some(words) = self.has_no_subnet(host, plugin) {
                    let (now, mut fx) = (self.now, Effects::default());
                    if let Some(kubelet) = Arc::make_mut(&mut self.parts[kubelet]).kubelet_mut() {
                        kubelet.fail_component(now, &inside.uid, &inside.id, &words, &mut fx);
                    }
                    self.carry_out(kubelet, fx);
                    continue;
                }
                self.install_network(kubelet, plugin);
                continue;
            }
            if inside.component == "kube-proxy" {
                self.start_proxy(host, inside);
                continue;
            }
            let Some((name, make)) = COMPONENTS.iter().find(|(name, _)| *name == inside.component) else { continue };
            let mut part = Part::new(format!("{name}/{}", inside.pod), host, make(self.seed, &inside));
            (part.pod, part.container) = (inside.uid.clone(), inside.id.clone());
            part.server = host % self.apiservers.len().max(1);
            let id = self.place_for(part);
            self.start_part(id);
        }
    }

    /// The node's kube-proxy runs in this container from now on. The kernel's rules outlive its containers.
    fn start_proxy(&mut self, host: usize, inside: Inside) {
        let id = self.hosts[host].proxy;
        let part = Arc::make_mut(&mut self.parts[id]);
        // A new process, whatever became of the one before.
        (part.pod, part.container, part.enabled) = (inside.uid, inside.id, true);
        if let (Actor::Proxy(proxy), Some(file)) = (&mut part.actor, inside.files.get(PROXY_CONFIG)) {
            proxy.configure(file);
        }
        self.thaw(host);
        self.start_part(id);
    }

    /// What flanneld says of a node whose range of Pod addresses it cannot use, on clusters that were made by hand. Mirrors
    /// `pkg/subnet/kube`.
    fn has_no_subnet(&self, host: usize, plugin: Plugin) -> Option<String> {
        if plugin != Plugin::Flannel || self.fleet.bare.is_none() {
            return None;
        }
        let (view, name) = (self.api.store.applied(), &self.hosts[host].name);
        let node = view.find(kinds::NODE, "", name)?;
        let range = node.spec().get("podCIDR").text();
        if range.is_empty() {
            return Some(format!("Error registering network: failed to acquire lease: node \"{name}\" pod cidr not assigned"));
        }
        let config = view.find(kinds::CONFIG_MAP, "kube-flannel", "kube-flannel-cfg")?;
        let text = config.tree.at(&["data", "net-conf.json"]).text();
        let network = Tree::from_json(text).ok()?.get("Network").text().to_string();
        let first = range.split('/').next()?.parse().ok()?;
        let holds = Cidr::parse(&network)?.contains(first);
        (!holds).then(|| {
            format!("Error registering network: failed to acquire lease: subnet \"{network}\" specified in the flannel net config doesn't contain \"{range}\" PodCIDR of the \"{name}\" node")
        })
    }

    /// The length of packets that a plugin's ConfigMap asks for; 0 where it says nothing.
    fn said_mtu(&self, plugin: Plugin) -> u32 {
        let view = self.api.store.applied();
        let said = match plugin {
            Plugin::Flannel => {
                let found =
                    ["kube-flannel", "kube-system"].iter().find_map(|space| view.find(kinds::CONFIG_MAP, space, "kube-flannel-cfg"));
                let text = found.map_or("", |config| config.tree.at(&["data", "net-conf.json"]).text());
                Tree::from_json(text).ok().and_then(|config| config.at(&["Backend", "MTU"]).as_int())
            }
            Plugin::Calico => {
                let found = view.find(kinds::CONFIG_MAP, "kube-system", "calico-config");
                found.and_then(|config| config.tree.at(&["data", "veth_mtu"]).text().trim().parse().ok())
            }
            Plugin::None => None,
        };
        said.and_then(|said: i64| u32::try_from(said).ok()).unwrap_or(0)
    }

    /// A network plugin's Pod writes its configuration to its node.
    pub(crate) fn install_network(&mut self, kubelet: PartId, plugin: Plugin) {
        let mtu = plugin.mtu(self.hosts[self.parts[kubelet].host].mtu, self.said_mtu(plugin));
        let (now, mut fx) = (self.now, Effects::default());
        if let Some(kubelet) = Arc::make_mut(&mut self.parts[kubelet]).kubelet_mut() {
            kubelet.install_network(now, plugin, mtu, &mut fx);
        }
        self.count_enforcing();
        if self.policies.is_none() {
            self.learn_policies(0);
        }
        self.carry_out(kubelet, fx);
    }

    /// A plugin's configuration is taken away; the kubelet hears of it after a while. Pods that are there keep their network.
    pub(crate) fn remove_network(&mut self, kubelet: PartId, plugin: Plugin, after: Duration) {
        let (now, mut fx) = (self.now, Effects::default());
        if let Some(kubelet) = Arc::make_mut(&mut self.parts[kubelet]).kubelet_mut() {
            kubelet.remove_network(now, plugin, after, &mut fx);
        }
        self.count_enforcing();
        self.carry_out(kubelet, fx);
    }

    /// Takes the place of a component that has ended and has nothing under way, or a new one.
    fn place_for(&mut self, part: Part) -> PartId {
        // A kube-proxy's place holds its node's kernel, too.
        let ended = |old: &Part| !old.running && !old.pod.is_empty() && !matches!(old.actor, Actor::Proxy(_));
        let free = self.parts.iter().position(|old| ended(old) && old.wakes.is_empty() && !old.due);
        match free {
            Some(id) => {
                self.parts[id] = Arc::new(part);
                id
            }
            None => {
                self.parts.push(Arc::new(part));
                self.parts.len() - 1
            }
        }
    }

    /// A component in a container did something: whether it is ready, and what it wrote, belongs to its container.
    pub(crate) fn component_told(&mut self, id: PartId) {
        if self.parts[id].pod.is_empty() {
            return;
        }
        let now = self.now;
        let (ready, said, failed) = match &mut Arc::make_mut(&mut self.parts[id]).actor {
            Actor::CoreDns(server) => (server.is_ready(now), server.take_log(), server.exit().is_some()),
            Actor::Router(router) => (router.is_ready(), router.take_log(), false),
            _ => return,
        };
        let (host, uid, container) = (self.parts[id].host, self.parts[id].pod.clone(), self.parts[id].container.clone());
        let place = self.hosts[host].kubelet;
        let mut fx = Effects::default();
        if let Some(kubelet) = Arc::make_mut(&mut self.parts[place]).kubelet_mut() {
            kubelet.inside_told(now, &uid, &container, ready, said, failed, &mut fx);
        }
        if !fx.wake.is_empty() || !fx.send.is_empty() {
            self.carry_out(place, fx);
        }
    }

    /// The API server, or the way to it, is gone: watches of components in containers break.
    pub(crate) fn lose_api(&mut self) {
        self.servers_changed();
        for id in 0..self.parts.len() {
            if !self.parts[id].running || self.parts[id].pod.is_empty() || self.reaches(id) {
                continue;
            }
            let (now, mut fx) = (self.now, Effects::default());
            if let Actor::CoreDns(server) = &mut Arc::make_mut(&mut self.parts[id]).actor {
                server.lose_api(now, &mut fx);
            }
            self.carry_out(id, fx);
        }
    }
}

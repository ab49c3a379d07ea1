//! K3s in the world: parts that begin and end with one process, its boots and retries, and the files that it applies.
use super::command::Start;
use super::fleet::Due;
use super::seam::Stage;
use crate::addons;
use crate::event::{Caller, Event};
use crate::part::{Actor, Part};
use crate::topology::LoadBalancer;
use crate::world::World;
use ::hosts::Machine;
use ::hosts::k3s::{self, Origin};
use ::hosts::machine::K3s;
use ::hosts::machine::k3s::{Datastore, Phase};
use ::hosts::machine::units::State;
use ::hosts::run::Login;
use apiserver::Snapshot;
use apiserver::client::Ticket;
use controlplane::harness::ControllerManager;
use dataplane::network::{Cidr, Plugin};
use objects::wire::{PatchKind, Request, Verb};
use objects::{Text, Tree, kinds, map};
use simcore::Duration;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How soon the process looks again for what it waits for.
const LOOK: Duration = Duration::secs(1);
/// How soon a unit that neither runs nor was carried on by a command is looked at again: RestartSec of K3s's unit.
const RETRY: Duration = Duration::secs(5);
/// Files of Helm's controller, and what their charts come to.
const CHARTS: &[(&str, &str)] = &[("traefik", addons::TRAEFIK)];

impl World {
    /// The K3s process of a server has come so far, or has ended.
    pub(super) fn k3s_came_to(&mut self, host: usize, stage: Stage) {
        match stage {
            Stage::Ended => self.k3s_ended(host),
            Stage::Serving => self.k3s_serves(host),
            Stage::Running => self.k3s_runs(host),
        }
    }

    /// All that lived in the process is gone; containers have processes of their own and run on.
    pub(super) fn k3s_ended(&mut self, host: usize) {
        for part in self.parts.iter_mut().filter(|part| part.host == host && part.pod.is_empty()) {
            let part = Arc::make_mut(part);
            part.enabled = false;
            part.stop();
        }
        self.run_component(host, "kube-apiserver", false);
        self.run_component(host, "etcd", false);
        self.lose_api();
    }

    /// A server opens its datastore and its API server.
    pub(super) fn k3s_serves(&mut self, host: usize) {
        let Some(k3s) = self.machine(host).k3s.filter(|k3s| k3s.server && k3s.phase != Phase::Joining) else { return };
        self.api.k3s = true;
        self.found_anew(host, &k3s);
        if self.members_on(host).into_iter().last().is_some_and(|place| self.etcd.nodes[place].outdated) {
            return self.ask_in_vain(host);
        }
        match self.etcd.nodes.first().map(|node| node.host) {
            None if k3s.datastore == Datastore::Etcd => self.found_etcd("etcd", host),
            // SQLite behind kine: one writer, as one member is.
            None => self.found_etcd("kine", host),
            Some(first) if k3s.datastore == Datastore::Etcd && !self.k3s_member_votes(host, first) => {
                return self.plan(host, LOOK, Due::Serves);
            }
            _ => {}
        }
        self.run_component(host, "etcd", true);
        self.run_component(host, "kube-apiserver", true);
        if let Some(server) = self.apiservers.iter_mut().find(|server| server.host == host) {
            server.version = k3s.version.clone();
        }
    }

    /// A server whose database is not the one that the world knows: a snapshot was restored into it, it is to be the only
    /// member again, or it is new although there was a cluster before.
    fn found_anew(&mut self, host: usize, k3s: &K3s) {
        let Some(place) = self.members_on(host).into_iter().last() else { return };
        let mut machine = self.machine(host);
        let node = &self.etcd.nodes[place];
        let state = match k3s::take_origin(&mut machine) {
            Some(Origin::Snapshot(number)) => self.etcd.backups.get(number as usize).cloned(),
            Some(Origin::Reset) => Some(node.seen.as_ref().unwrap_or(self.api.store.applied()).clone()),
            // What it has is the old cluster's.
            None if node.outdated => return,
            None if node.process.data.durable.log.last() == 0 && k3s.url.is_empty() => Some(Snapshot::empty(1)),
            None => return,
        };
        self.fleet_mut().machines.insert(host, machine);
        self.etcd.directories.retain(|(at, _, _)| *at != host);
        let Some(state) = state else { return };
        let fresh = state.revision() <= 1;
        self.end_member(place, true);
        self.begin_anew(place, state);
        self.etcd.nodes.iter().map(|node| node.host).filter(|other| *other != host).collect::<BTreeSet<_>>().into_iter().for_each(
            |other| {
                self.run_component(other, "kube-apiserver", false);
            },
        );
        if fresh {
            self.fleet_mut().deployed.retain(|(at, _), _| *at != host);
            self.forsake(host);
        }
    }

    /// A member of a cluster that is no more waits for its peers, which have a new number or do not run: there is no
    /// datastore, so the process never gets ready. `rm -rf …/server/db` and a start let it join the new one.
    fn ask_in_vain(&mut self, host: usize) {
        let (now, cluster, mut machine) = (self.now, self.etcd.id, self.machine(host));
        if let Some((unit, _)) = notifying(&machine) {
            let (at, pid) = (machine.local(now).rfc3339_micro(), machine.unit(&unit).map_or(0, |unit| unit.pid));
            let words = format!(
                "{{\"level\":\"warn\",\"ts\":\"{at}\",\"caller\":\"rafthttp/http.go\",\"msg\":\"request cluster ID mismatch\",\"remote-peer-cluster-id\":\"{cluster:x}\"}}"
            );
            machine.log(now, &unit, &format!("k3s[{pid}]"), &words);
            self.fleet_mut().machines.insert(host, machine);
        }
        self.plan(host, RETRY, Due::Serves);
    }

    /// Another certificate authority than the one that the other servers' processes know: they ask in vain until they are
    /// started anew.
    fn forsake(&mut self, founder: usize) {
        let others: Vec<usize> = (0..self.hosts.len()).filter(|host| *host != founder).collect();
        for part in self.parts.iter_mut().filter(|part| others.contains(&part.host) && part.pod.is_empty() && part.running) {
            let part = Arc::make_mut(part);
            part.enabled = false;
            part.stop();
        }
    }

    /// The server's database is gone from its disk.
    pub(super) fn k3s_data_lost(&mut self, host: usize) {
        for place in self.members_on(host) {
            self.lose_data(place);
        }
        self.fleet_mut().deployed.retain(|(at, _), _| *at != host);
    }

    /// Whether a server's member of etcd has a vote. One that has none is added as a learner, started, and promoted.
    fn k3s_member_votes(&mut self, host: usize, first: usize) -> bool {
        let own = self.etcd.nodes.iter().position(|node| node.host == host && !node.process.removed);
        let Some(own) = own else {
            let (name, address) = (self.hosts[host].name.clone(), self.hosts[host].address.clone());
            self.ask_k3s_etcd(host, first, &["add", &name, "--learner", &format!("--peer-urls=https://{address}:2380")]);
            return false;
        };
        let id = self.etcd.nodes[own].process.id;
        // Its peers' lists count as long as it has not heard of itself.
        let asked = self.etcd.nodes.iter().position(|node| node.host == first).unwrap_or(own);
        let learns = self.listed(asked).iter().any(|one| one.id == id && one.learner);
        if learns {
            self.run_component(host, "etcd", true);
            self.ask_k3s_etcd(host, first, &["promote", &format!("{id:x}")]);
        }
        !learns
    }

    fn ask_k3s_etcd(&mut self, host: usize, first: usize, rest: &[&str]) {
        let endpoint = format!("https://{}:2379", self.hosts[first].address);
        let words = ["etcdctl", "--endpoints", &endpoint, "member"].iter().chain(rest).map(|word| word.to_string()).collect();
        self.begin_etcdctl(first, words, Caller::Part(self.hosts[host].kubelet), Ticket::UNASKED, false);
    }

    /// The process is ready: a node, and a control plane where it is a server.
    fn k3s_runs(&mut self, host: usize) {
        let Some(k3s) = self.machine(host).k3s else { return };
        if k3s.server {
            self.run_k3s_control_plane(host, &k3s);
            // A process that starts applies every file, whether it has changed or not.
            self.fleet_mut().deployed.retain(|(at, _), _| *at != host);
            self.plan(host, LOOK, Due::Deploy);
            self.schedule_snapshot(host);
        }
        if k3s.agentless {
            return;
        }
        let (now, kubelet, proxy) = (self.now, self.hosts[host].kubelet, self.hosts[host].proxy);
        // An agent is told by its server.
        let shared = self.fleet.machines.values().filter_map(|machine| machine.k3s.clone()).find(|other| other.server);
        let shared = shared.unwrap_or_else(|| k3s.clone());
        if let Some(part) = Arc::make_mut(&mut self.parts[kubelet]).kubelet_mut() {
            part.host.kubelet_version = k3s.version.clone();
            part.host.runtime = Text::from(format!("containerd://{}", k3s::release(&k3s.version).containerd));
            part.set_cluster_dns(&shared.cluster_dns);
            part.run_runtime(now, true, &mut Default::default());
        }
        if let Actor::Proxy(part) = &mut Arc::make_mut(&mut self.parts[proxy]).actor
            && let (Some(pods), Some(services)) = (Cidr::parse(&shared.cluster_cidr), Cidr::parse(&shared.service_cidr))
        {
            part.set_ranges(pods, services);
        }
        // Rules that it wrote before it was switched off stay, as its documents say.
        if !shared.switch("disable-network-policy") {
            self.police(host, true);
        }
        self.begin_part(kubelet);
        if !k3s.switch("disable-kube-proxy") {
            self.begin_part(self.hosts[host].proxy);
        }
        self.plan(host, LOOK, Due::Node);
    }

    fn begin_part(&mut self, id: usize) {
        self.enable(id);
        self.queue.push(self.now, Event::Start(id));
    }

    fn run_k3s_control_plane(&mut self, host: usize, k3s: &K3s) {
        for (name, switch) in [("kube-controller-manager", "disable-controller-manager"), ("kube-scheduler", "disable-scheduler")] {
            if !k3s.switch(switch) {
                self.run_component(host, name, true);
            }
        }
        let manager = self.parts.iter_mut().find(|part| part.host == host && part.process() == "kube-controller-manager");
        if let Some(part) = manager
            && let Actor::Manager(manager) = &mut Arc::make_mut(part).actor
        {
            manager.pod_range = k3s.cluster_cidr.clone();
        }
        if k3s.switch("disable-cloud-controller") || k3s.disabled.iter().any(|one| one == "servicelb") {
            return;
        }
        let (name, table) = LoadBalancer::ServiceLb.process();
        let found = self.parts.iter().position(|part| part.host == host && part.process() == name);
        let id = found.unwrap_or_else(|| {
            let manager = ControllerManager::named(name, self.seed, &self.hosts[host].name, table);
            let id = self.process_id(host, name);
            self.parts.push(Arc::new(Part::new(id, host, Actor::Manager(Box::new(manager)))));
            self.parts.len() - 1
        });
        self.begin_part(id);
    }

    /// The node has registered and has its range of addresses: labels, and flannel within the process.
    pub(super) fn mind_k3s_node(&mut self, host: usize) {
        let mut machine = self.machine(host);
        let Some(k3s) = machine.k3s.clone().filter(|k3s| k3s.phase == Phase::Running) else { return };
        let name = self.hosts[host].name.clone();
        let node = self.api.store.applied().find(kinds::NODE, "", &name).map(|node| node.spec().get("podCIDR").text().to_string());
        let Some(cidr) = node.filter(|cidr| !cidr.is_empty()) else { return self.plan(host, LOOK, Due::Node) };
        let mut labels = Tree::Null;
        for label in roles(&k3s).iter().copied().chain(k3s.labels.iter().map(Text::as_str)) {
            let (key, value) = label.split_once('=').unwrap_or((label, ""));
            labels.set(&[key], value);
        }
        for key in ["beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"] {
            labels.set(&[key], "k3s");
        }
        let mut annotations = map! {"k3s.io/hostname": name.clone(), "k3s.io/internal-ip": k3s.node_ip.clone()};
        annotations.set(&["alpha.kubernetes.io/provided-node-ip"], k3s.node_ip.clone());
        if k3s.flannel != "none" {
            annotations.set(&["flannel.alpha.coreos.com/backend-type"], k3s.flannel.clone());
            annotations.set(&["flannel.alpha.coreos.com/kube-subnet-manager"], "true");
            annotations.set(&["flannel.alpha.coreos.com/public-ip"], k3s.node_ip.clone());
        }
        let mut body = map! {"metadata": map! {"labels": labels, "annotations": annotations}};
        body.set(&["spec", "providerID"], format!("k3s://{name}"));
        if let Some(taints) = self.own_taints(&name, &k3s) {
            body.set(&["spec", "taints"], taints);
        }
        {
            self.send_as_k3s(host, "k3s", Request::about(Verb::Patch(PatchKind::Merge), kinds::NODE, "", name).body(body));
        }
        if k3s.flannel != "none" {
            self.install_network(self.hosts[host].kubelet, Plugin::Flannel);
            k3s::network_up(&mut machine, &cidr);
            self.fleet_mut().machines.insert(host, machine);
        }
    }

    /// The taints of `--node-taint` beside those that the node has; `None` where none is missing.
    fn own_taints(&self, name: &str, k3s: &K3s) -> Option<Tree> {
        let node = self.api.store.applied().find(kinds::NODE, "", name)?;
        let mut all = node.spec().get("taints").items().to_vec();
        let before = all.len();
        for text in &k3s.taints {
            let (rest, effect) = text.rsplit_once(':')?;
            let (key, value) = rest.split_once('=').unwrap_or((rest, ""));
            if all.iter().any(|one| one.get("key").text() == key && one.get("effect").text() == effect) {
                continue;
            }
            let mut taint = map! {"key": key, "effect": effect};
            if !value.is_empty() {
                taint.set(&["value"], value);
            }
            all.push(taint);
        }
        (all.len() > before).then(|| Tree::from(all))
    }

    /// The deploy controller: what is new or has changed in the folder of manifests is applied.
    pub(super) fn deploy_manifests(&mut self, host: usize) {
        let machine = self.machine(host);
        if !machine.k3s.as_ref().is_some_and(|k3s| k3s.server && k3s.phase == Phase::Running) {
            return;
        }
        self.list_snapshots(host);
        for (file, text) in k3s::disabled(&machine) {
            self.undeploy(host, text);
            self.end_addon(host, file);
        }
        for (path, text) in k3s::manifests(&machine) {
            if self.fleet.deployed.get(&(host, path.clone())) == Some(&text) {
                continue;
            }
            self.tell_addon(host, &path, &text);
            self.deploy(host, &path, &text);
            self.fleet_mut().deployed.insert((host, path), text);
        }
    }

    /// Takes away what components that are switched off had brought.
    fn undeploy(&mut self, host: usize, text: &str) {
        for document in objects::yaml::read(text).unwrap_or_default() {
            let object = document.tree;
            let (version, word) = (object.get("apiVersion").text(), object.get("kind").text());
            let name = object.at(&["metadata", "name"]).text();
            if let Some((_, rendered)) = CHARTS.iter().find(|(chart, _)| word == "HelmChart" && *chart == name) {
                self.undeploy(host, rendered);
            }
            let Some(kind) = kinds::by_kind(version, word) else { continue };
            let namespace = Text::new(object.at(&["metadata", "namespace"]).text());
            if self.api.store.tail().find(kind, &namespace, name).is_some() {
                let actor = format!("deploy@{}", self.hosts[host].name);
                self.send_as_k3s(host, &actor, Request::about(Verb::Delete, kind, namespace, name));
            }
        }
    }

    /// Applies a file, and says in each object which AddOn (that is: which file) it is of.
    fn deploy(&mut self, host: usize, path: &str, text: &str) {
        let addon = addon_of(path);
        for document in objects::yaml::read(text).unwrap_or_default() {
            let mut object = document.tree;
            if !path.is_empty() && !object.is_null() {
                for (key, value) in
                    [("id", ""), ("owner-gvk", "k3s.cattle.io/v1, Kind=Addon"), ("owner-name", addon), ("owner-namespace", "kube-system")]
                {
                    object.set(&["metadata", "annotations", &format!("objectset.rio.cattle.io/{key}")], value);
                }
            }
            let (version, word) = (object.get("apiVersion").text(), object.get("kind").text());
            let name = object.at(&["metadata", "name"]).text().to_string();
            let chart = CHARTS.iter().find(|(chart, _)| word == "HelmChart" && *chart == name);
            if let Some((_, rendered)) = chart {
                self.deploy(host, "", rendered);
            }
            let Some(kind) = kinds::by_kind(version, word) else { continue };
            let namespace = match object.at(&["metadata", "namespace"]).text() {
                "" if kind.row().namespaced => "default",
                given => given,
            };
            let namespace = Text::new(namespace);
            let known = self.api.store.tail().find(kind, &namespace, &name).is_some();
            let request = match known {
                true => Request::about(Verb::Patch(PatchKind::Merge), kind, namespace, &name),
                false => Request::about(Verb::Create, kind, namespace, ""),
            };
            let actor = format!("deploy@{}", self.hosts[host].name);
            self.send_as_k3s(host, &actor, request.body(object));
        }
    }

    /// A request of the process itself, whose answer it does not wait for.
    pub(super) fn send_as_k3s(&mut self, host: usize, actor: &str, mut request: Request) {
        request.user.name = Text::new_static("system:admin");
        request.user.groups = vec![Text::new_static("system:masters")];
        request.origin.actor = Text::new(actor);
        request.options.field_manager = actor.to_string();
        self.submit(Caller::Part(self.hosts[host].kubelet), Ticket::UNASKED, &request);
    }

    /// A unit that starts while nobody waits for it: its process is carried on as by `systemctl start`.
    pub(super) fn carry_k3s(&mut self, host: usize) {
        let Some((name, state)) = notifying(&self.machine(host)) else { return };
        if !self.hosts[host].powered || !matches!(state, State::Starting | State::Restarting) {
            return;
        }
        let busy = self.fleet.commands.values().any(|command| command.host == host && command.line.contains("k3s"));
        if !busy {
            // Of a unit that was started already it only waits for the end.
            let line = format!("systemctl start {name}");
            let caller = Caller::Part(self.hosts[host].kubelet);
            let start = Start { host, login: Login::new("root"), line, caller, ticket: Ticket::UNASKED, streams: false, in_session: false };
            self.begin_command(start, Duration::ZERO);
        }
        self.plan(host, RETRY, Due::Carry);
    }

    /// A server with a K3s unit has power again: nothing of the cluster runs on it before that unit's process.
    pub(super) fn k3s_booted(&mut self, host: usize) {
        if self.fleet.machines.get(&host).is_some_and(|machine| notifying(machine).is_some()) {
            self.k3s_ended(host);
            self.plan(host, LOOK, Due::Carry);
        }
    }
}

/// The AddOn of a file: its name without the end.
pub(super) fn addon_of(path: &str) -> &str {
    path.rsplit('/').next().and_then(|file| file.rsplit_once('.')).map_or("", |(name, _)| name)
}

/// The roles that a server's node is labelled with.
fn roles(k3s: &K3s) -> &'static [&'static str] {
    match (k3s.server, &k3s.datastore) {
        (false, _) => &[],
        (_, Datastore::Etcd) => &["node-role.kubernetes.io/control-plane=true", "node-role.kubernetes.io/etcd=true"],
        _ => &["node-role.kubernetes.io/control-plane=true"],
    }
}

/// The K3s unit of a machine, if it has one, and its state.
pub(super) fn notifying(machine: &Machine) -> Option<(Text, State)> {
    machine.units.iter().find(|(_, unit)| unit.notify).map(|(name, unit)| (name.clone(), unit.state))
}

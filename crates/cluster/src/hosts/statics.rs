//! Static Pods: the kubelet runs what lies in its folder of manifests, and ends what is taken away.
use super::ailments::ailment;
use super::fleet::Due;
use super::manifests::{self, Folder};
use super::processes::{self, STATICS};
use crate::event::Caller;
use crate::part::Actor;
use crate::world::World;
use ::hosts::Machine;
use ::hosts::machine::Clash;
use ::hosts::machine::units::State;
use apiserver::client::{Effects, Ticket};
use dataplane::host::Ailment;
use dataplane::kubelet::config_hash;
use objects::wire::{Request, Verb};
use objects::{Text, Tree, kinds, map};
use simcore::{Duration, Time};

/// How soon the kubelet tries again what could not start yet.
const RETRY: Duration = Duration::secs(1);
/// How long a container runs whose cgroup lies where the kubelet does not look. Upstream it is a matter of chance.
const MISGROUPED: Duration = Duration::secs(75);
/// The kubelet's first pause before it starts a container again.
const BACK_OFF: Duration = Duration::secs(10);
/// How often the kubelet reads its whole folder (`fileCheckFrequency`).
const LOOK: Duration = Duration::secs(20);

impl World {
    /// The kubelet looks at its manifests: starts what is new or has ended, stops what is gone.
    pub(super) fn mind_statics(&mut self, host: usize) {
        let mut machine = self.machine(host);
        let active = |name: &str| machine.unit(name).is_some_and(|unit| unit.state == State::Active);
        if !active("kubelet") || !active("containerd") || !self.hosts[host].powered {
            return;
        }
        let now = self.now;
        let clash = machine.cgroup_clash();
        if clash == Some(Clash::KubeletWrites) {
            return self.refuse_cgroups(host, machine);
        }
        let folder = manifests::read(&machine);
        self.mind_own(host, &mut machine, &folder);
        for name in STATICS {
            let (manifest, runs) = (folder.part(name).cloned(), machine.process(name).is_some());
            let changed = self.fleet_mut().changed.remove(&(host, name));
            match manifest {
                // Another Pod: the old one ends first.
                Some(_) if runs && changed => {
                    processes::stop(&mut machine, name);
                    self.run_component(host, name, false);
                    self.plan(host, RETRY, Due::Statics);
                }
                Some(pod) if !runs => {
                    let image = pod.at(&["spec", "containers"]).items().first().map(|one| one.get("image").text().to_string());
                    let image = image.unwrap_or_default();
                    let there = machine.has_image(&image);
                    let greeted = if name == "kube-apiserver" { self.greets_etcd(host) } else { Ok(()) };
                    if greeted.is_err() {
                        self.plan(host, BACK_OFF, Due::Statics);
                        // It fails as before.
                        if self.is_ailing(host, name) && !changed {
                            continue;
                        }
                    }
                    let refused = greeted.err().map(|refused| self.etcd_refused(host, &refused));
                    let reaches = |at: &str| self.is_etcd(host, at, refused.as_deref());
                    let ails = if there { ailment(name, &pod, &machine, &reaches) } else { Ailment::None };
                    if !there {
                        self.pull_static(host, name, &image, &pod);
                    } else if ails != Ailment::None {
                        self.ails(host, name, &image, &pod, ails);
                    } else if name == "kube-apiserver" && !self.stored(host) {
                        self.plan(host, RETRY, Due::Statics);
                    } else {
                        if name == "etcd" {
                            self.find_data(host, &mut machine, &pod);
                        }
                        processes::start(&mut machine, now, name);
                        if clash.is_some() {
                            self.plan(host, MISGROUPED, Due::Regrouped);
                        }
                        // A kube-apiserver on another port is there, and nobody finds it.
                        let hidden = name == "kube-apiserver"
                            && !matches!(processes::argument(&machine, name, "--secure-port").as_str(), "" | "6443");
                        self.run_component(host, name, !hidden);
                        self.forget_ailment(host, name);
                        if name == "etcd" {
                            self.obey_flags(host, &pod);
                        }
                        self.mirror(host, name, true);
                        self.runs_by(host, name, &image, &pod, Ailment::None);
                    }
                }
                None if runs || self.is_ailing(host, name) => {
                    processes::stop(&mut machine, name);
                    self.run_component(host, name, false);
                    self.mirror(host, name, false);
                }
                _ => {}
            }
            // What starts here is not a change from outside.
            self.fleet_mut().machines.insert(host, machine.clone());
        }
    }

    /// runc does not make the cgroup that the kubelet names: nothing starts, and it is tried again.
    fn refuse_cgroups(&mut self, host: usize, mut machine: Machine) {
        let folder = manifests::read(&machine);
        for name in STATICS.into_iter().filter(|name| folder.part(name).is_some()) {
            let why =
                "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"/kubepods/burstable/pod\" instead";
            kubelet_says(
                &mut machine,
                self.now,
                'E',
                "kuberuntime_manager.go:1343",
                &format!("\"CreatePodSandbox for pod failed\" err={why:?} pod=\"kube-system/{name}-{}\"", self.hosts[host].name),
            );
        }
        self.fleet_mut().machines.insert(host, machine);
        self.plan(host, BACK_OFF, Due::Statics);
    }

    /// The kubelet finds sandboxes changed that it did not touch, and ends what runs in them.
    pub(super) fn end_misgrouped(&mut self, host: usize) {
        let mut machine = self.machine(host);
        let works = machine.unit("kubelet").is_some_and(|unit| unit.pid != 0);
        if !works || machine.cgroup_clash() != Some(Clash::RuntimeWrites) {
            return;
        }
        for name in STATICS {
            if machine.process(name).is_none() {
                continue;
            }
            let pod = format!("kube-system/{name}-{}", self.hosts[host].name);
            kubelet_says(
                &mut machine,
                self.now,
                'I',
                "kuberuntime_manager.go:1065",
                &format!("\"Pod sandbox changed, it will be killed and re-created.\" pod=\"{pod}\""),
            );
            processes::stop(&mut machine, name);
            self.run_component(host, name, false);
        }
        self.fleet_mut().machines.insert(host, machine);
        self.plan(host, BACK_OFF, Due::Statics);
    }

    /// The manifests that a preset's server has from the start.
    pub(super) fn remember_statics(&mut self, host: usize, machine: &Machine) {
        let folder = manifests::read(machine);
        for name in STATICS {
            if let Some(pod) = folder.part(name) {
                self.fleet_mut().original.insert((host, name), config_hash(&pod.to_json()));
            }
        }
    }

    /// The hash that a part's mirror Pod shows: a manifest that its server came with goes by the part's name.
    fn told_hash(&self, host: usize, name: &str, pod: &Tree) -> Text {
        let hash = config_hash(&pod.to_json());
        if self.fleet.original.get(&(host, name)) == Some(&hash) { config_hash(name) } else { hash }
    }

    /// What the process runs by, as its mirror Pod shows it and as the kube-apiserver tells it.
    fn runs_by(&mut self, host: usize, name: &str, image: &str, pod: &Tree, ails: Ailment) {
        let hash = self.told_hash(host, name, pod);
        if let Some(kubelet) = self.kubelet_at(host) {
            kubelet.host.runs_by(name, image, hash, pod, ails);
        }
        let manager = self.parts.iter_mut().find(|part| part.host == host && part.process() == name);
        if let Some(part) = manager
            && let Actor::Manager(manager) = &mut std::sync::Arc::make_mut(part).actor
        {
            manager.pod_range = pod_range(pod);
        }
        if let Some(server) = self.apiservers.iter_mut().find(|server| server.host == host && name == "kube-apiserver") {
            server.version = Text::new(image.rsplit_once(':').map_or("", |(_, tag)| tag));
        }
    }

    /// Whether a kube-apiserver on this host finds an etcd.
    fn stored(&self, host: usize) -> bool {
        self.fleet.machines.get(&host).is_some_and(|machine| machine.process("etcd").is_some())
            || (0..self.hosts.len()).any(|other| self.stores(other))
    }

    fn pull_static(&mut self, host: usize, name: &'static str, image: &str, pod: &Tree) {
        if self.fleet.due.iter().any(|(_, of, due)| *of == host && *due == Due::Pulled(Text::new(image))) {
            return;
        }
        match self.pulled(host, image) {
            (Ok(()), took) => self.plan(host, took, Due::Pulled(Text::new(image))),
            // ImagePullBackOff begins with ten seconds.
            (Err(_), _) => {
                self.ails(host, name, image, pod, Ailment::NoImage);
                self.plan(host, BACK_OFF, Due::Statics);
            }
        }
    }

    /// A part's container cannot do its work: the kubelet starts it again and again, and the part is not there.
    fn ails(&mut self, host: usize, name: &'static str, image: &str, pod: &Tree, ails: Ailment) {
        let digits = self.told_hash(host, name, pod);
        let told = |process: &dataplane::host::Process| process.name == name && process.ailment == ails && process.hash == digits;
        if self.kubelet_of(host).is_some_and(|kubelet| kubelet.host.processes.iter().any(told)) {
            return;
        }
        self.run_component(host, name, false);
        // The container that ran by the old manifest has ended.
        self.container_shown(host, name, false);
        if let Some(kubelet) = self.kubelet_at(host) {
            kubelet.host.has_process(name, true);
            kubelet.host.has_process(name, false);
        }
        self.runs_by(host, name, image, pod, ails.clone());
        self.mirror(host, name, true);
    }

    fn forget_ailment(&mut self, host: usize, name: &str) {
        if self.is_ailing(host, name)
            && let Some(kubelet) = self.kubelet_at(host)
        {
            kubelet.host.has_process(name, false);
        }
    }

    fn is_ailing(&self, host: usize, name: &str) -> bool {
        self.kubelet_of(host).is_some_and(|kubelet| *kubelet.host.ailment(name) != Ailment::None)
    }

    /// Whether an etcd is to be found at an address, as this host sees it; otherwise what its client says. `refused`: what it
    /// says of the one on this host.
    fn is_etcd(&self, host: usize, address: &str, refused: Option<&str>) -> Result<(), String> {
        let (name, port) = address.rsplit_once(':').unwrap_or((address, ""));
        let local = matches!(name, "127.0.0.1" | "localhost" | "[::1]") || self.host_at(host, name) == Some(host);
        match refused.filter(|_| local) {
            Some(why) => Err(why.to_string()),
            None if port == "2379" && (local || self.host_at(host, name).is_some()) => Ok(()),
            None => Err(format!("transport: Error while dialing: dial tcp {address}: connect: connection refused")),
        }
    }

    /// Static Pods of one's own, and files that are no Pods, which the kubelet looks at every 20 seconds.
    fn mind_own(&mut self, host: usize, machine: &mut Machine, folder: &Folder) {
        for (path, why) in &folder.faulty {
            let words = format!("\"Could not process manifest file\" path={path:?} err={why:?}");
            kubelet_says(machine, self.now, 'E', "file.go:187", &words);
        }
        if !folder.faulty.is_empty() {
            self.fleet_mut().machines.insert(host, machine.clone());
            self.plan(host, LOOK, Due::Statics);
        }
        let (now, id, mut fx) = (self.now, self.hosts[host].kubelet, Effects::default());
        let own = folder.own(&self.hosts[host].name);
        if let Some(kubelet) = self.kubelet_at(host)
            && kubelet.host.manifests.as_deref().map_or(&[][..], Vec::as_slice) != own
        {
            kubelet.set_manifests(now, own, &mut fx);
        }
        self.carry_out(id, fx);
    }

    /// The host's process table as the kubelet part knows it, and the mirror Pod in the API.
    pub(super) fn mirror(&mut self, host: usize, name: &str, runs: bool) {
        let id = self.hosts[host].kubelet;
        self.container_shown(host, name, runs);
        if let Some(kubelet) = std::sync::Arc::make_mut(&mut self.parts[id]).kubelet_mut() {
            kubelet.host.has_process(name, runs);
        }
        let pod = Text::from(format!("{name}-{}", self.hosts[host].name));
        if !runs && self.api.store.applied().find(kinds::POD, "kube-system", &pod).is_some() {
            let options = map! {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0};
            let request = Request::about(Verb::Delete, kinds::POD, "kube-system", pod).body(options);
            self.submit(Caller::Part(id), Ticket::UNASKED, &request);
        }
    }
}

fn kubelet_says(machine: &mut Machine, now: Time, level: char, place: &str, words: &str) {
    let pid = machine.unit("kubelet").map_or(0, |unit| unit.pid);
    machine.klog(now, "kubelet", ("kubelet", pid), level, place, words);
}

/// What a controller manager's command line lets nodes have of Pod addresses.
fn pod_range(pod: &Tree) -> Text {
    let words: Vec<&str> =
        pod.at(&["spec", "containers"]).items().iter().flat_map(|one| one.get("command").items()).map(Tree::text).collect();
    let flag = |name: &str| words.iter().find_map(|word| word.strip_prefix(name));
    let gives = flag("--allocate-node-cidrs=") == Some("true");
    Text::new(flag("--cluster-cidr=").filter(|_| gives).unwrap_or(""))
}

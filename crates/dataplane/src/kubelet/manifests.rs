//! Static Pods: what manifests on the machine say, and the mirrors of what runs by them.
use crate::host::Manifest;
use crate::kubelet::{Kubelet, mirror};
use crate::runtime::Sandbox;
use apiserver::client::Effects;
use apiserver::store::Kept;
use objects::{Object, Text};
use simcore::{Duration, Time};
use std::sync::Arc;

impl Kubelet {
    /// All Pods of the runtime are removed, as `crictl rmp -af` does; images and the network's configuration stay.
    pub fn remove_pods(&mut self) {
        self.stop();
        let uids: Vec<Text> = self.sandboxes.keys().cloned().collect();
        for uid in uids {
            self.addresses.release(&uid);
            self.sandboxes.remove(&uid);
        }
        self.host.manifests = self.host.manifests.as_ref().map(|_| Arc::default());
        for part in crate::host::CONTROL_PLANE {
            self.host.has_process(part, false);
        }
    }

    /// What its configuration file has of `maxPods`, `clusterDNS`, `clusterDomain`; it goes by its own where that is silent.
    pub fn configure(&mut self, max_pods: Option<u32>, cluster_dns: Vec<Text>, cluster_domain: &str) {
        self.host.pods_max = max_pods.unwrap_or(self.config.max_pods);
        if !cluster_dns.is_empty() {
            self.config.dns.cluster_dns = cluster_dns;
        }
        if !cluster_domain.is_empty() {
            self.config.dns.cluster_domain = Text::new(cluster_domain);
        }
    }

    /// A new mirror of a static Pod that runs already: its containers go on below the new name. Says whether its worker
    /// does, too.
    pub(super) fn adopt(&mut self, now: Time, uid: &Text, pod: &Kept) -> bool {
        if !mirror::is_mirror(pod) || self.sandboxes.contains_key(uid) {
            return false;
        }
        let alone = Text::new(pod.annotation("kubernetes.io/config.hash"));
        let known = self.workers.get(&alone).is_some_and(|worker| mirror::is_alone(&worker.pod));
        let same = |(old, one): &(&Text, &Arc<Sandbox>)| {
            let free = !self.workers.contains_key(*old) || (known && **old == alone);
            one.namespace == pod.key.namespace && one.name == pod.key.name && one.ready && free
        };
        if let Some(old) = self.sandboxes.iter().find(same).map(|(old, _)| old.clone())
            && let Some(sandbox) = self.sandboxes.remove(&old)
        {
            self.addresses.rename(&old, uid);
            self.plan(&old, None);
            self.sandboxes.insert(uid.clone(), sandbox);
        }
        let Some(mut worker) = self.workers.remove(&alone).filter(|_| known) else { return false };
        self.plan(&alone, None);
        Arc::make_mut(&mut worker).mirrored(pod.clone(), now);
        self.workers.insert(uid.clone(), worker);
        true
    }

    /// Whether a Pod mirrors a manifest that is another one now, or gone: its containers are ended already.
    pub(super) fn has_no_manifest(&self, pod: &Object) -> bool {
        self.host.manifests.is_some() && mirror::is_mirror(pod) && !mirror::is_process(pod) && !mirror::lives_on(&self.host, pod)
    }

    /// Static Pods of one's own whose mirrors are not there run all the same: the kubelet goes by its files.
    pub(super) fn run_unmirrored(&mut self, now: Time) {
        let Some(all) = self.host.manifests.clone().filter(|_| self.is_running()) else { return };
        for one in all.iter() {
            let known = self.workers.values().any(|worker| worker.pod.key.namespace == one.namespace && worker.pod.key.name == one.name);
            // One that ends has its name still.
            let ends = self.sandboxes.iter().any(|(uid, sandbox)| {
                sandbox.namespace == one.namespace && sandbox.name == one.name && *uid != one.hash && !self.workers.contains_key(uid)
            });
            if !known && !ends {
                self.take_in(now, Arc::new(mirror::alone(now, one, &self.host)), None);
            }
        }
    }

    /// The static Pods of one's own that manifests have now; what has none any more ends, and the kubelet sees to mirrors.
    pub fn set_manifests(&mut self, now: Time, all: Vec<Manifest>, fx: &mut Effects) {
        if all.is_empty() && self.host.manifests.is_none() {
            return;
        }
        self.host.manifests = Some(Arc::new(all));
        let ended: Vec<Text> =
            self.workers.values().filter(|worker| self.has_no_manifest(&worker.pod)).map(|worker| worker.uid.clone()).collect();
        for uid in ended {
            self.workers.remove(&uid);
            self.sweep(now, &uid);
            self.sandboxes.get_mut(&uid).map(Arc::make_mut).into_iter().for_each(|sandbox| sandbox.ready = false);
        }
        self.run_unmirrored(now);
        self.mirrors_soon(now);
        self.settle(now, fx);
    }

    /// Mirrors are looked at with the next heartbeat, which comes soon.
    pub(super) fn mirrors_soon(&mut self, now: Time) {
        if self.registration.is_registered() {
            self.registration.lease_at = self.registration.lease_at.min(now + Duration::secs(1));
        }
    }
}

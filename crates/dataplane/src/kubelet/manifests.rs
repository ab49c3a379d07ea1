//! Static Pods: what manifests on the machine say, and the mirrors of what runs by them.
use crate::host::Manifest;
use crate::kubelet::{Kubelet, mirror};
use crate::runtime::Sandbox;
use apiserver::client::Effects;
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

    /// A new mirror of a static Pod that runs already: its containers go on below the new name.
    pub(super) fn adopt(&mut self, uid: &Text, pod: &Object) {
        if !mirror::is_mirror(pod) || self.sandboxes.contains_key(uid) {
            return;
        }
        let same = |(old, one): &(&Text, &Arc<Sandbox>)| {
            one.namespace == pod.key.namespace && one.name == pod.key.name && one.ready && !self.workers.contains_key(*old)
        };
        let Some(old) = self.sandboxes.iter().find(same).map(|(old, _)| old.clone()) else { return };
        if let Some(sandbox) = self.sandboxes.remove(&old) {
            self.addresses.rename(&old, uid);
            self.plan(&old, None);
            self.sandboxes.insert(uid.clone(), sandbox);
        }
    }

    /// The static Pods of one's own that manifests have now; the kubelet sees to their mirrors.
    pub fn set_manifests(&mut self, now: Time, all: Vec<Manifest>, fx: &mut Effects) {
        if all.is_empty() && self.host.manifests.is_none() {
            return;
        }
        self.host.manifests = Some(Arc::new(all));
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

//! What a pod worker may look at and use while it acts.
use crate::host::Host;
use crate::images::Catalog;
use crate::kubelet::client::Client;
use crate::kubelet::journal::Journal;
use crate::network::Addresses;
use crate::network::dns::{NodeDns, ResolvConf};
use crate::runtime::Store;
use apiserver::Snapshot;
use objects::Text;
use simcore::{Duration, Rng, Time};
use std::sync::Arc;

/// How often a worker looks at its Pod though nothing happened.
const RESYNC: Duration = Duration::mins(1);

pub struct Context<'a> {
    pub now: Time,
    pub view: &'a Snapshot,
    pub host: &'a Host,
    pub catalog: &'a Catalog,
    pub store: &'a mut Store,
    pub addresses: &'a mut Addresses,
    pub dns: &'a NodeDns,
    pub resolvs: &'a mut Vec<Arc<ResolvConf>>,
    pub rng: &'a mut Rng,
    pub client: &'a mut Client,
    pub journal: &'a mut Journal,
    /// Where in each second this node looks at its containers (PLEG).
    pub relist: Duration,
    /// When the image pull under way ends: pulls go one after another (`serializeImagePulls`).
    pub pulling_until: &'a mut Time,
}

impl Context<'_> {
    /// The next time that the node looks at its containers (every second).
    pub fn next_relist(&self) -> Time {
        const SECOND: u64 = 1_000_000;
        let past = (self.now.0 + SECOND - self.relist.0 % SECOND) % SECOND;
        Time(self.now.0 - past + SECOND)
    }

    /// The next time that the node compares what the API has of its Pods with what it told (`status.manager`, every ten
    /// seconds). Nodes do so at different moments.
    pub fn next_status_sync(&self) -> Time {
        const TEN_SECONDS: u64 = 10_000_000;
        let past = (self.now.0 + TEN_SECONDS - self.relist.0 * 10 % TEN_SECONDS) % TEN_SECONDS;
        Time(self.now.0 - past + TEN_SECONDS)
    }

    /// How long a worker whose container waits until `until` stays away: up to half as long again as that takes, but no
    /// longer than to its next regular sync (upstream `completeWork`, `BackoffError`).
    pub fn back_off(&mut self, until: Time) -> Duration {
        let left = until.since(self.now).min(RESYNC).as_millis().max(1);
        self.some_millis(left, left + left / 2)
    }

    /// Some milliseconds between two bounds.
    pub fn some_millis(&mut self, low: u64, high: u64) -> Duration {
        Duration::millis(self.rng.between(low, high))
    }

    /// The one copy of a resolv.conf that this node keeps.
    pub fn kept(&mut self, conf: ResolvConf) -> Arc<ResolvConf> {
        if let Some(known) = self.resolvs.iter().find(|known| ***known == conf) {
            return known.clone();
        }
        // What no sandbox has any more is let go.
        self.resolvs.retain(|known| Arc::strong_count(known) > 1);
        let conf = Arc::new(conf);
        self.resolvs.push(conf.clone());
        conf
    }

    /// 64 hexadecimal digits.
    pub fn new_id(&mut self) -> Text {
        let mut id = String::with_capacity(64);
        (0..8).for_each(|_| simcore::push_hex(&mut id, self.rng.draw(), 8));
        Text::from(id)
    }
}

//! etcd's leases: keys that go when nobody renews them.
use crate::event::Event;
use crate::world::World;
use apiserver::store::Write;
use etcd::ctl::{Ask, Lease, Reply};
use etcd::server::words;
use objects::{Key, kinds};
use simcore::Duration;
use std::sync::Arc;

/// The shortest lease that is granted: one and a half election timeouts, rounded up.
const SHORTEST: i64 = 2;
/// The longest.
const LONGEST: i64 = 9_000_000_000;

/// The number of no line: it is time to look at the leases.
pub(super) const LEASES: u64 = 0;

impl World {
    /// Lets leases end whose time is over, and with them their keys. Looks again when the next one may be over.
    pub(crate) fn lease_due(&mut self) {
        self.end_leases();
        let next = self.etcd.leases.values().map(|(_, end)| *end).min();
        if let Some(next) = next {
            // Without a leader nobody can end one.
            self.queue.push(next.max(self.now + Duration::secs(1)), Event::EtcdJob(LEASES));
        }
    }

    pub(crate) fn end_leases(&mut self) {
        let (now, owner) = (self.now, self.etcd.owner);
        if self.etcd.leases.is_empty() || self.etcd.nodes.get(owner).is_none_or(|node| !node.process.is_leader()) {
            return;
        }
        let held: Vec<u64> = self.etcd.jobs.values().filter_map(|job| job.lease).collect();
        for id in held {
            if let Some((ttl, end)) = self.etcd.leases.get_mut(&id) {
                *end = now + Duration::secs(*ttl as u64);
            }
        }
        let over: Vec<u64> = self.etcd.leases.iter().filter(|(_, (_, end))| *end <= now).map(|(id, _)| *id).collect();
        over.into_iter().for_each(|id| self.end_lease(id));
    }

    /// A lease is over, and with it its keys.
    pub(super) fn end_lease(&mut self, id: u64) {
        self.etcd.leases.remove(&id);
        for key in self.leased(id) {
            self.api.store.append(self.now, Write::Delete { key }, None);
        }
    }

    /// The keys that hang on a lease.
    fn leased(&self, id: u64) -> Vec<Key> {
        let all = self.api.store.tail().list(kinds::RAW);
        all.filter(|kept| kept.tree.get("lease").int_or(0) == id as i64).map(|kept| kept.key.clone()).collect()
    }

    /// Carries out what the lease commands ask. `number` tells leases of one instant apart.
    pub(crate) fn lease(&mut self, member: usize, number: u64, ask: &Ask) -> Reply {
        let now = self.now;
        let mut told = None;
        match *ask {
            Ask::Grant(seconds) | Ask::Session(seconds) => {
                if seconds > LONGEST {
                    return Reply::Refused(words::LONG_LEASE);
                }
                let ttl = seconds.max(SHORTEST);
                let host = self.etcd.nodes[member].process.id >> 49;
                let millis = (now.0 / 1_000) & 0xff_ffff_ffff;
                let id = (host << 48) | (millis << 8) | (number & 0xff);
                self.etcd.leases.insert(id, (ttl, now + Duration::secs(ttl as u64)));
                told = Some(id);
                self.queue.push(now + Duration::secs(ttl as u64), Event::EtcdJob(LEASES));
            }
            Ask::Revoke(id) if self.etcd.leases.contains_key(&id) => self.end_lease(id),
            Ask::KeepAlive(id) if self.etcd.leases.contains_key(&id) => {
                if let Some((ttl, end)) = self.etcd.leases.get_mut(&id) {
                    *end = now + Duration::secs(*ttl as u64);
                }
                told = Some(id);
            }
            Ask::Revoke(_) | Ask::KeepAlive(_) => return Reply::Refused(words::NO_LEASE),
            _ => {}
        }
        let wanted = |id: u64| told.is_none_or(|told| told == id);
        let leases = self.etcd.leases.iter().filter(|(id, _)| wanted(**id)).map(|(id, (ttl, end))| Lease {
            id: *id,
            ttl: *ttl,
            left: end.since(now).as_secs() as i64,
            keys: self.leased(*id).iter().map(|key| Arc::from(key.name.as_str())).collect(),
        });
        Reply::Leases(self.header(member), leases.collect())
    }
}

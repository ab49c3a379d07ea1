//! etcd's leases: keys that go when nobody renews them. They end when somebody next looks: nothing else sees such keys.
use crate::world::World;
use etcd::ctl::{Ask, Lease, Reply};
use etcd::server::words;
use simcore::Duration;
use std::sync::Arc;

/// The shortest lease that is granted: one and a half election timeouts, rounded up.
const SHORTEST: i64 = 2;
/// The longest.
const LONGEST: i64 = 9_000_000_000;

impl World {
    /// Lets leases end whose time is over, and with them their keys.
    pub(crate) fn end_leases(&mut self) {
        let now = self.now;
        let over: Vec<u64> = self.etcd.leases.iter().filter(|(_, (_, end, _))| *end <= now).map(|(id, _)| *id).collect();
        over.into_iter().for_each(|id| self.end_lease(id));
    }

    fn end_lease(&mut self, id: u64) {
        let (_, _, keys) = self.etcd.leases.remove(&id).unwrap_or_default();
        for key in keys {
            self.etcd.beside.remove(&key);
        }
    }

    /// The lease that a key hangs on; 0 where it stays.
    pub(crate) fn lease_of(&self, key: &str) -> u64 {
        self.etcd.leases.iter().find(|(_, (_, _, keys))| keys.iter().any(|known| &**known == key)).map_or(0, |(id, _)| *id)
    }

    /// Hangs a key on a lease, or takes it off all (0).
    pub(crate) fn hang(&mut self, key: &str, lease: u64) {
        self.etcd.leases.values_mut().for_each(|(_, _, keys)| keys.retain(|known| &**known != key));
        if let Some((_, _, keys)) = self.etcd.leases.get_mut(&lease) {
            keys.push(Arc::from(key));
        }
    }

    /// Carries out what the lease commands ask. `number` tells leases of one instant apart.
    pub(crate) fn lease(&mut self, member: usize, number: u64, ask: &Ask) -> Reply {
        let now = self.now;
        let mut told = None;
        match *ask {
            Ask::Grant(seconds) => {
                if seconds > LONGEST {
                    return Reply::Refused(words::LONG_LEASE);
                }
                let ttl = seconds.max(SHORTEST);
                let host = self.etcd.nodes[member].process.id >> 49;
                let millis = (now.0 / 1_000) & 0xff_ffff_ffff;
                let id = (host << 48) | (millis << 8) | (number & 0xff);
                self.etcd.leases.insert(id, (ttl, now + Duration::secs(ttl as u64), Vec::new()));
                told = Some(id);
            }
            Ask::Revoke(id) if self.etcd.leases.contains_key(&id) => self.end_lease(id),
            Ask::KeepAlive(id) if self.etcd.leases.contains_key(&id) => {
                if let Some((ttl, end, _)) = self.etcd.leases.get_mut(&id) {
                    *end = now + Duration::secs(*ttl as u64);
                }
                told = Some(id);
            }
            Ask::Revoke(_) | Ask::KeepAlive(_) => return Reply::Refused(words::NO_LEASE),
            _ => {}
        }
        let wanted = |id: u64| told.is_none_or(|told| told == id);
        let leases = self.etcd.leases.iter().filter(|(id, _)| wanted(**id)).map(|(id, (ttl, end, keys))| Lease {
            id: *id,
            ttl: *ttl,
            left: end.since(now).as_secs() as i64,
            keys: keys.clone(),
        });
        Reply::Leases(self.header(member), leases.collect())
    }
}

//! What a node's kernel remembers for the rules: which client used which endpoint when, and whose turn it is.
use crate::network::proxy::port::Endpoint;
use simcore::{Duration, Time};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

/// The lists of iptables' `recent`, the timed sets of nftables, the templates of ipvs. Cheap to copy.
#[derive(Clone, Default, Debug)]
pub struct Affinity {
    /// (Service port, client, endpoint) -> until when its last use counts.
    seen: Arc<BTreeMap<Use, Time>>,
    /// Of ipvs: the place in its list that a virtual server used last.
    turns: Arc<BTreeMap<u64, u32>>,
}

/// A Service port's id, a client, the address and port of an endpoint.
type Use = (u64, Ipv4Addr, Ipv4Addr, u16);

impl Affinity {
    /// The place in `endpoints` that the client is to use again: the first one that it used lately.
    pub fn recall(&self, port: u64, client: Ipv4Addr, endpoints: &[Endpoint], now: Time) -> Option<usize> {
        let low = (port, client, Ipv4Addr::UNSPECIFIED, 0);
        let high = (port, client, Ipv4Addr::BROADCAST, u16::MAX);
        let fresh = self.seen.range(low..=high).filter(|(_, until)| now <= **until);
        let place = |(_, _, address, port): &Use| endpoints.iter().position(|one| one.address == *address && one.port == *port);
        fresh.filter_map(|(key, _)| place(key)).min()
    }

    /// The client uses this endpoint now; that counts for `timeout`.
    pub fn note(&mut self, port: u64, client: Ipv4Addr, endpoint: &Endpoint, now: Time, timeout: Duration) {
        let key = (port, client, endpoint.address, endpoint.port);
        Arc::make_mut(&mut self.seen).insert(key, now + timeout);
    }

    /// The next place in turn of a list with `length` entries (ipvs' `rr`).
    pub fn turn(&mut self, server: u64, length: usize) -> usize {
        let turn = Arc::make_mut(&mut self.turns).entry(server).or_insert(u32::MAX);
        *turn = turn.wrapping_add(1);
        if *turn as usize >= length {
            *turn = 0;
        }
        *turn as usize
    }

    /// Clients that an endpoint still counts for, with the time that is left, by address.
    pub fn clients(&self, port: u64, endpoint: &Endpoint, now: Time) -> Vec<(Ipv4Addr, Duration)> {
        let about = |key: &Use| key.0 == port && key.2 == endpoint.address && key.3 == endpoint.port;
        let live = self.seen.iter().filter(|(key, until)| about(key) && now <= **until);
        live.map(|(key, until)| (key.1, until.since(now))).collect()
    }

    /// Forgets what no longer counts: uses that are over, and endpoints that no rule leads to any more (the kernel's lists
    /// and sets go with the rules that name them).
    pub fn reap(&mut self, now: Time, stands: impl Fn(u64, Ipv4Addr, u16) -> bool) {
        let over = |used: &Use, until: Time| until < now || !stands(used.0, used.2, used.3);
        if self.seen.iter().any(|(used, until)| over(used, *until)) {
            Arc::make_mut(&mut self.seen).retain(|used, until| !over(used, *until));
        }
    }
}

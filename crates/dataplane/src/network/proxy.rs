//! kube-proxy of one node: its own view of Services and EndpointSlices, and the rules that it would keep.
use apiserver::client::{Effects, Ticket};
use apiserver::{Change, Snapshot};
use objects::wire::Response;
use objects::{Key, Object, Text, kinds};
use simcore::Time;
use std::collections::BTreeMap;

/// A watcher with an older or newer view of its own; it writes nothing.
#[derive(Clone, Debug)]
pub struct KubeProxy {
    pub node: Text,
    alive: bool,
    view: Snapshot,
    /// (Service, EndpointSlice) -> ready endpoints times ports.
    slices: BTreeMap<Key, usize>,
}

impl KubeProxy {
    pub fn new(node: impl Into<Text>) -> KubeProxy {
        KubeProxy { node: node.into(), alive: false, view: Snapshot::empty(0), slices: BTreeMap::new() }
    }

    pub fn interested(&self, change: &Change) -> bool {
        matches!(change.key.kind, kinds::SERVICE | kinds::ENDPOINT_SLICE)
    }

    pub fn start(&mut self, _now: Time, view: &Snapshot, _fx: &mut Effects) {
        self.alive = true;
        self.view = view.clone();
        self.slices = view.list(kinds::ENDPOINT_SLICE).map(|slice| (slice.key.clone(), pairs(slice))).collect();
    }

    pub fn deliver(&mut self, _now: Time, view: &Snapshot, changes: &[&Change], _fx: &mut Effects) {
        if !self.alive {
            return;
        }
        self.view = view.clone();
        for change in changes.iter().filter(|change| change.key.kind == kinds::ENDPOINT_SLICE) {
            match &change.after {
                Some(slice) => self.slices.insert(change.key.clone(), pairs(slice)),
                None => self.slices.remove(&change.key),
            };
        }
    }

    pub fn reply(&mut self, _now: Time, _ticket: Ticket, _response: &Response, _fx: &mut Effects) {}

    pub fn wake(&mut self, _now: Time, _fx: &mut Effects) {}

    /// The process is gone. The rules that it wrote stay in the kernel, as they were.
    pub fn stop(&mut self) {
        self.alive = false;
    }

    pub fn is_running(&self) -> bool {
        self.alive
    }

    /// How many (Service port, endpoint) pairs traffic can be sent to.
    pub fn rules(&self) -> usize {
        self.slices.values().sum()
    }

    /// How many Services it knows.
    pub fn services(&self) -> usize {
        self.view.len(kinds::SERVICE)
    }
}

fn pairs(slice: &Object) -> usize {
    let ready = |endpoint: &&objects::Tree| endpoint.at(&["conditions", "ready"]).as_bool().unwrap_or(true);
    let addresses: usize =
        slice.tree.get("endpoints").items().iter().filter(ready).map(|endpoint| endpoint.get("addresses").items().len()).sum();
    addresses * slice.tree.get("ports").items().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use apiserver::store::{Store, Write};
    use objects::{list, map};

    #[test]
    fn only_ready_endpoints_make_rules_and_a_stopped_proxy_learns_nothing() {
        let mut store = Store::default();
        let endpoint = |address: &str, ready: bool| map! {"addresses": list![address], "conditions": map! {"ready": ready}};
        let slice = |second: bool| {
            map! {
                "metadata": map! {"name": "web-1"}, "ports": list![map! {"port": 80}],
                "endpoints": list![endpoint("10.240.0.2", true), endpoint("10.240.0.3", second)],
            }
        };
        let key = || Key::new(kinds::ENDPOINT_SLICE, "default", "web-1");
        let mut proxy = KubeProxy::new("worker-1");
        let mut fx = Effects::default();
        let mut put = |store: &mut Store, proxy: &mut KubeProxy, second: bool| {
            let from = store.applied().revision();
            store.append(Time::START, Write::Put { key: key(), tree: slice(second) }, None);
            store.begin_sync();
            store.end_sync();
            let changes: Vec<&Change> = store.since(from).expect("kept").collect();
            proxy.deliver(Time::START, store.applied(), &changes, &mut fx);
        };
        proxy.start(Time::START, store.applied(), &mut Effects::default());
        put(&mut store, &mut proxy, false);
        assert_eq!(proxy.rules(), 1);
        put(&mut store, &mut proxy, true);
        assert_eq!(proxy.rules(), 2);
        proxy.stop();
        put(&mut store, &mut proxy, false);
        assert_eq!(proxy.rules(), 2);
    }
}

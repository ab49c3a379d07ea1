//! The recordings' worker-1 with a kube-proxy of ours that knows the recorded Services.
use apiserver::client::Effects;
use apiserver::store::{Store, Write};
use dataplane::network::{Cidr, Config, Kernel, KubeProxy, Mode};
use objects::{Key, KindId, Tree, kinds, list, map};
use simcore::Time;

/// Its address, and that of the bridge of its Pods.
pub const NODE: &str = "192.168.100.12";
pub const BRIDGE: &str = "10.241.0.1";

/// The kernel of the node after the first sync; `services` as in `proxy-iptables.json`.
pub fn synced(mode: Mode, services: &Tree) -> Kernel {
    let cluster_cidr = Cidr::parse("10.240.0.0/12").unwrap_or(Config::default().cluster_cidr);
    let mut proxy = KubeProxy::new("worker-1", 1).with(Config { mode, cluster_cidr, ..Config::default() });
    let (store, mut fx) = (store(services), Effects::default());
    proxy.start(Time::START, store.applied(), &mut fx);
    while let Some(time) = fx.wake.pop() {
        proxy.wake(time, &mut fx);
    }
    proxy.kernel
}

/// worker-1 and the recorded Services with their slices.
fn store(services: &Tree) -> Store {
    let mut store = Store::default();
    let addresses = list![map! {"type": "InternalIP", "address": NODE}];
    let node =
        map! {"metadata": map! {"name": "worker-1"}, "spec": map! {"podCIDR": "10.241.0.0/16"}, "status": map! {"addresses": addresses}};
    put(&mut store, kinds::NODE, "", "worker-1", node);
    for (name, one) in services.entries() {
        let service = map! {"metadata": map! {"name": name, "namespace": "kp"}, "spec": one.get("spec"), "status": one.get("status")};
        put(&mut store, kinds::SERVICE, "kp", name, service);
        put(&mut store, kinds::ENDPOINT_SLICE, "kp", name, slice(name, one));
    }
    store
}

fn slice(service: &str, one: &Tree) -> Tree {
    let of_target = |port: &Tree| {
        let target = if port.has("targetPort") { port.get("targetPort") } else { port.get("port") };
        map! {"name": port.get("name").text(), "port": target, "protocol": port.get("protocol")}
    };
    let ports: Vec<Tree> = match one.get("slicePorts").items() {
        [] => one.at(&["spec", "ports"]).items().iter().map(of_target).collect(),
        given => given.to_vec(),
    };
    let mut endpoints = one.get("endpoints").items().to_vec();
    for endpoint in &mut endpoints {
        for condition in ["ready", "serving", "terminating"] {
            let value = endpoint.get(condition).clone();
            endpoint.set(&["conditions", condition], value);
        }
    }
    let labels = map! {"kubernetes.io/service-name": service};
    let meta = map! {"name": service, "namespace": "kp", "labels": labels};
    map! {"metadata": meta, "addressType": "IPv4", "ports": ports, "endpoints": endpoints}
}

fn put(store: &mut Store, kind: KindId, namespace: &str, name: &str, tree: Tree) {
    store.append(Time::START, Write::Put { key: Key::new(kind, namespace, name), tree }, None);
    store.begin_sync();
    store.end_sync();
}

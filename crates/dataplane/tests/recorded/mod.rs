//! The recorded Services on worker-1, before a kube-proxy of ours.
use apiserver::client::Effects;
use apiserver::store::{Store, Write};
use dataplane::network::{Cidr, Config, KubeProxy, Mode};
use objects::{Key, KindId, Text, Tree, kinds, list, map};
use simcore::{Duration, Time};

/// A file of the recordings.
pub fn file(name: &str) -> Tree {
    let path = format!("{}/../../tests/network/{name}", env!("CARGO_MANIFEST_DIR"));
    Tree::from_json(&std::fs::read_to_string(path).expect("the recording")).expect("JSON")
}

pub fn put(store: &mut Store, kind: KindId, namespace: &str, name: &str, tree: Tree) {
    store.append(Time::START, Write::Put { key: Key::new(kind, namespace, Text::new(name)), tree }, None);
    store.begin_sync();
    store.end_sync();
}

/// worker-1 and every Service of the recording with its slice.
pub fn store() -> Store {
    let mut store = Store::default();
    let addresses = list![map! {"type": "InternalIP", "address": "192.168.100.12"}];
    let node = map! {
        "metadata": map! {"name": "worker-1"}, "spec": map! {"podCIDR": "10.241.0.0/16"}, "status": map! {"addresses": addresses},
    };
    put(&mut store, kinds::NODE, "", "worker-1", node);
    for (name, one) in file("proxy-iptables.json").get("services").entries() {
        let service = map! {"metadata": map! {"name": name, "namespace": "kp"}, "spec": one.get("spec"), "status": one.get("status")};
        put(&mut store, kinds::SERVICE, "kp", name, service);
        put(&mut store, kinds::ENDPOINT_SLICE, "kp", &format!("{name}-1"), slice(name, one));
    }
    store
}

/// The slice that goes with a recorded Service.
pub fn slice(name: &str, one: &Tree) -> Tree {
    let target = |port: &Tree| {
        let mut written = map! {"name": port.get("name").text(), "port": port.get("targetPort")};
        written.set(&["protocol"], port.get("protocol"));
        written
    };
    let ports: Vec<Tree> = match one.get("slicePorts").items() {
        [] => one.at(&["spec", "ports"]).items().iter().map(target).collect(),
        given => given.to_vec(),
    };
    let endpoint = |endpoint: &Tree| {
        let mut written = endpoint.clone();
        for condition in ["ready", "serving", "terminating"] {
            written.set(&["conditions", condition], endpoint.get(condition));
        }
        written
    };
    let endpoints: Vec<Tree> = one.get("endpoints").items().iter().map(endpoint).collect();
    let labels = map! {"kubernetes.io/service-name": name};
    let meta = map! {"name": format!("{name}-1"), "namespace": "kp", "labels": labels};
    map! {"metadata": meta, "addressType": "IPv4", "ports": ports, "endpoints": endpoints}
}

/// A kube-proxy on worker-1, as the recordings started it.
pub fn proxy(mode: Mode) -> KubeProxy {
    let cluster_cidr = Cidr::parse("10.240.0.0/12").expect("a block");
    KubeProxy::new("worker-1", 1).with(Config { mode, cluster_cidr, ..Config::default() })
}

/// Lets a proxy do all that it has planned until `until`; the instants at which the number of pairs or the state changed.
pub fn run(proxy: &mut KubeProxy, fx: Effects, until: Time) {
    let mut wakes = fx.wake;
    while let Some(next) = wakes.iter().copied().filter(|time| *time <= until).min() {
        wakes.retain(|time| *time != next);
        let mut fx = Effects::default();
        proxy.wake(next, &mut fx);
        wakes.extend(fx.wake);
    }
}

/// A kube-proxy that has synced the recorded Services.
pub fn synced(mode: Mode) -> KubeProxy {
    let (store, mut proxy, mut fx) = (store(), proxy(mode), Effects::default());
    proxy.start(Time::START, store.applied(), &mut fx);
    run(&mut proxy, fx, Time::START + Duration::secs(1));
    proxy
}

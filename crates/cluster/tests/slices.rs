//! The delays between a Pod's change and its EndpointSlice: under a tenth of a second, or a second where the cache was behind.
use cluster::{Topology, World};
use objects::{Object, kinds};
use simcore::{Duration, Time};
use std::collections::BTreeMap;

const MANIFEST: &str = r#"apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector:
    app: web
  ports:
  - port: 80
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 80
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: main
        image: nginx:1.27
"#;

/// From the instant that a Pod is ready to the instant that the slice says so, for each Pod, in milliseconds.
fn delays(seed: u64) -> Vec<u64> {
    let files = vec![("web.yaml".to_string(), MANIFEST.to_string())];
    let mut world = World::boot(&Topology::kubeadm(3), seed, files);
    world.run_until(Time::START + Duration::secs(30));
    let seen = world.api.store.applied().revision();
    world.type_line("kubectl apply -f web.yaml");
    world.run_until(world.now() + Duration::secs(30));
    let (mut ready, mut listed) = (BTreeMap::new(), BTreeMap::new());
    for change in world.api.store.since(seen).expect("it is kept") {
        let Some(after) = &change.after else { continue };
        match change.key.kind {
            kinds::POD if after.is_ready() && after.key.name.starts_with("web-") => {
                ready.entry(after.key.name.clone()).or_insert(change.at);
            }
            kinds::ENDPOINT_SLICE => names(after).for_each(|name| {
                listed.entry(name).or_insert(change.at);
            }),
            _ => {}
        }
    }
    assert_eq!(ready.len(), 80, "all are ready");
    ready.iter().map(|(name, at)| listed.get(name).expect("each is listed").since(*at).as_millis()).collect()
}

/// The Pods that a slice calls ready.
fn names(slice: &Object) -> impl Iterator<Item = objects::Text> {
    let ends = slice.tree.get("endpoints").items().iter().filter(|end| end.at(&["conditions", "ready"]).is_true());
    ends.filter_map(|end| end.at(&["targetRef", "name"]).as_text().cloned())
}

/// A change is late by a second only when the slice's last write is on its way just then: some milliseconds each time.
#[test]
fn a_slice_follows_at_once_or_after_a_second() {
    let all: Vec<u64> = (1..=3).flat_map(delays).collect();
    assert!(all.iter().all(|delay| *delay < 100 || (500..1_100).contains(delay)), "{all:?}");
    assert!(all.iter().filter(|delay| **delay < 100).count() * 2 > all.len(), "most are told at once: {all:?}");
}

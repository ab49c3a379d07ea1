//! From the endpoints of a Service to writes of its EndpointSlices, one group of slices for each set of ports.
use super::endpoint;
use super::packing::pack;
use crate::harness::Write;
use crate::{facts, membership};
use apiserver::Snapshot;
use apiserver::client::Note;
use apiserver::store::Kept;
use objects::wire::{Request, Verb};
use objects::{Key, Map, Object, Tree, kinds, list, map};
use std::collections::BTreeMap;

const SERVICE_NAME: &str = "kubernetes.io/service-name";
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslice-controller.k8s.io";

/// A Pod's entry and the ports that it has of the Service's.
pub struct Entry {
    pub ports: Vec<Tree>,
    pub endpoint: Tree,
}

/// What is wanted of one slice. `old` is the slice that is written over.
struct Wanted<'a> {
    old: Option<&'a Kept>,
    ports: Vec<Tree>,
    endpoints: Vec<Tree>,
    /// Whether all of it is new, so that nothing of the old slice is kept but its name.
    anew: bool,
}

pub fn is_managed(slice: &Object) -> bool {
    slice.labels().get(MANAGED_BY).text() == MANAGER
}

/// The writes that bring a Service's slices to these entries (upstream `reconcileByAddressType`).
pub fn reconcile(view: &Snapshot, service: &Object, entries: Vec<Entry>, time: &str) -> Vec<Write> {
    let mut slices: Vec<&Kept> = view.list_in(kinds::ENDPOINT_SLICE, &service.key.namespace).filter(|it| is_of(it, service)).collect();
    slices.sort_by_key(|slice| (facts::created(slice), slice.key.clone()));
    let all = slices.len();
    let labels = labels(service);
    let (mut made, mut updated, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    let mut groups = by_ports(entries);
    let (mine, foreign): (Vec<&Kept>, Vec<&Kept>) = slices.into_iter().partition(|slice| is_owned(slice, service));
    gone.extend(foreign);
    let mut existing: BTreeMap<String, Vec<&Kept>> = BTreeMap::new();
    for slice in mine {
        existing.entry(port_key(slice.tree.get("ports").items())).or_default().push(slice);
    }
    let mut untouched = Vec::new();
    for (key, (ports, endpoints)) in std::mem::take(&mut groups) {
        let old = existing.remove(&key).unwrap_or_default();
        let before: Vec<(&[Tree], bool)> =
            old.iter().map(|slice| (slice.tree.get("endpoints").items(), own_labels(slice.labels()) != own_labels(&labels))).collect();
        let (contents, fresh) = pack(&before, endpoints);
        for (slice, content) in old.iter().copied().zip(contents) {
            match (content.changed, content.endpoints.is_empty()) {
                (false, _) => untouched.push(slice),
                (true, true) => gone.push(slice),
                (true, false) => updated.push(Wanted { old: Some(slice), ports: ports.clone(), endpoints: content.endpoints, anew: false }),
            }
        }
        made.extend(fresh.into_iter().map(|endpoints| Wanted { old: None, ports: ports.clone(), endpoints, anew: true }));
    }
    gone.extend(existing.into_values().flatten());
    if gone.len() == all && made.is_empty() {
        // A Service always has a slice, if only an empty one.
        if let [only] = gone[..]
            && is_placeholder(only, &labels)
        {
            gone.clear();
        } else {
            made.push(Wanted { old: None, ports: Vec::new(), endpoints: Vec::new(), anew: true });
        }
    }
    let distribution = distribution(service);
    updated.extend(untouched.into_iter().filter(|slice| wrong_hints(slice, distribution)).map(|slice| Wanted {
        old: Some(slice),
        ports: slice.tree.get("ports").items().to_vec(),
        endpoints: slice.tree.get("endpoints").items().to_vec(),
        anew: false,
    }));
    recycle(service, &mut made, &mut updated, &mut gone);
    let about = About { service, labels, distribution, time };
    let put = made.into_iter().chain(updated).map(|wanted| about.write(wanted));
    put.chain(gone.into_iter().map(|slice| Write::new(request(Verb::Delete, slice)).ignore(&[404]).err(failed(service, "{error}"))))
        .collect()
}

fn is_of(slice: &Object, service: &Object) -> bool {
    slice.labels().get(SERVICE_NAME).text() == service.key.name && is_managed(slice) && !slice.is_deleting()
}

/// A slice of an earlier Service of the same name is not its own.
fn is_owned(slice: &Object, service: &Object) -> bool {
    let ours = |owner: &Tree| owner.get("uid").text() == service.uid() && owner.get("kind").text() == "Service";
    slice.tree.get("addressType").text() == "IPv4" && slice.meta().get("ownerReferences").items().iter().any(ours)
}

/// Slices with the same ports, in whatever order, make a group.
fn port_key(ports: &[Tree]) -> String {
    let mut texts: Vec<String> = ports.iter().map(Tree::to_json).collect();
    texts.sort();
    texts.join(",")
}

fn by_ports(entries: Vec<Entry>) -> BTreeMap<String, (Vec<Tree>, Vec<Tree>)> {
    let mut groups: BTreeMap<String, (Vec<Tree>, Vec<Tree>)> = BTreeMap::new();
    for Entry { ports, endpoint } in entries {
        groups.entry(port_key(&ports)).or_insert_with(|| (ports, Vec::new())).1.push(endpoint);
    }
    groups
}

fn is_placeholder(slice: &Object, labels: &Tree) -> bool {
    slice.tree.get("endpoints").is_empty() && slice.tree.get("ports").is_empty() && slice.labels() == labels
}

/// The Service's wish, unless its older annotation for topology is set.
fn distribution(service: &Object) -> &str {
    let annotations = service.meta().get("annotations");
    let auto = |key: &str| matches!(annotations.get(key).text(), "Auto" | "auto");
    let by_annotation = auto("service.kubernetes.io/topology-aware-hints") || auto("service.kubernetes.io/topology-mode");
    if by_annotation { "" } else { service.spec().get("trafficDistribution").text() }
}

fn wrong_hints(slice: &Object, distribution: &str) -> bool {
    let ready = |end: &&Tree| distribution.is_empty() || end.at(&["conditions", "ready"]).is_true();
    slice.tree.get("endpoints").items().iter().filter(ready).any(|end| *end.get("hints") != endpoint::hints(end, distribution))
}

/// A slice that would go is written over where a new one is wanted: the last wish takes the first slice.
fn recycle<'a>(service: &Object, made: &mut Vec<Wanted<'a>>, updated: &mut Vec<Wanted<'a>>, gone: &mut Vec<&'a Kept>) {
    gone.retain(|slice| {
        if !is_owned(slice, service) {
            return true;
        }
        let Some(mut wanted) = made.pop() else { return true };
        wanted.old = Some(*slice);
        updated.push(wanted);
        false
    });
}

struct About<'a> {
    service: &'a Object,
    labels: Tree,
    distribution: &'a str,
    time: &'a str,
}

impl About<'_> {
    fn write(&self, mut wanted: Wanted) -> Write {
        for endpoint in &mut wanted.endpoints {
            match endpoint::hints(endpoint, self.distribution) {
                Tree::Null => {
                    endpoint.remove(&["hints"]);
                }
                hints => endpoint.set(&["hints"], hints),
            }
        }
        let Wanted { old, ports, endpoints, anew } = wanted;
        let mut body = match old {
            Some(old) if !anew => old.tree.clone(),
            old => self.fresh(old),
        };
        body.set(&["endpoints"], nothing_if_empty(endpoints));
        body.set(&["ports"], nothing_if_empty(ports));
        body.set(&["metadata", "labels"], &self.labels);
        if !self.time.is_empty() {
            body.set(&["metadata", "annotations", membership::TRIGGER_TIME], self.time);
        } else if body.remove(&["metadata", "annotations", membership::TRIGGER_TIME]).is_some()
            && body.at(&["metadata", "annotations"]).is_empty()
        {
            body.remove(&["metadata", "annotations"]);
        }
        let (deed, request) = match old {
            Some(old) => (format!("failed to update {} EndpointSlice", old.key.name), request(Verb::Update, old)),
            None => {
                let namespace = self.service.key.namespace.clone();
                ("failed to create EndpointSlice".to_string(), Request::about(Verb::Create, kinds::ENDPOINT_SLICE, namespace, ""))
            }
        };
        let why = format!("{deed} for Service {}: {{error}}", self.service.key.path());
        Write::new(request.body(body)).err(failed(self.service, &why))
    }

    fn fresh(&self, old: Option<&Kept>) -> Tree {
        let mut meta = map! {
            "generateName": format!("{}-", self.service.key.name), "namespace": &self.service.key.namespace,
            "ownerReferences": list![facts::controller_reference(self.service)],
        };
        if let Some(old) = old {
            meta.set(&["name"], &old.key.name);
        }
        map! {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta, "addressType": "IPv4"}
    }
}

/// What is told when the slices cannot be brought in order.
pub fn failed(service: &Object, why: &str) -> Note {
    let message = format!("Error updating Endpoint Slices for Service {}: {why}", service.key.path());
    Note { about: Note::reference(service), warning: true, reason: "FailedToUpdateEndpointSlices", message }
}

/// Upstream writes `null` for lists without items here.
fn nothing_if_empty(items: Vec<Tree>) -> Tree {
    if items.is_empty() { Tree::Null } else { Tree::from(items) }
}

fn reserved(key: &str) -> bool {
    matches!(key, SERVICE_NAME | MANAGED_BY | membership::HEADLESS)
}

/// The labels without those that the controller itself sets.
fn own_labels(labels: &Tree) -> Map {
    labels.entries().filter(|(key, _)| !reserved(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The Service's own labels, and those by which slices are found.
fn labels(service: &Object) -> Tree {
    let mut labels = own_labels(service.labels());
    labels.insert(MANAGED_BY, MANAGER);
    labels.insert(SERVICE_NAME, &service.key.name);
    if matches!(service.spec().get("clusterIP").text(), "" | "None") {
        labels.insert(membership::HEADLESS, "");
    }
    labels.into()
}

fn request(verb: Verb, slice: &Object) -> Request {
    let key: &Key = &slice.key;
    Request::about(verb, kinds::ENDPOINT_SLICE, key.namespace.clone(), key.name.clone())
}

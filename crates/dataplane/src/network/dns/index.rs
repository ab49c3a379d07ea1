//! What CoreDNS knows of the cluster: its own view, and where to find names and addresses in it (`controller.go`, `object/`).
use apiserver::store::Kept;
use apiserver::{Change, Snapshot};
use objects::views::Service;
use objects::{KindId, Object, Text, kinds};
use rpds::RedBlackTreeMapSync;
use simcore::Time;
use std::net::IpAddr;

/// A set of triples that is cheap to copy.
type Places = RedBlackTreeMapSync<(Text, Text, Text), ()>;

/// The view and its indexes.
#[derive(Clone, Debug)]
pub struct Index {
    view: Snapshot,
    /// Whether Pods are watched (`pods verified`).
    pods: bool,
    /// (namespace, Service, slice) of each EndpointSlice.
    slices: Places,
    /// (address, namespace, slice) of each ready endpoint.
    endpoints: Places,
    /// (cluster IP, namespace, Service)
    cluster_ips: Places,
    /// (address, namespace, Pod), where Pods are watched.
    pod_ips: Places,
    /// When something that it serves changed last.
    changed: Option<Time>,
}

/// An address of a ready endpoint, with the names that it may have.
pub struct Endpoint<'a> {
    /// An address; a name in slices of type FQDN.
    pub address: &'a Text,
    pub hostname: &'a str,
    /// The name of the object behind it.
    pub target: &'a str,
}

impl Index {
    /// Knows nothing yet.
    pub fn empty(pods: bool) -> Index {
        let none = Places::new_sync;
        Index { view: Snapshot::empty(0), pods, slices: none(), endpoints: none(), cluster_ips: none(), pod_ips: none(), changed: None }
    }

    /// Lists everything.
    pub fn of(view: &Snapshot, pods: bool, now: Time) -> Index {
        let mut index = Index { view: view.clone(), ..Index::empty(pods) };
        for kind in [kinds::SERVICE, kinds::ENDPOINT_SLICE, kinds::POD] {
            view.list(kind).filter(|_| kind != kinds::POD || pods).for_each(|object| index.reindex(kind, None, Some(object)));
        }
        index.changed = Some(now);
        index
    }

    pub fn interested(&self, kind: KindId) -> bool {
        matches!(kind, kinds::SERVICE | kinds::ENDPOINT_SLICE | kinds::NAMESPACE) || (self.pods && kind == kinds::POD)
    }

    /// Takes a newer view and what led to it.
    pub fn learn(&mut self, now: Time, view: &Snapshot, changes: &[&Change]) {
        self.view = view.clone();
        for change in changes {
            if self.interested(change.key.kind) {
                self.reindex(change.key.kind, change.before.as_ref(), change.after.as_ref());
                self.changed = Some(now);
            }
        }
    }

    fn reindex(&mut self, kind: KindId, before: Option<&Kept>, after: Option<&Kept>) {
        let (index, of): (&mut Places, fn(&Object) -> Vec<Text>) = match kind {
            kinds::SERVICE => (&mut self.cluster_ips, cluster_ips),
            kinds::POD => (&mut self.pod_ips, pod_ip),
            kinds::ENDPOINT_SLICE => {
                move_places(
                    &mut self.slices,
                    before,
                    after,
                    |slice| vec![service_of(slice)],
                    |of, key| (key.namespace.clone(), of, key.name.clone()),
                );
                (&mut self.endpoints, addresses)
            }
            _ => return,
        };
        move_places(index, before, after, of, |of, key| (of, key.namespace.clone(), key.name.clone()));
    }

    pub fn changed(&self) -> Option<Time> {
        self.changed
    }

    pub fn has_namespace(&self, name: &str) -> bool {
        self.view.find(kinds::NAMESPACE, "", name).is_some()
    }

    pub fn service(&self, namespace: &str, name: &str) -> Option<&Kept> {
        self.view.find(kinds::SERVICE, namespace, name)
    }

    /// The slices of a Service, by name.
    pub fn slices<'a>(&'a self, namespace: &'a str, service: &'a str) -> impl Iterator<Item = &'a Kept> {
        let from = (Text::new(namespace), Text::new(service), Text::default());
        let places = self.slices.range(from..).map(|(place, ())| place);
        places
            .take_while(move |(inside, of, _)| inside == namespace && of == service)
            .filter_map(|(inside, _, name)| self.view.find(kinds::ENDPOINT_SLICE, inside, name))
    }

    pub fn slices_with<'a>(&'a self, address: &'a Text) -> impl Iterator<Item = &'a Kept> {
        with(&self.endpoints, address).filter_map(|(_, inside, name)| self.view.find(kinds::ENDPOINT_SLICE, inside, name))
    }

    /// The Service that has this cluster IP: its namespace and name.
    pub fn service_with<'a>(&'a self, address: &'a Text) -> impl Iterator<Item = (&'a Text, &'a Text)> {
        with(&self.cluster_ips, address).map(|(_, inside, name)| (inside, name))
    }

    /// Whether a Pod of this namespace has this address.
    pub fn has_pod(&self, namespace: &str, address: &Text) -> bool {
        with(&self.pod_ips, address).any(|(_, inside, _)| inside == namespace)
    }
}

fn with<'a>(places: &'a Places, first: &'a Text) -> impl Iterator<Item = &'a (Text, Text, Text)> {
    places.range((first.clone(), Text::default(), Text::default())..).map(|(place, ())| place).take_while(move |place| place.0 == *first)
}

fn move_places(
    places: &mut Places,
    before: Option<&Kept>,
    after: Option<&Kept>,
    of: fn(&Object) -> Vec<Text>,
    place: fn(Text, &objects::Key) -> (Text, Text, Text),
) {
    let Some(key) = after.or(before).map(|object| &object.key) else { return };
    // A slice holds a hundred addresses and mostly one of them is new.
    let sorted = |object: Option<&Kept>| {
        let mut all = object.map(|object| of(object)).unwrap_or_default();
        all.sort_unstable();
        all
    };
    let (old, new) = (sorted(before), sorted(after));
    for gone in old.iter().filter(|one| new.binary_search(one).is_err()) {
        places.remove_mut(&place(gone.clone(), key));
    }
    for come in new.iter().filter(|one| old.binary_search(one).is_err()) {
        places.insert_mut(place(come.clone(), key), ());
    }
}

/// The Service that a slice says it belongs to.
pub fn service_of(slice: &Object) -> Text {
    slice.meta().at(&["labels", "kubernetes.io/service-name"]).as_text().cloned().unwrap_or_default()
}

/// The addresses of a Service inside the cluster: none for headless and ExternalName ones.
pub fn cluster_ips(service: &Object) -> Vec<Text> {
    let spec = Service(&service.tree).spec();
    let several = spec.get("clusterIPs").items();
    let all = if several.is_empty() { std::slice::from_ref(spec.get("clusterIP")) } else { several };
    all.iter().filter_map(|address| address.as_text()).filter(|address| *address != "None" && !address.is_empty()).cloned().collect()
}

/// The Pod's address; none once it is being deleted or has ended.
fn pod_ip(pod: &Object) -> Vec<Text> {
    let ended = matches!(pod.status().get("phase").text(), "Succeeded" | "Failed" | "Unknown");
    let address = pod.status().get("podIP").as_text().filter(|address| !ended && !pod.is_deleting() && !address.is_empty());
    address.cloned().into_iter().collect()
}

/// The endpoints that names lead to. An unknown readiness counts as ready; serving and terminating do not matter.
pub fn endpoints(slice: &Object) -> impl Iterator<Item = Endpoint<'_>> {
    let ready = |endpoint: &&objects::Tree| endpoint.at(&["conditions", "ready"]).as_bool().unwrap_or(true);
    slice.tree.get("endpoints").items().iter().filter(ready).flat_map(|endpoint| {
        let (hostname, target) = (endpoint.get("hostname").text(), endpoint.at(&["targetRef", "name"]).text());
        let addresses = endpoint.get("addresses").items().iter().filter_map(objects::Tree::as_text);
        addresses.map(move |address| Endpoint { address, hostname, target })
    })
}

fn addresses(slice: &Object) -> Vec<Text> {
    endpoints(slice).map(|endpoint| canonical(endpoint.address)).collect()
}

/// An address as it is asked for in reverse: IPv6 in its shortest form.
pub fn canonical(address: &Text) -> Text {
    let six = if address.contains(':') { address.parse::<IpAddr>().ok() } else { None };
    six.map_or_else(|| address.clone(), |six| Text::from(six.to_string()))
}

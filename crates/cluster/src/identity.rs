//! The Lease by which each kube-apiserver tells the others that it is there (KEP-1965, `kube-apiserver-identity-lease`).
use crate::event::{Caller, Event};
use crate::world::World;
use apiserver::client::Ticket;
use objects::wire::{Request, User, Verb};
use objects::{Text, Tree, kinds, map};
use simcore::{Duration, Rng, Time};

const NAMESPACE: &str = "kube-system";
/// From the process's start until its first Lease.
const FIRST: Duration = Duration::millis(1_500);
/// Until an old process's Lease of the same name is gone.
const AGAIN: Duration = Duration::millis(200);
/// `identity-lease-renew-interval-seconds` and `identity-lease-duration-seconds`.
const RENEW: Duration = Duration::secs(10);
const LASTS: u64 = 3_600;

impl World {
    /// A kube-apiserver's process has started.
    pub(crate) fn begin_identity(&mut self, place: usize) {
        self.apiservers[place].identity = Text::default();
        self.next_identity(place, FIRST);
        self.server_began(place);
    }

    fn next_identity(&mut self, place: usize, after: Duration) {
        let at = self.now + after;
        self.apiservers[place].renews = at;
        self.queue.push(at, Event::Identity(place));
    }

    /// A kube-apiserver makes its Lease or renews it; what an earlier process left goes first. Leases that are over go, too.
    pub(crate) fn renew_identity(&mut self, place: usize) {
        if self.apiservers[place].renews != self.now || !self.apiservers[place].running {
            return;
        }
        let name = self.identity_of(place);
        let found = self.api.store.applied().find(kinds::LEASE, NAMESPACE, &name).map(|lease| lease.tree.clone());
        let ready = self.etcd.leader().is_some() && self.api.store.applied().find(kinds::NAMESPACE, "", NAMESPACE).is_some();
        match (found, self.apiservers[place].identity.is_empty()) {
            _ if !ready => return self.next_identity(place, RENEW),
            (Some(_), true) => {
                self.write_lease(place, Request::about(Verb::Delete, kinds::LEASE, NAMESPACE, name));
                return self.next_identity(place, AGAIN);
            }
            (Some(mut lease), false) => {
                lease.set(&["spec", "renewTime"], self.now.rfc3339_micro());
                self.write_lease(place, Request::about(Verb::Update, kinds::LEASE, NAMESPACE, name).body(lease));
            }
            (None, _) => {
                let lease = self.new_lease(place, &name);
                self.write_lease(place, Request::about(Verb::Create, kinds::LEASE, NAMESPACE, "").body(lease));
            }
        }
        self.end_identities(place);
        self.expire_events(place, RENEW);
        self.next_identity(place, RENEW);
    }

    fn new_lease(&mut self, place: usize, name: &Text) -> Tree {
        let mut rng = Rng::stream(self.seed ^ self.now.0, name);
        let holder = Text::from(format!("{name}_{}", simcore::uid(&mut rng)));
        let host = &self.hosts[self.apiservers[place].host];
        let labels = map! {"apiserver.kubernetes.io/identity": "kube-apiserver", "kubernetes.io/hostname": host.name.as_str()};
        let annotations = map! {"kubernetes.io/peer-advertise-address": format!("{}:6443", host.address)};
        let spec = map! {
            "holderIdentity": holder.clone(), "leaseDurationSeconds": LASTS as i64, "renewTime": self.now.rfc3339_micro(),
        };
        self.apiservers[place].identity = holder;
        map! {
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": map! {"name": name.as_str(), "namespace": NAMESPACE, "annotations": annotations, "labels": labels},
            "spec": spec,
        }
    }

    /// Servers that have been away for longer than their Lease lasts.
    fn end_identities(&mut self, place: usize) {
        let over: Vec<Text> = (0..self.apiservers.len())
            .filter(|other| *other != place)
            .map(|other| self.identity_of(other))
            .filter(|name| {
                let lease = self.api.store.applied().find(kinds::LEASE, NAMESPACE, name);
                let renewed = lease.and_then(|lease| Time::parse(lease.spec().get("renewTime").text()));
                renewed.is_some_and(|at| at + Duration::secs(LASTS) < self.now)
            })
            .collect();
        over.into_iter().for_each(|name| self.write_lease(place, Request::about(Verb::Delete, kinds::LEASE, NAMESPACE, name)));
    }

    fn write_lease(&mut self, place: usize, mut request: Request) {
        request.user = User { name: Text::new_static("system:apiserver"), groups: vec![Text::new_static("system:masters")] };
        request.origin.actor = Text::new_static("kube-apiserver");
        self.submit(Caller::Server(place), Ticket::UNASKED, &request);
    }

    /// `apiserver-` and 26 letters and digits of base 32 that depend on the host's name alone.
    fn identity_of(&self, place: usize) -> Text {
        let mut rng = Rng::stream(0, &self.hosts[self.apiservers[place].host].name);
        let digits = (0..26).map(|_| char::from(b"abcdefghijklmnopqrstuvwxyz234567"[rng.below(32) as usize]));
        Text::from(format!("apiserver-{}", digits.collect::<String>()))
    }
}

//! All policies of a view, and the Pods that they are about; kept up to date change by change.
use super::member::{Member, Peer};
use super::rule::Policy;
use apiserver::{Change, Snapshot};
use objects::{Key, Object, Text, Tree, kinds};
use std::net::IpAddr;
use std::sync::Arc;

/// Cheap to copy: lists of pointers behind pointers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policies {
    /// Ordered by namespace and name.
    policies: Arc<Vec<Arc<Policy>>>,
    /// Ordered by address, each address once.
    members: Arc<Vec<Arc<Member>>>,
    /// Addresses of nodes, ordered.
    nodes: Arc<Vec<(IpAddr, Text)>>,
}

impl Policies {
    /// Reads everything anew.
    pub fn compile(view: &Snapshot) -> Policies {
        let policies: Vec<Arc<Policy>> = view.list(kinds::NETWORK_POLICY).map(|object| Arc::new(Policy::of(object))).collect();
        let mut all = Policies { policies: Arc::new(policies), ..Policies::default() };
        for pod in view.list(kinds::POD) {
            all.pod(view, None, Some(pod));
        }
        for node in view.list(kinds::NODE) {
            all.node(&node.key, Some(node));
        }
        all
    }

    /// Whether a change can make a difference.
    pub fn interested(change: &Change) -> bool {
        matches!(change.key.kind, kinds::NETWORK_POLICY | kinds::NAMESPACE | kinds::POD | kinds::NODE)
    }

    /// Takes over one change; `view` is the state that it belongs to.
    pub fn update(&mut self, view: &Snapshot, change: &Change) {
        let (before, after) = (change.before.as_deref(), change.after.as_deref());
        match change.key.kind {
            kinds::NETWORK_POLICY => self.policy(&change.key, after),
            kinds::NAMESPACE => self.namespace(&change.key.name, before, after),
            kinds::POD => self.pod(view, before, after),
            kinds::NODE => self.node(&change.key, after),
            _ => {}
        }
    }

    /// Who has this address. Pods in a node's network are that node.
    pub fn peer(&self, address: IpAddr) -> Peer {
        if let Ok(at) = self.place(address) {
            return Peer::Pod(self.members[at].clone());
        }
        self.nodes.iter().find(|node| node.0 == address).map_or(Peer::Outside, |node| Peer::Node(node.1.clone()))
    }

    /// How many policies there are.
    pub fn len(&self) -> usize {
        self.policies.len()
    }

    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    pub(super) fn members(&self) -> &[Arc<Member>] {
        &self.members
    }

    fn place(&self, address: IpAddr) -> Result<usize, usize> {
        self.members.binary_search_by(|member| member.address.cmp(&address))
    }

    fn policy(&mut self, key: &Key, after: Option<&Object>) {
        let new = after.map(|object| Arc::new(Policy::of(object)));
        let found = self.policies.binary_search_by(|one| (&one.namespace, &one.name).cmp(&(&key.namespace, &key.name)));
        match (found, new) {
            (Ok(at), Some(new)) if *self.policies[at] == *new => return,
            (Ok(at), Some(new)) => Arc::make_mut(&mut self.policies)[at] = new,
            (Ok(at), None) => drop(Arc::make_mut(&mut self.policies).remove(at)),
            (Err(at), Some(new)) => Arc::make_mut(&mut self.policies).insert(at, new),
            (Err(_), None) => return,
        }
        self.renew(&key.namespace, None);
    }

    fn namespace(&mut self, name: &str, before: Option<&Object>, after: Option<&Object>) {
        const NONE: &Tree = &Tree::Null;
        let (was, is) = (before.map_or(NONE, Object::labels), after.map_or(NONE, Object::labels));
        if was != is {
            self.renew(name, Some(is));
        }
    }

    /// Asks for the Pods of one namespace anew which policies are about them.
    fn renew(&mut self, namespace: &str, labels: Option<&Tree>) {
        let policies = self.policies.clone();
        let own = of_namespace(&policies, namespace);
        for member in Arc::make_mut(&mut self.members).iter_mut().filter(|member| member.namespace == namespace) {
            let labels = labels.unwrap_or(&member.namespace_labels);
            *member = Arc::new(member.renewed(labels, own));
        }
    }

    fn pod(&mut self, view: &Snapshot, before: Option<&Object>, after: Option<&Object>) {
        let Some(object) = after.or(before) else { return };
        if let (Some(before), Some(after)) = (before, after)
            && same(before, after)
        {
            return;
        }
        let gone = before.and_then(|pod| pod.status().get("podIP").text().parse().ok()).and_then(|address| self.place(address).ok());
        if let Some(at) = gone.filter(|at| self.members[*at].name == object.key.name && self.members[*at].namespace == object.key.namespace)
        {
            Arc::make_mut(&mut self.members).remove(at);
        }
        let Some(pod) = after else { return };
        const NONE: &Tree = &Tree::Null;
        let namespace = &pod.key.namespace;
        let labels = view.find(kinds::NAMESPACE, "", namespace).map_or(NONE, |namespace| namespace.labels());
        let Some(member) = Member::of(pod, labels, of_namespace(&self.policies, namespace)) else { return };
        let (place, member) = (self.place(member.address), Arc::new(member));
        match place {
            Ok(at) => Arc::make_mut(&mut self.members)[at] = member,
            Err(at) => Arc::make_mut(&mut self.members).insert(at, member),
        }
    }

    fn node(&mut self, key: &Key, after: Option<&Object>) {
        let listed = after.map_or(&[][..], |node| node.status().get("addresses").items());
        let new: Vec<IpAddr> = listed.iter().filter_map(|entry| entry.get("address").text().parse().ok()).collect();
        let mut old = self.nodes.iter().filter(|node| node.1 == key.name).map(|node| node.0);
        if old.by_ref().eq(new.iter().copied()) {
            return;
        }
        let nodes = Arc::make_mut(&mut self.nodes);
        nodes.retain(|node| node.1 != key.name);
        nodes.extend(new.into_iter().map(|address| (address, key.name.clone())));
        nodes.sort_by(|a, b| a.1.cmp(&b.1));
    }
}

/// The policies of one namespace.
fn of_namespace<'a>(all: &'a [Arc<Policy>], namespace: &str) -> &'a [Arc<Policy>] {
    let from = all.partition_point(|policy| policy.namespace.as_str() < namespace);
    let to = from + all[from..].partition_point(|policy| policy.namespace == namespace);
    &all[from..to]
}

/// Whether two versions of a Pod differ in nothing that is asked here.
fn same(before: &Object, after: &Object) -> bool {
    before.status().get("podIP") == after.status().get("podIP")
        && before.is_finished() == after.is_finished()
        && before.labels().same(after.labels())
        && before.spec().same(after.spec())
}

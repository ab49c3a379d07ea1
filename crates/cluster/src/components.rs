//! `kubectl get componentstatuses`: what a kube-apiserver hears when it asks the health of its neighbours.
use crate::world::World;
use apiserver::store::Write;
use apiserver::{ApiServer, Outcome, Snapshot, Store};
use objects::wire::{Body, Request, Response, Target, Verb};
use objects::{Key, Tree, kinds, list, map};

impl World {
    /// The answer where a request reads ComponentStatuses: they are stored nowhere and made for each who asks.
    pub(crate) fn component_statuses(&self, server: usize, request: &Request) -> Option<Outcome> {
        let Target::Resource { resource, .. } = &request.target else { return None };
        if !resource.is(kinds::COMPONENT_STATUS) || !matches!(request.verb, Verb::Get | Verb::List) {
            return None;
        }
        let mut store = Store::holding(Snapshot::empty(0));
        for (name, why) in self.healths(server) {
            let key = Key::new(kinds::COMPONENT_STATUS, "", name);
            store.append(self.now, Write::Put { key, tree: status(name, why) }, None);
        }
        let mut api = ApiServer::new(0);
        api.store = Store::holding(store.tail().clone());
        Some(match api.handle(self.now, request) {
            Outcome::Now(Response { body: Body::Tree(tree), code, warnings }) => {
                Outcome::Now(Response { body: Body::Tree(unstored(tree)), code, warnings })
            }
            other => other,
        })
    }

    /// The three that are asked, on the kube-apiserver's own host, with what is wrong.
    fn healths(&self, server: usize) -> [(&'static str, Option<String>); 3] {
        let host = self.apiservers[server].host;
        let refused = |process: &str, port: u16| {
            let runs = self.parts.iter().any(|part| part.host == host && part.process() == process && part.running);
            let words = format!("Get \"https://127.0.0.1:{port}/healthz\": dial tcp 127.0.0.1:{port}: connect: connection refused");
            (!runs).then_some(words)
        };
        let leads = self.etcd.nodes.get(self.member_behind(server)).is_some_and(|node| node.has_leader());
        [
            ("scheduler", refused("kube-scheduler", 10259)),
            ("controller-manager", refused("kube-controller-manager", 10257)),
            ("etcd-0", (!leads).then(|| "context deadline exceeded".to_string())),
        ]
    }
}

/// What is stored nowhere has no version.
fn unstored(mut tree: Tree) -> Tree {
    let bare = |mut one: Tree| {
        let name = one.at(&["metadata", "name"]).clone();
        one.set(&["metadata"], map! {"name": name});
        one
    };
    match tree.get("kind").text() {
        "ComponentStatus" => bare(tree),
        "ComponentStatusList" => {
            let items: Vec<Tree> = tree.get("items").items().iter().cloned().map(bare).collect();
            tree.set(&["items"], items);
            tree
        }
        _ => tree,
    }
}

fn status(name: &str, why: Option<String>) -> Tree {
    let healthy = if why.is_none() { "True" } else { "False" };
    let condition = map! {"type": "Healthy", "status": healthy, "message": why.unwrap_or_else(|| "ok".to_string())};
    map! {"apiVersion": "v1", "kind": "ComponentStatus", "metadata": map! {"name": name}, "conditions": list![condition]}
}

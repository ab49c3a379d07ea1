//! NetworkPolicies: a row is one line of a matrix, what one source reaches at one port. Also holds against each other
//! what is compiled anew and what was kept up to date.
use super::Row;
use apiserver::{ApiServer, Change, Outcome};
use dataplane::network::Protocol;
use dataplane::network::policy::{End, Peer, Policies};
use objects::wire::{Request, Resource, Target, Verb};
use objects::{KindId, Text, Tree, kinds, list, map};
use serde_json::Value;
use simcore::Time;
use std::path::Path;

/// A cluster of Pods without kubelets: objects only.
#[derive(Clone)]
struct Stage {
    api: ApiServer,
    policies: Policies,
}

/// Every line of every matrix of a file.
pub fn rows(table: &Value, _: &Path) -> Result<Vec<Row>, String> {
    let cluster = tree(&table["cluster"]);
    let stage = Stage::set(&cluster)?;
    let ends = ends(&cluster, &stage)?;
    let probes: Vec<(u16, Protocol)> = cluster.get("probes").items().iter().filter_map(probe).collect();
    let mut rows = Vec::new();
    for case in table["cases"].as_array().ok_or("no cases")? {
        judge(case, &stage, &ends, &probes, &mut rows);
    }
    Ok(rows)
}

fn tree(value: &Value) -> Tree {
    Tree::from_json(&value.to_string()).unwrap_or_default()
}

fn probe(item: &Tree) -> Option<(u16, Protocol)> {
    let [port, protocol] = item.items() else { return None };
    Some((u16::try_from(port.as_int()?).ok()?, Protocol::parse(protocol.text())?))
}

fn judge(case: &Value, stage: &Stage, ends: &[(String, std::net::IpAddr)], probes: &[(u16, Protocol)], rows: &mut Vec<Row>) {
    let mut stage = stage.clone();
    let refused: Vec<String> = tree(&case["policies"]).items().iter().filter_map(|policy| stage.apply(policy).err()).collect();
    let here: Vec<End> = ends.iter().map(|(_, address)| End { peer: stage.policies.peer(*address), address: *address }).collect();
    let got = stage.policies.matrix(&here, probes);
    let anew = Policies::compile(stage.api.store.applied()) == stage.policies;
    for (at, probe) in probes.iter().enumerate() {
        for (place, (source, _)) in ends.iter().enumerate() {
            let got = match (refused.first(), anew) {
                (Some(words), _) => words.clone(),
                (None, false) => "kept up to date it is not what it is when compiled anew".to_string(),
                (None, true) => got[at][place].clone(),
            };
            rows.push(Row {
                name: format!("{}: from {source} to port {}/{}", case["name"].as_str().unwrap_or(""), probe.0, probe.1.word()),
                wanted: case["matrix"][at][place].as_str().unwrap_or("").to_string(),
                got,
            });
        }
    }
}

/// Pods in their order, then the outside.
fn ends(cluster: &Tree, stage: &Stage) -> Result<Vec<(String, std::net::IpAddr)>, String> {
    let mut all = Vec::new();
    for pod in cluster.get("pods").items() {
        all.push((format!("{}/{}", pod.get("namespace").text(), pod.get("name").text()), address(pod)?));
    }
    if let Some((name, _)) = all.iter().find(|(_, address)| !matches!(stage.policies.peer(*address), Peer::Pod(_))) {
        return Err(format!("{name} has no address"));
    }
    for outside in cluster.get("external").items() {
        all.push((outside.get("name").text().to_string(), address(outside)?));
    }
    Ok(all)
}

fn address(item: &Tree) -> Result<std::net::IpAddr, String> {
    item.get("ip").text().parse().map_err(|_| format!("no address: {}", item.to_json()))
}

impl Stage {
    fn set(cluster: &Tree) -> Result<Stage, String> {
        let mut stage = Stage { api: ApiServer::new(1), policies: Policies::default() };
        for (name, labels) in cluster.get("namespaces").entries() {
            stage.send(Verb::Create, kinds::NAMESPACE, "", "", map! {"metadata": map! {"name": name, "labels": labels}})?;
            stage.send(Verb::Create, kinds::SERVICE_ACCOUNT, name, "", map! {"metadata": map! {"name": "default"}})?;
        }
        for pod in cluster.get("pods").items() {
            stage.pod(pod)?;
        }
        Ok(stage)
    }

    fn pod(&mut self, pod: &Tree) -> Result<(), String> {
        let (namespace, name) = (pod.get("namespace").text(), pod.get("name").text());
        let port = |port: &Tree| map! {"name": port.get("name"), "containerPort": port.get("port"), "protocol": port.get("protocol")};
        let ports: Vec<Tree> = pod.get("ports").items().iter().map(port).collect();
        let body = map! {
            "metadata": map! {"name": name, "labels": pod.get("labels")},
            "spec": map! {"nodeName": "worker-1", "containers": list![map! {"name": "main", "image": "nginx:1.27", "ports": ports}]},
        };
        let mut made = self.send(Verb::Create, kinds::POD, namespace, "", body)?;
        made.set(&["status"], map! {"phase": "Running", "podIP": pod.get("ip"), "podIPs": list![map! {"ip": pod.get("ip")}]});
        self.send(Verb::Update, kinds::POD, namespace, name, made).map(drop)
    }

    /// As a client does: checked against the schema, completed, validated.
    fn apply(&mut self, policy: &Tree) -> Result<(), String> {
        let namespace = policy.at(&["metadata", "namespace"]).text().to_string();
        self.send(Verb::Create, kinds::NETWORK_POLICY, &namespace, "", policy.clone()).map(drop)
    }

    fn send(&mut self, verb: Verb, kind: KindId, namespace: &str, name: &str, mut body: Tree) -> Result<Tree, String> {
        let row = kind.row();
        body.set(&["apiVersion"], row.api_version());
        body.set(&["kind"], row.kind);
        let part = if verb == Verb::Update { "status" } else { "" };
        let mut request = Request::about(verb, kind, Text::new(namespace), Text::new(name)).body(body);
        request.target = Target::Resource {
            resource: Resource::Named { group: row.group.into(), version: row.version.into(), plural: row.plural.into() },
            namespace: namespace.into(),
            name: name.into(),
            subresource: part.into(),
        };
        request.options.field_validation = "Strict".to_string();
        let seen = self.api.store.applied().revision();
        let (Outcome::Now(response) | Outcome::When { response, .. }) = self.api.handle(Time::START, &request) else {
            return Err("not a matter of a node".to_string());
        };
        self.api.store.begin_sync();
        self.api.store.end_sync();
        let view = self.api.store.applied().clone();
        let changes: Vec<&Change> = self.api.store.since(seen).into_iter().flatten().collect();
        changes.into_iter().for_each(|change| self.policies.update(&view, change));
        if response.is_ok() { Ok(response.tree().clone()) } else { Err(response.tree().get("message").text().to_string()) }
    }
}

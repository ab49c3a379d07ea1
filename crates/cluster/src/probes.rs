//! What still works: eight functions of a cluster, each asked by a small probe in a copy of the world.
use crate::event::Caller;
use crate::traffic::fabric::{Client, number};
use crate::world::World;
use apiserver::client::Ticket;
use dataplane::network::{Ask, Url};
use objects::wire::{Request, Verb};
use objects::{Object, Text, kinds, map};
use simcore::{Duration, Time};

/// One line of the check list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HealthRow {
    /// One of `IDS`.
    pub id: String,
    pub works: bool,
    /// Since when it is so, as far as it was asked for; virtual microseconds.
    pub since: u64,
    /// Empty while it works; otherwise a word and whom it is about: `no-leader kube-scheduler`, `no-power worker-1`,
    /// `no-answer kube-apiserver`, `no-quorum etcd`, `unreachable default/web`, `no-name worker-2`, `no-node`.
    pub why: String,
}

parcel::record!(HealthRow { id, works, since, why });

/// The functions, in the order of their rows.
pub const IDS: [&str; 8] = ["running-pods", "service-traffic", "dns", "self-healing", "scheduling", "kubectl", "scaling", "node-failures"];

/// A probe as a pure question to a copy of the world; an error is the row's `why`.
type Probe = fn(&mut World) -> Result<(), String>;

static PROBES: [Probe; 8] = [running_pods, service_traffic, dns, self_healing, scheduling, kubectl, scaling, node_failures];

/// The check list as it was last seen, so that each row knows since when it is so.
#[derive(Clone, Debug, Default)]
pub struct Checklist {
    rows: Vec<HealthRow>,
}

impl Checklist {
    /// Asks all probes. The world itself is not touched.
    pub fn look(&mut self, world: &World) -> &[HealthRow] {
        let now = world.now().0;
        // Probes about requests run a copy on; the others only look.
        let mut copy = world.clone();
        let rows = IDS.iter().zip(PROBES).map(|(id, probe)| {
            let why = probe(&mut copy).err().unwrap_or_default();
            HealthRow { id: id.to_string(), works: why.is_empty(), since: now, why }
        });
        let mut rows: Vec<HealthRow> = rows.collect();
        for row in &mut rows {
            let before = self.rows.iter().find(|old| old.id == row.id && old.works == row.works && old.since <= now);
            row.since = before.map_or(now, |old| old.since);
        }
        self.rows = rows;
        &self.rows
    }
}

/// How long a client outside waits before it calls the API silent: an answer takes some milliseconds, and a load
/// balancer five seconds to turn to another machine.
const PATIENCE: Duration = Duration::secs(6);
/// Tickets of probes; far from any other client's.
const TICKET: u64 = 1 << 61;
/// No more Services, and connections to each, than this are tried from a node: enough that one with dead Pods behind it
/// hardly ever looks whole by luck.
const SERVICES: usize = 6;
const TRIES: usize = 12;

/// Whether every Pod that the API calls running has a machine under it.
fn running_pods(world: &mut World) -> Result<(), String> {
    let dead = world.hosts().iter().find(|host| {
        let mut pods = world.api.store.applied().pods_on(&host.name);
        !host.powered && pods.any(|pod| pod.status().get("phase").text() == "Running" && !pod.is_deleting())
    });
    dead.map_or(Ok(()), |host| Err(format!("no-power {}", host.name)))
}

/// Opens connections to Services from every worker that is there.
fn service_traffic(world: &mut World) -> Result<(), String> {
    let services: Vec<(String, Ask)> =
        world.api.store.applied().list(kinds::SERVICE).filter_map(|found| asked(found)).take(SERVICES).collect();
    for host in workers(world) {
        for (name, ask) in &services {
            for _ in 0..TRIES {
                world.walk(&Client::Node(host), ask).end.map_err(|_| format!("unreachable {name}"))?;
            }
        }
    }
    Ok(())
}

/// A Service that Pods stand behind, and a request to its first port.
fn asked(service: &Object) -> Option<(String, Ask)> {
    let (spec, key) = (service.spec(), &service.key);
    let port = spec.get("ports").items().first().filter(|port| port.get("protocol").text() != "UDP")?.get("port").as_int()?;
    let address = spec.get("clusterIP").text();
    let usable = !spec.get("selector").is_empty() && number(address).is_some() && key.namespace != "kube-system";
    let url = Url::parse(&format!("http://{address}:{port}/")).filter(|_| usable)?;
    let limit = Duration::secs(5);
    Some((format!("{}/{}", key.namespace, key.name), Ask { limit, connect_limit: limit, ..Ask::get(url) }))
}

/// Lets a Pod of each worker that is there look up a name of the cluster.
fn dns(world: &mut World) -> Result<(), String> {
    let view = world.api.store.applied().clone();
    for host in workers(world) {
        let name = world.hosts()[host].name.clone();
        let client = view.pods_on(&name).find_map(|pod| client(world, host, pod));
        let Some(client) = client else { continue };
        world.resolve(&client, "kubernetes.default.svc.cluster.local.").end.map_err(|_| format!("no-name {name}"))?;
    }
    Ok(())
}

/// A running Pod that asks the cluster's name server.
fn client(world: &World, host: usize, pod: &Object) -> Option<Client> {
    let own = pod.spec().get("hostNetwork").is_true() || pod.spec().get("dnsPolicy").text() == "Default";
    let (uid, address) = (pod.uid_text(), number(pod.status().get("podIP").text()).filter(|_| !own)?);
    let client = Client::Pod { host, uid, address };
    world.resolv_of(&client).map(|_| client)
}

/// Whether lost Pods are replaced: somebody makes new ones, somebody places them, a node can start them.
fn self_healing(world: &mut World) -> Result<(), String> {
    leader(world, "kube-controller-manager")?;
    scheduling(world)
}

fn scheduling(world: &mut World) -> Result<(), String> {
    leader(world, "kube-scheduler")?;
    let view = world.api.store.applied();
    let able = |host: &usize| {
        let ready = view.find(kinds::NODE, "", &world.hosts()[*host].name).is_some_and(|node| is_ready(node));
        ready && world.kubelet_of(*host).is_some_and(|kubelet| kubelet.is_running() && kubelet.has_runtime())
    };
    if workers(world).iter().any(able) { Ok(()) } else { Err("no-node".to_string()) }
}

fn is_ready(node: &Object) -> bool {
    let mut conditions = node.status().get("conditions").items().iter();
    conditions.any(|found| found.get("type").text() == "Ready" && found.get("status").text() == "True")
}

/// Reads and writes as a client from outside.
fn kubectl(world: &mut World) -> Result<(), String> {
    let name = format!("probe-{}", world.now().0);
    let body = map! {"apiVersion": "v1", "kind": "ConfigMap", "metadata": map! {"name": name.as_str(), "namespace": "kube-public"}};
    let read = Request::about(Verb::List, kinds::NAMESPACE, "", "");
    let write = Request::about(Verb::Create, kinds::CONFIG_MAP, "kube-public", "").body(body);
    for (number, mut request) in [(0, read), (1, write)] {
        request.user.name = Text::new_static("kubernetes-admin");
        request.user.groups = vec![Text::new_static("system:masters")];
        let ticket = Ticket(TICKET + number);
        world.submit(Caller::Client, ticket, &request);
        let limit: Time = world.now() + PATIENCE;
        let answer = |world: &World| world.answers.iter().find(|(other, _)| *other == ticket).map(|(_, response)| response.code);
        world.run_while(limit, |world| answer(world).is_some());
        match answer(world) {
            Some(code) if code != 0 && code < 500 => {}
            _ if !world.is_serving() => return Err("no-answer kube-apiserver".to_string()),
            _ if !world.has_quorum() => return Err("no-quorum etcd".to_string()),
            _ => return Err("no-answer kube-apiserver".to_string()),
        }
    }
    Ok(())
}

fn scaling(world: &mut World) -> Result<(), String> {
    self_healing(world)?;
    kubectl(world)
}

fn node_failures(world: &mut World) -> Result<(), String> {
    leader(world, "kube-controller-manager")
}

/// Whether a process of this name holds its lease and can do something with it.
fn leader(world: &World, process: &str) -> Result<(), String> {
    if !world.is_serving() {
        return Err("no-answer kube-apiserver".to_string());
    }
    if !world.has_quorum() {
        return Err("no-quorum etcd".to_string());
    }
    let leads = |id: usize| world.parts[id].process() == process && world.parts[id].leads() == Some(true) && world.reaches(id);
    if (0..world.parts.len()).any(leads) { Ok(()) } else { Err(format!("no-leader {process}")) }
}

/// Workers with power and a link; all machines where there are no workers. A server that has not joined yet is nobody's worker.
fn workers(world: &World) -> Vec<usize> {
    let hosts = world.hosts();
    let alone = hosts.iter().all(|host| host.control_plane);
    let view = world.api.store.applied();
    let joined = |at: usize| !world.began_bare() || view.find(kinds::NODE, "", &hosts[at].name).is_some();
    let up = |at: &usize| hosts[*at].powered && hosts[*at].connected && (alone || !hosts[*at].control_plane) && joined(*at);
    (0..hosts.len()).filter(up).collect()
}

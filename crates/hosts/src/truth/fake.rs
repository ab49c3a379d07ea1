//! A small stand-in for a cluster: objects by name, static Pods that the kubelet starts, etcd members. For tests and truth only.
use crate::Machine;
use crate::kubeadm::signature;
use crate::machine::units::State;
use crate::outside::{Answer, EtcdAsk, EtcdMember, Nothing, Outside, Page, Probe, Supervisor};
use crate::pki::{Certificate, LEAF};
use crate::{k3s, web};
use objects::wire::{Request, Resource, Response, Target, Verb};
use objects::{Status, Text, Tree, base64, list, map, yaml};
use simcore::{Duration, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// `(plural, namespace, name)`
type Key = (String, String, String);

/// Ports of static Pods' programs.
const PORTS: [(&str, &[u16]); 4] =
    [("etcd", &[2379, 2380]), ("kube-apiserver", &[6443]), ("kube-controller-manager", &[10_257]), ("kube-scheduler", &[10_259])];

/// The world around the servers of a recording.
#[derive(Clone, Debug, Default)]
pub struct Fake {
    objects: BTreeMap<Key, Tree>,
    /// Addresses at which an API server answers.
    serving: Vec<String>,
    members: Vec<EtcdMember>,
    pub pulls: bool,
    /// Whether web servers of the Internet answer.
    pub internet: bool,
    /// What K3s servers tell, by address; those that are cut off tell nothing.
    supervisors: BTreeMap<String, Arc<Supervisor>>,
    pub cut: Vec<String>,
    /// The kubelet ends again and again.
    pub kubelet_broken: bool,
    /// A new etcd never starts.
    pub etcd_broken: bool,
    /// When the last etcd that was started serves its clients.
    etcd_ready: Time,
    nothing: Nothing,
}

impl Fake {
    pub fn new() -> Fake {
        Fake { pulls: true, ..Fake::default() }
    }

    /// What a kubelet that runs does with its manifests, and what the signer does with tokens.
    pub fn settle(&mut self, machine: &mut Machine, at: Time) {
        self.expire(at);
        self.settle_k3s(machine);
        if self.kubelet_broken && machine.unit("kubelet").is_some_and(|unit| unit.state == State::Active) {
            machine.stop_unit(at, "kubelet");
            machine.alter_unit("kubelet", |unit| unit.state = State::Restarting);
        }
        let runs = machine.unit("kubelet").is_some_and(|unit| unit.state == State::Active) && !self.kubelet_broken;
        let broken = self.etcd_broken;
        for (name, ports) in PORTS.iter().filter(|(name, _)| runs && !(*name == "etcd" && broken)) {
            let text = machine.files.read(&format!("/etc/kubernetes/manifests/{name}.yaml")).unwrap_or_default();
            if text.is_empty() || text.contains("no-such-flag") {
                continue;
            }
            if machine.process(name).is_some() {
                self.mirror(machine, name, &text);
                continue;
            }
            self.mirror(machine, name, &text);
            let pid = machine.spawn(at, "root", 1, name);
            ports.iter().for_each(|port| machine.listen(pid, "*", *port));
            if *name == "etcd" {
                machine.files.write("/var/lib/etcd/member/snap/db", "");
                self.etcd_ready = at + Duration::secs(6);
                let peer = Text::new(format!("https://{}:2380", machine.address()));
                self.members.iter_mut().filter(|one| one.peer == peer).for_each(|one| one.name = machine.name.clone());
                if !self.members.iter().any(|one| one.peer == peer) {
                    self.members.push(EtcdMember { id: 1 + self.members.len() as u64, name: machine.name.clone(), peer, learner: false });
                }
            }
            if *name == "kube-apiserver" && !self.serving.contains(&machine.address().to_string()) {
                self.serving.push(machine.address().to_string());
            }
        }
        if runs && machine.files.exists("/etc/kubernetes/kubelet.conf") && !self.serving.is_empty() {
            let pem = "/var/lib/kubelet/pki/kubelet-client-current.pem";
            if !machine.files.exists(pem) {
                machine.files.write(pem, "");
            }
            let name = machine.name.to_string();
            self.register(machine, &name);
        }
        if machine.process("kube-apiserver").is_none() && k3s::supervisor(machine).is_none() {
            self.serving.retain(|address| *address != machine.address());
        }
    }

    /// The kubelet's own credentials, for the server that it was told to ask first.
    fn bootstrap(&self, machine: &mut Machine, path: &str) {
        let told = machine.files.read("/etc/kubernetes/bootstrap-kubelet.conf").unwrap_or_default();
        let server = told.lines().find_map(|line| line.trim().strip_prefix("server: ")).unwrap_or("").to_string();
        let pem = "/var/lib/kubelet/pki/kubelet-client-current.pem";
        let certificate = Certificate {
            subject: format!("O = system:nodes, CN = system:node:{}", machine.name),
            issuer: "CN = kubernetes".into(),
            not_before: Time::START,
            not_after: Time::START + LEAF,
            authority: false,
            names: Vec::new(),
            usages: vec!["TLS Web Client Authentication".into()],
            key: "0".repeat(64),
            signer: String::new(),
        };
        machine.files.write_mode(pem, &certificate.pem(), 0o600);
        let login = map! {"client-certificate": pem, "client-key": pem};
        let cluster = map! {"cluster": map! {"server": server}, "name": "default-cluster"};
        let tree = map! {"apiVersion": "v1", "clusters": list![cluster], "kind": "Config", "users": list![map! {"name": "default-auth", "user": login}]};
        machine.files.write_mode(path, &yaml::write(&tree), 0o600);
    }

    /// What a K3s server of this machine makes of the cluster.
    fn settle_k3s(&mut self, machine: &Machine) {
        let address = machine.address().to_string();
        match k3s::supervisor(machine) {
            Some(told) => {
                self.supervisors.insert(address.clone(), told);
                if !self.serving.contains(&address) {
                    self.serving.push(address);
                }
            }
            None => {
                self.supervisors.remove(&address);
            }
        }
    }

    /// The node as its kubelet tells it.
    fn register(&mut self, machine: &Machine, name: &str) {
        let version = machine.program("kubelet").unwrap_or_default();
        let ready = map! {"type": "Ready", "status": "True"};
        let mut node = map! {"kind": "Node", "metadata": map! {"name": name}};
        node.set(&["status"], map! {"conditions": list![ready], "nodeInfo": map! {"kubeletVersion": version}});
        self.objects.entry(("nodes".into(), String::new(), name.to_string())).or_insert(node);
    }

    /// The mirror Pod of a static Pod.
    fn mirror(&mut self, machine: &Machine, name: &str, text: &str) {
        let Some(mut pod) = yaml::read(text).ok().and_then(|all| all.into_iter().next()).map(|one| one.tree) else { return };
        pod.set(&["metadata", "name"], format!("{name}-{}", machine.name));
        pod.set(&["metadata", "annotations", "kubernetes.io/config.hash"], signature(text, "", ""));
        pod.set(&["spec", "nodeName"], machine.name.clone());
        self.objects.insert(("pods".into(), "kube-system".into(), format!("{name}-{}", machine.name)), pod);
    }

    /// `/version`: that of the API server's image.
    fn version(&self) -> Tree {
        let pods = self.objects.iter().filter(|((plural, _, name), _)| plural == "pods" && name.starts_with("kube-apiserver"));
        let image = pods.map(|(_, pod)| pod.at(&["spec", "containers"]).items()[0].get("image").text()).next().unwrap_or("");
        map! {"gitVersion": image.rsplit_once(':').map_or("", |(_, tag)| tag)}
    }

    /// Tokens whose time is over go, and with them what they own.
    fn expire(&mut self, at: Time) {
        let over = |secret: &Tree| {
            let until = base64::decode_text(secret.at(&["data", "expiration"]).text()).unwrap_or_default();
            Time::parse(&until).is_some_and(|until| until < at)
        };
        self.objects.retain(|(plural, _, _), object| plural != "secrets" || !over(object));
    }

    /// cluster-info with a signature for each token that may sign.
    fn signed(&self, info: &Tree) -> Tree {
        let mut info = info.clone();
        let text = info.at(&["data", "kubeconfig"]).text().to_string();
        for ((plural, _, _), secret) in &self.objects {
            let field = |name: &str| base64::decode_text(secret.at(&["data", name]).text()).unwrap_or_default();
            if plural == "secrets" && field("usage-bootstrap-signing") == "true" {
                let id = field("token-id");
                info.set(&["data", &format!("jws-kubeconfig-{id}")], signature(&text, &id, &field("token-secret")));
            }
        }
        info
    }

    fn answer(&mut self, request: &Request) -> Response {
        if matches!(&request.target, Target::Path(path) if path == "/version") {
            return Response::ok(self.version());
        }
        let Target::Resource { resource: Resource::Named { plural, .. }, namespace, name, .. } = &request.target else {
            return Response::from(Status::bad_request("not here"));
        };
        let body = &request.body;
        let name = if name.is_empty() { body.at(&["metadata", "name"]).text() } else { name.as_str() };
        let key: Key = (plural.to_string(), namespace.to_string(), name.to_string());
        let there = self.objects.get(&key).cloned();
        let token = request.user.name.starts_with("system:bootstrap:");
        let readable = self.objects.contains_key(&("rolebindings".into(), namespace.to_string(), format!("kubeadm:{name}")));
        if token && plural == "secrets" && !readable {
            let words = format!(
                "User \"{}\" cannot get resource \"secrets\" in API group \"\" in the namespace \"{namespace}\"",
                request.user.name
            );
            return Response::from(Status::forbidden("secrets", name, &words));
        }
        match (request.verb, there) {
            (Verb::List, _) => {
                let items: Vec<Tree> = self
                    .objects
                    .iter()
                    .filter(|((kind, space, _), _)| *kind == key.0 && *space == key.1)
                    .map(|(_, one)| one.clone())
                    .collect();
                Response::ok(map! {"items": items})
            }
            (Verb::Create, Some(_)) => Response::from(Status::already_exists(plural, name)),
            (Verb::Create, None) | (Verb::Update, Some(_)) => {
                let mut body = body.clone();
                if plural == "jobs" {
                    body.set(&["status", "conditions"], list![map! {"type": "Complete"}]);
                }
                self.objects.insert(key, body.clone());
                Response::ok(body.clone())
            }
            (_, None) => Response::from(Status::not_found(plural, name)),
            (Verb::Delete, Some(object)) => {
                self.objects.remove(&key);
                Response::ok(object)
            }
            (Verb::Patch(_), Some(mut object)) => {
                object.set(&["metadata", "labels"], body.at(&["metadata", "labels"]).clone());
                self.objects.insert(key, object.clone());
                Response::ok(object)
            }
            (_, Some(object)) if name == "cluster-info" => Response::ok(self.signed(&object)),
            (_, Some(object)) => Response::ok(object),
        }
    }

    /// Takes an object away, as somebody else would.
    pub fn remove(&mut self, plural: &str, namespace: &str, name: &str) {
        self.objects.remove(&(plural.into(), namespace.into(), name.into()));
    }

    fn refused(&self, machine: &Machine, address: &str) -> String {
        let known = ["10.0.0.10", "10.0.0.11", "10.0.0.12"].contains(&address.split(':').next().unwrap_or(""));
        let why = if known || address.starts_with("127.") || address.starts_with(machine.address().as_str()) {
            "connection refused"
        } else {
            "no route to host"
        };
        format!("dial tcp {address}: connect: {why}")
    }
}

impl Outside for Fake {
    fn lookup(&mut self, machine: &Machine, at: Time, name: &str) -> Answer<Result<Vec<Text>, String>> {
        self.nothing.lookup(machine, at, name)
    }

    fn fetch(&mut self, machine: &Machine, at: Time, url: &str) -> Answer<Result<String, String>> {
        match web::page(url).filter(|_| self.internet) {
            Some(page) if page.code < 400 => Ok((Ok(page.body.to_string()), Duration::millis(120))),
            Some(page) => Ok((Err(format!("{} Not Found", page.code)), Duration::millis(120))),
            None => self.nothing.fetch(machine, at, url),
        }
    }

    fn page(&mut self, machine: &Machine, at: Time, url: &str) -> Answer<Result<Page, String>> {
        match web::page(url).filter(|_| self.internet) {
            // 100 Mbit/s.
            Some(page) => {
                let took = Duration::millis(120 + page.bytes / 12_500);
                Ok((Ok(page), took))
            }
            None => {
                let (answer, took) = self.nothing.fetch(machine, at, url)?;
                Ok((answer.map(|text| Page::text(&text)), took))
            }
        }
    }

    fn supervisor(&mut self, machine: &mut Machine, at: Time, server: &str) -> Answer<Result<Arc<Supervisor>, String>> {
        self.settle(machine, at);
        let address = server.trim_start_matches("https://");
        let host = address.split(':').next().unwrap_or("");
        if self.cut.iter().any(|one| one == host || *one == *machine.address()) {
            return Ok((Err(format!("dial tcp {address}: i/o timeout")), Duration::ZERO));
        }
        match self.supervisors.get(host) {
            Some(told) if address.ends_with(":6443") => Ok((Ok(told.clone()), Duration::millis(12))),
            _ => Ok((Err(self.refused(machine, address)), Duration::millis(1))),
        }
    }

    fn pull(&mut self, machine: &Machine, at: Time, image: &str) -> Answer<Result<(), String>> {
        if self.pulls { Ok((Ok(()), Duration::millis(1))) } else { self.nothing.pull(machine, at, image) }
    }

    fn api(&mut self, machine: &mut Machine, at: Time, server: &str, request: Request) -> Answer<Result<Response, String>> {
        self.settle(machine, at);
        let address = &server.trim_start_matches("https://").replace("127.0.0.1:", &format!("{}:", machine.address()));
        // The server of this host presents the certificate that lies here.
        let own = address.starts_with(&format!("{}:", machine.address()));
        let shown = machine.files.read("/etc/kubernetes/pki/apiserver.crt").filter(|_| own).and_then(|pem| Certificate::read(&pem));
        if let Some(Err(why)) = shown.map(|shown| shown.valid(machine.local(at))) {
            return Ok((Err(format!("tls: failed to verify certificate: {why}")), Duration::millis(2)));
        }
        let answers = address.strip_suffix(":6443").is_some_and(|host| self.serving.iter().any(|one| one == host));
        Ok((if answers { Ok(self.answer(&request)) } else { Err(self.refused(machine, address)) }, Duration::millis(2)))
    }

    fn wait(&mut self, machine: &mut Machine, at: Time, probe: &Probe, within: Duration) -> Answer<Result<(), String>> {
        self.settle(machine, at);
        let address = probe.url.split("://").nth(1).unwrap_or("").split('/').next().unwrap_or("").to_string();
        let port: u16 = address.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(0);
        // The members of other servers are well.
        if port == 2379 && !address.starts_with(&*machine.address()) && !address.starts_with("127.") {
            return Ok((Ok(()), Duration::micros(1_502)));
        }
        // A member that joins takes some seconds until it serves.
        if port == 2379 && at < self.etcd_ready {
            let why = "context deadline exceeded while waiting for connections to become ready".to_string();
            return Ok((Err(why), within));
        }
        let good = machine.port_taken(port) && !(port == 10_248 && self.kubelet_broken);
        let why = format!("Get \"{}\": {}", probe.url, self.refused(machine, &address));
        Ok(if good { (Ok(()), Duration::micros(1_502_562)) } else { (Err(why), within + Duration::micros(1_378)) })
    }

    fn wait_file(&mut self, machine: &mut Machine, at: Time, path: &str, within: Duration) -> Answer<Result<(), String>> {
        self.bootstrap(machine, path);
        self.settle(machine, at);
        Ok(if self.kubelet_broken { (Err(String::new()), within) } else { (Ok(()), Duration::millis(900)) })
    }

    fn etcd(&mut self, machine: &mut Machine, at: Time, _: &str, ask: &EtcdAsk) -> Answer<Result<Vec<EtcdMember>, String>> {
        self.settle(machine, at);
        match ask {
            EtcdAsk::Members => {}
            EtcdAsk::AddLearner { peer } => {
                let id = 0x6984_5494_0000_0000 + self.members.len() as u64;
                self.members.push(EtcdMember { id, name: Text::default(), peer: peer.clone(), learner: true });
            }
            EtcdAsk::Promote { id } => {
                let started = self.members.iter().any(|one| one.id == *id && !one.name.is_empty());
                if !started {
                    let why = "etcdserver: can only promote a learner member which is in sync with leader";
                    return Ok((Err(why.into()), Duration::millis(5)));
                }
                self.members.iter_mut().filter(|one| one.id == *id).for_each(|one| one.learner = false);
            }
            EtcdAsk::Remove { id } if !self.members.iter().any(|one| one.id != *id && !one.name.is_empty()) => {
                return Ok((Err("etcdserver: re-configuration failed due to not enough started members".into()), Duration::millis(5)));
            }
            EtcdAsk::Remove { id } => self.members.retain(|one| one.id != *id),
        }
        Ok((Ok(self.members.clone()), Duration::millis(5)))
    }
}

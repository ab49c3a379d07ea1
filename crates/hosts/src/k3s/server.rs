//! What a K3s server has on its disk: token, kubeconfig, database, and what it tells nodes that join.
use super::{DATA, KUBECONFIG, tls, token};
use crate::Machine;
use crate::machine::K3s;
use crate::machine::k3s::{Datastore, Phase};
use crate::outside::Supervisor;
use objects::{Text, base64, list, map, yaml};
use std::sync::Arc;

/// Settings that every server of a cluster must share. k3s-io/docs, installation/configuration.
pub fn shared(k3s: &K3s) -> Vec<(Text, Text)> {
    let switch = |name: &'static str| (Text::new_static(name), Text::new(k3s.switch(name).to_string()));
    vec![
        (Text::new_static("cluster-cidr"), k3s.cluster_cidr.clone()),
        (Text::new_static("cluster-dns"), k3s.cluster_dns.clone()),
        (Text::new_static("cluster-domain"), k3s.cluster_domain.clone()),
        switch("disable-cloud-controller"),
        switch("disable-helm-controller"),
        switch("disable-network-policy"),
        (Text::new_static("disable-servicelb"), Text::new(k3s.disabled.iter().any(|one| one == "servicelb").to_string())),
        switch("embedded-registry"),
        (Text::new_static("flannel-backend"), k3s.flannel.clone()),
        switch("secrets-encryption"),
        (Text::new_static("service-cidr"), k3s.service_cidr.clone()),
    ]
}

/// The password within the server's token; `None` before there is one.
pub fn password(machine: &Machine) -> Option<String> {
    let text = machine.files.read(&format!("{DATA}/server/token"))?;
    token::parse(text.trim()).ok().map(|parsed| parsed.password)
}

/// Writes the token files: server/token, and the links that agents' administrators know.
pub fn set_password(machine: &mut Machine, password: &str) {
    let hash = tls::authority_hash(machine);
    let folder = format!("{DATA}/server");
    machine.files.write_mode(&format!("{folder}/token"), &format!("{}\n", token::full(&hash, &format!("server:{password}"))), 0o600);
    machine.files.link(&format!("{folder}/node-token"), &format!("{folder}/token"));
    if machine.files.entry(&format!("{folder}/agent-token")).is_none() {
        machine.files.link(&format!("{folder}/agent-token"), &format!("{folder}/token"));
    }
    let (path, mark) = (seal(machine), format!("sealed with {}\n", token::brief(password)));
    if machine.files.read(&path).is_none_or(|text| !text.starts_with(&mark)) {
        machine.files.write_mode(&path, &mark, 0o600);
    }
}

/// What a cluster reset has made of this server's database.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Origin {
    /// The content of a snapshot; the number is the world's.
    Snapshot(u64),
    /// What it was, with this server as the only member.
    Reset,
}

impl Origin {
    /// The line in the file that stands for the database.
    pub fn line(self) -> String {
        match self {
            Origin::Snapshot(number) => format!("{RESTORED}{number}\n"),
            Origin::Reset => format!("{RESET}\n"),
        }
    }

    /// Reads it out of such a file.
    pub fn read(text: &str) -> Option<Origin> {
        text.lines().find_map(|line| match line.strip_prefix(RESTORED) {
            Some(number) => number.parse().ok().map(Origin::Snapshot),
            None => (line == RESET).then_some(Origin::Reset),
        })
    }
}

/// As `etcdutl` leaves it in a database that a snapshot was restored into.
const RESTORED: &str = "restored ";
const RESET: &str = "the only member";

/// What a reset made of the database, once: the first start after it knows.
pub fn take_origin(machine: &mut Machine) -> Option<Origin> {
    let path = seal(machine);
    let text = machine.files.read(&path)?;
    let origin = Origin::read(&text)?;
    let seal = text.lines().next().unwrap_or_default();
    machine.files.write_mode(&path, &format!("{seal}\n"), 0o600);
    Some(origin)
}

/// A token for agents alone.
pub fn set_agent_password(machine: &mut Machine, password: &str) {
    let (hash, path) = (tls::authority_hash(machine), format!("{DATA}/server/agent-token"));
    machine.files.remove(&path);
    machine.files.write_mode(&path, &format!("{}\n", token::full(&hash, &format!("node:{password}"))), 0o600);
}

/// The file that stands for the bootstrap data in the datastore, which the server's token seals.
pub fn seal(machine: &Machine) -> String {
    let etcd =
        machine.k3s.as_ref().is_some_and(|k3s| k3s.datastore == Datastore::Etcd) || machine.files.exists(&format!("{DATA}/server/db/etcd"));
    if etcd { format!("{DATA}/server/db/etcd/member/snap/db") } else { format!("{DATA}/server/db/state.db") }
}

/// Whether a server's disk holds a database of either kind.
pub fn has_database(machine: &Machine) -> bool {
    ["state.db", "etcd/member/snap/db"].iter().any(|file| machine.files.exists(&format!("{DATA}/server/db/{file}")))
}

/// Whether the datastore was sealed with another token than this password.
pub fn is_sealed_otherwise(machine: &Machine, password: &str) -> bool {
    let held = machine.files.read(&seal(machine));
    held.is_some_and(|text| !text.trim().is_empty() && text.lines().next() != Some(&format!("sealed with {}", token::brief(password))))
}

/// Writes the administrator's kubeconfig, owned by root and 0600 unless asked otherwise.
pub fn write_kubeconfig(machine: &mut Machine, k3s: &K3s) {
    let text = |path: String| machine.files.read(&path).map(|text| base64::encode(text.as_bytes())).unwrap_or_default();
    let authority = text(format!("{DATA}/server/tls/server-ca.crt"));
    let (certificate, key) = (text(format!("{DATA}/server/tls/client-admin.crt")), text(format!("{DATA}/server/tls/client-admin.key")));
    let server = format!("https://127.0.0.1:{}", k3s.port);
    let tree = map! {
        "apiVersion": "v1",
        "clusters": list![map! {"cluster": map! {"certificate-authority-data": authority, "server": server}, "name": "default"}],
        "contexts": list![map! {"context": map! {"cluster": "default", "user": "default"}, "name": "default"}],
        "current-context": "default",
        "kind": "Config",
        "preferences": map! {},
        "users": list![map! {"name": "default", "user": map! {"client-certificate-data": certificate, "client-key-data": key}}],
    };
    machine.files.write_mode(KUBECONFIG, &yaml::write(&tree), u16::from_str_radix(&k3s.kubeconfig_mode, 8).unwrap_or(0o600));
}

/// What the K3s server on this machine tells a node that joins; `None` while none runs or its port is not open yet.
pub fn supervisor(machine: &Machine) -> Option<Arc<Supervisor>> {
    let k3s = machine.k3s.as_ref().filter(|k3s| k3s.server && k3s.phase != Phase::Joining)?;
    let read = |path: String| machine.files.read(&path).map(|text| Text::new(text.trim())).unwrap_or_default();
    let agent = token::parse(&read(format!("{DATA}/server/agent-token"))).map(|parsed| parsed.password);
    let authorities = tls::AUTHORITIES.iter().flat_map(|(file, _)| ["crt", "key"].map(|end| format!("{file}.{end}")));
    let authorities = authorities.chain(["service.key".to_string()]);
    Some(Arc::new(Supervisor {
        address: k3s.node_ip.clone(),
        authority: machine.files.read(&format!("{DATA}/server/tls/server-ca.crt")).map(|text| Text::new(&*text)).unwrap_or_default(),
        authority_hash: Text::new(tls::authority_hash(machine)),
        server_password: Text::new(password(machine).unwrap_or_default()),
        agent_password: Text::new(agent.unwrap_or_default()),
        ready: k3s.phase == Phase::Running,
        etcd: k3s.datastore == Datastore::Etcd,
        shared: shared(k3s),
        authorities: authorities
            .map(|file| {
                let text = machine.files.read(&format!("{DATA}/server/tls/{file}")).map(|text| Text::new(&*text)).unwrap_or_default();
                (Text::new(&file), text)
            })
            .collect(),
    }))
}

//! The certificates of a K3s node: which there are, who signs them, how long they hold.
use super::DATA;
use crate::Machine;
use crate::machine::K3s;
use crate::pki::{AUTHORITY, Certificate, LEAF, private_key};
use simcore::Time;

/// An authority: its file below server/tls and its name before `@`.
pub const AUTHORITIES: [(&str, &str); 5] = [
    ("client-ca", "k3s-client-ca"),
    ("server-ca", "k3s-server-ca"),
    ("request-header-ca", "k3s-request-header-ca"),
    ("etcd/server-ca", "etcd-server-ca"),
    ("etcd/peer-ca", "etcd-peer-ca"),
];

/// A certificate of a server or an agent. k3s's pkg/daemons/control/deps and pkg/agent/config.
pub struct Row {
    /// `server/tls/client-admin`, below the data folder, without its end.
    pub file: &'static str,
    /// `NODE` stands for the node's name.
    pub subject: &'static str,
    pub groups: &'static str,
    pub authority: &'static str,
    pub usage: Usage,
    /// The name under which `k3s certificate` knows what it belongs to.
    pub service: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Usage {
    Client,
    Server,
    Both,
}

const fn row(
    file: &'static str,
    subject: &'static str,
    groups: &'static str,
    authority: &'static str,
    usage: Usage,
    service: &'static str,
) -> Row {
    Row { file, subject, groups, authority, usage, service }
}

/// In the order in which K3s writes them.
pub const ROWS: &[Row] = &[
    row("server/tls/client-admin", "system:admin", "system:masters", "client-ca", Usage::Client, "admin"),
    row("server/tls/client-supervisor", "system:k3s-supervisor", "system:masters", "client-ca", Usage::Client, "supervisor"),
    row("server/tls/client-controller", "system:kube-controller-manager", "", "client-ca", Usage::Client, "controller-manager"),
    row("server/tls/client-scheduler", "system:kube-scheduler", "", "client-ca", Usage::Client, "scheduler"),
    row("server/tls/client-kube-apiserver", "system:apiserver", "system:masters", "client-ca", Usage::Client, "api-server"),
    row("server/tls/client-kube-proxy", "system:kube-proxy", "", "client-ca", Usage::Client, "kube-proxy"),
    row("server/tls/client-k3s-controller", "system:k3s-controller", "", "client-ca", Usage::Client, "k3s-controller"),
    row("server/tls/client-k3s-cloud-controller", "k3s-cloud-controller-manager", "", "client-ca", Usage::Client, "cloud-controller"),
    row("server/tls/serving-kube-apiserver", "kube-apiserver", "", "server-ca", Usage::Server, "api-server"),
    row("server/tls/client-auth-proxy", "system:auth-proxy", "", "request-header-ca", Usage::Client, "auth-proxy"),
    row("server/tls/etcd/client", "etcd-client", "", "etcd/server-ca", Usage::Client, "etcd"),
    row("server/tls/etcd/server-client", "etcd-server", "", "etcd/server-ca", Usage::Both, "etcd"),
    row("server/tls/etcd/peer-server-client", "etcd-peer", "", "etcd/peer-ca", Usage::Both, "etcd"),
    row("agent/serving-kubelet", "NODE", "", "server-ca", Usage::Server, "kubelet"),
    row("agent/client-kubelet", "system:node:NODE", "system:nodes", "client-ca", Usage::Client, "kubelet"),
    row("agent/client-kube-proxy", "system:kube-proxy", "", "client-ca", Usage::Client, "kube-proxy"),
    row("agent/client-k3s-controller", "system:k3s-controller", "", "client-ca", Usage::Client, "k3s-controller"),
];

/// A key by chance: 64 hex digits.
pub fn key(machine: &mut Machine) -> String {
    (0..8).map(|_| format!("{:08x}", machine.chance.draw())).collect()
}

/// Writes the authorities of a new cluster, named by the second at which they are made.
pub fn make_authorities(machine: &mut Machine, at: Time) {
    let now = machine.local(at);
    let second = now.0 / 1_000_000;
    for (file, name) in AUTHORITIES {
        let path = format!("{DATA}/server/tls/{file}.crt");
        if machine.files.exists(&path) {
            continue;
        }
        let (key, subject) = (key(machine), format!("CN = {name}@{second}"));
        let certificate = Certificate {
            issuer: subject.clone(),
            subject,
            not_before: now,
            not_after: now + AUTHORITY,
            authority: true,
            names: Vec::new(),
            usages: Vec::new(),
            signer: key.clone(),
            key: key.clone(),
        };
        machine.files.write_mode(&path, &certificate.pem(), 0o644);
        machine.files.write_mode(&format!("{DATA}/server/tls/{file}.key"), &private_key(&key), 0o600);
    }
    let key = key(machine);
    if !machine.files.exists(&format!("{DATA}/server/tls/service.key")) {
        machine.files.write_mode(&format!("{DATA}/server/tls/service.key"), &private_key(&key), 0o600);
    }
}

/// An authority's certificate, from the server's files or from those that an agent was given.
pub fn authority(machine: &Machine, file: &str) -> Option<Certificate> {
    let read = |path: String| machine.files.read(&path).and_then(|text| Certificate::read(&text));
    let name = file.rsplit('/').next().unwrap_or(file);
    read(format!("{DATA}/server/tls/{file}.crt")).or_else(|| read(format!("{DATA}/agent/{name}.crt")))
}

/// The 64 digits of the authority behind the server's certificate: what tokens carry.
pub fn authority_hash(machine: &Machine) -> String {
    authority(machine, "server-ca").map(|one| one.key).unwrap_or_default()
}

/// Signs what a row wants, as of `at`; K3s prolongs what has less than 120 days left at each start.
pub fn sign(machine: &mut Machine, k3s: &K3s, row: &Row, at: Time) -> Option<Certificate> {
    let authority = authority(machine, row.authority)?;
    let now = machine.local(at);
    let subject = row.subject.replace("NODE", &k3s.node);
    let group = if row.groups.is_empty() { String::new() } else { format!("O = {}, ", row.groups) };
    let mut names = Vec::new();
    if row.usage != Usage::Client {
        names =
            vec![format!("DNS:{}", k3s.node), "DNS:localhost".into(), "IP Address:127.0.0.1".into(), format!("IP Address:{}", k3s.node_ip)];
    }
    if row.subject == "kube-apiserver" {
        names.extend(["kubernetes", "kubernetes.default", "kubernetes.default.svc"].map(|name| format!("DNS:{name}")));
        names.push(format!("DNS:kubernetes.default.svc.{}", k3s.cluster_domain));
        let first = k3s.service_cidr.split('.').take(3).collect::<Vec<_>>().join(".");
        names.push(format!("IP Address:{first}.1"));
        let kind = |name: &str| if crate::call::is_address(name) { "IP Address" } else { "DNS" };
        names.extend(k3s.names.iter().map(|name| format!("{}:{name}", kind(name))));
    }
    let usages = match row.usage {
        Usage::Client => vec!["TLS Web Client Authentication"],
        Usage::Server => vec!["TLS Web Server Authentication"],
        Usage::Both => vec!["TLS Web Server Authentication", "TLS Web Client Authentication"],
    };
    let certificate = Certificate {
        subject: format!("{group}CN = {subject}"),
        issuer: authority.subject.clone(),
        not_before: authority.not_before,
        not_after: now + LEAF,
        authority: false,
        names,
        usages: usages.into_iter().map(String::from).collect(),
        key: key(machine),
        signer: authority.key,
    };
    let path = format!("{DATA}/{}", row.file);
    let mode = if row.file.starts_with("agent/") { 0o600 } else { 0o644 };
    machine.files.write_mode(&format!("{path}.crt"), &certificate.pem(), mode);
    machine.files.write_mode(&format!("{path}.key"), &private_key(&certificate.key), 0o600);
    Some(certificate)
}

/// Less than this is left: K3s signs anew at its start. k3s-io/docs, cli/certificate.
pub const RENEW_DAYS: u64 = 120;

/// Whether a start must sign a row: there is none, it ends soon, or a name is asked for that it does not have.
pub fn is_due(machine: &Machine, k3s: &K3s, row: &Row, at: Time) -> bool {
    let soon = Time(machine.local(at).0 + RENEW_DAYS * 86_400_000_000);
    let held = machine.files.read(&format!("{DATA}/{}.crt", row.file)).and_then(|text| Certificate::read(&text));
    let wanted = |held: &Certificate| k3s.names.iter().all(|name| held.names.iter().any(|known| known.ends_with(&format!(":{name}"))));
    held.is_none_or(|held| held.not_after < soon || row.subject == "kube-apiserver" && !wanted(&held))
}

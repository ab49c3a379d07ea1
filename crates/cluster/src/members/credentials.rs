//! Whether the certificates that a line of etcdctl brings along open the way to the members.
use crate::members::jobs::Given;
use crate::world::World;
use etcd::ctl::{Credentials, Distrust, credentials};
use hosts::Machine;
use hosts::pki::{Certificate, private_key};

/// What etcd presents to its clients, as kubeadm and K3s lay it down.
const SERVERS: [&str; 2] = ["/etc/kubernetes/pki/etcd/server.crt", "/var/lib/rancher/k3s/server/tls/etcd/server-client.crt"];
/// The folder that etcd's container sees.
const MOUNTED: &str = "/etc/kubernetes/pki/etcd/";

impl World {
    /// What is wrong with a line's certificates; one that brings none finds those of its server by itself.
    pub(super) fn distrusts(&mut self, host: usize, words: &[String], given: &Given, in_container: bool) -> Option<Distrust> {
        let (program, rest) = words.split_first()?;
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let brought = if program == "etcdctl" { credentials(&rest, &given.environment)? } else { return None };
        let machine = self.machine(host);
        let whole = |path: &str| match given.folder.is_empty() || path.starts_with('/') {
            true => path.to_string(),
            false => format!("{}/{path}", given.folder.trim_end_matches('/')),
        };
        let read = |path: &str| {
            let path = whole(path);
            machine.files.read(&path).filter(|_| !in_container || path.starts_with(MOUNTED)).map(|text| text.to_string())
        };
        if let Some(words) = unusable(&brought, &read) {
            return Some(Distrust::Unusable(words));
        }
        let presents = |machine: &Machine| SERVERS.iter().find_map(|path| Certificate::read(&machine.files.read(path)?));
        let other = self.etcd.nodes.iter().map(|node| node.host).find(|other| *other != host);
        let server = presents(&machine).or_else(|| presents(&self.machine(other?)))?;
        let client = Certificate::read(&read(&brought.certificate).unwrap_or_default());
        let authority = Certificate::read(&read(&brought.authority).unwrap_or_default());
        let now = machine.local(self.now);
        if !brought.skips {
            if authority.is_none_or(|authority| authority.key != server.signer) {
                let words = "tls: failed to verify certificate: x509: certificate signed by unknown authority";
                return Some(Distrust::Handshake(words.to_string()));
            }
            if let Err(why) = server.valid(now) {
                return Some(Distrust::Handshake(format!("tls: failed to verify certificate: {why}")));
            }
        }
        let known = client.is_some_and(|client| client.signer == server.signer && client.valid(now).is_ok() && is_client(&client));
        (!known).then_some(Distrust::Stranger)
    }
}

fn is_client(certificate: &Certificate) -> bool {
    certificate.usages.iter().any(|usage| usage.contains("Client"))
}

/// What ends the program before it connects.
fn unusable(brought: &Credentials, read: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let Credentials { authority, certificate, key, .. } = brought;
    if certificate.is_empty() != key.is_empty() {
        return Some(format!("KeyFile and CertFile must both be present[key: {key}, cert: {certificate}]"));
    }
    let missing = [certificate, key, authority].into_iter().find(|path| !path.is_empty() && read(path).is_none());
    if let Some(path) = missing {
        return Some(format!("open {path}: no such file or directory"));
    }
    let (pem, secret) = (read(certificate)?, read(key)?);
    let Some(own) = Certificate::read(&pem) else {
        return Some("tls: failed to find any PEM data in certificate input".to_string());
    };
    (private_key(&own.key) != secret).then(|| "tls: private key does not match public key".to_string())
}

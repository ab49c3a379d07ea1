//! The phase `certs`: authorities, certificates and keys as files.
use crate::call::{Call, Step, fail};
use crate::kubeadm::config::network::cidrs;
use crate::kubeadm::init::Work;
use crate::pki::{AUTHORITY, Certificate, LEAF, private_key, public_key};
use simcore::Duration;

/// Who is named in a certificate.
#[derive(Clone, Copy, PartialEq)]
pub enum Names {
    None,
    ApiServer,
    Etcd,
}

/// A row: file without its end, common name ("" for the node's), authority's file, what it is for, whom it names.
pub struct Row {
    pub file: &'static str,
    pub common: &'static str,
    pub authority: &'static str,
    pub server: bool,
    pub client: bool,
    pub names: Names,
}

const fn row(file: &'static str, common: &'static str, authority: &'static str, server: bool, client: bool, names: Names) -> Row {
    Row { file, common, authority, server, client, names }
}

pub const ROWS: &[Row] = &[
    row("ca", "kubernetes", "", false, false, Names::None),
    row("apiserver", "kube-apiserver", "ca", true, false, Names::ApiServer),
    row("apiserver-kubelet-client", "kube-apiserver-kubelet-client", "ca", false, true, Names::None),
    row("front-proxy-ca", "front-proxy-ca", "", false, false, Names::None),
    row("front-proxy-client", "front-proxy-client", "front-proxy-ca", false, true, Names::None),
    row("etcd/ca", "etcd-ca", "", false, false, Names::None),
    row("etcd/server", "", "etcd/ca", true, true, Names::Etcd),
    row("etcd/peer", "", "etcd/ca", true, true, Names::Etcd),
    row("etcd/healthcheck-client", "kube-etcd-healthcheck-client", "etcd/ca", false, true, Names::None),
    row("apiserver-etcd-client", "kube-apiserver-etcd-client", "etcd/ca", false, true, Names::None),
];

const HEX: &[u8] = b"0123456789abcdef";
/// Certificates are good from five minutes ago, so that clocks may differ a little.
const BACK: Duration = Duration::mins(5);

pub fn folder(call: &mut Call, work: &mut Work) -> Step<()> {
    let folder = work.pki();
    call.say(format_args!("[certs] Using certificateDir folder \"{folder}\""));
    Ok(())
}

/// Makes one certificate with its key, or keeps the one that is there.
pub fn make(call: &mut Call, work: &mut Work, file: &str) -> Step<()> {
    let Some(row) = ROWS.iter().find(|row| row.file == file) else { return Ok(()) };
    // With an etcd elsewhere there is nothing to make for it.
    if work.config.etcd_folder().is_none() && (file.starts_with("etcd/") || file == "apiserver-etcd-client") {
        return Ok(());
    }
    let folder = work.pki();
    let path = format!("{folder}/{file}.crt");
    let there = call.machine.files.read(&path).and_then(|pem| Certificate::read(&pem));
    match there {
        Some(found) if found.authority => call.say(format_args!("[certs] Using existing {file} certificate authority")),
        Some(_) => call.say(format_args!("[certs] Using existing {file} certificate and key on disk")),
        None => {
            let signer = match row.authority {
                "" => None,
                authority => Some(signer(call, &folder, authority)?),
            };
            call.say(format_args!("[certs] Generating \"{file}\" certificate and key"));
            let (dns, ips) = names(work, row.names);
            if row.names != Names::None {
                let (dns, ips) = (dns.join(" "), ips.join(" "));
                call.say(format_args!("[certs] {file} serving cert is signed for DNS names [{dns}] and IPs [{ips}]"));
            }
            let common = if row.common.is_empty() { work.config.node_name() } else { row.common };
            let subject = format!("CN = {common}");
            let certificate = sign(call, row, subject, (&dns, &ips), signer.as_ref());
            write(call, &folder, file, &certificate);
        }
    }
    Ok(())
}

/// The authority whose certificate and key stand in the folder.
pub fn signer(call: &Call, folder: &str, authority: &str) -> Step<Certificate> {
    let found = call.machine.files.read(&format!("{folder}/{authority}.crt")).and_then(|pem| Certificate::read(&pem));
    let key = call.machine.files.exists(&format!("{folder}/{authority}.key"));
    let name = if authority == "etcd/ca" { "etcd-ca" } else { authority };
    match found.filter(|_| key) {
        Some(found) => Ok(found),
        None => fail(format!("couldn't load CA certificate {name}: couldn't load {authority} certificate authority from {folder}")),
    }
}

/// A new certificate with a key of its own.
pub fn sign(call: &mut Call, row: &Row, subject: String, (dns, ips): (&[String], &[String]), signer: Option<&Certificate>) -> Certificate {
    // Making an RSA key of 2048 bits takes some 60 ms on one core.
    call.work(Duration::millis(60));
    let now = call.machine.local(call.now);
    let now = simcore::Time(now.0 / 1_000_000 * 1_000_000);
    let key = call.draw(64, HEX);
    let mut names: Vec<String> = dns.iter().map(|name| format!("DNS:{name}")).collect();
    names.extend(ips.iter().map(|ip| format!("IP Address:{ip}")));
    if signer.is_none() {
        names = vec![format!("DNS:{}", row.common)];
    }
    let usages = [(row.server, "TLS Web Server Authentication"), (row.client, "TLS Web Client Authentication")];
    Certificate {
        issuer: signer.map_or_else(|| subject.clone(), |signer| signer.subject.clone()),
        subject,
        not_before: now - BACK,
        not_after: now + if signer.is_some() { LEAF } else { AUTHORITY },
        authority: signer.is_none(),
        names,
        usages: usages.iter().filter(|(has, _)| *has).map(|(_, usage)| usage.to_string()).collect(),
        signer: signer.map_or_else(|| key.clone(), |signer| signer.key.clone()),
        key,
    }
}

pub fn write(call: &mut Call, folder: &str, file: &str, certificate: &Certificate) {
    call.machine.files.write_mode(&format!("{folder}/{file}.crt"), &certificate.pem(), 0o644);
    call.machine.files.write_mode(&format!("{folder}/{file}.key"), &private_key(&certificate.key), 0o600);
}

/// DNS names and addresses that a certificate is for.
pub fn names(work: &Work, whose: Names) -> (Vec<String>, Vec<String>) {
    let config = &work.config;
    let (node, address) = (config.node_name().to_string(), config.local().0.to_string());
    let extra = |path: &[&str]| config.cluster.at(path).items().iter().map(|one| one.text().to_string()).collect::<Vec<_>>();
    let (mut dns, mut ips) = match whose {
        Names::None => return Default::default(),
        Names::ApiServer => {
            let first = cidrs(config.service_subnet()).and_then(|all| all.first().map(|one| one.nth(1).to_string())).unwrap_or_default();
            let plain = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"].map(String::from);
            let mut dns = vec![node];
            dns.extend(plain);
            dns.push(format!("kubernetes.default.svc.{}", config.dns_domain()));
            (dns, vec![first, address])
        }
        Names::Etcd => (vec![node, "localhost".into()], vec![address, "127.0.0.1".into(), "::1".into()]),
    };
    let mut more = if whose == Names::ApiServer { extra(&["apiServer", "certSANs"]) } else { extra(&["etcd", "local", "serverCertSANs"]) };
    if whose == Names::ApiServer
        && let Ok((host, _)) = crate::kubeadm::config::network::host_port(config.cluster.get("controlPlaneEndpoint").text())
        && !host.is_empty()
    {
        more.insert(0, host.to_string());
    }
    for name in more {
        let list = if crate::call::is_address(&name) { &mut ips } else { &mut dns };
        if !list.contains(&name) {
            list.push(name);
        }
    }
    // Names are kept sorted, addresses as they came.
    dns.sort();
    (dns, ips)
}

/// The key pair that signs tokens of service accounts.
pub fn service_accounts(call: &mut Call, work: &mut Work) -> Step<()> {
    let folder = work.pki();
    if call.machine.files.exists(&format!("{folder}/sa.key")) {
        call.say("[certs] Using the existing \"sa\" key");
        return Ok(());
    }
    call.say("[certs] Generating \"sa\" key and public key");
    let key = call.draw(64, HEX);
    call.machine.files.write_mode(&format!("{folder}/sa.key"), &private_key(&key), 0o600);
    call.machine.files.write_mode(&format!("{folder}/sa.pub"), &public_key(&key), 0o600);
    Ok(())
}

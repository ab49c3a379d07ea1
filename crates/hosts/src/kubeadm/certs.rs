//! `kubeadm certs`: when certificates expire, and their renewal; the authority's hash; authorities whose key is elsewhere.
use super::client::{self, Client};
use super::config::{self, Config, defaults};
use super::flags::Given;
use super::init::Work;
use super::phases;
use crate::call::{Call, Step, fail, short_age};
use crate::pki::{Certificate, LEAF, private_key};
use objects::{Tree, base64, yaml};
use simcore::Duration;

/// A row: name, file (`admin.conf` stands beside the folder of certificates), authority, what it is for.
struct Row(&'static str, &'static str, &'static str, &'static str);

/// Sorted by name, as both commands list them.
const ROWS: &[Row] = &[
    Row("admin.conf", "", "ca", "certificate embedded in the kubeconfig file for the admin to use and for kubeadm itself"),
    Row("apiserver", "apiserver", "ca", "certificate for serving the Kubernetes API"),
    Row("apiserver-etcd-client", "apiserver-etcd-client", "etcd-ca", "certificate the apiserver uses to access etcd"),
    Row("apiserver-kubelet-client", "apiserver-kubelet-client", "ca", "certificate for the API server to connect to kubelet"),
    Row("controller-manager.conf", "", "ca", "certificate embedded in the kubeconfig file for the controller manager to use"),
    Row("etcd-healthcheck-client", "etcd/healthcheck-client", "etcd-ca", "certificate for liveness probes to healthcheck etcd"),
    Row("etcd-peer", "etcd/peer", "etcd-ca", "certificate for etcd nodes to communicate with each other"),
    Row("etcd-server", "etcd/server", "etcd-ca", "certificate for serving etcd"),
    Row("front-proxy-client", "front-proxy-client", "front-proxy-ca", "certificate for the front proxy client"),
    Row("scheduler.conf", "", "ca", "certificate embedded in the kubeconfig file for the scheduler manager to use"),
    Row("super-admin.conf", "", "ca", "certificate embedded in the kubeconfig file for the super-admin"),
];
const AUTHORITIES: [(&str, &str); 3] = [("ca", "ca"), ("etcd-ca", "etcd/ca"), ("front-proxy-ca", "front-proxy-ca")];

/// In one of the orders in which requests are made: upstream's is that of a map.
const LEAVES: [&str; 7] = [
    "apiserver",
    "apiserver-kubelet-client",
    "front-proxy-client",
    "etcd/server",
    "etcd/peer",
    "etcd/healthcheck-client",
    "apiserver-etcd-client",
];

/// The hash of an authority's public key that `kubeadm join` pins.
pub fn authority_hash(call: &Call, folder: &str) -> Step<String> {
    let path = format!("{folder}/ca.crt");
    match call.machine.files.read(&path).and_then(|pem| Certificate::read(&pem)) {
        Some(found) => Ok(found.key),
        None => fail(format!("couldn't load the certificate file {path}: open {path}: no such file or directory")),
    }
}

/// An authority whose key is elsewhere: all that it signs must be there already.
pub fn external_authority(call: &Call, work: &Work) -> Step<()> {
    let folder = work.config.cert_dir();
    let there = |file: &str| call.machine.files.exists(&format!("{folder}/{file}"));
    if !there("ca.crt") || there("ca.key") {
        return Ok(());
    }
    for name in ["apiserver", "apiserver-kubelet-client"] {
        for (end, what) in [("key", "the private key file"), ("crt", "the certificate file")] {
            let path = format!("{folder}/{name}.{end}");
            if !call.machine.files.exists(&path) {
                let kind = if end == "key" { "key" } else { "certificate" };
                return fail(format!(
                    "invalid or incomplete external CA: failure loading {kind} for {name}: couldn't load {what} {path}: open {path}: no such file or directory"
                ));
            }
        }
    }
    for name in ["controller-manager", "scheduler", "kubelet", "admin"] {
        let path = format!("{}/{name}.conf", work.kubeconfig_folder);
        if !call.machine.files.exists(&path) {
            return fail(format!("the {name}.conf file does not exists or it is not valid: stat {path}: no such file or directory"));
        }
    }
    Ok(())
}

pub fn key(call: &mut Call, _: &Given) -> Step<()> {
    let key = call.draw(64, b"0123456789abcdef");
    call.say(key);
    Ok(())
}

/// The cluster's configuration where it can be asked, else the defaults. Says what it does under `prefix`.
fn configuration(call: &mut Call, given: &Given, prefix: &str) -> Step<Tree> {
    let path = given.text("kubeconfig").to_string();
    let Ok(client) = Client::load(call, &path) else { return Ok(defaults::cluster(false)) };
    call.say(format_args!("[{prefix}] Reading configuration from the \"kubeadm-config\" ConfigMap in namespace \"kube-system\"..."));
    call.say(format_args!("[{prefix}] Use 'kubeadm init phase upload-config kubeadm --config your-config-file' to re-upload it."));
    let found = phases::stored(call, &client)?;
    if found.is_err() {
        call.say(format_args!("[{prefix}] Error reading configuration from the Cluster. Falling back to default configuration"));
    }
    call.say("");
    Ok(found.unwrap_or_else(|_| defaults::cluster(false)))
}

/// The certificate of a row.
fn load(call: &Call, folder: &str, row: &Row) -> Option<Certificate> {
    if !row.1.is_empty() {
        return Certificate::read(&call.machine.files.read(&format!("{folder}/{}.crt", row.1))?);
    }
    let text = call.machine.files.read(&format!("/etc/kubernetes/{}", row.0))?;
    let tree = yaml::read(&text).ok()?.into_iter().next()?.tree;
    Certificate::read(&base64::decode_text(tree.get("users").items().first()?.at(&["user", "client-certificate-data"]).text())?)
}

/// `Nov 23, 2027 05:52 UTC`
fn day(at: simcore::Time) -> String {
    let text = at.rfc1123();
    format!("{} {}, {} {} UTC", &text[8..11], &text[5..7], &text[12..16], &text[17..22])
}

fn folder(call: &Call, given: &Given, cluster: &Tree) -> String {
    let _ = call;
    if given.has("cert-dir") { given.text("cert-dir").into() } else { cluster.get("certificatesDir").text().into() }
}

pub fn check(call: &mut Call, given: &Given) -> Step<()> {
    let form = given.output().or_else(fail)?;
    let json = matches!(form, "json" | "yaml");
    let before = call.stdout.len();
    let cluster = configuration(call, given, "check-expiration")?;
    if json {
        call.stdout.truncate(before);
    }
    let folder = folder(call, given, &cluster);
    let now = call.machine.local(call.now);
    let leaves: Vec<(&str, &str, Option<Certificate>)> = ROWS.iter().map(|row| (row.0, row.2, load(call, &folder, row))).collect();
    let read = |file: &str| call.machine.files.read(&format!("{folder}/{file}.crt")).and_then(|pem| Certificate::read(&pem));
    let tops: Vec<(&str, &str, Option<Certificate>)> = AUTHORITIES.iter().map(|(name, file)| (*name, "", read(file))).collect();
    if json {
        let text = as_json(&leaves, &tops, now);
        let text = if form == "yaml" { objects::yaml::write(&objects::Tree::from_json(&text).unwrap_or_default()) } else { text };
        call.stdout.push_str(&text);
        return Ok(());
    }
    let left = |certificate: &Certificate| {
        if certificate.not_after < now { "<invalid>".into() } else { short_age(certificate.not_after.since(now)) }
    };
    let row = |(name, authority, found): &(&str, &str, Option<Certificate>)| match found {
        Some(found) => [name.to_string(), day(found.not_after), left(found), authority.to_string(), "no".into()],
        None => [format!("!MISSING! {name}"), String::new(), String::new(), String::new(), String::new()],
    };
    let mut rows =
        vec![["CERTIFICATE", "EXPIRES", "RESIDUAL TIME", "CERTIFICATE AUTHORITY", "EXTERNALLY MANAGED"].map(String::from).to_vec()];
    rows.extend(leaves.iter().map(|one| row(one).to_vec()));
    table(call, &rows);
    call.say("");
    let mut rows = vec![["CERTIFICATE AUTHORITY", "EXPIRES", "RESIDUAL TIME", "EXTERNALLY MANAGED"].map(String::from).to_vec()];
    rows.extend(tops.iter().map(|one| {
        let [name, until, left, _, managed] = row(one);
        vec![name, until, left, managed]
    }));
    table(call, &rows);
    Ok(())
}

/// Columns three spaces apart; the last one is filled too, except in its heading.
fn table(call: &mut Call, rows: &[Vec<String>]) {
    let columns = rows[0].len();
    let width = |at: usize| rows.iter().map(|row| row[at].len()).max().unwrap_or(0) + 3;
    // The last column's cells end with a tab stop of their own: as wide as the widest of them, the heading not counted.
    let last = rows[1..].iter().map(|row| row[columns - 1].len()).max().unwrap_or(0);
    for (at, row) in rows.iter().enumerate() {
        let mut line: String =
            row[..columns - 1].iter().enumerate().map(|(column, cell)| format!("{cell:<width$}", width = width(column))).collect();
        if at == 0 {
            line.push_str(&row[columns - 1]);
        } else if last > 0 {
            line.push_str(&format!("{:<8}", row[columns - 1]));
        }
        call.say(line);
    }
}

fn as_json(leaves: &[(&str, &str, Option<Certificate>)], tops: &[(&str, &str, Option<Certificate>)], now: simcore::Time) -> String {
    let entry = |(name, authority, found): &(&str, &str, Option<Certificate>)| {
        let mut lines = vec![format!("\"name\": \"{name}\"")];
        let until = found.as_ref().map_or("null".to_string(), |one| format!("\"{}\"", one.not_after.rfc3339()));
        lines.push(format!("\"expirationDate\": {until}"));
        lines.push(format!("\"residualTime\": {}", found.as_ref().map_or(0, |one| one.not_after.since(now).as_secs())));
        lines.push("\"externallyManaged\": false".into());
        if !authority.is_empty() && found.is_some() {
            lines.push(format!("\"caName\": \"{authority}\""));
        }
        lines.push(format!("\"missing\": {}", found.is_none()));
        let inner: Vec<String> = lines.iter().map(|line| format!("            {line}")).collect();
        format!("        {{\n{}\n        }}", inner.join(",\n"))
    };
    let list = |rows: &[(&str, &str, Option<Certificate>)]| rows.iter().map(entry).collect::<Vec<_>>().join(",\n");
    format!(
        "{{\n    \"kind\": \"CertificateExpirationInfo\",\n    \"apiVersion\": \"output.kubeadm.k8s.io/v1alpha3\",\n    \"certificates\": [\n{}\n    ],\n    \"certificateAuthorities\": [\n{}\n    ]\n}}\n",
        list(leaves),
        list(tops)
    )
}

pub fn renew(call: &mut Call, given: &Given) -> Step<()> {
    let name = given.path.rsplit(' ').next().unwrap_or("").to_string();
    let cluster = configuration(call, given, "renew")?;
    let folder = folder(call, given, &cluster);
    for row in ROWS.iter().filter(|row| name == "all" || row.0 == name) {
        let Some(old) = load(call, &folder, row) else {
            call.say(format_args!("MISSING! {}", row.3));
            continue;
        };
        renew_one(call, &folder, row, &old)?;
        call.say(format_args!("{} renewed", row.3));
    }
    if name == "all" {
        call.say("\nDone renewing certificates. You must restart the kube-apiserver, kube-controller-manager, kube-scheduler and etcd, so that they can use the new certificates.");
    }
    Ok(())
}

/// Renews one certificate by its name. Whether it was there.
pub fn renew_named(call: &mut Call, folder: &str, name: &str) -> Step<bool> {
    let Some(row) = ROWS.iter().find(|row| row.0 == name) else { return Ok(false) };
    let Some(old) = load(call, folder, row) else { return Ok(false) };
    renew_one(call, folder, row, &old)?;
    Ok(true)
}

fn renew_one(call: &mut Call, folder: &str, row: &Row, old: &Certificate) -> Step<()> {
    let authority = AUTHORITIES.iter().find(|(name, _)| *name == row.2).map_or("ca", |(_, file)| file);
    phases::pki::signer(call, folder, authority)?;
    call.work(Duration::millis(60));
    let now = simcore::Time(call.machine.local(call.now).0 / 1_000_000 * 1_000_000);
    let new =
        Certificate { not_before: now - Duration::mins(5), not_after: now + LEAF, key: call.draw(64, b"0123456789abcdef"), ..old.clone() };
    if !row.1.is_empty() {
        phases::pki::write(call, folder, row.1, &new);
        return Ok(());
    }
    let path = format!("/etc/kubernetes/{}", row.0);
    let text = call.machine.files.read(&path).unwrap_or_default();
    let mut tree = yaml::read(&text).ok().and_then(|all| all.into_iter().next()).map(|one| one.tree).unwrap_or_default();
    let mut users = tree.get("users").items().to_vec();
    users.iter_mut().for_each(|user| user.set(&["user"], client::login(&new.pem(), &private_key(&new.key))));
    tree.set(&["users"], users);
    call.machine.files.write_mode(&path, &yaml::write(&tree), 0o600);
    Ok(())
}

/// `kubeadm certs generate-csr`: a key and a request beside it for each leaf, to be signed elsewhere.
pub fn requests(call: &mut Call, given: &Given) -> Step<()> {
    let config: Config = config::init(call, &Given::default_for_init(given))?;
    let folder = if given.text("cert-dir").is_empty() { config.cert_dir().to_string() } else { given.text("cert-dir").to_string() };
    let (folder, kubeconfigs) = (call.path(&folder), call.path(given.text("kubeconfig-dir")));
    call.say(format_args!("generating keys and CSRs in {folder}"));
    for file in LEAVES {
        write_request(call, &format!("{folder}/{file}"), file)?;
        call.say(format_args!("  {file}"));
    }
    call.say(format_args!("generating keys and CSRs in {kubeconfigs}"));
    for row in ["admin.conf", "super-admin.conf", "kubelet.conf", "controller-manager.conf", "scheduler.conf"] {
        call.say(format_args!("  {row}"));
        let path = format!("{kubeconfigs}/{row}");
        if call.machine.files.exists(&path) {
            return fail(format!("{path} already exists"));
        }
        let key = private_key(&call.draw(64, b"0123456789abcdef"));
        let text = client::kubeconfig("kubernetes", "", &config.server(), row.trim_end_matches(".conf"), client::login("", &key));
        call.machine.files.write_mode(&path, &text, 0o600);
        let request = request(row);
        call.machine.files.write_mode(&format!("{path}.csr"), &request, 0o600);
    }
    Ok(())
}

fn write_request(call: &mut Call, path: &str, name: &str) -> Step<()> {
    if call.machine.files.exists(&format!("{path}.key")) {
        return fail(format!("certificate signing request for \"{name}\" could not be generated: {path}.key already exists"));
    }
    call.work(Duration::millis(60));
    let key = call.draw(64, b"0123456789abcdef");
    call.machine.files.write_mode(&format!("{path}.key"), &private_key(&key), 0o600);
    let request = request(name);
    call.machine.files.write_mode(&format!("{path}.csr"), &request, 0o600);
    Ok(())
}

fn request(name: &str) -> String {
    format!("-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n", base64::encode(name.as_bytes()))
}

/// `kubeadm kubeconfig user`
pub fn user(call: &mut Call, given: &Given) -> Step<()> {
    let name = given.text("client-name").to_string();
    if name.is_empty() {
        return fail("required flag(s) \"client-name\" not set");
    }
    let config: Config = config::init(call, &Given::default_for_init(given))?;
    let folder = config.cert_dir().to_string();
    if !call.machine.files.exists(&format!("{folder}/ca.crt")) {
        let why = format!("couldn't load the certificate file {folder}/ca.crt: open {folder}/ca.crt: no such file or directory");
        return fail(format!("couldn't create a kubeconfig; the CA files couldn't be loaded: failed to load certificate: {why}"));
    }
    let signer = phases::pki::signer(call, &folder, "ca")?;
    let authority = call.machine.files.read(&format!("{folder}/ca.crt")).unwrap_or_default();
    let organisation = given.list("org").join(" + O = ");
    let cluster = config.cluster.get("clusterName").text().to_string();
    let text = phases::kubeconfig::issue(call, &cluster, &authority, &signer, &config.server(), (&organisation, &name));
    call.stdout.push_str(&text);
    call.say("");
    Ok(())
}

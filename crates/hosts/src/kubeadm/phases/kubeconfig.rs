//! The phase `kubeconfig`: files by which administrators, the kubelet and the components reach the API server.
use super::pki;
use crate::call::{Call, Step, fail};
use crate::kubeadm::client::{kubeconfig, login};
use crate::kubeadm::init::Work;
use crate::pki::{Certificate, private_key};
use objects::yaml;

/// A row: file, organisation, common name (with the node's name behind `node:`), whether it always asks this host's server.
pub const ROWS: &[(&str, &str, &str, bool)] = &[
    ("admin", "kubeadm:cluster-admins", "kubernetes-admin", false),
    ("super-admin", "system:masters", "kubernetes-super-admin", false),
    ("kubelet", "system:nodes", "system:node:", false),
    ("controller-manager", "", "system:kube-controller-manager", true),
    ("scheduler", "", "system:kube-scheduler", true),
];

pub fn folder(call: &mut Call, work: &mut Work) -> Step<()> {
    let folder = work.kubeconfigs();
    call.say(format_args!("[kubeconfig] Using kubeconfig folder \"{folder}\""));
    Ok(())
}

/// Writes one file, or keeps the one that is there.
pub fn make(call: &mut Call, work: &mut Work, name: &str) -> Step<()> {
    let Some((_, organisation, common, local)) = ROWS.iter().find(|row| row.0 == name) else { return Ok(()) };
    let (pki_folder, path) = (work.pki(), format!("{}/{name}.conf", work.kubeconfigs()));
    let authority = format!("{pki_folder}/ca.crt");
    let Some(pem) = call.machine.files.read(&authority) else {
        return fail(format!(
            "couldn't create a kubeconfig; the CA files couldn't be loaded: failed to load certificate: couldn't load the certificate file {authority}: open {authority}: no such file or directory"
        ));
    };
    let signer = pki::signer(call, &pki_folder, "ca").or_else(|_| {
        let key = format!("{pki_folder}/ca.key");
        fail(format!(
            "couldn't create a kubeconfig; the CA files couldn't be loaded: failed to load key: couldn't load the private key file {key}: open {key}: no such file or directory"
        ))
    })?;
    let server = if *local { work.config.local_server() } else { work.config.server() };
    if let Some(text) = call.machine.files.read(&path) {
        existing(call, &path, &text, &server);
        return Ok(());
    }
    call.say(format_args!("[kubeconfig] Writing \"{name}.conf\" kubeconfig file"));
    let common = if common.ends_with(':') { format!("{common}{}", work.config.node_name()) } else { common.to_string() };
    let text = issue(call, work.config.cluster.get("clusterName").text(), &pem, &signer, &server, (organisation, &common));
    call.machine.files.write_mode(&path, &text, 0o600);
    Ok(())
}

fn existing(call: &mut Call, path: &str, text: &str, server: &str) {
    let told = yaml::read(text).ok().and_then(|all| all.into_iter().next()).map(|document| document.tree);
    let told = told.and_then(|tree| tree.get("clusters").items().first().map(|one| one.at(&["cluster", "server"]).text().to_string()));
    let told = told.unwrap_or_default();
    if told != server {
        let words =
            format!("a kubeconfig file \"{path}\" exists already but has an unexpected API Server URL: expected: {server}, got: {told}");
        call.klog('W', "kubeconfig.go:291", words);
    }
    call.say(format_args!("[kubeconfig] Using existing kubeconfig file: \"{path}\""));
}

/// A kubeconfig with a new client certificate in it.
pub fn issue(
    call: &mut Call,
    cluster: &str,
    authority: &str,
    signer: &Certificate,
    server: &str,
    (organisation, common): (&str, &str),
) -> String {
    const CLIENT: pki::Row = pki::Row { file: "", common: "", authority: "ca", server: false, client: true, names: pki::Names::None };
    let subject = if organisation.is_empty() { format!("CN = {common}") } else { format!("O = {organisation}, CN = {common}") };
    let certificate = pki::sign(call, &CLIENT, subject, (&[], &[]), Some(signer));
    kubeconfig(cluster, authority, server, common, login(&certificate.pem(), &private_key(&certificate.key)))
}

//! `kubeadm upgrade`: its commands, and what each of them reads of the cluster before it begins.
mod apply;
mod diff;
mod health;
mod plan;
mod pods;
mod skew;

use super::client::{CONFIG_MAPS, Client, NODES};
use super::config::{self, Config, defaults, fill, nothing, validate};
use super::flags::Given;
use super::init::Work;
use super::patches::Patches;
use super::phases;
use crate::call::{Call, Step, Stop, fail};
use objects::{Tree, yaml};

pub use apply::{apply, apply_phase, node, node_phase};
pub use diff::run as diff;
pub use plan::run as plan;

const ADMIN: &str = "/etc/kubernetes/admin.conf";
const NODE_PHASES: [&str; 7] =
    ["preflight", "control-plane", "kubeconfig", "kubelet-config", "addon/coredns", "addon/kube-proxy", "post-upgrade"];
const APPLY_PHASES: [&str; 10] = [
    "preflight",
    "control-plane",
    "upload-config/kubeadm",
    "upload-config/kubelet",
    "kubeconfig",
    "kubelet-config",
    "bootstrap-token",
    "addon/coredns",
    "addon/kube-proxy",
    "post-upgrade",
];

/// What all of them work on.
struct Upgrade {
    work: Work,
    client: Client,
    /// Whether this host carries a control plane: whether its API server's manifest is there.
    serves: bool,
}

/// The client of the flag's kubeconfig; a worker asks as its kubelet.
fn connect(call: &Call, given: &Given, serves: bool) -> Step<Client> {
    let own = if serves { ADMIN } else { "/etc/kubernetes/kubelet.conf" };
    let path = if given.has("kubeconfig") { given.text("kubeconfig") } else { own };
    Client::load(call, path).map_err(|stop| match stop {
        Stop::Fail(words) => Stop::Fail(format!("couldn't create a Kubernetes client from file \"{path}\": {words}")),
        other => other,
    })
}

/// Whether the API server of this host is a static Pod.
fn serves(call: &Call) -> bool {
    call.machine.files.exists("/etc/kubernetes/manifests/kube-apiserver.yaml")
}

/// Reads the cluster's configuration, this node's, and the components', and says so under `prefix`.
fn read(call: &mut Call, given: &Given, client: Client, prefix: &str) -> Step<Upgrade> {
    let ignored = validate::ignored(given.list("ignore-preflight-errors"), Vec::new()).or_else(fail)?;
    call.say(format_args!("[{prefix}] Reading configuration from the \"kubeadm-config\" ConfigMap in namespace \"kube-system\"..."));
    call.say(format_args!("[{prefix}] Use 'kubeadm init phase upload-config kubeadm --config your-config-file' to re-upload it."));
    let context = if prefix == "upgrade/config" { "[upgrade/init config] FATAL: " } else { "" };
    let cluster = phases::stored(call, &client)?.map_err(|why| format!("{context}failed to get config map: {why}")).or_else(fail)?;
    let mut node = nothing();
    let name = call.machine.name.to_string();
    client
        .get(call, NODES, "", &name)?
        .map_err(|why| format!("{context}failed to get node registration: failed to get corresponding node: {why}"))
        .or_else(fail)?;
    node.set(&["nodeRegistration", "name"], name);
    let socket = config::find(call)?;
    node.set(&["nodeRegistration", "criSocket"], socket);
    node.set(&["localAPIEndpoint", "advertiseAddress"], advertised(call));
    fill(&mut node, &defaults::init());
    let kubelet = component(call, &client, "kubelet-config", "kubelet")?;
    let proxy = component(call, &client, "kube-proxy", "config.conf")?;
    let work = Work {
        config: Config { node, cluster, kubelet, proxy },
        ignored,
        dry: None,
        kubeconfig_folder: "/etc/kubernetes".into(),
        upload_certs: false,
        hide_key: false,
        hide_token: false,
        key: String::new(),
        client: Some(client.clone()),
        patches: Patches::new(given.text("patches")),
        single: false,
    };
    Ok(Upgrade { work, client, serves: serves(call) })
}

/// The address that this host's API server tells others, by its manifest; else the host's own.
fn advertised(call: &Call) -> String {
    let text = call.machine.files.read("/etc/kubernetes/manifests/kube-apiserver.yaml");
    let told = text.as_deref().and_then(|text| text.split("--advertise-address=").nth(1)?.split_whitespace().next().map(String::from));
    told.unwrap_or_else(|| call.machine.address().to_string())
}

/// A component's configuration as the cluster keeps it; null when it does not.
fn component(call: &mut Call, client: &Client, map: &str, key: &str) -> Step<Tree> {
    let found = client.get(call, CONFIG_MAPS, "kube-system", map)?;
    let text = found.map(|map| map.at(&["data", key]).text().to_string()).unwrap_or_default();
    Ok(yaml::read(&text).ok().and_then(|all| all.into_iter().next()).map(|one| one.tree).unwrap_or_default())
}

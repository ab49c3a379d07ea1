//! `kubeadm upgrade`: its commands, and what each of them reads of the cluster before it begins.
mod apply;
mod diff;
mod health;
mod plan;
mod pods;
mod skew;

use super::client::{CONFIG_MAPS, Client, NODES};
use super::config::{self, Config, defaults, fill, nothing, validate};
use super::flags::{Flag, Given, Takes};
use super::init::Work;
use super::patches::Patches;
use super::{Command, phases};
use crate::call::{Call, Step, Stop, fail};
use objects::{Tree, yaml};

const PLAN: &[Flag] = &[
    Flag("allow-experimental-upgrades", Takes::Bool, ""),
    Flag("allow-missing-template-keys", Takes::Bool, "true"),
    Flag("allow-release-candidate-upgrades", Takes::Bool, ""),
    Flag("config", Takes::Text, ""),
    Flag("etcd-upgrade", Takes::Bool, "true"),
    Flag("ignore-preflight-errors", Takes::List, ""),
    Flag("kubeconfig", Takes::Text, ADMIN),
    Flag("output", Takes::Text, "text"),
    Flag("print-config", Takes::Bool, ""),
    Flag("show-managed-fields", Takes::Bool, ""),
];
const APPLY: &[Flag] = &[
    Flag("allow-experimental-upgrades", Takes::Bool, ""),
    Flag("allow-release-candidate-upgrades", Takes::Bool, ""),
    Flag("force", Takes::Bool, ""),
    Flag("print-config", Takes::Bool, ""),
    Flag("yes", Takes::Bool, ""),
];
const NODE: &[Flag] = &[
    Flag("certificate-renewal", Takes::Bool, "true"),
    Flag("config", Takes::Text, ""),
    Flag("dry-run", Takes::Bool, ""),
    Flag("etcd-upgrade", Takes::Bool, "true"),
    Flag("ignore-preflight-errors", Takes::List, ""),
    Flag("kubeconfig", Takes::Text, ADMIN),
    Flag("patches", Takes::Text, ""),
    Flag("skip-phases", Takes::List, ""),
];
const DIFF: &[Flag] = &[Flag("config", Takes::Text, ""), Flag("context-lines", Takes::Int, "3"), Flag("kubeconfig", Takes::Text, ADMIN)];

const ADMIN: &str = "/etc/kubernetes/admin.conf";
const NODE_PHASES: [&str; 6] = ["preflight", "control-plane", "kubeconfig", "kubelet-config", "addon", "post-upgrade"];

pub const COMMANDS: &[Command] = &[
    Command {
        path: "upgrade",
        flags: &[],
        takes: (0, 99),
        run: None,
        about: "Upgrade your cluster smoothly to a newer version with this command",
    },
    Command {
        path: "upgrade apply",
        flags: &[NODE, APPLY],
        takes: (1, 1),
        run: Some(apply::apply),
        about: "Upgrade your Kubernetes cluster to the specified version",
    },
    Command {
        path: "upgrade apply phase",
        flags: &[],
        takes: (0, 99),
        run: None,
        about: "Use this command to invoke single phase of the \"apply\" workflow",
    },
    Command {
        path: "upgrade diff",
        flags: &[DIFF],
        takes: (0, 1),
        run: Some(diff::run),
        about: "Show what differences would be applied to existing static pod manifests. See also: kubeadm upgrade apply --dry-run",
    },
    Command {
        path: "upgrade node",
        flags: &[NODE],
        takes: (0, 0),
        run: Some(apply::node),
        about: "Upgrade commands for a node in the cluster",
    },
    Command {
        path: "upgrade node phase",
        flags: &[],
        takes: (0, 99),
        run: None,
        about: "Use this command to invoke single phase of the \"node\" workflow",
    },
    Command {
        path: "upgrade plan",
        flags: &[PLAN],
        takes: (0, 1),
        run: Some(plan::run),
        about: "Check which versions are available to upgrade to and validate whether your current cluster is upgradeable.",
    },
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

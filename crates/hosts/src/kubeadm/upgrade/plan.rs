//! `kubeadm upgrade plan`: which versions the cluster can go to, and what changes with each.
use super::{Upgrade, connect, health, read};
use crate::call::{Call, Step, fail};
use crate::kubeadm::client::{Client, NODES};
use crate::kubeadm::config::defaults;
use crate::kubeadm::flags::Given;
use crate::kubeadm::preflight;
use crate::kubeadm::version::{self, Version};
use objects::wire::{Request, Verb};
use objects::{Text, Tree, yaml};

const LINE: &str = "_____________________________________________________________________";
const PODS: (&str, &str, &str) = ("", "v1", "pods");
const DEPLOYMENTS: (&str, &str, &str) = ("apps", "v1", "deployments");

/// A version to go to: what it is, the version, and the kubeadm that it needs.
struct Way {
    about: String,
    to: Version,
    kubeadm: Version,
}

/// A row: component, node, its version now, its version then.
type Row = [String; 4];

pub fn run(call: &mut Call, given: &Given) -> Step<()> {
    let client = connect(call, given, true)?;
    call.say("[preflight] Running pre-flight checks.");
    let ignored = crate::kubeadm::config::validate::ignored(given.list("ignore-preflight-errors"), Vec::new()).or_else(fail)?;
    preflight::root(call, &Default::default(), &ignored)?;
    let upgrade = read(call, given, client, "upgrade/config")?;
    if given.is("print-config") {
        call.say("[upgrade/config] Configuration used:");
        let text = yaml::write(&upgrade.work.config.cluster);
        text.lines().for_each(|line| call.say(format_args!("\t{line}")));
    }
    health::check(call, &upgrade)?;
    let wanted = given.words.first().map_or("", String::as_str);
    let ways = ways(call, &upgrade, wanted)?;
    call.say("");
    for way in &ways {
        tell(call, &upgrade, way)?;
    }
    if !ways.is_empty() {
        components(call);
    }
    Ok(())
}

/// The version that the API server tells.
pub fn cluster_version(call: &mut Call, client: &Client) -> Step<Result<Version, String>> {
    let mut request = Request::path("/version");
    request.verb = Verb::Get;
    request.user = client.user.clone();
    request.origin.actor = Text::new_static("kubeadm");
    let answer = call.outside.api(call.machine, call.now, &client.server, request);
    let found = call
        .pass(answer)?
        .map_err(|why| format!("couldn't fetch cluster version from the API Server: Get \"{}/version?timeout=10s\": {why}", client.server));
    Ok(found.and_then(|answer| {
        let told = answer.tree().get("gitVersion").text().to_string();
        Version::read(&told).ok_or_else(|| format!("couldn't parse cluster version: could not parse \"{told}\" as version"))
    }))
}

/// `(node, v1.37.2)` of each node.
pub fn kubelets(call: &mut Call, client: &Client) -> Step<Result<Vec<(String, String)>, String>> {
    let nodes = client.get(call, NODES, "", "")?;
    Ok(nodes.map(|nodes| {
        let text = |node: &Tree, path: &[&str]| node.at(path).text().to_string();
        nodes
            .get("items")
            .items()
            .iter()
            .map(|one| (text(one, &["metadata", "name"]), text(one, &["status", "nodeInfo", "kubeletVersion"])))
            .collect()
    }))
}

/// What there is to go to. `wanted` stands in for every question to the Internet.
fn ways(call: &mut Call, upgrade: &Upgrade, wanted: &str) -> Step<Vec<Way>> {
    call.say("[upgrade] Fetching available versions to upgrade to");
    let fatal = |why: String| format!("[upgrade/versions] FATAL: {why}");
    let cluster = cluster_version(call, &upgrade.client)?.map_err(fatal).or_else(fail)?;
    call.say(format_args!("[upgrade/versions] Cluster version: {cluster}"));
    let own = version::own(call);
    call.say(format_args!("[upgrade/versions] kubeadm version: v{own}"));
    let stable = ask(call, wanted, "stable")?;
    call.say(format_args!("[upgrade/versions] Target version: v{stable}"));
    let mut ways = Vec::new();
    let mut minor = cluster < stable;
    if stable >= cluster {
        let branch = format!("{}.{}", cluster.major, cluster.minor);
        let about = format!("version in the v{branch} series");
        let patch = ask(call, wanted, &format!("stable-{branch}"))?;
        call.say(format_args!("[upgrade/versions] Latest {about}: v{patch}"));
        minor = patch < stable;
        if cluster < patch {
            let kubeadm = if own >= patch { own.clone() } else { patch.clone() };
            ways.push(Way { about, to: patch, kubeadm });
        }
    }
    if minor {
        ways.push(Way { about: "stable version".into(), to: stable.clone(), kubeadm: stable });
    }
    Ok(ways)
}

fn ask(call: &mut Call, wanted: &str, label: &str) -> Step<Version> {
    let text = version::release(call, if wanted.is_empty() { label } else { wanted })?;
    Version::read(&text).map_or_else(|| fail(format!("[upgrade/versions] FATAL: could not parse \"{text}\" as version")), Ok)
}

/// Everything about one way.
fn tell(call: &mut Call, upgrade: &Upgrade, way: &Way) -> Step<()> {
    let to = format!("v{}", way.to);
    let mut nodes = kubelets(call, &upgrade.client)?.or_else(fail)?;
    nodes.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    let different = nodes.iter().any(|one| one.1 != nodes[0].1);
    if different || nodes.iter().any(|one| one.1 != to) {
        call.say("Components that must be upgraded manually after you have upgraded the control plane with 'kubeadm upgrade apply':");
        let rows = nodes.iter().map(|(node, now)| ["kubelet".into(), node.clone(), now.clone(), to.clone()]).collect();
        table(call, rows);
        call.say("");
    }
    call.say(format_args!("Upgrade to the latest {}:\n", way.about));
    let mut rows: Vec<Row> = Vec::new();
    for name in ["kube-apiserver", "kube-controller-manager", "kube-scheduler"] {
        rows.extend(images(call, upgrade, name)?.into_iter().map(|(node, tag)| [name.into(), node, tag, to.clone()]));
    }
    let cluster = cluster_version(call, &upgrade.client)?.or_else(fail)?;
    rows.push(["kube-proxy".into(), String::new(), cluster.to_string(), to.clone()]);
    let dns = upgrade.client.get(call, DEPLOYMENTS, "kube-system", "coredns")?;
    let image = dns.map(|dns| tag(dns.at(&["spec", "template", "spec"]))).unwrap_or_default();
    rows.push(["CoreDNS".into(), String::new(), image, defaults::COREDNS.into()]);
    rows.extend(images(call, upgrade, "etcd")?.into_iter().map(|(node, tag)| ["etcd".into(), node, tag, defaults::etcd_tag(&to).into()]));
    table(call, rows);
    call.say(format_args!("\nYou can now apply the upgrade by executing the following command:\n\n\tkubeadm upgrade apply {to}\n"));
    if way.kubeadm != version::own(call) {
        call.say(format_args!("Note: Before you can perform this upgrade, you have to update kubeadm to v{}.\n", way.kubeadm));
    }
    call.say(format_args!("{LINE}\n"));
    Ok(())
}

/// The tag of the first container's image.
fn tag(spec: &Tree) -> String {
    let image = spec.get("containers").items().first().map_or("", |one| one.get("image").text());
    image.rsplit_once(':').map_or("", |(_, tag)| tag).to_string()
}

/// `(node, tag)` of each Pod of a component.
pub fn images(call: &mut Call, upgrade: &Upgrade, component: &str) -> Step<Vec<(String, String)>> {
    let pods = upgrade.client.get(call, PODS, "kube-system", "")?.or_else(fail)?;
    let mine = |pod: &&Tree| pod.at(&["metadata", "labels", "component"]).text() == component;
    let row = |pod: &Tree| (pod.at(&["spec", "nodeName"]).text().to_string(), tag(pod.get("spec")));
    Ok(pods.get("items").items().iter().filter(mine).map(row).collect())
}

/// Columns three spaces apart and at least ten wide; the last is not filled up.
fn table(call: &mut Call, mut rows: Vec<Row>) {
    rows.insert(0, ["COMPONENT", "NODE", "CURRENT", "TARGET"].map(String::from));
    let width = |at: usize| (rows.iter().map(|row| row[at].len()).max().unwrap_or(0) + 3).max(10);
    let widths = [width(0), width(1), width(2)];
    for [name, node, now, then] in &rows {
        call.say(format_args!("{name:<0$}{node:<1$}{now:<2$}{then}", widths[0], widths[1], widths[2]));
    }
}

fn components(call: &mut Call) {
    call.say("\nThe table below shows the current state of component configs as understood by this version of kubeadm.");
    call.say("Configs that have a \"yes\" mark in the \"MANUAL UPGRADE REQUIRED\" column require manual config upgrade or");
    call.say("resetting to kubeadm defaults before a successful upgrade can be performed. The version to manually");
    call.say("upgrade to is denoted in the \"PREFERRED VERSION\" column.\n");
    call.say("API GROUP                 CURRENT VERSION   PREFERRED VERSION   MANUAL UPGRADE REQUIRED");
    call.say("kubeproxy.config.k8s.io   v1alpha1          v1alpha1            no");
    call.say("kubelet.config.k8s.io     v1beta1           v1beta1             no");
    call.say(format_args!("{LINE}\n"));
}

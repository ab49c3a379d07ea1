//! `kubeadm upgrade apply` and `upgrade node`: a control plane, a kubelet's configuration, the addons, to another version.
use super::{APPLY_PHASES, NODE_PHASES, Upgrade, connect, health, plan, pods, read, serves, skew};
use crate::call::{Call, Step, Stop, fail, quoted};
use crate::kubeadm::flags::Given;
use crate::kubeadm::phases::{self, kubelet};
use crate::kubeadm::preflight;
use crate::kubeadm::version::{self, Version};
use objects::yaml;

/// Where copies and new manifests stand meanwhile.
pub const TMP: &str = "/etc/kubernetes/tmp";
const CONFIG: &str = "/var/lib/kubelet/config.yaml";

fn within<T>(phase: &str, step: Step<T>) -> Step<T> {
    step.map_err(|stop| match stop {
        Stop::Fail(words) => Stop::Fail(format!("error execution phase {phase}: {words}")),
        other => other,
    })
}

/// `2026-11-23-06-01-29`: how kubeadm names folders by time.
pub fn stamp(call: &Call) -> String {
    call.machine.local(call.now).rfc3339()[..19].replace([':', 'T'], "-")
}

/// Whether a phase is left out by `--skip-phases`, or is the one that is asked for.
struct Chosen {
    skip: Vec<String>,
    /// `control-plane`, `addon/coredns`; `None`: all.
    only: Option<String>,
}

impl Chosen {
    fn new(given: &Given) -> Chosen {
        let only = given.path.split_once(" phase ").map(|(_, phase)| phase.replace(' ', "/"));
        Chosen { skip: given.list("skip-phases"), only: only.map(|phase| phase.trim_end_matches("/all").to_string()) }
    }

    fn runs(&self, phase: &str) -> bool {
        let inside = |one: &String| one == phase || phase.starts_with(&format!("{one}/"));
        self.only.as_ref().is_none_or(inside) && !self.skip.iter().any(inside)
    }

    /// Refuses names that no phase has.
    fn known(&self, all: &[&str]) -> Step<()> {
        let groups = |one: &&String| all.iter().any(|phase| phase == one || phase.starts_with(&format!("{one}/")));
        self.skip.iter().find(|one| !groups(one)).map_or(Ok(()), |strange| fail(format!("invalid phase name: {strange}")))
    }
}

pub fn apply(call: &mut Call, given: &Given) -> Step<()> {
    let mut upgrade = begin(call, given)?;
    let dry = given.is("dry-run");
    carry_out(call, given, &mut upgrade)?;
    finish(call, &upgrade, dry)
}

/// `kubeadm upgrade apply phase …`
pub fn apply_phase(call: &mut Call, given: &Given) -> Step<()> {
    let mut upgrade = begin(call, given)?;
    carry_out(call, given, &mut upgrade)
}

fn begin(call: &mut Call, given: &Given) -> Step<Upgrade> {
    let client = connect(call, given, true)?;
    Chosen::new(given).known(&APPLY_PHASES)?;
    let mut upgrade = read(call, given, client, "upgrade")?;
    upgrade.work.config.cluster.set(&["kubernetesVersion"], given.words[0].as_str());
    Ok(upgrade)
}

fn carry_out(call: &mut Call, given: &Given, upgrade: &mut Upgrade) -> Step<()> {
    let chosen = Chosen::new(given);
    let runs = |phase: &str| chosen.runs(phase);
    if runs("preflight") {
        within("preflight", examine(call, given, upgrade))?;
    } else {
        let wanted = version::release(call, &given.words[0])?;
        upgrade.work.config.cluster.set(&["kubernetesVersion"], wanted.as_str());
    }
    let version = upgrade.work.config.version().to_string();
    if given.is("dry-run") {
        if runs("control-plane") {
            call.say(format_args!("[dryrun] Would upgrade your static Pod-hosted control plane to version {}", quoted(&version)));
            upgrade.work.dry = Some(format!("{TMP}/kubeadm-upgrade-dryrun{}", call.draw(9, b"123456789")));
            pods::dry(call, upgrade)?;
        }
        return Ok(());
    }
    if runs("control-plane") {
        let limit = upgrade.work.config.timeout("upgradeManifests");
        let words = format!("Upgrading your static Pod-hosted control plane to version {} (timeout: {limit})...", quoted(&version));
        call.say(format_args!("[upgrade/control-plane] {words}"));
        within("control-plane", pods::upgrade(call, given, upgrade))?;
        call.say("[upgrade/control-plane] The control plane instance for this node was successfully upgraded!");
    }
    for (phase, upload) in
        [("upload-config/kubeadm", phases::upload_kubeadm as phases::Run), ("upload-config/kubelet", phases::upload_kubelet)]
    {
        if runs(phase) {
            within(phase, upload(call, &mut upgrade.work))?;
        }
    }
    rest(call, upgrade, &runs, true)
}

fn finish(call: &mut Call, upgrade: &Upgrade, dry: bool) -> Step<()> {
    let version = upgrade.work.config.version();
    if dry {
        call.say(format_args!("\n[upgrade/successful] Finished dryrunning successfully!"));
        return Ok(());
    }
    let words = format!("\n[upgrade] SUCCESS! A control plane node of your cluster was upgraded to {}.", quoted(version));
    call.say(words);
    call.say("\n[upgrade] Now please proceed with upgrading the rest of the nodes by following the right order.");
    Ok(())
}

/// Health, the version, the question, the images.
fn examine(call: &mut Call, given: &Given, upgrade: &mut Upgrade) -> Step<()> {
    call.say("[upgrade/preflight] Running preflight checks");
    preflight::root(call, &upgrade.work.config, &upgrade.work.ignored)?;
    health::check(call, upgrade)?;
    let wanted = version::release(call, &given.words[0])?;
    upgrade.work.config.cluster.set(&["kubernetesVersion"], wanted.as_str());
    call.say(format_args!("[upgrade/preflight] You have chosen to upgrade the cluster version to {}", quoted(&wanted)));
    let Some(to) = Version::read(&wanted) else {
        return fail(format!("unable to parse normalized version {wanted:?} as a semantic version"));
    };
    let cluster = match plan::cluster_version(call, &upgrade.client)? {
        Ok(version) => version,
        Err(why) => {
            let wrongs = skew::Wrongs { fatal: vec![format!("Unable to fetch cluster version: {why}")], ..Default::default() };
            return wrongs.verdict(false).map(|_| ()).or_else(fail);
        }
    };
    let kubeadm = version::own(call);
    call.say(format_args!("[upgrade/versions] Cluster version: v{cluster}"));
    call.say(format_args!("[upgrade/versions] kubeadm version: v{kubeadm}"));
    let mut kubelets: Vec<String> = plan::kubelets(call, &upgrade.client)?.unwrap_or_default().into_iter().map(|one| one.1).collect();
    kubelets.sort();
    kubelets.dedup();
    let versions = skew::Versions { cluster: &cluster, kubeadm: &kubeadm, kubelets: &kubelets, wanted: &to };
    let wrongs = skew::judge(&versions, given.is("allow-experimental-upgrades"), given.is("allow-release-candidate-upgrades"));
    if let Some(words) = wrongs.verdict(given.is("force")).or_else(fail)? {
        call.stdout.push_str(&words);
    }
    if !(given.is("yes") || given.is("force") || given.is("dry-run")) {
        call.stdout.push_str("[upgrade] Are you sure you want to proceed? [y/N]: ");
        let answer = call.stdin.lines().next().unwrap_or("").trim().to_lowercase();
        if answer != "y" {
            return fail("won't proceed; the user didn't answer (Y|y) in order to continue");
        }
    }
    images(call, upgrade, given.is("dry-run"))
}

fn images(call: &mut Call, upgrade: &Upgrade, dry: bool) -> Step<()> {
    if dry {
        call.say("[dryrun] Would pull the required images (like 'kubeadm config images pull')");
        return Ok(());
    }
    call.say("[upgrade/preflight] Pulling images required for setting up a Kubernetes cluster");
    call.say("[upgrade/preflight] This might take a minute or two, depending on the speed of your internet connection");
    call.say("[upgrade/preflight] You can also perform this action beforehand using 'kubeadm config images pull'");
    preflight::pull(call, &upgrade.work.config, &upgrade.work.ignored)
}

/// What comes behind the control plane, on every kind of node.
fn rest(call: &mut Call, upgrade: &mut Upgrade, runs: &dyn Fn(&str) -> bool, first: bool) -> Step<()> {
    if runs("kubeconfig") {
        match upgrade.serves {
            true => call.say("[upgrade/kubeconfig] The kubeconfig files for this node were successfully upgraded!"),
            false => call.say("[upgrade/kubeconfig] Skipping phase. Not a control plane node."),
        }
    }
    if runs("kubelet-config") {
        within("kubelet-config", kubelet_config(call, upgrade))?;
    }
    if first && runs("bootstrap-token") {
        call.say("[upgrade/bootstrap-token] Configuring bootstrap token and cluster-info RBAC rules");
        within("bootstrap-token", phases::token_rights(call, &mut upgrade.work))?;
    }
    for (phase, run) in [("addon/coredns", phases::coredns as phases::Run), ("addon/kube-proxy", phases::kube_proxy)] {
        if !runs(phase) {
            continue;
        }
        if !upgrade.serves {
            call.say(format_args!("[upgrade/addon] Skipping the {phase} phase. Not a control plane node."));
        } else if let Some(behind) = behind(call, upgrade)? {
            call.say(format_args!(
                "[upgrade/addon] Skipping upgrade of addons because control plane instances [{behind}] have not been upgraded"
            ));
        } else {
            within(phase, run(call, &mut upgrade.work))?;
        }
    }
    Ok(())
}

/// Control planes whose API server runs another image than this node's.
fn behind(call: &mut Call, upgrade: &Upgrade) -> Step<Option<String>> {
    let all = plan::images(call, upgrade, "kube-apiserver")?;
    let own = all.iter().find(|one| one.0 == upgrade.work.config.node_name()).map(|one| one.1.clone());
    let others: Vec<String> = all
        .into_iter()
        .filter(|one| own.as_ref().is_some_and(|own| one.1 != *own))
        .map(|one| format!("kube-apiserver-{}", one.0))
        .collect();
    Ok((!others.is_empty()).then(|| others.join(" ")))
}

fn kubelet_config(call: &mut Call, upgrade: &mut Upgrade) -> Step<()> {
    let folder = format!("{TMP}/kubeadm-kubelet-config-{}", stamp(call));
    let words = format!(
        "Using temporary directory {folder} for kubelet config. To override it set the environment variable KUBEADM_UPGRADE_DRYRUN_DIR"
    );
    call.klog('W', "postupgrade.go:105", words);
    let copy = format!("{folder}/config.yaml");
    call.say(format_args!("[upgrade] Backing up kubelet config file to {copy}"));
    let text = call.machine.files.read(CONFIG).unwrap_or_default();
    call.machine.files.write_mode(&copy, &text, 0o644);
    kubelet::write_config(call, &upgrade.work, "/var/lib/kubelet")?;
    call.say("[upgrade/kubelet-config] The kubelet configuration for this node was successfully upgraded!");
    Ok(())
}

pub fn node(call: &mut Call, given: &Given) -> Step<()> {
    let client = connect(call, given, serves(call))?;
    let chosen = Chosen::new(given);
    chosen.known(&NODE_PHASES)?;
    let mut upgrade = read(call, given, client, "upgrade")?;
    let runs = |phase: &str| chosen.runs(phase);
    if runs("preflight") {
        call.say("[upgrade/preflight] Running pre-flight checks");
        within("preflight", preflight::root(call, &upgrade.work.config, &upgrade.work.ignored))?;
        match upgrade.serves {
            true => within("preflight", images(call, &upgrade, given.is("dry-run")))?,
            false => call.say("[upgrade/preflight] Skipping prepull. Not a control plane node."),
        }
    }
    if runs("control-plane") && upgrade.serves {
        let version = upgrade.work.config.version().to_string();
        call.say(format_args!(
            "[upgrade/control-plane] Upgrading your Static Pod-hosted control plane instance to version {}...",
            quoted(&version)
        ));
        within("control-plane", pods::upgrade(call, given, &upgrade))?;
        call.say("[upgrade/control-plane] The control plane instance for this node was successfully upgraded!");
    } else if runs("control-plane") {
        call.say("[upgrade/control-plane] Skipping phase. Not a control plane node.");
    }
    rest(call, &mut upgrade, &runs, false)
}

/// `kubeadm upgrade node phase …`
pub fn node_phase(call: &mut Call, given: &Given) -> Step<()> {
    node(call, given)
}

/// The manifest at a path as a tree.
pub fn manifest(call: &Call, path: &str) -> Option<objects::Tree> {
    let text = call.machine.files.read(path)?;
    Some(yaml::read(&text).ok()?.into_iter().next()?.tree)
}

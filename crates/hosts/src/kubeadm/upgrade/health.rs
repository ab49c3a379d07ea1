//! Before an upgrade: can the cluster run a Pod, are its control planes ready, are the manifests here?
use super::Upgrade;
use crate::call::{Call, Step};
use crate::kubeadm::client::{Client, NODES};
use crate::kubeadm::config::defaults;
use crate::kubeadm::phases::MANIFESTS;
use crate::kubeadm::preflight::{self, Found};
use objects::wire::Verb;
use objects::{Tree, list, map};
use simcore::Duration;

const JOBS: (&str, &str, &str) = ("batch", "v1", "jobs");
/// How long the Job may take.
const JOB: u64 = 60;
const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";

/// Runs the checks; their errors end the command as those of preflight do.
pub fn check(call: &mut Call, upgrade: &Upgrade) -> Step<()> {
    call.say("[upgrade] Running cluster health checks");
    let (client, ignored) = (upgrade.client.clone(), upgrade.work.ignored.clone());
    let nodes = client.get(call, NODES, "", "")?;
    let job = match &nodes {
        Ok(nodes) => job(call, upgrade, nodes)?,
        Err(why) => Some(format!("could not check if there is at least one Node that can schedule a test Pod: {why}")),
    };
    let ready = match &nodes {
        Ok(nodes) => not_ready(nodes),
        Err(why) => Some(format!("could not list nodes labeled with {CONTROL_PLANE:?}: {why}")),
    };
    let found = [("CreateJob", job), ("ControlPlaneNodesReady", ready), ("StaticPodManifest", manifests(call))];
    preflight::tell_all(
        call,
        found.map(|(name, wrong)| (name, Found { errors: wrong.into_iter().collect(), ..Found::default() })),
        &ignored,
    )
}

fn not_ready(nodes: &Tree) -> Option<String> {
    let serves = |node: &&Tree| node.at(&["metadata", "labels"]).has(CONTROL_PLANE);
    let ready = |node: &&Tree| {
        let conditions = node.at(&["status", "conditions"]).items();
        !conditions.iter().any(|one| one.get("type").text() == "Ready" && one.get("status").text() != "True")
    };
    let all = nodes.get("items").items().iter().filter(serves).filter(|node| !ready(node));
    let names: Vec<&str> = all.map(|node| node.at(&["metadata", "name"]).text()).collect();
    (!names.is_empty()).then(|| format!("there are NotReady control-planes in the cluster: [{}]", names.join(" ")))
}

fn manifests(call: &Call) -> Option<String> {
    let paths = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"].map(|name| format!("{MANIFESTS}/{name}.yaml"));
    let gone: Vec<&str> = paths.iter().map(String::as_str).filter(|path| !call.machine.files.exists(path)).collect();
    (!gone.is_empty()).then(|| {
        format!(
            "The control plane seems to be Static Pod-hosted, but some of the manifests don't seem to exist on disk. This probably means you're running 'kubeadm upgrade' on a remote machine, which is not supported for a Static Pod-hosted cluster. Manifest files not found: [{}]",
            gone.join(" ")
        )
    })
}

/// A Job that does nothing must end well within a minute.
fn job(call: &mut Call, upgrade: &Upgrade, nodes: &Tree) -> Step<Option<String>> {
    if nodes.get("items").items().iter().all(|node| node.at(&["spec", "unschedulable"]).is_true()) {
        let words = "The preflight check \"CreateJob\" was skipped because there are no schedulable Nodes in the cluster.";
        call.klog('W', "health.go:134", words);
        return Ok(None);
    }
    let client = &upgrade.client;
    let name = format!("upgrade-health-check-{}", call.machine.local(call.now).0 / 1_000);
    let image = format!("{}/pause:{}", upgrade.work.config.repository(), defaults::PAUSE);
    let container = map! {"args": list!["-v"], "image": image, "name": "upgrade-health-check"};
    let spec = map! {
        "containers": list![container], "restartPolicy": "Never",
        "securityContext": map! {"runAsGroup": 999, "runAsNonRoot": true, "runAsUser": 999},
        "tolerations": list![map! {"effect": "NoSchedule", "key": CONTROL_PLANE}],
    };
    let body = map! {
        "apiVersion": "batch/v1", "kind": "Job", "metadata": map! {"name": name.as_str(), "namespace": "kube-system"},
        "spec": map! {"backoffLimit": 0, "template": map! {"spec": spec}, "ttlSecondsAfterFinished": 65},
    };
    let failed = |why: String| Some(format!("could not create Job {name:?} in the namespace \"kube-system\": {why}"));
    match client.ask(call, Verb::Create, JOBS, "kube-system", "", body)? {
        // A cluster that does not serve Jobs at all cannot be asked this way.
        Ok(answer) if answer.code == 404 => return Ok(None),
        Ok(answer) if !answer.is_ok() => return Ok(failed(answer.tree().get("message").text().to_string())),
        Err(why) => return Ok(failed(why)),
        Ok(_) => {}
    }
    let ended = wait(call, client, &name)?;
    client.ask(call, Verb::Delete, JOBS, "kube-system", &name, Tree::Null)?.ok();
    Ok(ended.err().map(|why| format!("Job {name:?} in the namespace \"kube-system\" did not complete in 1m0s: {why}")))
}

fn wait(call: &mut Call, client: &Client, name: &str) -> Step<Result<(), String>> {
    let mut last = String::new();
    for _ in 0..JOB {
        call.work(Duration::secs(1));
        last = match client.get(call, JOBS, "kube-system", name)? {
            Ok(job) if job.at(&["status", "conditions"]).items().iter().any(|one| one.get("type").text() == "Complete") => {
                return Ok(Ok(()));
            }
            Ok(_) => "no condition of type Complete".into(),
            Err(why) => why,
        };
    }
    Ok(Err(last))
}

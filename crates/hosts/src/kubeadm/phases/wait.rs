//! Waiting: for the kubelet's health, and for the three components of a control plane.
use super::cluster;
use crate::call::{Call, Step, Stop, fail};
use crate::kubeadm::init::Work;
use crate::outside::Probe;
use simcore::Duration;

const KUBELET: &str = "http://127.0.0.1:10248/healthz";

/// The phase of `init`, with the hidden first step: the administrator's rights are bound as soon as the server answers.
pub fn control_plane_init(call: &mut Call, work: &mut Work) -> Step<()> {
    if let Some(folder) = work.dry.clone() {
        return dry(call, work, &folder);
    }
    cluster::client(call, work)?;
    call.say("[wait-control-plane] Waiting for the kubelet to boot up the control plane as static Pods from directory \"/etc/kubernetes/manifests\"");
    kubelet(call, work, "failed while waiting for the kubelet to start")?;
    components(call, work)
}

/// What a dry run prints of the files it wrote elsewhere; `serves`: of a control plane's.
pub fn dry_files(call: &mut Call, folder: &str, serves: bool) {
    let what = if serves { "certificates, kubeconfig files and control plane manifests" } else { "certificates and kubeconfig files" };
    call.say(format_args!("[dryrun] Wrote {what} to the \"{folder}\" directory"));
    call.say("[dryrun] The certificates or kubeconfig files would not be printed due to their sensitive nature");
    call.say(format_args!("[dryrun] Please examine the \"{folder}\" directory for details about what would be written"));
    let manifests =
        ["kube-apiserver", "kube-controller-manager", "kube-scheduler"].map(|name| (format!("{name}.yaml"), "/etc/kubernetes/manifests"));
    let kubelet = ["config.yaml", "kubeadm-flags.env"].map(|name| (name.to_string(), "/var/lib/kubelet"));
    for (name, place) in manifests.into_iter().filter(|_| serves).chain(kubelet) {
        let text = call.machine.files.read(&format!("{folder}/{name}")).unwrap_or_default();
        call.say(format_args!("[dryrun] Would write file \"{place}/{name}\" with content:\n{}", text.trim_end_matches('\n')));
    }
}

fn dry(call: &mut Call, work: &Work, folder: &str) -> Step<()> {
    dry_files(call, folder, true);
    call.say(format_args!(
        "[wait-control-plane] Waiting for the kubelet to boot up the control plane as static Pods from directory \"{}\"",
        work.manifests()
    ));
    call.say(format_args!("[dryrun] Would make sure the kubelet returns 'ok' at {KUBELET}"));
    Ok(())
}

/// Waits for the kubelet's healthz.
pub fn kubelet(call: &mut Call, work: &Work, context: &str) -> Step<()> {
    let within = work.config.timeout("kubeletHealthCheck");
    call.say(format_args!("[kubelet-check] Waiting for a healthy kubelet at {KUBELET}. This can take up to {within}"));
    let answer = call.outside.wait(call.machine, call.now, &Probe { url: KUBELET.into() }, within);
    let (found, took) = answer?;
    call.work(took);
    let Err(why) = found else {
        call.say(format_args!("[kubelet-check] The kubelet is healthy after {took}"));
        return Ok(());
    };
    call.say(format_args!("[kubelet-check] The kubelet is not healthy after {took}\n"));
    call.say("Unfortunately, an error has occurred, likely caused by:\n\t- The kubelet is not running\n\t- The kubelet is unhealthy due to a misconfiguration of the node in some way (required cgroups disabled)\n");
    call.say("If you are on a systemd-powered system, you can try to troubleshoot the error with the following commands:\n\t- 'systemctl status kubelet'\n\t- 'journalctl -xeu kubelet'\n");
    fail(format!("{context}: The HTTP call equal to 'curl -sSL {KUBELET}' returned error: {why}\n"))
}

/// Waits for API server, controller manager and scheduler, which are asked side by side.
pub fn components(call: &mut Call, work: &Work) -> Step<()> {
    let within = work.config.timeout("controlPlaneComponentHealthCheck");
    call.say(format_args!("[control-plane-check] Waiting for healthy control plane components. This can take up to {within}"));
    let probes = [
        ("kube-apiserver", format!("{}/livez", work.config.local_server())),
        ("kube-controller-manager", "https://127.0.0.1:10257/healthz".to_string()),
        ("kube-scheduler", "https://127.0.0.1:10259/livez".to_string()),
    ];
    let mut ends: Vec<(Duration, &str, &str, Result<(), String>)> = Vec::new();
    for (name, url) in &probes {
        call.say(format_args!("[control-plane-check] Checking {name} at {url}"));
        let answer = call.outside.wait(call.machine, call.now, &Probe { url: url.clone() }, within);
        let (found, took) = answer.map_err(Stop::from)?;
        ends.push((took, name, url, found));
    }
    ends.sort_by_key(|end| end.0);
    for (took, name, _, found) in &ends {
        let word = if found.is_ok() { "healthy" } else { "not healthy" };
        call.say(format_args!("[control-plane-check] {name} is {word} after {took}"));
    }
    call.work(ends.last().map_or(Duration::ZERO, |end| end.0));
    let wrong: Vec<String> =
        ends.iter().filter_map(|(_, name, url, found)| Some(format!("{name} check failed at {url}: {}", found.as_ref().err()?))).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let socket = work.config.cri_socket();
    call.say("\nA control plane component may have crashed or exited when started by the container runtime.");
    call.say("To troubleshoot, list all containers using your preferred container runtimes CLI.");
    call.say("Here is one example how you may list all running Kubernetes containers by using crictl:");
    call.say(format_args!("\t- 'crictl --runtime-endpoint {socket} ps -a | grep kube | grep -v pause'"));
    call.say("\tOnce you have found the failing container, you can inspect its logs with:");
    call.say(format_args!("\t- 'crictl --runtime-endpoint {socket} logs CONTAINERID'"));
    let all = if wrong.len() == 1 { wrong[0].clone() } else { format!("[{}]", wrong.join(", ")) };
    fail(format!("failed while waiting for the control plane to start: {all}"))
}

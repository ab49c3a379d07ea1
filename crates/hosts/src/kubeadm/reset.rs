//! `kubeadm reset`: takes back what init and join did to this host.
use super::client::{Client, NODES};
use super::config;
use super::flags::Given;
use super::{phases, preflight};
use crate::call::{Call, Step, Stop, fail};
use crate::outside::EtcdAsk;
use objects::yaml;
use simcore::Duration;

const FILES: [&str; 6] =
    ["admin.conf", "super-admin.conf", "kubelet.conf", "bootstrap-kubelet.conf", "controller-manager.conf", "scheduler.conf"];

pub fn run(call: &mut Call, given: &Given) -> Step<()> {
    let node = config::reset(call, given)?;
    let path = given.text("kubeconfig").to_string();
    let client = Client::load(call, &path).ok();
    let mut known = false;
    if let Some(client) = client.as_ref().filter(|_| given.path == "reset") {
        known = read(call, client)?;
    }
    if let Some(strange) =
        given.list("skip-phases").iter().find(|one| !["preflight", "remove-etcd-member", "cleanup-node"].contains(&one.as_str()))
    {
        return fail(format!("invalid phase name: {strange}"));
    }
    let part = given.path.strip_prefix("reset phase ").unwrap_or("");
    let runs = |phase: &str| part.is_empty() && !given.list("skip-phases").iter().any(|one| one == phase) || part == phase;
    if runs("preflight") {
        before(call, given, &node).map_err(|stop| match stop {
            Stop::Fail(words) => Stop::Fail(format!("error execution phase preflight: {words}")),
            other => other,
        })?;
    }
    let dry = given.is("dry-run");
    if runs("remove-etcd-member") {
        etcd(call, client.as_ref(), known, dry)?;
    }
    if runs("cleanup-node") {
        clean(call, node.get("certificatesDir").text(), dry);
        if given.is("cleanup-tmp-dir") && !dry {
            call.machine.files.empty("/etc/kubernetes/tmp");
        }
    }
    if part.is_empty() {
        call.say("\nThe reset process does not perform cleanup of CNI plugin configuration,\nnetwork filtering rules and kubeconfig files.\n\nFor information on how to perform this cleanup manually, please see:\n    https://k8s.io/docs/reference/setup-tools/kubeadm/kubeadm-reset/\n");
    }
    Ok(())
}

/// Whether the cluster told its configuration and knows this node.
fn read(call: &mut Call, client: &Client) -> Step<bool> {
    call.say("[reset] Reading configuration from the \"kubeadm-config\" ConfigMap in namespace \"kube-system\"...");
    call.say("[reset] Use 'kubeadm init phase upload-config kubeadm --config your-config-file' to re-upload it.");
    let name = call.machine.name.to_string();
    let why = match phases::stored(call, client)? {
        Err(why) => format!("failed to get config map: {why}"),
        Ok(_) => match client.get(call, NODES, "", &name)? {
            Ok(_) => return Ok(true),
            Err(why) => format!("failed to get node registration: failed to get corresponding node: {why}"),
        },
    };
    call.klog('W', "reset.go:141", format_args!("[reset] Unable to fetch the kubeadm-config ConfigMap from cluster: {why}"));
    Ok(false)
}

fn before(call: &mut Call, given: &Given, node: &objects::Tree) -> Step<()> {
    let force = given.is("force") || node.get("force").is_true();
    if !force && !given.is("dry-run") {
        call.klog(
            'W',
            "preflight.go:55",
            "[reset] WARNING: Changes made to this host by 'kubeadm init' or 'kubeadm join' will be reverted.",
        );
        call.stdout.push_str("[reset] Are you sure you want to proceed? [y/N]: ");
        let answer = call.stdin.lines().next().unwrap_or("").trim().to_lowercase();
        if answer != "y" {
            return fail("won't proceed; the user didn't answer (Y|y) in order to continue");
        }
    }
    call.say("[preflight] Running pre-flight checks");
    let ignored = config::validate::ignored(given.list("ignore-preflight-errors"), Vec::new()).or_else(fail)?;
    preflight::root(call, &config::Config::default(), &ignored)
}

/// Where the etcd Pod of this host keeps its data.
fn etcd_folder(call: &Call) -> Option<String> {
    let text = call.machine.files.read("/etc/kubernetes/manifests/etcd.yaml")?;
    let pod = yaml::read(&text).ok()?.into_iter().next()?.tree;
    let volumes = pod.at(&["spec", "volumes"]).items();
    volumes.iter().find(|one| one.get("name").text() == "etcd-data").map(|one| one.at(&["hostPath", "path"]).text().to_string())
}

/// Takes this host's member out of etcd and empties its folder.
fn etcd(call: &mut Call, client: Option<&Client>, known: bool, dry: bool) -> Step<()> {
    if !known {
        call.klog('W', "removeetcdmember.go:105", "[reset] No kubeadm config, using etcd pod spec to get data directory");
    }
    let Some(folder) = etcd_folder(call) else { return Ok(()) };
    if dry {
        call.say("[dryrun] Would remove the etcd member on this node from the etcd cluster");
        call.say(format_args!("[dryrun] Would delete contents of the etcd data directory: {folder}"));
        return Ok(());
    }
    if let Some(client) = client.filter(|_| known) {
        leave(call, client)?;
    }
    if !call.machine.files.below(&folder).is_empty() {
        call.machine.files.empty(&folder);
        call.say(format_args!("[reset] Deleted contents of the etcd data directory: {folder}"));
    }
    Ok(())
}

/// The last member of a cluster stays; another one is removed.
fn leave(call: &mut Call, client: &Client) -> Step<()> {
    let host = client.server.trim_start_matches("https://").split(':').next().unwrap_or("").to_string();
    let (endpoint, peer) = (format!("https://{host}:2379"), format!("https://{}:2380", call.machine.address()));
    let answer = call.outside.etcd(call.machine, call.now, &endpoint, &EtcdAsk::Members);
    let Ok(members) = call.pass(answer)? else { return Ok(()) };
    let Some(own) = members.iter().find(|one| one.peer == peer).filter(|_| members.len() > 1) else { return Ok(()) };
    // Asked again every half second for two minutes; etcd's client warns each time.
    let give_up = call.now + Duration::mins(2);
    let done = loop {
        let begun = call.now;
        let answer = call.outside.etcd(call.machine, call.now, &endpoint, &EtcdAsk::Remove { id: own.id });
        let Err(why) = call.pass(answer)? else { break Ok(()) };
        call.etcd_warning(&endpoint, true, "/etcdserverpb.Cluster/MemberRemove", &format!("rpc error: code = Unknown desc = {why}"));
        call.now = begun + Duration::millis(500);
        if call.now >= give_up {
            break Err(why);
        }
    };
    if let Err(why) = done {
        call.klog(
            'W',
            "removeetcdmember.go:129",
            format_args!("[reset] Failed to remove etcd member: {why}, please manually remove this etcd member using etcdctl"),
        );
    }
    Ok(())
}

fn clean(call: &mut Call, pki: &str, dry: bool) {
    let files: Vec<String> = FILES.iter().map(|name| format!("/etc/kubernetes/{name}")).collect();
    let listed = files.join(" ");
    if dry {
        call.say("[dryrun] Would stop the kubelet service");
        call.say("[dryrun] Would unmount mounted directories in \"/var/lib/kubelet\"");
        call.say("[dryrun] Would remove Kubernetes-managed containers");
        call.say(format_args!("[dryrun] Would delete contents of directories: [/etc/kubernetes/manifests {pki}]"));
        call.say(format_args!("[dryrun] Would delete files: [{listed}]"));
        return;
    }
    call.say("[reset] Stopping the kubelet service");
    if call.machine.unit("kubelet").is_none() {
        call.klog(
            'W',
            "cleanupnode.go:105",
            "[reset] The kubelet service could not be stopped by kubeadm: [Unit kubelet.service not loaded.]",
        );
        call.klog('W', "cleanupnode.go:106", "[reset] Please ensure kubelet is stopped manually");
    }
    call.machine.stop_unit(call.now, "kubelet");
    call.say("[reset] Unmounting mounted directories in \"/var/lib/kubelet\"");
    end_static_pods(call);
    call.say(format_args!("[reset] Deleting contents of directories: [/etc/kubernetes/manifests /var/lib/kubelet {pki}]"));
    for folder in ["/etc/kubernetes/manifests", "/var/lib/kubelet", pki] {
        call.machine.files.empty(folder);
    }
    call.say(format_args!("[reset] Deleting files: [{listed}]"));
    files.iter().for_each(|path| {
        call.machine.files.remove(path);
    });
    call.work(Duration::millis(300));
}

/// Containers that the kubelet had started end with it.
fn end_static_pods(call: &mut Call) {
    let shim =
        |name: &str| matches!(name, "kube-apiserver" | "kube-controller-manager" | "kube-scheduler" | "etcd" | "kube-proxy" | "coredns");
    let pids: Vec<u32> = call.machine.processes.iter().filter(|one| shim(one.name())).map(|one| one.pid).collect();
    pids.into_iter().for_each(|pid| call.machine.kill(pid));
}

//! Static Pods changed one after another: certificates renewed, the manifest exchanged, the new Pod waited for.
use super::Upgrade;
use super::apply::{TMP, manifest, stamp};
use crate::call::{Call, Step, Stop, fail, quoted};
use crate::kubeadm::flags::Given;
use crate::kubeadm::phases::{MANIFESTS, manifests};
use crate::kubeadm::{certs, patches};
use objects::{Tree, yaml};
use simcore::Duration;

/// In the order in which they change, each with the certificates that are renewed with it.
const COMPONENTS: [(&str, &[&str]); 4] = [
    ("etcd", &["etcd-server", "etcd-peer", "etcd-healthcheck-client"]),
    ("kube-apiserver", &["apiserver", "apiserver-kubelet-client", "front-proxy-client", "apiserver-etcd-client"]),
    ("kube-controller-manager", &["controller-manager.conf"]),
    ("kube-scheduler", &["scheduler.conf"]),
];
/// Renewed behind all of them, without a word.
const ADMINS: [&str; 2] = ["admin.conf", "super-admin.conf"];
const PODS: (&str, &str, &str) = ("", "v1", "pods");
/// How often the new Pod is asked for.
const POLL: Duration = Duration::secs(2);

/// Where the files of one upgrade stand.
struct Folders {
    new: String,
    old: String,
}

/// The manifest that this version of the cluster's configuration wants.
fn wanted(call: &mut Call, upgrade: &Upgrade, name: &str) -> Step<Tree> {
    let config = &upgrade.work.config;
    let pod = match name {
        "etcd" => manifests::etcd(config, &manifests::own_peer(config), false),
        _ => manifests::component(config, name),
    };
    patches::apply(call, &upgrade.work.patches, name, pod)
}

/// Changes all four, or says why it could not and puts back what was there.
pub fn upgrade(call: &mut Call, given: &Given, upgrade: &Upgrade) -> Step<()> {
    let at = stamp(call);
    let folders = Folders {
        new: format!("{TMP}/kubeadm-upgraded-manifests{}", call.draw(9, b"123456789")),
        old: format!("{TMP}/kubeadm-backup-manifests-{at}"),
    };
    call.say(format_args!("[upgrade/staticpods] Writing new Static Pod manifests to \"{}\"", folders.new));
    call.machine.files.folder(&folders.old);
    let local = upgrade.work.config.etcd_folder().is_some() && given.is("etcd-upgrade");
    if local {
        call.machine.files.folder(&format!("{TMP}/kubeadm-backup-etcd-{at}"));
    }
    let mut moved = Vec::new();
    for (name, certificates) in COMPONENTS.iter().filter(|(name, _)| *name != "etcd" || local) {
        let done = component(call, given, upgrade, &folders, name, certificates, &mut moved);
        if let Err(Stop::Fail(why)) = done {
            // The other way round, so that the kubelet finds what it had.
            for name in moved {
                let text = call.machine.files.read(&format!("{}/{name}.yaml", folders.old)).unwrap_or_default();
                call.machine.files.write_mode(&format!("{MANIFESTS}/{name}.yaml"), &text, 0o600);
            }
            return fail(format!(
                "couldn't complete the static pod upgrade: couldn't upgrade control plane. kubeadm has tried to recover everything into the earlier state. Errors faced: {why}"
            ));
        }
        done?;
        if *name == "etcd" {
            call.say("[upgrade/etcd] Waiting for etcd to become available");
        }
    }
    if given.is("certificate-renewal") {
        ADMINS.iter().try_for_each(|name| certs::renew_named(call, upgrade.work.config.cert_dir(), name).map(|_| ()))?;
    }
    call.machine.files.remove(&folders.new);
    Ok(())
}

fn component(
    call: &mut Call,
    given: &Given,
    upgrade: &Upgrade,
    folders: &Folders,
    name: &'static str,
    certificates: &[&str],
    moved: &mut Vec<&'static str>,
) -> Step<()> {
    call.say(format_args!("[upgrade/staticpods] Preparing for \"{name}\" upgrade"));
    let path = format!("{MANIFESTS}/{name}.yaml");
    let new = wanted(call, upgrade, name)?;
    if manifest(call, &path).is_some_and(|old| old == new) {
        call.say(format_args!("[upgrade/staticpods] Current and new manifests of {name} are equal, skipping upgrade"));
        return Ok(());
    }
    if given.is("certificate-renewal") {
        for certificate in certificates {
            if certs::renew_named(call, upgrade.work.config.cert_dir(), certificate)? {
                call.say(format_args!("[upgrade/staticpods] Renewing {certificate} certificate"));
            }
        }
    }
    let before = fingerprint(call, upgrade, name)?;
    let backup = format!("{}/{name}.yaml", folders.old);
    call.say(format_args!(
        "[upgrade/staticpods] Moving new manifest to {} and backing up old manifest to {}",
        quoted(&path),
        quoted(&backup)
    ));
    let old = call.machine.files.read(&path).unwrap_or_default();
    call.machine.files.write_mode(&backup, &old, 0o600);
    call.machine.files.write_mode(&path, &yaml::write(&new), 0o600);
    moved.push(name);
    call.say("[upgrade/staticpods] Waiting for the kubelet to restart the component");
    let limit = upgrade.work.config.timeout("upgradeManifests");
    call.say(format_args!("[upgrade/staticpods] This can take up to {limit}"));
    let give_up = call.now + limit;
    while fingerprint(call, upgrade, name)?.is_none_or(|now| before.as_ref() == Some(&now)) {
        call.work(POLL);
        if call.now >= give_up {
            let node = upgrade.work.config.node_name();
            return fail(format!(
                "static Pod hash for component {name} on Node {node} did not change after {limit}: context deadline exceeded"
            ));
        }
    }
    let count = pods_of(call, upgrade, name)?.len();
    call.say(format_args!("[apiclient] Found {count} Pods for label selector component={name}"));
    call.say(format_args!("[upgrade/staticpods] Component \"{name}\" upgraded successfully!"));
    Ok(())
}

fn pods_of(call: &mut Call, upgrade: &Upgrade, name: &str) -> Step<Vec<Tree>> {
    let pods = upgrade.client.get(call, PODS, "kube-system", "")?.unwrap_or_default();
    Ok(pods.get("items").items().iter().filter(|pod| pod.at(&["metadata", "labels", "component"]).text() == name).cloned().collect())
}

/// What tells one mirror Pod of this node from the next: its hash, or what it runs. `None`: it is not there.
fn fingerprint(call: &mut Call, upgrade: &Upgrade, name: &str) -> Step<Option<String>> {
    let pod = format!("{name}-{}", upgrade.work.config.node_name());
    let found = upgrade.client.get(call, PODS, "kube-system", &pod)?;
    Ok(found.ok().map(|pod| match pod.at(&["metadata", "annotations", "kubernetes.io/config.hash"]).text() {
        "" => pod.at(&["spec", "containers"]).to_json(),
        hash => hash.to_string(),
    }))
}

/// What a dry run writes, elsewhere, and prints.
pub fn dry(call: &mut Call, upgrade: &Upgrade) -> Step<()> {
    let folder = upgrade.work.dry.clone().unwrap_or_default();
    for name in ["kube-apiserver", "kube-controller-manager", "kube-scheduler"] {
        let pod = wanted(call, upgrade, name)?;
        let text = yaml::write(&pod);
        call.machine.files.write_mode(&format!("{folder}/{name}.yaml"), &text, 0o600);
        call.say(format_args!("[dryrun] Would write file \"{MANIFESTS}/{name}.yaml\" with content:\n{}", text.trim_end_matches('\n')));
    }
    Ok(())
}

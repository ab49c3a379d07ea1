//! A recorded file replayed: each step on a server of its own, or one after another on servers that keep what was done.
use super::fake::Fake;
use super::steps::Recorded;
use super::{compare, conditions};
use crate::Machine;
use crate::run::{Login, run};
use simcore::{Duration, Time};
use std::collections::BTreeMap;

/// Phases behind preflight, which the recorded refusals leave out.
const LATER: &str = "certs,kubeconfig,etcd,control-plane,kubelet-start,wait-control-plane,upload-config,upload-certs,mark-control-plane,bootstrap-token,kubelet-finalize,addon,show-join-command";

/// Between two recorded commands.
const PAUSE: Duration = Duration::millis(100);

/// Programs that are not on these servers: their steps are not counted.
const ELSEWHERE: [&str; 3] = ["kubectl", "etcdctl", "for f in"];

/// Conditions that say how the cluster was made, in steps that are not recorded, and the flags of its `init`.
const HIDDEN: [(&str, &str); 3] = [
    ("cluster made without --control-plane-endpoint", ""),
    ("--upload-certs was never used", "--control-plane-endpoint 10.0.0.10:6443"),
    ("kubeadm-certs has expired", "--control-plane-endpoint 10.0.0.10:6443 --upload-certs"),
];

/// Each step that could be replayed, with where ours begins to differ. `apart`: no step leaves anything to the next, and
/// the recording ends after preflight.
pub fn replay(steps: &[Recorded], apart: bool) -> Vec<(Recorded, Result<(), String>)> {
    let mut machines: BTreeMap<String, Machine> = BTreeMap::new();
    let mut fake = Fake::new();
    let mut learned: Vec<(String, String)> = Vec::new();
    let mut now = Time::START;
    let mut all = Vec::new();
    if steps.first().is_some_and(|step| step.command.starts_with("kubeadm upgrade")) {
        now = cluster(&mut machines, &mut fake, now);
    }
    for step in steps {
        if step.command.contains("delete secret kubeadm-certs") {
            fake.remove("secrets", "kube-system", "kubeadm-certs");
        }
        if step.condition.contains("kubeadm-config was deleted") {
            fake.remove("configmaps", "kube-system", "kubeadm-config");
        }
        if let Some(flags) = HIDDEN.iter().find(|(words, _)| step.condition.contains(words)).map(|(_, flags)| flags) {
            let machine = machines.entry("control-plane".into()).or_insert_with(|| conditions::server("control-plane"));
            let line = format!("kubeadm reset -f; kubeadm init --kubernetes-version v1.37.2 --token abcdef.0123456789abcdef {flags}");
            fake = Fake::new();
            let made = run(machine, &mut Login::new("root"), now, &line, &mut fake);
            now = now + made.takes;
            // Of a hidden run only the authority's hash can be told from the command.
            let pinned = |text: &str| text.split("sha256:").nth(1).and_then(|rest| rest.get(..64)).map(String::from);
            learned.extend(pinned(&step.command).zip(pinned(&made.stdout)));
        }
        if step.condition.contains("kubeadm-certs has expired") {
            fake.remove("secrets", "kube-system", "kubeadm-certs");
        }
        if ELSEWHERE.iter().any(|program| step.command.contains(program)) {
            continue;
        }
        if apart {
            (machines, fake) = (BTreeMap::new(), Fake::new());
        }
        let machine = machines.entry(step.host.clone()).or_insert_with(|| conditions::server(&step.host));
        let before = machine.clone();
        conditions::set(machine, &step.condition);
        fake.pulls = !step.condition.contains("cannot be pulled");
        fake.kubelet_broken = step.condition.contains("never becomes healthy");
        // Of all joins only this one was recorded with an etcd that does not come up.
        fake.etcd_broken |= step.command.contains("--control-plane") && step.stderr.contains("is not started");
        let line = prepare(step, machine, apart, &learned);
        let mut login = Login::new(if step.condition.contains("not root") { "debian" } else { "root" });
        let ran = run(machine, &mut login, now, &line, &mut fake);
        if !apart {
            conditions::heal(machine, &before);
        }
        now = now + ran.takes + PAUSE;
        learned.extend(secrets(&step.stdout).into_iter().zip(secrets(&ran.stdout)));
        all.push((step.clone(), compare(step, &ran)));
    }
    all
}

/// The cluster that a recording begins with: a control plane and a worker.
fn cluster(machines: &mut BTreeMap<String, Machine>, fake: &mut Fake, now: Time) -> Time {
    let first = "kubeadm init --kubernetes-version v1.37.2 --pod-network-cidr 10.244.0.0/16 --control-plane-endpoint 10.0.0.10:6443 --token abcdef.0123456789abcdef";
    let second = "kubeadm join 10.0.0.10:6443 --token abcdef.0123456789abcdef --discovery-token-unsafe-skip-ca-verification";
    [("control-plane", first), ("worker-1", second)].iter().fold(now, |now, (host, line)| {
        let machine = machines.entry(host.to_string()).or_insert_with(|| conditions::server(host));
        now + run(machine, &mut Login::new("root"), now, line, fake).takes
    })
}

/// The line to type, with this run's hashes and keys in place of the recorded ones, and its configuration file written.
fn prepare(step: &Recorded, machine: &mut Machine, apart: bool, learned: &[(String, String)]) -> String {
    let ours = |text: &str| learned.iter().rev().fold(text.to_string(), |text, (from, to)| text.replace(from, to));
    let text = ours(step.file.as_deref().unwrap_or("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"));
    let named = step.command.contains("--config");
    for word in step.command.split_whitespace().filter(|word| named && word.ends_with(".yaml")) {
        machine.files.write(&if word.starts_with('/') { word.to_string() } else { format!("/root/{word}") }, &text);
    }
    let command = ours(&step.command);
    if let Some((line, answer)) = command.split_once("(answer: ") {
        return format!("{} <<< {}", line.trim(), answer.trim_end_matches(')'));
    }
    let skip = if apart && command.contains("kubeadm init") { format!(" --skip-phases {LATER}") } else { String::new() };
    match command.split_once(" | ") {
        Some((first, rest)) => format!("{first}{skip} | {rest}"),
        None => format!("{command}{skip}"),
    }
}

/// Hashes and keys of an output, in order, each once.
fn secrets(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in text.split(|c: char| !c.is_ascii_hexdigit()).filter(|part| part.len() == 64) {
        if !found.iter().any(|one| one == part) {
            found.push(part.to_string());
        }
    }
    found
}

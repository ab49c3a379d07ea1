//! The phases of `kubeadm init` as a table, and `kubeadm init phase` that runs some of it.
mod addon;
mod cluster;
mod finish;
pub mod kubeconfig;
pub mod kubelet;
pub mod manifests;
pub mod pki;
pub mod wait;

pub use addon::{coredns, kube_proxy, proxy_files};
pub use cluster::{SHARED, mark, open, shared, stored, token_rights, upload_kubeadm, upload_kubelet};

use super::flags::Given;
use super::init::{Work, carry_out, prepare};
use super::preflight;
use crate::call::{Call, Step, fail};

/// Where the kubelet looks for static Pods.
pub const MANIFESTS: &str = "/etc/kubernetes/manifests";

/// What carries a phase out.
pub type Run = fn(&mut Call, &mut Work) -> Step<()>;

/// One phase.
pub struct Phase {
    /// `certs/ca`; the part before the slash is the group's name.
    pub name: &'static str,
    pub run: Run,
}

const fn phase(name: &'static str, run: Run) -> Phase {
    Phase { name, run }
}

/// In the order in which they run. A group's own row runs before its members.
pub const INIT: &[Phase] = &[
    phase("preflight", before),
    phase("certs", pki::folder),
    phase("certs/ca", |call, work| pki::make(call, work, "ca")),
    phase("certs/apiserver", |call, work| pki::make(call, work, "apiserver")),
    phase("certs/apiserver-kubelet-client", |call, work| pki::make(call, work, "apiserver-kubelet-client")),
    phase("certs/front-proxy-ca", |call, work| pki::make(call, work, "front-proxy-ca")),
    phase("certs/front-proxy-client", |call, work| pki::make(call, work, "front-proxy-client")),
    phase("certs/etcd-ca", |call, work| pki::make(call, work, "etcd/ca")),
    phase("certs/etcd-server", |call, work| pki::make(call, work, "etcd/server")),
    phase("certs/etcd-peer", |call, work| pki::make(call, work, "etcd/peer")),
    phase("certs/etcd-healthcheck-client", |call, work| pki::make(call, work, "etcd/healthcheck-client")),
    phase("certs/apiserver-etcd-client", |call, work| pki::make(call, work, "apiserver-etcd-client")),
    phase("certs/sa", pki::service_accounts),
    phase("kubeconfig", kubeconfig::folder),
    phase("kubeconfig/admin", |call, work| kubeconfig::make(call, work, "admin")),
    phase("kubeconfig/super-admin", |call, work| kubeconfig::make(call, work, "super-admin")),
    phase("kubeconfig/kubelet", |call, work| kubeconfig::make(call, work, "kubelet")),
    phase("kubeconfig/controller-manager", |call, work| kubeconfig::make(call, work, "controller-manager")),
    phase("kubeconfig/scheduler", |call, work| kubeconfig::make(call, work, "scheduler")),
    phase("etcd", nothing),
    phase("etcd/local", manifests::etcd_local),
    phase("control-plane", manifests::folder),
    phase("control-plane/apiserver", |call, work| manifests::make(call, work, "kube-apiserver")),
    phase("control-plane/controller-manager", |call, work| manifests::make(call, work, "kube-controller-manager")),
    phase("control-plane/scheduler", |call, work| manifests::make(call, work, "kube-scheduler")),
    phase("kubelet-start", kubelet::start_init),
    phase("wait-control-plane", wait::control_plane_init),
    phase("upload-config", nothing),
    phase("upload-config/kubeadm", cluster::upload_kubeadm),
    phase("upload-config/kubelet", cluster::upload_kubelet),
    phase("upload-certs", cluster::upload_certs),
    phase("mark-control-plane", cluster::mark),
    phase("bootstrap-token", cluster::bootstrap_token),
    phase("kubelet-finalize", nothing),
    phase("kubelet-finalize/enable-client-cert-rotation", cluster::finalize),
    phase("addon", nothing),
    phase("addon/coredns", addon::coredns),
    phase("addon/kube-proxy", addon::kube_proxy),
    phase("show-join-command", finish::show),
];

pub fn exists(name: &str) -> bool {
    INIT.iter().any(|phase| phase.name == name)
}

fn nothing(_: &mut Call, _: &mut Work) -> Step<()> {
    Ok(())
}

fn before(call: &mut Call, work: &mut Work) -> Step<()> {
    call.say("[preflight] Running pre-flight checks");
    preflight::init(call, &work.config, &work.ignored)?;
    pull(call, work)
}

/// Pulls images, or says that a dry run would.
pub fn pull(call: &mut Call, work: &Work) -> Step<()> {
    if work.dry.is_some() {
        call.say("[preflight] Would pull the required images (like 'kubeadm config images pull')");
        return Ok(());
    }
    call.say("[preflight] Pulling images required for setting up a Kubernetes cluster");
    call.say("[preflight] This might take a minute or two, depending on the speed of your internet connection");
    call.say("[preflight] You can also perform this action beforehand using 'kubeadm config images pull'");
    preflight::pull(call, &work.config, &work.ignored)
}

/// `kubeadm init phase certs all`, `kubeadm init phase upload-certs`, …
pub fn single(call: &mut Call, given: &Given) -> Step<()> {
    let wanted = given.path.trim_start_matches("init phase ").replace(' ', "/");
    if wanted == "show-join-command" {
        return fail("unresolved dependencies:\n\tmissing [bootstrap-token upload-certs] phase(s) needed by \"show-join-command\" phase");
    }
    let mut work = prepare(call, given)?;
    work.single = true;
    let group = wanted.strip_suffix("/all");
    let runs = |name: &str| name == wanted || group.is_some_and(|group| name == group || name.starts_with(&format!("{group}/")));
    for phase in INIT.iter().filter(|phase| runs(phase.name)) {
        carry_out(call, &mut work, phase)?;
    }
    Ok(())
}

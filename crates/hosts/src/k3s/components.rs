//! What K3s brings along: the components as data, their manifests on the server's disk, `--disable` and `.skip`.
use super::DATA;
use crate::Machine;
use crate::machine::K3s;
use crate::machine::k3s::Datastore;
use objects::Text;

/// A component that comes with K3s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Component {
    /// The word of `--disable`; empty when it cannot be disabled so.
    pub name: &'static str,
    /// Its file below server/manifests and its text; empty when it lives in the process alone.
    pub file: &'static str,
    pub text: &'static str,
    /// The images of its containers.
    pub images: &'static [&'static str],
}

/// Image versions are those of v1.36.2's release notes (k3s-io/docs, release-notes/v1.36.X); later ones are in no source.
const COMPONENTS: &[Component] = &[
    Component { name: "ccm", file: "ccm.yaml", text: include_str!("manifests/ccm.yaml"), images: &[] },
    Component {
        name: "coredns",
        file: "coredns.yaml",
        text: include_str!("manifests/coredns.yaml"),
        images: &["rancher/mirrored-coredns-coredns:1.14.4"],
    },
    Component {
        name: "local-storage",
        file: "local-storage.yaml",
        text: include_str!("manifests/local-storage.yaml"),
        images: &["rancher/local-path-provisioner:v0.0.36"],
    },
    Component {
        name: "metrics-server",
        file: "metrics-server/metrics-server-deployment.yaml",
        text: include_str!("manifests/metrics-server-deployment.yaml"),
        images: &["rancher/mirrored-metrics-server:v0.8.1"],
    },
    Component {
        name: "metrics-server",
        file: "metrics-server/metrics-server-service.yaml",
        text: include_str!("manifests/metrics-server-service.yaml"),
        images: &[],
    },
    Component {
        name: "metrics-server",
        file: "metrics-server/metrics-apiservice.yaml",
        text: include_str!("manifests/metrics-apiservice.yaml"),
        images: &[],
    },
    Component { name: "rolebindings", file: "rolebindings.yaml", text: include_str!("manifests/rolebindings.yaml"), images: &[] },
    Component { name: "runtimes", file: "runtimes.yaml", text: include_str!("manifests/runtimes.yaml"), images: &[] },
    Component {
        name: "traefik",
        file: "traefik.yaml",
        text: include_str!("manifests/traefik.yaml"),
        images: &["rancher/mirrored-library-traefik:3.7.4"],
    },
    Component { name: "servicelb", file: "", text: "", images: &[] },
];

/// The components that a server brings, without the disabled ones. A component of several files has several rows.
pub fn bundled(k3s: &K3s) -> Vec<&'static Component> {
    COMPONENTS.iter().filter(|one| !is_disabled(k3s, one.name)).collect()
}

fn is_disabled(k3s: &K3s, name: &str) -> bool {
    let named = k3s.disabled.iter().any(|one| one == name);
    // Without a service controller nobody is left who needs the cloud controller's rights.
    let unused = name == "ccm" && k3s.switch("disable-cloud-controller") && k3s.disabled.iter().any(|one| one == "servicelb");
    named || unused
}

fn folder() -> String {
    format!("{DATA}/server/manifests")
}

/// Writes the manifests of what is bundled anew, as each start does, and takes away those of what is disabled.
pub(super) fn write(machine: &mut Machine, k3s: &K3s) {
    for component in COMPONENTS.iter().filter(|one| !one.file.is_empty()) {
        let path = format!("{}/{}", folder(), component.file);
        if is_disabled(k3s, component.name) {
            machine.files.remove(&path);
            continue;
        }
        let text = component.text.replace("%{CLUSTER_DNS}%", &k3s.cluster_dns).replace("%{CLUSTER_DOMAIN}%", &k3s.cluster_domain);
        machine.files.write_mode(&path, &text, 0o600);
    }
    for name in &k3s.disabled {
        machine.files.remove(&format!("{}/{name}.yaml", folder()));
    }
}

/// The files that the deploy controller of this server applies, by path with their texts: at the start, and again when a
/// text changes. It looks every 15 seconds; a file with a `.skip` beside it is left out, a removed one stays applied.
pub fn manifests(machine: &Machine) -> Vec<(Text, Text)> {
    if machine.k3s.as_ref().is_none_or(|k3s| !k3s.server) {
        return Vec::new();
    }
    let all = machine.files.below(&folder());
    let is_skipped = |path: &Text| all.iter().any(|other| other.strip_suffix(".skip") == Some(path));
    let fits = |path: &&Text| [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end)) && !is_skipped(path);
    let texts = all.iter().filter(fits).filter_map(|path| Some((path.clone(), Text::new(&*machine.files.read(path)?))));
    texts.collect()
}

/// Files and texts of components that this server's process was told to leave out: their objects are taken away.
pub fn disabled(machine: &Machine) -> Vec<(&'static str, &'static str)> {
    let Some(k3s) = machine.k3s.as_ref().filter(|k3s| k3s.server) else { return Vec::new() };
    COMPONENTS.iter().filter(|one| !one.file.is_empty() && is_disabled(k3s, one.name)).map(|one| (one.file, one.text)).collect()
}

/// The journal's lines about the parts that run inside the process. k3s-io/k3s issues #504 (k3s-ansible), #7344, #8971.
pub(super) fn running_lines(k3s: &K3s) -> Vec<String> {
    let tls = format!("{DATA}/server/tls");
    let cred = format!("{DATA}/server/cred");
    let etcd = match &k3s.datastore {
        Datastore::Etcd => format!(
            "--etcd-cafile={tls}/etcd/server-ca.crt --etcd-certfile={tls}/etcd/client.crt --etcd-keyfile={tls}/etcd/client.key --etcd-servers=https://127.0.0.1:2379"
        ),
        _ => "--etcd-servers=unix://kine.sock".into(),
    };
    let mut lines = vec![format!(
        "Running kube-apiserver --advertise-port={} --allow-privileged=true --anonymous-auth=false --api-audiences=https://kubernetes.default.svc.{},k3s --authorization-mode=Node,RBAC --bind-address=127.0.0.1 --cert-dir={tls}/temporary-certs --client-ca-file={tls}/client-ca.crt --enable-admission-plugins=NodeRestriction --enable-aggregator-routing=true {etcd} --profiling=false --secure-port=6444 --service-cluster-ip-range={}",
        k3s.port, k3s.cluster_domain, k3s.service_cidr
    )];
    if !k3s.switch("disable-scheduler") {
        lines.push(format!("Running kube-scheduler --authentication-kubeconfig={cred}/scheduler.kubeconfig --authorization-kubeconfig={cred}/scheduler.kubeconfig --bind-address=127.0.0.1 --kubeconfig={cred}/scheduler.kubeconfig --profiling=false --secure-port=10259"));
    }
    if !k3s.switch("disable-controller-manager") {
        lines.push(format!("Running kube-controller-manager --allocate-node-cidrs=true --authentication-kubeconfig={cred}/controller.kubeconfig --authorization-kubeconfig={cred}/controller.kubeconfig --bind-address=127.0.0.1 --cluster-cidr={} --configure-cloud-routes=false --controllers=*,tokencleaner,-service,-route,-cloud-node-lifecycle --kubeconfig={cred}/controller.kubeconfig --profiling=false --secure-port=10257", k3s.cluster_cidr));
    }
    if !k3s.switch("disable-cloud-controller") {
        lines.push(format!("Running cloud-controller-manager --allocate-node-cidrs=true --authentication-kubeconfig={cred}/cloud-controller.kubeconfig --authorization-kubeconfig={cred}/cloud-controller.kubeconfig --bind-address=127.0.0.1 --cloud-provider=k3s --cluster-cidr={} --configure-cloud-routes=false --kubeconfig={cred}/cloud-controller.kubeconfig --profiling=false --secure-port=10258", k3s.cluster_cidr));
    }
    lines
}

//! Processes of a server that stand for parts of the cluster: how they look in its table, and the ports they hold.
use ::hosts::Machine;
use ::hosts::kubeadm::{Client, kubeconfig};
use ::hosts::pki::{Certificate, LEAF, private_key};
use objects::map;
use simcore::Time;

/// Programs of static Pods and of kube-proxy, with the ports that they listen on.
const PORTS: &[(&str, &[(&str, u16)])] = &[
    ("etcd", &[("127.0.0.1", 2379), ("*", 2380), ("127.0.0.1", 2381)]),
    ("kube-apiserver", &[("*", 6443)]),
    ("kube-controller-manager", &[("127.0.0.1", 10_257)]),
    ("kube-scheduler", &[("127.0.0.1", 10_259)]),
    ("kube-proxy", &[("*", 10_249), ("*", 10_256)]),
];

/// Whether a container's program is started here as a process of its own, and not with the other containers of its node.
pub(super) fn is_apart(name: &str) -> bool {
    PORTS.iter().any(|(known, _)| *known == name)
}

/// The components that kubeadm runs as static Pods, in the order in which one needs the other.
pub(super) const STATICS: [&str; 4] = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];

/// Where the kubelet looks for static Pods.
pub(super) const MANIFESTS: &str = "/etc/kubernetes/manifests";

/// etcd's database, where kubeadm has its data directory.
pub(super) const DATABASE: &str = "/var/lib/etcd/member/snap/db";

/// Starts a component's process under its containerd-shim, if it does not run.
pub(super) fn start(machine: &mut Machine, now: Time, name: &str) {
    if machine.process(name).is_some() {
        return;
    }
    if name == "etcd" && !machine.files.exists(DATABASE) {
        machine.files.write(DATABASE, "");
    }
    let shim = machine.spawn(now, "root", 1, &format!("/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id {name}"));
    let command = command(machine, name);
    let pid = machine.spawn(now, "root", shim, &command);
    let ports = PORTS.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, ports)| ports);
    let said = argument(machine, name, "--secure-port").parse().ok();
    ports.iter().for_each(|(address, port)| machine.listen(pid, address, said.unwrap_or(*port)));
}

/// Ends a component's process and its shim.
pub(super) fn stop(machine: &mut Machine, name: &str) {
    while let Some(process) = machine.process(name) {
        let (pid, shim) = (process.pid, process.parent);
        machine.kill(pid);
        if shim > 1 {
            machine.kill(shim);
        }
    }
}

/// What a component's manifest gives a flag; empty where it does not mention it.
pub(super) fn argument(machine: &Machine, name: &str, flag: &str) -> String {
    let line = command(machine, name);
    let mut said = line.split(' ').filter_map(|word| word.strip_prefix(flag)?.strip_prefix('='));
    said.next().unwrap_or_default().to_string()
}

/// The command line of its manifest; its name where there is none.
fn command(machine: &Machine, name: &str) -> String {
    let text = machine.files.read(&format!("{MANIFESTS}/{name}.yaml"));
    let tree = text.and_then(|text| objects::yaml::read(&text).ok()).and_then(|all| all.into_iter().next()).map(|one| one.tree);
    let words: Vec<String> = tree
        .iter()
        .flat_map(|tree| tree.at(&["spec", "containers"]).items().iter().take(1))
        .flat_map(|container| container.get("command").items().iter().map(|word| word.text().to_string()))
        .collect();
    match name {
        "kube-proxy" => "/usr/local/bin/kube-proxy --config=/var/lib/kube-proxy/config.conf".to_string(),
        _ if words.is_empty() => name.to_string(),
        _ => words.join(" "),
    }
}

/// Where the kubelet keeps the certificate that it was given.
pub(super) const OWN: &str = "/var/lib/kubelet/pki/kubelet-client-current.pem";

/// The end of the kubelet's TLS bootstrap: its certificate, and the kubeconfig that points to it.
pub(super) fn bootstrap(machine: &mut Machine, now: Time) {
    let files = &mut machine.files;
    let Some(authority) = files.read("/etc/kubernetes/pki/ca.crt") else { return };
    let server = files
        .read("/etc/kubernetes/bootstrap-kubelet.conf")
        .and_then(|text| objects::yaml::read(&text).ok()?.into_iter().next())
        .and_then(|one| Some(one.tree.get("clusters").items().first()?.at(&["cluster", "server"]).text().to_string()))
        .unwrap_or_default();
    if !certify(machine, machine.local(now)) {
        return;
    }
    let login = map! {"client-certificate": OWN, "client-key": OWN};
    let text = kubeconfig("default-cluster", &authority, &server, "default-auth", login);
    machine.files.write_mode("/etc/kubernetes/kubelet.conf", &text, 0o600);
}

/// A kubelet that kubeadm gave its credentials keeps a copy of them where it rotates them.
pub(super) fn keep_credentials(machine: &mut Machine) {
    let text = machine.files.read("/etc/kubernetes/kubelet.conf").filter(|_| !machine.files.exists(OWN));
    let Some(held) = text.and_then(|text| Client::certificate(machine, &text)) else { return };
    machine.files.write_mode(OWN, &format!("{}{}", held.pem(), private_key(&held.key)), 0o600);
}

/// The kubelet gets a certificate for a year from `at`, by the clock of whoever signs it. `false` where no authority is known.
pub(super) fn certify(machine: &mut Machine, at: Time) -> bool {
    let authority = machine.files.read("/etc/kubernetes/pki/ca.crt");
    let Some(signer) = authority.and_then(|text| Certificate::read(&text)) else { return false };
    let key: String = (0..64).map(|_| char::from(b"0123456789abcdef"[machine.chance.below(16) as usize])).collect();
    let certificate = Certificate {
        subject: format!("O = system:nodes, CN = system:node:{}", machine.name),
        issuer: signer.subject.clone(),
        not_before: at,
        not_after: at + LEAF,
        authority: false,
        names: Vec::new(),
        usages: vec!["TLS Web Client Authentication".into()],
        key: key.clone(),
        signer: signer.key,
    };
    machine.files.write_mode(OWN, &format!("{}{}", certificate.pem(), private_key(&key)), 0o600);
    true
}

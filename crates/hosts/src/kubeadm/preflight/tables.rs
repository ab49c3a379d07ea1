//! Which checks run before which command, in kubeadm's order.
use super::{Check, Look};
use crate::kubeadm::config::Config;
use crate::kubeadm::config::network::{cidrs, split_host_port};

const MANIFESTS: &str = "/etc/kubernetes/manifests";
const KUBELET_PORT: i64 = 10_250;

fn check(name: impl Into<String>, look: Look) -> Check {
    Check { name: name.into(), look }
}

fn port(number: i64) -> Check {
    check(format!("Port-{number}"), Look::Port(number))
}

fn dashed(kind: &str, path: &str) -> String {
    format!("{kind}-{}", path.replace('/', "-"))
}

fn available(path: String) -> Check {
    check(dashed("FileAvailable", &path), Look::FileAvailable(path))
}

fn content(path: &str) -> Check {
    check(dashed("FileContent", path), Look::FileContent(path.into(), "1"))
}

/// `secondary`: it joins a cluster, and what every node must fulfil was checked before. `download`: its certificates come
/// from the cluster.
pub fn control_plane(config: &Config, secondary: bool, download: bool) -> Vec<Check> {
    let (address, bind) = config.local();
    let mut all = vec![
        check("NumCPU", Look::Cores),
        check("Mem", Look::Memory),
        check("KubernetesVersion", Look::KubernetesVersion),
        check("Firewalld", Look::Firewalld(vec![bind, KUBELET_PORT])),
    ];
    all.extend([bind, 10_259, 10_257].map(port));
    let manifests = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"];
    all.extend(manifests.map(|name| available(format!("{MANIFESTS}/{name}.yaml"))));
    all.push(check("HTTPProxy", Look::Proxy(address.into())));
    let blocks = [config.service_subnet(), config.pod_subnet()];
    all.extend(blocks.iter().flat_map(|list| list.split(',')).map(|block| check("HTTPProxyCIDR", Look::ProxyCidr(block.into()))));
    if !secondary {
        all.extend(common());
        let families = blocks.iter().filter_map(|list| cidrs(list)).flatten().map(|block| block.is_v6());
        let families: Vec<bool> = families.chain(address.parse::<std::net::IpAddr>().ok().map(|one| one.is_ipv6())).collect();
        all.extend(families.contains(&false).then(|| content("/proc/sys/net/ipv4/ip_forward")));
        all.extend(families.contains(&true).then(|| content("/proc/sys/net/ipv6/conf/default/forwarding")));
    }
    let external = config.cluster.at(&["etcd", "external"]);
    if !external.is_null() && !secondary {
        all.push(check("ExternalEtcdVersion", Look::ExternalEtcd));
    }
    if let Some(folder) = config.etcd_folder() {
        all.extend([2379, 2380].map(port));
        all.push(check(dashed("DirAvailable", folder), Look::FolderAvailable(folder.into())));
    }
    if !(external.is_null() || secondary && download) {
        let files = ["caFile", "certFile", "keyFile"].map(|name| external.get(name).text());
        all.extend(
            files
                .iter()
                .filter(|path| !path.is_empty())
                .map(|path| check("ExternalEtcdClientCertificates", Look::FileExisting((*path).into()))),
        );
    }
    all
}

/// What every node that joins must fulfil.
pub fn join(config: &Config) -> Vec<Check> {
    let mut all = vec![available("/etc/kubernetes/kubelet.conf".into()), available("/etc/kubernetes/bootstrap-kubelet.conf".into())];
    all.extend(common());
    if config.node.get("controlPlane").is_null() {
        all.push(available(config.node.get("caCertPath").text().into()));
    }
    let endpoint = config.node.at(&["discovery", "bootstrapToken", "apiServerEndpoint"]).text();
    if let Ok((host, _)) = split_host_port(endpoint) {
        all.push(check("HTTPProxy", Look::Proxy(host.into())));
        match host.parse::<std::net::IpAddr>() {
            Ok(address) if address.is_ipv6() => all.push(content("/proc/sys/net/ipv6/conf/default/forwarding")),
            Ok(_) => all.push(content("/proc/sys/net/ipv4/ip_forward")),
            Err(_) => {}
        }
    }
    all
}

fn common() -> Vec<Check> {
    let mut all = vec![check("CRI", Look::Runtime), check("ContainerRuntimeVersion", Look::RuntimeVersion), check("Swap", Look::Swap)];
    all.extend(["losetup", "mount", "cp"].map(|name| check(format!("FileExisting-{name}"), Look::Program(name))));
    all.push(check("SystemVerification", Look::System));
    all.push(check("Hostname", Look::Hostname));
    all.push(check("KubeletVersion", Look::KubeletVersion));
    all.push(check("Service-Kubelet", Look::Kubelet));
    all.last_mut().into_iter().for_each(|check| check.name = "Service-kubelet".into());
    all.push(port(KUBELET_PORT));
    all
}

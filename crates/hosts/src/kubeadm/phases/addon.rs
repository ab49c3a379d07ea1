//! The phase `addon`: CoreDNS and kube-proxy as objects of the cluster.
use super::cluster::{cluster_binding, readers, write};
use crate::call::{Call, Step};
use crate::kubeadm::client::Item;
use crate::kubeadm::config::{defaults, dns_address};
use crate::kubeadm::dry;
use crate::kubeadm::init::Work;
use objects::{Tree, list, map};

/// kube-proxy's configuration as kubeadm writes it down, and the file by which it finds the API server.
const PROXY: &str = include_str!("../texts/kube-proxy.yaml");
const PROXY_KUBECONFIG: &str = include_str!("../texts/kube-proxy-kubeconfig.yaml");
const DNS_LABELS: (&str, &str) = ("k8s-app", "kube-dns");

fn meta(name: &str, labels: Tree) -> Tree {
    let mut meta = map! {"name": name, "namespace": "kube-system"};
    if !labels.is_empty() {
        meta.set(&["labels"], labels);
    }
    meta
}

fn item(group: &'static str, plural: &'static str, kind: &str, mut object: Tree) -> Item {
    let api = if group.is_empty() { "v1".to_string() } else { format!("{group}/v1") };
    object.set(&["apiVersion"], api);
    object.set(&["kind"], kind);
    Item { group, version: "v1", plural, object }
}

fn account(name: &str) -> Item {
    item("", "serviceaccounts", "ServiceAccount", map! {"metadata": meta(name, Tree::Null)})
}

/// The Corefile that kubeadm writes for a cluster's domain.
pub fn corefile(domain: &str) -> String {
    let inner = [
        "errors",
        "health {\n       lameduck 5s\n    }",
        "ready",
        &format!(
            "kubernetes {domain} in-addr.arpa ip6.arpa {{\n       pods insecure\n       fallthrough in-addr.arpa ip6.arpa\n       ttl 30\n    }}"
        ),
        "prometheus :9153",
        "forward . /etc/resolv.conf {\n       max_concurrent 1000\n    }",
        &format!("cache 30 {{\n       disable success {domain}\n       disable denial {domain}\n    }}"),
        "loop",
        "reload",
        "loadbalance",
    ];
    let lines: String = inner.iter().map(|plugin| format!("    {plugin}\n")).collect();
    format!(".:53 {{\n{lines}}}\n")
}

pub fn coredns(call: &mut Call, work: &mut Work) -> Step<()> {
    let config = work.config.clone();
    let image = defaults::dns_image(&config);
    let labels = || map! {"k8s-app": DNS_LABELS.1};
    let probe = |path: &str, port: &str| map! {"httpGet": map! {"path": path, "port": port, "scheme": "HTTP"}};
    let port = |name: &str, number: i64, protocol: &str| map! {"containerPort": number, "name": name, "protocol": protocol};
    let mut live = probe("/health", "liveness-probe");
    for (name, value) in [("failureThreshold", 5), ("initialDelaySeconds", 60), ("successThreshold", 1), ("timeoutSeconds", 5)] {
        live.set(&[name], value);
    }
    let container = map! {
        "name": "coredns", "image": image, "imagePullPolicy": "IfNotPresent", "args": list!["-conf", "/etc/coredns/Corefile"],
        "resources": map! {"limits": map! {"memory": "170Mi"}, "requests": map! {"cpu": "100m", "memory": "70Mi"}},
        "ports": list![port("dns", 53, "UDP"), port("dns-tcp", 53, "TCP"), port("metrics", 9153, "TCP"), port("liveness-probe", 8080, "TCP"), port("readiness-probe", 8181, "TCP")],
        "livenessProbe": live, "readinessProbe": probe("/ready", "readiness-probe"),
        "volumeMounts": list![map! {"mountPath": "/etc/coredns", "name": "config-volume", "readOnly": true}],
        "securityContext": map! {
            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": map! {"add": list!["NET_BIND_SERVICE"], "drop": list!["ALL"]},
        },
    };
    let critical = map! {"key": "CriticalAddonsOnly", "operator": "Exists"};
    let plane = map! {"effect": "NoSchedule", "key": "node-role.kubernetes.io/control-plane"};
    let volume =
        map! {"name": "config-volume", "configMap": map! {"name": "coredns", "items": list![map! {"key": "Corefile", "path": "Corefile"}]}};
    let apart = map! {"weight": 100, "podAffinityTerm": map! {
        "labelSelector": map! {"matchExpressions": list![map! {"key": "k8s-app", "operator": "In", "values": list!["kube-dns"]}]}, "topologyKey": "kubernetes.io/hostname",
    }};
    let spec = map! {
        "affinity": map! {"podAntiAffinity": map! {"preferredDuringSchedulingIgnoredDuringExecution": list![apart]}},
        "containers": list![container], "dnsPolicy": "Default", "nodeSelector": map! {"kubernetes.io/os": "linux"},
        "priorityClassName": "system-cluster-critical", "serviceAccountName": "coredns", "tolerations": list![critical, plane], "volumes": list![volume],
    };
    let deployment = map! {"metadata": meta("coredns", labels()), "spec": map! {
        "replicas": 2, "selector": map! {"matchLabels": labels()}, "strategy": map! {"type": "RollingUpdate", "rollingUpdate": map! {"maxUnavailable": 1}},
        "template": map! {"metadata": map! {"labels": labels()}, "spec": spec},
    }};
    let open = |name: &str, number: i64, protocol: &str| map! {"name": name, "port": number, "protocol": protocol, "targetPort": number};
    let mut service = map! {"metadata": meta("kube-dns", map! {"k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS"})};
    service.set(&["metadata", "annotations"], map! {"prometheus.io/port": "9153", "prometheus.io/scrape": "true"});
    let ports = list![open("dns", 53, "UDP"), open("dns-tcp", 53, "TCP"), open("metrics", 9153, "TCP")];
    service.set(&["spec"], map! {"clusterIP": dns_address(&config), "ports": ports, "selector": labels()});
    let rule = |group: &str, resources: Tree| map! {"apiGroups": list![group], "resources": resources, "verbs": list!["list", "watch"]};
    let rules = list![rule("", list!["endpoints", "services", "pods", "namespaces"]), rule("discovery.k8s.io", list!["endpointslices"])];
    let role = map! {"metadata": map! {"name": "system:coredns"}, "rules": rules};
    let mut binding = cluster_binding("system:coredns", "system:coredns", "");
    binding.object.set(&["subjects"], list![map! {"kind": "ServiceAccount", "name": "coredns", "namespace": "kube-system"}]);
    let files = map! {"metadata": meta("coredns", Tree::Null), "data": map! {"Corefile": corefile(config.dns_domain())}};
    let items = [
        item("", "configmaps", "ConfigMap", files),
        item("rbac.authorization.k8s.io", "clusterroles", "ClusterRole", role),
        binding,
        account("coredns"),
        item("apps", "deployments", "Deployment", deployment),
        item("", "services", "Service", service),
    ];
    if work.dry.is_some() {
        dry::missing(call, "apps", "deployments", "", "");
        dry::missing(call, "", "configmaps", "kube-system", "coredns");
    }
    write(call, work, items)?;
    call.say("[addons] Applied essential addon: CoreDNS");
    Ok(())
}

/// The files of kube-proxy's ConfigMap. `own`: what the user wrote, which counts before kubeadm's defaults.
pub fn proxy_files(mut own: Tree, mode: &str, pod_subnet: &str, server: &str) -> Tree {
    let read = objects::yaml::read(PROXY).ok().and_then(|all| all.into_iter().next());
    let mut defaults = read.map(|one| one.tree).unwrap_or_default();
    defaults.set(&["clusterCIDR"], pod_subnet);
    defaults.set(&["mode"], mode);
    crate::kubeadm::config::fill(&mut own, &defaults);
    map! {"config.conf": objects::yaml::write(&own).trim_end(), "kubeconfig.conf": PROXY_KUBECONFIG.replace("SERVER", server)}
}

pub fn kube_proxy(call: &mut Call, work: &mut Work) -> Step<()> {
    let config = work.config.clone();
    let labels = || map! {"k8s-app": "kube-proxy"};
    let mount = |name: &str, path: &str| map! {"mountPath": path, "name": name};
    let host = |name: &str, path: Tree| map! {"hostPath": path, "name": name};
    let mut modules = mount("lib-modules", "/lib/modules");
    modules.set(&["readOnly"], true);
    let arguments = list!["/usr/local/bin/kube-proxy", "--config=/var/lib/kube-proxy/config.conf", "--hostname-override=$(NODE_NAME)"];
    let node = map! {"name": "NODE_NAME", "valueFrom": map! {"fieldRef": map! {"fieldPath": "spec.nodeName"}}};
    let container = map! {
        "name": "kube-proxy", "image": format!("{}/kube-proxy:{}", config.repository(), config.version()), "imagePullPolicy": "IfNotPresent",
        "command": arguments, "env": list![node], "securityContext": map! {"privileged": true},
        "volumeMounts": list![mount("kube-proxy", "/var/lib/kube-proxy"), mount("xtables-lock", "/run/xtables.lock"), modules],
    };
    let volumes = list![
        map! {"configMap": map! {"name": "kube-proxy"}, "name": "kube-proxy"},
        host("xtables-lock", map! {"path": "/run/xtables.lock", "type": "FileOrCreate"}),
        host("lib-modules", map! {"path": "/lib/modules"})
    ];
    let spec = map! {
        "containers": list![container], "hostNetwork": true, "nodeSelector": map! {"kubernetes.io/os": "linux"},
        "priorityClassName": "system-node-critical", "serviceAccountName": "kube-proxy", "tolerations": list![map! {"operator": "Exists"}], "volumes": volumes,
    };
    let set = map! {"metadata": meta("kube-proxy", labels()), "spec": map! {
        "selector": map! {"matchLabels": labels()}, "template": map! {"metadata": map! {"labels": labels()}, "spec": spec}, "updateStrategy": map! {"type": "RollingUpdate"},
    }};
    let data = proxy_files(config.proxy.clone(), "iptables", config.pod_subnet(), &config.server());
    let files = map! {"metadata": meta("kube-proxy", map! {"app": "kube-proxy"}), "data": data};
    let mut binding = cluster_binding("kubeadm:node-proxier", "system:node-proxier", "");
    binding.object.set(&["subjects"], list![map! {"kind": "ServiceAccount", "name": "kube-proxy", "namespace": "kube-system"}]);
    let [role, readers] =
        readers("kube-proxy", "kube-system", "configmaps", "kube-proxy", vec![map! {"kind": "Group", "name": defaults::NODE_GROUP}]);
    let items = [
        item("", "configmaps", "ConfigMap", files),
        item("apps", "daemonsets", "DaemonSet", set),
        account("kube-proxy"),
        binding,
        role,
        readers,
    ];
    write(call, work, items)?;
    call.say("[addons] Applied essential addon: kube-proxy");
    Ok(())
}

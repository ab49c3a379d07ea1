//! The phases `etcd` and `control-plane`: static Pods as files.
use crate::call::{Call, Step};
use crate::kubeadm::config::{Config, defaults};
use crate::kubeadm::init::Work;
use crate::kubeadm::patches;
use objects::{Tree, list, map, yaml};

pub fn etcd_local(call: &mut Call, work: &mut Work) -> Step<()> {
    let Some(folder) = work.config.etcd_folder() else { return Ok(()) };
    if work.dry.is_some() {
        call.say(format_args!("[etcd] Would ensure that \"{folder}\" directory is present"));
    } else {
        let folder = folder.to_string();
        call.machine.files.folder(&folder);
        call.machine.files.alter(&folder, |file| file.mode = 0o700);
    }
    call.say(format_args!("[etcd] Creating static Pod manifest for local etcd in \"{}\"", work.manifests()));
    let pod = etcd(&work.config, &own_peer(&work.config), false);
    put(call, work, "etcd", pod)
}

/// `a=https://10.0.0.10:2380`: a cluster of this host's member alone.
pub fn own_peer(config: &Config) -> String {
    format!("{}=https://{}:2380", config.node_name(), bracketed(config.local().0))
}

pub fn folder(call: &mut Call, work: &mut Work) -> Step<()> {
    call.say(format_args!("[control-plane] Using manifest folder \"{}\"", work.manifests()));
    Ok(())
}

/// One of the three components.
pub fn make(call: &mut Call, work: &mut Work, name: &str) -> Step<()> {
    call.say(format_args!("[control-plane] Creating static Pod manifest for \"{name}\""));
    let pod = component(&work.config, name);
    put(call, work, name, pod)
}

pub fn put(call: &mut Call, work: &Work, name: &str, pod: Tree) -> Step<()> {
    let text = yaml::write(&patches::apply(call, &work.patches, name, pod)?);
    let path = format!("{}/{name}.yaml", work.manifests());
    call.machine.files.write_mode(&path, &text, 0o600);
    if work.dry.is_some() && name == "etcd" {
        call.say(format_args!(
            "[dryrun] Would write file \"/etc/kubernetes/manifests/{name}.yaml\" with content:\n{}",
            text.trim_end_matches('\n')
        ));
    }
    Ok(())
}

fn bracketed(address: &str) -> String {
    if address.contains(':') { format!("[{address}]") } else { address.into() }
}

/// The Pod of one component.
pub fn component(config: &Config, name: &str) -> Tree {
    match name {
        "kube-apiserver" => apiserver(config),
        "kube-controller-manager" => controller_manager(config),
        _ => scheduler(config),
    }
}

/// Flags by name, with what the user added or replaced; sorted, as kubeadm writes them.
fn command(program: &str, flags: Vec<(&str, String)>, extra: Vec<(String, String)>) -> Vec<Tree> {
    let mut all: Vec<(String, String)> = flags.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    all.retain(|(name, _)| !extra.iter().any(|(other, _)| other == name));
    all.extend(extra);
    all.sort();
    let lines = all.into_iter().map(|(name, value)| Tree::from(format!("--{name}={value}")));
    std::iter::once(Tree::from(program)).chain(lines).collect()
}

/// A mount: its name, its path, whether the host's entry is a folder, whether it may be written.
type Mount = (&'static str, String, bool, bool);

/// Folders of certificates that every distribution has somewhere.
fn certificates(config: &Config) -> Vec<Mount> {
    let mount = |name, path: &str| (name, path.to_string(), true, false);
    vec![
        mount("ca-certs", "/etc/ssl/certs"),
        mount("etc-ca-certificates", "/etc/ca-certificates"),
        mount("k8s-certs", config.cert_dir()),
        mount("usr-local-share-ca-certificates", "/usr/local/share/ca-certificates"),
        mount("usr-share-ca-certificates", "/usr/share/ca-certificates"),
    ]
}

struct Probe<'a> {
    host: &'a str,
    scheme: &'a str,
    live: &'a str,
    /// "" for none.
    ready: &'a str,
    start: &'a str,
}

impl Probe<'_> {
    fn check(&self, path: &str) -> Tree {
        map! {"host": self.host, "path": path, "port": "probe-port", "scheme": self.scheme}
    }

    fn slow(&self, path: &str, failures: i64) -> Tree {
        map! {"failureThreshold": failures, "httpGet": self.check(path), "initialDelaySeconds": 10, "periodSeconds": 10, "timeoutSeconds": 15}
    }
}

struct Part<'a> {
    name: &'a str,
    image: String,
    command: Vec<Tree>,
    port: i64,
    probe: Probe<'a>,
    requests: Tree,
    mounts: Vec<Mount>,
}

fn pod(part: Part) -> Tree {
    let mut container = map! {
        "command": part.command, "image": part.image, "imagePullPolicy": "IfNotPresent", "name": part.name,
        "livenessProbe": part.probe.slow(part.probe.live, 8),
        "ports": list![map! {"containerPort": part.port, "name": "probe-port", "protocol": "TCP"}],
        "resources": map! {"requests": part.requests},
        "startupProbe": part.probe.slow(part.probe.start, 24),
    };
    if !part.probe.ready.is_empty() {
        let check = part.probe.check(part.probe.ready);
        container.set(&["readinessProbe"], map! {"failureThreshold": 3, "httpGet": check, "periodSeconds": 1, "timeoutSeconds": 15});
    }
    let mounts: Vec<Tree> = part
        .mounts
        .iter()
        .map(|(name, path, _, write)| {
            let mut mount = map! {"mountPath": path.as_str(), "name": *name};
            if !write {
                mount.set(&["readOnly"], true);
            }
            mount
        })
        .collect();
    container.set(&["volumeMounts"], mounts);
    let mut volumes: Vec<&Mount> = part.mounts.iter().collect();
    if part.name == "etcd" {
        volumes.reverse();
    }
    let volumes: Vec<Tree> = volumes
        .iter()
        .map(|(name, path, folder, _)| {
            let kind = if *folder { "DirectoryOrCreate" } else { "FileOrCreate" };
            map! {"hostPath": map! {"path": path.as_str(), "type": kind}, "name": *name}
        })
        .collect();
    map! {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": map! {
            "labels": map! {"component": part.name, "tier": "control-plane"}, "name": part.name, "namespace": "kube-system",
        },
        "spec": map! {
            "containers": list![container], "hostNetwork": true, "priority": 2_000_001_000, "priorityClassName": "system-node-critical",
            "securityContext": map! {"seccompProfile": map! {"type": "RuntimeDefault"}}, "volumes": volumes,
        },
        "status": super::super::config::nothing(),
    }
}

fn apiserver(config: &Config) -> Tree {
    let (address, port) = config.local();
    let pki = config.cert_dir();
    let in_pki = |file: &str| format!("{pki}/{file}");
    let mut flags = vec![
        ("advertise-address", address.to_string()),
        ("allow-privileged", "true".into()),
        ("authorization-mode", "Node,RBAC".into()),
        ("client-ca-file", in_pki("ca.crt")),
        ("enable-admission-plugins", "NodeRestriction".into()),
        ("enable-bootstrap-token-auth", "true".into()),
        ("kubelet-client-certificate", in_pki("apiserver-kubelet-client.crt")),
        ("kubelet-client-key", in_pki("apiserver-kubelet-client.key")),
        ("kubelet-preferred-address-types", "InternalIP,ExternalIP,Hostname".into()),
        ("proxy-client-cert-file", in_pki("front-proxy-client.crt")),
        ("proxy-client-key-file", in_pki("front-proxy-client.key")),
        ("requestheader-allowed-names", "front-proxy-client".into()),
        ("requestheader-client-ca-file", in_pki("front-proxy-ca.crt")),
        ("requestheader-extra-headers-prefix", "X-Remote-Extra-".into()),
        ("requestheader-group-headers", "X-Remote-Group".into()),
        ("requestheader-username-headers", "X-Remote-User".into()),
        ("secure-port", port.to_string()),
        ("service-account-issuer", format!("https://kubernetes.default.svc.{}", config.dns_domain())),
        ("service-account-key-file", in_pki("sa.pub")),
        ("service-account-signing-key-file", in_pki("sa.key")),
        ("service-cluster-ip-range", config.service_subnet().into()),
        ("tls-cert-file", in_pki("apiserver.crt")),
        ("tls-private-key-file", in_pki("apiserver.key")),
    ];
    let external = config.cluster.at(&["etcd", "external"]);
    if external.is_null() {
        flags.push(("etcd-cafile", in_pki("etcd/ca.crt")));
        flags.push(("etcd-certfile", in_pki("apiserver-etcd-client.crt")));
        flags.push(("etcd-keyfile", in_pki("apiserver-etcd-client.key")));
        flags.push(("etcd-servers", "https://127.0.0.1:2379".into()));
    } else {
        let endpoints: Vec<&str> = external.get("endpoints").items().iter().map(Tree::text).collect();
        flags.push(("etcd-servers", endpoints.join(",")));
        let files = [("etcd-cafile", "caFile"), ("etcd-certfile", "certFile"), ("etcd-keyfile", "keyFile")];
        flags.extend(files.iter().map(|(flag, file)| (*flag, external.get(file).text().to_string())).filter(|(_, file)| !file.is_empty()));
    }
    let mut pod = pod(Part {
        name: "kube-apiserver",
        image: format!("{}/kube-apiserver:{}", config.repository(), config.version()),
        command: command("kube-apiserver", flags, config.extra_args(&["apiServer"])),
        port,
        probe: Probe { host: address, scheme: "HTTPS", live: "/livez", ready: "/readyz", start: "/livez" },
        requests: map! {"cpu": "250m"},
        mounts: certificates(config),
    });
    let endpoint = format!("{}:{port}", bracketed(address));
    pod.set(&["metadata", "annotations", "kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint"], endpoint);
    pod
}

fn controller_manager(config: &Config) -> Tree {
    const OWN: &str = "/etc/kubernetes/controller-manager.conf";
    let in_pki = |file: &str| format!("{}/{file}", config.cert_dir());
    let mut flags = vec![
        ("authentication-kubeconfig", OWN.to_string()),
        ("authorization-kubeconfig", OWN.into()),
        ("bind-address", "127.0.0.1".into()),
        ("client-ca-file", in_pki("ca.crt")),
        ("cluster-name", config.cluster.get("clusterName").text().into()),
        ("cluster-signing-cert-file", in_pki("ca.crt")),
        ("cluster-signing-key-file", in_pki("ca.key")),
        ("controllers", "*,bootstrapsigner,tokencleaner".into()),
        ("kubeconfig", OWN.into()),
        ("leader-elect", "true".into()),
        ("requestheader-client-ca-file", in_pki("front-proxy-ca.crt")),
        ("root-ca-file", in_pki("ca.crt")),
        ("service-account-private-key-file", in_pki("sa.key")),
        ("service-cluster-ip-range", config.service_subnet().into()),
        ("use-service-account-credentials", "true".into()),
    ];
    if !config.pod_subnet().is_empty() {
        flags.push(("allocate-node-cidrs", "true".into()));
        flags.push(("cluster-cidr", config.pod_subnet().into()));
    }
    let mut mounts = certificates(config);
    mounts.insert(3, ("kubeconfig", OWN.into(), false, false));
    pod(Part {
        name: "kube-controller-manager",
        image: format!("{}/kube-controller-manager:{}", config.repository(), config.version()),
        command: command("kube-controller-manager", flags, config.extra_args(&["controllerManager"])),
        port: 10_257,
        probe: Probe { host: "127.0.0.1", scheme: "HTTPS", live: "/healthz", ready: "", start: "/healthz" },
        requests: map! {"cpu": "200m"},
        mounts,
    })
}

fn scheduler(config: &Config) -> Tree {
    const OWN: &str = "/etc/kubernetes/scheduler.conf";
    let flags = vec![
        ("authentication-kubeconfig", OWN.to_string()),
        ("authorization-kubeconfig", OWN.into()),
        ("bind-address", "127.0.0.1".into()),
        ("kubeconfig", OWN.into()),
        ("leader-elect", "true".into()),
    ];
    pod(Part {
        name: "kube-scheduler",
        image: format!("{}/kube-scheduler:{}", config.repository(), config.version()),
        command: command("kube-scheduler", flags, config.extra_args(&["scheduler"])),
        port: 10_259,
        probe: Probe { host: "127.0.0.1", scheme: "HTTPS", live: "/livez", ready: "/readyz", start: "/livez" },
        requests: map! {"cpu": "100m"},
        mounts: vec![("kubeconfig", OWN.into(), false, false)],
    })
}

/// The Pod of the local etcd. `peers`: `a=https://10.0.0.10:2380,…`; `joins`: it enters a cluster that is there.
pub fn etcd(config: &Config, peers: &str, joins: bool) -> Tree {
    let (address, name) = (bracketed(config.local().0), config.node_name());
    let in_pki = |file: &str| format!("{}/etcd/{file}", config.cert_dir());
    let folder = config.etcd_folder().unwrap_or("/var/lib/etcd").to_string();
    let mut flags = vec![
        ("advertise-client-urls", format!("https://{address}:2379")),
        ("cert-file", in_pki("server.crt")),
        ("client-cert-auth", "true".into()),
        ("data-dir", folder.clone()),
        ("feature-gates", "InitialCorruptCheck=true".into()),
        ("initial-advertise-peer-urls", format!("https://{address}:2380")),
        ("initial-cluster", peers.into()),
        ("key-file", in_pki("server.key")),
        ("listen-client-urls", format!("https://127.0.0.1:2379,https://{address}:2379")),
        ("listen-metrics-urls", "http://127.0.0.1:2381".into()),
        ("listen-peer-urls", format!("https://{address}:2380")),
        ("name", name.into()),
        ("peer-cert-file", in_pki("peer.crt")),
        ("peer-client-cert-auth", "true".into()),
        ("peer-key-file", in_pki("peer.key")),
        ("peer-trusted-ca-file", in_pki("ca.crt")),
        ("snapshot-count", "10000".into()),
        ("trusted-ca-file", in_pki("ca.crt")),
        ("watch-progress-notify-interval", "5s".into()),
    ];
    if joins {
        flags.push(("initial-cluster-state", "existing".into()));
    }
    let mut pod = pod(Part {
        name: "etcd",
        image: defaults::etcd_image(config, defaults::etcd_tag(config.version())),
        command: command("etcd", flags, config.extra_args(&["etcd", "local"])),
        port: 2381,
        probe: Probe { host: "127.0.0.1", scheme: "HTTP", live: "/livez", ready: "/readyz", start: "/readyz" },
        requests: map! {"cpu": "100m", "memory": "100Mi"},
        mounts: vec![("etcd-data", folder, true, true), ("etcd-certs", format!("{}/etcd", config.cert_dir()), true, true)],
    });
    pod.set(&["metadata", "annotations", "kubeadm.kubernetes.io/etcd.advertise-client-urls"], format!("https://{address}:2379"));
    pod
}

//! Why a part of the control plane ends right after its start: its command line, held against what its program knows.
use ::hosts::Machine;
use dataplane::host::Ailment;
use objects::{Text, Tree};
use std::sync::Arc;

/// How long a kube-apiserver tries to reach an etcd before it gives up.
const STORAGE: u32 = 20;

/// Flags that all three parts of Kubernetes know.
const SHARED: &str = "v vmodule logging-format feature-gates emulated-version emulation-forward-compatible help version bind-address \
         secure-port cert-dir http2-max-streams-per-connection permit-address-sharing permit-port-sharing \
         disable-http2-serving profiling contention-profiling show-hidden-metrics-for-version allow-metric-labels \
         allow-metric-labels-manifest disabled-metrics client-ca-file min-compatibility-version";

/// Flags of the scheduler and the controller manager.
const MANAGERS: &str = "kubeconfig leader-elect master kube-api-burst kube-api-qps kube-api-content-type config write-config-to \
         pod-max-in-unschedulable-pods-duration";

/// Flags of Kubernetes's parts that begin so are taken for known: such families are large, and grow with each version.
const FAMILIES: &str = "audit- authentication- authorization- cluster-signing- concurrent- coordinated-leadership- experimental- \
    horizontal-pod-autoscaler- leader-elect- log- node- oidc- pv-recycler- requestheader- service-account- tls-";

/// Flags of one part alone.
const OWN: [(&str, &str); 4] = [
    (
        "etcd",
        "name data-dir wal-dir snapshot-count heartbeat-interval election-timeout listen-peer-urls listen-client-urls \
         listen-client-http-urls max-snapshots max-wals quota-backend-bytes backend-batch-interval backend-batch-limit \
         max-txn-ops max-request-bytes max-concurrent-streams grpc-keepalive-min-time grpc-keepalive-interval \
         grpc-keepalive-timeout socket-reuse-port socket-reuse-address initial-advertise-peer-urls initial-cluster \
         initial-cluster-state initial-cluster-token advertise-client-urls discovery-srv discovery-srv-name \
         strict-reconfig-check pre-vote auto-compaction-retention auto-compaction-mode cert-file key-file \
         client-cert-auth client-crl-file client-cert-allowed-hostname trusted-ca-file auto-tls peer-cert-file \
         peer-key-file peer-client-cert-auth peer-trusted-ca-file peer-cert-allowed-cn peer-auto-tls peer-crl-file \
         cipher-suites tls-min-version tls-max-version self-signed-cert-validity cors host-whitelist auth-token \
         bcrypt-cost auth-token-ttl enable-pprof metrics listen-metrics-urls logger log-outputs log-level log-format \
         log-rotation-config-json enable-log-rotation version help config-file force-new-cluster unsafe-no-fsync \
         corrupt-check-time initial-corrupt-check compaction-batch-limit feature-gates watch-progress-notify-interval \
         warning-apply-duration warning-unary-request-duration compaction-sleep-interval snapshot-catchup-entries \
         memory-mlock",
    ),
    (
        "kube-apiserver",
        "advertise-address allow-privileged admission-control-config-file enable-admission-plugins \
         disable-admission-plugins anonymous-auth enable-bootstrap-token-auth token-auth-file basic-auth-file \
         api-audiences service-cluster-ip-range service-node-port-range proxy-client-cert-file proxy-client-key-file \
         kubelet-certificate-authority kubelet-client-certificate kubelet-client-key kubelet-port \
         kubelet-preferred-address-types kubelet-read-only-port kubelet-timeout etcd-servers etcd-servers-overrides \
         etcd-cafile etcd-certfile etcd-keyfile etcd-prefix etcd-compaction-interval etcd-count-metric-poll-period \
         etcd-db-metric-poll-interval etcd-healthcheck-timeout etcd-readycheck-timeout storage-backend storage-media-type \
         storage-initialization-timeout delete-collection-workers enable-garbage-collector watch-cache watch-cache-sizes \
         default-watch-cache-size lease-reuse-duration-seconds encryption-provider-config \
         encryption-provider-config-automatic-reload runtime-config enable-aggregator-routing \
         aggregator-reject-forwarding-redirect default-not-ready-toleration-seconds \
         default-unreachable-toleration-seconds event-ttl endpoint-reconciler-type apiserver-count max-requests-inflight \
         max-mutating-requests-inflight max-connection-bytes-per-sec min-request-timeout request-timeout \
         livez-grace-period shutdown-delay-duration shutdown-send-retry-after shutdown-watch-termination-grace-period \
         goaway-chance strict-transport-security-directives external-hostname cors-allowed-origins \
         egress-selector-config-file enable-priority-and-fairness identity-lease-duration-seconds \
         identity-lease-renew-interval-seconds peer-ca-file peer-advertise-ip peer-advertise-port tracing-config-file \
         debug-socket-path enable-logs-handler repair-malformed-updates target-ram-mb kubernetes-service-node-port \
         runtime-config-emulation-forward-compatible",
    ),
    (
        "kube-controller-manager",
        "allocate-node-cidrs cluster-cidr cluster-name cidr-allocator-type cloud-config cloud-provider \
         cloud-provider-gce-lb-src-cidrs configure-cloud-routes controllers controller-start-interval \
         disable-attach-detach-reconcile-sync attach-detach-reconcile-sync-period enable-dynamic-provisioning \
         enable-garbage-collector enable-hostpath-provisioner endpoint-updates-batch-period \
         endpointslice-updates-batch-period external-cloud-volume-plugin flex-volume-plugin-dir \
         large-cluster-size-threshold leader-migration-config enable-leader-migration \
         legacy-service-account-token-clean-up-period max-endpoints-per-slice mirroring-concurrent-service-endpoint-syncs \
         mirroring-endpointslice-updates-batch-period mirroring-max-endpoints-per-subset min-resync-period \
         namespace-sync-period pvclaimbinder-sync-period resource-quota-sync-period root-ca-file \
         route-reconciliation-period secondary-node-eviction-rate service-cluster-ip-range terminated-pod-gc-threshold \
         unhealthy-zone-threshold use-service-account-credentials volume-host-cidr-denylist \
         disable-force-detach-on-timeout",
    ),
    ("kube-scheduler", ""),
];

/// Admission plugins of the kube-apiserver.
const ADMISSION: &str = "AlwaysAdmit AlwaysDeny AlwaysPullImages CertificateApproval CertificateSigning CertificateSubjectRestriction \
    ClusterTrustBundleAttest DefaultIngressClass DefaultStorageClass DefaultTolerationSeconds DenyServiceExternalIPs EventRateLimit \
    ExtendedResourceToleration ImagePolicyWebhook LimitPodHardAntiAffinityTopology LimitRanger MutatingAdmissionPolicy \
    MutatingAdmissionWebhook NamespaceAutoProvision NamespaceExists NamespaceLifecycle NodeRestriction \
    OwnerReferencesPermissionEnforcement PersistentVolumeClaimResize PodNodeSelector PodSecurity PodTolerationRestriction \
    PodTopologyLabels Priority ResourceQuota RuntimeClass SecurityContextDeny ServiceAccount StorageObjectInUseProtection TaintNodesByCondition \
    ValidatingAdmissionPolicy ValidatingAdmissionWebhook";
const MODES: &str = "AlwaysAllow AlwaysDeny ABAC Webhook RBAC Node";

/// Flags that take `true` or `false`, and flags that take a number.
const BOOLS: &str = "leader-elect allow-privileged anonymous-auth enable-bootstrap-token-auth allocate-node-cidrs profiling \
    use-service-account-credentials enable-garbage-collector contention-profiling";
const NUMBERS: &str = "secure-port v etcd-compaction-interval max-requests-inflight node-cidr-mask-size kube-api-burst";

/// What is wrong with the Pod of a manifest on this machine. `reaches`: whether an etcd is at an address, or
/// what its client says.
pub(super) fn ailment(name: &str, pod: &Tree, machine: &Machine, reaches: &dyn Fn(&str) -> Result<(), String>) -> Ailment {
    let words: Vec<String> = {
        let first = pod.at(&["spec", "containers"]).items().first().cloned().unwrap_or_default();
        let both = ["command", "args"].into_iter().flat_map(|key| first.get(key).items().to_vec());
        both.map(|word| word.text().to_string()).collect()
    };
    let program = words.first().map_or(name, |word| word.rsplit('/').next().unwrap_or(word));
    if program != name {
        return Ailment::NoProgram(Text::new(program));
    }
    let flags: Vec<(&str, &str)> = words.iter().skip(1).filter_map(|word| pair(word)).collect();
    match usage(name, &flags) {
        Some(why) if name == "etcd" => dies(0, [why]),
        Some(why) => dies(0, [format!("Error: {why}")]),
        None => failure(name, &flags, machine, reaches).unwrap_or_default(),
    }
}

fn pair(word: &str) -> Option<(&str, &str)> {
    let flag = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?;
    Some(flag.split_once('=').unwrap_or((flag, "true")))
}

fn dies<const N: usize>(after: u32, lines: [String; N]) -> Ailment {
    Ailment::Dies { after, lines: Arc::new(lines.into_iter().map(Text::from).collect()) }
}

/// Flags that the program does not know, or that cannot have such a value.
fn usage(name: &str, flags: &[(&str, &str)]) -> Option<String> {
    let among = |list: &str, flag: &str| list.split_whitespace().any(|known| known == flag);
    let own = OWN.iter().find(|(part, _)| *part == name).map_or("", |(_, own)| own);
    if name == "etcd" {
        let (flag, _) = flags.iter().find(|(flag, _)| !among(own, flag))?;
        return Some(format!("error verifying flags, flag provided but not defined: -{flag}. See 'etcd --help'."));
    }
    let lists = [own, SHARED, if name == "kube-apiserver" { "" } else { MANAGERS }];
    let known =
        |flag: &str| lists.iter().any(|list| among(list, flag)) || FAMILIES.split_whitespace().any(|family| flag.starts_with(family));
    flags.iter().find_map(|(flag, value)| {
        let truth = matches!(*value, "true" | "false" | "1" | "0" | "t" | "f" | "TRUE" | "FALSE" | "True" | "False");
        let how = match () {
            () if !known(flag) => return Some(format!("unknown flag: --{flag}")),
            () if among(BOOLS, flag) && !truth => "ParseBool",
            () if among(NUMBERS, flag) && value.parse::<i64>().is_err() => "ParseInt",
            () => return None,
        };
        Some(format!("invalid argument \"{value}\" for \"--{flag}\" flag: strconv.{how}: parsing \"{value}\": invalid syntax"))
    })
}

/// What the program finds wrong once it has read its flags.
fn failure(name: &str, flags: &[(&str, &str)], machine: &Machine, reaches: &dyn Fn(&str) -> Result<(), String>) -> Option<Ailment> {
    let failed = |why: &str| Some(dies(0, [format!("E{{}} run.go:72] \"command failed\" err={}", ::hosts::call::quoted(why))]));
    let value = |wanted: &str| flags.iter().rfind(|(flag, _)| *flag == wanted).map(|(_, value)| *value);
    if name == "kube-apiserver" {
        let plugins = ["enable-admission-plugins", "disable-admission-plugins"];
        for (flag, list) in plugins.into_iter().filter_map(|flag| Some((flag, value(flag)?))) {
            if let Some(unknown) = list.split(',').find(|one| !ADMISSION.split_whitespace().any(|known| known == *one)) {
                return failed(&format!("{flag} plugin \"{unknown}\" is unknown"));
            }
        }
        let modes = value("authorization-mode").unwrap_or("AlwaysAllow");
        if let Some(unknown) = modes.split(',').find(|one| !MODES.split_whitespace().any(|known| known == *one)) {
            return failed(&format!("authorization-mode \"{unknown}\" is not a valid mode"));
        }
    }
    // Only what a manifest of kubeadm's mounts from the host can be looked for there.
    let mounted = |path: &str| path.starts_with("/etc/kubernetes/");
    let missing = |(flag, path): &&(&str, &str)| {
        let file = flag.ends_with("file") || flag.ends_with("kubeconfig") || flag.contains("cert") || flag.ends_with("-key");
        file && mounted(path) && !flag.ends_with("-dir") && !machine.files.exists(path)
    };
    if let Some((flag, path)) = flags.iter().find(missing) {
        let open = format!("open {path}: no such file or directory");
        return match (name, *flag) {
            ("etcd", _) => {
                let stamp = "{\"level\":\"fatal\",\"caller\":\"etcdmain/etcd.go:186\",\"msg\":\"discovery failed\",\"error\":\"";
                Some(dies(0, [format!("{stamp}{open}\"}}")]))
            }
            ("kube-apiserver", "etcd-cafile" | "etcd-certfile" | "etcd-keyfile") => {
                Some(dies(0, [format!("F{{}} instance.go:232] Error creating leases: error creating storage factory: {open}")]))
            }
            (_, flag) if flag.ends_with("kubeconfig") => failed(&format!("stat {path}: no such file or directory")),
            _ => failed(&open),
        };
    }
    if name == "kube-apiserver" {
        let servers = value("etcd-servers").unwrap_or("");
        if servers.is_empty() {
            return failed("--etcd-servers must be specified");
        }
        let address = |url: &str| url.rsplit("://").next().unwrap_or("").trim_end_matches('/').to_string();
        let all: Vec<String> = servers.split(',').map(address).collect();
        let first = &all[0];
        if let Err(why) = all.iter().fold(reaches(first), |found, one| found.or_else(|why| reaches(one).map_err(|_| why))) {
            let lines = [
                format!(
                    "W{{}} logging.go:55] [core] [Channel #1 SubChannel #2]grpc: addrConn.createTransport failed to connect to {{Addr: \"{first}\", ServerName: \"{first}\", }}. Err: connection error: desc = \"{why}\""
                ),
                "F{} instance.go:232] Error creating leases: error creating storage factory: context deadline exceeded".to_string(),
            ];
            return Some(dies(STORAGE, lines));
        }
    }
    None
}

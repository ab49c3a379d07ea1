//! Why a part of the control plane ends right after its start: its command line, held against what its program knows.
use super::part_flags::knows;
use crate::livez::STORAGE;
use ::hosts::Machine;
use dataplane::host::Ailment;
use objects::{Text, Tree};
use std::sync::Arc;

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

const ETCD_BOOLS: &str = "client-cert-auth peer-client-cert-auth auto-tls peer-auto-tls strict-reconfig-check pre-vote force-new-cluster \
    unsafe-no-fsync memory-mlock enable-pprof enable-log-rotation socket-reuse-port socket-reuse-address";
const ETCD_NUMBERS: &str = "snapshot-count heartbeat-interval election-timeout max-snapshots max-wals max-txn-ops max-request-bytes \
    max-concurrent-streams";

/// What etcd prints behind a flag that it does not take.
const ETCD_USAGE: &str = "Usage:\n\n  etcd [flags]\n    Start an etcd server.\n\n  etcd --version\n    Show the version of etcd.\n\n  \
    etcd -h | --help\n    Show the help information about etcd.\n\n  etcd --config-file\n    Path to the server configuration file. Note \
    that if a configuration file is provided, other command line flags and environment variables will be ignored.\n";

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
        Some(why) if name == "etcd" => dies(0, [why, ETCD_USAGE.to_string()]),
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
    let truth = |value: &str| matches!(value, "true" | "false" | "1" | "0" | "t" | "f" | "T" | "F" | "TRUE" | "FALSE" | "True" | "False");
    if name == "etcd" {
        return flags.iter().find_map(|(flag, value)| match () {
            () if !knows(name, flag) => Some(format!("flag provided but not defined: -{flag}")),
            () if among(ETCD_BOOLS, flag) && !truth(value) => Some(format!("invalid boolean value {value:?} for -{flag}: parse error")),
            () if among(ETCD_NUMBERS, flag) && value.parse::<u64>().is_err() => {
                Some(format!("invalid value {value:?} for flag -{flag}: parse error"))
            }
            () => None,
        });
    }
    flags.iter().find_map(|(flag, value)| {
        let how = match () {
            () if !knows(name, flag) => return Some(format!("unknown flag: --{flag}")),
            () if among(BOOLS, flag) && !truth(value) => "ParseBool",
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
            ("etcd", flag) => {
                let (line, doing) = if flag.starts_with("peer-") { (157, "discovery") } else { (172, "listener") };
                let stamp = format!("{{\"level\":\"fatal\",\"ts\":\"{{ts}}\",\"caller\":\"etcdmain/etcd.go:{line}\"");
                Some(dies(0, [format!("{stamp},\"msg\":\"{doing} failed\",\"error\":\"{open}\"}}")]))
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
            return Some(dies(STORAGE.as_secs() as u32, lines));
        }
    }
    None
}

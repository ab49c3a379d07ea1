//! What a kubelet reads at its start: its command line and `/var/lib/kubelet/config.yaml`, and why it ends at once.
use super::Machine;
use objects::{Text, Tree};

/// Where kubeadm has the kubelet look.
pub const CONFIG: &str = "/var/lib/kubelet/config.yaml";

/// Fields of `kubelet.config.k8s.io/v1beta1` `KubeletConfiguration`, and after a slash the type that a wrong value is told of:
/// int32, string, bool, duration, list of strings; none where anything is taken.
const FIELDS: &str = "apiVersion/s kind/s enableServer/b staticPodPath/s podLogsDir/s syncFrequency/d fileCheckFrequency/d \
    httpCheckFrequency/d staticPodURL/s staticPodURLHeader address/s port/i readOnlyPort/i tlsCertFile/s tlsPrivateKeyFile/s \
    tlsCipherSuites/l tlsCurvePreferences tlsMinVersion/s rotateCertificates/b serverTLSBootstrap/b authentication authorization \
    registryPullQPS/i registryBurst/i imagePullCredentialsVerificationPolicy/s preloadedImagesVerificationAllowlist/l \
    eventRecordQPS/i eventBurst/i enableDebuggingHandlers/b enableContentionProfiling/b healthzPort/i healthzBindAddress/s \
    oomScoreAdj/i clusterDomain/s clusterDNS/l streamingConnectionIdleTimeout/d nodeStatusUpdateFrequency/d \
    nodeStatusReportFrequency/d nodeLeaseDurationSeconds/i imageMinimumGCAge/d imageMaximumGCAge/d \
    imageGCHighThresholdPercent/i imageGCLowThresholdPercent/i volumeStatsAggPeriod/d kubeletCgroups/s systemCgroups/s \
    cgroupRoot/s cgroupsPerQOS/b cgroupDriver/s cpuManagerPolicy/s singleProcessOOMKill/b cpuManagerPolicyOptions \
    cpuManagerReconcilePeriod/d memoryManagerPolicy/s topologyManagerPolicy/s topologyManagerScope/s \
    topologyManagerPolicyOptions qosReserved runtimeRequestTimeout/d hairpinMode/s maxPods/i podCIDR/s podPidsLimit/i \
    resolvConf/s runOnce/b cpuCFSQuota/b cpuCFSQuotaPeriod/d nodeStatusMaxImages/i maxOpenFiles/i contentType/s kubeAPIQPS/i \
    kubeAPIBurst/i serializeImagePulls/b maxParallelImagePulls/i evictionHard evictionSoft evictionSoftGracePeriod \
    evictionPressureTransitionPeriod/d evictionMaxPodGracePeriod/i evictionMinimumReclaim mergeDefaultEvictionSettings/b \
    podsPerCore/i enableControllerAttachDetach/b protectKernelDefaults/b makeIPTablesUtilChains/b iptablesMasqueradeBit/i \
    iptablesDropBit/i featureGates failSwapOn/b memorySwap containerLogMaxSize/s containerLogMaxFiles/i \
    containerLogMaxWorkers/i containerLogMonitorInterval/d configMapAndSecretChangeDetectionStrategy/s systemReserved \
    kubeReserved systemReservedCgroup/s kubeReservedCgroup/s enforceNodeAllocatable/l allowedUnsafeSysctls/l \
    volumePluginDir/s providerID/s kernelMemcgNotification/b logging enableSystemLogHandler/b enableSystemLogQuery/b \
    shutdownGracePeriod/d shutdownGracePeriodCriticalPods/d shutdownGracePeriodByPodPriority crashLoopBackOff \
    reservedMemory enableProfilingHandler/b enableDebugFlagsHandler/b seccompDefault/b memoryThrottlingFactor \
    registerWithTaints registerNode/b tracing localStorageCapacityIsolation/b containerRuntimeEndpoint/s \
    imageServiceEndpoint/s failCgroupV1/b userNamespaces reservedSystemCPUs/s showHiddenMetricsForVersion/s";

/// Flags of the kubelet that a command line may have.
const FLAGS: &str = "bootstrap-kubeconfig kubeconfig config config-dir container-runtime-endpoint image-service-endpoint \
    pod-infra-container-image hostname-override node-ip node-labels register-with-taints register-node cert-dir root-dir v \
    vmodule cgroup-driver cgroup-root cluster-dns cluster-domain cloud-provider eviction-hard eviction-soft fail-swap-on \
    feature-gates max-pods resolv-conf rotate-certificates rotate-server-certificates serialize-image-pulls system-reserved \
    kube-reserved tls-cert-file tls-private-key-file client-ca-file authentication-token-webhook authorization-mode \
    anonymous-auth read-only-port port address pod-manifest-path image-credential-provider-config \
    image-credential-provider-bin-dir logging-format runtime-cgroups kubelet-cgroups pod-max-pids allowed-unsafe-sysctls \
    protect-kernel-defaults event-qps streaming-connection-idle-timeout provider-id seccomp-default cpu-manager-policy \
    topology-manager-policy memory-manager-policy housekeeping-interval node-status-update-frequency enable-server \
    healthz-port healthz-bind-address lock-file exit-on-lock-contention log-flush-frequency version help tls-min-version \
    tls-cipher-suites runtime-request-timeout reserved-cpus volume-plugin-dir container-log-max-size container-log-max-files \
    image-gc-high-threshold image-gc-low-threshold eviction-minimum-reclaim eviction-max-pod-grace-period";

/// What the kubelet goes by after its start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reads {
    pub max_pods: Option<u32>,
    pub cluster_dns: Vec<Text>,
    pub cluster_domain: Text,
    /// What strict decoding has to say about fields that are not known.
    pub lenient: Option<String>,
}

/// Reads the configuration. The error is the rest of the kubelet's `failed to load kubelet config file …`.
pub fn reads(text: &str) -> Result<Reads, String> {
    let all = objects::yaml::read(text).map_err(|why| format!("failed to decode: yaml: {}", yaml_words(&why.message)))?;
    let tree = all.into_iter().next().map(|one| one.tree).unwrap_or_default();
    if tree.get("kind").is_empty() {
        return Err("failed to decode: Object 'Kind' is missing in '<file>'".replace("<file>", &tree.to_json()));
    }
    if tree.get("kind").text() != "KubeletConfiguration" {
        let (kind, version) = (tree.get("kind").text(), tree.get("apiVersion").text());
        return Err(format!(
            "failed to decode: no kind \"{kind}\" is registered for version \"{version}\" in scheme \"pkg/kubelet/apis/config/scheme/scheme.go:33\""
        ));
    }
    let mut unknown = Vec::new();
    for (key, value) in tree.entries() {
        let known = FIELDS.split_whitespace().find_map(|word| match word.split_once('/') {
            Some((name, kind)) => (name == key).then_some(kind),
            None => (word == key).then_some(""),
        });
        match known {
            None => unknown.push(format!("unknown field \"{key}\"")),
            Some(kind) => fits(kind, key, value)?,
        }
    }
    let lenient = (!unknown.is_empty()).then(|| format!("strict decoding error: {}", unknown.join(", ")));
    Ok(Reads {
        max_pods: tree.get("maxPods").as_int().and_then(|number| u32::try_from(number).ok()),
        cluster_dns: tree.get("clusterDNS").items().iter().map(|one| Text::new(one.text())).collect(),
        cluster_domain: Text::new(tree.get("clusterDomain").text()),
        lenient,
    })
}

/// What a YAML decoder says, without kubectl's words around it.
pub fn yaml_words(message: &str) -> &str {
    message.rsplit_once("yaml: ").map_or(message, |(_, words)| words)
}

/// Whether a value is of its field's type; the error is Go's.
fn fits(kind: &str, key: &str, value: &Tree) -> Result<(), String> {
    let (wanted, good) = match kind {
        "i" => ("int32", value.as_int().is_some()),
        "s" => ("string", value.as_text().is_some()),
        "b" => ("bool", matches!(value, Tree::Bool(_))),
        "l" => ("[]string", matches!(value, Tree::List(_))),
        "d" => ("string", value.as_text().is_some() || value.as_int().is_some()),
        _ => return Ok(()),
    };
    if good || value.is_null() {
        return Ok(());
    }
    let found = match value {
        Tree::Bool(_) => "bool",
        Tree::List(_) => "array",
        Tree::Map(_) => "object",
        _ if value.as_text().is_some() => "string",
        _ => "number",
    };
    Err(format!("failed to decode: json: cannot unmarshal {found} into Go struct field KubeletConfiguration.{key} of type {wanted}"))
}

impl Machine {
    /// Why a kubelet that starts by `command` ends right away: the words behind `"command failed" err=`.
    pub(super) fn kubelet_stumbles(&self, command: &str) -> Option<String> {
        let flags = command.split(' ').skip(1).filter_map(|word| word.strip_prefix("--"));
        for flag in flags.map(|flag| flag.split('=').next().unwrap_or(flag)) {
            if !FLAGS.split_whitespace().any(|known| known == flag) {
                return Some(format!("failed to parse kubelet flag: unknown flag: --{flag}"));
            }
        }
        let Some(config) = self.files.read(CONFIG) else {
            return Some(format!(
                "failed to load kubelet config file, path: {CONFIG}, error: failed to load Kubelet config file {CONFIG}, error failed to \
                 read kubelet config file \"{CONFIG}\", error: open {CONFIG}: no such file or directory"
            ));
        };
        if let Err(why) = reads(&config) {
            return Some(format!(
                "failed to load kubelet config file, path: {CONFIG}, error: failed to load Kubelet config file {CONFIG}, error {why}"
            ));
        }
        let conf = ["kubelet.conf", "bootstrap-kubelet.conf"].map(|file| format!("/etc/kubernetes/{file}"));
        if !conf.iter().any(|file| self.files.exists(file)) {
            let why = "unable to load bootstrap kubeconfig: stat /etc/kubernetes/bootstrap-kubelet.conf: no such file or directory";
            return Some(format!("failed to run Kubelet: {why}"));
        }
        if !config.contains("failSwapOn: false") && !command.contains("--fail-swap-on=false") && !self.swaps.is_empty() {
            let rows: String = self.swaps.iter().map(|swap| format!(" {}\tpartition\t{}\t0\t-2", swap.path, swap.mib * 1024 - 4)).collect();
            let head = "Filename\tType\tSize\tUsed\tPriority";
            return Some(format!(
                "failed to run Kubelet: running with swap on is not supported, please disable swap or set --fail-swap-on flag to false. /proc/swaps contained: [{head}{rows}]"
            ));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";

    #[test]
    fn unknown_fields_are_told_and_wrong_types_refused() {
        let read = reads(&format!("{HEAD}maxPods: 20\nclusterDNS: [10.1.2.3]\nmaxPod: 3\n")).expect("readable");
        assert_eq!((read.max_pods, read.cluster_dns[0].as_str()), (Some(20), "10.1.2.3"));
        assert_eq!(read.lenient.as_deref(), Some("strict decoding error: unknown field \"maxPod\""));
        let wrong = reads(&format!("{HEAD}maxPods: many\n")).unwrap_err();
        assert_eq!(
            wrong,
            "failed to decode: json: cannot unmarshal string into Go struct field KubeletConfiguration.maxPods of type int32"
        );
        assert!(reads("kind: [").is_err());
    }
}

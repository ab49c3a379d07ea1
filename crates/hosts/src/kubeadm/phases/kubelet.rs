//! The phase `kubelet-start`: the kubelet's configuration as files, and its start.
use crate::call::{Call, Step};
use crate::kubeadm::config::{Config, dns_address, fill};
use crate::kubeadm::init::Work;
use crate::kubeadm::patches;
use objects::{Tree, list, map, yaml};

/// What kubeadm writes of the kubelet's configuration; what the user wrote goes before.
pub fn configuration(config: &Config, socket: &str) -> Tree {
    let zero = [
        "cpuManagerReconcilePeriod",
        "evictionPressureTransitionPeriod",
        "fileCheckFrequency",
        "httpCheckFrequency",
        "imageMaximumGCAge",
        "imageMinimumGCAge",
        "nodeStatusReportFrequency",
        "nodeStatusUpdateFrequency",
        "runtimeRequestTimeout",
        "shutdownGracePeriod",
        "shutdownGracePeriodCriticalPods",
        "streamingConnectionIdleTimeout",
        "syncFrequency",
        "volumeStatsAggPeriod",
    ];
    let buffer = || map! {"infoBufferSize": "0"};
    let mut tree = config.kubelet.clone();
    let mut defaults = map! {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "authentication": map! {
            "anonymous": map! {"enabled": false}, "webhook": map! {"cacheTTL": "0s", "enabled": true},
            "x509": map! {"clientCAFile": format!("{}/ca.crt", config.cert_dir())},
        },
        "authorization": map! {"mode": "Webhook", "webhook": map! {"cacheAuthorizedTTL": "0s", "cacheUnauthorizedTTL": "0s"}},
        "cgroupDriver": "systemd", "clusterDNS": list![dns_address(config)], "clusterDomain": config.dns_domain(),
        "containerRuntimeEndpoint": socket, "crashLoopBackOff": map! {}, "healthzBindAddress": "127.0.0.1", "healthzPort": 10_248,
        "kind": "KubeletConfiguration",
        "logging": map! {"flushFrequency": 0, "options": map! {"json": buffer(), "text": buffer()}, "verbosity": 0},
        "memorySwap": map! {}, "rotateCertificates": true, "staticPodPath": "/etc/kubernetes/manifests",
    };
    zero.iter().for_each(|name| defaults.set(&[name], "0s"));
    fill(&mut tree, &defaults);
    tree
}

fn environment(call: &mut Call, work: &Work, folder: &str) {
    let path = format!("{folder}/kubeadm-flags.env");
    call.say(format_args!("[kubelet-start] Writing kubelet environment file with flags to file \"{path}\""));
    let mut flags: Vec<String> = Vec::new();
    if work.config.node_name() != call.machine.name {
        flags.push(format!("--hostname-override={}", work.config.node_name()));
    }
    let extra = work.config.node.at(&["nodeRegistration", "kubeletExtraArgs"]).items();
    flags.extend(extra.iter().map(|one| format!("--{}={}", one.get("name").text(), one.get("value").text())));
    flags.sort();
    call.machine.files.write(&path, &format!("KUBELET_KUBEADM_ARGS=\"{}\"\n", flags.join(" ")));
}

/// instance-config.yaml and config.yaml.
fn write(call: &mut Call, work: &Work, folder: &str) -> Step<()> {
    let path = format!("{folder}/instance-config.yaml");
    call.say(format_args!("[kubelet-start] Writing kubelet configuration to file \"{path}\""));
    let socket = work.config.cri_socket();
    call.machine.files.write(&path, &format!("containerRuntimeEndpoint: \"{socket}\"\n"));
    write_config(call, work, folder)
}

/// config.yaml, with the person's patches and this host's own.
pub fn write_config(call: &mut Call, work: &Work, folder: &str) -> Step<()> {
    let mut config = patches::apply(call, &work.patches, "kubeletconfiguration", configuration(&work.config, ""))?;
    config.set(&["containerRuntimeEndpoint"], work.config.cri_socket());
    call.say("[patches] Applied patch of type \"application/strategic-merge-patch+json\" to target \"kubeletconfiguration\"");
    let path = format!("{folder}/config.yaml");
    call.say(format_args!("[kubelet-start] Writing kubelet configuration to file \"{path}\""));
    call.machine.files.write(&path, &yaml::write(&config));
    Ok(())
}

/// In `init` the environment file comes first.
pub fn start_init(call: &mut Call, work: &mut Work) -> Step<()> {
    let folder = work.dry.clone().unwrap_or_else(|| "/var/lib/kubelet".into());
    if work.dry.is_none() {
        call.machine.stop_unit(call.now, "kubelet");
    }
    environment(call, work, &folder);
    write(call, work, &folder)?;
    start(call, work);
    Ok(())
}

/// In `join` it comes last.
pub fn start_join(call: &mut Call, work: &Work) -> Step<()> {
    let folder = work.dry.clone().unwrap_or_else(|| "/var/lib/kubelet".into());
    match work.dry {
        None => call.machine.stop_unit(call.now, "kubelet"),
        Some(_) => call.say("[kubelet-start] Would stop the kubelet"),
    }
    write(call, work, &folder)?;
    environment(call, work, &folder);
    start(call, work);
    Ok(())
}

fn start(call: &mut Call, work: &Work) {
    if work.dry.is_none() {
        call.say("[kubelet-start] Starting the kubelet");
        call.machine.start_unit(call.now, "kubelet");
    }
}

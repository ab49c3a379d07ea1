//! The checks themselves: each looks at the machine and says what it warns of and what it refuses.
use super::{Found, Look, oldest_kubelet, system};
use crate::call::{Call, Step, quoted};
use crate::kubeadm::config::Config;
use crate::kubeadm::config::network::Cidr;
use crate::kubeadm::images::{connect, proxy_for};
use crate::kubeadm::version::{self, Version};
use crate::machine::units::State;

const CORES: u32 = 2;
const MEMORY_MIB: u32 = 1_700;
const SWAP: &str = "swap is supported for cgroup v2 only. The kubelet must be properly configured to use swap. Please refer to https://kubernetes.io/docs/concepts/architecture/nodes/#swap-memory, or disable swap on the node";

fn error(words: impl Into<String>) -> Found {
    Found { errors: vec![words.into()], ..Found::default() }
}

fn warning(words: impl Into<String>) -> Found {
    Found { warnings: vec![words.into()], ..Found::default() }
}

fn unless(good: bool, words: impl FnOnce() -> String) -> Found {
    if good { Found::default() } else { error(words()) }
}

/// Runs one check.
pub fn judge(call: &mut Call, config: &Config, look: &Look) -> Step<Found> {
    let (machine, hardware) = (&*call.machine, call.machine.hardware.clone());
    Ok(match look {
        Look::User => unless(call.is_root(), || "user is not running as root".into()),
        Look::Cores => {
            unless(hardware.cores >= CORES, || format!("the number of available CPUs {} is less than the required {CORES}", hardware.cores))
        }
        Look::Memory => unless(hardware.memory_mib >= MEMORY_MIB, || {
            format!("the system RAM ({} MB) is less than the minimum {MEMORY_MIB} MB", hardware.memory_mib)
        }),
        Look::KubernetesVersion => kubernetes_version(call, config),
        Look::Firewalld(ports) => firewalld(call, ports),
        Look::Port(port) => unless(!u16::try_from(*port).is_ok_and(|port| machine.port_taken(port)), || format!("Port {port} is in use")),
        Look::FileAvailable(path) => unless(!machine.files.exists(path), || format!("{path} already exists")),
        Look::FileExisting(path) => unless(machine.files.exists(path), || format!("{path} doesn't exist")),
        Look::FileContent(path, wanted) => content(call, path, wanted),
        Look::FolderAvailable(path) => unless(machine.files.below(path).is_empty(), || format!("{path} is not empty")),
        Look::Program(name) => unless(machine.program(name).is_some(), || format!("{name} not found in system path")),
        Look::Proxy(host) => proxy(call, host),
        Look::ProxyCidr(block) => proxy_cidr(call, block),
        Look::Runtime => runtime(call, config),
        Look::RuntimeVersion => runtime_version(call, config),
        Look::Swap => {
            if machine.swaps.is_empty() {
                Found::default()
            } else {
                warning(SWAP)
            }
        }
        Look::System => verification(call),
        Look::Hostname => hostname(call, config)?,
        Look::KubeletVersion => kubelet_version(call, config),
        Look::Kubelet => kubelet_service(call),
        Look::ExternalEtcd => external_etcd(call, config)?,
    })
}

fn kubernetes_version(call: &Call, config: &Config) -> Found {
    let own = version::own(call);
    let Some(wanted) = Version::read(config.version()) else { return Found::default() };
    if (wanted.major, wanted.minor) <= (own.major, own.minor) {
        return Found::default();
    }
    warning(format!(
        "Kubernetes version is greater than kubeadm version. Please consider to upgrade kubeadm. Kubernetes version: {wanted}. Kubeadm version: {}.{}.x",
        own.major, own.minor
    ))
}

fn firewalld(call: &Call, ports: &[i64]) -> Found {
    if call.machine.unit("firewalld").is_none_or(|unit| unit.state != State::Active) {
        return Found::default();
    }
    let ports: Vec<String> = ports.iter().map(i64::to_string).collect();
    warning(format!("firewalld is active, please ensure ports [{}] are open or your cluster may not function correctly", ports.join(" ")))
}

/// A file below /proc/sys must begin with what is wanted.
fn content(call: &Call, path: &str, wanted: &str) -> Found {
    let name = path.trim_start_matches("/proc/sys/").replace('/', ".");
    match call.machine.sysctl(&name) {
        None => error(format!("{path} does not exist")),
        Some(value) => unless(value.starts_with(wanted), || format!("{path} contents are not set to {wanted}")),
    }
}

fn proxy(call: &Call, host: &str) -> Found {
    match proxy_for(call, host) {
        None => Found::default(),
        Some(proxy) => {
            let shown = if host.contains(':') { format!("https://[{host}]:1234") } else { format!("https://{host}") };
            warning(format!(
                "Connection to {} uses proxy {}. If that is not intended, adjust your proxy settings",
                quoted(&shown),
                quoted(&proxy)
            ))
        }
    }
}

fn proxy_cidr(call: &Call, block: &str) -> Found {
    let Some(parsed) = Cidr::read(block) else { return Found::default() };
    match proxy_for(call, &parsed.nth(1).to_string()) {
        None => Found::default(),
        Some(proxy) => warning(format!(
            "connection to {} uses proxy {}. This may lead to malfunctional cluster setup. Make sure that Pod and Services IP ranges specified correctly as exceptions in proxy configuration",
            quoted(block),
            quoted(&proxy)
        )),
    }
}

fn runtime(call: &Call, config: &Config) -> Found {
    if let Err(why) = connect(call, config.cri_socket()) {
        return error(why);
    }
    match &call.machine.runtime.not_ready {
        Some((reason, message)) => {
            error(format!("container runtime condition \"RuntimeReady\" is not true. reason: {reason}, message: {message}"))
        }
        None => Found::default(),
    }
}

fn runtime_version(call: &Call, config: &Config) -> Found {
    if let Err(why) = connect(call, config.cri_socket()) {
        return error(why);
    }
    if call.machine.runtime.tells_config {
        return Found::default();
    }
    warning(
        "You must update your container runtime to a version that supports the CRI method RuntimeConfig. Falling back to using cgroupDriver from kubelet config will be removed in 1.38. For more information, see https://git.k8s.io/enhancements/keps/sig-node/4033-group-driver-detection-over-cri",
    )
}

/// `kubelet --version`, or why it cannot be asked.
fn installed_kubelet(call: &Call) -> Result<Version, String> {
    let text = call
        .machine
        .program("kubelet")
        .ok_or("couldn't get kubelet version: cannot execute 'kubelet --version': executable file not found in $PATH")?;
    Version::read(&text).ok_or_else(|| "couldn't get kubelet version: cannot parse the output of 'kubelet --version'".to_string())
}

fn verification(call: &mut Call) -> Found {
    let kubelet = installed_kubelet(call).map(|version| version.minor);
    let (found, table) = system::verify(call.machine, kubelet);
    if !found.errors.is_empty() && call.machine.program("kubelet").is_some() {
        call.say("[preflight] The system verification failed. Printing the output from the verification:");
        call.stdout.push_str(&table);
    }
    found
}

fn hostname(call: &mut Call, config: &Config) -> Step<Found> {
    let name = config.node_name().to_string();
    Ok(match call.resolve(&name)? {
        Ok(_) => Found::default(),
        Err(why) => Found {
            warnings: vec![format!("hostname {} could not be reached", quoted(&name)), format!("hostname {}: {why}", quoted(&name))],
            ..Found::default()
        },
    })
}

fn kubelet_version(call: &Call, config: &Config) -> Found {
    let kubelet = match installed_kubelet(call) {
        Ok(version) => version,
        Err(why) => return error(why),
    };
    if kubelet < oldest_kubelet(call) {
        return error(format!(
            "Kubelet version {} is lower than kubeadm can support. Please upgrade kubelet",
            quoted(&kubelet.to_string())
        ));
    }
    match Version::read(config.version()) {
        Some(wanted) if (kubelet.major, kubelet.minor) > (wanted.major, wanted.minor) => error(format!(
            "the kubelet version is higher than the control plane version. This is not a supported version skew and may lead to a malfunctional cluster. Kubelet version: {} Control plane version: {}",
            quoted(&kubelet.to_string()),
            quoted(&wanted.to_string())
        )),
        _ => Found::default(),
    }
}

fn kubelet_service(call: &Call) -> Found {
    match call.machine.unit("kubelet") {
        None => warning("kubelet service does not exist"),
        Some(unit) if !unit.enabled => warning("kubelet service is not enabled, please run 'systemctl enable kubelet.service'"),
        _ => Found::default(),
    }
}

/// The version that each external etcd tells at `/version`.
fn external_etcd(call: &mut Call, config: &Config) -> Step<Found> {
    let mut found = Found::default();
    let endpoints: Vec<String> =
        config.cluster.at(&["etcd", "external", "endpoints"]).items().iter().map(|one| one.text().to_string()).collect();
    for endpoint in endpoints {
        let url = format!("{}/version", endpoint.trim_end_matches('/'));
        let answer = call.outside.fetch(call.machine, call.now, &url);
        match call.pass(answer)? {
            Err(why) => found.errors.push(format!("Get {}: {why}", quoted(&url))),
            Ok(text) => {
                let told = text.split("\"etcdserver\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("").to_string();
                match Version::read(&told) {
                    None => found.errors.push(format!(
                        "couldn't parse external etcd version {}: could not parse {} as version",
                        quoted(&told),
                        quoted(&told)
                    )),
                    Some(version) if version < Version::new(3, 5, 24) => {
                        found.errors.push(format!(
                            "this version of kubeadm only supports external etcd version >= 3.5.24-0. Current version: {told}"
                        ));
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(found)
}

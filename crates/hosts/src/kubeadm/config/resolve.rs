//! From flags or a file to a whole configuration: mixed arguments, host name, CRI socket, address, version, then validation.
use super::network::host_port;
use super::{Config, Documents, defaults, documents, fill, network, nothing, validate};
use crate::call::{Call, Step, fail, quoted, span};
use crate::kubeadm::flags::Given;
use crate::kubeadm::{token, version};
use objects::{Tree, list};
use simcore::Duration;

/// Flags that may stand beside `--config`.
const BESIDE: &[&str] = &[
    "config",
    "ignore-preflight-errors",
    "dry-run",
    "kubeconfig",
    "node-name",
    "kubeconfig-dir",
    "upload-certs",
    "print-join-command",
    "rootfs",
    "v",
    "log-file",
    "yes",
    "force",
];

/// Refuses flags that `--config` replaces.
pub fn unmixed(given: &Given) -> Step<()> {
    let mixed: Vec<&str> = given.names().filter(|name| !BESIDE.contains(name) && !name.starts_with("skip-")).collect();
    if !given.has("config") || mixed.is_empty() {
        return Ok(());
    }
    fail(format!("can not mix '--config' with arguments [{}]", mixed.join(" ")))
}

/// What `kubeadm config images` works from: the cluster's part of a configuration, whatever the host is like.
pub fn for_images(call: &mut Call, given: &Given) -> Step<Config> {
    let mut config = match given.has("config") {
        true => init_file(call, given.text("config"))?,
        false => Config { node: nothing(), cluster: nothing(), ..Config::default() },
    };
    for (flag, field) in [("kubernetes-version", "kubernetesVersion"), ("image-repository", "imageRepository")] {
        if given.has(flag) && !given.has("config") {
            config.cluster.set(&[field], given.text(flag));
        }
    }
    let external = !config.cluster.at(&["etcd", "external"]).is_null();
    fill(&mut config.cluster, &defaults::cluster(external));
    cluster(call, &mut config)?;
    Ok(config)
}

/// What `kubeadm init` and its phases work from.
pub fn init(call: &mut Call, given: &Given) -> Step<Config> {
    feature_gates(given.text("feature-gates"))?;
    unmixed(given)?;
    if !given.text("token").is_empty() {
        token::shaped(given.text("token"))?;
    }
    let mut config = match given.has("config") {
        true => init_file(call, given.text("config"))?,
        false => init_flags(given),
    };
    settle_init(call, given, &mut config)?;
    Ok(config)
}

/// The same from documents that were read already.
pub fn init_of(call: &mut Call, documents: &Documents) -> Step<Config> {
    others(call, documents, &["InitConfiguration", "ClusterConfiguration"]);
    let mut config = Config {
        node: documents.of("InitConfiguration"),
        cluster: documents.of("ClusterConfiguration"),
        kubelet: documents.of("KubeletConfiguration"),
        proxy: documents.of("KubeProxyConfiguration"),
    };
    settle_init(call, &Given::default(), &mut config)?;
    Ok(config)
}

fn settle_init(call: &mut Call, given: &Given, config: &mut Config) -> Step<()> {
    let external = !config.cluster.at(&["etcd", "external"]).is_null();
    fill(&mut config.node, &defaults::init());
    fill(&mut config.cluster, &defaults::cluster(external));
    tokens(call, &mut config.node);
    node(call, given, &mut config.node, true)?;
    address(call, &mut config.node, &["localAPIEndpoint", "advertiseAddress"])?;
    cluster(call, config)?;
    let spans = ["certificateValidityPeriod", "caCertificateValidityPeriod"].map(|name| span(config.cluster.get(name).text()));
    if let [Ok(leaf), Ok(authority)] = spans
        && leaf > authority
    {
        let words =
            format!("WARNING: certificateValidityPeriod: the value {leaf} is more than the caCertificateValidityPeriod: {authority}");
        call.klog('W', "validation.go:790", words);
    }
    validate::together(validate::init(config)).or_else(fail)
}

pub fn feature_gates(text: &str) -> Step<()> {
    for pair in text.split(',').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !pair.contains('=') {
            return fail(format!("missing bool value for feature-gate key:{}", name.trim()));
        }
        if name.trim() != "RootlessControlPlane" {
            return fail(format!("unrecognized feature-gate key: {}", name.trim()));
        }
        if !matches!(value.trim(), "true" | "false") {
            return fail(format!("invalid value {} for feature-gate key: {}, use true|false instead", value.trim(), name.trim()));
        }
    }
    Ok(())
}

fn init_file(call: &mut Call, path: &str) -> Step<Config> {
    let documents = documents::load(call, path, "initconfiguration.go:334")?;
    documents.registered()?;
    others(call, &documents, &["InitConfiguration", "ClusterConfiguration"]);
    let config = Config {
        node: documents.of("InitConfiguration"),
        cluster: documents.of("ClusterConfiguration"),
        kubelet: documents.of("KubeletConfiguration"),
        proxy: documents.of("KubeProxyConfiguration"),
    };
    if config.node.is_null() && config.cluster.is_null() {
        return fail("no InitConfiguration or ClusterConfiguration kind was found in the configuration file");
    }
    Ok(config)
}

/// Kinds in the file that this command does not read.
fn others(call: &mut Call, documents: &Documents, mine: &[&str]) {
    let strange: Vec<String> = documents
        .kinds()
        .filter(|(_, kind)| !mine.contains(kind) && !matches!(*kind, "KubeletConfiguration" | "KubeProxyConfiguration"))
        .map(|(api, kind)| format!("{}, Kind={kind}", api))
        .collect();
    for one in strange {
        call.klog(
            'W',
            "initconfiguration.go:363",
            format_args!("[config] WARNING: Ignored configuration document with GroupVersionKind {one}"),
        );
    }
}

fn init_flags(given: &Given) -> Config {
    let mut config = Config { node: nothing(), cluster: nothing(), ..Config::default() };
    let texts: [(&str, &[&str]); 4] = [
        ("apiserver-advertise-address", &["localAPIEndpoint", "advertiseAddress"]),
        ("certificate-key", &["certificateKey"]),
        ("node-name", &["nodeRegistration", "name"]),
        ("cri-socket", &["nodeRegistration", "criSocket"]),
    ];
    texts.iter().filter(|(flag, _)| given.has(flag)).for_each(|(flag, path)| config.node.set(path, given.text(flag)));
    if given.int("apiserver-bind-port") != 0 {
        config.node.set(&["localAPIEndpoint", "bindPort"], given.int("apiserver-bind-port"));
    }
    if given.has("token") || given.has("token-ttl") {
        let mut token = defaults::token();
        if given.has("token") {
            token.set(&["token"], given.text("token"));
        }
        if given.has("token-ttl") {
            token.set(&["ttl"], given.span("token-ttl").to_string());
        }
        config.node.set(&["bootstrapTokens"], list![token]);
    }
    let texts: [(&str, &[&str]); 7] = [
        ("kubernetes-version", &["kubernetesVersion"]),
        ("control-plane-endpoint", &["controlPlaneEndpoint"]),
        ("cert-dir", &["certificatesDir"]),
        ("image-repository", &["imageRepository"]),
        ("service-dns-domain", &["networking", "dnsDomain"]),
        ("service-cidr", &["networking", "serviceSubnet"]),
        ("pod-network-cidr", &["networking", "podSubnet"]),
    ];
    texts.iter().filter(|(flag, _)| given.has(flag)).for_each(|(flag, path)| config.cluster.set(path, given.text(flag)));
    let names: Vec<Tree> = given.list("apiserver-cert-extra-sans").iter().map(|name| Tree::from(name.to_lowercase())).collect();
    if !names.is_empty() {
        config.cluster.set(&["apiServer", "certSANs"], names);
    }
    config
}

/// A token by chance where there is none, with its defaults.
fn tokens(call: &mut Call, node: &mut Tree) {
    if node.get("bootstrapTokens").is_empty() {
        node.set(&["bootstrapTokens"], list![defaults::token()]);
    }
    let mut all = node.get("bootstrapTokens").items().to_vec();
    for one in &mut all {
        fill(one, &defaults::token());
        if one.get("token").is_empty() {
            one.set(&["token"], token::draw(call));
        }
    }
    node.set(&["bootstrapTokens"], all);
}

/// The node's name and its CRI socket, given, of the host, or found.
fn node(call: &mut Call, given: &Given, node: &mut Tree, control_plane: bool) -> Step<()> {
    for (flag, field) in [("node-name", "name"), ("cri-socket", "criSocket")] {
        if !given.text(flag).is_empty() {
            node.set(&["nodeRegistration", field], given.text(flag));
        }
    }
    let name = match node.at(&["nodeRegistration", "name"]).text() {
        "" => call.machine.name.to_string(),
        given => given.to_string(),
    };
    node.set(&["nodeRegistration", "name"], name.trim().to_lowercase());
    if !node.get("nodeRegistration").has("taints") && control_plane {
        node.set(&["nodeRegistration", "taints"], list![defaults::control_plane_taint()]);
    }
    let path = node.at(&["nodeRegistration", "criSocket"]).text().to_string();
    let socket = if path.is_empty() { find_socket(call)? } else { with_scheme(call, &path) };
    node.set(&["nodeRegistration", "criSocket"], socket);
    Ok(())
}

fn with_scheme(call: &mut Call, path: &str) -> String {
    if path.contains("://") {
        return path.to_string();
    }
    call.klog(
        'W',
        "initconfiguration.go:127",
        format_args!(
            "Usage of CRI endpoints without URL scheme is deprecated and can cause kubelet errors in the future. Automatically prepending scheme \"unix\" to the \"criSocket\" with value {}. Please update your configuration!",
            quoted(path)
        ),
    );
    format!("unix://{path}")
}

/// The socket that is there; containerd's when none is, words when there are several.
pub fn find_socket(call: &mut Call) -> Step<String> {
    let exists = |socket: &&str| call.machine.files.exists(socket.trim_start_matches("unix://"));
    let found: Vec<&str> = validate::SOCKETS.iter().copied().filter(exists).collect();
    match found.as_slice() {
        [] => Ok(defaults::CONTAINERD.into()),
        [one] => Ok((*one).into()),
        several => fail(format!(
            "found multiple CRI endpoints on the host. Please define which one do you wish to use by setting the 'criSocket' field in the kubeadm configuration file: {}",
            several.join(", ")
        )),
    }
}

/// The address that the API server tells others: given, or that of the default route's interface.
fn address(call: &mut Call, node: &mut Tree, path: &[&str]) -> Step<()> {
    const ANY: &str = "0.0.0.0";
    let given = node.at(path).text().to_string();
    let parsed = given.parse::<std::net::IpAddr>();
    if !given.is_empty() && parsed.is_err() {
        return fail(format!("couldn't use {} as \"apiserver-advertise-address\", must be ipv4 or ipv6 address", quoted(&given)));
    }
    if parsed.as_ref().is_ok_and(|address| address.is_loopback()) {
        return fail("unable to select an IP from lo network interface");
    }
    let chosen = match parsed {
        Ok(address) if !address.is_unspecified() => given,
        _ if call.machine.gateway.is_some() => call.machine.address().to_string(),
        _ => {
            let why = "no default routes found in \"/proc/net/route\" or \"/proc/net/ipv6_route\"";
            let words = format!("WARNING: could not obtain a bind address for the API Server: {why}; using: {ANY}");
            call.klog('W', "common.go:200", words);
            ANY.into()
        }
    };
    node.set(path, chosen);
    Ok(())
}

/// Refuses an address that nobody could reach. Mirrors `VerifyAPIServerBindAddress`.
pub fn reachable(address: &str) -> Step<()> {
    let good = match address.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(v4)) => !(v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast() || v4.is_link_local()),
        Ok(std::net::IpAddr::V6(v6)) => !(v6.is_unspecified() || v6.is_multicast() || (v6.segments()[0] & 0xffc0) == 0xfe80),
        Err(_) => return fail(format!("cannot parse IP address: {address}")),
    };
    if good { Ok(()) } else { fail(format!("cannot use {} as the bind address for the API Server", quoted(address))) }
}

/// The version and the stable endpoint of the cluster.
fn cluster(call: &mut Call, config: &mut Config) -> Step<()> {
    let wanted = config.version().to_string();
    let found = version::release(call, &wanted)?;
    let oldest = version::own(call).minor_before(1);
    if version::Version::read(&found).is_some_and(|found| found < oldest) {
        return fail(format!(
            "this version of kubeadm only supports deploying clusters with the control plane version >= {oldest}. Current version: {found}"
        ));
    }
    config.cluster.set(&["kubernetesVersion"], found);
    let endpoint = config.cluster.get("controlPlaneEndpoint").text().to_string();
    if !endpoint.is_empty() {
        let (host, port) = host_port(&endpoint).or_else(fail)?;
        if port.is_empty() {
            let (_, bind) = config.local();
            let whole = if host.contains(':') { format!("[{host}]:{bind}") } else { format!("{host}:{bind}") };
            config.cluster.set(&["controlPlaneEndpoint"], whole);
        }
    }
    Ok(())
}

/// What `kubeadm join` works from; the cluster's part is read later.
pub fn join(call: &mut Call, given: &Given) -> Step<Config> {
    unmixed(given)?;
    let node_tree = match given.has("config") {
        true => {
            let documents = documents::load(call, given.text("config"), "joinconfiguration.go:84")?;
            documents.registered()?;
            let node = documents.of("JoinConfiguration");
            if node.is_null() {
                return fail("no JoinConfiguration found in config file \"".to_string() + given.text("config") + "\"");
            }
            node
        }
        false => join_flags(given),
    };
    let planes = ["certificate-key", "apiserver-advertise-address", "apiserver-bind-port"];
    if !given.has("config") && !given.is("control-plane") && planes.iter().any(|flag| !given.text(flag).is_empty() && given.has(flag)) {
        let words = format!(
            "[preflight] WARNING: --control-plane is also required when passing control-plane related flags such as [{}]",
            planes.join(", ")
        );
        call.klog('W', "join.go:402", words);
    }
    settle_join(call, given, node_tree)
}

/// The same from documents that were read already.
pub fn join_of(call: &mut Call, documents: &Documents) -> Step<Config> {
    others(call, documents, &["JoinConfiguration"]);
    settle_join(call, &Given::default(), documents.of("JoinConfiguration"))
}

fn settle_join(call: &mut Call, given: &Given, tree: Tree) -> Step<Config> {
    let mut config = Config { node: tree, ..Config::default() };
    fill(&mut config.node, &defaults::join());
    let token = config.node.at(&["discovery", "bootstrapToken", "token"]).text().to_string();
    if config.node.at(&["discovery", "tlsBootstrapToken"]).is_empty() && !token.is_empty() {
        config.node.set(&["discovery", "tlsBootstrapToken"], token);
    }
    let control_plane = !config.node.get("controlPlane").is_null();
    node(call, given, &mut config.node, control_plane)?;
    if control_plane {
        let port = config.node.at(&["controlPlane", "localAPIEndpoint", "bindPort"]).int_or(6443);
        config.node.set(&["controlPlane", "localAPIEndpoint", "bindPort"], port);
        address(call, &mut config.node, &["controlPlane", "localAPIEndpoint", "advertiseAddress"])?;
    }
    validate::together(validate::join(call, &config.node)).or_else(fail)?;
    if control_plane {
        reachable(config.local().0)?;
    }
    Ok(config)
}

fn join_flags(given: &Given) -> Tree {
    let mut node = nothing();
    let file = given.text("discovery-file");
    if !file.is_empty() {
        node.set(&["discovery", "file", "kubeConfigPath"], file);
    }
    let token = if given.text("discovery-token").is_empty() { given.text("token") } else { given.text("discovery-token") };
    let tls = if given.text("tls-bootstrap-token").is_empty() { given.text("token") } else { given.text("tls-bootstrap-token") };
    // An address means discovery by token, whether there is a token or not.
    let address = given.words.first().map_or("", String::as_str);
    if !address.is_empty() || !token.is_empty() {
        let mut by_token = nothing();
        by_token.set(&["token"], token);
        by_token.set(&["apiServerEndpoint"], address);
        let hashes: Vec<Tree> = given.list("discovery-token-ca-cert-hash").into_iter().map(Tree::from).collect();
        by_token.set(&["caCertHashes"], hashes);
        by_token.set(&["unsafeSkipCAVerification"], given.is("discovery-token-unsafe-skip-ca-verification"));
        node.set(&["discovery", "bootstrapToken"], by_token);
    }
    if !tls.is_empty() {
        node.set(&["discovery", "tlsBootstrapToken"], tls);
    }
    if given.is("control-plane") {
        let mut control_plane = nothing();
        control_plane.set(&["certificateKey"], given.text("certificate-key"));
        if given.has("apiserver-advertise-address") {
            control_plane.set(&["localAPIEndpoint", "advertiseAddress"], given.text("apiserver-advertise-address"));
        }
        if given.has("apiserver-bind-port") {
            control_plane.set(&["localAPIEndpoint", "bindPort"], given.int("apiserver-bind-port"));
        }
        node.set(&["controlPlane"], control_plane);
    }
    node
}

/// What `kubeadm reset` works from.
pub fn reset(call: &mut Call, given: &Given) -> Step<Tree> {
    unmixed(given)?;
    let mut node = match given.has("config") {
        true => {
            let documents = documents::load(call, given.text("config"), "resetconfiguration.go:84")?;
            documents.registered()?;
            documents.of("ResetConfiguration")
        }
        false => nothing(),
    };
    if given.has("cert-dir") {
        node.set(&["certificatesDir"], given.text("cert-dir"));
    }
    settle_reset(call, given, node)
}

/// The same from documents that were read already.
pub fn reset_of(call: &mut Call, documents: &Documents) -> Step<Tree> {
    settle_reset(call, &Given::default(), documents.of("ResetConfiguration"))
}

fn settle_reset(call: &mut Call, given: &Given, mut node: Tree) -> Step<Tree> {
    fill(&mut node, &defaults::reset());
    let socket = match (given.text("cri-socket"), node.get("criSocket").text()) {
        ("", "") => find_socket(call)?,
        ("", path) | (path, _) => path.to_string(),
    };
    let socket = with_scheme(call, &socket);
    node.set(&["criSocket"], socket);
    validate::together(validate::reset(&node)).or_else(fail)?;
    call.work(Duration::millis(5));
    Ok(node)
}

/// `10.96.0.10`: the tenth address of the Service network.
pub fn dns_address(config: &Config) -> String {
    network::cidrs(config.service_subnet()).and_then(|all| all.first().map(|one| one.nth(10).to_string())).unwrap_or_default()
}

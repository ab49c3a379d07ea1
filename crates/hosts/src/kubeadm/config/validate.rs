//! Validation of kubeadm's configuration, field by field, in upstream's order and words.
use super::network::{Cidr, cidrs, host_port, split_host_port};
use super::{Config, defaults};
use crate::call::{Call, quoted};
use crate::kubeadm::token;
use objects::Tree;

/// What is wrong, each with its field: `networking.podSubnet: Invalid value: "x": couldn't parse subnet`.
type Wrongs = Vec<String>;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/// The fewest addresses of a Service network, the most bits of it, and how far a node's mask may lie above the Pods'.
const SERVICES_FEWEST: u64 = 10;
const PODS_FEWEST: u64 = 14;
const SERVICES_BITS: u8 = 20;
const MASKS_APART: i64 = 16;

fn invalid(field: &str, value: &str, why: &str) -> String {
    format!("{field}: Invalid value: {}: {why}", quoted(value))
}

/// All errors as one, as apimachinery's aggregate prints them: each text once.
pub fn together(wrongs: Wrongs) -> Result<(), String> {
    let mut once: Wrongs = Vec::new();
    wrongs.into_iter().for_each(|one| {
        if !once.contains(&one) {
            once.push(one);
        }
    });
    match once.len() {
        0 => Ok(()),
        1 => Err(once.remove(0)),
        _ => Err(format!("[{}]", once.join(", "))),
    }
}

/// Whether a text is a DNS subdomain (RFC 1123), with the words for it when it is not.
pub fn subdomain(text: &str) -> Result<(), String> {
    if text.len() > 253 {
        return Err("must be no more than 253 characters".into());
    }
    let label = |label: &str| {
        let inner = label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        !label.is_empty() && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    if text.split('.').all(label) { Ok(()) } else { Err(SUBDOMAIN.into()) }
}

/// An InitConfiguration with its ClusterConfiguration.
pub fn init(config: &Config) -> Wrongs {
    let mut wrongs = registration(config.node.get("nodeRegistration"));
    for (at, one) in config.node.get("bootstrapTokens").items().iter().enumerate() {
        wrongs.extend(token::wrongs(one, &format!("bootstrapTokens.{at}")));
    }
    wrongs.extend(cluster(&config.cluster));
    wrongs.extend(endpoint(config.node.get("localAPIEndpoint"), "localAPIEndpoint"));
    wrongs.extend(certificate_key(config.node.get("certificateKey").text(), "certificateKey"));
    wrongs
}

/// A JoinConfiguration.
pub fn join(call: &Call, node: &Tree) -> Wrongs {
    let mut wrongs = discovery(call, node.get("discovery"));
    wrongs.extend(registration(node.get("nodeRegistration")));
    let control_plane = node.get("controlPlane");
    if !control_plane.is_null() {
        wrongs.extend(endpoint(control_plane.get("localAPIEndpoint"), "controlPlane.localAPIEndpoint"));
        wrongs.extend(certificate_key(control_plane.get("certificateKey").text(), "controlPlane.certificateKey"));
    }
    let path = node.get("caCertPath").text();
    if !path.starts_with('/') || !path.ends_with(".crt") {
        wrongs.push(invalid("caCertPath", path, "the ca certificate path must be an absolute path"));
    }
    wrongs
}

fn discovery(call: &Call, discovery: &Tree) -> Wrongs {
    let (by_token, by_file) = (discovery.get("bootstrapToken"), discovery.get("file"));
    let mut wrongs = Wrongs::new();
    match (by_token.is_null(), by_file.is_null()) {
        (true, true) => wrongs.push(invalid("discovery", "", "bootstrapToken or file must be set")),
        (false, false) => wrongs.push(invalid("discovery", "", "bootstrapToken and file cannot both be set")),
        _ => {}
    }
    let tls = discovery.get("tlsBootstrapToken").text();
    if !by_token.is_null() {
        let endpoint = by_token.get("apiServerEndpoint").text();
        if endpoint.is_empty() && by_file.is_null() {
            wrongs.push("discovery.bootstrapToken: Required value: APIServerEndpoint is not set".into());
        }
        if by_token.get("caCertHashes").is_empty() && !by_token.get("unsafeSkipCAVerification").is_true() {
            let why = "using token-based discovery without caCertHashes can be unsafe. Set unsafeSkipCAVerification as true in your kubeadm config file or pass --discovery-token-unsafe-skip-ca-verification flag to continue";
            wrongs.push(invalid("discovery.bootstrapToken.caCertHashes", "", why));
        }
        wrongs.extend(token::form(by_token.get("token").text(), "discovery.bootstrapToken.token"));
        if let Err(why) = split_host_port(endpoint) {
            wrongs.push(invalid("discovery.bootstrapToken.apiServerEndpoint", endpoint, &why));
        }
        wrongs.extend(token::form(tls, "discovery.tlsBootstrapToken"));
    }
    if !by_file.is_null() {
        wrongs.extend(discovery_file(call, by_file.get("kubeConfigPath").text()));
        if !tls.is_empty() {
            wrongs.extend(token::form(tls, "discovery.tlsBootstrapToken"));
        }
    }
    wrongs
}

fn discovery_file(call: &Call, path: &str) -> Option<String> {
    let field = "discovery.file.kubeConfigPath";
    match path.split_once("://") {
        None if !call.machine.files.exists(&call.path(path)) => Some(invalid(field, path, "not a valid HTTPS URL or a file on disk")),
        Some((scheme, _)) if scheme != "https" => Some(invalid(field, path, "if a URL is used, the scheme must be https")),
        _ => None,
    }
}

fn registration(node: &Tree) -> Wrongs {
    let mut wrongs = Wrongs::new();
    let name = node.get("name").text();
    if name.is_empty() {
        wrongs.push("nodeRegistration: Required value: --node-name or .nodeRegistration.name in the config file is a required value. It seems like this value couldn't be automatically detected in your environment, please specify the desired value using the CLI or config file.".into());
    } else if let Err(why) = subdomain(name) {
        wrongs.push(invalid("nodeRegistration.name", name, &why));
    }
    wrongs.extend(socket(node.get("criSocket").text(), "nodeRegistration.criSocket"));
    wrongs.extend(arguments(node.get("kubeletExtraArgs"), "nodeRegistration.kubeletExtraArgs"));
    let policy = node.get("imagePullPolicy").text();
    if !matches!(policy, "" | "Always" | "IfNotPresent" | "Never") {
        wrongs.push(invalid("nodeRegistration.imagePullPolicy", policy, "invalid pull policy"));
    }
    wrongs
}

pub fn socket(path: &str, field: &str) -> Option<String> {
    if path.is_empty() {
        return Some(invalid(field, path, "empty CRI socket"));
    }
    let scheme = path.split_once(':').map_or("", |(scheme, _)| scheme);
    (scheme != "unix").then(|| invalid(field, path, &format!("only URL scheme \"unix\" is supported, got {}", quoted(scheme))))
}

fn arguments(list: &Tree, field: &str) -> Wrongs {
    let nameless = list.items().iter().enumerate().filter(|(_, one)| one.get("name").is_empty());
    nameless.map(|(at, _)| invalid(field, &format!("index {at}"), "argument has no name")).collect()
}

fn cluster(cluster: &Tree) -> Wrongs {
    let mut wrongs = repository(cluster.at(&["dns", "imageRepository"]).text(), "dns.imageRepository", true);
    wrongs.extend(networking(cluster));
    wrongs.extend(names(cluster.at(&["apiServer", "certSANs"]), "apiServer.certSANs"));
    for component in ["apiServer", "controllerManager", "scheduler"] {
        wrongs.extend(arguments(cluster.at(&[component, "extraArgs"]), &format!("{component}.extraArgs")));
    }
    wrongs.extend(absolute(cluster.get("certificatesDir").text(), "certificatesDir"));
    for (gate, _) in cluster.get("featureGates").entries().filter(|(gate, _)| *gate != "RootlessControlPlane") {
        wrongs.push(format!("featureGates: Invalid value: {}: {gate} is not a valid feature name.", cluster.get("featureGates").to_json()));
    }
    let endpoint = cluster.get("controlPlaneEndpoint").text();
    if !endpoint.is_empty() && host_port(endpoint).is_err() {
        wrongs.push(invalid("controlPlaneEndpoint", endpoint, "endpoint is not valid"));
    }
    wrongs.extend(repository(cluster.get("imageRepository").text(), "imageRepository", false));
    wrongs.extend(etcd(cluster.get("etcd")));
    let algorithm = cluster.get("encryptionAlgorithm").text();
    if !["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096"].contains(&algorithm) {
        let why = format!(
            "Invalid encryption algorithm {}. Must be one of [ECDSA-P256 ECDSA-P384 RSA-2048 RSA-3072 RSA-4096]",
            quoted(algorithm)
        );
        wrongs.push(invalid("encryptionAlgorithm", algorithm, &why));
    }
    wrongs
}

fn repository(text: &str, field: &str, may_be_empty: bool) -> Wrongs {
    let good = !text.is_empty()
        && !text.contains("://")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/:".contains(&b))
        && !text.ends_with('/');
    if good || (may_be_empty && text.is_empty()) { Vec::new() } else { vec![invalid(field, text, "invalid image repository format")] }
}

fn names(list: &Tree, field: &str) -> Wrongs {
    let wildcard = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    let good = |name: &str| subdomain(name.strip_prefix("*.").unwrap_or(name)).is_ok() || name.parse::<std::net::IpAddr>().is_ok();
    let bad = list.items().iter().map(Tree::text).filter(|name| !good(name));
    bad.map(|name| {
        invalid(
            field,
            name,
            &format!("altname is not a valid IP address, DNS label or a DNS label with subdomain wildcards: {SUBDOMAIN}; {wildcard}"),
        )
    })
    .collect()
}

fn absolute(path: &str, field: &str) -> Option<String> {
    (!path.starts_with('/')).then(|| invalid(field, path, "path is not absolute"))
}

fn etcd(etcd: &Tree) -> Wrongs {
    let (local, external) = (etcd.get("local"), etcd.get("external"));
    if !local.is_null() && !external.is_null() {
        return vec![invalid("etcd", "", ".Etcd.Local and .Etcd.External are mutually exclusive")];
    }
    if external.is_null() {
        let mut wrongs: Wrongs = absolute(local.get("dataDir").text(), "etcd.local.dataDir").into_iter().collect();
        wrongs.extend(names(local.get("serverCertSANs"), "etcd.local.serverCertSANs"));
        wrongs.extend(names(local.get("peerCertSANs"), "etcd.local.peerCertSANs"));
        wrongs.extend(arguments(local.get("extraArgs"), "etcd.local.extraArgs"));
        return wrongs;
    }
    let file = |name: &str| external.get(name).text();
    let mut wrongs = Wrongs::new();
    if file("certFile").is_empty() != file("keyFile").is_empty() {
        wrongs.push(invalid("etcd.external", "", "either both or none of .Etcd.External.CertFile and .Etcd.External.KeyFile must be set"));
    }
    if !file("certFile").is_empty() && !file("keyFile").is_empty() && file("caFile").is_empty() {
        wrongs.push(invalid(
            "etcd.external",
            "",
            "setting .Etcd.External.CertFile and .Etcd.External.KeyFile requires .Etcd.External.CAFile",
        ));
    }
    if external.get("endpoints").is_empty() {
        wrongs.push(invalid("etcd.external.endpoints", "", "at least one endpoint must be specified"));
    }
    let secure = ["caFile", "certFile", "keyFile"].iter().any(|name| !file(name).is_empty());
    for url in external.get("endpoints").items().iter().map(Tree::text) {
        let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
        if secure && scheme != "https" {
            wrongs.push(invalid("etcd.external.endpoints", url, "the URL must be using the HTTPS scheme"));
        }
        if scheme.is_empty() {
            wrongs.push(invalid("etcd.external.endpoints", url, "the URL without scheme is not allowed"));
        }
    }
    for name in ["caFile", "certFile", "keyFile"].iter().filter(|name| !file(name).is_empty()) {
        wrongs.extend(absolute(file(name), &format!("etcd.external.{name}")));
    }
    wrongs
}

fn networking(cluster: &Tree) -> Wrongs {
    let network = cluster.get("networking");
    let mut wrongs = Wrongs::new();
    let domain = network.get("dnsDomain").text();
    if let Err(why) = subdomain(domain) {
        wrongs.push(invalid("networking.dnsDomain", domain, &why));
    }
    let services = network.get("serviceSubnet").text();
    wrongs.extend(blocks(services, SERVICES_FEWEST, "networking.serviceSubnet"));
    for block in cidrs(services).unwrap_or_default() {
        if block.bits() - block.prefix > SERVICES_BITS {
            let least = block.bits() - SERVICES_BITS;
            let why = format!("specified service subnet is too large; for {}-bit addresses, the mask must be >= {least}", block.bits());
            wrongs.push(invalid("networking.serviceSubnet", &block.to_string(), &why));
        }
    }
    let pods = network.get("podSubnet").text();
    wrongs.extend(blocks(pods, PODS_FEWEST, "networking.podSubnet"));
    let argument = |name: &str| {
        let list = cluster.at(&["controllerManager", "extraArgs"]).items();
        list.iter().rev().find(|one| one.get("name").text() == name).map(|one| one.get("value").text())
    };
    if argument("allocate-node-cidrs") != Some("false") {
        for block in cidrs(pods).unwrap_or_default() {
            let flag = if block.is_v6() { "node-cidr-mask-size-ipv6" } else { "node-cidr-mask-size-ipv4" };
            wrongs.extend(node_mask(&block, argument(flag), flag));
        }
    }
    wrongs
}

fn node_mask(block: &Cidr, given: Option<&str>, flag: &str) -> Option<String> {
    let field = "networking.podSubnet";
    let default = if block.is_v6() { 64 } else { 24 };
    let mask = match given.map(|text| text.parse::<i64>().map_err(|_| text)) {
        None => default,
        Some(Ok(mask)) => mask,
        Some(Err(text)) => {
            let why = format!(
                "could not parse the value of the kube-controller-manager flag {flag} as an integer: strconv.Atoi: parsing {}: invalid syntax",
                quoted(text)
            );
            return Some(invalid(field, &block.to_string(), &why));
        }
    };
    let own = i64::from(block.prefix);
    let why = if own > mask {
        format!("the size of pod subnet with mask {own} is smaller than the size of node subnet with mask {mask}")
    } else if mask - own > MASKS_APART {
        format!("pod subnet mask ({own}) and node-mask ({mask}) difference is greater than {MASKS_APART}")
    } else {
        return None;
    };
    Some(invalid(field, &block.to_string(), &why))
}

fn blocks(text: &str, fewest: u64, field: &str) -> Wrongs {
    if text.is_empty() {
        return Vec::new();
    }
    let Some(found) = cidrs(text) else { return vec![invalid(field, text, "couldn't parse subnet")] };
    let mut wrongs = Wrongs::new();
    if found.len() > 2 || (found.len() == 2 && found[0].is_v6() == found[1].is_v6()) {
        wrongs.push(invalid(field, text, "expected one (IPv4 or IPv6) CIDR or two CIDRs from each family for dual-stack networking"));
    }
    for block in found.iter().filter(|block| block.size() < fewest) {
        let why = format!("subnet with {} address(es) is too small, the minimum is {fewest}", block.size());
        wrongs.push(invalid(field, &block.to_string(), &why));
    }
    wrongs
}

fn endpoint(endpoint: &Tree, field: &str) -> Wrongs {
    let mut wrongs = Wrongs::new();
    let address = endpoint.get("advertiseAddress").text();
    if address.parse::<std::net::IpAddr>().is_err() {
        wrongs.push(invalid(&format!("{field}.advertiseAddress"), address, "ip address is not valid"));
    }
    let port = endpoint.get("bindPort").int_or(0);
    if !(1..=65_535).contains(&port) {
        wrongs.push(format!("{field}.bindPort: Invalid value: {port}: port number is not valid"));
    }
    wrongs
}

/// A key of 32 bytes in hex digits, with the words of Go's decoder.
fn certificate_key(key: &str, field: &str) -> Option<String> {
    if key.is_empty() {
        return None;
    }
    if let Some(bad) = key.chars().find(|c| !c.is_ascii_hexdigit()) {
        let why = format!("certificate key decoding error: encoding/hex: invalid byte: U+{:04X} '{bad}'", bad as u32);
        return Some(invalid(field, key, &why));
    }
    if key.len() % 2 == 1 {
        return Some(invalid(field, key, "certificate key decoding error: encoding/hex: odd length hex string"));
    }
    let bytes = key.len() / 2;
    (bytes != 32).then(|| invalid(field, key, &format!("invalid certificate key size {bytes}, the key must be an AES key of size 32")))
}

/// A ResetConfiguration.
pub fn reset(node: &Tree) -> Wrongs {
    let socket = socket(node.get("criSocket").text(), "criSocket");
    let mut wrongs: Wrongs = socket.into_iter().chain(absolute(node.get("certificatesDir").text(), "certificatesDir")).collect();
    for (at, flag) in node.get("unmountFlags").items().iter().map(Tree::text).enumerate() {
        if !matches!(flag, "MNT_FORCE" | "MNT_DETACH" | "MNT_EXPIRE" | "UMOUNT_NOFOLLOW") {
            wrongs.push(invalid("unmountFlags", &format!("index {at}"), &format!("unknown unmount flag {flag}")));
        }
    }
    wrongs
}

/// Names of checks to pass over, in lower case, with the words for `all` beside others.
pub fn ignored(flags: Vec<String>, config: Vec<String>) -> Result<Vec<String>, String> {
    let mut all: Vec<String> = flags.into_iter().chain(config).map(|name| name.to_lowercase()).collect();
    all.sort();
    all.dedup();
    if all.len() > 1 && all.iter().any(|name| name == "all") {
        return Err(invalid("ignore-preflight-errors", &all.join(","), "don't specify individual checks if 'all' is used"));
    }
    Ok(all)
}

/// The sockets that kubeadm looks for when none was named.
pub const SOCKETS: [&str; 3] = [defaults::CONTAINERD, defaults::CRIO, defaults::DOCKER];

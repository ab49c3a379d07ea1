//! `kubeadm join`: discovery, the kubelet's bootstrap, and what a second control plane does besides.
use super::client::{CONFIG_MAPS, Client, kubeconfig};
use super::config::{self, Config, defaults, network, validate};
use super::flags::{Flag, Given, Takes};
use super::init::Work;
use super::patches::Patches;
use super::phases::{kubeconfig as files, kubelet, manifests, mark, open, pki, pull, shared, stored, wait};
use super::{Command, patches, preflight, token};
use crate::call::{Call, Step, Stop, fail, quoted};
use crate::outside::{EtcdAsk, EtcdMember};
use crate::pki::Certificate;
use objects::wire::User;
use objects::{Text, Tree, base64, map, yaml};
use simcore::Duration;

const FLAGS: &[Flag] = &[
    Flag("apiserver-advertise-address", Takes::Text, ""),
    Flag("apiserver-bind-port", Takes::Int, "6443"),
    Flag("certificate-key", Takes::Text, ""),
    Flag("config", Takes::Text, ""),
    Flag("control-plane", Takes::Bool, ""),
    Flag("cri-socket", Takes::Text, ""),
    Flag("discovery-file", Takes::Text, ""),
    Flag("discovery-token", Takes::Text, ""),
    Flag("discovery-token-ca-cert-hash", Takes::List, ""),
    Flag("discovery-token-unsafe-skip-ca-verification", Takes::Bool, ""),
    Flag("dry-run", Takes::Bool, ""),
    Flag("ignore-preflight-errors", Takes::List, ""),
    Flag("node-name", Takes::Text, ""),
    Flag("patches", Takes::Text, ""),
    Flag("skip-phases", Takes::List, ""),
    Flag("tls-bootstrap-token", Takes::Text, ""),
    Flag("token", Takes::Text, ""),
];

pub const COMMANDS: &[Command] = &[
    Command {
        path: "join",
        flags: &[FLAGS],
        takes: (0, 1),
        run: Some(run),
        about: "Run this on any machine you wish to join an existing cluster",
    },
    Command {
        path: "join phase",
        flags: &[],
        takes: (0, 99),
        run: None,
        about: "Use this command to invoke single phase of the \"join\" workflow",
    },
];

/// How often discovery asks again.
const RETRY: Duration = Duration::secs(5);
const BOOTSTRAP: &str = "/etc/kubernetes/bootstrap-kubelet.conf";

/// Says which phase failed.
fn within<T>(phase: &str, step: Step<T>) -> Step<T> {
    step.map_err(|stop| match stop {
        Stop::Fail(words) => Stop::Fail(format!("error execution phase {phase}: {words}")),
        other => other,
    })
}

/// The cluster as discovery found it.
struct Found {
    server: String,
    authority: String,
    client: Client,
}

fn run(call: &mut Call, given: &Given) -> Step<()> {
    let config = config::join(call, given)?;
    let ignored = validate::ignored(given.list("ignore-preflight-errors"), config.ignored()).or_else(fail)?;
    let key = config.node.at(&["controlPlane", "certificateKey"]).text().to_string();
    let patches = Patches::new(&config::patches(given, &config.node));
    let mut work = Work {
        config,
        ignored,
        dry: None,
        kubeconfig_folder: "/etc/kubernetes".into(),
        upload_certs: !key.is_empty(),
        hide_key: false,
        hide_token: false,
        key,
        client: None,
        patches,
        single: false,
    };
    let control_plane = !work.config.node.get("controlPlane").is_null();
    call.say("[preflight] Running pre-flight checks");
    within("preflight", preflight::join(call, &work.config, &work.ignored))?;
    let found = within("preflight", discover(call, &work.config))?;
    within("preflight", cluster(call, &mut work, &found))?;
    if control_plane {
        within("preflight", may_serve(call, &work))?;
        call.say("[preflight] Running pre-flight checks before initializing the new control plane instance");
        within("preflight", preflight::join_control_plane(call, &work.config, &work.ignored, !work.key.is_empty()))?;
        within("preflight", pull(call, &work))?;
        prepare_control_plane(call, &mut work, &found)?;
    }
    bootstrap_files(call, &work, &found);
    within("kubelet-start", kubelet::start_join(call, &work))?;
    if control_plane {
        within("etcd-join", etcd(call, &work))?;
    }
    let done = within("kubelet-wait-bootstrap", bootstrapped(call, &work));
    // While the kubelet is still at it, it needs the file.
    if done != Err(Stop::Pending) {
        call.machine.files.remove(BOOTSTRAP);
    }
    done?;
    if control_plane {
        within("control-plane-join/mark-control-plane", mark(call, &mut work))?;
        within("wait-control-plane", wait::components(call, &work))?;
    }
    last_words(call, &work, control_plane);
    Ok(())
}

/// Finds the cluster by its token: cluster-info, its signature, its authority's hash.
fn discover(call: &mut Call, config: &Config) -> Step<Found> {
    let discovery = config.node.get("discovery").clone();
    let prefix = "couldn't validate the identity of the API Server: ";
    let by_token = discovery.get("bootstrapToken");
    if by_token.is_null() {
        return from_file(call, discovery.at(&["file", "kubeConfigPath"]).text());
    }
    let hashes: Vec<String> = by_token.get("caCertHashes").items().iter().map(|one| one.text().to_string()).collect();
    hashes_read(&hashes).map_err(|why| format!("{prefix}invalid discovery token CA certificate hash: {why}")).or_else(fail)?;
    let endpoint = by_token.get("apiServerEndpoint").text();
    let anonymous =
        Client { server: format!("https://{endpoint}"), user: User { name: Text::new_static("system:anonymous"), groups: Vec::new() } };
    let (id, secret) = token::parts(by_token.get("token").text()).unwrap_or_default();
    let give_up = call.now + config.timeout("discovery");
    let info = loop {
        let why = match ask(call, &anonymous, endpoint)? {
            Err(why) => format!("failed to request the cluster-info ConfigMap: {why}"),
            Ok(map) if map.at(&["data", &format!("jws-kubeconfig-{id}")]).is_empty() => {
                format!("could not find a JWS signature in the cluster-info ConfigMap for token ID {}", quoted(id))
            }
            Ok(map) => break map,
        };
        call.work(RETRY);
        if call.now >= give_up {
            call.now = give_up;
            return fail(format!("{prefix}{why}"));
        }
    };
    let text = info.at(&["data", "kubeconfig"]).text();
    if info.at(&["data", &format!("jws-kubeconfig-{id}")]).text() != signature(text, id, secret) {
        return fail(format!("{prefix}failed to verify JWS signature of received cluster info object, can't trust this API Server"));
    }
    let tree = yaml::read(text).ok().and_then(|all| all.into_iter().next()).map(|one| one.tree).unwrap_or_default();
    let cluster = tree.get("clusters").items().first().map(|one| one.get("cluster").clone()).unwrap_or_default();
    let authority = base64::decode_text(cluster.get("certificate-authority-data").text()).unwrap_or_default();
    let key = Certificate::read(&authority).map(|one| one.key).unwrap_or_default();
    if !hashes.is_empty() && !hashes.iter().any(|hash| hash.to_lowercase() == format!("sha256:{key}")) {
        return fail(format!(
            "{prefix}cluster CA found in cluster-info ConfigMap is invalid: none of the public keys \"sha256:{key}\" are pinned"
        ));
    }
    let groups = ["system:bootstrappers", defaults::NODE_GROUP, "system:authenticated"].map(Text::new_static).to_vec();
    let server = cluster.get("server").text().to_string();
    let (tls, _) = token::parts(discovery.get("tlsBootstrapToken").text()).unwrap_or_default();
    let client = Client { server: server.clone(), user: User { name: Text::new(format!("system:bootstrap:{tls}")), groups } };
    Ok(Found { server, authority, client })
}

/// One question for cluster-info; names are resolved as Go's dialer does.
fn ask(call: &mut Call, client: &Client, endpoint: &str) -> Step<Result<Tree, String>> {
    let host = network::split_host_port(endpoint).map_or("", |(host, _)| host).to_string();
    if let Err(why) = call.resolve(&host)? {
        let url = format!("{}/api/v1/namespaces/kube-public/configmaps/cluster-info?timeout=10s", client.server);
        return Ok(Err(format!("Get {}: dial tcp: {why}", quoted(&url))));
    }
    client.get(call, CONFIG_MAPS, "kube-public", "cluster-info")
}

/// A stand-in for the signature that the bootstrap signer puts beside cluster-info: it depends on text, ID and secret.
pub fn signature(text: &str, id: &str, secret: &str) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes().chain(id.bytes()).chain(secret.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    let head = base64::encode(format!("{{\"alg\":\"HS256\",\"kid\":\"{id}\"}}").as_bytes());
    format!("{}..{hash:016x}", head.trim_end_matches('='))
}

fn hashes_read(hashes: &[String]) -> Result<(), String> {
    for hash in hashes {
        let Some((format, hex)) = hash.split_once(':') else {
            return Err("invalid hash, expected \"format:hex-value\". Known format(s) are: sha256".into());
        };
        if format.to_lowercase() != "sha256" {
            return Err(format!("unknown hash format {}. Known format(s) are: sha256", quoted(format)));
        }
        if let Some(bad) = hex.chars().find(|c| !c.is_ascii_hexdigit()) {
            return Err(format!(
                "could not decode SHA-256 hash from {}: encoding/hex: invalid byte: U+{:04X} '{bad}'",
                quoted(hash),
                bad as u32
            ));
        }
        // Go's decoder cuts an odd digit off and complains of the length.
        if hex.len() / 2 != 32 {
            return Err(format!("invalid hash {}, expected a 32 byte SHA-256 hash, found {} bytes", quoted(hash), hex.len() / 2));
        }
    }
    Ok(())
}

fn from_file(call: &mut Call, path: &str) -> Step<Found> {
    let path = call.path(path);
    let client = Client::load(call, &path)?;
    let text = call.machine.files.read(&path).unwrap_or_default();
    let tree = yaml::read(&text).ok().and_then(|all| all.into_iter().next()).map(|one| one.tree).unwrap_or_default();
    let data =
        tree.get("clusters").items().first().map(|one| one.at(&["cluster", "certificate-authority-data"]).clone()).unwrap_or_default();
    Ok(Found { server: client.server.clone(), authority: base64::decode_text(data.text()).unwrap_or_default(), client })
}

/// Reads the cluster's configuration as the token's user.
fn cluster(call: &mut Call, work: &mut Work, found: &Found) -> Step<()> {
    call.say("[preflight] Reading configuration from the \"kubeadm-config\" ConfigMap in namespace \"kube-system\"...");
    call.say("[preflight] Use 'kubeadm init phase upload-config kubeadm --config your-config-file' to re-upload it.");
    let tree = stored(call, &found.client)?
        .map_err(|why| format!("unable to fetch the kubeadm-config ConfigMap: failed to get config map: {why}"))
        .or_else(fail)?;
    work.config.cluster = tree;
    Ok(())
}

/// Whether the cluster and this host's files allow one more control plane.
fn may_serve(call: &Call, work: &Work) -> Step<()> {
    let wrong = if work.config.cluster.get("controlPlaneEndpoint").is_empty() {
        "unable to add a new control plane instance to a cluster that doesn't have a stable controlPlaneEndpoint address".to_string()
    } else if work.key.is_empty() {
        missing(call, work)
    } else {
        String::new()
    };
    if wrong.is_empty() {
        return Ok(());
    }
    fail(format!(
        "\nOne or more conditions for hosting a new control plane instance is not satisfied.\n\n{wrong}\n\nPlease ensure that:\n* The cluster has a stable controlPlaneEndpoint address.\n* The certificates that must be shared among control plane instances are provided.\n\n"
    ))
}

/// Which of the shared files are not there.
fn missing(call: &Call, work: &Work) -> String {
    let folder = work.config.cert_dir();
    let mut rows = vec![
        ("certificate for CA", "certificate", "ca.crt"),
        ("key for service account", "private key", "sa.key"),
        ("certificate for front-proxy CA", "certificate", "front-proxy-ca.crt"),
    ];
    if work.config.etcd_folder().is_some() {
        rows.push(("certificate for etcd CA", "certificate", "etcd/ca.crt"));
    }
    let gone: Vec<String> = rows
        .iter()
        .map(|(what, kind, file)| (what, kind, format!("{folder}/{file}")))
        .filter(|(_, _, path)| !call.machine.files.exists(path))
        .map(|(what, kind, path)| {
            format!("failure loading {what}: couldn't load the {kind} file {path}: open {path}: no such file or directory")
        })
        .collect();
    match gone.len() {
        0 | 1 => gone.concat(),
        _ => format!("[{}]", gone.join(", ")),
    }
}

/// The phase control-plane-prepare: shared certificates, own certificates, kubeconfigs, manifests.
fn prepare_control_plane(call: &mut Call, work: &mut Work, found: &Found) -> Step<()> {
    if !work.key.is_empty() {
        within("control-plane-prepare/download-certs", download(call, work, found))?;
    }
    let folder = work.config.cert_dir().to_string();
    within(
        "control-plane-prepare/certs",
        (|| {
            pki::folder(call, work)?;
            let own = [
                "apiserver",
                "apiserver-kubelet-client",
                "etcd/server",
                "etcd/peer",
                "etcd/healthcheck-client",
                "apiserver-etcd-client",
                "front-proxy-client",
            ];
            own.iter().try_for_each(|file| pki::make(call, work, file))
        })(),
    )?;
    call.say(format_args!("[certs] Valid certificates and keys now exist in \"{folder}\""));
    call.say("[certs] Using the existing \"sa\" key");
    call.say("[kubeconfig] Generating kubeconfig files");
    files::folder(call, work)?;
    for name in ["admin", "controller-manager", "scheduler"] {
        within("control-plane-prepare/kubeconfig", files::make(call, work, name))?;
    }
    manifests::folder(call, work)?;
    for name in ["kube-apiserver", "kube-controller-manager", "kube-scheduler"] {
        manifests::make(call, work, name)?;
    }
    if work.config.etcd_folder().is_some() {
        call.say("[check-etcd] Checking that the etcd cluster is healthy");
    }
    Ok(())
}

fn download(call: &mut Call, work: &Work, found: &Found) -> Step<()> {
    call.say("[download-certs] Downloading the certificates in Secret \"kubeadm-certs\" in the \"kube-system\" Namespace");
    let secret = match shared(call, &found.client)? {
        Ok(secret) => secret,
        Err(why) if why.ends_with("not found") => {
            return fail(
                "error downloading certs: error downloading the secret: Secret \"kubeadm-certs\" was not found in the \"kube-system\" Namespace. This Secret might have expired. Please, run `kubeadm init phase upload-certs --upload-certs` on a control plane to generate a new one",
            );
        }
        Err(why) => return fail(format!("error downloading certs: error downloading the secret: {why}")),
    };
    for (name, file) in super::phases::SHARED {
        let sealed = base64::decode_text(secret.at(&["data", name]).text()).unwrap_or_default();
        if sealed.is_empty() {
            continue;
        }
        let Some(text) = open(&work.key, &sealed) else {
            return fail("error downloading certs: error decoding secret data with provided key: cipher: message authentication failed");
        };
        let mode = if file.ends_with(".crt") { 0o644 } else { 0o600 };
        call.machine.files.write_mode(&format!("{}/{file}", work.config.cert_dir()), text, mode);
    }
    call.say(format_args!("[download-certs] Saving the certificates to the folder: \"{}\"", work.config.cert_dir()));
    Ok(())
}

/// What the kubelet needs for its first question: the token's kubeconfig and the authority.
fn bootstrap_files(call: &mut Call, work: &Work, found: &Found) {
    let token = work.config.node.at(&["discovery", "tlsBootstrapToken"]).text().to_string();
    let login = map! {"token": token};
    let text = kubeconfig("kubernetes", &found.authority, &found.server, "tls-bootstrap-token-user", login);
    call.machine.files.write_mode(BOOTSTRAP, &text, 0o600);
    let authority = work.config.node.get("caCertPath").text().to_string();
    if !call.machine.files.exists(&authority) {
        call.machine.files.write_mode(&authority, &found.authority, 0o644);
    }
}

/// Adds a member to etcd as a learner, starts it, and has it promoted.
fn etcd(call: &mut Call, work: &Work) -> Step<()> {
    if work.config.etcd_folder().is_none() {
        return Ok(());
    }
    let prefix = "error creating local etcd static pod manifest file: ";
    let server = work.config.server();
    let host = network::split_host_port(server.trim_start_matches("https://")).map_or("", |(host, _)| host).to_string();
    let endpoint = format!("https://{host}:2379");
    let peer = format!("https://{}:2380", work.config.local().0);
    let add = EtcdAsk::AddLearner { peer: Text::new(&peer) };
    let members = etcd_ask(call, &endpoint, &add)?.map_err(|why| format!("{prefix}{why}")).or_else(fail)?;
    call.say("[etcd] Announced new etcd member joining to the existing etcd cluster");
    call.say("[etcd] Creating static Pod manifest for \"etcd\"");
    let name = work.config.node_name();
    let peers: Vec<String> =
        members.iter().map(|one| format!("{}={}", if one.peer == peer { name } else { &one.name }, one.peer)).collect();
    let folder = work.config.etcd_folder().unwrap_or_default().to_string();
    call.machine.files.folder(&folder);
    let pod = manifests::etcd(&work.config, &peers.join(","), true);
    let text = yaml::write(&patches::apply(call, &work.patches, "etcd", pod)?);
    call.machine.files.write_mode("/etc/kubernetes/manifests/etcd.yaml", &text, 0o600);
    call.say("[etcd] Waiting for the new etcd member to join the cluster. This can take up to 40s");
    let id = members.iter().find(|one| one.peer == peer).map_or(0, |one| one.id);
    let give_up = call.now + work.config.timeout("etcdAPICall");
    loop {
        let promote = etcd_ask(call, &endpoint, &EtcdAsk::Promote { id })?;
        if promote.is_ok() {
            return Ok(());
        }
        call.work(Duration::millis(500));
        if call.now >= give_up {
            return fail(format!("{prefix}the etcd member {id:x} is not started"));
        }
    }
}

fn etcd_ask(call: &mut Call, endpoint: &str, ask: &EtcdAsk) -> Step<Result<Vec<EtcdMember>, String>> {
    let answer = call.outside.etcd(call.machine, call.now, endpoint, ask);
    call.pass(answer)
}

/// Waits for the kubelet and for its own credentials.
fn bootstrapped(call: &mut Call, work: &Work) -> Step<()> {
    wait::kubelet(call, work, "failed while waiting for the kubelet to start")?;
    call.say("[kubelet-start] Waiting for the kubelet to perform the TLS Bootstrap");
    let within = work.config.timeout("tlsBootstrap");
    let answer = call.outside.wait_file(call.machine, call.now, "/etc/kubernetes/kubelet.conf", within);
    match call.pass(answer)? {
        Ok(()) => Ok(()),
        Err(_) => fail("failed while waiting for TLS bootstrap: open /etc/kubernetes/kubelet.conf: no such file or directory"),
    }
}

fn last_words(call: &mut Call, work: &Work, control_plane: bool) {
    if !control_plane {
        call.say("\nThis node has joined the cluster:\n* Certificate signing request was sent to apiserver and a response was received.\n* The Kubelet was informed of the new secure connection details.\n\nRun 'kubectl get nodes' on the control-plane to see this node join the cluster.\n");
        return;
    }
    call.say("\nThis node has joined the cluster and a new control plane instance was created:\n\n* Certificate signing request was sent to apiserver and approval was received.\n* The Kubelet was informed of the new secure connection details.\n* Control plane label and taint were applied to the new node.\n* The Kubernetes control plane instances scaled up.");
    if work.config.etcd_folder().is_some() {
        call.say("* A new etcd member was added to the local/stacked etcd cluster.");
    }
    call.say("\nTo start administering your cluster from this node, you need to run the following as a regular user:\n\n\tmkdir -p $HOME/.kube\n\tsudo cp -i /etc/kubernetes/admin.conf $HOME/.kube/config\n\tsudo chown $(id -u):$(id -g) $HOME/.kube/config\n\nRun 'kubectl get nodes' to see this node join the cluster.\n");
}

//! `kubeadm join`: discovery, the kubelet's bootstrap, and what a second control plane does besides.
use super::client::{CONFIG_MAPS, Client, NODES, kubeconfig};
use super::config::{self, Config, defaults, network, validate};
use super::flags::Given;
use super::init::Work;
use super::patches::Patches;
use super::phases::{kubeconfig as files, kubelet, manifests, mark, open, pki, pull, shared, stored, wait};
use super::{patches, preflight, token};
use crate::call::{Call, Step, Stop, fail, quoted};
use crate::outside::{EtcdAsk, EtcdMember, Probe};
use crate::pki::Certificate;
use objects::wire::{User, Verb};
use objects::{Text, Tree, base64, map, yaml};
use simcore::Duration;

/// How often etcd is asked again.
const POLL: Duration = Duration::millis(500);
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
#[derive(Clone)]
struct Found {
    server: String,
    authority: String,
    client: Client,
}

/// A join on its way.
struct Joining {
    work: Work,
    found: Option<Found>,
    /// Whether this host becomes a control plane.
    serves: bool,
}

/// A phase: its name, whether only control planes have it, what it does.
struct Phase(&'static str, bool, fn(&mut Call, &mut Joining) -> Step<()>);

const PHASES: &[Phase] = &[
    Phase("preflight", false, before),
    Phase("control-plane-prepare/download-certs", true, |call, joining| {
        let found = found(call, joining)?;
        if joining.work.key.is_empty() { Ok(()) } else { download(call, &joining.work, &found) }
    }),
    Phase("control-plane-prepare/certs", true, |call, joining| certificates(call, &mut joining.work)),
    Phase("control-plane-prepare/kubeconfig", true, |call, joining| {
        call.say("[kubeconfig] Generating kubeconfig files");
        files::folder(call, &mut joining.work)?;
        ["admin", "controller-manager", "scheduler"].iter().try_for_each(|name| files::make(call, &mut joining.work, name))
    }),
    Phase("control-plane-prepare/control-plane", true, |call, joining| {
        manifests::folder(call, &mut joining.work)?;
        let all = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];
        all.iter().try_for_each(|name| manifests::make(call, &mut joining.work, name))
    }),
    Phase("check-etcd", true, |call, joining| check_etcd(call, &joining.work)),
    Phase("kubelet-start", false, |call, joining| {
        let found = found(call, joining)?;
        name_is_free(call, &joining.work, &found.client)?;
        bootstrap_files(call, &joining.work, &found);
        kubelet::start_join(call, &joining.work)?;
        if let Some(folder) = joining.work.dry.clone() {
            call.say("[kubelet-start] Would start the kubelet");
            wait::dry_files(call, &folder, joining.serves);
        }
        Ok(())
    }),
    Phase("etcd-join", true, |call, joining| etcd(call, &joining.work)),
    Phase("kubelet-wait-bootstrap", false, |call, joining| {
        if joining.work.dry.is_some() {
            call.say("[kubelet-wait] Would wait for the kubelet to be bootstrapped");
            return Ok(());
        }
        let done = bootstrapped(call, &joining.work);
        // While the kubelet is still at it, it needs the file.
        if done != Err(Stop::Pending) {
            call.machine.files.remove(BOOTSTRAP);
        }
        done
    }),
    Phase("control-plane-join/mark-control-plane", true, |call, joining| match joining.work.dry {
        None => mark(call, &mut joining.work),
        Some(_) => {
            let name = joining.work.config.node_name();
            call.say(format_args!("[control-plane-join] Would mark node {name} as a control-plane"));
            Ok(())
        }
    }),
    Phase("wait-control-plane", true, |call, joining| match joining.work.dry {
        None => wait::components(call, &joining.work),
        Some(_) => Ok(()),
    }),
];

fn start(call: &mut Call, given: &Given) -> Step<Joining> {
    let config = config::join(call, given)?;
    let ignored = validate::ignored(given.list("ignore-preflight-errors"), config.ignored()).or_else(fail)?;
    let dry = (given.is("dry-run") || config.node.get("dryRun").is_true()).then(|| {
        let folder = call.variable("KUBEADM_JOIN_DRYRUN_DIR").map(String::from);
        folder.unwrap_or_else(|| format!("/etc/kubernetes/tmp/kubeadm-join-dryrun{}", call.draw(10, b"123456789")))
    });
    if let Some(folder) = &dry {
        call.machine.files.folder(folder);
        let words = format!("Using dry-run directory {folder}. To override it, set the environment variable KUBEADM_JOIN_DRYRUN_DIR");
        call.klog('W', "constants.go:627", words);
    }
    let key = config.node.at(&["controlPlane", "certificateKey"]).text().to_string();
    let patches = Patches::new(&config::patches(given, &config.node));
    let serves = !config.node.get("controlPlane").is_null();
    let work = Work {
        config,
        ignored,
        dry,
        kubeconfig_folder: "/etc/kubernetes".into(),
        upload_certs: !key.is_empty(),
        hide_key: false,
        hide_token: false,
        key,
        client: None,
        patches,
        single: false,
    };
    Ok(Joining { work, found: None, serves })
}

pub fn run(call: &mut Call, given: &Given) -> Step<()> {
    let mut joining = start(call, given)?;
    let from_file = joining.work.config.node.get("skipPhases").items().iter().map(|one| one.text().to_string()).collect();
    let skip = if given.has("skip-phases") { given.list("skip-phases") } else { from_file };
    let inside = |name: &str, one: &str| name == one || name.starts_with(&format!("{one}/"));
    if let Some(strange) = skip.iter().find(|one| !PHASES.iter().any(|phase| inside(phase.0, one))) {
        return fail(format!("invalid phase name: {strange}"));
    }
    for phase in PHASES.iter().filter(|phase| !skip.iter().any(|one| inside(phase.0, one))) {
        carry_out(call, &mut joining, phase)?;
    }
    let serves = joining.serves;
    last_words(call, &joining.work, serves);
    Ok(())
}

fn carry_out(call: &mut Call, joining: &mut Joining, phase: &Phase) -> Step<()> {
    if phase.1 && !joining.serves {
        return Ok(());
    }
    within(phase.0, (phase.2)(call, joining))
}

/// `kubeadm join phase …`: some of it, after the cluster was found.
pub fn single(call: &mut Call, given: &Given) -> Step<()> {
    let wanted = given.path.trim_start_matches("join phase ").replace(' ', "/");
    let mut joining = start(call, given)?;
    joining.work.single = true;
    let group = wanted.strip_suffix("/all");
    let runs = |name: &str| name == wanted || group.is_some_and(|group| name.starts_with(&format!("{group}/")));
    for phase in PHASES.iter().filter(|phase| runs(phase.0)) {
        if phase.0 != "preflight" {
            found(call, &mut joining)?;
        }
        carry_out(call, &mut joining, phase)?;
    }
    Ok(())
}

fn before(call: &mut Call, joining: &mut Joining) -> Step<()> {
    call.say("[preflight] Running pre-flight checks");
    preflight::join(call, &joining.work.config, &joining.work.ignored)?;
    found(call, joining)?;
    let work = &joining.work;
    if joining.serves {
        may_serve(call, work)?;
        call.say("[preflight] Running pre-flight checks before initializing the new control plane instance");
        preflight::join_control_plane(call, &work.config, &work.ignored, !work.key.is_empty())?;
        pull(call, work)?;
    }
    Ok(())
}

/// The cluster, found at the first need, with its configuration.
fn found(call: &mut Call, joining: &mut Joining) -> Step<Found> {
    if let Some(found) = &joining.found {
        return Ok(found.clone());
    }
    let found = discover(call, &joining.work.config)?;
    cluster(call, &mut joining.work, &found)?;
    joining.found = Some(found.clone());
    Ok(found)
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
    let hash = simcore::fnv(text.bytes().chain(id.bytes()).chain(secret.bytes()));
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

/// The certificates that each control plane has of its own.
fn certificates(call: &mut Call, work: &mut Work) -> Step<()> {
    let folder = work.pki();
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
    own.iter().try_for_each(|file| pki::make(call, work, file))?;
    call.say(format_args!("[certs] Valid certificates and keys now exist in \"{folder}\""));
    call.say("[certs] Using the existing \"sa\" key");
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
        let mode = if file.ends_with(".key") { 0o600 } else { 0o644 };
        call.machine.files.write_mode(&format!("{}/{file}", work.pki()), text, mode);
    }
    call.say(format_args!("[download-certs] Saving the certificates to the folder: \"{}\"", work.pki()));
    Ok(())
}

/// A node that is ready keeps its name.
fn name_is_free(call: &mut Call, work: &Work, client: &Client) -> Step<()> {
    let name = work.config.node_name().to_string();
    let answer = client.ask(call, Verb::Get, NODES, "", &name, Tree::Null)?;
    let answer = answer.map_err(|why| format!("cannot get Node {}: {why}", quoted(&name))).or_else(fail)?;
    let ready = |one: &Tree| one.get("type").text() == "Ready" && one.get("status").text() == "True";
    if answer.is_ok() && answer.tree().at(&["status", "conditions"]).items().iter().any(ready) {
        return fail(format!(
            "a Node with name {} and status \"Ready\" already exists in the cluster. You must delete the existing Node or change the name of this new joining Node",
            quoted(&name)
        ));
    }
    Ok(())
}

/// What the kubelet needs for its first question: the token's kubeconfig and the authority.
fn bootstrap_files(call: &mut Call, work: &Work, found: &Found) {
    let token = work.config.node.at(&["discovery", "tlsBootstrapToken"]).text().to_string();
    let login = map! {"token": token};
    // The kubelet of a control plane asks the API server beside it.
    let server = match work.config.node.get("controlPlane") {
        Tree::Null => found.server.clone(),
        _ => work.config.local_server(),
    };
    let text = kubeconfig("kubernetes", &found.authority, &server, "tls-bootstrap-token-user", login);
    let bootstrap = work.dry.as_ref().map_or(BOOTSTRAP.to_string(), |folder| format!("{folder}/bootstrap-kubelet.conf"));
    call.machine.files.write_mode(&bootstrap, &text, 0o600);
    let path = work.config.node.get("caCertPath").text().to_string();
    let authority = work.dry.as_ref().map_or(path, |folder| format!("{folder}/ca.crt"));
    if !call.machine.files.exists(&authority) {
        call.machine.files.write_mode(&authority, &found.authority, 0o644);
    }
}

/// Every member that etcd lists must answer before another one comes; one that does not is asked for two minutes.
fn check_etcd(call: &mut Call, work: &Work) -> Step<()> {
    if work.config.etcd_folder().is_none() {
        return Ok(());
    }
    call.say("[check-etcd] Checking that the etcd cluster is healthy");
    let endpoint = endpoint(work);
    let members = etcd_ask(call, &endpoint, &EtcdAsk::Members)?.unwrap_or_default();
    let give_up = work.config.timeout("etcdAPICall");
    for one in members.iter().filter(|one| !one.name.is_empty()) {
        let url = one.peer.replace(":2380", ":2379");
        let answer = call.outside.wait(call.machine, call.now, &Probe { url: url.clone() }, give_up);
        if call.pass(answer)?.is_err() {
            return fail(format!(
                "etcd cluster is not healthy: failed to dial endpoint {url} with maintenance client: context deadline exceeded"
            ));
        }
    }
    Ok(())
}

/// Where etcd is asked: at the control plane's address.
fn endpoint(work: &Work) -> String {
    let server = work.config.server();
    let host = network::split_host_port(server.trim_start_matches("https://")).map_or("", |(host, _)| host).to_string();
    format!("https://{host}:2379")
}

/// Adds a member to etcd as a learner, starts it, and has it promoted.
fn etcd(call: &mut Call, work: &Work) -> Step<()> {
    if work.config.etcd_folder().is_none() {
        return Ok(());
    }
    if work.dry.is_some() {
        return etcd_dry(call, work);
    }
    let prefix = "error creating local etcd static pod manifest file: ";
    let endpoint = endpoint(work);
    let peer = format!("https://{}:2380", work.config.local().0);
    let add = EtcdAsk::AddLearner { peer: Text::new(&peer) };
    // etcd refuses a change while a member is new or away; kubeadm asks again until it has lost patience.
    let give_up = call.now + work.config.timeout("etcdAPICall");
    let members = loop {
        match etcd_ask(call, &endpoint, &add)? {
            Ok(members) => break members,
            Err(why) if call.now >= give_up => return fail(format!("{prefix}{why}")),
            Err(_) => call.work(POLL),
        }
    };
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
    let id = members.iter().find(|one| one.peer == peer).map_or(0, |one| one.id);
    let give_up = call.now + work.config.timeout("etcdAPICall");
    while let Err(why) = etcd_ask(call, &endpoint, &EtcdAsk::Promote { id })? {
        call.work(POLL);
        if call.now >= give_up {
            let members = etcd_ask(call, &endpoint, &EtcdAsk::Members)?.unwrap_or_default();
            let started = members.iter().any(|one| one.id == id && !one.name.is_empty());
            return fail(if started { format!("{prefix}{why}") } else { format!("{prefix}the etcd member {id:x} is not started") });
        }
    }
    call.say("[etcd] Waiting for the new etcd member to join the cluster. This can take up to 40s");
    available(call, &endpoint, prefix)
}

/// What a dry run says of etcd.
fn etcd_dry(call: &mut Call, work: &Work) -> Step<()> {
    let folder = work.config.etcd_folder().unwrap_or_default();
    call.say(format_args!("[control-plane-join] Would ensure that \"{folder}\" directory is present"));
    let peer = format!("https://{}:2380", work.config.local().0);
    call.say(format_args!("[etcd] Would add etcd member: {peer}"));
    call.say("[etcd] Creating static Pod manifest for \"etcd\"");
    let pod = manifests::etcd(&work.config, &format!("{}={peer}", work.config.node_name()), true);
    manifests::put(call, work, "etcd", pod)?;
    call.say("[etcd] Would wait for the new etcd member to join the cluster");
    Ok(())
}

/// Asks the new member for its status until it serves its clients. Mirrors `WaitForClusterAvailable`: eight rounds, five
/// seconds apart, each with tries of two seconds of which etcd's client warns.
fn available(call: &mut Call, endpoint: &str, prefix: &str) -> Step<()> {
    let own = format!("https://{}:2379", call.machine.address());
    let give_up = call.now + Duration::secs(40);
    while call.now < give_up {
        let answer = call.outside.wait(call.machine, call.now, &Probe { url: own.clone() }, Duration::secs(2));
        let Err(_) = call.pass(answer)? else { return Ok(()) };
        let why = "rpc error: code = DeadlineExceeded desc = context deadline exceeded while waiting for connections to become ready";
        call.etcd_warning(endpoint, false, "/etcdserverpb.Maintenance/Status", why);
    }
    fail(format!("{prefix}timeout waiting for etcd cluster to be available"))
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

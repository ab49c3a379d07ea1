//! Phases that write into the cluster: its configuration, certificates, the node's marks, tokens and their rights.
use super::kubelet;
use crate::call::{Call, Step, fail};
use crate::kubeadm::client::{CONFIG_MAPS, Client, Item, NODES, SECRETS};
use crate::kubeadm::config::defaults::{self, NODE_GROUP};
use crate::kubeadm::dry;
use crate::kubeadm::init::Work;
use crate::kubeadm::token;
use crate::outside::Probe;
use objects::wire::{PatchKind, Verb};
use objects::{Tree, base64, list, map, yaml};
use simcore::Duration;

const RBAC: (&str, &str) = ("rbac.authorization.k8s.io", "v1");
/// The group of all nodes, and of all who come with a bootstrap token.
const NODES_GROUP: &str = "system:nodes";
/// As whom the API server asks kubelets.
const APISERVER: &str = "kube-apiserver-kubelet-client";
const ADMINS: &str = "kubeadm:cluster-admins";

/// The administrator's client. The first time it binds the group of admin.conf to cluster-admin as super-admin, for at
/// most a minute.
pub fn client(call: &mut Call, work: &mut Work) -> Step<Client> {
    if let Some(client) = &work.client {
        return Ok(client.clone());
    }
    let folder = work.kubeconfig_folder.clone();
    let path = format!("{folder}/admin.conf");
    if !call.machine.files.exists(&path) {
        return fail(format!("could not bootstrap the admin user in file admin.conf: open {path}: no such file or directory"));
    }
    let words = |why: &str| format!("could not bootstrap the admin user in file admin.conf: unable to create ClusterRoleBinding: {why}");
    let client = Client::load(call, &path)?;
    let within = work.config.timeout("kubernetesAPICall");
    let answer = call.outside.wait(call.machine, call.now, &Probe { url: format!("{}/livez", client.server) }, within);
    let begun = if work.single { "" } else { "cannot obtain client without bootstrap: " };
    if call.pass(answer)?.is_err() {
        return fail(format!(
            "{begun}{}",
            words("client rate limiter Wait returned an error: rate: Wait(n=1) would exceed context deadline")
        ));
    }
    let binding = cluster_binding(ADMINS, "cluster-admin", ADMINS);
    let first = Client::load(call, &format!("{folder}/super-admin.conf")).unwrap_or_else(|_| client.clone());
    first.put(call, binding)?.map_err(|why| format!("{begun}{}", words(&why))).or_else(fail)?;
    work.client = Some(client.clone());
    Ok(client)
}

fn subject(group: &str) -> Tree {
    list![map! {"apiGroup": RBAC.0, "kind": "Group", "name": group}]
}

fn item(plural: &'static str, mut object: Tree) -> Item {
    let rights = plural.contains("role");
    let (group, version) = if rights { RBAC } else { ("", "v1") };
    object.set(&["apiVersion"], if rights { "rbac.authorization.k8s.io/v1" } else { "v1" });
    Item { group, version, plural, object }
}

/// A ClusterRoleBinding of a group.
pub fn cluster_binding(name: &str, role: &str, group: &str) -> Item {
    let target = map! {"apiGroup": RBAC.0, "kind": "ClusterRole", "name": role};
    item(
        "clusterrolebindings",
        map! {"kind": "ClusterRoleBinding", "metadata": map! {"name": name}, "roleRef": target, "subjects": subject(group)},
    )
}

/// A Role to read one object, and its binding to groups.
pub fn readers(name: &str, namespace: &str, resource: &str, object: &str, subjects: Vec<Tree>) -> [Item; 2] {
    let meta = map! {"name": name, "namespace": namespace};
    let rule = map! {"apiGroups": list![""], "resourceNames": list![object], "resources": list![resource], "verbs": list!["get"]};
    let target = map! {"apiGroup": RBAC.0, "kind": "Role", "name": name};
    [
        item("roles", map! {"kind": "Role", "metadata": meta.clone(), "rules": list![rule]}),
        item("rolebindings", map! {"kind": "RoleBinding", "metadata": meta, "roleRef": target, "subjects": subjects}),
    ]
}

fn groups(names: &[&str]) -> Vec<Tree> {
    names.iter().map(|name| map! {"apiGroup": RBAC.0, "kind": "Group", "name": *name}).collect()
}

/// Writes objects one after another; a dry run prints them.
pub fn write(call: &mut Call, work: &mut Work, items: impl IntoIterator<Item = Item>) -> Step<()> {
    if work.dry.is_some() {
        items.into_iter().for_each(|item| dry::create(call, &item));
        return Ok(());
    }
    let client = client(call, work)?;
    for item in items {
        client.put(call, item)?.or_else(fail)?;
    }
    Ok(())
}

pub fn upload_kubeadm(call: &mut Call, work: &mut Work) -> Step<()> {
    if work.dry.is_none() {
        client(call, work)?;
    }
    call.say("[upload-config] Storing the configuration used in ConfigMap \"kubeadm-config\" in the \"kube-system\" Namespace");
    let data = map! {"ClusterConfiguration": yaml::write(&work.config.cluster)};
    let map = map! {"kind": "ConfigMap", "metadata": map! {"name": "kubeadm-config", "namespace": "kube-system"}, "data": data};
    let [role, binding] =
        readers("kubeadm:nodes-kubeadm-config", "kube-system", "configmaps", "kubeadm-config", groups(&[NODE_GROUP, NODES_GROUP]));
    write(call, work, [item("configmaps", map), role, binding])
}

pub fn upload_kubelet(call: &mut Call, work: &mut Work) -> Step<()> {
    call.say(
        "[kubelet] Creating a ConfigMap \"kubelet-config\" in namespace kube-system with the configuration for the kubelets in the cluster",
    );
    let data = map! {"kubelet": yaml::write(&kubelet::configuration(&work.config, ""))};
    let map = map! {"kind": "ConfigMap", "metadata": map! {"name": "kubelet-config", "namespace": "kube-system"}, "data": data};
    let [role, binding] =
        readers("kubeadm:kubelet-config", "kube-system", "configmaps", "kubelet-config", groups(&[NODES_GROUP, NODE_GROUP]));
    write(call, work, [item("configmaps", map), role, binding])
}

/// Files that other control planes need, by their key in the Secret.
pub const SHARED: [(&str, &str); 8] = [
    ("ca.crt", "ca.crt"),
    ("ca.key", "ca.key"),
    ("etcd-ca.crt", "etcd/ca.crt"),
    ("etcd-ca.key", "etcd/ca.key"),
    ("front-proxy-ca.crt", "front-proxy-ca.crt"),
    ("front-proxy-ca.key", "front-proxy-ca.key"),
    ("sa.key", "sa.key"),
    ("sa.pub", "sa.pub"),
];

pub fn upload_certs(call: &mut Call, work: &mut Work) -> Step<()> {
    if !work.upload_certs {
        call.say("[upload-certs] Skipping phase. Please see --upload-certs");
        return Ok(());
    }
    if work.key.is_empty() {
        work.key = call.draw(64, b"0123456789abcdef");
    }
    call.say("[upload-certs] Storing the certificates in Secret \"kubeadm-certs\" in the \"kube-system\" Namespace");
    // A second token lives two hours; when it goes, its Secret takes the certificates along.
    let mut proxy =
        map! {"token": token::draw(call), "description": "Proxy for managing TTL for the kubeadm-certs secret", "ttl": "2h0m0s"};
    proxy.set(&["usages"], Vec::<Tree>::new());
    let owner = token::secret(&proxy, call.machine.local(call.now));
    let mut data = map! {};
    for (name, file) in SHARED {
        if let Some(text) = call.machine.files.read(&format!("{}/{file}", work.pki())) {
            data.set(&[name], base64::encode(seal(&work.key, &text).as_bytes()));
        }
    }
    let name = owner.at(&["metadata", "name"]).text().to_string();
    write(call, work, [item("secrets", owner)])?;
    let uid = match (&work.dry, work.client.clone()) {
        (None, Some(client)) => client.get(call, SECRETS, "kube-system", &name)?.map(|owner| owner.at(&["metadata", "uid"]).clone()).ok(),
        _ => None,
    };
    let uid = uid.unwrap_or_else(|| Tree::from(""));
    let reference = map! {"apiVersion": "v1", "blockOwnerDeletion": true, "controller": true, "kind": "Secret", "name": name, "uid": uid};
    let meta = map! {"name": "kubeadm-certs", "namespace": "kube-system", "ownerReferences": list![reference]};
    let secret = map! {"kind": "Secret", "type": "Opaque", "metadata": meta, "data": data};
    let [role, binding] = readers("kubeadm:kubeadm-certs", "kube-system", "secrets", "kubeadm-certs", groups(&[NODE_GROUP]));
    write(call, work, [item("secrets", secret), role, binding])?;
    let shown = if work.hide_key { "<value withheld>" } else { &work.key };
    call.say(format_args!("[upload-certs] Using certificate key:\n{shown}"));
    Ok(())
}

/// A text under a key. Not a cipher: it only cannot be opened with another key.
fn seal(key: &str, text: &str) -> String {
    format!("{key}\n{text}")
}

/// The text again; `None` with a wrong key.
pub fn open<'a>(key: &str, sealed: &'a str) -> Option<&'a str> {
    sealed.split_once('\n').filter(|(lock, _)| *lock == key).map(|(_, text)| text)
}

const LABELS: [&str; 2] = ["node-role.kubernetes.io/control-plane", "node.kubernetes.io/exclude-from-external-load-balancers"];

/// Labels and taints of a control plane on its node.
pub fn mark(call: &mut Call, work: &mut Work) -> Step<()> {
    let client = if work.dry.is_none() { Some(client(call, work)?) } else { None };
    let name = work.config.node_name().to_string();
    call.say(format_args!("[mark-control-plane] Marking the node {name} as control-plane by adding the labels: [{}]", LABELS.join(" ")));
    let taints = work.config.node.at(&["nodeRegistration", "taints"]).clone();
    if !taints.is_empty() {
        let shown: Vec<String> =
            taints.items().iter().map(|one| format!("{}:{}", one.get("key").text(), one.get("effect").text())).collect();
        call.say(format_args!("[mark-control-plane] Marking the node {name} as control-plane by adding the taints [{}]", shown.join(" ")));
    }
    let Some(client) = client else {
        let node = would_be_node(&name);
        ["GET", "PATCH"].iter().for_each(|verb| dry::about(call, verb, "nodes", &name, &node));
        return Ok(());
    };
    let mut patch = map! {};
    LABELS.iter().for_each(|label| patch.set(&["metadata", "labels", label], ""));
    if !taints.is_empty() {
        patch.set(&["spec", "taints"], taints);
    }
    let answer = client.ask(call, Verb::Patch(PatchKind::Strategic), NODES, "", &name, patch)?.or_else(fail)?;
    if answer.is_ok() { Ok(()) } else { fail(format!("error patching Node {name:?}: {}", answer.tree().get("message").text())) }
}

/// The Node that a dry run takes for there.
fn would_be_node(name: &str) -> Tree {
    let mut info = map! {};
    let empty = ["architecture", "bootID", "containerRuntimeVersion", "kernelVersion", "kubeProxyVersion", "kubeletVersion", "machineID"];
    empty.iter().chain(&["operatingSystem", "osImage", "systemUUID"]).for_each(|key| info.set(&[key], ""));
    map! {
        "apiVersion": "v1", "kind": "Node", "metadata": map! {"labels": map! {"kubernetes.io/hostname": name}, "name": name}, "spec": map! {},
        "status": map! {"daemonEndpoints": map! {"kubeletEndpoint": map! {"Port": 0}}, "nodeInfo": info},
    }
}

pub fn bootstrap_token(call: &mut Call, work: &mut Work) -> Step<()> {
    if work.dry.is_none() {
        client(call, work)?;
    }
    let tokens = work.config.node.get("bootstrapTokens").clone();
    if !work.hide_token {
        let first = tokens.items().first().map(|one| one.get("token").text().to_string()).unwrap_or_default();
        call.say(format_args!("[bootstrap-token] Using token: {first}"));
    }
    call.say("[bootstrap-token] Configuring bootstrap tokens, cluster-info ConfigMap, RBAC Roles");
    let now = call.machine.local(call.now);
    for one in tokens.items() {
        let mut one = one.clone();
        one.set(&["description"], "The default bootstrap token generated by 'kubeadm init'.");
        let secret = item("secrets", token::secret(&one, now));
        if work.dry.is_some() {
            dry::missing(call, "", "secrets", "kube-system", secret.object.at(&["metadata", "name"]).text());
        }
        write(call, work, [secret])?;
    }
    token_rights(call, work)?;
    cluster_info(call, work)
}

/// What those who come with a token, and nodes, may do.
pub fn token_rights(call: &mut Call, work: &mut Work) -> Step<()> {
    call.say("[bootstrap-token] Configured RBAC rules to allow Node Bootstrap tokens to get nodes");
    let rule = map! {"apiGroups": list![""], "resources": list!["nodes"], "verbs": list!["get"]};
    let role = item("clusterroles", map! {"kind": "ClusterRole", "metadata": map! {"name": "kubeadm:get-nodes"}, "rules": list![rule]});
    write(call, work, [role, cluster_binding("kubeadm:get-nodes", "kubeadm:get-nodes", NODE_GROUP)])?;
    const BINDINGS: [(&str, &str, &str, &str); 4] = [
        (
            "to allow Node Bootstrap tokens to post CSRs in order for nodes to get long term certificate credentials",
            "kubeadm:kubelet-bootstrap",
            "system:node-bootstrapper",
            NODE_GROUP,
        ),
        (
            "to allow the csrapprover controller automatically approve CSRs from a Node Bootstrap Token",
            "kubeadm:node-autoapprove-bootstrap",
            "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
            NODE_GROUP,
        ),
        (
            "to allow certificate rotation for all node client certificates in the cluster",
            "kubeadm:node-autoapprove-certificate-rotation",
            "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
            NODES_GROUP,
        ),
        (
            "to allow the API server kubelet client certificate to access the kubelet API",
            "kubeadm:apiserver-kubelet-client",
            "system:kubelet-api-admin",
            APISERVER,
        ),
    ];
    for (words, name, role, group) in BINDINGS {
        call.say(format_args!("[bootstrap-token] Configured RBAC rules {words}"));
        let mut binding = cluster_binding(name, role, group);
        if group == APISERVER {
            binding.object.set(&["subjects"], list![map! {"apiGroup": RBAC.0, "kind": "User", "name": APISERVER}]);
        }
        write(call, work, [binding])?;
    }
    Ok(())
}

/// What anybody may read to find the cluster: its address and its authority.
fn cluster_info(call: &mut Call, work: &mut Work) -> Step<()> {
    call.say("[bootstrap-token] Creating the \"cluster-info\" ConfigMap in the \"kube-public\" namespace");
    let authority = call.machine.files.read(&format!("{}/ca.crt", work.pki())).unwrap_or_default();
    let cluster = map! {"cluster": map! {"certificate-authority-data": base64::encode(authority.as_bytes()), "server": work.config.server()}, "name": ""};
    let config = map! {"apiVersion": "v1", "clusters": list![cluster], "contexts": Tree::Null, "current-context": "", "kind": "Config", "users": Tree::Null};
    let map = map! {
        "kind": "ConfigMap", "metadata": map! {"name": "cluster-info", "namespace": "kube-public"}, "data": map! {"kubeconfig": yaml::write(&config)},
    };
    let anonymous = vec![map! {"apiGroup": RBAC.0, "kind": "User", "name": "system:anonymous"}];
    let [role, binding] = readers("kubeadm:bootstrap-signer-clusterinfo", "kube-public", "configmaps", "cluster-info", anonymous);
    write(call, work, [item("configmaps", map), role, binding])
}

const ROTATABLE: &str = "/var/lib/kubelet/pki/kubelet-client-current.pem";

/// kubelet.conf points to the certificate that the kubelet renews, once there is one.
pub fn finalize(call: &mut Call, work: &mut Work) -> Step<()> {
    if !call.machine.files.exists(ROTATABLE) {
        return Ok(());
    }
    let path = format!("{}/kubelet.conf", work.kubeconfig_folder);
    let Some(text) = call.machine.files.read(&path) else {
        return fail(format!("failed to load kubeconfig file {path} for the node: open {path}: no such file or directory"));
    };
    call.say(format_args!("[kubelet-finalize] Updating \"{path}\" to point to a rotatable kubelet client certificate and key"));
    let mut tree = yaml::read(&text).ok().and_then(|all| all.into_iter().next()).map(|one| one.tree).unwrap_or_default();
    let mut users = tree.get("users").items().to_vec();
    users.iter_mut().for_each(|user| user.set(&["user"], map! {"client-certificate": ROTATABLE, "client-key": ROTATABLE}));
    tree.set(&["users"], users);
    call.machine.files.write_mode(&path, &yaml::write(&tree), 0o600);
    call.machine.stop_unit(call.now, "kubelet");
    call.machine.start_unit(call.now, "kubelet");
    call.work(Duration::millis(10));
    Ok(())
}

/// What other commands read of the cluster: its ConfigMap as a tree, or words.
pub fn stored(call: &mut Call, client: &Client) -> Step<Result<Tree, String>> {
    let found = client.get(call, CONFIG_MAPS, "kube-system", "kubeadm-config")?;
    Ok(found.and_then(|map| {
        let text = map.at(&["data", "ClusterConfiguration"]).text().to_string();
        let read = yaml::read(&text).ok().and_then(|all| all.into_iter().next());
        let mut tree = read.map(|one| one.tree).ok_or("missing ClusterConfiguration in the kubeadm-config ConfigMap")?;
        let external = !tree.at(&["etcd", "external"]).is_null();
        crate::kubeadm::config::fill(&mut tree, &defaults::cluster(external));
        Ok(tree)
    }))
}

/// The uploaded certificates' Secret.
pub fn shared(call: &mut Call, client: &Client) -> Step<Result<Tree, String>> {
    client.get(call, SECRETS, "kube-system", "kubeadm-certs")
}

//! kubeadm as a client of the API: kubeconfig files, requests, and their words when they fail.
use super::config::nothing;
use crate::Machine;
use crate::call::{Call, Step, fail};
use crate::pki::Certificate;
use objects::wire::{Options, Request, Resource, Response, Target, User, Verb};
use objects::{Text, Tree, base64, list, map, yaml};

/// Whom to ask and as whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// `https://10.0.0.10:6443`
    pub server: String,
    pub user: User,
}

/// One object of the API as kubeadm writes it: group and version, plural, object.
pub struct Item {
    pub group: &'static str,
    pub version: &'static str,
    pub plural: &'static str,
    pub object: Tree,
}

impl Client {
    /// The client of a kubeconfig file.
    pub fn load(call: &Call, path: &str) -> Step<Client> {
        let Some(text) = call.machine.files.read(path) else {
            return fail(format!("failed to load admin kubeconfig: open {path}: no such file or directory"));
        };
        match Client::read(call.machine, &text) {
            Some(client) => Ok(client),
            None => fail(
                "failed to load admin kubeconfig: invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable",
            ),
        }
    }

    /// Whom a kubeconfig's text asks, as whom; files that it names lie on the machine.
    pub fn read(machine: &Machine, text: &str) -> Option<Client> {
        let tree = yaml::read(text).ok()?.into_iter().next()?.tree;
        let server = tree.get("clusters").items().first()?.at(&["cluster", "server"]).text().to_string();
        let user = Client::certificate(machine, text).map(|certificate| User {
            name: Text::new(certificate.part("CN").unwrap_or("")),
            groups: certificate.part("O").into_iter().map(Text::new).collect(),
        });
        Some(Client { server, user: user.unwrap_or_default() })
    }

    /// The certificate that a kubeconfig's user shows; it lies in the text or in a file of the machine.
    pub fn certificate(machine: &Machine, text: &str) -> Option<Certificate> {
        let tree = yaml::read(text).ok()?.into_iter().next()?.tree;
        let user = tree.get("users").items().first()?.get("user").clone();
        let pem = match user.get("client-certificate-data").text() {
            "" => machine.files.read(user.get("client-certificate").text()).map(|text| text.to_string()),
            coded => base64::decode_text(coded),
        };
        Certificate::read(&pem?)
    }

    /// Asks; `Err` has the words of Go's client for a server that cannot be reached.
    pub fn ask(
        &self,
        call: &mut Call,
        verb: Verb,
        at: (&str, &str, &str),
        namespace: &str,
        name: &str,
        body: Tree,
    ) -> Step<Result<Response, String>> {
        let (group, version, plural) = at;
        let resource = Resource::Named { group: Text::new(group), version: Text::new(version), plural: Text::new(plural) };
        let target = Target::Resource { resource, namespace: Text::new(namespace), name: Text::new(name), subresource: Text::default() };
        let mut request = Request::path("/");
        (request.verb, request.target, request.body, request.user) = (verb, target, body, self.user.clone());
        request.options = Options { field_manager: "kubeadm".into(), ..Options::default() };
        request.origin.actor = Text::new_static("kubeadm");
        let root = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let place = if namespace.is_empty() { String::new() } else { format!("/namespaces/{namespace}") };
        let end = if name.is_empty() { String::new() } else { format!("/{name}") };
        let word = match verb {
            Verb::Create => "Post",
            Verb::Update => "Put",
            Verb::Patch(_) => "Patch",
            Verb::Delete => "Delete",
            _ => "Get",
        };
        let answer = call.outside.api(call.machine, call.now, &self.server, request);
        let answered = call.pass(answer)?;
        Ok(answered.map_err(|why| format!("{word} \"{}{root}{place}/{plural}{end}?timeout=10s\": {why}", self.server)))
    }

    /// Reads one object; `Err` has the server's or the client's words.
    pub fn get(&self, call: &mut Call, at: (&str, &str, &str), namespace: &str, name: &str) -> Step<Result<Tree, String>> {
        let verb = if name.is_empty() { Verb::List } else { Verb::Get };
        Ok(self.ask(call, verb, at, namespace, name, Tree::Null)?.and_then(good))
    }

    /// Creates an object, or writes over the one that is there.
    pub fn put(&self, call: &mut Call, item: Item) -> Step<Result<(), String>> {
        let at = (item.group, item.version, item.plural);
        let namespace = item.object.at(&["metadata", "namespace"]).text().to_string();
        let name = item.object.at(&["metadata", "name"]).text().to_string();
        let made = self.ask(call, Verb::Create, at, &namespace, "", item.object.clone())?;
        Ok(match made {
            Ok(answer) if answer.code == 409 => {
                self.ask(call, Verb::Update, at, &namespace, &name, item.object)?.and_then(good).map(|_| ())
            }
            Ok(answer) => good(answer).map(|_| ()),
            Err(why) => Err(why),
        })
    }
}

fn good(answer: Response) -> Result<Tree, String> {
    if answer.is_ok() { Ok(answer.tree().clone()) } else { Err(answer.tree().get("message").text().to_string()) }
}

/// The kubeconfig that a command uses when none was named: $KUBECONFIG, the user's, or the administrator's.
pub fn default_kubeconfig(call: &Call) -> String {
    let own =
        call.variable("KUBECONFIG").filter(|path| !path.is_empty()).map_or_else(|| format!("{}/.kube/config", call.home()), String::from);
    let admin = "/etc/kubernetes/admin.conf";
    if !call.machine.files.exists(&own) && call.machine.files.exists(admin) { admin.into() } else { own }
}

/// A kubeconfig as kubeadm writes it.
pub fn kubeconfig(cluster: &str, authority: &str, server: &str, user: &str, login: Tree) -> String {
    let context = format!("{user}@{cluster}");
    let tree = map! {
        "apiVersion": "v1",
        "clusters": list![map! {"cluster": map! {"certificate-authority-data": base64::encode(authority.as_bytes()), "server": server}, "name": cluster}],
        "contexts": list![map! {"context": map! {"cluster": cluster, "user": user}, "name": context.as_str()}],
        "current-context": context.as_str(),
        "kind": "Config",
        "users": list![map! {"name": user, "user": login}],
    };
    yaml::write(&tree)
}

/// What proves a user by a certificate within the file.
pub fn login(certificate: &str, key: &str) -> Tree {
    let mut login = nothing();
    login.set(&["client-certificate-data"], base64::encode(certificate.as_bytes()));
    login.set(&["client-key-data"], base64::encode(key.as_bytes()));
    login
}

pub const CONFIG_MAPS: (&str, &str, &str) = ("", "v1", "configmaps");
pub const SECRETS: (&str, &str, &str) = ("", "v1", "secrets");
pub const NODES: (&str, &str, &str) = ("", "v1", "nodes");

//! `kubectl describe`: all about some objects, and what happened to them.
use crate::args::{Args, Takes, flag};
use crate::client::{self, Info};
use crate::describe::{
    config_map, daemon_set, deployment, endpoints, generic, ingress, ingress_class, namespace, network_policy, node, pod, priority_class,
    replica_set, secret, service, service_account, service_address,
};
use crate::job::{Io, Stop};
use crate::verbs::Verb;
use objects::Tree;
use objects::wire::{Request, Verb as Ask};

pub static VERB: Verb = Verb {
    name: "describe",
    aliases: &[],
    short: "Show details of a specific resource or group of resources",
    usage: "kubectl describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME) [options]",
    examples: "  # A node, with its Pods and what they ask for\n  kubectl describe nodes worker-1\n\n  # Pods whose name begins with \"web\"\n  kubectl describe pods web\n\n  # Pods with a label\n  kubectl describe po -l app=web\n",
    flags: &[
        flag("all-namespaces", 'A', Takes::Bool, "false", "Look in all namespaces; -n is ignored."),
        flag("chunk-size", '\0', Takes::Int, "500", "Return large lists in chunks rather than all at once. Pass 0 to disable."),
        flag("filename", 'f', Takes::List, "", "File, folder or - with the objects to describe"),
        flag("kustomize", 'k', Takes::Text, "", "Process the kustomization directory."),
        flag("recursive", 'R', Takes::Bool, "false", "Read the folders of -f with all that is below them."),
        flag("selector", 'l', Takes::Text, "", "Selector (label query) to filter on, supports '=', '==', '!=', 'in', 'notin'."),
        flag("show-events", '\0', Takes::Bool, "true", "Show the events of the object."),
    ],
    subs: &[],
    run,
};

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let words = &args.words;
    if words.is_empty() && args.list("filename").is_empty() && args.text("kustomize").is_empty() {
        return Err(Stop::error(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of supported resources.\n",
        ));
    }
    let found = client::objects(args, io, words)?;
    // With two words upstream takes the second for a prefix, even where each names an object (`deploy/a deploy/b`).
    if words.len() == 2 && found.failures.iter().any(|words| words.starts_with("Error from server (NotFound)")) {
        return by_prefix(args, io, &found.failures);
    }
    // Upstream leaves events out when there are several objects, unless they are asked for.
    let events = if args.given("show-events") { args.is("show-events") } else { found.infos.len() < 2 };
    for (at, info) in found.infos.iter().enumerate() {
        let text = one(args, io, info, events)?;
        io.out(if at == 0 { text } else { format!("\n\n{text}") });
    }
    if found.infos.is_empty() && found.failures.is_empty() {
        let place = client::namespace(args, io)?;
        io.err(if args.is("all-namespaces") {
            "No resources found\n".to_string()
        } else {
            format!("No resources found in {place} namespace.\n")
        });
    }
    client::finish(io, &found.failures)
}

/// No object has this very name: describe those whose names begin so.
fn by_prefix(args: &Args, io: &mut Io, failures: &[String]) -> Result<u8, Stop> {
    if args.words[0].contains('/') {
        return client::finish(io, failures);
    }
    let found = client::objects(args, io, &args.words[..1])?;
    let prefix = args.words[1].as_str();
    let matching: Vec<&Info> = found.infos.iter().filter(|info| info.name.starts_with(prefix)).collect();
    if matching.is_empty() {
        return client::finish(io, failures);
    }
    // Upstream shows no events here, unless they are asked for.
    let events = args.given("show-events") && args.is("show-events");
    for info in matching {
        let text = one(args, io, info, events)?;
        io.out(format!("{text}\n"));
    }
    client::finish(io, &found.failures)
}

fn one(args: &Args, io: &mut Io, info: &Info, with_events: bool) -> Result<String, Stop> {
    // An object from a file is described as the server has it.
    let fetched = if info.source.is_empty() {
        info.tree.clone()
    } else {
        io.fetch(client::request(args, Ask::Get, &info.served, &info.namespace, &info.name))?
    };
    let object = &fetched;
    let api_version = info.served.api_version();
    let quiet = ["Namespace", "NetworkPolicy", "Secret"].contains(&info.served.kind.as_str());
    let events = if with_events && !quiet { Some(events(args, io, info, object)?) } else { None };
    let events = events.as_deref();
    Ok(match (api_version.as_str(), info.served.kind.as_str()) {
        ("v1", "Pod") => pod::describe(object, events, io.now()),
        ("apps/v1", "Deployment") => {
            let sets = owned(args, io, info, object, "apps", "replicasets")?;
            deployment::describe(object, &sets, events, io.now())
        }
        ("apps/v1", "ReplicaSet") => {
            let pods = owned(args, io, info, object, "", "pods")?;
            replica_set::describe(object, &pods, events, io.now())
        }
        ("apps/v1", "DaemonSet") => {
            let pods = owned(args, io, info, object, "", "pods")?;
            daemon_set::describe(object, &pods, events, io.now())
        }
        ("v1", "Node") => node(args, io, info, object, events)?,
        ("v1", "Namespace") => {
            let quotas = listed(io, client::known(args, Ask::List, "", "v1", "resourcequotas", &info.name, ""))?;
            let limits = listed(io, client::known(args, Ask::List, "", "v1", "limitranges", &info.name, ""))?;
            namespace::describe(object, &quotas, &limits)
        }
        ("v1", "Service") => {
            let mut ask = client::known(args, Ask::List, "discovery.k8s.io", "v1", "endpointslices", &info.namespace, "");
            ask.options.label_selector = format!("kubernetes.io/service-name={}", info.name);
            let slices = listed(io, ask)?;
            service::describe(object, &slices, events, io.now())
        }
        ("v1", "Endpoints") => endpoints::describe(object, events, io.now()),
        ("discovery.k8s.io/v1", "EndpointSlice") => endpoints::describe_slice(object, events, io.now()),
        ("v1", "ConfigMap") => config_map::describe(object, events, io.now()),
        ("v1", "Secret") => secret::describe(object),
        ("v1", "ServiceAccount") => service_account::describe(object, events, io.now()),
        ("scheduling.k8s.io/v1", "PriorityClass") => priority_class::describe(object, events, io.now()),
        ("networking.k8s.io/v1", "Ingress") => {
            let backends = backends(args, io, info, object)?;
            ingress::describe(object, &backends, events, io.now())
        }
        ("networking.k8s.io/v1", "IngressClass") => ingress_class::describe(object, events, io.now()),
        ("networking.k8s.io/v1", "NetworkPolicy") => network_policy::describe(object),
        ("networking.k8s.io/v1", "ServiceCIDR") => service_address::range(object, events, io.now()),
        ("networking.k8s.io/v1", "IPAddress") => service_address::address(object, events, io.now()),
        _ => generic::describe(object, events, io.now()),
    })
}

/// The items of a list; none where the server refuses (a kind that it does not serve, or that is forbidden).
fn listed(io: &mut Io, request: Request) -> Result<Vec<Tree>, Stop> {
    let response = io.send(request)?;
    Ok(if response.is_ok() { response.tree().get("items").items().to_vec() } else { Vec::new() })
}

/// The Services that an Ingress sends to, each with its slices, or why there is none.
fn backends(args: &Args, io: &mut Io, info: &Info, object: &Tree) -> Result<ingress::Backends, Stop> {
    let mut found = ingress::Backends::default();
    for name in ingress::services(object) {
        let mut ask = client::known(args, Ask::List, "discovery.k8s.io", "v1", "endpointslices", &info.namespace, "");
        ask.options.label_selector = format!("kubernetes.io/service-name={name}");
        let slices = listed(io, ask)?;
        let answer = io.send(client::known(args, Ask::Get, "", "v1", "services", &info.namespace, &name))?;
        let service = if answer.is_ok() { Ok(answer.tree().clone()) } else { Err(answer.tree().get("message").text().to_string()) };
        found.insert(name, service.map(|service| (service, slices)));
    }
    Ok(found)
}

/// Objects in the same namespace that the workload's selector matches.
fn owned(args: &Args, io: &mut Io, info: &Info, object: &Tree, group: &'static str, plural: &'static str) -> Result<Vec<Tree>, Stop> {
    let mut ask = client::known(args, Ask::List, group, "v1", plural, &info.namespace, "");
    ask.options.label_selector = match objects::labels::Selector::of(object.at(&["spec", "selector"])) {
        Ok(selector) => selector.to_string(),
        Err(why) => return Err(Stop::error(why)),
    };
    listed(io, ask)
}

/// The events about an object: by name, namespace and uid, and by kind (but for Pods, whose mirror may report).
fn events(args: &Args, io: &mut Io, info: &Info, object: &Tree) -> Result<Vec<Tree>, Stop> {
    let uid = object.at(&["metadata", "uid"]).text();
    let kind = info.served.kind.as_str();
    let mut all = listed(io, events_of(args, info, if kind == "Pod" { "" } else { kind }, uid))?;
    if kind == "Node" {
        // The kubelet reports under the node's name where others report under its uid.
        all.extend(listed(io, events_of(args, info, kind, &info.name))?);
    }
    Ok(all)
}

fn events_of(args: &Args, info: &Info, kind: &str, uid: &str) -> Request {
    let mut ask = client::known(args, Ask::List, "", "v1", "events", &info.namespace, "");
    let mut terms = vec![format!("involvedObject.name={}", info.name), format!("involvedObject.namespace={}", info.namespace)];
    if !kind.is_empty() {
        terms.push(format!("involvedObject.kind={kind}"));
    }
    terms.push(format!("involvedObject.uid={uid}"));
    ask.options.field_selector = terms.join(",");
    ask
}

fn node(args: &Args, io: &mut Io, info: &Info, object: &Tree, events: Option<&[Tree]>) -> Result<String, Stop> {
    let mut ask = client::known(args, Ask::List, "", "v1", "pods", "", "");
    ask.options.field_selector = format!("spec.nodeName={},status.phase!=Succeeded,status.phase!=Failed", info.name);
    let pods = listed(io, ask)?;
    let answer = io.send(client::known(args, Ask::Get, "coordination.k8s.io", "v1", "leases", "kube-node-lease", &info.name))?;
    let lease = if answer.is_ok() { Ok(answer.tree()) } else { Err(answer.tree().get("message").text().to_string()) };
    Ok(node::describe(object, &node::Around { pods: &pods, lease, events, now: io.now() }))
}

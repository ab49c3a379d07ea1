//! `kubectl expose`: a Service made from a Pod, a workload or another Service.
use crate::args::{Args, Takes, flag};
use crate::client::{self, Info};
use crate::job::{Io, Stop};
use crate::print;
use crate::verbs::Verb;
use objects::wire::Verb as Ask;
use objects::{Map, Tree, map};

pub static VERB: Verb = Verb {
    name: "expose",
    aliases: &[],
    short: "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service",
    usage: "kubectl expose (-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type] [options]",
    examples: "  # Port 80 of the Service leads to port 8000 of the containers\n  kubectl expose deployment nginx --port=80 --target-port=8000\n",
    flags: &[
        flag(
            "cluster-ip",
            '\0',
            Takes::Text,
            "",
            "ClusterIP to be assigned to the service. Leave empty to auto-allocate, or set to 'None' to create a headless service.",
        ),
        flag("dry-run", '\0', Takes::Optional("unchanged"), "none", "Must be \"none\", \"server\", or \"client\"."),
        flag("external-ip", '\0', Takes::Text, "", "Additional external IP address to accept for the service."),
        flag("field-manager", '\0', Takes::Text, "kubectl-expose", "Name of the manager used to track field ownership."),
        flag("filename", 'f', Takes::List, "", "identifying the resource to expose a service"),
        flag("kustomize", 'k', Takes::Text, "", "Process the kustomization directory."),
        flag("labels", 'l', Takes::Text, "", "Labels to apply to the service created by this call."),
        flag("load-balancer-ip", '\0', Takes::Text, "", "IP to assign to the LoadBalancer."),
        flag("name", '\0', Takes::Text, "", "The name for the newly created object."),
        flag("output", 'o', Takes::Text, "", "Output format. One of: (json, yaml, name, jsonpath, …)."),
        flag(
            "port",
            '\0',
            Takes::Text,
            "",
            "The port that the service should serve on. Copied from the resource being exposed, if unspecified",
        ),
        flag("protocol", '\0', Takes::Text, "", "The network protocol for the service to be created. Default is 'TCP'."),
        flag("recursive", 'R', Takes::Bool, "false", "Read the folders of -f with all that is below them."),
        flag("selector", '\0', Takes::Text, "", "A label selector to use for this service."),
        flag(
            "session-affinity",
            '\0',
            Takes::Text,
            "",
            "If non-empty, set the session affinity for the service to this; legal values: 'None', 'ClientIP'",
        ),
        flag(
            "target-port",
            '\0',
            Takes::Text,
            "",
            "Name or number for the port on the container that the service should direct traffic to.",
        ),
        flag(
            "type",
            '\0',
            Takes::Text,
            "",
            "Type for this service: ClusterIP, NodePort, LoadBalancer, or ExternalName. Default is 'ClusterIP'.",
        ),
    ],
    subs: &[],
    run,
};

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    // `-l` gives labels here; it chooses nothing.
    if args.words.is_empty() && args.list("filename").is_empty() {
        return Err(Stop::error(
            "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'",
        ));
    }
    if !args.words.is_empty() && client::pick(args, io, &args.words)?.iter().any(|pick| pick.name.is_empty()) {
        return Err(Stop::error("resource(s) were provided, but no name was specified"));
    }
    let found = client::objects(args, io, &args.words)?;
    for info in &found.infos {
        let service = service(args, info).map_err(Stop::error)?;
        create(args, io, service)?;
    }
    client::finish(io, &found.failures)
}

fn create(args: &Args, io: &mut Io, service: Tree) -> Result<(), Stop> {
    let place = client::namespace(args, io)?;
    let served = client::resolve(args, io, "services")?;
    let name = service.at(&["metadata", "name"]).text().to_string();
    if matches!(args.text("dry-run"), "client" | "unchanged") {
        let info = Info { served, namespace: place, name, source: String::new(), tree: service };
        return print::built(args, io, &info, "exposed");
    }
    let mut ask = client::request(args, Ask::Create, &served, &place, "");
    ask.body = service;
    ask.options.field_manager = args.text("field-manager").to_string();
    if args.text("dry-run") == "server" {
        ask.options.dry_run = "All".to_string();
    }
    let made = io.fetch(ask)?;
    print::built(args, io, &client::info(&served, made), "exposed")
}

/// One port to serve: number and protocol.
type Port = (String, String);

/// The Service for an object; the error is upstream's sentence.
fn service(args: &Args, info: &Info) -> Result<Tree, String> {
    let kind = info.served.kind.as_str();
    if !["Pod", "Service", "Deployment", "ReplicaSet", "ReplicationController"].contains(&kind) {
        return Err(format!("cannot expose a {}", info.served.kind));
    }
    let selector = match args.text("selector") {
        "" => own_selector(info).map_err(|why| format!("couldn't retrieve selectors via --selector flag or introspection: {why}"))?,
        text => labels(text)?,
    };
    let known = own_ports(info);
    let protocol_of = |number: &str| match args.text("protocol") {
        "" => known.iter().find(|(port, _)| port == number).map_or("TCP", |(_, protocol)| protocol).to_string(),
        given => given.to_string(),
    };
    let ports: Vec<Port> = match args.text("port") {
        "" => known.iter().map(|(number, _)| (number.clone(), protocol_of(number))).collect(),
        text => text.split(',').map(|number| (number.trim().to_string(), protocol_of(number.trim()))).collect(),
    };
    let headless = args.text("cluster-ip") == "None";
    if ports.is_empty() && !headless {
        return Err("couldn't find port via --port flag or introspection".to_string());
    }
    let name = if args.text("name").is_empty() { info.name.as_str() } else { args.text("name") };
    let mut spec = map! {"selector": selector};
    if !ports.is_empty() {
        spec.set(&["ports"], port_list(args, &ports)?);
    }
    for (key, flag) in
        [("type", "type"), ("clusterIP", "cluster-ip"), ("loadBalancerIP", "load-balancer-ip"), ("sessionAffinity", "session-affinity")]
    {
        let idle = key == "loadBalancerIP" && args.text("type") != "LoadBalancer";
        if !args.text(flag).is_empty() && !idle {
            spec.set(&[key], args.text(flag));
        }
    }
    if !args.text("external-ip").is_empty() {
        spec.set(&["externalIPs"], vec![Tree::from(args.text("external-ip"))]);
    }
    let mut meta = map! {"name": name};
    let labels = if args.text("labels").is_empty() { info.tree.at(&["metadata", "labels"]).clone() } else { labels(args.text("labels"))? };
    if !labels.is_empty() {
        meta.set(&["labels"], labels);
    }
    Ok(map! {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec, "status": map! {"loadBalancer": map! {}}})
}

fn port_list(args: &Args, ports: &[Port]) -> Result<Vec<Tree>, String> {
    let number = |text: &str| text.parse::<i64>().map_err(|_| format!("strconv.Atoi: parsing \"{text}\": invalid syntax"));
    let mut list = Vec::new();
    for (at, (port, protocol)) in ports.iter().enumerate() {
        let target = match args.text("target-port") {
            "" => Tree::Int(number(port)?),
            text => text.parse::<i64>().map_or_else(|_| Tree::from(text), Tree::Int),
        };
        let mut entry = map! {"port": number(port)?, "protocol": protocol.as_str(), "targetPort": target};
        if ports.len() > 1 {
            entry.set(&["name"], format!("port-{}", at + 1));
        }
        list.push(entry);
    }
    Ok(list)
}

fn own_selector(info: &Info) -> Result<Tree, String> {
    match info.served.kind.as_str() {
        "Pod" => match info.tree.at(&["metadata", "labels"]) {
            labels if labels.is_empty() => Err("the pod has no labels and cannot be exposed".to_string()),
            labels => Ok(labels.clone()),
        },
        "Service" | "ReplicationController" => match info.tree.at(&["spec", "selector"]) {
            selector if selector.is_empty() => Err("the service has no pod selector set".to_string()),
            selector => Ok(selector.clone()),
        },
        _ => match info.tree.at(&["spec", "selector"]) {
            selector if !selector.get("matchExpressions").is_empty() => Err(format!(
                "couldn't convert expressions - \"{}\" to map-based selector format",
                selector.get("matchExpressions").to_json()
            )),
            selector => Ok(selector.get("matchLabels").clone()),
        },
    }
}

/// The ports that the object itself names.
fn own_ports(info: &Info) -> Vec<Port> {
    let read = |port: &Tree, key: &str| {
        (port.get(key).to_json(), if port.get("protocol").is_empty() { "TCP".to_string() } else { port.get("protocol").text().to_string() })
    };
    let spec = match info.served.kind.as_str() {
        "Service" => return info.tree.at(&["spec", "ports"]).items().iter().map(|port| read(port, "port")).collect(),
        "Pod" => info.tree.get("spec"),
        _ => info.tree.at(&["spec", "template", "spec"]),
    };
    spec.get("containers")
        .items()
        .iter()
        .flat_map(|container| container.get("ports").items())
        .map(|port| read(port, "containerPort"))
        .collect()
}

/// `a=b,c=d` as a map.
fn labels(text: &str) -> Result<Tree, String> {
    let pairs = text.split(',').map(|part| part.split_once('=').ok_or_else(|| format!("unexpected label spec: {part}")));
    Ok(Tree::from(pairs.collect::<Result<Map, String>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::Served;
    use objects::list;

    fn pod(labels: Tree, ports: Tree) -> Info {
        let served = Served { kind: "Pod".into(), plural: "pods".into(), version: "v1".into(), ..Served::default() };
        let tree = map! {"metadata": map! {"name": "one", "labels": labels}, "spec": map! {"containers": list![map! {"name": "one", "ports": ports}]}};
        Info { served, namespace: "default".into(), name: "one".into(), source: String::new(), tree }
    }

    fn made(line: &str, info: &Info) -> Result<String, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_string).collect();
        let args = Args::read("expose", &[VERB.flags], &words).unwrap_or_default();
        service(&args, info).map(|tree| tree.to_json())
    }

    /// The object is what a real kubectl 1.37 printed with `--dry-run=client -o yaml`.
    #[test]
    fn a_pod_becomes_a_service_with_its_labels() {
        let text = r#"{"apiVersion":"v1","kind":"Service","metadata":{"labels":{"run":"one"},"name":"one-svc"},"spec":{"ports":[{"port":80,"protocol":"TCP","targetPort":80}],"selector":{"run":"one"}},"status":{"loadBalancer":{}}}"#;
        assert_eq!(made("--port=80 --name=one-svc", &pod(map! {"run": "one"}, Tree::Null)).as_deref(), Ok(text));
    }

    #[test]
    fn a_pod_without_ports_or_labels_cannot_be_guessed() {
        assert_eq!(made("", &pod(map! {"run": "one"}, Tree::Null)), Err("couldn't find port via --port flag or introspection".to_string()));
        let words = "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed";
        assert_eq!(made("--port=80", &pod(Tree::Null, Tree::Null)), Err(words.to_string()));
    }
}

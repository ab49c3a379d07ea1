//! `kubectl cluster-info`: where the cluster answers.
use crate::args::{Args, Takes, flag};
use crate::client;
use crate::job::{Io, Stop};
use crate::verbs::Verb;
use objects::Tree;
use objects::wire::Verb as Ask;

pub static VERB: Verb = Verb {
    name: "cluster-info",
    aliases: &["clusterinfo"],
    short: "Display cluster information",
    usage: "kubectl cluster-info [flags] [options]",
    examples: "  # Print the address of the control plane and cluster services\n  kubectl cluster-info\n",
    flags: &[flag("output", 'o', Takes::Text, "", "Output format (of the dump).")],
    subs: &[],
    run,
};

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if args.words.first().is_some_and(|word| word == "dump") {
        return Err(Stop::error(
            "the dump is not part of this terminal; kubectl get and kubectl describe show the same objects one by one",
        ));
    }
    let mut ask = client::known(args, Ask::List, "", "v1", "services", "kube-system", "");
    ask.options.label_selector = "kubernetes.io/cluster-service=true".to_string();
    let list = io.fetch(ask)?;
    let config = &io.session.config;
    let server =
        config.contexts.get(&config.current).and_then(|context| config.clusters.get(&context.cluster)).cloned().unwrap_or_default();
    io.out(format!("Kubernetes control plane is running at {server}\n"));
    for service in list.get("items").items() {
        io.out(line(&server, service));
    }
    io.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n");
    Ok(0)
}

/// `CoreDNS is running at https://…/api/v1/namespaces/kube-system/services/kube-dns:dns/proxy`
fn line(server: &str, service: &Tree) -> String {
    let meta = service.get("metadata");
    let (name, place) = (meta.get("name").text(), meta.get("namespace").text());
    let shown = match meta.at(&["labels", "kubernetes.io/name"]).text() {
        "" => name,
        label => label,
    };
    let port = service.at(&["spec", "ports"]).items().first().map_or("", |port| port.get("name").text());
    let end = if port.is_empty() { String::new() } else { format!(":{port}") };
    format!("{shown} is running at {server}/api/v1/namespaces/{place}/services/{name}{end}/proxy\n")
}

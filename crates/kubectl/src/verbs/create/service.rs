//! `create service clusterip|nodeport|loadbalancer|externalname`.
use super::Verb;
use super::parts::{generated, name, post, required};
use crate::args::{Args, Flag, Takes, flag};
use crate::job::{Io, Stop};
use objects::{Map, Tree, map};

const TCP: Flag = flag("tcp", '\0', Takes::List, "", "Port pairs can be specified as '<port>:<targetPort>'.");

pub const SERVICE: Verb = Verb {
    name: "service",
    aliases: &["svc"],
    short: "Create a service using a specified subcommand",
    usage: "kubectl create service [flags] [options]",
    examples: "",
    flags: &[],
    subs: &[
        Verb {
            name: "clusterip",
            aliases: &[],
            short: "Create a ClusterIP service",
            usage: "kubectl create service clusterip NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none] [options]",
            examples: "  # Create a new ClusterIP service named my-cs\n  kubectl create service clusterip my-cs --tcp=5678:8080",
            flags: generated![
                TCP,
                flag(
                    "clusterip",
                    '\0',
                    Takes::Text,
                    "",
                    "Assign your own ClusterIP or set to 'None' for a 'headless' service (no loadbalancing).",
                ),
            ],
            subs: &[],
            run: cluster_ip,
        },
        Verb {
            name: "externalname",
            aliases: &[],
            short: "Create an ExternalName service",
            usage: "kubectl create service externalname NAME --external-name external.name [--dry-run=server|client|none] [options]",
            examples: "",
            flags: generated![TCP, flag("external-name", '\0', Takes::Text, "", "External name of service"),],
            subs: &[],
            run: external_name,
        },
        Verb {
            name: "loadbalancer",
            aliases: &[],
            short: "Create a LoadBalancer service",
            usage: "kubectl create service loadbalancer NAME [--tcp=port:targetPort] [--dry-run=server|client|none] [options]",
            examples: "",
            flags: generated![TCP],
            subs: &[],
            run: load_balancer,
        },
        Verb {
            name: "nodeport",
            aliases: &[],
            short: "Create a NodePort service",
            usage: "kubectl create service nodeport NAME [--tcp=port:targetPort] [--dry-run=server|client|none] [options]",
            examples: "",
            flags: generated![TCP, flag("node-port", '\0', Takes::Int, "0", "Port used to expose the service on each node in a cluster."),],
            subs: &[],
            run: node_port,
        },
    ],
    run: which,
};

fn which(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    match args.words.first() {
        Some(word) => Err(Stop::error(format!("unknown command \"{word}\"\nSee 'kubectl create service -h' for help and examples"))),
        None => crate::verbs::group(args, io),
    }
}

/// A port as Go reads an unsigned number of 31 bits.
fn number(text: &str) -> Result<i64, Stop> {
    let wrong = |why: &str| Stop::error(format!("strconv.ParseUint: parsing \"{text}\": {why}"));
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(wrong("invalid syntax"));
    }
    text.parse::<i64>().ok().filter(|number| *number < 1 << 31).ok_or_else(|| wrong("value out of range"))
}

/// `80:8080` -> port 80 to 8080 (or to a named port), called `80-8080`.
fn port(pair: &str, node_port: i64) -> Result<Tree, Stop> {
    let (port, target) = pair.split_once(':').unwrap_or((pair, pair));
    let number = number(port)?;
    let target = match target.parse::<i64>() {
        // A port that is its own target is not looked at.
        Ok(number) if pair.contains(':') && !(1..=65535).contains(&number) => {
            return Err(Stop::error("must be between 1 and 65535, inclusive"));
        }
        Ok(number) => Tree::Int(number),
        Err(_) => Tree::from(target),
    };
    let mut tree = map! {"name": pair.replace(':', "-"), "port": number, "protocol": "TCP", "targetPort": target};
    if node_port > 0 {
        tree.set(&["nodePort"], node_port);
    }
    Ok(tree)
}

fn build(args: &Args, io: &mut Io, kind: &str, extra: &[(&'static str, &str)]) -> Result<u8, Stop> {
    let name = name(args)?;
    let ports = args.list("tcp").iter().map(|pair| port(pair, args.int("node-port"))).collect::<Result<Vec<_>, _>>()?;
    let labels = map! {"app": name};
    let mut spec = map! {"selector": &labels, "type": kind};
    if !ports.is_empty() {
        spec.set(&["ports"], ports);
    }
    for (field, value) in extra {
        spec.set(&[field], *value);
    }
    let status = map! {"loadBalancer": Map::default()};
    let tree =
        map! {"apiVersion": "v1", "kind": "Service", "metadata": map! {"name": name, "labels": &labels}, "spec": spec, "status": status};
    post(args, io, tree, &format!("failed to create {kind} service"))
}

fn cluster_ip(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let own = args.text("clusterip");
    name(args)?;
    if args.list("tcp").is_empty() && own != "None" {
        return Err(Stop::error("at least one tcp port specifier must be provided"));
    }
    let extra = [("clusterIP", own)];
    build(args, io, "ClusterIP", if own.is_empty() { &[] } else { &extra })
}

fn node_port(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    required_port(args)?;
    build(args, io, "NodePort", &[])
}

fn load_balancer(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    required_port(args)?;
    build(args, io, "LoadBalancer", &[])
}

fn required_port(args: &Args) -> Result<(), Stop> {
    name(args)?;
    if args.list("tcp").is_empty() { Err(Stop::error("at least one tcp port specifier must be provided")) } else { Ok(()) }
}

fn external_name(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    required(args, &["external-name"])?;
    let outside = args.text("external-name");
    if !objects::labels::names::subdomain_errors(outside.trim_end_matches('.')).is_empty() {
        return Err(Stop::error(format!("invalid service external name {outside}")));
    }
    build(args, io, "ExternalName", &[("externalName", args.text("external-name"))])
}

//! `kubectl port-forward`: looks for the Pod, then says what this terminal cannot do yet.
use crate::args::{Args, Takes, flag};
use crate::client;
use crate::job::{Io, Stop};
use crate::verbs::Verb;
use objects::wire::Verb as Ask;

pub static VERB: Verb = Verb {
    name: "port-forward",
    aliases: &[],
    short: "Forward one or more local ports to a pod",
    usage: "kubectl port-forward TYPE/NAME [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N] [options]",
    examples: "  kubectl port-forward pod/mypod 8888:5000\n",
    flags: &[
        flag("address", '\0', Takes::List, "localhost", "Addresses to listen on (comma separated)."),
        flag("pod-running-timeout", '\0', Takes::Span, "1m0s", "The length of time to wait until at least one pod is running"),
    ],
    subs: &[],
    run,
};

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let Some((target, ports)) = args.words.split_first() else {
        return Err(args.usage("TYPE/NAME and list of ports are required for port-forward"));
    };
    if ports.is_empty() {
        return Err(args.usage("TYPE/NAME and list of ports are required for port-forward"));
    }
    let (kind, name) = target.split_once('/').unwrap_or(("pods", target));
    let served = client::resolve(args, io, kind)?;
    let place = client::namespace(args, io)?;
    io.fetch(client::request(args, Ask::Get, &served, &place, name))?;
    Err(Stop::error(
        "port-forward is not there yet: this terminal has no local ports to forward from; look into the Pod with kubectl logs and kubectl exec",
    ))
}

//! `kubectl port-forward`: opens local ports of the terminal's machine that lead into a Pod.
use crate::args::{Args, Takes, flag};
use crate::client;
use crate::job::{Io, Stop};
use crate::pods;
use crate::verbs::Verb;
use objects::wire::{Request, Verb as Ask};
use objects::{Text, Tree};
use simcore::Duration;

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

/// How long it holds the terminal unless it is interrupted.
const FOREVER: Duration = Duration::mins(60 * 24 * 365);

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let Some((target, ports)) = args.words.split_first().filter(|(_, ports)| !ports.is_empty()) else {
        return Err(args.usage("TYPE/NAME and list of ports are required for port-forward"));
    };
    if args.span("pod-running-timeout").0 == 0 {
        return Err(args.usage("--pod-running-timeout must be higher than zero"));
    }
    for address in args.list("address").iter().filter(|address| *address != "localhost") {
        if address.parse::<std::net::IpAddr>().is_err() {
            return Err(Stop::error(format!("{address} is not a valid IP")));
        }
    }
    let place = client::namespace(args, io)?;
    let pick = pods::pick(args, io, target)?;
    let service = match pick.served.kind == "Service" {
        true => Some(io.fetch(client::request(args, Ask::Get, &pick.served, &place, &pick.name))?),
        false => None,
    };
    let pod = pods::one(args, io, &pick, &place, false)?;
    let mut pairs = Vec::new();
    for pair in ports {
        let (local, port) = read(&numbered(pair, service.as_ref().unwrap_or(&pod))?)?;
        pairs.push((local, service.as_ref().map_or(Ok(port), |service| target_of(service, &pod, port, &pick.name))?));
    }
    let phase = pod.at(&["status", "phase"]).text();
    if phase != "Running" {
        return Err(Stop::error(format!("unable to forward port because pod is not running. Current status={phase}")));
    }
    for (local, port) in pairs {
        open(io, &pod, local, port)?;
        io.out(format!("Forwarding from 127.0.0.1:{local} -> {port}\nForwarding from [::1]:{local} -> {port}\n"));
    }
    if !io.background {
        let until = io.now() + FOREVER;
        io.sleep_until(until)?;
    }
    Ok(0)
}

/// A pair whose remote port is a name, with the number that the Pod or the Service gives it.
fn numbered(pair: &str, object: &Tree) -> Result<String, Stop> {
    let remote = pair.rsplit(':').next().unwrap_or(pair);
    if remote.is_empty() {
        return Err(Stop::error("remote port cannot be empty"));
    }
    if remote.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(pair.to_string());
    }
    let number =
        |list: &Tree, key: &str| list.items().iter().find(|port| port.get("name").text() == remote).and_then(|port| port.get(key).as_int());
    let name = object.at(&["metadata", "name"]).text();
    let (kind, found) = match object.get("kind").text() {
        "Pod" => ("Pod", object.at(&["spec", "containers"]).items().iter().find_map(|one| number(one.get("ports"), "containerPort"))),
        _ => ("Service", number(object.at(&["spec", "ports"]), "port")),
    };
    let found = found.ok_or_else(|| Stop::error(format!("{kind} '{name}' does not have a named port '{remote}'")))?;
    let local = pair.strip_suffix(remote).unwrap_or_default();
    // Alone, the name gives the local port, too.
    Ok(format!("{local}{found}"))
}

/// `8080:80`, `80`, `:80` (any local port).
fn read(pair: &str) -> Result<(u16, u16), Stop> {
    let (local, remote) = pair.split_once(':').unwrap_or((pair, pair));
    let number = |which: &str, word: &str| {
        word.parse::<u16>().map_err(|_| {
            let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
            let why = if digits { "value out of range" } else { "invalid syntax" };
            Stop::error(format!("error parsing {which} port '{word}': strconv.ParseUint: parsing {word:?}: {why}"))
        })
    };
    let own = if local.is_empty() { 0 } else { number("local", local)? };
    let remote = number("remote", remote)?;
    if remote == 0 {
        return Err(Stop::error("remote port must be > 0"));
    }
    Ok((if own == 0 { 40_000 + remote % 20_000 } else { own }, remote))
}

/// The port of a Pod behind a Service's port; a headless Service's ports are its Pods' own.
fn target_of(service: &Tree, pod: &Tree, port: u16, name: &str) -> Result<u16, Stop> {
    let found = service.at(&["spec", "ports"]).items().iter().find(|known| known.get("port").as_int() == Some(i64::from(port)));
    let found = found.ok_or_else(|| Stop::error(format!("Service {name} does not have a service port {port}")))?;
    let target = found.get("targetPort");
    if service.at(&["spec", "clusterIP"]).text() == "None" || target.is_null() {
        return Ok(port);
    }
    let containers = pod.at(&["spec", "containers"]).items().iter().flat_map(|container| container.get("ports").items());
    let number = target
        .as_int()
        .or_else(|| containers.filter(|one| one.get("name").text() == target.text()).find_map(|one| one.get("containerPort").as_int()));
    number.and_then(|number| u16::try_from(number).ok()).ok_or_else(|| {
        let pod = pod.at(&["metadata", "name"]).text();
        Stop::error(format!("Pod '{pod}' does not have a named port '{}'", target.text()))
    })
}

/// Asks the terminal's machine for the port.
fn open(io: &mut Io, pod: &Tree, local: u16, port: u16) -> Result<(), Stop> {
    let mut request = Request::path(Text::new_static("forward"));
    let words = [
        ("pod", Text::new(pod.at(&["metadata", "uid"]).text())),
        ("node", Text::new(pod.at(&["spec", "nodeName"]).text())),
        ("local", Text::from(local.to_string())),
        ("port", Text::from(port.to_string())),
        ("background", Text::new_static(if io.background { "true" } else { "false" })),
    ];
    request.options.other = words.into_iter().map(|(name, value)| (Text::new_static(name), value)).collect();
    let response = io.send_unwarned(request)?;
    if response.is_ok() {
        return Ok(());
    }
    io.err(format!(
        "Unable to listen on port {local}: Listeners failed to create with the following errors: [unable to create listener: Error \
         listen tcp4 127.0.0.1:{local}: bind: address already in use unable to create listener: Error listen tcp6 [::1]:{local}: bind: \
         address already in use]\n"
    ));
    Err(Stop::error(format!("unable to listen on any of the requested ports: [{{{local} {port}}}]")))
}

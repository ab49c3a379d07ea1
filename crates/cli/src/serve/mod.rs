//! `kubarium serve`: the same API server over HTTP on loopback, for real clients.
mod door;
mod engine;
mod kubeconfig;
mod ports;
mod protobuf;
mod stream;
mod streams;
mod web;

use clap::{Arg, ArgAction, ArgMatches, Command};
use cluster::{Choices, Topology};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

pub fn command() -> Command {
    let number = |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name("N").default_value(value);
    let word = |name: &'static str| Arg::new(name).long(name).value_name("NAME");
    Command::new("serve")
        .about("Serve the cluster over HTTP on loopback, so that kubectl and other clients can drive it")
        .arg(
            Arg::new("listen")
                .long("listen")
                .value_name("ADDRESS")
                .default_value("127.0.0.1:8001")
                .help("Loopback address and port; port 0 takes a free one"),
        )
        .arg(Arg::new("kubeconfig").long("kubeconfig").value_name("FILE").help("Write a kubeconfig for this server to FILE"))
        .arg(
            Arg::new("node-ports")
                .long("node-ports")
                .action(ArgAction::SetTrue)
                .help("Answer the Services' node ports on 127.0.0.1, so that a real curl reaches a simulated Pod"),
        )
        .arg(number("speed", "1").value_parser(clap::value_parser!(f64)).help("Virtual seconds in a real one"))
        .arg(number("seed", "1").value_parser(clap::value_parser!(u64)).help("What chance depends on"))
        .arg(number("nodes", "3").value_parser(clap::value_parser!(u32).range(0..=500)).help("Workers"))
        .arg(word("preset").default_value("kubeadm").help("Cluster: kubeadm, kubeadm-ha, k3s, k3s-ha, managed, gke, eks, aks, …"))
        .arg(word("network").help("Network plugin: calico (the default), flannel, or none to install one yourself"))
        .arg(word("proxy").help("kube-proxy's mode: iptables (the default), nftables, ipvs"))
        .arg(word("load-balancer").help("Who gives Services of type LoadBalancer addresses: cloud, metallb, servicelb; nobody without it"))
}

/// Exit code 0 after Ctrl+C or SIGTERM; 1 when it cannot serve, with the reason in words.
pub fn run(arguments: &ArgMatches) -> ExitCode {
    match prepare(arguments).and_then(serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("kubarium serve: {words}");
            ExitCode::FAILURE
        }
    }
}

/// What the arguments say.
struct Plan {
    listen: SocketAddr,
    kubeconfig: Option<PathBuf>,
    node_ports: bool,
    settings: engine::Settings,
}

fn prepare(arguments: &ArgMatches) -> Result<Plan, String> {
    let text = arguments.get_one::<String>("listen").map_or("", String::as_str);
    let listen: SocketAddr = text.parse().map_err(|_| format!("\"{text}\" is no address and port, such as 127.0.0.1:8001"))?;
    if !listen.ip().is_loopback() {
        return Err(format!(
            "{listen} is not loopback: anyone on the network could drive this cluster, so only 127.0.0.1 and [::1] are served"
        ));
    }
    let speed = arguments.get_one::<f64>("speed").copied().unwrap_or(1.0);
    if !(0.0..=10_000.0).contains(&speed) {
        return Err("--speed must lie between 0 and 10000".to_string());
    }
    let seed = arguments.get_one::<u64>("seed").copied().unwrap_or(1);
    let nodes = arguments.get_one::<u32>("nodes").copied().unwrap_or(3) as usize;
    let kubeconfig = arguments.get_one::<String>("kubeconfig").map(PathBuf::from);
    let node_ports = arguments.get_flag("node-ports");
    let word = |name: &str| arguments.get_one::<String>(name).cloned().unwrap_or_default();
    let preset = word("preset");
    let mut topology = Topology::preset(&preset, nodes).ok_or_else(|| format!("there is no preset \"{preset}\""))?;
    Choices { network: word("network"), proxy: word("proxy"), load_balancer: word("load-balancer"), version: String::new() }
        .put(&mut topology)?;
    Ok(Plan { listen, kubeconfig, node_ports, settings: engine::Settings { speed, seed, topology } })
}

fn serve(plan: Plan) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|error| error.to_string())?;
    let outcome = runtime.block_on(open(plan));
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    outcome
}

async fn open(plan: Plan) -> Result<(), String> {
    let listener = tokio::net::TcpListener::bind(plan.listen).await.map_err(|error| busy(plan.listen, &error))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let (workers, speed) = (plan.settings.topology.workers.len(), plan.settings.speed);
    let orders = engine::start(plan.settings).map_err(|error| error.to_string())?;
    if let Some(file) = &plan.kubeconfig {
        kubeconfig::write(file, address)?;
        println!("Wrote {} (context \"kubarium\"): kubectl --kubeconfig {} get nodes", file.display(), file.display());
    }
    println!("Serving on http://{address} ({workers} workers, {speed} times real time); Ctrl+C ends it");
    if speed != 1.0 {
        println!("At this speed the ages in `kubectl describe` are wrong: kubectl reckons them from this machine's clock");
    }
    tokio::select! {
        () = door::accept(listener, orders.clone()) => Ok(()),
        () = ports::keep_open(orders), if plan.node_ports => Ok(()),
        words = ended() => words.map(|()| println!("Ended.")),
    }
}

fn busy(address: SocketAddr, error: &std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::AddrInUse {
        let port = address.port();
        return format!(
            "port {port} is taken by another program; end that one, or take another port with --listen 127.0.0.1:{}",
            port.wrapping_add(1).max(1024)
        );
    }
    format!("cannot listen on {address}: {error}")
}

/// Comes back on Ctrl+C or SIGTERM.
async fn ended() -> Result<(), String> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

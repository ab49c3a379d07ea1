//! `kubarium bench`: the engine's numbers beside their goals, each measured in a process of its own.
use clap::{Arg, ArgAction, ArgMatches, Command};
use cluster::input::{Input, TrafficSpec};
use cluster::{Caller, Topology, World};
use objects::views::Pod;
use objects::wire::{PatchKind, Request, Verb};
use objects::{Tree, kinds, list, map};
use serde_json::{Map, Value, json};
use simcore::{Duration, Time};
use std::process::ExitCode;

/// One row: what is measured, and what it should stay below (milliseconds, MiB; 0 for no goal).
struct Row {
    name: &'static str,
    about: &'static str,
    goal_ms: f64,
    goal_mib: f64,
    pods: usize,
    run: fn() -> Measured,
}

/// What one row came to.
struct Measured {
    cpu_ms: f64,
    wall_ms: f64,
    simulated: Duration,
    steps: u64,
    /// Whether what was waited for came true.
    arrived: bool,
}

static ROWS: &[Row] = &[
    Row { name: "boot", about: "3 Ready nodes with system Pods", goal_ms: 20.0, goal_mib: 0.0, pods: 0, run: || boot("kubeadm", 3, 4) },
    Row {
        name: "boot-kubeadm-ha",
        about: "three control planes and a worker",
        goal_ms: 50.0,
        goal_mib: 0.0,
        pods: 0,
        run: || boot("kubeadm-ha", 1, 4),
    },
    Row {
        name: "boot-k3s",
        about: "a K3s server and an agent, installed line by line",
        goal_ms: 50.0,
        goal_mib: 0.0,
        pods: 0,
        run: || boot("k3s", 1, 2),
    },
    Row {
        name: "boot-k3s-ha",
        about: "three K3s servers and an agent, installed line by line",
        goal_ms: 50.0,
        goal_mib: 0.0,
        pods: 0,
        run: || boot("k3s-ha", 1, 4),
    },
    Row { name: "deploy-100", about: "Deployment of 100 Ready", goal_ms: 30.0, goal_mib: 0.0, pods: 100, run: || deploy(3, 100) },
    Row { name: "roll-100", about: "rolling update of 100", goal_ms: 100.0, goal_mib: 0.0, pods: 100, run: roll },
    Row { name: "pods-1000", about: "1,000 Pods on 10 nodes", goal_ms: 500.0, goal_mib: 30.0, pods: 1_000, run: || deploy(10, 1_000) },
    Row {
        name: "pods-10000",
        about: "10,000 Pods on 100 nodes",
        goal_ms: 8_000.0,
        goal_mib: 250.0,
        pods: 10_000,
        run: || deploy(100, 10_000),
    },
    Row {
        name: "traffic-1000",
        about: "10 s of 1,000 requests per second to 100 Pods",
        goal_ms: 150.0,
        goal_mib: 0.0,
        pods: 100,
        run: traffic,
    },
    Row {
        name: "gateway-1000",
        about: "10 s of 1,000 requests per second through a Gateway to 100 Pods",
        goal_ms: 150.0,
        goal_mib: 0.0,
        pods: 100,
        run: gateway,
    },
    Row { name: "idle-10min", about: "10 simulated minutes, small idle cluster", goal_ms: 20.0, goal_mib: 0.0, pods: 0, run: idle },
    Row {
        name: "members-30min",
        about: "30 simulated minutes of an idle cluster with three control planes",
        goal_ms: 200.0,
        goal_mib: 0.0,
        pods: 0,
        run: idle_control_planes,
    },
    Row {
        name: "etcd-30min",
        about: "30 simulated minutes, three idle etcd members",
        goal_ms: 100.0,
        goal_mib: 0.0,
        pods: 0,
        run: idle_members,
    },
];

pub fn command() -> Command {
    Command::new("bench")
        .about("Measure the engine: CPU time, memory, events")
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("As JSON"))
        .arg(Arg::new("only").long("only").value_name("NAME").help("One row, measured in this very process"))
}

/// Exit code 1 when a row does not exist or did not come to its end.
pub fn run(arguments: &ArgMatches) -> ExitCode {
    let as_json = arguments.get_flag("json");
    let mut all = Map::new();
    if !as_json {
        println!(
            "{:<12} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10} {:>12} {:>9}   goal",
            "row", "cpu ms", "wall ms", "peak MiB", "heap MiB", "events", "events/s", "simulated s", "us/Pod"
        );
    }
    for row in ROWS {
        let found = match arguments.get_one::<String>("only") {
            Some(only) if only == row.name => measure(row),
            Some(_) => continue,
            None => in_own_process(row.name),
        };
        let found = found.unwrap_or_else(|words| json!({"error": words}));
        if !as_json {
            println!("{}", line(row, &found));
        }
        all.insert(row.name.to_string(), found);
    }
    let complete = !all.is_empty() && all.values().all(|one| one["arrived"] == json!(true));
    if as_json {
        println!("{}", Value::Object(all));
    }
    if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn measure(row: &Row) -> Result<Value, String> {
    let found = (row.run)();
    let peak = status_kib("VmHWM:").ok_or("this system tells no peak memory (/proc/self/status)")? as f64 / 1024.0;
    // The pages of the program's own file are no part of the cluster; they only grow, so the present ones are all.
    let heap = peak - status_kib("RssFile:").unwrap_or(0) as f64 / 1024.0;
    Ok(json!({
        "cpu_ms": round(found.cpu_ms), "wall_ms": round(found.wall_ms), "peak_mib": round(peak), "heap_mib": round(heap),
        "simulated_ms": found.simulated.as_millis(), "steps": found.steps, "arrived": found.arrived,
    }))
}

fn in_own_process(name: &str) -> Result<Value, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = std::process::Command::new(this).args(["bench", "--json", "--only", name]).output().map_err(|error| error.to_string())?;
    let parsed: Value = serde_json::from_slice(&output.stdout).map_err(|_| {
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        format!("{} {}", output.status, complaint.lines().find(|line| !line.trim().is_empty()).unwrap_or_default())
    })?;
    Ok(parsed[name].clone())
}

fn line(row: &Row, found: &Value) -> String {
    if let Some(words) = found["error"].as_str() {
        return format!("{:<12} broke off: {words}", row.name);
    }
    let number = |field: &str| found[field].as_f64().unwrap_or(0.0);
    let (cpu, steps) = (number("cpu_ms"), number("steps"));
    let per_second = steps / (cpu / 1000.0).max(0.000_001);
    let per_pod = if row.pods == 0 { String::new() } else { format!("{:.0}", cpu * 1000.0 / row.pods as f64) };
    let memory = if row.goal_mib > 0.0 { format!(", < {} MiB of heap", row.goal_mib) } else { String::new() };
    let missed = if found["arrived"] == json!(true) { "" } else { "   NOT REACHED" };
    format!(
        "{:<12} {cpu:>9.1} {:>9.1} {:>9.1} {:>9.1} {steps:>9.0} {per_second:>10.0} {:>12.1} {per_pod:>9}   < {} ms{memory} ({}){missed}",
        row.name,
        number("wall_ms"),
        number("peak_mib"),
        number("heap_mib"),
        number("simulated_ms") / 1000.0,
        row.goal_ms,
        row.about,
    )
}

fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// Runs `work` on a world until `done` or the limit, and measures it.
fn timed(world: &mut World, limit: Duration, done: impl Fn(&World) -> bool, work: impl FnOnce(&mut World)) -> Measured {
    let (steps, began) = (world.steps(), world.now());
    let clock = Stopwatch::start();
    work(world);
    let arrived = world.run_while(began + limit, on_change(done));
    let (cpu_ms, wall_ms) = clock.stop();
    Measured { cpu_ms, wall_ms, simulated: world.now().since(began), steps: world.steps() - steps, arrived }
}

/// Looks only when something was written, so that looking is no part of what is measured.
fn on_change(done: impl Fn(&World) -> bool) -> impl FnMut(&World) -> bool {
    let mut seen = 0;
    move |world| {
        let revision = world.api.store.applied().revision();
        std::mem::replace(&mut seen, revision) != revision && done(world)
    }
}

fn boot(preset: &str, workers: usize, nodes: usize) -> Measured {
    let clock = Stopwatch::start();
    let topology = Topology::preset(preset, workers).unwrap_or_else(|| Topology::kubeadm(workers));
    let mut world = World::boot(&topology, 1, Vec::new());
    let limit = world.now() + Duration::mins(5);
    let arrived = world.run_while(limit, on_change(move |world| settled(world, nodes)));
    let (cpu_ms, wall_ms) = clock.stop();
    Measured { cpu_ms, wall_ms, simulated: world.now().since(Time::START), steps: world.steps(), arrived }
}

/// How many Pods show the control plane's processes: etcd, API server, controller manager, scheduler.
const SYSTEM_PODS: usize = 4;

/// All nodes Ready, and the system's Pods there and Ready.
fn settled(world: &World, nodes: usize) -> bool {
    let view = world.api.store.applied();
    let is_ready = |node: &Tree| {
        let conditions = node.at(&["status", "conditions"]).items();
        conditions.iter().any(|one| one.get("type").text() == "Ready" && one.get("status").text() == "True")
    };
    view.len(kinds::NODE) == nodes
        && view.list(kinds::NODE).all(|node| is_ready(&node.tree))
        && view.len(kinds::POD) >= SYSTEM_PODS
        && view.list(kinds::POD).all(|pod| Pod(&pod.tree).is_ready())
}

fn booted(workers: usize) -> World {
    let mut world = World::boot(&Topology::kubeadm(workers), 1, Vec::new());
    world.run_while(Time::START + Duration::mins(5), on_change(|world| settled(world, workers + 1)));
    world.run_until(world.now() + Duration::secs(30));
    world
}

fn deployment(replicas: usize) -> Tree {
    let labels = || map! {"app": "web"};
    let container = map! {"name": "web", "image": "nginx:1.27"};
    let template = map! {"metadata": map! {"labels": labels()}, "spec": map! {"containers": list![container]}};
    let spec = map! {"replicas": replicas, "selector": map! {"matchLabels": labels()}, "template": template};
    map! {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map! {"name": "web", "namespace": "default"}, "spec": spec}
}

fn send(world: &mut World, request: &Request) {
    world.submit(Caller::Client, apiserver::client::Ticket(1), request);
}

fn create(world: &mut World, replicas: usize) {
    send(world, &Request::about(Verb::Create, kinds::DEPLOYMENT, "default", "").body(deployment(replicas)));
}

/// Whether the Deployment says that all are updated and available, and nothing old is left.
fn complete(world: &World, replicas: i64) -> bool {
    let Some(found) = world.api.store.applied().find(kinds::DEPLOYMENT, "default", "web") else { return false };
    let count = |field: &str| found.status().get(field).int_or(0);
    let all = ["replicas", "updatedReplicas", "availableReplicas"].iter().all(|field| count(field) == replicas);
    all && count("observedGeneration") == found.generation()
}

fn generation(world: &World) -> i64 {
    world.api.store.applied().find(kinds::DEPLOYMENT, "default", "web").map_or(0, |found| found.generation())
}

fn deploy(workers: usize, replicas: usize) -> Measured {
    let mut world = booted(workers);
    timed(&mut world, Duration::mins(60), |world| complete(world, replicas as i64), |world| create(world, replicas))
}

fn roll() -> Measured {
    let mut world = booted(3);
    create(&mut world, 100);
    world.run_while(Time::START + Duration::mins(20), on_change(|world| complete(world, 100)));
    world.run_until(world.now() + Duration::secs(10));
    let container = map! {"name": "web", "image": "nginx:1.28"};
    let patch = map! {"spec": map! {"template": map! {"spec": map! {"containers": list![container]}}}};
    let request = Request::about(Verb::Patch(PatchKind::Strategic), kinds::DEPLOYMENT, "default", "web").body(patch);
    let before = generation(&world);
    let done = move |world: &World| generation(world) > before && complete(world, 100);
    timed(&mut world, Duration::mins(20), done, |world| send(world, &request))
}

/// 1,000 requests per second from Pods to a Service with 100 endpoints, by its name; less than 15 microseconds each.
fn traffic() -> Measured {
    let mut world = booted(3);
    create(&mut world, 100);
    let port = map! {"port": 80, "targetPort": 80};
    let service = map! {
        "apiVersion": "v1", "kind": "Service", "metadata": map! {"name": "web", "namespace": "default"},
        "spec": map! {"selector": map! {"app": "web"}, "ports": list![port]},
    };
    send(&mut world, &Request::about(Verb::Create, kinds::SERVICE, "default", "").body(service));
    world.run_while(Time::START + Duration::mins(20), on_change(|world| complete(world, 100)));
    world.run_until(world.now() + Duration::secs(10));
    many(
        &mut world,
        TrafficSpec { id: "users".into(), to: "svc/web:80".into(), from: "app=web".into(), rps: 1_000, ..TrafficSpec::default() },
    )
}

/// Ten seconds of a source.
fn many(world: &mut World, users: TrafficSpec) -> Measured {
    let end = world.now() + Duration::secs(10);
    let mut found = timed(
        world,
        Duration::secs(1),
        |_| true,
        |world| {
            world.input(&Input::Traffic { sources: vec![users], gone: Vec::new() });
            world.run_until(end);
        },
    );
    let answered = world.traffic().source("users").map_or(0, |source| source.tally.ok);
    found.arrived = (9_000..=11_000).contains(&answered);
    found
}

/// A Service, a Gateway, and a route with a match on headers before the one for everybody.
const FRONT: &str = "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front}
spec: {gatewayClassName: kubarium, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{name: front}]
  rules:
  - matches: [{headers: [{name: x-beta, value: 'yes'}]}]
    backendRefs: [{name: web, port: 80}]
  - backendRefs: [{name: web, port: 80, weight: 90}, {name: web, port: 80, weight: 10}]
";

/// 1,000 requests per second from people outside, by a node port, through the gateway's Pod to 100 endpoints.
fn gateway() -> Measured {
    let topology = Topology { gateway_controller: true, ..Topology::kubeadm(3) };
    let mut world = World::boot(&topology, 1, vec![("front.yaml".to_string(), FRONT.to_string())]);
    world.run_until(Time::START + Duration::secs(30));
    create(&mut world, 100);
    world.type_line("kubectl apply -f front.yaml");
    world.run_while(Time::START + Duration::mins(20), on_change(|world| complete(world, 100)));
    world.run_until(world.now() + Duration::secs(20));
    many(&mut world, TrafficSpec { id: "users".into(), to: "http://worker-1:31080/".into(), rps: 1_000, ..TrafficSpec::default() })
}

fn idle() -> Measured {
    let mut world = booted(3);
    let end = world.now() + Duration::mins(10);
    timed(&mut world, Duration::mins(11), |world| world.now() >= end, |world| world.run_until(end))
}

/// Three control planes: members' heartbeats beside the leases of all components.
fn idle_control_planes() -> Measured {
    let topology = Topology::kubeadm_ha(0);
    let mut world = World::boot(&topology, 1, Vec::new());
    world.run_until(world.now() + Duration::secs(30));
    let end = world.now() + Duration::mins(30);
    timed(&mut world, Duration::mins(31), |world| world.now() >= end, |world| world.run_until(end))
}

/// Three members of etcd, alone: elections, heartbeats and nothing else.
fn idle_members() -> Measured {
    let mut members = etcd::sim::Cluster::new(1, 3, etcd::raft::Timing::default());
    let clock = Stopwatch::start();
    let simulated = Duration::mins(30);
    members.run_until(Time::START + simulated);
    let (cpu_ms, wall_ms) = clock.stop();
    Measured { cpu_ms, wall_ms, simulated, steps: members.steps, arrived: members.leader().is_some() }
}

/// Measures this process: its time on a CPU, and the clock on the wall.
struct Stopwatch {
    wall: std::time::Instant,
    cpu: Option<f64>,
}

impl Stopwatch {
    #[allow(clippy::disallowed_methods, reason = "a benchmark stands above the simulation and measures real time")]
    fn start() -> Stopwatch {
        Stopwatch { wall: std::time::Instant::now(), cpu: cpu_ms() }
    }

    /// CPU milliseconds (the wall's where the system does not tell) and wall milliseconds.
    fn stop(self) -> (f64, f64) {
        let wall = self.wall.elapsed().as_secs_f64() * 1000.0;
        let cpu = self.cpu.zip(cpu_ms()).map_or(wall, |(before, after)| after - before);
        (cpu, wall)
    }
}

/// Milliseconds that this thread has run on a CPU.
fn cpu_ms() -> Option<f64> {
    // The kernel brings the number up to date when it switches; without that it may be some milliseconds old.
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse::<f64>().ok().map(|nanos| nanos / 1e6)
}

fn status_kib(field: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    text.lines().find_map(|line| line.strip_prefix(field)?.split_whitespace().next()?.parse().ok())
}

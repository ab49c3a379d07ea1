//! Plays a section in a cluster that has just settled, and compares what is printed with what is written.
use super::normal::Normal;
use super::read::{Act, Section, Step};
use cluster::input::Fault;
use cluster::{Topology, World};
use hosts::truth::{Bench, plain};
use simcore::{Duration, Time};

/// The cluster has come to rest by then.
const AGE: Duration = Duration::mins(2);
/// The longest that a command may take.
const PATIENCE: Duration = Duration::mins(5);
/// A learner needs a moment between two commands.
const MOMENT: Duration = Duration::millis(300);
const SEED: u64 = 1;

/// What each step printed, in order.
pub fn section(section: &Section) -> Vec<String> {
    if !section.hosts.is_empty() {
        return on_hosts(section);
    }
    let given = |wanted: &str| section.settings.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_str());
    let count = given("workers").and_then(|number| number.parse().ok()).unwrap_or(3);
    let mut topology = given("preset").and_then(|name| Topology::preset(name, count)).unwrap_or_else(|| Topology::kubeadm(count));
    for (key, value) in &section.settings {
        set(&mut topology, key, value);
    }
    let mut world = World::boot(&topology, SEED, section.files.clone());
    world.run_until(Time::START + AGE);
    section.steps.iter().map(|step| act(&mut world, &step.act)).collect()
}

/// A section on bare servers.
fn on_hosts(section: &Section) -> Vec<String> {
    let mut bench = Bench::default();
    for host in &section.hosts {
        if let Err(words) = bench.add(host) {
            eprintln!("error: {words}");
        }
    }
    section.files.iter().for_each(|(name, text)| bench.write(name, text));
    let act = |step: &Step| match &step.act {
        Act::Type(line) => bench.type_line(line),
        Act::Pass(seconds) => {
            bench.pass(Duration::millis((seconds * 1000.0) as u64));
            String::new()
        }
        Act::Fault(words) => bench.deed(words).err().map_or(String::new(), |words| format!("{words}\n")),
    };
    section.steps.iter().map(act).collect()
}

fn set(topology: &mut Topology, key: &str, value: &str) {
    match (key, value) {
        ("gateway-controller", "yes") => topology.gateway_controller = true,
        ("ingress-controller", "yes") => topology.ingress_controller = true,
        ("version", _) => topology.version = value.to_string(),
        // The preset was asked for so many workers.
        ("preset" | "workers", _) => {}
        _ => {
            if let Err(words) = topology.choose(key, value) {
                eprintln!("error: {words}");
            }
        }
    }
}

fn act(world: &mut World, act: &Act) -> String {
    match act {
        Act::Type(line) => typed(world, line),
        Act::Pass(seconds) => {
            world.run_until(world.now() + Duration::millis((seconds * 1000.0) as u64));
            String::new()
        }
        Act::Fault(words) => match fault(words).map(|fault| world.fault(&fault)) {
            Some(Ok(_)) => String::new(),
            Some(Err(why)) => format!("{why}\n"),
            None => format!("the fault \"{words}\" is unknown\n"),
        },
    }
}

fn typed(world: &mut World, line: &str) -> String {
    let before = world.terminal.printed.len();
    world.type_line(line);
    let limit = world.now() + PATIENCE;
    if !world.run_while(limit, |world| !world.busy()) {
        world.interrupt();
    }
    let text = world.terminal.printed[before..].iter().map(|chunk| chunk.text.as_str()).collect();
    world.run_until(world.now() + MOMENT);
    text
}

fn fault(words: &str) -> Option<Fault> {
    let (deed, name) = words.split_once(' ').unwrap_or((words, ""));
    let name = name.to_string();
    Some(match deed {
        "stop-node" => Fault::StopNode { node: name },
        "start-node" => Fault::StartNode { node: name },
        "cut-node" => Fault::CutNode { node: name },
        "mend-node" => Fault::MendNode { node: name },
        "stop" => Fault::StopComponent { component: name },
        "start" => Fault::StartComponent { component: name },
        "kill-component" => Fault::KillComponent { component: name },
        "path-mtu" => {
            let words: Vec<&str> = name.split_whitespace().collect();
            let [one, other, bytes] = words[..] else { return None };
            Fault::PathMtu { one: one.into(), other: other.into(), bytes: bytes.parse().ok()? }
        }
        "crash-etcd" => Fault::CrashEtcd { member: name },
        "cut-etcd" => Fault::CutEtcd { member: name, cut: true },
        "mend-etcd" => Fault::CutEtcd { member: name, cut: false },
        "lose-etcd-data" => Fault::LoseEtcdData { member: name },
        "upgrade-control-plane" => Fault::UpgradeControlPlane { version: name },
        "upgrade-node" => Fault::UpgradeNode { node: name },
        "kill" => Fault::KillContainer { pod: name, container: String::new() },
        _ => return None,
    })
}

/// What differs, with `-` before what is written and `+` before what was printed; `None` where nothing does.
pub fn difference(step: &Step, said: &str, bare: bool) -> Option<String> {
    let normal = |text: &str| Normal::default().of(&if bare { plain(text) } else { text.to_string() });
    let (wanted, got) = (normal(&step.expected), normal(said));
    if wanted == got {
        return None;
    }
    let marked = |mark: &str, text: &str| text.lines().map(|line| format!("    {mark} {line}\n")).collect::<String>();
    Some(format!("  {:?}\n{}{}", step.act, marked("-", &wanted), marked("+", &got)))
}

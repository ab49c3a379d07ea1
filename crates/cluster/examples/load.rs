//! Times a Deployment of N Pods on M nodes: `cargo run --release -p cluster --example load -- N M [deploy|session]`.
#![allow(clippy::disallowed_methods, reason = "a benchmark looks at the real clock")]
use cluster::input::Input;
use cluster::{Session, Topology, World};
use objects::kinds;
use simcore::{Duration, Time};
use std::time::Instant;

/// As the Deployment tells it: looking at every Pod would be part of what is measured.
fn ready(world: &World) -> usize {
    let found =
        world.api.store.applied().find(kinds::DEPLOYMENT, "default", "web").map(|kept| kept.status().get("readyReplicas").int_or(0));
    found.unwrap_or(0) as usize
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|text| text.parse::<usize>().ok());
    let (pods, nodes) = (numbers.next().unwrap_or(100), numbers.next().unwrap_or(3));
    if std::env::args().any(|word| word == "session") {
        return with_a_past(pods, nodes);
    }
    let clock = Instant::now();
    let mut world = World::boot(&Topology::kubeadm(nodes), 1, Vec::new());
    world.run_until(Time::START + Duration::secs(20));
    println!("boot {:?} ({} events)", clock.elapsed(), world.steps());
    let clock = Instant::now();
    let steps = world.steps();
    world.type_line(&format!("kubectl create deployment web --image=nginx:1.27 --replicas={pods}"));
    let begun = world.now();
    while ready(&world) < pods && world.now() < begun + Duration::mins(60) {
        let until = world.now() + Duration::secs(1);
        world.run_until(until);
    }
    println!("{} ready: {:?}, {} events, {} virtual", ready(&world), clock.elapsed(), world.steps() - steps, world.now().since(begun));
    memory();
    if std::env::args().any(|word| word == "deploy") {
        return;
    }
    let clock = Instant::now();
    let steps = world.steps();
    let begun = world.now();
    world.type_line("kubectl set image deploy/web nginx=nginx:1.28");
    world.run_until(world.now() + Duration::secs(5));
    let rolled = |world: &World| {
        let deploy = world.api.store.applied().find(kinds::DEPLOYMENT, "default", "web").map(|kept| kept.tree.clone()).unwrap_or_default();
        deploy.at(&["status", "updatedReplicas"]).int_or(0) as usize == pods
            && deploy.at(&["status", "replicas"]).int_or(0) as usize == pods
            && deploy.at(&["status", "availableReplicas"]).int_or(0) as usize == pods
    };
    while !rolled(&world) && world.now() < begun + Duration::mins(60) {
        let until = world.now() + Duration::secs(1);
        world.run_until(until);
    }
    println!("rolled: {:?}, {} events, {} virtual", clock.elapsed(), world.steps() - steps, world.now().since(begun));
    let clock = Instant::now();
    let steps = world.steps();
    world.run_until(world.now() + Duration::mins(10));
    println!("idle 10 min: {:?}, {} events", clock.elapsed(), world.steps() - steps);
    memory();
}

/// The same with a past that can be sought: what the copies of the world along the way cost.
fn with_a_past(pods: usize, nodes: usize) {
    let clock = Instant::now();
    let Some(mut session) = Session::start("kubeadm", nodes, 1, Vec::new()) else { return };
    session.advance(Time::START + Duration::secs(20), usize::MAX);
    session.input(Input::Line { text: format!("kubectl create deployment web --image=nginx:1.27 --replicas={pods}") });
    while ready(&session.world) < pods && session.now() < Time::START + Duration::mins(60) {
        let until = session.now() + Duration::secs(1);
        session.advance(until, usize::MAX);
    }
    println!("{} ready with a past: {:?}, {} virtual", ready(&session.world), clock.elapsed(), session.now().since(Time::START));
    memory();
    let clock = Instant::now();
    session.seek(Time(Time::START.0.midpoint(session.now().0)));
    println!("seek to the middle: {:?}", clock.elapsed());
}

fn memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
}

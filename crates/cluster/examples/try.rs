//! Types lines into a fresh world and prints what comes back: `cargo run -p cluster --example try -- "kubectl get nodes" 30s ...`
use cluster::{Topology, World};
use simcore::{Duration, Time};

fn main() {
    let topology = Topology::kubeadm(3);
    let mut world = World::boot(&topology, 1, Vec::new());
    world.run_until(Time::START + Duration::secs(30));
    for argument in std::env::args().skip(1) {
        if let Some(seconds) = argument.strip_suffix('s').and_then(|text| text.parse::<u64>().ok()) {
            world.run_until(world.now() + Duration::secs(seconds));
            continue;
        }
        println!("$ {argument}");
        let before = world.terminal.printed.len();
        world.type_line(&argument);
        let limit = world.now() + Duration::secs(120);
        world.run_while(limit, |world| !world.busy());
        for chunk in &world.terminal.printed[before..] {
            print!("{}", chunk.text);
        }
    }
    println!("# {} events, revision {}, {} occurrences", world.steps(), world.api.store.applied().revision(), world.api.trace.len());
}

//! What the tests of the network do as a learner does: type a line, let time pass.
use cluster::World;
use simcore::Duration;

/// Types a line, waits for its end, and gives what it printed.
pub fn type_in(world: &mut World, line: &str) -> String {
    let before = world.terminal.printed.len();
    world.type_line(line);
    let limit = world.now() + Duration::secs(300);
    world.run_while(limit, |world| !world.busy());
    world.terminal.printed[before..].iter().map(|chunk| chunk.text.as_str()).collect()
}

pub fn run(world: &mut World, seconds: u64) {
    world.run_until(world.now() + Duration::secs(seconds));
}

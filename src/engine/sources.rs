//! The traffic sources as YAML: written, and judged before they take the place of those that run.
use super::manifest::problem;
use crate::protocol::Problem;
use cluster::World;
use cluster::input::{Input, TrafficSpec};
use cluster::traffic::written;

pub fn text(world: &World) -> String {
    written::write(&running(world))
}

/// What to do for a text to hold, or what is wrong with it.
pub fn judge(world: &World, text: Option<&str>) -> (Option<Input>, Vec<Problem>) {
    match text.map(written::read) {
        None => (None, Vec::new()),
        Some(Ok(sources)) => (Some(change(&running(world), sources)), Vec::new()),
        Some(Err(flaws)) => (None, flaws.into_iter().map(problem).collect()),
    }
}

/// Only what differs: a source that stays as it is goes on undisturbed.
fn change(running: &[TrafficSpec], wanted: Vec<TrafficSpec>) -> Input {
    let ends = |old: &&TrafficSpec| !wanted.iter().any(|new| new.id == old.id);
    let gone = running.iter().filter(ends).map(|old| old.id.clone()).collect();
    Input::Traffic { sources: wanted.into_iter().filter(|new| !running.contains(new)).collect(), gone }
}

fn running(world: &World) -> Vec<TrafficSpec> {
    world.traffic().sources().map(|source| (*source.spec).clone()).collect()
}

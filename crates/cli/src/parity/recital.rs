//! The performing side of `parity`: a process that performs scenarios, alone or side by side, and prints what it was told.
use super::names::Fact;
use super::perform::{self, Told};
use super::scenario::{self, Answer, Scenario};
use super::stage::{Act, Stage};
use super::starts;
use serde::{Deserialize, Serialize};
use simcore::Duration;
use std::cell::Cell;
use std::io::Write;
use std::path::Path;

/// A line between the two processes.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    Begin(String),
    Answer(Answer),
    Fact(Fact),
    Note(String),
    End,
}

/// The scenarios of a directory that were recorded side by side, each with its begin after the first one's. Empty where the
/// recording does not tell.
pub fn company(dir: &Path) -> Vec<(Scenario, Duration)> {
    let names = scenario::choose(dir, &[]).unwrap_or_default();
    let shared: Vec<Scenario> =
        names.iter().filter_map(|name| scenario::read(dir, name).ok()).filter(|scenario| !scenario.exclusive).collect();
    let begins = starts::starts(&shared.iter().collect::<Vec<_>>()).filter(|begins| begins.len() > 1).unwrap_or_default();
    shared.into_iter().zip(begins).collect()
}

/// Each in a world of its own, one after another.
pub fn alone(dir: &Path, seed: u64, names: &[String]) {
    let house = perform::house(seed);
    for name in names {
        // Printed first, so that a panic is laid to whom it belongs.
        say(&Line::Begin(name.clone()));
        match scenario::read(dir, name) {
            Ok(scenario) => {
                let stage = Stage::new(house.clone());
                let act: Act = Box::pin(async { perform::perform(&scenario, &stage, Duration::ZERO).await.into_iter().for_each(report) });
                stage.play(vec![act], || false);
            }
            Err(words) => say(&Line::Note(words)),
        }
        say(&Line::End);
    }
}

/// All that were recorded side by side in one world, each begun when it was. Those that nobody asked for are performed, too,
/// because they were there; what they answer is not told.
pub fn together(dir: &Path, seed: u64, names: &[String]) {
    let company = company(dir);
    let stage = Stage::new(perform::house(seed));
    let left = Cell::new(names.len());
    let acts = company.iter().map(|(scenario, begin)| -> Act {
        let (stage, left) = (&stage, &left);
        Box::pin(async move {
            let told = perform::perform(scenario, stage, *begin).await;
            if names.contains(&scenario.id) {
                say(&Line::Begin(scenario.id.clone()));
                told.into_iter().for_each(report);
                say(&Line::End);
                left.set(left.get() - 1);
            }
        })
    });
    stage.play(acts.collect(), || left.get() == 0);
}

fn report(told: Told) {
    say(&match told {
        Told::Answer(answer) => Line::Answer(answer),
        Told::Fact(fact) => Line::Fact(fact),
        Told::Note(note) => Line::Note(note),
    });
}

fn say(line: &Line) {
    let text = serde_json::to_string(line).unwrap_or_default();
    // A closed pipe means that nobody listens any more: the process then ends by itself.
    let _ = writeln!(std::io::stdout(), "{text}");
}

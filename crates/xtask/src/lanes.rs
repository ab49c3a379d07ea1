//! Runs steps on two lanes: what waits for a browser, a network or a single thread leaves the processor to another.

use crate::Outcome;
use crate::stopwatch::{self, Stopwatch};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// As many steps at once as the least of CI's machines has cores.
const LANES: usize = 2;
/// How often a person who waits hears what is still running.
const WORD: Duration = Duration::from_secs(60);

/// What a step may begin beside, and after.
pub struct Order {
    pub name: &'static str,
    /// The steps without which this one makes no sense. One that is not chosen has been done before.
    pub needs: &'static [&'static str],
    pub beside: Beside,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Beside {
    All,
    /// It builds with the profile `dev`: Cargo would let it wait for another such one.
    NoOtherDev,
    /// It measures, so nothing else may run.
    Nothing,
}

pub enum Verdict {
    Passed,
    Failed,
    Skipped(String),
}

/// Where a step stands.
pub enum Place {
    Waits,
    Runs,
    Ended(Verdict),
}

/// The first step that may begin now, or be skipped: then with the need that did not pass.
fn next(orders: &[Order], places: &[Place]) -> Option<(usize, Option<&'static str>)> {
    let place = |name: &str| orders.iter().position(|order| order.name == name).map(|index| &places[index]);
    let runs = |beside: Option<Beside>| {
        let mut running = orders.iter().zip(places).filter(|(_, place)| matches!(place, Place::Runs));
        running.any(|(order, _)| beside.is_none_or(|beside| order.beside == beside))
    };
    let free = |order: &Order| match order.beside {
        Beside::All => true,
        Beside::NoOtherDev => !runs(Some(Beside::NoOtherDev)),
        Beside::Nothing => !runs(None),
    };
    if runs(Some(Beside::Nothing)) || places.iter().filter(|place| matches!(place, Place::Runs)).count() == LANES {
        return None;
    }
    let mut waiting = orders.iter().enumerate().filter(|(index, _)| matches!(places[*index], Place::Waits));
    waiting.find_map(|(index, order)| {
        let needs = || order.needs.iter().copied().filter_map(|name| Some((name, place(name)?)));
        if let Some((name, _)) = needs().find(|(_, place)| matches!(place, Place::Ended(Verdict::Failed | Verdict::Skipped(_)))) {
            return Some((index, Some(name)));
        }
        let ready = needs().all(|(_, place)| matches!(place, Place::Ended(_)));
        (ready && free(order)).then_some((index, None))
    })
}

/// Runs all of them. `take` runs one and returns its verdict with what it has to say; it is called beside itself.
/// With `fail_fast` nothing begins after a failure, and what has not begun still waits at the end.
pub fn run(
    orders: &[Order],
    fail_fast: bool,
    take: impl Fn(usize) -> Result<(Verdict, String), String> + Sync,
) -> Result<Vec<Place>, String> {
    let mut places: Vec<Place> = orders.iter().map(|_| Place::Waits).collect();
    let (ended, endings) = mpsc::channel();
    let watch = Stopwatch::start();
    let take = &take;
    let begins = |places: &[Place]| {
        let failed = places.iter().any(|place| matches!(place, Place::Ended(Verdict::Failed)));
        if fail_fast && failed { None } else { next(orders, places) }
    };
    std::thread::scope(|scope| {
        loop {
            while let Some((index, without)) = begins(&places) {
                places[index] = match without {
                    None => {
                        let ended = ended.clone();
                        scope.spawn(move || ended.send((index, take(index))));
                        Place::Runs
                    }
                    Some(needed) => {
                        let reason = format!("\"{needed}\" did not pass");
                        println!("{}", row(orders[index].name, "skipped", &reason));
                        Place::Ended(Verdict::Skipped(reason))
                    }
                };
            }
            if places.iter().all(|place| !matches!(place, Place::Runs)) {
                return Ok(());
            }
            match endings.recv_timeout(WORD) {
                Ok((index, taken)) => {
                    let (verdict, said) = taken?;
                    println!("{said}");
                    places[index] = Place::Ended(verdict);
                }
                Err(RecvTimeoutError::Timeout) => println!("    ... {}: {}", stopwatch::words(watch.elapsed()), running(orders, &places)),
                Err(RecvTimeoutError::Disconnected) => return Err("a step was lost".to_string()),
            }
        }
    })
    .map(|()| places)
}

/// One line of the table that is printed.
pub fn row(name: &str, verdict: &str, rest: &str) -> String {
    format!("{name:<15}{verdict:<8} {rest:>12}")
}

fn running(orders: &[Order], places: &[Place]) -> String {
    let names: Vec<_> = orders.iter().zip(places).filter(|(_, place)| matches!(place, Place::Runs)).map(|(order, _)| order.name).collect();
    format!("{} ...", names.join(" and "))
}

/// The last lines: how many passed, what was left out and why, what failed.
pub fn summary(orders: &[Order], places: &[Place], watch: Stopwatch) -> Outcome {
    let named = |wanted: fn(&Place) -> bool| -> Vec<&str> {
        orders.iter().zip(places).filter(|(_, place)| wanted(place)).map(|(order, _)| order.name).collect()
    };
    let passed = named(|place| matches!(place, Place::Ended(Verdict::Passed)));
    let failed = named(|place| matches!(place, Place::Ended(Verdict::Failed)));
    let skipped: Vec<String> = orders
        .iter()
        .zip(places)
        .filter_map(|(order, place)| match place {
            Place::Ended(Verdict::Skipped(reason)) => Some(format!("{} ({reason})", order.name)),
            Place::Waits => Some(format!("{} (not begun)", order.name)),
            _ => None,
        })
        .collect();
    println!("\n{} passed, {} skipped, {} failed in {}", passed.len(), skipped.len(), failed.len(), watch.words());
    if !skipped.is_empty() {
        println!("skipped: {}", skipped.join("; "));
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    const ORDERS: &[Order] = &[
        Order { name: "tools", needs: &[], beside: Beside::All },
        Order { name: "lint", needs: &[], beside: Beside::NoOtherDev },
        Order { name: "tests", needs: &[], beside: Beside::NoOtherDev },
        Order { name: "page", needs: &["tools"], beside: Beside::All },
        Order { name: "bench", needs: &[], beside: Beside::Nothing },
    ];

    fn places(words: &str) -> Vec<Place> {
        let place = |word| match word {
            "waits" => Place::Waits,
            "runs" => Place::Runs,
            "failed" => Place::Ended(Verdict::Failed),
            _ => Place::Ended(Verdict::Passed),
        };
        words.split(' ').map(place).collect()
    }

    fn begins(words: &str) -> Option<&'static str> {
        next(ORDERS, &places(words)).map(|(index, _)| ORDERS[index].name)
    }

    #[test]
    fn the_first_that_may_begins() {
        assert_eq!(begins("waits waits waits waits waits"), Some("tools"));
        assert_eq!(begins("runs waits waits waits waits"), Some("lint"));
        assert_eq!(begins("runs runs waits waits waits"), None, "both lanes are taken");
        assert_eq!(begins("done runs waits waits waits"), Some("page"), "two builds of one profile would wait for each other");
        assert_eq!(begins("runs done done waits waits"), None, "the page needs the tools, and who measures wants to be alone");
        assert_eq!(begins("done done done done waits"), Some("bench"));
        assert_eq!(begins("waits waits waits waits runs"), None, "nothing begins beside a measurement");
    }

    #[test]
    fn what_it_needs_and_did_not_pass_is_named() {
        assert_eq!(next(ORDERS, &places("failed done done waits done")), Some((3, Some("tools"))));
    }

    #[test]
    fn each_runs_once_and_the_needed_first() {
        let began = Mutex::new(Vec::new());
        let ended = run(ORDERS, false, |index| {
            began.lock().expect("nobody panicked").push(ORDERS[index].name);
            Ok((Verdict::Passed, String::new()))
        });
        assert!(ended.expect("none is lost").iter().all(|place| matches!(place, Place::Ended(Verdict::Passed))));
        let began = began.into_inner().expect("nobody panicked");
        let at = |name| began.iter().position(|each| *each == name);
        assert!(began.len() == 5 && at("tools") < at("page") && at("bench") == Some(4), "{began:?}");
    }

    #[test]
    fn nothing_begins_after_a_failure_for_who_is_in_a_hurry() {
        let ended = run(&ORDERS[..4], true, |_| Ok((Verdict::Failed, String::new()))).expect("none is lost");
        assert!(matches!(ended[3], Place::Waits));
    }
}

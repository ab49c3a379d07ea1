//! When each scenario of a recording began, read from the recording alone: by the times that its outputs print.
use super::scenario::Scenario;
use fancy_regex::Regex;
use simcore::{Duration, Time};
use std::collections::BTreeMap;

/// An instant is printed without its fraction.
const FRACTION: Duration = Duration::millis(500);
/// Times farther from the others than this belong to something else (a version's build date) or to another recording.
const SESSION: Duration = Duration::mins(60);
/// Scenarios after the last one whose begin is known.
const APART: Duration = Duration::secs(1);

/// When each scenario began after the first one, in the order of `scenarios`, which is the alphabet's: the recorder's
/// workers took them in that order. `None` where less than half of them print a time: then nobody can tell.
pub fn starts(scenarios: &[&Scenario]) -> Option<Vec<Duration>> {
    let mut known: Vec<Option<Time>> = scenarios.iter().map(|scenario| begin(scenario)).collect();
    let mut sorted: Vec<Time> = known.iter().flatten().copied().collect();
    sorted.sort();
    let middle = *sorted.get(sorted.len() / 2)?;
    let far = |time: Time| time.since(middle).max(middle.since(time)) > SESSION;
    known.iter_mut().for_each(|begin| *begin = begin.filter(|time| !far(*time)));
    if known.iter().flatten().count() * 2 < scenarios.len() {
        return None;
    }
    // None began after one that comes later in the alphabet.
    let mut latest = None;
    for begin in known.iter_mut().rev() {
        *begin = begin.map(|time| latest.map_or(time, |latest: Time| latest.min(time)));
        latest = begin.or(latest);
    }
    let first = known.iter().flatten().next().copied()?;
    Some(filled(&known, first).into_iter().map(|time| time.since(first)).collect())
}

/// Those that print no time stand evenly between their neighbours that do.
fn filled(known: &[Option<Time>], first: Time) -> Vec<Time> {
    let mut all: Vec<Time> = Vec::new();
    for (place, begin) in known.iter().enumerate() {
        let before = all.last().copied().unwrap_or(first);
        let next = known[place..].iter().enumerate().find_map(|(steps, time)| Some((steps as u64, (*time)?)));
        all.push(match (begin, next) {
            (Some(begin), _) => *begin,
            (None, Some((steps, time))) => before + Duration(time.since(before).0 / (steps + 1)),
            (None, None) => before + APART,
        });
    }
    all
}

/// The likely begin: the first printed instant is that of something that the first command made when it ended.
fn begin(scenario: &Scenario) -> Option<Time> {
    let answers = || scenario.golden.values();
    let printed: BTreeMap<Time, f64> =
        answers().flat_map(|answer| times(&answer.stdout).map(move |time| (time, answer.at + answer.seconds))).collect();
    let (last, end) = printed.iter().next_back()?;
    // The scenario began at most so long before the last instant that it printed; what is older was there before.
    let oldest = Time(last.0.saturating_sub(seconds(*end).0));
    let first = printed.range(oldest..).next()?.0;
    let made = answers().map(|answer| seconds(answer.at + answer.seconds)).min()?;
    Some(Time((first.0 + FRACTION.0).saturating_sub(made.0)))
}

fn seconds(at: f64) -> Duration {
    Duration::micros((at * 1e6) as u64)
}

/// The instants in a text, as the API and as `describe` print them; those of years that cannot be are left out.
fn times(text: &str) -> impl Iterator<Item = Time> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let found =
        |pattern: &str| Regex::new(pattern).map(|regex| regex.find_iter(text).flatten().map(|one| one.as_str().to_string()).collect());
    let written: Vec<String> = found(r"\b2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z").unwrap_or_default();
    let described: Vec<String> = found(r"\b\d\d [A-Z][a-z]{2} 2\d{3} \d\d:\d\d:\d\d \+0000").unwrap_or_default();
    let described = described.into_iter().filter_map(|text| {
        let month = MONTHS.iter().position(|month| *month == &text[3..6])? + 1;
        Time::parse(&format!("{}-{month:02}-{}T{}Z", &text[7..11], &text[..2], &text[12..20]))
    });
    written.into_iter().filter_map(|text| Time::parse(&text)).chain(described)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parity::scenario::{Answer, End};

    fn scenario(at: f64, text: &str) -> Scenario {
        let answer = |step, at, stdout: &str| {
            let stdout = stdout.to_string();
            (step, Answer { step, cmd: String::new(), rc: End::Code(0), stdout, stderr: String::new(), at, seconds: 0.3 })
        };
        Scenario { golden: [answer(1, 0.4, ""), answer(2, at, text)].into(), ..Scenario::default() }
    }

    #[test]
    fn the_first_printed_instant_tells_and_those_without_any_stand_between() {
        let a = scenario(3.0, "creationTimestamp: \"2026-11-23T05:02:21Z\"");
        let silent = scenario(1.0, "pod/x created");
        let built = scenario(1.0, "buildDate: 2026-01-01T00:00:00Z");
        let d = scenario(9.0, "Start Time: Mon, 23 Nov 2026 05:02:33 +0000\n  Finished: Mon, 23 Nov 2026 05:02:39 +0000");
        let seconds = |scenarios: &[&Scenario]| starts(scenarios).map(|all| all.iter().map(|span| span.as_secs()).collect::<Vec<_>>());
        assert_eq!(seconds(&[&a, &silent, &built, &d]), Some(vec![0, 4, 8, 12]));
        assert_eq!(seconds(&[&a, &silent, &built]), None, "one of three is too little");
    }

    #[test]
    fn nobody_began_after_one_that_comes_later() {
        let late = scenario(9.0, "2026-11-23T05:02:40Z");
        let early = scenario(9.0, "2026-11-23T05:02:30Z");
        assert_eq!(starts(&[&late, &early]).map(|all| all[0]), Some(Duration::ZERO));
    }
}

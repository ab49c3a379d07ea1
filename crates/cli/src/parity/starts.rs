//! When each scenario of a recording began, read from the recording alone: by the times that its outputs print.
use super::scenario::Scenario;
use fancy_regex::Regex;
use simcore::{Duration, Time};
use std::collections::BTreeMap;

/// An instant is printed without its fraction.
const FRACTION: Duration = Duration::millis(500);
/// What a worker needed between two scenarios: to write down what was left of one, and until the next one's namespace was ready.
const BETWEEN: Duration = Duration::millis(500);
/// Within this a begin and an end belong together: both are known to about a second.
const NEAR: Duration = Duration::millis(1_500);
/// Times farther from the others than this belong to something else (a version's build date) or to another recording.
const SESSION: Duration = Duration::mins(60);
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
    Some(pooled(scenarios, &known, first).into_iter().map(|time| time.since(first)).collect())
}

/// Those that print no time began when a worker was free: as another one ended, because the recorder's list was never empty
/// (it held some that were left out of the recording, too). An end gives way to one scenario only. At first as many began at
/// once as ever were busy together, of those whose begin is known.
fn pooled(scenarios: &[&Scenario], known: &[Option<Time>], first: Time) -> Vec<Time> {
    let spans = || scenarios.iter().zip(known).filter_map(|(scenario, begin)| Some(((*begin)?, (*begin)? + lasts(scenario))));
    let workers = spans().map(|(begin, _)| spans().filter(|(other, end)| *other <= begin && begin < *end).count()).max().unwrap_or(1);
    let mut free = vec![first; workers];
    let mut begins: Vec<Time> = Vec::new();
    for (place, scenario) in scenarios.iter().enumerate() {
        let before = begins.last().copied().unwrap_or(first);
        let gap = |time: Time, begin: Time| time.since(begin).max(begin.since(time));
        let taken = match known[place] {
            Some(begin) => (0..free.len()).min_by_key(|at| gap(free[*at], begin)).filter(|at| gap(free[*at], begin) <= NEAR),
            None => (0..free.len()).filter(|at| free[*at] >= before).min_by_key(|at| free[*at]),
        };
        let freed = taken.map(|at| free.swap_remove(at));
        let latest = known[place..].iter().flatten().next().copied();
        let likely = freed.unwrap_or(before);
        let begin = known[place].unwrap_or(latest.map_or(likely, |latest| likely.min(latest)));
        begins.push(begin);
        free.push(begin + lasts(scenario));
    }
    begins
}

/// How long a worker was busy with a scenario, until it could begin the next one.
pub fn lasts(scenario: &Scenario) -> Duration {
    let ends = scenario.golden.values().map(|answer| seconds(answer.at + answer.seconds));
    ends.max().unwrap_or_default() + Duration::millis(scenario.settle) + BETWEEN
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
    let found = |pattern: &str| -> Vec<String> {
        let Ok(regex) = Regex::new(pattern) else { return Vec::new() };
        regex.find_iter(text).flatten().map(|one| one.as_str().to_string()).collect()
    };
    let written = found(r"\b2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z");
    let described = found(r"\b\d\d [A-Z][a-z]{2} 2\d{3} \d\d:\d\d:\d\d \+0000");
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

    /// A command, and at `at` one that prints `text`; each takes 0.3 s.
    fn scenario(at: f64, text: &str) -> Scenario {
        let answer = |step, at, stdout: &str| {
            let stdout = stdout.to_string();
            (step, Answer { step, cmd: String::new(), rc: End::Code(0), stdout, stderr: String::new(), at, seconds: 0.3 })
        };
        Scenario { golden: [answer(1, 0.4, ""), answer(2, at, text)].into(), ..Scenario::default() }
    }

    #[test]
    fn the_first_printed_instant_tells_and_those_without_any_began_when_a_worker_was_free() {
        let a = scenario(3.0, "creationTimestamp: \"2026-11-23T05:02:21Z\"");
        let long = scenario(9.0, "Start Time: Mon, 23 Nov 2026 05:02:22 +0000\n  Finished: Mon, 23 Nov 2026 05:02:28 +0000");
        let silent = scenario(6.0, "pod/x created");
        let built = scenario(1.0, "buildDate: 2026-01-01T00:00:00Z");
        let last = scenario(9.0, "2026-11-23T05:02:40Z");
        let seconds = |scenarios: &[&Scenario]| starts(scenarios).map(|all| all.iter().map(|span| span.as_secs()).collect::<Vec<_>>());
        // Two workers: the first is free after 3.8 s, the second after 10.8 s, the first again after 10.6 s.
        assert_eq!(seconds(&[&a, &long, &silent, &built, &last]), Some(vec![0, 1, 3, 10, 19]));
        assert_eq!(seconds(&[&a, &silent, &built]), None, "one of three is too little");
    }

    #[test]
    fn nobody_began_after_one_that_comes_later() {
        let late = scenario(9.0, "2026-11-23T05:02:40Z");
        let early = scenario(9.0, "2026-11-23T05:02:30Z");
        assert_eq!(starts(&[&late, &early]).map(|all| all[0]), Some(Duration::ZERO));
    }
}

//! Counts of what came of a source's requests: by second, by version, by outcome, and how long they took.
use dataplane::network::Failure;
use objects::Text;
use std::collections::VecDeque;
use std::sync::Arc;

/// How many seconds are kept.
const SECONDS: usize = 900;
/// Four buckets for each doubling, from 64 microseconds up to five minutes.
const BUCKETS: usize = 92;

/// What came of one request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    Status(u16),
    Failed(Failure),
}

impl Outcome {
    /// Answered with less than 400.
    pub fn is_ok(self) -> bool {
        matches!(self, Outcome::Status(code) if code < 400)
    }

    /// `200`, `5xx` codes as they are, or the failure's word.
    pub fn word(self) -> String {
        match self {
            Outcome::Status(code) => code.to_string(),
            Outcome::Failed(failure) => failure.word().to_string(),
        }
    }

    /// A small number for digests.
    pub fn number(self) -> u64 {
        match self {
            Outcome::Status(code) => u64::from(code),
            Outcome::Failed(failure) => failure as u64,
        }
    }
}

/// One second of one source.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Second {
    /// Seconds since the Unix epoch.
    pub at: u64,
    /// (version, outcome, how many); the version by its place in `Tally::versions`, of failures without a server 255.
    pub counts: Vec<(u8, Outcome, u32)>,
    /// (bucket, how many) of the answered ones.
    pub spans: Vec<(u8, u32)>,
}

/// What one of the users that are told apart has met.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Person {
    /// One bit for each version that answered.
    pub seen: u16,
    /// The version that answered last.
    last: u8,
    /// Whether an older version answered again after a newer one, or the other way round.
    pub wavered: bool,
    pub failed: u16,
}

/// All that is kept of one source's requests.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub versions: Vec<Text>,
    /// When each version answered first (microseconds); those that never did may be missing.
    pub first: Vec<Option<u64>>,
    /// The version that answered last, and since when no other did.
    pub alone: Option<(u8, u64)>,
    /// By number, where users are told apart.
    pub people: Vec<Person>,
    /// Requests that were sent.
    pub sent: u64,
    /// Finished seconds with something in them, oldest first.
    past: VecDeque<Arc<Second>>,
    now: Second,
    /// Since the source began.
    pub ok: u64,
    pub failed: u64,
    /// Arrivals that the limit on open requests held back.
    pub held_back: u64,
    /// Copies that proxies made of its requests, and what came of them: (version, outcome, how many).
    pub mirrored: Vec<(u8, Outcome, u32)>,
}

/// A version that nobody has told.
pub const UNKNOWN: u8 = u8::MAX;

impl Tally {
    /// The number of a version; at most 16 are told apart.
    pub fn version(&mut self, name: &str) -> u8 {
        if name.is_empty() {
            return UNKNOWN;
        }
        if let Some(place) = self.versions.iter().position(|known| known == name) {
            return place as u8;
        }
        if self.versions.len() < 16 {
            self.versions.push(Text::new(name));
        }
        self.versions.len() as u8 - 1
    }

    /// Takes in one request that ended at `at` (microseconds) after `took` microseconds.
    pub fn count(&mut self, at: u64, version: u8, outcome: Outcome, took: u64) {
        self.turn(at / 1_000_000);
        if (version as usize) < self.versions.len() {
            self.answered_by(at, version);
        }
        if outcome.is_ok() {
            self.ok += 1;
        } else {
            self.failed += 1;
        }
        bump(&mut self.now.counts, |(known, found, _)| *known == version && *found == outcome, (version, outcome, 1), |entry| entry.2 += 1);
        if matches!(outcome, Outcome::Status(_)) {
            let bucket = bucket(took);
            bump(&mut self.now.spans, |(known, _)| *known == bucket, (bucket, 1), |entry| entry.1 += 1);
        }
    }

    fn answered_by(&mut self, at: u64, version: u8) {
        if self.first.len() <= version as usize {
            self.first.resize(version as usize + 1, None);
        }
        self.first[version as usize].get_or_insert(at);
        if self.alone.is_none_or(|(last, _)| last != version) {
            self.alone = Some((version, at));
        }
    }

    /// Takes in what user number `user` met.
    pub fn person(&mut self, user: u32, version: u8, outcome: Outcome) {
        let place = user as usize;
        if self.people.len() <= place {
            self.people.resize(place + 1, Person { last: UNKNOWN, ..Person::default() });
        }
        let person = &mut self.people[place];
        person.failed = person.failed.saturating_add(u16::from(!outcome.is_ok()));
        if (version as usize) < self.versions.len().min(16) {
            person.wavered |= version != person.last && person.seen >> version & 1 == 1;
            (person.seen, person.last) = (person.seen | 1 << version, version);
        }
    }

    /// Takes in what came of a copy. It counts in nothing else: nobody waited for it.
    pub fn mirror(&mut self, version: &str, outcome: Outcome) {
        let version = self.version(version);
        bump(&mut self.mirrored, |(known, found, _)| *known == version && *found == outcome, (version, outcome, 1), |entry| entry.2 += 1);
    }

    /// Nothing was counted so far; which versions there are stays known.
    pub(super) fn forget(&mut self) {
        let (versions, first, alone) = (std::mem::take(&mut self.versions), std::mem::take(&mut self.first), self.alone);
        *self = Tally { versions, first, alone, ..Tally::default() };
    }

    fn turn(&mut self, second: u64) {
        if self.now.at == second {
            return;
        }
        let done = std::mem::replace(&mut self.now, Second { at: second, ..Second::default() });
        if !done.counts.is_empty() {
            if self.past.len() == SECONDS {
                self.past.pop_front();
            }
            self.past.push_back(Arc::new(done));
        }
    }

    /// The seconds from `from` up to and without `until` (Unix seconds), oldest first; empty ones are missing.
    pub fn seconds(&self, from: u64, until: u64) -> impl Iterator<Item = &Second> {
        let first = self.past.partition_point(|second| second.at < from);
        let past = self.past.range(first..).map(|second| &**second);
        past.chain(Some(&self.now).filter(|second| !second.counts.is_empty())).filter(move |second| (from..until).contains(&second.at))
    }

    /// The time in microseconds that `per_mille` of the answers in these seconds stayed below; `None` without answers.
    pub fn quantile(&self, from: u64, until: u64, per_mille: u64) -> Option<u64> {
        let mut sums = [0_u64; BUCKETS];
        for second in self.seconds(from, until) {
            second.spans.iter().for_each(|(bucket, count)| sums[*bucket as usize] += u64::from(*count));
        }
        let all: u64 = sums.iter().sum();
        let wanted = (all * per_mille).div_ceil(1_000).max(1);
        let mut seen = 0;
        let found = sums.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        found.filter(|_| all > 0).map(upper)
    }

    /// How long the answers in these seconds took: the lower end of the first class in microseconds, and how many fell into
    /// it and into each following one, which is twice as wide; nothing without answers.
    pub fn histogram(&self, from: u64, until: u64) -> (u64, Vec<u32>) {
        let mut classes = [0_u32; BUCKETS / 4];
        for (bucket, count) in self.seconds(from, until).flat_map(|second| &second.spans) {
            classes[*bucket as usize / 4] += count;
        }
        let Some(first) = classes.iter().position(|count| *count > 0) else { return (0, Vec::new()) };
        let last = classes.iter().rposition(|count| *count > 0).unwrap_or(first);
        (64 << first, classes[first..=last].to_vec())
    }

    /// How many in these seconds fit.
    pub fn sum(&self, from: u64, until: u64, fits: impl Fn(u8, Outcome) -> bool) -> u64 {
        let counts = self.seconds(from, until).flat_map(|second| &second.counts);
        counts.filter(|(version, outcome, _)| fits(*version, *outcome)).map(|(_, _, count)| u64::from(*count)).sum()
    }
}

fn bump<T>(all: &mut Vec<T>, fits: impl Fn(&T) -> bool, fresh: T, more: impl Fn(&mut T)) {
    match all.iter_mut().find(|entry| fits(entry)) {
        Some(entry) => more(entry),
        None => all.push(fresh),
    }
}

/// The bucket of a span in microseconds: four for each power of two, from 64 on.
fn bucket(micros: u64) -> u8 {
    let scaled = (micros / 16).max(4);
    let power = u64::from(scaled.ilog2());
    let quarter = scaled >> (power - 2) & 3;
    ((power - 2) * 4 + quarter).min(BUCKETS as u64 - 1) as u8
}

/// The upper end of a bucket in microseconds.
fn upper(bucket: usize) -> u64 {
    let (power, quarter) = (bucket as u32 / 4 + 2, bucket as u64 % 4);
    ((4 + quarter + 1) << (power - 2)) * 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_what_lies_below_their_upper_end() {
        for micros in [1, 64, 65, 100, 1_000, 12_345, 1_000_000, 60_000_000] {
            let place = bucket(micros);
            assert!(micros <= upper(place as usize), "{micros} in {place}");
            assert!(place == 0 || micros >= upper(place as usize - 1), "{micros} in {place}");
            assert!(upper(place as usize) <= micros.max(64) * 5 / 4 + 16, "{micros}: {}", upper(place as usize));
        }
    }

    #[test]
    fn a_tally_counts_by_second_version_and_outcome() {
        let mut tally = Tally::default();
        let (one, two) = (tally.version("v1"), tally.version("v2"));
        for at in 0..10 {
            tally.count(at * 500_000, if at < 5 { one } else { two }, Outcome::Status(200), 2_000 * (at + 1));
        }
        tally.count(9_000_000, UNKNOWN, Outcome::Failed(Failure::Refused), 300);
        assert_eq!((tally.ok, tally.failed), (10, 1));
        assert_eq!(tally.sum(0, 100, |version, outcome| version == two && outcome.is_ok()), 5);
        assert_eq!(tally.sum(0, 3, |_, _| true), 6);
        assert_eq!((&tally.first[..], tally.alone), (&[Some(0), Some(2_500_000)][..], Some((two, 2_500_000))));
        let half = tally.quantile(0, 100, 500).expect("there are answers");
        assert!((10_000..=12_800).contains(&half), "{half}");
        assert_eq!(tally.quantile(50, 60, 500), None);
        // 2 and 4 ms; 6 and 8; 10 to 16; 18 and 20.
        assert_eq!(tally.histogram(0, 100), (1_024, vec![1, 1, 2, 4, 2]));
        assert_eq!(tally.histogram(50, 60), (0, vec![]));
    }

    #[test]
    fn people_who_go_back_and_forth_between_versions_are_known() {
        let mut tally = Tally::default();
        let (one, two) = (tally.version("v1"), tally.version("v2"));
        for (user, version) in [(0, one), (0, two), (0, two), (1, one), (1, two), (1, one), (3, one), (3, UNKNOWN), (3, one)] {
            tally.person(user, version, if version == UNKNOWN { Outcome::Failed(Failure::Refused) } else { Outcome::Status(200) });
        }
        assert_eq!(tally.people.iter().map(|person| person.wavered).collect::<Vec<_>>(), [false, true, false, false]);
        assert_eq!(tally.people.iter().map(|person| person.seen).collect::<Vec<_>>(), [0b11, 0b11, 0, 1]);
        assert_eq!(tally.people[3].failed, 1);
    }
}

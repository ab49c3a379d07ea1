//! Reads what came of the users' requests from the world's counters.
use super::board::Board;
use super::row::Row;
use cluster::World;
use cluster::traffic::{Person, Source, Tally};
use objects::kinds;
use objects::labels::Selector;
use simcore::Time;

/// Sums over all users since they came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub failed: u64,
    pub answers: u64,
    pub new_answers: u64,
    pub written: u64,
}

/// What the users have met up to now.
pub fn now(world: &World, board: &Board) -> Counts {
    let old = board.old.name.as_str();
    let mut counts = Counts { written: written(world, &board.orders.pods), ..Counts::default() };
    for tally in tallies(world, board) {
        let known = tally.versions.len();
        counts.failed += tally.failed;
        counts.answers += tally.sum(0, u64::MAX, |version, _| (version as usize) < known);
        counts.new_answers += tally.sum(0, u64::MAX, |version, _| is_new(tally, version, old));
    }
    counts
}

/// When the last change of the version came, if it led everybody to the new one, or the old one.
pub fn settled(world: &World, board: &Board, new: bool) -> Option<Time> {
    let mut last = Time::START;
    for tally in tallies(world, board) {
        let (version, since) = tally.alone?;
        if is_new(tally, version, &board.old.name) != new {
            return None;
        }
        last = last.max(Time(since));
    }
    Some(last)
}

/// How long some people met the one version and some the other (microseconds).
pub fn mixed(world: &World, board: &Board) -> u64 {
    let old = board.old.name.as_str();
    let firsts = tallies(world, board).filter_map(|tally| {
        let news = tally.first.iter().enumerate().filter(|(version, _)| is_new(tally, *version as u8, old));
        news.filter_map(|(_, at)| *at).min()
    });
    let last = tallies(world, board).filter_map(|tally| tally.alone).map(|(_, since)| since).max();
    firsts.min().zip(last).map_or(0, |(first, last)| last.saturating_sub(first))
}

/// How many people met the versions in turn.
pub fn wavered(world: &World, board: &Board) -> u32 {
    tallies(world, board).flat_map(|tally| &tally.people).filter(|person| person.wavered).count() as u32
}

/// Fills in what people met from `came` on, and how long answers took since `released`.
pub fn people(world: &World, board: &Board, came: Time, released: Time, row: &mut Row) {
    let old = board.old.name.as_str();
    for (place, tally) in tallies(world, board).enumerate() {
        let news: u16 =
            (0..tally.versions.len().min(16)).filter(|version| is_new(tally, *version as u8, old)).map(|version| 1 << version).sum();
        let count = |fits: &dyn Fn(&Person) -> bool| tally.people.iter().filter(|person| fits(person)).count() as u32;
        row.people += count(&|person| person.seen != 0 || person.failed > 0);
        row.people_new += count(&|person| person.seen & news != 0);
        row.people_hurt += count(&|person| person.failed > 0);
        row.requests += tally.sent;
        for (_, outcome, count) in &tally.mirrored {
            row.mirrored += u64::from(*count);
            row.mirrored_failed += u64::from(if outcome.is_ok() { 0 } else { *count });
        }
        if place == 0 {
            row.p95_ms = tally.quantile(released.0 / 1_000_000, u64::MAX, 950).unwrap_or(0) / 1_000;
        }
    }
    row.orders = sources(world, board).find(|source| source.id == board.orders.of.as_str()).map_or(0, |source| source.tally.ok);
    row.strip = strip(world, board, came);
}

/// Answers of the old version, of the new one, and failures, by second.
fn strip(world: &World, board: &Board, came: Time) -> Vec<u32> {
    let (first, last) = (came.0 / 1_000_000, world.now().0 / 1_000_000);
    let mut strip = vec![0; 3 * (last.saturating_sub(first)) as usize];
    for tally in tallies(world, board) {
        for second in tally.seconds(first, last) {
            let place = 3 * (second.at - first) as usize;
            for (version, outcome, count) in &second.counts {
                let own = if !outcome.is_ok() { 2 } else { usize::from(is_new(tally, *version, &board.old.name)) };
                strip[place + own] += count;
            }
        }
    }
    strip
}

fn is_new(tally: &Tally, version: u8, old: &str) -> bool {
    tally.versions.get(version as usize).is_some_and(|name| name != old)
}

fn sources<'a>(world: &'a World, board: &'a Board) -> impl Iterator<Item = &'a Source> {
    board.users.iter().filter_map(|spec| world.traffic().source(&spec.id))
}

fn tallies<'a>(world: &'a World, board: &'a Board) -> impl Iterator<Item = &'a Tally> {
    sources(world, board).map(|source| &source.tally)
}

/// Requests that the Pods of a selector took in hand.
fn written(world: &World, pods: &str) -> u64 {
    let Ok(selector) = Selector::parse(pods) else { return 0 };
    let all = world.api.store.applied().list_in(kinds::POD, crate::NAMESPACE);
    all.filter(|pod| selector.matches(pod.labels())).map(|pod| world.traffic().served(pod.uid())).sum()
}

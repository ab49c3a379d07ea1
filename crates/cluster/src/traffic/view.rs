//! Traffic as a viewer is told of it: sources with their last minute, and the last requests.
use crate::delta::{RequestView, TrafficPart, TrafficSecond, TrafficView};
use crate::traffic::source::Source;
use crate::traffic::tally::{Outcome, UNKNOWN};
use crate::traffic::trace::{Trace, aim, sender};
use crate::world::World;

/// How much of the past the strip shows, and how much the shares are of (seconds).
const STRIP: u64 = 60;
const SHARES: u64 = 10;

/// A source as it stands at the second `now`, which is not over yet.
pub(crate) fn view(source: &Source, now: u64) -> TrafficView {
    let (spec, tally) = (&source.spec, &source.tally);
    let from = if spec.from.is_empty() { "outside".to_string() } else { spec.from.clone() };
    let begun = now.saturating_sub(SHARES);
    let mut counted: Vec<(u8, Outcome, u32)> = Vec::new();
    for (version, outcome, count) in tally.seconds(begun, now).flat_map(|second| &second.counts) {
        match counted.iter_mut().find(|known| (known.0, known.1) == (*version, *outcome)) {
            Some(known) => known.2 += count,
            None => counted.push((*version, *outcome, *count)),
        }
    }
    counted.sort_unstable();
    let version = |place: u8| tally.versions.get(place as usize).map(ToString::to_string).unwrap_or_default();
    let (spans_from, spans) = tally.histogram(begun, now);
    let parts = counted.into_iter().map(|(place, outcome, count)| TrafficPart { version: version(place), outcome: outcome.word(), count });
    TrafficView {
        id: spec.id.clone(),
        to: spec.to.clone(),
        from,
        rps: spec.rps,
        ok: tally.ok,
        failed: tally.failed,
        held_back: tally.held_back,
        copies: tally.mirrored.iter().map(|(_, _, count)| u64::from(*count)).sum(),
        parts: parts.collect(),
        p50: tally.quantile(begun, now, 500).unwrap_or(0),
        p95: tally.quantile(begun, now, 950).unwrap_or(0),
        spans_from,
        spans,
        versions: tally.versions.iter().map(ToString::to_string).collect(),
        strip: strip(source, now),
        spec: (**spec).clone(),
    }
}

fn strip(source: &Source, now: u64) -> Vec<TrafficSecond> {
    let first = now.saturating_sub(STRIP);
    let width = source.tally.versions.len();
    let mut strip = vec![TrafficSecond { failed: 0, ok: vec![0; width] }; STRIP as usize];
    for second in source.tally.seconds(first, now) {
        let place = &mut strip[(second.at - first) as usize];
        for (version, outcome, count) in &second.counts {
            match place.ok.get_mut(*version as usize).filter(|_| outcome.is_ok() && *version != UNKNOWN) {
                Some(ok) => *ok += count,
                None => place.failed += count,
            }
        }
    }
    strip
}

/// The last requests of those that ended after the first `known`, at most `most`, evenly thinned.
pub(crate) fn requests(world: &World, known: u64, most: usize) -> Vec<RequestView> {
    let count = usize::try_from(world.traffic.ended.saturating_sub(known)).unwrap_or(usize::MAX);
    let fresh: Vec<&Trace> = world.traffic.recent.iter().skip(world.traffic.recent.len().saturating_sub(count)).collect();
    let step = fresh.len().div_ceil(most.max(1)).max(1);
    fresh.into_iter().step_by(step).map(|trace| shown(world, trace)).collect()
}

fn shown(world: &World, trace: &Trace) -> RequestView {
    let via = world.hosts().get(trace.steps.rules_host as usize).map(|host| format!("kube-proxy/{}", host.name)).unwrap_or_default();
    RequestView {
        id: trace.id,
        at: trace.began.0,
        took: trace.took.0,
        source: trace.source.to_string(),
        from: sender(world, &trace.client),
        via,
        to: aim(world, trace),
        version: trace.version.to_string(),
        outcome: trace.outcome.word(),
        ok: trace.outcome.is_ok(),
    }
}

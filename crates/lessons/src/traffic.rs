//! Checks about requests: what came of a source's traffic, and who reaches what.
use crate::expr::{Env, Observation};
use crate::format::Reach;
use crate::witness::Witness;
use apiserver::client::Ticket;

use cluster::traffic::{Ask, Outcome, Source, Url};
use cluster::{Session, World};
use objects::wire::Body;
use objects::{Text, Tree, map};
use simcore::{Duration, Time};

/// A witness that also knows the counts of one source by their bare names.
pub struct Of<'a> {
    pub witness: Witness<'a>,
    pub facts: Tree,
}

impl Env for Of<'_> {
    fn call(&self, name: &str, arguments: &[Tree]) -> Option<Result<Tree, String>> {
        self.witness.call(name, arguments)
    }

    fn name(&self, name: &str) -> Option<Tree> {
        if self.facts.has(name) { Some(self.facts.get(name).clone()) } else { self.witness.name(name) }
    }
}

/// What came of a source's requests from an instant on: whole seconds, the present one included.
pub fn facts(source: &Source, from: Time) -> Tree {
    let (from, tally) = (from.0 / 1_000_000, &source.tally);
    let sum = |fits: &dyn Fn(u8, Outcome) -> bool| tally.sum(from, u64::MAX, fits);
    let (ok, all) = (sum(&|_, outcome| outcome.is_ok()), sum(&|_, _| true));
    let answered = sum(&|version, _| (version as usize) < tally.versions.len());
    let mut share = Tree::from(objects::Map::default());
    for (place, version) in tally.versions.iter().enumerate() {
        let own = sum(&|other, _| other as usize == place);
        share.set(&[version], (own * 100 / answered.max(1)) as i64);
    }
    let mut outcomes = Tree::from(objects::Map::default());
    for (_, outcome, count) in tally.seconds(from, u64::MAX).flat_map(|second| &second.counts) {
        let word = outcome.word();
        let known = outcomes.get(&word).int_or(0);
        outcomes.set(&[&word], known + i64::from(*count));
    }
    // Copies are counted from the source's beginning.
    let copies = |fits: &dyn Fn(Outcome) -> bool| -> i64 {
        tally.mirrored.iter().filter(|(_, outcome, _)| fits(*outcome)).map(|(_, _, count)| i64::from(*count)).sum()
    };
    let millis = |per_mille| tally.quantile(from, u64::MAX, per_mille).map_or(0, |micros| (micros / 1_000) as i64);
    map! {
        "ok": ok as i64, "failed": (all - ok) as i64, "all": all as i64, "p50": millis(500), "p95": millis(950),
        "share": share, "outcome": outcomes, "held_back": tally.held_back as i64,
        "mirrored": copies(&|_| true), "mirrored_failed": copies(&|outcome| !outcome.is_ok()),
    }
}

/// All sources by their ids, for expressions: `traffic.users.failed == 0`.
pub fn all(world: &World, from: Time) -> Tree {
    let mut all = Tree::from(objects::Map::default());
    for source in world.traffic().sources() {
        all.set(&[&source.id], facts(source, from));
    }
    all
}

/// The longest that one try may take.
const PATIENCE: Duration = Duration::secs(5);
/// Tickets of tries; no other client outside uses them on a fork.
const TRY: u64 = 1 << 40;

/// Tries every connection on a copy of the cluster.
pub fn reach(rows: &[Reach], session: &Session, namespace: &str) -> Result<Observation, String> {
    let mut fork = session.fork();
    for (place, row) in rows.iter().enumerate() {
        let got = attempt(&mut fork.world, row, namespace, Ticket(TRY + place as u64))?;
        if !fits(&got, &row.gets) {
            let observed = format!("{} -> {}: {got}", row.from, row.to);
            return Ok(Observation { holds: false, observed, wanted: row.gets.clone() });
        }
    }
    Ok(Observation { holds: true, ..Observation::default() })
}

fn attempt(world: &mut World, row: &Reach, namespace: &str, ticket: Ticket) -> Result<String, String> {
    let url = Url::parse(&row.to).ok_or_else(|| format!("\"{}\" is no URL", row.to))?;
    let ask = Ask { limit: PATIENCE, connect_limit: PATIENCE, via: Text::new(&row.via), ..Ask::get(url) };
    let (namespace, from) = row.from.split_once('/').filter(|(before, _)| !before.contains('=')).unwrap_or((namespace, &row.from));
    if !world.fetch_from(from, namespace, ticket, ask) {
        return Err(format!("no running Pod is selected by \"{from}\""));
    }
    let limit = world.now() + PATIENCE.times(2);
    world.run_while(limit, |world| world.answers.iter().any(|(other, _)| *other == ticket));
    let answer = world.answers.iter().find(|(other, _)| *other == ticket).map(|(_, response)| response);
    Ok(match answer.map(|response| (response.code, &response.body)) {
        Some((0, Body::Text(word))) => word.clone(),
        Some((code, _)) => code.to_string(),
        None => "timeout".to_string(),
    })
}

fn fits(got: &str, wanted: &str) -> bool {
    let answered = got.bytes().all(|byte| byte.is_ascii_digit());
    match wanted {
        "allow" => answered,
        "deny" => got == "denied",
        "refused" => matches!(got, "refused" | "no-endpoints"),
        "timeout" => matches!(got, "denied" | "lost" | "timeout" | "unreachable" | "dns"),
        other => got == other,
    }
}

/// A step's beginning, or so long before now.
pub fn since(world: &World, over: &str, began: Time) -> Result<Time, String> {
    if over.is_empty() {
        return Ok(began);
    }
    let span = crate::span::parse(over).ok_or("over is no duration")?;
    Ok(began.max(Time(world.now().0.saturating_sub(span.0))))
}

/// The source of this id.
pub fn source<'a>(world: &'a World, id: &str) -> Result<&'a Source, String> {
    world.traffic().source(id).ok_or_else(|| format!("there is no traffic source \"{}\"", Text::new(id)))
}

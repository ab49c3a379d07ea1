//! Judges checks: by outcomes, on forks where they act.
use crate::acts;
use crate::expr::{self, Observation};
use crate::format::Check;
use crate::progress::{CheckState, Verdict};
use crate::span;
use crate::traffic;
use crate::witness::Witness;
use cluster::{Session, World};
use simcore::{Duration, Time};

/// Judges one check now. Only checks with `after` need the session; they fork it.
pub fn judge(check: &Check, session: &Session, namespace: &str, began: Time, kept: bool) -> CheckState {
    let seen =
        if check.after.is_empty() { judged(check, session, namespace, began, kept) } else { on_fork(check, session, namespace, began) };
    match seen {
        Ok(seen) => {
            let verdict = match seen.holds {
                true => Verdict::Pass,
                false if is_early(check, &session.world, namespace, began) => Verdict::Pending,
                false => Verdict::Fail,
            };
            CheckState { id: check.id.clone(), verdict, observed: seen.observed, wanted: seen.wanted }
        }
        Err(words) => CheckState { id: check.id.clone(), verdict: Verdict::Fail, observed: words, wanted: String::new() },
    }
}

/// More requests than any check asks for.
const PLENTY: i64 = 1_000_000;

/// Whether nothing speaks against a check of requests but that too few of them were answered so far.
fn is_early(check: &Check, world: &World, namespace: &str, began: Time) -> bool {
    if check.traffic.is_empty() || !check.after.is_empty() || !check.expr.contains("ok >") {
        return false;
    }
    let with_more = || -> Result<bool, String> {
        let mut facts = traffic::facts(traffic::source(world, &check.traffic)?, traffic::since(world, &check.over, began)?);
        for count in ["ok", "all"] {
            let more = facts.get(count).int_or(0) + PLENTY;
            facts.set(&[count], more);
        }
        Ok(expr::observe(&expr::parse(&check.expr)?, &traffic::Of { witness: Witness { world, namespace, began }, facts }).holds)
    };
    with_more().unwrap_or(false)
}

fn judged(check: &Check, session: &Session, namespace: &str, began: Time, kept: bool) -> Result<Observation, String> {
    if !check.reach.is_empty() {
        return traffic::reach(&check.reach, session, namespace);
    }
    look(check, &session.world, namespace, began, kept)
}

/// `kept`: whether an `always` check has held after every change so far.
fn look(check: &Check, world: &World, namespace: &str, began: Time, kept: bool) -> Result<Observation, String> {
    let witness = Witness { world, namespace, began };
    if !check.command.is_empty() {
        let holds = witness.typed(&check.command);
        return Ok(Observation { holds, observed: String::new(), wanted: check.command.clone() });
    }
    if !check.event.is_empty() {
        let found = witness.events(&check.event).items().len();
        return Ok(Observation { holds: found > 0, observed: found.to_string(), wanted: check.event.clone() });
    }
    if !check.traffic.is_empty() {
        let from = traffic::since(world, &check.over, began)?;
        let facts = traffic::facts(traffic::source(world, &check.traffic)?, from);
        return Ok(expr::observe(&expr::parse(&check.expr)?, &traffic::Of { witness, facts }));
    }
    if !check.never.is_empty() {
        let seen = expr::observe(&expr::parse(&check.never)?, &witness);
        return Ok(Observation { holds: !seen.holds, ..Observation::default() });
    }
    let source = match (check.wait.is_empty(), check.always.is_empty()) {
        (false, _) => acts::condition_expression(&check.wait)?,
        (true, false) => check.always.clone(),
        (true, true) => check.expr.clone(),
    };
    let mut seen = expr::observe(&expr::parse(&source)?, &witness);
    seen.holds &= check.always.is_empty() || kept;
    Ok(seen)
}

/// The cluster is copied; the copy is acted on and watched. The learner's own stays as it is.
fn on_fork(check: &Check, session: &Session, namespace: &str, began: Time) -> Result<Observation, String> {
    let mut fork = session.fork();
    acts::perform(&mut fork, &check.after, namespace, began)?;
    let limit = if check.within.is_empty() { Duration::secs(60) } else { span::parse(&check.within).ok_or("within is no duration")? };
    if !check.reach.is_empty() {
        fork.advance(fork.now() + limit, usize::MAX);
        return traffic::reach(&check.reach, &fork, namespace);
    }
    if !check.traffic.is_empty() {
        let acted = fork.now();
        fork.advance(acted + limit, usize::MAX);
        return look(check, &fork.world, namespace, acted, true);
    }
    let condition = if check.wait.is_empty() { check.expr.as_str() } else { check.wait.as_str() };
    let held = acts::wait_until(&mut fork, condition, namespace, began, limit).is_ok();
    let source = acts::condition_expression(condition)?;
    let seen = expr::observe(&expr::parse(&source)?, &Witness { world: &fork.world, namespace, began });
    Ok(Observation { holds: held, ..seen })
}

/// Whether an `always` expression holds right now; errors count as not holding.
pub fn holds_now(source: &str, world: &World, namespace: &str, began: Time) -> bool {
    expr::parse(source).is_ok_and(|expr| expr::observe(&expr, &Witness { world, namespace, began }).holds)
}

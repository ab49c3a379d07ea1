//! Examines a lesson as CI does: the start fails, the solution passes, each wrong answer fails by name, over several seeds.
use crate::acts;
use crate::format::{Act, Lesson, Step};
use crate::mistakes::Table;
use crate::progress::Verdict;
use crate::run::{NAMESPACE, Run};
use cluster::Session;
use std::collections::BTreeMap;

/// What one lesson showed. Empty `faults`: it may be taught.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub id: String,
    pub faults: Vec<String>,
    /// The world's digest after the whole solution, per seed.
    pub digests: Vec<(u64, u64)>,
}

/// Plays a lesson with its own seed and `seeds - 1` others. `table`: the known mistakes that wrong answers may name.
pub fn examine(lesson: &Lesson, seeds: u64, table: &Table) -> Report {
    let mut report = Report { id: lesson.id.clone(), ..Report::default() };
    // What came true in the first turn.
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    for turn in 0..seeds {
        let mut lesson = lesson.clone();
        lesson.cluster.seed += turn * 101;
        let seed = lesson.cluster.seed;
        let mut faults = Vec::new();
        match (solve(&lesson, table, &mut faults), solve(&lesson, table, &mut Vec::new())) {
            (Some(first), Some(second)) if first == second => {
                report.digests.push((seed, first.0));
                faults.extend(first.1.iter().filter_map(|(step, answer)| {
                    let before = told.entry(step.clone()).or_insert_with(|| answer.clone());
                    // The words after a question are written for one answer.
                    (before != answer).then(|| format!("step \"{step}\": \"{answer}\" comes true here, and \"{before}\" with another seed"))
                }));
            }
            (Some(_), Some(_)) => faults.push("two runs with one seed went different ways".to_string()),
            _ => {}
        }
        report.faults.extend(faults.into_iter().map(|fault| format!("seed {seed}: {fault}")));
    }
    report
}

/// Goes through all steps by their solutions, trying wrong answers on the way. The digest at the end and what each question's
/// answer was, or `None` where it could not go on.
fn solve(lesson: &Lesson, table: &Table, faults: &mut Vec<String>) -> Option<(u64, BTreeMap<String, String>)> {
    let (mut run, mut session) = match Run::begin(lesson.clone()) {
        Ok(begun) => begun,
        Err(words) => {
            faults.push(format!("the start does not come about: {words}"));
            return None;
        }
    };
    for step in &lesson.steps {
        let told = faults.len();
        match step.kind.as_str() {
            "task" => {
                breaks(step, &session, faults);
                task(step, table, &mut run, &mut session, faults);
            }
            "predict" | "quiz" => choice(step, &mut run, &session, faults),
            "break" => breaks(step, &session, faults),
            _ => run.check(&step.id, &session),
        }
        if step.kind == "break" {
            run.check(&step.id, &session);
        }
        if faults.len() > told {
            return None;
        }
    }
    Some((session.world.digest(), run.notes.answers))
}

fn task(step: &Step, table: &Table, run: &mut Run, session: &mut Session, faults: &mut Vec<String>) {
    run.judge(step, session, true);
    if run.notes.done.contains(&step.id) {
        faults.push(format!("step \"{}\" is done before anything was done", step.id));
        return;
    }
    for wrong in &step.wrong {
        let (mut other, mut fork) = (run.clone(), session.fork());
        if let Err(words) = follow(&wrong.steps, &mut other, &mut fork) {
            faults.push(format!("step \"{}\", wrong answer \"{}\": {words}", step.id, wrong.name));
            continue;
        }
        other.judge(step, &fork, true);
        let state = other.state();
        let checks = state.steps.iter().find(|one| one.id == step.id).map(|one| one.checks.clone()).unwrap_or_default();
        let failed: Vec<String> = checks.into_iter().filter(|check| check.verdict != Verdict::Pass).map(|check| check.id).collect();
        if failed != wrong.fails {
            faults.push(format!("step \"{}\", wrong answer \"{}\" fails {failed:?}, not {:?}", step.id, wrong.name, wrong.fails));
        }
        let seen = table.seen(&fork.world, &other.lesson.mistakes).map_or("", |row| row.id.as_str());
        if !wrong.hint.is_empty() && seen != wrong.hint {
            faults.push(format!("step \"{}\", wrong answer \"{}\" shows the hint \"{seen}\", not \"{}\"", step.id, wrong.name, wrong.hint));
        }
    }
    if let Err(words) = follow(&step.solution, run, session) {
        return faults.push(format!("step \"{}\": the solution stops: {words}", step.id));
    }
    run.check(&step.id, session);
    if !run.notes.done.contains(&step.id) {
        let state = run.state();
        let open = state.steps.iter().find(|one| one.id == step.id).map(|one| one.checks.clone()).unwrap_or_default();
        let words: Vec<String> = open
            .iter()
            .filter(|check| check.verdict != Verdict::Pass)
            .map(|check| format!("{} (seen {}, wanted {})", check.id, check.observed, check.wanted))
            .collect();
        let tail = session.world.terminal.output();
        let tail: String = tail.lines().rev().take(6).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n    ");
        faults.push(format!("step \"{}\": the solution does not pass {}\n    {tail}", step.id, words.join(", ")));
    }
}

/// Does deeds one by one. Where something must hold all the time, the lesson looks after each event, as a learner's page does.
fn follow(deeds: &[Act], run: &mut Run, session: &mut Session) -> Result<(), String> {
    let began = run.current().and_then(|step| run.notes.began.get(&step.id).copied()).unwrap_or_default();
    for act in deeds {
        acts::watched(session, act, NAMESPACE, began, &mut |session| {
            if run.watches() {
                run.observe(session);
            }
        })?;
        run.observe(session);
    }
    Ok(())
}

fn choice(step: &Step, run: &mut Run, session: &Session, faults: &mut Vec<String>) {
    let options = step.choice.as_ref().map_or(&step.options, |choice| &choice.options);
    match run.answer(step, session) {
        Ok(answer) if options.contains(&answer) => {
            if let Err(words) = run.choose(&step.id, &answer, session) {
                faults.push(format!("step \"{}\": {words}", step.id));
            }
        }
        Ok(answer) => faults.push(format!("step \"{}\": the outcome \"{answer}\" is none of {options:?}", step.id)),
        Err(words) => faults.push(format!("step \"{}\": {words}", step.id)),
    }
}

/// Each fault button must work where it is offered, or be refused by the provider of the control plane, which is a lesson, too.
fn breaks(step: &Step, session: &Session, faults: &mut Vec<String>) {
    for fault in &step.faults {
        let mut fork = session.fork();
        if fork.world.allowed_by_provider(fault).is_ok()
            && let Err(words) = fork.world.fault(fault)
        {
            faults.push(format!("step \"{}\": {words}", step.id));
        }
    }
}

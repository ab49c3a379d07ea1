//! One learner's way through one lesson: what is chosen, judged, hinted, done.
use crate::acts;
use crate::ahead::Ahead;
use crate::checks;
use crate::expr;
use crate::format::{Act, Check, Choice, Layout, Lesson, Outcome, Step};
use crate::progress::{CheckState, LessonState, StepState, Verdict};
use crate::span;
use crate::witness::Witness;
use cluster::input::Input;
use cluster::{Record, Session};
use objects::Tree;
use serde::{Deserialize, Serialize};
use simcore::Time;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The namespace that lessons work in.
pub const NAMESPACE: &str = "default";

/// What is kept of a visit: the session's truth and the learner's answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    pub lesson: String,
    pub version: u32,
    pub record: Record,
    pub notes: Notes,
}

/// What the learner did besides acting on the cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Notes {
    /// The option chosen, by step.
    pub chosen: BTreeMap<String, String>,
    /// The option that came true, by step.
    pub answers: BTreeMap<String, String>,
    /// How many hints were opened, by step.
    pub hints: BTreeMap<String, u32>,
    pub done: BTreeSet<String>,
    /// When each step began.
    pub began: BTreeMap<String, Time>,
}

parcel::record!(Saved { lesson, version, record, notes });
parcel::record!(Notes { chosen, answers, hints, done, began });

/// A lesson under way. The session stands beside it: it can also be sought and stepped without the lesson.
#[derive(Clone)]
pub struct Run {
    pub lesson: Lesson,
    pub notes: Notes,
    /// Checks with `always` that were broken once, as `step/check`.
    broken: BTreeSet<String>,
    /// What each check said last.
    judged: BTreeMap<String, CheckState>,
    /// Deeds of a solution that is being played.
    script: VecDeque<Act>,
    /// When the `pass` that is being played ends.
    passing: Option<Time>,
    /// The world's revision, the number of inputs and the second at the last look.
    looked: (u64, usize, u64),
    /// Tries of checks that act on a copy.
    pub ahead: Ahead,
}

impl Run {
    /// Begins a lesson: boots its cluster and does what its start says.
    pub fn begin(lesson: Lesson) -> Result<(Run, Session), String> {
        let files = lesson.files.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
        let (preset, nodes, seed) = (&lesson.cluster.preset, lesson.cluster.nodes, lesson.cluster.seed);
        let mut session = Session::choose(preset, nodes, &lesson.cluster.choices(), seed, files)?;
        acts::perform(&mut session, &lesson.start, NAMESPACE, Time::START)?;
        if !lesson.traffic.is_empty() {
            session.input(Input::Traffic { sources: lesson.traffic.clone(), gone: Vec::new() });
        }
        let mut run = Run::with(lesson, Notes::default());
        run.begin_next(session.now());
        Ok((run, session))
    }

    /// Goes on where an earlier visit stopped. The error says what does not fit.
    pub fn resume(lesson: Lesson, saved: &Saved) -> Result<(Run, Session), String> {
        if saved.lesson != lesson.id || saved.version != lesson.version {
            return Err("the lesson has changed since this visit was saved".to_string());
        }
        let session = Session::replay(&saved.record)?;
        Ok((Run::with(lesson, saved.notes.clone()), session))
    }

    fn with(lesson: Lesson, notes: Notes) -> Run {
        let (broken, judged, script) = (BTreeSet::new(), BTreeMap::new(), VecDeque::new());
        Run { lesson, notes, broken, judged, script, passing: None, looked: (0, 0, 0), ahead: Ahead::default() }
    }

    pub fn saved(&self, session: &Session) -> Saved {
        Saved { lesson: self.lesson.id.clone(), version: self.lesson.version, record: session.record.clone(), notes: self.notes.clone() }
    }

    /// The first step that is not done begins now.
    fn begin_next(&mut self, now: Time) {
        let next = self.lesson.steps.iter().find(|step| !self.notes.done.contains(&step.id));
        if let Some(step) = next {
            self.notes.began.entry(step.id.clone()).or_insert(now);
        }
    }

    fn began(&self, step: &str) -> Time {
        self.notes.began.get(step).copied().unwrap_or(Time::START)
    }

    /// Looks at the world after a write, an input or a second; returns whether a verdict changed. A dead control plane writes
    /// nothing, and what is printed, counted or expires is to be seen all the same.
    pub fn observe(&mut self, session: &Session) -> bool {
        let revision = session.world.api.store.applied().revision();
        // A check that acts on a copy costs a run of its own: it waits for a write or an input.
        let acts = self.current().is_some_and(|step| step.checks.iter().any(|check| !check.after.is_empty()));
        let second = if acts { 0 } else { session.now().0 / 1_000_000 };
        let looked = (revision, session.record.inputs.len(), second);
        if looked == self.looked {
            return false;
        }
        self.ahead.hear(session, self.looked.0);
        self.looked = looked;
        // Solutions and wrong answers hold whole files: they are not copied at every look.
        let judged = |step: &Step| Step { id: step.id.clone(), kind: step.kind.clone(), checks: step.checks.clone(), ..Step::default() };
        let Some(step) = self.current().filter(|step| step.kind == "task").map(judged) else { return false };
        let began = self.began(&step.id);
        for check in step.checks.iter().filter(|check| !check.always.is_empty()) {
            if !checks::holds_now(&check.always, &session.world, NAMESPACE, began) {
                self.broken.insert(format!("{}/{}", step.id, check.id));
            }
        }
        self.judge(&step, session, false)
    }

    /// Whether the present step must be looked at after every change.
    pub fn watches(&self) -> bool {
        self.current().is_some_and(|step| step.checks.iter().any(|check| !check.always.is_empty()))
    }

    /// The step the learner is at: the first that is not done.
    pub fn current(&self) -> Option<&Step> {
        self.lesson.steps.iter().find(|step| !self.notes.done.contains(&step.id))
    }

    /// Judges a step's checks. Those that use a copy of the cluster are judged when the learner asks (`thorough`), or when
    /// something that matters has changed since the last time; those that act on it, when all others hold besides.
    pub fn judge(&mut self, step: &Step, session: &Session, thorough: bool) -> bool {
        let began = self.began(&step.id);
        let before: Vec<CheckState> = step.checks.iter().map(|check| self.verdict(&step.id, &check.id)).collect();
        let mut cheap_hold = true;
        for check in step.checks.iter().filter(|check| check.after.is_empty()) {
            let place = format!("{}/{}", step.id, check.id);
            if check.reach.is_empty() || thorough || self.ahead.is_due(&place, session.now()) {
                let kept = !self.broken.contains(&place);
                self.look(check, place, session, began, kept);
            }
            cheap_hold &= self.verdict(&step.id, &check.id).verdict == Verdict::Pass;
        }
        for check in step.checks.iter().filter(|check| !check.after.is_empty()) {
            let place = format!("{}/{}", step.id, check.id);
            if thorough || (cheap_hold && self.ahead.is_due(&place, session.now())) {
                self.look(check, place, session, began, true);
            }
        }
        let after: Vec<CheckState> = step.checks.iter().map(|check| self.verdict(&step.id, &check.id)).collect();
        let passed = !after.is_empty() && after.iter().all(|state| state.verdict == Verdict::Pass);
        let finished = passed && (thorough || !self.has_deeds_left()) && !self.notes.done.contains(&step.id);
        if finished {
            self.finish(&step.id, session.now());
        }
        before != after || finished
    }

    /// Whether a played solution still has something to do. Its step is not done before that: the deeds would fall into the next.
    fn has_deeds_left(&self) -> bool {
        self.script.iter().any(|act| act.until.is_empty())
    }

    fn look(&mut self, check: &Check, place: String, session: &Session, began: Time, kept: bool) {
        if !check.reach.is_empty() || !check.after.is_empty() {
            self.ahead.tried(&place, session.now());
        }
        self.judged.insert(place, checks::judge(check, session, NAMESPACE, began, kept));
    }

    fn verdict(&self, step: &str, check: &str) -> CheckState {
        let known = self.judged.get(&format!("{step}/{check}")).cloned();
        known.unwrap_or(CheckState { id: check.to_string(), ..CheckState::default() })
    }

    fn finish(&mut self, step: &str, now: Time) {
        self.notes.done.insert(step.to_string());
        self.begin_next(now);
    }

    /// The learner asks for a verdict.
    pub fn check(&mut self, step: &str, session: &Session) {
        let Some(step) = self.lesson.step(step).cloned() else { return };
        if step.checks.is_empty() {
            return self.finish(&step.id, session.now());
        }
        self.judge(&step, session, true);
    }

    /// The learner commits to a prediction or answers a quiz. A wrong prediction is no failure; a quiz is done when it is right.
    pub fn choose(&mut self, step: &str, option: &str, session: &Session) -> Result<(), String> {
        let Some(step) = self.lesson.step(step).cloned() else { return Err("there is no such step".to_string()) };
        self.notes.chosen.insert(step.id.clone(), option.to_string());
        let answer = self.answer(&step, session)?;
        self.notes.answers.insert(step.id.clone(), answer.clone());
        if step.kind == "predict" || answer == option {
            self.finish(&step.id, session.now());
        }
        Ok(())
    }

    /// What comes true: run on a fork of the cluster as it stands, or else as the lesson began.
    pub fn answer(&self, step: &Step, session: &Session) -> Result<String, String> {
        if let Some(outcome) = &step.outcome {
            let now = foresee(outcome, session.fork()).filter(|answer| step.options.contains(answer));
            let fresh = || Run::begin(self.lesson.clone()).ok().and_then(|(_, session)| foresee(outcome, session));
            return now.or_else(fresh).ok_or_else(|| format!("the outcome of \"{}\" could not be found", step.id));
        }
        match &step.choice {
            Some(choice) if !choice.trials.is_empty() => {
                let fresh = || Run::begin(self.lesson.clone()).ok().and_then(|(_, session)| tried(choice, &session));
                let now = tried(choice, session);
                now.or_else(fresh).ok_or_else(|| format!("not exactly one option of \"{}\" holds", step.id))
            }
            Some(Choice { answer, .. }) => {
                let witness = Witness { world: &session.world, namespace: NAMESPACE, began: self.began(&step.id) };
                Ok(expr::evaluate(&expr::parse(answer)?, &witness)?.text().to_string())
            }
            None => Ok(String::new()),
        }
    }

    pub fn hint(&mut self, step: &str) {
        let Some(all) = self.lesson.step(step).map(|step| step.hints.len() as u32) else { return };
        let opened = self.notes.hints.entry(step.to_string()).or_insert(0);
        *opened = (*opened + 1).min(all);
    }

    /// Begins to play a step's solution; `play` does it deed by deed.
    pub fn solve(&mut self, step: &str) {
        self.script = self.lesson.step(step).map(|step| step.solution.iter().cloned().collect()).unwrap_or_default();
        self.passing = None;
    }

    pub fn is_playing(&self) -> bool {
        !self.script.is_empty()
    }

    /// Does the next deed of a played solution when the terminal is free. `until` and `pass` wait in the learner's own time.
    pub fn play(&mut self, session: &mut Session) -> Result<(), String> {
        let Some(act) = self.script.front().cloned() else { return Ok(()) };
        if session.world.busy() {
            return Ok(());
        }
        let began = self.current().map_or(Time::START, |step| self.began(&step.id));
        if !act.until.is_empty() {
            let source = acts::condition_expression(&act.until)?;
            let witness = Witness { world: &session.world, namespace: NAMESPACE, began };
            if !expr::evaluate(&expr::parse(&source)?, &witness)?.is_true() {
                return Ok(());
            }
        } else if !act.run.is_empty() {
            session.input(Input::Line { text: act.run.clone() });
        } else if act.pass.is_empty() {
            acts::one(session, &act, NAMESPACE, began)?;
        } else {
            let end = self.passing.map_or_else(|| acts::end(session, &act), Ok)?;
            self.passing = Some(end).filter(|end| session.now() < *end);
            if self.passing.is_some() {
                return Ok(());
            }
        }
        self.script.pop_front();
        // What held already while it was played is judged once more.
        self.looked.1 = usize::MAX;
        Ok(())
    }

    /// What the page shows.
    pub fn state(&self) -> LessonState {
        let steps = self.lesson.steps.iter().map(|step| self.step_state(step));
        let layout = self.layout();
        let lens = self.current().map(|step| step.lens.clone()).unwrap_or_default();
        LessonState { id: self.lesson.id.clone(), steps: steps.collect(), show: layout.show.clone(), focus: layout.focus.clone(), lens }
    }

    /// That of the last step up to the current one that has its own, else the lesson's.
    fn layout(&self) -> &Layout {
        let steps = &self.lesson.steps;
        let current = steps.iter().position(|step| !self.notes.done.contains(&step.id)).unwrap_or(steps.len());
        let own = steps.iter().take(current + 1).rev().find_map(|step| step.layout.as_ref());
        own.unwrap_or(&self.lesson.layout)
    }

    fn step_state(&self, step: &Step) -> StepState {
        let options = step.choice.as_ref().map_or(&step.options, |choice| &choice.options);
        StepState {
            id: step.id.clone(),
            kind: step.kind.clone(),
            done: self.notes.done.contains(&step.id),
            chosen: self.notes.chosen.get(&step.id).cloned().unwrap_or_default(),
            answer: self.notes.answers.get(&step.id).cloned().unwrap_or_default(),
            options: options.clone(),
            checks: step.checks.iter().map(|check| self.verdict(&step.id, &check.id)).collect(),
            hints: (self.notes.hints.get(&step.id).copied().unwrap_or(0), step.hints.len() as u32),
            faults: step.faults.clone(),
            solvable: !step.solution.is_empty(),
        }
    }
}

/// The only option after which a quiz's `holds` is true, each tried on a copy.
fn tried(choice: &Choice, session: &Session) -> Option<String> {
    let mut right = choice.trials.iter().filter(|trial| {
        let outcome = Outcome { act: trial.act.clone(), span: trial.span.clone(), value: choice.holds.clone() };
        foresee(&outcome, session.fork()).as_deref() == Some("true")
    });
    right.next().filter(|_| right.next().is_none()).map(|trial| trial.option.clone())
}

/// What comes of an outcome's deeds on a copy. Requests count from the copy's beginning: what was before is no answer to
/// what comes next.
fn foresee(outcome: &Outcome, mut fork: Session) -> Option<String> {
    let began = fork.now();
    fork.world.forget_requests();
    acts::perform(&mut fork, &outcome.act, NAMESPACE, began).ok()?;
    let end = fork.now() + span::parse(&outcome.span)?;
    fork.advance(end, usize::MAX);
    let witness = Witness { world: &fork.world, namespace: NAMESPACE, began };
    match expr::evaluate(&expr::parse(&outcome.value).ok()?, &witness).ok()? {
        Tree::Text(text) => Some(text.to_string()),
        other => Some(other.to_json()),
    }
}

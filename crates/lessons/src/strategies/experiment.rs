//! One strategy with one new version, on its own copy of the cluster: set up, users, release, verdict, way back.
use super::board::{Board, Strategy, Version};
use super::counts::{self, Counts};
use super::pods::PodTime;
use super::row::Row;
use crate::acts;
use crate::expr;
use crate::format::Act;
use crate::run::NAMESPACE;
use crate::witness::Witness;
use cluster::Session;
use cluster::input::Input;
use simcore::{Duration, Time};
use std::collections::VecDeque;
use std::sync::Arc;

/// How much virtual time one step lets pass.
const SLICE: Duration = Duration::secs(5);

/// Where an experiment stands. Each stage has deeds, and an instant that it waits for after them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Start,
    Before,
    Release,
    Trial,
    Promote,
    Abort,
    Window,
    Back,
    Done,
}

/// Moved on by `step`, a deed or a few seconds at a time.
pub struct Experiment {
    board: Arc<Board>,
    strategy: Strategy,
    session: Session,
    stage: Stage,
    acts: VecDeque<Act>,
    until: Time,
    came: Time,
    released: Time,
    /// Where the trial began.
    tried: (Time, Counts),
    /// When the way back began.
    returned: Time,
    /// The counts at the release, and at the beginning of the way back.
    before: Counts,
    turned: Counts,
    pods: Option<PodTime>,
    row: Row,
}

impl Experiment {
    /// On a copy of `base`, which stands ready.
    pub fn begin(board: &Arc<Board>, strategy: &Strategy, version: &Version, base: &Session) -> Experiment {
        let strategy = board.with(strategy, version);
        let row = Row { strategy: strategy.id.clone(), version: version.name.clone(), seed: base.record.seed, ..Row::default() };
        let session = base.fork();
        let until = session.now() + Board::span(&board.settle);
        Experiment {
            board: board.clone(),
            acts: strategy.start.iter().cloned().collect(),
            strategy,
            session,
            stage: Stage::Start,
            until,
            came: until,
            released: until,
            tried: (until, Counts::default()),
            returned: until,
            before: Counts::default(),
            turned: Counts::default(),
            pods: None,
            row,
        }
    }

    /// Events handled since the world began.
    pub fn work(&self) -> u64 {
        self.session.world.steps()
    }

    /// One deed more, or some seconds more. The result, once there is one.
    pub fn step(&mut self) -> Option<Row> {
        if let Some(act) = self.acts.pop_front() {
            if let Err(words) = acts::one(&mut self.session, &act, NAMESPACE, self.tried.0) {
                self.stumble(words);
            }
        } else if self.session.now() < self.until {
            let next = self.until.min(self.session.now() + SLICE);
            self.session.advance(next, usize::MAX);
        } else {
            self.turn();
        }
        if let Some(Err(words)) = self.pods.as_mut().map(|pods| pods.follow(&self.session.world.api.store, self.session.now())) {
            self.trouble(words);
        }
        (self.stage == Stage::Done).then(|| self.row.clone())
    }

    /// A deed did not succeed. A release is taken back then, as any pipeline would do.
    fn stumble(&mut self, words: String) {
        match self.stage {
            Stage::Release | Stage::Promote => self.abort(),
            _ => self.trouble(words),
        }
    }

    fn trouble(&mut self, words: String) {
        if self.row.trouble.is_empty() {
            self.row.trouble = words;
        }
    }

    fn enter(&mut self, stage: Stage, acts: &[Act], until: Time) {
        (self.stage, self.until) = (stage, until);
        self.acts = acts.iter().cloned().collect();
    }

    fn end(&self) -> Time {
        self.released + Board::span(&self.board.window)
    }

    /// The stage's time is over.
    fn turn(&mut self) {
        let (board, now) = (self.board.clone(), self.session.now());
        match self.stage {
            Stage::Start => {
                self.came = now;
                self.session.input(Input::Traffic { sources: board.users_of(&self.strategy), gone: Vec::new() });
                self.enter(Stage::Before, &[], now + Board::span(&board.before));
            }
            Stage::Before => self.release(),
            Stage::Release => match &self.strategy.trial {
                Some(trial) => {
                    let until = now + Board::span(&trial.span);
                    self.tried = (now, counts::now(&self.session.world, &board));
                    self.enter(Stage::Trial, &[], until);
                }
                None => self.enter(Stage::Window, &[], self.end()),
            },
            Stage::Trial => self.judge(),
            Stage::Promote | Stage::Abort => self.enter(Stage::Window, &[], self.end()),
            Stage::Window => self.close(),
            Stage::Back | Stage::Done => self.finish(),
        }
    }

    fn release(&mut self) {
        let now = self.session.now();
        self.released = now;
        self.before = counts::now(&self.session.world, &self.board);
        match PodTime::begin(&self.session.world.api.store, now, &self.board.pods, self.board.wanted) {
            Ok(pods) => self.pods = Some(pods),
            Err(words) => self.trouble(words),
        }
        let acts = self.strategy.release.clone();
        self.enter(Stage::Release, &acts, now);
    }

    /// The trial is over: what came of it decides.
    fn judge(&mut self) {
        let Some(trial) = self.strategy.trial.clone() else { return };
        self.share(self.tried.1);
        self.row.people_wavered = counts::wavered(&self.session.world, &self.board);
        let witness = Witness { world: &self.session.world, namespace: NAMESPACE, began: self.tried.0 };
        match expr::parse(&trial.expr).and_then(|expr| expr::evaluate(&expr, &witness)) {
            Ok(verdict) if verdict.is_true() => self.enter(Stage::Promote, &trial.promote, self.session.now()),
            Ok(_) => self.abort(),
            Err(words) => {
                self.trouble(words);
                self.abort();
            }
        }
    }

    fn share(&mut self, since: Counts) {
        let counts = counts::now(&self.session.world, &self.board);
        self.row.answers = counts.answers - since.answers;
        self.row.new_answers = counts.new_answers - since.new_answers;
    }

    fn go_back(&mut self, stage: Stage, until: Time) {
        self.returned = self.session.now();
        self.turned = counts::now(&self.session.world, &self.board);
        let acts = self.strategy.rollback.clone();
        self.enter(stage, &acts, until);
    }

    fn abort(&mut self) {
        self.row.stopped = true;
        self.go_back(Stage::Abort, self.session.now());
    }

    /// The window is over: what the users met is counted.
    fn close(&mut self) {
        let (world, board) = (&self.session.world, self.board.clone());
        let counts = counts::now(world, &board);
        if self.row.answers == 0 {
            self.share(self.before);
            self.row.people_wavered = counts::wavered(&self.session.world, &board);
        }
        let (world, row) = (&self.session.world, &mut self.row);
        counts::people(world, &board, self.came, self.released, row);
        row.failed = counts.failed;
        row.orders_written = counts.written;
        row.full_ms = counts::settled(world, &board, true).map(|at| at.since(self.released).0 / 1_000);
        row.mixed_ms = counts::mixed(world, &board) / 1_000;
        if let Some(pods) = self.pods.take() {
            (row.extra_pod_ms, row.missing_pod_ms) = (pods.extra / 1_000, pods.missing / 1_000);
        }
        if self.row.stopped {
            return self.finish();
        }
        self.go_back(Stage::Back, self.session.now() + Board::span(&board.back));
    }

    /// The way back is over, too.
    fn finish(&mut self) {
        let world = &self.session.world;
        self.row.rollback_failed = counts::now(world, &self.board).failed - self.turned.failed;
        self.row.rollback_ms = counts::settled(world, &self.board, false).map(|at| at.since(self.returned).0 / 1_000);
        self.stage = Stage::Done;
    }
}

//! All strategies with all new versions, one after another, on copies of one cluster.
use super::board::{Board, Strategy, Version};
use super::experiment::Experiment;
use super::row::Row;
use crate::acts;
use crate::run::NAMESPACE;
use cluster::Session;
use simcore::Time;
use std::collections::VecDeque;
use std::sync::Arc;

/// Moved on by `step`, so that whoever shows it can do other things in between.
pub struct Comparison {
    board: Arc<Board>,
    seed: u64,
    /// The cluster from which all copies are made, once it stands.
    base: Option<Session>,
    waiting: VecDeque<(Strategy, Version)>,
    running: Option<Experiment>,
    all: usize,
}

impl Comparison {
    /// Of these versions (by name), and of these strategies (by id; none for all of them).
    pub fn begin(board: Arc<Board>, seed: u64, versions: &[String], strategies: &[String]) -> Comparison {
        let mut waiting = VecDeque::new();
        for version in versions.iter().filter_map(|name| board.version(name)) {
            let wanted = |strategy: &&Strategy| strategies.is_empty() || strategies.contains(&strategy.id);
            waiting.extend(board.strategies.iter().filter(wanted).map(|strategy| (strategy.clone(), version.clone())));
        }
        Comparison { all: waiting.len(), board, seed, base: None, waiting, running: None }
    }

    /// How many rows there will be.
    pub fn all(&self) -> usize {
        self.all
    }

    pub fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.running.is_none()
    }

    /// Events that the experiment under way has handled: how much work was done.
    pub fn work(&self) -> u64 {
        self.running.as_ref().map_or(0, Experiment::work)
    }

    /// A little more, and a row when one is complete. The error: the cluster cannot be set up.
    pub fn step(&mut self) -> Result<Option<Row>, String> {
        let Some(base) = &self.base else {
            self.base = Some(boot(&self.board, self.seed)?);
            return Ok(None);
        };
        let Some(running) = &mut self.running else {
            let next = self.waiting.pop_front();
            self.running = next.map(|(strategy, version)| Experiment::begin(&self.board, &strategy, &version, base));
            return Ok(None);
        };
        let row = running.step();
        if row.is_some() {
            self.running = None;
        }
        Ok(row)
    }
}

fn boot(board: &Board, seed: u64) -> Result<Session, String> {
    let (preset, nodes) = (&board.cluster.preset, board.cluster.nodes);
    let mut session = Session::start(preset, nodes, seed, Vec::new()).ok_or_else(|| format!("there is no preset \"{preset}\""))?;
    acts::perform(&mut session, &board.start, NAMESPACE, Time::START)?;
    Ok(session)
}

//! A comparison of strategies under way, in portions that leave room for messages.
use crate::protocol::FromEngine;
use lessons::strategies::{Board, Comparison};
use std::sync::Arc;

/// Events that one tick may spend on a comparison.
const PORTION: u64 = 6_000;

pub struct Comparing {
    comparison: Comparison,
    done: u32,
}

impl Comparing {
    /// Nothing where the text is empty. The error says what does not fit.
    pub fn begin(strategies: &str, seed: u64, versions: &[String]) -> Result<Option<Comparing>, String> {
        if strategies.is_empty() {
            return Ok(None);
        }
        let board = Arc::new(Board::from_json(strategies)?);
        Ok(Some(Comparing { comparison: Comparison::begin(board, seed, versions, &[]), done: 0 }))
    }

    /// Goes on for a portion, or until a row is complete; says whether there is more to do.
    pub fn work(&mut self, out: &mut Vec<FromEngine>) -> bool {
        let all = self.comparison.all() as u32;
        let begun = self.comparison.work();
        while !self.comparison.is_over() {
            match self.comparison.step() {
                Ok(Some(row)) => {
                    self.done += 1;
                    out.push(FromEngine::Compared { done: self.done, all, row: Box::new(row) });
                    break;
                }
                Ok(None) if self.comparison.work().saturating_sub(begun) > PORTION => break,
                Ok(None) => {}
                Err(detail) => {
                    out.push(FromEngine::Trouble { what: "compare".to_string(), detail });
                    return false;
                }
            }
        }
        !self.comparison.is_over()
    }
}

//! What a container wrote: whole lines with their instants, bounded.
use crate::images::Line;
use std::collections::VecDeque;

/// How many lines of one container are kept.
const LINES_MAX: usize = 2_000;

#[derive(Clone, Debug, Default)]
pub struct Log {
    lines: VecDeque<Line>,
    /// How many older lines were let go.
    gone: usize,
}

impl Log {
    /// Adds text; a piece that does not end in a newline is continued by the next one.
    pub fn write(&mut self, piece: &Line) {
        for part in piece.text.split_inclusive('\n') {
            match self.lines.back_mut().filter(|last| !last.text.ends_with('\n')) {
                Some(last) => last.text.push_str(part),
                None => self.lines.push_back(Line { at: piece.at, text: part.to_string() }),
            }
        }
        while self.lines.len() > LINES_MAX {
            self.lines.pop_front();
            self.gone += 1;
        }
    }

    /// The lines from place `from` on; places count from the container's first line.
    pub fn since(&self, from: usize) -> impl DoubleEndedIterator<Item = &Line> + Clone {
        self.lines.iter().skip(from.saturating_sub(self.gone))
    }

    /// How many lines were ever written.
    pub fn len(&self) -> usize {
        self.gone + self.lines.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

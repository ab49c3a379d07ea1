//! Which locals of a function may still be read, before each of its operators.

use super::flow::Code;
use wasmparser::Operator;

/// A set of locals.
#[derive(Clone, PartialEq, Default)]
pub struct Locals(Vec<u64>);

impl Locals {
    pub fn has(&self, local: u32) -> bool {
        self.0.get(local as usize / 64).is_some_and(|word| word >> (local % 64) & 1 == 1)
    }

    pub fn add(&mut self, local: u32) {
        self.0.resize(self.0.len().max(local as usize / 64 + 1), 0);
        self.0[local as usize / 64] |= 1 << (local % 64);
    }

    fn take(&mut self, local: u32) {
        if let Some(word) = self.0.get_mut(local as usize / 64) {
            *word &= !(1 << (local % 64));
        }
    }

    pub fn add_all(&mut self, other: &Locals) {
        self.0.resize(self.0.len().max(other.0.len()), 0);
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word |= other);
    }
}

pub struct Live {
    before: Vec<Locals>,
}

impl Live {
    pub fn new(code: &Code) -> Live {
        let mut walk = Walk { code, heads: vec![Locals::default(); code.frames.len()], before: vec![Locals::default(); code.ops.len()] };
        // What is live where a loop begins is live where it begins again: until that adds nothing.
        while walk.backwards() {}
        Live { before: walk.before }
    }

    pub fn before(&self, at: usize) -> &Locals {
        &self.before[at]
    }

    /// Where a branch to this frame goes on.
    pub fn at_label(&self, code: &Code, frame: usize) -> &Locals {
        match &code.frames[frame] {
            frame if frame.is_loop => self.before(frame.begin.map_or(0, |begin| begin + 1)),
            frame => self.before(frame.end),
        }
    }
}

struct Walk<'c, 'a> {
    code: &'c Code<'a>,
    /// What is known to be live where each loop begins.
    heads: Vec<Locals>,
    before: Vec<Locals>,
}

impl Walk<'_, '_> {
    /// Whether anything came to be known about the begin of a loop.
    fn backwards(&mut self) -> bool {
        let code = self.code;
        let mut grown = false;
        let mut live = Locals::default();
        let mut otherwise: Vec<Option<Locals>> = vec![None; code.frames.len()];
        for at in (0..code.ops.len()).rev() {
            match &code.ops[at] {
                Operator::Else => {
                    let frame = code.inside[at];
                    otherwise[frame] = Some(live);
                    live = self.before[code.frames[frame].end].clone();
                }
                Operator::If { .. } => {
                    let frame = code.begun(at);
                    match &otherwise[frame] {
                        Some(other) => live.add_all(other),
                        None => live.add_all(&self.before[code.frames[frame].end]),
                    }
                }
                Operator::Loop { .. } => {
                    let head = &mut self.heads[code.begun(at)];
                    if *head != live {
                        *head = live.clone();
                        grown = true;
                    }
                }
                Operator::Br { relative_depth } => live = self.label(code.target(at, *relative_depth)),
                Operator::BrIf { relative_depth } => live.add_all(&self.label(code.target(at, *relative_depth))),
                Operator::BrTable { targets } => {
                    live = self.label(code.target(at, targets.default()));
                    for depth in targets.targets().flatten() {
                        live.add_all(&self.label(code.target(at, depth)));
                    }
                }
                Operator::Return | Operator::Unreachable => live = Locals::default(),
                Operator::LocalGet { local_index } => live.add(*local_index),
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => live.take(*local_index),
                _ => {}
            }
            self.before[at] = live.clone();
        }
        grown
    }

    fn label(&self, frame: usize) -> Locals {
        match &self.code.frames[frame] {
            of if of.is_loop => self.heads[frame].clone(),
            of => self.before[of.end].clone(),
        }
    }
}

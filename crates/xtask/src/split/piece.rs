//! A piece of a function that parts from it: what it is given, what it gives back, which ways out it has, and its code.
//!
//! Whoever comes to a place inside a frame goes on to the end of that frame's arm, or leaves it by a branch. So all from there to
//! that end can be a function of its own. It gets the locals that it may read, and gives back those that it may have written,
//! after a number that says which way it left.

use super::flow::{Arm, Code, Place};
use super::live::{Live, Locals};
use std::collections::BTreeMap;
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Function, Instruction, ValType};
use wasmparser::{FuncType, Operator};

/// A way out of a piece.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Exit {
    /// Over the end of its arm.
    Falls,
    /// By a branch to this frame, which may be the function itself.
    To(usize),
}

/// Operators from `begin` to before `end`, the end of their arm.
pub struct Piece {
    pub begin: usize,
    pub end: usize,
    frame: usize,
    falls: bool,
    /// Locals that it is given, and those that it gives back.
    takes: Vec<u32>,
    gives: Vec<u32>,
    exits: Vec<Exit>,
    /// The value that lies on the stack at each exit.
    values: Vec<Option<wasmparser::ValType>>,
}

impl Piece {
    /// From this place on. Nothing where it cannot part, or has fewer bytes than `least` and what its values take.
    pub fn new(code: &Code, live: &Live, place: &Place, least: usize) -> Option<Piece> {
        let Arm { frame, end, falls } = code.arms[place.arm];
        let size = code.offsets[end] - code.offsets[place.at];
        if !place.clean || size < least {
            return None;
        }
        let (mut touched, mut written) = (Locals::default(), Locals::default());
        let mut piece =
            Piece { begin: place.at, end, frame, falls, takes: Vec::new(), gives: Vec::new(), exits: Vec::new(), values: Vec::new() };
        for at in place.at..end {
            match &code.ops[at] {
                Operator::LocalGet { local_index } => touched.add(*local_index),
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    touched.add(*local_index);
                    written.add(*local_index);
                }
                op => {
                    let exits: Vec<Exit> = leaves(code, at, op).into_iter().filter_map(|target| piece.exit(code, target)).collect();
                    piece.exits.extend(exits);
                }
            }
        }
        piece.exits.extend(falls.then_some(Exit::Falls));
        piece.exits.sort();
        piece.exits.dedup();
        let mut needed = Locals::default();
        for exit in &piece.exits {
            needed.add_all(match exit {
                Exit::Falls => live.before(code.frames[frame].end),
                Exit::To(target) => live.at_label(code, *target),
            });
        }
        let all = 0..code.locals.len() as u32;
        piece.takes = all.clone().filter(|local| touched.has(*local) && live.before(place.at).has(*local)).collect();
        piece.gives = all.filter(|local| written.has(*local) && needed.has(*local)).collect();
        // As few different types as possible.
        piece.takes.sort_by_key(|local| (code.locals[*local as usize], *local));
        piece.gives.sort_by_key(|local| (code.locals[*local as usize], *local));
        piece.values = piece.exits.iter().map(|exit| exit_value(code, frame, *exit)).collect();
        let values = 2 * (piece.takes.len() + piece.gives.len() + piece.exits.len());
        ((least == 0 || size >= least + values) && piece.can_part(code)).then_some(piece)
    }

    /// The way out that a branch to this frame is, if it leaves at all.
    fn exit(&self, code: &Code, target: usize) -> Option<Exit> {
        let within = code.frames[target].begin.is_some_and(|begin| begin >= self.begin);
        let end = target == self.frame && !code.frames[target].is_loop;
        (!within).then_some(if end { Exit::Falls } else { Exit::To(target) })
    }

    fn can_part(&self, code: &Code) -> bool {
        let mut kinds: Vec<_> = self.values.iter().flatten().collect();
        kinds.dedup();
        let one_shape = self.values.windows(2).all(|pair| pair[0] == pair[1]);
        let loops_end = self.exits.first() == Some(&Exit::Falls) && code.frames[self.frame].is_loop;
        kinds.len() <= 1 && (self.exits.len() <= 2 || one_shape && !loops_end)
    }

    fn value(&self) -> Option<wasmparser::ValType> {
        self.values.iter().flatten().next().copied()
    }

    /// A value that only one of two exits has waits in a local.
    pub fn apart_value(&self) -> Option<wasmparser::ValType> {
        if self.values.iter().any(Option::is_none) { self.value() } else { None }
    }

    pub fn signature(&self, code: &Code) -> FuncType {
        let kinds = |locals: &[u32]| locals.iter().map(|local| code.locals[*local as usize]).collect::<Vec<_>>();
        let number = (self.exits.len() > 1).then_some(wasmparser::ValType::I32);
        let mut results: Vec<_> = match self.apart_value() {
            Some(value) => number.into_iter().chain([value]).collect(),
            None => self.value().into_iter().chain(number).collect(),
        };
        results.extend(kinds(&self.gives));
        FuncType::new(kinds(&self.takes), results)
    }

    /// The call, and the way that it says.
    pub fn call(&self, code: &Code, function: u32, spare: Option<u32>, body: &mut Function) {
        for local in &self.takes {
            body.instruction(&Instruction::LocalGet(*local));
        }
        body.instruction(&Instruction::Call(function));
        for local in self.gives.iter().rev().chain(&spare) {
            body.instruction(&Instruction::LocalSet(*local));
        }
        let depths: Vec<Option<u32>> = self.exits.iter().map(|exit| self.depth(code, *exit)).collect();
        match depths.as_slice() {
            [] => {
                body.instruction(&Instruction::Unreachable);
            }
            [_] => {}
            [_, second] => {
                let depth = second.unwrap_or(0);
                match spare.filter(|_| self.values[1].is_some()) {
                    Some(spare) => {
                        body.instruction(&Instruction::If(BlockType::Empty)).instruction(&Instruction::LocalGet(spare));
                        body.instruction(&Instruction::Br(depth + 1)).instruction(&Instruction::End);
                    }
                    None => {
                        body.instruction(&Instruction::BrIf(depth));
                    }
                }
            }
            [rest @ .., last] => {
                let rest: Vec<u32> = rest.iter().map(|depth| depth.unwrap_or(0)).collect();
                body.instruction(&Instruction::BrTable(rest.into(), last.unwrap_or(0)));
                return;
            }
        }
        if let [first, ..] = depths.as_slice() {
            if let Some(spare) = spare.filter(|_| self.values[0].is_some()) {
                body.instruction(&Instruction::LocalGet(spare));
            }
            if let Some(depth) = first {
                body.instruction(&Instruction::Br(*depth));
            }
        }
    }

    /// Nothing for the end of the arm.
    fn depth(&self, code: &Code, exit: Exit) -> Option<u32> {
        match exit {
            Exit::Falls => None,
            Exit::To(target) => Some(code.depth(self.frame, target)),
        }
    }

    /// The function of its own: around the code stands a block for each exit, the first innermost.
    pub fn apart(&self, code: &Code) -> Result<Function, Error<Infallible>> {
        let mut encoder = RoundtripReencoder;
        let (names, kinds) = self.names(code);
        let value = (self.takes.len() + kinds.len()) as u32;
        let kinds = kinds.into_iter().chain(self.value()).map(|kind| encoder.val_type(kind)).collect::<Result<Vec<ValType>, _>>()?;
        let mut body = Function::new_with_locals_types(kinds);
        for kind in self.values.iter().rev() {
            let kind = kind.map(|kind| encoder.val_type(kind)).transpose()?;
            body.instruction(&Instruction::Block(kind.map_or(BlockType::Empty, BlockType::Result)));
        }
        for at in self.begin..self.end {
            self.copy(code, at, &names, &mut body)?;
        }
        if !self.falls {
            body.instruction(&Instruction::Unreachable);
        }
        for (number, kind) in self.values.iter().enumerate() {
            body.instruction(&Instruction::End);
            if kind.is_some() {
                body.instruction(&Instruction::LocalSet(value));
            }
            let number = (self.exits.len() > 1).then_some(Instruction::I32Const(number as i32));
            let value = self.value().map(|_| Instruction::LocalGet(value));
            let lead = if self.apart_value().is_some() { [number, value] } else { [value, number] };
            for each in lead.into_iter().flatten() {
                body.instruction(&each);
            }
            for local in &self.gives {
                body.instruction(&Instruction::LocalGet(names[local]));
            }
            body.instruction(&Instruction::Return);
        }
        body.instruction(&Instruction::End);
        Ok(body)
    }

    /// What its locals are called in the new function, and the types of those that are not given to it.
    fn names(&self, code: &Code) -> (BTreeMap<u32, u32>, Vec<wasmparser::ValType>) {
        let mut names: BTreeMap<u32, u32> = self.takes.iter().copied().zip(0..).collect();
        let mut kinds = Vec::new();
        for op in &code.ops[self.begin..self.end] {
            if let Operator::LocalGet { local_index } | Operator::LocalSet { local_index } | Operator::LocalTee { local_index } = op {
                let next = names.len() as u32;
                names.entry(*local_index).or_insert_with(|| {
                    kinds.push(code.locals[*local_index as usize]);
                    next
                });
            }
        }
        (names, kinds)
    }

    fn copy(&self, code: &Code, at: usize, names: &BTreeMap<u32, u32>, body: &mut Function) -> Result<(), Error<Infallible>> {
        let inside = code.inside[at];
        // Where a branch from here to that frame leads now.
        let depth = |target: usize| match self.exit(code, target) {
            None => code.depth(inside, target),
            Some(exit) => code.depth(inside, self.frame) + self.exits.binary_search(&exit).unwrap_or_default() as u32,
        };
        let target = |depth: u32| code.target(at, depth);
        body.instruction(&match &code.ops[at] {
            Operator::LocalGet { local_index } => Instruction::LocalGet(names[local_index]),
            Operator::LocalSet { local_index } => Instruction::LocalSet(names[local_index]),
            Operator::LocalTee { local_index } => Instruction::LocalTee(names[local_index]),
            Operator::Br { relative_depth } => Instruction::Br(depth(target(*relative_depth))),
            Operator::BrIf { relative_depth } => Instruction::BrIf(depth(target(*relative_depth))),
            Operator::BrTable { targets } => {
                let all = targets.targets().map(|each| Ok(depth(target(each?)))).collect::<wasmparser::Result<Vec<u32>>>()?;
                Instruction::BrTable(all.into(), depth(target(targets.default())))
            }
            Operator::Return => Instruction::Br(depth(0)),
            other => RoundtripReencoder.instruction(other.clone())?,
        });
        Ok(())
    }
}

/// The frames that an operator may go to.
fn leaves(code: &Code, at: usize, op: &Operator) -> Vec<usize> {
    match op {
        Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => vec![code.target(at, *relative_depth)],
        Operator::BrTable { targets } => {
            targets.targets().flatten().chain([targets.default()]).map(|depth| code.target(at, depth)).collect()
        }
        Operator::Return => vec![0],
        _ => Vec::new(),
    }
}

fn exit_value(code: &Code, frame: usize, exit: Exit) -> Option<wasmparser::ValType> {
    match exit {
        Exit::Falls => code.frames[frame].results.first().copied(),
        Exit::To(target) if code.frames[target].is_loop => None,
        Exit::To(target) => code.frames[target].results.first().copied(),
    }
}

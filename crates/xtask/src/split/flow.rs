//! A function's code as a list of operators: its frames, and the places from which it may go one way or another.

use super::shape::Shape;
use wasmparser::{BlockType, ModuleArity, Operator, ValType};

pub struct Code<'a> {
    pub ops: Vec<Operator<'a>>,
    /// Where each operator begins, in bytes, and where the last one ends.
    pub offsets: Vec<usize>,
    /// The types of the parameters and the locals.
    pub locals: Vec<ValType>,
    /// The function itself is frame 0.
    pub frames: Vec<Frame>,
    /// The frame of each operator. What begins a frame belongs to the outer one, what ends it to the frame.
    pub inside: Vec<usize>,
    /// In order; the first is the function's begin.
    pub places: Vec<Place>,
    /// A frame's code: one run of operators, or two where it has an `else`.
    pub arms: Vec<Arm>,
}

pub struct Frame {
    pub is_loop: bool,
    pub outer: usize,
    /// The operators that begin and end it. The function begins before its first.
    pub begin: Option<usize>,
    pub end: usize,
    pub results: Vec<ValType>,
    /// The stack's height where it begins (of no meaning in dead code), and whether nothing ever comes there.
    height: u32,
    dead: bool,
}

/// A place that may never be come to although the function runs. Whoever comes there goes on to the end of the arm, or leaves it.
pub struct Place {
    pub at: usize,
    pub arm: usize,
    /// Nothing lies on the stack that the code before has put there.
    pub clean: bool,
}

pub struct Arm {
    pub frame: usize,
    /// The `else` or `end` behind its last operator.
    pub end: usize,
    /// Whether its end may be reached from within.
    pub falls: bool,
}

impl<'a> Code<'a> {
    /// Of a defined function.
    pub fn read(shape: &Shape<'a>, function: u32) -> Result<Code<'a>, String> {
        let signature = shape.signature(function);
        let mut code = Code {
            ops: Vec::new(),
            offsets: Vec::new(),
            locals: signature.params().to_vec(),
            frames: Vec::new(),
            inside: Vec::new(),
            places: Vec::new(),
            arms: Vec::new(),
        };
        code.parse(shape, function).map_err(|error| error.to_string())?;
        let mut walk = Walk { shape, height: 0, dead: false, open: Vec::new() };
        walk.begin(&mut code, None, false, signature.results().to_vec());
        for at in 0..code.ops.len() {
            walk.step(&mut code, at)?;
        }
        Ok(code)
    }

    fn parse(&mut self, shape: &Shape<'a>, function: u32) -> wasmparser::Result<()> {
        for local in shape.body(function).get_locals_reader()? {
            let (count, kind) = local?;
            self.locals.extend((0..count).map(|_| kind));
        }
        let mut reader = shape.body(function).get_operators_reader()?;
        while !reader.eof() {
            self.offsets.push(reader.original_position() as usize);
            self.ops.push(reader.read()?);
        }
        self.offsets.push(reader.original_position() as usize);
        Ok(())
    }

    /// The frame that an operator begins.
    pub fn begun(&self, at: usize) -> usize {
        self.frames.partition_point(|frame| frame.begin < Some(at))
    }

    /// The frame that a branch of this depth from this operator means.
    pub fn target(&self, at: usize, depth: u32) -> usize {
        (0..depth).fold(self.inside[at], |frame, _| self.frames[frame].outer)
    }

    /// How many frames lie between: the depth of a branch from a frame's own code to an outer one.
    pub fn depth(&self, from: usize, to: usize) -> u32 {
        let mut frame = from;
        let mut depth = 0;
        while frame != to {
            (frame, depth) = (self.frames[frame].outer, depth + 1);
        }
        depth
    }
}

/// Goes through the operators and counts what lies on the stack.
struct Walk<'s, 'a> {
    shape: &'s Shape<'a>,
    height: u32,
    dead: bool,
    /// Frames that have not ended, with the arm that is open in each.
    open: Vec<(usize, usize)>,
}

impl<'a> Walk<'_, 'a> {
    fn begin(&mut self, code: &mut Code<'a>, begin: Option<usize>, is_loop: bool, results: Vec<ValType>) {
        let outer = self.open.last().map_or(0, |(frame, _)| *frame);
        let frame = code.frames.len();
        code.frames.push(Frame { is_loop, outer, begin, end: 0, results, height: self.height, dead: self.dead });
        self.open.push((frame, code.arms.len()));
        code.arms.push(Arm { frame, end: 0, falls: false });
        if begin.is_none() {
            code.places.push(Place { at: 0, arm: 0, clean: true });
        }
    }

    fn step(&mut self, code: &mut Code<'a>, at: usize) -> Result<(), String> {
        let (frame, arm) = *self.open.last().ok_or("operators follow a function's end")?;
        code.inside.push(frame);
        match code.ops[at].clone() {
            Operator::Block { blockty } => self.begin(code, Some(at), false, results(blockty)?),
            Operator::Loop { blockty } => self.begin(code, Some(at), true, results(blockty)?),
            Operator::If { blockty } => {
                self.height = self.height.wrapping_sub(1);
                self.begin(code, Some(at), false, results(blockty)?);
                self.place(code, at + 1);
            }
            Operator::Else => {
                self.end_arm(code, arm, at);
                (self.height, self.dead) = (code.frames[frame].height, code.frames[frame].dead);
                self.open.pop();
                self.open.push((frame, code.arms.len()));
                code.arms.push(Arm { frame, end: 0, falls: false });
                self.place(code, at + 1);
            }
            Operator::End => {
                self.end_arm(code, arm, at);
                code.frames[frame].end = at;
                (self.height, self.dead) =
                    (code.frames[frame].height.wrapping_add(code.frames[frame].results.len() as u32), code.frames[frame].dead);
                self.open.pop();
                self.place(code, at + 1);
            }
            Operator::BrIf { .. } => {
                self.height = self.height.wrapping_sub(1);
                self.place(code, at + 1);
            }
            Operator::Br { .. } | Operator::BrTable { .. } | Operator::Return | Operator::Unreachable => self.dead = true,
            _ if self.dead => {}
            Operator::Call { function_index } => self.call(self.shape.signature(function_index)),
            Operator::CallIndirect { type_index, .. } => {
                self.height -= 1;
                self.call(&self.shape.types[type_index as usize]);
            }
            other => {
                let (takes, gives) = other.operator_arity(&Plain).ok_or_else(|| format!("the cut does not know {other:?} yet"))?;
                self.height = self.height + gives - takes;
            }
        }
        Ok(())
    }

    fn call(&mut self, signature: &wasmparser::FuncType) {
        self.height = self.height + signature.results().len() as u32 - signature.params().len() as u32;
    }

    fn end_arm(&self, code: &mut Code, arm: usize, at: usize) {
        code.arms[arm].end = at;
        code.arms[arm].falls = !self.dead;
    }

    fn place(&self, code: &mut Code, at: usize) {
        let Some((frame, arm)) = self.open.last().copied().filter(|_| !self.dead) else { return };
        if !matches!(code.ops[at], Operator::End | Operator::Else) {
            code.places.push(Place { at, arm, clean: self.height == code.frames[frame].height });
        }
    }
}

fn results(kind: BlockType) -> Result<Vec<ValType>, String> {
    match kind {
        BlockType::Empty => Ok(Vec::new()),
        BlockType::Type(kind) => Ok(vec![kind]),
        BlockType::FuncType(_) => Err("the module has blocks of more than one value: the cut does not know that yet".into()),
    }
}

/// Operators whose arity hangs on the module are known above.
struct Plain;

impl ModuleArity for Plain {
    fn sub_type_at(&self, _: u32) -> Option<&wasmparser::SubType> {
        None
    }

    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }

    fn type_index_of_function(&self, _: u32) -> Option<u32> {
        None
    }

    fn func_type_of_cont_type(&self, _: &wasmparser::ContType) -> Option<&wasmparser::FuncType> {
        None
    }

    fn sub_type_of_ref_type(&self, _: &wasmparser::RefType) -> Option<&wasmparser::SubType> {
        None
    }

    fn control_stack_height(&self) -> u32 {
        0
    }

    fn label_block(&self, _: u32) -> Option<(BlockType, wasmparser::FrameKind)> {
        None
    }
}

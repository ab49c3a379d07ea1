//! Takes out of a module's functions what a first visit never came to: such pieces become functions, which go with the rest.

use super::flow::Code;
use super::live::Live;
use super::piece::Piece;
use super::shape::Shape;
use std::collections::BTreeMap;
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder, utils};
use wasm_encoder::{CodeSection, Function, FunctionSection, Module, TypeSection};
use wasmparser::{FuncType, Parser};

/// `came` says of a function and one of its places whether the visit came there. A piece that is
/// taken out has `least` bytes beside what its values take; a call into the rest takes about ten. The new functions follow all others.
pub fn outlined(shape: &Shape, least: usize, came: impl Fn(u32, usize) -> bool) -> Result<Vec<u8>, String> {
    let mut made = Made { shape, least, types: BTreeMap::new(), new: Vec::new(), bodies: BTreeMap::new() };
    for function in shape.imported()..shape.functions.len() as u32 {
        if came(function, 0) {
            made.part(function, |place| came(function, place))?;
        }
    }
    let mut module = Module::new();
    made.parse_core_module(&mut module, Parser::new(0), shape.bytes).map_err(|error| error.to_string())?;
    Ok(module.finish())
}

struct Made<'s, 'a> {
    shape: &'s Shape<'a>,
    least: usize,
    /// Types that the module does not have yet, by their place among those.
    types: BTreeMap<FuncType, u32>,
    new: Vec<(u32, Function)>,
    bodies: BTreeMap<u32, Function>,
}

impl Made<'_, '_> {
    fn part(&mut self, function: u32, came: impl Fn(usize) -> bool) -> Result<(), String> {
        let code = Code::read(self.shape, function)?;
        if (0..code.places.len()).all(&came) {
            return Ok(());
        }
        let live = Live::new(&code);
        let mut pieces: Vec<Piece> = Vec::new();
        for (number, place) in code.places.iter().enumerate() {
            if !came(number) && pieces.last().is_none_or(|last| last.end <= place.at) {
                pieces.extend(Piece::new(&code, &live, place, self.least));
            }
        }
        if pieces.is_empty() {
            return Ok(());
        }
        let first = self.shape.functions.len() + self.new.len();
        for each in &pieces {
            let kind = self.kind(each.signature(&code));
            self.new.push((kind, each.apart(&code).map_err(|error| error.to_string())?));
        }
        let body = without(&code, self.shape.signature(function).params().len(), &pieces, first as u32);
        self.bodies.insert(function, body.map_err(|error| error.to_string())?);
        Ok(())
    }

    /// The number of a type.
    fn kind(&mut self, wanted: FuncType) -> u32 {
        if let Some(known) = self.shape.types.iter().position(|kind| *kind == wanted) {
            return known as u32;
        }
        let next = (self.shape.types.len() + self.types.len()) as u32;
        *self.types.entry(wanted).or_insert(next)
    }
}

impl Reencode for Made<'_, '_> {
    type Error = Infallible;

    fn parse_type_section(&mut self, types: &mut TypeSection, section: wasmparser::TypeSectionReader<'_>) -> Result<(), Error<Infallible>> {
        utils::parse_type_section(self, types, section)?;
        let mut new: Vec<_> = self.types.iter().map(|(kind, number)| (*number, kind.clone())).collect();
        new.sort_by_key(|(number, _)| *number);
        for (_, kind) in new {
            types.ty().func_type(&self.func_type(kind)?);
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_function_section(self, functions, section)?;
        for (kind, _) in &self.new {
            functions.function(*kind);
        }
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, _: wasmparser::CodeSectionReader<'_>) -> Result<(), Error<Infallible>> {
        let shape = self.shape;
        for (function, body) in (shape.imported()..).zip(&shape.bodies) {
            match self.bodies.get(&function) {
                Some(parted) => code.function(parted),
                None => {
                    self.parse_function_body(code, body.clone())?;
                    continue;
                }
            };
        }
        for (_, body) in &self.new {
            code.function(body);
        }
        Ok(())
    }
}

/// The function with calls in place of what was taken out; the first of those is function number `first`.
fn without(code: &Code, parameters: usize, pieces: &[Piece], first: u32) -> Result<Function, Error<Infallible>> {
    let mut encoder = RoundtripReencoder;
    let mut locals = code.locals[parameters..].iter().map(|kind| encoder.val_type(*kind)).collect::<Result<Vec<_>, _>>()?;
    let mut spare = BTreeMap::new();
    for kind in pieces.iter().filter_map(Piece::apart_value) {
        spare.entry(kind).or_insert_with(|| (parameters + locals.len()) as u32);
        if locals.len() + parameters == spare[&kind] as usize {
            locals.push(encoder.val_type(kind)?);
        }
    }
    let mut body = Function::new_with_locals_types(locals);
    let mut at = 0;
    for (each, called) in pieces.iter().zip(first..) {
        for op in &code.ops[at..each.begin] {
            body.instruction(&encoder.instruction(op.clone())?);
        }
        each.call(code, called, each.apart_value().map(|kind| spare[&kind]), &mut body);
        at = each.end;
    }
    for op in &code.ops[at..] {
        body.instruction(&encoder.instruction(op.clone())?);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process;
    use wasm_encoder::Instruction::*;
    use wasm_encoder::{BlockType, ExportKind, ExportSection, ValType};

    /// Of two numbers makes one. It has what code may have: a loop that is gone on with and left, branches over tables, with
    /// values and without, returns, and locals of two types.
    #[rustfmt::skip]
    fn module() -> Vec<u8> {
        let (x, n, a, s, w) = (0, 1, 2, 3, 4);
        let value = BlockType::Result(ValType::I32);
        let ops = [
            Block(BlockType::Empty), Loop(BlockType::Empty),
            LocalGet(n), I32Eqz, BrIf(1), LocalGet(s), LocalGet(n), I32Add, LocalSet(s),
            LocalGet(x), I32Const(1), I32And, If(BlockType::Empty),
                LocalGet(s), I32Const(3), I32Mul, LocalTee(s), I32Const(100), I32GtS, If(BlockType::Empty), LocalGet(s), Return, End,
                LocalGet(n), I32Const(1), I32ShrU, LocalSet(n), Br(1),
            End,
            LocalGet(n), I32Const(1), I32Sub, LocalSet(n), LocalGet(s), I32Const(60), I32GtS, BrIf(1), Br(0),
            End, End,
            Block(value), Block(BlockType::Empty), Block(BlockType::Empty), Block(BlockType::Empty),
            LocalGet(x), I32Const(3), I32And, BrTable((&[0, 1]).into(), 2), End,
            LocalGet(s), I32Const(7), I32Add, LocalTee(a), LocalGet(a), I32Const(40), I32LtS, BrIf(2), Drop,
            LocalGet(a), LocalSet(s), LocalGet(n), BrIf(1), Br(0), End,
            LocalGet(s), I64ExtendI32S, I64Const(5), I64Mul, LocalSet(w),
            LocalGet(x), If(BlockType::Empty), LocalGet(w), I32WrapI64, LocalGet(x), I32Xor, LocalSet(a),
                LocalGet(a), I32Const(1), I32And, If(BlockType::Empty), LocalGet(a), Return, End, LocalGet(n), BrIf(1), End,
            LocalGet(w), I64Const(3), I64Add, LocalSet(w), Br(0), End,
            LocalGet(a), LocalGet(s), I32Add,
            LocalGet(x), If(value), LocalGet(a), LocalGet(n), BrIf(1), Else, I32Const(9), LocalGet(s), I32Mul, Br(0), End,
            I32Add, LocalGet(w), I32WrapI64, I32Add, End, End,
        ];
        let (mut types, mut functions, mut exports, mut code) =
            (TypeSection::new(), FunctionSection::new(), ExportSection::new(), CodeSection::new());
        types.ty().function([ValType::I32, ValType::I32], [ValType::I32]);
        functions.function(0);
        exports.export("f", ExportKind::Func, 0);
        let mut body = Function::new([(2, ValType::I32), (1, ValType::I64)]);
        ops.iter().for_each(|op| {
            body.instruction(op);
        });
        code.function(&body);
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&exports).section(&code);
        module.finish()
    }

    /// Prints how the first module and any later one answer differently, in a real engine.
    const COMPARE: &str = "
        const answers = (hex) => {
          const { f } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(hex, 'hex'))).exports;
          const all = [];
          for (let x = 0; x < 9; x++) for (let n = 0; n < 14; n++) all.push(f(x, n));
          return all.join();
        };
        const [whole, ...others] = process.argv.slice(1);
        console.log('differ:' + others.map((other, at) => (answers(other) === answers(whole) ? '' : ' ' + at)).join(''));";

    #[test]
    fn whatever_is_taken_out_of_a_function_it_answers_as_before() {
        let whole = module();
        let shape = Shape::read(&whole).unwrap();
        let places = Code::read(&shape, 0).unwrap().places.len();
        // Each place alone, all, and the subsets that a few numbers' bits name.
        let alone = (1..places).map(|cold| 1u64 << cold);
        let some = (1..60u64).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20);
        let modules = alone.chain([u64::MAX]).chain(some).map(|cold| {
            let came = |_, place: usize| place == 0 || cold >> place & 1 == 0;
            outlined(&shape, 0, came).unwrap()
        });
        let modules: Vec<Vec<u8>> = std::iter::once(whole.clone()).chain(modules).collect();
        let taken = modules.iter().filter(|module| Shape::read(module).unwrap().bodies.len() > 1).count();
        assert!(taken > places / 2, "only {taken} modules of {} were changed, of {places} places", modules.len());
        let hex = |module: &Vec<u8>| module.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let given: Vec<String> = ["-e".to_string(), COMPARE.to_string()].into_iter().chain(modules.iter().map(hex)).collect();
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        assert_eq!(process::answer("node", &given).as_deref(), Some("differ:"));
    }

    #[test]
    fn what_was_come_to_everywhere_stays_as_it_is() {
        let whole = module();
        let same = outlined(&Shape::read(&whole).unwrap(), 0, |_, _| true).unwrap();
        assert_eq!(same, whole);
    }
}

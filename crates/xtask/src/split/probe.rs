//! A copy of a module that remembers where it ever came: into which functions, and in them to which places.

use super::flow::Code;
use super::shape::Shape;
use std::collections::BTreeSet;
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, ConstExpr, ExportKind, ExportSection, GlobalSection, GlobalType, Instruction, Module, ValType};

pub struct Probed {
    pub module: Vec<u8>,
    /// The number of each function's first place, its begin; in the end how many there are.
    first: Vec<u32>,
    imported: u32,
}

/// How many places share a global: engines know no more than 100,000 exports.
const SHARE: u32 = 32;

/// When place number n is come to it sets bit n % 32 of the exported global `ran:N`, where N is n / 32.
pub fn probed(shape: &Shape) -> Result<Probed, String> {
    let (mut first, mut places) = (vec![0], Vec::new());
    for function in shape.imported()..shape.functions.len() as u32 {
        let code = Code::read(shape, function)?;
        places.push(code.places.iter().map(|place| place.at).collect::<Vec<_>>());
        first.push(first[first.len() - 1] + code.places.len() as u32);
    }
    let mut module = Module::new();
    let mut probe = Probe { first_global: shape.globals.len() as u32, first: &first, places: &places, at: 0 };
    probe.parse_core_module(&mut module, wasmparser::Parser::new(0), shape.bytes).map_err(|error| error.to_string())?;
    Ok(Probed { module: module.finish(), first, imported: shape.imported() })
}

impl Probed {
    /// Whether one of these numbers is that of this place of this function.
    pub fn came(&self, ran: &BTreeSet<u32>, function: u32, place: usize) -> bool {
        ran.contains(&(self.first[(function - self.imported) as usize] + place as u32))
    }
}

struct Probe<'a> {
    first_global: u32,
    first: &'a [u32],
    /// The operators before which each function has places.
    places: &'a [Vec<usize>],
    at: usize,
}

impl Probe<'_> {
    /// How many globals remember all places.
    fn count(&self) -> u32 {
        self.first[self.first.len() - 1].div_ceil(SHARE)
    }
}

impl Reencode for Probe<'_> {
    type Error = Infallible;

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_global_section(self, globals, section)?;
        for _ in 0..self.count() {
            globals.global(GlobalType { val_type: ValType::I32, mutable: true, shared: false }, &ConstExpr::i32_const(0));
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_export_section(self, exports, section)?;
        for number in 0..self.count() {
            exports.export(&format!("ran:{number}"), ExportKind::Global, self.first_global + number);
        }
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: wasmparser::FunctionBody<'_>) -> Result<(), Error<Infallible>> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let mut places = (self.first[self.at]..).zip(&self.places[self.at]).peekable();
        self.at += 1;
        let mut reader = body.get_operators_reader()?;
        for at in 0.. {
            if reader.eof() {
                break;
            }
            if let Some((number, _)) = places.next_if(|(_, place)| **place == at) {
                let (global, bit) = (self.first_global + number / SHARE, 1_i32 << (number % SHARE));
                function.instruction(&Instruction::GlobalGet(global)).instruction(&Instruction::I32Const(bit));
                function.instruction(&Instruction::I32Or).instruction(&Instruction::GlobalSet(global));
            }
            function.instruction(&self.parse_instruction(&mut reader)?);
        }
        code.function(&function);
        Ok(())
    }
}

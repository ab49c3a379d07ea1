//! A copy of a module that remembers which of its functions ever ran.

use super::shape::Shape;
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, ConstExpr, ExportKind, ExportSection, GlobalSection, GlobalType, Instruction, Module, ValType};

/// Function number n sets the exported global `ran:n` when it is entered.
pub fn probed(shape: &Shape) -> Result<Vec<u8>, String> {
    let mut module = Module::new();
    let mut probe = Probe { first_global: shape.globals.len() as u32, first: shape.imported(), count: shape.bodies.len() as u32, at: 0 };
    probe.parse_core_module(&mut module, wasmparser::Parser::new(0), shape.bytes).map_err(|error| error.to_string())?;
    Ok(module.finish())
}

struct Probe {
    first_global: u32,
    first: u32,
    count: u32,
    at: u32,
}

impl Reencode for Probe {
    type Error = Infallible;

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_global_section(self, globals, section)?;
        for _ in 0..self.count {
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
        for at in 0..self.count {
            exports.export(&format!("ran:{}", self.first + at), ExportKind::Global, self.first_global + at);
        }
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: wasmparser::FunctionBody<'_>) -> Result<(), Error<Infallible>> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        function.instruction(&Instruction::I32Const(1)).instruction(&Instruction::GlobalSet(self.first_global + self.at));
        self.at += 1;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            function.instruction(&self.parse_instruction(&mut reader)?);
        }
        code.function(&function);
        Ok(())
    }
}

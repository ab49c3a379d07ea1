//! Cuts a module in two that together behave as the whole does: the first with stubs for what is in the rest.
//!
//! The two meet in one table: the first puts in what the rest calls, the rest puts in itself. A stub makes sure that
//! the rest is there (an import of the module's own brings it, before it returns) and jumps through the table. Where only
//! one function calls it does so itself.

use super::data::Divided;
use super::linked::Segment;
use super::shape::Shape;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction, Module, RefType, TableSection, TableType, TypeSection, ValType,
};
use wasmparser::{ElementItems, ElementKind, Operator, Parser};

/// The table where the two meet, as the first exports it.
pub const MEETING: &str = "rest";
pub struct Parts {
    pub first: Vec<u8>,
    pub rest: Vec<u8>,
    /// Functions in the first, functions in the rest, stubs, and what the rest calls of the first.
    pub counts: [usize; 4],
}

/// `brings` is the module's import that brings the rest, a function without parameters, as wasm-bindgen begins its name.
/// `stays` says of each function whether it is in the first part; imported ones always are. All data is in the first part where
/// it is not divided.
pub fn cut(shape: &Shape, brings: &str, data: Option<&Divided>, stays: impl Fn(u32) -> bool) -> Result<Parts, String> {
    let plan = Plan::new(shape, brings, stays)?;
    let mut first = Module::new();
    let mut writer = First { shape, plan: &plan, data };
    writer.parse_core_module(&mut first, Parser::new(0), shape.bytes).map_err(|error| error.to_string())?;
    let rest = rest(shape, &plan, data).map_err(|error| error.to_string())?;
    let counts = [plan.first.len(), plan.rest.len(), plan.stubs.len(), plan.called.len()];
    Ok(Parts { first: first.finish(), rest, counts })
}

/// Who goes where, and under which number.
struct Plan {
    imported: u32,
    first: Vec<u32>,
    rest: Vec<u32>,
    /// Functions of the rest that the first must be able to reach.
    stubs: Vec<u32>,
    /// Those that only one function calls, and nobody else: it reaches them without a stub.
    direct: Vec<u32>,
    /// Functions of the first that the rest calls.
    called: Vec<u32>,
    /// The import that brings the rest.
    brings: u32,
    in_first: BTreeMap<u32, u32>,
    in_rest: BTreeMap<u32, u32>,
}

impl Plan {
    fn new(shape: &Shape, brings: &str, stays: impl Fn(u32) -> bool) -> Result<Plan, String> {
        let imported = shape.imported();
        let named = shape.imports.iter().position(|import| import.name.starts_with(brings));
        let brings = named.ok_or_else(|| format!("the module imports nothing that is called {brings}..."))? as u32;
        let (first, rest): (Vec<u32>, Vec<u32>) = (imported..shape.functions.len() as u32).partition(|function| stays(*function));
        let away: BTreeSet<u32> = rest.iter().copied().collect();
        let (mut callers, mut called) = (BTreeMap::new(), BTreeSet::new());
        for function in &first {
            for callee in shape.callees(*function)?.intersection(&away) {
                *callers.entry(*callee).or_insert(0) += 1;
            }
        }
        for function in &rest {
            called.extend(shape.callees(*function)?);
        }
        let entries = shape.entries()?;
        let direct = callers.iter().filter(|(callee, callers)| **callers == 1 && !entries.contains(callee));
        let direct: Vec<u32> = direct.map(|(callee, _)| *callee).collect();
        let reached = entries.intersection(&away).chain(callers.keys()).copied().collect::<BTreeSet<u32>>();
        let stubs: Vec<u32> = reached.into_iter().filter(|function| direct.binary_search(function).is_err()).collect();
        let called: Vec<u32> = called.difference(&away).copied().collect();
        let in_first = (0..imported).chain(first.iter().copied()).chain(stubs.iter().copied());
        let in_rest = called.iter().copied().chain(rest.iter().copied());
        Ok(Plan {
            imported,
            brings,
            in_first: in_first.zip(0..).collect(),
            in_rest: in_rest.zip(0..).collect(),
            first,
            rest,
            stubs,
            direct,
            called,
        })
    }

    /// The place in the table of a function that is called without a stub.
    fn slot(&self, function: u32) -> Option<u32> {
        let at = self.direct.binary_search(&function).ok()?;
        Some((self.called.len() + self.stubs.len() + at) as u32)
    }

    /// The function of the first part that the stubs call: it comes after them.
    fn ensure(&self) -> u32 {
        self.imported + (self.first.len() + self.stubs.len()) as u32
    }

    fn stays(&self, function: u32) -> bool {
        function < self.imported || self.first.binary_search(&function).is_ok()
    }

    fn meeting(&self) -> TableType {
        let size = (self.called.len() + self.stubs.len() + self.direct.len()) as u64;
        TableType { element_type: RefType::FUNCREF, table64: false, minimum: size, maximum: Some(size), shared: false }
    }
}

struct First<'a, 'b> {
    shape: &'a Shape<'b>,
    plan: &'a Plan,
    data: Option<&'a Divided>,
}

impl First<'_, '_> {
    /// Whether the rest was brought: a global of the first part.
    fn there(&self) -> u32 {
        self.shape.globals.len() as u32
    }

    fn ensure(&self) -> Function {
        let mut body = Function::new([]);
        let ops = [
            Instruction::GlobalGet(self.there()),
            Instruction::I32Eqz,
            Instruction::If(BlockType::Empty),
            Instruction::Call(self.plan.brings),
            Instruction::I32Const(1),
            Instruction::GlobalSet(self.there()),
            Instruction::End,
            Instruction::End,
        ];
        ops.iter().for_each(|op| {
            body.instruction(op);
        });
        body
    }

    fn stub(&self, function: u32, slot: usize) -> Function {
        let mut body = Function::new([]);
        for parameter in 0..self.shape.signature(function).params().len() {
            body.instruction(&Instruction::LocalGet(parameter as u32));
        }
        self.jump(function, slot as u32).iter().for_each(|op| {
            body.instruction(op);
        });
        body.instruction(&Instruction::End);
        body
    }

    /// Calls a function of the rest with what lies on the stack.
    fn jump(&self, function: u32, slot: u32) -> [Instruction<'static>; 3] {
        let (type_index, table_index) = (self.shape.functions[function as usize], self.shape.tables.len() as u32);
        [Instruction::Call(self.plan.ensure()), Instruction::I32Const(slot as i32), Instruction::CallIndirect { type_index, table_index }]
    }
}

impl Reencode for First<'_, '_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.plan.in_first[&function])
    }

    fn parse_custom_section(&mut self, _: &mut Module, _: wasmparser::CustomSectionReader<'_>) -> Result<(), Error<Infallible>> {
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        _: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for function in self.plan.first.iter().chain(&self.plan.stubs).chain([&self.plan.brings]) {
            functions.function(self.shape.functions[*function as usize]);
        }
        Ok(())
    }

    fn parse_table_section(
        &mut self,
        tables: &mut TableSection,
        section: wasmparser::TableSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_table_section(self, tables, section)?;
        tables.table(self.plan.meeting());
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_global_section(self, globals, section)?;
        globals.global(GlobalType { val_type: ValType::I32, mutable: true, shared: false }, &ConstExpr::i32_const(0));
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_export_section(self, exports, section)?;
        exports.export(MEETING, ExportKind::Table, self.shape.tables.len() as u32);
        for (kind, index, name) in shared(self.shape) {
            exports.export(&name, kind, index);
        }
        Ok(())
    }

    fn parse_element_section(
        &mut self,
        elements: &mut ElementSection,
        section: wasmparser::ElementSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_element_section(self, elements, section)?;
        let called: Vec<u32> = self.plan.called.iter().map(|function| self.plan.in_first[function]).collect();
        elements.active(Some(self.shape.tables.len() as u32), &ConstExpr::i32_const(0), Elements::Functions(called.into()));
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: wasmparser::FunctionBody<'_>) -> Result<(), Error<Infallible>> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            match reader.read()? {
                Operator::Call { function_index: callee } if self.plan.slot(callee).is_some() => {
                    for op in self.jump(callee, self.plan.slot(callee).unwrap_or_default()) {
                        function.instruction(&op);
                    }
                }
                other => {
                    function.instruction(&self.instruction(other)?);
                }
            }
        }
        code.function(&function);
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, _: wasmparser::CodeSectionReader<'_>) -> Result<(), Error<Infallible>> {
        let (shape, plan) = (self.shape, self.plan);
        for function in &plan.first {
            self.parse_function_body(code, shape.body(*function).clone())?;
        }
        for (function, slot) in plan.stubs.iter().zip(plan.called.len()..) {
            code.function(&self.stub(*function, slot));
        }
        code.function(&self.ensure());
        Ok(())
    }

    fn data_count(&mut self, count: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.data.map_or(count, |data| data.first.len() as u32))
    }

    fn parse_data_section(&mut self, section: &mut DataSection, whole: wasmparser::DataSectionReader<'_>) -> Result<(), Error<Infallible>> {
        match self.data {
            Some(data) => *section = data_section(&data.first),
            None => utils::parse_data_section(self, section, whole)?,
        }
        Ok(())
    }
}

fn data_section(segments: &[Segment]) -> DataSection {
    let mut section = DataSection::new();
    for segment in segments {
        section.active(0, &ConstExpr::i32_const(segment.at as i32), segment.bytes.iter().copied());
    }
    section
}

struct Rest<'a> {
    plan: &'a Plan,
}

impl Reencode for Rest<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.plan.in_rest[&function])
    }
}

/// The second module. It shares types, tables, memories and globals with the first under the same numbers.
fn rest(shape: &Shape, plan: &Plan, data: Option<&Divided>) -> Result<Vec<u8>, Error<Infallible>> {
    let mut writer = Rest { plan };
    let (mut types, mut imports, mut functions) = (TypeSection::new(), ImportSection::new(), FunctionSection::new());
    for each in &shape.types {
        types.ty().func_type(&writer.func_type(each.clone())?);
    }
    for (slot, function) in plan.called.iter().enumerate() {
        imports.import("f", &slot.to_string(), EntityType::Function(shape.functions[*function as usize]));
    }
    for (kind, index, name) in shared(shape) {
        let what = match kind {
            ExportKind::Table => EntityType::Table(writer.table_type(shape.tables[index as usize])?),
            ExportKind::Memory => EntityType::Memory(writer.memory_type(shape.memories[index as usize])?),
            _ => EntityType::Global(writer.global_type(shape.globals[index as usize])?),
        };
        imports.import("x", &name, what);
    }
    imports.import("x", MEETING, EntityType::Table(plan.meeting()));
    let mut code = CodeSection::new();
    for function in &plan.rest {
        functions.function(shape.functions[*function as usize]);
        writer.parse_function_body(&mut code, shape.body(*function).clone())?;
    }
    let elements = rest_elements(shape, plan, &mut writer)?;
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&elements).section(&code);
    if let Some(data) = data {
        module.section(&data_section(&data.rest));
    }
    Ok(module.finish())
}

/// The rest's functions where the stubs look for them, and in place of the stubs in the tables that both know.
fn rest_elements(shape: &Shape, plan: &Plan, writer: &mut Rest) -> Result<ElementSection, Error<Infallible>> {
    let mut elements = ElementSection::new();
    let stubs: Vec<u32> = plan.stubs.iter().chain(&plan.direct).map(|function| plan.in_rest[function]).collect();
    let (meeting, from) = (shape.tables.len() as u32, plan.called.len() as i32);
    elements.active(Some(meeting), &ConstExpr::i32_const(from), Elements::Functions(stubs.into()));
    for element in &shape.elements {
        let (ElementItems::Functions(items), ElementKind::Active { table_index, offset_expr }) = (&element.items, &element.kind) else {
            continue;
        };
        let wasmparser::Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else { continue };
        let items = items.clone().into_iter().collect::<Result<Vec<u32>, _>>()?;
        let away = |function: &u32| !plan.stays(*function);
        let mut at = value;
        for run in items.chunk_by(|a, b| away(a) == away(b)) {
            if away(&run[0]) {
                let run = run.iter().map(|function| writer.function_index(*function)).collect::<Result<Vec<_>, _>>()?;
                elements.active(Some(table_index.unwrap_or(0)), &ConstExpr::i32_const(at), Elements::Functions(Cow::from(&run)));
            }
            at += run.len() as i32;
        }
    }
    Ok(elements)
}

/// What both parts use under one number, and the name under which the first hands it over.
fn shared(shape: &Shape) -> Vec<(ExportKind, u32, String)> {
    let kinds = [
        (ExportKind::Table, shape.tables.len(), "t"),
        (ExportKind::Memory, shape.memories.len(), "m"),
        (ExportKind::Global, shape.globals.len(), "g"),
    ];
    kinds
        .into_iter()
        .flat_map(|(kind, count, letter)| (0..count as u32).map(move |index| (kind, index, format!("{letter}{index}"))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{MemorySection, MemoryType};

    const BRINGS: &str = "__wbg_kubariumRest_";

    /// Three functions of one parameter: `door` (exported) calls `rare`, which calls `often`; the one of that number is in the table, too.
    fn module(tabled: u32) -> Vec<u8> {
        let (mut types, mut imports, mut functions) = (TypeSection::new(), ImportSection::new(), FunctionSection::new());
        types.ty().function([], []);
        types.ty().function([ValType::I32], []);
        imports.import("./engine_bg.js", "__wbg_kubariumRest_1", EntityType::Function(0));
        functions.function(1).function(1).function(1);
        let mut tables = TableSection::new();
        tables.table(TableType { element_type: RefType::FUNCREF, table64: false, minimum: 2, maximum: None, shared: false });
        let mut memories = MemorySection::new();
        memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
        let mut globals = GlobalSection::new();
        globals.global(GlobalType { val_type: ValType::I32, mutable: true, shared: false }, &ConstExpr::i32_const(7));
        let mut exports = ExportSection::new();
        exports.export("door", ExportKind::Func, 1);
        let mut elements = ElementSection::new();
        elements.active(None, &ConstExpr::i32_const(1), Elements::Functions(Cow::Borrowed(&[tabled])));
        let mut code = CodeSection::new();
        for callee in [Some(2), Some(3), None] {
            let mut body = Function::new([]);
            if let Some(callee) = callee {
                body.instruction(&Instruction::LocalGet(0)).instruction(&Instruction::Call(callee));
            }
            body.instruction(&Instruction::End);
            code.function(&body);
        }
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&tables).section(&memories);
        module.section(&globals).section(&exports).section(&elements).section(&code);
        module.finish()
    }

    #[test]
    fn a_function_that_did_not_run_is_reached_through_a_stub_and_calls_back_through_the_table() {
        let whole = module(2);
        let parts = cut(&Shape::read(&whole).unwrap(), BRINGS, None, |function| function != 2).unwrap();
        assert_eq!(parts.counts, [2, 1, 1, 1]);

        let first = Shape::read(&parts.first).unwrap();
        assert_eq!(first.bodies.len(), 4, "door, often, the stub of rare, and what brings the rest");
        assert_eq!(first.callees(1).unwrap(), BTreeSet::from([3]), "door calls the stub");
        assert_eq!(first.callees(3).unwrap(), BTreeSet::from([4]), "the stub has the rest brought");
        assert_eq!(first.callees(4).unwrap(), BTreeSet::from([0]));
        let names: Vec<_> = first.exports.iter().map(|export| export.name).collect();
        assert_eq!(names, ["door", "rest", "t0", "m0", "g0"]);

        let rest = Shape::read(&parts.rest).unwrap();
        let wanted: Vec<_> = rest.imports.iter().map(|import| (import.module, import.name)).collect();
        assert_eq!(wanted, [("f", "0"), ("x", "t0"), ("x", "m0"), ("x", "g0"), ("x", "rest")]);
        assert_eq!(rest.callees(1).unwrap(), BTreeSet::from([0]), "rare calls often, which it is given");
        assert_eq!(rest.elements.len(), 2, "rare for the stub, and in place of it in the table of both");
    }

    #[test]
    fn a_function_that_only_one_calls_is_reached_from_there() {
        let whole = module(3);
        let parts = cut(&Shape::read(&whole).unwrap(), BRINGS, None, |function| function != 2).unwrap();
        assert_eq!(parts.counts, [2, 1, 0, 1]);
        let first = Shape::read(&parts.first).unwrap();
        assert_eq!(first.bodies.len(), 3, "door, often, and what brings the rest");
        assert_eq!(first.callees(1).unwrap(), BTreeSet::from([3]), "door has the rest brought, and jumps");
        assert_eq!(first.tables[1].initial, 2, "often for the rest, and rare for door");
    }

    #[test]
    fn a_module_without_the_import_that_brings_the_rest_is_refused() {
        let refused = cut(&Shape::read(&Module::new().finish()).unwrap(), BRINGS, None, |_| true).err();
        assert_eq!(refused.as_deref(), Some("the module imports nothing that is called __wbg_kubariumRest_..."));
    }
}

//! What is in a Wasm module, as far as cutting it in two needs to know.

use std::collections::BTreeSet;
use wasmparser::{
    Data, Element, ElementItems, Export, FuncType, FunctionBody, GlobalType, Import, MemoryType, Operator, Parser, Payload, TableType,
    TypeRef,
};

pub struct Shape<'a> {
    pub bytes: &'a [u8],
    pub types: Vec<FuncType>,
    pub imports: Vec<Import<'a>>,
    /// The type of each function, imported ones first.
    pub functions: Vec<u32>,
    pub tables: Vec<TableType>,
    pub memories: Vec<MemoryType>,
    pub globals: Vec<GlobalType>,
    pub exports: Vec<Export<'a>>,
    pub elements: Vec<Element<'a>>,
    pub data: Vec<Data<'a>>,
    /// The functions that are defined here; the first is function number `imported()`.
    pub bodies: Vec<FunctionBody<'a>>,
    pub start: Option<u32>,
}

impl<'a> Shape<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Shape<'a>, String> {
        let mut shape = Shape {
            bytes,
            types: Vec::new(),
            imports: Vec::new(),
            functions: Vec::new(),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            exports: Vec::new(),
            elements: Vec::new(),
            data: Vec::new(),
            bodies: Vec::new(),
            start: None,
        };
        for payload in Parser::new(0).parse_all(bytes) {
            payload.and_then(|payload| shape.take(payload)).map_err(|error| error.to_string())?;
        }
        Ok(shape)
    }

    fn take(&mut self, payload: Payload<'a>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(section) => self.types = section.into_iter_err_on_gc_types().collect::<Result<_, _>>()?,
            Payload::ImportSection(section) => {
                self.imports = section.into_imports().collect::<Result<_, _>>()?;
                self.functions = self.imports.iter().filter_map(|import| function(import.ty)).collect();
            }
            Payload::FunctionSection(section) => {
                for each in section {
                    self.functions.push(each?);
                }
            }
            Payload::TableSection(section) => {
                self.tables = section.into_iter().map(|table| Ok(table?.ty)).collect::<wasmparser::Result<_>>()?;
            }
            Payload::MemorySection(section) => self.memories = section.into_iter().collect::<Result<_, _>>()?,
            Payload::GlobalSection(section) => {
                self.globals = section.into_iter().map(|global| Ok(global?.ty)).collect::<wasmparser::Result<_>>()?;
            }
            Payload::ExportSection(section) => self.exports = section.into_iter().collect::<Result<_, _>>()?,
            Payload::ElementSection(section) => self.elements = section.into_iter().collect::<Result<_, _>>()?,
            Payload::DataSection(section) => self.data = section.into_iter().collect::<Result<_, _>>()?,
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            _ => {}
        }
        Ok(())
    }

    /// The module without its custom sections.
    pub fn bare(&self) -> Result<Vec<u8>, String> {
        let mut module = wasm_encoder::Module::new();
        for payload in Parser::new(0).parse_all(self.bytes) {
            let payload = payload.map_err(|error| error.to_string())?;
            if let Some((id, range)) = payload.as_section().filter(|(id, _)| *id != 0) {
                let data = &self.bytes[range.start as usize..range.end as usize];
                module.section(&wasm_encoder::RawSection { id, data });
            }
        }
        Ok(module.finish())
    }

    pub fn imported(&self) -> u32 {
        (self.functions.len() - self.bodies.len()) as u32
    }

    pub fn signature(&self, function: u32) -> &FuncType {
        &self.types[self.functions[function as usize] as usize]
    }

    /// The body of a defined function.
    pub fn body(&self, function: u32) -> &FunctionBody<'a> {
        &self.bodies[(function - self.imported()) as usize]
    }

    /// The functions that a defined function calls by name.
    pub fn callees(&self, function: u32) -> Result<BTreeSet<u32>, String> {
        let mut reader = self.body(function).get_operators_reader().map_err(|error| error.to_string())?;
        let mut found = BTreeSet::new();
        while !reader.eof() {
            match reader.read().map_err(|error| error.to_string())? {
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    found.insert(function_index);
                }
                Operator::RefFunc { .. } => {
                    return Err("the module takes a function's reference in code: the cut does not know that yet".into());
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// The functions that are reached without a call by name: through a table, from outside, at the start.
    pub fn entries(&self) -> Result<BTreeSet<u32>, String> {
        let mut found: BTreeSet<u32> = self.start.into_iter().collect();
        found.extend(self.exports.iter().filter(|export| export.kind == wasmparser::ExternalKind::Func).map(|export| export.index));
        for element in &self.elements {
            let ElementItems::Functions(functions) = &element.items else { continue };
            for each in functions.clone() {
                found.insert(each.map_err(|error| error.to_string())?);
            }
        }
        Ok(found)
    }
}

fn function(what: TypeRef) -> Option<u32> {
    if let TypeRef::Func(index) = what { Some(index) } else { None }
}

//! What the linker knows of a module's data (`--emit-relocs`): where one object ends, and which addresses code was given.

use super::numbers::numbers;
use super::shape::Shape;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use wasmparser::{Data, DataKind, KnownCustom, Linking, Operator, Parser, Payload, RelocationType, SymbolInfo};

/// Bytes that stand in memory from this address on when the module begins.
#[derive(Clone, PartialEq, Debug)]
pub struct Segment {
    pub at: u32,
    pub bytes: Vec<u8>,
}

pub struct Linked {
    pub segments: Vec<Segment>,
    /// The addresses of what nobody ever writes to.
    pub constant: Vec<Range<u32>>,
    /// Apart from each other, in order. Objects that overlap count as one.
    pub objects: Vec<Range<u32>>,
    /// Each address that code was given. It may lie outside of the object that it is counted from.
    pub given: BTreeMap<u32, Given>,
    /// What stands in code and is no address.
    pub numbers: BTreeSet<u32>,
}

#[derive(Default)]
pub struct Given {
    pub times: u32,
    /// Addresses inside the objects that are meant.
    pub of: BTreeSet<u32>,
}

impl Linked {
    /// None of a module that was linked without `--emit-relocs`.
    pub fn read(bytes: &[u8]) -> Result<Option<Linked>, String> {
        let mut linked = read(bytes).map_err(|error| error.to_string())?;
        if let Some(linked) = &mut linked {
            linked.count(&Shape::read(bytes)?)?;
        }
        Ok(linked)
    }

    /// Tells the code's other numbers from the addresses that it was given.
    fn count(&mut self, shape: &Shape) -> Result<(), String> {
        let mut times: BTreeMap<u32, u32> = BTreeMap::new();
        for function in shape.imported()..shape.functions.len() as u32 {
            for number in numbers(shape, function)? {
                *times.entry(number).or_default() += 1;
            }
        }
        let plain = times.into_iter().filter(|(number, times)| self.given.get(number).is_none_or(|given| given.times < *times));
        self.numbers = plain.map(|(number, _)| number).collect();
        Ok(())
    }

    /// The objects that an address was counted from.
    pub fn meant<'a>(&'a self, given: &'a Given) -> impl Iterator<Item = usize> + 'a {
        given.of.iter().filter_map(|address| self.around(*address))
    }

    /// The object that has this address in it.
    pub fn around(&self, address: u32) -> Option<usize> {
        let at = self.objects.partition_point(|object| object.start <= address).checked_sub(1)?;
        (address < self.objects[at].end).then_some(at)
    }

    /// The objects that a pointer of this value may belong to: the one around it, and one that ends there.
    pub fn touched(&self, address: u32) -> impl Iterator<Item = usize> {
        let before = address.checked_sub(1).and_then(|last| self.around(last));
        [self.around(address), before].into_iter().flatten()
    }
}

fn read(bytes: &[u8]) -> wasmparser::Result<Option<Linked>> {
    let (mut segments, mut names, mut symbols, mut relocations) = (Vec::new(), Vec::new(), Vec::new(), None);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::DataSection(section) => {
                for each in section {
                    let Some(segment) = segment(&each?)? else { return Ok(None) };
                    segments.push(segment);
                }
            }
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Linking(reader) => {
                    for part in reader.subsections() {
                        match part? {
                            Linking::SegmentInfo(infos) => names = infos.into_iter().collect::<Result<_, _>>()?,
                            Linking::SymbolTable(table) => symbols = table.into_iter().collect::<Result<_, _>>()?,
                            _ => {}
                        }
                    }
                }
                KnownCustom::Reloc(reader) if section.name() == "reloc.CODE" => {
                    relocations = Some(reader.entries().into_iter().collect::<Result<Vec<_>, _>>()?);
                }
                _ => {}
            },
            _ => {}
        }
    }
    let Some(relocations) = relocations else { return Ok(None) };
    let place = |symbol: &SymbolInfo| match symbol {
        SymbolInfo::Data { symbol: Some(defined), .. } => {
            let begin = segments.get(defined.index as usize)?.at + defined.offset;
            Some(begin..begin + defined.size)
        }
        _ => None,
    };
    let mut given: BTreeMap<u32, Given> = BTreeMap::new();
    for entry in relocations {
        let Some(place) = symbols.get(entry.index as usize).and_then(place) else { continue };
        if is_address(entry.ty) {
            let known = given.entry(place.start.wrapping_add(entry.addend as u32)).or_default();
            known.times += 1;
            known.of.insert(place.start);
        }
    }
    let constant = names.iter().zip(&segments).filter(|(info, _)| info.name.starts_with(".rodata"));
    let constant = constant.map(|(_, segment)| segment.at..segment.at + segment.bytes.len() as u32).collect();
    let objects = joined(symbols.iter().filter_map(place).filter(|place| !place.is_empty()).collect());
    Ok(Some(Linked { segments, constant, objects, given, numbers: BTreeSet::new() }))
}

/// A segment that stands at a fixed place in the only memory.
pub fn segment(data: &Data) -> wasmparser::Result<Option<Segment>> {
    let DataKind::Active { memory_index: 0, offset_expr } = &data.kind else { return Ok(None) };
    let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else { return Ok(None) };
    Ok(Some(Segment { at: value as u32, bytes: data.data.to_vec() }))
}

fn is_address(kind: RelocationType) -> bool {
    matches!(kind, RelocationType::MemoryAddrLeb | RelocationType::MemoryAddrSleb | RelocationType::MemoryAddrI32)
}

fn joined(mut places: Vec<Range<u32>>) -> Vec<Range<u32>> {
    places.sort_by_key(|place| (place.start, place.end));
    let mut objects: Vec<Range<u32>> = Vec::new();
    for place in places {
        match objects.last_mut() {
            Some(last) if place.start < last.end => last.end = last.end.max(place.end),
            _ => objects.push(place),
        }
    }
    objects
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, ConstExpr, CustomSection, DataSection, DataSymbolDefinition, Function, FunctionSection, Instruction, LinkingSection,
        Module, SymbolTable, TypeSection,
    };

    /// Two objects of eight bytes; code has the address 40 below the second, and the number 70000.
    fn module(relocated: bool) -> Vec<u8> {
        let (mut types, mut functions, mut code, mut data) =
            (TypeSection::new(), FunctionSection::new(), CodeSection::new(), DataSection::new());
        types.ty().function([], []);
        functions.function(0);
        let mut body = Function::new([]);
        for number in [(1 << 20) + 8 - 40, 70_000] {
            body.instruction(&Instruction::I32Const(number)).instruction(&Instruction::Drop);
        }
        code.function(body.instruction(&Instruction::End));
        data.active(0, &ConstExpr::i32_const(1 << 20), *b"one, two;;;;;;;;");
        let mut symbols = SymbolTable::new();
        for (name, offset) in [("one", 0), ("two", 8)] {
            symbols.data(0, name, Some(DataSymbolDefinition { index: 0, offset, size: 8 }));
        }
        let mut linking = LinkingSection::new();
        linking.symbol_table(&symbols);
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&code).section(&data).section(&linking);
        if relocated {
            // Section 2, one entry: an address as sleb128, at byte 4, of symbol 1, 40 below it.
            let entry = [2, 1, 4, 4, 1, 0x58];
            module.section(&CustomSection { name: "reloc.CODE".into(), data: (&entry).into() });
        }
        module.finish()
    }

    #[test]
    fn an_address_is_counted_from_the_object_that_the_linker_names() {
        let linked = Linked::read(&module(true)).unwrap().unwrap();
        let begin = 1 << 20;
        assert_eq!(linked.objects, [begin..begin + 8, begin + 8..begin + 16]);
        let (address, given) = linked.given.first_key_value().unwrap();
        assert_eq!((*address, given.times), (begin + 8 - 40, 1));
        assert_eq!(linked.meant(given).collect::<Vec<_>>(), [1]);
        assert_eq!(linked.numbers, BTreeSet::from([70_000]));
        assert_eq!(linked.touched(begin + 8).collect::<Vec<_>>(), [1, 0], "a pointer there may also be the end of the first");
    }

    #[test]
    fn a_module_that_was_linked_as_usual_tells_nothing() {
        assert!(Linked::read(&module(false)).unwrap().is_none());
    }

    #[test]
    fn a_module_left_whole_has_no_such_knowledge_in_it() {
        let whole = module(true);
        let bare = Shape::read(&whole).unwrap().bare().unwrap();
        assert!(Linked::read(&bare).unwrap().is_none());
        assert_eq!(Shape::read(&bare).unwrap().bodies.len(), 1);
    }
}

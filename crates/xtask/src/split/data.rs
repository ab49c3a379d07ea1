//! Divides a module's data: what functions of the first part may ever read, and what only the rest can.
//!
//! An object is needed if code of the first part has its address, or a needed object points to it. Code may count an address
//! from outside of the object, so the addresses that the linker knows decide, not only where they lie.

use super::linked::{Linked, Segment, segment};
use super::numbers::numbers;
use super::shape::Shape;
use std::collections::BTreeMap;

/// Fewer bytes than these are not worth a segment of their own.
const GAP: usize = 24;
/// How far outside of an object an optimiser may begin to count.
const NEAR: u32 = 1 << 12;

pub struct Divided {
    pub first: Vec<Segment>,
    pub rest: Vec<Segment>,
}

/// `stays` says which functions are in the first part.
pub fn divide(shape: &Shape, linked: &Linked, stays: impl Fn(u32) -> bool) -> Result<Divided, String> {
    let begin = linked.segments.iter().map(|segment| segment.at).min().unwrap_or(0);
    let before = image(begin, &linked.segments);
    let mut now = Vec::new();
    for data in &shape.data {
        let fixed = segment(data).map_err(|error| error.to_string())?;
        now.push(fixed.ok_or("the module has data without a fixed place: the cut does not know that yet")?);
    }
    let mut bytes = image(begin, &now);
    bytes.resize(before.len().max(bytes.len()), 0);
    if bytes != before {
        return Err("the module's data is not what the linker wrote".into());
    }
    let needed = needed(shape, linked, stays, &bytes, begin)?;
    Ok(parts(linked, &needed, &bytes, begin))
}

/// Memory from `begin` on, as these segments fill it.
fn image(begin: u32, segments: &[Segment]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for segment in segments {
        let (from, to) = ((segment.at - begin) as usize, (segment.at - begin) as usize + segment.bytes.len());
        bytes.resize(bytes.len().max(to), 0);
        bytes[from..to].copy_from_slice(&segment.bytes);
    }
    bytes
}

/// Which objects the first part may read.
fn needed(shape: &Shape, linked: &Linked, stays: impl Fn(u32) -> bool, bytes: &[u8], begin: u32) -> Result<Vec<bool>, String> {
    let end = begin + bytes.len() as u32;
    let mut times: BTreeMap<u32, u32> = BTreeMap::new();
    let mut open = Vec::new();
    for function in shape.imported()..shape.functions.len() as u32 {
        for number in numbers(shape, function)? {
            *times.entry(number).or_default() += 1;
            if !stays(function) {
                continue;
            }
            match linked.given.get(&number) {
                Some(given) => open.extend(linked.meant(given)),
                // Neither an address that the linker gave nor a number that it saw: a later optimiser counts from some object
                // that code knows, which must be near.
                None if (begin.saturating_sub(NEAR)..end.saturating_add(NEAR)).contains(&number) && !linked.numbers.contains(&number) => {
                    open.extend(linked.touched(number));
                    open.extend(linked.given.values().flat_map(|given| linked.meant(given)).filter(|object| {
                        let place = &linked.objects[*object];
                        place.start.saturating_sub(NEAR) <= number && number <= place.end.saturating_add(NEAR)
                    }));
                }
                None => open.extend(linked.touched(number)),
            }
        }
    }
    // An address that is not there any more as often as the linker gave it may have become another one.
    let lost = linked.given.iter().filter(|(address, given)| times.get(address).copied().unwrap_or(0) < given.times);
    open.extend(lost.flat_map(|(_, given)| linked.meant(given)));
    Ok(reached(linked, open, bytes, begin))
}

/// The objects from which one starts, and all that they point to, near and far.
fn reached(linked: &Linked, mut open: Vec<usize>, bytes: &[u8], begin: u32) -> Vec<bool> {
    let mut needed = vec![false; linked.objects.len()];
    while let Some(object) = open.pop() {
        if std::mem::replace(&mut needed[object], true) {
            continue;
        }
        let place = &linked.objects[object];
        for at in (place.start.next_multiple_of(4)..place.end).step_by(4) {
            let at = (at - begin) as usize;
            if let Some(word) = bytes.get(at..at + 4) {
                open.extend(linked.touched(u32::from_le_bytes([word[0], word[1], word[2], word[3]])));
            }
        }
    }
    needed
}

fn parts(linked: &Linked, needed: &[bool], bytes: &[u8], begin: u32) -> Divided {
    // What is not known to be needless stays.
    let mut later = vec![false; bytes.len()];
    for (object, _) in linked.objects.iter().zip(needed).filter(|(_, needed)| !**needed) {
        let constant = linked.constant.iter().any(|range| range.start <= object.start && object.end <= range.end);
        let place = (object.start - begin) as usize..((object.end - begin) as usize).min(bytes.len());
        if constant && !place.is_empty() {
            later[place].fill(true);
        }
    }
    let first = runs(bytes, begin, |at| bytes[at] != 0 && !later[at]);
    let mut there = vec![false; bytes.len()];
    for segment in &first {
        let from = (segment.at - begin) as usize;
        there[from..from + segment.bytes.len()].fill(true);
    }
    let rest = runs(bytes, begin, |at| bytes[at] != 0 && later[at] && !there[at]);
    Divided { first, rest }
}

/// The bytes that are wanted, and those between them where the gap is small.
fn runs(bytes: &[u8], begin: u32, wanted: impl Fn(usize) -> bool) -> Vec<Segment> {
    let mut places: Vec<std::ops::Range<usize>> = Vec::new();
    for at in (0..bytes.len()).filter(|at| wanted(*at)) {
        match places.last_mut() {
            Some(last) if at - last.end <= GAP => last.end = at + 1,
            _ => places.push(at..at + 1),
        }
    }
    places.into_iter().map(|place| Segment { at: begin + place.start as u32, bytes: bytes[place].to_vec() }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::linked::Given;
    use super::*;
    use std::collections::BTreeSet;
    use wasm_encoder::{
        CodeSection, ConstExpr, DataSection, Function, FunctionSection, Instruction, MemArg, MemorySection, MemoryType, Module,
        TypeSection, ValType,
    };

    const BEGIN: u32 = 1 << 20;

    /// Three objects of 64 bytes, one after the other and full of ones; the second begins with a pointer into the third.
    fn bytes() -> Vec<u8> {
        let mut bytes = vec![1; 192];
        bytes[64..68].copy_from_slice(&(BEGIN + 140).to_le_bytes());
        bytes
    }

    /// One function that stays and reads from this address, and one that goes and reads from all three objects.
    fn module(read: u32) -> Vec<u8> {
        let (mut types, mut functions, mut memories, mut code, mut data) =
            (TypeSection::new(), FunctionSection::new(), MemorySection::new(), CodeSection::new(), DataSection::new());
        types.ty().function([ValType::I32], [ValType::I32]);
        functions.function(0).function(0);
        memories.memory(MemoryType { minimum: 17, maximum: None, memory64: false, shared: false, page_size_log2: None });
        for reads in [vec![read], vec![BEGIN, BEGIN + 64, BEGIN + 128]] {
            let mut body = Function::new([]);
            for offset in reads {
                let at = MemArg { offset: offset.into(), align: 0, target: wasm_encoder::MemArgTarget::Memory(0), ordering: None };
                body.instruction(&Instruction::LocalGet(0)).instruction(&Instruction::I32Load8U(at)).instruction(&Instruction::Drop);
            }
            code.function(body.instruction(&Instruction::LocalGet(0)).instruction(&Instruction::End));
        }
        data.active(0, &ConstExpr::i32_const(BEGIN as i32), bytes());
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&memories).section(&code).section(&data);
        module.finish()
    }

    /// As the linker saw it: code was given these addresses, each counted from an object.
    fn linked(given: &[(u32, u32)]) -> Linked {
        let mut linked = Linked {
            segments: vec![Segment { at: BEGIN, bytes: bytes() }],
            constant: std::iter::once(BEGIN..BEGIN + 192).collect(),
            objects: [0, 64, 128].map(|at| BEGIN + at..BEGIN + at + 64).to_vec(),
            given: BTreeMap::new(),
            numbers: BTreeSet::new(),
        };
        for (address, of) in given.iter().copied().chain([0, 64, 128].map(|at| (BEGIN + at, BEGIN + at))) {
            let known: &mut Given = linked.given.entry(address).or_default();
            known.times += 1;
            known.of.insert(of);
        }
        linked
    }

    /// Where what is fetched later begins and ends.
    fn later(read: u32, given: &[(u32, u32)]) -> Vec<(u32, u32)> {
        let module = module(read);
        let divided = divide(&Shape::read(&module).unwrap(), &linked(given), |function| function == 0).unwrap();
        let mut whole = divided.first.clone();
        whole.extend(divided.rest.clone());
        assert_eq!(image(BEGIN, &whole), bytes(), "together they are what they were");
        divided.rest.iter().map(|segment| (segment.at - BEGIN, segment.at - BEGIN + segment.bytes.len() as u32)).collect()
    }

    #[test]
    fn what_only_the_rest_reads_comes_with_it() {
        assert_eq!(later(BEGIN, &[(BEGIN, BEGIN)]), [(64, 192)]);
    }

    #[test]
    fn what_needed_data_points_to_is_needed() {
        let second = BEGIN + 64;
        assert_eq!(later(second, &[(second, second)]), [(0, 64)], "but for the object that ends where it begins");
    }

    #[test]
    fn an_address_from_outside_of_its_object_needs_that_object() {
        let outside = BEGIN - 4000;
        assert_eq!(later(outside, &[(outside, BEGIN)]), [(64, 192)]);
    }

    #[test]
    fn an_address_that_the_linker_never_gave_needs_all_that_is_near() {
        assert_eq!(later(BEGIN - 100, &[]), []);
    }

    #[test]
    fn an_address_that_is_lost_may_be_any_and_needs_its_object() {
        assert_eq!(later(7, &[(BEGIN, BEGIN)]), [(64, 192)]);
    }

    #[test]
    fn data_that_changed_after_the_linker_is_refused() {
        let module = module(7);
        let mut linked = linked(&[]);
        linked.segments[0].bytes[5] = 9;
        let refused = divide(&Shape::read(&module).unwrap(), &linked, |_| true).err();
        assert_eq!(refused.as_deref(), Some("the module's data is not what the linker wrote"));
    }
}

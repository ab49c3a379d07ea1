//! The numbers in a function's code that may be addresses of data.

use super::shape::Shape;
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasmparser::Operator;

/// No address of data is lower: the stack lies there.
const LOWEST: u32 = 1 << 16;

pub fn numbers(shape: &Shape, function: u32) -> Result<Vec<u32>, String> {
    let mut seen = Numbers(Vec::new());
    if seen.read(shape, function).map_err(|error| error.to_string())? {
        Ok(seen.0)
    } else {
        Err("the module fills its memory by code: the cut does not know that yet".into())
    }
}

struct Numbers(Vec<u32>);

impl Numbers {
    fn take(&mut self, number: u32) {
        if number >= LOWEST {
            self.0.push(number);
        }
    }

    /// Whether it is certain that data comes to its place by itself.
    fn read(&mut self, shape: &Shape, function: u32) -> Result<bool, Error<Infallible>> {
        let mut reader = shape.body(function).get_operators_reader()?;
        while !reader.eof() {
            let operator = reader.read()?;
            match operator {
                Operator::I32Const { value } => self.take(value as u32),
                Operator::MemoryInit { .. } | Operator::DataDrop { .. } => return Ok(false),
                _ => {}
            }
            self.instruction(operator)?;
        }
        Ok(true)
    }
}

impl Reencode for Numbers {
    type Error = Infallible;

    /// An address may stand in a load or store itself, too.
    fn mem_arg(&mut self, arg: wasmparser::MemArg) -> Result<wasm_encoder::MemArg, Error<Infallible>> {
        self.take(arg.offset as u32);
        utils::mem_arg(self, arg)
    }
}

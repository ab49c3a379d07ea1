//! The engine's Wasm in two parts: what a first visit runs, and the rest, fetched after the first picture.

mod command;
mod cut;
mod probe;
mod shape;

pub use command::{arguments, run};

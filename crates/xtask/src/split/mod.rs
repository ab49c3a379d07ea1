//! The page's and the engine's Wasm in two parts each: what a first visit runs and reads, and the rest, fetched later.

mod command;
mod cut;
mod data;
mod linked;
mod numbers;
mod probe;
mod shape;

pub use command::{arguments, run};

//! The page's and the engine's Wasm in two parts each: what a first visit runs and reads, and the rest, fetched later.

mod command;
mod cut;
mod data;
mod flow;
mod linked;
mod live;
mod numbers;
mod outline;
mod piece;
mod probe;
mod shape;

pub use command::{arguments, run};

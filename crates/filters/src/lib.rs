//! Programs that turn text into text, as pure functions of words and input: grep, sed, awk, cut, sort and the like.
mod awk;
mod columns;
mod grep;
mod lines;
mod number;
mod order;
mod pattern;
mod sed;
mod table;

pub use pattern::Pattern;
pub use table::{Done, Filter, Source, find, texts};

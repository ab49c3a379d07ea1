//! Images as data: what is in the registry, and what the programs in them do over time.
mod catalog;
mod program;
pub mod shell;
mod task;

pub use catalog::{Catalog, Image, Lookup, normalised};
pub use program::{Answer, Program, Stop};
pub use task::{Dns, Files, Line, Scene, Task, Web, fill};

//! Images as data: what is in the registry, and what the programs in them do over time.
mod catalog;
mod clients;
mod program;
pub mod shell;
mod task;

pub use catalog::{Catalog, Image, Lookup, normalised};
pub use clients::{Client, Printed, client};
pub use program::{Answer, Program, Stop, WarmUp};
pub use task::{Files, Hearing, Line, Link, Scene, Task, Web, fill};

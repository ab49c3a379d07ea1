//! The container runtime of one node: sandboxes, containers, their logs, the images on disk.
mod container;
mod log;
mod sandbox;
mod store;

pub use container::{Container, State};
pub use log::Log;
pub use sandbox::{Sandbox, Slot};
pub use store::Store;

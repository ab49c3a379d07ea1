//! Wires the planes into one world: topology, faults, session, deltas, invariants. Knows no browser.
pub mod addons;
mod boot;
mod console;
pub mod delta;
mod event;
mod faults;
mod images;
pub mod input;
pub mod invariants;
pub mod manifest;
mod part;
pub mod portrait;
mod session;
mod terminal;
mod topology;
pub mod traffic;
mod viewer;
mod why;
mod world;

pub use event::Caller;
pub use part::{Actor, Part};
pub use session::{Deed, Record, Session};
pub use terminal::{Chunk, Terminal};
pub use topology::{LoadBalancer, Machine, Topology};
pub use viewer::{Viewer, sender};
pub use world::{Host, World};

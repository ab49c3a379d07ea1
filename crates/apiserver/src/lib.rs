//! The front door of the cluster: stages of a request, and the store behind it. Knows no controller and no node.
pub mod client;
mod server;
pub mod store;

pub use server::{ApiServer, Outcome, What};
pub use store::{Change, Snapshot, Store};

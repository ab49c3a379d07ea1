//! A simulated cluster for tests and fuzzing: bad networks, bad disks, crashes, clients, and a checker of what they saw.
mod chaos;
mod checker;
mod client;
mod cluster;
mod fuzz;
mod ledger;
mod network;
mod node;
#[cfg(test)]
mod timing_tests;

pub use checker::{Call, Seen, is_linearizable};
pub use cluster::{Cluster, Event};
pub use fuzz::{Outcome, fuzz};
pub use network::Network;
pub use node::{KEYS, Node, State};

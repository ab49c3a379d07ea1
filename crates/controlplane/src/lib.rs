//! Controllers and scheduler: they watch, decide and write through the front door. Know no kubelet and no network.
pub mod controllers;
mod facts;
pub mod harness;
mod membership;
mod offspring;
pub mod scheduler;

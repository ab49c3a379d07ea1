//! Runs controllers: queues, workers, the barrier, rate limits, events, leader election.
mod alarm;
mod elector;
mod plan;
mod process;
mod queue;
mod runner;
mod telling;
mod tickets;

pub use alarm::Alarm;
pub use elector::{Elector, Turn};
pub use plan::{ANY, Controller, Cx, Next, Pace, Plan, Trigger, Write, itself};
pub use process::ControllerManager;
pub use queue::WorkQueue;
pub use runner::{Runner, failure, signed};

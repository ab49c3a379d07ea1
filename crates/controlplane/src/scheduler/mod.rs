//! The scheduler: finds a node for each Pod that has none.
mod cache;
mod decision;
mod framework;
mod hints;
mod plugins;
mod preemption;
mod process;
mod queue;
mod sentence;
mod telling;

pub use process::Scheduler;

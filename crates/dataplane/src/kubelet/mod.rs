//! The kubelet of one node: a component that watches its Pods and makes its containers follow them.
mod backoff;
mod client;
mod config;
mod context;
mod hooks;
mod kubelet;
mod lifecycle;
mod node;
mod probes;
mod pull;
mod resources;
mod serve;
mod start;
mod status;
mod worker;

pub use kubelet::{Config, Kubelet};

//! The kubelet of one node: a component that watches its Pods and makes its containers follow them.
mod backoff;
mod client;
mod component;
mod config;
mod context;
mod hooks;
mod journal;
mod klog;
mod lifecycle;
mod manifests;
mod mirror;
mod node;
mod probes;
mod pull;
mod resources;
mod serve;
mod start;
mod status;
mod traffic;
mod volumes;
mod words;
mod worker;

pub use component::{Config, Kubelet};
pub use klog::Entry;
pub use mirror::usual_hash;
pub use serve::{Command, ERRORS, Turn};
pub use traffic::{Inside, Question};

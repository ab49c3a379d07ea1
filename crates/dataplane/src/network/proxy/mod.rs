//! kube-proxy of one node: what it makes of Services and EndpointSlices, when it writes its rules, what they decide and how they read.
mod affinity;
mod component;
mod decide;
mod endpoints;
mod health;
mod ipsets;
mod iptables;
mod ipvs;
mod names;
mod nftables;
mod port;
mod rules;
mod runner;
mod sha256;
mod table;
mod view;

pub use affinity::Affinity;
pub use component::{Config, Kernel, KubeProxy};
pub use health::Answer;
pub use ipsets::IpSet;
pub use port::Endpoint;
pub use rules::{Mode, Rules};
pub use table::Line;

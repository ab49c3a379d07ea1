//! DNS in the cluster: CoreDNS, resolv.conf, the clients' resolver, and the tools that people look names up with.
mod cache;
mod chain;
pub mod corefile;
mod hosts;
mod index;
mod kubernetes;
mod message;
mod plugins;
mod resolv;
mod server;
mod stub;
pub mod tools;
mod zone;

pub use chain::Upstream;
pub use hosts::Names;
pub use message::{Answer, Data, Kind, Question, Rcode, Record, Reply, absolute, is_under, plain, reverse_name, reversed};
pub use resolv::{NodeDns, ResolvConf, Warning, pod_dns};
pub use server::{CoreDns, KUBEADM};
pub use stub::{Ask, Family, Found, Lookup, Step, candidates, resolve};
pub use zone::{INTERNET, Zone, internet};

//! What `kubectl describe` prints: one pure function per kind, from trees to text.
pub mod config_map;
pub mod deployment;
pub mod endpoints;
pub mod generic;
pub mod ingress;
pub mod ingress_class;
pub mod namespace;
pub mod network_policy;
pub mod node;
pub mod parts;
pub mod pod;
pub mod priority_class;
pub mod replica_set;
pub mod secret;
pub mod service;
pub mod service_account;
pub mod service_address;

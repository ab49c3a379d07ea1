//! The table of controllers.
mod daemonset;
mod deployment;
mod endpoints;
mod endpointslice;
mod endpointslicemirroring;
mod garbage_collector;
mod load_balancer;
mod namespace;
mod node_ipam;
mod node_lifecycle;
mod pod_gc;
mod replicaset;
mod root_ca;
mod service_account;
mod taint_eviction;
mod token_cleaner;
mod ttl;

use crate::harness::Controller;

/// The controllers of the processes that give load balancers their addresses, one for each way of doing so.
pub static CLOUD: &[&Controller] = &[&load_balancer::CLOUD];
pub static METAL_LB: &[&Controller] = &[&load_balancer::METAL_LB];
pub static SERVICE_LB: &[&Controller] = &[&load_balancer::SERVICE_LB];

/// Every controller of the kube-controller-manager.
pub static ALL: &[&Controller] = &[
    &deployment::DEPLOYMENT,
    &replicaset::REPLICASET,
    &daemonset::DAEMONSET,
    &endpointslice::ENDPOINT_SLICE,
    &endpointslicemirroring::ENDPOINT_SLICE_MIRRORING,
    &endpoints::ENDPOINTS,
    &garbage_collector::GARBAGE_COLLECTOR,
    &namespace::NAMESPACE,
    &service_account::SERVICE_ACCOUNT,
    &root_ca::ROOT_CA,
    &node_lifecycle::NODE_LIFECYCLE,
    &taint_eviction::TAINT_EVICTION,
    &pod_gc::POD_GC,
    &node_ipam::NODE_IPAM,
    &ttl::TTL,
    &token_cleaner::TOKEN_CLEANER,
];

//! The table of controllers.
mod deployment;
mod replicaset;

use crate::harness::Controller;

/// Every controller of the kube-controller-manager.
pub static ALL: &[&Controller] = &[&deployment::DEPLOYMENT, &replicaset::REPLICASET];

//! What the gateway controller writes into the status of classes, Gateways and routes.
mod class;
mod condition;
mod gateway;
mod route;

use controlplane::harness::Controller;

/// The controllers of the gateway controller's process.
pub static GATEWAY_API: &[&Controller] = &[&class::GATEWAY_CLASS, &gateway::GATEWAY, &route::HTTP_ROUTE];

//! The node's part of the network: which Pod has which address.
mod addresses;

pub use addresses::Addresses;

//! Linux servers as values and the programs typed on them. Knows no controller, no store, no clock.
pub mod call;
pub mod k3s;
pub mod kubeadm;
pub mod machine;
pub mod outside;
pub mod pki;
mod programs;
pub mod run;
pub mod truth;
pub mod web;

pub use machine::Machine;
pub use outside::Outside;
pub use programs::UNWELL;
pub use run::{Ran, run};

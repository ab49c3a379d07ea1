//! K3s beside kubeadm: ways to install them, what came of an installation, and both in a table.
mod live;
mod measured;
mod table;
mod ways;

pub use ::hosts::machine::figures;
pub use live::Live;
pub use measured::{Figures, Measured, measure};
pub use table::{Row, compare, source, table};
pub use ways::{WAYS, Way};

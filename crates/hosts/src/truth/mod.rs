//! Recorded commands held against ours: a server in each step's condition, a small cluster, a comparison without chance.
mod bench;
mod conditions;
mod fake;
mod mask;
mod session;
mod steps;

pub use bench::{Bench, plain};
pub use conditions::set;
pub use fake::Fake;
pub use mask::{compare, masked};
pub use session::replay;
pub use steps::{Recorded, steps};

//! Requests through the simulated network: who sends them, the way they take, what comes of them, and the counts.
mod asking;
mod breaking;
mod commands;
pub(crate) mod fabric;
pub(crate) mod flight;
mod inside;
mod load;
mod looking;
mod names;
mod pump;
mod routing;
mod source;
mod state;
mod tally;
mod trace;
mod view;
mod walk;

pub use commands::Printed;
pub use dataplane::network::{Ask, Failure, Url};
pub use fabric::Client;
pub(crate) use fabric::balanced_by;
pub use flight::Asker;
pub use source::Source;
pub use state::{Link, Traffic};
pub use tally::{Outcome, Person, Second, Tally};
pub use trace::{Trace, story};
pub use walk::Steps;

pub(crate) use view::{requests, view};

//! The routing core: tables made from the API's objects, and the way of one request through them.
mod backend;
mod compile;
mod decide;
mod filter;
mod table;

pub use backend::Backend;
pub use compile::{gateways, unsupported};
pub use decide::{Answer, Decision, Forward, decide};
pub use filter::{Edit, Filters, Mirror, PathEdit, Redirect, filters};
pub use table::{Dialect, Entry, Field, Listener, PathMatch, Pattern, Rule, Share, Table};

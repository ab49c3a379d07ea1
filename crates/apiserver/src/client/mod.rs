//! How a component speaks to the API server: what it asks for, and when it wants to be woken.
mod effects;
mod limiter;
mod recorder;

pub use effects::{Effects, Ticket};
pub use limiter::RateLimiter;
pub use recorder::{Note, Recorder};

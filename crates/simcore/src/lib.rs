//! Virtual time, the event queue, seeded streams of chance, and occurrences. Knows nothing of Kubernetes.
mod fnv;
mod ids;
mod queue;
mod rng;
mod time;
mod trace;

pub use fnv::{FNV_BASIS, fnv, fnv_digits, fnv_from};
pub use ids::{name_suffix, push_hex, safe_encode, uid};
pub use queue::Queue;
pub use rng::Rng;
pub use time::{Duration, Time};
pub use trace::{Occurrence, OccurrenceId, Trace};

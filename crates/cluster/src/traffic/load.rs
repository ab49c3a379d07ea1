//! What one server process has to do: how many it works on, who waits, how many it has served.
use dataplane::images::Program;
use objects::Text;
use simcore::{Duration, Rng};
use std::collections::VecDeque;

/// Kept by the container's runtime id, and only for programs that it matters for.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// The host and the Pod that the container is of.
    pub host: usize,
    pub uid: Text,
    pub busy: u32,
    /// Requests that wait, first come first served.
    pub waiting: VecDeque<u64>,
    pub served: u32,
}

/// Whether a program behaves differently under load.
pub fn matters(program: &Program) -> bool {
    program.workers > 0 || program.warm_up.is_some() || program.request_kib > 0
}

/// How long the next answer takes.
pub fn service_time(program: &Program, usual: Duration, served: u32, rng: &mut Rng) -> Duration {
    let jitter = if program.jitter == Duration::ZERO { 0 } else { rng.between(0, program.jitter.0) };
    Duration((usual.0 + jitter) * program.warmth(served) / 1_000)
}

/// Whether this answer is one of the errors that the program makes.
pub fn errs(program: &Program, rng: &mut Rng) -> bool {
    program.error_percent > 0 && rng.below(100) < program.error_percent
}

//! The engine: the cluster behind messages, in a worker.
fn main() {}

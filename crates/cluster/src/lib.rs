//! Wires the planes into one world: topology, faults, session, deltas, invariants. Knows no browser.
pub mod delta;
pub mod input;

//! Named streams of chance from one seed: drawing from one never changes another.
use crate::fnv::fnv;
use rand::{Rng as _, SeedableRng};
use rand_pcg::Pcg32;

/// One stream. The same on 32-bit and 64-bit machines.
#[derive(Clone, Debug, PartialEq)]
pub struct Rng(Pcg32);

impl Rng {
    /// The stream called `name` of the world with `seed`.
    pub fn stream(seed: u64, name: &str) -> Rng {
        // Any fixed mixing of the name will do, so long as it never changes.
        Rng(Pcg32::seed_from_u64(seed ^ fnv(name.bytes())))
    }

    /// Any 32 bits.
    pub fn draw(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.draw()) * u64::from(bound)) >> 32) as u32
    }

    /// A number in `low..=high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        let width = u32::try_from(high.saturating_sub(low)).unwrap_or(u32::MAX - 1);
        low + u64::from(self.below(width + 1))
    }
}

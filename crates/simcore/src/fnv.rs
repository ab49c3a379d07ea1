//! FNV-1a in 64 bits, for digests whose value means nothing to a learner but must never change.

/// The state before any byte.
pub const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// The digest of `bytes`.
pub fn fnv(bytes: impl IntoIterator<Item = u8>) -> u64 {
    fnv_from(FNV_BASIS, bytes)
}

/// Goes on from `state`, the digest of what came before.
pub fn fnv_from(state: u64, bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(state, |state, byte| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// 64 hexadecimal digits in the place of a SHA-256: the same for the same text.
pub fn fnv_digits(text: &str) -> String {
    let mut state = FNV_BASIS;
    let mut digits = String::with_capacity(64);
    for round in 0..4_u8 {
        state = fnv_from(state, text.bytes().chain([round]));
        digits.push_str(&format!("{:016x}", state ^ (state >> 29)));
    }
    digits
}

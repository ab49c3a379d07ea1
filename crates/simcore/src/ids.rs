//! Identifiers as Kubernetes makes them: UIDs, name suffixes, safe-encoded hashes.
use crate::rng::Rng;

/// The letters of generated names (apimachinery `util/rand`: no vowels, no 0, 1, 3).
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// A version-4 UUID.
pub fn uid(rng: &mut Rng) -> String {
    let words = [rng.draw(), rng.draw(), rng.draw(), rng.draw()];
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:04x}{:08x}",
        words[0],
        words[1] >> 16,
        words[1] & 0xfff,
        0x8000 | (words[2] >> 16 & 0x3fff),
        words[2] & 0xffff,
        words[3]
    )
}

/// `length` random letters, as the API server adds to `generateName` (5 there).
pub fn name_suffix(rng: &mut Rng, length: usize) -> String {
    (0..length).map(|_| ALPHABET[rng.below(27) as usize] as char).collect()
}

/// Writes a number's decimal digits in the safe alphabet, as pod-template-hash does (`rand.SafeEncodeString`).
pub fn safe_encode(text: &str) -> String {
    text.bytes().map(|byte| ALPHABET[byte as usize % 27] as char).collect()
}

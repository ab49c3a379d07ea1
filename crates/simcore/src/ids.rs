//! Identifiers as Kubernetes makes them: UIDs, name suffixes, safe-encoded hashes.
use crate::rng::Rng;

/// The letters of generated names (apimachinery `util/rand`: no vowels, no 0, 1, 3).
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// A version-4 UUID.
pub fn uid(rng: &mut Rng) -> String {
    let words = [rng.draw(), rng.draw(), rng.draw(), rng.draw()];
    let mut text = String::with_capacity(36);
    push_hex(&mut text, words[0], 8);
    text.push('-');
    push_hex(&mut text, words[1] >> 16, 4);
    text.push_str("-4");
    push_hex(&mut text, words[1], 3);
    text.push('-');
    push_hex(&mut text, 0x8000 | (words[2] >> 16 & 0x3fff), 4);
    text.push('-');
    push_hex(&mut text, words[2], 4);
    push_hex(&mut text, words[3], 8);
    text
}

/// Appends the last `digits` hexadecimal digits.
pub fn push_hex(text: &mut String, number: u32, digits: u32) {
    for place in (0..digits).rev() {
        text.push(char::from_digit(number >> (4 * place) & 15, 16).unwrap_or('0'));
    }
}

/// `length` random letters, as the API server adds to `generateName` (5 there).
pub fn name_suffix(rng: &mut Rng, length: usize) -> String {
    (0..length).map(|_| ALPHABET[rng.below(27) as usize] as char).collect()
}

/// Writes a number's decimal digits in the safe alphabet, as pod-template-hash does (`rand.SafeEncodeString`).
pub fn safe_encode(text: &str) -> String {
    text.bytes().map(|byte| ALPHABET[byte as usize % 27] as char).collect()
}

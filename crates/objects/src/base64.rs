//! Base64 with padding: how bytes stand in Secrets, templates and continue tokens.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// In the standard alphabet.
pub fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().enumerate().fold(0u32, |word, (at, byte)| word | u32::from(*byte) << (16 - 8 * at));
        for place in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * place) & 63) as usize] as char;
            out.push(if place <= chunk.len() { letter } else { '=' });
        }
    }
    out
}

/// The bytes; padding and white space are passed over. `None` for any other letter.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut word, mut bits) = (Vec::new(), 0u32, 0);
    for letter in letters(text) {
        word = word << 6 | LETTERS.iter().position(|known| *known == letter)? as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits) as u8);
            word &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

/// The bytes as text; `None` when they are no UTF-8.
pub fn decode_text(text: &str) -> Option<String> {
    String::from_utf8(decode(text)?).ok()
}

/// How many bytes a text stands for.
pub fn decoded_len(text: &str) -> usize {
    letters(text).count() * 3 / 4
}

fn letters(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().filter(|letter| *letter != b'=' && !letter.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_there_and_back() {
        for (plain, coded) in [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("foo", "Zm9v"), ("secret1", "c2VjcmV0MQ==")] {
            assert_eq!(encode(plain.as_bytes()), coded);
            assert_eq!(decode_text(coded).as_deref(), Some(plain));
            assert_eq!(decoded_len(coded), plain.len());
        }
        assert_eq!((decode("*"), decode_text("/w==")), (None, None));
    }
}

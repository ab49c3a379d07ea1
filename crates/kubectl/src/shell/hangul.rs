//! A command typed on the Korean two-set layout (두벌식) turned back into the letters of the keys.

const INITIALS: [&str; 19] = ["r", "R", "s", "e", "E", "f", "a", "q", "Q", "t", "T", "d", "w", "W", "c", "z", "x", "v", "g"];
const VOWELS: [&str; 21] = ["k", "o", "i", "O", "j", "p", "u", "P", "h", "hk", "ho", "hl", "y", "n", "nj", "np", "nl", "b", "m", "ml", "l"];
const FINALS: [&str; 28] = [
    "", "r", "R", "rt", "s", "sw", "sg", "e", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a", "q", "qt", "t", "T", "d", "w", "c", "z",
    "x", "v", "g",
];
/// Compatibility letters from U+3131: consonants, then vowels from U+314F in the order of `VOWELS`.
const CONSONANTS: [&str; 30] = [
    "r", "R", "rt", "s", "sw", "sg", "e", "E", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a", "q", "Q", "qt", "t", "T", "d", "w", "W",
    "c", "z", "x", "v", "g",
];

/// The keys that were pressed: `ㅏㅕㅠㄷㅊ시` -> `kubectl`. Other characters stay.
pub fn to_latin(text: &str) -> String {
    let mut latin = String::new();
    for letter in text.chars() {
        let code = letter as usize;
        match code {
            0xAC00..=0xD7A3 => {
                let syllable = code - 0xAC00;
                latin.push_str(INITIALS[syllable / 588]);
                latin.push_str(VOWELS[syllable % 588 / 28]);
                latin.push_str(FINALS[syllable % 28]);
            }
            0x3131..=0x314E => latin.push_str(CONSONANTS[code - 0x3131]),
            0x314F..=0x3163 => latin.push_str(VOWELS[code - 0x314F]),
            _ => latin.push(letter),
        }
    }
    latin
}

/// The line that was meant, when its first word is a command only after conversion.
pub fn rescue(line: &str) -> Option<String> {
    let first = line.split_whitespace().next()?;
    let korean = |c: char| matches!(c as u32, 0x3131..=0x3163 | 0xAC00..=0xD7A3);
    if !first.chars().any(korean) {
        return None;
    }
    let meant = to_latin(first).to_ascii_lowercase();
    let rest = line.trim_start().strip_prefix(first)?;
    (super::builtin::is_command(&meant)).then(|| format!("{meant}{}", to_latin(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubectl_typed_in_korean_is_understood() {
        assert_eq!(rescue("ㅏㅕㅠㄷㅊ시 ㅎㄷㅅ ㅔㅐㅇㄴ").as_deref(), Some("kubectl get pods"));
        assert_eq!(rescue("ㅏㅕㅠㄷㅊ시 get pods").as_deref(), Some("kubectl get pods"));
        assert_eq!(rescue("안녕 kubectl"), None);
        assert_eq!(rescue("kubectl get pods"), None);
    }
}

//! How long the words of `sleep` mean.
use simcore::Duration;

/// `5`, `0.5`, `2m`, `1h`, `infinity`.
pub fn span(word: &str) -> Option<Duration> {
    if word == "infinity" || word == "inf" {
        return Some(Duration::mins(60 * 24 * 365));
    }
    let (digits, unit) = match word.char_indices().last()? {
        (at, 's') => (&word[..at], 1_000_000),
        (at, 'm') => (&word[..at], 60_000_000),
        (at, 'h') => (&word[..at], 3_600_000_000),
        (at, 'd') => (&word[..at], 86_400_000_000),
        _ => (word, 1_000_000_u64),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut micros = whole.checked_mul(unit)?;
    for (place, digit) in fraction.chars().take(6).enumerate() {
        micros += u64::from(digit.to_digit(10)?) * unit / 10_u64.pow(place as u32 + 1);
    }
    Some(Duration(micros))
}

//! Decimal numbers with six places, so that awk and sort need no floats.

/// One in a number's units.
pub const ONE: i64 = 1_000_000;

/// The number at the beginning of a text, 0 without one: `12.5Mi` is 12.5.
pub fn read(text: &str) -> i64 {
    let text = text.trim_start();
    let (minus, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let whole: i64 = digits[..end].parse().unwrap_or(0);
    let mut number = whole.saturating_mul(ONE);
    if let Some(rest) = digits[end..].strip_prefix('.') {
        let mut unit = ONE;
        for digit in rest.bytes().take_while(u8::is_ascii_digit).take(6) {
            unit /= 10;
            number = number.saturating_add(i64::from(digit - b'0') * unit);
        }
    }
    if minus { -number } else { number }
}

/// Whether a text is a number and nothing else.
pub fn is(text: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.bytes().any(|c| c.is_ascii_digit()) && digits.bytes().all(|c| c.is_ascii_digit() || c == b'.') && digits.matches('.').count() < 2
}

/// As awk prints it: whole, or with six significant digits.
pub fn text(number: i64) -> String {
    if number % ONE == 0 {
        return (number / ONE).to_string();
    }
    let whole = (number / ONE).unsigned_abs();
    let places = if whole == 0 { 6 } else { 6_usize.saturating_sub(whole.to_string().len()) };
    fixed(number, places).trim_end_matches('0').trim_end_matches('.').to_string()
}

/// With so many places, rounded half up: `%.2f`.
pub fn fixed(number: i64, places: usize) -> String {
    let unit = 10_i64.pow(6 - places.min(6) as u32);
    let rounded = (number.unsigned_abs() + unit as u64 / 2) / unit as u64 * unit as u64;
    let sign = if number < 0 && rounded > 0 { "-" } else { "" };
    let mut out = [sign, &(rounded / ONE as u64).to_string()].concat();
    if places > 0 {
        let part = (rounded % ONE as u64 + ONE as u64).to_string();
        out.push('.');
        out.push_str(&part[1..1 + places.min(6)]);
        (6..places).for_each(|_| out.push('0'));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_written() {
        assert_eq!(["12", "-0.5", "3.14159 x", "12.5Mi", "x"].map(read), [12 * ONE, -ONE / 2, 3_141_590, 12_500_000, 0]);
        assert_eq!([12 * ONE, -ONE / 2, 3_141_590, 10 * ONE / 3].map(text), ["12", "-0.5", "3.14159", "3.33333"]);
        assert_eq!(fixed(2_345_678, 2), "2.35");
        assert_eq!(fixed(99_999_999, 1), "100.0");
    }
}

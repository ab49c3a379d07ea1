//! Fractions in texts, in little code: the standard library's readers and writers bring 20 kB of tables along.
//!
//! Exact up to 15 digits and exponents up to 22, which is more than any manifest says; beyond that the last digit may differ.

/// Digits beyond these say nothing to a 64-bit float.
const DIGITS_MAX: usize = 17;

/// `1.5`, `.5`, `12.`, `-1e3`; nothing for what is no number or too big for one.
pub fn read(text: &str) -> Option<f64> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], unsigned[at + 1..].parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (mut digits, mut seen, mut scale) = (0u64, 0, exponent.clamp(-400, 400));
    for (at, digit) in whole.bytes().chain(fraction.bytes()).enumerate() {
        if !digit.is_ascii_digit() {
            return None;
        }
        let fractional = at >= whole.len();
        if seen < DIGITS_MAX {
            digits = digits * 10 + u64::from(digit - b'0');
            seen += usize::from(digits > 0);
            scale -= i32::from(fractional);
        } else {
            scale += i32::from(!fractional);
        }
    }
    let value = scaled(digits, scale);
    (!whole.is_empty() || !fraction.is_empty()).then_some(if negative { -value } else { value }).filter(|value| value.is_finite())
}

/// The shortest text that is read back as the same number: `1.5`, `2.0`, `1e+16`.
pub fn written(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0.0".to_string() } else { "null".to_string() };
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let (digits, point) = shortest(value.abs());
    let count = digits.len() as i32;
    let text = match point {
        1..=16 if point >= count => format!("{digits}{}.0", "0".repeat((point - count) as usize)),
        1..=16 => format!("{}.{}", &digits[..point as usize], &digits[point as usize..]),
        -4..=0 => format!("0.{}{digits}", "0".repeat(-point as usize)),
        _ if count == 1 => format!("{digits}e{:+}", point - 1),
        _ => format!("{}.{}e{:+}", &digits[..1], &digits[1..], point - 1),
    };
    format!("{sign}{text}")
}

/// The digits, and how many of them stand before the point.
fn shortest(value: f64) -> (String, i32) {
    let mut point = 1;
    while point < 400 && value >= scaled(1, point) {
        point += 1;
    }
    while point > -400 && value < scaled(1, point - 1) {
        point -= 1;
    }
    let mut digits = 0;
    for count in 1..=DIGITS_MAX as i32 {
        let places = count - point;
        digits = (if places < 0 { value / scaled(1, -places) } else { value * scaled(1, places) } + 0.5) as u64;
        if scaled(digits, -places) == value {
            break;
        }
    }
    let text = digits.to_string();
    (text.trim_end_matches('0').to_string(), point)
}

/// `digits` times ten to the power of `scale`. Multiplied out, so that every machine gives the same.
fn scaled(digits: u64, scale: i32) -> f64 {
    let (mut value, mut left) = (digits as f64, scale.unsigned_abs());
    while left > 0 && value != 0.0 {
        // Powers up to 22 are exact: one rounding for each such step.
        let step = left.min(22);
        let power = (0..step).fold(1.0, |power, _| power * 10.0);
        value = if scale < 0 { value / power } else { value * power };
        left -= step;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_manifests_say_is_read_exactly_and_written_back() {
        for text in
            ["0.5", "1.5", "-0.25", "3.14159", "99.99", "0.1", "0.00001", "123456.789", "1e+16", "1.5e-7", "2.5e+22", "100.0", "1e-6"]
        {
            assert_eq!(read(text), text.parse().ok(), "{text}");
            assert_eq!(written(text.parse().unwrap()), text);
        }
    }

    #[test]
    fn odd_shapes() {
        assert_eq!(read(".5"), Some(0.5));
        assert_eq!(read("12."), Some(12.0));
        assert_eq!(read("+1E3"), Some(1000.0));
        assert_eq!(read("1e999"), None);
        for text in ["", "-", ".", "1.2.3", "1e", "x", "1_0"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

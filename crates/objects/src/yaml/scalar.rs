//! What a plain scalar means: the YAML 1.1 rules of the reader that kubectl uses (goyaml v2).
use crate::Tree;

/// The value of an unquoted scalar: `yes` is true, `0644` is 420, `1_000` is 1000, `~` is null, a date is text.
pub fn resolve(text: &str) -> Tree {
    match word(text) {
        Some(value) => value,
        None => number(text).unwrap_or_else(|| Tree::from(text)),
    }
}

/// Whether text must be quoted so that it is read back as text.
pub fn needs_quotes(text: &str) -> bool {
    matches!(text, "<<" | ".nan" | ".NaN" | ".NAN")
        || is_infinite(text)
        || word(text).is_some()
        || number(text).is_some()
        || is_date(text)
        || is_base60(text)
}

fn word(text: &str) -> Option<Tree> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Tree::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Tree::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Tree::Bool(false),
        _ => return None,
    })
}

fn is_infinite(text: &str) -> bool {
    matches!(text.strip_prefix(['+', '-']).unwrap_or(text), ".inf" | ".Inf" | ".INF")
}

fn number(text: &str) -> Option<Tree> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    let owned;
    let plain = if text.contains('_') {
        owned = text.replace('_', "");
        &owned
    } else {
        text
    };
    integer(plain).map(Tree::Int).or_else(|| float(plain))
}

fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    let lower = digits.get(..2).map(str::to_ascii_lowercase);
    let (digits, radix) = match lower.as_deref() {
        Some("0x") => (&digits[2..], 16),
        Some("0o") => (&digits[2..], 8),
        Some("0b") => (&digits[2..], 2),
        _ if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
        _ => (digits, 10),
    };
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    let size = i128::from_str_radix(digits, radix).ok()?;
    i64::try_from(if negative { -size } else { size }).ok()
}

/// `1.5`, `.5`, `1e3`, `12.`: whole numbers among them become integers, as JSON prints them.
fn float(text: &str) -> Option<Tree> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(unsigned[at + 1..].strip_prefix(['+', '-']).unwrap_or(&unsigned[at + 1..]))),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let shaped = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    if !shaped || exponent.is_some_and(|exponent| !digits(exponent)) {
        return None;
    }
    let value = crate::float::read(text)?;
    let whole = value.fract() == 0.0 && value.abs() < 9e15;
    Some(if whole { Tree::Int(value as i64) } else { Tree::Float(value) })
}

/// `2026-11-23`, with or without a time after it.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || bytes[4] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let short = |part: &str, most: usize| {
        part.len() <= 2 && part.parse::<usize>().is_ok_and(|number| number <= most) && part.as_bytes()[0].is_ascii_digit()
    };
    let mut parts = date[5..].split('-');
    let dated =
        parts.next().is_some_and(|month| short(month, 12)) && parts.next().is_some_and(|day| short(day, 31)) && parts.next().is_none();
    dated && time.is_none_or(|time| is_time(time, text.contains(' '), short))
}

fn is_time(time: &str, spaced: bool, short: impl Fn(&str, usize) -> bool) -> bool {
    let end = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(end);
    let zoned = if spaced { zone.is_empty() } else { zone == "Z" || (zone.len() == 6 && zone.as_bytes()[3] == b':') };
    let clock = clock.split_once('.').map_or(clock, |(whole, _)| whole);
    let parts: Vec<&str> = clock.split(':').collect();
    zoned && parts.len() == 3 && short(parts[0], 23) && short(parts[1], 59) && short(parts[2], 59)
}

/// `12:30:45`: older readers take it for a number to the base 60.
fn is_base60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = unsigned.split(':');
    let first = parts.next().is_some_and(|part| {
        part.starts_with(|c: char| c.is_ascii_digit()) && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
    });
    let rest: Vec<&str> = parts.collect();
    let Some((last, middle)) = rest.split_last() else { return false };
    let sixty =
        |part: &str| (part.len() == 1 || part.len() == 2 && part.as_bytes()[0] < b'6') && part.bytes().all(|byte| byte.is_ascii_digit());
    first && middle.iter().all(|part| sixty(part)) && sixty(last.split('.').next().unwrap_or(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_kubectl_takes_them_for() {
        let check = |text: &str, expect: &str| assert_eq!(resolve(text).to_json(), expect, "{text}");
        for (text, expect) in [
            ("yes", "true"),
            ("off", "false"),
            ("n", "false"),
            ("~", "null"),
            ("0644", "420"),
            ("0o17", "15"),
            ("0x1F", "31"),
            ("1_000", "1000"),
        ] {
            check(text, expect);
        }
        for (text, expect) in [("08", "8"), ("1.50", "1.5"), ("3.0", "3"), ("1e3", "1000"), ("-7", "-7"), ("+1", "1"), (".5", "0.5")] {
            check(text, expect);
        }
        for text in ["2026-11-23", "nginx:1.27", "1.2.3", "10Gi", "yEs", "-", "1:30", "0x", "."] {
            check(text, &format!("{text:?}"));
        }
    }

    #[test]
    fn text_that_looks_like_something_else_is_quoted() {
        for yes in
            ["", "yes", "y", "1", "1.5", "1e3", "0x1", "2026-11-23", "2026-11-23T00:00:00Z", "12:30:45", "null", "<<", "-.inf", "0644"]
        {
            assert!(needs_quotes(yes), "{yes}");
        }
        for no in ["a", "1.2.3", "10m", "1Gi", "2026-11", "2026-13-01", "127.0.0.1", "nginx:1.27", "08:99:99x"] {
            assert!(!needs_quotes(no), "{no}");
        }
    }
}

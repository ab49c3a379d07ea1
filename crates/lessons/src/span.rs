//! Spans of time as lessons write them: `90s`, `5m`, `1m30s`, `500ms`.
use simcore::Duration;

/// `None` for anything that is not one or more numbers with units.
pub fn parse(text: &str) -> Option<Duration> {
    let mut total = 0u64;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let micros = match &rest[..unit] {
            "ms" => 1_000,
            "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(micros)?)?;
        rest = &rest[unit..];
    }
    Some(Duration(total))
}

#[cfg(test)]
mod tests {
    #[test]
    fn reads_spans() {
        let spans =
            [("90s", Some(90_000_000)), ("1m30s", Some(90_000_000)), ("500ms", Some(500_000)), ("", None), ("5", None), ("5x", None)];
        for (text, micros) in spans {
            assert_eq!(super::parse(text).map(|span| span.0), micros, "{text}");
        }
    }
}

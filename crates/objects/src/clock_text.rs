//! Times as the API writes them: RFC 3339 in UTC, read strictly and refused in Go's words.

/// The text as the API would print it, or `None` where it is that already. `micro`: with six digits after the second.
/// Go's sentence when it is no time.
pub fn canonical(text: &str, micro: bool) -> Result<Option<String>, String> {
    let layout = if micro { "2006-01-02T15:04:05.000000Z07:00" } else { "2006-01-02T15:04:05Z07:00" };
    let mut reader = Reader { whole: text, at: 0, layout };
    let (year, month) = (reader.number(4, "2006")?, reader.after('-', "-", 2, "01")?);
    let day = reader.after('-', "-", 2, "02")?;
    let hour = reader.after('T', "T", 2, "15")?;
    let (minute, second) = (reader.after(':', ":", 2, "04")?, reader.after(':', ":", 2, "05")?);
    let fraction = reader.fraction();
    let offset = reader.zone()?;
    reader.ranges(&[
        ("month", month, 1, 12),
        ("day", day, 1, days_in(year, month)),
        ("hour", hour, 0, 23),
        ("minute", minute, 0, 59),
        ("second", second, 0, 59),
    ])?;
    let seconds = to_days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    let printed = print(seconds, micro.then_some(fraction));
    Ok((printed != text).then_some(printed))
}

/// `2026-01-02T03:04:05Z` for seconds since 1970; with microseconds where given.
pub fn print(seconds: i64, micros: Option<i64>) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = from_days(days);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    let fraction = micros.map(|micros| format!(".{micros:06}")).unwrap_or_default();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

struct Reader<'a> {
    whole: &'a str,
    at: usize,
    layout: &'static str,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.whole[self.at..]
    }

    fn fail<T>(&self, element: &str) -> Result<T, String> {
        Err(format!("parsing time {:?} as {:?}: cannot parse {:?} as {element:?}", self.whole, self.layout, self.rest()))
    }

    fn number(&mut self, digits: usize, element: &str) -> Result<i64, String> {
        match self.rest().get(..digits).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit())) {
            Some(text) => {
                let number = text.parse().unwrap_or(0);
                self.at += digits;
                Ok(number)
            }
            None => self.fail(element),
        }
    }

    fn after(&mut self, mark: char, name: &str, digits: usize, element: &str) -> Result<i64, String> {
        if !self.rest().starts_with(mark) {
            return self.fail(name);
        }
        self.at += mark.len_utf8();
        self.number(digits, element)
    }

    /// Microseconds; digits beyond are cut off.
    fn fraction(&mut self) -> i64 {
        let rest = self.rest();
        let digits = rest.strip_prefix(['.', ',']).map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
        if digits == 0 {
            return 0;
        }
        let micros = rest[1..=digits].chars().chain("000000".chars()).take(6).collect::<String>().parse().unwrap_or(0);
        self.at += 1 + digits;
        micros
    }

    /// Seconds east of Greenwich.
    fn zone(&mut self) -> Result<i64, String> {
        let rest = self.rest();
        if rest == "Z" {
            return Ok(0);
        }
        if let Some(extra) = rest.strip_prefix('Z') {
            return Err(format!("parsing time {:?}: extra text: {extra:?}", self.whole));
        }
        let bytes = rest.as_bytes();
        let shaped = bytes.len() == 6 && matches!(bytes[0], b'+' | b'-') && bytes[3] == b':';
        let (Some(hours), Some(minutes)) =
            (rest.get(1..3).and_then(|text| text.parse::<i64>().ok()), rest.get(4..6).and_then(|text| text.parse::<i64>().ok()))
        else {
            return self.fail("Z07:00");
        };
        if !shaped {
            return self.fail("Z07:00");
        }
        let east = hours * 3_600 + minutes * 60;
        Ok(if bytes[0] == b'-' { -east } else { east })
    }

    fn ranges(&self, parts: &[(&str, i64, i64, i64)]) -> Result<(), String> {
        match parts.iter().find(|(_, value, low, high)| value < low || value > high) {
            Some((name, ..)) => Err(format!("parsing time {:?}: {name} out of range", self.whole)),
            None => Ok(()),
        }
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date; years begin in March so that leap days come last.
fn to_days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (year + era * 400 + carry, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_in_utc() {
        let check =
            |text: &str, micro: bool, expect: Option<&str>| assert_eq!(canonical(text, micro), Ok(expect.map(String::from)), "{text}");
        check("2026-11-23T15:00:00Z", false, None);
        check("2026-11-23T15:00:00+09:00", false, Some("2026-11-23T06:00:00Z"));
        check("2024-02-29T23:59:59.5Z", false, Some("2024-02-29T23:59:59Z"));
        check("2026-11-23T15:00:00.000001Z", true, None);
        check("2026-11-23T15:00:00Z", true, Some("2026-11-23T15:00:00.000000Z"));
        check("1969-12-31T23:59:59-00:30", false, Some("1970-01-01T00:29:59Z"));
    }

    #[test]
    fn bad_times_are_refused_in_go_words() {
        let check = |text: &str, expect: &str| assert_eq!(canonical(text, false), Err(expect.to_string()));
        check("yesterday", r#"parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006""#);
        check("2026-11-23", r#"parsing time "2026-11-23" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T""#);
        check("2026-13-23T00:00:00Z", r#"parsing time "2026-13-23T00:00:00Z": month out of range"#);
    }
}

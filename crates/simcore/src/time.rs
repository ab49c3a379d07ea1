//! Instants and spans of virtual time, and their printed forms.
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Sub};

/// An instant: microseconds since the Unix epoch. No other clock exists below the page.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub u64);

/// A span of virtual time in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Duration(pub u64);

impl Duration {
    pub const ZERO: Duration = Duration(0);

    /// `1h2m3s4ms`, as the Gateway API writes spans (GEP-2257): whole numbers with units. `None` where it is none.
    pub fn parse(text: &str) -> Option<Duration> {
        const UNITS: [(&str, u64); 4] = [("ms", 1_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000)];
        let (mut micros, mut rest) = (0_u64, text);
        while !rest.is_empty() {
            let (number, tail) = rest.split_at(rest.find(|letter: char| !letter.is_ascii_digit())?);
            let (unit, factor) = UNITS.into_iter().find(|(unit, _)| tail.starts_with(unit))?;
            micros = micros.checked_add(number.parse::<u64>().ok()?.checked_mul(factor)?)?;
            rest = &tail[unit.len()..];
        }
        (!text.is_empty()).then_some(Duration(micros))
    }

    pub const fn micros(n: u64) -> Duration {
        Duration(n)
    }
    pub const fn millis(n: u64) -> Duration {
        Duration(n.saturating_mul(1_000))
    }
    pub const fn secs(n: u64) -> Duration {
        Duration(n.saturating_mul(1_000_000))
    }
    pub const fn mins(n: u64) -> Duration {
        Duration(n.saturating_mul(60_000_000))
    }
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000
    }
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }
    pub const fn times(self, n: u64) -> Duration {
        Duration(self.0.saturating_mul(n))
    }
    pub fn saturating_sub(self, other: Duration) -> Duration {
        Duration(self.0.saturating_sub(other.0))
    }
}

impl Time {
    /// Every world begins at this instant: 2026-12-01T00:00:00Z.
    pub const START: Time = Time(1_796_083_200_000_000);

    /// The span from `earlier` to this instant; zero when `earlier` is later.
    pub fn since(self, earlier: Time) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }

    /// `2026-12-01T00:00:00Z`, as Kubernetes writes `metav1.Time` (whole seconds, cut off).
    pub fn rfc3339(self) -> String {
        ascii(&self.digits()).to_string()
    }

    /// `2026-12-01T00:00:00.000000Z`, as Kubernetes writes `metav1.MicroTime`.
    pub fn rfc3339_micro(self) -> String {
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        text[..19].copy_from_slice(&self.digits()[..19]);
        let micros = self.0 % 1_000_000;
        for (place, pair) in [(20, micros / 10_000), (22, micros / 100 % 100), (24, micros % 100)] {
            put_pair(&mut text, place, pair);
        }
        ascii(&text).to_string()
    }

    fn digits(self) -> [u8; 20] {
        let c = self.civil();
        let mut text = *b"0000-00-00T00:00:00Z";
        let year = c.year as u64;
        let pairs =
            [(0, year / 100 % 100), (2, year % 100), (5, c.month as u64), (8, c.day as u64), (11, c.hour), (14, c.minute), (17, c.second)];
        for (place, pair) in pairs {
            put_pair(&mut text, place, pair);
        }
        text
    }

    /// `Tue, 01 Dec 2026 00:00:00 +0000`, as kubectl describe prints instants (RFC 1123 with a zone number).
    pub fn rfc1123(self) -> String {
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let c = self.civil();
        let weekday = DAYS[(self.0 / 86_400_000_000 % 7) as usize];
        let month = MONTHS[c.month as usize - 1];
        format!("{weekday}, {:02} {month} {:04} {:02}:{:02}:{:02} +0000", c.day, c.year, c.hour, c.minute, c.second)
    }

    /// Reads `2026-12-01T00:00:00Z`, with or without a fraction. `None` for anything else.
    pub fn parse(text: &str) -> Option<Time> {
        let (clock, fraction) = match text.strip_suffix('Z')?.split_once('.') {
            Some((clock, fraction)) => (clock, fraction),
            None => (text.strip_suffix('Z')?, ""),
        };
        if clock.len() != 19 || !clock.is_ascii() {
            return None;
        }
        let number = |from: usize, to: usize| clock[from..to].parse::<u64>().ok();
        let days = days_from_civil(number(0, 4)? as i64, number(5, 7)? as i64, number(8, 10)? as i64);
        let seconds = u64::try_from(days).ok()? * 86_400 + number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
        let mut micros = 0;
        for (place, digit) in fraction.bytes().take(6).enumerate() {
            micros += u64::from(digit.checked_sub(b'0')?) * 10u64.pow(5 - place as u32);
        }
        Some(Time(seconds * 1_000_000 + micros))
    }

    fn civil(self) -> Civil {
        let seconds = self.0 / 1_000_000;
        let (year, month, day) = civil_from_days((seconds / 86_400) as i64);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        Civil { year, month, day, hour, minute, second }
    }
}

/// Two decimal digits at `place`. Every write has some instants in it, and `format!` takes ten times as long.
fn put_pair(text: &mut [u8], place: usize, pair: u64) {
    text[place] = b'0' + (pair / 10) as u8;
    text[place + 1] = b'0' + (pair % 10) as u8;
}

fn ascii(text: &[u8]) -> &str {
    std::str::from_utf8(text).unwrap_or_default()
}

struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: u64,
    minute: u64,
    second: u64,
}

// The Gregorian calendar counted in 400-year eras that begin on 1 March (Howard Hinnant's method).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

impl Add<Duration> for Time {
    type Output = Time;
    fn add(self, span: Duration) -> Time {
        Time(self.0.saturating_add(span.0))
    }
}

impl Sub<Duration> for Time {
    type Output = Time;
    fn sub(self, span: Duration) -> Time {
        Time(self.0.saturating_sub(span.0))
    }
}

impl Add for Duration {
    type Output = Duration;
    fn add(self, other: Duration) -> Duration {
        Duration(self.0.saturating_add(other.0))
    }
}

/// Go's `time.Duration` text: `1m30s`, `250ms`, `0s`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0;
        if micros == 0 {
            return f.write_str("0s");
        }
        if micros < 1_000 {
            return write!(f, "{micros}µs");
        }
        if micros < 1_000_000 {
            return write!(f, "{}ms", decimal(micros, 1_000));
        }
        let (hours, minutes) = (micros / 3_600_000_000, micros / 60_000_000 % 60);
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if hours > 0 || minutes > 0 {
            write!(f, "{minutes}m")?;
        }
        write!(f, "{}s", decimal(micros % 60_000_000, 1_000_000))
    }
}

/// `value / unit` with just the digits it needs.
fn decimal(value: u64, unit: u64) -> String {
    let mut text = format!("{}", value / unit);
    if !value.is_multiple_of(unit) {
        let width = if unit == 1_000 { 3 } else { 6 };
        let fraction = format!("{:0width$}", value % unit);
        text.push('.');
        text.push_str(fraction.trim_end_matches('0'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_reads_instants() {
        assert_eq!(Time::START.rfc3339(), "2026-12-01T00:00:00Z");
        assert_eq!(Time::START.rfc1123(), "Tue, 01 Dec 2026 00:00:00 +0000");
        assert_eq!(Time::parse("2026-12-01T00:00:00Z"), Some(Time::START));
        let leap = Time::parse("2028-02-29T23:59:59.25Z").unwrap();
        assert_eq!(leap.rfc3339_micro(), "2028-02-29T23:59:59.250000Z");
        assert_eq!(Time::parse("yesterday"), None);
    }

    #[test]
    fn spans_are_whole_numbers_with_units() {
        assert_eq!(Duration::parse("1m30s"), Some(Duration::secs(90)));
        assert_eq!(Duration::parse("500ms"), Some(Duration::millis(500)));
        assert_eq!(Duration::parse("0s"), Some(Duration::ZERO));
        assert_eq!((Duration::parse(""), Duration::parse("5"), Duration::parse("1.5s")), (None, None, None));
    }

    #[test]
    fn prints_spans_as_go_does() {
        let spans = [(0, "0s"), (250_000, "250ms"), (1_500_000, "1.5s"), (90_000_000, "1m30s"), (3_600_000_000, "1h0m0s")];
        for (micros, text) in spans {
            assert_eq!(Duration(micros).to_string(), text);
        }
    }
}

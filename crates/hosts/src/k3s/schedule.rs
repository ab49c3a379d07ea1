//! When a line of cron is due next: `minute hour day month weekday`, as `--etcd-snapshot-schedule-cron` takes it.
use simcore::{Duration, Time};

/// Longer than any pause between two days that a usual line names.
const DAYS: u64 = 62;
const DAY: u64 = 86_400;

/// The first minute after `at` that the line names; `None` where it is no such line, or names none within two months.
pub fn next(line: &str, at: Time) -> Option<Time> {
    let line = match line.trim() {
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        other => other,
    };
    let fields: Vec<&str> = line.split_whitespace().collect();
    let &[minute, hour, day, month, weekday] = &fields[..] else { return None };
    let (minutes, hours) = (numbers(minute, 0, 59)?, numbers(hour, 0, 23)?);
    let (days, months, weekdays) = (numbers(day, 1, 31)?, numbers(month, 1, 12)?, numbers(weekday, 0, 7)?);
    let now = at.0 / 1_000_000;
    let today = now / DAY;
    (today..today + DAYS).find_map(|date| {
        let text = Time(date * DAY * 1_000_000).rfc3339();
        let part = |from: usize, to: usize| text[from..to].parse::<u64>().unwrap_or(0);
        // The first of January 1970 was a Thursday; Sunday is 0 and 7.
        let of_week = (date + 4) % 7;
        let named = days.contains(&part(8, 10)) && (weekdays.contains(&of_week) || of_week == 0 && weekdays.contains(&7));
        if !named || !months.contains(&part(5, 7)) {
            return None;
        }
        let instants = hours.iter().flat_map(|hour| minutes.iter().map(move |minute| date * DAY + hour * 3_600 + minute * 60));
        instants.filter(|second| *second > now).min().map(|second| Time::START.max(Time(second * 1_000_000)))
    })
}

/// `*`, `*/5`, `1-5`, `1,15`, `0-30/10`
fn numbers(field: &str, low: u64, high: u64) -> Option<Vec<u64>> {
    let mut all = Vec::new();
    for one in field.split(',') {
        let (range, step) = one.split_once('/').map_or((one, "1"), |(range, step)| (range, step));
        let step = step.parse::<u64>().ok().filter(|step| *step > 0)?;
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (low, high),
            Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
            None if one.contains('/') => (range.parse().ok()?, high),
            None => (range.parse().ok()?, range.parse().ok()?),
        };
        if from < low || to > high || from > to {
            return None;
        }
        all.extend((from..=to).step_by(step as usize));
    }
    Some(all)
}

/// How long from `at` until the line is due.
pub fn pause(line: &str, at: Time) -> Option<Duration> {
    next(line, at).map(|due| due.since(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(line: &str, at: &str) -> Option<String> {
        next(line, Time::parse(at).expect("a time")).map(|at| at.rfc3339())
    }

    #[test]
    fn a_line_names_the_next_minute() {
        let found = |line: &str| due(line, "2026-12-01T00:00:07Z").unwrap_or_default();
        assert_eq!(found("0 */12 * * *"), "2026-12-01T12:00:00Z");
        assert_eq!(found("*/5 * * * *"), "2026-12-01T00:05:00Z");
        assert_eq!(found("30 2 * * 0"), "2026-12-06T02:30:00Z");
        assert_eq!(found("0 0 1 1 *"), "2027-01-01T00:00:00Z");
        assert_eq!(found("0 9-17/4 * * 1-5"), "2026-12-01T09:00:00Z");
        assert_eq!(found("@daily"), "2026-12-02T00:00:00Z");
    }

    #[test]
    fn what_is_no_line_of_cron_is_never_due() {
        for line in ["", "every hour", "61 * * * *", "* * * *", "*/0 * * * *"] {
            assert_eq!(due(line, "2026-12-01T00:00:07Z"), None, "{line}");
        }
    }
}
